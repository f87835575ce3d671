/// Where the boxes, words and lines of a diagram stand, in px from the top left corner.
///
/// Layered drawing after Sugiyama: lines that pass a column get a lane in it, the order within columns follows the neighbours'
/// mean places, and the heights come as near to the neighbours' as the order and the distances allow.
public struct DiagramLayout: Sendable {
  struct Frame: Sendable, Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
    var middle: Double { y + height / 2 }
  }

  /// One line of text; `x` and `y` of its frame are the corner of the room it may take.
  struct Label: Sendable, Equatable {
    enum Role: Sendable, Equatable { case heading, title, fact, finding }

    let text: String
    let role: Role
    let frame: Frame
    /// Whether the sign of a finding stands before it.
    let hasSign: Bool
  }

  struct PlacedBox: Sendable, Equatable {
    let id: String
    let look: Diagram.Box.Look
    let hasFindings: Bool
    let frame: Frame
    let labels: [Label]
  }

  /// A line: from its start through the lanes of the columns that it passes to its end.
  struct Route: Sendable, Equatable {
    let isDashed: Bool
    /// x and y; pairs of a lane's two ends stand between the first and the last.
    let points: [(x: Double, y: Double)]

    static func == (a: Route, b: Route) -> Bool {
      a.isDashed == b.isDashed && a.points.elementsEqual(b.points, by: ==)
    }
  }

  private(set) var headings: [Label] = []
  private(set) var boxes: [PlacedBox] = []
  private(set) var routes: [Route] = []
  public private(set) var width = 0.0
  public private(set) var height = 0.0

  static let boxWidth = 216.0
  static let textSize = 12.0
  static let lineHeight = 17.0
  static let padding = 9.0
  /// The room of a finding's sign before its first line; the others are as far in.
  static let signWidth = 17.0
  /// Between two boxes of a column, and between a box and the lane of a line.
  static let distance = 14.0
  static let margin = 8.0

  public init(_ diagram: Diagram) {
    let texts = diagram.boxes.map(Self.lines)
    let heights = texts.map { Double($0.count) * Self.lineHeight + 2 * Self.padding }
    var graph = LayerGraph(diagram, heights: heights)
    graph.reduceCrossings()
    let places = graph.places(distance: Self.distance)
    let top = diagram.headings.isEmpty ? Self.margin : Self.margin + Self.lineHeight * 1.5
    let lefts = Self.columnLefts(graph)
    for (index, box) in diagram.boxes.enumerated() {
      let frame = Frame(
        x: lefts[graph.column[index]], y: top + places[index] - heights[index] / 2, width: Self.boxWidth,
        height: heights[index])
      boxes.append(
        PlacedBox(
          id: box.id, look: box.look, hasFindings: !box.findings.isEmpty, frame: frame,
          labels: Self.labels(texts[index], in: frame)))
    }
    let frames = boxes.map(\.frame)
    routes = graph.chains.map { chain in
      Self.route(chain, frames, places: places.map { $0 + top }, lefts: lefts, graph)
    }
    headings = zip(diagram.headings, lefts).map { text, left in
      let width = Lettering.width(of: text, size: Self.textSize, bold: true)
      return Label(
        text: text, role: .heading,
        frame: Frame(x: left, y: Self.margin, width: width, height: Self.lineHeight), hasSign: false)
    }
    width = (lefts.last ?? 0) + Self.boxWidth + Self.margin
    let bottom = boxes.map { $0.frame.y + $0.frame.height }.max() ?? top
    let lanes = graph.lanes.map { places[$0] + top }.max() ?? 0
    height = max(bottom, lanes) + Self.margin
  }

  // MARK: Words

  private struct Line {
    let text: String
    let role: Label.Role
    let hasSign: Bool
  }

  private static func lines(of box: Diagram.Box) -> [Line] {
    let room = boxWidth - 2 * padding
    var lines = Lettering.wrapped(box.title, to: room, size: textSize, bold: true)
      .map { Line(text: $0, role: .title, hasSign: false) }
    for fact in box.facts {
      lines += Lettering.wrapped(fact, to: room, size: textSize)
        .map { Line(text: $0, role: .fact, hasSign: false) }
    }
    for finding in box.findings {
      lines += Lettering.wrapped(finding, to: room - signWidth, size: textSize, bold: true).enumerated()
        .map { Line(text: $1, role: .finding, hasSign: $0 == 0) }
    }
    return lines
  }

  private static func labels(_ lines: [Line], in frame: Frame) -> [Label] {
    lines.enumerated().map { index, line in
      let indent = line.role == .finding ? signWidth : 0
      let width = Lettering.width(of: line.text, size: textSize, bold: line.role != .fact)
      return Label(
        text: line.text, role: line.role,
        frame: Frame(
          x: frame.x + padding + indent, y: frame.y + padding + Double(index) * lineHeight, width: width,
          height: lineHeight), hasSign: line.hasSign)
    }
  }

  // MARK: Places

  /// The more lines cross a gap, the wider it is, so that they stay apart.
  private static func columnLefts(_ graph: LayerGraph) -> [Double] {
    var lefts = [margin]
    for column in 0..<max(0, graph.columns - 1) {
      let crossing = graph.chains.count { chain in
        graph.column[chain.vertices[0]] <= column && column < graph.column[chain.end]
      }
      let gap = min(180, 64 + 2 * Double(crossing))
      lefts.append((lefts.last ?? 0) + boxWidth + gap)
    }
    return lefts
  }

  private static func route(
    _ chain: LayerGraph.Chain, _ frames: [Frame], places: [Double], lefts: [Double], _ graph: LayerGraph
  ) -> Route {
    let (from, to) = (frames[chain.vertices[0]], frames[chain.end])
    var points = [(x: from.x + from.width, y: from.y + from.height * chain.leaves)]
    for lane in chain.vertices.dropFirst().dropLast() {
      let left = lefts[graph.column[lane]]
      points += [(x: left, y: places[lane]), (x: left + boxWidth, y: places[lane])]
    }
    points.append((x: to.x, y: to.y + to.height * chain.arrives))
    return Route(isDashed: chain.isDashed, points: points)
  }
}
