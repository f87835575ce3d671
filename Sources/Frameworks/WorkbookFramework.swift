import Kernel

/// The nodes of a framework's sheet.
extension LibraryWorkbook {
  func framework(_ block: Block, _ builder: inout TreeBuilder) {
    let meta = block.meta
    texts(["urn", "ref_id", "name", "description"], of: meta, &builder)
    number("min_score", meta, &builder)
    number("max_score", meta, &builder)
    translations(meta, &builder)
    definitions(meta, &builder)
    var maker = NodeMaker(
      urns: urns,
      base: meta["base_urn"]?.trimmed
        ?? "urn:\(library["packager"] ?? ""):risk:req_node:\(meta["ref_id"] ?? block.sheet)",
      prefixes: prefixes, answers: answers(meta))
    var (parents, path): ([String], [Int]) = ([], [])
    var known: [String: Int] = [:]
    builder.list("requirement_nodes") { list in
      for (number, row) in block.rows.enumerated() {
        let depth = depth(of: row, after: parents.count, in: block)
        if urns == .corrected, row["fix_count"] != nil, NodeMaker.correction(in: row) == nil {
          reading.remarks.add(.wrongType, "fix_count: \(block.sheet) \(row.row)", line: 0)
        }
        parents.removeLast(parents.count - (depth - 1))
        path = Array((path + [0]).prefix(depth))
        path[depth - 1] += 1
        let made = maker.urn(of: row, below: parents.last, place: path[depth - 1], number: number + 1)
        let urn = unique(made, &known)
        list.map { put(row, urn, depth, below: parents.last, maker, &$0) }
        parents.append(urn)
      }
    }
  }

  /// Two rows whose numbers differ only in signs would get one name.
  ///
  /// - Parameter known: By name, the last number that was put behind it.
  private func unique(_ urn: String, _ known: inout [String: Int]) -> String {
    guard var number = known[urn] else {
      known[urn] = 1
      return urn
    }
    var one = urn
    repeat {
      number += 1
      one = "\(urn)-\(number)"
    } while known[one] != nil
    (known[urn], known[one]) = (number, 1)
    reading.remarks.add(.repeatedURN, urn, line: 0)
    return one
  }

  /// May grow by one at most; nothing but a number counts.
  private func depth(of row: Record, after above: Int, in block: Block) -> Int {
    guard let text = row["depth"]?.trimmed, let depth = Int(text), depth >= 1 else {
      reading.remarks.add(.noDepth, "\(block.sheet) \(row.row)", line: 0)
      return max(above, 1)
    }
    if depth > above + 1 { reading.remarks.add(.depthJump, "\(block.sheet) \(row.row)", line: 0) }
    // A level more than can be read, so that the file is refused before its names grow with every row.
    return min(depth, above + 1, LibraryLimits.standard.depth + 1)
  }

  private func definitions(_ meta: Record, _ builder: inout TreeBuilder) {
    if let block = block(meta["implementation_groups_definition"], type: "implementation_groups") {
      builder.list("implementation_groups_definition") { list in
        for row in block.rows {
          list.map { entry in
            texts(["ref_id", "name", "description"], of: row, &entry)
            if row["default_selected"] != nil { entry.put("default_selected", true) }
            translations(row, &entry)
          }
        }
      }
    }
    guard let block = block(meta["scores_definition"], type: "scores") else { return }
    builder.list("scores_definition") { list in
      for row in block.rows {
        list.map { entry in
          number("score", row, &entry)
          texts(["name", "description", "description_doc"], of: row, &entry)
          translations(row, &entry)
        }
      }
    }
  }

  private func answers(_ meta: Record) -> [String: Record] {
    guard let block = block(meta["answers_definition"], type: "answers") else { return [:] }
    return Dictionary(
      block.rows.compactMap { row in row["id"].map { ($0.trimmed, row) } },
      uniquingKeysWith: { first, _ in first })
  }

  private func put(
    _ row: Record, _ urn: String, _ depth: Int, below parent: String?, _ maker: NodeMaker,
    _ builder: inout TreeBuilder
  ) {
    builder.put("urn", urn)
    builder.put("assessable", row["assessable"] != nil)
    builder.put("depth", depth)
    builder.put("parent_urn", parent)
    texts(
      ["ref_id", "name", "description", "annotation", "typical_evidence", "importance"], of: row, &builder)
    if let name = row["name"], name.count > 200 { reading.remarks.add(.longName, urn, line: 0) }
    number("weight", row, &builder)
    if row["implementation_groups"] != nil {
      builder.put("implementation_groups", row.list("implementation_groups"))
    }
    for key in ["threats", "reference_controls"] where row[key] != nil {
      builder.put(key, row.names(key).map { resolved($0, maker.prefixes) })
    }
    translations(row, &builder)
    questions(row, urn, maker, &builder)
  }

  private func questions(_ row: Record, _ urn: String, _ maker: NodeMaker, _ builder: inout TreeBuilder) {
    let texts = row.lines("questions")
    guard !texts.isEmpty else { return }
    let (kinds, conditions) = (row.lines("answer"), row.lines("condition"))
    let dependences = row.lines("depends_on")
    builder.scalar("questions")
    builder.map { map in
      for (number, text) in texts.enumerated() {
        let question = "\(urn):question:\(number + 1)"
        map.scalar(question)
        map.map { body in
          let id = one(kinds, number) ?? ""
          let answer = maker.answers[id]
          if answer == nil { reading.remarks.add(.undefinedBlock, "answer: \(id)", line: 0) }
          body.put("type", answer?["question_type"]?.trimmed ?? "text")
          if let answer { choices(answer, question, &body) }
          dependence(one(dependences, number), one(conditions, number), urn, &body)
          body.put("text", text)
        }
      }
    }
  }

  private func choices(_ answer: Record, _ question: String, _ body: inout TreeBuilder) {
    let values = answer.lines("question_choices")
    guard !values.isEmpty else { return }
    body.list("choices") { list in
      for (number, value) in values.enumerated() {
        list.map { entry in
          entry.put("urn", "\(question):choice:\(number + 1)")
          entry.put("value", value)
          for key in ["description", "color", "compute_result"] {
            entry.put(key, one(answer.lines(key), number).flatMap { $0 == "/" ? nil : $0 })
          }
          entry.put("add_score", one(answer.lines("add_score"), number).flatMap { Int($0) })
          if let groups = one(answer.lines("select_implementation_groups"), number), groups != "/" {
            entry.put("select_implementation_groups", groups.split(separator: ",").map { String($0).trimmed })
          }
        }
      }
    }
  }

  /// `2:1,3`: asked when the second question was answered with the first or the third choice; `/` for always.
  private func dependence(_ text: String?, _ condition: String?, _ urn: String, _ body: inout TreeBuilder) {
    guard let text, text != "/", let colon = text.firstIndex(of: ":") else { return }
    let question = "\(urn):question:\(text[..<colon].trimmed)"
    body.scalar("depends_on")
    body.map { map in
      map.put("question", question)
      map.put(
        "answers",
        text[text.index(after: colon)...].split(separator: ",").map {
          "\(question):choice:\(String($0).trimmed)"
        })
      map.put("condition", condition.flatMap { $0 == "/" ? nil : $0 } ?? "any")
    }
  }

  /// One value stands for all, or each line for its own.
  private func one(_ lines: [String], _ number: Int) -> String? {
    lines.count == 1 ? lines[0] : lines.indices.contains(number) ? lines[number] : nil
  }
}

/// What makes the URNs of nodes.
struct NodeMaker {
  let urns: URNMode
  let base: String
  let prefixes: [String: String]
  let answers: [String: LibraryWorkbook.Record]

  /// Rows that the older ways leave out of their count, or add to it.
  private var correction = -1

  init(urns: URNMode, base: String, prefixes: [String: String], answers: [String: LibraryWorkbook.Record]) {
    (self.urns, self.base, self.prefixes, self.answers) = (urns, base, prefixes, answers)
  }

  /// By the node's own id, else its number, else its place below the parent, else its name, else its row. The older ways know
  /// neither parent nor name: they count the rows of the sheet, empty ones too.
  mutating func urn(
    of row: LibraryWorkbook.Record, below parent: String?, place: Int, number: Int
  ) -> String {
    switch urns {
    case .current, .plain:
      if let id = row["node_id"] { return LibraryWorkbook.join(base, id.trimmed) }
      if let id = row["ref_id"] { return LibraryWorkbook.join(base, urns.end(of: id)) }
      if let parent { return "\(parent):\(place)" }
      if let name = row["name"] { return LibraryWorkbook.join(base, urns.end(of: name)) }
      return LibraryWorkbook.join(base, "node\(number)")
    case .counted:
      if let mark = row["skip_count"]?.trimmed.lowercased(), ["1", "true", "yes", "x"].contains(mark) {
        correction += 1
        return LibraryWorkbook.join(base, "node\(row.row - 1 - correction)-\(correction + 1)")
      }
      return LibraryWorkbook.join(base, name(of: row) ?? "node\(row.row - 1 - correction)")
    case .corrected:
      guard let fix = NodeMaker.correction(in: row), fix != 0 else {
        return LibraryWorkbook.join(base, name(of: row) ?? "node\(row.row - 1 + correction)")
      }
      correction += fix
      let id = row["node_id"]?.trimmed
      return LibraryWorkbook.join(base, id ?? "node\(row.row - 1 + correction)")
    }
  }

  /// Nil for what no sheet can mean: there are no more rows than this.
  static func correction(in row: LibraryWorkbook.Record) -> Int? {
    row["fix_count"].flatMap { Int($0.trimmed) }.flatMap { (-20_000...20_000).contains($0) ? $0 : nil }
  }

  private func name(of row: LibraryWorkbook.Record) -> String? {
    row["node_id"]?.trimmed ?? row["ref_id"].map { URNMode.plain.end(of: $0) }
  }
}

/// How the rows of a workbook are named. The workbook does not say; libraries that were made before keep their way.
public enum URNMode: Int, Sendable, CaseIterable {
  /// Cleaned numbers, else the place below the parent.
  case current = 0
  /// Rows are counted; `skip_count` leaves one out.
  case counted = 1
  /// As now, and numbers are only put into lower case.
  case plain = 2
  /// Rows are counted; `fix_count` moves the count.
  case corrected = 3

  func end(of text: String) -> String {
    switch self {
    case .plain, .counted: text.trimmed.lowercased().replacing(" ", with: "-")
    case .current, .corrected: LibraryWorkbook.cleaned(text)
    }
  }
}
