public import Kernel

/// A value as both databases know it.
public enum SQLValue: Sendable, Equatable {
  case null
  case int(Int64)
  case text(String)
  case bool(Bool)
  case double(Double)
  case blob([UInt8])
}

extension SQLValue {
  public init(_ text: String?) { self = text.map { .text($0) } ?? .null }
  public init(_ number: Int?) { self = number.map { .int(Int64($0)) } ?? .null }
  public init(_ day: Day?) { self = day.map { .text($0.description) } ?? .null }
  public init(_ instant: Instant) { self = .int(instant.milliseconds) }
  public init<T>(_ id: ID<T>) { self = .text(id.text) }
}

/// Which database speaks.
public enum Dialect: Sendable, Hashable { case sqlite, postgres }

/// One statement. Its text comes from literals only: `\(x)` always binds, another `SQL` nests.
///
///     "SELECT name FROM person WHERE facility_id = \(facility) AND id = \(id)"
///     "content \(sqlite: "BLOB", postgres: "BYTEA")"
public struct SQL: Sendable, ExpressibleByStringInterpolation {
  enum Part: Sendable {
    case text(String)
    case value(SQLValue)
    indirect case variant(sqlite: SQL, postgres: SQL)
    case made(Template, [SQLValue])
  }

  /// A statement whose text is made once, to be run with many sets of values: thousands of rows in one transaction.
  public struct Template: Sendable {
    fileprivate let sqlite: String
    fileprivate let postgres: String
    fileprivate let places: Int

    /// - Parameter sql: what it binds says only how many values there are and where.
    public init(_ sql: SQL) {
      let rendered = sql.rendered(for: .sqlite)
      (sqlite, places) = (rendered.text, rendered.values.count)
      postgres = sql.rendered(for: .postgres).text
    }

    /// The statement with `values` in the order of their places.
    public func callAsFunction(_ values: [SQLValue]) -> SQL {
      precondition(values.count == places, "\(values.count) values for \(places) places")
      return SQL(made: self, values)
    }
  }

  private init(made template: Template, _ values: [SQLValue]) { parts = [.made(template, values)] }

  private(set) var parts: [Part]

  public init(stringLiteral value: StaticString) { parts = [.text(value.description)] }
  public init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

  /// Several pieces with `separator` between them, for value lists of a known shape.
  public init(joining pieces: some Sequence<SQL>, by separator: SQL) {
    parts = []
    for (index, piece) in pieces.enumerated() {
      if index > 0 { parts += separator.parts }
      parts += piece.parts
    }
  }

  /// Whether a column holds `letters` somewhere, each as it stands: no letter is a wildcard, and no letters are in every text.
  public static func contains(_ column: SQL, _ letters: String) -> SQL {
    "\(sqlite: "instr(\(column), \(letters))", postgres: "strpos(\(column), \(letters))") > 0"
  }

  /// The rows of several SELECTs of the same columns, each with the number of its SELECT in front; in any order.
  ///
  /// Several slices are asked in one statement this way.
  public init(uniting selects: some Sequence<SQL>) {
    let numbered = selects.enumerated().map { "SELECT \($0) AS part, r.* FROM (\($1)) r" as SQL }
    self.init(joining: numbered, by: " UNION ALL ")
  }

  /// The text with `?` or `$1`, and the values in order.
  func rendered(for dialect: Dialect) -> (text: String, values: [SQLValue]) {
    if parts.count == 1, case .made(let template, let values) = parts[0] {
      return (dialect == .sqlite ? template.sqlite : template.postgres, values)
    }
    var text = ""
    var values: [SQLValue] = []
    render(for: dialect, into: &text, &values)
    return (text, values)
  }

  private func render(for dialect: Dialect, into text: inout String, _ values: inout [SQLValue]) {
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .value(let value):
        values.append(value)
        text += dialect == .sqlite ? "?" : "$\(values.count)"
      case .variant(let sqlite, let postgres):
        (dialect == .sqlite ? sqlite : postgres).render(for: dialect, into: &text, &values)
      case .made:
        // The places of PostgreSQL are numbered from the start of the statement.
        preconditionFailure("a made statement stands alone")
      }
    }
  }

  public struct StringInterpolation: StringInterpolationProtocol {
    var parts: [Part] = []

    public init(literalCapacity: Int, interpolationCount: Int) {
      parts.reserveCapacity(interpolationCount * 2 + 1)
    }

    public mutating func appendLiteral(_ literal: StaticString) {
      if literal.utf8CodeUnitCount > 0 { parts.append(.text(literal.description)) }
    }
    public mutating func appendInterpolation(_ value: String) { parts.append(.value(.text(value))) }
    public mutating func appendInterpolation(_ value: Int) { parts.append(.value(.int(Int64(value)))) }
    public mutating func appendInterpolation(_ value: Int64) { parts.append(.value(.int(value))) }
    public mutating func appendInterpolation(_ value: Bool) { parts.append(.value(.bool(value))) }
    public mutating func appendInterpolation(_ value: [UInt8]) { parts.append(.value(.blob(value))) }
    public mutating func appendInterpolation(_ value: Instant) {
      parts.append(.value(.int(value.milliseconds)))
    }
    public mutating func appendInterpolation(_ value: Day) { parts.append(.value(.text(value.description))) }
    public mutating func appendInterpolation(_ value: FiscalYear) {
      parts.append(.value(.int(Int64(value.year))))
    }
    public mutating func appendInterpolation<T>(_ value: ID<T>) { parts.append(.value(.text(value.text))) }
    public mutating func appendInterpolation(_ value: String?) { appendOptional(value) { .text($0) } }
    public mutating func appendInterpolation(_ value: Int?) { appendOptional(value) { .int(Int64($0)) } }
    public mutating func appendInterpolation(_ value: Instant?) {
      appendOptional(value) { .int($0.milliseconds) }
    }
    public mutating func appendInterpolation(_ value: Day?) {
      appendOptional(value) { .text($0.description) }
    }
    public mutating func appendInterpolation(_ value: FiscalYear?) {
      appendOptional(value) { .int(Int64($0.year)) }
    }
    public mutating func appendInterpolation<T>(_ value: ID<T>?) { appendOptional(value) { .text($0.text) } }
    public mutating func appendInterpolation(_ value: SQL) { parts += value.parts }
    public mutating func appendInterpolation(sqlite: SQL, postgres: SQL) {
      parts.append(.variant(sqlite: sqlite, postgres: postgres))
    }

    private mutating func appendOptional<T>(_ value: T?, _ make: (T) -> SQLValue) {
      parts.append(.value(value.map(make) ?? .null))
    }
  }
}

/// One row of a result; columns by position, 0-based.
///
/// A column that does not hold what the store expects means that the schema and the code disagree: ``Corrupt`` is thrown.
public struct Row: Sendable {
  let values: [SQLValue]

  /// The database holds what it never should.
  public struct Corrupt: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
  }

  public var count: Int { values.count }

  public func text(_ index: Int) throws -> String {
    if case .text(let value) = values[index] { return value }
    throw wrong(index, "text")
  }

  public func optionalText(_ index: Int) throws -> String? {
    if case .null = values[index] { return nil }
    return try text(index)
  }

  public func int(_ index: Int) throws -> Int {
    switch values[index] {
    case .int(let value): return Int(value)
    case .text(let value): if let number = Int(value) { return number }
    default: break
    }
    throw wrong(index, "integer")
  }

  public func optionalInt(_ index: Int) throws -> Int? {
    if case .null = values[index] { return nil }
    return try int(index)
  }

  public func bool(_ index: Int) throws -> Bool {
    switch values[index] {
    case .bool(let value): return value
    case .int(let value): return value != 0
    default: throw wrong(index, "boolean")
    }
  }

  public func blob(_ index: Int) throws -> [UInt8] {
    if case .blob(let value) = values[index] { return value }
    throw wrong(index, "bytes")
  }

  public func instant(_ index: Int) throws -> Instant { Instant(milliseconds: Int64(try int(index))) }

  public func optionalInstant(_ index: Int) throws -> Instant? {
    try optionalInt(index).map { Instant(milliseconds: Int64($0)) }
  }

  public func day(_ index: Int) throws -> Day {
    guard let day = try optionalDay(index) else { throw wrong(index, "day") }
    return day
  }

  public func optionalDay(_ index: Int) throws -> Day? {
    guard let text = try optionalText(index) else { return nil }
    guard let day = Day(text) else { throw wrong(index, "day") }
    return day
  }

  public func id<T>(_ index: Int, of type: T.Type = T.self) throws -> ID<T> {
    guard let id = ID<T>(try text(index)) else { throw wrong(index, "id") }
    return id
  }

  public func optionalID<T>(_ index: Int, of type: T.Type = T.self) throws -> ID<T>? {
    guard let text = try optionalText(index) else { return nil }
    guard let id = ID<T>(text) else { throw wrong(index, "id") }
    return id
  }

  private func wrong(_ index: Int, _ expected: String) -> Corrupt {
    Corrupt("column \(index) holds \(values[index]) instead of \(expected)")
  }
}
