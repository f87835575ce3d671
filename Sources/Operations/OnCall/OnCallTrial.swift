import Kernel
public import Storage

/// What the program measures and shows of on-call from outside its slice.
public enum OnCallTrial {
  /// Who is on call in every minute of a year: two layers, three rotations each, twenty people, a change and leave each week.
  ///
  /// - Returns: how many stretches it has.
  public static func year(of year: Int) -> Int {
    let first = Day(year, 1, 1) ?? Day(daysSince1970: 0)
    let span = Window(from: first.start, until: first.adding(days: 365).start)
    let people: [RotaMember] = (0..<20).map {
      .person(PersonID(at: Instant(milliseconds: Int64($0 + 1))))
    }
    let rotations = Rota.Layer.allCases.flatMap { layer in
      [
        (Rotation.Days.weekday, Hours.standardWork), (.weekday, .standardNight), (.rest, .wholeDay),
      ].map { days, hours in
        Rotation(
          layer: layer, kind: .standby, days: days, hours: hours, length: 1,
          counting: days == .rest ? .own : .calendar, first: first.adding(days: -400), last: nil,
          members: layer == .primary ? people : people.reversed())
      }
    }
    let id = Rota.ID(at: first.start)
    let rota = Rota(
      id: id, name: "", zone: "Asia/Tokyo", rotations: rotations, yearEnd: .rest, workHours: .standardWork,
      permit: "", version: 1)
    var roster = Roster(rota: rota)
    for week in 0..<52 {
      let from = first.adding(days: week * 7 + 2).start
      roster.overrides.append(
        RotaOverride(
          id: RotaOverride.ID(at: from), rota: id, layer: .primary,
          window: Window(from: from, until: from.adding(minutes: 1440)), whom: nil, by: people[week % 20],
          reason: "", madeBy: ""))
      guard let person = people[(week + 7) % 20].person else { continue }
      let away = Window(from: from.adding(minutes: 2880), until: from.adding(minutes: 5760))
      roster.leaves.append(Leave(id: Leave.ID(at: from), person: person, window: away, note: ""))
    }
    return Rota.Layer.allCases.reduce(0) { $0 + roster.segments(of: $1, in: span).count }
  }

  /// A rota of three people and a vendor's desk, with a call of the last night; left alone when there is any rota.
  ///
  /// - Returns: whether it was made.
  public static func demonstrate(in scope: Scope) async throws -> Bool {
    guard try await scope.read({ try $0.rotaCount() }) == 0 else { return false }
    let people = try await scope.read { try $0.onCallPeople(nil) }
    func member(_ name: String) -> RotaMember? { people.first { $0.name == name }?.member }
    guard let tanaka = member("田中"), let suzuki = member("鈴木"), let sato = member("佐藤") else { return false }
    let desk = RotaMember.desk(name: "ひまわり窓口", phone: "03-0000-0201")
    let today = scope.now.day
    // The Monday five weeks ago, so that there is something to look back on.
    let first = today.adding(days: -((today.weekday + 6) % 7) - 35)
    func rotation(
      _ layer: Rota.Layer, _ days: Rotation.Days, _ hours: Hours, _ length: Int, _ members: [RotaMember?]
    ) -> Rotation {
      Rotation(
        layer: layer, kind: .standby, days: days, hours: hours, length: length, counting: .calendar,
        first: first, last: nil, members: members)
    }
    let rota = Rota(
      id: scope.newID(), name: "情報システムの当番", zone: "Asia/Tokyo",
      rotations: [
        rotation(.primary, .rest, .standardWork, 1, [desk]),
        rotation(.primary, .every, .standardWork, 2, [suzuki, tanaka, sato]),
        rotation(.primary, .every, .standardNight, 1, [sato, desk, suzuki, desk, tanaka, tanaka, desk]),
        rotation(.secondary, .every, .standardWork, 1, [tanaka, suzuki, sato]),
        rotation(.secondary, .every, .standardNight, 1, [tanaka, suzuki, tanaka, tanaka, sato, sato, nil]),
      ], yearEnd: .rest, workHours: .standardWork, permit: "", version: 1)
    try await scope.write { tx in
      try tx.store(rota, over: nil, settledUntil: first.start)
      let night = today.adding(days: -1).start
      let (called, from, until) = (
        night.adding(minutes: 128), night.adding(minutes: 130), night.adding(minutes: 220)
      )
      try tx.insert(
        DutyCall(
          id: scope.newID(), rota: rota.id, member: sato, calledAt: called,
          work: Window(from: from, until: until),
          travelMinutes: 0, what: "画像サーバの空き容量が少ない", madeBy: scope.actor.name))
    }
    return true
  }
}
