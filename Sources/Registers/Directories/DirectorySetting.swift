import Identity
import Kernel
import Storage
import Web

/// A facility's directory (LDAP) as it is stored.
struct DirectorySetting: Sendable, Equatable {
  enum Way: String, Sendable, Codable, CaseIterable { case search, template }
  enum GroupWay: String, Sendable, Codable, CaseIterable { case unasked, attribute, members, nested }

  /// All but the password of the program's own account, as it is kept in one column.
  struct Parts: Sendable, Equatable, Codable {
    var hosts = ""
    /// nil for the usual one.
    var port: Int?
    var security = DirectoryServer.Security.tls
    var authorities = ""
    var base = ""
    var way = Way.search
    var account = ""
    var template = ""
    var loginAttribute = "sAMAccountName"
    var filter = ""
    var groupWay = GroupWay.attribute
    var groupAttribute = "memberOf"
    var groupBase = ""
    /// The distinguished name of the group that gives each role, by the role's raw value.
    var groups: [String: String] = [:]
    /// After so many wrong passwords the directory locks an account, for so many minutes.
    var lockAfter = 5
    var lockMinutes = 30
  }

  let parts: Parts
  /// Sealed (``Sealer``); empty where people's names are put into a template.
  let secret: String
  /// What stands on the sign-in page.
  let label: String
  let isOn: Bool
  let version: Int

  static func place(_ facility: FacilityID) -> String { "directory:\(facility)" }

  /// - Throws: `DirectoryProblem`, `Sealer.Refusal`.
  func server(_ sealer: Sealer, _ facility: FacilityID, allowsLoopback: Bool) throws -> DirectoryServer {
    let password =
      secret.isEmpty
      ? "" : String(decoding: try sealer.open(secret, for: DirectorySetting.place(facility)), as: UTF8.self)
    return try parts.server(password: password, allowsLoopback: allowsLoopback)
  }

  /// The role that groups give, by their distinguished names; nil when roles stay as they are here.
  ///
  /// - Throws: `SignOnRefusal.noGroup` when none of them gives one.
  func role(of own: [String]) throws(SignOnRefusal) -> Role? {
    let mapped = parts.mapped
    guard parts.groupWay != .unasked, !mapped.isEmpty else { return nil }
    return try SignOnSetting.role(of: Set(own.compactMap(DirectoryText.comparable)), by: mapped)
  }

  /// How many wrong passwords of one person go on to the directory before it would lock them out: so many from browsers in
  /// which they have been signed in, and so many from all others together.
  var budget: (known: Int, strangers: Int) {
    let whole = parts.lockAfter - 1
    return (whole - whole / 2, max(1, whole / 2))
  }
}

extension DirectorySetting.Parts {
  /// - Throws: `DirectoryProblem`.
  func server(password: String, allowsLoopback: Bool) throws(DirectoryProblem) -> DirectoryServer {
    let groups: DirectoryServer.Groups =
      switch groupWay {
      case .unasked: .unasked
      case .attribute: .attribute(groupAttribute)
      case .members: .members(base: groupBase.isEmpty ? base : groupBase)
      case .nested: .nested(base: groupBase.isEmpty ? base : groupBase)
      }
    return try DirectoryServer(
      hosts: hosts, port: port, security: security, authorities: authorities, base: base,
      way: way == .search ? .search(account: account, password: password) : .template(template),
      loginAttribute: loginAttribute, filter: filter, groups: groups, allowsLoopback: allowsLoopback)
  }

  /// Groups as they are compared.
  var mapped: [Role: String] {
    var all: [Role: String] = [:]
    for (name, group) in groups {
      if let role = Role(rawValue: name), let text = DirectoryText.comparable(group) { all[role] = text }
    }
    return all
  }

  /// Whether the password of `other`'s account would go where this one's goes, and be believed by the same certificates.
  func leads(whereDoes other: DirectorySetting.Parts) -> Bool {
    (hosts, port, security, authorities, account) == (
      other.hosts, other.port, other.security, other.authorities, other.account
    )
  }
}

/// What stands in the form of the directory.
struct DirectoryDraft: Sendable {
  var parts = DirectorySetting.Parts()
  /// As typed: what is no number is said to be none.
  var port = ""
  var lockAfter = "5"
  var lockMinutes = "30"
  var secret = ""
  var label = ""
  var isOn = true
  var version = 0

  init() {}

  init(_ form: FormValues) {
    (parts.hosts, port) = (form["hosts"], form["port"])
    parts.security = DirectoryServer.Security(rawValue: form["security"]) ?? .tls
    parts.authorities = form["authorities"]
    parts.base = form["base"]
    parts.way = DirectorySetting.Way(rawValue: form["way"]) ?? .search
    (parts.account, parts.template) = (form["account"], form["template"])
    secret = form.all("secret").first ?? ""
    (parts.loginAttribute, parts.filter) = (form["login-attribute"], form["filter"])
    parts.groupWay = DirectorySetting.GroupWay(rawValue: form["group-way"]) ?? .unasked
    (parts.groupAttribute, parts.groupBase) = (form["group-attribute"], form["group-base"])
    for role in SignOnSetting.mappable { parts.groups[role.rawValue] = form["group-\(role.rawValue)"] }
    (lockAfter, lockMinutes) = (form["lock-after"], form["lock-minutes"])
    (label, isOn, version) = (form["label"], form["on"] == "yes", form.version)
  }

  init(_ setting: DirectorySetting) {
    parts = setting.parts
    port = setting.parts.port.map(String.init) ?? ""
    (lockAfter, lockMinutes) = ("\(setting.parts.lockAfter)", "\(setting.parts.lockMinutes)")
    (label, isOn, version) = (setting.label, setting.isOn, setting.version)
  }

  /// - Throws: `DirectoryProblem`, `SignOnRefusal`, ``DirectoryRefusal``, `Sealer.Refusal`.
  func setting(
    over before: DirectorySetting?, sealer: Sealer, facility: FacilityID, allowsLoopback: Bool
  ) throws -> DirectorySetting {
    var parts = parts
    if !port.isEmpty {
      guard let number = Int(port) else { throw DirectoryProblem.badPort }
      parts.port = number
    }
    parts.groups = parts.groups.compactMapValues { $0.trimmed(to: 1...1000) }
    guard let label = label.trimmed(to: 1...40) else { throw SignOnRefusal.badLabel }
    guard let after = Int(lockAfter), (3...100).contains(after) else { throw DirectoryRefusal.badLockAfter }
    guard let minutes = Int(lockMinutes), (1...1440).contains(minutes) else {
      throw DirectoryRefusal.badLockMinutes
    }
    (parts.lockAfter, parts.lockMinutes) = (after, minutes)
    let isSearch = parts.way == .search
    // Kept for the same place only: whoever may set another would else have it sent there.
    let isKept =
      secret.isEmpty && before.map { !$0.secret.isEmpty && parts.leads(whereDoes: $0.parts) } ?? false
    // Everything else first, so that the password is the last thing to be asked for again.
    _ = try parts.server(password: "a password", allowsLoopback: allowsLoopback)
    guard !isSearch || isKept || !secret.isEmpty else { throw DirectoryRefusal.secretNeeded }
    for (name, group) in parts.groups where DirectoryText.comparable(group) == nil {
      throw DirectoryRefusal.badGroup(name)
    }
    var sealed = ""
    if isSearch {
      sealed =
        isKept
        ? before?.secret ?? "" : try sealer.seal(Array(secret.utf8), for: DirectorySetting.place(facility))
    }
    return DirectorySetting(
      parts: parts, secret: sealed, label: label, isOn: isOn, version: (before?.version ?? 0) + 1)
  }
}

enum DirectoryRefusal: Problem, Equatable {
  case noDirectory, secretNeeded, badLockAfter, badLockMinutes
  /// Nobody who is not signed in is told which machine does not answer.
  case down
  /// The role whose group is no distinguished name.
  case badGroup(String)

  var code: String { "directories.\(caseName)" }
  var kind: ProblemKind { self == .noDirectory ? .notFound : .invalid }
  var field: String? {
    switch self {
    case .secretNeeded: "secret"
    case .badLockAfter: "lock-after"
    case .badLockMinutes: "lock-minutes"
    case .badGroup(let role): "group-\(role)"
    case .noDirectory, .down: nil
    }
  }
}
