import Web

/// Words of what is looked at again and again.
enum PeriodicReviewText: String, TextKey {
  case list, lead, empty, emptyText, thing, kindAudit, kindMeasure, months, every, next, owner, nobody, last
  case never, title, plan, planLead, monthsHint, save, stop, stopText, saved, record, recordLead, done
  case outcome, fine, changed, problem, note, noteHint, nextHint, keep, history, noHistory, notPlanned
  case writeFinding, duty, by

  static let catalog = Catalog(PeriodicReviewText.self, in: .module, folder: "PeriodicReviews.files")
}
