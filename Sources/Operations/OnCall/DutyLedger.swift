import Kernel
import Publishing
import Storage
import Web

/// What one person has had in a month: as planned, and as it was.
struct DutyLine: Sendable, Equatable {
  let member: RotaMember
  var planned = 0
  var plannedMinutes = 0
  var served = 0
  var servedMinutes = 0
  var burden = Burden()
  var travelMinutes = 0
  /// Of the work at calls, what lies outside working hours.
  var overtimeMinutes = 0
}

/// The ledger of a month: duties, calls, days off for them.
struct DutyLedger: Sendable {
  let view: OnCallView
  let rests: [RestDay]
  /// Whose; nil for everyone's.
  let own: PersonID?

  static func read(_ id: Rota.ID, month: String?, _ scope: Scope) async throws -> DutyLedger {
    try await scope.read { tx in
      let rotas = try OnCallView.rotas(scope, tx)
      guard let stored = rotas.first(where: { $0.rota.id == id }) else { throw WebProblem.notFound }
      let view = try OnCallView(stored, rotas, month: month, scope, tx)
      let own = scope.may(.onCallRead) ? nil : scope.person
      let rests = try tx.restDays(since: view.month.adding(months: -3)).filter {
        own == nil || $0.person == own
      }
      return DutyLedger(view: view, rests: rests, own: own)
    }
  }

  private func shows(_ member: RotaMember?) -> Bool { own == nil || member?.person == own }

  var calls: [DutyCall] { view.calls.filter { $0.work.overlaps(view.monthSpan) && shows($0.member) } }

  /// The duties of the month as segments, planned and served.
  var segments: [Segment] {
    Rota.Layer.allCases.flatMap { view.segments(of: $0, in: view.monthSpan) }.filter {
      $0.state != .off && (shows($0.member) || shows($0.planned) || shows($0.called))
    }
  }

  /// What was put right of the month, also what has been put right again, the newest first; with whether it stands.
  var served: [(shift: ServedShift, stands: Bool)] {
    let all =
      view.roster.served.map { (shift: $0, stands: true) }
      + view.roster.replaced.map { (shift: $0, stands: false) }
    return all.filter { each in
      each.shift.window.overlaps(view.monthSpan)
        && (own == nil || own.map { each.shift.concerned.contains($0) } ?? false)
    }.sorted { ($1.shift.madeAt, $1.shift.id) < ($0.shift.madeAt, $0.shift.id) }
  }

  /// Who may be put in for what was served, or worked: those of the rota, and those who took a turn in it.
  var members: Set<RotaMember> {
    view.rota.members.union(view.roster.served.compactMap(\.member)).union(
      view.roster.overrides.compactMap(\.by))
  }

  var lines: [DutyLine] {
    var all: [RotaMember: DutyLine] = [:]
    let until = min(view.now, view.monthSpan.until)
    // A duty that was cut counts once for whoever has what comes right after.
    var (lastPlanned, lastServed): ([RotaMember: Segment], [RotaMember: Segment]) = ([:], [:])
    func isNew(_ segment: Segment, after last: Segment?) -> Bool {
      !(last.map { segment.continuesDuty(of: $0) } ?? false)
    }
    let past = Window(from: view.monthSpan.from, until: until)
    for segment in segments {
      if let member = segment.planned, shows(member) {
        all[member, default: DutyLine(member: member)].plannedMinutes += segment.window.minutes
        if isNew(segment, after: lastPlanned[member]) {
          all[member, default: DutyLine(member: member)].planned += 1
        }
        lastPlanned[member] = segment
      }
      if let member = segment.member, shows(member), until > past.from,
        let window = segment.window.clipped(to: past)
      {
        all[member, default: DutyLine(member: member)].servedMinutes += window.minutes
        if isNew(segment, after: lastServed[member]) {
          all[member, default: DutyLine(member: member)].served += 1
        }
        lastServed[member] = segment
      }
    }
    for (member, burden) in view.labour.burdens(in: view.monthSpan) where shows(member) {
      all[member, default: DutyLine(member: member)].burden = burden
    }
    for call in calls {
      all[call.member, default: DutyLine(member: call.member)].travelMinutes += call.travelMinutes
    }
    for member in all.keys {
      all[member, default: DutyLine(member: member)].overtimeMinutes = view.labour.minutes(
        of: member, in: view.monthSpan)
    }
    return all.values.sorted { view.names.name($0.member) < view.names.name($1.member) }
  }

  // MARK: As a file

  func sheets(_ t: Texts<OnCallText>) -> [OutputSheet] {
    let title = t(.ledgerOf, view.rota.name, t.month(view.month))
    let records = Dictionary(
      view.roster.served.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    func name(_ member: RotaMember?) -> String { member.map { view.names.name($0) } ?? "" }
    let times = segments.sorted { $0.window.from < $1.window.from }.map { segment -> [Cell] in
      let record = segment.record.flatMap { records[$0] }
      let called = segment.record == nil ? segment.member : segment.called
      return [
        .text(t(.layer(segment.layer))), .text(stamp(segment.window.from)),
        .text(stamp(segment.window.until)),
        .number(Double(segment.window.minutes)), .text(name(segment.planned)), .text(name(called)),
        .text(segment.member.map { view.names.name($0) } ?? t(.state(segment.state))),
        .text(segment.kind.map { t(.kind($0)) } ?? ""),
        .text(t(segment.window.until <= view.now ? .served : .planned)), .text(record?.reason ?? ""),
        .text(record?.madeBy ?? ""), .text(record.map { stamp($0.madeAt) } ?? ""),
      ]
    }
    let corrections = served.map { shift, stands -> [Cell] in
      [
        .text(t(.layer(shift.layer))), .text(stamp(shift.window.from)), .text(stamp(shift.window.until)),
        .text(name(shift.instead)), .text(shift.member.map { view.names.name($0) } ?? t(.nobodyServed)),
        .text(shift.reason), .text(shift.madeBy), .text(stamp(shift.madeAt)),
        .text(t(stands ? .stands : .replacedSince)),
        .text(
          shift.objections.map { "\(view.names.name(.person($0.person))): \($0.note)" }.joined(
            separator: " / ")),
      ]
    }
    let work = calls.map { call -> [Cell] in
      [
        .text(view.names.name(call.member)), .text(call.what), .text(stamp(call.calledAt)),
        .text(stamp(call.work.from)), .text(stamp(call.work.until)), .number(Double(call.work.minutes)),
        .number(Double(call.travelMinutes)), .text(call.why ?? ""),
      ]
    }
    let days = rests.map { rest -> [Cell] in
      [
        .text(view.names.name(.person(rest.person))), .text(t(.rest(rest.kind))), .day(rest.workedOn),
        rest.restOn.map { Cell.day($0) } ?? .empty, .text(stamp(rest.decidedAt)), .text(rest.madeBy),
      ]
    }
    return [
      OutputSheet(
        name: t(.duties), notes: [title, t(.overtimeNote)],
        headings: [
          t(.layerField), t(.from), t(.until), t(.minutes), t(.planned), t(.calledByPlan), t(.served),
          t(.kindField), t(.state), t(.servedWhy), t(.madeBy), t(.madeAt),
        ], rows: times, columnWidths: [8, 18, 18, 8, 16, 16, 16, 14, 8, 30, 16, 18]),
      OutputSheet(
        name: t(.corrections), notes: [title],
        headings: [
          t(.layerField), t(.from), t(.until), t(.calledByPlan), t(.served), t(.servedWhy), t(.madeBy),
          t(.madeAt),
          t(.state), t(.objection),
        ], rows: corrections, columnWidths: [8, 18, 18, 16, 16, 30, 16, 18, 12, 30]),
      OutputSheet(
        name: t(.callsOfMonth), notes: [title],
        headings: [
          t(.person), t(.what), t(.when), t(.workStart), t(.workEnd), t(.minutes), t(.travelMinutes),
          t(.whyCorrected),
        ], rows: work, columnWidths: [16, 40, 18, 18, 18, 8, 8, 30]),
      OutputSheet(
        name: t(.restsTitle), notes: [title],
        headings: [t(.person), t(.restKind), t(.workedOn), t(.restOn), t(.decidedAt), t(.madeBy)], rows: days,
        columnWidths: [16, 14, 12, 12, 18, 16]),
    ]
  }

  private func stamp(_ moment: Instant) -> String { view.zone.field(moment).replacing("T", with: " ") }
}

extension OnCall {
  /// - Throws: ``RotaRefusal``.
  static func addCall(_ id: Rota.ID, _ form: FormValues, in scope: Scope) async throws {
    let draft = try DutyCallDraft(form)
    guard let member = RotaMember(form["member"]) else { throw RotaRefusal.badMember }
    guard scope.may(.onCallEdit) || (member.person != nil && member.person == scope.person) else {
      throw RotaRefusal.notYours
    }
    try await scope.write { tx in
      guard let stored = try tx.rota(id) else { throw WebProblem.notFound }
      let call = try draft.call(
        scope.newID(), stored.rota, member, by: scope.actor.name, at: scope.now)
      if let person = member.person {
        guard try !tx.onCallPeople(person).isEmpty else { throw RotaRefusal.badMember }
      } else if !stored.rota.members.contains(member) {
        throw RotaRefusal.badMember
      }
      try tx.insert(call)
    }
  }

  /// Puts a record right by another in its place; what stood before stays to be seen. By whom it is, and by those who keep the
  /// rotas, of which that person is told.
  ///
  /// - Throws: ``RotaRefusal``.
  static func correct(_ id: DutyCall.ID, of rota: Rota.ID, _ form: FormValues, in scope: Scope) async throws {
    let draft = try DutyCallDraft(form)
    guard let why = form["why"].trimmed(to: 1...200) else { throw RotaRefusal.badWhy }
    try await scope.write { tx in
      guard let stored = try tx.rota(rota), let before = try tx.dutyCallHistory(id, of: rota).first else {
        // Someone else was faster, or it is not there at all.
        throw RotaRefusal.callChanged
      }
      let person = before.member.person
      guard scope.may(.onCallEdit) || (person != nil && person == scope.person) else {
        throw RotaRefusal.notYours
      }
      var call = try draft.call(
        scope.newID(), stored.rota, before.member, by: scope.actor.name, at: scope.now)
      (call.corrects, call.why) = (id, why)
      guard call.isOther(than: before) else { throw RotaRefusal.nothingChanged }
      try tx.insert(call, over: before)
      guard let person, person != scope.person else { return }
      try tx.housekeeping.post(
        Message(
          cause: "oncall-call:\(call.id)", recipient: person, step: 1, key: "oncall.callCorrected",
          arguments: [scope.actor.name, stored.rota.name], link: "/oncall/\(rota)/calls/\(call.id)"))
    }
  }

  /// 振替 has to be decided before the day on which is worked; what is decided later can only be 代休.
  ///
  /// - Throws: ``RotaRefusal``.
  static func addRest(_ form: FormValues, in scope: Scope) async throws {
    guard let kind = RestDay.Kind(rawValue: form["restKind"]), let worked = Day.parse(form["workedOn"]) else {
      throw RotaRefusal.badRestDay
    }
    guard let person = PersonID(form["restPerson"]) else { throw RotaRefusal.badMember }
    guard abs(worked.days(since: scope.now.day)) <= 400 else { throw RotaRefusal.badRestDay }
    let rest = Day.parse(form["restOn"])
    guard rest != nil || form["restOn"].isEmpty, rest != worked else { throw RotaRefusal.sameDay }
    if kind == .substitute {
      guard rest != nil else { throw RotaRefusal.badRestDay }
      guard worked > scope.now.day else { throw RotaRefusal.decidedAfterwards }
    }
    try await scope.write { tx in
      guard try !tx.onCallPeople(person).isEmpty else { throw RotaRefusal.badMember }
      guard try tx.restDays(of: person, workedOn: worked) == 0 else { throw RotaRefusal.restExists }
      try tx.insert(
        RestDay(
          id: scope.newID(), kind: kind, person: person, workedOn: worked, restOn: rest, decidedAt: scope.now,
          madeBy: scope.actor.name, version: 1))
    }
  }

  /// The day on which a 代休 is taken.
  static func takeRest(_ id: RestDay.ID, on text: String, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.restDay(id) else { throw WebProblem.notFound }
      guard before.kind == .compensatory, let day = Day.parse(text) else { throw RotaRefusal.badRestDay }
      guard day > before.workedOn else { throw RotaRefusal.badRestDay }
      var after = before
      (after.restOn, after.version) = (day, before.version + 1)
      try tx.replace(before, with: after)
    }
  }
}

/// What was typed of a call.
struct DutyCallDraft: Sendable {
  private let what: String
  private let travel: Int
  private let (called, start, end): (String, String, String)

  /// - Throws: ``RotaRefusal``.
  init(_ form: FormValues) throws(RotaRefusal) {
    guard let what = form["what"].trimmed(to: 1...200) else { throw .badWhat }
    guard let travel = Int(form["travel"].isEmpty ? "0" : form["travel"].halfWidth), travel >= 0 else {
      throw .badTravel
    }
    (self.what, self.travel) = (what, travel)
    (called, start, end) = (form["called"], form["start"], form["end"])
  }

  /// - Throws: ``RotaRefusal``.
  func call(_ id: DutyCall.ID, _ rota: Rota, _ member: RotaMember, by name: String, at now: Instant)
    throws(RotaRefusal) -> DutyCall
  {
    let zone = Zone(rota.zone) ?? .tokyo
    guard let called = zone.moment(called), let from = zone.moment(start), let until = zone.moment(end),
      called <= from, from < until, until <= now,
      until.milliseconds - called.milliseconds <= 3 * 86_400_000
    else { throw .badCall }
    let work = Window(from: from, until: until)
    guard travel <= work.minutes else { throw .badTravel }
    return DutyCall(
      id: id, rota: rota.id, member: member, calledAt: called, work: work, travelMinutes: travel, what: what,
      madeBy: name)
  }
}

extension DutyCall {
  /// Whether anything that counts differs.
  fileprivate func isOther(than before: DutyCall) -> Bool {
    calledAt != before.calledAt || work != before.work || travelMinutes != before.travelMinutes
      || what != before.what
  }
}
