/// The address at which people and other programs reach the installation, as it stands in links that leave it.
public struct PublicAddress: Sendable {
  /// What the operator says, without a slash at its end; nil when they say nothing.
  public let given: String?

  /// - Parameter environment: `MAMORITE_PUBLIC_URL`.
  public init(_ environment: [String: String]) {
    given = environment["MAMORITE_PUBLIC_URL"].map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
  }

  /// Without the operator's word, the address by which the request came; without a slash at its end.
  public func seen(by request: WebRequest) -> String { given ?? request.ownAddress }
}

extension WebRequest {
  /// The address by which this request came, as its sender says; of this machine when they say no plain name.
  public var ownAddress: String {
    let isPlain = host.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D].contains($0)
    }
    return "\(secureCookies ? "https" : "http")://\(isPlain && !host.isEmpty ? host : "localhost")"
  }
}
