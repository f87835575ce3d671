import Foundation

/// An address that a person typed or that a provider gave, as far as the program goes there.
public struct ProviderAddress: Sendable, Equatable {
  public let text: String
  public let host: String

  /// - Parameter allowsLoopback: lets plain http to this machine through; for tests only.
  /// - Throws: `.badAddress`, `.notSecure`.
  public init(_ raw: String, allowsLoopback: Bool) throws(IdentityProblem) {
    let shown = String(raw.prefix(200))
    guard raw.utf8.count <= 2000, raw.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      let parts = URLComponents(string: raw), let scheme = parts.scheme?.lowercased(),
      let host = parts.host?.lowercased(), !host.isEmpty, parts.user == nil, parts.password == nil,
      parts.fragment == nil
    else { throw .badAddress(shown) }
    let isHere = ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host)
    guard scheme == "https" || (scheme == "http" && allowsLoopback && isHere) else { throw .notSecure(shown) }
    (text, self.host) = (raw, host)
  }

  /// An address from which nothing is believed that is not signed itself: http as well as https.
  ///
  /// - Throws: `.badAddress`, `.notSecure`.
  public init(ofSigned raw: String) throws(IdentityProblem) {
    let shown = String(raw.prefix(200))
    guard raw.utf8.count <= 2000, raw.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      let parts = URLComponents(string: raw), let scheme = parts.scheme?.lowercased(),
      let host = parts.host?.lowercased(), !host.isEmpty, parts.user == nil, parts.password == nil,
      parts.fragment == nil
    else { throw .badAddress(shown) }
    guard scheme == "https" || scheme == "http" else { throw .notSecure(shown) }
    (text, self.host) = (raw, host)
  }
}
