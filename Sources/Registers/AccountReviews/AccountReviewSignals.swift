import Kernel
import Web

/// Where the reviews of a facility stand, for the checklists.
struct ReviewFigures: Sendable, Equatable {
  struct Subject: Sendable, Equatable {
    var dueOn: Day?
    var signedOn: Day?
    /// A review is under way.
    var isOpen = false
    var openChanges = 0
    var openRemovals = 0
  }

  var subjects = 0
  /// Signed in the fiscal year of the day.
  var signed = 0
  var overdue = 0
  var openChanges = 0
  var openRemovals = 0
  /// Whether any review has been begun at all.
  var isBegun = false
  /// The oldest of the subjects' last sign-offs.
  var oldest: Day?

  init() {}

  init(_ all: [Subject], on day: Day) {
    subjects = all.count
    signed = all.count { $0.signedOn.map { $0.fiscalYear == day.fiscalYear } ?? false }
    overdue = all.count { $0.dueOn.map { $0 < day } ?? false }
    openChanges = all.reduce(0) { $0 + $1.openChanges }
    openRemovals = all.reduce(0) { $0 + $1.openRemovals }
    isBegun = all.contains { $0.isOpen || $0.signedOn != nil }
    oldest = all.compactMap(\.signedOn).min()
  }
}

extension AccountReviews {
  static let signals: [String: SignalSource] = [
    "account-cleanup": { tx, day in signal(of: try tx.reviewFigures(on: day), open: \.openRemovals) },
    "access-rights": { tx, day in signal(of: try tx.reviewFigures(on: day), open: \.openChanges) },
  ]

  /// - Parameter open: what counts against the concept: accounts to be removed, or rights to be changed.
  static func signal(of figures: ReviewFigures, open: KeyPath<ReviewFigures, Int>) -> Signal? {
    guard figures.isBegun else { return nil }
    let points = figures[keyPath: open]
    let everything = figures.openChanges + figures.openRemovals
    let state: Signal.State
    if figures.overdue > 0 || points > 0 {
      state = .unmet
    } else if figures.signed == figures.subjects && everything == 0 {
      state = .met
    } else {
      state = figures.signed > 0 ? .partly : .unknown
    }
    var concern: Sentence?
    if figures.signed < figures.subjects {
      concern = Sentence(AccountReviewText.signalUnsigned, figures.subjects - figures.signed)
    }
    if everything > 0 { concern = Sentence(AccountReviewText.signalOpen, everything) }
    if figures.overdue > 0 { concern = Sentence(AccountReviewText.signalOverdue, figures.overdue) }
    return Signal(
      state, Sentence(AccountReviewText.signalSigned, figures.subjects, figures.signed), concern: concern,
      oldest: figures.oldest, path: "/account-reviews",
      ground:
        "subjects=\(figures.subjects) signed=\(figures.signed) overdue=\(figures.overdue) open=\(everything)")
  }
}
