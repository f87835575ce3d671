import Foundation
import Kernel
import Storage

extension ReadTx {
  /// Seven statements, however much there is.
  func conditionFacts() throws -> Conditions.Facts {
    var facts = Conditions.Facts()
    facts.entries = try ledgerHead().sequence
    let counted = try first(
      """
      SELECT (SELECT at_ms FROM audit_entry WHERE facility_id = \(facility) AND seq = 1),
        (SELECT COUNT(*) FROM proof WHERE facility_id = \(facility) AND kind = 'file' AND NOT withdrawn)
          + (SELECT COUNT(*) FROM stored_file WHERE facility_id = \(facility) AND NOT withdrawn)
      """
    ) { (firstAt: try $0.optionalInstant(0), files: try $0.int(1)) }
    (facts.firstAt, facts.files) = (counted?.firstAt, counted?.files ?? 0)
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
    facts.stamp = try lastStamp().map { Conditions.Stamp(sequence: $0.sequence, at: $0.at) }
    (facts.backup, facts.drill) = (try lastGoodBackup(), try restoreDrills(limit: 1).first)
    return facts
  }
}
