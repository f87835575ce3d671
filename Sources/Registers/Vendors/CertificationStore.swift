import Kernel
import Storage

extension ReadTx {
  /// The certifications of a vendor; the first to end first.
  func certifications(of vendor: Entry.ID) throws -> [Certification] {
    try all(
      """
      SELECT id, vendor_id, kind, number, scope, ends_on, note, revision FROM vendor_certification
      WHERE facility_id = \(facility) AND vendor_id = \(vendor) ORDER BY ends_on NULLS LAST, id
      """,
      Certification.init(row:))
  }
}

extension WriteTx {
  func insert(_ new: Certification) throws {
    try apply(
      """
      INSERT INTO vendor_certification (facility_id, id, vendor_id, kind, number, scope, ends_on, note, revision)
      VALUES (\(facility), \(new.id), \(new.vendor), \(new.kind.rawValue), \(new.number), \(new.scope),
        \(new.endsOn), \(new.note), \(new.revision))
      """,
      recording: Change("vendor.certification.add", of: Vendors.register.subject(new.vendor), to: new))
  }

  /// - Throws: `Stale` when the certification has moved on.
  func replace(_ before: Certification, with after: Certification) throws {
    try apply(
      """
      UPDATE vendor_certification SET kind = \(after.kind.rawValue), number = \(after.number), scope = \(after.scope),
        ends_on = \(after.endsOn), note = \(after.note), revision = \(after.revision + 1)
      WHERE facility_id = \(facility) AND id = \(before.id) AND vendor_id = \(before.vendor)
        AND revision = \(after.revision)
      """,
      recording: Change(
        "vendor.certification.change", of: Vendors.register.subject(before.vendor), from: before, to: after))
  }

  func remove(_ certification: Certification) throws {
    try apply(
      "DELETE FROM vendor_certification WHERE facility_id = \(facility) AND id = \(certification.id)",
      recording: Change(
        "vendor.certification.remove", of: Vendors.register.subject(certification.vendor),
        from: certification, to: Certification?.none))
  }

  /// With the vendor itself, whose taking out the ledger records; each of them stands there since it was added.
  func dropCertifications(of vendor: Entry.ID) throws {
    try housekeeping.run(
      "DELETE FROM vendor_certification WHERE facility_id = \(facility) AND vendor_id = \(vendor)")
  }
}

extension Certification {
  fileprivate init(row: Row) throws {
    guard let kind = Kind(rawValue: try row.text(2)) else {
      throw Row.Corrupt("vendor_certification.kind")
    }
    self.init(
      stored: try row.id(0), vendor: try row.id(1), kind: kind, number: try row.text(3),
      scope: try row.text(4), endsOn: try row.optionalDay(5), note: try row.text(6), revision: try row.int(7))
  }
}
