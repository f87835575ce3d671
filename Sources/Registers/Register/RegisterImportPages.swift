import Kernel
import Publishing
import Web

/// Choosing a file, and seeing what it would do.
enum RegisterImportPages {
  /// So many rows are shown; those that need a look come first.
  static let mostRows = 200

  static func choose(_ request: WebRequest, _ register: Register, _ problem: (any Problem)?) -> Page {
    let t = request.texts(RegisterText.self)
    let name = register.name(t.language)
    let title = t(.importTitle, name)
    let refusal = problem.map { Components.notice(.bad, request.words.problem($0, t.language)) }
    let keyHint = t(.importKeyHint, register.key.label(t.language))
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/registers/\(register.id)">\(name)</a></li></ol>
      <h1>\(title)</h1>
      <p>\(t(.importLead)) \(keyHint)</p>\(refusal)
      <form class="panel stack" method="post" enctype="multipart/form-data" action="/registers/\(register.id)/import">
      \(Components.formToken(request))
      <div class="field"><label for="file">\(t(.importFile))</label><input id="file" name="file" type="file" accept=".xlsx,.xlsm,.csv,.txt,.tsv\(register.id == Devices.register.id ? ",.xml" as HTML : nil)" required aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.importHint))\(register.id == Devices.register.id ? " \(t(.importScanHint))" as HTML : nil)</p></div>
      <label class="cluster"><input type="checkbox" name="clears" value="1"> \(t(.importClears))</label>
      <div class="cluster apart"><a href="/registers/\(register.id)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.importRead))</button></div>
      </form>
      """)
  }

  static func preview(_ request: WebRequest, _ plan: RegisterImport, _ upload: RegisterExchange.Pending)
    -> Page
  {
    let t = request.texts(RegisterText.self)
    let register = plan.register
    let name = register.name(t.language)
    let title = t(.importTitle, name)
    let place = t(
      .importPlace, plan.source.file, plan.source.sheet.name, t.language.number(plan.match.headerRow + 1))
    return Page(
      title, menu: "registers",
      """
      <ol class="crumbs"><li><a href="/registers/\(register.id)">\(name)</a></li></ol>
      <h1>\(title)</h1>
      <p>\(place)</p>\(plan.remarks(t.language).html { Components.notice(.info, $0) })
      \(decision(request, plan, upload, t))
      \(columns(request, plan, upload, t))
      \(plan.rows.isEmpty ? nil : rows(request, plan, t))
      """)
  }

  private static func decision(
    _ request: WebRequest, _ plan: RegisterImport, _ upload: RegisterExchange.Pending,
    _ t: Texts<RegisterText>
  ) -> HTML {
    let register = plan.register
    guard plan.hasKeyColumn else {
      let refusal = ImportRefusal.noKeyColumn(label: register.key.label(t.language))
      return Components.notice(.bad, request.words.problem(refusal, t.language))
    }
    let figures = [
      (t(.fateAdd), plan.added), (t(.fateUpdate), plan.updated), (t(.fateUnchanged), plan.unchanged),
      (t(.fateRefused), plan.refused),
    ].map { name, count in (mark: String?.none, name: HTML(name), value: HTML(t.language.number(count))) }
    let count = plan.added + plan.updated
    let clears = upload.emptyClears ? "&clears=1" : ""
    let refused: HTML? =
      plan.refused == 0
      ? nil
      : "<a href=\"/registers/\(register.id)/import/refused.xlsx?upload=\(upload.id)\(clears)\">\(t(.importRefusedLink))</a>"
    let apply: HTML =
      count == 0
      ? "<p><strong>\(t(.importNothing))</strong></p>"
      : "<button class=\"button\" data-kind=\"primary\">\(t(.importApply, register.counted(t.language, count)))</button>"
    return """
      \(Components.figures(figures))
      <form method="post" action="/registers/\(register.id)/import/apply" class="cluster">\(hidden(request, upload))<input type="hidden" name="stamp" value="\(plan.stamp)">
      \(apply) <a href="/registers/\(register.id)/import">\(t(.importOther))</a> \(refused)</form>
      """
  }

  private static func hidden(_ request: WebRequest, _ upload: RegisterExchange.Pending) -> HTML {
    "\(Components.formToken(request))<input type=\"hidden\" name=\"upload\" value=\"\(upload.id)\"><input type=\"hidden\" name=\"clears\" value=\"\(upload.emptyClears ? "1" : "")\">"
  }

  /// How the columns were matched, each with a choice to correct it.
  private static func columns(
    _ request: WebRequest, _ plan: RegisterImport, _ upload: RegisterExchange.Pending,
    _ t: Texts<RegisterText>
  ) -> HTML {
    let register = plan.register
    let fields = [("", t(.importIgnore))] + register.fields.map { ($0.id, $0.label(t.language)) }
    let rows = plan.match.columns.html { column in
      let options = fields.html { id, label in
        "<option value=\"\(id)\"\("selected", if: id == column.field ?? "")>\(label)</option>"
      }
      return """
        <tr><th scope="row" data-label="\(t(.importHeading))">\(column.heading)<input type="hidden" name="heading" value="\(column.heading)"></th>
        <td data-label="\(t(.importSample))">\(plan.source.sample(column))</td>
        <td data-label="\(t(.importField))"><select name="field" aria-label="\(t(.importFieldOf, column.heading))">\(options)</select></td></tr>
        """
    }
    let missing = plan.match.unmatchedFields(of: register).map { $0.label(t.language) }
    let absent: HTML? =
      missing.isEmpty
      ? nil : "<p class=\"small\">\(t(.importAbsent, missing.joined(separator: t(.listComma))))</p>"
    // Open where a person has to look: nothing can be taken in, or a column is not read.
    let isOpen = !plan.hasKeyColumn || !plan.match.unmatched.isEmpty
    let read = plan.match.columns.count - plan.match.unmatched.count
    return """
      <details\("open", if: isOpen)><summary>\(t(.importColumns, read, plan.match.unmatched.count))</summary>
      <form method="post" action="/registers/\(register.id)/import/columns" class="stack">\(hidden(request, upload))
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.importColumnsCaption))</caption>
      <thead><tr><th scope="col">\(t(.importHeading))</th><th scope="col">\(t(.importSample))</th><th scope="col">\(t(.importField))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(absent)<p><button class="button">\(t(.importReread))</button></p></form></details>
      """
  }

  private static func rows(_ request: WebRequest, _ plan: RegisterImport, _ t: Texts<RegisterText>) -> HTML {
    let shown = plan.toLookAt(mostRows)
    let body = shown.html { row in
      """
      <tr><td class="num" data-label="\(t(.importRow))">\(row.number)</td><th scope="row" data-label="\(plan.register.key.label(t.language))">\(row.key)</th>
      <td data-label="\(t(.importFate))">\(fate(row, t))</td><td data-label="\(t(.importDetail))">\(detail(request, row, plan, t))</td></tr>
      """
    }
    let more: HTML? =
      plan.read > shown.count ? "<p class=\"small\">\(t(.importMore, plan.read, shown.count))</p>" : nil
    return """
      <h2>\(t(.importRows))</h2>\(more)
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.importRows))</caption>
      <thead><tr><th scope="col">\(t(.importRow))</th><th scope="col">\(plan.register.key.label(t.language))</th><th scope="col">\(t(.importFate))</th><th scope="col">\(t(.importDetail))</th></tr></thead><tbody>\(body)</tbody></table>
      """
  }

  private static func fate(_ row: RegisterImport.Row, _ t: Texts<RegisterText>) -> HTML {
    switch row.fate {
    case .add: Components.tag(t(.fateAdd), .good)
    case .update: Components.tag(t(.fateUpdate), .info)
    case .unchanged: Components.tag(t(.fateUnchanged))
    case .refuse: Components.tag(t(.fateRefused), .bad)
    }
  }

  /// Every difference, or every reason.
  private static func detail(
    _ request: WebRequest, _ row: RegisterImport.Row, _ plan: RegisterImport, _ t: Texts<RegisterText>
  ) -> HTML {
    func shown(_ field: Field, _ value: String?) -> String {
      guard let value else { return t(.none) }
      if plan.names.has(field, value) { return plan.names.title(field, of: value) }
      return FieldView.plain(field, value, t.language)
    }
    let lines: [HTML]
    switch row.fate {
    case .unchanged: return ""
    case .add(let values):
      let title = values[plan.register.title.id] ?? ""
      return title == row.key ? "" : HTML(title)
    case .update(_, _, let differences):
      lines = differences.compactMap { one in
        guard let field = plan.register.field(one.field) else { return nil }
        let (before, after) = (shown(field, one.before), shown(field, one.after))
        return HTML(t(.changedField, field.label(t.language), before, after))
      }
    case .refuse(let faults):
      lines = faults.map { Components.finding(request.words.problem($0.problem, t.language)) }
    }
    return "<ul class=\"plain\">\(lines.html { "<li>\($0)</li>" })</ul>"
  }
}

extension RegisterImport {
  /// The first rows for a person to look at: refused ones, then changes, then what is new, each in the order of the file.
  func toLookAt(_ most: Int) -> [Row] {
    var groups: [[Row]] = [[], [], [], []]
    for row in rows {
      let group =
        switch row.fate {
        case .refuse: 0
        case .update: 1
        case .add: 2
        case .unchanged: 3
        }
      if groups[group].count < most { groups[group].append(row) }
    }
    return Array(groups.joined().prefix(most))
  }
}
