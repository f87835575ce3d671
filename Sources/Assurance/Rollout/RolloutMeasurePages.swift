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
    let path = "/rollout/lines/\(line.line.id)/measures"
    let picker = MeasurePicker(
      path: path, found: found, listing: listing, query: query, act: t(.measurePut))
    let list = picker.html(request) { measure in
      measure.id == chosen?.id
        ? Components.tag(t(.measureChosen), .good)
        : MeasurePicker.button(
          request, t(.measurePut), for: measure, to: path, [("measure", measure.id.text)])
    }
    return Page(
      t(.measureTitle), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/rollout">\(t(.title))</a></li><li><a href="/rollout/lines/\(line.line.id)">\(line.system) \(line.line.group)</a></li></ol>
      <h1>\(t(.measureTitle))</h1><p>\(t(.measureText)) <a href="/measures/new">\(t(.measureNew))</a></p>\(list)
      """)
  }
}
