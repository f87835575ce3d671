public import Kernel
public import Storage

extension ReadTx {
  /// The files beside a record, in the order in which they came; withdrawn ones too.
  public func files(of subject: String) throws -> [StoredFile] {
    try all(
      """
      SELECT id, subject, title, sha256, media_type, bytes, added_at_ms, added_by, withdrawn FROM stored_file
      WHERE facility_id = \(facility) AND subject = \(subject) ORDER BY id
      """,
      StoredFile.init(row:))
  }

  /// The files beside an entry, for its record.
  func fileRows(of subject: String) -> SQL {
    """
    SELECT id, subject, title, sha256, media_type, added_by, bytes, added_at_ms,
      CAST(CASE WHEN withdrawn THEN 1 ELSE 0 END AS BIGINT)
    FROM stored_file WHERE facility_id = \(facility) AND subject = \(subject)
    """
  }

  public func file(_ id: StoredFile.ID) throws -> StoredFile? {
    try first(
      """
      SELECT id, subject, title, sha256, media_type, bytes, added_at_ms, added_by, withdrawn FROM stored_file
      WHERE facility_id = \(facility) AND id = \(id)
      """,
      StoredFile.init(row:))
  }

  /// The content that has this fingerprint; nil when the facility keeps none.
  public func content(_ sha256: String) throws -> [UInt8]? {
    try first("SELECT content FROM evidence_file WHERE facility_id = \(facility) AND sha256 = \(sha256)") {
      try $0.blob(0)
    }
  }
}

extension WriteTx {
  /// Keeps a content once per facility, however often it comes. Whoever names it writes the ledger entry.
  public func keep(_ content: [UInt8], sha256: String) throws {
    try housekeeping.run(
      """
      INSERT INTO evidence_file (facility_id, sha256, content) VALUES (\(facility), \(sha256), \(content))
      ON CONFLICT (facility_id, sha256) DO NOTHING
      """)
  }

  func insert(_ new: StoredFile) throws {
    try apply(
      """
      INSERT INTO stored_file (facility_id, id, subject, title, sha256, media_type, bytes, added_at_ms, added_by, withdrawn)
      VALUES (\(facility), \(new.id), \(new.subject), \(new.title), \(new.sha256), \(new.mediaType), \(new.bytes),
        \(new.addedAt), \(new.addedBy), \(false))
      """,
      recording: Change("file.add", of: new.subject, to: new))
  }

  func withdraw(_ file: StoredFile, because reason: String) throws {
    try apply(
      """
      UPDATE stored_file SET withdrawn = \(true)
      WHERE facility_id = \(facility) AND id = \(file.id) AND NOT withdrawn
      """,
      recording: Change("file.withdraw", of: file.subject, to: ["file": file.title, "reason": reason]))
  }
}

extension StoredFile {
  init(_ row: RecordRow) throws {
    guard let id = ID(row.text(0)) else { throw Row.Corrupt("stored_file.id") }
    self.init(
      id: id, subject: row.text(1), title: row.text(2), sha256: row.text(3), mediaType: row.text(4),
      bytes: row.number(0), addedAt: Instant(milliseconds: Int64(row.number(1))), addedBy: row.text(5),
      isWithdrawn: row.number(2) == 1)
  }

  init(row: Row) throws {
    self.init(
      id: try row.id(0), subject: try row.text(1), title: try row.text(2), sha256: try row.text(3),
      mediaType: try row.text(4), bytes: try row.int(5), addedAt: try row.instant(6),
      addedBy: try row.text(7),
      isWithdrawn: try row.bool(8))
  }
}

extension Files {
  static let migrations = [
    // Contents are in `evidence_file`, which the proofs of answers brought.
    Migration(
      "20261121-9a-files",
      [
        """
        CREATE TABLE stored_file (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL, title TEXT NOT NULL, sha256 TEXT NOT NULL,
          media_type TEXT NOT NULL, bytes BIGINT NOT NULL, added_at_ms BIGINT NOT NULL, added_by TEXT NOT NULL,
          withdrawn BOOLEAN NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, sha256) REFERENCES evidence_file (facility_id, sha256)
        )
        """,
        "CREATE INDEX stored_file_by_subject ON stored_file (facility_id, subject, id)",
      ] + Migration.confine("stored_file"))
  ]
}
