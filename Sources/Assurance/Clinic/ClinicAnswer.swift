import Kernel
import Registers

/// What someone said to a question of the path.
struct ClinicAnswer: Sendable, Equatable, Codable {
  enum Value: String, Sendable, Codable, CaseIterable {
    case yes
    case notYet = "not-yet"
    case unknown, na
    /// The answer went into a register, which is asked each time; this only says when.
    case register
  }

  let question: String
  var value: Value
  /// Until when; only for ``Value/notYet``.
  var targetOn: Day?
  var note: String
  var answeredOn: Day
  var answeredBy: String
  var version: Int

  /// A not-yet without a day of its own gets one this many days ahead.
  static let days = 28

  /// What a form sent.
  struct Draft: Sendable, Equatable {
    var value: Value?
    var targetOn: String
    var note: String
    var asked = Asked.nobody
  }

  /// Whom to ask what is not known.
  enum Asked: Sendable, Equatable {
    case nobody
    case vendor(Entry.ID)
    case everyVendor

    init(_ text: String) {
      self = text == "all" ? .everyVendor : Entry.ID(text).map { .vendor($0) } ?? .nobody
    }
  }

  /// The answer that a draft makes.
  ///
  /// - Throws: `ClinicRefusal`.
  static func made(
    _ draft: Draft, to question: ClinicQuestion, before: ClinicAnswer?, by name: String, today: Day
  ) throws(ClinicRefusal) -> ClinicAnswer {
    guard let value = draft.value else { throw .nothingChosen }
    guard question.offers(value) else { throw .notOffered }
    var target: Day?
    if value == .notYet {
      guard let day = Day.parse(draft.targetOn) else { throw .badTarget }
      // A day that has passed may stay as it was: nobody has to move it to write a note.
      guard day >= today || day == before?.targetOn else { throw .targetPassed }
      guard day <= today.adding(months: 24) else { throw .targetFar }
      target = day
    }
    guard let note = draft.note.trimmed(to: 0...1000) else { throw .noteTooLong }
    return ClinicAnswer(
      question: question.id, value: value, targetOn: target, note: note, answeredOn: today, answeredBy: name,
      version: (before?.version ?? 0) + 1)
  }

  /// Whether two answers say the same, whoever gave them and when.
  func says(theSameAs other: ClinicAnswer) -> Bool {
    (value, targetOn, note) == (other.value, other.targetOn, other.note)
  }
}

extension ClinicQuestion {
  /// Whether the value is among the answers, or one that every question of its kind takes.
  func offers(_ value: ClinicAnswer.Value) -> Bool {
    switch value {
    case .yes: takesYes && answers.contains(.yes)
    default: answers.contains(value)
    }
  }

  /// Whether a plain yes answers it: where a register is asked, only to say that a list is whole.
  var takesYes: Bool {
    if case .ask = form { return true }
    return confirm
  }
}

/// A question to a vendor, and what came back.
struct ClinicInquiry: Sendable, Equatable {
  enum Reply: String, Sendable, CaseIterable, Codable { case yes, no, partly }

  let question: String
  let vendor: Entry.ID
  let vendorName: String
  /// When it was put into the letter.
  let preparedOn: Day
  /// When the letter was handed over; nil while it has not been.
  let askedOn: Day?
  let reply: Reply?
  let replyText: String
  let repliedOn: Day?
  let version: Int

  /// Days until a letter should be on its way, and until an answer is hoped for.
  static let daysToSend = 7
  static let daysToReply = 14

  var isWaiting: Bool { askedOn != nil && reply == nil }
}

/// Why something about the path was turned down.
enum ClinicRefusal: Problem, Equatable {
  case nothingChosen, notOffered, badTarget, targetPassed, targetFar, noteTooLong, noSuchQuestion, noVendor
  case replyMissing, replyTooLong, nothingToAsk

  var code: String { "clinic.\(self)" }
  var kind: ProblemKind {
    switch self {
    case .noSuchQuestion: .notFound
    case .nothingToAsk: .conflict
    default: .invalid
    }
  }
  var field: String? {
    switch self {
    case .nothingChosen, .notOffered: "value"
    case .badTarget, .targetPassed, .targetFar: "target"
    case .noteTooLong: "note"
    case .noVendor: "vendor"
    case .replyMissing: "reply"
    case .replyTooLong: "text"
    case .noSuchQuestion, .nothingToAsk: nil
    }
  }
}
