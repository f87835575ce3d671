import Identity
import Kernel
import Storage
import Web

/// A facility's OpenID Connect provider as it is stored.
struct SignOnSetting: Sendable, Equatable {
  let issuer: String
  let client: String
  /// Sealed (``Sealer``).
  let secret: String
  /// What stands on the button of the sign-in page.
  let label: String
  /// The claim that holds the name which an administrator enters for a person.
  let loginClaim: String
  /// The claim that holds groups; nil when roles stay as they are here.
  let groupClaim: String?
  /// The group that gives each role. Administrators are made here, never by a group.
  let groups: [Role: String]
  /// Values of `amr` or `acr` that count as a second factor; empty: the provider's never does.
  let factorValues: [String]
  let isOn: Bool
  let version: Int

  static let mappable = Role.standing.filter { $0 != .administrator }

  static func place(_ facility: FacilityID) -> String { "open-id-provider:\(facility)" }

  func secretText(_ sealer: Sealer, _ facility: FacilityID) throws -> String {
    String(decoding: try sealer.open(secret, for: SignOnSetting.place(facility)), as: UTF8.self)
  }

  /// Whether the provider has seen two factors, as far as the setting takes its word for it.
  func hasFactor(_ token: IDToken) -> Bool {
    let said = Set((token.claims["amr"] ?? []) + (token.claims["acr"] ?? []))
    return !said.isDisjoint(with: factorValues)
  }

  /// The role that the groups of a token give; nil when roles are not mapped.
  ///
  /// - Throws: ``SignOnRefusal/noGroup`` when none of them gives one.
  func role(of token: IDToken) throws(SignOnRefusal) -> Role? {
    guard let groupClaim, !groups.isEmpty else { return nil }
    return try SignOnSetting.role(of: Set(token.claims[groupClaim] ?? []), by: groups)
  }

  /// - Throws: ``SignOnRefusal/noGroup``.
  static func role(of own: Set<String>, by groups: [Role: String]) throws(SignOnRefusal) -> Role {
    guard let role = mappable.first(where: { groups[$0].map(own.contains) ?? false }) else { throw .noGroup }
    return role
  }
}

/// What stands in the form of the provider.
struct SignOnDraft: Sendable {
  var issuer = ""
  var client = ""
  var secret = ""
  var label = ""
  var loginClaim = "preferred_username"
  var groupClaim = ""
  var groups: [Role: String] = [:]
  var factorValues = ""
  var isOn = true
  var version = 0

  init() {}

  init(_ form: FormValues) {
    (issuer, client, label) = (form["issuer"], form["client"], form["label"])
    secret = form.all("secret").first ?? ""
    (loginClaim, groupClaim, factorValues) = (form["login-claim"], form["group-claim"], form["factors"])
    for role in SignOnSetting.mappable { groups[role] = form["group-\(role.rawValue)"] }
    isOn = form["on"] == "yes"
    version = form.version
  }

  init(_ setting: SignOnSetting) {
    (issuer, client, label) = (setting.issuer, setting.client, setting.label)
    (loginClaim, groupClaim, groups) = (setting.loginClaim, setting.groupClaim ?? "", setting.groups)
    factorValues = setting.factorValues.joined(separator: " ")
    (isOn, version) = (setting.isOn, setting.version)
  }

  /// - Throws: `IdentityProblem`, ``SignOnRefusal``, `Sealer.Refusal`.
  func setting(
    over before: SignOnSetting?, sealer: Sealer, facility: FacilityID, allowsLoopback: Bool
  ) throws -> SignOnSetting {
    _ = try ProviderAddress(issuer, allowsLoopback: allowsLoopback)
    guard let client = client.trimmed(to: 1...200) else { throw SignOnRefusal.badClient }
    // Kept for the same provider only: whoever may set another would else have the secret sent to it.
    let isSame = before.map { $0.issuer == issuer && $0.client == client } ?? false
    guard isSame || !secret.isEmpty else { throw SignOnRefusal.secretNeeded }
    guard let label = label.trimmed(to: 1...40) else { throw SignOnRefusal.badLabel }
    guard let loginClaim = SignOnDraft.claim(loginClaim) else { throw SignOnRefusal.badClaim }
    // An address of mail is given away and taken over more easily than a name.
    guard loginClaim.lowercased() != "email" else { throw SignOnRefusal.emailClaim }
    let groups = groups.compactMapValues { $0.trimmed(to: 1...200) }
    let groupClaim = SignOnDraft.claim(groupClaim)
    guard groups.isEmpty || groupClaim != nil else { throw SignOnRefusal.groupClaimNeeded }
    let sealed =
      secret.isEmpty
      ? before?.secret ?? "" : try sealer.seal(Array(secret.utf8), for: SignOnSetting.place(facility))
    return SignOnSetting(
      issuer: issuer, client: client, secret: sealed, label: label, loginClaim: loginClaim,
      groupClaim: groupClaim, groups: groups,
      factorValues: factorValues.split { $0.isWhitespace || $0 == "," }.prefix(20).map(String.init),
      isOn: isOn, version: (before?.version ?? 0) + 1)
  }

  private static func claim(_ raw: String) -> String? {
    raw.trimmed(to: 1...100).flatMap { $0.contains { $0.isWhitespace } ? nil : $0 }
  }
}

/// What a provider or a directory says of someone, after it has been checked.
struct ExternalWord: Sendable {
  let issuer: String
  /// What stays with someone there when their name changes.
  let subject: String
  /// The name under which an administrator may expect them, in lower case.
  let name: String?
  /// Where the name comes from, for saying that it is missing.
  let nameClaim: String
  /// What their groups give: a role, nothing, or a refusal.
  let role: Result<Role?, SignOnRefusal>
}

/// Whom the provider's word is about: a person of this facility, bound to one subject or expected under one name.
struct SignOnIdentity: Sendable, Equatable {
  let person: PersonID
  let personName: String
  let issuer: String
  let subject: String?
  let name: String?
  let boundAt: Instant?
}

/// A way to the provider that someone has set out on.
struct SignOnStep: Sendable {
  enum Purpose: String, Sendable {
    case signIn = "sign-in"
    case link, trial
  }

  let facility: FacilityID
  let purpose: Purpose
  let person: PersonID?
  let next: String
}

enum SignOnRefusal: Problem, Equatable {
  case noProvider, stepOver, cancelled, noGroup, elsewhere, notYou, alreadyBound, badClient, secretNeeded
  case badLabel, badClaim, emailClaim, groupClaimNeeded, badName, nameTaken, noAccount
  case unknownPerson(String)

  var code: String { "signon.\(caseName)" }
  var kind: ProblemKind { self == .noProvider ? .notFound : .invalid }
  var arguments: [String] { if case .unknownPerson(let name) = self { [name] } else { [] } }
  var field: String? {
    switch self {
    case .badClient: "client"
    case .secretNeeded: "secret"
    case .badLabel: "label"
    case .badClaim, .emailClaim: "login-claim"
    case .groupClaimNeeded: "group-claim"
    case .badName, .nameTaken: "name"
    default: nil
    }
  }
}
