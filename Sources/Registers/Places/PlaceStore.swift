import Storage

extension Places {
  static let migrations = [
    Migration(
      "20261121-c5-places",
      [
        """
        CREATE TABLE place (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          name TEXT NOT NULL, building TEXT, floor TEXT, head_id TEXT, phone TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text),
          FOREIGN KEY (facility_id, head_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX place_by_attention ON place (facility_id, attention_on)",
        "CREATE INDEX place_by_text ON place (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX place_by_head ON place (facility_id, head_id)",
      ]
        + Migration.confine("place"))
  ]
}
