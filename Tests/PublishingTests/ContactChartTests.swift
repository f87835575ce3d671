import Kernel
import Testing

@testable import Publishing

/// A chart of a chain of `steps`, with so many boxes at each side.
private func chart(_ steps: Int, _ aside: Int, _ below: Int, words: String) -> ContactChart {
  func boxes(_ count: Int) -> [ContactChart.Box] {
    (0..<count).map {
      ContactChart.Box("\(words)\($0)", ["\(words) 0120-000-10\($0)", "夜間・休日 080-0000-0100"])
    }
  }
  return ContactChart(
    finder: "見つけた人(だれでも)",
    chain: (0..<steps).map {
      ContactChart.Step(boxes(1)[0], arrow: $0 == 1 ? "診療が止まるとき、または個人情報が漏れたとき" : "すぐ")
    },
    right: ContactChart.Group("事業者(①からかける)", boxes(aside)),
    left: ContactChart.Group("院内(②からかける)", boxes(aside), from: 1),
    below: ContactChart.Group("院外", boxes(below)), belowArrow: "②③が分担してかける")
}

extension ContactDrawing.Rectangle {
  fileprivate func overlaps(_ other: Self) -> Bool {
    x < other.right && other.x < right && y < other.bottom && other.y < bottom
  }
  fileprivate func holds(_ other: Self) -> Bool {
    x <= other.x && y <= other.y && other.right <= right && other.bottom <= bottom
  }
}

@Suite("連絡体制図") struct ContactChartTests {
  private static let names = [
    "みなと通信", "医療情報システム安全管理責任者(副院長)・個人情報保護の責任者", "Himawari Information Systems Incorporated",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "「、。)」『・ー』", "髙橋𠮷田",
  ]

  @Test(
    "字は重ならず、箱や図からはみ出さず、線に触れない", arguments: names, [(1, 0, 0), (1, 6, 1), (3, 1, 4), (3, 6, 8), (0, 3, 2)])
  func nothingOverlaps(name: String, size: (Int, Int, Int)) {
    let drawing = ContactDrawing(chart(size.0, size.1, size.2, words: name))
    let covers = drawing.texts.map(\.cover)
    let whole = ContactDrawing.Rectangle(x: 0, y: 0, width: ContactDrawing.width, height: drawing.height)
    for (index, cover) in covers.enumerated() {
      let text = drawing.texts[index].text
      #expect(whole.holds(cover), "\(text)")
      for other in covers[(index + 1)...] { #expect(!cover.overlaps(other), "\(text)") }
      for box in drawing.boxes where box.tone != .line {
        #expect(!box.overlaps(cover) || box.holds(cover), "\(text)")
      }
      for wire in drawing.wires {
        for (from, to) in zip(wire.points, wire.points.dropFirst()) {
          let line = ContactDrawing.Rectangle(
            x: min(from.x, to.x), y: min(from.y, to.y), width: abs(to.x - from.x), height: abs(to.y - from.y))
          #expect(!line.overlaps(cover), "\(text)")
        }
      }
    }
    let boxes = drawing.boxes.filter { $0.tone != .line }
    for (index, box) in boxes.enumerated() {
      #expect(whole.holds(box))
      for other in boxes[(index + 1)...] { #expect(!box.overlaps(other)) }
    }
  }

  @Test("字はすべて図にあり、折り返しても欠けない", arguments: names)
  func nothingIsCut(name: String) {
    let drawing = ContactDrawing(chart(3, 2, 4, words: name))
    let drawn = drawing.texts.map(\.text).joined().filter { !$0.isWhitespace }
    for word in ["\(name)0", "\(name)3", "②③が分担してかける", "診療が止まるとき、または個人情報が漏れたとき"] {
      #expect(drawn.contains(word.filter { !$0.isWhitespace }), "\(word)")
    }
  }

  @Test(
    "電話番号や英字の途中では折らず、閉じる印を行の頭に、開く印を行の終わりに置かない",
    arguments: [
      ("夜間・休日 080-0000-0100", ["夜間・休日", "080-0000-0100"]), ("", []), ("   ", []),
      ("受付窓口の今夜（外）です", ["受付窓口の今夜", "（外）です"]), ("受付窓口の今夜間。です", ["受付窓口の今夜", "間。です"]),
      ("あ\nい", ["あ", "い"]),
    ])
  func breaking(text: String, lines: [String]) {
    // 97 px at 12 px: eight Japanese letters.
    #expect(Lettering.wrapped(text, to: 97, size: 12) == lines)
  }

  @Test("人が打った字は、しるしとして働かない")
  func escaped() {
    let svg = Charts.contacts(
      chart(2, 1, 1, words: "<script>&\""), id: "tip", label: "\"><script>")
    #expect(!svg.text.contains("<script>"))
    #expect(svg.text.contains("id=\"tip\"") && svg.text.contains("url(#tip)"))
  }
}
