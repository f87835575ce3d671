public import Kernel

/// What is looked for in a facility's ledger.
public struct LedgerSearch: Sendable, Equatable {
  /// The text of an actor: `person:<id>`.
  public var actor: String?
  /// What stands before the colon of a subject: `devices`.
  public var kind: String?
  public var action: String?
  public var subject: String?
  public var from: Day?
  /// The last day, itself among them.
  public var until: Day?
  /// Only entries before this one: the next page.
  public var before: Int?

  public init() {}

  public var isFiltered: Bool {
    actor != nil || kind != nil || action != nil || subject != nil || from != nil || until != nil
  }

  /// Each filter with an index of its own, as a condition on `audit_entry`; the first is looked up, the others are compared.
  ///
  /// A plus before a column keeps SQLite, which knows nothing of how rare a value is, from choosing another index.
  func conditions(plain: Bool) -> [SQL] {
    let plus: SQL = plain ? "" : "\(sqlite: "+", postgres: "")"
    return [
      subject.map { "\(plus)subject = \($0)" as SQL }, kind.map { "\(plus)kind = \($0)" as SQL },
      actor.map { "\(plus)actor = \($0)" as SQL }, action.map { "\(plus)action = \($0)" as SQL },
    ].compactMap { $0 }
  }
}

/// One page of entries, newest first.
public struct LedgerFound: Sendable {
  public let entries: [LedgerEntry]
  /// Where the next page begins; nil when there is nothing older.
  public let older: Int?
  /// Whether the page ends because so many entries have been looked at, not because it is full.
  public let isPaused: Bool

  public static let nothing = LedgerFound(entries: [], older: nil, isPaused: false)
}

/// What the filters offer, and the head.
public struct LedgerOptions: Sendable {
  /// Everyone who acted, with the newest of their names.
  public var actors: [(text: String, name: String)] = []
  public var kinds: [String] = []
  public var actions: [String] = []
  public var head = LedgerHead.empty
}

extension ReadTx {
  /// So many entries are looked at for one page where several filters meet, so that each page costs about the same.
  static var ledgerWindow: Int { 20_000 }

  /// The entries that fit, newest first. Never more than three statements, however long the ledger is.
  public func entries(_ search: LedgerSearch, limit: Int) throws -> LedgerFound {
    let (lead, further) = (search.conditions(plain: true).first, search.conditions(plain: false).dropFirst())
    var first = 0
    var before = search.before ?? Int.max
    if search.from != nil || search.until != nil {
      // Times need not rise with the numbers: a clock may have been set back.
      let range = try self.range(of: search)
      guard let range else { return LedgerFound(entries: [], older: nil, isPaused: false) }
      (first, before) = (range.lowerBound, min(before, max(range.upperBound, range.upperBound &+ 1)))
    }
    var place: SQL = "seq < \(before)"
    if let lead { place = "\(place) AND \(lead)" }
    var paused: Int?
    if !further.isEmpty || search.from != nil || search.until != nil {
      let floor = try self.first(
        """
        SELECT MIN(w.seq), COUNT(*) FROM (
          SELECT seq FROM audit_entry WHERE facility_id = \(facility) AND \(place) AND seq >= \(first)
          ORDER BY seq DESC LIMIT \(Self.ledgerWindow)
        ) w
        """
      ) { (try $0.optionalInt(0), try $0.int(1)) }
      if let floor, floor.1 == Self.ledgerWindow, let seq = floor.0 { (first, paused) = (seq, seq) }
    }
    let rest = SQL(joining: (further + times(search)).map { " AND \($0)" as SQL }, by: "")
    let found = try all(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND \(place) AND seq >= \(first) \(rest) ORDER BY seq DESC LIMIT \(limit + 1)
      """,
      LedgerEntry.init)
    if found.count > limit {
      return LedgerFound(
        entries: Array(found.prefix(limit)), older: found[limit - 1].sequence, isPaused: false)
    }
    return LedgerFound(entries: found, older: paused, isPaused: paused != nil)
  }

  private func times(_ search: LedgerSearch) -> [SQL] {
    [
      search.from.map { "at_ms >= \($0.start)" as SQL },
      search.until.map { "at_ms < \($0.adding(days: 1).start)" as SQL },
    ].compactMap { $0 }
  }

  /// The first and the last number among the entries of the days looked for.
  private func range(of search: LedgerSearch) throws -> ClosedRange<Int>? {
    let times = SQL(joining: times(search), by: " AND ")
    let found = try first(
      "SELECT MIN(seq), MAX(seq) FROM audit_entry WHERE facility_id = \(facility) AND \(times)"
    ) { (try $0.optionalInt(0), try $0.optionalInt(1)) }
    guard let low = found?.0, let high = found?.1 else { return nil }
    return low...high
  }

  /// What there is to filter by, in one statement. Each value is one step along an index, however many entries have it.
  public func ledgerOptions() throws -> LedgerOptions {
    var options = LedgerOptions()
    let rows = try all(
      """
      WITH RECURSIVE
        a(v) AS (SELECT MIN(actor) FROM audit_entry WHERE facility_id = \(facility) UNION ALL
          SELECT (SELECT MIN(actor) FROM audit_entry WHERE facility_id = \(facility) AND actor > a.v) FROM a WHERE a.v IS NOT NULL),
        k(v) AS (SELECT MIN(kind) FROM audit_entry WHERE facility_id = \(facility) UNION ALL
          SELECT (SELECT MIN(kind) FROM audit_entry WHERE facility_id = \(facility) AND kind > k.v) FROM k WHERE k.v IS NOT NULL),
        c(v) AS (SELECT MIN(action) FROM audit_entry WHERE facility_id = \(facility) UNION ALL
          SELECT (SELECT MIN(action) FROM audit_entry WHERE facility_id = \(facility) AND action > c.v) FROM c WHERE c.v IS NOT NULL)
      SELECT 0, r.v, (SELECT actor_name FROM audit_entry WHERE facility_id = \(facility) AND actor = r.v
        ORDER BY seq DESC LIMIT 1) FROM (SELECT v FROM a WHERE v IS NOT NULL LIMIT 500) r
      UNION ALL SELECT 1, r.v, '' FROM (SELECT v FROM k WHERE v IS NOT NULL LIMIT 500) r
      UNION ALL SELECT 2, r.v, '' FROM (SELECT v FROM c WHERE v IS NOT NULL LIMIT 500) r
      UNION ALL SELECT 3, hash, CAST(seq AS TEXT) FROM audit_head WHERE facility_id = \(facility)
      """
    ) { (try $0.int(0), try $0.text(1), try $0.text(2)) }
    for (part, value, further) in rows {
      switch part {
      case 0: options.actors.append((value, further))
      case 1: options.kinds.append(value)
      case 2: options.actions.append(value)
      default: options.head = LedgerHead(sequence: Int(further) ?? 0, hash: value)
      }
    }
    return options
  }

  /// One entry.
  public func ledgerEntry(_ sequence: Int) throws -> LedgerEntry? {
    try first(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND seq = \(sequence)
      """,
      LedgerEntry.init)
  }

  /// An entry and the one before it.
  public func ledgerEntry(withPrevious sequence: Int) throws -> (entry: LedgerEntry, previous: String)? {
    let found = try all(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND seq IN (\(sequence), \(sequence - 1)) ORDER BY seq
      """,
      LedgerEntry.init)
    guard let entry = found.last, entry.sequence == sequence else { return nil }
    return (entry, found.count == 2 ? found[0].hash : LedgerHead.empty.hash)
  }

  /// The entries whose hash begins with `digits`: lower-case hexadecimal, as a report prints them.
  public func entries(withFingerprint digits: String) throws -> [LedgerEntry] {
    // Walks the facility's whole chain: an index on hashes would slow every write for a question that is asked seldom.
    try all(
      """
      SELECT seq, at_ms, actor, actor_name, action, subject, before_json, after_json, hash FROM audit_entry
      WHERE facility_id = \(facility) AND hash >= \(digits) AND hash < \(digits + "g") ORDER BY seq LIMIT 2
      """,
      LedgerEntry.init
    ).filter { $0.hash.hasPrefix(digits) }
  }

  /// Checks the chain from its beginning to an entry, in two statements. Gives the first that does not fit; nil when all do.
  public func ledgerBreak(upTo sequence: Int) throws -> Int? {
    let run = try ledgerRun(after: 0, limit: sequence)
    return run.fits && run.last.sequence == sequence ? nil : run.last.sequence + 1
  }
}
