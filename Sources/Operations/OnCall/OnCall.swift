import Kernel
import Registers
import Storage
import Web

/// Who is called, and when: rotas, what changes them, and what they ask of people.
enum OnCall {
  static func feature(environment: [String: String] = [:]) -> Feature {
    var feature = Feature("oncall")
    feature.migrations = migrations
    feature.catalogs = [OnCallText.catalog]
    let own: Set<Permission> = [.onCallOwn]
    let read = own.union([.onCallRead])
    let edit = read.union([.onCallEdit])
    feature.grants = [
      .administrator: edit, .itStaff: edit, .safetyManager: read, .management: read, .auditor: read,
      .contributor: own, .staff: own,
    ]
    feature.menu = [
      MenuEntry(
        "oncall", path: "/oncall", permission: .onCallOwn, order: 41, isFor: { $0.role != .staff },
        title: { Texts<OnCallText>($0)(.menu) })
    ]
    feature.routes = { routes in
      OnCallRoutes().add(to: &routes)
      OnCallChangeRoutes().add(to: &routes)
      OnCallLedgerRoutes().add(to: &routes)
      ServedRoutes().add(to: &routes)
      OnCallFeedRoutes(address: PublicAddress(environment)).add(to: &routes)
    }
    feature.records = { Texts<OnCallText>($0)(.records) }
    return feature
  }

  // MARK: For those who call people

  /// The rotas of the facility, by name.
  static func rotas(in tx: ReadTx) throws -> [(id: Rota.ID, name: String)] { try tx.rotaNames() }

  /// Who is on call at a moment, with their numbers: one, or nobody. Nobody also for a rota that is gone.
  ///
  /// The moment may be past, now or to come. Four statements at most.
  static func people(on id: Rota.ID, at moment: Instant, layer: Rota.Layer, in tx: ReadTx) throws
    -> [OnCallPerson]
  {
    guard let stored = try tx.rota(id) else { return [] }
    let span = Window(from: moment, until: moment.adding(milliseconds: 1))
    guard let member = try tx.roster(stored, in: span).segment(of: layer, at: moment).member else {
      return []
    }
    switch member {
    case .person(let person): return try tx.onCallPeople(person)
    case .desk(let name, let phone):
      return [OnCallPerson(member: member, name: name, department: "", phones: [phone], mail: nil)]
    }
  }

  // MARK: Rotas

  static let mostRotas = 50

  /// - Throws: ``RotaRefusal``, `Stale`.
  static func save(_ draft: RotaDraft, over id: Rota.ID?, in scope: Scope) async throws -> Rota.ID {
    try await scope.write { tx in
      let before = try id.flatMap { try tx.rota($0) }
      if id != nil, before == nil { throw WebProblem.notFound }
      let known = try tx.onCallPeople(nil).filter { !$0.hasLeft(on: scope.now.day) }
      let rota = try draft.rota(id: id ?? scope.newID(), known)
      if let other = try tx.rotaID(named: rota.name.folded), other != rota.id { throw RotaRefusal.nameTaken }
      if let before {
        guard before.rota.version == draft.version else { throw Stale() }
        try tx.settle(before)
      } else if try tx.rotaCount() >= mostRotas {
        throw RotaRefusal.tooMany
      }
      try tx.store(rota, over: before)
      return rota.id
    }
  }

  /// A rota with calls, or with records of who served, stays: they are working time.
  static func remove(_ id: Rota.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let stored = try tx.rota(id) else { throw WebProblem.notFound }
      guard try !tx.hasRecords(id) else { throw RotaRefusal.hasRecords }
      if let policy = try tx.policies().first(where: { $0.calls(id) }) {
        throw RotaRefusal.inUse(policy.name)
      }
      try tx.remove(stored.rota)
    }
  }

  // MARK: Overrides

  static let longest: Int64 = 366 * 86_400_000

  /// What has begun before now counts from now on: the past is settled.
  private static func ahead(_ window: Window, _ now: Instant) throws(RotaRefusal) -> Window {
    guard window.from < window.until, window.until.milliseconds - window.from.milliseconds <= longest else {
      throw .badWindow
    }
    guard window.until > now else { throw .past }
    return Window(from: max(window.from, now), until: window.until)
  }

  /// - Throws: ``RotaRefusal``.
  static func override(
    _ id: Rota.ID, _ layer: Rota.Layer, _ window: Window, whom: RotaMember?, by: RotaMember?, reason: String,
    in scope: Scope
  ) async throws {
    let window = try ahead(window, scope.now)
    guard let reason = reason.trimmed(to: 1...200) else { throw RotaRefusal.badReason }
    guard whom == nil || whom != by else { throw RotaRefusal.sameMember }
    try await scope.write { tx in
      guard let stored = try tx.rota(id) else { throw WebProblem.notFound }
      let people = Set(try tx.onCallPeople(nil).filter { !$0.hasLeft(on: scope.now.day) }.map(\.member))
      let known = people.union(stored.rota.members)
      for member in [whom, by].compactMap({ $0 }) where !known.contains(member) {
        throw RotaRefusal.badMember
      }
      try tx.settle(stored)
      try add(
        RotaOverride(
          id: scope.newID(), rota: id, layer: layer, window: window, whom: whom, by: by, reason: reason,
          madeBy: scope.actor.name), to: stored.rota, tx)
    }
  }

  private static func add(_ override: RotaOverride, to rota: Rota, _ tx: WriteTx) throws {
    if let other = try tx.overrides(of: rota.id, in: override.window).first(where: {
      override.collides(with: $0)
    }) {
      let zone = Zone(rota.zone) ?? .tokyo
      let name = try other.by.map { try OnCall.name(of: $0, tx) } ?? "-"
      throw RotaRefusal.overlapping(
        "\(zone.field(other.window.from)) - \(zone.field(other.window.until))".replacing("T", with: " "), name
      )
    }
    try tx.insert(override)
  }

  static func name(of member: RotaMember, _ tx: ReadTx) throws -> String {
    switch member {
    case .desk(let name, _): name
    case .person(let id): try tx.onCallPeople(id).first?.name ?? ""
    }
  }

  static func endOverride(_ id: RotaOverride.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let override = try tx.override(id), let stored = try tx.rota(override.rota) else {
        throw WebProblem.notFound
      }
      guard override.window.until > scope.now else { throw RotaRefusal.past }
      try tx.settle(stored)
      try tx.end(override)
    }
  }

  // MARK: Leave

  /// For oneself, or by those who keep the rotas for anyone.
  static func addLeave(_ person: PersonID, _ window: Window, note: String, in scope: Scope) async throws {
    guard scope.may(.onCallEdit) || scope.person == person else { throw RotaRefusal.notYours }
    let window = try ahead(window, scope.now)
    guard let note = note.trimmed(to: 0...100) else { throw RotaRefusal.badReason }
    try await scope.write { tx in
      guard try !tx.onCallPeople(person).isEmpty else { throw RotaRefusal.badMember }
      for stored in try tx.rotas() { try tx.settle(stored) }
      try tx.insert(Leave(id: scope.newID(), person: person, window: window, note: note))
    }
  }

  static func endLeave(_ id: Leave.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let leave = try tx.leave(id) else { throw WebProblem.notFound }
      guard scope.may(.onCallEdit) || scope.person == leave.person else { throw RotaRefusal.notYours }
      // All of them: who takes someone's place serves in a rota that does not name them.
      for stored in try tx.rotas() { try tx.settle(stored) }
      try tx.remove(leave)
    }
  }

  // MARK: Exchanges

  /// Asks two people to exchange duties. Whoever asks for themselves has agreed.
  static func ask(_ id: Rota.ID, give: Swap.Side, take: Swap.Side, reason: String, in scope: Scope)
    async throws
  {
    guard let reason = reason.trimmed(to: 0...200) else { throw RotaRefusal.badReason }
    guard give.person != take.person else { throw RotaRefusal.sameMember }
    for window in [give.window, take.window] {
      guard window.from >= scope.now else { throw RotaRefusal.past }
      guard window.until.milliseconds <= scope.now.milliseconds + longest else { throw RotaRefusal.badWindow }
    }
    guard scope.may(.onCallEdit) || scope.person == give.person else { throw RotaRefusal.notYours }
    try await scope.write { tx in
      guard let stored = try tx.rota(id) else { throw WebProblem.notFound }
      var sides = [give, take]
      for index in sides.indices where sides[index].person == scope.person {
        sides[index].agreedAt = scope.now
      }
      let swap = Swap(
        id: scope.newID(), rota: id, sides: sides, state: .asked, reason: reason, madeBy: scope.actor.name,
        madeAt: scope.now, version: 1)
      try check(swap, stored, tx)
      try tx.insert(swap)
      for side in sides where side.agreedAt == nil {
        try tx.housekeeping.post(
          Message(
            cause: "oncall-swap:\(swap.id)", recipient: side.person, step: 0, key: "oncall.swapAsked",
            arguments: [scope.actor.name, stored.rota.name], link: "/oncall/\(id)/changes"))
      }
    }
  }

  /// Whether both still have what they give away, all of it.
  private static func check(_ swap: Swap, _ stored: StoredRota, _ tx: ReadTx) throws {
    for side in swap.sides {
      let roster = try tx.roster(stored, in: side.window)
      let segments = roster.segments(of: side.layer, in: side.window)
      // What someone has taken over is not theirs to give: that would undo what was decided.
      let isTheirs = segments.allSatisfy { $0.member == .person(side.person) && $0.override == nil }
      guard isTheirs else { throw RotaRefusal.badDuty }
    }
  }

  /// One of the two agrees; when both have, the exchange holds.
  static func agree(_ id: Swap.ID, in scope: Scope) async throws -> Rota.ID {
    try await answer(id, in: scope) { tx, before, index in
      guard let stored = try tx.rota(before.rota) else { throw WebProblem.notFound }
      var after = before
      after.sides[index].agreedAt = scope.now
      after.version += 1
      guard after.sides.allSatisfy({ $0.agreedAt != nil }) else {
        try tx.replace(before, with: after)
        return
      }
      guard after.sides.allSatisfy({ $0.window.from >= scope.now }) else { throw RotaRefusal.past }
      try check(after, stored, tx)
      after.state = .agreed
      try tx.replace(before, with: after)
      for override in after.overrides(ids: [scope.newID(), scope.newID()]) {
        try add(override, to: stored.rota, tx)
      }
      try tell(after, "oncall.swapAgreed", stored.rota, tx)
    }
  }

  static func decline(_ id: Swap.ID, in scope: Scope) async throws -> Rota.ID {
    try await answer(id, in: scope) { tx, before, _ in
      var after = before
      (after.state, after.version) = (.declined, before.version + 1)
      try tx.replace(before, with: after)
      guard let stored = try tx.rota(before.rota) else { return }
      try tell(after, "oncall.swapDeclined", stored.rota, tx)
    }
  }

  private static func answer(
    _ id: Swap.ID, in scope: Scope, _ body: @escaping @Sendable (WriteTx, Swap, Int) throws -> Void
  ) async throws -> Rota.ID {
    try await scope.write { tx in
      guard let swap = try tx.swap(id) else { throw WebProblem.notFound }
      // Nobody agrees in the place of another, whatever else they may.
      guard let index = swap.sides.firstIndex(where: { $0.person == scope.person }) else {
        throw RotaRefusal.notYours
      }
      guard swap.state == .asked else { throw RotaRefusal.swapDone }
      try body(tx, swap, index)
      return swap.rota
    }
  }

  private static func tell(_ swap: Swap, _ key: String, _ rota: Rota, _ tx: WriteTx) throws {
    for side in swap.sides where side.person != tx.scope.person {
      try tx.housekeeping.post(
        Message(
          cause: "oncall-swap:\(swap.id)", recipient: side.person, step: swap.state == .agreed ? 1 : 2,
          key: key,
          arguments: [tx.scope.actor.name, rota.name], link: "/oncall/\(rota.id)/changes"))
    }
  }
}

extension Permission {
  /// The rotas that one is in, and what one may do about one's own duties.
  static let onCallOwn = Permission("oncall.own")
  static let onCallRead = Permission("oncall.read")
  static let onCallEdit = Permission("oncall.edit")
}
