import CPostgres
import Foundation
import Glibc
import NIOCore

/// PostgreSQL: signs in and asks `SELECT 1`, through libpq without blocking (libpq §34.4).
public struct PostgresCheck: Check {
  public let target: Target
  public let database: String
  public let user: String
  let password: String?
  public let security: Security
  /// A PEM file of the authorities that are believed, or their PEM text itself; the machine's own when nil.
  public let authorities: String?
  public let limits: Limits

  /// How the line is protected.
  public enum Security: String, Sendable, CaseIterable {
    /// No TLS: whoever listens on the way hears the password, or what it can be guessed from.
    case none
    /// TLS, whoever the server is.
    case encrypted
    /// TLS, and the certificate is for this name and of a known authority.
    case verified
  }

  public static let standardPort = 5432

  public init(
    target: Target, database: String, user: String, password: String? = nil, security: Security = .encrypted,
    authorities: String? = nil, limits: Limits
  ) {
    (self.target, self.database, self.user, self.password) = (target, database, user, password)
    (self.security, self.authorities, self.limits) = (security, authorities, limits)
  }

  public var secrets: [String] { password.map { [$0] } ?? [] }

  public func examine(in session: Session) async throws -> Sighting {
    let addresses = try await session.addresses(of: target)
    let version = try await session.prober.databases.run(session) {
      let file = try authorities.flatMap { $0.hasPrefix("-----BEGIN") ? try NamelessFile($0) : nil }
      return try PostgresWork(parameters(addresses, file), file, session)
    }
    return Sighting([Note(key: "probes.postgres", target.description, version)])
  }

  /// A place where no file can be: libpq then takes none, instead of one in the account's home.
  private static let nowhere = "/dev/null/none"

  /// - Parameter addresses: Tried in turn; libpq asks no name server, and checks the certificate against the name.
  private func parameters(_ addresses: [IPAddress], _ file: NamelessFile?) -> [(String, String)] {
    var all = [
      ("host", addresses.map { _ in target.host }.joined(separator: ",")),
      ("hostaddr", addresses.map(\.description).joined(separator: ",")), ("port", "\(target.port)"),
      ("dbname", database), ("user", user), ("application_name", "mamorite-probe"),
      // Files and services of the account that runs us are not for a check.
      ("passfile", "/dev/null"), ("gssencmode", "disable"), ("client_encoding", "UTF8"),
      ("sslcert", PostgresCheck.nowhere), ("sslkey", PostgresCheck.nowhere),
    ]
    if let password { all.append(("password", password)) }
    switch security {
    case .none: all.append(("sslmode", "disable"))
    case .encrypted: all += [("sslmode", "require"), ("sslrootcert", PostgresCheck.nowhere)]
    case .verified:
      all += [
        ("sslmode", "verify-full"),
        ("sslrootcert", file?.path ?? authorities ?? "/etc/ssl/certs/ca-certificates.crt"),
      ]
    }
    return all
  }
}

/// PEM text as a file without a name, as libpq takes the authorities from files alone (libpq §34.19). It is gone with its last user.
private final class NamelessFile: Sendable {
  private let descriptor: CInt

  /// - Throws: `Trouble.unreadableFile`.
  init(_ text: String) throws(Trouble) {
    let folder = FileManager.default.temporaryDirectory.path
    var name = Array("\(folder)/mamorite-authorities.XXXXXX".utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw .unreadableFile(folder) }
    // What it is called is needed no more: nothing is left behind, however this program ends.
    unlink(name)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let bytes = Array(text.utf8)
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written == bytes.count else { throw .unreadableFile("PEM") }
  }

  deinit { Glibc.close(descriptor) }

  var path: String { "/proc/self/fd/\(descriptor)" }
}

/// One connection, from its start to the answer; the value is the server's version.
private final class PostgresWork: LaneWork {
  private enum Phase { case connecting, asking }

  private let session: Session
  /// Kept until the connection has ended: libpq opens it when TLS begins.
  private let file: NamelessFile?
  private var connection: OpaquePointer?
  private var phase = Phase.connecting
  private var events = Int16(POLLOUT)
  private var isAnswered = false

  init(_ parameters: [(String, String)], _ file: NamelessFile?, _ session: Session) throws {
    (self.session, self.file) = (session, file)
    let keywords = parameters.map { strdup($0.0) }
    let values = parameters.map { strdup($0.1) }
    defer { for text in keywords + values { free(text) } }
    session.trace?.add(
      .sent, text: parameters.filter { $0.0 != "password" }.map { "\($0.0)=\($0.1)" }.joined(separator: " "))
    let names = keywords.map { UnsafePointer($0) } + [nil]
    let settings = values.map { UnsafePointer($0) } + [nil]
    connection = PQconnectStartParams(names, settings, 0)
    // Notices go nowhere: a server could fill the log with them.
    PQsetNoticeProcessor(connection, { _, _ in }, nil)
    guard PQstatus(connection) != CONNECTION_BAD else {
      let trouble = refusal()
      close()
      throw trouble
    }
    // Asking before the socket is ready is not allowed (libpq §34.1, PQconnectPoll).
  }

  var descriptors: [pollfd] { [pollfd(fd: PQsocket(connection), events: events, revents: 0)] }
  var wake: NIODeadline? { nil }
  /// What the socket is connected to has not said enough.
  var delay: Trouble? {
    let (place, ms) = (session.place, session.limits.timeoutMs)
    switch PQstatus(connection) {
    case CONNECTION_NEEDED, CONNECTION_STARTED: return nil
    case CONNECTION_SSL_STARTUP: return .silentTLS(place, ms)
    default: return received == 0 ? .silent(place, ms) : .trickling(place, ms, received)
    }
  }

  func advance() throws -> String? {
    guard isReady else { return nil }
    guard received <= session.limits.mostBytes else {
      throw Trouble.tooMuch(session.place, session.limits.mostBytes)
    }
    return phase == .connecting ? try connect() : try ask()
  }

  /// Whether the socket has what was waited for.
  private var isReady: Bool {
    var descriptor = pollfd(fd: PQsocket(connection), events: events, revents: 0)
    return poll(&descriptor, 1, 0) > 0
  }

  private func connect() throws -> String? {
    switch PQconnectPoll(connection) {
    case PGRES_POLLING_READING: events = Int16(POLLIN)
    case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
    case PGRES_POLLING_OK:
      session.trace?.add(.sent, text: "SELECT 1")
      guard PQsetnonblocking(connection, 1) == 0, PQsendQuery(connection, "SELECT 1") == 1 else {
        throw refusal()
      }
      phase = .asking
      events = Int16(POLLIN) | Int16(PQflush(connection) > 0 ? POLLOUT : 0)
    default: throw refusal()
    }
    return nil
  }

  private func ask() throws -> String? {
    guard PQconsumeInput(connection) == 1 else { throw refusal() }
    events = Int16(POLLIN) | Int16(PQflush(connection) > 0 ? POLLOUT : 0)
    while PQisBusy(connection) == 0 {
      guard let result = PQgetResult(connection) else {
        guard isAnswered else { throw refusal() }
        return PQparameterStatus(connection, "server_version").map { String(cString: $0) } ?? "?"
      }
      defer { PQclear(result) }
      guard PQresultStatus(result) == PGRES_TUPLES_OK, PQntuples(result) == 1,
        let value = PQgetvalue(result, 0, 0), String(cString: value) == "1"
      else {
        throw Trouble.databaseRefused(PQresultErrorMessage(result).map { String(cString: $0) } ?? "SELECT 1")
      }
      session.trace?.add(.received, text: "1")
      isAnswered = true
    }
    return nil
  }

  /// Bytes that the kernel has taken from the target: libpq keeps a row of any size, and tells nobody.
  private var received: Int {
    // tcpi_bytes_received of struct tcp_info stands at byte 128 (Linux 4.1 and later).
    var info = [UInt8](repeating: 0, count: 192)
    var size = socklen_t(info.count)
    guard getsockopt(PQsocket(connection), Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0, size >= 136
    else {
      return 0
    }
    return Int(clamping: info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 128, as: UInt64.self) })
  }

  private func refusal() -> Trouble {
    let words = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
    session.trace?.add(.received, text: words)
    return DatabaseWords.trouble(words, place: session.place)
  }

  func close() {
    PQfinish(connection)
    connection = nil
  }
}

/// What libpq says when something went wrong: text alone, in English as long as nobody sets a locale.
enum DatabaseWords {
  /// The database's own words are marked by their weight (libpq §55.8); all else is libpq's, of the way there.
  static func trouble(_ words: String, place: String) -> Trouble {
    let line = words.split(separator: "\n").joined(separator: " ")
    func says(_ parts: String...) -> Bool { parts.contains { line.contains($0) } }
    if says("FATAL:", "ERROR:", "PANIC:") { return .databaseRefused(line) }
    if says("Connection refused") { return .refusedConnection(place) }
    if says("No route to host", "Network is unreachable", "Permission denied") {
      return .noRoute(place, line)
    }
    if says("SSL", "certificate") { return .noTLS(place, line) }
    return .databaseLost(line)
  }
}
