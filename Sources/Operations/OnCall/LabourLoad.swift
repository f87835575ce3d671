import Kernel

/// What the work at calls adds up to, and how the load is shared.
extension Labour {
  // MARK: Overtime

  /// Work at calls outside working hours, by month of the calendar, in minutes; of the running month what it will come to.
  func overtime(of member: RotaMember) -> [(month: Day, minutes: Int)] {
    let today = Day(daysSince1970: Roster.number(zone.wall(at: now)))
    let running = firstOfMonth(today)
    return (0..<12).reversed().map { back -> (month: Day, minutes: Int) in
      let month = running.adding(months: -back)
      let served = minutes(of: member, in: monthSpan(month))
      return (month, back == 0 ? served + expected(member, served: served) : served)
    }
  }

  /// What the duties still to come in this month will bring, by what each brought in the last ninety days.
  private func expected(_ member: RotaMember, served: Int) -> Int {
    let past = Window(from: now.adding(minutes: -90 * 1440), until: now)
    let today = Day(daysSince1970: Roster.number(zone.wall(at: now)))
    let left = Window(from: now, until: monthSpan(firstOfMonth(today)).until)
    let (had, ahead) = (dutyMinutes(of: member, in: past), dutyMinutes(of: member, in: left))
    guard had > 0, ahead > 0 else { return 0 }
    return minutes(of: member, in: past) * ahead / had
  }

  private func dutyMinutes(of member: RotaMember, in span: Window) -> Int {
    segments.reduce(0) { sum, segment in
      guard segment.member == member, let window = segment.window.clipped(to: span) else { return sum }
      return sum + window.minutes
    }
  }

  func minutes(of member: RotaMember, in span: Window) -> Int {
    let days = calendar(span)
    return calls.reduce(0) { sum, call in
      guard call.member == member, let window = call.work.clipped(to: span) else { return sum }
      return sum + max(0, window.minutes - ordinary(window, days))
    }
  }

  /// How much of it lies in working hours.
  private func ordinary(_ window: Window, _ calendar: RotaCalendar) -> Int {
    let first = Roster.number(zone.wall(at: window.from))
    let last = Roster.number(zone.wall(at: window.until))
    return (first...max(first, last)).reduce(0) { sum, number in
      guard calendar.kind(number) == .weekday else { return sum }
      let midnight = Int64(number) * 86_400_000
      let work = Window(
        from: zone.instant(wall: midnight + Int64(rota.workHours.from) * 60_000),
        until: zone.instant(wall: midnight + Int64(rota.workHours.until) * 60_000))
      return sum + (window.clipped(to: work)?.minutes ?? 0)
    }
  }

  private func firstOfMonth(_ day: Day) -> Day { Day(day.year, day.month, 1) ?? day }

  func monthSpan(_ month: Day) -> Window {
    Window(
      from: zone.instant(wall: Int64(month.daysSince1970) * 86_400_000),
      until: zone.instant(wall: Int64(month.adding(months: 1).daysSince1970) * 86_400_000))
  }

  /// The limits of the agreement under article 36, of which only the work at calls is known here.
  func overtimeFindings() -> [LabourFinding] {
    rota.members.filter { $0.person != nil }.flatMap { member -> [LabourFinding] in
      let months = overtime(of: member)
      guard let running = months.last, months.contains(where: { $0.minutes > 0 }) else { return [] }
      let hours = months.map { $0.minutes }
      var found: [LabourFinding] = []
      func say(_ rule: LabourFinding.Rule, _ level: LabourFinding.Level, _ value: Int, _ limit: Int) {
        found.append(
          LabourFinding(
            rule: rule, level: level, member: member, layer: nil, window: monthSpan(running.month),
            value: value,
            limit: limit))
      }
      let this = running.minutes
      if this >= 100 * 60 {
        say(.month, .strong, this, 100 * 60)
      } else if this > 80 * 60 {
        say(.month, .strong, this, 80 * 60)
      } else if this > 45 * 60 {
        say(.month, .warning, this, 45 * 60)
      } else if this >= 40 * 60 {
        say(.month, .note, this, 45 * 60)
      }
      let averages = (2...6).map { hours.suffix($0).reduce(0, +) / $0 }
      if let worst = averages.max(), worst > 80 * 60 { say(.average, .strong, worst, 80 * 60) }
      // The year of the agreement is taken as the fiscal year.
      let year = months.filter { $0.month.fiscalYear == running.month.fiscalYear }
      let sum = year.reduce(0) { $0 + $1.minutes }
      if sum > 720 * 60 {
        say(.year, .strong, sum, 720 * 60)
      } else if sum > 360 * 60 {
        say(.year, .warning, sum, 360 * 60)
      }
      let over = year.count { $0.minutes > 45 * 60 }
      if over > 6 { say(.months, .strong, over, 6) } else if over == 6 { say(.months, .warning, over, 6) }
      return found
    }
  }

  // MARK: Load

  /// One duty of one day, however it was cut.
  struct Duty: Sendable, Equatable {
    let member: RotaMember
    let layer: Rota.Layer
    let kind: Rotation.Kind
    let day: Day
    var window: Window
    var rotation: Int?
    /// Whether a record says that they served, where someone else was planned.
    var isRecorded = false
  }

  func duties(in span: Window) -> [Duty] {
    var all: [Duty] = []
    for segment in segments {
      guard let member = segment.member, let kind = segment.kind, let day = segment.day,
        let window = segment.window.clipped(to: span)
      else { continue }
      // What comes right before: the same duty, cut by something that did not change who has it.
      if let index = all.lastIndex(where: { $0.layer == segment.layer }),
        all[index].window.until == window.from, all[index].member == member, all[index].day == day,
        all[index].kind == kind
      {
        all[index].window = Window(from: all[index].window.from, until: window.until)
      } else {
        all.append(
          Duty(
            member: member, layer: segment.layer, kind: kind, day: day, window: window,
            rotation: segment.rotation, isRecorded: segment.record != nil))
      }
    }
    return all
  }

  static let manyWeeks = 2

  /// Weeks in a row in which one person is the first to be called on every day.
  func weeks(_ span: Window) -> [LabourFinding] {
    guard rota.members.count > 1 else { return [] }
    return segments.filter { $0.layer == .primary }.shifts.compactMap { shift in
      guard let member = shift.member, member.person != nil, let window = shift.window.clipped(to: span),
        shift.window.minutes > Labour.manyWeeks * 7 * 1440
      else { return nil }
      return LabourFinding(
        rule: .weeks, level: .warning, member: member, layer: .primary, window: window,
        value: shift.window.minutes / (7 * 1440), limit: Labour.manyWeeks)
    }
  }

  /// Three months back from now.
  var fairSpan: Window {
    let today = Day(daysSince1970: Roster.number(zone.wall(at: now)))
    return Window(
      from: zone.instant(wall: Int64(today.adding(months: -3).daysSince1970) * 86_400_000), until: now)
  }

  func burdens(in span: Window) -> [RotaMember: Burden] {
    let calendar = calendar(span)
    var all: [RotaMember: Burden] = [:]
    for member in rota.members { all[member] = Burden() }
    for duty in duties(in: span) where duty.layer == .primary || duty.kind != .standby {
      let number = duty.day.daysSince1970
      all[duty.member, default: Burden()].duties += 1
      if isNight(duty.window) { all[duty.member, default: Burden()].nights += 1 }
      switch calendar.kind(number) {
      case .rest: all[duty.member, default: Burden()].restDays += 1
      case .yearEnd:
        all[duty.member, default: Burden()].restDays += 1
        all[duty.member, default: Burden()].yearEnds += 1
      case .weekday: break
      }
    }
    for call in calls where span.contains(call.work.from) {
      all[call.member, default: Burden()].calls += 1
      all[call.member, default: Burden()].workMinutes += call.work.minutes
    }
    return all
  }

  /// Whether more than an hour of it lies between 22:00 and 5:00.
  private func isNight(_ window: Window) -> Bool {
    let first = Roster.number(zone.wall(at: window.from)) - 1
    let last = Roster.number(zone.wall(at: window.until))
    let minutes = (first...max(first, last)).reduce(0) { sum, number in
      let evening = Int64(number) * 86_400_000 + 22 * 3_600_000
      let night = Window(
        from: zone.instant(wall: evening), until: zone.instant(wall: evening + 7 * 3_600_000))
      return sum + (window.clipped(to: night)?.minutes ?? 0)
    }
    return minutes > 60
  }

  static let unfairBy = 3

  /// Who has had clearly more than the others in three months; nothing for one alone, or when there is little to compare.
  func fairness() -> [LabourFinding] {
    let span = fairSpan
    let people = burdens(in: span).filter { $0.key.person != nil && rota.members.contains($0.key) }
    guard people.count >= 2 else { return [] }
    return people.compactMap { member, own -> LabourFinding? in
      let others = people.filter { $0.key != member }.values
      let mean = Double(others.reduce(0) { $0 + $1.restDays + $1.nights }) / Double(others.count)
      let mine = own.restDays + own.nights
      guard Double(mine) >= mean + Double(Labour.unfairBy), Double(mine) > mean * 1.25 else { return nil }
      return LabourFinding(
        rule: .fairness, level: .note, member: member, layer: nil, window: span, value: mine,
        limit: Int(mean.rounded()))
    }
  }

  /// One person for everything: said once, without blame, as the hospital may have no other.
  func alone() -> [LabourFinding] {
    let members = rota.members
    guard members.count == 1, let member = members.first, member.person != nil else { return [] }
    return [
      LabourFinding(
        rule: .alone, level: .note, member: member, layer: nil, window: Window(from: now, until: now),
        value: 1,
        limit: 2)
    ]
  }

  // MARK: Who could be asked

  /// What is the same for every question: on which days each has a duty, and how much they have had.
  struct Known: Sendable {
    let days: [RotaMember: Set<Int>]
    let burdens: [RotaMember: Burden]
  }

  var known: Known { Known(days: dutyDays, burdens: burdens(in: fairSpan)) }

  /// Who could take a time that nobody has, with their nights and days off of the last three months, who has had least first.
  ///
  /// Left out are those who are away, who have left, who are on call then already, and who would come to more than thirteen days in a
  /// row.
  func candidates(for window: Window, away: [Leave], _ known: Known) -> [(member: RotaMember, load: Int)] {
    let busy = Set(segments.filter { $0.window.overlaps(window) }.compactMap(\.member))
    let calendar = calendar(
      Window(from: window.from.adding(minutes: -15 * 1440), until: window.from.adding(minutes: 16 * 1440)))
    let day = Roster.number(zone.wall(at: window.from))
    return rota.members.compactMap { member -> (member: RotaMember, load: Int)? in
      let isAway = away.contains { .person($0.person) == member && $0.window.overlaps(window) }
      guard !isAway, !busy.contains(member), !gone.contains(member) else { return nil }
      func works(_ number: Int) -> Bool {
        number == day || calendar.kind(number) == .weekday || known.days[member]?.contains(number) == true
      }
      let before = (1...14).prefix { works(day - $0) }.count
      let after = (1...14).prefix { works(day + $0) }.count
      guard member.person == nil || before + 1 + after <= Labour.tooManyDays else { return nil }
      let load = known.burdens[member].map { $0.nights + $0.restDays } ?? 0
      return (member: member, load: load)
    }.sorted { ($0.load, $0.member.text) < ($1.load, $1.member.text) }
  }
}
