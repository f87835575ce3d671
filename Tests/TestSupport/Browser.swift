import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import Web

/// A browser with cookies of its own, for sign-ins that take more than one page.
public final class Browser: Sendable {
  private let app: TestApp
  private let agent: String
  private let cookies: Mutex<[String: String]>

  public static let edge =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"

  /// - Parameter cookies: those of another browser, as they are now, to look at what they are still worth.
  public init(_ app: TestApp, agent: String = Browser.edge, cookies: [String: String] = [:]) {
    (self.app, self.agent) = (app, agent)
    self.cookies = Mutex(cookies)
  }

  public var jar: [String: String] { cookies.withLock { $0 } }

  public func get(_ path: String) async throws -> TestApp.Answer { try await send(.get, path, "") }

  /// Posts a form with the token of the page that this browser has.
  ///
  /// - Parameter site: what the browser says in `Sec-Fetch-Site`; nil for one that says nothing.
  public func post(_ path: String, _ fields: [(String, String)] = [], site: String? = nil) async throws
    -> TestApp.Answer
  {
    if jar["mamorite"] == nil { _ = try await get("/sign-in") }
    let all = [("_token", TestApp.formToken(jar["mamorite"] ?? ""))] + fields
    return try await send(
      .post, path, all.map { "\(urlEncoded($0.0))=\(urlEncoded($0.1))" }.joined(separator: "&"), site: site)
  }

  /// The first page of signing in.
  public func signIn(_ login: String, _ password: String = TestApp.password) async throws -> TestApp.Answer {
    try await post("/sign-in", [("login", login), ("password", password), ("next", "/account")])
  }

  private func send(_ method: HTTPRequest.Method, _ path: String, _ body: String, site: String? = nil)
    async throws
    -> TestApp.Answer
  {
    let sent = jar.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
    var headers: HTTPFields = [.accept: "text/html", .userAgent: agent, .cookie: sent]
    if let site, let name = HTTPField.Name("Sec-Fetch-Site") { headers[name] = site }
    if method == .post { headers[.contentType] = "application/x-www-form-urlencoded" }
    let answer = try await app.client.execute(
      uri: path, method: method, headers: headers, body: ByteBuffer(string: body))
    for set in answer.headers[values: .setCookie] {
      let pair = set.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
      guard let name = pair.first else { continue }
      cookies.withLock { $0[String(name)] = pair.count > 1 ? String(pair[1]) : nil }
    }
    var found: [String: String] = [:]
    for field in answer.headers {
      let name = field.name.canonicalName
      found[name] = found[name].map { "\($0), \(field.value)" } ?? field.value
    }
    let bytes = [UInt8](buffer: answer.body)
    return TestApp.Answer(
      status: Int(answer.status.code), body: String(decoding: bytes, as: UTF8.self), bytes: bytes,
      headers: found)
  }
}
