import Kernel
import Probes

/// How much a stop harms the care of patients (operations.md C-2); proposed, and changed on each monitor.
enum ImpactLevel: Int, Sendable, Codable, CaseIterable, Comparable {
  /// No effect on care.
  case l1 = 1
  /// Delays.
  case l2 = 2
  /// A part stands still, paper takes over.
  case l3 = 3
  /// Care stops.
  case l4 = 4
  /// Patients are in danger.
  case l5 = 5

  static func < (a: ImpactLevel, b: ImpactLevel) -> Bool { a.rawValue < b.rawValue }

  /// What follows from the register's answer to "what happens when it stops".
  init(impact: String?) {
    switch impact {
    case "stops": self = .l4
    case "delays": self = .l3
    case "office": self = .l2
    default: self = .l1
    }
  }

  /// How often one looks, in seconds (operations.md D-2).
  var standardSeconds: Int {
    switch self {
    case .l5, .l4: 60
    case .l3: 300
    case .l2, .l1: 900
    }
  }
}

/// Something that is watched, and how.
struct Monitor: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<Monitor>

  let id: ID
  var name: String
  var kind: MonitorKind
  /// By the id of a ``KindField``; secrets are kept apart.
  var settings: [String: String]
  /// The system of the register that it speaks for.
  var system: String?
  /// Nil follows from the system.
  var level: ImpactLevel?
  var intervalSeconds: Int
  var timeoutMs: Int
  var slowMs: Int?
  var downMs: Int?
  var family: String
  var failures: Int
  var recoveries: Int
  /// What it stands behind.
  var parent: ID?
  /// One of those that tell whether this machine's own network works.
  var isSentinel: Bool
  var isPaused: Bool
  /// Of a heartbeat: whether the job is a backup.
  var isBackup: Bool
  /// Of a heartbeat: whether the job forwards or reviews logs; nil for no.
  var keepsLogs: Bool?
  /// What to do meanwhile, and whom to call.
  var advice: String
  var version: Int

  /// Whether a worker looks at it.
  var isAsked: Bool { kind != .heartbeat && !isPaused }
  var patience: Patience { Patience(failures: failures, recoveries: recoveries) }
  var schedule: Schedule { Schedule(intervalMs: Int64(intervalSeconds) * 1000, id: id.text) }
  /// What it looks at, as people call it.
  var target: String { settings["target"] ?? "" }

  var limits: Limits {
    get throws {
      try Limits(
        timeoutMs: timeoutMs, slowMs: slowMs, downMs: downMs,
        mostBytes: kind == .fhir ? FHIRCheck.mostBytes : 1 << 20,
        family: Limits.Family(rawValue: family) ?? .any)
    }
  }

  func check(secrets: [String: String]) throws -> (any Check)? {
    try CheckMaker(kind: kind, settings: settings, secrets: secrets, limits: limits).check()
  }

  /// Whether the authorities that were pasted can be read.
  ///
  /// - Throws: ``MonitorRefusal``.
  func readAuthorities() throws {
    try CheckMaker(kind: kind, settings: settings, secrets: [:], limits: limits).readAuthorities()
  }

  /// The rhythm of a heartbeat; nil for other kinds.
  ///
  /// - Throws: ``MonitorRefusal``.
  func heartbeat() throws(MonitorRefusal) -> Heartbeat? {
    guard kind == .heartbeat else { return nil }
    guard let grace = Int64(settings["graceMinutes"] ?? ""), (1...10_080).contains(grace) else {
      throw .badGrace
    }
    guard settings["rhythm"] == "cron" else {
      guard let minutes = Int64(settings["periodMinutes"] ?? ""), (1...527_040).contains(minutes) else {
        throw .badPeriod
      }
      return Heartbeat(rhythm: .every(minutes * 60_000), graceMs: grace * 60_000)
    }
    guard let zone = Zone(settings["zone"] ?? "") else { throw .badZone }
    do throws(Cron.Refusal) {
      return Heartbeat(rhythm: .cron(try Cron(settings["cron"] ?? ""), zone), graceMs: grace * 60_000)
    } catch {
      switch error {
      case .fieldCount(let count): throw .cronFields(count)
      case .field(let number, let text): throw .cronField(number, text)
      case .neverFires: throw .cronNever
      }
    }
  }

  /// ``heartbeat()``; nil also for one whose rhythm cannot be read, which the form does not let through.
  var readableHeartbeat: Heartbeat? {
    do throws(MonitorRefusal) { return try heartbeat() } catch { return nil }
  }

  /// Whether its numbers are such as the form lets through: what came from elsewhere is reckoned with too.
  var isPlausible: Bool {
    MonitorDraft.intervals.contains(intervalSeconds) && (100...60_000).contains(timeoutMs)
      && (1...10).contains(failures) && (1...10).contains(recoveries)
  }

  /// The longest time that may lie between two results.
  var everyMs: Int64 { Int64(intervalSeconds) * 1000 + Int64(timeoutMs) }
}

/// Why a monitor cannot be saved.
enum MonitorRefusal: Problem, Equatable {
  case badName, nameTaken, badKind
  case missing(field: String)
  case tooLong(field: String)
  case badNumber(field: String)
  case badInterval, badLimits, badPatience, badParent, circle, badAdvice, noSystem
  case badPeriod, badGrace, badZone
  case cronFields(Int)
  case cronField(Int, String)
  case cronNever
  case privacyAlone, badAuthority
  case noParentNamed(String)
  case parentNear(String, String)
  case beyondCeiling, noFolders, outsideFolders
  case secretNeeded(field: String)
  case badNetworks, badWindow, badBeat, beatFlood, tooMany, inUse
  /// The passwords of checks cannot be opened.
  case keyMissing

  var code: String { "monitoring.\(caseName)" }
  var kind: ProblemKind {
    switch self {
    case .nameTaken, .inUse: .conflict
    case .badBeat: .notFound
    case .beatFlood: .tooMany
    case .keyMissing: .unavailable
    default: .invalid
    }
  }
  var arguments: [String] {
    switch self {
    case .cronFields(let count): ["\(count)"]
    case .cronField(let number, let text): ["\(number)", text]
    case .noParentNamed(let name): [name]
    case .parentNear(let name, let near): [name, near]
    default: []
    }
  }
  var field: String? {
    switch self {
    case .badName, .nameTaken: "name"
    case .noFolders, .outsideFolders: "target"
    case .badKind: "kind"
    case .missing(let field), .tooLong(let field), .badNumber(let field), .secretNeeded(let field): field
    case .badInterval: "interval"
    case .badLimits: "timeout"
    case .badPatience: "failures"
    case .badParent, .circle: "parent"
    case .noParentNamed, .parentNear: "parentName"
    case .badAdvice: "advice"
    case .noSystem: "system"
    case .badPeriod: "periodMinutes"
    case .badGrace: "graceMinutes"
    case .badZone: "zone"
    case .cronFields, .cronField, .cronNever: "cron"
    case .privacyAlone: "privacy"
    case .badAuthority: "ca"
    case .badNetworks, .beyondCeiling: "networks"
    case .badWindow: "until"
    case .badBeat, .beatFlood, .tooMany, .inUse, .keyMissing: nil
    }
  }
}
