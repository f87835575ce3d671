public import Kernel

/// Why a directory (LDAP) cannot be used, or why it does not let someone in. Each says what to look at.
public enum DirectoryProblem: Problem, Equatable {
  // What was typed.
  case badHost(String)
  case badPort
  /// Passwords would travel in the open.
  case notEncrypted
  case badBase, badAccount, badTemplate
  case badAttribute(String)
  /// An address of mail does not say who someone is.
  case mailAttribute
  case badFilter, badAuthorities, badGroupBase

  // On the way there.
  case forbiddenAddress(String)
  case unknownHost(String)
  /// Nobody listens: host and port.
  case closed(String)
  /// Nothing comes back: host and port.
  case silent(String)
  case noTLS(String)
  case noStartTLS(String)
  case untrusted(String)
  /// Host, first and last day.
  case expired(String, String)
  case notYet(String, String)
  /// Host, and the names for which the certificate stands.
  case wrongName(String, String)
  case tooSlow(String)
  case broken(String)
  case tooLarge
  case busy

  // What the directory says to the program.
  /// The account by which it looks things up: code and sub-code.
  case accountRefused(String)
  case needsEncryption
  case noBase(String)
  case noGroupBase(String)
  case notAllowed(String)
  case referral
  /// Code and words.
  case refused(String, String)

  // What it says of someone.
  case emptyPassword, badLogin
  case unknownUser, ambiguous, noSubject
  case wrongPassword, mustChange, passwordExpired, locked, disabled, accountExpired, notNow

  public var code: String { "directory.\(caseName)" }

  public var kind: ProblemKind {
    switch self {
    case .forbiddenAddress, .unknownHost, .closed, .silent, .noTLS, .noStartTLS, .untrusted, .expired,
      .notYet, .wrongName, .tooSlow, .broken, .tooLarge, .accountRefused, .needsEncryption, .noBase,
      .noGroupBase, .notAllowed, .referral, .refused:
      .unavailable
    case .busy: .tooMany
    default: .invalid
    }
  }

  public var arguments: [String] {
    switch self {
    case .badHost(let text), .badAttribute(let text), .forbiddenAddress(let text), .unknownHost(let text),
      .closed(let text), .silent(let text), .noTLS(let text), .noStartTLS(let text), .untrusted(let text),
      .tooSlow(let text), .broken(let text), .accountRefused(let text), .noBase(let text),
      .noGroupBase(let text), .notAllowed(let text):
      [text]
    case .expired(let host, let day), .notYet(let host, let day): [host, day]
    case .wrongName(let host, let names): [host, names]
    case .refused(let code, let words): [code, words]
    default: []
    }
  }

  public var field: String? {
    switch self {
    case .badHost: "hosts"
    case .badPort: "port"
    case .notEncrypted: "security"
    case .badBase: "base"
    case .badAccount: "account"
    case .badTemplate: "template"
    case .badAttribute, .mailAttribute: "login-attribute"
    case .badFilter: "filter"
    case .badAuthorities: "authorities"
    case .badGroupBase: "group-base"
    default: nil
    }
  }
}

extension DirectoryProblem {
  /// What a refused bind means.
  ///
  /// Active Directory puts its reason into the words, as in `AcceptSecurityContext error, data 52e, v4563` (Win32 codes in
  /// hexadecimal, MS-ERREF 2.2); others answer in the control of the password policy (draft-behera-ldap-password-policy).
  ///
  /// - Parameter policy: the error of that control; nil without one.
  static func ofBind(code: Int32, words: String, policy: UInt32?) -> DirectoryProblem? {
    switch policy {
    case 0: return .passwordExpired
    case 1: return .locked
    case 2: return .mustChange
    default: break
    }
    switch code {
    case 0: return nil
    case 49:
      switch subCode(words) {
      case "530", "531": return .notNow
      case "532": return .passwordExpired
      case "533": return .disabled
      case "701": return .accountExpired
      case "773": return .mustChange
      case "775": return .locked
      default: return .wrongPassword
      }
    // Inappropriate authentication: an entry without a password. No such object, of a name made from a template.
    case 48, 32, 34: return .wrongPassword
    default: return ofAnswer(code: code, words: words)
    }
  }

  /// The sub-code in Active Directory's words, in lower case; nil without one.
  static func subCode(_ words: String) -> String? {
    guard words.utf8.count <= 4096 else { return nil }
    return words.firstMatch(of: #/\bdata ([0-9A-Fa-f]{1,8})\b/#).map { $0.1.lowercased() }
  }

  /// What an answer means that is no success.
  static func ofAnswer(code: Int32, words: String) -> DirectoryProblem {
    switch code {
    case 8, 13: .needsEncryption
    case 10: .referral
    case 50: .notAllowed(shown(words))
    default: .refused("\(code)", shown(words))
    }
  }

  static func shown(_ words: String) -> String {
    String(
      words.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(200).map(Character.init))
  }
}
