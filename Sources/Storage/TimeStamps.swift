import Foundation
public import Kernel

/// The word of an authority outside that a checkpoint was there at a time (RFC 3161).
///
/// What is stamped is the hash of the entry itself, so that whoever has an exported ledger and this needs only OpenSSL.
public struct TimeStamp: Sendable, Equatable {
  /// Of the checkpoint that is stamped.
  public let sequence: Int
  public let hash: String
  /// By the authority's clock.
  public let at: Instant
  /// The address that was asked.
  public let authority: String
  /// Of the authority and those above it, as it was trusted then: PEM.
  public let certificate: String
  /// The authority's answer whole (TimeStampResp in DER).
  public let answer: [UInt8]

  public init(
    sequence: Int, hash: String, at: Instant, authority: String, certificate: String, answer: [UInt8]
  ) {
    (self.sequence, self.hash, self.at) = (sequence, hash, at)
    (self.authority, self.certificate, self.answer) = (authority, certificate, answer)
  }

  /// As the ledger keeps it.
  private struct Facts: Encodable {
    let sequence: Int
    let hash: String
    let stampedAt: Instant
    let authority: String
  }

  fileprivate var change: Change {
    Change(
      "ledger.stamp", of: "ledger:\(sequence)",
      to: Facts(sequence: sequence, hash: hash, stampedAt: at, authority: authority))
  }

  static let migrations = [
    Migration(
      "20261123-t1-time-stamp",
      [
        """
        CREATE TABLE ledger_stamp (
          facility_id TEXT NOT NULL, seq BIGINT NOT NULL, hash TEXT NOT NULL, at_ms BIGINT NOT NULL,
          authority TEXT NOT NULL, certificate TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (facility_id, seq),
          FOREIGN KEY (facility_id, seq) REFERENCES ledger_checkpoint (facility_id, seq)
        )
        """,
        """
        \(sqlite: """
        CREATE TRIGGER ledger_stamp_no_update BEFORE UPDATE ON ledger_stamp
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """, postgres: """
        CREATE TRIGGER ledger_stamp_no_change BEFORE UPDATE OR DELETE ON ledger_stamp
        FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only()
        """)
        """,
        """
        \(sqlite: """
        CREATE TRIGGER ledger_stamp_no_delete BEFORE DELETE ON ledger_stamp
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """, postgres: """
        CREATE TRIGGER ledger_stamp_no_truncate BEFORE TRUNCATE ON ledger_stamp
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only()
        """)
        """,
      ] + Migration.confine("ledger_stamp"))
  ]
}

extension TimeStamp {
  fileprivate init(_ row: Row) throws {
    // Only what stands there can be told; the check of the answer says that it is none.
    let answer = Data(base64Encoded: try row.text(5)).map { [UInt8]($0) } ?? []
    self.init(
      sequence: try row.int(0), hash: try row.text(1), at: try row.instant(2), authority: try row.text(3),
      certificate: try row.text(4), answer: answer)
  }

  /// As it stands in the database and in exports.
  var answerText: String { Data(answer).base64EncodedString() }
}

extension ReadTx {
  /// The newest stamps before an entry, newest first.
  public func timeStamps(before sequence: Int? = nil, limit: Int) throws -> [TimeStamp] {
    try all(
      """
      SELECT seq, hash, at_ms, authority, certificate, answer FROM ledger_stamp
      WHERE facility_id = \(facility) AND seq < \(sequence ?? Int.max) ORDER BY seq DESC LIMIT \(limit)
      """,
      TimeStamp.init)
  }

  /// The stamp of a checkpoint.
  public func timeStamp(of sequence: Int) throws -> TimeStamp? {
    try first(
      """
      SELECT seq, hash, at_ms, authority, certificate, answer FROM ledger_stamp
      WHERE facility_id = \(facility) AND seq = \(sequence)
      """,
      TimeStamp.init)
  }

  /// When each of the newest checkpoints before an entry was stamped.
  public func timesOfStamps(before sequence: Int?, limit: Int) throws -> [Int: Instant] {
    let found = try all(
      """
      SELECT seq, at_ms FROM ledger_stamp
      WHERE facility_id = \(facility) AND seq < \(sequence ?? Int.max) ORDER BY seq DESC LIMIT \(limit)
      """
    ) { (try $0.int(0), try $0.instant(1)) }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  /// The newest checkpoint, unless it has a stamp: what was before it is covered by it.
  public func unstampedCheckpoint() throws -> Checkpoint? {
    guard let last = try checkpoints(limit: 1).first else { return nil }
    let stamps = try count(
      "SELECT COUNT(*) FROM ledger_stamp WHERE facility_id = \(facility) AND seq = \(last.sequence)")
    return stamps == 0 ? last : nil
  }

  /// Up to `limit` stamps behind an entry in order, each with the hash that its entry has now; none in a database of an earlier
  /// version.
  func stampsToCheck(after sequence: Int, limit: Int) throws -> [(stamp: TimeStamp, hash: String?)] {
    guard try knowsStamps() else { return [] }
    return try all(
      """
      SELECT s.seq, s.hash, s.at_ms, s.authority, s.certificate, s.answer, e.hash FROM ledger_stamp s
        LEFT JOIN audit_entry e ON e.facility_id = s.facility_id AND e.seq = s.seq
      WHERE s.facility_id = \(facility) AND s.seq > \(sequence) ORDER BY s.seq LIMIT \(limit)
      """
    ) { (try TimeStamp($0), try $0.optionalText(6)) }
  }

  /// The first stamp whose entry is not the one that was stamped, as far as the database tells.
  func stampBreak() throws -> Int? {
    guard try knowsStamps() else { return nil }
    return try first(
      """
      SELECT s.seq FROM ledger_stamp s
        LEFT JOIN audit_entry e ON e.facility_id = s.facility_id AND e.seq = s.seq
      WHERE s.facility_id = \(facility) AND (e.hash IS NULL OR e.hash <> s.hash) ORDER BY s.seq LIMIT 1
      """
    ) { try $0.int(0) }
  }

  private func knowsStamps() throws -> Bool {
    let name = TimeStamp.migrations[0].name
    return try count("SELECT COUNT(*) FROM schema_step WHERE name = \(name)") > 0
  }

  /// Whether anything has been recorded behind a checkpoint but the entries about it and its stamp.
  func hasNews(after sequence: Int) throws -> Bool {
    try count(
      """
      SELECT COUNT(*) FROM (SELECT 1 FROM audit_entry WHERE facility_id = \(facility) AND seq > \(sequence)
        AND action NOT IN ('ledger.checkpoint', 'ledger.stamp') LIMIT 1) AS news
      """) > 0
  }
}

extension WriteTx {
  /// Keeps a stamp. Of two that were fetched at once, the first stays.
  public func insert(_ stamp: TimeStamp) throws {
    guard try timeStamp(of: stamp.sequence) == nil else { return }
    try apply(
      """
      INSERT INTO ledger_stamp (facility_id, seq, hash, at_ms, authority, certificate, answer)
      VALUES (\(facility), \(stamp.sequence), \(stamp.hash), \(stamp.at), \(stamp.authority), \(stamp.certificate),
        \(stamp.answerText))
      """,
      recording: stamp.change)
  }
}

/// What a look at a facility's stamps finds.
public struct StampVerdict: Sendable, Equatable {
  public internal(set) var count = 0
  /// The entries whose stamp does not hold, in order.
  public internal(set) var broken: [Int] = []
  /// Whether OpenSSL was there to look at them; without it nothing is said about any.
  public internal(set) var isChecked = true
}

extension Scope {
  /// Checks every stamp by OpenSSL: that the authority's certificate signed it, and that it is for the entry as it is now.
  public func verifyStamps() async throws -> StampVerdict {
    var verdict = StampVerdict()
    var last = 0
    let tool = StampTool(beside: database)
    while true {
      let start = last
      let part = try await read { try $0.stampsToCheck(after: start, limit: 100) }
      guard let end = part.last else { return verdict }
      last = end.stamp.sequence
      for (stamp, hash) in part {
        verdict.count += 1
        guard verdict.isChecked else { continue }
        do {
          let isGood = try await tool.holds(stamp, for: hash ?? stamp.hash)
          if !isGood || hash != stamp.hash { verdict.broken.append(stamp.sequence) }
        } catch StampProblem.noProgram { verdict.isChecked = false }
      }
    }
  }
}
