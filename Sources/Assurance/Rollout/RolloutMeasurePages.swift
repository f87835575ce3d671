import Kernel
import Registers
import Web

/// Choosing the measure whose costs stand for a line's.
enum RolloutMeasurePages {
  /// What stands on the page of a line.
  static func section(
    _ request: WebRequest, _ line: RolloutLine, _ measure: RolloutMeasure?, _ t: Texts<RolloutText>
  ) -> HTML {
    let path: HTML = "/rollout/lines/\(line.id)/measures"
    let standing: HTML =
      measure.map { measure in
        """
        <p><a href="/measures/\(measure.id)">\(measure.title)</a></p><form method="post" action="\(path)">\(Components.formToken(request))<input type="hidden" name="off" value="1"><button class="button" data-size="s">\(t(.measureOff))</button></form>
        """
      } ?? "<p><a class=\"button\" href=\"\(path)\">\(t(.measureChoose))</a></p>"
    return """
      <section class="stack" data-gap="s"><h2>\(t(.measureTitle))</h2><p class="small">\(t(.measureText))</p>\(standing)</section>
      """
  }

  static func choose(
    _ request: WebRequest, _ line: ListedLine, _ chosen: RolloutMeasure?,
    _ found: (page: [ListedMeasure], total: Int), _ listing: Listing, _ query: String
  ) -> Page {
    let t = request.texts(RolloutText.self)
    let path: HTML = "/rollout/lines/\(line.line.id)/measures"
    let rows = found.page.html { one -> HTML in
      let measure = one.measure
      let put: HTML =
        measure.id == chosen?.id
        ? Components.tag(t(.measureChosen), .good)
        : """
        <form method="post" action="\(path)">\(Components.formToken(request))<input type="hidden" name="measure" value="\(measure.id)"><button class="button" data-size="s">\(t(.measurePut))<span class="visually-hidden"> \(measure.title)</span></button></form>
        """
      return """
        <tr><th scope="row" data-label="\(t(.measureColumn))">\(measure.title)</th><td data-label="\(t(.state))">\(MeasurePages.state(measure.state, request.texts()))</td><td>\(put)</td></tr>
        """
    }
    let table: HTML =
      found.page.isEmpty
      ? "<p>\(t(.measureNone)) <a href=\"/measures/new\">\(t(.measureNew))</a></p>"
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.measureTitle))</caption><thead><tr><th scope="col">\(t(.measureColumn))</th><th scope="col">\(t(.state))</th><th scope="col">\(t(.measurePut))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    let pager = Components.pager(
      listing, total: found.total, path: "/rollout/lines/\(line.line.id)/measures",
      keeping: [(name: "q", value: query)], request.texts())
    return Page(
      t(.measureTitle), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/rollout">\(t(.title))</a></li><li><a href="/rollout/lines/\(line.line.id)">\(line.system) \(line.line.group)</a></li></ol>
      <h1>\(t(.measureTitle))</h1><p>\(t(.measureText))</p>
      <form class="filters" action="\(path)" role="search" aria-label="\(t(.measureColumn))">\(Components.field("q", t(.measureFind), value: query))<button class="button">\(t(.find))</button></form>\(table)\(pager)
      """)
  }
}
