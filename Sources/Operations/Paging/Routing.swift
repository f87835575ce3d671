import Kernel

/// What part of the week a moment lies in.
enum HourKind: String, Sendable, Codable, CaseIterable {
  case business, night, holiday
}

/// When someone is there by day. Days that are no working days are holidays from midnight to midnight.
struct BusinessHours: Sendable, Equatable, Codable {
  /// Minutes of the day; the end is not included.
  var opens = 8 * 60 + 30
  var closes = 17 * 60 + 15
  /// 0 is Sunday.
  var weekdays: Set<Int> = [1, 2, 3, 4, 5]
  /// Whether 29 December to 3 January are holidays too.
  var closesAtYearEnd = true

  init() {}

  /// - Throws: `.badHours`.
  init(opens: Int, closes: Int, weekdays: Set<Int>, closesAtYearEnd: Bool) throws(PagingRefusal) {
    (self.opens, self.closes) = (opens, closes)
    (self.weekdays, self.closesAtYearEnd) = (weekdays, closesAtYearEnd)
    guard isPlausible else { throw .badHours }
  }

  /// Whether it can be reckoned with.
  var isPlausible: Bool {
    (0..<1440).contains(opens) && (1...1440).contains(closes) && opens < closes && !weekdays.isEmpty
      && weekdays.isSubset(of: Set(0...6))
  }

  func isWorkingDay(_ day: Day, _ isHoliday: (Day) -> Bool) -> Bool {
    let isYearEnd = (day.month == 12 && day.day >= 29) || (day.month == 1 && day.day <= 3)
    return weekdays.contains(day.weekday) && !isHoliday(day) && !(closesAtYearEnd && isYearEnd)
  }

  func kind(at moment: Instant, _ isHoliday: (Day) -> Bool) -> HourKind {
    guard isWorkingDay(moment.day, isHoliday) else { return .holiday }
    let (hour, minute) = moment.clock
    return (opens..<closes).contains(hour * 60 + minute) ? .business : .night
  }

  /// `moment` itself while someone is there, else the next beginning; after two months without any the moment itself.
  func next(from moment: Instant, _ isHoliday: (Day) -> Bool) -> Instant {
    if kind(at: moment, isHoliday) == .business { return moment }
    for offset in 0..<62 {
      let day = moment.day.adding(days: offset)
      let start = day.start.adding(minutes: Int64(opens))
      if start >= moment, isWorkingDay(day, isHoliday) { return start }
    }
    return moment
  }
}

/// What is known of an alert when it is decided who is called.
struct RoutingCase: Sendable, Equatable {
  let system: String?
  let level: ImpactLevel
  let grade: Alert.Grade
  let hours: HourKind
}

/// Which alerts wake whom. The first rule that fits counts.
struct RoutingRule: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<RoutingRule>

  /// When people are called.
  enum Start: String, Sendable, Codable, CaseIterable {
    case now
    /// At the next start of business hours.
    case morning
    /// Never: it stands in the inbox only.
    case inbox
  }

  let id: ID
  /// Nil for all.
  let system: String?
  let lowest: ImpactLevel
  let highest: ImpactLevel
  /// Empty for all.
  let hours: [HourKind]
  /// Whether it is also for what is slow.
  let takesSlow: Bool
  let start: Start
  /// What is over within this time calls nobody.
  let holdMinutes: Int
  /// Nil calls owner and deputy once.
  let policy: EscalationPolicy.ID?
  /// What wakes a person and what waits for the morning, in words.
  let criteria: String
  let position: Int
  let version: Int

  /// - Throws: ``PagingRefusal``.
  init(
    id: ID, system: String?, lowest: ImpactLevel, highest: ImpactLevel, hours: [HourKind], takesSlow: Bool,
    start: Start,
    holdMinutes: Int, policy: EscalationPolicy.ID?, criteria raw: String, position: Int, version: Int
  ) throws(PagingRefusal) {
    guard let criteria = raw.trimmed(to: 1...300) else { throw .badCriteria }
    guard lowest <= highest else { throw .badLevels }
    guard (0...240).contains(holdMinutes) else { throw .badHold }
    (self.id, self.system, self.lowest, self.highest) = (id, system, lowest, highest)
    (self.hours, self.takesSlow, self.start) = (hours, takesSlow, start)
    (self.holdMinutes, self.policy, self.criteria) = (holdMinutes, policy, criteria)
    (self.position, self.version) = (position, version)
  }

  /// Whether it can be reckoned with.
  var isPlausible: Bool { lowest <= highest && (0...240).contains(holdMinutes) }

  func fits(_ facts: RoutingCase) -> Bool {
    (system == nil || system == facts.system) && (lowest...highest).contains(facts.level)
      && (hours.isEmpty || hours.contains(facts.hours)) && (takesSlow || facts.grade == .down)
  }
}

/// All that decides who is called, as it stands when an alert opens.
struct Routing: Sendable {
  var rules: [RoutingRule] = []
  var policies: [EscalationPolicy.ID: EscalationPolicy] = [:]
  var hours = BusinessHours()
  var isHoliday: @Sendable (Day) -> Bool = { _ in false }

  /// The plan of an alert, and when it begins.
  func plan(system: String?, level: ImpactLevel, grade: Alert.Grade, openedAt: Instant) -> (
    plan: PagePlan, start: Instant
  ) {
    let facts = RoutingCase(
      system: system, level: level, grade: grade, hours: hours.kind(at: openedAt, isHoliday))
    guard let rule = rules.first(where: { $0.fits(facts) }) else {
      return (.standing(isQuiet: grade == .slow), openedAt)
    }
    var plan =
      rule.policy.flatMap { policies[$0] }.map { PagePlan($0, criteria: rule.criteria) }
      ?? PagePlan.standing(isQuiet: false)
    plan.criteria = rule.criteria
    let held = openedAt.adding(minutes: Int64(rule.holdMinutes))
    switch rule.start {
    case .now: return (plan, held)
    case .morning: return (plan, hours.next(from: held, isHoliday))
    case .inbox:
      plan = .standing(isQuiet: true)
      plan.criteria = rule.criteria
      return (plan, held)
    }
  }
}
