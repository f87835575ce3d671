import Kernel
import Storage

extension ReadTx {
  /// When monitors behind which others stand were last well again after they had been bad.
  func recoveries() throws -> [String: Instant] {
    let rows = try all(
      """
      SELECT monitor_id, well_at_ms FROM monitor_watch WHERE facility_id = \(facility) AND well_at_ms IS NOT NULL
        AND monitor_id IN (SELECT parent_id FROM monitor WHERE facility_id = \(facility))
      """
    ) { (try $0.text(0), try $0.instant(1)) }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }

  /// Of each monitor, and of all together, the planned stop that ended last.
  func endedWindows() throws -> [(monitor: Monitor.ID?, until: Instant)] {
    try all(
      """
      SELECT monitor_id, MAX(until_ms) FROM monitor_window WHERE facility_id = \(facility) AND from_ms < until_ms
      GROUP BY monitor_id
      """
    ) { (monitor: try $0.optionalID(0), until: try $0.instant(1)) }
  }

  /// People who get what is told: those who sign in, and those who have a mail address.
  ///
  /// - Parameter day: whoever has left before it is told nothing.
  func peopleToReach(on day: Day) throws -> [(id: PersonID, signsIn: Bool, hasMail: Bool)] {
    try all(
      """
      SELECT id, account_id IS NOT NULL, mail IS NOT NULL FROM person WHERE facility_id = \(facility)
        AND (left_on IS NULL OR left_on >= \(day)) AND (account_id IS NOT NULL OR mail IS NOT NULL)
      """
    ) { (id: try $0.id(0), signsIn: try $0.bool(1), hasMail: try $0.bool(2)) }
  }
}

extension WriteTx {
  /// Has a monitor looked at again soon, whichever worker has it.
  func want(_ id: Monitor.ID) throws {
    try housekeeping.run(
      """
      UPDATE monitor_watch SET wanted_at_ms = \(scope.now) WHERE facility_id = \(facility) AND monitor_id = \(id)
      """)
  }
}
