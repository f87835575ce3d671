import Crypto
import Foundation
import Glibc
import Kernel

/// Puts the rows of a ``FacilityDump`` into a database that has none of this facility.
struct FacilityFill {
  let folder: String
  let facility: FacilityID
  /// The export as the person named it, for the words of a refusal.
  let source: String

  /// A line that is longer is none of ours.
  static let longestLine = 1 << 26

  /// - Throws: ``MoveProblem/damaged(path:part:)`` for what does not fit its table.
  func insert(_ tables: [FacilityTable], into connection: any Connection) throws {
    for table in tables { try insert(table, connection) }
    try insertLedger(connection)
  }

  private func insert(_ table: FacilityTable, _ connection: any Connection) throws {
    let part = FacilityDump.path(of: table.name)
    let names = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let marks = table.columns.indices.map { connection.dialect == .sqlite ? "?" : "$\($0 + 1)" }
    // Names from the catalog of a database that this program made.
    let text = "INSERT INTO \"\(table.name)\" (\(names)) VALUES (\(marks.joined(separator: ", ")))"
    let decoder = JSONDecoder()
    decoder.userInfo[RowLine.columns] = table.columns
    var waiting = SelfNaming(table)
    try eachLine(of: part) { line in
      guard let row = try? decoder.decode(RowLine.self, from: line) else { throw damaged(part) }
      var values = row.values
      let place = table.columns.firstIndex { $0.name == table.facilityColumn }
      guard let place, values[place] == .text(facility.text) else { throw damaged(part) }
      for (index, column) in table.columns.enumerated() where column.kind == .bytes {
        if case .text(let name) = values[index] { values[index] = .blob(try bytes(name)) }
      }
      for (index, column) in table.columns.enumerated() where !column.isTold(values[index]) {
        throw damaged(part)
      }
      for values in waiting.ready(with: values) { try insert(text, values, part, connection) }
    }
    guard waiting.isEmpty else { throw damaged(part) }
  }

  /// What the database refuses — a value that the schema forbids, a row twice, a row that is not there — is a damaged part.
  private func insert(_ text: String, _ values: [SQLValue], _ part: String, _ connection: any Connection)
    throws
  {
    do { _ = try connection.change(text, values) } catch  where isRefusedRow(error) { throw damaged(part) }
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    let part = "files/\(name)"
    guard name.wholeMatch(of: #/[0-9a-f]{64}/#) != nil,
      let data = FileManager.default.contents(atPath: "\(folder)/\(part)"),
      hexadecimal(SHA256.hash(data: data)) == name
    else { throw damaged(part) }
    return [UInt8](data)
  }

  private func damaged(_ part: String) -> MoveProblem { .damaged(path: source, part: part) }

  // MARK: The ledger

  private struct LedgerLine: Decodable {
    let type: String
    let facility, head, hash, day, key, publicKey, signature: String?
    let actor, actorName, action, subject, before, after: String?
    let stamp, stampAuthority, stampCertificate: String?
    let stampedAtMs: Int64?
    let entries, seq: Int?
    let atMs: Int64?

    /// Whether its numbers are ones that a ledger can have.
    var isTold: Bool {
      [entries, seq].allSatisfy { $0.map { FacilityTable.counts.contains(Int64($0)) } ?? true }
        && [atMs, stampedAtMs].allSatisfy { $0.map(FacilityTable.times.contains) ?? true }
    }
  }

  private func insertLedger(_ connection: any Connection) throws {
    let part = FacilityDump.ledger
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    try eachLine(of: part) { line in
      guard let line = try? decoder.decode(LedgerLine.self, from: line), line.isTold else {
        throw damaged(part)
      }
      let sql: SQL
      var stamp: SQL?
      switch line.type {
      case "ledger":
        guard line.facility == facility.text, let entries = line.entries, let head = line.head else {
          throw damaged(part)
        }
        // A facility without an entry has no head.
        if entries == 0 { return }
        sql = "INSERT INTO audit_head (facility_id, seq, hash) VALUES (\(facility), \(entries), \(head))"
      case "checkpoint":
        guard let seq = line.seq, let hash = line.hash, let day = line.day, let at = line.atMs,
          let key = line.key,
          let publicKey = line.publicKey, let signature = line.signature
        else { throw damaged(part) }
        sql = """
          INSERT INTO ledger_checkpoint (facility_id, seq, hash, day, at_ms, key_id, public_key, signature)
          VALUES (\(facility), \(seq), \(hash), \(day), \(at), \(key), \(publicKey), \(signature))
          """
        stamp = try self.stamp(line, of: seq, hash)
      case "entry":
        guard let seq = line.seq, let at = line.atMs, let actor = line.actor, let name = line.actorName,
          let action = line.action, let subject = line.subject, let hash = line.hash
        else { throw damaged(part) }
        sql = """
          INSERT INTO audit_entry
            (facility_id, seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash)
          VALUES (\(facility), \(seq), \(at), \(actor), \(name), \(action), \(subject), \(line.before), \(line.after),
            \(hash))
          """
      default: throw damaged(part)
      }
      for sql in [sql, stamp].compactMap({ $0 }) {
        let (text, values) = sql.rendered(for: connection.dialect)
        try insert(text, values, part, connection)
      }
    }
  }

  /// The time stamp of a checkpoint's line, if it has one.
  private func stamp(_ line: LedgerLine, of seq: Int, _ hash: String) throws -> SQL? {
    guard let stamp = line.stamp else { return nil }
    guard let at = line.stampedAtMs, let authority = line.stampAuthority,
      let certificate = line.stampCertificate
    else { throw damaged(FacilityDump.ledger) }
    return """
      INSERT INTO ledger_stamp (facility_id, seq, hash, at_ms, authority, certificate, answer)
      VALUES (\(facility), \(seq), \(hash), \(at), \(authority), \(certificate), \(stamp))
      """
  }

  // MARK: Lines

  private func eachLine(of part: String, _ body: (Data) throws -> Void) throws {
    let path = "\(folder)/\(part)"
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw damaged(part) }
    defer { close(file) }
    var rest: [UInt8] = []
    while true {
      let read = try FileBytes.read(1 << 18, from: file, path: path)
      if read.isEmpty { break }
      // Only what is new can hold an end of line.
      var (start, from) = (0, rest.count)
      rest += read
      while let end = rest[from...].firstIndex(of: 0x0A) {
        try body(Data(rest[start..<end]))
        (start, from) = (end + 1, end + 1)
      }
      rest.removeSubrange(..<start)
      guard rest.count <= FacilityFill.longestLine else { throw damaged(part) }
    }
    // Every line ends: the rest of a file that was cut short does not.
    guard rest.isEmpty else { throw damaged(part) }
  }
}

/// A line of a table's file.
private struct RowLine: Decodable {
  /// In the order of the table.
  let values: [SQLValue]

  static let columns: CodingUserInfoKey = {
    guard let key = CodingUserInfoKey(rawValue: "columns") else {
      preconditionFailure("a key from a literal")
    }
    return key
  }()

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let columns = decoder.userInfo[RowLine.columns] as? [FacilityTable.Column] ?? []
    let line = try decoder.container(keyedBy: Name.self)
    // A column that this table has not would be lost.
    guard Set(line.allKeys.map(\.stringValue)) == Set(columns.map(\.name)) else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "other columns"))
    }
    values = try columns.map { column in
      let key = Name(stringValue: column.name)
      if try line.decodeNil(forKey: key) { return .null }
      switch column.kind {
      case .text, .bytes: return .text(try line.decode(String.self, forKey: key))
      case .integer: return .int(try line.decode(Int64.self, forKey: key))
      case .boolean: return .bool(try line.decode(Bool.self, forKey: key))
      case .number: return .double(try line.decode(Double.self, forKey: key))
      }
    }
  }
}

/// Rows of a table that names its own rows, held back until those that they name are there.
private struct SelfNaming {
  private let references: [(from: [Int], to: [Int])]
  private var there: Set<[String]> = []
  private var waiting: [[SQLValue]] = []

  init(_ table: FacilityTable) {
    func places(_ names: [String]) -> [Int] {
      names.compactMap { name in table.columns.firstIndex { $0.name == name } }
    }
    references = table.references.filter { $0.table == table.name }.map { (places($0.from), places($0.to)) }
  }

  var isEmpty: Bool { waiting.isEmpty }

  /// The rows that can be written now that this one has come.
  mutating func ready(with row: [SQLValue]) -> [[SQLValue]] {
    if references.isEmpty { return [row] }
    waiting.append(row)
    var done: [[SQLValue]] = []
    while let index = waiting.firstIndex(where: isReady) {
      let row = waiting.remove(at: index)
      for reference in references { there.insert(key(row, reference.to)) }
      done.append(row)
    }
    return done
  }

  private func isReady(_ row: [SQLValue]) -> Bool {
    references.allSatisfy { reference in
      // A reference with a NULL in it names nothing.
      reference.from.contains { row[$0] == .null } || there.contains(key(row, reference.from))
        || key(row, reference.from) == key(row, reference.to)
    }
  }

  private func key(_ row: [SQLValue], _ places: [Int]) -> [String] { places.map { "\(row[$0])" } }
}
