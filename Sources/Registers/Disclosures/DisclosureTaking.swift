public import Kernel
import Publishing
public import Storage
public import Web

extension Disclosures {
  /// Files of this size are taken; filled forms have well under one megabyte.
  static let fileBytes = StoredFile.mostBytes

  /// Reads a workbook and says what it was taken for. Nothing is written, and no macro is run.
  ///
  /// - Throws: `SheetProblem`.
  public static func reading(_ bytes: [UInt8], named file: String) throws -> DisclosureReading {
    DisclosureReading(try Sheets.read(bytes, named: file), named: file)
  }

  static func reading(_ bytes: [UInt8], named file: String, _ choice: DisclosureChoice) throws
    -> DisclosureReading
  {
    DisclosureReading(
      try Sheets.read(bytes, named: file), named: file, sheet: choice.sheet, columns: choice.columns)
  }

  /// What was taken in.
  public struct Taken: Sendable, Equatable {
    public let disclosure: Entry.ID
    /// 1 for the first reading of this product.
    public let version: Int
    public let questions: Int
    /// Answers that call for a risk record and have none.
    public let lackingRisks: Int
  }

  /// Takes in what a vendor handed in for a system: the answer sheet of a request, or a file from a person.
  ///
  /// The workbook must be recognised as it is; it becomes a further version when the vendor gave the same product's form
  /// before.
  ///
  /// - Parameters:
  ///   - vendor: id, or name as in the register; empty for none.
  ///   - system: id, or name as in the register; empty for none.
  /// - Throws: `SheetProblem`, `Disclosure.Refusal`, `EntryRefused`, `StoredFile.Refusal`. Nothing is written then.
  public static func receive(
    from vendor: String, for system: String, _ bytes: [UInt8], named file: String, how: String = "link",
    _ language: Language, in scope: Scope
  ) async throws -> Taken {
    let upload = try StoredFile.Upload(name: file, content: bytes)
    let reading = try reading(bytes, named: file)
    guard reading.columns != nil else { throw Disclosure.Refusal.notRecognised }
    guard reading.facts.kind != nil else { throw Disclosure.Refusal.noKind }
    var raw = reading.facts.raw
    raw["vendor"] = vendor.isEmpty ? nil : vendor
    raw["system"] = system.isEmpty ? nil : system
    raw["product"] = raw["product"] ?? upload.title
    raw["receivedOn"] = scope.now.day.description
    raw["receivedHow"] = how
    raw["nextCheckOn"] = scope.now.day.adding(days: 365).description
    let given = raw
    return try await scope.write { tx in
      let known = try sameProduct(given, tx)
      return try takeIn(reading, upload, given, into: known, language, tx)
    }
  }

  /// Takes a reading in: the register's entry is added or changed, the answers become its newest version, the workbook is
  /// kept, and risk records follow the answers that stayed.
  ///
  /// - Parameter raw: the register's fields, as texts.
  /// - Throws: `Disclosure.Refusal`, `EntryRefused`.
  static func takeIn(
    _ reading: DisclosureReading, _ upload: StoredFile.Upload, _ raw: [String: String], into known: Entry?,
    _ language: Language, _ tx: WriteTx
  ) throws -> Taken {
    guard reading.columns != nil, !reading.questions.isEmpty else { throw Disclosure.Refusal.notRecognised }
    guard reading.questions.count <= DisclosureReading.mostQuestions else {
      throw Disclosure.Refusal.tooManyQuestions
    }
    guard let kind = raw["kind"].flatMap({ Disclosure.Kind(rawValue: $0) }) else {
      throw Disclosure.Refusal.noKind
    }
    if let known, !known.is("kind", kind.rawValue) { throw Disclosure.Refusal.otherKind }
    let entry = try entry(raw, over: known, kind, language, tx)
    let versions = try tx.disclosureVersions(entry.id)
    if versions.last?.sha256 == upload.sha256, versions.last?.sheet == reading.sheetName {
      throw Disclosure.Refusal.sameFile
    }
    let file = try Files.add(upload, to: register.subject(entry.id), tx)
    let version = DisclosureVersion(
      number: (versions.last?.number ?? 0) + 1, edition: entry.text("edition"),
      productVersion: entry.text("productVersion"), madeOn: entry.day("madeOn"), file: file.id,
      fileName: upload.title, sha256: upload.sha256, sheet: reading.sheetName, takenAt: tx.scope.now,
      takenBy: tx.scope.actor.name)
    let questions = reading.questions
    try tx.insert(
      version, questions, of: entry.id,
      recording: Change(
        "disclosure.read", of: register.subject(entry.id), to: ReadingRecord(version, reading)))
    let standing = try carry(over: versions.last, to: version, questions, of: entry.id, tx)
    let annex = try tx.disclosureAnnex()
    let tally = DisclosureTally(questions, of: kind, annex, recorded: standing)
    return Taken(
      disclosure: entry.id, version: version.number, questions: questions.count, lackingRisks: tally.lacking)
  }

  private static func entry(
    _ raw: [String: String], over known: Entry?, _ kind: Disclosure.Kind, _ language: Language, _ tx: WriteTx
  ) throws -> Entry {
    if let known { return try register.change(known, raw, version: known.version, language, tx) }
    var raw = raw
    if raw["number"]?.isEmpty ?? true {
      var count = try tx.entryCounts([register])[register.id] ?? 0
      var number = ""
      repeat {
        count += 1
        number = "\(kind.rawValue.uppercased())-\(count)"
      } while try tx.entryID(register, key: number.searchable) != nil
      raw["number"] = number
    }
    return try register.add(raw, language, tx)
  }

  /// Lets the risk records follow the answers; gives the questions that have a standing one.
  private static func carry(
    over last: DisclosureVersion?, to version: DisclosureVersion, _ questions: [Disclosure.Question],
    of id: Entry.ID, _ tx: WriteTx
  ) throws -> Set<String> {
    guard let last else { return [] }
    let before = try tx.disclosureAnswers(id, versions: last.number...last.number)[last.number] ?? []
    let pairs = DisclosureComparison.pairs(before, last.edition, questions, version.edition)
    var standing: Set<String> = []
    for risk in try tx.disclosureRisks(id) where risk.closedIn == nil {
      let next = risk.carried(over: pairs, into: version.number)
      if next != risk { try tx.replace(risk, with: next, of: id) }
      if next.closedIn == nil { standing.insert(next.question) }
    }
    return standing
  }

  /// The entry that a form of the same kind for the same product has already; nil when none or several do.
  static func sameProduct(_ raw: [String: String], _ tx: ReadTx) throws -> Entry? {
    guard let product = raw["product"]?.searchable, !product.isEmpty, let kind = raw["kind"] else {
      return nil
    }
    let vendor = try raw["vendor"].map { text in
      try register.field("vendor").map { try tx.candidates(of: $0, named: text) } ?? []
    }
    let found = try tx.entries(register, EntryQuery(filters: ["kind": kind])).map(\.entry).filter { entry in
      guard entry.text("product").searchable == product else { return false }
      return vendor.map { $0.contains(entry.text("vendor")) || !entry.has("vendor") } ?? true
    }
    return found.count == 1 ? found[0] : nil
  }

  /// What the ledger keeps of a reading.
  private struct ReadingRecord: Encodable {
    let version: Int
    let file: String
    let sha256: String
    let sheet: String
    let edition: String
    let questions: Int
    let no: Int
    let refused: Int

    init(_ version: DisclosureVersion, _ reading: DisclosureReading) {
      (self.version, file, sha256) = (version.number, version.fileName, version.sha256)
      (sheet, edition) = (version.sheet, version.edition)
      (questions, no, refused) = (reading.questions.count, reading.count(.no), reading.refused)
    }
  }

  // MARK: Risks

  /// Records how an いいえ is dealt with, or changes the record.
  ///
  /// - Parameter version: of the record on which the change is based; 0 for none.
  /// - Throws: `Disclosure.Refusal`; `Stale` when someone else was faster, or a new version of the form was read.
  static func decide(
    _ draft: DisclosureRisk.Draft, on question: String, of id: Entry.ID, version: Int, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let last = try tx.disclosureVersions(id).last else { throw Disclosure.Refusal.noSuchDisclosure }
      let answers = try tx.disclosureAnswers(id, versions: last.number...last.number)[last.number] ?? []
      guard let asked = answers.first(where: { $0.number == question }), asked.mayHaveRisk else {
        throw Stale()
      }
      let before = try tx.disclosureRisks(id).first { $0.question == question && $0.closedIn == nil }
      guard before?.version ?? 0 == version else { throw Stale() }
      let after = draft.record(
        id: before?.id ?? scope.newID(), on: asked, version: (before?.version ?? 0) + 1)
      if let before { try tx.replace(before, with: after, of: id) } else { try tx.insert(after, of: id) }
    }
  }

  /// Records how an いいえ of the standing version is dealt with, from texts by field: `evaluation`, `treatment`
  /// (`avoid`, `reduce`, `transfer`, `accept`), `explanation`, `decidedBy`, `decidedOn`.
  ///
  /// - Throws: `Disclosure.Refusal`; `Stale` when it is recorded already.
  public static func record(_ texts: [String: String], on question: String, of id: Entry.ID, in scope: Scope)
    async throws
  {
    let draft: DisclosureRisk.Draft
    do throws(DisclosureRisk.Draft.Refused) {
      draft = try DisclosureRisk.Draft({ texts[$0] ?? "" }, today: scope.now.day)
    } catch { throw error.refusals.first ?? .badEvaluation }
    try await decide(draft, on: question, of: id, version: 0, in: scope)
  }

  /// Says which questions count.
  static func setAnnex(_ numbers: [Disclosure.Kind: Set<String>], in scope: Scope) async throws {
    try await scope.write { tx in
      let before = try tx.disclosureAnnex()
      for kind in [Disclosure.Kind.mds, .sds] {
        let (old, new) = (before.numbers(of: kind) ?? [], numbers[kind] ?? [])
        if old != new { try tx.replaceAnnex(of: kind, old, with: new) }
      }
    }
  }
}

extension Disclosure.Question {
  /// Whether a risk record can stand beside it; ``DisclosureAnnex/asksForRisk(_:of:)`` says where one is called for.
  var mayHaveRisk: Bool { answer == .no || answer == .yes && Mds2.lookIfYes.contains(number) }
}

extension DisclosureRisk {
  /// What a form says, read.
  struct Draft: Sendable {
    let evaluation: String
    let treatment: Treatment
    let explanation: String
    let decidedBy: String
    let decidedOn: Day

    /// - Throws: the refusals of every field that cannot be taken, together.
    init(_ text: (String) -> String, today: Day) throws(Refused) {
      var refusals: [Disclosure.Refusal] = []
      func read<T>(_ value: T?, or refusal: Disclosure.Refusal, _ fallback: T) -> T {
        if value == nil { refusals.append(refusal) }
        return value ?? fallback
      }
      evaluation = read(text("evaluation").trimmed(to: 1...2000), or: .badEvaluation, "")
      treatment = read(Treatment(rawValue: text("treatment")), or: .noTreatment, .accept)
      explanation = read(text("explanation").trimmed(to: 1...2000), or: .badExplanation, "")
      decidedBy = read(text("decidedBy").trimmed(to: 1...80), or: .noDecider, "")
      let day = Day.parse(text("decidedOn")).flatMap { $0 <= today ? $0 : nil }
      decidedOn = read(day, or: .badDecisionDay, today)
      guard refusals.isEmpty else { throw Refused(refusals: refusals) }
    }

    struct Refused: Error { let refusals: [Disclosure.Refusal] }

    func record(id: ID<DisclosureRisk>, on question: Disclosure.Question, version: Int) -> DisclosureRisk {
      DisclosureRisk(
        id: id, question: question.number, evaluation: evaluation, treatment: treatment,
        explanation: explanation,
        decidedBy: decidedBy, decidedOn: decidedOn, saidThen: question.said, closedIn: nil, version: version)
    }
  }
}

extension DisclosureReading {
  var sheetName: String { sheets.indices.contains(sheet) ? sheets[sheet] : "" }
}

extension DisclosureFacts {
  /// By the register's fields.
  var raw: [String: String] {
    let all = [
      "kind": kind?.rawValue, "edition": edition, "vendor": vendor, "product": product, "model": model,
      "productVersion": productVersion, "madeOn": madeOn?.description,
    ]
    return all.compactMapValues { $0 }
  }
}

/// The sheet and columns that a person chose; it travels in the forms of the preview.
struct DisclosureChoice: Sendable, Equatable {
  var sheet: Int?
  var columns: DisclosureColumns?

  init(sheet: Int? = nil, columns: DisclosureColumns? = nil) { (self.sheet, self.columns) = (sheet, columns) }

  /// `2:3,0,1,2,4`: sheet, header, number, question, answer, remark, from 0, empty for none; three answers as `2-3-4`.
  init(code: String) {
    let parts = code.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    sheet = parts.first.flatMap { Int($0) }
    guard parts.count == 2 else { return }
    let fields = parts[1].split(separator: ",", omittingEmptySubsequences: false).map { text -> Int? in
      Int(text).flatMap { (0...2000).contains($0) ? $0 : nil }
    }
    let answers = parts[1].split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == 5, let number = fields[1] else { return }
    let marks = answers[3].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    let given: DisclosureColumns.Answers
    if marks.count == 3, let yes = marks[0], let no = marks[1] {
      given = .marks(yes: yes, no: no, na: marks[2])
    } else if let one = fields[3] {
      given = .one(one)
    } else {
      return
    }
    columns = DisclosureColumns(
      header: fields[0], number: number, question: fields[2], answers: given, remark: fields[4])
  }

  var code: String {
    func text(_ number: Int?) -> String { number.map { "\($0)" } ?? "" }
    guard let columns else { return "\(text(sheet)):" }
    let answers =
      switch columns.answers {
      case .one(let column): "\(column)"
      case .marks(let yes, let no, let na): "\(yes)-\(no)-\(text(na))"
      }
    return
      "\(text(sheet)):\(text(columns.header)),\(columns.number),\(text(columns.question)),\(answers),\(text(columns.remark))"
  }
}
