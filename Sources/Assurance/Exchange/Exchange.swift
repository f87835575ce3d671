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
    let form = try library.form(assessment.form, of: assessment.pack)
    let plan = try ChecklistImport(
      workbook, file: file, form: form, year: assessment.fiscalYear, today: scope.now.day)
    var names: [String] = []
    var replaced: Set<String> = []
    for line in plan.lines {
      guard case .apply(let item, let reading) = line.fate else { continue }
      for name in [reading.owner, reading.deputy] where !name.isEmpty && !names.contains(name) {
        if person(named: name, among: people) == nil { names.append(name) }
      }
      if answers[item]?.value != nil { replaced.insert(item) }
    }
    return Preview(
      assessment: assessment, form: form, plan: plan, newPeople: names, replaced: replaced,
      stamp: answers.stamp)
  }

  /// What a file says, without an assessment to put it in.
  ///
  /// - Throws: `SheetProblem`, `ImportProblem`.
  public static func plan(
    _ bytes: [UInt8], named file: String, form: Pack.Form, year: FiscalYear, today: Day
  ) throws -> ChecklistImport {
    try ChecklistImport(Sheets.read(bytes, named: file), file: file, form: form, year: year, today: today)
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
      try apply(preview.plan, to: preview.assessment, stamp: stamp, tx, in: scope)
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
      _ = try apply(plan, to: opening.assessment, stamp: nil, tx, in: scope)
    }
    return opening.assessment
  }

  private static func apply(
    _ plan: ChecklistImport, to assessment: Assessment, stamp: Int?, _ tx: WriteTx, in scope: Scope
  ) throws -> Int {
    var people = try tx.people()
    let answers = try tx.answers(assessment.id)
    if let stamp, stamp != answers.stamp { throw Stale() }
    let proofs = try tx.proofs(assessment.id)
    func keep<T>(_ role: Columns.Role, _ new: T, _ old: T) -> T {
      plan.columns.contains(role) ? new : old
    }
    func person(_ name: String) throws -> PersonID? {
      if name.isEmpty { return nil }
      if let known = Exchange.person(named: name, among: people) { return known.id }
      let added = try Person(
        id: scope.newID(), name: name, department: "", role: .contributor, account: nil)
      try tx.insert(added)
      people.append(added)
      return added.id
    }
    var count = 0
    for line in plan.lines {
      guard case .apply(let item, let reading) = line.fate else { continue }
      let before = answers[item] ?? .blank(item)
      let owner = keep(.owner, try person(reading.owner), before.owner)
      let deputy = keep(.deputy, try person(reading.deputy), before.deputy)
      // A value carried over is nobody's answer yet: an empty answer in this year's file says that it is still open.
      let standing = before.carriedFrom == nil ? before.value : nil
      let draft = Answer.Draft(
        value: reading.value ?? standing,
        confirmedOn: keep(.checked, reading.confirmedOn, before.confirmedOn),
        targetOn: keep(.due, reading.targetOn, before.targetOn),
        started: reading.value == nil ? before.started : reading.started, owner: owner,
        deputy: deputy == owner ? nil : deputy, note: keep(.note, reading.note, before.note))
      if Answer.Draft(before) != draft || before.version == 0 {
        let after = try before.revised(draft, in: assessment.fiscalYear, today: scope.now.day)
        try tx.replace(before, with: after, in: assessment.id, as: "answer.import")
      }
      let known = proofs.filter { $0.item == item }
      for text in reading.proof.split(separator: "\n").map({ $0.trimmed }) where !text.isEmpty {
        if known.contains(where: { $0.title == text || $0.body == text }) { continue }
        try tx.insert(
          Proof(
            id: scope.newID(), item: item, kind: .text, title: String(text.prefix(40)), body: text,
            sha256: nil,
            mediaType: nil, bytes: 0, addedAt: scope.now, addedBy: scope.actor.name, withdrawn: false),
          content: nil, in: assessment.id)
      }
      count += 1
    }
    return count
  }

  // MARK: Out

  public enum Format: String, Sendable, CaseIterable {
    case xlsx, csv, json

    public var mediaType: String {
      switch self {
      case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
    let rows = overview.form.items.map { item -> [Cell] in
      let answer = overview.standing.answers[item.id] ?? .blank(item.id)
      let proofs = overview.proofs(of: item.id).map { $0.title }.joined(separator: "\n")
      let targets = item.appliesTo.map { t(AssessmentText.target($0)) }.joined(separator: "、")
      let value = answer.value.map { t(AssessmentText.value($0)) } ?? ""
      let before = [item.label, targets, item.question(language), value, answer.started ? t(.yes) : ""]
      let owner = overview.person(answer.owner)?.name ?? ""
      let deputy = overview.person(answer.deputy)?.name ?? ""
      let days = [answer.confirmedOn, answer.targetOn].map { day -> Cell in day.map { .day($0) } ?? .empty }
      return before.map(cell) + days + [owner, deputy, answer.note, proofs].map(cell)
    }
    return OutputSheet(
      name: language.fiscalYear(overview.assessment.fiscalYear),
      headings: [
        t(.columnNumber), t(.columnTarget), t(.columnQuestion), t(.columnAnswer), t(.columnStarted),
        t(.columnChecked),
        t(.columnDue), t(.columnOwner), t(.columnDeputy), t(.columnNote), t(.columnProof),
      ], rows: rows, columnWidths: [8, 14, 48, 9, 7, 12, 12, 12, 12, 36, 30])
  }

  private static func cell(_ text: String) -> Cell { text.isEmpty ? .empty : .text(text) }

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
      let carriedFrom: String?
      let proofs: [String]
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
          carriedFrom: answer.carriedFrom, proofs: overview.proofs(of: item.id).map(\.title))
      }
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
