import Foundation
import Kernel

/// A facility's whole chain as JSON Lines; the form is described in `docs/operate/ledger.md`.
///
/// A line with the facility and the head, one for each checkpoint, one for each entry in order. Texts stand as they are hashed: what
/// was JSON before is a string here, so that no reader can change it by reading it.
public struct LedgerExport: Sendable {
  private let scope: Scope
  private let name: String

  /// Records that the ledger is taken away; this record is among the lines.
  ///
  /// - Parameter name: of the facility, for whoever opens the file.
  public static func begin(of scope: Scope, name: String) async throws -> LedgerExport {
    try await scope.write { tx in
      try tx.apply(
        [], recording: Change("ledger.export", of: "ledger:\(tx.facility)", to: ["form": "jsonl"]))
    }
    return LedgerExport(scope: scope, name: name)
  }

  /// So many entries are read and handed on at a time.
  private static let part = 1000

  private struct Head: Encodable {
    let type = "ledger"
    let format = "mamorite-ledger-1"
    let facility: String
    let name: String
    let entries: Int
    let head: String
    let exportedAtMs: Int64
  }

  private struct Signed: Encodable {
    let type = "checkpoint"
    let seq: Int
    let hash, day: String
    let atMs: Int64
    let key, publicKey, signature: String
    /// Of the time stamp; absent without one.
    let stamp, stampAuthority, stampCertificate: String?
    let stampedAtMs: Int64?

    init(_ each: Checkpoint, _ stamp: TimeStamp?) {
      (seq, hash, day, atMs) = (each.sequence, each.hash, each.day.description, each.at.milliseconds)
      (key, publicKey, signature) = (each.key, each.publicKey, each.signature)
      (self.stamp, stampAuthority) = (stamp?.answerText, stamp?.authority)
      (stampCertificate, stampedAtMs) = (stamp?.certificate, stamp?.at.milliseconds)
    }
  }

  /// Hands on the lines, so many at a time that memory stays the same however long the ledger is.
  public func write(_ take: ([UInt8]) async throws -> Void) async throws {
    let (name, now) = (name, scope.now)
    let (head, beginning) = try await scope.read { tx in
      try (tx.ledgerHead(), LedgerExport.beginning(of: tx, name: name, at: now))
    }
    try await take(beginning)
    var last: Int? = 0
    while let start = last {
      let part = try await scope.read { try $0.exportedEntries(after: start, to: head.sequence, Self.part) }
      try await take(part.lines)
      last = part.last
    }
  }

  /// The same within one view.
  static func write(_ tx: ReadTx, name: String, at now: Instant, _ take: ([UInt8]) throws -> Void) throws {
    try take(try beginning(of: tx, name: name, at: now))
    let end = try tx.ledgerHead().sequence
    var last: Int? = 0
    while let start = last {
      let part = try tx.exportedEntries(after: start, to: end, Self.part)
      try take(part.lines)
      last = part.last
    }
  }

  /// The lines before the entries.
  private static func beginning(of tx: ReadTx, name: String, at now: Instant) throws -> [UInt8] {
    let head = try tx.ledgerHead()
    var lines = try line(
      Head(
        facility: tx.facility.text, name: name, entries: head.sequence, head: head.hash,
        exportedAtMs: now.milliseconds))
    let stamps = try tx.stampsToCheck(after: 0, limit: Int(Int32.max)).map { ($0.stamp.sequence, $0.stamp) }
    let stamped = Dictionary(stamps, uniquingKeysWith: { first, _ in first })
    for (each, _) in try tx.allCheckpoints() where each.sequence <= head.sequence {
      lines += try line(Signed(each, stamped[each.sequence]))
    }
    return lines
  }

  private static func line(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value)) + [0x0A]
  }
}

extension ReadTx {
  fileprivate func exportedEntries(after start: Int, to end: Int, _ limit: Int) throws -> (
    lines: [UInt8], last: Int?
  ) {
    var lines: [UInt8] = []
    var last: Int?
    try scan(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND seq > \(start) AND seq <= \(end) ORDER BY seq LIMIT \(limit)
      """
    ) { row in
      let sequence = try row.int(0)
      last = sequence
      lines += "{\"type\":\"entry\",\"seq\":\(sequence),\"at_ms\":".utf8
      // A value of another kind than was written is a tampered one: null fits no hash.
      lines += ((try? row.int(1)).map(String.init) ?? "null").utf8
      for (index, name) in LedgerExport.texts.enumerated() {
        lines += ",\"\(name)\":".utf8
        if let text = (try? row.text(2 + index)) ?? nil {
          Change.append(text, to: &lines)
        } else {
          lines += "null".utf8
        }
      }
      lines += [0x7D, 0x0A]
      return true
    }
    return (lines, last)
  }
}

extension LedgerExport {
  fileprivate static let texts = [
    "actor", "actor_name", "action", "subject", "before", "after", "hash",
  ]
}
