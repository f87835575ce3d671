import Kernel
import Web

/// The phases and their lines along the months, as SVG for the page, the file and the PDF.
struct RolloutChart: Sendable {
  let phases: [RolloutPhase]
  let lines: [ListedLine]
  let today: Day
  var ground = RolloutGround()

  /// More are not drawn: the table has all, and the page says so.
  static let mostLines = 60

  private static let (left, width, row, top) = (210.0, 780.0, 24.0, 30.0)

  private var start: Day {
    let first = phases.map(\.startOn).min() ?? today
    return Day(first.year, first.month, 1) ?? first
  }
  private var end: Day {
    let last = phases.map(\.endOn).max() ?? today
    return (Day(last.year, last.month, 1) ?? last).adding(months: 1)
  }

  private func x(_ day: Day) -> Double {
    let all = Double(max(1, end.days(since: start)))
    let share = Double(day.days(since: start)) / all
    return Self.left + min(1, max(0, share)) * (Self.width - Self.left - 6)
  }

  var drawn: [ListedLine] { Array(lines.prefix(Self.mostLines)) }

  private var rows: [(phase: RolloutPhase, line: ListedLine?)] {
    phases.flatMap { phase in
      [(phase, nil)] + drawn.filter { $0.line.phase == phase.number }.map { (phase, $0) }
    }
  }

  var height: Double { Self.top + Double(rows.count) * Self.row + 22 }
  var size: (width: Double, height: Double) { (Self.width, height) }

  func svg(_ t: Texts<RolloutText>) -> SVG {
    let bars = rows.enumerated().map { place, row -> SVG in
      let y = Self.top + Double(place) * Self.row
      return row.line.map { bar($0, row.phase, y: y) } ?? bar(row.phase, y: y, t)
    }
    return """
      <svg class="drawing" viewBox="0 0 \(Self.width) \(height)" width="\(Self.width)" height="\(height)" role="img" \
      aria-label="\(label(t))">\(months(t))\(SVG(joining: bars))\(mark(today, t(.today)))\
      \(Rollouts.milestone.flatMap { mark($0, t(.milestone)) })</svg>
      """
  }

  /// For those who listen: each phase with its days and how much of it is done.
  func label(_ t: Texts<RolloutText>) -> String {
    phases.map { phase in
      let progress = RolloutProgress(lines.map(\.line), in: phase, on: today, known: ground.known)
      return t(
        .phaseLabel, phase.title(t), t.language.date(phase.startOn), t.language.date(phase.endOn),
        "\(progress[.done])", "\(progress.asked)")
    }.joined(separator: " ")
  }

  private func months(_ t: Texts<RolloutText>) -> SVG {
    var parts: [SVG] = []
    var month = start
    // A label every so many months, so that they never touch.
    let count = max(1, (end.year - start.year) * 12 + end.month - start.month)
    let step = max(1, (count + 11) / 12)
    var number = 0
    while month < end, number < 400 {
      if number % step == 0 {
        parts.append(
          """
          <path class="c-line" d="M\(x(month)) \(Self.top - 6)V\(height - 16)" stroke="#75828d" stroke-width=".5" fill="none"/>\
          <text class="c-soft" x="\(x(month) + 2)" y="14" font-size="10" fill="#47535e">\(t.language.monthName(month))</text>
          """)
      }
      month = month.adding(months: 1)
      number += 1
    }
    return SVG(joining: parts)
  }

  private func mark(_ day: Day, _ name: String) -> SVG? {
    guard day >= start, day <= end else { return nil }
    return """
      <path class="c-wire" d="M\(x(day)) \(Self.top - 8)V\(height - 14)" stroke="#19232c" stroke-width="1.4" \
      stroke-dasharray="4 3" fill="none"/><text class="c-ink" x="\(x(day))" y="\(height - 3)" font-size="10" fill="#19232c" \
      text-anchor="middle">\(name)</text>
      """
  }

  private func bar(_ phase: RolloutPhase, y: Double, _ t: Texts<RolloutText>) -> SVG {
    let (from, to) = (x(phase.startOn), x(phase.endOn.adding(days: 1)))
    let progress = RolloutProgress(lines.map(\.line), in: phase, on: today, known: ground.known)
    let done = (to - from) * (progress.share ?? 0)
    return """
      <text class="c-ink" x="0" y="\(y + 16)" font-size="12" fill="#19232c" font-weight="700">\
      \(Self.cut("\(phase.number) \(phase.title(t))", to: Self.left - 8, 12))</text>\
      <rect class="c-accent-soft" x="\(from)" y="\(y + 4)" width="\(max(2, to - from))" height="15" rx="2" fill="#e3eff6" \
      stroke="#14557f"/><rect class="c-accent" x="\(from)" y="\(y + 4)" width="\(done)" height="15" rx="2" fill="#14557f"/>
      """
  }

  private func bar(_ one: ListedLine, _ phase: RolloutPhase, y: Double) -> SVG {
    let known = ground.known(one.line)
    let standing = one.line.standing(in: phase, on: today, known: known)
    let (style, fill, stroke, sign): (SVG, SVG, SVG, SVG) =
      switch standing {
      case .done: ("c-done", "#17683e", "#17683e", "○")
      case .exempt: ("c-partly-soft", "#fcefd6", "#7d4b00", "−")
      case .exceptionOver, .late: ("c-bad-soft", "#fce9e7", "#ae1f1a", "!")
      case .underWay, .planned: ("c-none", "#fff", "#4b5863", "")
      }
    let from = x(phase.startOn)
    // A bar ends where it was done, else with the phase; what is excepted reaches as far as the exception.
    let last = one.line.doneOn ?? one.line.exceptionUntil ?? phase.endOn
    let to = max(from + 3, x(last.adding(days: 1)))
    return """
      <text class="c-soft" x="14" y="\(y + 16)" font-size="11" fill="#47535e">\
      \(Self.cut("\(one.system) \(one.line.group)", to: Self.left - 34, 11))</text>\
      <text class="c-ink" x="\(Self.left - 14)" y="\(y + 16)" font-size="11" fill="#19232c" font-weight="700">\(sign)</text>\
      <rect class="\(style)" x="\(from)" y="\(y + 6)" width="\(to - from)" height="11" rx="2" fill="\(fill)" \
      stroke="\(stroke)"/>\(filled(one.line.share(known), of: standing, from: from, to: to, y: y))
      """
  }

  /// The part of a bar that is done already, as far as the registers know.
  private func filled(
    _ share: Double, of standing: RolloutLine.Standing, from: Double, to: Double, y: Double
  ) -> SVG? {
    guard share > 0, standing != .done else { return nil }
    let width = (to - from) * min(1, share)
    return """
      <rect class="c-done" x="\(from)" y="\(y + 9)" width="\(width)" height="5" fill="#17683e"/>
      """
  }

  private static func cut(_ text: String, to limit: Double, _ size: Double) -> String {
    var used = 0.0
    var kept = ""
    for character in text {
      used += (character.unicodeScalars.first?.value ?? 0) < 0x370 ? size * 0.57 : size
      guard used <= limit else { return kept.isEmpty ? kept : kept.dropLast() + "…" }
      kept.append(character)
    }
    return kept
  }
}

extension RolloutPhase {
  func title(_ t: Texts<RolloutText>) -> String {
    guard name.isEmpty else { return name }
    return switch number {
    case 1: t(.phaseOne)
    case 2: t(.phaseTwo)
    default: t(.phaseThree)
    }
  }
}

extension Language {
  /// 2027年4月 / 2027-04, short: 27/4.
  fileprivate func monthName(_ day: Day) -> String { "\(day.year % 100)/\(day.month)" }
}
