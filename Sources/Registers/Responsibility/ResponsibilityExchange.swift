import Kernel
import Publishing
public import Storage
public import Web

extension Responsibility {
  /// What taking a file in would do, row by row.
  struct Import: Sendable {
    enum Fate: Sendable {
      case change(Proposal)
      case unchanged
      case refuse([any Problem])
    }
    struct Row: Sendable {
      /// As the spreadsheet counts.
      let number: Int
      let system: Entry.ID?
      /// As written: system, item, phase.
      let place: String
      let fate: Fate
    }

    let file: String
    let rows: [Row]
    let tables: [Entry.ID: Table]

    var changes: [(system: Entry.ID, proposal: Proposal)] {
      rows.compactMap { row in
        guard case .change(let proposal) = row.fate, let system = row.system else { return nil }
        return (system, proposal)
      }
    }
    var refused: [(row: Row, problems: [any Problem])] {
      rows.compactMap { row in if case .refuse(let problems) = row.fate { (row, problems) } else { nil } }
    }

    /// Tells whether a plan is the one that was looked at (FNV-1a, 64 bits).
    var stamp: String {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for (system, proposal) in changes {
        for byte in "\(system)\(ResponsibilityFillPages.encoded(proposal))".utf8 {
          hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
      }
      return String(hash, radix: 16)
    }
  }

  // MARK: Out

  /// Every cell in which there is something to do, one a row, so that what is open can be filled in a spreadsheet.
  static func export(_ language: Language, in scope: Scope) async throws -> [UInt8] {
    let (tables, names) = try await scope.read { tx in
      (try tx.allResponsibilities(), try tx.referenceNames(of: sheet))
    }
    let rows = tables.map { $0.shown(in: language) }.flatMap { table in
      table.places.filter { $0.item.phases.contains($0.phase) }.map { place -> Entry in
        var values = place.cell.values
        values["system"] = table.system.id.text
        (values["item"], values["phase"]) = (place.item.name, place.phase.rawValue)
        return Entry(id: table.system.id, values: values, version: place.cell.version)
      }
    }
    return try sheet.export(rows, names, as: .xlsx, language)
  }

  // MARK: In

  /// Three rows for each item of each system: 100 systems of 40 items have 12,000.
  private static let limits: SheetLimits = {
    var limits = SheetLimits.standard
    limits.rows = 50_000
    return limits
  }()

  /// Reads a file against what stands.
  ///
  /// - Throws: `SheetProblem`; ``Refusal/noColumns`` without system, item and phase.
  static func plan(_ bytes: [UInt8], named file: String, _ language: Language, in scope: Scope) async throws
    -> Import
  {
    let workbook = try Sheets.read(bytes, named: file, limits: limits)
    let (tables, names) = try await scope.read { tx in
      (try tx.allResponsibilities(), try tx.referenceNames(of: sheet))
    }
    for sheet in workbook.sheets where !sheet.hidden {
      guard let match = ColumnMatch.find(in: sheet.rows, of: Responsibility.sheet),
        ["system", "item", "phase"].allSatisfy({ match.column(of: $0) != nil })
      else { continue }
      var planner = ImportPlanner(match, tables, names, language)
      let rows = sheet.rows.enumerated().dropFirst(match.headerRow + 1).compactMap { index, cells in
        planner.plan(cells, number: index + 1)
      }
      return Import(file: file, rows: rows, tables: planner.tables)
    }
    throw Refusal.noColumns
  }

  /// Makes every change of a file in one transaction.
  ///
  /// - Throws: `Stale` when something has changed since the plan.
  static func apply(_ plan: Import, _ language: Language, _ tx: WriteTx) throws {
    let known = KnownNames()
    for (system, proposal) in plan.changes {
      try save(
        proposal.values, at: proposal.place, of: system, version: proposal.version, language, tx,
        known: known)
    }
  }

  /// Takes a file in at once: for the command line and the demonstration.
  ///
  /// - Returns: the number of cells changed, and of rows that could not be taken.
  public static func takeIn(
    _ bytes: [UInt8], named file: String, _ language: Language, in scope: Scope
  ) async throws -> (changed: Int, refused: Int) {
    let plan = try await plan(bytes, named: file, language, in: scope)
    try await scope.write { tx in try apply(plan, language, tx) }
    return (plan.changes.count, plan.refused.count)
  }

  /// Whether the list of duties is still empty.
  public static func isEmpty(in scope: Scope) async throws -> Bool {
    try await scope.read { try $0.responsibilityItems(withRetired: true).isEmpty }
  }

  /// Puts our suggestions into the empty table of the roles within the facility.
  public static func addRaciStarters(_ language: Language, in scope: Scope) async throws {
    let t = Texts<ResponsibilityText>(language)
    try await scope.write { tx in try Raci.addStarters({ t($0) }, tx) }
  }
}

/// Decides what becomes of each row of a file.
private struct ImportPlanner {
  let tables: [Entry.ID: Responsibility.Table]
  private let match: ColumnMatch
  private let reader: EntryReader
  private let items: [String: [Responsibility.Item]]
  private let language: Language
  private var seen: [String: Int] = [:]

  init(
    _ match: ColumnMatch, _ tables: [Responsibility.Table], _ names: ReferenceNames, _ language: Language
  ) {
    self.match = match
    self.language = language
    self.tables = Dictionary(tables.map { ($0.system.id, $0) }, uniquingKeysWith: { first, _ in first })
    var items: [String: [Responsibility.Item]] = [:]
    for item in tables.first?.items ?? [] {
      for name in item.searchableNames { items[name, default: []].append(item) }
    }
    self.items = items
    reader = EntryReader(register: Responsibility.sheet, language: language) { names.find($0, $1) }
  }

  /// What becomes of a row; nil for an empty one.
  mutating func plan(_ cells: [Cell], number: Int) -> Responsibility.Import.Row? {
    guard cells.contains(where: { !$0.text.trimmed.isEmpty }) else { return nil }
    var raw: [String: String] = [:]
    for field in Responsibility.sheet.fields {
      guard let column = match.column(of: field.id) else { continue }
      raw[field.id] = column.index < cells.count ? cells[column.index].text.trimmed : ""
    }
    let place = ["system", "item", "phase"].map { raw[$0] ?? "" }.joined(separator: " / ")
    do {
      let (system, fate) = try fate(raw, number)
      return .init(number: number, system: system, place: place, fate: fate)
    } catch let refused as EntryRefused {
      return .init(number: number, system: nil, place: place, fate: .refuse(refused.refusals))
    } catch {
      let problem = (error as? any Problem) ?? WebProblem.badForm
      return .init(number: number, system: nil, place: place, fate: .refuse([problem]))
    }
  }

  private mutating func fate(_ raw: [String: String], _ number: Int) throws -> (
    Entry.ID, Responsibility.Import.Fate
  ) {
    let placed = raw.filter { ["system", "item", "phase"].contains($0.key) }
    let (where_, misplaced) = try reader.read(placed)
    guard misplaced.isEmpty, let system = where_["system"].flatMap({ Entry.ID($0) }),
      let table = tables[system], let phase = where_["phase"].flatMap({ Responsibility.Phase(rawValue: $0) })
    else { throw EntryRefused(refusals: misplaced) }
    let item = try item(raw["item"] ?? "")
    let key = "\(system)/\(item.id)/\(phase.rawValue)"
    if let first = seen[key] {
      throw ImportRefusal.duplicateKey(label: label("item"), text: item.name, row: first)
    }
    seen[key] = number
    let before = table.cells[Responsibility.Place(item: item.id, phase: phase)] ?? .blank
    // A column that the file does not have leaves what stands; an empty cell of one that it has takes it away.
    let (values, refusals) = try reader.read(raw, over: before.values.merging(where_) { $1 })
    guard refusals.isEmpty else { throw EntryRefused(refusals: refusals) }
    let after = Responsibility.Cell(values, version: before.version)
    if after.values == before.values { return (system, .unchanged) }
    return (
      system,
      .change(
        Responsibility.Proposal(
          item: item.id, phase: phase, version: before.version, values: after.values))
    )
  }

  private func item(_ text: String) throws(Entry.Refusal) -> Responsibility.Item {
    let named = items[text.searchable] ?? []
    // A name as it is stored comes before one of ours in another language.
    let own = named.filter { $0.name.searchable == text.searchable }
    let found = own.isEmpty ? named : own
    if found.count > 1 { throw .ambiguous(field: "item", label: label("item"), text: text) }
    guard let item = found.first else { throw .notFound(field: "item", label: label("item"), text: text) }
    return item
  }

  private func label(_ field: String) -> String {
    Responsibility.sheet.field(field)?.label(language) ?? field
  }
}
