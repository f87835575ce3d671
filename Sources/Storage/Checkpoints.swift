import Crypto
import Foundation
public import Kernel

/// A head of a facility's chain, signed by the installation: who holds one sees when the chain's end is cut off or made anew.
public struct Checkpoint: Sendable, Equatable, Codable {
  /// Of the last entry it covers.
  public let sequence: Int
  public let hash: String
  /// The day on which it was made.
  public let day: Day
  public let at: Instant
  /// ``CheckpointKey/id`` of the key that signed.
  public let key: String
  public let publicKey: String
  /// 128 hexadecimal digits.
  public let signature: String

  /// What is signed: netstrings of a name, facility, sequence, hash, day and milliseconds.
  static func message(_ facility: FacilityID, _ head: LedgerHead, _ day: Day, _ at: Instant) -> [UInt8] {
    let fields = [
      "mamorite-checkpoint-1", facility.text, "\(head.sequence)", head.hash, day.description,
      "\(at.milliseconds)",
    ]
    return Array(fields.map { "\($0.utf8.count):\($0)," }.joined().utf8)
  }

  /// Whether the signature is one of ``publicKey`` over these values, for this facility.
  public func isSigned(for facility: FacilityID) -> Bool {
    guard let raw = bytes(ofHexadecimal: publicKey), let signature = bytes(ofHexadecimal: signature),
      // A text of another length is no key.
      let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw),
      CheckpointKey.id(of: publicKey) == self.key
    else { return false }
    let head = LedgerHead(sequence: sequence, hash: hash)
    return key.isValidSignature(signature, for: Checkpoint.message(facility, head, day, at))
  }

  static let migrations = [
    Migration(
      "20261122-0-ledger-proof",
      [
        // A column of its own: under row-level security PostgreSQL uses no index on an expression.
        """
        ALTER TABLE audit_entry ADD COLUMN kind TEXT GENERATED ALWAYS AS (
          \(sqlite: "substr(subject, 1, instr(subject || ':', ':') - 1)", postgres: "split_part(subject, ':', 1)")
        ) \(sqlite: "VIRTUAL", postgres: "STORED")
        """,
        "CREATE INDEX audit_entry_kind ON audit_entry (facility_id, kind, seq)",
        "CREATE INDEX audit_entry_actor ON audit_entry (facility_id, actor, seq)",
        "CREATE INDEX audit_entry_action ON audit_entry (facility_id, action, seq)",
        "CREATE INDEX audit_entry_time ON audit_entry (facility_id, at_ms, seq)",
        """
        CREATE TABLE ledger_checkpoint (
          facility_id TEXT NOT NULL, seq BIGINT NOT NULL, hash TEXT NOT NULL, day TEXT NOT NULL, at_ms BIGINT NOT NULL,
          key_id TEXT NOT NULL, public_key TEXT NOT NULL, signature TEXT NOT NULL, PRIMARY KEY (facility_id, seq)
        )
        """,
        """
        \(sqlite: """
        CREATE TRIGGER ledger_checkpoint_no_update BEFORE UPDATE ON ledger_checkpoint
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """, postgres: """
        CREATE TRIGGER ledger_checkpoint_no_change BEFORE UPDATE OR DELETE ON ledger_checkpoint
        FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only()
        """)
        """,
        """
        \(sqlite: """
        CREATE TRIGGER ledger_checkpoint_no_delete BEFORE DELETE ON ledger_checkpoint
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """, postgres: """
        CREATE TRIGGER ledger_checkpoint_no_truncate BEFORE TRUNCATE ON ledger_checkpoint
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only()
        """)
        """,
      ] + Migration.confine("ledger_checkpoint"))
  ]
}

extension Checkpoint {
  fileprivate init(_ row: Row) throws {
    self.init(
      sequence: try row.int(0), hash: try row.text(1), day: try row.day(2), at: try row.instant(3),
      key: try row.text(4),
      publicKey: try row.text(5), signature: try row.text(6))
  }
}

extension ReadTx {
  /// The newest checkpoints before an entry, newest first.
  public func checkpoints(before sequence: Int? = nil, limit: Int) throws -> [Checkpoint] {
    try all(
      """
      SELECT seq, hash, day, at_ms, key_id, public_key, signature FROM ledger_checkpoint
      WHERE facility_id = \(facility) AND seq < \(sequence ?? Int.max) ORDER BY seq DESC LIMIT \(limit)
      """,
      Checkpoint.init)
  }

  /// The first checkpoint that covers an entry.
  public func checkpoint(covering sequence: Int) throws -> Checkpoint? {
    try first(
      """
      SELECT seq, hash, day, at_ms, key_id, public_key, signature FROM ledger_checkpoint
      WHERE facility_id = \(facility) AND seq >= \(sequence) ORDER BY seq LIMIT 1
      """,
      Checkpoint.init)
  }

  /// Every checkpoint in order, each with the hash that its entry has now; none in a database of an earlier version.
  func allCheckpoints() throws -> [(checkpoint: Checkpoint, hash: String?)] {
    let name = Checkpoint.migrations[0].name
    guard try count("SELECT COUNT(*) FROM schema_step WHERE name = \(name)") > 0 else { return [] }
    return try all(
      """
      SELECT c.seq, c.hash, c.day, c.at_ms, c.key_id, c.public_key, c.signature, e.hash FROM ledger_checkpoint c
        LEFT JOIN audit_entry e ON e.facility_id = c.facility_id AND e.seq = c.seq
      WHERE c.facility_id = \(facility) ORDER BY c.seq
      """
    ) { (try Checkpoint($0), try $0.optionalText(7)) }
  }
}

/// What a look at a facility's checkpoints finds.
struct CheckpointVerdict: Sendable {
  /// How many there are.
  let count: Int
  /// The entry of the first that does not fit the chain or is not signed; nil when all fit.
  let brokenAt: Int?
  /// How many were signed by another key than the installation's own; 0 when it has none.
  let byOtherKeys: Int
}

extension Scope {
  /// Signs the head of the facility's chain. Nil when nothing has been written since the last time.
  ///
  /// - Throws: ``CheckpointProblem``.
  @discardableResult
  public func signCheckpoint() async throws -> Checkpoint? {
    guard let folder = database.keyFolder else { throw CheckpointProblem.noFolder }
    let key = try CheckpointKey.findOrMake(in: folder)
    return try await write { tx in
      let head = try tx.ledgerHead()
      if head.sequence == 0 { return nil }
      if let last = try tx.checkpoints(limit: 1).first, try !tx.hasNews(after: last.sequence) { return nil }
      let message = Checkpoint.message(facility, head, now.day, now)
      let new = Checkpoint(
        sequence: head.sequence, hash: head.hash, day: now.day, at: now, key: key.id,
        publicKey: key.publicKey, signature: try key.signature(of: message))
      try tx.apply(
        """
        INSERT INTO ledger_checkpoint (facility_id, seq, hash, day, at_ms, key_id, public_key, signature)
        VALUES (\(facility), \(new.sequence), \(new.hash), \(new.day), \(new.at), \(new.key), \(new.publicKey),
          \(new.signature))
        """,
        recording: Change("ledger.checkpoint", of: "ledger:\(new.sequence)", to: new))
      return new
    }
  }

  func verifyCheckpoints() async throws -> CheckpointVerdict {
    let own = try database.keyFolder.flatMap { folder in try CheckpointKey.find(in: folder)?.id }
    let (all, stamped) = try await read { (try $0.allCheckpoints(), try $0.stampBreak()) }
    let bad = all.first { $0.hash != $0.checkpoint.hash || !$0.checkpoint.isSigned(for: facility) }
    return CheckpointVerdict(
      count: all.count, brokenAt: [bad?.checkpoint.sequence, stamped].compactMap { $0 }.min(),
      byOtherKeys: own.map { own in all.count { $0.checkpoint.key != own } } ?? 0)
  }
}

extension HousekeepingTx {
  /// The kind of the due row that signs a facility's head each day.
  public static let dailyCheckpoint: StaticString = "ledger.checkpoint"

  /// Sets the next daily checkpoint: five minutes after midnight in Asia/Tokyo.
  public func scheduleCheckpoint() throws {
    let next = tx.scope.now.day.adding(days: 1).start.adding(minutes: 5)
    try setDue(Self.dailyCheckpoint, "ledger", at: next)
  }
}
