public import Kernel

/// By what, and when, someone last proved in a session who they are.
public struct Proof: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// The password, of someone who has no second factor.
    case password
    /// Digits of an authenticator app.
    case totp
    /// A code from paper.
    case recovery
    case passkey
    /// A sealed code from paper, in an emergency.
    case sealedCode = "sealed-code"
    /// The word of the facility's provider, and its word that it has seen two factors.
    case provider
    case providerFactor = "provider-factor"
    /// No proof by a person: a program came with a token that its person had made.
    case token
  }

  /// So long does it count for what needs a fresh one.
  public static let freshMs: Int64 = 10 * 60_000

  public let kind: Kind
  public let at: Instant

  public init(_ kind: Kind, at: Instant) { (self.kind, self.at) = (kind, at) }

  /// A provider may have let someone through who signed in there in the morning: its word is never fresh, and neither is a token.
  public func isFresh(at now: Instant) -> Bool {
    ![.provider, .providerFactor, .token].contains(kind) && at.adding(milliseconds: Proof.freshMs) > now
  }
}
