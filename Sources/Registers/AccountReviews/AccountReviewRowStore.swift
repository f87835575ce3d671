import Kernel
import Storage
import Web

extension ReadTx {
  /// The accounts of Mamorite at this facility: who signs in, with what, and since when.
  ///
  /// Sessions end and are forgotten; the browsers of an account remember its last sign-in.
  ///
  /// What someone has for a time stands behind the role, as `+role:day`; who has nothing else, and nothing now, is left out.
  func ownAccounts(at now: Instant) throws -> [ReviewedAccount] {
    let grants = Dictionary(grouping: try liveGrants(at: now), by: \.person)
    return try all(
      """
      SELECT a.login, p.name, p.department, p.role, a.created_at_ms, p.left_on, p.id,
        (SELECT MAX(b.last_seen_ms) FROM account_browser b WHERE b.account_id = a.id),
        (SELECT MAX(s.last_seen_ms) FROM session s WHERE s.account_id = a.id AND s.facility_id = \(facility)),
        (SELECT COUNT(*) FROM account_factor f WHERE f.account_id = a.id AND f.confirmed_at_ms IS NOT NULL)
      FROM person p JOIN account a ON a.id = p.account_id
      WHERE p.facility_id = \(facility) ORDER BY p.name, p.id
      """
    ) { row -> ReviewedAccount? in
      guard let role = Role(rawValue: try row.text(3)) else { throw Row.Corrupt("person.role") }
      let given = grants[try row.id(6, of: PersonTag.self)] ?? []
      if role.needsGrant && given.isEmpty { return nil }
      var account = ReviewedAccount(account: try row.text(0))
      (account.name, account.department) = (try row.text(1), try row.text(2))
      let further = given.map { "+\($0.role.rawValue):\($0.until.adding(milliseconds: -1).day)" }
      account.role = ([role.rawValue] + further).joined(separator: " ")
      account.kind = .personal
      account.strength = ([role] + given.map(\.role)).map(Self.strength).max() ?? .plain
      account.tellsUse = true
      let uses = [try row.optionalInstant(7), try row.optionalInstant(8)].compactMap { $0 }
      account.lastUsedOn = uses.max()?.day
      account.hasFactor = try row.int(9) > 0
      account.addedOn = try row.instant(4).day
      account.leftOn = try row.optionalDay(5)
      account.holder = try row.id(6)
      return account
    }.compactMap { $0 }
  }

  private static func strength(of role: Role) -> ReviewedAccount.Strength {
    switch role {
    case .administrator: .privileged
    case .safetyManager, .itStaff, .specialist, .operator: .strong
    default: .plain
    }
  }

  /// Everyone in the register of people, by the name as it is compared; with the day of leaving.
  func holders() throws -> [String: (id: PersonID, leftOn: Day?)] {
    try all("SELECT name, id, left_on FROM person WHERE facility_id = \(facility) ORDER BY id") {
      (try $0.text(0).searchable, try $0.id(1, of: PersonTag.self), try $0.optionalDay(2))
    }.reduce(into: [:]) { all, row in if all[row.0] == nil { all[row.0] = (row.1, row.2) } }
  }

  // MARK: Rows

  func rowCondition(_ filter: ReviewFilter) -> SQL {
    var sql: SQL =
      switch filter.show {
      case .all: ""
      case .attention: " AND r.attention < \(AccountFinding.nothingRank)"
      case .undecided: " AND r.decision IS NULL"
      case .keep, .change, .remove: " AND r.decision = \(filter.show.rawValue)"
      case .open: " AND \(isOpenPoint)"
      }
    if let finding = filter.finding {
      sql = "\(sql) AND \(SQL.contains("r.findings", ",\(finding.rawValue),"))"
    }
    if !filter.search.isEmpty {
      sql = "\(sql) AND \(SQL.contains("r.search_text", filter.search.searchable))"
    }
    return sql
  }

  /// The accounts of a review that a filter lets through, those with a reason to look first.
  func reviewRows(_ review: AccountReview.ID, _ filter: ReviewFilter, limit: Int, offset: Int = 0) throws
    -> [ReviewRow]
  {
    try reviewRows(review, rowCondition(filter), limit: limit, offset: offset)
  }

  private func reviewRows(_ review: AccountReview.ID, _ condition: SQL, limit: Int, offset: Int) throws
    -> [ReviewRow]
  {
    try all(
      """
      SELECT r.number, r.account, r.name, r.department, r.role, r.kind, r.enabled, r.last_used_on, r.tells_use, r.factor,
        r.added_on, r.holder_id, r.findings, r.decision, r.remark, r.decided_by, r.decided_at_ms, r.done_on, r.version,
        CASE WHEN \(isOpenPoint) THEN 1 ELSE 0 END
      FROM account_review_row r JOIN account_review v ON v.facility_id = r.facility_id AND v.id = r.review_id
      WHERE r.facility_id = \(facility) AND r.review_id = \(review)\(condition)
      ORDER BY r.attention, r.number LIMIT \(limit) OFFSET \(offset)
      """, ReviewRow.init)
  }

  func reviewRow(_ review: AccountReview.ID, _ number: Int) throws -> ReviewRow? {
    try first(
      """
      SELECT r.number, r.account, r.name, r.department, r.role, r.kind, r.enabled, r.last_used_on, r.tells_use, r.factor,
        r.added_on, r.holder_id, r.findings, r.decision, r.remark, r.decided_by, r.decided_at_ms, r.done_on, r.version,
        CASE WHEN \(isOpenPoint) THEN 1 ELSE 0 END
      FROM account_review_row r JOIN account_review v ON v.facility_id = r.facility_id AND v.id = r.review_id
      WHERE r.facility_id = \(facility) AND r.review_id = \(review) AND r.number = \(number)
      """, ReviewRow.init)
  }

  /// How many a filter lets through, and how many of them have a decision already.
  func reviewCount(_ review: AccountReview.ID, _ filter: ReviewFilter) throws -> (all: Int, decided: Int) {
    try reviewCount(review, rowCondition(filter))
  }

  private func reviewCount(_ review: AccountReview.ID, _ condition: SQL) throws -> (all: Int, decided: Int) {
    try first(
      """
      SELECT COUNT(*), COUNT(r.decision)
      FROM account_review_row r JOIN account_review v ON v.facility_id = r.facility_id AND v.id = r.review_id
      WHERE r.facility_id = \(facility) AND r.review_id = \(review)\(condition)
      """
    ) { (try $0.int(0), try $0.int(1)) } ?? (0, 0)
  }

  /// What a bulk decision would touch, in two statements.
  func bulkRows(_ chosen: AccountReviews.Chosen, of review: AccountReview.ID) throws -> BulkRows {
    let condition: SQL
    switch chosen {
    case .numbers(let numbers):
      if numbers.isEmpty { return BulkRows(all: 0, decided: 0, rows: []) }
      condition = " AND r.number IN (\(SQL(joining: numbers.map { "\($0)" as SQL }, by: ", ")))"
    case .filter(let filter): condition = rowCondition(filter)
    }
    let counts = try reviewCount(review, condition)
    return BulkRows(
      all: counts.all, decided: counts.decided,
      rows: try reviewRows(review, condition, limit: BulkRows.mostShown, offset: 0))
  }

  func reviewNumbers(_ review: AccountReview.ID, _ filter: ReviewFilter) throws -> [Int] {
    try all(
      """
      SELECT r.number
      FROM account_review_row r JOIN account_review v ON v.facility_id = r.facility_id AND v.id = r.review_id
      WHERE r.facility_id = \(facility) AND r.review_id = \(review)\(rowCondition(filter)) ORDER BY r.number
      """
    ) { try $0.int(0) }
  }

  func reviewTally(_ review: AccountReview.ID) throws -> ReviewTally {
    try first(
      """
      SELECT COUNT(*), COUNT(CASE WHEN r.decision IS NULL THEN 1 END), COUNT(CASE WHEN r.decision = 'keep' THEN 1 END),
        COUNT(CASE WHEN r.decision = 'change' THEN 1 END), COUNT(CASE WHEN r.decision = 'remove' THEN 1 END),
        COUNT(CASE WHEN r.attention < \(AccountFinding.nothingRank) THEN 1 END),
        COUNT(CASE WHEN r.decision = 'change' AND \(isOpenPoint) THEN 1 END),
        COUNT(CASE WHEN r.decision = 'remove' AND \(isOpenPoint) THEN 1 END)
      FROM account_review_row r JOIN account_review v ON v.facility_id = r.facility_id AND v.id = r.review_id
      WHERE r.facility_id = \(facility) AND r.review_id = \(review)
      """
    ) {
      ReviewTally(
        all: try $0.int(0), undecided: try $0.int(1), keep: try $0.int(2), change: try $0.int(3),
        remove: try $0.int(4), attention: try $0.int(5), openChanges: try $0.int(6),
        openRemovals: try $0.int(7))
    } ?? ReviewTally()
  }
}

extension WriteTx {
  /// What is decided of some accounts, in one entry of the ledger.
  ///
  /// - Throws: `Stale` when the review has been signed or taken away meanwhile, or `revision` is another.
  func decide(
    _ decision: AccountDecision, _ remark: String, for rows: SQL, numbers: [Int],
    of review: AccountReview, since revision: Int
  ) throws {
    try apply(
      """
      UPDATE account_review SET revision = revision + 1
      WHERE facility_id = \(facility) AND id = \(review.id) AND state = 'open' AND revision = \(revision)
      """,
      """
      UPDATE account_review_row AS r SET decision = \(decision.rawValue), remark = \(remark),
        decided_by = \(scope.actor.name), decided_at_ms = \(scope.now), version = r.version + 1
      WHERE r.facility_id = \(facility) AND r.review_id = \(review.id)\(rows)
      """,
      recording: Change(
        "accountReview.decideMany", of: review.ledger,
        to: [
          "decided": decision.rawValue, "remark": remark, "entries": "\(numbers.count)",
          "rows": Self.ranges(numbers), "name": review.subjectName,
        ]))
  }

  /// `1-50,60`: which accounts, in few words however many.
  static func ranges(_ numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = ranges.last, last.upperBound == number - 1 {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }

  /// For ``decide(_:_:for:numbers:of:since:)``: the accounts with these numbers.
  func rows(numbered numbers: [Int]) -> SQL {
    " AND r.number IN (\(SQL(joining: numbers.map { "\($0)" as SQL }, by: ", ")))"
  }

  /// - Throws: `Stale` when someone else has decided on the account since, or the review is signed.
  func decide(_ decision: AccountDecision, _ remark: String, for row: ReviewRow, of review: AccountReview)
    throws
  {
    struct Decided: Encodable {
      let name: String
      let decided: AccountDecision?
      let remark: String
    }
    try apply(
      """
      UPDATE account_review_row SET decision = \(decision.rawValue), remark = \(remark),
        decided_by = \(scope.actor.name), decided_at_ms = \(scope.now), version = \(row.version + 1)
      WHERE facility_id = \(facility) AND review_id = \(review.id) AND number = \(row.number)
        AND version = \(row.version) AND EXISTS (SELECT 1 FROM account_review v
          WHERE v.facility_id = \(facility) AND v.id = \(review.id) AND v.state = 'open')
      """,
      """
      UPDATE account_review SET revision = revision + 1
      WHERE facility_id = \(facility) AND id = \(review.id) AND state = 'open'
      """,
      recording: Change(
        "accountReview.decide", of: "\(review.ledger)/\(row.number)",
        from: Decided(name: row.account, decided: row.decision, remark: row.remark),
        to: Decided(name: row.account, decided: decision, remark: remark)))
  }

  func markDone(_ row: ReviewRow, on day: Day, of review: AccountReview) throws {
    try apply(
      """
      UPDATE account_review_row SET done_on = \(day), version = \(row.version + 1)
      WHERE facility_id = \(facility) AND review_id = \(review.id) AND number = \(row.number)
        AND version = \(row.version)
      """,
      recording: Change(
        "accountReview.done", of: "\(review.ledger)/\(row.number)",
        to: ["name": row.account, "decided": row.decision?.rawValue ?? "", "doneOn": day.description]))
  }
}

extension ReviewRow {
  fileprivate init(_ row: Row) throws {
    guard let kind = ReviewedAccount.Kind(rawValue: try row.text(5)) else {
      throw Row.Corrupt("account_review_row.kind")
    }
    let decision = try row.optionalText(13).flatMap(AccountDecision.init)
    let isOpen = try row.int(19) == 1
    let doneOn = try row.optionalDay(17)
    self.init(
      number: try row.int(0), account: try row.text(1), name: try row.text(2), department: try row.text(3),
      role: try row.text(4), kind: kind, isEnabled: try row.bool(6), lastUsedOn: try row.optionalDay(7),
      tellsUse: try row.bool(8), hasFactor: try row.optionalText(9).map { $0 == "yes" },
      addedOn: try row.optionalDay(10), holder: try row.optionalID(11),
      findings: try row.text(12).split(separator: ",").compactMap { AccountFinding(rawValue: String($0)) },
      decision: decision, remark: try row.text(14), decidedBy: try row.text(15),
      decidedAt: try row.optionalInstant(16), doneOn: doneOn,
      isCarriedOut: decision != nil && decision != .keep && doneOn == nil && !isOpen,
      version: try row.int(18))
  }
}
