public import Kernel
public import Storage

/// An いいえ of a vendor's disclosure that calls for a look at the risk, as ``DisclosureAnnex`` says.
public struct VendorNo: Sendable, Equatable {
  public let disclosure: Entry.ID
  public let question: String
  public let text: String
  /// What the vendor adds to the answer.
  public let said: String
  public let product: String
  public let vendor: String?
  public let system: SystemName?
  /// The number of the standing version that it stands in.
  public let version: Int
}

extension ReadTx {
  /// Of the standing versions, in the order of disclosures and forms.
  public func vendorNoes() throws -> [VendorNo] {
    let annex = try disclosureAnnex()
    return try all(
      """
      SELECT d.id, d.kind, d.product, w.name, s.id, s.name, a.question, a.question_text, a.answer, a.raw, a.remark,
        v.number
      FROM disclosure d
      JOIN disclosure_version v ON v.facility_id = d.facility_id AND v.disclosure_id = d.id AND v.standing
      JOIN disclosure_answer a ON a.facility_id = d.facility_id AND a.disclosure_id = d.id
        AND a.version_number = v.number AND a.answer = 'no'
      LEFT JOIN system s ON s.facility_id = d.facility_id AND s.id = d.system_id
      LEFT JOIN vendor w ON w.facility_id = d.facility_id AND w.id = d.vendor_id
      WHERE d.facility_id = \(facility) ORDER BY d.key_text, a.position
      """
    ) { row -> VendorNo? in
      let question = Disclosure.Question(
        number: try row.text(6), text: try row.text(7), answer: .no, raw: try row.text(9),
        remark: try row.text(10))
      guard annex.asksForRisk(question, of: Disclosure.Kind(rawValue: try row.text(1)) ?? .mds) else {
        return nil
      }
      let system = try row.optionalText(4).map { SystemName(id: $0, name: try row.text(5)) }
      return VendorNo(
        disclosure: try row.id(0), question: question.number, text: question.text, said: question.said,
        product: try row.text(2), vendor: try row.optionalText(3), system: system, version: try row.int(11))
    }.compactMap { $0 }
  }
}
