import Kernel
import Storage

extension Contacts {
  static let migrations = [
    Migration(
      "20261121-c3-contacts",
      [
        """
        CREATE TABLE emergency_contact (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          name TEXT NOT NULL,
          kind TEXT CHECK (kind IN ('inside', 'ministry', 'prefecture', 'police', 'privacy', 'association',
            'specialist', 'region', 'other')),
          call_when TEXT, reach_within TEXT, phone_day TEXT, phone_night TEXT, web TEXT, tested_on TEXT,
          next_check_on TEXT, chart_order BIGINT CHECK (chart_order BETWEEN 1 AND 99), note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text)
        )
        """,
        "CREATE INDEX emergency_contact_by_attention ON emergency_contact (facility_id, attention_on)",
        "CREATE INDEX emergency_contact_by_text ON emergency_contact (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX emergency_contact_by_kind ON emergency_contact (facility_id, kind, key_text, attention_on)",
      ]
        + Migration.confine("emergency_contact"))
  ]
}
