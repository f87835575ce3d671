import Kernel

/// Whose accounts are reviewed: Mamorite's own, or those of a system of the register.
enum ReviewSubject: Sendable, Hashable {
  case mamorite
  case system(Entry.ID)

  init?(_ text: String) {
    if text == "mamorite" {
      self = .mamorite
    } else if let id = Entry.ID(text) {
      self = .system(id)
    } else {
      return nil
    }
  }

  /// As it stands in rows and addresses.
  var text: String {
    switch self {
    case .mamorite: "mamorite"
    case .system(let id): id.text
    }
  }
}

/// How often a subject is reviewed and by whom.
struct ReviewPlan: Sendable, Equatable, Codable {
  var intervalMonths = ReviewPlan.proposal
  var responsible: PersonID?
  /// By when the next review is to be signed.
  var nextDueOn: Day
  /// 0 while nothing is stored.
  var version = 0

  /// Months between two reviews when nobody has decided: 半期 (F-2), a proposal of this program.
  static let proposal = 6
  static let intervals = [1, 3, 6, 12]
  /// Days before the due day on which the person responsible is told.
  static let lead = 14
  /// Days between a sign-off and the first word about what is still to be carried out, and between further ones.
  static let reminderDays = 14

  /// - Throws: `ReviewRefusal`.
  static func read(_ interval: String, _ due: String, _ responsible: String, among people: [PersonID])
    throws(ReviewRefusal) -> ReviewPlan
  {
    guard let months = Int(interval), intervals.contains(months) else { throw .badInterval }
    guard let day = Day.parse(due) else { throw .badDueDay }
    if responsible.isEmpty { return ReviewPlan(intervalMonths: months, responsible: nil, nextDueOn: day) }
    guard let person = PersonID(responsible), people.contains(person) else { throw .badPerson }
    return ReviewPlan(intervalMonths: months, responsible: person, nextDueOn: day)
  }

  func signed(on day: Day) -> ReviewPlan {
    var next = self
    next.nextDueOn = day.adding(months: intervalMonths)
    return next
  }

  /// When the person responsible is told: at 8:00 some days before, at once when that has passed.
  func noticeAt(_ now: Instant) -> Instant { max(nextDueOn.adding(days: -ReviewPlan.lead).morning, now) }

  /// Days since the due day; nil while it is not late.
  func daysLate(on day: Day) -> Int? { day > nextDueOn ? day.days(since: nextDueOn) : nil }
}

/// A review of the accounts of one subject.
struct AccountReview: Sendable, Equatable {
  typealias ID = Kernel.ID<AccountReview>

  enum State: String, Sendable { case open, signed }

  let id: ID
  let subject: ReviewSubject
  /// The subject's name as it was; "" for Mamorite.
  let subjectName: String
  let startedAt: Instant
  let startedBy: String
  /// The file that the accounts came from; "" for Mamorite.
  let file: String
  /// Lines of the file that could not be read, with the reason.
  let refused: [RefusedLine]
  let state: State
  let signedAt: Instant?
  let signedBy: String
  let fingerprint: String
  /// Counts every change of a decision, so that a preview can tell that someone else has decided meanwhile.
  let revision: Int

  struct RefusedLine: Sendable, Equatable, Codable {
    let row: Int
    let text: String
    let reason: String
  }

  /// More lines that could not be read are counted, not kept.
  static let mostRefused = 500
}

/// An account in a review, with what was decided.
struct ReviewRow: Sendable, Equatable {
  let number: Int
  let account: String
  let name: String
  let department: String
  let role: String
  let kind: ReviewedAccount.Kind
  let isEnabled: Bool
  let lastUsedOn: Day?
  let tellsUse: Bool
  let hasFactor: Bool?
  let addedOn: Day?
  let holder: PersonID?
  let findings: [AccountFinding]
  var decision: AccountDecision?
  var remark = ""
  var decidedBy = ""
  var decidedAt: Instant?
  var doneOn: Day?
  /// Of an account of Mamorite: that it has been removed or changed shows in the data themselves.
  var isCarriedOut = false
  var version = 1

  /// Whether something is still to be done outside this record.
  var isOpenPoint: Bool { (decision == .remove || decision == .change) && doneOn == nil && !isCarriedOut }
}

/// How many accounts of a review are decided, and how.
struct ReviewTally: Sendable, Equatable {
  var all = 0
  var undecided = 0
  var keep = 0
  var change = 0
  var remove = 0
  /// With a reason to look.
  var attention = 0
  /// Changes and removals that have not been carried out.
  var openChanges = 0
  var openRemovals = 0

  var decided: Int { all - undecided }
  /// Only a review in which every account has a decision can be signed.
  var isSignable: Bool { all > 0 && undecided == 0 }
}

/// Which accounts of a review are shown.
struct ReviewFilter: Sendable, Equatable {
  enum Show: String, Sendable, CaseIterable { case all, attention, undecided, keep, change, remove, open }

  var show = Show.all
  var finding: AccountFinding?
  var search = ""

  init(show: String = "", finding: String = "", search: String = "") {
    self.show = Show(rawValue: show) ?? .all
    self.finding = AccountFinding(rawValue: finding)
    self.search = String(search.trimmed.prefix(100))
  }

  /// For addresses and hidden fields.
  var parts: [(name: String, value: String)] {
    [("show", show == .all ? "" : show.rawValue), ("finding", finding?.rawValue ?? ""), ("q", search)]
  }
}

enum ReviewRefusal: Problem, Equatable {
  case noSubject, noSuchReview, noSuchRow, badInterval, badDueDay, badPerson, noFile, noAccounts
  case noColumn, tooManyRows, alreadyOpen, signed, noDecision, longRemark, nothingChosen, undecided
  case notSigned, badDoneDay, doneAhead, nothingToDo, seenFromData

  var code: String { "reviews.\(self)" }
  var kind: ProblemKind {
    switch self {
    case .noSubject, .noSuchReview, .noSuchRow: .notFound
    case .alreadyOpen, .signed, .undecided, .nothingToDo, .seenFromData, .notSigned: .conflict
    case .tooManyRows: .tooLarge
    default: .invalid
    }
  }
  var field: String? {
    switch self {
    case .badInterval: "interval"
    case .badDueDay: "due"
    case .badPerson: "responsible"
    case .noFile, .noAccounts, .noColumn, .tooManyRows: "file"
    case .noDecision: "decision"
    case .longRemark: "remark"
    case .badDoneDay, .doneAhead: "day"
    default: nil
    }
  }
}
