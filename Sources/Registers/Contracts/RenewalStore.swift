import Kernel
import Storage

extension ReadTx {
  /// The versions of a contract, the first one first.
  func contractVersions(of contract: Entry.ID) throws -> [ContractVersion] {
    try all(
      """
      SELECT id, contract_id, number, terms, recorded_on, told_on, told_by, confirmed_by, confirmed_at_ms, note, revision
      FROM contract_version WHERE facility_id = \(facility) AND contract_id = \(contract) ORDER BY number
      """,
      ContractVersion.init(row:))
  }
}

extension WriteTx {
  func insert(_ new: ContractVersion, as action: StaticString) throws {
    try apply(
      """
      INSERT INTO contract_version
        (facility_id, id, contract_id, number, terms, recorded_on, told_on, told_by, confirmed_by, confirmed_at_ms,
          note, revision)
      VALUES (\(facility), \(new.id), \(new.contract), \(new.number), \(try ColumnJSON.text(new.terms)),
        \(new.recordedOn), \(new.toldOn), \(new.toldBy), \(new.confirmedBy), \(new.confirmedAt), \(new.note),
        \(new.revision))
      """,
      recording: Change(action, of: Contracts.register.subject(new.contract), to: new))
  }

  /// - Throws: `Stale` when the version has moved on.
  func replace(_ before: ContractVersion, with after: ContractVersion, as action: StaticString) throws {
    try apply(
      """
      UPDATE contract_version SET terms = \(try ColumnJSON.text(after.terms)), told_on = \(after.toldOn),
        told_by = \(after.toldBy), confirmed_by = \(after.confirmedBy), confirmed_at_ms = \(after.confirmedAt),
        note = \(after.note), revision = \(after.revision)
      WHERE facility_id = \(facility) AND id = \(before.id) AND revision = \(before.revision)
      """,
      recording: Change(action, of: Contracts.register.subject(before.contract), from: before, to: after))
  }

  /// - Throws: `Stale` when the version has moved on.
  func remove(_ version: ContractVersion) throws {
    try apply(
      """
      DELETE FROM contract_version
      WHERE facility_id = \(facility) AND id = \(version.id) AND revision = \(version.revision)
      """,
      recording: Change(
        "contract.version.withdraw", of: Contracts.register.subject(version.contract), from: version,
        to: ContractVersion?.none))
  }
}

extension ContractVersion {
  fileprivate init(row: Row) throws {
    self.init(
      id: try row.id(0), contract: try row.id(1), number: try row.int(2),
      terms: try ColumnJSON.read(try row.text(3)),
      recordedOn: try row.day(4), toldOn: try row.optionalDay(5), toldBy: try row.optionalText(6),
      confirmedBy: try row.optionalText(7), confirmedAt: try row.optionalInstant(8), note: try row.text(9),
      revision: try row.int(10))
  }
}
