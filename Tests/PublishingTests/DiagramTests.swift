import Foundation
import Kernel
import TestSupport
import Testing

@testable import Publishing

#if canImport(FoundationXML)
  import FoundationXML
#endif

extension Diagram {
  /// Boxes with names as they stand in registers: short, long, without a place to break, with marks that must not begin a line.
  fileprivate static func random(_ count: Int, seed: Int) -> Diagram {
    var dice = Seeded(state: UInt64(seed))
    let names = [
      "電子カルテ", "VPN-01", "画像(PACS)", "検査機器の遠隔保守、夜間・休日のみ。", "Mitsumine-WWW-gateway-of-the-laboratory",
      "ﾊﾝｶｸｶﾅ ﾉ ｼｽﾃﾑ", String(repeating: "長い名前", count: 20), "髙橋🏥クリニック", "A", "「かっこ」(つき)ー名前",
      String(repeating: "W", count: 80),
    ]
    func some(_ most: Int) -> [String] {
      (0..<Int.random(in: 0...most, using: &dice)).map { _ in names.randomElement(using: &dice) ?? "" }
    }
    let boxes = (0..<count).map { index in
      Box(
        "\(index)", names.randomElement(using: &dice) ?? "", facts: some(4), findings: some(3),
        look: [.plain, .accent, .faint].randomElement(using: &dice) ?? .plain)
    }
    var links: Set<Link> = []
    for _ in 0..<Int.random(in: 0...(count * 2), using: &dice) where count > 1 {
      // From a lower to a higher number, so that there is no ring; near ones more often than far ones.
      let from = Int.random(in: 0..<(count - 1), using: &dice)
      let reach = Bool.random(using: &dice) ? min(count - 1, from + 8) : count - 1
      let to = Int.random(in: (from + 1)...reach, using: &dice)
      links.insert(Link("\(from)", to: "\(to)", owner: "\(to)", dashed: from.isMultiple(of: 5)))
    }
    return Diagram(
      boxes: boxes, links: links.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
    ).inLayers()
  }
}

extension DiagramLayout.Frame {
  fileprivate func meets(_ other: DiagramLayout.Frame) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
  }
  fileprivate func holds(_ other: DiagramLayout.Frame) -> Bool {
    other.x >= x && other.x + other.width <= x + width + 0.01 && other.y >= y
      && other.y + other.height <= y + height + 0.01
  }
  fileprivate func holds(_ point: (x: Double, y: Double)) -> Bool {
    point.x > x + 0.01 && point.x < x + width - 0.01 && point.y > y && point.y < y + height
  }
}

/// How many pairs of frames meet; sorted by x so that few need to be compared.
private func meetings(_ frames: [DiagramLayout.Frame]) -> Int {
  let sorted = frames.sorted { $0.x < $1.x }
  var count = 0
  for (index, frame) in sorted.enumerated() {
    for other in sorted[(index + 1)...] {
      if other.x >= frame.x + frame.width { break }
      if frame.meets(other) { count += 1 }
    }
  }
  return count
}

/// Points along a line, close enough that no box fits between two of them.
private func points(of route: DiagramLayout.Route) -> [(x: Double, y: Double)] {
  var found: [(x: Double, y: Double)] = []
  for index in 1..<route.points.count {
    let (start, end) = (route.points[index - 1], route.points[index])
    for step in 0...60 {
      let t = Double(step) / 60
      if index.isMultiple(of: 2) {
        found.append((x: start.x + (end.x - start.x) * t, y: start.y))
      } else {
        // A cubic curve whose handles stand halfway, level with its ends.
        let half = (end.x - start.x) / 2
        let u = 1 - t
        let (a, b, c, d) = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
        found.append(
          (
            x: a * start.x + b * (start.x + half) + c * (end.x - half) + d * end.x,
            y: (a + b) * start.y + (c + d) * end.y
          ))
      }
    }
  }
  return found
}

@Suite("台帳から描く図") struct DiagramTests {
  @Test(
    "箱も文字も重ならず、線は箱を横切らず、言葉は欠けない",
    arguments: [(0, 1), (1, 2), (2, 3), (12, 4), (40, 5), (40, 6), (120, 7), (300, 8), (300, 9)])
  func nothingMeets(count: Int, seed: Int) {
    let diagram = Diagram.random(count, seed: seed)
    let layout = DiagramLayout(diagram)
    #expect(layout.boxes.count == count && layout.routes.count == diagram.links.count)
    #expect(meetings(layout.boxes.map(\.frame)) == 0)
    let labels = layout.boxes.flatMap(\.labels)
    #expect(meetings(labels.map(\.frame) + layout.headings.map(\.frame)) == 0)
    let whole = DiagramLayout.Frame(x: 0, y: 0, width: layout.width, height: layout.height)
    for (box, placed) in zip(diagram.boxes, layout.boxes) {
      #expect(whole.holds(placed.frame))
      #expect(placed.labels.allSatisfy { placed.frame.holds($0.frame) })
      let said = ([box.title] + box.facts + box.findings).joined().filter { !$0.isWhitespace }
      #expect(placed.labels.map(\.text).joined().filter { !$0.isWhitespace } == said)
      #expect(placed.labels.count { $0.hasSign } == box.findings.count)
    }
    let byColumn = Dictionary(grouping: layout.boxes, by: \.frame.x)
    for route in layout.routes {
      for point in points(of: route) {
        #expect(whole.holds(point) || count == 0)
        let column = byColumn.first { $0.key <= point.x && point.x <= $0.key + DiagramLayout.boxWidth }
        #expect(column?.value.contains { $0.frame.holds(point) } != true)
      }
    }
  }

  @Test("線は、始まる箱の右の縁から終わる箱の左の縁へ、いつも右に進む")
  func routesRunRight() throws {
    let diagram = Diagram.random(60, seed: 3)
    let layout = DiagramLayout(diagram)
    let frames = Dictionary(uniqueKeysWithValues: layout.boxes.map { ($0.id, $0.frame) })
    for (link, route) in zip(diagram.links, layout.routes) {
      let (from, to) = (try #require(frames[link.from]), try #require(frames[link.to]))
      let (start, end) = (try #require(route.points.first), try #require(route.points.last))
      #expect(start.x == from.x + from.width && start.y > from.y && start.y < from.y + from.height)
      #expect(end.x == to.x && end.y > to.y && end.y < to.y + to.height)
      #expect(zip(route.points, route.points.dropFirst()).allSatisfy { $0.x < $1.x })
    }
  }

  @Test("段は、必要とするものの右に来る。輪になった線は描かない")
  func layers() {
    func box(_ id: String) -> Diagram.Box { Diagram.Box(id, id) }
    func link(_ from: String, _ to: String) -> Diagram.Link { Diagram.Link(from, to: to, owner: to) }
    let chain = Diagram(
      boxes: ["d", "c", "b", "a", "x"].map(box),
      links: [link("a", "b"), link("b", "c"), link("a", "c"), link("c", "d")]
    ).inLayers()
    let columns = Dictionary(uniqueKeysWithValues: chain.boxes.map { ($0.id, $0.column) })
    #expect(columns["a"] == 0 && columns["b"] == 1 && columns["c"] == 2 && columns["d"] == 3)
    let ring = Diagram(
      boxes: ["a", "b", "c"].map(box), links: [link("a", "b"), link("b", "c"), link("c", "b")]
    ).inLayers()
    let layout = DiagramLayout(ring)
    #expect(layout.boxes.count == 3 && layout.routes.count < 3)
    #expect(
      DiagramLayout(Diagram(boxes: [box("a")], links: [link("a", "a"), link("a", "z")]).inLayers()).routes
        == [])
  }

  @Test("ほどける交わりは、ほどける")
  func untangled() {
    // Three lines that cross each other while the boxes stand in the order of the alphabet.
    let boxes =
      ["a", "b", "c"].map { Diagram.Box($0, $0, column: 0) }
      + ["x", "y", "z"].map { Diagram.Box($0, $0, column: 1) }
    let links = [("a", "z"), ("b", "y"), ("c", "x")].map { Diagram.Link($0.0, to: $0.1, owner: $0.1) }
    var graph = LayerGraph(Diagram(boxes: boxes, links: links), heights: boxes.map { _ in 20 })
    #expect(graph.crossings() == 3)
    graph.reduceCrossings()
    #expect(graph.crossings() == 0)
  }

  @Test("並べ替えは、交わりを増やさない", arguments: 1...8)
  func fewerCrossings(seed: Int) {
    var graph = LayerGraph(Diagram.random(80, seed: seed), heights: Array(repeating: 20, count: 80))
    let before = graph.crossings()
    graph.reduceCrossings()
    #expect(graph.crossings() <= before)
  }

  @Test("交わりの数は、一組ずつ数えたものと同じ", arguments: 1...6)
  func crossingsCounted(seed: Int) {
    let graph = LayerGraph(Diagram.random(30, seed: seed), heights: Array(repeating: 20, count: 30))
    var place: [Int: Int] = [:]
    for vertices in graph.order { for (index, vertex) in vertices.enumerated() { place[vertex] = index } }
    let parts = graph.chains.flatMap { zip($0.vertices, $0.vertices.dropFirst()) }
    var count = 0
    for (index, one) in parts.enumerated() {
      for other in parts[(index + 1)...] where graph.column[one.0] == graph.column[other.0] {
        let left = (place[one.0] ?? 0) - (place[other.0] ?? 0)
        let right = (place[one.1] ?? 0) - (place[other.1] ?? 0)
        if left * right < 0 { count += 1 }
      }
    }
    #expect(graph.crossings() == count)
  }

  @Test("行は幅に収まり、句読点や小さい字から始まらない", arguments: 1...10)
  func wrapping(seed: Int) {
    var dice = Seeded(state: UInt64(seed))
    let letters = Array("漢字かなカナー、。」「(ｶﾅAWmi1 -っ々🏥")
    for _ in 0..<200 {
      let text = String((0..<40).map { _ in letters.randomElement(using: &dice) ?? "漢" })
      let lines = Lettering.wrapped(text, to: 120, size: 12)
      #expect(lines.joined().filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
      #expect(lines.allSatisfy { Lettering.width(of: $0, size: 12) < 120.001 })
    }
    let plain = Lettering.wrapped("あいうえおかきくけこ。さしすせそっと言う(たちつてと)", to: 120, size: 12)
    #expect(plain.dropFirst().allSatisfy { !"。、っ)".contains($0.first ?? "あ") })
    #expect(plain.dropLast().allSatisfy { !$0.hasSuffix("(") })
    #expect(Lettering.wrapped("two words here", to: 60, size: 12).allSatisfy { !$0.contains("wor ") })
  }

  @Test("紙では、線はどれも一度だけ、箱はどれも一度は出て、紙に収まる", arguments: [(3, 1), (30, 2), (300, 3)])
  func paper(count: Int, seed: Int) {
    let diagram = Diagram.random(count, seed: seed)
    let (paper, sheets) = diagram.sheets()
    let room = paper == .a4 ? (width: 779.0, height: 440.0) : (width: 1128.0, height: 670.0)
    #expect(
      sheets.allSatisfy { $0.widthPoints <= room.width + 0.01 && $0.heightPoints <= room.height + 0.01 })
    #expect(sheets.reduce(0) { $0 + $1.layout.routes.count } == diagram.links.count)
    #expect(Set(sheets.flatMap { $0.layout.boxes.map(\.id) }) == Set(diagram.boxes.map(\.id)))
    #expect(count < 300 || sheets.count > 1)
    for sheet in sheets { #expect(meetings(sheet.layout.boxes.flatMap { $0.labels.map(\.frame) }) == 0) }
  }

  @Test("SVGは整った形で、悪い名前も文字のまま出て、書式の属性はない")
  func wellFormed() throws {
    let box = Diagram.Box("a", "<script>\"&'", facts: ["]]>"], findings: ["<b>"], look: .faint)
    let layout = DiagramLayout(Diagram(headings: ["<i>"], boxes: [box], links: []))
    let text = layout.svg(label: "\"><x", heading: ["題", "施設 ・ 指紋"]).standalone
    let parser = XMLParser(data: Data(text.utf8))
    #expect(parser.parse())
    #expect(!text.contains("<script") && !text.contains("style=") && !text.contains("<b>"))
    #expect(text.contains("&lt;script&gt;") && text.contains("xmlns=") && text.contains("施設 ・ 指紋"))
  }

  @Test("同じ台帳からは、同じ図になる")
  func reproducible() {
    let diagram = Diagram.random(100, seed: 11)
    #expect(DiagramLayout(diagram).svg(label: "図") == DiagramLayout(diagram).svg(label: "図"))
  }
}
