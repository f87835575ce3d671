import Crypto
import Kernel

/// A resolved catalog as a library: groups become sections, controls become requirements.
struct OSCALLibrary {
  let reading: Reading
  let catalog: OSCAL.Catalog
  let isProfile: Bool
  /// The day of the newest document that went into it.
  let modified: String?
  /// What was read, kept so that a profile can rest on it later.
  let original: Tree
  private let parameters: [String: OSCAL.Parameter]
  private let name: String
  private let known = Known()

  /// Texts of parameters, each worked out once.
  private final class Known {
    var texts: [String: String] = [:]
    var open: Set<String> = []
  }

  init(
    _ catalog: OSCAL.Catalog, isProfile: Bool, modified: String?, original: Tree, _ reading: Reading
  ) {
    (self.catalog, self.isProfile, self.modified) = (catalog, isProfile, modified)
    (self.original, self.reading) = (original, reading)
    var parameters: [String: OSCAL.Parameter] = [:]
    func add(_ group: OSCAL.Group) {
      for one in group.parameters { parameters[one.id] = one }
      group.groups.forEach(add)
    }
    for one in catalog.parameters { parameters[one.id] = one }
    catalog.groups.forEach(add)
    for one in catalog.all.flatMap(\.parameters) { parameters[one.id] = one }
    self.parameters = parameters
    name = OSCALLibrary.name(of: catalog.head)
  }

  /// What stays the same from version to version: the document's own id, else its title.
  static func name(of head: OSCAL.Head) -> String {
    let text = head.documentID ?? head.title
    var name = ""
    for letter in LibraryWorkbook.cleaned(text) {
      let plain: Character = letter == "_" || letter == ":" ? "-" : letter
      if plain != "-" || name.last != "-" { name.append(plain) }
    }
    let plain = text.lowercased().replacing(" ", with: "-")
    name = String(name.prefix(80)).trimmingEdges("-.")
    let says = name.utf8.count { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    guard name != plain || says < 4 else { return name }
    // Something was cut or replaced: another title might leave the same. One in Japanese leaves nothing.
    let mark = SHA256.hash(data: Array(text.utf8)).hexadecimal.prefix(12)
    return says < 4 ? "doc-\(mark)" : "\(name)-\(mark)"
  }

  /// `2024-02-04T…` as 20240204: grows with every change, as versions of libraries must.
  static func number(of modified: String?) -> Int? {
    guard let day = modified?.prefix(10), day.count == 10 else { return nil }
    let digits = day.filter { $0 != "-" }
    return digits.utf8.count == 8 ? Int(digits) : nil
  }

  func tree() -> Tree {
    var builder = TreeBuilder(expecting: original.bytes.count)
    builder.map { top in
      top.put("urn", "urn:oscal:risk:library:\(name)")
      top.put("locale", locale)
      top.put("ref_id", name)
      top.put("name", catalog.head.title)
      top.put("description", description)
      top.put("version", OSCALLibrary.number(of: modified) ?? 1)
      if let day = modified?.prefix(10), OSCALLibrary.number(of: modified) != nil {
        top.scalar("publication_date")
        top.scalar(String(day), quoted: false)
      }
      top.put("provider", catalog.head.provider)
      top.put("packager", "oscal")
      top.scalar("objects")
      top.map { objects in
        objects.scalar("framework")
        objects.map { framework(&$0) }
      }
      top.scalar("oscal")
      top.graft(original.root)
    }
    return builder.tree()
  }

  private var description: String {
    let head = catalog.head
    let kind = isProfile ? "OSCAL profile" : "OSCAL catalog"
    let facts = [
      head.oscalVersion.map { "\(kind) (\($0))" } ?? kind, head.version.map { "version \($0)" },
      head.modified.map { "last modified \($0)" },
    ].compactMap { $0 }.joined(separator: ", ")
    return [facts, head.remarks].compactMap { $0 }.joined(separator: "\n")
  }

  /// OSCAL does not say its language: kana are Japanese, everything else is taken for English.
  private var locale: String {
    let words = [catalog.head.title] + catalog.groups.map(\.title) + catalog.all.prefix(20).map(\.title)
    let hasKana = words.contains { $0.unicodeScalars.contains { (0x3041...0x30FF).contains($0.value) } }
    return hasKana ? "ja" : "en"
  }

  private func framework(_ map: inout TreeBuilder) {
    map.put("urn", "urn:oscal:risk:framework:\(name)")
    map.put("ref_id", name)
    map.put("name", catalog.head.title)
    map.put("description", description)
    map.list("requirement_nodes") { list in
      var taken = Dictionary(catalog.all.map { ($0.id, 1) }, uniquingKeysWith: { first, _ in first })
      for (number, group) in catalog.groups.enumerated() {
        put(group, "\(number + 1)", nil, 1, &taken, &list)
      }
      for control in catalog.controls { put(control, nil, 1, &list) }
    }
  }

  private func urn(_ id: String) -> String {
    // A blank would end the name for some readers.
    "urn:oscal:risk:req_node:\(name):\(id.replacing(" ", with: "-"))"
  }

  private func put(
    _ group: OSCAL.Group, _ place: String, _ parent: String?, _ depth: Int, _ taken: inout [String: Int],
    _ list: inout TreeBuilder
  ) {
    var id = group.id ?? "group-\(place)"
    // A group may be called as a control is, or as another group.
    if var number = taken[id] {
      let given = id
      repeat {
        number += 1
        id = "\(given)-group-\(number)"
      } while taken[id] != nil
      taken[given] = number
    }
    taken[id] = 1
    list.begin(map: true, line: group.line)
    list.put("urn", urn(id))
    list.put("assessable", false)
    list.put("depth", depth)
    list.put("parent_urn", parent)
    list.put("ref_id", label(group.properties) ?? group.id)
    list.put("name", group.title.isEmpty ? nil : inserted(group.title, group.line))
    list.put("description", text(group.parts, 0))
    list.end()
    for (number, inner) in group.groups.enumerated() {
      put(inner, "\(place)-\(number + 1)", urn(id), depth + 1, &taken, &list)
    }
    for control in group.controls { put(control, urn(id), depth + 1, &list) }
  }

  private func put(_ control: OSCAL.Control, _ parent: String?, _ depth: Int, _ list: inout TreeBuilder) {
    let isWithdrawn = control.properties.contains {
      $0.name == "status" && $0.value.lowercased() == "withdrawn"
    }
    list.begin(map: true, line: control.line)
    list.put("urn", urn(control.id))
    list.put("assessable", !isWithdrawn)
    list.put("depth", depth)
    list.put("parent_urn", parent)
    list.put("ref_id", label(control.properties) ?? control.id)
    list.put("name", control.title.isEmpty ? nil : inserted(control.title, control.line))
    let checks: Set = ["assessment-objective", "assessment-method", "objective", "assessment"]
    let guidance: Set = ["guidance", "overview", "example"]
    list.put(
      "description",
      text(control.parts.filter { !checks.contains($0.name) && !guidance.contains($0.name) }, 0))
    list.put("annotation", annotation(control, guidance, isWithdrawn))
    list.put("typical_evidence", text(control.parts.filter { checks.contains($0.name) }, 0))
    list.end()
    for inner in control.controls { put(inner, urn(control.id), depth + 1, &list) }
  }

  private func annotation(_ control: OSCAL.Control, _ guidance: Set<String>, _ isWithdrawn: Bool) -> String? {
    var lines: [String] = []
    if isWithdrawn {
      let moved = control.links.filter { ["incorporated-into", "moved-to"].contains($0.relation) }.map {
        $0.href.drop { $0 == "#" }
      }
      lines.append((["withdrawn"] + moved.map { "→ \($0)" }).joined(separator: " "))
    }
    if let words = text(control.parts.filter { guidance.contains($0.name) }, 0) { lines.append(words) }
    for link in control.links where link.relation == "reference" { lines.append(reference(link)) }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// A reference to the back-matter by its title; one that leads nowhere is remarked on.
  private func reference(_ link: OSCAL.Link) -> String {
    guard link.href.hasPrefix("#") else { return link.text ?? link.href }
    guard let resource = catalog.head.resources[link.href.dropFirst().lowercased()] else {
      reading.remarks.add(.missingResource, link.href, line: link.line)
      return link.text ?? link.href
    }
    return link.text ?? resource.title ?? resource.links.first?.href ?? link.href
  }

  /// The number as people write it; older documents have further ones for machines, with a class.
  private func label(_ properties: [OSCAL.Property]) -> String? {
    let labels = properties.filter { $0.name == "label" && !$0.value.isEmpty }
    return (labels.first { $0.kind == nil } ?? labels.first { $0.kind != "zero-padded" } ?? labels.first)?
      .value
  }

  /// The prose of parts, each on lines of its own, those within indented.
  private func text(_ parts: [OSCAL.Part], _ depth: Int) -> String? {
    var lines: [String] = []
    for part in parts {
      let words = [label(part.properties), part.title, part.prose.map { inserted($0, part.line) }]
        .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
      if !words.isEmpty { lines.append(String(repeating: "  ", count: depth) + words) }
      if let below = text(part.parts, words.isEmpty ? depth : depth + 1) { lines.append(below) }
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  // MARK: Parameters

  /// The text with parameters in their places: `{{ insert: param, ac-1_prm_1 }}`.
  ///
  /// Ten lines may ask for a text without end; once the budget is spent nothing more is made, and the file is refused.
  private func inserted(_ text: String, _ line: Int, depth: Int = 0) -> String {
    reading.textBytes -= text.utf8.count
    guard !reading.isSpent, text.contains("{{") else { return text }
    var out = ""
    var rest = Substring(text)
    while !reading.isSpent, let open = rest.firstRange(of: "{{") {
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else { break }
      out += rest[..<open.lowerBound]
      let inner = rest[open.upperBound..<close.lowerBound]
      let id = String(inner.split { $0 == "," || $0 == ":" || $0.isWhitespace }.last ?? "")
      let value = value(of: id, line, depth)
      reading.textBytes -= value.utf8.count
      out += value
      rest = rest[close.upperBound...]
    }
    return out + rest
  }

  /// What is set, else the choice, else the label in brackets: it is for the reader to fill in.
  private func value(of id: String, _ line: Int, _ depth: Int) -> String {
    guard let parameter = parameters[id] else {
      reading.remarks.add(.unknownParameter, id, line: line)
      return "[\(id)]"
    }
    if let text = known.texts[id] { return text }
    // Choices may hold parameters, and those each other.
    guard depth < 8, known.open.insert(id).inserted else { return "[\(id)]" }
    defer { known.open.remove(id) }
    func all(_ texts: [String], _ sign: String) -> String {
      texts.map { inserted($0, line, depth: depth + 1) }.joined(separator: sign)
    }
    let text =
      if !parameter.values.isEmpty {
        all(parameter.values, ", ")
      } else if !parameter.choices.isEmpty {
        "[\(all(parameter.choices, " / "))]"
      } else {
        "[\(parameter.label.map { inserted($0, line, depth: depth + 1) } ?? id)]"
      }
    known.texts[id] = text
    return text
  }
}

extension String {
  /// Without these letters at both ends.
  fileprivate func trimmingEdges(_ letters: String) -> String {
    var text = Substring(self)
    while let first = text.first, letters.contains(first) { text.removeFirst() }
    while let last = text.last, letters.contains(last) { text.removeLast() }
    return String(text)
  }
}
