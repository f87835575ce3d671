import Kernel
import Publishing
import Web

/// A drawing on its page, with the same facts as a table beneath.
enum DiagramPages {
  static func page(_ request: WebRequest, _ drawing: Drawing) -> Page {
    let t = request.texts(DiagramText.self)
    let title = drawing.kind.title(t)
    let files: HTML? =
      drawing.isEmpty
      ? nil
      : """
      <div class="cluster"><a class="button" href="/diagrams/\(drawing.kind.rawValue).svg">\(t(.svgLink))</a>
      <a class="button" data-kind="primary" href="/diagrams/\(drawing.kind.rawValue).pdf">\(t(.pdfLink))</a></div>
      """
    return Page(
      title, menu: "registers",
      """
      <div class="page-head"><h1>\(title)</h1>\(files)</div>
      \(RegisterTabs.tabs(request, current: "diagram-\(drawing.kind.rawValue)"))
      \(drawing.isEmpty ? empty(drawing.kind, t) : content(drawing, title, request, t))
      """)
  }

  private static func empty(_ kind: Diagrams.Kind, _ t: Texts<DiagramText>) -> HTML {
    switch kind {
    case .connections:
      Components.empty(
        t(.nothing), t(.connectionEmpty),
        "<a class=\"button\" data-kind=\"primary\" href=\"/registers/connections\">\(t(.toConnections))</a>")
    case .systems:
      Components.empty(
        t(.nothing), t(.systemEmpty),
        "<a class=\"button\" data-kind=\"primary\" href=\"/registers/systems\">\(t(.toSystems))</a>")
    }
  }

  private static func content(
    _ drawing: Drawing, _ title: String, _ request: WebRequest, _ t: Texts<DiagramText>
  ) -> HTML {
    let words = request.texts(ListCheckText.self)
    let check = ListCheckPage.standing(drawing.check, on: request.now.day, words)
    let lead = drawing.kind == .connections ? t(.connectionLead) : t(.systemLead)
    let part: HTML? =
      drawing.isPart
      ? Components.notice(.info, t(.partTitle, Diagrams.most), "<p>\(t(.partText))</p>") : nil
    let picture: HTML = "\(DiagramLayout(drawing.diagram).svg(label: drawing.label))"
    return """
      <p>\(lead)</p><p class="small">\(check) <a href="/registers/\(drawing.kind.rawValue)/check">\(words(.link))</a></p>\(part)
      \(Components.wide(t(.picture, title), request.texts(), isPanel: true, picture))
      <section class="stack" data-gap="s" aria-labelledby="h-table"><h2 id="h-table">\(t(.tableTitle))</h2>\(table(drawing, t))</section>
      """
  }

  private static func table(_ drawing: Drawing, _ t: Texts<DiagramText>) -> HTML {
    let head = drawing.head.html { "<th scope=\"col\">\($0)</th>" }
    let body = drawing.rows.html { row in
      let cells = zip(drawing.head, row).enumerated().map { index, column -> HTML in
        let (name, cell) = column
        let content = content(cell, t)
        // The row is named by the thing that it is about.
        let isHead = cell.path != nil && index == (drawing.kind == .connections ? 1 : 0)
        return isHead
          ? "<th scope=\"row\" data-label=\"\(name)\">\(content)</th>"
          : "<td data-label=\"\(name)\">\(content)</td>"
      }
      return "<tr>\(cells)</tr>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.tableTitle))"><table class="table" data-narrow="cards">
      <caption class="visually-hidden">\(t(.tableTitle))</caption><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>
      """
  }

  private static func content(_ cell: Drawing.Cell, _ t: Texts<DiagramText>) -> HTML {
    let findings = cell.findings.map(Components.finding)
    let text: HTML? =
      cell.path.map { "<a href=\"\($0)\">\(cell.text)</a>" } ?? (cell.text.isEmpty ? nil : HTML(cell.text))
    let parts = ([text] + findings.map { $0 }).compactMap { $0 }
    guard !parts.isEmpty else { return "<span class=\"soft\">\(t(.none))</span>" }
    return "<span>\(HTML(joining: parts.enumerated().map { $0 == 0 ? $1 : "<br>\($1)" }))</span>"
  }
}
