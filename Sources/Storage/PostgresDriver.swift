import CPostgres
import Foundation
import Kernel
import Synchronization

/// PostgreSQL through libpq: a fixed number of threads, each owning one connection.
///
/// Work is queued and taken by whichever thread is free. A lost connection is opened anew for the next piece of work; work
/// that was under way fails with ``DatabaseProblem/unreachable(reason:)`` and is never run twice.
final class PostgresDriver: Driver {
  let dialect = Dialect.postgres
  let url: String
  private let queue = WorkQueue()

  /// - Throws: ``DatabaseProblem/unreachable(reason:)`` when no connection can be had now.
  init(url: String, connections: Int = 6) throws {
    self.url = url
    let first = PostgresLink(url: url)
    try first.connect()
    for index in 0..<connections {
      let link = index == 0 ? first : PostgresLink(url: url)
      let thread = Thread { [queue] in
        while let work = queue.next() { work(link) }
        link.disconnect()
      }
      thread.name = "postgres-\(index)"
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
    try await run { link in try link.transaction("BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ", body) }
  }

  func write<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
    try await run { link in try link.transaction("BEGIN", body) }
  }

  func migrate<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
    try await run { link in
      try link.transaction("BEGIN") { connection in
        // The number is "mamorite" shortened; any two programs that migrate wait for each other here.
        _ = try connection.rows("SELECT pg_advisory_xact_lock(77461)", [])
        return try body(connection)
      }
    }
  }

  func close() async { queue.close() }

  private func run<T: Sendable>(_ body: @escaping @Sendable (PostgresLink) throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      let taken = queue.add { link in continuation.resume(with: Result { try body(link) }) }
      if !taken { continuation.resume(throwing: DatabaseProblem.unreachable(reason: "closed")) }
    }
  }
}

/// Work for the threads, first in first out.
///
/// `@unchecked Sendable`: the condition guards every access to the two variables.
private final class WorkQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var waiting: [@Sendable (PostgresLink) -> Void] = []
  private var closed = false

  func add(_ work: @escaping @Sendable (PostgresLink) -> Void) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard !closed else { return false }
    waiting.append(work)
    condition.signal()
    return true
  }

  /// The next piece of work, waiting for it; nil once the queue is closed and empty.
  func next() -> (@Sendable (PostgresLink) -> Void)? {
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty && !closed { condition.wait() }
    return waiting.isEmpty ? nil : waiting.removeFirst()
  }

  func close() {
    condition.lock()
    closed = true
    condition.broadcast()
    condition.unlock()
  }
}

/// A connection and its prepared statements.
///
/// `@unchecked Sendable`: made on one thread and handed to the one thread that uses it from then on.
private final class PostgresLink: Connection, @unchecked Sendable {
  let dialect = Dialect.postgres
  private let url: String
  private var handle: OpaquePointer?
  private var prepared: [String: String] = [:]

  /// A search makes statements of its own; beyond so many all are let go, and the server's memory with them.
  private static let mostPrepared = 500

  init(url: String) { self.url = url }

  func connect() throws {
    if let handle, PQstatus(handle) == CONNECTION_OK { return }
    disconnect()
    handle = PostgresLink.open(url)
    guard let handle, PQstatus(handle) == CONNECTION_OK else {
      let reason = lastMessage
      disconnect()
      throw DatabaseProblem.unreachable(reason: reason)
    }
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    PQsetClientEncoding(handle, "UTF8")
    try plain("SET statement_timeout = '15s'; SET client_min_messages = warning; SET timezone = 'UTC'")
  }

  /// Gives up after 5 seconds, so that a host that is gone does not block every thread for minutes. The address may say
  /// otherwise; so may `PGCONNECT_TIMEOUT`.
  private static func open(_ url: String) -> OpaquePointer? {
    let seconds = ProcessInfo.processInfo.environment["PGCONNECT_TIMEOUT"] ?? "5"
    // What stands in the address wins over what comes before it.
    let texts = ["connect_timeout", "dbname", seconds, url].map { (text: String) in strdup(text) }
    defer { for text in texts { free(text) } }
    let words = texts.map { text in UnsafePointer<CChar>(text) }
    return PQconnectdbParams([words[0], words[1], nil], [words[2], words[3], nil], 1)
  }

  func disconnect() {
    if let handle { PQfinish(handle) }
    handle = nil
    prepared = [:]
  }

  func transaction<T>(_ begin: String, _ body: (any Connection) throws -> T) throws -> T {
    try connect()
    do { try plain(begin) } catch is DatabaseProblem {
      // The server went away while the connection lay idle: nothing has been done yet, so try once more.
      disconnect()
      try connect()
      try plain(begin)
    }
    do {
      let result = try body(self)
      try commit()
      return result
    } catch {
      if let handle, PQstatus(handle) == CONNECTION_OK {
        try plain("ROLLBACK")
      } else {
        disconnect()
      }
      throw error
    }
  }

  func rows(_ text: String, _ values: [SQLValue]) throws -> [Row] {
    let result = try execute(text, values)
    defer { PQclear(result) }
    let columns = PQnfields(result)
    let types = (0..<columns).map { PQftype(result, $0) }
    var rows: [Row] = []
    rows.reserveCapacity(Int(PQntuples(result)))
    for row in 0..<PQntuples(result) {
      var cells: [SQLValue] = []
      cells.reserveCapacity(Int(columns))
      for column in 0..<columns {
        cells.append(value(result, row, column, type: types[Int(column)]))
      }
      rows.append(Row(values: cells))
    }
    return rows
  }

  func scan(_ text: String, _ values: [SQLValue], _ body: (LentRow) throws -> Bool) throws {
    let result = try execute(text, values)
    defer { PQclear(result) }
    for row in 0..<PQntuples(result) {
      guard try body(LentRow(place: .postgres(PostgresRow(result: result, row: row)))) else { return }
    }
  }

  func change(_ text: String, _ values: [SQLValue]) throws -> Int {
    let result = try execute(text, values)
    defer { PQclear(result) }
    return Int(String(cString: PQcmdTuples(result))) ?? 0
  }

  private func value(_ result: OpaquePointer, _ row: Int32, _ column: Int32, type: Oid) -> SQLValue {
    if PQgetisnull(result, row, column) == 1 { return .null }
    guard let bytes = PQgetvalue(result, row, column) else { return .null }
    switch type {
    case 16: return .bool(bytes.pointee == 0x74)
    case 20, 21, 23: return .int(Int64(String(cString: bytes)) ?? 0)
    case 1700:
      let text = String(cString: bytes)
      return Int64(text).map { .int($0) } ?? .double(Double(text) ?? 0)
    case 700, 701: return .double(Double(String(cString: bytes)) ?? 0)
    case 17:
      var count = 0
      guard let plain = PQunescapeBytea(UnsafeRawPointer(bytes).assumingMemoryBound(to: UInt8.self), &count)
      else {
        return .blob([])
      }
      defer { PQfreemem(plain) }
      return .blob(Array(UnsafeBufferPointer(start: plain, count: count)))
    default: return .text(String(cString: bytes))
    }
  }

  private func execute(_ text: String, _ values: [SQLValue]) throws -> OpaquePointer {
    guard let handle else { throw DatabaseProblem.unreachable(reason: "no connection") }
    let name: String
    if let known = prepared[text] {
      name = known
    } else {
      if prepared.count == PostgresLink.mostPrepared {
        try plain("DEALLOCATE ALL")
        prepared = [:]
      }
      name = "s\(prepared.count)"
      PQclear(try check(PQprepare(handle, name, text, 0, nil)))
      prepared[text] = name
    }
    let parameters = values.map(\.postgresParameter)
    var lengths = parameters.map { Int32($0?.bytes.count ?? 0) }
    var formats = parameters.map { Int32($0?.binary == true ? 1 : 0) }
    let buffers = parameters.map { parameter -> UnsafeMutablePointer<CChar>? in
      guard let parameter else { return nil }
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: parameter.bytes.count + 1)
      for (index, byte) in parameter.bytes.enumerated() { buffer[index] = CChar(bitPattern: byte) }
      buffer[parameter.bytes.count] = 0
      return buffer
    }
    defer { for buffer in buffers { buffer?.deallocate() } }
    let pointers = buffers.map { UnsafePointer($0) }
    return try check(
      PQexecPrepared(handle, name, Int32(values.count), pointers, &lengths, &formats, 0))
  }

  /// - Throws: `PostgresError` when the server rolled back instead, which it reports as success.
  private func commit() throws {
    guard let handle else { throw DatabaseProblem.unreachable(reason: "no connection") }
    let result = try check(PQexec(handle, "COMMIT"))
    defer { PQclear(result) }
    guard String(cString: PQcmdStatus(result)) == "COMMIT" else {
      throw PostgresError(state: "25P02", message: "the transaction had failed and was rolled back")
    }
  }

  private func plain(_ text: String) throws {
    guard let handle else { throw DatabaseProblem.unreachable(reason: "no connection") }
    PQclear(try check(PQexec(handle, text)))
  }

  private func check(_ result: OpaquePointer?) throws -> OpaquePointer {
    guard let result else { throw DatabaseProblem.unreachable(reason: lastMessage) }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return result
    default:
      // 0x43 is PG_DIAG_SQLSTATE, a macro of a character that Swift does not import.
      let state = PQresultErrorField(result, 0x43).map { String(cString: $0) } ?? ""
      let message = String(cString: PQresultErrorMessage(result)).trimmed
      PQclear(result)
      if let handle, PQstatus(handle) != CONNECTION_OK { throw DatabaseProblem.unreachable(reason: message) }
      // Without a state it is libpq that complains, which calls a connection good until it has read its end. Classes 08
      // and 57P: connection trouble or the server shutting down; 53100: its disk is full.
      if state.isEmpty || state.hasPrefix("08") || state.hasPrefix("57P") {
        throw DatabaseProblem.unreachable(reason: message)
      }
      if state == "53100" { throw DatabaseProblem.full }
      if state == "23503" { throw BrokenReference() }
      throw PostgresError(state: state, message: message)
    }
  }

  private var lastMessage: String {
    handle.map { String(cString: PQerrorMessage($0)).trimmed } ?? "out of memory"
  }
}

/// A row of a result that is still held.
struct PostgresRow {
  let result: OpaquePointer
  let row: Int32

  func int(_ index: Int) throws -> Int {
    guard let digits = PQgetvalue(result, row, Int32(index)), let number = Int(String(cString: digits)) else {
      throw Row.Corrupt("column \(index) holds no integer")
    }
    return number
  }

  func text(_ index: Int) throws -> UnsafeRawBufferPointer? {
    guard PQgetisnull(result, row, Int32(index)) == 0 else { return nil }
    return UnsafeRawBufferPointer(
      start: PQgetvalue(result, row, Int32(index)), count: Int(PQgetlength(result, row, Int32(index))))
  }
}

/// What the server said of a statement.
public struct PostgresError: Error, CustomStringConvertible {
  public let state: String
  public let message: String
  public var description: String { "\(state): \(message)" }
}

extension SQLValue {
  fileprivate var postgresParameter: (bytes: [UInt8], binary: Bool)? {
    switch self {
    case .null: nil
    case .int(let value): (Array(String(value).utf8), false)
    case .text(let value): (Array(value.utf8.filter { $0 != 0 }), false)
    case .bool(let value): (Array((value ? "true" : "false").utf8), false)
    case .double(let value): (Array(String(value).utf8), false)
    case .blob(let value): (value, true)
    }
  }
}
