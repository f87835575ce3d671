public import Kernel
public import Storage
import Web

extension ReadTx {
  /// People of the facility, by name.
  public func people() throws -> [Person] {
    try all(
      """
      SELECT id, name, department, role, account_id, version FROM person
      WHERE facility_id = \(facility) ORDER BY name, id
      """,
      Person.init(row:))
  }

  /// One page of the people of the facility, by name; and how many there are in all.
  func people(_ listing: Listing) throws -> (page: [Person], total: Int) {
    let page = try all(
      """
      SELECT id, name, department, role, account_id, version FROM person
      WHERE facility_id = \(facility) ORDER BY name, id LIMIT \(listing.size) OFFSET \(listing.offset)
      """,
      Person.init(row:))
    return (page, try count("SELECT COUNT(*) FROM person WHERE facility_id = \(facility)"))
  }

  /// Whether someone of the facility has the name already, however it is written.
  func isNamesake(_ name: String) throws -> Bool {
    try count(
      "SELECT COUNT(*) FROM person WHERE facility_id = \(facility) AND key_text = \(name.searchable)") > 0
  }

  /// Everyone of that name, however it is written; see ``WriteTx/insert(_:)`` for the names of all but the first.
  func namesakes(_ name: String) throws -> [Person] {
    try all(
      """
      SELECT id, name, department, role, account_id, version FROM person
      WHERE facility_id = \(facility)
        AND (key_text = \(name.searchable) OR key_text = \(name.searchable + "\n") || id) ORDER BY id LIMIT 50
      """,
      Person.init(row:))
  }

  public func person(_ id: PersonID) throws -> Person? {
    try first(
      """
      SELECT id, name, department, role, account_id, version FROM person
      WHERE facility_id = \(facility) AND id = \(id)
      """,
      Person.init(row:))
  }
}

extension WriteTx {
  /// Adds a person, for slices that meet names they do not know yet (an import).
  ///
  /// A second person of one name is let in: whoever asks a person for the name refuses it before (``isNamesake(_:)``).
  public func insert(_ new: Person) throws {
    let entry = People.entry(of: new)
    try apply(
      """
      INSERT INTO person (facility_id, id, name, department, role, account_id, version, key_text, search_text,
        attention_on, extra)
      VALUES (\(facility), \(new.id), \(new.name), \(new.department), \(new.role.rawValue), \(new.account), 1,
        \(try isNamesake(new.name) ? "\(entry.key)\n\(new.id)" : entry.key), \(entry.search),
        \(entry.attention), \("{}"))
      """,
      recording: Change("person.add", of: "person:\(new.id)", to: new))
  }
}

extension Person {
  init(row: Row) throws {
    guard let role = Role(rawValue: try row.text(3)) else { throw Row.Corrupt("person.role") }
    self.init(
      stored: try row.id(0), name: try row.text(1), department: try row.text(2), role: role,
      account: try row.optionalID(4), version: try row.int(5))
  }
}

extension People {
  static let migrations = [
    Migration(
      "20261121-2-person",
      [
        """
        CREATE TABLE account (
          id TEXT NOT NULL PRIMARY KEY, login TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL,
          failures BIGINT NOT NULL DEFAULT 0, locked_until_ms BIGINT NOT NULL DEFAULT 0, created_at_ms BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE person (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          department TEXT NOT NULL, role TEXT NOT NULL, account_id TEXT REFERENCES account (id),
          version BIGINT NOT NULL, PRIMARY KEY (facility_id, id), UNIQUE (facility_id, account_id)
        )
        """,
        "CREATE INDEX person_by_account ON person (account_id)",
        """
        CREATE TABLE session (
          token_hash TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account (id),
          facility_id TEXT NOT NULL REFERENCES facility (id), person_id TEXT NOT NULL, created_at_ms BIGINT NOT NULL,
          last_seen_ms BIGINT NOT NULL, expires_at_ms BIGINT NOT NULL
        )
        """,
        "CREATE INDEX session_by_account ON session (account_id)",
      ]
        + Migration.confine(
          "person",
          also: "OR account_id = current_setting('mamorite.account', true) \(Migration.orWide)")),
    Migration("20261121-4-person-by-name", ["CREATE INDEX person_by_name ON person (facility_id, name, id)"]),
    Migration("20261121-c1-people-register", registerColumns),
    Migration("20261121-i3-person-left", ["ALTER TABLE person ADD COLUMN left_on TEXT"]),
  ]
}
