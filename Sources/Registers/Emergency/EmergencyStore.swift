import Kernel
import Storage

extension ReadTx {
  /// What the emergency sheet shows: five statements, however much there is.
  func emergencySheet(on day: Day) throws -> EmergencySheet {
    let (vendors, count) = try emergencyVendors()
    return EmergencySheet(
      facility: try thisFacility()?.name.text ?? "", day: day, fingerprint: try ledgerHead().fingerprint,
      roles: try emergencyRoles(), contacts: try emergencyContacts(), vendors: vendors, vendorCount: count)
  }

  private func emergencyRoles() throws -> [EmergencySheet.Role] {
    try all(
      """
      SELECT r.kind, r.name, r.phone_day, r.phone_night, r.reach_within, r.tested_on, r.next_check_on,
        p.id, p.name, p.job, p.phone_day, p.phone_night, p.tested_on,
        d.id, d.name, d.job, d.phone_day, d.phone_night, d.tested_on
      FROM governance_role r
        LEFT JOIN person p ON p.facility_id = r.facility_id AND p.id = r.person_id
        LEFT JOIN person d ON d.facility_id = r.facility_id AND d.id = r.deputy_id
      WHERE r.facility_id = \(facility) ORDER BY r.key_text LIMIT 200
      """
    ) { row in
      let person = try row.human(7)
      let own = (try row.optionalText(2), try row.optionalText(3))
      // A duty phone speaks for the role; the holder's private numbers do not stand beside it.
      let numbers = own.0 == nil && own.1 == nil ? (person?.day, person?.night) : own
      return EmergencySheet.Role(
        kind: try row.optionalText(0) ?? "other", name: try row.text(1), person: person,
        deputy: try row.human(13), day: numbers.0, night: numbers.1, within: try row.optionalText(4),
        testedOn: try row.optionalDay(5) ?? person?.testedOn, nextCheckOn: try row.optionalDay(6))
    }
  }

  private func emergencyContacts() throws -> [EmergencySheet.Contact] {
    try all(
      """
      SELECT kind, name, call_when, reach_within, phone_day, phone_night, web, tested_on, next_check_on
      FROM emergency_contact WHERE facility_id = \(facility)
      ORDER BY COALESCE(chart_order, 100), key_text LIMIT 200
      """
    ) { row in
      EmergencySheet.Contact(
        kind: try row.optionalText(0) ?? "other", name: try row.text(1), when: try row.optionalText(2),
        within: try row.optionalText(3), day: try row.optionalText(4), night: try row.optionalText(5),
        web: try row.optionalText(6), testedOn: try row.optionalDay(7), nextCheckOn: try row.optionalDay(8))
    }
  }

  private func emergencyVendors() throws -> (first: [EmergencySheet.Vendor], count: Int) {
    let found = try all(
      """
      SELECT v.name, v.phone, COALESCE(v.night_phone, v.emergency_contact), v.contacts_checked_on,
        (SELECT \(sqlite: "group_concat(s.name, char(10))", postgres: "string_agg(s.name, chr(10))")
         FROM (SELECT name FROM system WHERE facility_id = v.facility_id AND vendor_id = v.id
           ORDER BY COALESCE(recovery_priority, 9), key_text) s),
        COUNT(*) OVER (),
        (SELECT MIN(CASE impact WHEN 'stops' THEN 1 WHEN 'delays' THEN 2 ELSE 3 END)
         FROM system WHERE facility_id = v.facility_id AND vendor_id = v.id) AS weight
      FROM vendor v WHERE v.facility_id = \(facility)
      ORDER BY weight NULLS LAST, CASE v.kind WHEN 'ehr' THEN 1 WHEN 'network' THEN 2 ELSE 3 END, v.key_text
      LIMIT \(EmergencySheet.mostVendors)
      """
    ) { row in
      let systems = (try row.optionalText(4) ?? "").split(separator: "\n").map(String.init)
      let vendor = EmergencySheet.Vendor(
        name: try row.text(0), day: try row.optionalText(1), night: try row.optionalText(2),
        testedOn: try row.optionalDay(3), systems: systems)
      return (vendor, try row.int(5))
    }
    return (found.map(\.0), found.first?.1 ?? 0)
  }

  /// The numbers of the contact chart, in one statement.
  func contactFigures(on day: Day) throws -> ContactFigures {
    let yearAgo = day.adding(days: -366)
    let reachable: SQL = """
      COALESCE(r.phone_day, r.phone_night, p.phone_day, p.phone_night) IS NOT NULL
      """
    return try first(
      """
      SELECT
        (SELECT COUNT(*) FROM vendor WHERE facility_id = \(facility)),
        (SELECT COUNT(*) FROM vendor WHERE facility_id = \(facility)
          AND night_phone IS NULL AND emergency_contact IS NULL),
        (SELECT COUNT(*) FROM vendor WHERE facility_id = \(facility)
          AND (contacts_checked_on IS NULL OR contacts_checked_on <= \(yearAgo))),
        (SELECT MIN(contacts_checked_on) FROM vendor WHERE facility_id = \(facility)),
        (SELECT COUNT(*) FROM emergency_contact WHERE facility_id = \(facility)),
        (SELECT COUNT(*) FROM emergency_contact WHERE facility_id = \(facility)
          AND phone_day IS NULL AND phone_night IS NULL AND web IS NULL),
        (SELECT COUNT(*) FROM emergency_contact WHERE facility_id = \(facility)
          AND (tested_on IS NULL OR tested_on <= \(yearAgo))),
        (SELECT MIN(tested_on) FROM emergency_contact WHERE facility_id = \(facility)),
        (SELECT COUNT(DISTINCT kind) FROM emergency_contact WHERE facility_id = \(facility)
          AND kind IN ('ministry', 'prefecture', 'police')),
        (SELECT COUNT(DISTINCT r.kind) FROM governance_role r
          LEFT JOIN person p ON p.facility_id = r.facility_id AND p.id = r.person_id
          WHERE r.facility_id = \(facility) AND r.kind IN ('operations', 'safety-manager') AND \(reachable)),
        (SELECT COUNT(*) FROM governance_role WHERE facility_id = \(facility))
      """
    ) { row in
      ContactFigures(
        vendors: .init(
          all: try row.int(0), unreachable: try row.int(1), unchecked: try row.int(2),
          oldest: try row.optionalDay(3)),
        contacts: .init(
          all: try row.int(4), unreachable: try row.int(5), unchecked: try row.int(6),
          oldest: try row.optionalDay(7)),
        authorities: try row.int(8), roles: try row.int(9), allRoles: try row.int(10))
    } ?? ContactFigures()
  }
}

extension Row {
  /// Someone whose six columns begin at `index`.
  fileprivate func human(_ index: Int) throws -> EmergencySheet.Human? {
    guard let name = try optionalText(index + 1) else { return nil }
    return EmergencySheet.Human(
      id: try id(index), name: name, job: try optionalText(index + 2), day: try optionalText(index + 3),
      night: try optionalText(index + 4), testedOn: try optionalDay(index + 5))
  }
}
