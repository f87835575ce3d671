import Kernel
import Web

/// The heat map: how many open risks stand in each cell of a matrix, as SVG for the page and the PDF.
struct RiskMap: Sendable {
  let scale: RiskScale
  /// By probability, then impact.
  let counts: [[Int]]

  init(_ scale: RiskScale, id: String, _ cells: [RiskCell]) {
    var counts = scale.probability.map { _ in scale.impact.map { _ in 0 } }
    for cell in cells where cell.scale == id {
      let (p, i) = (cell.rating.probability, cell.rating.impact)
      guard counts.indices.contains(p), counts[p].indices.contains(i) else { continue }
      counts[p][i] += cell.count
    }
    (self.scale, self.counts) = (scale, counts)
  }

  var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// How many risks stand at each level, the highest first.
  var levels: [(level: Int, count: Int)] {
    scale.risk.indices.reversed().map { level in
      let cells = scale.grid.enumerated().reduce(0) { sum, row in
        sum
          + row.element.enumerated().reduce(0) {
            $0 + ($1.element == level ? counts[row.offset][$1.offset] : 0)
          }
      }
      return (level, cells)
    }
  }

  /// 大 3件、中 1件, for those who listen and under the picture.
  func words(_ t: Texts<RiskText>) -> String {
    levels.map { t(.levelCount, scale.risk[$0.level](t.language), "\($0.count)") }.joined(
      separator: t(.comma))
  }

  private static let (left, top, cellHeight) = (116.0, 8.0, 54.0)
  private var cellWidth: Double { max(64, min(130, 390 / Double(scale.impact.count))) }
  var width: Double { Self.left + cellWidth * Double(scale.impact.count) + 4 }
  var height: Double { Self.top + Self.cellHeight * Double(scale.probability.count) + 42 }

  /// - Parameters:
  ///   - title: whose stage it is; stands in the label.
  ///   - heading: whether it stands above the picture too, for a file of its own.
  func svg(_ title: String, _ t: Texts<RiskText>, heading: Bool = false) -> SVG {
    let head: SVG? =
      heading
      ? "<text x=\"0\" y=\"-8\" font-size=\"13\" fill=\"#19232c\" font-weight=\"700\">\(title)</text>" : nil
    let above = heading ? 22.0 : 0
    let rows = scale.probability.indices.reversed().enumerated().map { place, p -> SVG in
      let y = Self.top + Double(place) * Self.cellHeight
      let cells = scale.impact.indices.map { i in cell(p, i, x: Self.left + Double(i) * cellWidth, y: y, t) }
      return """
        <text class="c-soft" x="\(Self.left - 8)" y="\(y + 31)" font-size="11" fill="#47535e" text-anchor="end">\
        \(Self.cut(scale.probability[p](t.language), to: Self.left - 12))</text>\(SVG(joining: cells))
        """
    }
    let bottom = Self.top + Self.cellHeight * Double(scale.probability.count)
    let heads = scale.impact.indices.map { i -> SVG in
      """
      <text class="c-soft" x="\(Self.left + (Double(i) + 0.5) * cellWidth)" y="\(bottom + 15)" font-size="11" \
      fill="#47535e" text-anchor="middle">\(Self.cut(scale.impact[i](t.language), to: cellWidth - 4))</text>
      """
    }
    return """
      <svg class="drawing" viewBox="0 \(-above) \(width) \(height + above)" width="\(width)" height="\(height + above)" \
      role="img" aria-label="\(title): \(words(t))">\(head)\(SVG(joining: rows))\(SVG(joining: heads))\
      <text class="c-ink" x="0" y="\(bottom + 15)" font-size="11" fill="#19232c" font-weight="700">↑ \(t(.probability))</text>\
      <text class="c-ink" x="\(width - 4)" y="\(bottom + 34)" font-size="11" fill="#19232c" font-weight="700" \
      text-anchor="end">\(t(.impact)) →</text></svg>
      """
  }

  private func cell(_ p: Int, _ i: Int, x: Double, y: Double, _ t: Texts<RiskText>) -> SVG {
    let rating = RiskRating(probability: p, impact: i)
    let severity = scale.severity(rating) ?? 0
    let (style, fill, stroke): (SVG, SVG, SVG) =
      severity >= 67
      ? ("c-bad-soft", "#fce9e7", "#ae1f1a")
      : severity >= 34 ? ("c-partly-soft", "#fcefd6", "#7d4b00") : ("c-none", "#fff", "#4b5863")
    let count = counts[p][i]
    let number: SVG? =
      count == 0
      ? nil
      : """
      <text class="c-ink" x="\(x + cellWidth / 2)" y="\(y + 43)" font-size="19" fill="#19232c" font-weight="700" \
      text-anchor="middle">\(count)</text>
      """
    return """
      <rect class="\(style)" x="\(x + 1)" y="\(y + 1)" width="\(cellWidth - 2)" height="\(Self.cellHeight - 2)" rx="3" \
      fill="\(fill)" stroke="\(stroke)"/>\
      <text class="c-soft" x="\(x + cellWidth / 2)" y="\(y + 17)" font-size="11" fill="#47535e" text-anchor="middle">\
      \(Self.cut(scale.words(rating, t.language), to: cellWidth - 8))</text>\(number)
      """
  }

  /// About as much as fits: 11 for a Japanese glyph, 6.2 for a Latin one.
  private static func cut(_ text: String, to limit: Double) -> String {
    var used = 0.0
    var kept = ""
    for character in text {
      used += (character.unicodeScalars.first?.value ?? 0) < 0x370 ? 6.2 : 11
      guard used <= limit else { return kept.isEmpty ? kept : kept.dropLast() + "…" }
      kept.append(character)
    }
    return kept
  }
}
