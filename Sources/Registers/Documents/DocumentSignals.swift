import Kernel
import Web

extension Documents {
  /// What the documents say to the checklists.
  static let signals: [String: SignalSource] = [
    "rules": { tx, day in rules(try tx.documentFigures(on: day)) }
  ]

  /// Are there rules and procedures, approved and checked in time? nil without any.
  static func rules(_ figures: DocumentFigures) -> Signal? {
    guard figures.rules > 0 else { return nil }
    let isApproved = figures.unapproved == 0
    let amiss = isApproved ? figures.overdue : figures.unapproved
    let concern: DocumentText = isApproved ? .signalOverdue : .signalUnapproved
    return Signal(
      amiss == 0 ? .met : figures.unapproved == figures.rules ? .unmet : .partly,
      Sentence(DocumentText.signalRules, figures.rules),
      concern: amiss == 0 ? nil : Sentence(concern, amiss), oldest: figures.oldestApproval,
      path: "/registers/documents",
      ground: "rules=\(figures.rules) unapproved=\(figures.unapproved) overdue=\(figures.overdue)")
  }
}
