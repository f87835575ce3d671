import Kernel
import Web

/// The list from which a measure is chosen for something else: a requirement, a risk, a finding.
struct MeasurePicker {
  /// Where the list stands, and where what is chosen is sent.
  let path: String
  /// Fields that the address of the list needs.
  var keeping: [(String, String)] = []
  let found: (page: [ListedMeasure], total: Int)
  let listing: Listing
  let query: String
  /// The heading of the column of buttons.
  let act: String

  /// - Parameter cell: what stands beside a measure: a button, or that it is chosen.
  func html(_ request: WebRequest, _ cell: (Measure) -> HTML) -> HTML {
    let t = request.texts(MeasureText.self)
    let kept = keeping.html { "<input type=\"hidden\" name=\"\($0.0)\" value=\"\($0.1)\">" }
    let search: HTML = """
      <form class="filters" action="\(path)" role="search" aria-label="\(t(.list))">\(kept)\(Components.field("q", t(.title), value: query))<button class="button">\(t(.find))</button></form>
      """
    guard found.total > 0 else {
      return "\(search)<p>\(query.isEmpty ? t(.empty) : t(.noneFound))</p>"
    }
    let rows = found.page.html { one -> HTML in
      let measure = one.measure
      return """
        <tr><th scope="row"><a href="/measures/\(measure.id)">\(measure.title)</a></th><td data-label="\(t(.state))">\(MeasurePages.state(measure.state, t))</td><td data-label="\(act)">\(cell(measure))</td></tr>
        """
    }
    return """
      \(search)<table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.list))</caption><thead><tr><th scope="col">\(t(.title))</th><th scope="col">\(t(.state))</th><th scope="col">\(act)</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: found.total, path: path, keeping: keeping + [("q", query)], request.texts()))
      """
  }

  /// A button that sends a measure with `fields`.
  static func button(
    _ request: WebRequest, _ word: String, for measure: Measure, to path: String, _ fields: [(String, String)]
  ) -> HTML {
    let sent = fields.html { "<input type=\"hidden\" name=\"\($0.0)\" value=\"\($0.1)\">" }
    return """
      <form method="post" action="\(path)">\(Components.formToken(request))\(sent)<button class="button" data-size="s">\(word)<span class="visually-hidden"> \(measure.title)</span></button></form>
      """
  }
}
