import Kernel

/// Whom a step calls. Which people those are is found out when the step's time has come.
enum CallTarget: Sendable, Hashable, Codable {
  case owner, deputy
  /// Owner and deputy of the system; without either, those who keep the systems of the facility.
  case standing
  case administrators
  case person(PersonID)
  case rota(String, Rota.Layer)
  /// A room of a chat, to which everybody there listens.
  case channel(Channel.ID)

  var text: String {
    switch self {
    case .owner: "owner"
    case .deputy: "deputy"
    case .standing: "standing"
    case .administrators: "administrators"
    case .person(let id): "person:\(id)"
    case .rota(let id, let layer): "rota:\(id):\(layer.rawValue)"
    case .channel(let id): "channel:\(id)"
    }
  }

  init?(_ text: String) {
    let parts = text.split(separator: ":").map(String.init)
    switch (parts.first, parts.count) {
    case ("owner", 1): self = .owner
    case ("deputy", 1): self = .deputy
    case ("standing", 1): self = .standing
    case ("administrators", 1): self = .administrators
    case ("person", 2):
      guard let id = PersonID(parts[1]) else { return nil }
      self = .person(id)
    case ("rota", 3):
      guard let layer = Rota.Layer(rawValue: parts[2]), parts[1].utf8.count == 36 else { return nil }
      self = .rota(parts[1], layer)
    case ("channel", 2):
      guard let id = Channel.ID(parts[1]) else { return nil }
      self = .channel(id)
    default: return nil
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let target = CallTarget(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no target: \(text)")
    }
    self = target
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// Who has been called: a person, the desk of a vendor by its number, or a room of a chat.
enum CallRecipient: Sendable, Hashable, Comparable {
  case person(PersonID)
  case desk(name: String, phone: String)
  case channel(Channel.ID)

  var text: String {
    switch self {
    case .person(let id): "person:\(id)"
    case .desk(let name, let phone): "desk:\(phone):\(name)"
    case .channel(let id): "channel:\(id)"
    }
  }

  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("person", 2):
      guard let id = PersonID(parts[1]) else { return nil }
      self = .person(id)
    case ("desk", 3): self = .desk(name: parts[2], phone: parts[1])
    case ("channel", 2):
      guard let id = Channel.ID(parts[1]) else { return nil }
      self = .channel(id)
    default: return nil
    }
  }

  static func < (a: CallRecipient, b: CallRecipient) -> Bool { a.text < b.text }
}

/// One step: so many minutes after the beginning, these are called.
struct EscalationStep: Sendable, Hashable, Codable {
  let afterMinutes: Int
  let targets: [CallTarget]
}

/// Who is called one after the other for as long as nobody takes an alert on.
struct EscalationPolicy: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<EscalationPolicy>

  let id: ID
  let name: String
  let steps: [EscalationStep]
  /// How often it begins anew after the last step.
  let repeats: Int
  /// How long it waits before.
  let gapMinutes: Int
  let version: Int

  /// Whether a step calls someone of this rota.
  func calls(_ rota: Rota.ID) -> Bool {
    steps.contains { step in
      step.targets.contains { if case .rota(let id, _) = $0 { id == rota.text } else { false } }
    }
  }

  static let mostSteps = 5
  static let (minutes, repeats, gaps) = (0...1440, 0...9, 1...240)

  /// Whether it can be reckoned with.
  var isPlausible: Bool { PagePlan(self, criteria: "").isPlausible }

  /// - Throws: ``PagingRefusal``, also for a step that calls nobody but those who were called before it.
  init(id: ID, name raw: String, steps: [EscalationStep], repeats: Int, gapMinutes: Int, version: Int)
    throws(PagingRefusal)
  {
    guard let name = raw.trimmed(to: 1...60), !name.contains("\n") else { throw .badName }
    guard !steps.isEmpty, steps.count <= EscalationPolicy.mostSteps else { throw .noSteps }
    var before: Set<CallTarget> = []
    var last = -1
    for (index, step) in steps.enumerated() {
      guard !step.targets.isEmpty else { throw .emptyStep(index + 1) }
      guard EscalationPolicy.minutes.contains(step.afterMinutes) else { throw .badMinutes(index + 1) }
      guard step.afterMinutes > last else { throw .notLater(index + 1) }
      guard !Set(step.targets).isSubset(of: before) else { throw .sameAgain(index + 1) }
      before.formUnion(step.targets)
      // Owner and deputy together are those of whom the system has them.
      if step.targets.contains(.standing) { before.formUnion([.owner, .deputy]) }
      last = step.afterMinutes
    }
    guard EscalationPolicy.repeats.contains(repeats), EscalationPolicy.gaps.contains(gapMinutes) else {
      throw .badRepeats
    }
    (self.id, self.name, self.steps) = (id, name, steps)
    (self.repeats, self.gapMinutes, self.version) = (repeats, gapMinutes, version)
  }
}

/// What an alert does, as it was decided when it opened: changes of policies and rules do not touch it any more.
struct PagePlan: Sendable, Hashable, Codable {
  /// The policy's name; empty for the standing way.
  var policy = ""
  /// The paging criteria of the rule in its own words.
  var criteria = ""
  var steps: [EscalationStep]
  var repeats = 0
  var gapMinutes = 5
  /// Only the inbox: nobody is to be woken.
  var isQuiet = false
  /// Whether it is followed up until someone answers.
  var escalates = true

  /// What happens when no rule fits: owner and deputy are told once.
  static func standing(isQuiet: Bool) -> PagePlan {
    PagePlan(
      steps: [EscalationStep(afterMinutes: 0, targets: [.standing])], isQuiet: isQuiet, escalates: false)
  }

  init(
    policy: String = "", criteria: String = "", steps: [EscalationStep], repeats: Int = 0,
    gapMinutes: Int = 5,
    isQuiet: Bool = false, escalates: Bool = true
  ) {
    (self.policy, self.criteria, self.steps, self.repeats) = (policy, criteria, steps, repeats)
    (self.gapMinutes, self.isQuiet, self.escalates) = (gapMinutes, isQuiet, escalates)
  }

  init(_ policy: EscalationPolicy, criteria: String) {
    self.init(
      policy: policy.name, criteria: criteria, steps: policy.steps, repeats: policy.repeats,
      gapMinutes: policy.gapMinutes)
  }

  /// Whether it can be reckoned with.
  var isPlausible: Bool {
    (1...EscalationPolicy.mostSteps).contains(steps.count)
      && steps.allSatisfy { EscalationPolicy.minutes.contains($0.afterMinutes) }
      && EscalationPolicy.repeats.contains(repeats) && EscalationPolicy.gaps.contains(gapMinutes)
  }

  /// How often someone is called at most; 0 is the first.
  var turns: Int { steps.count * (repeats + 1) }

  func step(_ turn: Int) -> EscalationStep { steps[max(0, turn) % steps.count] }

  private func minutes(_ turn: Int) -> Int {
    let round = (steps.last?.afterMinutes ?? 0) + gapMinutes
    return turn / steps.count * round + step(turn).afterMinutes
  }

  /// How long a turn waits after the one before it; the first after the beginning. After the last, whether anyone has answered
  /// is looked at once more.
  func waitMs(before turn: Int) -> Int64 {
    if turn >= turns { return Int64(max(gapMinutes, 5)) * 60_000 }
    return Int64(turn == 0 ? minutes(0) : minutes(turn) - minutes(turn - 1)) * 60_000
  }
}
