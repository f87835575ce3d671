import Foundation
public import Kernel
import Synchronization

/// What happened to one subject, as the ledger keeps it.
public struct Change: Sendable {
  let action: String
  let subject: String
  let before: String?
  let after: String?

  /// - Parameters:
  ///   - action: `slice.verb`, as in `answer.save`.
  ///   - subject: what it happened to, as in `answer:<assessment>/<item>`; stable, for finding its history.
  public init(
    _ action: StaticString, of subject: String, from before: (some Encodable & Sendable)?,
    to after: (some Encodable & Sendable)?
  ) {
    self.action = action.description
    self.subject = subject
    self.before = before.map(Change.json)
    self.after = after.map(Change.json)
  }

  public init(_ action: StaticString, of subject: String, to after: some Encodable & Sendable) {
    self.init(action, of: subject, from: String?.none, to: after)
  }

  /// The same for values by name, of which an import writes tens of thousands.
  public init(
    _ action: StaticString, of subject: String, from before: [String: String]?, to after: [String: String]?
  ) {
    self.action = action.description
    self.subject = subject
    self.before = before.map(Change.json)
    self.after = after.map(Change.json)
  }

  /// The field of a privileged operation's entry that says by what its actor had just proved who they are.
  public static let proofField = "provedBy"

  private init(_ other: Change, after: String) {
    (action, subject, before, self.after) = (other.action, other.subject, other.before, after)
  }

  /// The same with the mark, as a further field of what is so after it.
  func marked(_ proof: String) -> Change {
    var field: [UInt8] = []
    Change.append(Change.proofField, to: &field)
    field.append(0x3A)
    Change.append(proof, to: &field)
    let text = String(decoding: field, as: UTF8.self)
    guard let after, after != "null", after != "{}" else { return Change(self, after: "{\(text)}") }
    // What is no object cannot hold a field and stays as it is.
    guard after.hasSuffix("}") else { return self }
    return Change(self, after: "\(after.dropLast()),\(text)}")
  }

  /// A JSON object (RFC 8259) with its keys in order.
  private static func json(_ values: [String: String]) -> String {
    var bytes: [UInt8] = []
    // An import writes tens of thousands of objects with the same keys: they are sorted once.
    let known = sortedKeys.withLock { $0 }
    if known.count == values.count, append(values, known, to: &bytes) {
      return String(decoding: bytes, as: UTF8.self)
    }
    let keys = values.keys.sorted()
    sortedKeys.withLock { $0 = keys }
    bytes.removeAll(keepingCapacity: true)
    _ = append(values, keys, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let sortedKeys = Mutex<[String]>([])

  /// False, with something half written, when a key is missing.
  private static func append(_ values: [String: String], _ keys: [String], to bytes: inout [UInt8]) -> Bool {
    bytes.append(0x7B)
    for (index, key) in keys.enumerated() {
      guard let value = values[key] else { return false }
      if index > 0 { bytes.append(0x2C) }
      append(key, to: &bytes)
      bytes.append(0x3A)
      append(value, to: &bytes)
    }
    bytes.append(0x7D)
    return true
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) { append(text.utf8, to: &bytes) }

  /// Text in UTF-8 as a JSON string.
  static func append(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(0x22)
    defer { bytes.append(0x22) }
    // Most texts have nothing to be escaped.
    let isPlain = text.withContiguousStorageIfAvailable { all in
      guard all.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) else { return false }
      bytes.append(contentsOf: all)
      return true
    }
    if isPlain == true { return }
    for byte in text {
      switch byte {
      case 0x22, 0x5C:
        bytes.append(0x5C)
        bytes.append(byte)
      case 0x09: bytes.append(contentsOf: [0x5C, 0x74])
      case 0x0A: bytes.append(contentsOf: [0x5C, 0x6E])
      case 0x0D: bytes.append(contentsOf: [0x5C, 0x72])
      case 0..<0x20:
        bytes.append(contentsOf: (byte < 16 ? "\\u000" : "\\u00").utf8)
        bytes.append(contentsOf: String(byte, radix: 16).utf8)
      default: bytes.append(byte)
      }
    }
  }

  private static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Encoding plain values cannot fail; a value that could would be a programming error seen in the first test.
    guard let data = try? encoder.encode(value) else { return "null" }
    return String(decoding: data, as: UTF8.self)
  }
}

/// One entry of a facility's ledger.
public struct LedgerEntry: Sendable, Equatable {
  public let sequence: Int
  public let at: Instant
  public let actor: String
  public let actorName: String
  public let action: String
  public let subject: String
  public let before: String?
  public let after: String?
  public let hash: String
}

/// The last entry of a facility's chain.
public struct LedgerHead: Sendable, Equatable, Codable {
  public let sequence: Int
  public let hash: String

  /// A number that no ledger reaches is clamped: its verification says that it does not fit, and one more does not run over.
  public init(sequence: Int, hash: String) {
    self.sequence = min(max(sequence, 0), 1 << 53)
    self.hash = hash
  }

  public static let empty = LedgerHead(sequence: 0, hash: String(repeating: "0", count: 64))

  /// The first sixteen digits in groups of four, as printed on reports; fewer where somebody has cut the hash.
  public var fingerprint: String {
    stride(from: 0, to: 16, by: 4).map { hash.dropFirst($0).prefix(4) }.filter { !$0.isEmpty }.joined(
      separator: " ")
  }
}

extension ReadTx {
  public func ledgerHead() throws -> LedgerHead {
    try first("SELECT seq, hash FROM audit_head WHERE facility_id = \(facility)") {
      LedgerHead(sequence: try $0.int(0), hash: try $0.text(1))
    } ?? .empty
  }

  /// Entries about `subject`, newest first.
  public func history(of subject: String, limit: Int = 50) throws -> [LedgerEntry] {
    try all(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND subject = \(subject) ORDER BY seq DESC LIMIT \(limit)
      """,
      LedgerEntry.init)
  }

  /// Entries about `subject`, newest first: the newest, and all of `action` however old.
  public func history(of subject: String, limit: Int, always action: String) throws -> [LedgerEntry] {
    try all(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND subject = \(subject) AND (action = \(action) OR seq IN (
        SELECT seq FROM audit_entry WHERE facility_id = \(facility) AND subject = \(subject)
        ORDER BY seq DESC LIMIT \(limit)))
      ORDER BY seq DESC
      """,
      LedgerEntry.init)
  }

  /// The newest entries, newest first.
  public func recentEntries(limit: Int) throws -> [LedgerEntry] {
    try all(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) ORDER BY seq DESC LIMIT \(limit)
      """,
      LedgerEntry.init)
  }
}

extension LedgerEntry {
  init(_ row: Row) throws {
    self.init(
      sequence: try row.int(0), at: try row.instant(1), actor: try row.text(2), actorName: try row.text(3),
      action: try row.text(4), subject: try row.text(5), before: try row.optionalText(6),
      after: try row.optionalText(7), hash: try row.text(8))
  }
}

extension WriteTx {
  private static let ledgerInsert = SQL.Template(
    """
    INSERT INTO audit_entry
      (facility_id, seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash)
    VALUES (\(""), \(""), \(""), \(""), \(""), \(""), \(""), \(""), \(""), \(""))
    """)

  /// Adds `entry` to the facility's chain.
  func append(_ entry: Change) throws {
    let head = try ledgerHead ?? ledgerHead()
    let actor = scope.actor
    // Neither database keeps a NUL in text, so an entry with one would never verify again.
    let texts = [actor.text, actor.name, entry.action, entry.subject, entry.before ?? "", entry.after ?? ""]
    guard !texts.contains(where: { $0.holdsNUL }) else { throw Row.Corrupt("NUL in a ledger entry") }
    var chain = LedgerChain(of: facility, after: head)
    chain.add(
      at: scope.now, [actor.text, actor.name, entry.action, entry.subject, entry.before, entry.after])
    let next = chain.head
    _ = try change(
      WriteTx.ledgerInsert([
        SQLValue(facility), SQLValue(next.sequence), SQLValue(scope.now), .text(actor.text),
        .text(actor.name),
        .text(entry.action), .text(entry.subject), SQLValue(entry.before), SQLValue(entry.after),
        .text(next.hash),
      ]))
    ledgerHead = next
  }

  /// Stores the head of the chain: once, at the end of a transaction that has added to it.
  func storeHead() throws {
    guard let head = ledgerHead else { return }
    _ = try change(
      """
      INSERT INTO audit_head (facility_id, seq, hash) VALUES (\(facility), \(head.sequence), \(head.hash))
      ON CONFLICT (facility_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
      """)
  }

  /// Makes writers of one facility wait for each other before any of them holds a row, so that two never wait crosswise.
  ///
  /// SQLite has a single writer anyway.
  func lockLedger() throws {
    guard connection.dialect == .postgres else { return }
    _ = try count("SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended(\(facility), 0))) AS locked")
  }
}

extension String {
  /// Looked for in all its bytes at once: a ledger entry is long.
  fileprivate var holdsNUL: Bool {
    utf8.withContiguousStorageIfAvailable { bytes in
      bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
    } ?? utf8.contains(0)
  }
}
