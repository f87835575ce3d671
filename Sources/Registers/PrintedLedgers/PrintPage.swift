import Kernel
import Web

/// The ledger as a page: to be looked at, to be printed by the browser, and the way to the PDF.
enum PrintPage {
  static func page(_ request: WebRequest, _ words: LedgerWords) -> Page {
    let ledger = words.ledger
    let register = ledger.register
    let t = words.t
    let query = self.query(ledger)
    let back = SavedView.path(ledger.narrowing, of: register)
    return Page(
      t(.title, words.title), menu: "registers",
      """
      <div class="ledger stack"><ol class="crumbs screen-only"><li><a href="\(back)">\(words.title)</a></li></ol>
      <div class="page-head"><h1>\(words.title)</h1><div class="cluster screen-only"><a class="button" data-kind="primary" href="/registers/\(register.id)/ledger.pdf?\(query)">\(t(.pdf))</a></div></div>
      \(chooser(ledger, words))
      \(Components.facts(words.facts.map { ($0.label, HTML($0.value)) } + [(t(.fingerprint), "<span class=\"fixed\">\(ledger.fingerprint)</span>")]))
      \(table(words))</div>
      """)
  }

  /// The filters and the columns, for the URL of the same ledger.
  private static func query(_ ledger: PrintedLedger) -> String {
    let parts =
      ledger.narrowing.map { ($0.name, $0.value) } + ledger.columns.map { ("column", $0.id) }
    return parts.map { "\(urlEncoded($0.0))=\(urlEncoded($0.1))" }.joined(separator: "&")
  }

  private static func chooser(_ ledger: PrintedLedger, _ words: LedgerWords) -> HTML {
    let t = words.t
    let chosen = Set(ledger.columns.map(\.id))
    let boxes = ledger.register.fields.html { field in
      "<label><input type=\"checkbox\" name=\"column\" value=\"\(field.id)\"\("checked", if: chosen.contains(field.id))><span>\(field.label(words.language))</span></label>"
    }
    let kept = ledger.narrowing.html {
      "<input type=\"hidden\" name=\"\($0.name)\" value=\"\($0.value)\">"
    }
    return """
      <details class="screen-only"><summary>\(t(.choose))</summary><form class="panel stack" action="/registers/\(ledger.register.id)/print">\(kept)
      <fieldset class="field"><legend>\(t(.columns, "\(PrintedLedger.mostColumns)"))</legend><div class="choices">\(boxes)</div></fieldset>
      <button class="button">\(t(.show))</button></form></details>
      """
  }

  private static func table(_ words: LedgerWords) -> HTML {
    let ledger = words.ledger
    if ledger.rows.isEmpty { return Components.empty(words.common(.nothingFound), words.t(.nothing)) }
    let head = words.headings.html { "<th scope=\"col\">\($0)</th>" }
    let rows = ledger.rows.html { named -> HTML in
      let cells = words.cells(of: named).enumerated().map { index, text -> HTML in
        index == 0 ? "<th scope=\"row\">\(text)</th>" : "<td>\(text)</td>"
      }
      let findings = words.findings(of: named)
      let concern: HTML = findings.isEmpty ? "" : Components.finding(findings)
      return "<tr>\(HTML(joining: cells))<td>\(concern)</td></tr>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(words.title)"><table class="table"><caption class="visually-hidden">\(words.title)</caption>
      <thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>
      """
  }
}

/// Words of the printed ledger.
enum PrintText: String, TextKey {
  case link, title, pdf, choose, columns, show, facility, asOf, condition, all, madeBy, count, check
  case concerned, fingerprint, pageOf, nothing

  static let catalog = Catalog(PrintText.self, in: .module, folder: "PrintedLedgers.files")
}
