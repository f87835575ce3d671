import Kernel
import Publishing
import Web

/// A drawing and its words: everything that page, SVG and PDF show.
struct Drawing: Sendable {
  /// A cell of the table beneath.
  struct Cell: Sendable, Equatable {
    var text = ""
    /// Where the text leads to on the page.
    var path: String?
    /// What asks for attention; stands in the place of the text.
    var findings: [String] = []
  }

  let kind: Diagrams.Kind
  let diagram: Diagram
  /// What the picture shows, with its numbers, for those who listen.
  let label: String
  let head: [String]
  /// Parts of the width of a page.
  let widths: [Double]
  let rows: [[Cell]]
  /// Whether there is more in the register than is drawn.
  let isPart: Bool
  /// When the register that is drawn was last compared with what there is.
  var check: ListCheck?

  var isEmpty: Bool { diagram.boxes.isEmpty }
}

/// What the register of connection points says, with the systems that they lead to.
struct ConnectionFacts: Sendable {
  let points: [NamedEntry]
  let systems: [Entry.ID: NamedEntry]
  /// The system of each device that a connection point names; nil for one that belongs to none.
  let systemOfDevice: [String: String?]
  let isPart: Bool

  /// Vendor → connection point → system, with what is amiss on `today`.
  func drawing(on today: Day, _ language: Language) -> Drawing {
    let t = Texts<DiagramText>(language)
    var boxes: [Diagram.Box] = []
    var links: [Diagram.Link] = []
    var known: Set<String> = []
    func add(_ box: Diagram.Box) {
      if known.insert(box.id).inserted { boxes.append(box) }
    }
    var concerned = 0
    let rows = points.map { point -> [Drawing.Cell] in
      let source = source(of: point, t)
      let target = target(of: point, t)
      let box = box(point, on: today, t)
      if !box.findings.isEmpty { concerned += 1 }
      for one in [source, box, target] { add(one) }
      let isDashed = point.entry.is("status", "suspended")
      links += [
        Diagram.Link(source.id, to: box.id, owner: box.id, dashed: isDashed),
        Diagram.Link(box.id, to: target.id, owner: box.id, dashed: isDashed),
      ]
      return row(point, source, box, target, t)
    }
    let counts = (0..<3).map { column in boxes.count { $0.column == column } }
    return Drawing(
      kind: .connections,
      diagram: Diagram(
        headings: [t(.columnSource), t(.columnPoint), t(.columnSystem)], boxes: boxes, links: links),
      label: "\(t(.connectionLabel, counts[1], counts[0], counts[2])) \(t(.concerned, concerned))",
      head: [
        t(.columnSource), t(.columnPoint), t(.columnDevice), t(.columnAccess), t(.columnSystem),
        t(.columnFindings),
      ],
      widths: [2, 2.4, 2.2, 3, 2, 2.8], rows: rows, isPart: isPart)
  }

  private func source(of point: NamedEntry, _ t: Texts<DiagramText>) -> Diagram.Box {
    guard let vendor = point.entry.values["vendor"] else {
      return Diagram.Box("vendor:", t(.unknownSource), findings: [t(.notWritten)], look: .faint, column: 0)
    }
    return Diagram.Box("vendor:\(vendor)", point.names["vendor"] ?? vendor, column: 0)
  }

  private func target(of point: NamedEntry, _ t: Texts<DiagramText>) -> Diagram.Box {
    let device = point.entry.values["device"]
    let system = point.entry.values["system"] ?? device.flatMap { systemOfDevice[$0] ?? nil }
    if let system, let id = Entry.ID(system), let entry = systems[id] {
      return Diagram.Box(
        "system:\(system)", Systems.register.shownTitle(entry.entry),
        facts: ["hosting", "impact"].compactMap { Systems.register.fact($0, entry.entry, t.language) },
        column: 2)
    }
    guard let device else {
      return Diagram.Box("system:", t(.unknownSystem), findings: [t(.notWritten)], look: .faint, column: 2)
    }
    return Diagram.Box(
      "device:\(device)", t(.onlyDevice, point.names["device"] ?? device), findings: [t(.systemNotWritten)],
      look: .faint, column: 2)
  }

  private func box(_ point: NamedEntry, on today: Day, _ t: Texts<DiagramText>) -> Diagram.Box {
    let (register, entry, language) = (Connections.register, point.entry, t.language)
    let isSuspended = entry.is("status", "suspended")
    var facts = [entry.text("number")]
    let made = ["kind", "model"].compactMap { register.plain($0, entry, language) }
    if !made.isEmpty { facts.append(made.joined(separator: " ・ ")) }
    facts += ["firmware", "twoFactor", "hours"].compactMap { register.fact($0, entry, language) }
    facts += [sources(entry, t)].compactMap { $0 }
    if isSuspended, let status = register.fact("status", entry, language) { facts.append(status) }
    return Diagram.Box(
      "point:\(entry.id)", register.shownTitle(entry), facts: facts,
      findings: register.findings(of: entry, on: today).map { $0.word(language) },
      look: isSuspended ? .faint : .plain, column: 1)
  }

  /// From where it may be reached: the first address, and how many more. A text too long for a box stays in the register.
  private func sources(_ entry: Entry, _ t: Texts<DiagramText>) -> String? {
    let lines = entry.text("allowedFrom").split(separator: "\n").map(\.trimmed).filter { !$0.isEmpty }
    guard let first = lines.first else { return nil }
    if first.count > 60 { return t(.sourcesLong) }
    return lines.count == 1 ? t(.sources, first) : t(.sourcesMore, first, t.language.number(lines.count - 1))
  }

  private func row(
    _ point: NamedEntry, _ source: Diagram.Box, _ box: Diagram.Box, _ target: Diagram.Box,
    _ t: Texts<DiagramText>
  ) -> [Drawing.Cell] {
    let (register, entry, language) = (Connections.register, point.entry, t.language)
    let device = ["kind", "model", "firmware"].compactMap { register.plain($0, entry, language) }
    let access = [
      register.fact("twoFactor", entry, language), register.fact("hours", entry, language), sources(entry, t),
    ]
    func end(_ box: Diagram.Box, _ register: String) -> Drawing.Cell {
      let parts = box.id.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      let path =
        parts[1].isEmpty ? nil : "/registers/\(parts[0] == "device" ? "devices" : register)/\(parts[1])"
      return Drawing.Cell(text: box.title, path: path, findings: path == nil ? box.findings : [])
    }
    return [
      end(source, "vendors"),
      Drawing.Cell(text: box.title, path: "/registers/connections/\(entry.id)"),
      Drawing.Cell(text: device.joined(separator: " ・ ")),
      Drawing.Cell(text: access.compactMap { $0 }.joined(separator: " ・ ")),
      end(target, "systems"),
      Drawing.Cell(findings: box.findings + (target.look == .faint ? target.findings : [])),
    ]
  }
}

/// What the register of systems says, with the dependencies between them.
struct SystemFacts: Sendable {
  let systems: [NamedEntry]
  let dependencies: [Dependency]
  let isPart: Bool

  /// What is needed → what needs it, with what is amiss on `today`.
  func drawing(on today: Day, _ language: Language) -> Drawing {
    let t = Texts<DiagramText>(language)
    let register = Systems.register
    let ids = Set(systems.map(\.entry.id))
    let shown = dependencies.filter { ids.contains($0.system) && ids.contains($0.needs) }
    let boxes = systems.map { named -> Diagram.Box in
      let entry = named.entry
      var facts = ["hosting", "impact"].compactMap { register.fact($0, entry, language) }
      let recovery = ["recoveryPriority", "recoveryHours"].compactMap { register.fact($0, entry, language) }
      facts += recovery
      return Diagram.Box(
        "\(entry.id)", register.shownTitle(entry), facts: facts,
        findings: register.findings(of: entry, on: today).map { $0.word(language) },
        look: entry.is("hosting", "cloud") ? .accent : .plain)
    }
    let links = shown.map { Diagram.Link("\($0.needs)", to: "\($0.system)", owner: "\($0.system)") }
    let concerned = boxes.count { !$0.findings.isEmpty }
    let graph = DependencyGraph(dependencies)
    let names = Dictionary(
      systems.map { ($0.entry.id, register.shownTitle($0.entry)) }, uniquingKeysWith: { first, _ in first })
    let needs = Dictionary(grouping: shown, by: \.system)
    let comma = language == .ja ? "、" : ", "
    let rows = zip(systems, boxes).map { named, box -> [Drawing.Cell] in
      let entry = named.entry
      let needed = (needs[entry.id] ?? []).compactMap { names[$0.needs] }
      let stopping = graph.stopping(with: entry.id).compactMap { names[$0.system] }
      return [
        Drawing.Cell(text: box.title, path: "/registers/systems/\(entry.id)"),
        Drawing.Cell(text: register.plain("hosting", entry, language) ?? ""),
        Drawing.Cell(text: register.plain("impact", entry, language) ?? ""),
        Drawing.Cell(text: needed.joined(separator: comma)),
        Drawing.Cell(text: stopping.joined(separator: comma)), Drawing.Cell(findings: box.findings),
      ]
    }
    return Drawing(
      kind: .systems, diagram: Diagram(boxes: boxes, links: links).inLayers(),
      label: "\(t(.systemLabel, boxes.count, links.count)) \(t(.concerned, concerned))",
      head: [
        t(.columnSystem), register.label("hosting", language), register.label("impact", language),
        t(.columnNeeds), t(.columnStops), t(.columnFindings),
      ], widths: [2, 1.4, 1.6, 2.4, 2.8, 2.6], rows: rows, isPart: isPart)
  }
}

extension Register {
  fileprivate func label(_ field: String, _ language: Language) -> String {
    self.field(field)?.label(language) ?? field
  }

  /// The value of a field in words; nil when it has none.
  fileprivate func plain(_ field: String, _ entry: Entry, _ language: Language) -> String? {
    guard let value = entry.values[field], let field = self.field(field) else { return nil }
    return FieldView.plain(field, value, language)
  }

  /// 二要素認証: あり. nil when nothing is written.
  fileprivate func fact(_ field: String, _ entry: Entry, _ language: Language) -> String? {
    plain(field, entry, language).map { "\(label(field, language)): \($0)" }
  }
}
