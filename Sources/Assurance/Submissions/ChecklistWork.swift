import Kernel
import Registers
import Storage
import Web

/// The parts of a checklist: sections that people have been given, and items that have an owner.
enum ChecklistWork {
  /// A checklist as its parts are shown.
  struct Opened: Sendable {
    let assessment: Assessment
    let form: Pack.Form
    let answers: [String: Answer]
    let given: [SectionAssignment]
    let people: [Person]
    let submissions: [Submission]

    func name(_ language: Language) -> String {
      ChecklistWork.name(assessment, form, language)
    }
  }

  static func name(_ assessment: Assessment, _ form: Pack.Form, _ language: Language) -> String {
    "\(language.fiscalYear(assessment.fiscalYear)) \(form.title(language))"
  }

  /// - Throws: `Answer.Refusal.noSuchAssessment`; `PackProblem`.
  static func opened(_ id: Assessment.ID, _ library: PackLibrary, in scope: Scope) async throws -> Opened {
    let library = try await library.seen(by: scope)
    return try await scope.read { tx in
      guard let (assessment, answers) = try tx.assessmentWithAnswers(id) else {
        throw Answer.Refusal.noSuchAssessment
      }
      return Opened(
        assessment: assessment, form: try library.form(assessment.form, of: assessment.pack),
        answers: answers,
        given: try tx.sectionAssignments(id), people: try tx.people(),
        submissions: try tx.submissions(of: .checklist(id)))
    }
  }

  /// The parts that someone has, sections first. An item that goes with its section is not named twice.
  static func lines(_ opened: Opened, _ language: Language) -> [SubmissionPages.Line] {
    let known = Dictionary(opened.submissions.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    func line(_ piece: ChecklistPiece, _ owner: String, _ dueOn: Day?) -> SubmissionPages.Line {
      SubmissionPages.Line(
        node: piece.node, title: piece.title(language), owner: owner, dueOn: dueOn, total: piece.items.count,
        confirmed: piece.confirmed(opened.answers), submission: known[piece.node])
    }
    let names = Dictionary(opened.people.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    var holder: [String: PersonID] = [:]
    let sections = opened.given.compactMap { given -> SubmissionPages.Line? in
      guard let piece = ChecklistPiece(given.node, in: opened.form) else { return nil }
      for item in piece.items { holder[item] = given.person }
      return line(piece, given.name, given.dueOn)
    }
    let items = opened.form.rows.compactMap { item -> SubmissionPages.Line? in
      guard let owner = opened.answers[item.id]?.owner,
        owner != holder[item.id] || known[item.id] != nil,
        let piece = ChecklistPiece(item.id, in: opened.form)
      else { return nil }
      return line(piece, names[owner] ?? "", opened.answers[item.id]?.targetOn)
    }
    return sections + items
  }

  /// - Throws: `Answer.Refusal`.
  static func part(_ node: String, of id: Assessment.ID, _ library: PackLibrary, in scope: Scope) async throws
    -> Submissions.Part
  {
    let library = try await library.seen(by: scope)
    return try await scope.read { tx in
      guard let (assessment, answers) = try tx.assessmentWithAnswers(id) else {
        throw Answer.Refusal.noSuchAssessment
      }
      let form = try library.form(assessment.form, of: assessment.pack)
      guard let piece = ChecklistPiece(node, in: form) else { throw Answer.Refusal.noSuchItem }
      let found = try tx.submission(.checklist(id), node, besides: scope.person, at: scope.now)
      return Submissions.Part(
        subject: .checklist(id), node: node, title: piece.title.ja, name: name(assessment, form, .ja),
        shownTitle: { piece.title($0) }, shownName: { name(assessment, form, $0) },
        given: try given(piece, answers, of: id, tx), total: piece.items.count,
        confirmed: piece.confirmed(answers), answers: "/assessments/\(id)\(piece.query)", isFrozen: false,
        submission: found?.submission, comments: nil,
        history: try tx.history(of: "checklist-submission:\(id)/\(node)", limit: 30),
        isAlone: found?.others == 0,
        leader: { tx in
          guard let now = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
          guard now.pack == assessment.pack else { throw Stale() }
          return nil
        },
        missing: { tx in (piece.items.count - piece.confirmed(try tx.answers(id)), piece.items) })
    }
  }

  private static func given(
    _ piece: ChecklistPiece, _ answers: [String: Answer], of id: Assessment.ID, _ tx: ReadTx
  ) throws -> Submissions.Given? {
    if let section = try tx.sectionAssignments(id).first(where: { $0.node == piece.node }) {
      return Submissions.Given(people: [section.person], name: section.name, dueOn: section.dueOn)
    }
    guard let answer = answers[piece.node], let owner = answer.owner else { return nil }
    let name = try tx.people().first { $0.id == owner }?.name ?? ""
    return Submissions.Given(
      people: [owner, answer.deputy].compactMap { $0 }, name: name, dueOn: answer.targetOn)
  }

  // MARK: Giving sections

  /// - Throws: `Answer.Refusal`; ``AuditRefusal/unknownPerson``.
  static func assign(
    _ node: String, to person: PersonID?, due: Day?, of id: Assessment.ID, _ library: PackLibrary,
    in scope: Scope
  ) async throws {
    let library = try await library.seen(by: scope)
    try await scope.write { tx in
      guard let assessment = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
      let form = try library.form(assessment.form, of: assessment.pack)
      guard let piece = ChecklistPiece.sections(of: form).first(where: { $0.node == node }) else {
        throw Answer.Refusal.noSuchItem
      }
      var known: (id: PersonID, name: String)?
      if let person {
        guard let found = try tx.person(person) else { throw AuditRefusal.unknownPerson }
        known = (found.id, found.name)
      }
      let before = try tx.sectionAssignments(id).first { $0.node == node }
      if before?.person == known?.id, before?.dueOn == due || known == nil { return }
      try tx.assign(piece, to: known, due: due, in: id)
    }
  }

  /// Tells whoever has a section in which something is open: seven days before, and the day after.
  static func remind(_ row: DueRow, _ library: PackLibrary, in scope: Scope) async throws {
    guard let (id, node) = Assessments.answer(in: row.subject) else { return }
    let library = try await library.seen(by: scope)
    try await scope.write { tx in
      guard let (assessment, answers) = try tx.assessmentWithAnswers(id),
        let form = try library.pack(assessment.pack).form(assessment.form),
        let piece = ChecklistPiece(node, in: form),
        let given = try tx.sectionAssignments(id).first(where: { $0.node == node }), let due = given.dueOn
      else { return try tx.housekeeping.setDue("assessments.section", row.subject, at: nil) }
      let days = due.days(since: scope.now.day)
      if piece.confirmed(answers) < piece.items.count {
        try tx.housekeeping.post(
          Message(
            cause: "section:\(row.subject):\(due)", recipient: given.person, step: days >= 0 ? 1 : 2,
            key: days >= 0 ? "audits.dueSoon" : "audits.overdue",
            arguments: [name(assessment, form, .ja), piece.title.ja, due.description, "\(abs(days))"],
            link: Submissions.path(.checklist(id), node)))
      }
      try tx.housekeeping.setDue(
        "assessments.section", row.subject, at: Assessments.reminder(for: due, after: scope.now))
    }
  }

  // MARK: Routes

  static func routes(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("assessments/:id/submissions", needs: .assessmentsRead) { request, scope in
      let opened = try await opened(try request.id(), library, in: scope)
      return .page(ChecklistWorkPages.board(request, opened, typed: nil, problem: nil))
    }
    routes.showSensitive { $0.parameters["id"].map { "assessment:\($0)" } }
    routes.get("assessments/:id/submissions/part", needs: .assessmentsRead) { request, scope in
      let part = try await part(request.query("node") ?? "", of: try request.id(), library, in: scope)
      return .page(SubmissionPages.part(request, part, typed: nil, problem: nil))
    }
    routes.showSensitive { $0.parameters["id"].map { "assessment:\($0)" } }
    routes.post("assessments/:id/submissions", needs: .assessmentsContribute) { request, scope in
      let form = try request.form()
      let part = try await part(form["node"], of: try request.id(), library, in: scope)
      return try await Submissions.answer(form, part, request, scope)
    }
    routes.post("assessments/:id/assignments", needs: .assessmentsEdit) { request, scope in
      let id: Assessment.ID = try request.id()
      let form = try request.form()
      do {
        try await assign(
          form["node"], to: try AuditForm.person(form["owner"]), due: try AuditForm.day(form["due"]), of: id,
          library, in: scope)
        return .redirect(to: "/assessments/\(id)/submissions?saved=1")
      } catch let problem as AuditRefusal where problem.kind == .invalid {
        let opened = try await opened(id, library, in: scope)
        return .page(ChecklistWorkPages.board(request, opened, typed: form, problem: problem), status: 422)
      }
    }
  }
}
