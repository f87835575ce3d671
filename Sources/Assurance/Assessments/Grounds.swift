import Foundation
public import Kernel
public import Storage
public import Web

/// What records say about an item, beside its question; and what they said when someone answered by it.
public enum Grounds {
  /// What was accepted, as the ledger keeps it.
  struct Accepted: Codable, Sendable, Equatable {
    /// The slice whose records they were.
    let slice: String
    let ground: String
    let state: Signal.State
    /// The sentence that the person saw.
    let sentence: String
    let value: Answer.Value
    /// Who accepted it, and hears when the records move on.
    let person: PersonID?
  }

  struct Ground: Sendable {
    let said: Signals.Said
    /// The last one of this slice that was accepted for this item.
    let accepted: Accepted?

    /// Whether the records have moved on since they were accepted.
    var hasMoved: Bool { accepted.map { $0.ground != said.signal.ground } ?? false }
  }

  /// The answer that a signal suggests; nil when it cannot say.
  static func suggestion(of signal: Signal) -> Answer.Value? {
    switch signal.state {
    case .met: .yes
    case .partly, .unmet: .no
    case .unknown: nil
    }
  }

  /// The last ground of each slice that was accepted, from the entries about an answer, newest first.
  static func accepted(in history: [LedgerEntry]) -> [String: Accepted] {
    history.reduce(into: [:]) { accepted, entry in
      guard entry.action == "answer.ground", let json = entry.after,
        // Written by this program; an entry of another shape is no ground.
        let one = try? JSONDecoder().decode(Accepted.self, from: Data(json.utf8))
      else { return }
      if accepted[one.slice] == nil { accepted[one.slice] = one }
    }
  }

  /// Answers an item by what the records say; a yes takes the sentence along as its proof.
  ///
  /// - Parameters:
  ///   - seen: the slice's name and the signal's ground that the person saw.
  ///   - version: the version of the answer that the person saw.
  /// - Throws: `Stale` when either has moved on; `Answer.Refusal`.
  public static func accept(
    _ seen: (slice: String, ground: String), item: String, of id: Assessment.ID, version: Int,
    library: PackLibrary, signals: Signals, _ language: Language, in scope: Scope
  ) async throws {
    let library = try await library.seen(by: scope)
    try await scope.write { tx in
      guard let assessment = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
      guard let row = try library.form(assessment.form, of: assessment.pack).item(item) else {
        throw Answer.Refusal.noSuchItem
      }
      let today = scope.now.day
      let year = assessment.fiscalYear
      // What the records say today is no answer of another year.
      guard year.contains(today) else {
        throw Answer.Refusal.checkedOutsideYear(first: year.first, last: year.last)
      }
      guard
        let signal = try signals(row.concept, tx, on: today)
          .first(where: { $0.slice == seen.slice && $0.signal.ground == seen.ground })?.signal,
        let value = suggestion(of: signal)
      else { throw Stale() }
      let before = try tx.answer(id, item) ?? .blank(item)
      guard before.version == version else { throw Stale() }
      var draft = Answer.Draft(before)
      draft.value = value
      draft.confirmedOn = today
      let after = try before.revised(draft, in: year, today: today)
      try tx.replace(before, with: after, in: id, as: "answer.save")
      let sentence = sentence(of: signal, language)
      try tx.apply(
        [],
        recording: Change(
          "answer.ground", of: "answer:\(id)/\(item)",
          to: Accepted(
            slice: seen.slice, ground: signal.ground, state: signal.state, sentence: sentence, value: value,
            person: scope.person)))
      try tx.housekeeping.setDue("assessments.ground", "\(id)/\(item)", at: nextLook(after: scope.now))
      let known = try tx.proofs(id).contains { $0.item == item && $0.body == sentence && !$0.withdrawn }
      if value == .yes && !known {
        try tx.insert(
          Proof(
            id: scope.newID(), item: item, kind: .text, title: String(sentence.prefix(40)), body: sentence,
            sha256: nil, mediaType: nil, bytes: 0, addedAt: scope.now, addedBy: scope.actor.name,
            withdrawn: false), content: nil, in: id)
      }
    }
  }

  /// The answers of this fiscal year that rest on records as they stand: accepted, and not moved since.
  public static func reliances(_ library: PackLibrary, _ signals: Signals) -> RelianceSource {
    { tx, language, today in
      var standing: [String: [String: String]] = [:]
      for concept in signals.concepts {
        for said in try signals(concept, tx, on: today) {
          standing[concept, default: [:]][said.slice] = said.signal.ground
        }
      }
      let library = library.known(to: tx.facility)
      return try tx.assessments().filter { $0.fiscalYear.contains(today) }.flatMap { assessment in
        let items = try library.form(assessment.form, of: assessment.pack).items
        return try items.compactMap { item -> Reliance? in
          guard let grounds = standing[item.concept] else { return nil }
          let history = try tx.history(
            of: "answer:\(assessment.id)/\(item.id)", limit: 1, always: "answer.ground")
          guard accepted(in: history).values.contains(where: { grounds[$0.slice] == $0.ground }) else {
            return nil
          }
          return Reliance("\(language.fiscalYear(assessment.fiscalYear)) \(item.label)")
        }
      }
    }
  }

  // MARK: When the records move on

  /// The next morning, 8:00.
  static func nextLook(after now: Instant) -> Instant {
    now.day.adding(days: 1).morning
  }

  /// Looks whether the records still say what was accepted; tells once when they do not, else looks again the next morning.
  ///
  /// Owner and deputy are told, or who accepted it while there is neither.
  static func look(_ row: DueRow, library: PackLibrary, signals: Signals, in scope: Scope) async throws {
    guard let (id, name) = Assessments.answer(in: row.subject) else { return }
    let library = try await library.seen(by: scope)
    try await scope.write { tx in
      try tx.housekeeping.setDue("assessments.ground", row.subject, at: nil)
      guard let assessment = try tx.assessment(id), assessment.fiscalYear.contains(scope.now.day),
        let item = try library.form(assessment.form, of: assessment.pack).item(name),
        let answer = try tx.answer(id, item.id)
      else { return }
      let known = accepted(in: try tx.history(of: "answer:\(row.subject)", limit: 1, always: "answer.ground"))
        .filter { $0.value.value == answer.value }
      let standing = try signals(item.concept, tx, on: scope.now.day)
      let moved = known.values.filter { accepted in
        !standing.contains { $0.slice == accepted.slice && $0.signal.ground == accepted.ground }
      }
      guard !moved.isEmpty else {
        let next = known.isEmpty ? nil : nextLook(after: scope.now)
        return try tx.housekeeping.setDue("assessments.ground", row.subject, at: next)
      }
      let people = [answer.owner, answer.deputy].compactMap { $0 }
      for person in people.isEmpty ? Array(Set(moved.compactMap(\.person))) : people {
        try tx.housekeeping.post(
          Message(
            cause: "ground:\(row.subject):\(answer.version)", recipient: person, step: 1,
            key: "assessments.groundMoved", arguments: [item.label],
            link: "/assessments/\(id)?item=\(item.id)"))
      }
    }
  }

  /// The sentence with what is amiss in it.
  static func sentence(of signal: Signal, _ language: Language) -> String {
    [signal.sentence(language), signal.concern?(language)].compactMap { $0 }
      .joined(separator: language == .ja ? "" : " ")
  }
}
