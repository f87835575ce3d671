import Kernel

/// Work that a call brought: standing by and working are kept apart, and work always counts as working time.
struct DutyCall: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<DutyCall>
  let id: ID
  let rota: Rota.ID
  let member: RotaMember
  let calledAt: Instant
  /// From the first touch to the end, with ``travelMinutes`` in it.
  let work: Window
  let travelMinutes: Int
  let what: String
  let madeBy: String
  /// The record in whose place this one stands; that one stays, and is counted no more.
  var corrects: ID?
  /// Why it was put right; nil for what has never been.
  var why: String?
}

/// Something that the rules of labour (or of common sense) say about a rota.
struct LabourFinding: Sendable, Equatable {
  /// The rules, each with its ground and how sure that is (`words.ground`).
  enum Rule: String, Sendable, CaseIterable {
    case gap, leave, gone, qualification, rest, consecutive, month, average, year, months, nights, days,
      permit, weeks,
      fairness,
      alone
  }

  enum Level: Int, Sendable, Comparable {
    /// Worth knowing; also what is not certain.
    case note
    case warning, strong
    static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
  }

  /// How sure the rule itself is, as the collection of facts says.
  enum Certainty: String, Sendable { case high, medium, low, proposal }

  let rule: Rule
  let level: Level
  let member: RotaMember?
  let layer: Rota.Layer?
  let window: Window
  /// In the unit of the rule: minutes, days, times.
  let value: Int
  let limit: Int
}

extension LabourFinding.Rule {
  var certainty: LabourFinding.Certainty {
    switch self {
    case .month, .average, .year, .months, .rest: .high
    case .nights, .days, .permit: .medium
    case .gap, .leave, .gone, .qualification, .consecutive, .weeks, .fairness, .alone: .proposal
    }
  }
}

/// How much someone has had, and will have, within a span.
struct Burden: Sendable, Equatable {
  /// Duties in the hours of the night, on days off, at the year's end, and all.
  var nights = 0
  var restDays = 0
  var yearEnds = 0
  var duties = 0
  var calls = 0
  var workMinutes = 0
}

/// The checks of a rota: what was served, what is planned, what was worked.
struct Labour: Sendable {
  let rota: Rota
  /// All layers, over the time that is looked at, with at least half a year before ``now`` where it is known.
  let segments: [Segment]
  let calls: [DutyCall]
  let now: Instant
  /// Who has left the hospital.
  var gone: Set<RotaMember> = []
  /// The job of each person, in which what a rotation requires has to stand.
  var jobs: [RotaMember: String] = [:]

  var zone: Zone { Zone(rota.zone) ?? .tokyo }
  func calendar(_ span: Window) -> RotaCalendar {
    let first = Roster.number(zone.wall(at: span.from)) - 1
    let last = Roster.number(zone.wall(at: span.until)) + 1
    return RotaCalendar(rota.yearEnd, days: first...last)
  }

  /// Everything from `now` up to `until`, and what the last days left behind; the worst first.
  func findings(until: Instant) -> [LabourFinding] {
    let ahead = Window(from: now, until: until)
    let all = [
      gaps(ahead), departed(ahead), unqualified(ahead), rests(), plannedRests(ahead), consecutive(ahead),
      overtimeFindings(),
      counted(ahead),
      weeks(ahead), fairness(),
      alone(),
    ].flatMap { $0 }
    return all.enumerated().sorted {
      (-$0.element.level.rawValue, $0.element.window.from, $0.offset)
        < (-$1.element.level.rawValue, $1.element.window.from, $1.offset)
    }.map(\.element)
  }

  // MARK: Nobody

  private func gaps(_ span: Window) -> [LabourFinding] {
    segments.compactMap { segment in
      guard segment.state == .empty || segment.state == .leave, let window = segment.window.clipped(to: span)
      else { return nil }
      return LabourFinding(
        rule: segment.state == .leave ? .leave : .gap, level: segment.layer == .primary ? .strong : .warning,
        member: segment.state == .leave ? segment.planned : nil, layer: segment.layer, window: window,
        value: window.minutes, limit: 0)
    }
  }

  /// Who has left and would still be called: the first of their duties.
  private func departed(_ span: Window) -> [LabourFinding] {
    gone.compactMap { member in
      let first = segments.first { $0.member == member && $0.window.overlaps(span) }
      guard let first, let window = first.window.clipped(to: span) else { return nil }
      return LabourFinding(
        rule: .gone, level: .strong, member: member, layer: first.layer, window: window,
        value: window.minutes,
        limit: 0)
    }
  }

  /// Who comes without what the rotation requires, also in the place of someone else: the first of their duties. A vendor's desk
  /// has its contract, and no job.
  private func unqualified(_ span: Window) -> [LabourFinding] {
    var seen: [RotaMember: LabourFinding] = [:]
    for segment in segments {
      guard let member = segment.member, member.person != nil, seen[member] == nil,
        let window = segment.window.clipped(to: span),
        let rotation = segment.rotation.flatMap({
          rota.rotations.indices.contains($0) ? rota.rotations[$0] : nil
        }),
        let required = rotation.requires, !(jobs[member] ?? "").folded.contains(required.folded)
      else { continue }
      seen[member] = LabourFinding(
        rule: .qualification, level: .warning, member: member, layer: segment.layer, window: window,
        value: window.minutes, limit: 0)
    }
    return seen.values.sorted { $0.window.from < $1.window.from }
  }

  // MARK: Rest

  static let wishedRest = 11 * 60
  static let leastRest = 9 * 60

  /// Rest from the end of night work to the start of work, for the last three days: what can still be put right.
  private func rests() -> [LabourFinding] {
    let span = Window(from: now.adding(minutes: -3 * 1440), until: now.adding(minutes: 1440))
    let calendar = calendar(span)
    let recent = Dictionary(
      grouping: calls.filter { $0.work.overlaps(span) && $0.member.person != nil }, by: \.member)
    return recent.values.flatMap { $0.sorted { $0.work.until < $1.work.until } }.compactMap {
      call -> LabourFinding? in
      guard let start = nextStart(after: call.work.until, calendar) else { return nil }
      // Work within the day or in the evening leaves a night that is long enough.
      return rest(of: call.member, Window(from: call.work.until, until: start))
    }
  }

  private func rest(of member: RotaMember, _ window: Window) -> LabourFinding? {
    guard window.minutes < Labour.wishedRest else { return nil }
    return LabourFinding(
      rule: .rest, level: window.minutes < Labour.leastRest ? .strong : .warning, member: member, layer: nil,
      window: window, value: window.minutes, limit: Labour.wishedRest)
  }

  /// Rest after duties in the hospital: as planned, and of the last three days where someone else served than was planned. Standing by
  /// is no work, and what the labour office has permitted is none either.
  private func plannedRests(_ ahead: Window) -> [LabourFinding] {
    let span = Window(from: ahead.from.adding(minutes: -3 * 1440), until: ahead.until)
    let calendar = calendar(span)
    let working = duties(in: span).filter { duty in
      duty.member.person != nil && (duty.kind == .work || (duty.kind != .standby && rota.permit.isEmpty))
    }
    return Dictionary(grouping: working, by: \.member).flatMap { member, own -> [LabourFinding] in
      let own = own.sorted { $0.window.from < $1.window.from }
      return own.indices.compactMap { index -> LabourFinding? in
        let end = own[index].window.until
        let next = index + 1 < own.count ? own[index + 1].window.from : nil
        // Whoever works in turns has no other hours; whoever has a duty beside their work starts on the next weekday.
        let usual = own[index].kind == .work ? nil : nextStart(after: end, calendar)
        guard let start = [next, usual].compactMap({ $0 }).min() else { return nil }
        // What went as planned has been said before it came.
        let isRecorded = own[index].isRecorded || (next == start && own[index + 1].isRecorded)
        guard end > ahead.from || start > ahead.from || isRecorded else { return nil }
        return rest(of: member, Window(from: end, until: max(end, start)))
      }
    }
  }

  /// When work starts next on a weekday; nil within working hours and before a day off.
  private func nextStart(after moment: Instant, _ calendar: RotaCalendar) -> Instant? {
    let wall = zone.wall(at: moment)
    let today = Roster.number(wall)
    let minute = Int((wall - Int64(today) * 86_400_000) / 60_000)
    if minute > rota.workHours.from && minute < rota.workHours.until && calendar.kind(today) == .weekday {
      return nil
    }
    let number = minute <= rota.workHours.from ? today : today + 1
    guard calendar.kind(number) == .weekday else { return nil }
    return zone.instant(wall: Int64(number) * 86_400_000 + Int64(rota.workHours.from) * 60_000)
  }

  // MARK: Days in a row

  static let manyDays = 12
  static let tooManyDays = 13

  /// Days in a row with work or with a duty. Ordinary weekdays count as work, standing by at home counts too: careful, not certain.
  private func consecutive(_ span: Window) -> [LabourFinding] {
    let calendar = calendar(Window(from: span.from.adding(minutes: -30 * 1440), until: span.until))
    let first = Roster.number(zone.wall(at: span.from)) - 30
    let last = Roster.number(zone.wall(at: span.until))
    guard first <= last else { return [] }
    return dutyDays.compactMap { member, days -> LabourFinding? in
      guard member.person != nil else { return nil }
      var (run, longest, end) = (0, 0, first)
      for number in first...last {
        run = calendar.kind(number) == .weekday || days.contains(number) ? run + 1 : 0
        if run > longest { (longest, end) = (run, number) }
      }
      guard longest >= Labour.manyDays, end >= first + 30 else { return nil }
      let window = Window(
        from: zone.instant(wall: Int64(end - longest + 1) * 86_400_000),
        until: zone.instant(wall: Int64(end + 1) * 86_400_000))
      return LabourFinding(
        rule: .consecutive, level: longest > Labour.tooManyDays ? .strong : .warning, member: member,
        layer: nil,
        window: window, value: longest, limit: Labour.manyDays)
    }
  }

  /// The days on which each member has a duty.
  var dutyDays: [RotaMember: Set<Int>] {
    var all: [RotaMember: Set<Int>] = [:]
    for segment in segments {
      guard let member = segment.member, let day = segment.day else { continue }
      all[member, default: []].insert(day.daysSince1970)
    }
    return all
  }

  // MARK: Duties in the hospital

  /// Once a week over night, once a month over the day: the rule of thumb for permissions. Without a permission they are work.
  private func counted(_ span: Window) -> [LabourFinding] {
    var found: [LabourFinding] = []
    // The week and the month that have begun count whole.
    let whole = Window(from: span.from.adding(minutes: -31 * 1440), until: span.until)
    let duties = duties(in: whole).filter { $0.kind == .night || $0.kind == .day }
    let coming = duties.filter { $0.window.until > span.from }
    if let first = coming.first, rota.permit.isEmpty {
      found.append(
        LabourFinding(
          rule: .permit, level: .warning, member: nil, layer: nil, window: first.window, value: coming.count,
          limit: 0))
    }
    for (member, own) in Dictionary(grouping: duties, by: \.member) {
      let weeks = Dictionary(grouping: own.filter { $0.kind == .night }) { ($0.day.daysSince1970 + 3) / 7 }
      for week in weeks.values where week.count > 1 {
        found.append(finding(.nights, member, week, limit: 1))
      }
      let months = Dictionary(grouping: own.filter { $0.kind == .day }) { $0.day.year * 12 + $0.day.month }
      for month in months.values where month.count > 1 {
        found.append(finding(.days, member, month, limit: 1))
      }
    }
    return found.filter { $0.window.until > span.from }
  }

  private func finding(_ rule: LabourFinding.Rule, _ member: RotaMember, _ duties: [Duty], limit: Int)
    -> LabourFinding
  {
    LabourFinding(
      rule: rule, level: .warning, member: member, layer: nil,
      window: Window(
        from: duties.map(\.window.from).min() ?? now, until: duties.map(\.window.until).max() ?? now),
      value: duties.count, limit: limit)
  }
}
