import Kernel

/// A table with rows of facilities, as the catalog of this very database describes it.
struct FacilityTable: Sendable, Equatable, Codable {
  let name: String
  let columns: [Column]
  /// Columns of the primary key in their order.
  let key: [String]
  let references: [Reference]

  struct Column: Sendable, Equatable, Codable {
    let name: String
    let kind: Kind
    let isRequired: Bool

    /// Whether a value is one that this column can have; times are those of the years 1 to 9999.
    func isTold(_ value: SQLValue) -> Bool {
      guard kind == .integer, case .int(let number) = value else { return true }
      return (name.hasSuffix("_ms") ? FacilityTable.times : FacilityTable.counts).contains(number)
    }
  }

  // Further away than any date that people write; sums of such times do not overflow.
  static let times: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999
  // More than any sum of money and any file has; nor do sums of these, nor minutes that become milliseconds.
  static let counts: ClosedRange<Int64> = -10_000_000_000_000...10_000_000_000_000

  /// What a column holds, in the words of JSON; `bytes` lie in a file of their own.
  enum Kind: String, Sendable, Codable {
    case text, integer, boolean, number, bytes

    /// A value that a rule gives: NULL, or what the text says.
    func value(_ text: String?) -> SQLValue {
      guard let text else { return .null }
      return switch self {
      case .boolean: .bool(text == "true")
      case .integer, .number: .int(Int64(text) ?? 0)
      case .text, .bytes: .text(text)
      }
    }

    /// - Parameter type: a name of either database, in capitals.
    init?(type: String) {
      switch type {
      case "TEXT": self = .text
      case "BIGINT", "INTEGER": self = .integer
      case "BOOLEAN": self = .boolean
      case "DOUBLE PRECISION", "REAL": self = .number
      case "BLOB", "BYTEA": self = .bytes
      default: return nil
      }
    }
  }

  /// Which columns name a row of another table.
  struct Reference: Sendable, Equatable, Codable {
    let table: String
    let from: [String]
    let to: [String]
  }

  /// The column that names the facility.
  var facilityColumn: String { name == FacilityTable.facility ? "id" : "facility_id" }

  /// The table of the facilities themselves.
  static let facility = "facility"

  /// Tables that leave as the ledger, in its own documented form.
  static let ledger: Set = ["audit_entry", "audit_head", "ledger_checkpoint", "ledger_stamp"]

  /// Every table with rows of facilities, so ordered that a table comes after those that it names; the ledger's are not among them.
  ///
  /// - Throws: ``Row/Corrupt`` for a column of an unknown type.
  static func all(of connection: any Connection) throws -> [FacilityTable] {
    let isSQLite = connection.dialect == .sqlite
    var references: [String: [Reference]] = [:]
    var last = ("", "")
    for row in try connection.rows(isSQLite ? sqliteReferences : postgresReferences, []) {
      let (table, id) = (try row.text(0), try row.text(1))
      let known = (table, id) == last ? references[table]?.popLast() : nil
      references[table, default: []].append(
        Reference(
          table: try row.text(2), from: (known?.from ?? []) + [try row.text(3)],
          to: (known?.to ?? []) + [try row.text(4)]))
      last = (table, id)
    }
    var columns: [String: [(column: Column, place: Int)]] = [:]
    for row in try connection.rows(isSQLite ? sqliteColumns : postgresColumns, []) {
      let (table, type) = (try row.text(0), try row.text(2))
      guard let kind = Kind(type: type) else { throw Row.Corrupt("\(table): a column of type \(type)") }
      columns[table, default: []].append(
        (Column(name: try row.text(1), kind: kind, isRequired: try row.bool(3)), try row.int(4)))
    }
    let tables = columns.filter { name, columns in
      !ledger.contains(name) && (name == facility || columns.contains { $0.column.name == "facility_id" })
    }
    return ordered(
      tables.map { name, columns in
        FacilityTable(
          name: name, columns: columns.map(\.column),
          key: columns.filter { $0.place > 0 }.sorted { $0.place < $1.place }.map(\.column.name),
          references: references[name] ?? [])
      }.sorted { $0.name < $1.name })
  }

  /// The same so ordered that a table comes after those that it names.
  private static func ordered(_ tables: [FacilityTable]) -> [FacilityTable] {
    var (left, done) = (tables, [FacilityTable]())
    let names = Set(tables.map(\.name))
    while !left.isEmpty {
      let known = Set(done.map(\.name))
      let ready = left.filter { table in
        table.references.allSatisfy {
          known.contains($0.table) || $0.table == table.name || !names.contains($0.table)
        }
      }
      // A circle of tables has no order; their rows then name each other, and the database says so.
      guard !ready.isEmpty else { return done + left }
      done += ready
      left.removeAll { ready.contains($0) }
    }
    return done
  }

  private static let sqliteColumns = """
    SELECT m.name, c.name, upper(c.type), c."notnull" OR c.pk > 0, c.pk
    FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid
    """

  private static let sqliteReferences = """
    SELECT m.name, CAST(f.id AS TEXT), f."table", f."from", f."to"
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
    WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq
    """

  private static let postgresColumns = """
    SELECT c.relname::text, a.attname::text, upper(format_type(a.atttypid, a.atttypmod)), a.attnotnull,
      COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0)
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    ORDER BY c.relname, a.attnum
    """

  private static let postgresReferences = """
    SELECT c.relname::text, k.conname::text, r.relname::text, a.attname::text, b.attname::text
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (own, other, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.own
    JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = u.other
    WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace
    ORDER BY c.relname, k.conname, u.place
    """
}
