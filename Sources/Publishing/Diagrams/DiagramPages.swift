/// A drawing laid out for paper.
public struct DiagramSheet: Sendable {
  /// What the printer has; both lie on their long side.
  public enum Paper: String, Sendable, Encodable { case a4, a3 }

  public let layout: DiagramLayout
  /// The size at which it is printed, in points.
  public let widthPoints: Double
  public let heightPoints: Double
}

extension Diagram {
  /// Points to a px: letters of 12 px are printed with 9 points, and not with less than 6.5 while that can be helped.
  private static let natural = 0.75
  private static let smallest = 0.54
  /// The room for a picture on a page in points, beside margins, title and foot.
  private static let room: [DiagramSheet.Paper: (width: Double, height: Double)] = [
    .a4: (779, 440), .a3: (1128, 670),
  ]

  /// The drawing on A4, else on A3, else divided into several drawings on A3.
  ///
  /// A divided drawing repeats a box on each page that has a line to it, so that no line runs from page to page.
  public func sheets() -> (paper: DiagramSheet.Paper, sheets: [DiagramSheet]) {
    let whole = DiagramLayout(self)
    for paper in [DiagramSheet.Paper.a4, .a3] where Self.fits(whole, paper) {
      return (paper, [Self.sheet(whole, paper)])
    }
    return (.a3, divided(whole).map { Self.sheet($0, .a3) })
  }

  private static func fits(_ layout: DiagramLayout, _ paper: DiagramSheet.Paper) -> Bool {
    guard let room = room[paper] else { return false }
    return layout.width * smallest <= room.width && layout.height * smallest <= room.height
  }

  private static func sheet(_ layout: DiagramLayout, _ paper: DiagramSheet.Paper) -> DiagramSheet {
    let room = room[paper] ?? (779, 440)
    let scale = min(natural, room.width / layout.width, room.height / layout.height)
    return DiagramSheet(
      layout: layout, widthPoints: layout.width * scale, heightPoints: layout.height * scale)
  }

  /// The owners of lines in the order of the whole drawing, by column or by height: whichever makes fewer pages.
  private func divided(_ whole: DiagramLayout) -> [DiagramLayout] {
    let linked = Set(links.flatMap { [$0.from, $0.to] })
    let owned = Dictionary(grouping: links, by: \.owner)
    let owners = whole.boxes.filter { owned[$0.id] != nil || !linked.contains($0.id) }
    let byColumn = owners.sorted { ($0.frame.x, $0.frame.y) < ($1.frame.x, $1.frame.y) }
    let byHeight = owners.sorted { ($0.frame.y, $0.frame.x) < ($1.frame.y, $1.frame.x) }
    let (first, second) = (pages(byColumn.map(\.id), owned), pages(byHeight.map(\.id), owned))
    return first.count <= second.count ? first : second
  }

  /// As many owners at a time as fit on a page.
  private func pages(_ owners: [String], _ owned: [String: [Link]]) -> [DiagramLayout] {
    var pages: [DiagramLayout] = []
    var start = 0
    while start < owners.count {
      // One owner makes a page however large; then as many more as still fit.
      var count = 1
      var page = DiagramLayout(part(Array(owners[start..<start + 1]), owned))
      var step = 8
      while step > 0 {
        let end = min(owners.count, start + count + step)
        let next = DiagramLayout(part(Array(owners[start..<end]), owned))
        if end > start + count, Self.fits(next, .a3) {
          (page, count) = (next, end - start)
        } else {
          step /= 2
        }
      }
      pages.append(page)
      start += count
    }
    return pages
  }

  /// The owners with their lines and all that these lead to.
  private func part(_ owners: [String], _ owned: [String: [Link]]) -> Diagram {
    let links = owners.flatMap { owned[$0] ?? [] }
    let shown = Set(owners).union(links.flatMap { [$0.from, $0.to] })
    var result = Diagram(headings: headings, boxes: boxes.filter { shown.contains($0.id) }, links: links)
    guard headings.isEmpty else { return result }
    // Columns without a heading are only what the links ask for.
    result = result.inLayers()
    return result
  }
}
