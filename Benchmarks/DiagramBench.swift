import Kernel
import Publishing

/// Drawings of 300 boxes, as the registers of a large hospital give them: laid out and written as SVG.
enum DiagramBench {
  static func run() {
    for (what, diagram) in [
      ("connection diagram, 300 boxes in three columns", connections()),
      ("system map, 300 boxes by what they need", systems()),
    ] {
      _ = DiagramLayout(diagram).svg(label: what)
      let start = ContinuousClock.now
      var bytes = 0
      for _ in 0..<5 { bytes = DiagramLayout(diagram).svg(label: what).text.utf8.count }
      Bench.report(
        "\(what), \(diagram.links.count) lines (\(bytes / 1024) KiB)", Bench.ms(since: start) / 5, "ms",
        budget: 100)
    }
    let start = ContinuousClock.now
    let sheets = systems().sheets().sheets
    Bench.report("  the system map divided into \(sheets.count) pages of A3", Bench.ms(since: start), "ms")
  }

  private static func connections() -> Diagram {
    var boxes: [Diagram.Box] = []
    var links: [Diagram.Link] = []
    for index in 0..<50 {
      boxes.append(Diagram.Box("v\(index)", "保守の事業者 \(index)", column: 0))
      boxes.append(
        Diagram.Box("s\(index)", "部門システム \(index)", facts: ["置き場所: 院内", "止まったときの影響: 診療が止まる"], column: 2))
    }
    for index in 0..<200 {
      let point = "p\(index)"
      boxes.append(
        Diagram.Box(
          point, "検査機器 \(index) の遠隔保守",
          facts: [
            "VPN-\(index)", "VPN装置 ・ Gate \(index % 9)", "二要素認証: なし", "使える時間: いつでも", "接続元: 198.51.100.0/29",
          ],
          findings: index.isMultiple(of: 3) ? ["更新の担当が未定", "サポート終了日が不明"] : [], column: 1))
      links.append(Diagram.Link("v\(index * 7 % 50)", to: point, owner: point))
      links.append(Diagram.Link(point, to: "s\(index * 13 % 50)", owner: point))
    }
    return Diagram(headings: ["つないでくる相手", "外部接続点", "システム"], boxes: boxes, links: links)
  }

  private static func systems() -> Diagram {
    let boxes = (0..<300).map { index in
      Diagram.Box(
        "\(index)", "部門システム \(index)", facts: ["置き場所: 院内", "止まったときの影響: 診療が遅れる", "目標復旧時間(時間): 24"],
        findings: index.isMultiple(of: 4) ? ["副担当がいない"] : [])
    }
    var links: [Diagram.Link] = []
    for index in 1..<300 where !index.isMultiple(of: 5) {
      // Two needs each: one near, one among the few on which everything rests.
      for needed in Set([index - 1 - index * 7 % min(index, 30), index % 12]) where needed < index {
        links.append(Diagram.Link("\(needed)", to: "\(index)", owner: "\(index)"))
      }
    }
    return Diagram(boxes: boxes, links: links.sorted { ($0.to, $0.from) < ($1.to, $1.from) }).inLayers()
  }
}
