import Kernel

/// Drawings of what a monitor saw; colours and words of the style sheet, with the figures in a sentence beside them.
enum MonitorCharts {
  private static let (width, height, foot) = (720.0, 120.0, 18.0)

  /// Response times of a day, five minutes to a bar: as high as the slowest answer, red over the full height where there was none.
  static func times(_ readings: [Reading], until now: Instant, label: String) -> SVG {
    let span: Int64 = 300_000
    let start = now.milliseconds / span * span - 287 * span
    var slots: [Int: (most: Double, worst: Sight)] = [:]
    for reading in readings where reading.at.milliseconds >= start {
      let slot = Int((reading.at.milliseconds - start) / span)
      let answered = reading.sight == .up || reading.sight == .slow
      let before = slots[slot] ?? (0, .up)
      let worst = rank(reading.sight) > rank(before.worst) ? reading.sight : before.worst
      slots[slot] = (max(before.most, answered ? reading.milliseconds : 0), worst)
    }
    let top = ceiling(slots.values.map(\.most).max() ?? 0)
    let bars = slots.sorted { $0.key < $1.key }.map { slot, seen in
      bar(
        x: Double(slot) * 2.5, width: 2.2,
        share: seen.worst == .up || seen.worst == .slow ? seen.most / top : 1, seen.worst)
    }
    let hours = stride(from: 0, through: 288, by: 72).map { slot in
      let at = Instant(milliseconds: start + Int64(slot) * span)
      let minute = at.clock.minute
      let shown = "\(at.clock.hour):\(minute < 10 ? "0" : "")\(minute)"
      let x = min(max(Double(slot) * 2.5, 14), width - 16)
      return """
        <text class="c-soft" x="\(x)" y="\(height + foot - 4)" font-size="11" fill="#47535e" text-anchor="middle">\(shown)</text>
        """ as SVG
    }
    return drawing(SVG(joining: bars + hours), label: label, top: "\(Int(top)) ms")
  }

  /// Availability by day: a full bar is a whole day.
  static func days(_ days: [(day: Day, tally: Tally)], until today: Day, count: Int, label: String) -> SVG {
    let step = width / Double(count)
    let bars = days.compactMap { day, tally -> SVG? in
      let position = count - 1 - today.days(since: day)
      guard position >= 0, position < count else { return nil }
      let x = Double(position) * step
      guard let share = tally.availability else { return bar(x: x, width: step - 0.6, share: 1, .unknown) }
      let good = bar(x: x, width: step - 0.6, share: share, share < 1 ? .slow : .up)
      // A gap of a minute in a day must still be seen.
      return share < 1 ? "\(good)\(lack(x: x, width: step - 0.6, share: max(1 - share, 0.04)))" : good
    }
    return drawing(SVG(joining: bars), label: label, top: "100%")
  }

  private static func drawing(_ content: SVG, label: String, top: String) -> SVG {
    """
    <svg class="chart" viewBox="0 0 \(width) \(height + foot)" role="img" aria-label="\(label)">\
    <path class="c-soft" d="M0 \(height)H\(width)" stroke="#47535e" stroke-width="1"/>\(content)\
    <text class="c-soft" x="\(width)" y="11" font-size="11" fill="#47535e" text-anchor="end">\(top)</text></svg>
    """
  }

  private static func bar(x: Double, width: Double, share: Double, _ sight: Sight) -> SVG {
    let tall = max(1, min(1, share) * height)
    let (name, colour) =
      switch sight {
      case .up: ("c-accent", "#14557f")
      case .slow: ("c-partly", "#7d4b00")
      case .down: ("c-undone", "#ae1f1a")
      case .unknown: ("c-soft", "#47535e")
      }
    return """
      <rect class="\(name)" x="\(x)" y="\(height - tall)" width="\(width)" height="\(tall)" fill="\(colour)"/>
      """
  }

  private static func lack(x: Double, width: Double, share: Double) -> SVG {
    """
    <rect class="c-undone" x="\(x)" y="0" width="\(width)" height="\(share * height)" fill="#ae1f1a"/>
    """
  }

  private static func rank(_ sight: Sight) -> Int {
    switch sight {
    case .up: 0
    case .slow: 1
    case .unknown: 2
    case .down: 3
    }
  }

  /// The next of 1, 2, 5, 10, 20, 50 … above.
  static func ceiling(_ value: Double) -> Double {
    var top = 1.0
    for factor in [2.0, 2.5, 2.0, 2.0, 2.5, 2.0, 2.0, 2.5, 2.0, 2.0, 2.5, 2.0, 2.0, 2.5, 2.0, 2.0, 2.5]
    where top < value {
      top *= factor
    }
    return top
  }
}
