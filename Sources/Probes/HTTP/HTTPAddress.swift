import Foundation

/// An address of HTTP or HTTPS, without a login in it.
public struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
  public let isSecure: Bool
  /// Lower case, without brackets.
  public let host: String
  public let port: Int
  /// From the slash on, with the query; never with a fragment.
  public let path: String

  /// - Throws: `Trouble.badTarget` for other schemes, a login in the address (it would end in logs), and more than 2,000 bytes.
  public init(_ text: some StringProtocol) throws(Trouble) {
    let text = String(text)
    guard text.utf8.count <= 2000, !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }),
      let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), parts.user == nil, parts.password == nil,
      let host = parts.host?.lowercased()
    else { throw .badTarget(text) }
    isSecure = scheme == "https"
    port = parts.port ?? (isSecure ? 443 : 80)
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
    self.path = path + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    guard (1...65535).contains(port), Target.isHost(self.host) else { throw .badTarget(text) }
  }

  /// Where a `Location` leads from here (RFC 9110 §10.2.2).
  func following(_ location: String) throws(Trouble) -> HTTPAddress {
    guard location.utf8.count <= 2000, let here = URL(string: description),
      let there = URL(string: location, relativeTo: here)?.absoluteURL
    else { throw .badRedirect(location) }
    do { return try HTTPAddress(there.absoluteString) } catch { throw .badRedirect(location) }
  }

  var target: Target { Target(host: host, port: port) }

  func hasSameOrigin(as other: HTTPAddress) -> Bool {
    (isSecure, host, port) == (other.isSecure, other.host, other.port)
  }

  /// As the `Host` field has it: the port only where it is not the scheme's own.
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  public var description: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }
}

/// Status codes that count as well: `200-299`, `200,401`.
public struct StatusCodes: Sendable, Equatable, CustomStringConvertible {
  private let ranges: [ClosedRange<Int>]
  public let description: String

  public static let success = StatusCodes([200...299], "200-299")

  private init(_ ranges: [ClosedRange<Int>], _ text: String) { (self.ranges, description) = (ranges, text) }

  /// - Throws: `Trouble.badValue`.
  public init(_ text: some StringProtocol) throws(Trouble) {
    var ranges: [ClosedRange<Int>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard let low = ends.first, let high = ends.last, ends.count <= 2, low <= high, low >= 100, high <= 599
      else { throw .badValue("status", String(text)) }
      ranges.append(low...high)
    }
    self.init(ranges, String(text))
  }

  func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }
}
