import HTTPTypes
import Hummingbird
import Kernel

/// The token that a program brings in the header `Authorization` (RFC 6750, section 2.1).
enum Bearer {
  /// What stands behind `Bearer`, perhaps nothing; nil when the header is another or absent.
  static func token(of request: Request) -> String? {
    guard let header = request.headers[.authorization]?.trimmed else { return nil }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard let scheme = parts.first, scheme.lowercased() == "bearer" else { return nil }
    return parts.count > 1 ? parts[1].trimmed : ""
  }
}
