import Kernel
import Web

/// What a program brings in the place of a person's session: what it may do there, and until when.
struct APIToken: Sendable, Equatable {
  typealias ID = Kernel.ID<APIToken>

  enum State: Sendable, Equatable { case live, expired, revoked }

  let id: ID
  let person: PersonID
  let personName: String
  let name: String
  /// The names of permissions for which it was made. It has those of them that its person has at the moment.
  let scope: [String]
  let createdAt: Instant
  let expiresAt: Instant
  let lastUsedAt: Instant?
  let lastAddress: String
  let revokedAt: Instant?
  let revokedBy: String

  func state(at now: Instant) -> State {
    if revokedAt != nil { return .revoked }
    return expiresAt > now ? .live : .expired
  }

  /// The last day on which it is good.
  var until: Day { expiresAt.adding(milliseconds: -1).day }

  // MARK: The secret

  /// By which scanners for secrets know one.
  static let prefix = "mmt_"

  /// A new secret: the prefix and 256 random bits.
  static func secret() -> String { prefix + Secret.token() }

  /// Whether a text can be one at all.
  static func isSecret(_ text: String) -> Bool {
    text.hasPrefix(prefix) && text.utf8.count == prefix.utf8.count + 64
  }

  /// Permissions that only let look are named so.
  static func isReading(_ permission: String) -> Bool { permission.hasSuffix(".read") }
}

/// A token that someone wants to make.
struct TokenDraft: Sendable, Equatable {
  /// So many live ones a person may have.
  static let mostOfOne = 20
  /// So many days one lasts at most, today included.
  static let mostDays = 365
  /// So many are proposed.
  static let usualDays = 90

  let name: String
  let scope: [String]
  let until: Day

  /// - Parameters:
  ///   - until: the last day, as a form sends it.
  ///   - chosen: names of permissions.
  ///   - mayHave: those that may be chosen: what the person holds, as far as there are ways for programs.
  init(name raw: String, until: String, chosen: [String], mayHave: Set<String>, on today: Day)
    throws(TokenRefusal)
  {
    guard let name = raw.trimmed(to: 1...40) else { throw .badName }
    guard !chosen.isEmpty else { throw .nothingChosen }
    guard mayHave.isSuperset(of: chosen) else { throw .tooMuch }
    guard let day = Day(until), day >= today, day.days(since: today) < Self.mostDays else { throw .badUntil }
    (self.name, scope, self.until) = (name, Set(chosen).sorted(), day)
  }

  var expiresAt: Instant { until.adding(days: 1).start }
}

/// What is refused about tokens.
enum TokenRefusal: Problem, Equatable {
  case badName, badUntil, nothingChosen, tooMuch, tooMany, notInEmergency, noSuchToken
  case wrong, expired, revoked, ownerGone
  case locked(minutes: Int)

  var code: String { "tokens.\(caseName)" }

  var kind: ProblemKind {
    switch self {
    case .badName, .badUntil, .nothingChosen, .tooMuch: .invalid
    case .tooMany, .notInEmergency: .conflict
    case .noSuchToken: .notFound
    case .wrong, .expired, .revoked, .ownerGone: .signedOut
    case .locked: .tooMany
    }
  }

  var arguments: [String] { if case .locked(let minutes) = self { ["\(minutes)"] } else { [] } }
  var waitSeconds: Int? { if case .locked(let minutes) = self { minutes * 60 } else { nil } }

  var field: String? {
    switch self {
    case .badName: "name"
    case .badUntil: "until"
    case .nothingChosen, .tooMuch: "scope"
    default: nil
    }
  }
}
