import Kernel
import Testing

@testable import Publishing

@Suite("図") struct ChartTests {
  private let story = MarkCounts(done: 9, partly: 4, undone: 3, unanswered: 2)

  @Test("棒の端は図の幅に合い、すき間を足すと全体になる")
  func barFillsItsWidth() throws {
    let boxes = drawnBoxes(Charts.bar(story, id: "h", label: "18項目"))
    #expect(boxes.count == 4)
    #expect(boxes.first?.x == 0)
    let end = try #require(boxes.last)
    #expect(abs(end.x + end.width - 360) < 0.2)
    let gaps = zip(boxes, boxes.dropFirst()).map { $1.x - $0.x - $0.width }
    #expect(gaps.allSatisfy { abs($0 - 2) < 0.2 })
    var sum: Double = 0
    for length in boxes.map(\.width) + gaps { sum += length }
    #expect(abs(sum - 360) < 0.3)
  }

  @Test("一つの図の棒は、どの行も同じ尺度である")
  func rowsShareOneScale() throws {
    let chart = Charts.rows(
      [("1 体制", MarkCounts(done: 4)), ("2 管理・運用", story), ("3 規程", MarkCounts(undone: 8))],
      nameWidth: 90, id: "s", label: "", unansweredWord: "未回答")
    let boxes = drawnBoxes(chart)
    let four = (boxes[0].width + 2) / 4
    let nine = (boxes[1].width + 2) / 9
    let eight = (boxes[5].width + 2) / 8
    #expect(abs(four - nine) < 0.05)
    #expect(abs(eight - nine) < 0.05)
    #expect(boxes.allSatisfy { $0.x + $0.width <= 350 })
  }

  @Test("0の印は描かず、全部0の行でも0で割らない", arguments: [0, 1, 3])
  func nothingToDraw(rows: Int) {
    let empty = Array(repeating: (name: "4 規程", counts: MarkCounts()), count: rows)
    let charts = [
      Charts.rows(empty, nameWidth: 90, id: "s", label: "", unansweredWord: "未回答"),
      Charts.bar(MarkCounts(), id: "h", label: ""),
      Charts.national([], heads: ("項目", "当院", "全国"), id: "n", label: ""),
    ]
    for chart in charts {
      #expect(drawnBoxes(chart).isEmpty)
      #expect(!chart.text.contains("nan") && !chart.text.contains("inf"))
    }
    #expect(!charts[0].text.contains("未回答"))
  }

  @Test("項目が千を超えても幅が負にならない")
  func manyItems() {
    let counts = MarkCounts(done: 1500, partly: 1, undone: 1, unanswered: 1)
    let rows = Charts.rows([("全体", counts)], nameWidth: 90, id: "s", label: "", unansweredWord: "未回答")
    for box in drawnBoxes(rows) + drawnBoxes(Charts.bar(counts, id: "h", label: "")) {
      #expect(box.width >= 0 && box.x >= 0 && box.x + box.width <= 361)
    }
  }

  @Test("名前の記号は文字として出て、印として働かない")
  func namesAreEscaped() {
    let name = "<b>&\"'"
    let row = NationalRow(name: name, own: (name, .done), value: 50, valueText: "50%", bandText: name)
    let charts = [
      Charts.rows([(name, story)], nameWidth: 90, id: "s", label: name, unansweredWord: name),
      Charts.national([row], heads: (name, name, name), id: "n", label: name),
      Charts.bar(story, id: "h", label: name),
    ]
    for chart in charts {
      #expect(!chart.text.contains("<b>"))
      #expect(chart.text.contains("aria-label=\"&lt;b&gt;&amp;&quot;&#39;\""))
    }
  }

  @Test(
    "入らない名前は…で切る",
    arguments: [
      ("1 体制", 86.0, "1 体制"), ("3 事故への備え", 86, "3 事故への備え"), ("医療情報システムの管理", 86, "医療情報シス…"),
      ("ﾊﾝｶｸ", 24, "ﾊﾝｶｸ"), ("abc", 0, "…"), ("", 0, ""),
    ])
  func shortening(name: String, limit: Double, shown: String) {
    #expect(Charts.shortened(name, to: limit) == shown)
    #expect(Charts.width(of: shown) <= max(limit, 12))
  }

  @Test("全国の値がない行は破線の枠と言葉になり、100を超える値は枠に収まる")
  func nationalValues() throws {
    let rows = [
      NationalRow(name: "A", own: ("はい", .done), value: nil, valueText: "確かめられません", bandText: "全体"),
      NationalRow(name: "B", own: ("まだない", .undone), value: .nan, valueText: "不明", bandText: ""),
      NationalRow(name: "C", own: ("一部", .partly), value: 120, valueText: "120%", bandText: ""),
      NationalRow(name: "D", own: ("未回答", .unanswered), value: 0, valueText: "0%", bandText: ""),
    ]
    let chart = Charts.national(rows, heads: ("項目", "当院", "全国"), id: "n", label: "比較")
    #expect(chart.text.contains("確かめられません"))
    #expect(chart.text.contains("− 未回答"))
    let widths = drawnBoxes(chart).map(\.width)
    #expect(widths == [200, 200, 199, 200, 199])
    #expect(chart.text.ranges(of: "stroke-dasharray").count == 2)
  }

  @Test("同じページの図は模様の名前が重ならず、style 属性を持たない")
  func attributes() {
    let first = Charts.bar(story, id: "a", label: "")
    let second = Charts.rows([("x", story)], nameWidth: 60, id: "b", label: "", unansweredWord: "No answer")
    #expect(first.text.contains("id=\"a\"") && first.text.contains("url(#a)"))
    #expect(second.text.contains("id=\"b\"") && second.text.contains("url(#b)"))
    #expect(second.text.contains("No answer 2"))
    for chart in [first, second] {
      #expect(!chart.text.contains("style") && chart.text.contains("role=\"img\""))
    }
  }
}

/// The rectangles of a chart, without the one of the hatching; dashed outlines with the half of their line outside.
private func drawnBoxes(_ chart: SVG) -> [(x: Double, width: Double)] {
  let rectangle = /<rect (?:class="([a-z-]+)" )?x="([-0-9.]+)" y="[-0-9.]+" width="([-0-9.]+)"/
  return chart.text.matches(of: rectangle).compactMap {
    guard let x = Double($0.2), let width = Double($0.3) else { return nil }
    return $0.1 == "c-none" ? (x - 0.5, width + 1) : (x, width)
  }
}
