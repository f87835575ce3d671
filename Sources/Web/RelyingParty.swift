import Foundation
import Kernel

/// The name and the address under which passkeys are made: a browser gives one only to the name for which it was made.
public struct RelyingParty: Sendable, Equatable {
  /// The name of the host, without scheme and port.
  public let id: String
  /// As a browser writes it: `https://mamorite.example.jp`, without the port that goes without saying.
  public let origin: String

  init(id: String, origin: String) { (self.id, self.origin) = (id, origin) }
}

/// Whether passkeys work at the address by which someone came.
public enum PasskeyPlace: Sendable, Equatable {
  case usable(RelyingParty)
  /// A number and no name: Web Authentication knows none.
  case number
  /// Without TLS, other than on this machine itself.
  case plain
  /// The program is known by another name, at this address.
  case elsewhere(String)

  /// - Parameters:
  ///   - publicAddress: what `MAMORITE_PUBLIC_URL` says; nil when it says nothing: then the browser's own words count, which
  ///     someone may make up, but only for a browser that will then find no passkey for that name.
  ///   - host: the header `Host`.
  public init(publicAddress: String?, host: String, isSecure: Bool) {
    let asked = "\(isSecure ? "https" : "http")://\(host)"
    let address = publicAddress ?? asked
    guard let party = RelyingParty(address) else {
      self = .number
      return
    }
    if PasskeyPlace.isNumber(party.id) {
      self = .number
    } else if !party.origin.hasPrefix("https:") && !PasskeyPlace.isThisMachine(party.id) {
      self = .plain
    } else if publicAddress != nil, let used = RelyingParty(asked)?.id, used != party.id {
      self = .elsewhere(party.origin)
    } else {
      self = .usable(party)
    }
  }

  public init(publicAddress: String?, _ request: WebRequest) {
    self.init(publicAddress: publicAddress, host: request.host, isSecure: request.secureCookies)
  }

  public var party: RelyingParty? { if case .usable(let party) = self { party } else { nil } }

  /// IPv6 in any form has a colon; of IPv4 browsers send the four numbers, whatever was typed.
  private static func isNumber(_ host: String) -> Bool {
    host.contains(":") || host.split(separator: ".").last?.allSatisfy(\.isNumber) ?? true
  }

  private static func isThisMachine(_ host: String) -> Bool {
    host == "localhost" || host.hasSuffix(".localhost")
  }
}

extension RelyingParty {
  /// nil when `address` is no web address.
  init?(_ address: String) {
    guard let parts = URLComponents(string: address), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = parts.host?.lowercased(), !host.isEmpty
    else { return nil }
    let usual = scheme == "https" ? 443 : 80
    let port = parts.port.flatMap { $0 == usual ? nil : ":\($0)" } ?? ""
    self.init(id: host, origin: "\(scheme)://\(host)\(port)")
  }
}
