import Kernel
import Storage
import Web

/// Which entries of a register are asked for.
struct EntryQuery: Sendable, Equatable {
  /// Words that must all occur.
  var search = ""
  /// Values by field id.
  var filters: [String: String] = [:]
  /// Only what asks for attention on this day.
  var attentionOn: Day?
}

/// An entry with the names of what it refers to.
struct NamedEntry: Sendable, Equatable {
  let entry: Entry
  /// Names by field id, for references and people.
  let names: [String: String]
}

/// Entries of a register that name one of another in a field.
struct Relation: Sendable {
  let register: Register
  let field: Field
  var count: Int
  /// The first few by key, each with its title.
  var first: [(id: Entry.ID, title: String)]
}

extension ReadTx {
  /// Entries by key. With `listing`, one page of them.
  func entries(_ register: Register, _ query: EntryQuery = EntryQuery(), _ listing: Listing? = nil) throws
    -> [NamedEntry]
  {
    guard let listing else {
      return try all(
        """
        \(register.selection) WHERE \(register.condition(query, facility)) ORDER BY e.key_text, e.id
        """, register.named)
    }
    // The page's ids come from an index alone: rows that are passed over are neither read nor joined. The order outside
    // is an expression, or SQLite would walk the whole index of keys to save a sort of one page.
    return try all(
      """
      \(register.selection) WHERE e.facility_id = \(facility) AND e.id IN (
        SELECT e.id FROM \(register.table) e WHERE \(register.condition(query, facility))
        ORDER BY e.key_text LIMIT \(listing.size) OFFSET \(listing.offset))
      ORDER BY e.key_text || ''
      """, register.named)
  }

  /// The first `limit` entries by key.
  ///
  /// - Parameter left: entries with this value in this field are left out.
  func firstEntries(_ register: Register, limit: Int, leavingOut left: (field: Field, value: String)? = nil)
    throws -> [NamedEntry]
  {
    let kept: SQL =
      left.map { "(e.\($0.field.column) IS NULL OR e.\($0.field.column) <> \($0.value))" } ?? "1 = 1"
    return try all(
      """
      \(register.selection) WHERE e.facility_id = \(facility) AND \(kept) ORDER BY e.key_text LIMIT \(limit)
      """, register.named)
  }

  func entry(_ register: Register, _ id: Entry.ID) throws -> NamedEntry? {
    try first(
      "\(register.selection) WHERE e.facility_id = \(facility) AND e.id = \(id)", register.named)
  }

  /// An entry with one more value, which stands last in the row that `make` is given.
  func entry<T>(
    _ register: Register, _ id: Entry.ID, and further: SQL, _ make: (Row, NamedEntry) throws -> T
  ) throws -> T? {
    try first(
      "\(register.selection(and: [further])) WHERE e.facility_id = \(facility) AND e.id = \(id)"
    ) { try make($0, register.named($0)) }
  }

  /// How many entries fit, and how many of them ask for attention on `day`.
  func entryCount(_ register: Register, _ query: EntryQuery, on day: Day) throws -> (all: Int, attention: Int)
  {
    try first(
      """
      SELECT COUNT(*), COALESCE(SUM(CASE WHEN e.attention_on <= \(day) THEN 1 ELSE 0 END), 0)
      FROM \(register.table) e WHERE \(register.condition(query, facility))
      """
    ) { (try $0.int(0), try $0.int(1)) } ?? (0, 0)
  }

  /// The id that has the key already.
  func entryID(_ register: Register, key: String) throws -> Entry.ID? {
    try first(
      "SELECT id FROM \(register.table) WHERE facility_id = \(facility) AND key_text = \(key)"
    ) { try $0.id(0) }
  }

  /// Numbers of entries by register, in one statement.
  func entryCounts(_ registers: [Register]) throws -> [String: Int] {
    let parts = registers.map { register -> SQL in
      "(SELECT COUNT(*) FROM \(register.table) WHERE facility_id = \(facility))"
    }
    let counts = try first("SELECT \(SQL(joining: parts, by: ", "))") { row in
      try registers.indices.map { try row.int($0) }
    }
    return Dictionary(uniqueKeysWithValues: zip(registers.map(\.id), counts ?? []))
  }

  /// Which entries a text may mean: the one with that key, else all with that title.
  func candidates(of field: Field, named text: String) throws -> [String] {
    switch field.kind {
    case .entry(_, let table, let title):
      let byKey = try all(
        """
        SELECT id FROM \(table) WHERE facility_id = \(facility) AND (key_text = \(text.searchable) OR id = \(text))
        """
      ) { try $0.text(0) }
      if !byKey.isEmpty { return byKey }
      return try all(
        "SELECT id FROM \(table) WHERE facility_id = \(facility) AND \(title) = \(text) LIMIT 2"
      ) { try $0.text(0) }
    case .person:
      return try all(
        """
        SELECT id FROM person
        WHERE facility_id = \(facility) AND (id = \(text) OR name = \(text) OR key_text = \(text.searchable)) LIMIT 2
        """
      ) { try $0.text(0) }
    default: return []
    }
  }

  /// The key of an entry that a field names; nothing else has it.
  func keyText(in field: Field, of id: String) throws -> String? {
    guard case .entry(let other, let table, _) = field.kind else { return nil }
    let key = try Registry.register(other).key.column
    return try first("SELECT \(key) FROM \(table) WHERE facility_id = \(facility) AND id = \(id)") {
      try $0.text(0)
    }
  }

  /// Names of what ids mean in fields, by id, in one statement.
  func names(of fields: [(field: Field, ids: Set<String>)]) throws -> [String: String] {
    let parts = fields.compactMap { field, ids -> SQL? in
      let (table, title): (SQL, SQL)
      switch field.kind {
      case .entry(_, let other, let named): (table, title) = (other, named)
      case .person: (table, title) = ("person", "name")
      default: return nil
      }
      guard !ids.isEmpty else { return nil }
      let list = SQL(joining: ids.sorted().map { "\($0)" as SQL }, by: ", ")
      return "SELECT id, \(title) FROM \(table) WHERE facility_id = \(facility) AND id IN (\(list))"
    }
    guard !parts.isEmpty else { return [:] }
    let found = try all(SQL(joining: parts, by: " UNION ALL ")) { (try $0.text(0), try $0.text(1)) }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  /// The titles of entries of any register, by id, in one statement.
  func names(ofIDs ids: [String]) throws -> [String: String] {
    guard !ids.isEmpty else { return [:] }
    let wanted = SQL(joining: ids.map { "(\($0))" as SQL }, by: ", ")
    let parts = Registry.all.map { register -> SQL in
      """
      SELECT t.id, t.\(register.title.column) FROM wanted w JOIN \(register.table) t
        ON t.facility_id = \(facility) AND t.id = w.id
      """
    }
    let found = try all(
      "WITH wanted (id) AS (VALUES \(wanted)) \(SQL(joining: parts, by: " UNION ALL "))"
    ) { (try $0.text(0), try $0.text(1)) }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  /// Names for a field's list of suggestions, at most so many.
  func suggestions(for field: Field, limit: Int) throws -> [(id: String, name: String)] {
    switch field.kind {
    case .entry(let other, let table, let title):
      let key = try Registry.register(other).key.column
      let found = try all(
        """
        SELECT id, \(key), \(title) FROM \(table) WHERE facility_id = \(facility) ORDER BY key_text LIMIT \(limit)
        """
      ) { ReferenceNames.Named(id: try $0.text(0), key: try $0.text(1), title: try $0.text(2)) }
      // Of two with one name, each is offered by its key.
      let names = ReferenceNames.Names(found)
      return found.map { ($0.id, names.text(for: $0.id)) }
    case .person:
      return try all(
        "SELECT id, name FROM person WHERE facility_id = \(facility) ORDER BY name, id LIMIT \(limit)"
      ) { (try $0.text(0), try $0.text(1)) }
    default: return []
    }
  }

  /// What names `id`: for each register and field the number of entries, and the first few. One statement for all.
  func relations(of id: Entry.ID, in naming: [(register: Register, field: Field)], limit: Int) throws
    -> [Relation]
  {
    guard !naming.isEmpty else { return [] }
    let parts = naming.enumerated().map { index, place -> SQL in
      let (register, field) = place
      return """
        SELECT * FROM (
          SELECT \(index) AS place, COUNT(*) OVER () AS total, e.id AS id,
            COALESCE(e.\(register.title.column), e.\(register.key.column)) AS title
          FROM \(register.table) e WHERE e.facility_id = \(facility) AND e.\(field.column) = \(id)
          ORDER BY e.key_text LIMIT \(limit)
        ) AS named
        """
    }
    var relations = naming.map { Relation(register: $0.register, field: $0.field, count: 0, first: []) }
    let rows = try all(SQL(joining: parts, by: " UNION ALL ")) { row in
      (place: try row.int(0), total: try row.int(1), id: try row.id(2) as Entry.ID, title: try row.text(3))
    }
    for row in rows {
      relations[row.place].count = row.total
      relations[row.place].first.append((row.id, row.title))
    }
    return relations
  }

  /// Whether an entry is one that its table keeps.
  func isKept(_ id: Entry.ID, in register: Register, _ sharing: SharedTable) throws -> Bool {
    try count(
      """
      SELECT COUNT(*) FROM \(register.table)
      WHERE facility_id = \(facility) AND id = \(id) AND (\(sharing.kept))
      """) > 0
  }
}

extension WriteTx {
  /// Adds an entry.
  ///
  /// - Throws: `Entry.Refusal.taken` when its key is in use.
  func insert(_ new: Entry, into register: Register, language: Language) throws {
    try insert(new, EntryWriter(register, language))
  }

  func insert(_ given: Entry, _ writer: EntryWriter) throws {
    let (register, language) = (writer.register, writer.language)
    let new = try register.prepared(given, over: nil, language, self)
    let values: [SQLValue] = [
      SQLValue(facility), SQLValue(new.id), .text(register.keyText(of: new)),
      .text(register.searchText(of: new)), SQLValue(register.attention(of: new)), .text(new.extraJSON),
      SQLValue(new.version),
    ]
    do {
      try apply(
        writer.insertion(values + register.declared.map { $0.bound(new) }),
        recording: Change("register.add", of: register.subject(new.id), from: nil, to: new.values))
    } catch is Stale { throw register.taken(new, language) }
    try register.keep(nil, new, self)
  }

  /// Stores `after` in the place of `before`.
  ///
  /// - Throws: `Stale` when the entry has moved on; `Entry.Refusal.taken` when its new key is in use.
  func replace(_ before: Entry, with after: Entry, in register: Register, language: Language) throws {
    try replace(before, with: after, EntryWriter(register, language))
  }

  func replace(_ before: Entry, with given: Entry, _ writer: EntryWriter) throws {
    let register = writer.register
    let after = try register.prepared(given, over: before, writer.language, self)
    let key = register.keyText(of: after)
    let isRekeyed = key != register.keyText(of: before)
    if isRekeyed, try entryID(register, key: key) != nil { throw register.taken(after, writer.language) }
    // A key that stays is not written: of two people with one name, the second's is longer than its text.
    var values: [SQLValue] = isRekeyed ? [.text(key)] : []
    values.append(.text(register.searchText(of: after)))
    values.append(SQLValue(register.attention(of: after)))
    values.append(.text(after.extraJSON))
    values.append(SQLValue(before.version + 1))
    let changed = register.declared.indices.filter { place in
      let id = register.declared[place].id
      return before.values[id] != after.values[id]
    }
    for place in changed { values.append(register.declared[place].bound(after)) }
    values.append(SQLValue(facility))
    values.append(SQLValue(before.id))
    values.append(SQLValue(before.version))
    try apply(
      writer.replacement(isKeyed: isRekeyed, fields: changed)(values),
      recording: Change(
        "register.change", of: register.subject(before.id), from: before.values, to: after.values))
    try register.keep(before, after, self)
  }

  /// Takes an entry out; its history stays in the ledger.
  ///
  /// - Throws: `Stale` when it has moved on; `Entry.Refusal.inUse` while anything names it, in whichever slice's table.
  func remove(_ entry: Entry, from register: Register) throws {
    try register.keep(entry, nil, self)
    do {
      try apply(
        """
        DELETE FROM \(register.table)
        WHERE facility_id = \(facility) AND id = \(entry.id) AND version = \(entry.version)
        """,
        recording: Change("register.remove", of: register.subject(entry.id), from: entry.values, to: nil))
    } catch is BrokenReference { throw Entry.Refusal.inUse }
  }
}

extension Register {
  /// How the ledger names an entry.
  func subject(_ id: Entry.ID) -> String { "\(subjectKind):\(id)" }

  fileprivate func taken(_ entry: Entry, _ language: Language) -> Entry.Refusal {
    let (label, text) = (key.label(language), entry.text(key.id))
    return sharing == nil
      ? .taken(field: key.id, label: label, text: text) : .namesake(field: key.id, label: label, text: text)
  }

  /// Fields that refer to something, with the alias of the joined table.
  private var references: [(field: Field, alias: SQL, table: SQL, title: SQL)] {
    let aliases: [SQL] = ["r0", "r1", "r2", "r3", "r4", "r5"]
    let found = fields.compactMap { field -> (Field, SQL, SQL)? in
      switch field.kind {
      case .entry(_, let table, let title): (field, table, title)
      case .person: (field, "person", "name")
      default: nil
      }
    }
    precondition(found.count <= aliases.count, "\(id) refers to more than \(aliases.count) things")
    return zip(found, aliases).map { ($0.0, $1, $0.1, $0.2) }
  }

  var selection: SQL { selection(and: []) }

  /// `SELECT` of everything that ``named`` reads, and of `further` behind it.
  func selection(and further: [SQL]) -> SQL {
    let columns =
      declared.map { "e.\($0.column)" as SQL } + references.map { "\($0.alias).\($0.title)" as SQL }
      + ["e.extra"] + further
    let joins = references.map { reference -> SQL in
      """
      LEFT JOIN \(reference.table) \(reference.alias)
        ON \(reference.alias).facility_id = e.facility_id AND \(reference.alias).id = e.\(reference.field.column)
      """
    }
    return """
      SELECT e.id, e.version, \(SQL(joining: columns, by: ", "))
      FROM \(table) e \(SQL(joining: joins, by: " "))
      """
  }

  /// The values of the declared fields, whose columns stand side by side from `first` on, and of the facility's own
  /// columns, which stand together at `extra`.
  func values(_ row: Row, from first: Int, extra: Int) throws -> [String: String] {
    var values = try Entry.extra(try row.text(extra))
    for (index, field) in declared.enumerated() {
      if case .number = field.kind {
        values[field.id] = try row.optionalInt(index + first).map { "\($0)" }
      } else {
        values[field.id] = try row.optionalText(index + first).flatMap { $0.isEmpty ? nil : $0 }
      }
    }
    return values
  }

  func named(_ row: Row) throws -> NamedEntry {
    let (fields, references) = (declared, references)
    let values = try values(row, from: 2, extra: 2 + fields.count + references.count)
    var names: [String: String] = [:]
    for (index, reference) in references.enumerated() {
      names[reference.field.id] = try row.optionalText(index + 2 + fields.count)
    }
    return NamedEntry(
      entry: Entry(id: try row.id(0), values: values, version: try row.int(1)), names: names)
  }

  fileprivate func condition(_ query: EntryQuery, _ facility: FacilityID) -> SQL {
    var parts: [SQL] = ["e.facility_id = \(facility)"]
    for field in fields {
      guard let value = query.filters[field.id], !value.isEmpty else { continue }
      if value == EntryQuery.none {
        parts.append("\(field.stored) IS NULL")
      } else {
        parts.append("\(field.stored) = \(value)")
      }
    }
    for word in query.words {
      parts.append(SQL.contains("e.search_text", word))
    }
    if let day = query.attentionOn { parts.append("e.attention_on <= \(day)") }
    return SQL(joining: parts, by: " AND ")
  }
}

extension EntryQuery {
  /// The filter for entries that have no value.
  static let none = "-"

  /// At most four words, as they are searched.
  var words: [String] {
    search.split(whereSeparator: \.isWhitespace).prefix(4).map { String($0).searchable }
      .filter { !$0.isEmpty }
  }
}

extension Field {
  /// The value of an entry as it is stored.
  fileprivate func bound(_ entry: Entry) -> SQLValue {
    let text = entry.values[id]
    if case .number = kind { return SQLValue(text.flatMap { Int($0) }) }
    return SQLValue(isNeverNull ? text ?? "" : text)
  }
}
