import Kernel
import Web

enum FactorTag {}
typealias FactorID = ID<FactorTag>

/// Something with which an account proves itself beside its password.
struct Factor: Sendable, Equatable {
  /// Stored as text, so that a later kind is only a new value.
  enum Kind: String, Sendable {
    /// Codes of an authenticator app (RFC 6238).
    case totp
    /// A passkey or security key (Web Authentication); alone it is two factors, because it asks for PIN, finger or face.
    case passkey
  }

  let id: FactorID
  let kind: Kind
  let name: String
  /// Sealed (``Sealer``); of a passkey the public key, which is no secret and stands as it is.
  let secret: String
  /// What must only grow: the last step whose code was accepted, or what a passkey has counted of its signatures.
  let counter: Int
  let createdAt: Instant
  /// nil until the first right code: until then it counts for nothing.
  let confirmedAt: Instant?
  let lastUsedAt: Instant?
  /// Of passkeys only.
  var passkey: Passkey?

  struct Passkey: Sendable, Equatable {
    /// The browser's id for it, in Base64URL.
    let credential: String
    /// The name for which it was made (``RelyingParty/id``).
    let party: String
    /// When its counter went back; from then on it is refused.
    let copiedAt: Instant?
  }

  /// Where its secret lies, for ``Sealer``.
  static func place(_ id: FactorID) -> String { "account_factor:\(id)" }
}

/// What a facility asks of the people of one role.
struct FactorPolicy: Sendable, Equatable {
  enum Mode: String, Sendable, CaseIterable, Codable {
    case off, asked, required
  }

  let mode: Mode
  /// The first day on which nobody of the role comes in without one; nil unless required.
  let from: Day?

  /// What holds where nothing has been decided.
  static let initial = FactorPolicy(mode: .asked, from: nil)

  func demands(on day: Day) -> Bool {
    guard mode == .required, let from else { return false }
    return from <= day
  }
}

extension [FactorPolicy] {
  /// Whether someone to whom all of these apply has to have a second factor.
  func demand(on day: Day) -> Bool { contains { $0.demands(on: day) } }

  /// The first day on which one will be demanded; nil when none is set.
  var firstDay: Day? { filter { $0.mode == .required }.compactMap(\.from).min() }

  var ask: Bool { contains { $0.mode != .off } }
}

/// The second factors of one account, and what its facilities ask.
struct FactorStanding: Sendable {
  let login: String
  let factors: [Factor]
  /// Recovery codes not used yet.
  let recoveryLeft: Int
  let policies: [FactorPolicy]

  var confirmed: [Factor] { factors.filter { $0.confirmedAt != nil } }
  /// A passkey that may have been copied counts: else whoever copied it could take the second factor away with it.
  var hasFactor: Bool { !confirmed.isEmpty }
  var hasApp: Bool { confirmed.contains { $0.kind == .totp } }
  var passkeys: [Factor] { confirmed.filter { $0.kind == .passkey } }
}

/// A code as typed: six digits of an app, or a recovery code from paper.
enum TypedCode: Sendable, Equatable {
  case digits(String)
  case recovery(String)

  /// nil when it can be neither. Width, case, spaces and hyphens do not matter.
  init?(_ raw: String) {
    let text = raw.halfWidth.lowercased().filter { $0.isLetter || $0.isNumber }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }) else {
      return nil
    }
    switch text.utf8.count {
    case 6 where text.allSatisfy(\.isNumber): self = .digits(text)
    case 16: self = .recovery(text)
    default: return nil
    }
  }
}
