import Kernel
import Publishing
import Web

/// Choosing a file, and seeing what it was read as, row by row, before anything is taken.
enum DisclosureImportPages {
  static func choose(_ request: WebRequest, into: String?, _ problem: (any Problem)?) -> Page {
    let t = request.texts(DisclosureText.self)
    let refusal = problem.map { Components.notice(.bad, request.words.problem($0, t.language)) }
    return Page(
      t(.importTitle), menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/disclosures">\(t(.registerName))</a></li></ol><h1>\(t(.importTitle))</h1>
      <p>\(t(.importLead))</p>\(refusal)
      <form class="panel stack" method="post" enctype="multipart/form-data" action="/disclosures/import">\(Components.formToken(request))
      <input type="hidden" name="into" value="\(into ?? "")">
      <div class="field"><label for="file">\(t(.importFile))</label><input id="file" name="file" type="file" accept=".xlsx,.xlsm,.csv,.txt,.tsv" required aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.importHint))</p></div>
      <div class="cluster apart"><a href="/disclosures">\(t(.back))</a><button class="button" data-kind="primary">\(t(.importRead))</button></div></form>
      """)
  }

  /// What stands in the preview beside the reading.
  struct Preview: Sendable {
    let upload: String
    let choice: DisclosureChoice
    let into: String
    /// The register's fields as texts: what the workbook says, or what the person typed.
    let raw: [String: String]
    /// Disclosures of which this may be a new version.
    let known: [(value: String, name: String)]
    let vendors: [String]
    let systems: [String]
    var refusals: [any Problem] = []
    var problem: (any Problem)?
  }

  static func preview(_ request: WebRequest, _ reading: DisclosureReading, _ preview: Preview) -> Page {
    let t = request.texts(DisclosureText.self)
    let isRead = reading.columns != nil && !reading.questions.isEmpty
    let place = t(.importPlace, reading.file, reading.sheetName)
    let refusal = preview.problem.map { Components.notice(.bad, request.words.problem($0, t.language)) }
    let content: HTML =
      isRead
      ? "\(figures(reading, t))\(take(request, reading, preview, t))\(columns(request, reading, preview, isOpen: false, t))\(rows(reading, t))"
      : """
      \(Components.notice(.bad, request.words.problem(Disclosure.Refusal.notRecognised, t.language)))
      \(columns(request, reading, preview, isOpen: true, t))
      """
    return Page(
      t(.importTitle), menu: "registers",
      """
      <ol class="crumbs"><li><a href="/disclosures">\(t(.registerName))</a></li></ol><h1>\(t(.importTitle))</h1>
      <p>\(place)</p>\(refusal)\(content)
      """)
  }

  private static func figures(_ reading: DisclosureReading, _ t: Texts<DisclosureText>) -> HTML {
    let answers: [Disclosure.Answer] = [.yes, .no, .na, .blank, .unreadable]
    var figures: [(mark: String?, name: HTML, value: HTML)] = answers.map { answer in
      (nil, HTML(t(DisclosureText.answer(answer))), HTML(t.language.number(reading.count(answer))))
    }
    figures.append((nil, HTML(t(.rowsRefused)), HTML(t.language.number(reading.refused))))
    let isOld = reading.facts.edition == DisclosureEdition.mds2Old
    let old: HTML? = isOld ? Components.notice(.warn, t(.oldFormTitle), "<p>\(t(.oldFormText))</p>") : nil
    return "\(Components.figures(figures))\(old)"
  }

  private static func hidden(_ request: WebRequest, _ preview: Preview) -> HTML {
    """
    \(Components.formToken(request))<input type="hidden" name="upload" value="\(preview.upload)"><input type="hidden" name="choice" value="\(preview.choice.code)">
    """
  }

  // MARK: What it is

  private static func take(
    _ request: WebRequest, _ reading: DisclosureReading, _ preview: Preview, _ t: Texts<DisclosureText>
  ) -> HTML {
    let known = [("", t(.intoNew))] + preview.known
    let errors = preview.refusals
    func error(_ id: String) -> String? {
      errors.first { $0.field == id }.map { request.words.problem($0, t.language) }
    }
    let words = Texts<RegisterText>(t.language)
    let fields = Disclosures.register.fields.filter { $0.id != "number" && $0.id != "note" }.html {
      field -> HTML in
      let names = field.id == "vendor" ? preview.vendors : field.id == "system" ? preview.systems : []
      let value = preview.raw[field.id] ?? ""
      if field.id == "edition" {
        return Components.field(
          field.id, field.label(t.language), value: value,
          hint: value.isEmpty ? t(.editionUnknown) : field.hint?(t.language), error: error(field.id),
          suggestions: DisclosureEdition.known)
      }
      return EntryFormPage.control(field, value, names.map { ("", $0) }, error(field.id), words)
    }
    let summary: HTML? =
      errors.isEmpty
      ? nil
      : Components.errorSummary(
        t(.takeRefused), errors.map { ($0.field, request.words.problem($0, t.language)) })
    return """
      \(summary)<form method="post" action="/disclosures/import/apply" class="panel stack" novalidate>\(hidden(request, preview))
      <h2>\(t(.takeTitle))</h2><p>\(t(.takeLead))</p>
      \(Components.select("into", t(.into), options: known, chosen: preview.into, hint: t(.intoHint)))
      \(fields)
      <div class="cluster apart"><a href="/disclosures/import">\(t(.importOther))</a><button class="button" data-kind="primary">\(t(.take, reading.questions.count))</button></div></form>
      """
  }

  // MARK: Columns

  private static func columns(
    _ request: WebRequest, _ reading: DisclosureReading, _ preview: Preview, isOpen: Bool,
    _ t: Texts<DisclosureText>
  ) -> HTML {
    let width = min(reading.sample.map(\.count).max() ?? 0, 60)
    let columns = reading.columns
    let head = columns?.header.map { reading.sample.indices.contains($0) ? reading.sample[$0] : [] } ?? []
    let names = (0..<width).map { index -> (value: String, name: String) in
      let heading = head.cell(index).text.trimmed
      return (
        "\(index)", heading.isEmpty ? columnLetter(index) : "\(columnLetter(index)): \(heading.prefix(30))"
      )
    }
    func select(_ id: String, _ label: DisclosureText, _ chosen: Int?) -> HTML {
      Components.select(
        id, t(label), options: [("", t(.noColumn))] + names, chosen: chosen.map { "\($0)" } ?? "")
    }
    let (one, yes, no, na): (Int?, Int?, Int?, Int?) =
      switch columns?.answers {
      case .one(let column): (column, nil, nil, nil)
      case .marks(let yes, let no, let na): (nil, yes, no, na)
      case nil: (nil, nil, nil, nil)
      }
    let sheets = reading.sheets.enumerated().map { (value: "\($0)", name: $1) }
    let kind: String? = isOpen ? "primary" : nil
    return """
      <details\("open", if: isOpen)><summary>\(t(.columnsTitle))</summary><form method="post" action="/disclosures/import/columns" class="panel stack">\(hidden(request, preview))
      <input type="hidden" name="into" value="\(preview.into)"><input type="hidden" name="sheetBefore" value="\(reading.sheet)"><p>\(t(.columnsLead))</p>
      \(Components.select("sheet", t(.sheet), options: sheets, chosen: "\(reading.sheet)", hint: t(.sheetHint)))
      \(Components.field("header", t(.headerRow), value: columns?.header.map { "\($0 + 1)" } ?? "", hint: t(.headerHint), inputmode: "numeric"))
      \(select("numberColumn", .numberHead, columns?.number))\(select("questionColumn", .questionHead, columns?.question))
      \(select("answerColumn", .answerHead, one))\(select("yesColumn", .yesColumn, yes))\(select("noColumn", .noColumnHead, no))\(select("naColumn", .naColumn, na))
      \(select("remarkColumn", .remarkHead, columns?.remark))
      <p><button class="button"\("data-kind", is: kind)>\(t(.reread))</button></p></form>\(sample(reading, width, t))</details>
      """
  }

  private static func sample(_ reading: DisclosureReading, _ width: Int, _ t: Texts<DisclosureText>) -> HTML {
    let head = (0..<width).html { "<th scope=\"col\">\(columnLetter($0))</th>" }
    let rows = reading.sample.prefix(15).enumerated().html { index, row in
      let cells = (0..<width).html { "<td>\(String(row.cell($0).text.prefix(40)))</td>" }
      return "<tr><th scope=\"row\" class=\"num\">\(index + 1)</th>\(cells)</tr>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.sample))"><table class="table"><caption>\(t(.sample))</caption><thead><tr><th scope="col">\(t(.rowHead))</th>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>
      """
  }

  /// 0 is A, 26 is AA.
  private static func columnLetter(_ index: Int) -> String {
    var (rest, letters) = (index + 1, "")
    while rest > 0 {
      letters = "\(Character(Unicode.Scalar(UInt8(0x41 + (rest - 1) % 26))))\(letters)"
      rest = (rest - 1) / 26
    }
    return letters
  }

  // MARK: Rows

  /// Every row with its fate; what a person should look at first.
  private static func rows(_ reading: DisclosureReading, _ t: Texts<DisclosureText>) -> HTML {
    func rank(_ row: DisclosureReading.Row) -> Int {
      switch row.fate {
      case .refused: 0
      case .question(_, let remarks): remarks.contains { $0 != .blank } ? 1 : remarks.isEmpty ? 3 : 2
      case .section: 4
      case .head: 5
      }
    }
    let sorted = reading.rows.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }
    let shown = sorted.prefix(400)
    let body = shown.html { _, row in
      let (fate, detail) = fate(row, t)
      return """
        <tr><td class="num" data-label="\(t(.rowHead))">\(row.number)</td><td data-label="\(t(.fateHead))"><span>\(fate)</span></td><td data-label="\(t(.rowContent))"><span>\(detail)</span></td></tr>
        """
    }
    let more: HTML? =
      shown.count < sorted.count
      ? "<p class=\"small\">\(t(.moreRows, sorted.count, shown.count))</p>" : nil
    return """
      <h2>\(t(.rowsTitle))</h2>\(more)<table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.rowsTitle))</caption>
      <thead><tr><th scope="col">\(t(.rowHead))</th><th scope="col">\(t(.fateHead))</th><th scope="col">\(t(.rowContent))</th></tr></thead><tbody>\(body)</tbody></table>
      """
  }

  private static func fate(_ row: DisclosureReading.Row, _ t: Texts<DisclosureText>) -> (HTML, HTML) {
    switch row.fate {
    case .head: return (Components.tag(t(.fateHeadRow)), HTML(row.shown))
    case .section: return (Components.tag(t(.fateSection)), HTML(row.shown))
    case .refused(let why):
      return (
        Components.tag(t(.fateRefused), .bad),
        "\(Components.finding(t(DisclosureText.refused(why))))<br>\(row.shown)"
      )
    case .question(let question, let remarks):
      let notes = remarks.html { "<br>\(Components.finding(t(DisclosureText.remark($0))))" }
      let said: HTML? = question.said.isEmpty ? nil : "<br><span class=\"soft\">\(question.said)</span>"
      let fate =
        "<b class=\"nowrap\">\(question.number)</b> \(DisclosureRecordPage.answer(question, t))" as HTML
      return (fate, "\(question.text)\(said)\(notes)")
    }
  }
}
