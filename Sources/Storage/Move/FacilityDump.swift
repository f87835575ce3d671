import Crypto
import Foundation
import Glibc
import Kernel

/// The rows of one facility as files in a folder: `tables/NAME.jsonl`, `files/SHA-256` for what is bytes, and `ledger.jsonl`.
///
/// Described in `docs/operate/moving.md`.
struct FacilityDump {
  let folder: String
  static let ledger = "ledger.jsonl"

  /// What a table's file holds.
  struct Written: Sendable, Codable, Equatable {
    let table: FacilityTable
    let rows: Int
    /// Of the file, in lower-case hexadecimal.
    let sha256: String
  }

  static func path(of table: String) -> String { "tables/\(table).jsonl" }

  /// Writes everything that `rules` lets go, from one view.
  ///
  /// - Throws: ``BackupProblem`` when the folder takes no more.
  func write(_ tx: ReadTx, name: String, at now: Instant, _ rules: MoveRules) throws -> [Written] {
    for part in ["tables", "files"] {
      guard mkdir("\(folder)/\(part)", 0o700) == 0 else { throw FileBytes.problem(errno, folder) }
    }
    var done: [Written] = []
    for table in try FacilityTable.all(of: tx.connection) where rules.left[table.name] == nil {
      done.append(try write(table, tx, rules.replaced[table.name] ?? [:]))
    }
    let file = try NewFile("\(folder)/\(FacilityDump.ledger)")
    try LedgerExport.write(tx, name: name, at: now) { try file.add($0) }
    try file.finish()
    return done
  }

  /// So many rows at a time; a row with bytes may have 20 MB.
  private static func page(of table: FacilityTable) -> Int {
    table.columns.contains { $0.kind == .bytes } ? 8 : 500
  }

  private func write(_ table: FacilityTable, _ tx: ReadTx, _ replaced: [String: String?]) throws -> Written {
    let file = try NewFile("\(folder)/\(FacilityDump.path(of: table.name))")
    // Names from the catalog of this very database.
    let names = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let rest = table.key.filter { $0 != table.facilityColumn }
    let order = rest.map { "\"\($0)\"" }.joined(separator: ", ")
    let places = rest.compactMap { key in table.columns.firstIndex { $0.name == key } }
    let limit = FacilityDump.page(of: table)
    var (count, after) = (0, [SQLValue]())
    while true {
      var values: [SQLValue] = [.text(tx.facility.text)] + after
      func place(_ number: Int) -> String { tx.connection.dialect == .sqlite ? "?" : "$\(number)" }
      var text = "SELECT \(names) FROM \"\(table.name)\" WHERE \"\(table.facilityColumn)\" = \(place(1))"
      if !after.isEmpty {
        let marks = after.indices.map { place($0 + 2) }.joined(separator: ", ")
        text += " AND (\(order)) > (\(marks))"
      }
      if !rest.isEmpty {
        text += " ORDER BY \(order) LIMIT \(place(values.count + 1))"
        values.append(.int(Int64(limit)))
      }
      let rows = try tx.connection.rows(text, values)
      for row in rows { try file.add(try line(row, table, replaced)) }
      count += rows.count
      guard let last = rows.last, !rest.isEmpty, rows.count == limit else { break }
      after = places.map { last.values[$0] }
    }
    return Written(table: table, rows: count, sha256: try file.finish())
  }

  /// A row as a JSON object with its columns in the order of the table.
  private func line(_ row: Row, _ table: FacilityTable, _ replaced: [String: String?]) throws -> [UInt8] {
    var line: [UInt8] = []
    for (index, column) in table.columns.enumerated() {
      line.append(UInt8(ascii: index == 0 ? "{" : ","))
      Change.append(column.name.utf8, to: &line)
      line.append(UInt8(ascii: ":"))
      let value = replaced[column.name].map { column.kind.value($0) } ?? row.values[index]
      switch (value, column.kind) {
      case (.null, _): line += "null".utf8
      case (.text(let text), .text): Change.append(text.utf8, to: &line)
      case (.int(let number), .boolean): line += (number == 0 ? "false" : "true").utf8
      case (.bool(let flag), .boolean): line += (flag ? "true" : "false").utf8
      case (.int(let number), .integer), (.int(let number), .number): line += "\(number)".utf8
      case (.double(let number), .number): line += "\(number)".utf8
      case (.blob(let bytes), .bytes): Change.append(try keep(bytes).utf8, to: &line)
      default: throw Row.Corrupt("\(table.name).\(column.name) holds \(value)")
      }
    }
    return line + [UInt8(ascii: "}"), 0x0A]
  }

  /// Writes bytes under their SHA-256, once.
  private func keep(_ bytes: [UInt8]) throws -> String {
    let name = hexadecimal(SHA256.hash(data: bytes))
    let path = "\(folder)/files/\(name)"
    if FileManager.default.fileExists(atPath: path) { return name }
    let file = try NewFile(path)
    try file.add(bytes)
    try file.finish()
    return name
  }
}

/// A file that is written from its start to its end, and its SHA-256.
final class NewFile {
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var hash = SHA256()

  /// - Throws: ``BackupProblem``.
  init(_ path: String) throws(BackupProblem) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileBytes.problem(errno, path) }
  }

  deinit { close(descriptor) }

  func add(_ bytes: [UInt8]) throws(BackupProblem) {
    buffer += bytes
    if buffer.count >= 1 << 18 { try flush() }
  }

  private func flush() throws(BackupProblem) {
    hash.update(data: buffer)
    try FileBytes.write(buffer[...], to: descriptor, path: path)
    buffer.removeAll(keepingCapacity: true)
  }

  /// - Returns: the SHA-256 of all that was added, in lower-case hexadecimal.
  @discardableResult
  func finish() throws(BackupProblem) -> String {
    try flush()
    return hexadecimal(hash.finalize())
  }
}
