public import Kernel

/// Who calls whom in an emergency: a chain down the middle, and three groups beside and below it.
public struct ContactChart: Sendable, Equatable {
  /// One box: its heading and what stands below it.
  public struct Box: Sendable, Equatable {
    public var title: String
    public var lines: [String]

    public init(_ title: String, _ lines: [String] = []) { (self.title, self.lines) = (title, lines) }
  }

  /// A box of the chain, and what stands at the arrow that leads into it.
  public struct Step: Sendable, Equatable {
    public var box: Box
    public var arrow: String

    public init(_ box: Box, arrow: String = "") { (self.box, self.arrow) = (box, arrow) }
  }

  /// Boxes under a heading.
  public struct Group: Sendable, Equatable {
    public var title: String
    public var boxes: [Box]
    /// From which step of the chain they are called, counted from 0.
    public var step: Int

    public init(_ title: String, _ boxes: [Box], from step: Int = 0) {
      (self.title, self.boxes, self.step) = (title, boxes, step)
    }
  }

  /// Whoever notices; the chain begins here.
  public var finder: String
  public var chain: [Step]
  /// Vendors on the right, people of the facility on the left.
  public var right: Group
  public var left: Group
  /// Authorities, below everything.
  public var below: Group
  /// What stands at the arrow that leads down to them.
  public var belowArrow: String

  public init(
    finder: String, chain: [Step], right: Group, left: Group, below: Group, belowArrow: String
  ) {
    (self.finder, self.chain, self.right, self.left) = (finder, chain, right, left)
    (self.below, self.belowArrow) = (below, belowArrow)
  }
}

extension Charts {
  /// The contact chart, 720 wide and as high as it needs to be.
  ///
  /// Texts are broken to the width of their boxes, by the measure of ``Lettering``; nothing is cut or overlaps.
  ///
  /// - Parameters:
  ///   - id: makes the id of the arrow's head unique in a page.
  ///   - heading: lines above the picture, for a file that leaves the program; the first is its title.
  public static func contacts(_ chart: ContactChart, id: String, label: String, heading: [String] = [])
    -> SVG
  {
    ContactDrawing(chart).svg(id: id, label: label, heading: heading)
  }
}

/// Where everything of a contact chart stands.
struct ContactDrawing {
  enum Tone { case bad, accent, paper, line }

  struct Rectangle: Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
    var tone = Tone.paper

    var right: Double { x + width }
    var bottom: Double { y + height }
    var middle: Double { y + height / 2 }
  }

  struct Text: Equatable {
    /// The left end, or the middle for centred ones.
    var x: Double
    /// The baseline.
    var y: Double
    var text: String
    var size: Double
    var isBold = false
    var isCentred = false
    var isSoft = false

    var width: Double { Lettering.width(of: text, size: size, bold: isBold) }
    /// What it covers: letters reach 0.88 of their size above the line and 0.12 below.
    var cover: Rectangle {
      Rectangle(x: isCentred ? x - width / 2 : x, y: y - size * 0.88, width: width, height: size)
    }
  }

  struct Wire: Equatable {
    /// Pairs of points, each pair one straight line.
    var points: [(x: Double, y: Double)]
    var hasTip = false

    static func == (a: Wire, b: Wire) -> Bool {
      a.hasTip == b.hasTip && a.points.count == b.points.count
        && zip(a.points, b.points).allSatisfy { $0.x == $1.x && $0.y == $1.y }
    }
  }

  static let width = 720.0
  /// The space above and below a box's lines together, and the height of a line.
  private static let (inset, lineHeight) = (14.0, 18.0)
  private static let (titleSize, textSize, arrowSize) = (13.0, 12.5, 12.0)

  private(set) var boxes: [Rectangle] = []
  private(set) var texts: [Text] = []
  private(set) var wires: [Wire] = []
  private(set) var height = 0.0

  init(_ chart: ContactChart) {
    let chain = middle(chart)
    let right = side(chart.right, x: 502, width: 204)
    let left = side(chart.left, x: 14, width: 206)
    join(right, to: chain, step: chart.right.step, bus: 482, isRight: true)
    join(left, to: chain, step: chart.left.step, bus: 240, isRight: false)
    let end = (boxes.map(\.bottom).max() ?? 0)
    height = end + 4
    if !chart.below.boxes.isEmpty { bottom(chart, below: chain.last, from: end) }
  }

  // MARK: Parts

  /// The finder and the chain, from the top down the middle.
  private mutating func middle(_ chart: ContactChart) -> [Rectangle] {
    var placed = [box(ContactChart.Box(chart.finder), x: 262, y: 2, width: 196, tone: .bad)]
    for step in chart.chain {
      let from = placed[placed.count - 1].bottom
      let to = arrow(x: 360, from: from, step.arrow, width: 106)
      placed.append(box(step.box, x: 262, y: to, width: 196, tone: .accent))
    }
    return placed
  }

  /// An arrow down with words at its right; where it ends.
  private mutating func arrow(
    x: Double, from top: Double, to end: Double? = nil, _ words: String, width: Double
  )
    -> Double
  {
    let lines = Lettering.wrapped(words, to: width, size: Self.arrowSize, bold: true)
    let least = top + max(26, Double(lines.count) * 15 + 14)
    let bottom = max(end ?? least, least)
    wires.append(Wire(points: [(x, top), (x, bottom)], hasTip: true))
    // At the lower end: beside a long arrow the words stand where it leads to.
    let first = bottom - 12 - Double(lines.count - 1) * 15
    for (index, line) in lines.enumerated() {
      texts.append(
        Text(x: x + 8, y: first + Double(index) * 15, text: line, size: Self.arrowSize, isBold: true))
    }
    return bottom
  }

  /// A heading and boxes one below the other.
  private mutating func side(_ group: ContactChart.Group, x: Double, width: Double) -> [Rectangle] {
    guard !group.boxes.isEmpty else { return [] }
    var top = heading(group.title, x: x, y: 8, width: width)
    return group.boxes.map { each in
      let placed = box(each, x: x, y: top, width: width, tone: .paper)
      top = placed.bottom + 8
      return placed
    }
  }

  /// The lines of a heading; where what stands below it begins.
  private mutating func heading(_ words: String, x: Double, y: Double, width: Double) -> Double {
    var base = y + 12
    for line in Lettering.wrapped(words, to: width, size: Self.titleSize, bold: true) {
      texts.append(Text(x: x, y: base, text: line, size: Self.titleSize, isBold: true, isSoft: true))
      base += 16
    }
    return base - 6
  }

  /// A box with its lines in the middle.
  private mutating func box(
    _ box: ContactChart.Box, x: Double, y: Double, width: Double, height: Double = 0, tone: Tone
  ) -> Rectangle {
    let lines = ContactDrawing.lines(of: box, width: width)
    let placed = Rectangle(
      x: x, y: y, width: width, height: max(height, ContactDrawing.height(of: box, width: width)), tone: tone)
    boxes.append(placed)
    let first = placed.middle - Double(lines.count - 1) * Self.lineHeight / 2 + 4.5
    for (index, line) in lines.enumerated() {
      texts.append(
        Text(
          x: x + width / 2, y: first + Double(index) * Self.lineHeight, text: line.text,
          size: line.isTitle ? Self.titleSize : Self.textSize, isBold: line.isTitle, isCentred: true))
    }
    return placed
  }

  private static func lines(of box: ContactChart.Box, width: Double) -> [(text: String, isTitle: Bool)] {
    Lettering.wrapped(box.title, to: width - 16, size: titleSize, bold: true).map { ($0, true) }
      + box.lines.flatMap { Lettering.wrapped($0, to: width - 16, size: textSize) }.map { ($0, false) }
  }

  private static func height(of box: ContactChart.Box, width: Double) -> Double {
    Double(max(1, lines(of: box, width: width).count)) * lineHeight + inset
  }

  /// From a step of the chain over one upright line to every box of a side.
  private mutating func join(
    _ side: [Rectangle], to chain: [Rectangle], step: Int, bus: Double, isRight: Bool
  ) {
    guard !side.isEmpty else { return }
    let from = chain[min(step + 1, chain.count - 1)]
    let heights = side.map(\.middle) + [from.middle]
    wires.append(Wire(points: [(isRight ? from.right : from.x, from.middle), (bus, from.middle)]))
    wires.append(Wire(points: [(bus, heights.min() ?? 0), (bus, heights.max() ?? 0)]))
    for box in side {
      wires.append(Wire(points: [(bus, box.middle), (isRight ? box.x : box.right, box.middle)]))
    }
  }

  /// The dashed frame with the authorities, four in a row.
  private mutating func bottom(_ chart: ContactChart, below last: Rectangle?, from end: Double) {
    let top = arrow(
      x: 360, from: last?.bottom ?? 0, to: end + 14, chart.belowArrow, width: 106)
    let frame = boxes.count
    boxes.append(Rectangle(x: 8, y: top, width: 704, height: 0, tone: .line))
    var y = heading(chart.below.title, x: 18, y: top + 6, width: 320) + 2
    for start in stride(from: 0, to: chart.below.boxes.count, by: 4) {
      let row = chart.below.boxes[start..<min(start + 4, chart.below.boxes.count)]
      let tallest = row.map { ContactDrawing.height(of: $0, width: 162) }.max() ?? 0
      for (index, each) in row.enumerated() {
        _ = box(each, x: 18 + Double(index) * 174, y: y, width: 162, height: tallest, tone: .paper)
      }
      y += tallest + 10
    }
    boxes[frame].height = y - top
    height = y + 4
  }
}

extension ContactDrawing {
  func svg(id: String, label: String, heading: [String]) -> SVG {
    let head = DrawingHead(heading, width: 720, height: height)
    let drawn = wires.map { wire($0, id) } + boxes.map(rectangle) + texts.map(text)
    return """
      <svg class="chart" \(head.size) role="img" aria-label="\(label)">\(head.drawn)\
      <defs><marker id="\(id)" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">\
      <path class="c-ink" d="M0 0 10 5 0 10Z" fill="#19232c"/></marker></defs>\(SVG(joining: drawn))</svg>
      """
  }

  private func wire(_ wire: Wire, _ id: String) -> SVG {
    let path = wire.points.enumerated().map { index, point in
      index == 0 ? "M\(point.x) \(point.y)" as SVG : "L\(point.x) \(point.y)" as SVG
    }
    let tip: SVG? = wire.hasTip ? " marker-end=\"url(#\(id))\"" : nil
    let stroke = wire.hasTip ? 2.0 : 1.5
    return """
      <path class="c-wire" d="\(SVG(joining: path))" fill="none" stroke="#19232c" stroke-width="\(stroke)"\(tip)/>
      """
  }

  private func rectangle(_ box: Rectangle) -> SVG {
    let look: SVG =
      switch box.tone {
      case .bad: "class=\"c-bad-soft\" fill=\"#fce9e7\" stroke=\"#ae1f1a\""
      case .accent: "class=\"c-accent-soft\" fill=\"#e3eff6\" stroke=\"#14557f\""
      case .paper: "class=\"c-paper\" fill=\"#fff\" stroke=\"#19232c\""
      case .line: "class=\"c-line\" fill=\"none\" stroke=\"#75828d\" stroke-dasharray=\"5 4\""
      }
    return """
      <rect \(look) x="\(box.x)" y="\(box.y)" width="\(box.width)" height="\(box.height)" rx="5" stroke-width="1.5"/>
      """
  }

  private func text(_ text: Text) -> SVG {
    let look: SVG =
      text.isSoft ? "class=\"c-soft\" fill=\"#47535e\"" : "class=\"c-ink\" fill=\"#19232c\""
    let weight: SVG? = text.isBold ? " font-weight=\"700\"" : nil
    let anchor: SVG? = text.isCentred ? " text-anchor=\"middle\"" : nil
    return """
      <text \(look) x="\(text.x)" y="\(text.y)" font-size="\(text.size)"\(anchor)\(weight)>\(text.text)</text>
      """
  }
}
