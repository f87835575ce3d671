import Kernel
import Web

/// What a review says, in the words of one language: the same on pages, on paper and in files.
struct ReviewWords {
  let language: Language
  let t: Texts<AccountReviewText>

  init(_ language: Language) { (self.language, t) = (language, Texts<AccountReviewText>(language)) }

  func title(_ review: AccountReview) -> String {
    t(.reviewTitle, AccountReviews.name(review.subjectName, language), language.date(review.startedAt.day))
  }

  /// Who signed when, or that it is under way.
  func standing(_ review: AccountReview) -> String {
    guard let signedAt = review.signedAt else { return t(.underWay) }
    return t(.signedBy, language.date(signedAt.day), review.signedBy)
  }

  /// The role in Mamorite in words; a group of another system as it was exported.
  func role(_ row: ReviewRow, of review: AccountReview) -> String {
    guard review.subject == .mamorite else { return row.role }
    let words = Texts<PeopleText>(language)
    let parts = row.role.split(separator: " ").map { part -> String in
      let pieces = part.drop { $0 == "+" }.split(separator: ":").map(String.init)
      guard let role = pieces.first.flatMap(Role.init(rawValue:)) else { return String(part) }
      let name = words(PeopleText.role(role))
      guard pieces.count > 1, let until = Day(pieces[1]) else { return name }
      return t(.roleUntil, name, language.date(until))
    }
    return parts.joined(separator: language == .ja ? "、" : ", ")
  }

  func kind(_ kind: ReviewedAccount.Kind) -> String {
    switch kind {
    case .personal: t(.kindPersonal)
    case .shared: t(.kindShared)
    case .service: t(.kindService)
    case .vendor: t(.kindVendor)
    case .emergency: t(.kindEmergency)
    case .privileged: t(.kindPrivileged)
    case .unsaid: t(.unknown)
    }
  }

  func enabled(_ row: ReviewRow) -> String { t(row.isEnabled ? .enabledYes : .enabledNo) }

  func factor(_ row: ReviewRow) -> String {
    row.hasFactor.map { t($0 ? .factorYes : .factorNo) } ?? t(.unknown)
  }

  func lastUse(_ row: ReviewRow) -> HTML {
    row.lastUsedOn.map { "<time class=\"nowrap\" datetime=\"\($0)\">\(language.columnDate($0))</time>" }
      ?? HTML(t(row.tellsUse ? .neverUsedShort : .unknown))
  }

  /// Beside an account's name: that it cannot be used, and of which kind it is.
  func tags(_ row: ReviewRow) -> HTML? {
    var tags: [HTML] = []
    if !row.isEnabled { tags.append(Components.tag(t(.enabledNo))) }
    if ![.personal, .unsaid].contains(row.kind) { tags.append(Components.tag(kind(row.kind))) }
    return tags.isEmpty ? nil : HTML(joining: tags.map { " \($0)" })
  }

  func finding(_ finding: AccountFinding) -> String {
    switch finding {
    case .leaver: t(.findLeaver)
    case .removedLastTime: t(.findRemovedLastTime)
    case .unused: t(.findUnused, "\(AccountFinding.unusedDays)")
    case .neverUsed: t(.findNeverUsed)
    case .noFactor: t(.findNoFactor)
    case .unknownHolder: t(.findUnknownHolder)
    case .shared: t(.findShared)
    case .privileged: t(.findPrivileged)
    case .new: t(.findNew)
    }
  }

  func advice(_ finding: AccountFinding) -> String {
    switch finding {
    case .leaver: t(.adviseLeaver)
    case .removedLastTime: t(.adviseRemovedLastTime)
    case .unused, .neverUsed: t(.adviseUnused)
    case .noFactor: t(.adviseNoFactor)
    case .unknownHolder: t(.adviseUnknownHolder)
    case .shared: t(.adviseShared)
    case .privileged: t(.advisePrivileged)
    case .new: t(.adviseNew)
    }
  }

  /// To be looked at, but no fault by itself.
  func isMild(_ finding: AccountFinding) -> Bool { finding == .privileged || finding == .new }

  func decision(_ decision: AccountDecision) -> String {
    switch decision {
    case .keep: t(.keep)
    case .change: t(.change)
    case .remove: t(.remove)
    }
  }

  /// The same as an answer to choose, with what it means.
  func choice(_ decision: AccountDecision) -> String {
    switch decision {
    case .keep: t(.chooseKeep)
    case .change: t(.chooseChange)
    case .remove: t(.chooseRemove)
    }
  }

  /// What was decided, and in a signed review whether it has been carried out.
  func decided(_ row: ReviewRow, in review: AccountReview) -> HTML {
    guard let decision = row.decision else { return Components.mark(.unanswered, t(.undecided)) }
    let tone: Tone? =
      switch decision {
      case .keep: nil
      case .change: .info
      case .remove: .warn
      }
    let word = Components.tag(self.decision(decision), tone)
    guard review.state == .signed else { return word }
    if let done = row.doneOn { return "\(word) \(t(.doneOn, language.columnDate(done)))" }
    if row.isCarriedOut { return "\(word) \(t(.carriedOut))" }
    return row.isOpenPoint ? "\(word) \(Components.finding(t(.notCarriedOut)))" : word
  }

  func show(_ show: ReviewFilter.Show) -> String {
    switch show {
    case .all: t(.showAll)
    case .attention: t(.showAttention)
    case .undecided: t(.showUndecided)
    case .keep: t(.keep)
    case .change: t(.change)
    case .remove: t(.remove)
    case .open: t(.showOpen)
    }
  }

  func refusal(_ reason: String) -> String {
    switch reason {
    case "noAccount": t(.refusedNoAccount)
    case "longAccount": t(.refusedLongAccount)
    case "twice": t(.refusedTwice)
    default: t(.refusedBadDay)
    }
  }

  /// The headings of the file.
  var columns: [String] {
    [
      t(.account), t(.holder), t(.department), t(.role), t(.kind), t(.enabled), t(.lastUsed), t(.factor),
      t(.added), t(.finding), t(.decision), t(.remark), t(.decidedBy), t(.carriedOutOn),
    ]
  }
}
