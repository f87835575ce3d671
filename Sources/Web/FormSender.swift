import Foundation
import HTTPTypes
import Hummingbird

/// From whose page a request that changes something was sent, as far as the browser says.
///
/// Every browser says it of forms since 2020; what is no browser says nothing. It decides what is done for people who are not
/// signed in: of a signed-in person the form's own token is asked.
enum FormSender: Sendable, Equatable {
  case own, elsewhere, unknown

  init(_ request: Request) {
    guard request.method != .get, request.method != .head else {
      self = .unknown
      return
    }
    self.init(
      site: HTTPField.Name("Sec-Fetch-Site").flatMap { request.headers[$0] },
      origin: request.headers[.origin], host: request.head.authority)
  }

  /// - Parameters:
  ///   - site: the header `Sec-Fetch-Site`.
  ///   - origin: the header `Origin`.
  ///   - host: under which name the program was asked.
  init(site: String?, origin: String?, host: String?) {
    // Fetch Metadata (W3C): sent to servers with TLS and to this machine itself.
    if let site {
      self = site == "same-origin" ? .own : site == "none" ? .unknown : .elsewhere
      return
    }
    // Over plain http in the house's network browsers say only this.
    guard let origin else {
      self = .unknown
      return
    }
    // A proxy may leave the port out of the name, so names alone are compared.
    let own = FormSender.name(host ?? "")
    self = !own.isEmpty && FormSender.name(origin) == own ? .own : .elsewhere
  }

  /// The name in `https://name:port` or `name:port`, in lower case; `null` stays what it is.
  private static func name(_ text: String) -> String {
    let rest = text.range(of: "://").map { text[$0.upperBound...] } ?? text[...]
    if rest.hasPrefix("[") { return rest.prefix { $0 != "]" }.lowercased() }
    return rest.prefix { $0 != ":" && $0 != "/" }.lowercased()
  }
}
