import Kernel

extension LibraryWorkbook {
  func tree() throws(FrameworkProblem) -> Tree {
    var builder = TreeBuilder()
    builder.begin(map: true)
    texts(
      ["urn", "locale", "ref_id", "name", "description", "copyright", "provider", "packager", "annotation"],
      of: library, &builder)
    number("version", library, &builder)
    if let date = library["publication_date"] {
      builder.scalar("publication_date")
      builder.scalar(date.trimmed, quoted: false)
    }
    for key in ["dependencies", "labels"] where library[key] != nil {
      builder.put(key, key == "labels" ? library.list(key) : library.names(key))
    }
    translations(library, &builder)
    builder.scalar("objects")
    builder.begin(map: true)
    objects(&builder)
    builder.end()
    builder.end()
    return builder.tree()
  }

  private func objects(_ builder: inout TreeBuilder) {
    list("framework", "framework", &builder) { framework($0, &$1) }
    entries("threats", ["ref_id", "name", "description", "annotation"], &builder)
    entries(
      "reference_controls",
      ["ref_id", "name", "description", "category", "csf_function", "annotation", "typical_evidence"],
      &builder)
    list("risk_matrix", "risk_matrix", &builder) { matrix($0, &$1) }
    mappingSets(&builder)
    entries("metric_definitions", ["ref_id", "name", "description", "category", "unit"], &builder)
    list("ttp_catalog", "ttp_catalogs", &builder) { head($0, &$1) }
    entries("tactics", ["ref_id", "name", "description"], &builder)
    entries("techniques", ["ref_id", "name", "description"], &builder)
  }

  // MARK: Pieces

  func texts(_ keys: [String], of record: Record, _ builder: inout TreeBuilder) {
    for key in keys { builder.put(key, record[key]) }
  }

  func number(_ key: String, _ record: Record, _ builder: inout TreeBuilder) {
    guard let text = record[key]?.trimmed else { return }
    builder.scalar(key)
    builder.scalar(text, quoted: Int(text) == nil && Double(text) == nil)
  }

  func translations(_ record: Record, _ builder: inout TreeBuilder) {
    guard !record.translations.isEmpty else { return }
    builder.scalar("translations")
    builder.map { languages in
      for (language, fields) in record.translations.sorted(by: { $0.key < $1.key }) {
        languages.scalar(language)
        languages.map { texts in
          for (field, text) in fields.sorted(by: { $0.key < $1.key }) { texts.put(field, text) }
        }
      }
    }
  }

  private func list(
    _ type: String, _ key: String, _ builder: inout TreeBuilder, _ body: (Block, inout TreeBuilder) -> Void
  ) {
    let found = blocks.filter { $0.type == type }
    guard !found.isEmpty else { return }
    builder.list(key) { list in
      for block in found { list.map { body(block, &$0) } }
    }
  }

  private func head(_ block: Block, _ builder: inout TreeBuilder) {
    texts(["urn", "ref_id", "name", "description", "annotation"], of: block.meta, &builder)
    translations(block.meta, &builder)
  }

  /// Kinds whose rows are things of their own, named by base URN and number.
  private func entries(_ type: String, _ keys: [String], _ builder: inout TreeBuilder) {
    let found = blocks.filter { $0.type == type && !$0.rows.isEmpty }
    guard !found.isEmpty else { return }
    let prefixes = prefixes
    builder.list(type) { list in
      for block in found {
        let base = block.meta["base_urn"] ?? "urn:\(library["packager"] ?? ""):risk:\(type)"
        for row in block.rows {
          list.map { entry in
            let id = row["ref_id"] ?? row["name"] ?? "\(row.row)"
            entry.put("urn", LibraryWorkbook.join(base, urns.end(of: id)))
            texts(keys, of: row, &entry)
            if let catalog = block.meta["catalog_urn"] { entry.put("catalog_urn", catalog) }
            for key in ["tactics", "groups", "reference_controls"]
            where type == "techniques" && row[key] != nil {
              entry.put(key, row.names(key).map { resolved($0, prefixes) })
            }
            translations(row, &entry)
          }
        }
      }
    }
  }

  /// `prefix:ref` as a URN; what has no known prefix stays.
  func resolved(_ name: String, _ prefixes: [String: String]) -> String {
    guard let colon = name.firstIndex(of: ":"), let base = prefixes[name[..<colon].lowercased()] else {
      return name
    }
    return LibraryWorkbook.join(base, urns.end(of: String(name[name.index(after: colon)...])))
  }

  private func matrix(_ block: Block, _ builder: inout TreeBuilder) {
    head(block, &builder)
    reading.remarks.add(.colour, block.sheet, line: 0)
    func of(_ type: String) -> [(Record, [String])] {
      zip(block.rows, block.grids).filter { $0.0["type"]?.trimmed.lowercased() == type }
    }
    for type in ["probability", "impact", "risk"] {
      builder.list(type) { list in
        for (row, _) in of(type) {
          list.map { level in
            number("id", row, &level)
            texts(["abbreviation", "name", "description"], of: row, &level)
            if let colour = row["color"], colour.hasPrefix("#") { level.put("hexcolor", colour) }
            translations(row, &level)
          }
        }
      }
    }
    let sides = of("impact").count
    builder.list("grid") { grid in
      for (_, cells) in of("probability") {
        grid.list { row in for cell in cells.prefix(sides) { row.scalar(cell, quoted: false) } }
      }
    }
  }

  // MARK: Mappings

  private func mappingSets(_ builder: inout TreeBuilder) {
    let found = blocks.filter { $0.type == "requirement_mapping_set" }
    guard !found.isEmpty else { return }
    builder.list("requirement_mapping_sets") { list in
      for block in found {
        for isReversed in [false, true] { list.map { mappingSet(block, isReversed, &$0) } }
      }
    }
  }

  /// The sheet says one direction; the other is made from it.
  private func mappingSet(_ block: Block, _ isReversed: Bool, _ builder: inout TreeBuilder) {
    let (meta, end) = (block.meta, isReversed ? "-revert" : "")
    for key in ["urn", "ref_id", "name"] { builder.put(key, meta[key].map { $0.trimmed + end }) }
    builder.put("description", meta["description"])
    let (source, target) = isReversed ? ("target", "source") : ("source", "target")
    builder.put("source_framework_urn", meta["\(source)_framework_urn"])
    builder.put("target_framework_urn", meta["\(target)_framework_urn"])
    builder.list("requirement_mappings") { list in
      for row in block.rows {
        guard let one = mappingEnd(source, row, meta), let other = mappingEnd(target, row, meta) else {
          continue
        }
        list.map { entry in
          entry.put("source_requirement_urn", one)
          entry.put("target_requirement_urn", other)
          let relationship = row["relationship"]?.trimmed.lowercased() ?? ""
          let reversed = ["subset": "superset", "superset": "subset"][relationship] ?? relationship
          entry.put("relationship", isReversed ? reversed : relationship)
          texts(["rationale", "annotation"], of: row, &entry)
          number("strength_of_relationship", row, &entry)
        }
      }
    }
  }

  private func mappingEnd(_ end: String, _ row: Record, _ meta: Record) -> String? {
    guard let id = row["\(end)_node_id"]?.trimmed, !id.isEmpty else { return nil }
    let suffix = id.lowercased().replacing(" ", with: "-")
    return meta["\(end)_node_base_urn"].map { LibraryWorkbook.join($0.trimmed, suffix) } ?? suffix
  }
}
