import Kernel
import Storage

extension ReadTx {
  /// The systems of the register, those that `contract` covers first; at most 400.
  func systems(coveredBy contract: Entry.ID) throws -> [CoveredSystems.Known] {
    try all(
      """
      SELECT s.id, s.name, c.contract_id FROM system s
      LEFT JOIN contract_system c
        ON c.facility_id = s.facility_id AND c.system_id = s.id AND c.contract_id = \(contract)
      WHERE s.facility_id = \(facility)
      ORDER BY CASE WHEN c.contract_id IS NULL THEN 1 ELSE 0 END, s.key_text LIMIT 400
      """
    ) {
      CoveredSystems.Known(id: try $0.id(0), name: try $0.text(1), isCovered: try $0.optionalText(2) != nil)
    }
  }

  /// The contracts that cover a system, by number.
  func contractsCovering(_ system: Entry.ID, limit: Int?) throws -> [(
    id: Entry.ID, title: String, vendor: String
  )] {
    try all(
      """
      SELECT e.id, e.title, v.name FROM contract_system c
      JOIN contract e ON e.facility_id = c.facility_id AND e.id = c.contract_id
      JOIN vendor v ON v.facility_id = e.facility_id AND v.id = e.vendor_id
      WHERE c.facility_id = \(facility) AND c.system_id = \(system) ORDER BY e.key_text LIMIT \(limit ?? 100_000)
      """
    ) { (try $0.id(0), try $0.text(1), try $0.text(2)) }
  }

  /// The contracts that cover a system, for its record: id, title, vendor and number.
  func contractRows(covering system: Entry.ID, limit: Int) -> SQL {
    """
    SELECT e.id, e.title, v.name, e.key_text, CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS BIGINT),
      CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)
    FROM contract_system c
    JOIN contract e ON e.facility_id = c.facility_id AND e.id = c.contract_id
    JOIN vendor v ON v.facility_id = e.facility_id AND v.id = e.vendor_id
    WHERE c.facility_id = \(facility) AND c.system_id = \(system) ORDER BY e.key_text LIMIT \(limit)
    """
  }

  /// Contracts whose text may name a system.
  func contracts(thatMention name: String) throws -> [(id: Entry.ID, systems: String)] {
    try all(
      """
      SELECT id, systems FROM contract WHERE facility_id = \(facility) AND systems IS NOT NULL
        AND \(SQL.contains("search_text", name.searchable))
      """
    ) { (try $0.id(0), try $0.text(1)) }
  }
}

extension WriteTx {
  /// Lets a contract cover the systems of these names, and no other. The contract's text, which the ledger has, says the same.
  func coverSystems(named names: [String], by contract: Entry.ID) throws {
    try housekeeping.run(
      "DELETE FROM contract_system WHERE facility_id = \(facility) AND contract_id = \(contract)")
    guard !names.isEmpty else { return }
    let keys = SQL(joining: names.map { "\($0.searchable)" as SQL }, by: ", ")
    try housekeeping.run(
      """
      INSERT INTO contract_system (facility_id, contract_id, system_id)
      SELECT facility_id, \(contract), id FROM system WHERE facility_id = \(facility) AND key_text IN (\(keys))
      """)
  }
}
