import Kernel
import Publishing
import Storage
import Web

/// Sheets as workbooks, for vendors who want them: out, filled in, and back.
enum SheetExchange {
  static func workbook(_ sheet: Requests.Sheet, title: String, _ language: Language) throws -> [UInt8] {
    let t = Texts<AssessmentText>(language)
    let own = Texts<LinkText>(language)
    func cell(_ text: String) -> Cell { text.isEmpty ? .empty : .text(text) }
    func day(_ day: Day?) -> Cell { day.map { .day($0) } ?? .empty }
    let rows = sheet.rows.map { item -> [Cell] in
      let answer = sheet.answer(item.id)
      let targets = item.appliesTo.map { t(AssessmentText.target($0)) }.joined(separator: "、")
      let value = answer.value.map { t(AssessmentText.value($0)) } ?? ""
      return [cell(item.label), cell(targets), cell(item.question(language)), cell(value)]
        + [day(answer.checkedOn), day(answer.targetOn), cell(answer.note)]
        + [cell(sheet.remarks[item.id]?.text ?? ""), cell(answer.by)]
    }
    let headings =
      [t(.columnNumber), t(.columnTarget), t(.columnQuestion), t(.columnAnswer), t(.columnChecked)]
      + [t(.columnDue), t(.columnNote), own(.columnRemark), own(.columnBy)]
    return try Sheets.xlsx([
      OutputSheet(
        name: String(title.prefix(20)), headings: headings, rows: rows,
        columnWidths: [8, 14, 60, 9, 12, 12, 40, 30, 20])
    ])
  }

  /// What a workbook would do to a sheet: nothing has been written yet.
  struct Preview: Sendable {
    let plan: ChecklistImport
    /// What changes, by item.
    let drafts: [(item: String, draft: SheetAnswer.Draft)]
    let stamp: Int
  }

  /// - Throws: `SheetProblem`, `ImportProblem`.
  static func preview(_ bytes: [UInt8], named file: String, into sheet: Requests.Sheet, today: Day) throws
    -> Preview
  {
    let plan = try ChecklistImport(
      Sheets.read(bytes, named: file), file: file, form: sheet.form, year: nil, today: today)
    let drafts = plan.lines.compactMap { line -> (item: String, draft: SheetAnswer.Draft)? in
      guard case .apply(let item, let reading) = line.fate else { return nil }
      let before = SheetAnswer.Draft(sheet.answer(item))
      var draft = before
      // An empty answer never takes one away, and what the file has no column for stays.
      draft.value = reading.value ?? before.value
      let round = reading.last.number
      if plan.speaks(of: .checked, in: round) { draft.checkedOn = reading.checkedDay ?? before.checkedOn }
      if plan.speaks(of: .due, in: round) { draft.targetOn = reading.targetOn ?? before.targetOn }
      if plan.speaks(of: .note, in: round), !reading.note.isEmpty { draft.note = reading.note }
      return draft == before ? nil : (item, draft)
    }
    return Preview(plan: plan, drafts: drafts, stamp: sheet.answers.stamp)
  }

  /// Where the upload of a preview waits; the same place as that of assessments.
  static func place(_ id: SheetRequest.ID) throws -> Assessment.ID {
    guard let place = Assessment.ID(id.text) else { throw SheetRequest.Refusal.noSuchRequest }
    return place
  }
}

extension ChecklistImport.Reading {
  fileprivate var checkedDay: Day? { confirmedOn }
}

/// The pages of a workbook, the same for vendor and hospital.
struct WorkbookPages {
  /// Where the sheet is; the workbook is at `path/workbook`.
  let path: HTML
  let title: String
  /// Without the bar: for vendors.
  let isBare: Bool

  func choose(_ request: WebRequest, problem: (any Problem)?) -> Page {
    let t = request.texts(LinkText.self)
    return Page(
      t(.workbookTitle), menu: isBare ? nil : "registers", narrow: true, bare: isBare,
      """
      <ol class="crumbs"><li><a href="\(path)">\(title)</a></li></ol><h1>\(t(.workbookTitle))</h1>
      <p>\(t(.workbookLead)) <a href="\(path)/workbook.xlsx">\(t(.workbookGive))</a></p>
      \(problem.map { Components.notice(.bad, request.words.problem($0, request.language)) })
      <form class="panel stack" method="post" enctype="multipart/form-data" action="\(path)/workbook">\(Components.formToken(request))
      <div class="field"><label for="file">\(t(.workbookFile))</label><input id="file" name="file" type="file" accept=".xlsx,.csv,.txt,.tsv" required aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.noteHint))</p></div>
      <p><button class="button" data-kind="primary">\(t(.workbookRead))</button></p></form>
      """)
  }

  func preview(
    _ request: WebRequest, _ sheet: Requests.Sheet, _ preview: SheetExchange.Preview,
    upload: ID<Exchange.Upload>
  ) -> Page {
    let t = request.texts(LinkText.self)
    let skipped = preview.plan.itemLines.compactMap { line -> HTML? in
      guard case .skip(let reason) = line.fate, reason != .noAnswer else { return nil }
      let words = request.words.message("import.\(reason.code)", reason.arguments, request.language)
      return "<li>\(t(.workbookRow, line.row)) \(line.label) \(Components.finding(words))</li>"
    }
    let refused: HTML? =
      skipped.isEmpty
      ? nil
      : Components.notice(.warn, t(.workbookSkipped, skipped.count), "<ul class=\"plain\">\(skipped)</ul>")
    let decide: HTML =
      preview.drafts.isEmpty
      ? Components.notice(.info, t(.workbookSame))
      : """
      <form method="post" action="\(path)/workbook/answers" class="cluster">\(Components.formToken(request))<input type="hidden" name="upload" value="\(upload)"><input type="hidden" name="stamp" value="\(preview.stamp)">
      <button class="button" data-kind="primary">\(t(.workbookApply, preview.drafts.count))</button> <a href="\(path)/workbook">\(t(.workbookOther))</a></form>
      """
    return Page(
      t(.workbookPreview), menu: isBare ? nil : "registers", bare: isBare,
      """
      <ol class="crumbs"><li><a href="\(path)">\(title)</a></li></ol><h1>\(t(.workbookPreview))</h1>
      \(refused)\(decide)\(ItemForm.differences(request, sheet, preview.drafts))
      """)
  }
}

extension ItemForm {
  /// What stands and what would stand, item by item.
  static func differences(
    _ request: WebRequest, _ sheet: Requests.Sheet, _ drafts: [(item: String, draft: SheetAnswer.Draft)]
  ) -> HTML? {
    guard !drafts.isEmpty else { return nil }
    let t = request.texts(LinkText.self)
    let rows = drafts.html { item, draft in
      let row = sheet.form.item(item)
      return """
        <tr><td class="nowrap" data-label="\(t(.columnNumber))">\(row?.label)</td><th scope="row" data-label="\(t(.columnQuestion))"><span>\(row?.question(request.language))\(row.map { targets($0, request.language) })</span></th>
        <td data-label="\(t(.columnNow))">\(words(SheetAnswer.Draft(sheet.answer(item)), request))</td><td data-label="\(t(.columnThen))">\(words(draft, request))</td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.differences))</caption><thead><tr><th scope="col">\(t(.columnNumber))</th><th scope="col">\(t(.columnQuestion))</th><th scope="col">\(t(.columnNow))</th><th scope="col">\(t(.columnThen))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }

  private static func words(_ draft: SheetAnswer.Draft, _ request: WebRequest) -> HTML {
    let t = request.texts(LinkText.self)
    let days = [draft.checkedOn, draft.targetOn].compactMap { $0.map(request.language.columnDate) }
    let value = draft.value.map { t(LinkText.value($0)) } ?? t(.unanswered)
    let note: HTML? = draft.note.isEmpty ? nil : "<br><span class=\"small\">\(draft.note)</span>"
    return "<span>\(([value] + days).joined(separator: " ・ "))\(note)</span>"
  }
}

extension LinkRoutes {
  /// The same routes for the vendor; the hospital's are in `RequestRoutes`.
  func workbook(_ routes: inout Routes) {
    routes.get("v/sheets/:id/workbook.xlsx", .open) { request in
      try await guarded(request) {
        let view = try await view(request, try await door.guest(request, at: try request.id()))
        let bytes = try SheetExchange.workbook(view.sheet, title: view.title, request.language)
        return .file(bytes, type: Exchange.Format.xlsx.mediaType, name: "\(view.title).xlsx")
      }
    }
    routes.get("v/sheets/:id/workbook", .open) { request in
      try await guarded(request) {
        let view = try await view(request, try await door.guest(request, at: try request.id()))
        return .page(pages(view).choose(request, problem: nil))
      }
    }
    routes.post(
      "v/sheets/:id/workbook", bodyLimit: 21 << 20, admitting: door.admits
    ) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        let view = try await view(request, guest)
        return try await SheetExchange.previewReply(
          request, view.sheet, pages(view), in: guest.scope(request))
      }
    }
    routes.post("v/sheets/:id/workbook/answers", .open) { request in
      try await guarded(request) {
        let guest = try await door.guest(request, at: try request.id())
        let view = try await view(request, guest)
        try await SheetExchange.apply(
          request, view.sheet, by: guest.name, from: .workbook, in: guest.scope(request))
        return .redirect(to: "/v/sheets/\(guest.request)?done=taken")
      }
    }
  }

  private func pages(_ view: LinkPages.View) -> WorkbookPages {
    WorkbookPages(path: view.path, title: view.title, isBare: true)
  }
}

extension SheetExchange {
  /// Reads the file of a form and shows what it would do.
  static func previewReply(
    _ request: WebRequest, _ sheet: Requests.Sheet, _ pages: WorkbookPages, in scope: Scope
  ) async throws -> Reply {
    guard sheet.request.isWritable else { throw SheetRequest.Refusal.notWritable }
    do {
      guard let file = try request.form().files["file"], !file.bytes.isEmpty else {
        throw SheetRequest.Refusal.fileEmpty
      }
      let preview = try preview(file.bytes, named: file.name, into: sheet, today: scope.now.day)
      let upload: ID<Exchange.Upload> = scope.newID()
      let place = try place(sheet.request.id)
      try await scope.write { try $0.keepUpload(upload, of: place, file: file.name, bytes: file.bytes) }
      return .page(pages.preview(request, sheet, preview, upload: upload))
    } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooLarge {
      return .page(pages.choose(request, problem: problem), status: 422)
    }
  }

  /// Takes the previewed file in.
  static func apply(
    _ request: WebRequest, _ sheet: Requests.Sheet, by name: String, from source: SheetAnswer.Source,
    in scope: Scope
  ) async throws {
    let form = try request.form()
    let place = try place(sheet.request.id)
    guard let upload = ID<Exchange.Upload>(form["upload"]),
      let (name: file, bytes) = try await scope.read({ tx in
        try tx.upload(upload, of: place).map { (name: $0.0, $0.1) }
      })
    else { throw WebProblem.notFound }
    let preview = try preview(bytes, named: file, into: sheet, today: scope.now.day)
    let stamp = Int(form["stamp"]) ?? -1
    try await scope.write { tx in
      _ = try Requests.saveAll(
        preview.drafts, of: sheet.request.id, versions: stamp, by: name, from: source, tx)
      try tx.dropUpload(upload)
    }
  }
}
