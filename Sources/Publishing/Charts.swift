public import Kernel

/// How many items carry each mark.
public struct MarkCounts: Sendable, Equatable, Codable {
  public var done: Int
  public var partly: Int
  public var undone: Int
  public var unanswered: Int

  public init(done: Int = 0, partly: Int = 0, undone: Int = 0, unanswered: Int = 0) {
    (self.done, self.partly, self.undone, self.unanswered) = (done, partly, undone, unanswered)
  }

  public var total: Int { done + partly + undone + unanswered }

  subscript(mark: Charts.Mark) -> Int {
    switch mark {
    case .done: done
    case .partly: partly
    case .undone: undone
    case .unanswered: unanswered
    }
  }
}

/// One question of the comparison with the country: the facility's own answer, and how many hospitals do it.
public struct NationalRow: Sendable, Equatable, Codable {
  public var name: String
  public var ownText: String
  public var ownMark: Charts.Mark
  /// Percent, 0 to 100; nil when no figure could be confirmed.
  public var value: Double?
  /// What stands at the end of the bar, as in `69%`; in the bar's place when there is no value.
  public var valueText: String
  /// The group of hospitals behind the figure, as in `100〜199床`.
  public var bandText: String

  public init(
    name: String, own: (text: String, mark: Charts.Mark), value: Double?, valueText: String, bandText: String
  ) {
    (self.name, ownText, ownMark) = (name, own.text, own.mark)
    (self.value, self.valueText, self.bandText) = (value, valueText, bandText)
  }
}

/// Charts as SVG, the same on a page and in a PDF.
///
/// Light colours stand as presentation attributes, so that a chart can stand alone; the classes let the style
/// sheet recolour it in dark. `id` makes the ids of patterns unique in a page; `label` gives the figures in words.
public enum Charts {
  /// The four marks in the order in which they are drawn, named as in the report's JSON.
  public enum Mark: String, Sendable, CaseIterable, Codable {
    case done, partly, undone, unanswered
  }

  /// One bar of 360 × 22 without text; the figures stand beside it on the page.
  public static func bar(_ counts: MarkCounts, id: String, label: String) -> SVG {
    let width = 360.0
    let scale = counts.total > 0 ? width / Double(counts.total) : 0
    let parts = segments(counts).map { part in
      let left = part.start == 0 ? 0.0 : 1.0
      let right = part.start + part.count == counts.total ? 0.0 : 1.0
      let gap = min(1, scale * 0.15)
      let x = Double(part.start) * scale + left * gap
      let length = Double(part.count) * scale - (left + right) * gap
      return box(part.mark, x: x, y: 1, width: length, height: 20, pattern: id)
    }
    return """
      <svg class="chart" viewBox="0 0 360 22" role="img" aria-label="\(label)">\(hatching(id, stroke: 4))\
      \(SVG(joining: parts))</svg>
      """
  }

  /// A bar for each row with its name before and its counts behind; all bars have the same scale.
  ///
  /// Names that do not fit into `nameWidth` are shortened with `…`. One row takes 32 px of height.
  public static func rows(
    _ rows: [(name: String, counts: MarkCounts)], nameWidth: Double, width: Double = 350, id: String,
    label: String, unansweredWord: String
  ) -> SVG {
    let ends = rows.map { countsWidth($0.counts, unansweredWord: unansweredWord) }
    let scale = zip(rows, ends).reduce(16.0) { scale, row in
      let room = max(0, width - nameWidth - 8 - row.1)
      return row.0.counts.total > 0 ? min(scale, room / Double(row.0.counts.total)) : scale
    }
    let gap = min(2, scale * 0.3)
    let drawn = rows.enumerated().map { index, row in
      let top = Double(index) * 32
      let parts = segments(row.counts).map { part in
        let x = nameWidth + Double(part.start) * scale
        return box(
          part.mark, x: x, y: top + 2, width: Double(part.count) * scale - gap, height: 20, pattern: id)
      }
      let end = nameWidth + Double(row.counts.total) * scale - gap + 7
      return """
        <text class="c-ink" x="0" y="\(top + 16.5)" font-size="12" fill="#19232c">\
        \(shortened(row.name, to: nameWidth - 4))</text>\(SVG(joining: parts))\
        \(countsText(row.counts, x: end, y: top + 16.5, unansweredWord: unansweredWord))
        """ as SVG
    }
    return """
      <svg class="chart" viewBox="0 0 \(width) \(max(1, Double(rows.count) * 32 - 6))" role="img" \
      aria-label="\(label)">\(hatching(id, stroke: 3))\(SVG(joining: drawn))</svg>
      """
  }

  /// A `nameWidth` for ``rows(_:nameWidth:width:id:label:unansweredWord:)`` at which these names fit, up to `limit`.
  public static func nameWidth(_ names: [String], limit: Double = 130) -> Double {
    min(limit, (names.map { width(of: $0) }.max() ?? 0).rounded(.up) + 6)
  }

  /// The comparison with the country, 710 wide: item, own answer, bar from 0 to 100 %, value and band.
  ///
  /// Without a value the bar is a dashed outline with the row's `valueText` in it. The columns of names and of own
  /// answers widen for long texts, at the cost of the bars.
  public static func national(
    _ rows: [NationalRow], heads: (String, String, String), id: String, label: String
  ) -> SVG {
    let columns = NationalColumns(rows: rows, heads: heads)
    let drawn = rows.enumerated().map { index, row in
      nationalRow(row, top: Double(index) * 25 + 22, columns: columns)
    }
    return """
      <svg class="chart" viewBox="0 0 710 \(rows.count * 25 + 22)" role="img" aria-label="\(label)">\
      <g id="\(id)"><text class="c-soft" x="0" y="12" font-size="12" fill="#47535e">\
      \(shortened(heads.0, to: columns.own - 8))</text>\
      <text class="c-soft" x="\(columns.own)" y="12" font-size="12" fill="#47535e">\
      \(shortened(heads.1, to: columns.bar - columns.own - 8))</text>\
      <text class="c-soft" x="\(columns.bar)" y="12" font-size="12" fill="#47535e">\
      \(shortened(heads.2, to: 710 - columns.bar))</text>\(SVG(joining: drawn))</g></svg>
      """
  }

  // MARK: - Parts

  /// Where the columns of the national chart begin.
  struct NationalColumns {
    let own: Double
    let bar: Double
    /// The end of the bars is fixed, and with it value and band.
    var length: Double { 530 - bar }

    init(rows: [NationalRow], heads: (String, String, String)) {
      let names = rows.map { width(of: $0.name) } + [width(of: heads.0)]
      let owns =
        rows.map { width(of: sign($0.ownMark) + " " + $0.ownText, bold: true) } + [width(of: heads.1)]
      own = min(max(232, (names.max() ?? 0) + 12), 310)
      bar = own + min(max(98, (owns.max() ?? 0) + 12), 140)
    }
  }

  private static func nationalRow(_ row: NationalRow, top: Double, columns: NationalColumns) -> SVG {
    let own = "\(sign(row.ownMark)) \(row.ownText)"
    let line = top + 13
    return """
      <text class="c-ink" x="0" y="\(line)" font-size="12" fill="#19232c">\
      \(shortened(row.name, to: columns.own - 8))</text>\
      <text class="\(textClass(row.ownMark))" x="\(columns.own)" y="\(line)" font-size="12" \
      fill="\(textColour(row.ownMark))" font-weight="700">\
      \(shortened(own, to: columns.bar - columns.own - 8, bold: true))</text>\
      \(nationalBar(row, top: top, columns: columns))\
      <text class="c-soft" x="576" y="\(line)" font-size="12" fill="#47535e">\(shortened(row.bandText, to: 134))</text>
      """
  }

  private static func nationalBar(_ row: NationalRow, top: Double, columns: NationalColumns) -> SVG {
    guard let value = row.value, value.isFinite else {
      return """
        <rect class="c-none" x="\(columns.bar + 0.5)" y="\(top + 1.5)" width="\(columns.length - 1)" height="15" \
        fill="#fff" stroke="#4b5863" stroke-dasharray="3 3"/>\
        <text class="c-soft" x="\(columns.bar + 8)" y="\(top + 13)" font-size="12" fill="#47535e">\
        \(shortened(row.valueText, to: columns.length - 16))</text>
        """
    }
    let filled: SVG? =
      value > 0
      ? """
      <rect class="c-accent" x="\(columns.bar)" y="\(top + 1)" \
      width="\(columns.length * min(value, 100) / 100)" height="16" fill="#14557f"/>
      """ : nil
    return """
      <rect class="c-accent-soft" x="\(columns.bar + 0.5)" y="\(top + 1.5)" width="\(columns.length - 1)" height="15" \
      fill="#e3eff6" stroke="#14557f" stroke-width=".6"/>\(filled)\
      <text class="c-ink" x="538" y="\(top + 13)" font-size="12" fill="#19232c" font-weight="700">\
      \(shortened(row.valueText, to: 34, bold: true))</text>
      """
  }

  /// Runs of the marks that occur, each with the number of items before it.
  private static func segments(_ counts: MarkCounts) -> [(mark: Mark, start: Int, count: Int)] {
    var start = 0
    var result: [(mark: Mark, start: Int, count: Int)] = []
    for mark in Mark.allCases where counts[mark] > 0 {
      result.append((mark, start, counts[mark]))
      start += counts[mark]
    }
    return result
  }

  private static func box(
    _ mark: Mark, x: Double, y: Double, width: Double, height: Double, pattern: String
  ) -> SVG {
    // An outline is drawn within the width, so that it ends where a solid bar would.
    let inset = min(0.5, width / 4)
    return switch mark {
    case .done:
      """
      <rect class="c-done" x="\(x)" y="\(y)" width="\(width)" height="\(height)" fill="#17683e"/>
      """
    case .partly:
      """
      <rect x="\(x)" y="\(y)" width="\(width)" height="\(height)" fill="url(#\(pattern))"/>
      """
    case .undone:
      """
      <rect class="c-undone" x="\(x)" y="\(y)" width="\(width)" height="\(height)" fill="#ae1f1a"/>
      """
    case .unanswered:
      """
      <rect class="c-none" x="\(x + inset)" y="\(y + 0.5)" width="\(width - 2 * inset)" height="\(height - 1)" \
      fill="#fff" stroke="#4b5863" stroke-dasharray="3 3"/>
      """
    }
  }

  private static func hatching(_ id: String, stroke: Int) -> SVG {
    """
    <defs><pattern id="\(id)" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
    <rect class="c-partly-soft" width="6" height="6" fill="#fcefd6"/>\
    <path class="c-hatch" d="M0 0V6" stroke="#7d4b00" stroke-width="\(stroke)"/></pattern></defs>
    """
  }

  private static func countsText(_ counts: MarkCounts, x: Double, y: Double, unansweredWord: String) -> SVG? {
    let parts = segments(counts).map { part in
      """
      <tspan class="\(textClass(part.mark))" fill="\(textColour(part.mark))">\
      \(countText(part.mark, part.count, unansweredWord))</tspan>
      """ as SVG
    }
    guard let first = parts.first else { return nil }
    let text = parts.dropFirst().reduce(into: first) { text, part in text = "\(text) \(part)" }
    return """
      <text x="\(x)" y="\(y)" font-size="12" font-weight="700">\(text)</text>
      """
  }

  private static func countsWidth(_ counts: MarkCounts, unansweredWord: String) -> Double {
    segments(counts).reduce(0.0) {
      $0 + 4 + width(of: countText($1.mark, $1.count, unansweredWord), bold: true)
    }
  }

  /// `○6`, or the word and the number; a space between them when the word ends in a Latin letter.
  private static func countText(_ mark: Mark, _ count: Int, _ unansweredWord: String) -> String {
    guard mark == .unanswered else { return "\(sign(mark))\(count)" }
    let space = unansweredWord.last?.isASCII == true ? " " : ""
    return "\(unansweredWord)\(space)\(count)"
  }

  private static func sign(_ mark: Mark) -> String {
    switch mark {
    case .done: "○"
    case .partly: "△"
    case .undone: "×"
    case .unanswered: "−"
    }
  }

  private static func textClass(_ mark: Mark) -> String {
    switch mark {
    case .done: "c-done"
    case .partly: "c-partly"
    case .undone: "c-undone"
    case .unanswered: "c-soft"
    }
  }

  private static func textColour(_ mark: Mark) -> String {
    switch mark {
    case .done: "#17683e"
    case .partly: "#7d4b00"
    case .undone: "#ae1f1a"
    case .unanswered: "#47535e"
    }
  }

  // MARK: - Lengths of text

  /// The estimated width of `text` in px at 12 px: 12 for a Japanese glyph, 6.6 for a Latin one, 6 for half-width kana.
  static func width(of text: String, bold: Bool = false) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar.value {
      case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F, 0x3099, 0x309A, 0xE0100...0xE01EF: sum
      case 0xFF61...0xFF9F: sum + 6
      case 0x41...0x5A where !"IJ".unicodeScalars.contains(scalar): sum + 8
      case ..<0x370: sum + (bold ? 7 : 6.6)
      default: sum + 12
      }
    }
  }

  /// `text`, or as much of its beginning as fits into `limit` with `…` behind.
  static func shortened(_ text: String, to limit: Double, bold: Bool = false) -> String {
    guard width(of: text, bold: bold) > limit else { return text }
    var kept = ""
    var used = width(of: "…", bold: bold)
    for character in text {
      used += width(of: String(character), bold: bold)
      guard used <= limit else { break }
      kept.append(character)
    }
    return "\(kept.trimmed)…"
  }
}
