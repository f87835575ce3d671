public import Kernel
import Probes
public import Storage
public import Web

/// Looks at the monitors of all facilities, keeps what it saw, and lets people be told.
///
/// Several of them share the monitors of one PostgreSQL database: each has its part for as long as it lives (ADR 0036).
public actor Watcher {
  /// What one look saw.
  struct Look: Sendable {
    let state: ProbeState
    let milliseconds: Double
    let problem: StoredMonitor.StoredProblem?
    /// Whether this program did not ask at all, for want of a right or of a network to ask in.
    var isRefusal = false
  }

  /// Makes one look; tests put their own in its place.
  typealias Eye = @Sendable (any Check, Networks) async -> Look

  private let installation: Installation
  private let sealer: Sealer
  private let clock: @Sendable () -> Instant
  private let eye: Eye
  private let note: @Sendable (String) -> Void
  private let prober: Prober?
  private let ceiling: NetworkCeiling
  private let desk: AlertDesk
  /// Brings the alerts of a facility up to date.
  private let settling: @Sendable (Scope) async throws -> Void
  let name: String

  private var held: [MonitorKey: HeldMonitor] = [:]
  private var wheel = Wheel<DueLook>()
  private var lanes = Lanes()
  /// Due, but there was no room.
  private var waiting: [DueLook] = []
  private var updates: [Update] = []
  private var networks: [FacilityID: Networks] = [:]
  private var sentinels: [MonitorKey: SentinelSight] = [:]
  /// By facility, when something beyond this machine last answered.
  private var reached: [FacilityID: Instant] = [:]
  private var roll = WorkerRoll()
  /// What other workers are asked to look at.
  private var wanted: Set<MonitorKey> = []
  /// Rows that could not be read, in their versions.
  private var unreadable: [MonitorKey: Hold] = [:]
  /// What could not be asked, several times over.
  private var refused: [MonitorKey: StoredMonitor.StoredProblem] = [:]
  private var lastStep: Instant?
  /// Whether no other worker of one file can live when this one begins.
  private var begins: Bool
  /// Facilities in which a condition has changed that is not written yet.
  private var changed: Set<FacilityID> = []
  /// Those in which it has been written, and nobody has been told.
  private var unsettled: Set<FacilityID> = []
  private var nextTurn = Instant(milliseconds: 0)
  private var nextCare = Instant(milliseconds: 0)
  /// The day on which everything that was too old had been thrown away.
  private var tidiedOn: Day?
  /// What was held when it was last compared with the database, row by row.
  private var compared: Share?
  private var sharesSeen = 0
  private var lastAudit: Instant?

  /// - Parameter note: takes what went wrong, for the log.
  public init(
    _ database: Database, sealer: Sealer, address: String?, ceiling: NetworkCeiling,
    clock: @escaping @Sendable () -> Instant, note: @escaping @Sendable (String) -> Void
  ) {
    let prober = Prober(networks: Monitoring.networks(nil, within: ceiling), clock: clock)
    self.init(
      database, sealer: sealer, address: address, clock: clock, note: note, prober: prober,
      eye: { check, networks in
        let outcome = await prober.probe(check, within: networks)
        return Look(
          state: outcome.state, milliseconds: outcome.milliseconds,
          problem: outcome.troubles.first.map { .init(code: $0.code, arguments: $0.arguments) },
          isRefusal: outcome.refusal != nil)
      }, begins: true, ceiling: ceiling)
  }

  init(
    _ database: Database, sealer: Sealer, address: String?, clock: @escaping @Sendable () -> Instant,
    note: @escaping @Sendable (String) -> Void = { _ in }, prober: Prober? = nil,
    name: String = Secret.token(), eye: @escaping Eye, begins: Bool = false, ceiling: NetworkCeiling = .none,
    settling: (@Sendable (Scope) async throws -> Void)? = nil
  ) {
    installation = Installation(database)
    self.ceiling = ceiling
    (self.sealer, self.clock, self.note) = (sealer, clock, note)
    (self.prober, self.eye, self.name, self.begins) = (prober, eye, String(name.prefix(16)), begins)
    let desk = AlertDesk(sealer: sealer, address: address)
    self.desk = desk
    self.settling = settling ?? { try await desk.settle(in: $0) }
  }

  /// Works until the task is cancelled, then lets its monitors go.
  ///
  /// Three works go on side by side, so that neither a slow disk nor many alerts keep a check from beginning.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.lookOn() }
      group.addTask { await self.goOn { try await self.keep() } }
      group.addTask { await self.goOn { try await self.tell() } }
    }
    // The database hears nobody who has been cancelled: what is left is done by somebody else.
    await Task { await self.leave() }.value
    await prober?.close()
  }

  /// Milliseconds; what falls due within them begins together: each waking of a thread costs as much as a part of a check.
  private static let together: Int64 = 15

  private func leave() async {
    let me = name
    do {
      try await flush()
      try await installation.keep(now: clock()) { try $0.bury(me) }
    } catch {
      // A worker that cannot say good-bye is missed after eight seconds.
      note("\(error)")
    }
  }

  /// Checks that are due begin within milliseconds; those for which there was no room soon after.
  private func lookOn() async {
    while !Task.isCancelled {
      look()
      let left = (wheel.first ?? .max) - clock().milliseconds
      // A cancelled sleep ends the loop at its next test.
      try? await Task.sleep(for: .milliseconds(max(Watcher.together, min(waiting.isEmpty ? 100 : 20, left))))
    }
  }

  /// The results of a tenth of a second are written together.
  private nonisolated func goOn(_ work: () async throws -> Void) async {
    while !Task.isCancelled {
      do { try await work() } catch is CancellationError { break } catch {
        note("\(error)")
        // Whatever keeps the database from answering gets some time.
        try? await Task.sleep(for: .seconds(1))
      }
      // A cancelled sleep ends the loop at its next test.
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Everything that is due now, one after the other.
  func step() async throws {
    heedClock(clock())
    try await turn()
    look()
    try await flush()
    try await tell()
  }

  /// Begins the checks that are due.
  func look() {
    let now = clock()
    heedClock(now)
    startDue(now)
  }

  /// Takes part in sharing the monitors, and writes what was seen.
  func keep() async throws {
    try await turn()
    try await flush()
  }

  /// Tells people, judges the silence of jobs, looks after the calls, and throws away what is too old.
  func tell() async throws {
    let now = clock()
    let isTurn = now >= nextCare
    if isTurn {
      nextCare = now.adding(milliseconds: 2_000)
      try await hearSilence(now)
      unsettled.formUnion(try await installation.readQueues { try $0.facilitiesToSettle() })
    }
    if !unsettled.isEmpty || !refused.isEmpty { await settle() }
    if isTurn { await audit(now) }
    if tidiedOn != now.day { try await tidy(now) }
  }

  /// How many checks are under way.
  var running: Int { lanes.running }

  /// True while checks are under way.
  var isBusy: Bool { running > 0 }

  // MARK: Turns

  private func turn() async throws {
    let now = clock()
    guard now >= nextTurn else { return }
    nextTurn = now.adding(milliseconds: 2_000)
    let (me, wanted, begins) = (name, self.wanted, self.begins)
    let said = try await installation.keep(now: now) { tx in
      if begins { try tx.buryOfFile(but: me) }
      try tx.want(wanted, at: now)
      return try tx.beat(me, at: now)
    }
    self.wanted.subtract(wanted)
    self.begins = false
    let gone = roll.call(said).subtracting([me])
    let workers = said.count - gone.count
    let lies = try await installation.keep(now: now) { tx in
      for each in gone.sorted() { try tx.bury(each) }
      let (all, own) = try tx.share(of: me)
      let fair = (all + workers - 1) / max(1, workers)
      if own.count < fair { try tx.claim(me, most: fair - own.count) }
      if own.count > fair { try tx.release(me, most: own.count - fair) }
      return own.count == fair ? own : try tx.share(of: me).own
    }
    try await reload(lies)
  }

  private func hearSilence(_ now: Instant) async throws {
    let silent = try await installation.readQueues { try $0.silentBeats(at: now) }
    for (facility, ids) in silent {
      await attempt("silence", in: facility, now) { scope in
        try await scope.write { try $0.judgeSilence(of: ids) }
      }
    }
  }

  /// Throws a portion of what is too old away: others write between two portions.
  private func tidy(_ now: Instant) async throws {
    if try await installation.keep(now: now, { try $0.forgetOld(at: now) }) { tidiedOn = now.day }
  }

  /// What goes wrong in one facility must not keep the others waiting.
  private func attempt(
    _ what: String, in facility: FacilityID, _ now: Instant, _ body: (Scope) async throws -> Void
  ) async {
    let scope = Scope(installation.database, actor: .system("monitoring"), facility: facility, now: now)
    do { try await body(scope) } catch { note("\(what) in \(facility): \(error)") }
  }

  /// When the clock was put back, what was planned by it lies in the future.
  private func heedClock(_ now: Instant) {
    let isBack = lastStep.map { now < $0.adding(milliseconds: -1_000) } ?? false
    lastStep = now
    guard isBack else { return }
    (wheel, waiting, nextTurn, nextCare) = (Wheel<DueLook>(), [], now, now)
    for (key, mine) in held where !mine.isRunning {
      plan(key, at: mine.stored.monitor.schedule.first(notBefore: now))
    }
  }

  private func plan(_ key: MonitorKey, at moment: Instant) {
    guard var mine = held[key] else { return }
    mine.turn += 1
    mine.planned = moment
    held[key] = mine
    wheel.add(DueLook(key: key, turn: mine.turn), at: moment.milliseconds)
  }

  /// Once a minute, also after the clock was put back.
  private func audit(_ now: Instant) async {
    if let last = lastAudit, (0..<60_000).contains(now.milliseconds - last.milliseconds) { return }
    lastAudit = now
    let rota = desk.pager.rota
    let facilities: [FacilityID]
    do { facilities = try await installation.readQueues { try $0.facilitiesToAudit() } } catch {
      note("audit: \(error)")
      return
    }
    for facility in facilities {
      await attempt("audit", in: facility, now) { try await PageAudit.run(rota, in: $0) }
    }
  }

  /// - Parameter lies: what is this worker's by the database.
  private func reload(_ lies: Share) async throws {
    let me = name
    let (networks, sentinels, wanted) = try await installation.readQueues { tx in
      (try tx.networksByFacility(), try tx.sentinels(), try tx.wanted(of: me))
    }
    self.networks = networks.mapValues { Monitoring.networks($0, within: ceiling) }
    for (key, seen) in sentinels where held[key] == nil {
      self.sentinels[key] = SentinelSight(seen.sight, seen.at, after: self.sentinels[key])
    }
    self.sentinels = self.sentinels.filter { sentinels[$0.key] != nil }
    // Thousands of rows are compared one by one only when their sums differ, and now and then.
    sharesSeen += 1
    let isWhole = lies == compared && held.count + unreadable.count == lies.count
    if !isWhole || sharesSeen % 10 == 0 { try await compare(lies) }
    let now = clock()
    for (key, moment) in wanted { lookAgain(key, moment, now) }
  }

  private func compare(_ lies: Share) async throws {
    let me = name
    let known = held.mapValues(\.hold)
    let lying = try await installation.readQueues { try $0.held(by: me) }
    for key in known.keys where lying[key] == nil { held[key] = nil }
    unreadable = unreadable.filter { lying[$0.key] == $0.value }
    let wanted = lying.filter { known[$0.key] != $0.value && unreadable[$0.key] != $0.value }
    let facilities = Array(Set(wanted.keys.map(\.facility)))
    let taken = try await installation.readQueues { try $0.taken(by: me, in: facilities) }
    compared = lies
    for each in taken {
      guard let row = wanted[each.key] else { continue }
      if let stored = each.stored {
        take(each, stored)
      } else {
        unreadable[each.key] = row
        held[each.key] = nil
        note("monitor \(each.key.id) of \(each.key.facility) cannot be read")
      }
    }
  }

  /// Someone waits for a result that is newer than the last.
  private func lookAgain(_ key: MonitorKey, _ wantedAt: Instant, _ now: Instant) {
    guard wantedAt <= now, let mine = held[key], !mine.isRunning, mine.planned > now,
      mine.stored.watch.lastAt.map({ $0 < wantedAt }) ?? true
    else { return }
    plan(key, at: now)
  }

  private func take(_ taken: Taken, _ stored: StoredMonitor) {
    let monitor = stored.monitor
    var (check, fault): ((any Check)?, StoredMonitor.StoredProblem?)
    do { check = try monitor.check(secrets: try Monitoring.opened(stored, sealer)) } catch {
      // The words of the key itself speak of signing in.
      let problem = error is Sealer.Refusal ? MonitorRefusal.keyMissing : error as? any Problem
      fault = .init(code: problem?.code ?? "monitoring.badKind", arguments: problem?.arguments ?? [])
    }
    let now = clock()
    let turn = (held[taken.key]?.turn ?? 0) + 1
    // Nothing is known of a new monitor: whoever made it waits for its first result.
    let isNew = stored.watch.lastAt == nil
    let planned = isNew ? now : monitor.schedule.first(notBefore: now)
    held[taken.key] = HeldMonitor(
      stored: stored, claim: taken.claim, recent: taken.recent, check: check, fault: fault,
      load: Lanes.Load(
        kind: monitor.kind, host: Monitoring.host(of: monitor), isSick: stored.watch.isSick),
      planned: planned, turn: turn)
    if monitor.isSentinel {
      let watch = stored.watch
      sentinels[taken.key] = SentinelSight(watch.lastSight, watch.lastAt, after: sentinels[taken.key])
    }
    wheel.add(DueLook(key: taken.key, turn: turn), at: planned.milliseconds)
  }

  // MARK: Looking

  private func startDue(_ now: Instant) {
    let before = waiting
    waiting = []
    for due in before { start(due, now) }
    while let due = wheel.take(until: now.milliseconds) { start(due, now) }
  }

  private func start(_ due: DueLook, _ now: Instant) {
    guard let mine = held[due.key], mine.turn == due.turn, !mine.isRunning else { return }
    let load = Lanes.Load(
      kind: mine.load.kind, host: mine.load.host, isSick: mine.stored.watch.isSick)
    guard lanes.take(load) else {
      waiting.append(due)
      return
    }
    held[due.key]?.isRunning = true
    let (planned, allowed) = (
      mine.planned, networks[due.key.facility] ?? Monitoring.networks(nil, within: ceiling)
    )
    Task {
      let began = clock()
      let late = Int(max(0, began.milliseconds - planned.milliseconds))
      let look: Look
      if let check = mine.check {
        look = await eye(check, allowed)
      } else {
        // Nothing is known of what cannot be asked, for want of a key.
        look = Look(state: .down, milliseconds: 0, problem: mine.fault, isRefusal: true)
      }
      finish(due, look, load, began: began, late: late)
    }
  }

  private func finish(_ due: DueLook, _ look: Look, _ load: Lanes.Load, began: Instant, late: Int) {
    lanes.give(load)
    guard var mine = held[due.key], mine.turn == due.turn else { return }
    let monitor = mine.stored.monitor
    let now = clock()
    var sight: Sight = look.state == .up ? .up : look.state == .slow ? .slow : .down
    // Nobody is woken for what was never asked.
    if look.isRefusal { sight = .unknown }
    mine.refusals = look.isRefusal ? mine.refusals + 1 : 0
    if mine.refusals == monitor.failures { refused[due.key] = look.problem }
    if monitor.isSentinel {
      sentinels[due.key] = SentinelSight(sight, began, after: sentinels[due.key])
    } else if sight == .up || sight == .slow, !Monitoring.isOwnHost(load.host) {
      reached[due.key.facility] = began
    }
    let isHidden = sight == .down && !monitor.isSentinel && isCutOff(due.key.facility)
    if isHidden { sight = .unknown }
    let before = mine.stored.watch
    mine.stored.watch = before.seeing(sight, at: began, monitor.patience)
    if before.condition != mine.stored.watch.condition { changed.insert(due.key.facility) }
    if before.isFlapping != mine.stored.watch.isFlapping { changed.insert(due.key.facility) }
    let result = Reading(at: began, sight: sight, milliseconds: look.milliseconds, lateMs: late)
    let (next, skipped) = monitor.schedule.next(after: mine.planned, now: now)
    let isOpen = mine.stored.watch.isDoubtful || (mine.stored.watch.condition == .down && sight != .down)
    mine.planned = isOpen ? monitor.schedule.retry(before: next, now: now) : next
    updates.append(
      Update(
        key: due.key, version: mine.stored.watchVersion, claim: mine.claim, watch: mine.stored.watch,
        result: result, skipped: skipped,
        problem: look.state == .up || isHidden ? nil : look.problem, folded: folding(result, &mine),
        longest: Watch.freshMs(every: monitor.everyMs)))
    mine.isRunning = false
    mine.turn += 1
    held[due.key] = mine
    wheel.add(DueLook(key: due.key, turn: mine.turn), at: mine.planned.milliseconds)
    if sight == .down || isHidden { hasten(around: due.key, now) }
  }

  /// The results that lie together until now, when there is no more room or another day begins.
  private func folding(_ result: Reading, _ mine: inout HeldMonitor) -> [UInt8]? {
    let isFull = mine.recent.count >= 64 * Reading.size
    let isNextDay = Reading.read(Array(mine.recent.prefix(Reading.size))).first.map {
      $0.at.day != result.at.day
    }
    guard isFull || isNextDay == true else {
      result.write(into: &mine.recent)
      return nil
    }
    let folded = mine.recent
    mine.recent = []
    result.write(into: &mine.recent)
    return folded
  }

  /// Whether this machine's own network is gone: every sentinel of the facility was bad when it was last asked, and nothing else
  /// beyond this machine has answered since.
  private func isCutOff(_ facility: FacilityID) -> Bool {
    let own = sentinels.filter { $0.key.facility == facility }.values
    guard !own.isEmpty, own.allSatisfy({ $0.sight == .down }) else { return false }
    guard let reached = reached[facility], let since = own.compactMap(\.downSince).max() else { return true }
    return reached <= since
  }

  /// What may be the cause is looked at now, so that it is known before anyone is called.
  private func hasten(around key: MonitorKey, _ now: Instant) {
    var causes = sentinels.keys.filter { $0.facility == key.facility }
    if let parent = held[key]?.stored.monitor.parent {
      causes.append(MonitorKey(facility: key.facility, id: parent))
    }
    for cause in causes where cause != key {
      guard let mine = held[cause] else {
        wanted.insert(cause)
        continue
      }
      guard !mine.isRunning, mine.planned > now,
        mine.stored.watch.lastAt.map({ abs(now.milliseconds - $0.milliseconds) > 4_000 }) ?? true
      else { continue }
      plan(cause, at: now)
    }
  }

  // MARK: Keeping and telling

  private func flush() async throws {
    guard !updates.isEmpty else { return }
    let (batch, told) = (updates, changed)
    (updates, changed) = ([], [])
    let me = name
    do {
      let lost = try await installation.keep(now: clock()) { try $0.write(batch, by: me) }
      for update in lost where held[update.key]?.hold == update.hold { held[update.key] = nil }
      unsettled.formUnion(told)
    } catch {
      // They are tried again with the next; the newest count if the disk stays full for hours.
      updates = Array((batch + updates).suffix(100_000))
      changed.formUnion(told)
      throw error
    }
  }

  private func settle() async {
    let (facilities, refused) = (unsettled, self.refused)
    (unsettled, self.refused) = ([], [:])
    for (facility, ofFacility) in Dictionary(grouping: refused, by: \.key.facility) {
      let problems = ofFacility.map { RefusedLook(monitor: $0.key.id, problem: $0.value) }
      await attempt("refusals", in: facility, clock()) { try await desk.tell(of: problems, in: $0) }
    }
    for facility in facilities { await attempt("alerts", in: facility, clock(), settling) }
  }
}
