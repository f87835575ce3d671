public import Kernel
import Publishing
public import Storage
public import Web

/// Taking registers in from spreadsheets, and giving them out.
public enum RegisterExchange {
  /// Files of this size are taken: 50,000 devices with every field filled need about 15 megabytes as CSV.
  static let fileBytes = 40 << 20
  private static let limits: SheetLimits = {
    var limits = SheetLimits.standard
    (limits.fileBytes, limits.unpackedBytes) = (fileBytes, 600 << 20)
    (limits.rows, limits.cells, limits.elements) = (50_100, 3_000_000, 18_000_000)
    return limits
  }()

  /// Reads a file against a register and says what taking it in would do.
  ///
  /// - Parameters:
  ///   - mapping: fields by heading where the columns speak otherwise than we think; "" for a column not to be read.
  ///     Comes on top of what the facility corrected before.
  ///   - emptyClears: whether an empty cell takes a value away; else it leaves it.
  ///   - progress: is told now and then how many rows of how many have been looked at.
  /// - Throws: `SheetProblem`, `ImportRefusal`.
  public static func plan(
    _ bytes: [UInt8], named file: String, into register: Register, mapping: [String: String] = [:],
    emptyClears: Bool = false, _ language: Language, in scope: Scope,
    progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) async throws -> RegisterImport {
    let source = try await read(
      bytes, named: file, into: register, mapping: mapping, emptyClears: emptyClears, language, in: scope)
    return try await scope.read { tx in
      let names = try tx.referenceNames(of: source.register)
      let pass = try ImportPass(source, names, keeps: true) {
        try tx.entries(source.register, keys: $0)
      } each: {
        if $1.isMultiple(of: ImportPass.batch) { progress($1, source.body.count) }
      }
      return RegisterImport(source, pass, names)
    }
  }

  /// Reads a file and matches its columns.
  static func read(
    _ bytes: [UInt8], named file: String, into register: Register, mapping: [String: String] = [:],
    emptyClears: Bool = false, _ language: Language, in scope: Scope
  ) async throws -> ImportSource {
    let register = try await scope.read { try $0.effective(register) }
    let given = try register.mapping(mapping, language)
    let isScan = register.id == Devices.register.id && Sheets.isNetworkScan(bytes)
    let (workbook, remarks) =
      isScan ? try await scanned(bytes, file, language, in: scope) : try opened(bytes, file)
    let remembered = try await scope.read { try $0.columnMapping(register) }
    let all = remembered.merging(given) { _, given in given }
    guard let (sheet, match) = best(workbook, register, all) else { throw SheetProblem.empty(file: file) }
    return ImportSource(
      register: register, file: file, match: match, sheet: sheet, emptyClears: emptyClears && !isScan,
      language: language, remarks: remarks)
  }

  private static func opened(_ bytes: [UInt8], _ file: String) throws -> (Workbook, [ImportSource.Remark]) {
    let workbook = try Sheets.read(bytes, named: file, limits: limits)
    return (workbook, workbook.baggage.map { $0 == .macros ? .macros : .externalLinks })
  }

  /// A network scan as a sheet, beside the devices that it may have found again.
  private static func scanned(
    _ bytes: [UInt8], _ file: String, _ language: Language, in scope: Scope
  ) async throws -> (Workbook, [ImportSource.Remark]) {
    let scan = try Sheets.readNetworkScan(bytes, named: file, limits: limits)
    let devices = try await scope.read { try $0.devicesWithAddresses() }
    let found = ScannedDevices(scan, devices, language, file: file)
    var remarks = [ImportSource.Remark.scan(hosts: found.hosts, known: found.known)]
    if !found.ambiguous.isEmpty { remarks.append(.ambiguous(found.ambiguous)) }
    return (Workbook(sheets: [found.sheet]), remarks)
  }

  /// The sheet that fits best; of equal ones the first, those that are hidden last.
  private static func best(_ workbook: Workbook, _ register: Register, _ mapping: [String: String]) -> (
    Sheet, ColumnMatch
  )? {
    var best: (Sheet, ColumnMatch)?
    for sheet in workbook.sheets.filter({ !$0.hidden }) + workbook.sheets.filter(\.hidden) {
      guard let match = ColumnMatch.find(in: sheet.rows, of: register, mapping: mapping) else { continue }
      if best.map({ $0.1.strength < match.strength }) ?? true { best = (sheet, match) }
    }
    return best
  }

  /// Writes every row that the plan adds or changes, in one transaction: all of them or none.
  ///
  /// - Throws: `Stale` when an entry of the file, or something that it names, has changed since the plan.
  public static func apply(
    _ plan: RegisterImport, _ language: Language, in scope: Scope,
    progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) async throws {
    _ = try await scope.write { try apply(plan.source, expecting: plan.stamp, $0, progress: progress) }
  }

  /// Decides anew on every row and writes it. What a person has seen is what happens: another stamp undoes everything.
  static func apply(
    _ source: ImportSource, expecting stamp: String, _ tx: WriteTx, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> ImportPass {
    let writer = EntryWriter(source.register, source.language)
    let all = source.body.count
    let pass: ImportPass
    do {
      pass = try ImportPass(source, try tx.referenceNames(of: source.register), keeps: false) {
        try tx.entries(source.register, keys: $0)
      } each: { row, behind in
        switch row.fate {
        case .add(let values):
          try tx.insert(Entry(id: tx.scope.newID(), values: values, version: 1), writer)
        case .update(let before, let values, _):
          try tx.replace(
            before, with: Entry(id: before.id, values: values, version: before.version + 1), writer)
        case .unchanged, .refuse: break
        }
        if behind.isMultiple(of: ImportPass.batch) { progress(behind, all) }
      }
    } catch is Entry.Refusal { throw Stale() }
    guard pass.stamp == stamp else { throw Stale() }
    return pass
  }

  // MARK: Out

  /// The entries that match a search, as a file.
  public static func export(
    _ register: Register, matching search: String = "", as format: Register.Format, _ language: Language,
    in scope: Scope
  ) async throws -> [UInt8] {
    try await export(register, EntryQuery(search: search), as: format, language, in: scope)
  }

  /// The entries that a list shows on all its pages, as a file.
  static func export(
    _ register: Register, _ query: EntryQuery, as format: Register.Format, _ language: Language,
    in scope: Scope
  ) async throws -> [UInt8] {
    let (register, entries, names) = try await scope.read { tx in
      let register = try tx.effective(register)
      return (register, try tx.entries(register, query).map(\.entry), try tx.referenceNames(of: register))
    }
    return try register.export(entries, names, as: format, language)
  }

  /// The ids of all entries, by their keys as they are written.
  public static func ids(_ register: Register, in scope: Scope) async throws -> [String: Entry.ID] {
    try await scope.read { tx in
      let found = try tx.entries(register).map { ($0.entry.text(register.key.id), $0.entry.id) }
      return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }
  }

  /// Key and title of the entries that match a search, by key.
  public static func list(_ register: Register, matching search: String = "", in scope: Scope) async throws
    -> [(key: String, title: String)]
  {
    try await scope.read { tx in
      try tx.entries(register, EntryQuery(search: search)).map { named in
        (named.entry.text(register.key.id), register.shownTitle(named.entry))
      }
    }
  }
}

extension RegisterImport {
  /// What the command line answers.
  public struct Result: Encodable, Sendable {
    public struct Line: Encodable, Sendable {
      public let row: Int
      public let column: String
      public let message: String
    }
    public let read: Int
    public let added: Int
    public let updated: Int
    public let unchanged: Int
    public let errors: [Line]
  }

  public func result(_ words: Words, _ language: Language) -> Result {
    let errors = rows.flatMap { row -> [Result.Line] in
      guard case .refuse(let faults) = row.fate else { return [] }
      return faults.map {
        Result.Line(row: row.number, column: $0.column, message: words.problem($0.problem, language))
      }
    }
    return Result(read: read, added: added, updated: updated, unchanged: unchanged, errors: errors)
  }
}

extension Register {
  /// What the key is called.
  public func keyLabel(_ language: Language) -> String { key.label(language) }

  /// A mapping with ids in the place of labels.
  ///
  /// - Throws: `ImportRefusal.noSuchField`.
  func mapping(_ given: [String: String], _ language: Language) throws(ImportRefusal) -> [String: String] {
    var result: [String: String] = [:]
    for (heading, name) in given {
      let wanted = name.asHeading
      let found = entered.first { field in
        field.id == name || Language.allCases.contains { field.label($0).asHeading == wanted }
      }
      guard name.isEmpty || found != nil else { throw .noSuchField(heading: heading, field: name) }
      result[heading] = found?.id ?? ""
    }
    return result
  }

  /// What to remember so that columns are matched as a person has chosen: where that is not what we think ourselves.
  func corrections(_ chosen: [(heading: String, field: String)]) -> [String: String] {
    let row = [chosen.map { Cell.text($0.heading) }]
    var kept: [String: String] = [:]
    // What is corrected may set free a field that another column then claims: look again.
    for _ in 0..<2 {
      let columns = ColumnMatch.find(in: row, of: self, mapping: kept)?.columns ?? []
      for column in columns where (column.field ?? "") != chosen[column.index].field {
        kept[column.heading] = chosen[column.index].field
      }
    }
    return kept
  }
}
