public import Kernel

/// One sheet that a vendor is asked to fill in, from the first draft until the hospital closes it.
public struct SheetRequest: Sendable, Equatable, Codable {
  public typealias ID = Kernel.ID<SheetRequest>

  /// What is asked for.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// The vendor's form of a checklist edition.
    case vendorChecklist = "vendor-checklist"
    /// What a vendor tells about itself and the place of the data.
    case serviceDisclosure = "service-disclosure"
    /// What both sides confirm about who does what.
    case roleSplit = "role-split"
    /// MDS/SDS or MDS2, handed in as a workbook.
    case disclosureFile = "disclosure-file"
  }

  public enum State: String, Sendable, Codable, CaseIterable {
    /// Made, but nobody has a link yet.
    case draft
    case sent, opened, answering
    case handedIn = "handed-in"
    /// Handed in, and given back with remarks.
    case returned
    case closed, revoked
  }

  public let id: ID
  /// The vendor's entry in the register, and its name as it stood when asked.
  public let vendor: String
  public let vendorName: String
  /// The system that the sheet is about; nil when it is about the vendor as a whole.
  public let system: String?
  public let systemName: String?
  public let kind: Kind
  /// Edition and form, for a checklist.
  public let pack: String?
  public let form: String?
  public let dueOn: Day
  /// What the hospital adds to the letter.
  public let message: String
  /// Who asked, and hears of what happens.
  public let askedBy: PersonID?
  public internal(set) var state: State
  public internal(set) var handedInAt: Instant?
  public internal(set) var handedInBy: String?
  public internal(set) var version: Int

  /// Still with the vendor: reminders go on.
  public var isWaiting: Bool { [.sent, .opened, .answering, .returned].contains(state) }
  /// Whether answers may be written.
  public var isWritable: Bool { isWaiting || state == .draft }

  public func isOverdue(on today: Day) -> Bool { isWaiting && dueOn < today }

  private func moved(to state: State) -> SheetRequest {
    var next = self
    next.state = state
    next.version += 1
    return next
  }

  /// With a new link in the vendor's hands; what had been answered stays.
  ///
  /// - Throws: `.isClosed`.
  func sent(hasAnswers: Bool) throws(Refusal) -> SheetRequest {
    switch state {
    case .closed: throw .isClosed
    case .draft, .sent, .revoked: return moved(to: hasAnswers ? .answering : .sent)
    case .opened, .answering, .handedIn, .returned: return moved(to: state)
    }
  }

  /// Once someone at the vendor has begun; nil when that changes nothing.
  func opened() -> SheetRequest? { state == .sent ? moved(to: .opened) : nil }

  /// Once an answer has been written; nil when that changes nothing.
  ///
  /// - Throws: `.notWritable`.
  func answered() throws(Refusal) -> SheetRequest? {
    guard isWritable else { throw .notWritable }
    return state == .answering || state == .returned ? nil : moved(to: .answering)
  }

  /// - Throws: `.notWritable` when it lies with the hospital already.
  func handedIn(by name: String, at moment: Instant) throws(Refusal) -> SheetRequest {
    guard isWritable else { throw .notWritable }
    var next = moved(to: .handedIn)
    (next.handedInAt, next.handedInBy) = (moment, name)
    return next
  }

  /// - Throws: `.notHandedIn`.
  func returned() throws(Refusal) -> SheetRequest {
    guard state == .handedIn else { throw .notHandedIn }
    return moved(to: .returned)
  }

  /// - Throws: `.notHandedIn`.
  func closed() throws(Refusal) -> SheetRequest {
    guard state == .handedIn else { throw .notHandedIn }
    return moved(to: .closed)
  }

  /// Taken back: no link leads to it any more.
  ///
  /// - Throws: `.isClosed`.
  func revoked() throws(Refusal) -> SheetRequest {
    guard state != .closed else { throw .isClosed }
    return moved(to: .revoked)
  }

  /// When the vendor is to be reminded next: seven days before the day, on it, the day after, and a week after; at 8:00.
  func nextReminder(after now: Instant) -> Instant? {
    guard isWaiting else { return nil }
    return [-7, 0, 1, 8].map { dueOn.adding(days: $0).morning }.first { $0 > now }
  }

  /// Why a request was turned down; `Requests.files` holds the words for each case.
  public enum Refusal: Problem {
    case badDay, badMessage, badName, badNote, badAnswer, badPin, badRemark
    case checkedInFuture, dueInPast, expiryOutOfRange
    case fileEmpty, fileTooLarge, tooManyFiles
    case isClosed, noForm, noScan, noSuchItem, noSuchRequest, noVendor
    case noMailAddress, noMailServer, nothingToRemind
    case notHandedIn, notWritable, nothingAnswered, nothingReturned, tooMany, noAssessment, otherSheet

    public var code: String { "requests.\(self)" }
    public var kind: ProblemKind {
      switch self {
      case .noSuchItem, .noSuchRequest: .notFound
      case .isClosed, .notHandedIn, .notWritable, .noAssessment, .otherSheet, .nothingToRemind: .conflict
      case .fileTooLarge: .tooLarge
      default: .invalid
      }
    }
    public var field: String? {
      switch self {
      case .badDay, .dueInPast: "due"
      case .expiryOutOfRange: "expires"
      case .badMessage: "message"
      case .badName: "name"
      case .badNote: "note"
      case .badAnswer: "answer"
      case .checkedInFuture: "on"
      case .badPin: "pin"
      case .badRemark, .nothingReturned: "remark"
      case .noForm: "form"
      case .noVendor: "recipient"
      default: nil
      }
    }
  }
}
