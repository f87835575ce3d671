import Kernel
import Web

/// What is tried by itself when a monitor is down, and how often at most (ADR 0045).
struct RecoveryPlan: Sendable, Equatable, Codable {
  /// A name in the list of the server.
  let action: String
  /// Between the beginnings of two runs; longer than any run.
  let coolMinutes: Int
  /// So many within the window.
  let tries: Int
  let windowMinutes: Int
  /// After so many in a row that did not help it rests until someone looks after it.
  let most: Int
  /// Runs before it do not count against ``most``.
  let since: Instant
  let version: Int

  static let cools = [5, 10, 15, 30, 60, 120]
  static let windows = [60, 360, 1440, 10_080]

  /// Whether it can be reckoned with.
  var isPlausible: Bool {
    RecoveryPlan.cools.contains(coolMinutes) && RecoveryPlan.windows.contains(windowMinutes)
      && (1...20).contains(tries) && (0...20).contains(most)
  }

  /// What comes next.
  enum Next: Sendable, Equatable {
    case now
    case wait(Instant)
    /// It did not help too often.
    case rest
  }

  /// - Parameter runs: those that count, the newest first.
  func next(after runs: [RecoveryRun], at now: Instant) -> Next {
    if runs.vain(since: since) >= most { return .rest }
    var next = now
    // A run from the future is the doing of a clock that was put back: it counts as if it had begun now.
    func later(than run: RecoveryRun, by minutes: Int) -> Instant {
      min(run.beganAt, now).adding(minutes: Int64(minutes))
    }
    if let last = runs.first { next = max(next, later(than: last, by: coolMinutes)) }
    if runs.count >= tries { next = max(next, later(than: runs[tries - 1], by: windowMinutes)) }
    return next <= now ? .now : .wait(next)
  }
}

/// One try.
struct RecoveryRun: Sendable, Equatable {
  typealias ID = Kernel.ID<RecoveryRun>

  let id: ID
  let monitor: Monitor.ID
  let alert: AlertID
  let action: String
  let beganAt: Instant
  let endedAt: Instant?
  /// The beginning of what a command said.
  let said: String
  let problem: StoredMonitor.StoredProblem?
  /// When the alert was over for which it was tried.
  let resolvedAt: Instant?

  /// A run of which nothing is heard for so long was lost with its worker.
  static let lostMinutes: Int64 = 4

  enum State: Sendable, Equatable { case running, done, failed, lost }

  func state(at now: Instant) -> State {
    if endedAt != nil { return problem == nil ? .done : .failed }
    return beganAt.adding(minutes: RecoveryRun.lostMinutes) > now ? .running : .lost
  }
}

extension [RecoveryRun] {
  /// Those that can have helped, of runs of which the newest is first: of several for one alert only the last.
  var lastForEachAlert: Set<RecoveryRun.ID> {
    var seen: Set<AlertID> = []
    return Set(filter { seen.insert($0.alert).inserted }.map(\.id))
  }

  /// How many of the newest in a row did not help: the next looks still saw it down, until another was tried.
  func vain(since: Instant) -> Int {
    let counted = filter { $0.beganAt >= since }
    let last = counted.lastForEachAlert
    return counted.prefix { !last.contains($0.id) || $0.resolvedAt == nil }.count
  }
}

/// What a monitor looks at, as far as the registers know it.
struct RecoveryTarget: Sendable, Equatable {
  var kind: MonitorKind
  /// Whether the address is that of a medical device.
  var isMedicalDevice = false
  /// Whether it is that of a server, a network device, storage or a power supply.
  var isServer = false
  /// Whether medical devices belong to the system.
  var hasMedicalDevices = false
  /// Whether the system comes from a maker of medical devices.
  var isMedicalSystem = false
  /// Whether the register has any medical device at all.
  var isAmongMedical = false

  /// Nothing is done by itself to what may be a medical device; where the registers do not say, it may be one.
  ///
  /// - Throws: ``RecoveryRefusal``.
  func allow() throws(RecoveryRefusal) {
    if isMedicalDevice { throw .medicalDevice }
    if isMedicalSystem { throw .medicalSystem }
    if isServer { return }
    if hasMedicalDevices { throw .medicalInSystem }
    // A job reports by itself: there is no device at which one looks.
    if kind == .heartbeat { return }
    if kind == .dicom || kind == .hl7 { throw .medicalProtocol }
    if isAmongMedical { throw .medicalUnknown }
  }
}

/// Why something cannot be tried by itself.
enum RecoveryRefusal: Problem, Equatable {
  case medicalDevice, medicalSystem, medicalInSystem, medicalProtocol, medicalUnknown
  case noActions
  case badAction(String)
  case badLimits

  var code: String { "recovery.\(caseName)" }
  var kind: ProblemKind { .invalid }
  var arguments: [String] {
    if case .badAction(let name) = self { [name] } else { [] }
  }
  var field: String? {
    switch self {
    case .noActions, .badAction: "action"
    case .badLimits: "tries"
    default: nil
    }
  }
}

/// What stands in the form.
struct RecoveryDraft: Sendable {
  let values: [String: String]
  let version: Int

  subscript(_ name: String) -> String { values[name] ?? "" }

  /// - Throws: ``RecoveryRefusal``.
  func plan(_ names: [String], at now: Instant) throws(RecoveryRefusal) -> RecoveryPlan {
    guard !names.isEmpty else { throw .noActions }
    guard names.contains(self["action"]) else { throw .badAction(self["action"]) }
    func number(_ name: String) -> Int { Int(self[name].halfWidth) ?? 0 }
    let (cool, window) = (number("cool"), number("window"))
    let (tries, most) = (number("tries"), number("most"))
    let plan = RecoveryPlan(
      action: self["action"], coolMinutes: cool, tries: tries, windowMinutes: window, most: most, since: now,
      version: version + 1)
    guard plan.isPlausible, most > 0 else { throw .badLimits }
    return plan
  }
}

extension RecoveryDraft {
  init(_ form: FormValues) {
    values = Dictionary(
      form.fields.map { ($0.name, $0.value.trimmed) }, uniquingKeysWith: { first, _ in first })
    version = form.version
  }

  init(_ plan: RecoveryPlan?) {
    values = [
      "action": plan?.action ?? "", "cool": "\(plan?.coolMinutes ?? 10)", "tries": "\(plan?.tries ?? 3)",
      "window": "\(plan?.windowMinutes ?? 1440)", "most": "\(plan?.most ?? 3)",
    ]
    version = plan?.version ?? 0
  }
}
