public import Assurance
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
public import Kernel
import Logging
import NIOCore
import Operations
public import Registers
public import Storage
import Synchronization
public import Testing
public import Web

/// The whole program on one database, driven over HTTP, with people of each kind and a clock that tests move.
public final class TestApp: Sendable {
  public let database: Database
  public let library: PackLibrary
  public let site: Site
  public let facility: Facility
  public let otherFacility: Facility
  let client: any TestClientProtocol
  private let cookies = Mutex<[Who: String]>([:])

  /// Who asks.
  public enum Who: String, Sendable, CaseIterable {
    case administrator, safetyManager, itStaff, management, contributor, auditor, staff
    /// An administrator of another facility.
    case stranger
    /// People of elsewhere, for tests that add them and give them something here for a time.
    case specialist, adviser, keeper, visitor
    /// A browser that has the cookie of its first visit, and no session.
    case nobody
  }

  public static let password = "five different words"

  /// Runs `body` with a hospital of 180 beds, its people, and another facility beside it.
  ///
  /// - Parameters:
  ///   - packs: a folder of packs other than the program's own.
  ///   - isSetUp: false for an installation without anything in it: the facilities are then only names.
  public static func run<T: Sendable>(
    on engine: Engine, packs: String? = nil, isSetUp: Bool = true,
    _ body: @escaping @Sendable (TestApp) async throws -> T
  ) async throws -> T {
    // Each test is an installation of its own; what stands in the packs is read once for all.
    let library = try packs.map { PackLibrary(folder: $0) } ?? PackLibrary(sharing: shipped.get())
    let features = Self.features(library)
    return try await engine.withDatabase(copyOf: isSetUp ? hospitals : names) { database, facilities in
      let time = Clock(.test)
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let site = Site(
        features, database: database, gatekeeper: SessionGate(database), logger: logger, clock: { time.now })
      let application = Application(router: site.router(), logger: logger)
      return try await application.test(.router) { client in
        let app = TestApp(
          database: database, library: library, site: site, facility: facilities.here,
          other: facilities.other,
          time: time, client: client)
        return try await body(app)
      }
    }
  }

  /// The schema of the whole program.
  public static var migrations: [Migration] { features(PackLibrary(folder: "")).flatMap(\.migrations) }

  public static func features(_ library: PackLibrary) -> [Feature] {
    let sealer = Sealer.memory([UInt8](repeating: 7, count: 32))
    return Features.all(library, sealer: sealer, further: Operations.features(sealer: sealer))
  }

  private static let shipped = Result {
    try PackLibrary.find(environment: ProcessInfo.processInfo.environment)
  }

  private typealias Hospitals = (here: Facility, other: Facility)

  private static let hospitals = prepared(isSetUp: true)
  private static let names = prepared(isSetUp: false)

  private static func prepared(isSetUp: Bool) -> PreparedDatabase<Hospitals> {
    PreparedDatabase {
      migrations
    } fill: { database in
      let here = try await hospital("みなと総合病院", 180, Prefecture("神奈川"), isStored: isSetUp, database)
      let other = try await hospital("別の病院", 60, nil, isStored: isSetUp, database)
      if isSetUp { try await people(here, other, database) }
      return (here, other)
    }
  }

  private static func hospital(
    _ name: String, _ beds: Int, _ prefecture: Prefecture?, isStored: Bool, _ database: Database
  ) async throws -> Facility {
    guard isStored else {
      return try Facility(
        id: FacilityID(at: .test), name: Facility.Name(name), kind: .hospital, beds: beds,
        prefecture: prefecture)
    }
    return try await Facilities.create(
      name: name, kind: .hospital, beds: beds, prefecture: prefecture, by: .system("test"), in: database,
      now: .test)
  }

  private static func people(_ facility: Facility, _ other: Facility, _ database: Database) async throws {
    let here = Scope(database, actor: .system("test"), facility: facility.id, now: .test)
    let there = Scope(database, actor: .system("test"), facility: other.id, now: .test)
    for (who, role) in [
      (Who.administrator, Role.administrator), (.itStaff, .itStaff), (.management, .management),
      (.contributor, .contributor), (.auditor, .auditor), (.staff, .staff),
    ] {
      _ = try await Accounts.add(
        name: who.rawValue, login: who.rawValue, password: password, role: role, cost: .lowest, in: here)
    }
    _ = try await Accounts.add(
      name: "stranger", login: "stranger", password: password, role: .administrator, cost: .lowest, in: there)
  }

  private final class Clock: Sendable {
    private let moment: Mutex<Instant>
    init(_ moment: Instant) { self.moment = Mutex(moment) }
    var now: Instant {
      get { moment.withLock { $0 } }
      set { moment.withLock { $0 = newValue } }
    }
  }
  private let moving: Clock

  private init(
    database: Database, library: PackLibrary, site: Site, facility: Facility, other: Facility, time: Clock,
    client: any TestClientProtocol
  ) {
    self.database = database
    self.library = library
    self.site = site
    self.facility = facility
    otherFacility = other
    moving = time
    self.client = client
  }

  public var now: Instant {
    get { moving.now }
    set { moving.now = newValue }
  }

  /// A scope of the system at the hospital, for arranging and for looking at what happened.
  public var scope: Scope { Scope(database, actor: .system("test"), facility: facility.id, now: now) }

  // MARK: HTTP

  public struct Answer: Sendable, CustomTestStringConvertible {
    /// Short: a failed expectation prints it.
    public var testDescription: String { "\(status) \(location ?? "") \(body.prefix(200))" }

    public let status: Int
    public let body: String
    public let bytes: [UInt8]
    public let headers: [String: String]
    public var location: String? { headers["location"] }

    /// The value of the first hidden field of that name.
    public func hidden(_ name: String) -> String? {
      guard let start = body.range(of: "name=\"\(name)\" value=\"") else { return nil }
      return String(body[start.upperBound...].prefix { $0 != "\"" })
    }
  }

  /// - Parameters:
  ///   - link: the cookie of a browser in which a vendor's link stands open.
  ///   - language: as chosen on a page; nil for the first one.
  public func get(
    _ path: String, as who: Who = .itStaff, accept: String = "text/html", link: String? = nil,
    in language: Language? = nil
  ) async throws -> Answer {
    try await send("GET", path, as: who, body: [], type: nil, accept: accept, link: link, in: language)
  }

  /// Posts a form with the token of its page.
  public func post(
    _ path: String, _ fields: [(String, String)], as who: Who = .itStaff, accept: String = "text/html",
    token: String? = nil, link: String? = nil, in language: Language? = nil
  ) async throws -> Answer {
    let cookie = try await cookie(of: who)
    let all = [("_token", token ?? Self.formToken(cookie))] + fields
    let body = all.map { "\(urlEncoded($0.0))=\(urlEncoded($0.1))" }.joined(separator: "&")
    return try await send(
      "POST", path, as: who, body: Array(body.utf8), type: "application/x-www-form-urlencoded",
      accept: accept,
      link: link, in: language)
  }

  /// As a program with a token, and whatever else it sends along; nothing is remembered.
  public func program(
    _ path: String, method: String = "GET", token: String, fields: [(String, String)] = [],
    cookie: String? = nil, language: String? = nil
  ) async throws -> Answer {
    var headers: HTTPFields = [.authorization: "Bearer \(token)"]
    if let language { headers[.acceptLanguage] = language }
    if let cookie { headers[.cookie] = cookie }
    if method == "POST" { headers[.contentType] = "application/x-www-form-urlencoded" }
    let body = fields.map { "\(urlEncoded($0.0))=\(urlEncoded($0.1))" }.joined(separator: "&")
    let answer = try await client.execute(
      uri: path, method: method == "GET" ? .get : .post, headers: headers, body: ByteBuffer(string: body))
    let bytes = [UInt8](buffer: answer.body)
    let found = Dictionary(
      answer.headers.map { ($0.name.canonicalName, $0.value) }, uniquingKeysWith: { "\($0), \($1)" })
    return Answer(
      status: Int(answer.status.code), body: String(decoding: bytes, as: UTF8.self), bytes: bytes,
      headers: found)
  }

  public func upload(
    _ path: String, field: String, name: String, bytes: [UInt8], fields: [(String, String)] = [],
    as who: Who = .itStaff, link: String? = nil
  ) async throws -> Answer {
    let boundary = "boundary-of-a-test"
    let token = Self.formToken(try await cookie(of: who))
    var body = Array(
      "--\(boundary)\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n\(token)\r\n".utf8)
    for (name, value) in fields {
      body += Array(
        "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }
    body += Array(
      "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field)\"; filename=\"\(name)\"\r\n\r\n".utf8)
    body += bytes
    body += Array("\r\n--\(boundary)--\r\n".utf8)
    return try await send(
      "POST", path, as: who, body: body, type: "multipart/form-data; boundary=\(boundary)",
      accept: "text/html", link: link)
  }

  private func send(
    _ method: String, _ path: String, as who: Who, body: [UInt8], type: String?, accept: String,
    link: String?, in language: Language? = nil
  ) async throws -> Answer {
    var headers: HTTPFields = [.accept: accept]
    let cookie = try await cookie(of: who)
    headers[.cookie] =
      "mamorite=\(cookie)" + (link.map { "; mamorite-link=\($0)" } ?? "")
      + (language.map { "; language=\($0.rawValue)" } ?? "")
    if let type { headers[.contentType] = type }
    let answer = try await client.execute(
      uri: path, method: method == "GET" ? .get : .post, headers: headers, body: ByteBuffer(bytes: body))
    let bytes = [UInt8](buffer: answer.body)
    var found: [String: String] = [:]
    for field in answer.headers {
      let name = field.name.canonicalName
      found[name] = found[name].map { "\($0), \(field.value)" } ?? field.value
    }
    // The token changes with what a person may do; a browser follows by itself.
    if who != .nobody,
      let set = answer.headers[values: .setCookie].first(where: { $0.hasPrefix("mamorite=") })
    {
      let token = String(set.dropFirst("mamorite=".count).prefix { $0 != ";" })
      cookies.withLock { $0[who] = token.isEmpty ? nil : token }
    }
    return Answer(
      status: Int(answer.status.code), body: String(decoding: bytes, as: UTF8.self), bytes: bytes,
      headers: found)
  }

  private static let anonymous = String(repeating: "a", count: 64)

  /// The cookie of a signed-in session, by signing in at the first use.
  public func cookie(of who: Who) async throws -> String {
    if who == .nobody { return Self.anonymous }
    if let known = cookies.withLock({ $0[who] }) { return known }
    let fields = [
      ("_token", Self.formToken(Self.anonymous)), ("login", who.rawValue), ("password", Self.password),
    ]
    let body = fields.map { "\(urlEncoded($0.0))=\(urlEncoded($0.1))" }.joined(separator: "&")
    let answer = try await client.execute(
      uri: "/sign-in", method: .post,
      headers: [.cookie: "mamorite=\(Self.anonymous)", .contentType: "application/x-www-form-urlencoded"],
      body: ByteBuffer(string: body))
    let set = answer.headers[.setCookie] ?? ""
    guard let start = set.range(of: "mamorite=") else { throw NotSignedIn(status: Int(answer.status.code)) }
    let cookie = String(set[start.upperBound...].prefix { $0 != ";" })
    cookies.withLock { $0[who] = cookie }
    return cookie
  }

  public func forgetCookie(of who: Who) { cookies.withLock { $0[who] = nil } }

  struct NotSignedIn: Error { let status: Int }

  /// What forms carry; the same derivation as in Web, so that a change there is noticed here.
  public static func formToken(_ cookie: String) -> String {
    String(sha256(Array("form:\(cookie)".utf8)).prefix(40))
  }
}
