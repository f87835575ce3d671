import Kernel
import Mail
import Registers
import Storage
import Web

/// Calls people about alerts, one step after the other, until someone takes them on or they are over (ADR 0040).
///
/// All of one turn is one transaction: whoever is killed before its end has called nobody, and the next worker does it again.
struct Pager: Sendable {
  let sealer: Sealer
  /// Where browsers find this program; nil leaves links out of messages.
  let address: String?
  var rota = RotaDoor.live

  /// Brings the pages of a facility up to date. Harmless when nothing is to be done, and when two workers do it.
  func turn(_ tx: WriteTx) throws {
    let now = tx.scope.now
    var isChanged = try route(tx)
    try tx.endPagesOver()
    let pages = try tx.pagesToTurn(at: now)
    // A clock that was put back must not make people wait longer than was decided.
    for page in pages where page.nextAt > now {
      let next = now.adding(milliseconds: page.waitMs)
      try tx.advance([page.alert.id], PageMove(turn: page.turn, next: next, ended: nil))
      isChanged = true
    }
    let due = pages.filter { $0.nextAt <= now }
    var isHeldBack = false
    if let oldest = due.map(\.nextAt).min() {
      let passes = try tx.tellingPasses(since: now.adding(milliseconds: -Grouping.spanMs))
      if Grouping.isTime(passes: passes, oldest: oldest, now: now) {
        try call(due, tx)
      } else {
        isHeldBack = true
      }
      isChanged = true
    }
    guard isChanged else { return }
    let next = try tx.nextPageTurn()
    // What is held back waits for others to go with it.
    try tx.armPages(at: isHeldBack ? max(next ?? now, now.adding(milliseconds: 5_000)) : next)
  }

  // MARK: Deciding

  /// Decides for new and for worse alerts who will be called. Gives whether there were any.
  private func route(_ tx: WriteTx) throws -> Bool {
    let open = try tx.alertsToRoute()
    guard !open.isEmpty else { return false }
    let routing = try Pager.routing(tx, rota)
    var number = try tx.lastPageNumber()
    var begun: [BegunPage] = []
    for each in open {
      let (plan, start) = routing.plan(
        system: each.system, level: each.alert.level, grade: each.alert.grade,
        openedAt: each.number == nil ? each.alert.openedAt : tx.scope.now)
      if each.number == nil { number += 1 }
      begun.append(
        BegunPage(
          alert: each.alert, number: each.number ?? number, system: each.system, plan: plan, start: start))
    }
    try tx.begin(begun)
    return true
  }

  static func routing(_ tx: ReadTx, _ rota: RotaDoor) throws -> Routing {
    let (rules, policies) = try tx.usableRouting()
    return Routing(
      rules: rules,
      policies: Dictionary(policies.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
      hours: try tx.pagingSetting().setting.hours, isHoliday: rota.isHoliday)
  }

  // MARK: Calling

  private func call(_ due: [RunningPage], _ tx: WriteTx) throws {
    let now = tx.scope.now
    var who = CallResolver(tx, rota)
    var mail = PageMail(tx, sealer: sealer, address: address)
    var faults: [(PageFault, RunningPage, Int)] = []
    var made: [MadeCall] = []
    var moves: [PageMove: [AlertID]] = [:]
    for page in due {
      var turn = page.turn
      var called: [CallRecipient] = []
      while turn < page.plan.turns {
        called = try who.recipients(of: page.plan.step(turn), page, at: now)
        if !called.isEmpty { break }
        // Nobody is there: the next step does not wait.
        faults.append((.nobody, page, turn))
        made.append(MadeCall(page: page, turn: turn, recipient: nil, letter: tx.scope.newID()))
        turn += 1
      }
      if called.isEmpty, page.turn < page.plan.turns,
        try tx.calls(of: page.alert.id).allSatisfy({ $0.recipient == nil })
      {
        // Not one step had anyone: whoever keeps the systems has to know.
        called = try who.keepers(at: now)
        if called.isEmpty {
          // It stays untold, and the list says so, until there is someone whom it reaches.
          let later = PageMove(turn: page.turn, next: now.adding(minutes: 1), ended: nil)
          moves[later, default: []].append(page.alert.id)
          made.removeAll { $0.page.alert.id == page.alert.id }
          continue
        }
      }
      for recipient in called {
        let letter = mail.letter(for: recipient)
        mail.add(page, turn: turn, to: recipient)
        made.append(MadeCall(page: page, turn: turn, recipient: recipient, letter: letter))
      }
      if called.isEmpty, page.plan.escalates, page.alert.acknowledgedAt == nil {
        faults.append((.unanswered, page, turn))
      }
      moves[move(page, after: called.isEmpty ? nil : turn, now), default: []].append(page.alert.id)
    }
    let hours = try tx.pagingSetting().setting.hours.kind(at: now, rota.isHoliday)
    try tx.note(made, hours)
    try tx.markTold(Set(made.map(\.page.alert.id)).sorted())
    for (move, alerts) in moves { try tx.advance(alerts, move) }
    try mail.send()
    try PageFaults.tell(faults, tx)
  }

  /// - Parameter turn: the one that has just called someone; nil when there was none left.
  private func move(_ page: RunningPage, after turn: Int?, _ now: Instant) -> PageMove {
    guard let turn, page.plan.escalates else {
      return PageMove(turn: page.plan.turns, next: nil, ended: page.plan.escalates ? .exhausted : .told)
    }
    let wait = page.plan.waitMs(before: turn + 1)
    return PageMove(
      turn: min(turn + 1, page.plan.turns), next: now.adding(milliseconds: wait), ended: nil)
  }

  // MARK: The end

  /// Tells whoever was called that it is over.
  func announce(_ tx: WriteTx) throws {
    let now = tx.scope.now
    var over = try tx.alertsToAnnounce()
    // What came and went before anyone was told needs no telling.
    for alert in over where alert.toldAt == nil { try tx.markAnnounced(alert) }
    over.removeAll { $0.toldAt == nil }
    guard let oldest = over.compactMap(\.resolvedAt).min() else { return }
    let passes = try tx.tellingPasses(since: now.adding(milliseconds: -Grouping.spanMs))
    guard Grouping.isTime(passes: passes, oldest: oldest, now: now) else { return }
    let told = try tx.told()
    var mail = PageMail(tx, sealer: sealer, address: address)
    for alert in over {
      for each in told[alert.id] ?? [] { mail.addEnd(alert, each) }
      try tx.markAnnounced(alert)
    }
    try mail.send()
  }
}

/// Finds out who is meant by the targets of steps, at one moment. Asks for each only once.
struct CallResolver {
  private let tx: ReadTx
  private let rota: RotaDoor
  private var systems: [String: (owner: PersonID?, deputy: PersonID?)]?
  private var people: [PersonID: Callee?] = [:]
  private var onCall: [CallTarget: [CallRecipient]] = [:]
  private var keeping: [PersonID]?
  private var administrators: [PersonID]?
  private var channels: [Channel]?
  private var reach: Reach?
  /// Whether only the inbox is used.
  private var isQuiet = false

  init(_ tx: ReadTx, _ rota: RotaDoor) { (self.tx, self.rota) = (tx, rota) }

  /// In a fixed order, each once.
  mutating func recipients(of step: EscalationStep, _ page: RunningPage, at now: Instant) throws
    -> [CallRecipient]
  {
    try recipients(of: step, system: page.system, isQuiet: page.plan.isQuiet, at: now)
  }

  /// - Parameter isQuiet: only the inbox is used.
  mutating func recipients(of step: EscalationStep, system: String?, isQuiet: Bool, at now: Instant) throws
    -> [CallRecipient]
  {
    self.isQuiet = isQuiet
    var found: Set<CallRecipient> = []
    for target in step.targets { found.formUnion(try recipients(of: target, system, now)) }
    return found.sorted()
  }

  private mutating func recipients(of target: CallTarget, _ system: String?, _ now: Instant) throws
    -> [CallRecipient]
  {
    switch target {
    case .owner: return try present([try keepers(of: system)?.owner], now)
    case .deputy: return try present([try keepers(of: system)?.deputy], now)
    case .standing:
      let own = try keepers(of: system)
      let there = try present([own?.owner, own?.deputy], now)
      return there.isEmpty ? try keepers(at: now) : there
    case .administrators:
      let all = try administrators ?? tx.pageAdministrators(on: now.day)
      administrators = all
      return try present(all, now)
    case .person(let id): return try present([id], now)
    case .rota(let id, let layer):
      let serving = try onCall[target] ?? rota.people(id, layer, now, tx)
      onCall[target] = serving
      return try serving.filter { recipient in
        switch recipient {
        case .person(let id): try isThere(id, now)
        // A vendor's desk has nothing but its number, and a gateway has to be able to dial it.
        case .desk(_, let phone): try Callee.dialled(phone) != nil && known().contains { $0.kind.isPhone }
        case .channel: true
        }
      }
    case .channel(let id): return try known().contains { $0.id == id } ? [.channel(id)] : []
    }
  }

  private mutating func known() throws -> [Channel] {
    let all = try channels ?? tx.channels().map(\.channel)
    channels = all
    return all
  }

  /// Those who keep the systems of the facility and sign in.
  mutating func keepers(at now: Instant) throws -> [CallRecipient] {
    let all = try keeping ?? tx.alertKeepers(on: now.day)
    keeping = all
    return all.map { .person($0) }
  }

  private mutating func keepers(of system: String?) throws -> (owner: PersonID?, deputy: PersonID?)? {
    guard let system else { return nil }
    let all = try systems ?? tx.systemKeepers()
    systems = all
    return all[system]
  }

  private mutating func present(_ ids: [PersonID?], _ now: Instant) throws -> [CallRecipient] {
    try ids.compactMap { $0 }.filter { try isThere($0, now) }.map { .person($0) }
  }

  /// Whether someone still works here and hears of it: in the inbox, or else by mail or telephone.
  private mutating func isThere(_ id: PersonID, _ now: Instant) throws -> Bool {
    let callee = try people[id] ?? tx.callee(id, on: now.day)
    people[id] = .some(callee)
    guard let callee else { return false }
    let reach = try self.reach ?? Reach(tx, on: now.day)
    self.reach = reach
    if reach.inbox.contains(id) { return true }
    let hasPhone = callee.preference.phone != nil && callee.number != nil
    return !isQuiet && (hasPhone || (reach.mail.contains(id) && callee.preference.usesMail))
  }
}
