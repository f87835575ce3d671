import Foundation
import Kernel
import Storage

extension ReadTx {
  /// Six statements, however much there is.
  func conditionFacts() throws -> Conditions.Facts {
    var facts = Conditions.Facts()
    facts.entries = try ledgerHead().sequence
    let counted = try first(
      """
      SELECT (SELECT at_ms FROM audit_entry WHERE facility_id = \(facility) AND seq = 1),
        (SELECT COUNT(*) FROM proof WHERE facility_id = \(facility) AND kind = 'file' AND NOT withdrawn)
          + (SELECT COUNT(*) FROM stored_file WHERE facility_id = \(facility) AND NOT withdrawn),
        (SELECT seq FROM ledger_stamp WHERE facility_id = \(facility) ORDER BY seq DESC LIMIT 1),
        (SELECT at_ms FROM ledger_stamp WHERE facility_id = \(facility) ORDER BY seq DESC LIMIT 1),
        (SELECT COUNT(*) FROM stamp_authority WHERE facility_id = \(facility))
      """
    ) { row in
      let stamp = Conditions.Stamp(sequence: try row.optionalInt(2), at: try row.optionalInstant(3))
      let asksForStamps = try row.int(4) > 0
      return (
        firstAt: try row.optionalInstant(0), files: try row.int(1),
        stamp: asksForStamps || stamp.sequence != nil ? stamp : nil
      )
    }
    (facts.firstAt, facts.files, facts.stamp) = (counted?.firstAt, counted?.files ?? 0, counted?.stamp)
    facts.signed = try checkpoints(before: nil, limit: 1).first
    facts.verified = try first(
      """
      SELECT at_ms, after_json FROM audit_entry
      WHERE facility_id = \(facility) AND action = 'ledger.verify' ORDER BY seq DESC LIMIT 1
      """
    ) { row in
      let found = try JSONDecoder().decode(Conditions.Verification.self, from: Data(try row.text(1).utf8))
      return (at: try row.instant(0), found: found)
    }
    (facts.backup, facts.drill) = (try lastGoodBackup(), try restoreDrills(limit: 1).first)
    return facts
  }
}
