import Kernel
import Storage
import Web

extension OnCall {
  /// Writes down that someone else served than was planned; the plan stays as it was. By those who keep the rotas, and whom it
  /// concerns is told.
  ///
  /// - Throws: ``RotaRefusal``.
  static func recordServed(_ id: Rota.ID, _ draft: ServedDraft, in scope: Scope) async throws
    -> ServedShift.ID
  {
    try await scope.write { tx in
      guard let stored = try tx.rota(id) else { throw WebProblem.notFound }
      let shift = try checked(draft, stored, over: nil, tx)
      guard shift.member != shift.instead else { throw RotaRefusal.sameAsPlan }
      try tx.insert(shift, over: nil)
      try tell(shift, over: nil, stored.rota, tx)
      return shift.id
    }
  }

  /// Puts a record right by another in its place; what stood before stays to be read. Whoever was planned may come back by it.
  ///
  /// - Throws: ``RotaRefusal``.
  static func correctServed(
    _ id: ServedShift.ID, of rota: Rota.ID, in scope: Scope,
    _ draft: @escaping @Sendable (ServedShift) throws(RotaRefusal) -> ServedDraft
  ) async throws -> ServedShift.ID {
    try await scope.write { tx in
      guard let stored = try tx.rota(rota), let before = try tx.servedHistory(id, of: rota).first else {
        throw WebProblem.notFound
      }
      guard try tx.standing(for: id) == id else { throw RotaRefusal.servedChanged }
      let shift = try checked(try draft(before), stored, over: before, tx)
      guard shift.isOther(than: before) else { throw RotaRefusal.nothingChanged }
      try tx.insert(shift, over: before)
      try tell(shift, over: before, stored.rota, tx)
      return shift.id
    }
  }

  /// Whom it concerns says whether it is so. Nobody says that for another; it counts as recorded either way, and who wrote it hears
  /// of an objection.
  ///
  /// - Throws: ``RotaRefusal``.
  static func answerServed(
    _ id: ServedShift.ID, of rota: Rota.ID, isRight: Bool, note: String, in scope: Scope
  ) async throws {
    guard let note = note.trimmed(to: (isRight ? 0 : 1)...200) else { throw RotaRefusal.badObjection }
    try await scope.write { tx in
      guard let stored = try tx.rota(rota), let before = try tx.servedHistory(id, of: rota).first else {
        throw WebProblem.notFound
      }
      guard let person = scope.person, before.concerned.contains(person) else { throw RotaRefusal.notYours }
      guard try tx.standing(for: id) == id else { throw RotaRefusal.servedChanged }
      let answer = ServedShift.Answer(
        person: person, isRight: isRight, note: isRight ? "" : note, at: scope.now)
      try tx.replace(before, answered: answer)
      guard !isRight, let maker = before.maker, maker != person else { return }
      try tx.housekeeping.post(
        Message(
          cause: "oncall-served:\(id):\(person)", recipient: maker, step: before.version,
          key: "oncall.servedObjected", arguments: [scope.actor.name, stored.rota.name],
          link: "/oncall/\(rota)/served/\(id)"))
    }
  }

  /// The record as the plan and the other records allow it.
  private static func checked(
    _ draft: ServedDraft, _ stored: StoredRota, over before: ServedShift?, _ tx: WriteTx
  ) throws -> ServedShift {
    let (rota, scope) = (stored.rota, tx.scope)
    let zone = Zone(rota.zone) ?? .tokyo
    let around = Window(
      from: draft.window.from.adding(minutes: -Roster.longestStretch),
      until: draft.window.until.adding(minutes: Roster.longestStretch))
    var roster = try tx.roster(stored, in: around)
    roster.served.removeAll { $0.id == before?.id }
    let planned = try roster.stretch(of: draft.layer, over: draft.window, in: zone)
    func text(_ window: Window) -> String {
      "\(zone.field(window.from)) - \(zone.field(window.until))".replacing("T", with: " ")
    }
    let others = roster.served.filter { $0.window.overlaps(draft.window) }
    if let other = others.first(where: { $0.layer == draft.layer }) {
      throw RotaRefusal.servedTwice(text(other.window))
    }
    if let member = draft.member {
      let people = Set(
        try tx.onCallPeople(nil).filter { !$0.hasLeft(on: zone.day(draft.window.from)) }.map(\.member))
      guard people.contains(member) || rota.members.contains(member) || planned.member == member else {
        throw RotaRefusal.badMember
      }
      // One person has one turn at a time.
      for layer in Rota.Layer.allCases where layer != draft.layer && member.person != nil {
        let there = roster.truth(of: layer, in: draft.window)
        guard let busy = there.first(where: { $0.member == member }) else { continue }
        throw RotaRefusal.servedElsewhere(text(busy.window))
      }
    }
    return ServedShift(
      id: scope.newID(), rota: rota.id, layer: draft.layer, window: draft.window, member: draft.member,
      instead: planned.member, reason: draft.reason, madeBy: scope.actor.name, maker: scope.person,
      madeAt: scope.now, corrects: before?.id)
  }

  private static func tell(_ shift: ServedShift, over before: ServedShift?, _ rota: Rota, _ tx: WriteTx)
    throws
  {
    let zone = Zone(rota.zone) ?? .tokyo
    let time = zone.field(shift.window.from).replacing("T", with: " ")
    for person in shift.concerned.union(before?.concerned ?? []) where person != tx.scope.person {
      try tx.housekeeping.post(
        Message(
          cause: "oncall-served:\(shift.id)", recipient: person, step: 0, key: "oncall.servedRecorded",
          arguments: [tx.scope.actor.name, rota.name, time], link: "/oncall/\(rota.id)/served/\(shift.id)"))
    }
  }
}
