public import Kernel

extension DiagramLayout {
  /// The drawing, at its natural size. Light colours stand as attributes; the classes let the style sheet recolour it.
  ///
  /// - Parameters:
  ///   - label: what the picture shows, for those who listen.
  ///   - heading: lines above the picture, for a file that leaves the program; the first is its title.
  public func svg(label: String, heading: [String] = []) -> SVG {
    let head = DrawingHead(heading, width: width, height: height)
    return """
      <svg class="drawing" \(head.size) role="img" aria-label="\(label)">\(head.drawn)\
      \(SVG(joining: headings.map(Self.drawn)))\(SVG(joining: routes.map(Self.drawn)))\
      \(SVG(joining: boxes.map(Self.drawn)))</svg>
      """
  }

  private static func drawn(_ box: PlacedBox) -> SVG {
    let frame = box.frame
    let (style, fill, stroke): (SVG, SVG, SVG) =
      box.hasFindings
      ? ("c-bad-soft", "#fce9e7", "#ae1f1a")
      : box.look == .accent ? ("c-accent-soft", "#e3eff6", "#14557f") : ("c-paper", "#fff", "#19232c")
    let dashes: SVG? = box.look == .faint ? " stroke-dasharray=\"5 4\"" : nil
    return """
      <rect class="\(style)" x="\(frame.x)" y="\(frame.y)" width="\(frame.width)" height="\(frame.height)" rx="4" \
      fill="\(fill)" stroke="\(stroke)"\(dashes)/>\(SVG(joining: box.labels.map(drawn)))
      """
  }

  private static func drawn(_ label: Label) -> SVG {
    let line = label.frame.y + 12.5
    let (style, colour, weight): (SVG, SVG, SVG) =
      switch label.role {
      case .heading: ("c-soft", "#47535e", "700")
      case .title: ("c-ink", "#19232c", "700")
      case .fact: ("c-soft", "#47535e", "400")
      case .finding: ("c-undone", "#ae1f1a", "700")
      }
    let text: SVG = """
      <text class="\(style)" x="\(label.frame.x)" y="\(line)" font-size="12" fill="\(colour)" \
      font-weight="\(weight)">\(label.text)</text>
      """
    guard label.hasSign else { return text }
    // The red disc with its mark, as the style sheet draws it before a finding.
    let (x, y) = (label.frame.x - signWidth + 6, label.frame.y + 8.5)
    return """
      <circle class="c-undone" cx="\(x)" cy="\(y)" r="6" fill="#ae1f1a"/>\
      <path class="c-mark" d="M\(x) \(y - 3.5)v4.2m0 1.6v1.4" fill="none" stroke="#fff" stroke-width="1.8"/>\(text)
      """
  }

  private static func drawn(_ route: Route) -> SVG {
    let points = route.points
    var path: SVG = "M\(points[0].x) \(points[0].y)"
    for index in stride(from: 1, to: points.count, by: 2) {
      let (start, end) = (points[index - 1], points[index])
      let half = (end.x - start.x) / 2
      path += "C\(start.x + half) \(start.y) \(end.x - half) \(end.y) \(end.x) \(end.y)"
      // Straight through the column by its lane.
      if index + 1 < points.count { path += "H\(points[index + 1].x)" }
    }
    let tip = points[points.count - 1]
    let dashes: SVG? = route.isDashed ? " stroke-dasharray=\"5 4\"" : nil
    return """
      <path class="c-wire" d="\(path)" fill="none" stroke="#19232c" stroke-width="1.2"\(dashes)/>\
      <path class="c-ink" d="M\(tip.x) \(tip.y)l-8 -4v8z" fill="#19232c"/>
      """
  }
}

/// Lines above a picture in a file that leaves the program, the first of them its title, and the white ground under both.
struct DrawingHead {
  /// Width, height and view box of the whole.
  let size: SVG
  let drawn: SVG?

  init(_ lines: [String], width: Double, height: Double) {
    let margin = DiagramLayout.margin
    let top = lines.isEmpty ? 0 : Double(lines.count) * 20 + 12
    let widest = lines.map { Lettering.width(of: $0, size: 14, bold: true) }.max() ?? 0
    let (width, height) = (max(width, lines.isEmpty ? 0 : widest + 2 * margin), height + top)
    size = "width=\"\(width)\" height=\"\(height)\" viewBox=\"0 \(-top) \(width) \(height)\""
    let texts = lines.enumerated().map { index, text -> SVG in
      """
      <text x="\(margin)" y="\(Double(index) * 20 + 20)" font-size="\(index == 0 ? 14 : 12)" \
      font-weight="\(index == 0 ? 700 : 400)" fill="#19232c">\(text)</text>
      """
    }
    drawn =
      lines.isEmpty
      ? nil
      : """
      <g transform="translate(0 \(-top))"><rect width="\(width)" height="\(height)" fill="#fff"/>\(SVG(joining: texts))</g>
      """
  }
}

extension SVG {
  /// The drawing as a file of its own: with its namespace and fonts that letters of every machine come from.
  public var standalone: String {
    text.replacing(
      "<svg",
      with: """
        <svg xmlns="http://www.w3.org/2000/svg" font-family="'BIZ UDPGothic', 'Hiragino Sans', 'Noto Sans CJK JP', Meiryo, sans-serif"
        """, maxReplacements: 1)
  }
}
