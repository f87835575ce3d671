import Kernel
import Web

/// What a passkey is asked for; one challenge waits for each purpose of each session or sign-in.
enum PasskeyPurpose: String, Sendable {
  case signIn = "sign-in"
  case add
  case proof
}

/// What a browser gave for a passkey, as the script put it into a form.
struct PasskeyAnswer: Sendable, Equatable {
  /// Base64URL.
  let credential: String
  let client: [UInt8]
  let authenticator: [UInt8]
  /// Empty when a passkey is made.
  let signature: [UInt8]
  /// What the passkey says of whose it is, in Base64URL; empty when it says nothing.
  let user: String

  /// - Throws: `Refusal.passkeyWrong` for what no script of ours sends.
  init(_ form: FormValues) throws(Accounts.Refusal) {
    guard let client = Base64URL.bytes(form["client"]),
      let authenticator = Base64URL.bytes(form["authenticator"]),
      let signature = Base64URL.bytes(form["signature"]), (1...1400).contains(form["credential"].utf8.count)
    else { throw .passkeyWrong }
    (self.client, self.authenticator, self.signature) = (client, authenticator, signature)
    (credential, user) = (form["credential"], form["user"])
  }

  /// Whether a form brings one at all.
  static func isIn(_ form: FormValues) -> Bool { !form["credential"].isEmpty }
}

/// What the script hands on to the browser; bytes are in Base64URL.
struct PasskeyRequest: Encodable, Sendable {
  struct User: Encodable, Sendable {
    let id: String
    let name: String
    let displayName: String
  }

  let challenge: String
  let rpId: String
  /// Milliseconds that the browser waits for the person.
  let timeout = Int(Accounts.challengeMs)
  let userVerification = "required"
  /// Those that may answer, or that are there already; empty when the passkey itself says whose it is.
  var credentials: [String] = []
  // Only for making one.
  var rpName: String?
  var user: User?
  var algorithms: [Int]?
}

/// A passkey as it is found by its id.
struct StoredPasskey: Sendable {
  let account: AccountID
  let factor: Factor
  /// Whether the browser that asks has been signed in to the account before.
  let knowsBrowser: Bool
}

/// By what a new second factor is confirmed.
enum FactorConfirmation: Sendable {
  /// The first code of an app.
  case code(String, Sealer)
  /// - `holder`: the token to which the challenge was given.
  case passkey(PasskeyAnswer, name: String, RelyingParty, holder: String)

  var proof: Proof.Kind { if case .code = self { .totp } else { .passkey } }
}

extension Accounts.Refusal {
  init(_ fault: WebAuthn.Fault) {
    switch fault {
    case .wrongChallenge: self = .passkeyStale
    case .wrongOrigin, .wrongParty: self = .passkeyElsewhere
    case .notPresent, .notVerified: self = .passkeyUnverified
    case .malformed, .wrongKind, .unknownKey, .wrongSignature: self = .passkeyWrong
    }
  }
}
