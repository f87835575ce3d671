import Kernel

/// Who may be called: someone of the register, or the desk of a vendor, which is known by its number.
enum RotaMember: Sendable, Hashable, Codable {
  case person(PersonID)
  case desk(name: String, phone: String)

  /// `person:<id>` or `desk:<phone>:<name>`, as it lies in columns.
  var text: String {
    switch self {
    case .person(let id): "person:\(id)"
    case .desk(let name, let phone): "desk:\(phone):\(name)"
    }
  }

  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, parts[0] == "person", let id = PersonID(parts[1]) {
      self = .person(id)
    } else if parts.count == 3, parts[0] == "desk" {
      self = .desk(name: parts[2], phone: parts[1])
    } else {
      return nil
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let member = RotaMember(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a member: \(text)")
    }
    self = member
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  var person: PersonID? { if case .person(let id) = self { id } else { nil } }
}

/// Who is on call when: its rotations, of which the first that has a time decides.
struct Rota: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<Rota>

  /// Who is called first, and who when nobody answers.
  enum Layer: String, Sendable, Codable, CaseIterable { case primary, secondary }

  /// What the days from 29 December to 3 January are.
  enum YearEnd: String, Sendable, Codable, CaseIterable {
    /// What they are by the calendar.
    case ordinary
    /// Days off.
    case rest
    /// Days of their own, for which rotations of their own may be made; days off where there is none.
    case own
  }

  let id: ID
  var name: String
  /// By its IANA name.
  var zone: String
  var rotations: [Rotation]
  var yearEnd: YearEnd
  /// When people are at work on weekdays; what is left of their rest is measured to its start.
  var workHours: Hours
  /// Number and day of the labour office's permission for 宿日直; empty without.
  var permit: String
  var version: Int

  /// Everyone who stands in it.
  var members: Set<RotaMember> { Set(rotations.flatMap { $0.members.compactMap { $0 } }) }

  /// Whether it can be reckoned with.
  var isPlausible: Bool {
    workHours.isPlausible
      && rotations.allSatisfy { $0.hours.isPlausible && Rotation.lengths.contains($0.length) }
  }

  static let mostRotations = 12
  static let mostMembers = 60
}

/// A time of day, from its start up to its end; it belongs to the day on which it starts.
struct Hours: Sendable, Equatable, Codable {
  /// Minutes since midnight.
  let from: Int
  /// At or before ``from`` it ends on the day after.
  let until: Int

  /// Nil unless both are times of day.
  init?(from: Int, until: Int) {
    (self.from, self.until) = (from, until)
    guard isPlausible else { return nil }
  }

  var isPlausible: Bool { (0..<1440).contains(from) && (0..<1440).contains(until) }

  private init(_ from: Int, _ until: Int) { (self.from, self.until) = (from, until) }

  /// 8:30 to 17:15.
  static let standardWork = Hours(510, 1035)
  /// 17:15 to 8:30.
  static let standardNight = Hours(1035, 510)
  /// 8:30 to 8:30.
  static let wholeDay = Hours(510, 510)

  var isOvernight: Bool { until <= from }
  var minutes: Int { isOvernight ? until + 1440 - from : until - from }

  /// Whether any of 22:00 to 5:00 lies in it, the hours of the night by the Labour Standards Act, article 37.
  var isNight: Bool { isOvernight || from < 300 || until > 1320 }

  /// `8:30`, as a form gives it and shows it.
  static func text(_ minutes: Int) -> String {
    let (hour, minute) = (minutes / 60, minutes % 60)
    return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }

  static func minutes(_ text: String) -> Int? {
    let parts = text.halfWidth.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count >= 2, let hour = parts[0], let minute = parts[1], (0...23).contains(hour),
      (0...59).contains(minute)
    else { return nil }
    return hour * 60 + minute
  }
}

/// Members who take turns in one layer, at a time of day, on days of a kind.
struct Rotation: Sendable, Equatable, Codable {
  /// The days that have it.
  enum Days: String, Sendable, Codable, CaseIterable {
    case every, weekday, rest
    case yearEnd = "year-end"
  }

  /// What the duty is. Only the last three are spent at the hospital.
  enum Kind: String, Sendable, Codable, CaseIterable {
    /// At home, reachable (自宅待機).
    case standby
    /// In the hospital, by permission of the labour office: over night (宿直), over the day (日直).
    case night, day
    /// Ordinary work.
    case work
  }

  /// What makes one turn long.
  enum Counting: String, Sendable, Codable, CaseIterable {
    /// Days of the calendar.
    case calendar
    /// Days that have the rotation: every weekend counts two, a long one three.
    case own
  }

  var layer: Rota.Layer
  var kind: Kind
  var days: Days
  var hours: Hours
  /// Days of one turn: 1, 7, or any other.
  var length: Int
  static let lengths = 1...366
  var counting: Counting
  /// The first day of the first turn; before it there is nobody.
  var first: Day
  var last: Day?
  /// In the order of their turns; nil is a turn that nobody has yet.
  var members: [RotaMember?]
  /// What the job of everyone in it has to name, as in 医療情報技師; nil for nothing.
  var requires: String?
}

/// Someone takes over from someone, or nobody does.
struct RotaOverride: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<RotaOverride>
  let id: ID
  let rota: Rota.ID
  let layer: Rota.Layer
  let window: Window
  /// Whose duties it concerns; nil for the whole time, whoever would have it.
  let whom: RotaMember?
  let by: RotaMember?
  let reason: String
  let madeBy: String
  /// The exchange that made it.
  var swap: Swap.ID?

  /// Whether both cannot be.
  func collides(with other: RotaOverride) -> Bool {
    rota == other.rota && layer == other.layer && window.overlaps(other.window)
      && (whom == nil || other.whom == nil || whom == other.whom)
  }
}

/// Someone is away and is not called.
struct Leave: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<Leave>
  let id: ID
  let person: PersonID
  let window: Window
  let note: String
}

extension Window {
  func overlaps(_ other: Window) -> Bool { from < other.until && other.from < until }

  /// What of it lies in `other`; nil when nothing does.
  func clipped(to other: Window) -> Window? {
    let (start, end) = (max(from, other.from), min(until, other.until))
    return start < end ? Window(from: start, until: end) : nil
  }

  var minutes: Int { Int((until.milliseconds - from.milliseconds) / 60_000) }
}

/// Two people exchange duties; it holds when both have agreed.
struct Swap: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<Swap>

  enum State: String, Sendable, Codable { case asked, agreed, declined }

  /// What one of the two gives away.
  struct Side: Sendable, Equatable, Codable {
    let person: PersonID
    let layer: Rota.Layer
    let window: Window
    var agreedAt: Instant?
  }

  let id: ID
  let rota: Rota.ID
  var sides: [Side]
  var state: State
  let reason: String
  let madeBy: String
  let madeAt: Instant
  var version: Int

  /// What it makes of the rota when both have agreed.
  func overrides(ids: [RotaOverride.ID]) -> [RotaOverride] {
    guard sides.count == 2, ids.count == 2 else { return [] }
    return zip(ids, [(sides[0], sides[1]), (sides[1], sides[0])]).map { id, pair in
      RotaOverride(
        id: id, rota: rota, layer: pair.0.layer, window: pair.0.window, whom: .person(pair.0.person),
        by: .person(pair.1.person), reason: reason, madeBy: madeBy, swap: self.id)
    }
  }
}
