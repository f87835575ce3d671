import Foundation
public import Kernel
public import Storage
public import Web

/// What records say about an item, beside its question; and what they said when someone answered by it.
public enum Grounds {
  /// What was accepted, as the ledger keeps it.
  struct Accepted: Codable, Sendable, Equatable {
    let ground: String
    let state: Signal.State
    /// The sentence that the person saw.
    let sentence: String
    let value: Answer.Value
  }

  struct Ground: Sendable {
    let signal: Signal
    /// The last one accepted for this item.
    let accepted: Accepted?

    /// Whether the records have moved on since they were accepted.
    var hasMoved: Bool { accepted.map { $0.ground != signal.ground } ?? false }
  }

  /// The answer that a signal suggests; nil when it cannot say.
  static func suggestion(of signal: Signal) -> Answer.Value? {
    switch signal.state {
    case .met: .yes
    case .partly, .unmet: .no
    case .unknown: nil
    }
  }

  /// The last accepted ground among the entries about an answer, newest first.
  static func accepted(in history: [LedgerEntry]) -> Accepted? {
    history.first { $0.action == "answer.ground" }?.after.flatMap { json in
      // Written by this program; an entry of another shape is no ground.
      try? JSONDecoder().decode(Accepted.self, from: Data(json.utf8))
    }
  }

  /// Answers an item by what the records say; a yes takes the sentence along as its proof.
  ///
  /// - Parameters:
  ///   - seen: the signal's ground that the person saw.
  ///   - version: the version of the answer that the person saw.
  /// - Throws: `Stale` when either has moved on; `Answer.Refusal`.
  public static func accept(
    _ seen: String, item: String, of id: Assessment.ID, version: Int, library: PackLibrary,
    signals: [String: SignalSource], _ language: Language, in scope: Scope
  ) async throws {
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
      guard let signal = try signals[row.concept]?(tx, today), signal.ground == seen,
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
          to: Accepted(ground: signal.ground, state: signal.state, sentence: sentence, value: value)))
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
  public static func reliances(_ library: PackLibrary, _ signals: [String: SignalSource]) -> RelianceSource {
    { tx, language, today in
      var standing: [String: String] = [:]
      for (concept, source) in signals { standing[concept] = try source(tx, today)?.ground }
      return try tx.assessments().filter { $0.fiscalYear.contains(today) }.flatMap { assessment in
        let items = try library.form(assessment.form, of: assessment.pack).items
        return try items.filter { standing[$0.concept] != nil }.compactMap { item -> Reliance? in
          let history = try tx.history(
            of: "answer:\(assessment.id)/\(item.id)", limit: 1, always: "answer.ground")
          guard let ground = accepted(in: history)?.ground, ground == standing[item.concept] else {
            return nil
          }
          return Reliance("\(language.fiscalYear(assessment.fiscalYear)) \(item.label)")
        }
      }
    }
  }

  /// The sentence with what is amiss in it.
  static func sentence(of signal: Signal, _ language: Language) -> String {
    [signal.sentence(language), signal.concern?(language)].compactMap { $0 }
      .joined(separator: language == .ja ? "" : " ")
  }
}
