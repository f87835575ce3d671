import Kernel
public import Storage
public import Web

private typealias Text = ResponsibilityText

/// Who answers for what (責任分界): for each system, duty and phase the bearers and where that is written; and within
/// the facility, who decides, does, is asked and is told.
public enum Responsibility {
  /// The feature, with the environment in which Typst is looked for.
  public static func feature(environment: [String: String]) -> Feature {
    var feature = Feature("responsibility")
    feature.migrations = migrations + Raci.migrations
    feature.catalogs = [ResponsibilityText.catalog]
    feature.routes = { routes in
      Responsibility.routes(&routes, environment: environment)
      Responsibility.fillRoutes(&routes)
      Responsibility.itemRoutes(&routes)
      Responsibility.exchangeRoutes(&routes)
      Raci.routes(&routes, environment: environment)
    }
    return feature
  }

  /// The fields of a cell, and the columns of its file. No register of its own: it borrows their reader, form and export.
  static let sheet = Register(
    "responsibility", table: "responsibility", name: Word(Text.title), noun: Word(Text.cell),
    counted: { language, count in Texts<ResponsibilityText>(language)(count == 1 ? .countOne : .count, count)
    },
    emptyText: Word(Text.emptyText), fields: places + fields, findings: [])

  /// Where a row of a file belongs.
  private static let places: [Field] = [
    Field(
      "system", "system_id", .entry(of: "systems", table: "system", title: "name"), Word(Text.system),
      headings: ["システム", "システム名", "System"], required: true),
    Field(
      "item", "item_id", .text(60), Word(Text.item), headings: ["項目", "すること", "作業", "Duty", "Item"],
      required: true),
    Field(
      "phase", "phase",
      .choice(Phase.allCases.map { Field.Choice($0.rawValue, Word($0.word)) }), Word(Text.phase),
      headings: ["時期", "段階", "Phase"], required: true),
  ]

  /// In the order of the form.
  static let fields: [Field] = [
    Field(
      "facility", "by_facility", .choice([Field.Choice("yes", Word(Text.bears))]), Word(Text.facility),
      headings: ["当院", "医療機関", "Facility"]),
    Field(
      "vendor", "vendor_id", .entry(of: "vendors", table: "vendor", title: "name"), Word(Text.vendor),
      hint: Word(Text.vendorHint), headings: ["事業者", "事業者名", "担い手", "Vendor"]),
    Field(
      "otherVendor", "other_vendor_id", .entry(of: "vendors", table: "vendor", title: "name"),
      Word(Text.otherVendor), hint: Word(Text.otherVendorHint),
      headings: ["事業者2", "もう一つの事業者", "Other vendor"]),
    Field(
      "subcontractor", "subcontractor", .text(80), Word(Text.subcontractor),
      headings: ["再委託先", "再委託先名", "Subcontractor"]),
    Field(
      "together", "together",
      .choice([
        Field.Choice("shared", Word(Text.shared)), Field.Choice("overlap", Word(Text.overlapping), .bad),
      ]), Word(Text.together), hint: Word(Text.togetherHint), headings: ["分担", "二者の関係", "Shared"]),
    Field(
      "contract", "contract_id", .entry(of: "contracts", table: "contract", title: "number"),
      Word(Text.contract), hint: Word(Text.contractHint), headings: ["契約", "契約番号", "Contract"]),
    Field(
      "document", "document", .text(100), Word(Text.document), hint: Word(Text.documentHint),
      headings: ["文書", "根拠文書", "Document"]),
    Field(
      "clause", "clause", .text(60), Word(Text.clause), hint: Word(Text.clauseHint),
      headings: ["条", "条項", "Clause"]),
    Field(
      "remark", "remark", .text(300), Word(Text.remark), hint: Word(Text.remarkHint),
      headings: ["補足", "備考", "Remark"]),
    Field(
      "checkedOn", "checked_on", .day, Word(Text.checkedOn), headings: ["確認日", "確かめた日", "Checked on"]),
    Field(
      "applies", "applies", .choice([Field.Choice("no", Word(Text.nothingToDo))]), Word(Text.applies),
      headings: ["対象外"]),
  ]

  /// The fields of a cell alone, without its place.
  static let cellSheet = Register(
    "responsibility", table: "responsibility", name: Word(Text.title), noun: Word(Text.cell),
    counted: sheet.counted, emptyText: Word(Text.emptyText), fields: fields, findings: [])
}

extension Responsibility.Phase {
  var word: ResponsibilityText {
    switch self {
    case .normal: .normal
    case .emergency: .emergency
    case .end: .end
    }
  }
}

extension Responsibility.State {
  var word: ResponsibilityText {
    switch self {
    case .nobody: .nobody
    case .overlap: .overlap
    case .unwritten: .unwritten
    case .decided: .decided
    case .notApplicable: .notApplicable
    }
  }
}

// MARK: Verbs

extension Responsibility {
  /// Writes one cell; the form comes through here.
  ///
  /// - Parameter raw: texts by field id.
  /// - Throws: `EntryRefused`, ``Refusal``; `Stale` when someone else was faster.
  static func save(
    _ raw: [String: String], at place: Place, of system: Entry.ID, version: Int, _ language: Language,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      try save(raw, at: place, of: system, version: version, language, tx, known: KnownNames())
    }
  }

  /// Makes every change of a plan, or none of them.
  ///
  /// - Throws: as ``save``; `.nothingToChange` for an empty plan.
  static func apply(
    _ proposals: [Proposal], of system: Entry.ID, _ language: Language, in scope: Scope
  ) async throws {
    guard !proposals.isEmpty else { throw Refusal.nothingToChange }
    try await scope.write { tx in
      let known = KnownNames()
      for each in proposals {
        try save(
          each.values, at: each.place, of: system, version: each.version, language, tx, known: known)
      }
    }
  }

  static func save(
    _ raw: [String: String], at place: Place, of system: Entry.ID, version: Int, _ language: Language,
    _ tx: WriteTx, known: KnownNames
  ) throws {
    guard try known.once("system:\(system)", { try tx.responsibilitySystem(system) != nil }) else {
      throw Refusal.noSuchSystem
    }
    guard try known.once("item:\(place.item)", { try tx.responsibilityItem(place.item) != nil }) else {
      throw Refusal.noSuchItem
    }
    let before = try tx.responsibility(place, of: system) ?? .blank
    let after = try read(raw, version: before.version, language, tx, known: known)
    if after.values == before.values { return }
    guard before.version == version else { throw Stale() }
    try tx.store(after, over: before, at: place, of: system)
  }

  /// A cell out of what a form or a file wrote.
  ///
  /// - Throws: `EntryRefused` with everything that could not be read.
  static func read(
    _ raw: [String: String], version: Int, _ language: Language, _ tx: ReadTx, known: KnownNames
  ) throws -> Cell {
    let reader = EntryReader(register: cellSheet, language: language) { field, text in
      try known.candidates(field, text, tx)
    }
    let all = fields.reduce(into: [String: String]()) { $0[$1.id] = raw[$1.id] ?? "" }
    let (values, refusals) = try reader.read(all)
    guard refusals.isEmpty else { throw EntryRefused(refusals: refusals) }
    return Cell(values, version: version)
  }

  /// What one transaction has looked up already: a plan names the same few vendors and contracts over and over.
  final class KnownNames {
    private var found: [String: [String]] = [:]
    private var checked: [String: Bool] = [:]

    func candidates(_ field: Field, _ text: String, _ tx: ReadTx) throws -> [String] {
      guard case .entry(let register, _, _) = field.kind else { return [] }
      let key = "\(register) \(text)"
      if let known = found[key] { return known }
      let ids = try tx.candidates(of: field, named: text)
      found[key] = ids
      return ids
    }

    func once(_ key: String, _ ask: () throws -> Bool) rethrows -> Bool {
      if let known = checked[key] { return known }
      let answer = try ask()
      checked[key] = answer
      return answer
    }
  }

  // MARK: Items

  /// Puts our list into an empty one.
  ///
  /// - Throws: `.notEmpty` when there are lines already, retired ones included.
  public static func addStarters(_ language: Language, in scope: Scope) async throws {
    let t = Texts<ResponsibilityText>(language)
    try await scope.write { tx in
      guard try tx.responsibilityItems(withRetired: true).isEmpty else { throw Refusal.notEmpty }
      for (index, starter) in starters.enumerated() {
        try tx.insert(
          Item(
            id: scope.newID(), name: t(starter.name), note: t(starter.note), phases: starter.phases,
            layer: starter.layer, position: (index + 1) * 10))
      }
    }
  }

  /// The names of our list.
  public static func starterNames(_ language: Language) -> [String] {
    let t = Texts<ResponsibilityText>(language)
    return starters.map { t($0.name) }
  }

  /// Adds a line with something to do at all times.
  ///
  /// - Throws: ``Refusal``.
  public static func addItem(named name: String, in scope: Scope) async throws {
    let item = try Item(
      id: scope.newID(), name: name, note: "", phases: Set(Phase.allCases), layer: .application,
      position: 9999)
    try await save(item, replacing: nil, in: scope)
  }

  /// Adds a line, or changes the one with `id`.
  ///
  /// - Throws: ``Refusal``; `Stale`.
  static func save(_ draft: Item, replacing version: Int?, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let version else {
        guard try tx.responsibilityItems().count < mostItems else { throw Refusal.tooManyItems }
        return try tx.insert(draft)
      }
      guard let before = try tx.responsibilityItem(draft.id) else { throw Refusal.noSuchItem }
      guard before.version == version else { throw Stale() }
      try tx.replace(before, with: draft.kept(over: before))
    }
  }
}
