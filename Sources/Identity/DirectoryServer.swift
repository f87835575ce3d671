import Foundation
import SwiftASN1
import X509

/// A directory of a hospital and how someone is looked up in it; nothing that would send a password in the open can be made.
public struct DirectoryServer: Sendable, Equatable {
  public enum Security: String, Sendable, CaseIterable, Codable {
    /// TLS from the first byte.
    case tls = "ldaps"
    /// TLS by the extended operation of RFC 4511, 4.14.
    case startTLS = "starttls"
    /// Only to this machine itself, in tests.
    case none
  }

  /// How the name that someone types becomes an entry.
  public enum Way: Sendable, Equatable {
    /// An account of the program's own looks it up.
    case search(account: String, password: String)
    /// The name is put into a distinguished name, at `{login}`.
    case template(String)
  }

  /// Where it stands to which groups an entry belongs.
  public enum Groups: Sendable, Equatable {
    case unasked
    /// In an attribute of the entry: `memberOf`.
    case attribute(String)
    /// In the groups under a base, which name their members.
    case members(base: String)
    /// The same, with groups in groups (Active Directory's rule 1.2.840.113556.1.4.1941).
    case nested(base: String)
  }

  public let hosts: [String]
  public let port: Int
  public let security: Security
  /// Certificates (PEM) that are trusted in the place of the machine's own; empty: the machine's.
  public let authorities: String
  public let base: String
  public let way: Way
  public let loginAttribute: String
  /// What else an entry must be; empty: anything.
  public let filter: String
  public let groups: Groups

  /// - Parameters:
  ///   - hosts: up to three names, which are tried in this order.
  ///   - port: nil for the usual one.
  /// - Throws: ``DirectoryProblem``.
  public init(
    hosts: String, port: Int?, security: Security, authorities: String, base: String, way: Way,
    loginAttribute: String, filter: String, groups: Groups, allowsLoopback: Bool
  ) throws(DirectoryProblem) {
    let names = hosts.split { $0.isWhitespace || $0 == "," }.map(String.init)
    guard (1...3).contains(names.count) else { throw .badHost(String(hosts.prefix(100))) }
    for name in names where !DirectoryServer.isHost(name) { throw .badHost(String(name.prefix(100))) }
    guard port.map({ (1...65535).contains($0) }) ?? true else { throw .badPort }
    let isHere = names.allSatisfy { ["127.0.0.1", "::1", "localhost"].contains($0) }
    guard security != .none || (allowsLoopback && isHere) else { throw .notEncrypted }
    guard DirectoryServer.areAuthorities(authorities) else { throw .badAuthorities }
    guard DirectoryText.comparable(base) != nil else { throw .badBase }
    switch way {
    case .search(let account, let password):
      // Names that are none are Active Directory's own: user@domain. Without a password a bind says nothing.
      guard (1...500).contains(account.utf8.count), !password.isEmpty, !account.utf8.contains(0) else {
        throw .badAccount
      }
    case .template(let template):
      guard template.ranges(of: "{login}").count == 1,
        DirectoryText.comparable(template.replacing("{login}", with: "x")) != nil
      else { throw .badTemplate }
    }
    guard DirectoryText.isAttribute(loginAttribute) else { throw .badAttribute(loginAttribute) }
    guard !DirectoryText.mailAttributes.contains(loginAttribute.lowercased()) else { throw .mailAttribute }
    guard filter.isEmpty || DirectoryText.isFilter(filter) else { throw .badFilter }
    switch groups {
    case .unasked: break
    case .attribute(let name): guard DirectoryText.isAttribute(name) else { throw .badAttribute(name) }
    case .members(let base), .nested(let base):
      guard DirectoryText.comparable(base) != nil else { throw .badGroupBase }
    }
    (self.hosts, self.port, self.security) = (names, port ?? (security == .tls ? 636 : 389), security)
    (self.authorities, self.base, self.way) = (authorities, base, way)
    (self.loginAttribute, self.filter, self.groups) = (loginAttribute, filter, groups)
  }

  /// By what people are bound to this directory: the part of the tree, not the machine, of which there are often two.
  public var issuer: String { "ldap:" + (DirectoryText.comparable(base) ?? base) }

  /// What an entry must be to be taken.
  ///
  /// - Parameter login: the name to look up; nil where the entry is known by its distinguished name.
  func filter(login: String?) -> String {
    guard let login else { return filter.isEmpty ? "(objectClass=*)" : filter }
    let named = "(\(loginAttribute)=\(DirectoryText.filterValue(login)))"
    return filter.isEmpty ? named : "(&\(filter)\(named))"
  }

  /// A name or a number; the brackets of IPv6 are left out.
  private static func isHost(_ name: String) -> Bool {
    let isNumber = name.contains(":") && name.allSatisfy { $0.isHexDigit || ":.".contains($0) }
    return isNumber
      || ((1...253).contains(name.utf8.count)
        && name.utf8.allSatisfy { byte in
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == 0x2D || byte == 0x2E || byte == 0x5F
        })
  }

  /// Whether every part is a certificate. A private key has no business here.
  private static func areAuthorities(_ text: String) -> Bool {
    if text.isEmpty { return true }
    // What cannot be read is none; the person is asked for another.
    guard text.utf8.count <= 64 << 10, let parts = try? PEMDocument.parseMultiple(pemString: text),
      !parts.isEmpty
    else { return false }
    return parts.allSatisfy { part in
      part.discriminator == Certificate.defaultPEMDiscriminator
        && (try? Certificate(derEncoded: part.derBytes)) != nil
    }
  }
}

/// What a directory says of someone, after the password was right.
public struct DirectoryEntry: Sendable, Equatable {
  public let name: String
  /// The number that stays with the entry when its name changes.
  public let subject: String
  /// The login name as the directory writes it.
  public let login: String?
  /// The distinguished names of its groups.
  public let groups: [String]

  public init(name: String, subject: String, login: String?, groups: [String]) {
    (self.name, self.subject, self.login, self.groups) = (name, subject, login, groups)
  }
}

/// Whom a typed name stands for, before anything is proved.
public struct DirectoryCandidate: Sendable, Equatable {
  public let name: String
  /// nil when only the person may look it up.
  public let entry: DirectoryEntry?

  public init(name: String, entry: DirectoryEntry?) { (self.name, self.entry) = (name, entry) }

  /// One text for one person, however the name was typed.
  public var key: String { entry?.subject ?? DirectoryText.comparable(name) ?? name }
}

/// The way to a directory; tests put their own in its place.
public protocol Directory: Sendable {
  var allowsLoopback: Bool { get }
  /// Everything that can be asked without a person: the way, the certificate, the program's own account, the bases.
  func check(_ server: DirectoryServer) async throws(DirectoryProblem)
  /// - Throws: `.unknownUser`, `.ambiguous`, `.badLogin`, and why the directory cannot be asked.
  func find(_ login: String, on server: DirectoryServer) async throws(DirectoryProblem) -> DirectoryCandidate
  /// Whether the password is right. An empty one never reaches the directory, which would take it for nobody's (RFC 4513, 5.1.2).
  func prove(_ candidate: DirectoryCandidate, password: String, on server: DirectoryServer)
    async throws(DirectoryProblem) -> DirectoryEntry
}
