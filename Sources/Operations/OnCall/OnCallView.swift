import Kernel
import Storage
import Web

/// Names and numbers by member.
struct OnCallNames: Sendable {
  private let people: [RotaMember: OnCallPerson]
  /// Everyone who may be put in.
  let all: [OnCallPerson]
  /// Those who have left.
  let gone: Set<RotaMember>
  /// What the register says that each of them is.
  let jobs: [RotaMember: String]

  init(_ people: [OnCallPerson], on day: Day) {
    all = people.filter { !$0.hasLeft(on: day) }
    jobs = Dictionary(people.map { ($0.member, $0.job) }, uniquingKeysWith: { first, _ in first })
    gone = Set(people.filter { $0.hasLeft(on: day) }.map(\.member))
    self.people = Dictionary(people.map { ($0.member, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func name(_ member: RotaMember) -> String {
    if case .desk(let name, _) = member { return name }
    return people[member]?.name ?? "?"
  }

  func phones(_ member: RotaMember) -> [String] {
    if case .desk(_, let phone) = member { return [phone] }
    return people[member]?.phones ?? []
  }
}

/// What the pages of a rota show.
struct OnCallView: Sendable {
  let rotas: [StoredRota]
  let stored: StoredRota
  let roster: Roster
  let names: OnCallNames
  let calls: [DutyCall]
  let labour: Labour
  let findings: [LabourFinding]
  let month: Day
  let now: Instant
  /// Who sees only what is their own of calls and findings; nil for those who read everyone's.
  let own: PersonID?

  var rota: Rota { stored.rota }
  var zone: Zone { Zone(stored.rota.zone) ?? .tokyo }
  var monthSpan: Window { labour.monthSpan(month) }

  /// How far the checks look ahead.
  static let daysAhead = 62

  /// Whether someone sees a rota.
  static func sees(_ rota: Rota, _ scope: Scope) -> Bool {
    scope.may(.onCallRead) || scope.person.map { rota.members.contains(.person($0)) } ?? false
  }

  /// The rotas that someone sees, by name.
  static func rotas(_ scope: Scope, _ tx: ReadTx) throws -> [StoredRota] {
    try tx.rotas().filter { sees($0.rota, scope) }
  }

  /// - Parameters:
  ///   - id: nil for the first that someone sees.
  ///   - month: `2026-02`; the running one without.
  /// - Returns: nil when there is none to see.
  static func read(_ id: Rota.ID?, month: String?, _ scope: Scope) async throws -> OnCallView? {
    try await scope.read { tx in
      let rotas = try rotas(scope, tx)
      guard let stored = id.map({ id in rotas.first { $0.rota.id == id } }) ?? rotas.first else { return nil }
      return try OnCallView(stored, rotas, month: month, scope, tx)
    }
  }

  init(_ stored: StoredRota, _ rotas: [StoredRota], month text: String?, _ scope: Scope, _ tx: ReadTx) throws
  {
    let now = scope.now
    let own = scope.may(.onCallRead) ? nil : scope.person
    let zone = Zone(stored.rota.zone) ?? .tokyo
    let today = zone.day(now)
    let month = text.flatMap { Day("\($0)-01") }.flatMap { (2000...2099).contains($0.year) ? $0 : nil }
    let first = month ?? Day(today.year, today.month, 1) ?? today
    let end = zone.midnight(first.adding(months: 1))
    let whole = Window(
      from: min(now.adding(minutes: -95 * 1440), zone.midnight(first.adding(days: -7))),
      until: max(now.adding(minutes: Int64(OnCallView.daysAhead) * 1440), end.adding(minutes: 7 * 1440)))
    let year = Window(from: min(whole.from, now.adding(minutes: -370 * 1440)), until: whole.until)
    let roster = try tx.roster(stored, in: whole)
    self.roster = roster
    let worked = try tx.dutyCalls(of: stored.rota.id, in: year)
    calls = worked.filter { own == nil || $0.member.person == own }
    names = OnCallNames(try tx.onCallPeople(nil), on: now.day)
    // What is looked back on and counted is who served; who is called stays as planned (`roster`).
    let segments = Rota.Layer.allCases.flatMap { roster.truth(of: $0, in: whole) }
    labour = Labour(
      rota: stored.rota, segments: segments, calls: worked, now: now, gone: names.gone, jobs: names.jobs)
    let all = labour.findings(until: now.adding(minutes: Int64(OnCallView.daysAhead) * 1440))
    // What a duty does to someone is theirs; that nobody comes concerns everyone.
    let shared: Set<LabourFinding.Rule> = [.gap, .leave, .gone]
    findings = all.filter { own == nil || $0.member?.person == own || shared.contains($0.rule) }
    self.own = own
    (self.stored, self.rotas, self.month, self.now) = (stored, rotas, first, now)
  }

  // MARK: The calendar

  /// The parts of a day, cut where a rotation begins or ends: from minutes since midnight, over midnight at last.
  var bands: [Hours] {
    let cuts = Set(rota.rotations.flatMap { [$0.hours.from, $0.hours.until] }).sorted()
    guard let first = cuts.first else { return [] }
    return zip(cuts, cuts.dropFirst() + [first]).compactMap { Hours(from: $0, until: $1) }
  }

  func window(of band: Hours, on day: Day) -> Window {
    let midnight = Int64(day.daysSince1970) * 86_400_000
    return Window(
      from: zone.instant(wall: midnight + Int64(band.from) * 60_000),
      until: zone.instant(wall: midnight + Int64(band.from + band.minutes) * 60_000))
  }

  /// The weeks of the month, from Monday, whole.
  var weeks: [[Day]] {
    let last = month.adding(months: 1).adding(days: -1)
    let start = month.adding(days: -((month.weekday + 6) % 7))
    return stride(from: 0, through: last.days(since: start), by: 7).map { week in
      (0..<7).map { start.adding(days: week + $0) }
    }
  }

  func segments(of layer: Rota.Layer, in window: Window) -> [Segment] {
    labour.segments.compactMap { segment in
      guard segment.layer == layer, let part = segment.window.clipped(to: window) else { return nil }
      var segment = segment
      segment.window = part
      return segment
    }
  }

  /// Who comes next in a layer, and when.
  func next(_ layer: Rota.Layer) -> Segment? {
    let present = roster.segment(of: layer, at: now)
    let ahead = Window(from: now, until: now.adding(minutes: 31 * 1440))
    return segments(of: layer, in: ahead).first { $0.member != present.member || $0.state != present.state }
  }

  var calendar: RotaCalendar {
    let days = month.adding(days: -14).daysSince1970...month.adding(days: 50).daysSince1970
    return RotaCalendar(rota.yearEnd, days: days)
  }
}
