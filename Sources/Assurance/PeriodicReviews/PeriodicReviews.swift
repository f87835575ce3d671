import Kernel
import Registers
import Storage
import Web

/// Audits and measures that are looked at every so many months: when, by whom, and what came of it.
enum PeriodicReviews {
  static var feature: Feature {
    var feature = Feature("periodic-reviews")
    feature.migrations = migrations
    feature.catalogs = [PeriodicReviewText.catalog]
    feature.routes = { routes(&$0) }
    feature.duties = DutyList(
      needs: .assessmentsRead, rows: { tx, _, last in tx.periodicReviewDutyRows(until: last) },
      duty: { row in
        Duty(
          on: row.day, title: row.title, text: { Texts<PeriodicReviewText>($0)(.duty) },
          path: "/\(row.kind)/\(row.subject)/review")
      })
    feature.due = ["periodicReviews.next": { row, scope in try await remind(row, in: scope) }]
    return feature
  }

  /// What stands on the page of one thing.
  struct Shown: Sendable {
    let thing: ReviewedThing
    let title: String
    let cycle: ReviewCycle?
    let owner: String?
    let reviews: [PeriodicReview]
  }

  /// So many of the latest are shown.
  static let mostShown = 100

  /// - Throws: ``PeriodicReviewRefusal/noSuchThing``.
  static func shown(_ thing: ReviewedThing, in scope: Scope) async throws -> Shown {
    try await scope.read { tx in
      guard let title = try tx.title(of: thing) else { throw PeriodicReviewRefusal.noSuchThing }
      let known = try tx.reviewCycle(of: thing)
      return Shown(
        thing: thing, title: title, cycle: known?.cycle, owner: known?.owner,
        reviews: try tx.periodicReviews(of: thing, limit: mostShown))
    }
  }

  /// Sets how often it is looked at.
  ///
  /// - Parameter months: as typed; nil for no longer.
  /// - Throws: ``PeriodicReviewRefusal``; `Stale`.
  static func plan(
    _ thing: ReviewedThing, months: String?, next: String, owner: String, version: Int, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let title = try tx.title(of: thing) else { throw PeriodicReviewRefusal.noSuchThing }
      let before = try tx.reviewCycle(of: thing)?.cycle
      let after = try months.map { try ReviewCycle($0, next: next, owner: owner, over: before) }
      guard (before?.version ?? 0) == version else { throw Stale() }
      if let person = after?.owner, try tx.person(person) == nil { throw PeriodicReviewRefusal.unknownPerson }
      guard before != nil || after != nil else { return }
      try tx.set(after, over: before, of: thing, title: title)
    }
  }

  /// Keeps that it was looked at, and sets the next day.
  ///
  /// - Parameter mayAll: false for those who may do only their own.
  static func record(
    _ thing: ReviewedThing, done: String, outcome: String, note: String, next: String, version: Int,
    mayAll: Bool, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let title = try tx.title(of: thing) else { throw PeriodicReviewRefusal.noSuchThing }
      guard let before = try tx.reviewCycle(of: thing)?.cycle else { throw PeriodicReviewRefusal.noCycle }
      guard mayAll || (scope.person != nil && before.owner == scope.person) else {
        throw PeriodicReviewRefusal.notYours
      }
      let review = try PeriodicReview(
        done: done, outcome: outcome, note: note, next: next, in: before, id: scope.newID(),
        by: scope.actor.name, at: scope.now)
      guard before.version == version else { throw Stale() }
      try tx.insert(review, of: thing, title: title)
      try tx.set(before.due(on: review.nextOn), over: before, of: thing, title: title)
    }
  }

  /// Tells whoever looks at it, seven days before and the day after.
  static func remind(_ row: DueRow, in scope: Scope) async throws {
    guard let thing = ReviewedThing(row.subject) else { return }
    try await scope.write { tx in
      guard let (cycle, _) = try tx.reviewCycle(of: thing), let title = try tx.title(of: thing) else {
        return try tx.housekeeping.setDue("periodicReviews.next", row.subject, at: nil)
      }
      let days = cycle.nextOn.days(since: scope.now.day)
      if let owner = cycle.owner {
        try tx.housekeeping.post(
          Message(
            cause: "review:\(thing.text):\(cycle.nextOn)", recipient: owner, step: days >= 0 ? 1 : 2,
            key: days >= 0 ? "periodicReviews.dueSoon" : "periodicReviews.overdue",
            arguments: [title, cycle.nextOn.description, "\(abs(days))"], link: "\(thing.path)/review"))
      }
      try tx.housekeeping.setDue(
        "periodicReviews.next", row.subject, at: Assessments.reminder(for: cycle.nextOn, after: scope.now))
    }
  }
}
