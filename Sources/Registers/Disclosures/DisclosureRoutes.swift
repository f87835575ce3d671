import Kernel
import Publishing
import Storage
import Web

extension Disclosures {
  static func routes(_ routes: inout Routes) {
    overviews(&routes)
    imports(&routes)
    records(&routes)
  }

  private static func overviews(_ routes: inout Routes) {
    routes.get("disclosures", needs: .registersRead) { request, scope in
      let (overview, counts) = try await scope.read { tx in
        (try tx.disclosures(), try tx.entryCounts(RegisterTabs.neighbours(of: register.id)))
      }
      return .page(DisclosurePages.overview(request, overview, counts: counts))
    }
    routes.showSensitive { _ in "disclosures:register" }
    routes.get("disclosures/sheet", needs: .registersRead) { request, scope in
      .page(try await sheet(request, scope).page(request, path: "/disclosures/sheet"))
    }
    routes.showSensitive { _ in "disclosures:register" }
    routes.get("disclosures/sheet.pdf", needs: .registersRead) { request, scope in
      let bytes = try await sheet(request, scope).pdf(request.language)
      return .file(bytes, type: "application/pdf", name: "disclosures-\(scope.now.day).pdf", inline: true)
    }
    routes.showSensitive { _ in "disclosures:register" }
    routes.get("disclosures/annex", needs: .registersRead) { request, scope in
      .page(DisclosurePages.annex(request, try await scope.read { try $0.disclosureAnnex() }))
    }
    routes.post("disclosures/annex", needs: .registersEdit) { request, scope in
      let form = try request.form()
      var numbers: [Disclosure.Kind: Set<String>] = [:]
      for kind in [Disclosure.Kind.mds, .sds] { numbers[kind] = DisclosureAnnex.read(form[kind.rawValue]) }
      guard numbers.values.allSatisfy({ $0.count <= DisclosureAnnex.most }) else {
        return .page(
          DisclosurePages.annex(
            request, DisclosureAnnex(), typed: [.mds: form["mds"], .sds: form["sds"]],
            problem: Disclosure.Refusal.tooManyNumbers), status: 422)
      }
      try await setAnnex(numbers, in: scope)
      return .redirect(to: "/disclosures/annex?saved=1")
    }
  }

  private static func sheet(_ request: WebRequest, _ scope: Scope) async throws -> DisclosureSheet {
    let only = request.query("disclosure").flatMap { Entry.ID($0) }
    let (concerns, annex) = try await scope.read { (try $0.disclosureConcerns(), try $0.disclosureAnnex()) }
    return DisclosureSheet(
      concerns, annex, only: only, facility: request.visitor?.facilityName ?? "", today: scope.now.day,
      madeBy: scope.actor.name, fingerprint: request.visitor?.fingerprint ?? "")
  }

  // MARK: Taking in

  private static func imports(_ routes: inout Routes) {
    routes.get("disclosures/import", needs: .registersEdit) { request, _ in
      .page(DisclosureImportPages.choose(request, into: request.query("into"), nil))
    }
    routes.post("disclosures/import", needs: .registersEdit, bodyLimit: fileBytes + 1 << 20) {
      request, scope in
      let form = try request.form()
      do {
        guard let file = form.files["file"], !file.bytes.isEmpty else { throw Disclosure.Refusal.noFile }
        let reading = try reading(file.bytes, named: file.name)
        let id: ID<RegisterExchange.Upload> = scope.newID()
        try await scope.write { try $0.keepUpload(id, into: register, name: file.name, bytes: file.bytes) }
        return try await preview(
          request, reading, upload: id.text, DisclosureChoice(), into: form["into"], scope)
      } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooLarge {
        return .page(DisclosureImportPages.choose(request, into: form["into"], problem), status: 422)
      }
    }
    routes.post("disclosures/import/columns", needs: .registersEdit) { request, scope in
      let form = try request.form()
      var choice = DisclosureChoice(form)
      let isOtherSheet = form["sheet"] != form["sheetBefore"]
      // What stands in the form are the columns of the sheet before.
      if isOtherSheet { choice.columns = nil }
      let (reading, _) = try await kept(form["upload"], choice, scope)
      let lacksColumns = choice.columns == nil && !isOtherSheet
      return try await preview(
        request, reading, upload: form["upload"], choice, into: form["into"], scope,
        problem: lacksColumns ? Disclosure.Refusal.noColumns : nil, status: lacksColumns ? 422 : 200)
    }
    routes.post("disclosures/import/apply", needs: .registersEdit) { request, scope in
      try await apply(request, try request.form(), scope)
    }
  }

  private static func apply(_ request: WebRequest, _ form: FormValues, _ scope: Scope) async throws -> Reply {
    let choice = DisclosureChoice(code: form["choice"])
    let (reading, upload) = try await kept(form["upload"], choice, scope)
    let raw = Dictionary(
      uniqueKeysWithValues: register.fields.filter { $0.id != "note" && $0.id != "number" }.map {
        ($0.id, form[$0.id])
      })
    let language = request.language
    do {
      let taken = try await scope.write { tx in
        let known = try Entry.ID(form["into"]).flatMap { try tx.entry(register, $0)?.entry }
        if !form["into"].isEmpty, known == nil { throw Disclosure.Refusal.noSuchDisclosure }
        let taken = try takeIn(reading, upload, raw, into: known, language, tx)
        if let id = ID<RegisterExchange.Upload>(form["upload"]) { try tx.dropUpload(id) }
        return taken
      }
      return .redirect(to: "/disclosures/\(taken.disclosure)?read=1")
    } catch let refused as EntryRefused {
      return try await preview(
        request, reading, upload: form["upload"], choice, into: form["into"], scope, typed: raw,
        refusals: refused.refusals, status: 422)
    } catch let refusal as Disclosure.Refusal where refusal.kind != .notFound {
      return try await preview(
        request, reading, upload: form["upload"], choice, into: form["into"], scope, typed: raw,
        problem: refusal, status: refusal.kind == .conflict ? 409 : 422)
    }
  }

  private static func kept(_ id: String, _ choice: DisclosureChoice, _ scope: Scope) async throws -> (
    DisclosureReading, StoredFile.Upload
  ) {
    guard let upload = ID<RegisterExchange.Upload>(id),
      let (name, bytes) = try await scope.read({ try $0.upload(upload, into: register) })
    else { throw Disclosure.Refusal.uploadGone }
    return (try reading(bytes, named: name, choice), try StoredFile.Upload(name: name, content: bytes))
  }

  private static func preview(
    _ request: WebRequest, _ reading: DisclosureReading, upload: String, _ choice: DisclosureChoice,
    into: String,
    _ scope: Scope, typed: [String: String]? = nil, refusals: [any Problem] = [],
    problem: (any Problem)? = nil,
    status: Int = 200
  ) async throws -> Reply {
    var found = reading.facts.raw
    let today = scope.now.day
    found["receivedOn"] = today.description
    found["nextCheckOn"] = today.adding(days: 365).description
    let facts = found
    let preview = try await scope.read { tx -> DisclosureImportPages.Preview in
      func names(_ id: String) throws -> [String] {
        guard let field = register.field(id) else { return [] }
        return try tx.suggestions(for: field, limit: EntryFormPage.mostSuggestions).map(\.name)
      }
      let entries = try tx.entries(register)
      let chosen = entries.first { $0.entry.id.text == into } ?? sameProduct(facts, among: entries)
      var raw = typed ?? facts
      if typed == nil, let chosen {
        // What the register knows already stands unless the workbook says otherwise.
        raw = chosen.entry.values.merging(chosen.names) { _, name in name }.merging(facts) { _, fact in fact }
      }
      return DisclosureImportPages.Preview(
        upload: upload, choice: choice, into: typed == nil ? chosen?.entry.id.text ?? "" : into, raw: raw,
        known: entries.map { ($0.entry.id.text, "\($0.entry.text("number")) \($0.entry.text("product"))") },
        vendors: try names("vendor"), systems: try names("system"), refusals: refusals, problem: problem)
    }
    return .page(DisclosureImportPages.preview(request, reading, preview), status: status)
  }

  private static func sameProduct(_ facts: [String: String], among entries: [NamedEntry]) -> NamedEntry? {
    guard let product = facts["product"]?.searchable, let kind = facts["kind"] else { return nil }
    let same = entries.filter { $0.entry.is("kind", kind) && $0.entry.text("product").searchable == product }
    return same.count == 1 ? same[0] : nil
  }

  // MARK: One disclosure

  private static func records(_ routes: inout Routes) {
    routes.get("disclosures/:id", needs: .registersRead) { request, scope in
      let id: Entry.ID = try request.id()
      let record = try await scope.read { try $0.disclosureRecord(id) }
      guard let record else { throw Disclosure.Refusal.noSuchDisclosure }
      return .page(DisclosureRecordPage.page(request, record))
    }
    routes.showSensitive { $0.parameters["id"].map { "disclosures:\($0)" } }
    routes.get("disclosures/:id/files/:file", needs: .registersRead) { request, scope in
      let id: Entry.ID = try request.id()
      return try await Files.download(
        try request.id("file", of: StoredFile.self), of: register.subject(id), in: scope)
    }
    routes.showSensitive { $0.parameters["id"].map { "disclosures:\($0)" } }
    routes.get("disclosures/:id/answers/:position", needs: .registersRead) { request, scope in
      let id: Entry.ID = try request.id()
      return .page(DisclosureRiskPage.page(request, try await asked(request, id, scope)))
    }
    routes.showSensitive { $0.parameters["id"].map { "disclosures:\($0)" } }
    routes.post("disclosures/:id/answers/:position", needs: .registersEdit) { request, scope in
      try await recordRisk(request, try request.id(), scope)
    }
  }

  private static func recordRisk(_ request: WebRequest, _ id: Entry.ID, _ scope: Scope) async throws -> Reply
  {
    let form = try request.form()
    let draft: DisclosureRisk.Draft
    do throws(DisclosureRisk.Draft.Refused) {
      draft = try DisclosureRisk.Draft({ form[$0] }, today: scope.now.day)
    } catch {
      let asked = try await asked(request, id, scope)
      return .page(
        DisclosureRiskPage.page(request, asked, typed: form, refusals: error.refusals), status: 422)
    }
    do {
      try await decide(draft, on: form["question"], of: id, version: form.version, in: scope)
    } catch is Stale {
      let asked = try await asked(request, id, scope)
      // After a newer form was read, the place may be another question's.
      guard asked.question.number == form["question"] else { throw Stale() }
      return .page(DisclosureRiskPage.page(request, asked, typed: form, isStale: true), status: 409)
    }
    return .redirect(to: "/disclosures/\(id)?recorded=1")
  }

  private static func asked(_ request: WebRequest, _ id: Entry.ID, _ scope: Scope) async throws
    -> DisclosureRiskPage.Asked
  {
    let position = Int(try request.parameter("position")) ?? -1
    let found = try await scope.read { tx -> (DisclosureRecordPage.Record, [String])? in
      guard let record = try tx.disclosureRecord(id) else { return nil }
      return (record, try tx.people().map(\.name))
    }
    guard let (record, people) = found else { throw Disclosure.Refusal.noSuchDisclosure }
    guard record.questions.indices.contains(position), record.questions[position].mayHaveRisk else {
      throw Disclosure.Refusal.noSuchAnswer
    }
    let question = record.questions[position]
    return DisclosureRiskPage.Asked(
      entry: record.entry, question: question, position: position, risk: record.risk[question.number],
      earlier: record.risks.first { $0.closedIn != nil && $0.question == question.number }, people: people)
  }
}

extension ReadTx {
  /// A disclosure with its standing version, compared with the one before; nil when there is none.
  func disclosureRecord(_ id: Entry.ID) throws -> DisclosureRecordPage.Record? {
    guard let entry = try entry(Disclosures.register, id) else { return nil }
    let versions = try disclosureVersions(id)
    let last = versions.last
    let answers =
      try last.map { try disclosureAnswers(id, versions: max(1, $0.number - 1)...$0.number) } ?? [:]
    let questions = last.flatMap { answers[$0.number] } ?? []
    let comparison = last.flatMap { last -> DisclosureComparison? in
      guard let before = versions.dropLast().last else { return nil }
      return DisclosureComparison(
        answers[before.number] ?? [], edition: before.edition, with: questions, edition: last.edition)
    }
    return DisclosureRecordPage.Record(
      entry: entry, versions: versions, questions: questions, comparison: comparison,
      risks: try disclosureRisks(id), annex: try disclosureAnnex())
  }
}

extension DisclosureAnnex {
  /// More numbers than the largest form has cannot be meant.
  static let most = 500

  /// Numbers that a person wrote, one a line or with commas; what is no number is kept as it stands, since it may be one.
  static func read(_ text: String) -> Set<String> {
    let parts = text.halfWidth.uppercased().split { $0.isWhitespace || ",;、".contains($0) }
    return Set(parts.map { DisclosureNumber.read(.text(String($0))) ?? String($0.prefix(30)) })
  }
}

extension DisclosureChoice {
  /// What the correction form says. Columns that do not make a layout are left to recognition.
  init(_ form: FormValues) {
    func column(_ name: String) -> Int? { Int(form[name]).flatMap { (0..<60).contains($0) ? $0 : nil } }
    self.init(sheet: Int(form["sheet"]))
    let answers: DisclosureColumns.Answers
    if let one = column("answerColumn") {
      answers = .one(one)
    } else if let yes = column("yesColumn"), let no = column("noColumn") {
      answers = .marks(yes: yes, no: no, na: column("naColumn"))
    } else {
      return
    }
    guard let number = column("numberColumn") else { return }
    columns = DisclosureColumns(
      header: Int(form["header"].halfWidth).flatMap { (1...10_000).contains($0) ? $0 - 1 : nil },
      number: number,
      question: column("questionColumn"), answers: answers, remark: column("remarkColumn"))
  }
}
