import Kernel
import Publishing
import Storage
import Web

extension Responsibility {
  private typealias Upload = RegisterExchange.Upload

  /// A workbook of all systems has about 12,000 rows and a megabyte; larger files are something else.
  private static let fileBytes = 10 << 20

  static func exchangeRoutes(_ routes: inout Routes) {
    routes.get("responsibility/export.xlsx", needs: .registersRead) { request, scope in
      let bytes = try await export(request.language, in: scope)
      return .file(
        bytes, type: Register.Format.xlsx.mediaType, name: "responsibility-\(scope.now.day).xlsx")
    }
    routes.get("responsibility/import", needs: .registersEdit) { request, _ in
      .page(ResponsibilityImportPages.choose(request, nil))
    }
    routes.post("responsibility/import", needs: .registersEdit, bodyLimit: fileBytes + 1 << 20) {
      request, scope in
      do {
        guard let file = try request.form().files["file"], !file.bytes.isEmpty else { throw Refusal.noFile }
        let plan = try await plan(file.bytes, named: file.name, request.language, in: scope)
        let id = scope.newID(of: Upload.self)
        try await scope.write { try $0.keepUpload(id, into: sheet, name: file.name, bytes: file.bytes) }
        return .page(ResponsibilityImportPages.preview(request, plan, upload: id.text))
      } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooLarge {
        return .page(ResponsibilityImportPages.choose(request, problem), status: 422)
      }
    }
    routes.post("responsibility/import/apply", needs: .registersEdit) { request, scope in
      let form = try request.form()
      guard let id = ID<Upload>(form["upload"]),
        let (name, bytes) = try await scope.read({ try $0.upload(id, into: sheet) })
      else { throw ImportRefusal.uploadGone }
      let plan = try await plan(bytes, named: name, request.language, in: scope)
      guard plan.stamp == form["stamp"] else { throw Stale() }
      guard !plan.changes.isEmpty else { throw Refusal.nothingToChange }
      let language = request.language
      try await scope.write { tx in
        try apply(plan, language, tx)
        try tx.dropUpload(id)
      }
      return .redirect(to: "/responsibility?changed=\(plan.changes.count)")
    }
  }
}

/// Taking the matrix in from a workbook: choosing it, and every difference before it is written.
enum ResponsibilityImportPages {
  /// More rows than this nobody reads on a page; the numbers above them count all.
  private static let mostRows = 300

  static func choose(_ request: WebRequest, _ problem: (any Problem)?) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let problems = problem.map { [$0] } ?? []
    return Page(
      t(.importTitle), menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/responsibility">\(t(.title))</a></li></ol><h1>\(t(.importTitle))</h1>
      <p>\(t(.importLead))</p>\(FormErrors.summary(request, problems))
      <form class="panel stack" method="post" action="/responsibility/import" enctype="multipart/form-data" novalidate>
      \(Components.formToken(request))
      \(Components.field("file", t(.importFile), type: "file", hint: t(.importHint), required: true))
      <div class="cluster apart"><a href="/responsibility">\(t(.back))</a><button class="button" data-kind="primary">\(t(.look))</button></div></form>
      """)
  }

  static func preview(_ request: WebRequest, _ plan: Responsibility.Import, upload: String) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let title = t(.importTitle)
    let apply: HTML? =
      plan.changes.isEmpty
      ? nil
      : """
      <form method="post" action="/responsibility/import/apply">\(Components.formToken(request))
      <input type="hidden" name="upload" value="\(upload)"><input type="hidden" name="stamp" value="\(plan.stamp)">
      <p><button class="button" data-kind="primary">\(t(.previewApply, plan.changes.count))</button></p></form>
      """
    let nothing: HTML? = plan.changes.isEmpty ? "<p><strong>\(t(.previewNothing))</strong></p>" : nil
    return Page(
      title, menu: "registers",
      """
      <ol class="crumbs"><li><a href="/responsibility">\(t(.title))</a></li><li><a href="/responsibility/import">\(title)</a></li></ol><h1>\(title)</h1>
      <p>\(t(.importRead, plan.file, "\(plan.rows.count)", "\(plan.changes.count)", "\(plan.refused.count)"))</p>
      \(nothing)\(apply)\(refused(request, plan, t))\(changes(request, plan, t))
      """)
  }

  private static func refused(
    _ request: WebRequest, _ plan: Responsibility.Import, _ t: Texts<ResponsibilityText>
  ) -> HTML? {
    guard !plan.refused.isEmpty else { return nil }
    let rows = plan.refused.prefix(mostRows).html { row, problems -> HTML in
      let reasons = problems.map { request.words.problem($0, t.language) }.joined(separator: " ")
      return
        "<li>\(t(.importRow, row.number)) \(row.place): \(Components.finding(reasons))</li>"
    }
    return
      "<section aria-labelledby=\"h-refused\"><h2 id=\"h-refused\">\(t(.importRefused))</h2><ul class=\"plain small\">\(rows)</ul></section>"
  }

  private static func changes(
    _ request: WebRequest, _ plan: Responsibility.Import, _ t: Texts<ResponsibilityText>
  ) -> HTML? {
    guard !plan.changes.isEmpty else { return nil }
    let rows = plan.changes.prefix(mostRows).html { system, proposal -> HTML in
      guard let table = plan.tables[system], let item = table.items.first(where: { $0.id == proposal.item })
      else { return "" }
      let words = Responsibility.TableWords(table, t.language)
      return """
        <tr><th scope="row" data-label="\(t(.system))">\(table.system.name)</th><td data-label="\(t(.item))">\(item.shown(in: t.language).name)</td><td data-label="\(t(.phase))">\(t(proposal.phase.word))</td>
        <td data-label="\(t(.before))">\(words.line(table.cell(item, proposal.phase)))</td><td data-label="\(t(.after))"><strong>\(words.line(proposal.cell))</strong></td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.importChanges))</caption>
      <thead><tr><th scope="col">\(t(.system))</th><th scope="col">\(t(.item))</th><th scope="col">\(t(.phase))</th><th scope="col">\(t(.before))</th><th scope="col">\(t(.after))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }
}
