import Crypto
import Foundation
public import Kernel

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

  /// SHA-256, in lower-case hexadecimal, over the previous entry's hash and then each field as a netstring
  /// (`<length in bytes>:<bytes>,`): facility, sequence, milliseconds, actor, actor's name, action, subject, before, after.
  /// An absent value is written `-,`. The first entry follows 64 zeros.
  static func hash(
    after previous: String, facility: FacilityID, sequence: Int, at: Instant, actor: String,
    actorName: String,
    action: String, subject: String, before: String?, after: String?
  ) -> String {
    var bytes = [UInt8](previous.utf8)
    func add(_ field: String?) {
      guard let field else { return bytes.append(contentsOf: "-,".utf8) }
      bytes.append(contentsOf: "\(field.utf8.count):".utf8)
      bytes.append(contentsOf: field.utf8)
      bytes.append(0x2C)
    }
    add(facility.text)
    add("\(sequence)")
    add("\(at.milliseconds)")
    add(actor)
    add(actorName)
    add(action)
    add(subject)
    add(before)
    add(after)
    return hexadecimal(SHA256.hash(data: bytes))
  }
}

/// The last entry of a facility's chain.
public struct LedgerHead: Sendable, Equatable, Codable {
  public let sequence: Int
  public let hash: String

  public init(sequence: Int, hash: String) {
    self.sequence = sequence
    self.hash = hash
  }

  public static let empty = LedgerHead(sequence: 0, hash: String(repeating: "0", count: 64))

  /// The first sixteen digits in groups of four, as printed on reports.
  public var fingerprint: String {
    stride(from: 0, to: 16, by: 4).map { offset in
      let start = hash.index(hash.startIndex, offsetBy: offset)
      return String(hash[start..<hash.index(start, offsetBy: 4)])
    }.joined(separator: " ")
  }
}

/// The result of checking one facility's chain.
public struct LedgerVerdict: Sendable, Equatable, Codable {
  public let entries: Int
  public let head: String
  /// The sequence number of the first entry that does not fit; nil when all fit.
  public let brokenAt: Int?
  public var ok: Bool { brokenAt == nil }
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

  /// The newest entries, newest first.
  public func recentEntries(limit: Int) throws -> [LedgerEntry] {
    try all(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) ORDER BY seq DESC LIMIT \(limit)
      """,
      LedgerEntry.init)
  }

  /// Up to `limit` entries after sequence number `after`, oldest first.
  func entries(after sequence: Int, limit: Int) throws -> [LedgerEntry] {
    try all(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND seq > \(sequence) ORDER BY seq LIMIT \(limit)
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
  /// Adds `entry` to the facility's chain.
  func append(_ entry: Change) throws {
    let head = try ledgerHead ?? ledgerHead()
    let actor = scope.actor
    // Neither database keeps a NUL in text, so an entry with one would never verify again.
    let texts = [actor.text, actor.name, entry.action, entry.subject, entry.before ?? "", entry.after ?? ""]
    guard !texts.contains(where: { $0.utf8.contains(0) }) else { throw Row.Corrupt("NUL in a ledger entry") }
    let sequence = head.sequence + 1
    let hash = LedgerEntry.hash(
      after: head.hash, facility: facility, sequence: sequence, at: scope.now, actor: actor.text,
      actorName: actor.name, action: entry.action, subject: entry.subject, before: entry.before,
      after: entry.after)
    _ = try change(
      """
      INSERT INTO audit_entry
        (facility_id, seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash)
      VALUES (\(facility), \(sequence), \(scope.now), \(actor.text), \(actor.name), \(entry.action),
        \(entry.subject), \(entry.before), \(entry.after), \(hash))
      """)
    _ = try change(
      """
      INSERT INTO audit_head (facility_id, seq, hash) VALUES (\(facility), \(sequence), \(hash))
      ON CONFLICT (facility_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
      """)
    ledgerHead = LedgerHead(sequence: sequence, hash: hash)
  }

  /// Makes writers of one facility wait for each other before any of them holds a row, so that two never wait crosswise.
  ///
  /// SQLite has a single writer anyway.
  func lockLedger() throws {
    guard connection.dialect == .postgres else { return }
    _ = try count("SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended(\(facility), 0))) AS locked")
  }
}

extension Scope {
  /// Checks every entry of the facility's chain against its hash, and the last against the stored head.
  public func verifyLedger(progress: @Sendable (Int) -> Void = { _ in }) async throws -> LedgerVerdict {
    var previous = LedgerHead.empty
    while true {
      let last = previous.sequence
      // Entries and head in one view: a live server may add entries between two batches, never between these two.
      let (batch, stored) = try await read { (try $0.entries(after: last, limit: 5000), try $0.ledgerHead()) }
      if batch.isEmpty {
        let broken = stored != previous
        return LedgerVerdict(
          entries: previous.sequence, head: previous.hash, brokenAt: broken ? previous.sequence + 1 : nil)
      }
      for entry in batch {
        let hash = LedgerEntry.hash(
          after: previous.hash, facility: facility, sequence: entry.sequence, at: entry.at,
          actor: entry.actor,
          actorName: entry.actorName, action: entry.action, subject: entry.subject, before: entry.before,
          after: entry.after)
        guard entry.sequence == previous.sequence + 1, hash == entry.hash else {
          return LedgerVerdict(
            entries: previous.sequence, head: previous.hash, brokenAt: previous.sequence + 1)
        }
        previous = LedgerHead(sequence: entry.sequence, hash: hash)
      }
      progress(previous.sequence)
    }
  }
}
