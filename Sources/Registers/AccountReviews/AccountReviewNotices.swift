import Kernel
import Storage
import Web

extension AccountReviews {
  static let duties = DutyList(
    needs: .accountReviewsRead, rows: { tx, _, last in tx.reviewDutyRows(until: last) },
    duty: { row in
      let isPoints = row.kind == "points"
      let path =
        isPoints ? "/account-reviews/\(row.subject)?show=open" : "/account-reviews/subjects/\(row.subject)"
      return Duty(
        on: row.day, named: { name(row.title, $0) },
        text: { Texts<AccountReviewText>($0)(isPoints ? .dutyPoints : .dutyReview) }, path: path)
    })

  /// The name of a subject; Mamorite's is not stored.
  static func name(_ stored: String, _ language: Language) -> String {
    stored.isEmpty ? Texts<AccountReviewText>(language)(.mamorite) : stored
  }

  private static func subject(of row: DueRow) -> ReviewSubject? {
    row.subject.split(separator: ":").last.flatMap { ReviewSubject(String($0)) }
  }

  /// Tells the person responsible once for each due day that a review is near or late.
  static func tellDue(_ row: DueRow, in scope: Scope) async throws {
    try await scope.write { tx in
      try tx.housekeeping.setDue("accountReviews.due", row.subject, at: nil)
      guard let subject = subject(of: row), let standing = try tx.reviewStanding(subject),
        let plan = standing.plan
      else { return }
      let moment = plan.noticeAt(scope.now)
      guard moment <= scope.now else {
        try tx.housekeeping.setDue("accountReviews.due", row.subject, at: moment)
        return
      }
      for person in try recipients(plan, tx) {
        try tx.housekeeping.post(
          Message(
            cause: "\(row.kind):\(row.subject):\(plan.nextDueOn)", recipient: person, step: 1,
            key: "accountReviews.due", arguments: [shown(standing), plan.nextDueOn.description],
            link: "/account-reviews/subjects/\(subject.text)"))
      }
    }
  }

  /// Reminds of what a signed review left to be carried out, every so many days until nothing is left.
  static func tellPoints(_ row: DueRow, in scope: Scope) async throws {
    try await scope.write { tx in
      try tx.housekeeping.setDue("accountReviews.points", row.subject, at: nil)
      guard let subject = subject(of: row), let standing = try tx.reviewStanding(subject),
        let last = standing.last, let plan = standing.plan
      else { return }
      let open = standing.openChanges + standing.openRemovals
      guard open > 0 else { return }
      let again = scope.now.day.adding(days: ReviewPlan.reminderDays).morning
      try tx.housekeeping.setDue("accountReviews.points", row.subject, at: again)
      for person in try recipients(plan, tx) {
        try tx.housekeeping.post(
          Message(
            cause: "\(row.kind):\(last):\(scope.now.day)", recipient: person, step: 1,
            key: "accountReviews.points", arguments: [shown(standing), "\(open)"],
            link: "/account-reviews/\(last)?show=open"))
      }
    }
  }

  /// A message is read in the reader's language; the name of Mamorite is the same in each.
  private static func shown(_ standing: ReviewStanding) -> String {
    standing.name.isEmpty ? "Mamorite" : standing.name
  }

  /// The person responsible, or everyone who may decide while nobody is named.
  private static func recipients(_ plan: ReviewPlan, _ tx: ReadTx) throws -> [PersonID] {
    let people = try tx.reviewers().map(\.id)
    return plan.responsible.map { people.contains($0) ? [$0] : people } ?? people
  }
}
