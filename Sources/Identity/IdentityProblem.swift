public import Kernel

/// Why an identity provider cannot be used, or why its word is not believed. Each says what to look at.
public enum IdentityProblem: Problem, Equatable {
  // The address.
  case badAddress(String)
  /// Another scheme than https.
  case notSecure(String)
  /// An address of this machine, of the link, or of many machines at once.
  case forbiddenAddress(String)

  // On the way there.
  case unknownHost(String)
  case noConnection(String)
  case badCertificate(String)
  case noTLS(String)
  case tooSlow(String)
  case tooLarge(String)
  /// A status that is no answer: address and status.
  case badAnswer(String, Int)
  case notJSON(String)

  // What the provider says of itself.
  case otherIssuer(String)
  case missingMetadata(String)
  case noUsableAlgorithm
  case noKeys
  /// Seconds by which its clock and ours differ.
  case clockOff(Int)

  // What it says to our request.
  case badClientSecret
  case wrongRedirect(String)
  case codeRefused
  /// Error and description in the provider's words.
  case refused(String, String)
  case noIDToken

  // The ID token.
  case malformedToken
  case forbiddenAlgorithm(String)
  case unknownKey
  case badSignature
  case wrongIssuer(String)
  case wrongAudience
  case expired
  case fromFuture
  case wrongNonce
  case missingClaim(String)

  public var code: String { "identity.\(caseName)" }

  public var kind: ProblemKind {
    switch self {
    case .badAddress, .notSecure, .forbiddenAddress: .invalid
    default: .unavailable
    }
  }

  public var arguments: [String] {
    switch self {
    case .badAddress(let text), .notSecure(let text), .forbiddenAddress(let text), .unknownHost(let text),
      .noConnection(let text), .badCertificate(let text), .noTLS(let text), .tooSlow(let text),
      .tooLarge(let text), .notJSON(let text), .otherIssuer(let text), .missingMetadata(let text),
      .wrongRedirect(let text), .forbiddenAlgorithm(let text), .wrongIssuer(let text),
      .missingClaim(let text):
      [text]
    case .badAnswer(let text, let status): [text, "\(status)"]
    case .clockOff(let seconds): ["\(seconds)"]
    case .refused(let error, let words): [error, words]
    default: []
    }
  }

  public var field: String? {
    switch self {
    case .badAddress, .notSecure, .forbiddenAddress: "issuer"
    default: nil
    }
  }
}
