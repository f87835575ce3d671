import Kernel
import Storage
import Web

/// What stands in the form of a policy.
struct PolicyDraft: Sendable {
  let values: [String: String]
  let version: Int

  init() {
    values = ["after1": "0", "repeats": "1", "gap": "10"]
    version = 0
  }

  init(_ form: FormValues) {
    values = Dictionary(
      form.fields.map { ($0.name, $0.value.trimmed) }, uniquingKeysWith: { first, _ in first })
    version = form.version
  }

  init(_ policy: EscalationPolicy) {
    var values = ["name": policy.name, "repeats": "\(policy.repeats)", "gap": "\(policy.gapMinutes)"]
    for (index, step) in policy.steps.enumerated() {
      values["after\(index + 1)"] = "\(step.afterMinutes)"
      for (place, target) in zip(Self.places, step.targets) { values["\(place)\(index + 1)"] = target.text }
    }
    self.values = values
    version = policy.version
  }

  static let places = ["first", "second", "third"]

  subscript(_ name: String) -> String { values[name] ?? "" }

  /// - Throws: ``PagingRefusal``.
  func policy(id: EscalationPolicy.ID) throws(PagingRefusal) -> EscalationPolicy {
    var steps: [EscalationStep] = []
    for number in 1...EscalationPolicy.mostSteps {
      let chosen = Self.places.map { self["\($0)\(number)"] }.filter { !$0.isEmpty }
      // A row that has been left out is no step.
      if chosen.isEmpty, self["after\(number)"].isEmpty { continue }
      var targets: [CallTarget] = []
      for text in chosen {
        guard let target = CallTarget(text) else { throw .badTarget }
        if !targets.contains(target) { targets.append(target) }
      }
      guard let minutes = Int(self["after\(number)"].halfWidth) else { throw .badMinutes(number) }
      steps.append(EscalationStep(afterMinutes: minutes, targets: targets))
    }
    guard let repeats = Int(self["repeats"].halfWidth), let gap = Int(self["gap"].halfWidth) else {
      throw .badRepeats
    }
    return try EscalationPolicy(
      id: id, name: self["name"], steps: steps, repeats: repeats, gapMinutes: gap, version: version + 1)
  }
}

/// Whom a step can name.
struct TargetChoices: Sendable {
  let people: [(id: PersonID, name: String)]
  let rotas: [(id: String, name: String)]
  let channels: [Channel]
}

/// What stands in the form of a rule.
struct RuleDraft: Sendable {
  let values: [String: String]
  let hours: Set<String>
  let version: Int

  init() {
    (values, hours, version) = (["lowest": "1", "highest": "5", "hold": "0", "position": "10"], [], 0)
  }

  init(_ form: FormValues) {
    values = Dictionary(
      form.fields.map { ($0.name, $0.value.trimmed) }, uniquingKeysWith: { first, _ in first })
    hours = Set(form.all("hours"))
    version = form.version
  }

  init(_ rule: RoutingRule) {
    values = [
      "system": rule.system ?? "", "lowest": "\(rule.lowest.rawValue)", "highest": "\(rule.highest.rawValue)",
      "slow": rule.takesSlow ? "yes" : "no", "start": rule.start.rawValue, "hold": "\(rule.holdMinutes)",
      "policy": rule.policy?.text ?? "", "criteria": rule.criteria, "position": "\(rule.position)",
    ]
    hours = Set(rule.hours.map(\.rawValue))
    version = rule.version
  }

  subscript(_ name: String) -> String { values[name] ?? "" }

  /// - Throws: ``PagingRefusal``.
  func rule(id: RoutingRule.ID) throws(PagingRefusal) -> RoutingRule {
    guard let lowest = Int(self["lowest"]).flatMap(ImpactLevel.init(rawValue:)),
      let highest = Int(self["highest"]).flatMap(ImpactLevel.init(rawValue:))
    else { throw .badLevels }
    guard let hold = Int(self["hold"].halfWidth) else { throw .badHold }
    let policy = EscalationPolicy.ID(self["policy"])
    guard policy != nil || self["policy"].isEmpty else { throw .noPolicy }
    let chosen = HourKind.allCases.filter { hours.contains($0.rawValue) }
    return try RoutingRule(
      id: id, system: self["system"].isEmpty ? nil : self["system"], lowest: lowest, highest: highest,
      hours: chosen.count == HourKind.allCases.count ? [] : chosen, takesSlow: self["slow"] == "yes",
      start: RoutingRule.Start(rawValue: self["start"]) ?? .now, holdMinutes: hold, policy: policy,
      criteria: self["criteria"], position: min(max(Int(self["position"].halfWidth) ?? 10, 1), 9999),
      version: version + 1)
  }
}

struct RuleChoices: Sendable {
  let systems: [WatchedSystem]
  let policies: [EscalationPolicy]

  static func read(_ scope: Scope) async throws -> RuleChoices {
    try await scope.read { RuleChoices(systems: try $0.watchedSystems(), policies: try $0.policies()) }
  }
}

/// What stands in the form of the hours.
struct HoursDraft: Sendable {
  let opens: String
  let closes: String
  let weekdays: Set<Int>
  let closesAtYearEnd: Bool

  init(_ hours: BusinessHours) {
    (opens, closes) = (Self.clock(hours.opens), Self.clock(hours.closes))
    (weekdays, closesAtYearEnd) = (hours.weekdays, hours.closesAtYearEnd)
  }

  init(_ form: FormValues) {
    (opens, closes) = (form["opens"], form["closes"])
    weekdays = Set(form.all("weekdays").compactMap { Int($0) })
    closesAtYearEnd = form["yearend"] == "yes"
  }

  /// - Throws: `.badHours`.
  func hours() throws(PagingRefusal) -> BusinessHours {
    guard let from = Self.minutes(opens), let until = Self.minutes(closes) else { throw .badHours }
    return try BusinessHours(opens: from, closes: until, weekdays: weekdays, closesAtYearEnd: closesAtYearEnd)
  }

  static func clock(_ minutes: Int) -> String {
    let (hour, minute) = (minutes / 60, minutes % 60)
    return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }

  static func minutes(_ text: String) -> Int? {
    let parts = text.halfWidth.split(separator: ":").map { Int($0) ?? -1 }
    guard parts.count >= 2, (0...24).contains(parts[0]), (0...59).contains(parts[1]) else { return nil }
    return parts[0] * 60 + parts[1]
  }
}
