import Kernel
import Registers
import Web

/// What the registers know of second factors at one system.
struct RolloutFacts: Sendable, Equatable {
  /// The word of the register of systems: for everybody, for some, for nobody.
  enum Word: String, Sendable { case yes, partly, no }

  /// Accounts in use of one role and department, in the newest account review.
  struct Accounts: Sendable, Equatable {
    /// Normalised, so that width, case and kana do not matter.
    let role: String
    let department: String
    var with = 0
    var without = 0
    var untold = 0

    init(role: String, department: String) {
      (self.role, self.department) = (role.folded, department.folded)
    }
  }

  /// The account review that the accounts are from.
  struct Review: Sendable, Equatable {
    /// Of an account review, which another module keeps.
    let id: String
    let day: Day
  }

  let system: String
  let name: String
  var word: Word?
  var since: Day?
  var review: Review?
  var accounts: [Accounts] = []
  /// Connection points in use with two factors, without, and not known. They tell of the way in, not of the people.
  var pointsYes = 0
  var pointsNo = 0
  var pointsUnknown = 0

  init(system: String, name: String) { (self.system, self.name) = (system, name) }

  /// What is known of a group of users; of the whole system where no account's role or department is the group's name.
  func progress(of group: String = "") -> RolloutKnown {
    let key = group.folded
    if let review {
      let own = key.isEmpty ? [] : accounts.filter { $0.role == key || $0.department == key }
      for (part, isOfGroup) in [(own, true), (accounts, false)] {
        let tally = RolloutKnown.Tally(part, on: review.day, isOfGroup: isOfGroup)
        if tally.told > 0 { return .accounts(tally) }
      }
    }
    return word.map { .word($0, since: since) } ?? .nothing
  }
}

/// How far two factors are at a system or for a group of its users, as far as the registers know.
enum RolloutKnown: Sendable, Equatable {
  struct Tally: Sendable, Equatable {
    var with = 0
    var without = 0
    var untold = 0
    let day: Day
    /// Of the line's own group; else of the whole system.
    let isOfGroup: Bool

    init(_ accounts: some Sequence<RolloutFacts.Accounts>, on day: Day, isOfGroup: Bool) {
      (self.day, self.isOfGroup) = (day, isOfGroup)
      for one in accounts {
        with += one.with
        without += one.without
        untold += one.untold
      }
    }

    var told: Int { with + without }
    var all: Int { told + untold }
  }

  case accounts(Tally)
  case word(RolloutFacts.Word, since: Day?)
  case nothing

  /// 0 to 1; nil where the registers do not say how much. An account of which nothing is told has no second factor yet.
  var share: Double? {
    switch self {
    case .accounts(let tally): Double(tally.with) / Double(tally.all)
    case .word(.yes, _): 1
    case .word(.no, _): 0
    case .word(.partly, _), .nothing: nil
    }
  }

  /// Whether everybody has two factors; nil where the registers say nothing.
  var isComplete: Bool? {
    switch self {
    case .accounts(let tally): tally.with == tally.all
    case .word(let word, _): word == .yes
    case .nothing: nil
    }
  }
}

extension RolloutLine {
  /// Whether it is done: as the registers say, and by the day that a person entered only where they say nothing.
  func isDone(_ known: RolloutKnown) -> Bool { known.isComplete ?? (doneOn != nil) }

  /// A person entered a day, and the registers still see somebody without.
  func isContradicted(by known: RolloutKnown) -> Bool { doneOn != nil && known.isComplete == false }

  /// How much of its bar is filled.
  func share(_ known: RolloutKnown) -> Double { known.share ?? (doneOn != nil ? 1 : 0) }

  func isExcepted(on today: Day, _ known: RolloutKnown) -> Bool {
    !isDone(known) && (exceptionUntil.map { $0 >= today } ?? false)
  }
}

/// Every system of the register, by how far two factors are there.
struct RolloutSummary: Sendable, Equatable {
  enum Standing: String, Sendable, CaseIterable {
    case done, planned, excepted
    /// Known to be without, and in no line of the plan.
    case unplanned
    /// In no line, and the registers say nothing.
    case unknown
  }

  private(set) var counts: [Standing: Int] = [:]
  /// The first systems of which nothing is known, or nothing planned.
  private(set) var open: [RolloutFacts] = []
  static let mostOpen = 20

  init(_ systems: [RolloutFacts], _ lines: [RolloutLine], on today: Day) {
    let planned = Dictionary(grouping: lines, by: \.system)
    for facts in systems {
      let standing = RolloutSummary.standing(facts, planned[facts.system] ?? [], on: today)
      counts[standing, default: 0] += 1
      let isOpen = standing == .unknown || standing == .unplanned
      if isOpen && open.count < RolloutSummary.mostOpen { open.append(facts) }
    }
  }

  static func standing(_ facts: RolloutFacts, _ lines: [RolloutLine], on today: Day) -> Standing {
    let whole = facts.progress()
    if whole.isComplete == true { return .done }
    guard !lines.isEmpty else { return whole == .nothing ? .unknown : .unplanned }
    let asked = lines.map { ($0, facts.progress(of: $0.group)) }.filter { line, known in
      !line.isExcepted(on: today, known)
    }
    if asked.isEmpty { return .excepted }
    return asked.allSatisfy { line, known in line.isDone(known) } ? .done : .planned
  }

  subscript(_ standing: Standing) -> Int { counts[standing] ?? 0 }
  var total: Int { counts.values.reduce(0, +) }
  var openCount: Int { self[.unknown] + self[.unplanned] }
}
