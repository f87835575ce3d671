import Kernel

/// The kinds of days, by which rotations are chosen.
struct RotaCalendar: Sendable {
  enum Kind: Sendable { case weekday, rest, yearEnd }

  private let yearEnd: Rota.YearEnd
  private let holidays: [Int: Holiday]

  /// - Parameter days: numbers since 1970; other days have no holidays.
  init(_ yearEnd: Rota.YearEnd, days: ClosedRange<Int>) {
    self.yearEnd = yearEnd
    let years = Day(daysSince1970: days.lowerBound).year...Day(daysSince1970: days.upperBound).year
    let all = years.flatMap { Holiday.of($0) }.map { ($0.day.daysSince1970, $0.holiday) }
    holidays = Dictionary(all, uniquingKeysWith: { first, _ in first })
  }

  func holiday(_ number: Int) -> Holiday? { holidays[number] }

  func kind(_ number: Int) -> Kind {
    if yearEnd != .ordinary {
      let day = Day(daysSince1970: number)
      if (day.month == 12 && day.day >= 29) || (day.month == 1 && day.day <= 3) {
        return yearEnd == .own ? .yearEnd : .rest
      }
    }
    let weekday = ((number + 4) % 7 + 7) % 7
    return weekday == 0 || weekday == 6 || holidays[number] != nil ? .rest : .weekday
  }

  /// Whether a rotation is for this day. Days of the year's end are days off for those that are not made for them.
  func has(_ days: Rotation.Days, _ number: Int) -> Bool {
    switch days {
    case .every: true
    case .weekday: kind(number) == .weekday
    case .rest: kind(number) != .weekday
    case .yearEnd: kind(number) == .yearEnd
    }
  }
}

/// A stretch of time in which nothing changes for one layer.
struct Segment: Sendable, Equatable {
  enum State: String, Sendable, Codable {
    case covered
    /// A duty that nobody has.
    case empty
    /// Who would have it is away.
    case leave
    /// No duty is planned for this time.
    case off
  }

  let layer: Rota.Layer
  var window: Window
  /// Who has it by the rotation.
  var planned: RotaMember?
  /// Who is called; nil unless ``State/covered``. Where a record says who served (``Roster/truth(of:in:)``), that one.
  var member: RotaMember?
  var state: State
  /// What kind of duty, of which day: an overnight duty belongs to the day on which it starts. Nil for none.
  var kind: Rotation.Kind?
  var day: Day?
  var override: RotaOverride.ID?
  /// Which rotation, in the order of the rota; nil for none, and for times that have been settled.
  var rotation: Int?
  /// The record by which someone else served, and who was called by the plan.
  var record: ServedShift.ID?
  var called: RotaMember?

  fileprivate func continues(_ other: Segment) -> Bool {
    other.window.until == window.from && planned == other.planned && member == other.member
      && state == other.state && kind == other.kind && day == other.day && override == other.override
      && rotation == other.rotation
  }
}

/// A rota with all that changes it, for a span of time: who is on call is a function of nothing else.
struct Roster: Sendable {
  let rota: Rota
  var overrides: [RotaOverride] = []
  var leaves: [Leave] = []
  /// How it was before ``settledUntil``, whatever has been changed since.
  var settled: [Segment] = []
  var settledUntil: Instant?
  /// Who served in truth, as it was put right afterwards; no part of the plan. What these have put right in their turn, too.
  var served: [ServedShift] = []
  var replaced: [ServedShift] = []

  private static let dayMs: Int64 = 86_400_000

  /// Who is on call at a moment.
  func segment(of layer: Rota.Layer, at moment: Instant) -> Segment {
    let window = Window(from: moment, until: moment.adding(milliseconds: 1))
    return segments(of: layer, in: window).first
      ?? Segment(layer: layer, window: window, state: .off)
  }

  /// The span, cut wherever something changes, without gaps and without overlaps.
  func segments(of layer: Rota.Layer, in span: Window) -> [Segment] {
    guard span.from < span.until else { return [] }
    guard let end = settledUntil, span.from < end else { return computed(layer, span) }
    let past = Window(from: span.from, until: min(span.until, end))
    var all = filled(settled.filter { $0.layer == layer }, layer, past)
    if past.until < span.until {
      for next in computed(layer, Window(from: past.until, until: span.until)) {
        Roster.append(next, to: &all)
      }
    }
    return all
  }

  /// Settled times with what was not recorded as times without duty.
  private func filled(_ known: [Segment], _ layer: Rota.Layer, _ span: Window) -> [Segment] {
    var all: [Segment] = []
    var at = span.from
    for each in known.sorted(by: { $0.window.from < $1.window.from }) {
      guard var window = each.window.clipped(to: span) else { continue }
      if window.from < at {
        guard at < window.until else { continue }
        window = Window(from: at, until: window.until)
      }
      if at < window.from {
        all.append(Segment(layer: layer, window: Window(from: at, until: window.from), state: .off))
      }
      var next = each
      next.window = window
      all.append(next)
      at = window.until
    }
    if at < span.until {
      all.append(Segment(layer: layer, window: Window(from: at, until: span.until), state: .off))
    }
    return all
  }

  private static func append(_ next: Segment, to all: inout [Segment]) {
    if let last = all.indices.last, next.continues(all[last]) {
      all[last].window = Window(from: all[last].window.from, until: next.window.until)
    } else {
      all.append(next)
    }
  }

  // MARK: Computing

  /// A duty of one day, as the rotation has it.
  private struct Turn {
    let window: Window
    let rank: Int
    let day: Int
    let member: RotaMember?
  }

  private func computed(_ layer: Rota.Layer, _ span: Window) -> [Segment] {
    let turns = turns(of: layer, in: span)
    let changes = overrides.filter { $0.layer == layer && $0.window.overlaps(span) }.sorted {
      $0.window.from < $1.window.from
    }
    var away: [PersonID: [Window]] = [:]
    for leave in leaves where leave.window.overlaps(span) {
      away[leave.person, default: []].append(leave.window)
    }
    let cuts = cuts(turns.map(\.window) + changes.map(\.window) + away.values.flatMap { $0 }, span)
    var all: [Segment] = []
    var (nextTurn, nextChange) = (0, 0)
    var (running, changing): ([Turn], [RotaOverride]) = ([], [])
    for (from, until) in zip(cuts, cuts.dropFirst()) {
      running.removeAll { $0.window.until <= from }
      changing.removeAll { $0.window.until <= from }
      while nextTurn < turns.count, turns[nextTurn].window.from <= from {
        if turns[nextTurn].window.until > from { running.append(turns[nextTurn]) }
        nextTurn += 1
      }
      while nextChange < changes.count, changes[nextChange].window.from <= from {
        if changes[nextChange].window.until > from { changing.append(changes[nextChange]) }
        nextChange += 1
      }
      let turn = running.min { ($0.rank, -$0.day) < ($1.rank, -$1.day) }
      Roster.append(
        decided(layer, Window(from: from, until: until), turn, changing, away), to: &all)
    }
    return all
  }

  private func decided(
    _ layer: Rota.Layer, _ window: Window, _ turn: Turn?, _ changes: [RotaOverride],
    _ away: [PersonID: [Window]]
  ) -> Segment {
    let planned = turn?.member
    let change = changes.first { $0.whom == nil || $0.whom == planned }
    let member = change.map { $0.by } ?? planned
    var segment = Segment(layer: layer, window: window, planned: planned, member: member, state: .covered)
    segment.rotation = turn?.rank
    segment.kind = turn.map { rota.rotations[$0.rank].kind } ?? change.map { _ in .standby }
    segment.day = turn.map { Day(daysSince1970: $0.day) } ?? change.map { _ in window.from.day }
    segment.override = change?.id
    if let person = member?.person, away[person]?.contains(where: { $0.contains(window.from) }) == true {
      (segment.member, segment.state) = (nil, .leave)
    } else if member == nil {
      segment.state = turn == nil && change == nil ? .off : .empty
    }
    return segment
  }

  private func cuts(_ windows: [Window], _ span: Window) -> [Instant] {
    var times: [Int64] = [span.from.milliseconds, span.until.milliseconds]
    times.reserveCapacity(windows.count * 2 + 2)
    for window in windows {
      if span.contains(window.from) { times.append(window.from.milliseconds) }
      if span.contains(window.until) { times.append(window.until.milliseconds) }
    }
    times.sort()
    var all: [Instant] = []
    for time in times where all.last?.milliseconds != time { all.append(Instant(milliseconds: time)) }
    return all
  }

  /// The duties that touch a span, by their start.
  private func turns(of layer: Rota.Layer, in span: Window) -> [Turn] {
    let zone = Zone(rota.zone) ?? .tokyo
    // A duty of the day before may last into the span.
    let start = Roster.number(zone.wall(at: span.from)) - 1
    let end = Roster.number(zone.wall(at: span.until)) + 1
    let ranks = rota.rotations.indices.filter { rota.rotations[$0].layer == layer }
    let origin = ranks.map { rota.rotations[$0].first.daysSince1970 }.min() ?? start
    let calendar = RotaCalendar(rota.yearEnd, days: min(origin, start)...max(end, start))
    var all: [Turn] = []
    for rank in ranks {
      let rotation = rota.rotations[rank]
      guard !rotation.members.isEmpty, rotation.length > 0 else { continue }
      let first = rotation.first.daysSince1970
      var count = 0
      if rotation.counting == .own, first < start {
        for number in first..<start where calendar.has(rotation.days, number) { count += 1 }
      }
      let last = min(end, rotation.last?.daysSince1970 ?? end)
      let begin = max(start, first)
      guard begin <= last else { continue }
      for number in begin...last where calendar.has(rotation.days, number) {
        let turn = (rotation.counting == .own ? count : number - first) / rotation.length
        count += 1
        let midnight = Int64(number) * Roster.dayMs
        let (from, until) = (rotation.hours.from, rotation.hours.from + rotation.hours.minutes)
        let window = Window(
          from: zone.instant(wall: midnight + Int64(from) * 60_000),
          until: zone.instant(wall: midnight + Int64(until) * 60_000))
        guard window.overlaps(span) else { continue }
        all.append(
          Turn(
            window: window, rank: rank, day: number,
            member: rotation.members[turn % rotation.members.count]))
      }
    }
    return all.sorted { ($0.window.from, $0.rank) < ($1.window.from, $1.rank) }
  }

  static func number(_ wall: Int64) -> Int {
    Int(wall >= 0 ? wall / dayMs : -((-wall + dayMs - 1) / dayMs))
  }
}

extension Array where Element == Segment {
  /// Stretches in which the same one is called, over the limits of days: what people call their duty.
  var shifts: [Segment] {
    var all: [Segment] = []
    for next in self {
      if let last = all.indices.last, all[last].window.until == next.window.from,
        all[last].state == next.state,
        all[last].member == next.member, all[last].kind == next.kind
      {
        all[last].window = Window(from: all[last].window.from, until: next.window.until)
      } else {
        all.append(next)
      }
    }
    return all
  }
}
