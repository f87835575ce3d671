import Kernel

/// The result of checking one facility's chain.
public struct LedgerVerdict: Sendable, Equatable, Codable {
  public let entries: Int
  public let head: String
  /// The sequence number of the first entry that does not fit; nil when all fit.
  public let brokenAt: Int?
  public var ok: Bool { brokenAt == nil }
  /// Signed checkpoints that were looked at.
  public private(set) var checkpoints = 0
  /// How many of them were signed by another key than the one beside this database.
  public private(set) var byOtherKeys = 0
  /// Whether ``brokenAt`` is the place of a checkpoint that does not fit, in a chain that fits itself so far.
  public private(set) var isBrokenAtCheckpoint = false

  fileprivate init(upTo last: LedgerHead, ok: Bool) {
    self.init(last, brokenAt: ok ? nil : last.sequence + 1)
  }

  private init(_ last: LedgerHead, brokenAt: Int?) {
    (entries, head, self.brokenAt) = (last.sequence, last.hash, brokenAt)
  }

  /// The same with what the checkpoints say: the first place where either does not fit.
  fileprivate func with(_ signed: CheckpointVerdict) -> LedgerVerdict {
    let first = [brokenAt, signed.brokenAt].compactMap { $0 }.min()
    var verdict = LedgerVerdict(LedgerHead(sequence: entries, hash: head), brokenAt: first)
    (verdict.checkpoints, verdict.byOtherKeys) = (signed.count, signed.byOtherKeys)
    verdict.isBrokenAtCheckpoint = first != nil && first != brokenAt
    return verdict
  }
}

extension Scope {
  /// Checks every entry of the facility's chain against its hash, the last against the stored head, and the signed checkpoints
  /// against both.
  ///
  /// - Parameters:
  ///   - length: entries that are checked in one view; several such parts side by side.
  ///   - progress: called with the number of the last entry that is checked, as they come.
  public func verifyLedger(
    partsOf length: Int = 5000, progress: @Sendable (Int) -> Void = { _ in }
  ) async throws -> LedgerVerdict {
    let signed = try await verifyCheckpoints()
    return try await verifyChain(partsOf: length, progress: progress).with(signed)
  }

  /// Checks every entry of the facility's chain against its hash, and the last against the stored head.
  ///
  /// Parts of the chain are checked side by side, each from the stored hash of the entry before it, and have to join.
  private func verifyChain(
    partsOf length: Int, progress: @Sendable (Int) -> Void
  ) async throws -> LedgerVerdict {
    let width = 4  // as many as SQLite has readers; PostgreSQL has six connections
    let furthest = 16  // parts that may be ready before one that is slow
    let known = try await read { try $0.ledgerHead() }
    return try await withThrowingTaskGroup(of: (start: Int, run: LedgerRun).self) { group in
      var (last, head) = (LedgerHead.empty, known)
      var ahead: [Int: LedgerRun] = [:]
      var (next, running) = (0, 0)
      func startRuns() {
        // A live server adds entries: a run begins only behind one that was there before the run's view.
        while running < width, next <= max(last.sequence, head.sequence),
          next < last.sequence + furthest * length
        {
          let start = next
          running += 1
          group.addTask {
            (start, try await read { try $0.ledgerRun(after: start, limit: length, isLong: true) })
          }
          next += length
        }
      }
      startRuns()
      while let (start, run) = try await group.next() {
        ahead[start] = run
        running -= 1
        while let run = ahead.removeValue(forKey: last.sequence) {
          guard run.first == last else { return LedgerVerdict(upTo: last, ok: false) }
          (last, head) = (run.last, run.head)
          guard run.fits else { return LedgerVerdict(upTo: last, ok: false) }
          progress(last.sequence)
        }
        startRuns()
      }
      return LedgerVerdict(upTo: last, ok: last == head)
    }
  }
}

/// What one view shows of a part of a chain.
struct LedgerRun: Sendable {
  /// The entry before the part as it is stored; nil when there is none.
  let first: LedgerHead?
  /// The last entry that fits.
  let last: LedgerHead
  /// Whether all do.
  let fits: Bool
  /// The facility's head.
  let head: LedgerHead
}

extension ReadTx {
  /// Checks up to `limit` entries after entry `start`, whose own hash is taken as it is stored.
  ///
  /// - Parameter isLong: whether one more question is worth the time that it may save.
  func ledgerRun(after start: Int, limit: Int, isLong: Bool = false) throws -> LedgerRun {
    let first =
      start == 0
      ? .empty
      : try first("SELECT seq, hash FROM audit_entry WHERE facility_id = \(facility) AND seq = \(start)") {
        LedgerHead(sequence: try $0.int(0), hash: try $0.text(1))
      }
    let (before, head) = (first ?? .empty, try ledgerHead())
    if isLong, first != nil, start + limit <= head.sequence,
      let last = try lastAsItLies(after: before, limit: limit)
    {
      return LedgerRun(first: first, last: last, fits: true, head: head)
    }
    // No entry has a number below 1: one that has is met first.
    let lowest = start == 0 ? Int.min : start
    let (last, fits) = try follow(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND seq > \(lowest) ORDER BY seq LIMIT \(limit)
      """, after: before)
    return LedgerRun(first: first, last: last, fits: first != nil && fits, head: head)
  }

  /// SQLite keeps entries in the order in which they were written and finds them by number through an index, one by one.
  /// Where exactly `limit` entries lie about together they are read as they lie, which saves that. SQLite takes a forged entry
  /// with the number 2.5, which may lie anywhere else: an index of its own (``LedgerOrder``) knows of such.
  ///
  /// - Returns: the last of them; nil when they do not lie so, or when anything does not fit: the order of the index says where.
  private func lastAsItLies(after before: LedgerHead, limit: Int) throws -> LedgerHead? {
    guard connection.dialect == .sqlite else { return nil }
    let end = before.sequence + limit
    let place = try first(
      """
      SELECT min(rowid), max(rowid) FROM audit_entry
      WHERE facility_id = \(facility) AND seq IN (\(before.sequence + 1), \(end)) HAVING count(*) = 2
        AND NOT EXISTS (
          SELECT 1 FROM audit_entry WHERE facility_id = \(facility) AND (typeof(seq) <> 'integer' OR seq < 1))
      """
    ) { (first: try $0.int(0), last: try $0.int(1)) }
    // Whoever wrote into the file may have put them as far apart as numbers reach.
    guard let place, case (let length, let isTooFar) = place.last.subtractingReportingOverflow(place.first),
      !isTooFar, length < 2 * limit
    else { return nil }
    // The sign keeps SQLite from the index.
    let (last, fits) = try follow(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE rowid BETWEEN \(place.first) AND \(place.last) AND +facility_id = \(facility) ORDER BY rowid
      """, after: before)
    return fits && last.sequence == end ? last : nil
  }

  /// Adds the rows of a question to the chain as far as they fit, and says whether all did.
  private func follow(_ entries: SQL, after before: LedgerHead) throws -> (last: LedgerHead, fits: Bool) {
    var chain = LedgerChain(of: facility, after: before)
    var fits = true
    try scan(entries) { row in
      // A value of another kind than was written is a tampered one.
      do { fits = try chain.add(stored: row) } catch is Row.Corrupt { fits = false }
      return fits
    }
    return (chain.head, fits)
  }
}

/// Makes entries with numbers that no entry has quick to find.
enum LedgerOrder {
  static let migrations = [
    Migration(
      "20261122-3-ledger-order",
      [
        """
        \(sqlite: "CREATE INDEX audit_entry_odd ON audit_entry (facility_id, seq) WHERE typeof(seq) <> 'integer' OR seq < 1",
          postgres: "SELECT 1")
        """
      ])
  ]
}
