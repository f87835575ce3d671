import Kernel

/// What a contract said from one day on: its term, amount and clauses as they were agreed.
struct ContractVersion: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<ContractVersion>

  let id: ID
  let contract: Entry.ID
  /// 1 is what held before the first renewal that was recorded.
  let number: Int
  /// By field id, as an ``Entry`` keeps them.
  var terms: [String: String]
  let recordedOn: Day
  /// When someone of the vendor explained what is new, and who.
  var toldOn: Day?
  var toldBy: String?
  /// Who of the facility says that it was told.
  var confirmedBy: String?
  var confirmedAt: Instant?
  var note = ""
  var revision = 1

  var startsOn: Day? { terms["startsOn"].flatMap { Day($0) } }
  var endsOn: Day? { terms["endsOn"].flatMap { Day($0) } }
  var renewsItself: Bool { terms["autoRenewal"] == "yes" }
  /// A first version changes nothing that anyone could be told of.
  var awaitsConfirmation: Bool { number > 1 && confirmedAt == nil }

  /// The version once the facility has said that it was told of the changes.
  ///
  /// - Throws: `.alreadyConfirmed`; `.toldMissing` without day and name; `.toldInFuture`.
  func confirmed(toldOn day: Day?, by teller: String, note: String, as person: String, at now: Instant)
    throws(Renewal.Refusal) -> ContractVersion
  {
    guard awaitsConfirmation else { throw .alreadyConfirmed }
    guard let day, let teller = teller.trimmed(to: 1...80) else { throw .toldMissing }
    guard day <= now.day else { throw .toldInFuture }
    guard let note = note.trimmed(to: 0...1000) else { throw .noteTooLong }
    var next = self
    (next.toldOn, next.toldBy, next.note) = (day, teller, note)
    (next.confirmedBy, next.confirmedAt, next.revision) = (person, now, revision + 1)
    return next
  }

  /// The version with other terms: what was confirmed was not this.
  func corrected(_ terms: [String: String]) -> ContractVersion {
    var next = self
    (next.terms, next.revision) = (terms, revision + 1)
    (next.confirmedBy, next.confirmedAt) = (nil, nil)
    return next
  }
}

/// Refusals of renewals.
enum Renewal {
  enum Refusal: Problem, Equatable {
    case startMissing
    /// A version cannot begin on or before the day on which the one before it began.
    case startsTooEarly(previous: Day)
    case toldMissing, toldInFuture, noteTooLong
    case alreadyConfirmed, noSuchVersion
    /// A contract with recorded renewals shows that the facility was told.
    case hasVersions

    var code: String {
      switch self {
      case .startMissing: "contracts.startMissing"
      case .startsTooEarly: "contracts.startsTooEarly"
      case .toldMissing: "contracts.toldMissing"
      case .toldInFuture: "contracts.toldInFuture"
      case .noteTooLong: "contracts.noteTooLong"
      case .alreadyConfirmed: "contracts.alreadyConfirmed"
      case .noSuchVersion: "contracts.noSuchVersion"
      case .hasVersions: "contracts.hasVersions"
      }
    }
    var kind: ProblemKind {
      switch self {
      case .noSuchVersion: .notFound
      case .alreadyConfirmed, .hasVersions: .conflict
      default: .invalid
      }
    }
    var arguments: [String] {
      if case .startsTooEarly(let previous) = self { return [previous.description] }
      return []
    }
    var field: String? {
      switch self {
      case .startMissing, .startsTooEarly: "startsOn"
      case .toldMissing, .toldInFuture: "toldOn"
      case .noteTooLong: "note"
      default: nil
      }
    }
  }
}

/// The versions of one contract in the order in which they follow each other.
struct ContractTimeline: Sendable, Equatable {
  /// What is so on one day.
  enum Standing: Sendable, Equatable {
    case noVersions
    /// The first version begins later.
    case notYetBegun(ContractVersion)
    case holds(ContractVersion)
    /// The last that held has run out; `next` begins later, if there is one.
    case lapsed(ContractVersion, next: ContractVersion?)
  }

  /// How two neighbours meet when it is not day by day.
  enum Seam: Sendable, Equatable {
    case gap(after: Int, days: Int)
    case overlap(after: Int, days: Int)
  }

  let versions: [ContractVersion]

  init(_ versions: [ContractVersion]) { self.versions = versions.sorted { $0.number < $1.number } }

  /// What is so on `day`. Of two that overlap, the newer holds; one that renews itself runs on past its end.
  func standing(on day: Day) -> Standing {
    guard let first = versions.first else { return .noVersions }
    guard let begun = versions.last(where: { $0.hasBegun(on: day) }) else { return .notYetBegun(first) }
    guard let end = begun.endsOn, end < day, !begun.renewsItself else { return .holds(begun) }
    return .lapsed(begun, next: versions.first { $0.number > begun.number })
  }

  /// The version that the register shows: the newest that has begun, else the first.
  func shown(on day: Day) -> ContractVersion? {
    versions.last { $0.hasBegun(on: day) } ?? versions.first
  }

  /// The first day after `day` on which another version begins.
  func nextStart(after day: Day) -> Day? { versions.compactMap(\.startsOn).filter { $0 > day }.min() }

  var seams: [Seam] {
    zip(versions, versions.dropFirst()).compactMap { older, newer in
      guard let end = older.endsOn, let start = newer.startsOn else { return nil }
      let days = start.days(since: end) - 1
      if days < 0 { return .overlap(after: older.number, days: -days) }
      return days == 0 || older.renewsItself ? nil : .gap(after: older.number, days: days)
    }
  }

  /// Since when a version waits for its confirmation; nil when none does.
  var unconfirmedSince: Day? { versions.filter(\.awaitsConfirmation).map(\.recordedOn).min() }

  /// The version before another one.
  func previous(of version: ContractVersion) -> ContractVersion? {
    versions.last { $0.number < version.number }
  }
}

extension ContractVersion {
  /// A version without a first day has always been there.
  fileprivate func hasBegun(on day: Day) -> Bool { startsOn.map { $0 <= day } ?? true }
}
