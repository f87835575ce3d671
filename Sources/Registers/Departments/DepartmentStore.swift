import Storage

extension Departments {
  static let migrations = [
    Migration(
      "20261121-c4-departments",
      [
        """
        CREATE TABLE department (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, key_text TEXT NOT NULL,
          search_text TEXT NOT NULL, attention_on TEXT, extra TEXT NOT NULL, version BIGINT NOT NULL,
          name TEXT NOT NULL, location TEXT, head_id TEXT, phone TEXT, note TEXT,
          PRIMARY KEY (facility_id, id), UNIQUE (facility_id, key_text),
          FOREIGN KEY (facility_id, head_id) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX department_by_attention ON department (facility_id, attention_on)",
        "CREATE INDEX department_by_text ON department (facility_id, key_text, search_text, attention_on)",
        "CREATE INDEX department_by_head ON department (facility_id, head_id)",
      ]
        + Migration.confine("department"))
  ]
}
