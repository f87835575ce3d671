import Kernel

/// One point of a contract in two versions of it.
struct TermDifference: Sendable {
  enum Fate: String, Sendable {
    case unchanged, changed, added, dropped
  }

  /// What the facility loses by a change.
  enum Loss: Sendable, Equatable {
    /// What the vendor had to do is not there any more.
    case dutyGone
    /// The vendor updated the systems; now it is the facility, or nobody.
    case noLongerVendor
    /// The vendor has more time to tell.
    case slower(hours: Int)
    /// Notice must be given so many days earlier before the end.
    case earlierNotice(days: Int)
  }

  let field: Field
  let before: String?
  let after: String?
  let fate: Fate
  let loss: Loss?

  /// Every term and clause of two versions, in the order of the form.
  static func all(from old: [String: String], to new: [String: String]) -> [TermDifference] {
    Renewals.terms.map { field in
      let (before, after) = (old[field.id], new[field.id])
      return TermDifference(
        field: field, before: before, after: after, fate: fate(field, before, after),
        loss: loss(field, old, new))
    }
  }

  /// A clause is there when it settles its point: 「不明」 after 「あり」 is a clause that was dropped.
  private static func fate(_ field: Field, _ before: String?, _ after: String?) -> Fate {
    if before == after { return .unchanged }
    let clause = Clause.named(field.id)
    let had = clause.map { $0.isSettled(by: before) } ?? (before != nil)
    let has = clause.map { $0.isSettled(by: after) } ?? (after != nil)
    switch (had, has) {
    case (false, true): return .added
    case (true, false): return .dropped
    default: return .changed
    }
  }

  private static func loss(_ field: Field, _ old: [String: String], _ new: [String: String]) -> Loss? {
    let (before, after) = (old[field.id], new[field.id])
    if field.id == "noticeBy" {
      guard let then = lead(old), let now = lead(new), now > then else { return nil }
      return .earlierNotice(days: now - then)
    }
    guard let clause = Clause.named(field.id), clause.isSettled(by: before) else { return nil }
    switch clause.kind {
    case .bearer: return before == "vendor" && after != "vendor" ? .noLongerVendor : nil
    case .hours:
      guard let hours = after.flatMap({ Int32($0) }).map(Int.init) else { return .dutyGone }
      let grown = hours - (before.flatMap { Int32($0) }.map(Int.init) ?? hours)
      return grown > 0 ? .slower(hours: grown) : nil
    case .duty, .text, .lines: return clause.isSettled(by: after) ? nil : .dutyGone
    }
  }

  /// How many days before its end notice must be given.
  private static func lead(_ terms: [String: String]) -> Int? {
    guard let end = terms["endsOn"].flatMap({ Day($0) }), let notice = terms["noticeBy"].flatMap({ Day($0) })
    else { return nil }
    return end.days(since: notice)
  }
}
