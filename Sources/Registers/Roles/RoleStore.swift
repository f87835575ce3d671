import Kernel
import Storage

extension Roles {
  static let migrations = [
    Migration(
      "20261121-c2-roles",
      [
        """
        CREATE TABLE governance_role (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          name TEXT NOT NULL,
          kind TEXT CHECK (kind IN ('safety-manager', 'planning', 'operations', 'management', 'keys', 'training',
            'drill', 'patients', 'privacy', 'other')),
          person_id TEXT, deputy_id TEXT, duties TEXT, phone_day TEXT, phone_night TEXT, reach_within TEXT,
          tested_on TEXT, appointed_on TEXT, appointed_by TEXT, next_check_on TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text), CHECK (deputy_id <> person_id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id),
          FOREIGN KEY (facility_id, deputy_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX governance_role_by_attention ON governance_role (facility_id, attention_on)",
        "CREATE INDEX governance_role_by_text ON governance_role (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX governance_role_by_kind ON governance_role (facility_id, kind, key_text, attention_on)",
        "CREATE INDEX governance_role_by_person ON governance_role (facility_id, person_id)",
        "CREATE INDEX governance_role_by_deputy ON governance_role (facility_id, deputy_id)",
      ]
        + Migration.confine("governance_role"))
  ]
}

/// Numbers of the safety managers, for the checklists.
struct ManagerFigures: Sendable, Equatable {
  /// All roles of the register.
  var roles = 0
  /// Roles of a safety manager.
  var managers = 0
  /// Those that nobody holds.
  var vacant = 0
  /// Held, but without a deputy.
  var alone = 0
  var oldestTest: Day?
}

extension ReadTx {
  func managerFigures() throws -> ManagerFigures {
    try first(
      """
      SELECT COUNT(*), COALESCE(SUM(CASE WHEN kind = 'safety-manager' THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN kind = 'safety-manager' AND person_id IS NULL THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN kind = 'safety-manager' AND person_id IS NOT NULL AND deputy_id IS NULL
          THEN 1 ELSE 0 END), 0),
        MIN(CASE WHEN kind = 'safety-manager' THEN tested_on END)
      FROM governance_role WHERE facility_id = \(facility)
      """
    ) { row in
      ManagerFigures(
        roles: try row.int(0), managers: try row.int(1), vacant: try row.int(2), alone: try row.int(3),
        oldestTest: try row.optionalDay(4))
    } ?? ManagerFigures()
  }
}
