import Frameworks
import Kernel
import Web

/// What a requirement's form brings.
enum AuditForm {
  /// - Throws: ``AuditRefusal``.
  static func draft(_ form: FormValues, _ opened: Audits.Opened, _ place: Int) throws(AuditRefusal)
    -> RequirementAnswer.Draft
  {
    let questions = opened.tree.node(place).questions
    let (decides, counts) = QuestionRules.what(questions)
    var draft = RequirementAnswer.Draft()
    if !decides { draft.result = try result(form["result"]) }
    if !counts, opened.tree.scale != nil { draft.score = try score(form["score"]) }
    draft.remark = form["remark"]
    draft.targetOn = try day(form["due"])
    // Questions that were not asked keep what was answered while they were.
    draft.choices = opened.standing.answer(place).choices
    for text in form.all("asked") {
      guard let number = Int(text), questions.indices.contains(number) else { throw .badAnswer }
      let question = questions[number]
      let given = try values(of: question, form.all("q\(number)"))
      draft.choices[URN.folded(question.urn)] = given.isEmpty ? nil : given
    }
    return draft
  }

  static func result(_ text: String) throws(AuditRefusal) -> AuditResult? {
    if text.isEmpty || text == "none" { return nil }
    guard let result = AuditResult(rawValue: text) else { throw .badAnswer }
    return result
  }

  private static func score(_ text: String) throws(AuditRefusal) -> Int? {
    if text.isEmpty { return nil }
    guard let score = Int(text.halfWidth) else { throw .badNumber }
    return score
  }

  static func day(_ text: String) throws(AuditRefusal) -> Day? {
    if text.isEmpty { return nil }
    guard let day = Day.parse(text) else { throw .badDay }
    return day
  }

  static func person(_ text: String) throws(AuditRefusal) -> PersonID? {
    if text.isEmpty { return nil }
    guard let id = PersonID(text) else { throw .unknownPerson }
    return id
  }

  private static func values(of question: Question, _ sent: [String]) throws(AuditRefusal) -> [String] {
    let sent = sent.map(\.trimmed).filter { !$0.isEmpty && $0 != "none" }
    switch question.kind {
    case .uniqueChoice, .multipleChoice:
      let known = question.choices.map { URN.folded($0.urn) }
      guard sent.allSatisfy(known.contains) else { throw .badAnswer }
      guard question.kind == .multipleChoice || sent.count <= 1 else { throw .badAnswer }
      // In the order of the question, however they were sent.
      return known.filter(sent.contains)
    case .boolean:
      guard sent.count <= 1, sent.allSatisfy({ $0 == "true" || $0 == "false" }) else { throw .badAnswer }
      return sent
    case .number:
      guard let text = sent.first?.halfWidth.trimmed else { return [] }
      guard let number = Double(text), number.isFinite else { throw .badNumber }
      return [text]
    case .date:
      guard let text = sent.first else { return [] }
      guard let day = Day.parse(text) else { throw .badDay }
      return [day.description]
    case .text, .other:
      guard let first = sent.first else { return [] }
      guard let text = first.trimmed(to: 1...4000) else { throw .textTooLong }
      return [text]
    }
  }
}
