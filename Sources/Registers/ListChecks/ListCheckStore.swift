import Kernel
import Storage
import Web

extension ListCheck {
  static let migrations = [
    Migration(
      "20261121-b2-register-check",
      [
        """
        CREATE TABLE register_check (
          facility_id TEXT NOT NULL REFERENCES facility (id), register TEXT NOT NULL, checked_on TEXT NOT NULL,
          checked_by TEXT NOT NULL, entries BIGINT NOT NULL,
          interval_months BIGINT NOT NULL CHECK (interval_months BETWEEN 1 AND 60),
          next_check_on TEXT NOT NULL CHECK (next_check_on > checked_on), PRIMARY KEY (facility_id, register)
        )
        """
      ] + Migration.confine("register_check"))
  ]

  /// From six columns beginning at `index`; nil when there was no row to join.
  init?(_ row: Row, from index: Int) throws {
    guard let checked = try row.optionalDay(index), let next = try row.optionalDay(index + 4) else {
      return nil
    }
    self.init(
      checkedOn: checked, checkedBy: try row.text(index + 1), entries: try row.int(index + 2),
      intervalMonths: try row.int(index + 3), nextCheckOn: next)
  }
}

extension ReadTx {
  /// The last check of a whole register.
  func listCheck(of register: Register) throws -> ListCheck? {
    try all(
      """
      SELECT checked_on, checked_by, entries, interval_months, next_check_on FROM register_check
      WHERE facility_id = \(facility) AND register = \(register.id)
      """
    ) { try ListCheck($0, from: 0) }.first ?? nil
  }

  /// The register with the facility's own columns, and its last check, in one statement.
  func setting(of register: Register) throws -> (register: Register, check: ListCheck?) {
    let found = try first(
      """
      SELECT d.definitions_json, c.checked_on, c.checked_by, c.entries, c.interval_months, c.next_check_on
      FROM (SELECT 1 AS one) o
        LEFT JOIN register_columns d ON d.facility_id = \(facility) AND d.register = \(register.id)
        LEFT JOIN register_check c ON c.facility_id = \(facility) AND c.register = \(register.id)
      """
    ) { row in
      let columns = try row.optionalText(0).map { try ExtraColumns($0, version: 0) } ?? ExtraColumns()
      return (register: register.with(columns), check: try ListCheck(row, from: 1))
    }
    return found ?? (register, nil)
  }
}

extension WriteTx {
  /// Keeps the newest check; the ones before stand in the ledger.
  func keep(_ check: ListCheck, before: ListCheck?, of register: Register) throws {
    try apply(
      """
      INSERT INTO register_check
        (facility_id, register, checked_on, checked_by, entries, interval_months, next_check_on)
      VALUES (\(facility), \(register.id), \(check.checkedOn), \(check.checkedBy), \(check.entries),
        \(check.intervalMonths), \(check.nextCheckOn))
      ON CONFLICT (facility_id, register) DO UPDATE SET checked_on = excluded.checked_on,
        checked_by = excluded.checked_by, entries = excluded.entries,
        interval_months = excluded.interval_months, next_check_on = excluded.next_check_on
      """,
      recording: Change("register.check", of: "check:\(register.id)", from: before, to: check))
  }
}
