import Foundation
public import Kernel
import Publishing
import Registers
public import Storage
public import Web

/// Taking answered checklists in from workbooks, and giving them out.
public enum Exchange {
  /// What an import would do: nothing has been written yet.
  public struct Preview: Sendable {
    public let assessment: Assessment
    public let form: Pack.Form
    public let plan: ChecklistImport
    /// Names in the file that nobody at the facility has; they are added as people without sign-in.
    public let newPeople: [String]
    /// Rows that would replace an answer that stands.
    public let replaced: Set<String>
    /// Grows with every change of an answer, so that a change after the preview is noticed.
    public let stamp: Int
  }

  /// Reads a file against an assessment.
  ///
  /// - Throws: `SheetProblem`, `ImportProblem`, `Answer.Refusal`.
  public static func preview(
    _ bytes: [UInt8], named file: String, into id: Assessment.ID, library: PackLibrary, in scope: Scope
  ) async throws -> Preview {
    let workbook = try Sheets.read(bytes, named: file)
    let (assessment, answers, people) = try await scope.read { tx in
      guard let assessment = try tx.assessment(id) else { throw Answer.Refusal.noSuchAssessment }
      return (assessment, try tx.answers(id), try tx.people())
    }
    let form = try await library.seen(by: scope).form(assessment.form, of: assessment.pack)
    let plan = try ChecklistImport(
      workbook, file: file, form: form, year: assessment.fiscalYear, today: scope.now.day
    ).fitted(to: answers)
    var names: [String] = []
    var replaced: Set<String> = []
    for line in plan.lines {
      guard case .apply(let item, let reading) = line.fate else { continue }
      for name in [reading.owner, reading.deputy] where !name.isEmpty && !names.contains(name) {
        if person(named: name, among: people) == nil { names.append(name) }
      }
      let revises = reading.rounds.contains { !$0.begins }
      if revises && answers[item]?.value != nil { replaced.insert(item) }
    }
    return Preview(
      assessment: assessment, form: form, plan: plan, newPeople: names, replaced: replaced,
      stamp: answers.stamp)
  }

  /// What a file says, and what it would do to an assessment without any answer.
  ///
  /// - Throws: `SheetProblem`, `ImportProblem`.
  public static func plan(
    _ bytes: [UInt8], named file: String, form: Pack.Form, year: FiscalYear, today: Day
  ) throws -> ChecklistImport {
    let workbook = try Sheets.read(bytes, named: file)
    return try ChecklistImport(workbook, file: file, form: form, year: year, today: today).fitted(to: [:])
  }

  /// The person whom a name in a file means: the same name, else the only one with that family name.
  static func person(named name: String, among people: [Person]) -> Person? {
    if let exact = people.first(where: { $0.name.folded == name.folded }) { return exact }
    let family = people.filter { $0.hasFamilyName(name) }
    return family.count == 1 ? family[0] : nil
  }

  /// Writes everything that the preview names, in one transaction: all of it or nothing.
  ///
  /// What the file has no column for stays as it is, and an empty answer never takes one away.
  ///
  /// - Parameter stamp: the ``Preview/stamp`` that the person saw; nil for an import without a preview.
  /// - Returns: the number of rows applied.
  /// - Throws: `Answer.Refusal`, `Person.Refusal`; `Stale` when an answer has changed since the preview.
  public static func apply(_ preview: Preview, stamp: Int? = nil, in scope: Scope) async throws -> Int {
    try await scope.write { tx in
      try apply(preview.plan, to: preview.assessment, stamp: stamp, tx)
    }
  }

  /// Starts a year's checklist and takes a file's rows into it: both or neither.
  ///
  /// - Throws: `PackProblem`, `Answer.Refusal`, `Person.Refusal`.
  public static func start(
    _ plan: ChecklistImport, form: String, year: FiscalYear, pack: String, library: PackLibrary,
    in scope: Scope
  ) async throws -> Assessment {
    let opening = try await Assessments.opening(
      form: form, year: year, pack: pack, library: library, in: scope, carryOver: true)
    try await scope.write { tx in
      try Assessments.insert(opening, tx, in: scope)
      let fitted = plan.fitted(to: try tx.answers(opening.assessment.id))
      _ = try apply(fitted, to: opening.assessment, stamp: nil, tx)
    }
    return opening.assessment
  }

  private static func apply(
    _ plan: ChecklistImport, to assessment: Assessment, stamp: Int?, _ tx: WriteTx
  ) throws -> Int {
    var people = try tx.people()
    let answers = try tx.answers(assessment.id)
    if let stamp, stamp != answers.stamp { throw Stale() }
    let proofs = try tx.proofs(assessment.id)
    var count = 0
    for line in plan.lines {
      guard case .apply(let item, let reading) = line.fate else { continue }
      let owner = try tx.person(named: reading.owner, among: &people)
      let deputy = try tx.person(named: reading.deputy, among: &people)
      var answer = answers[item] ?? .blank(item)
      for round in reading.rounds {
        answer = try tx.reach(round, from: answer, in: assessment.id)
        let draft = plan.draft(round, of: reading, over: answer, owner: owner, deputy: deputy)
        answer = try tx.revise(answer, to: draft, in: assessment)
      }
      try tx.addProofs(reading.proof, to: item, besides: proofs, in: assessment.id)
      count += 1
    }
    return count
  }

  /// What taking a row does, round by round, in words for the person who decides.
  public static func words(for reading: ChecklistImport.Reading, _ language: Language) -> [String] {
    let t = Texts<AssessmentText>(language)
    let left = reading.leftAlone.map { [t(.importRoundsLeft, $0)] } ?? []
    let owner = reading.owner.isEmpty ? [] : [reading.owner]
    let rounds = reading.rounds.map { words(for: $0, t).joined(separator: " ・ ") }
    return left + rounds + owner
  }

  private static func words(for round: ChecklistImport.Round, _ t: Texts<AssessmentText>) -> [String] {
    var parts: [String] = []
    if let number = round.number {
      parts.append(t(round.begins ? .importRoundBegin : .importRoundRevise, number))
    }
    if let value = round.value {
      parts.append(t(AssessmentText.value(value)))
    } else {
      parts.append(round.begins ? t(.importAnswerStands) : Texts<WebText>(t.language)(.unanswered))
    }
    if let day = round.confirmedOn { parts.append("\(t(.checkedLabel)) \(t.language.columnDate(day))") }
    if let day = round.targetOn { parts.append("\(t(.dueLabel)) \(t.language.columnDate(day))") }
    return parts
  }

  // MARK: Out

  public enum Format: String, Sendable, CaseIterable {
    case xlsx, csv, json

    public var mediaType: String {
      switch self {
      case .xlsx: Sheets.xlsxType
      case .csv: "text/csv; charset=utf-8"
      case .json: "application/json"
      }
    }
  }

  /// The answers as a file that ``preview(_:named:into:library:in:)`` reads back to the same answers.
  ///
  /// - Throws: `SheetProblem`.
  public static func export(_ overview: Assessments.Overview, as format: Format, _ language: Language) throws
    -> [UInt8]
  {
    switch format {
    case .xlsx: return try Sheets.xlsx([sheet(overview, language)])
    case .csv:
      let sheet = sheet(overview, language)
      return Sheets.csv([sheet.headings.map { .text($0) }] + sheet.rows)
    case .json:
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      return [UInt8](try encoder.encode(ExportedAssessment(overview)))
    }
  }

  static func sheet(_ overview: Assessments.Overview, _ language: Language) -> OutputSheet {
    let t = Texts<AssessmentText>(language)
    let deepest = overview.form.items.compactMap { overview.standing.answers[$0.id]?.round }.max() ?? 1
    let rows = overview.form.items.map { item -> [Cell] in
      let answer = overview.standing.answers[item.id] ?? .blank(item.id)
      let proofs = overview.proofs(of: item.id).map { $0.title }.joined(separator: "\n")
      let targets = item.appliesTo.map { t(AssessmentText.target($0)) }.joined(separator: "、")
      let started = cell(answer.started ? t(.yes) : "")
      let owner = overview.person(answer.owner)?.name ?? ""
      let deputy = overview.person(answer.deputy)?.name ?? ""
      let checks =
        deepest == 1
        ? overview.check(1, of: answer).cells(t, started: started)
        : (1...deepest).flatMap { overview.check($0, of: answer).cells(t, started: nil) } + [started]
      return [item.label, targets, item.question(language)].map(cell) + checks
        + [owner, deputy, answer.note, proofs].map(cell)
    }
    let (headings, widths) = checkColumns(rounds: deepest, t)
    return OutputSheet(
      name: language.fiscalYear(overview.assessment.fiscalYear),
      headings: [t(.columnNumber), t(.columnTarget), t(.columnQuestion)] + headings
        + [t(.columnOwner), t(.columnDeputy), t(.columnNote), t(.columnProof)],
      rows: rows, columnWidths: [8, 14, 48] + widths + [12, 12, 36, 30])
  }

  /// Headings and widths of the answers: plain while nobody is past the first round, else each round by its name.
  private static func checkColumns(
    rounds: Int, _ t: Texts<AssessmentText>
  ) -> (headings: [String], widths: [Double]) {
    if rounds == 1 {
      return ([t(.columnAnswer), t(.columnStarted), t(.columnChecked), t(.columnDue)], [9, 7, 12, 12])
    }
    let named = (1...rounds).flatMap { round in
      [t(.columnAnswer), t(.columnChecked), t(.columnDue)].map { "\(t(.roundNumber, round)) \($0)" }
    }
    return (named + [t(.columnStarted)], (1...rounds).flatMap { _ in [11, 12, 12] } + [7])
  }

  fileprivate static func cell(_ text: String) -> Cell { text.isEmpty ? .empty : .text(text) }

  private struct ExportedAssessment: Encodable {
    struct Row: Encodable {
      let item: String
      let label: String
      let question: String
      let answer: Answer.Value?
      let started: Bool
      let confirmedOn: Day?
      let targetOn: Day?
      let owner: String?
      let deputy: String?
      let note: String
      let round: Int
      let rounds: [Round]
      let carriedFrom: String?
      let proofs: [String]
    }

    /// A check as the record keeps it; the present round's too, once it has an answer and a day.
    struct Round: Encodable {
      let round: Int
      let answer: Answer.Value?
      let confirmedOn: Day?
      let targetOn: Day?
    }

    let assessment: String
    let pack: String
    let form: String
    let fiscalYear: Int
    let rows: [Row]

    init(_ overview: Assessments.Overview) {
      assessment = overview.assessment.id.text
      pack = overview.assessment.pack
      form = overview.assessment.form
      fiscalYear = overview.assessment.fiscalYear.year
      rows = overview.form.items.map { item in
        let answer = overview.standing.answers[item.id] ?? .blank(item.id)
        return Row(
          item: item.id, label: item.label, question: item.question.ja, answer: answer.value,
          started: answer.started,
          confirmedOn: answer.confirmedOn, targetOn: answer.targetOn,
          owner: overview.person(answer.owner)?.name,
          deputy: overview.person(answer.deputy)?.name, note: answer.note, round: answer.round,
          rounds: overview.rounds.filter { $0.item == item.id }.map {
            Round(round: $0.round, answer: $0.value, confirmedOn: $0.confirmedOn, targetOn: $0.targetOn)
          },
          carriedFrom: answer.carriedFrom, proofs: overview.proofs(of: item.id).map(\.title))
      }
    }
  }
}

/// One round of one item as a workbook shows it.
private struct Check {
  var value: Answer.Value?
  var confirmedOn: Day?
  var targetOn: Day?

  /// - Parameter started: put after the answer, where both speak of one round.
  func cells(_ t: Texts<AssessmentText>, started: Cell?) -> [Cell] {
    let answer = Exchange.cell(value.map { t(AssessmentText.value($0)) } ?? "")
    let days = [confirmedOn, targetOn].map { day -> Cell in day.map { .day($0) } ?? .empty }
    return [answer] + [started].compactMap { $0 } + days
  }
}

extension Assessments.Overview {
  /// A round of an answer; empty when it is not reached yet.
  fileprivate func check(_ number: Int, of answer: Answer) -> Check {
    if number == answer.round {
      return Check(value: answer.value, confirmedOn: answer.confirmedOn, targetOn: answer.targetOn)
    }
    guard number < answer.round,
      let round = rounds.first(where: { $0.item == answer.item && $0.round == number })
    else { return Check() }
    return Check(value: round.value, confirmedOn: round.confirmedOn, targetOn: round.targetOn)
  }
}

extension ChecklistImport {
  /// What one round of a row makes of an answer: what the file has no column for stays as it is.
  fileprivate func draft(
    _ round: Round, of reading: Reading, over before: Answer, owner: PersonID?, deputy: PersonID?
  ) -> Answer.Draft {
    func keep<T>(_ role: Columns.Role, _ new: T, _ old: T) -> T {
      speaks(of: role, in: round.number) ? new : old
    }
    let owner = keep(.owner, owner, before.owner)
    let deputy = keep(.deputy, deputy, before.deputy)
    return Answer.Draft(
      // A value carried over is nobody's answer yet: an empty answer in this year's file says that it is still open.
      value: round.value ?? before.givenValue,
      confirmedOn: keep(.checked, round.confirmedOn, before.confirmedOn),
      targetOn: keep(.due, round.targetOn, before.targetOn),
      started: round.value == nil ? before.started : round.started, owner: owner,
      deputy: deputy == owner ? nil : deputy, note: keep(.note, reading.note, before.note))
  }
}

extension WriteTx {
  /// The person whom a file names, added to the register when it means nobody there.
  fileprivate func person(named name: String, among people: inout [Person]) throws -> PersonID? {
    if name.isEmpty { return nil }
    if let known = Exchange.person(named: name, among: people) { return known.id }
    let added = try Person(id: scope.newID(), name: name, department: "", role: .contributor, account: nil)
    try insert(added)
    people.append(added)
    return added.id
  }

  /// The answer at the round of which the file speaks.
  ///
  /// - Throws: `Stale` when the record is past it: nobody had to look at a preview, and someone else was faster.
  fileprivate func reach(
    _ round: ChecklistImport.Round, from answer: Answer, in id: Assessment.ID
  ) throws -> Answer {
    guard let number = round.number, number != answer.round else { return answer }
    guard number > answer.round else { throw Stale() }
    let next = try answer.nextRound()
    try replace(answer, with: next, in: id, as: "answer.round")
    return next
  }

  fileprivate func revise(
    _ answer: Answer, to draft: Answer.Draft, in assessment: Assessment
  ) throws -> Answer {
    if Answer.Draft(answer) == draft && answer.version > 0 { return answer }
    let after = try answer.revised(draft, in: assessment.fiscalYear, today: scope.now.day)
    try replace(answer, with: after, in: assessment.id, as: "answer.import")
    return after
  }

  /// One proof for each line of the text that is not among the item's yet.
  fileprivate func addProofs(
    _ text: String, to item: String, besides proofs: [Proof], in id: Assessment.ID
  ) throws {
    let known = proofs.filter { $0.item == item }
    for text in text.split(separator: "\n").map({ $0.trimmed }) where !text.isEmpty {
      if known.contains(where: { $0.title == text || $0.body == text }) { continue }
      try insert(
        Proof(
          id: scope.newID(), item: item, kind: .text, title: String(text.prefix(40)), body: text, sha256: nil,
          mediaType: nil, bytes: 0, addedAt: scope.now, addedBy: scope.actor.name, withdrawn: false),
        content: nil, in: id)
    }
  }
}

extension Person {
  /// Whether a name in a workbook is this person's family name alone.
  fileprivate func hasFamilyName(_ written: String) -> Bool {
    guard let family = name.halfWidth.split(separator: " ").first else { return false }
    return family.folded == written.folded && family.count < name.count
  }
}

extension [String: Answer] {
  /// The sum of all versions: versions only grow.
  fileprivate var stamp: Int { values.reduce(0) { $0 + $1.version } }
}
