import Kernel
import Publishing
import Registers
import Web

/// The report on the screen: the same sheet as on paper.
enum ReportPage {
  static func list(_ request: WebRequest, _ rows: [(Assessment, Pack.Form)]) -> Page {
    let t = request.texts(ReportText.self)
    let language = request.language
    let items = rows.html { assessment, form in
      "<li><a href=\"/reports/\(assessment.id)\">\(language.fiscalYear(assessment.fiscalYear)) \(form.title(language))</a></li>"
    }
    let list: HTML = "<ul class=\"panel plain\">\(items)</ul>"
    let start: HTML =
      "<a class=\"button\" data-kind=\"primary\" href=\"/assessments/new\">\(request.texts(AssessmentText.self)(.open))</a>"
    return Page(
      t(.listTitle), menu: "reports",
      "<h1>\(t(.listTitle))</h1>\(rows.isEmpty ? Components.empty(t(.listEmpty), t(.listEmptyText), start) : list)"
    )
  }

  static func page(_ request: WebRequest, _ words: ReportWords) -> Page {
    let id = words.report.overview.assessment.id
    return Page(
      "\(words.title) \(words.year)", menu: "reports",
      """
      <div class="page-head screen-only">
      <p class="soft small">\(words.text(.screenNote))</p>
      <div class="cluster"><a class="button" href="/reports/\(id)/management.xlsx">\(words.text(.xlsx))</a>
      <a class="button" href="/reports/\(id)/management.json">\(words.text(.json))</a>
      <button class="button" type="button" data-print hidden>\(words.text(.print))</button>
      <a class="button" data-kind="primary" href="/reports/\(id)/management.pdf">\(words.text(.pdf))</a></div>
      </div>
      \(sheet(words, link: "/assessments/\(id)"))
      \(details(words))
      """)
  }

  /// A page that stands alone, for the command line.
  static func standalone(_ words: ReportWords) -> HTML {
    StandalonePage.html(title: words.title, words.language, "\(sheet(words, link: nil))\(details(words))")
  }

  private static func sheet(_ words: ReportWords, link: HTML?) -> HTML {
    let figures = words.figures.map { figure in
      (
        mark: String?.some(figure.mark), name: HTML(figure.label),
        value: "\(figure.value) <small>\(words.unit)</small>" as HTML
      )
    }
    let notice: HTML? = words.notice.map {
      "<div class=\"notice\" data-tone=\"warn\"><p>\($0)</p></div>"
    }
    return """
      <article class="sheet">
      <header class="sheet-head"><h1>\(words.title)</h1><p>\(words.facilityLine)</p></header>
      <p class="lead"><strong>\(words.lead)</strong> \(words.leadRest)</p>\(notice)
      \(Components.figures(figures))
      <div class="columns">
      <section><h2>\(words.text(.sections))</h2>\(words.sectionChart)</section>
      <section><h2>\(words.text(.years))</h2>\(words.yearChart)<p class="small soft">\(words.yearNote)</p></section>
      </div>
      \(national(words))
      \(urgent(words, link: link))
      \(asks(words))
      <footer class="sheet-foot small"><span>\(words.signature)</span><span>\(words.text(.fingerprint)) <span class="fixed">\(words.report.fingerprint)</span></span></footer>
      </article>
      """
  }

  private static func national(_ words: ReportWords) -> HTML {
    let chart: HTML? = words.nationalChart.map {
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(words.text(.national))\">\($0)</div><p class=\"scroll-hint small soft\">\(words.text(.scrollHint))</p>"
    }
    return
      "<section><h2>\(words.text(.national))</h2>\(chart)<p class=\"small soft\">\(words.nationalNote)</p></section>"
  }

  private static func urgent(_ words: ReportWords, link: HTML?) -> HTML? {
    let rows = words.urgentRows.prefix(5)
    guard !rows.isEmpty else { return nil }
    let body = rows.html { row in
      let name: HTML =
        link.map { "<a href=\"\($0)?item=\(row.urgency.item.id)\">\(row.item)</a>" } ?? HTML(row.item)
      let owner: HTML = row.owner.map { HTML($0) } ?? Components.finding(words.text(.none))
      let due: HTML =
        row.due.map { row.isOverdue ? Components.finding($0) : HTML($0) }
        ?? Components.finding(words.text(.none))
      return """
        <tr><td data-label="\(words.text(.rank))">\(row.rank)</td><th data-label="\(words.text(.item))" scope="row">\(name)</th>
        <td data-label="\(words.text(.reason))">\(row.reason)</td><td data-label="\(words.text(.owner))" class="nowrap">\(owner)</td><td data-label="\(words.text(.due))" class="nowrap">\(due)</td></tr>
        """
    }
    return """
      <section><h2>\(words.text(.urgent))</h2><table class="table" data-narrow="cards"><caption class="visually-hidden">\(words.text(.urgent))</caption>
      <thead><tr><th scope="col">\(words.text(.rank))</th><th scope="col">\(words.text(.item))</th><th scope="col">\(words.text(.reason))</th><th scope="col">\(words.text(.owner))</th><th scope="col">\(words.text(.due))</th></tr></thead>
      <tbody>\(body)</tbody></table></section>
      """
  }

  private static func asks(_ words: ReportWords) -> HTML {
    let asks = words.asks
    let list: HTML =
      asks.isEmpty
      ? "<p>\(words.text(.noAsks))</p>" : "<ol class=\"steps\">\(asks.html { "<li>\($0)</li>" })</ol>"
    return "<section><h2>\(words.text(.asks))</h2>\(list)</section>"
  }

  /// The tables behind the first page.
  private static func details(_ words: ReportWords) -> HTML {
    words.details.html { table in
      let head = table.head.html { "<th scope=\"col\">\($0)</th>" }
      let rows = table.rows.html { row in
        "<tr>\(zip(table.head, row).html { "<td data-label=\"\($0)\"><span>\(cell($1))</span></td>" })</tr>"
      }
      let intro: HTML? = table.intro.map { "<p class=\"small\">\($0)</p>" }
      // What has nothing to list says so in a sentence.
      guard !table.rows.isEmpty else {
        return "<section class=\"stack\" data-gap=\"s\"><h2>\(table.title)</h2>\(intro)</section>"
      }
      return """
        <section class="stack" data-gap="s"><h2>\(table.title)</h2>\(intro)
        <table class="table" data-narrow="cards"><caption class="visually-hidden">\(table.title)</caption><thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody></table></section>
        """
    }
  }

  private static func cell(_ cell: DocumentCell) -> HTML {
    switch cell {
    // Numbers, names and dates stay on one line.
    case .text(let text): text.count <= 10 ? "<span class=\"nowrap\">\(text)</span>" : HTML(text)
    case .mark(let text, let mark): Components.mark(mark, text)
    case .bad(let text): Components.finding(text)
    }
  }
}
