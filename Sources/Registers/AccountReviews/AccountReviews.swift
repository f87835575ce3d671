public import Kernel
import Storage
public import Web

/// The recurring review (棚卸し) of accounts: Mamorite's own, and those of the systems in the register.
///
/// A review is a copy of the accounts as they were on a day. Each is to be kept, changed or removed; when every one has a
/// decision the review is signed and stays as it is. What is still to be carried out is reminded of until it is.
public enum AccountReviews {
  public static var feature: Feature {
    var feature = Feature("account-reviews")
    feature.migrations = migrations
    feature.catalogs = [AccountReviewText.catalog]
    let read: Set<Permission> = [.accountReviewsRead]
    let edit = read.union([.accountReviewsEdit])
    let sign = edit.union([.accountReviewsSign])
    feature.grants = [
      .administrator: sign, .safetyManager: sign, .itStaff: edit, .management: read, .auditor: read,
    ]
    feature.routes = { routes in
      subjectRoutes(&routes)
      reviewRoutes(&routes)
      rowRoutes(&routes)
      sheetRoutes(&routes)
    }
    feature.due = ["accountReviews.due": tellDue, "accountReviews.points": tellPoints]
    feature.duties = duties
    feature.records = { Texts<AccountReviewText>($0)(.records) }
    feature.signals = signals
    return feature
  }

  // MARK: Plan and start

  /// Saves how often a subject is reviewed and by whom.
  ///
  /// - Throws: `ReviewRefusal`, `Stale`.
  static func plan(
    _ subject: ReviewSubject, every interval: String, due: String, responsible: String, version: Int,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let before = try tx.reviewStanding(subject) else { throw ReviewRefusal.noSubject }
      let plan = try ReviewPlan.read(interval, due, responsible, among: try tx.reviewers().map(\.id))
      guard (before.plan?.version ?? 0) == version else { throw Stale() }
      try tx.store(plan, over: before.plan, of: subject)
    }
  }

  /// Begins a review with the accounts as they are now.
  ///
  /// - Parameter file: what a system exported; nil for Mamorite, which knows its own.
  /// - Throws: `ReviewRefusal`, `SheetProblem`.
  static func start(_ subject: ReviewSubject, file: (name: String, bytes: [UInt8])?, in scope: Scope)
    async throws -> AccountReview
  {
    var sheet: AccountSheet?
    if case .system = subject {
      guard let file, !file.bytes.isEmpty else { throw ReviewRefusal.noFile }
      sheet = try AccountSheet(file.bytes, named: file.name)
    }
    let given = sheet
    return try await scope.write { tx in
      guard let standing = try tx.reviewStanding(subject) else { throw ReviewRefusal.noSubject }
      guard standing.open == nil else { throw ReviewRefusal.alreadyOpen }
      let today = scope.now.day
      let earlier = try tx.earlierDecisions(of: subject)
      var accounts = try given?.accounts ?? tx.ownAccounts(at: scope.now)
      if given != nil { accounts = held(accounts, by: try tx.holders()) }
      let review = AccountReview(
        id: scope.newID(), subject: subject, subjectName: standing.name, startedAt: scope.now,
        startedBy: scope.actor.name, file: given == nil ? "" : String((file?.name ?? "").prefix(120)),
        refused: Array((given?.refused ?? []).prefix(AccountReview.mostRefused)), state: .open, signedAt: nil,
        signedBy: "", fingerprint: "", revision: 1)
      if standing.plan == nil {
        let plan = ReviewPlan(responsible: try responsible(scope, tx), nextDueOn: today)
        try tx.store(plan, over: nil, of: subject)
      }
      try tx.begin(
        review,
        accounts.map { ($0, AccountFinding.findings(of: $0, since: earlier, on: today)) })
      return review
    }
  }

  /// Who begins a review without a plan answers for the next ones too, until someone decides otherwise.
  private static func responsible(_ scope: Scope, _ tx: ReadTx) throws -> PersonID? {
    guard let person = scope.person else { return nil }
    return try tx.reviewers().contains { $0.id == person } ? person : nil
  }

  /// The accounts with their holders from the register of people, found by name.
  private static func held(
    _ accounts: [ReviewedAccount], by people: [String: (id: PersonID, leftOn: Day?)]
  ) -> [ReviewedAccount] {
    accounts.map { account in
      guard !account.name.isEmpty, let person = people[account.name.searchable] else { return account }
      var held = account
      held.holder = person.id
      held.leftOn = account.leftOn ?? person.leftOn
      return held
    }
  }

  // MARK: Decide

  /// Decides on one account.
  ///
  /// - Throws: `ReviewRefusal`, `Stale`.
  static func decide(
    _ decision: String, _ remark: String, for number: Int, of id: AccountReview.ID, version: Int,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let review = try open(id, tx)
      guard let row = try tx.reviewRow(id, number) else { throw ReviewRefusal.noSuchRow }
      guard row.version == version else { throw Stale() }
      let (decision, remark) = try read(decision, remark)
      try tx.decide(decision, remark, for: row, of: review)
    }
  }

  /// Which accounts one decision is for.
  enum Chosen: Sendable, Equatable {
    case numbers([Int])
    case filter(ReviewFilter)
  }

  /// Decides on many accounts at once, as a person has seen them before.
  ///
  /// - Parameter revision: of the review when they were shown.
  /// - Throws: `ReviewRefusal`, `Stale` when anyone has decided anything since.
  static func decide(
    _ decision: String, _ remark: String, for chosen: Chosen, of id: AccountReview.ID, revision: Int,
    in scope: Scope
  ) async throws -> Int {
    try await scope.write { tx in
      let review = try open(id, tx)
      let (decision, remark) = try read(decision, remark)
      let numbers: [Int]
      let rows: SQL
      switch chosen {
      case .numbers(let some): (numbers, rows) = (some.sorted(), tx.rows(numbered: some))
      case .filter(let filter):
        // What is still to be carried out there is only after the sign-off.
        guard filter.show != .open else { throw ReviewRefusal.nothingChosen }
        numbers = try tx.reviewNumbers(id, filter)
        rows = tx.rowCondition(filter)
      }
      guard !numbers.isEmpty else { throw ReviewRefusal.nothingChosen }
      try tx.decide(decision, remark, for: rows, numbers: numbers, of: review, since: revision)
      return numbers.count
    }
  }

  static func read(_ decision: String, _ remark: String) throws(ReviewRefusal) -> (AccountDecision, String) {
    guard let decision = AccountDecision(rawValue: decision) else { throw .noDecision }
    guard let remark = remark.trimmed(to: 0...500) else { throw .longRemark }
    return (decision, remark)
  }

  private static func open(_ id: AccountReview.ID, _ tx: ReadTx) throws -> AccountReview {
    guard let review = try tx.accountReview(id) else { throw ReviewRefusal.noSuchReview }
    guard review.state == .open else { throw ReviewRefusal.signed }
    return review
  }

  /// Takes a review away that was begun by mistake or with the wrong file.
  static func discard(_ id: AccountReview.ID, in scope: Scope) async throws -> AccountReview {
    try await scope.write { tx in
      let review = try open(id, tx)
      try tx.discard(review, entries: try tx.reviewTally(id).all)
      return review
    }
  }

  // MARK: Sign

  /// Signs a review; it does not change any more, and the next one becomes due.
  ///
  /// - Parameter revision: of the review when it was shown.
  /// - Throws: `ReviewRefusal.undecided`, `Stale`.
  @discardableResult
  static func sign(_ id: AccountReview.ID, revision: Int?, in scope: Scope) async throws -> AccountReview {
    try await scope.write { tx in
      let review = try open(id, tx)
      let tally = try tx.reviewTally(id)
      guard tally.isSignable else { throw ReviewRefusal.undecided }
      guard revision == nil || review.revision == revision else { throw Stale() }
      var print = ReviewFingerprint(
        subject: review.subject.text, startedAt: review.startedAt, signedAt: scope.now,
        signedBy: scope.actor.name)
      for row in try tx.reviewRows(id, ReviewFilter(), limit: AccountSheet.mostRows) { print.add(row) }
      let today = scope.now.day
      let reminder = today.adding(days: ReviewPlan.reminderDays)
      try tx.sign(review, tally, fingerprint: print.text, carryOutBy: reminder)
      if let plan = try tx.reviewStanding(review.subject)?.plan {
        try tx.store(plan.signed(on: today), over: plan, of: review.subject)
      }
      let isOpen = tally.openChanges + tally.openRemovals > 0
      try tx.housekeeping.setDue(
        "accountReviews.points", review.subject.ledger, at: isOpen ? reminder.morning : nil)
      return review
    }
  }

  /// Notes that a change or a removal of a signed review has been carried out in the other system.
  ///
  /// - Throws: `ReviewRefusal`, `Stale`.
  static func markDone(_ number: Int, of id: AccountReview.ID, on text: String, version: Int, in scope: Scope)
    async throws
  {
    try await scope.write { tx in
      guard let review = try tx.accountReview(id) else { throw ReviewRefusal.noSuchReview }
      guard let row = try tx.reviewRow(id, number) else { throw ReviewRefusal.noSuchRow }
      guard review.state == .signed else { throw ReviewRefusal.notSigned }
      guard row.isOpenPoint else { throw ReviewRefusal.nothingToDo }
      // Whether someone can still sign in to Mamorite is not a matter of what anyone says.
      if review.subject == .mamorite && row.decision == .remove { throw ReviewRefusal.seenFromData }
      guard let day = Day.parse(text) else { throw ReviewRefusal.badDoneDay }
      guard day <= scope.now.day else { throw ReviewRefusal.doneAhead }
      guard row.version == version else { throw Stale() }
      try tx.markDone(row, on: day, of: review)
    }
  }
}

extension Permission {
  public static let accountReviewsRead = Permission("account-reviews.read")
  static let accountReviewsEdit = Permission("account-reviews.edit")
  static let accountReviewsSign = Permission("account-reviews.sign")
}
