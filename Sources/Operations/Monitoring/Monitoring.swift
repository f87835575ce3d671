import Kernel
import Probes
import Registers
import Storage
import Web

/// Watching systems: what is looked at, how it stands, and telling the right people when it stops.
enum Monitoring {
  /// - Parameter sealer: keeps the credentials of checks.
  static func feature(_ sealer: Sealer, environment: [String: String] = [:]) -> Feature {
    var feature = Feature("monitoring")
    feature.migrations = migrations
    feature.catalogs = [MonitoringText.catalog, probeCatalog]
    let read: Set<Permission> = [.monitoringRead]
    let edit = read.union([.monitoringEdit])
    feature.grants = [
      .administrator: edit.union([.monitoringNetworks]), .itStaff: edit, .safetyManager: edit,
      .management: read,
      .auditor: read,
    ]
    feature.menu = [
      MenuEntry("monitoring", path: "/monitoring", permission: .monitoringRead, order: 40) {
        Texts<MonitoringText>($0)(.menu)
      }
    ]
    feature.routes = {
      MonitoringRoutes(
        sealer: sealer, address: PublicAddress(environment), ceiling: NetworkCeiling(environment)
      ).add(to: &$0)
    }
    feature.records = { Texts<MonitoringText>($0)(.records) }
    feature.signals = [
      "backup-recovery": { tx, day in try backupSignal(tx, on: day) },
      "log-monitoring": { tx, day in try logSignal(tx, on: day, .partly) },
      // That a job forwards or reviews logs does not say whose access is recorded in them.
      "access-log": { tx, day in try logSignal(tx, on: day, .unknown) },
    ]
    feature.gauges = { tx, now in try gauges(tx, at: now) }
    return feature
  }

  /// Words of checks: why something is bad.
  static let probeCatalog = Catalog("Probes", in: ProbeWords.bundle, folder: ProbeWords.folder, keys: [])

  /// The addresses of private networks, without this machine itself and without link-local ones, where clouds keep secrets.
  static let standardNetworks = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7"
  static let mostMonitors = 10_000

  /// What is written there, or the standard ones, as far as this installation allows it.
  static func networks(_ text: String?, within ceiling: NetworkCeiling) -> Networks {
    (text.flatMap { Networks($0) } ?? Networks(standardNetworks) ?? .none).within(ceiling.networks)
  }

  /// The machine that a monitor burdens.
  static func host(of monitor: Monitor) -> String {
    host(in: monitor.kind == .dns ? monitor.settings["server"] ?? "" : monitor.target)
  }

  /// The host of an address of either form.
  static func host(in target: String) -> String {
    if let address = try? HTTPAddress(target) { return address.host }  // else it is a host and a port
    return (try? Target(target, standard: 1))?.host ?? target
  }

  /// Whether a host is this machine itself, which answers whatever becomes of the network.
  static func isOwnHost(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  // MARK: Credentials

  static func place(_ id: Monitor.ID, _ field: String) -> String { "monitor:\(id):\(field)" }

  static func opened(_ stored: StoredMonitor, _ sealer: Sealer) throws -> [String: String] {
    var open: [String: String] = [:]
    for (field, text) in stored.secrets {
      open[field] = String(
        decoding: try sealer.open(text, for: place(stored.monitor.id, field)), as: UTF8.self)
    }
    return open
  }

  // MARK: Verbs

  /// Saves a monitor. Gives the secret of a new heartbeat's address.
  ///
  /// - Throws: ``MonitorRefusal``, `Trouble`, `Stale`.
  static func save(_ draft: MonitorDraft, over id: Monitor.ID?, _ sealer: Sealer, in scope: Scope)
    async throws
    -> (id: Monitor.ID, token: String?)
  {
    let before = try await scope.read { tx in try id.flatMap { try tx.monitor($0) } }
    if id != nil, before == nil { throw WebProblem.notFound }
    let monitor = try draft.monitor(id: id ?? scope.newID(), over: before)
    let secrets = try draft.secrets(for: monitor, over: before, sealer)
    _ = try monitor.check(secrets: try draft.open(secrets, for: monitor, sealer))
    try monitor.readAuthorities()
    _ = try monitor.heartbeat()
    let token = before == nil && monitor.kind == .heartbeat ? Secret.token() : nil
    let restarts = before.map { $0.monitor.settings != monitor.settings } ?? true
    try await scope.write { tx in
      try check(monitor, isNew: before == nil, tx)
      try tx.store(
        monitor, over: before, secrets: secrets, restarts: restarts, tokenHash: token.map(Secret.hash))
      // What is tried by itself was decided about another target, by someone who may.
      if let before, restarts || before.monitor.system != monitor.system, !scope.may(.recoveryEdit),
        let plan = try tx.recoveryPlan(of: monitor.id)
      {
        try tx.removeRecovery(of: monitor.id, plan)
      }
    }
    return (monitor.id, token)
  }

  /// What only the database knows.
  private static func check(_ monitor: Monitor, isNew: Bool, _ tx: WriteTx) throws {
    if let other = try tx.monitorID(named: monitor.name.folded), other != monitor.id {
      throw MonitorRefusal.nameTaken
    }
    if let system = monitor.system, try !tx.watchedSystems().contains(where: { $0.id == system }) {
      throw MonitorRefusal.noSystem
    }
    if let parent = monitor.parent {
      guard try tx.monitor(parent) != nil, parent != monitor.id else { throw MonitorRefusal.badParent }
      guard try !tx.monitorParents().wouldCircle(monitor.id.text, behind: parent.text) else {
        throw MonitorRefusal.circle
      }
    }
    guard try !isNew || tx.monitorCount() < mostMonitors else { throw MonitorRefusal.tooMany }
  }

  /// Stops looking, or looks again.
  static func pause(_ id: Monitor.ID, _ isPaused: Bool, version: Int, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.monitor(id) else { throw WebProblem.notFound }
      guard before.monitor.version == version else { throw Stale() }
      var monitor = before.monitor
      (monitor.isPaused, monitor.version) = (isPaused, version + 1)
      try tx.store(monitor, over: before, secrets: before.secrets, restarts: true, tokenHash: nil)
      // It is not known to be back: nobody is told that it is.
      if let alert = before.alert {
        try tx.drop(alert, of: id)
        try tx.endPage(of: alert, .resolved)
      }
    }
  }

  static func remove(_ id: Monitor.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let stored = try tx.monitor(id) else { throw WebProblem.notFound }
      guard try !tx.isParent(id) else { throw MonitorRefusal.inUse }
      try tx.remove(stored)
    }
  }

  /// A new address for a heartbeat; the one before is dead at once.
  static func newAddress(_ id: Monitor.ID, in scope: Scope) async throws -> String {
    let token = Secret.token()
    try await scope.write { tx in
      guard let before = try tx.monitor(id), before.monitor.kind == .heartbeat else {
        throw WebProblem.notFound
      }
      var monitor = before.monitor
      monitor.version += 1
      try tx.store(monitor, over: before, secrets: [:], restarts: false, tokenHash: Secret.hash(token))
    }
    return token
  }

  static func setNetworks(_ raw: String, over version: Int, _ ceiling: NetworkCeiling, in scope: Scope)
    async throws
  {
    let text = raw.split { $0 == "," || $0.isWhitespace }.joined(separator: " ")
    guard text.utf8.count <= 4000, let networks = Networks(text) else { throw MonitorRefusal.badNetworks }
    guard networks.lie(in: ceiling.networks) else { throw MonitorRefusal.beyondCeiling }
    try await scope.write { try $0.setNetworks(text, over: version) }
  }

  /// Plans stops: one, or those of a series.
  static func add(_ windows: [MaintenanceWindow], in scope: Scope) async throws {
    for window in windows {
      let length = window.window.until.milliseconds - window.window.from.milliseconds
      guard length > 0, length <= 31 * 86_400_000, !window.reason.isEmpty else {
        throw MonitorRefusal.badWindow
      }
    }
    guard let last = windows.last, last.window.until > scope.now else { throw MonitorRefusal.badWindow }
    try await scope.write { tx in
      for window in windows where window.window.until > scope.now {
        if let id = window.monitor, try tx.monitor(id) == nil { throw WebProblem.notFound }
        try tx.insert(window)
      }
    }
  }

  static func endWindow(_ id: MaintenanceWindow.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let window = try tx.windows(endingAfter: scope.now).first(where: { $0.id == id }) else {
        throw WebProblem.notFound
      }
      try tx.end(window)
    }
  }

  // MARK: What it says elsewhere

  /// Whether last night's backups are known to have been made.
  private static func backupSignal(_ tx: ReadTx, on day: Day) throws -> Signal? {
    // Of a job whose time had come before this day began, and whose silence nobody has judged, nothing is known.
    let jobs = try tx.monitorLines(at: day.start).filter {
      $0.isBackup && $0.shown != .paused
    }
    guard !jobs.isEmpty else { return nil }
    let concerns = jobs.count {
      $0.shown == .down || $0.lastAt == nil || ($0.shown == .stale && $0.kind == .heartbeat)
    }
    return Signal(
      concerns == 0 ? .met : .partly, Sentence(MonitoringText.backupSignal, jobs.count),
      concern: concerns == 0 ? nil : Sentence(MonitoringText.backupConcern, concerns),
      oldest: jobs.compactMap(\.lastAt).min()?.day, path: "/monitoring?kind=heartbeat",
      ground: "jobs=\(jobs.count) concerns=\(concerns)")
  }

  /// Whether the jobs that forward or review logs report. That everything is watched, and by whom, they cannot say.
  private static func logSignal(_ tx: ReadTx, on day: Day, _ state: Signal.State) throws -> Signal? {
    let jobs = try tx.heartbeats().filter { $0.monitor.keepsLogs == true }
    guard !jobs.isEmpty else { return nil }
    let concerns = jobs.count {
      let shown = $0.shown(at: day.start)
      return shown == .down || shown == .stale || $0.heard.successAt == nil
    }
    return Signal(
      state, Sentence(MonitoringText.logSignal, jobs.count),
      concern: concerns == 0
        ? Sentence(MonitoringText.logLimits, jobs.count) : Sentence(MonitoringText.logConcern, concerns),
      oldest: jobs.compactMap(\.heard.successAt).min()?.day, path: "/monitoring?kind=heartbeat",
      ground: "jobs=\(jobs.count) concerns=\(concerns)")
  }

  private static func gauges(_ tx: ReadTx, at now: Instant) throws -> [Gauge] {
    let figures = try tx.monitoringFigures()
    let care = try tx.watchCare(at: now)
    let conditions = Condition.allCases.map { condition in
      Gauge(
        "mamorite_monitors_\(condition.rawValue)", "Monitors that are \(condition.rawValue).",
        figures.conditions[condition.rawValue] ?? 0)
    }
    return conditions + [
      Gauge("mamorite_monitor_late_ms", "Worst lateness of the start of the last checks.", figures.lateMs),
      Gauge(
        "mamorite_monitor_skipped", "Checks left out because the one before took too long.", figures.skipped),
      Gauge("mamorite_monitors_stale", "Monitors whose results have stopped coming.", care.stale),
      Gauge(
        "mamorite_monitor_worker_age_seconds", "Since any worker was seen last; -1 when none was.",
        care.seenAt.map { Int(max(0, now.milliseconds - $0.milliseconds) / 1000) } ?? -1),
    ]
  }
}

extension Permission {
  static let monitoringRead = Permission("monitoring.read")
  static let monitoringEdit = Permission("monitoring.edit")
  /// Which networks checks may reach.
  static let monitoringNetworks = Permission("monitoring.networks")
}
