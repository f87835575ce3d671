public import Kernel

/// What a vendor has answered to one item.
public struct SheetAnswer: Sendable, Equatable, Codable {
  public enum Source: String, Sendable, Codable {
    case link, workbook, paper
    /// Taken over by the vendor from its own answers elsewhere.
    case release
  }

  public let item: String
  public private(set) var value: Answer.Value?
  /// When the vendor looked.
  public private(set) var checkedOn: Day?
  /// By when a "no" becomes "yes"; when a certificate ends; when both sides have done it.
  public private(set) var targetOn: Day?
  public private(set) var note: String
  /// Who, in their own words.
  public private(set) var by: String
  public private(set) var at: Instant
  public private(set) var source: Source
  public private(set) var version: Int

  init(
    item: String, value: Answer.Value?, checkedOn: Day?, targetOn: Day?, note: String, by: String,
    at: Instant,
    source: Source, version: Int
  ) {
    (self.item, self.value, self.checkedOn, self.targetOn) = (item, value, checkedOn, targetOn)
    (self.note, self.by, self.at, self.source, self.version) = (note, by, at, source, version)
  }

  static func blank(_ item: String) -> SheetAnswer {
    SheetAnswer(
      item: item, value: nil, checkedOn: nil, targetOn: nil, note: "", by: "", at: Instant(milliseconds: 0),
      source: .link, version: 0)
  }

  /// What someone typed, read but not checked against anything.
  struct Draft: Sendable, Equatable {
    var value: Answer.Value?
    var checkedOn: Day?
    var targetOn: Day?
    var note = ""

    init(value: Answer.Value? = nil, checkedOn: Day? = nil, targetOn: Day? = nil, note: String = "") {
      (self.value, self.checkedOn, self.targetOn, self.note) = (value, checkedOn, targetOn, note)
    }

    init(_ answer: SheetAnswer) {
      self.init(
        value: answer.value, checkedOn: answer.checkedOn, targetOn: answer.targetOn, note: answer.note)
    }

    var isEmpty: Bool { self == Draft() }
  }

  /// - Throws: `.badNote`, `.checkedInFuture`.
  func revised(
    _ draft: Draft, by name: String, at moment: Instant, from source: Source
  ) throws(SheetRequest.Refusal) -> SheetAnswer {
    guard let note = draft.note.trimmed(to: 0...4000) else { throw .badNote }
    if let day = draft.checkedOn, day > moment.day { throw .checkedInFuture }
    return SheetAnswer(
      item: item, value: draft.value, checkedOn: draft.checkedOn, targetOn: draft.targetOn, note: note,
      by: name, at: moment, source: source, version: version + 1)
  }

  var isBlank: Bool { Draft(self).isEmpty }
}

/// What the hospital says about an answer, or with an empty `item` about the whole sheet.
struct SheetRemark: Sendable, Equatable, Codable {
  let item: String
  let text: String
  let by: String
  let at: Instant
}
