import Storage

extension Ledger {
  /// Facilities that were there before signing began are signed at once, and daily from then on.
  static let migrations = [
    Migration(
      "20261122-1-ledger-daily",
      [
        "\(sqlite: "SELECT 1", postgres: "SELECT set_config('mamorite.wide', 'on', true)")",
        """
        INSERT INTO due (facility_id, kind, subject, due_at_ms)
        SELECT id, \(HousekeepingTx.dailyCheckpoint.description), 'ledger', 0 FROM facility WHERE TRUE
        ON CONFLICT (facility_id, kind, subject) DO NOTHING
        """,
        "\(sqlite: "SELECT 1", postgres: "SELECT set_config('mamorite.wide', 'off', true)")",
      ])
  ]
}
