public import Kernel
public import Storage

/// Moving a running assessment to the items of a newer edition within its year.
///
/// A year may begin with the items of the edition before it; when its own arrive, the work done so far moves over.
public struct EditionChange: Sendable {
  public let from: Pack
  public let to: Pack
  public let carryover: Carryover
}

extension Assessments {
  /// The edition to which an assessment should move: newer than its own and not of a later year; nil when there is none.
  ///
  /// - Throws: `PackProblem`.
  static func newerEdition(for assessment: Assessment, library: PackLibrary) throws(PackProblem) -> Pack? {
    let current = try library.pack(assessment.pack)
    let newest = try library.edition(
      of: current.family, for: assessment.fiscalYear, form: assessment.form)
    return newest.fiscalYear > current.fiscalYear ? newest : nil
  }

  /// What moving to `pack` (nil: the newest of the year) would carry, change and leave behind. Writes nothing.
  ///
  /// - Throws: `Answer.Refusal.noNewerEdition`, `.noSuchAssessment`; `PackProblem`.
  public static func editionChange(
    of id: Assessment.ID, to pack: String?, library: PackLibrary, in scope: Scope
  ) async throws -> EditionChange {
    let library = try await library.seen(by: scope)
    return try await scope.read { tx in
      guard let assessment = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
      return try editionChange(of: assessment, answers: try tx.answers(id), to: pack, library: library)
    }
  }

  private static func editionChange(
    of assessment: Assessment, answers: [String: Answer], to pack: String?, library: PackLibrary
  ) throws -> EditionChange {
    let current = try library.pack(assessment.pack)
    let named = try pack.map { try library.pack($0) }
    guard let target = try named ?? newerEdition(for: assessment, library: library),
      target.family == current.family, target.fiscalYear > current.fiscalYear,
      target.fiscalYear <= assessment.fiscalYear
    else { throw Answer.Refusal.noNewerEdition(pack: current.id) }
    let form = try library.answerableForm(assessment.form, of: target)
    return EditionChange(
      from: current, to: target,
      carryover: Carryover(
        from: try library.form(assessment.form, of: current.id), id: current.id, answers: answers, to: form,
        year: assessment.fiscalYear, within: true))
  }

  /// Moves an assessment to a newer edition: answers, rounds, proofs and reminders, in one transaction.
  ///
  /// The answers to the earlier items stay in the ledger and in the database; pages no longer show them.
  ///
  /// - Parameter expected: the edition that the person saw; `Stale` when it has moved on since.
  /// - Throws: as ``editionChange(of:to:library:in:)``.
  @discardableResult
  public static func changeEdition(
    of id: Assessment.ID, to pack: String?, from expected: String, library: PackLibrary, in scope: Scope
  ) async throws -> EditionChange {
    let library = try await library.seen(by: scope)
    return try await scope.write { tx in
      guard let assessment = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
      guard assessment.pack == expected else { throw Stale() }
      let change = try editionChange(
        of: assessment, answers: try tx.answers(id), to: pack, library: library)
      let proofs = try tx.proofs(id).filter { !$0.withdrawn }
      try tx.move(assessment, to: change.to.id)
      // The items are others now, whatever the sections are called.
      try tx.reopenSubmissions(of: id, changed: nil)
      for item in try library.form(assessment.form, of: change.from.id).items {
        try tx.clearReminder(item.id, in: id)
      }
      for line in change.carryover.lines {
        if let answer = line.answer {
          try tx.replace(.blank(line.item.id), with: answer, in: id, as: "answer.change-edition")
          if line.kind == .same { try tx.copyRounds(from: line.sources[0].id, to: line.item.id, in: id) }
        }
        // Proofs may have been gathered before anyone has answered.
        let sources = Set(line.sources.map(\.id))
        for proof in proofs where sources.contains(proof.item) {
          try tx.insert(proof.copied(to: line.item.id, id: scope.newID()), content: nil, in: id)
        }
      }
      return change
    }
  }
}
