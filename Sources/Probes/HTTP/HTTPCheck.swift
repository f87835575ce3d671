import Foundation
import Kernel

/// HTTP and HTTPS: the status, a text in the answer, where redirects lead, the certificate; HTTP/2 where the server offers it.
public struct HTTPCheck: Check {
  public let address: HTTPAddress
  public let method: Method
  public let status: StatusCodes
  /// A text that the first ``Limits/mostBytes`` of the body must hold.
  public let expect: String?
  /// Redirects that are followed, 0 to 10; with 0 the redirect itself is the answer.
  public let redirects: Int
  public let login: HTTPLogin?
  public let accept: String
  public let tls: TLSRules
  /// Whether to speak HTTP/1.1 even where the server offers HTTP/2.
  public let isPlain1: Bool
  public let limits: Limits

  public enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
  }

  /// - Throws: `Trouble.badLimit`; `Trouble.badValue` for a text expected of HEAD, which has no body.
  public init(
    address: HTTPAddress, method: Method = .get, status: StatusCodes = .success, expect: String? = nil,
    redirects: Int = 5, login: HTTPLogin? = nil, accept: String = "*/*", tls: TLSRules,
    isPlain1: Bool = false,
    limits: Limits
  ) throws(Trouble) {
    guard (0...10).contains(redirects) else { throw .badLimit("redirects", "0–10") }
    if method == .head, let expect { throw .badValue("expect", expect) }
    (self.address, self.method, self.status, self.expect) = (address, method, status, expect)
    (self.redirects, self.login, self.accept) = (redirects, login, accept)
    (self.tls, self.isPlain1, self.limits) = (tls, isPlain1, limits)
  }

  public var secrets: [String] { login?.secrets ?? [] }

  public func examine(in session: Session) async throws -> Sighting {
    let answer = try await followed(in: session)
    return try judged(answer)
  }

  /// The last answer of a chain of redirects.
  func followed(in session: Session) async throws -> HTTPAnswer {
    var here = address
    var visited: Set<HTTPAddress> = [here]
    while true {
      let answer: HTTPAnswer
      do { answer = try await session.fetch(request(for: here), tls: tls, isPlain1: isPlain1) } catch let
        trouble
        as Trouble where trouble.isOutside && here != address
      {
        throw Trouble.leadsOutside(trouble.arguments.first ?? here.description)
      }
      guard redirects > 0, let location = answer.redirect else { return answer }
      let next = try here.following(location)
      guard visited.insert(next).inserted else { throw Trouble.redirectCircle(next.description) }
      guard visited.count <= redirects + 1 else { throw Trouble.tooManyRedirects(redirects) }
      here = next
    }
  }

  private func request(for here: HTTPAddress) -> HTTPRequest {
    // A password goes to the server it was given for, and not where that one sends us.
    let authorization = here.hasSameOrigin(as: address) ? login?.authorization : nil
    return HTTPRequest(
      address: here, method: method, accept: accept, authorization: authorization,
      stopsAtRedirect: redirects > 0)
  }

  private func judged(_ answer: HTTPAnswer) throws -> Sighting {
    var sighting = answer.sighting
    sighting.notes.insert(
      Note(key: "probes.http", answer.address.description, answer.version, "\(answer.status)"), at: 0)
    guard status.contains(answer.status) else {
      throw [401, 403].contains(answer.status)
        ? Trouble.loginNeeded(answer.status) : .badStatus(answer.status, status.description)
    }
    if answer.isCut { sighting.notes.append(Note(key: "probes.bodyCut", "\(answer.body.count)")) }
    if let expect, !contains(answer.body, Array(expect.utf8)) {
      throw Trouble.textMissing(expect, answer.body.count)
    }
    return sighting
  }
}

/// Whether `part` stands somewhere in `whole`.
func contains(_ whole: [UInt8], _ part: [UInt8]) -> Bool {
  guard let first = part.first else { return true }
  guard whole.count >= part.count else { return false }
  return (0...(whole.count - part.count)).contains {
    whole[$0] == first && whole[$0..<$0 + part.count].elementsEqual(part)
  }
}

/// What a server wants to know of us.
public struct HTTPLogin: Sendable, Equatable {
  let authorization: String
  let secrets: [String]

  /// RFC 7617.
  public static func basic(name: String, password: String) -> HTTPLogin {
    let pair = Data("\(name):\(password)".utf8).base64EncodedString()
    return HTTPLogin(authorization: "Basic \(pair)", secrets: [password, pair])
  }

  /// RFC 6750.
  ///
  /// - Throws: `Trouble.badValue` when the token cannot stand in a header.
  public static func bearer(_ token: String) throws(Trouble) -> HTTPLogin {
    guard !token.isEmpty, token.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
      throw .badValue("token", "***")
    }
    return HTTPLogin(authorization: "Bearer \(token)", secrets: [token])
  }
}

struct HTTPRequest: Sendable {
  let address: HTTPAddress
  let method: HTTPCheck.Method
  let accept: String
  let authorization: String?
  let stopsAtRedirect: Bool
}

struct HTTPAnswer: Sendable {
  let address: HTTPAddress
  let status: Int
  /// `HTTP/1.1`, `HTTP/2`.
  let version: String
  let location: String?
  let body: [UInt8]
  /// Whether there was more of the body than we read.
  let isCut: Bool
  var sighting = Sighting()

  /// Where it leads, when it is a redirect.
  var redirect: String? { [301, 302, 303, 307, 308].contains(status) ? location : nil }
}
