import Kernel
import Registers
public import Storage

extension Editions {
  static let migrations = [
    Migration(
      "20261126-1-local-edition",
      [
        // A new reading is a new revision: what was answered can always be read as it was asked.
        """
        CREATE TABLE local_edition (
          facility_id TEXT NOT NULL REFERENCES facility (id), pack TEXT NOT NULL, revision BIGINT NOT NULL,
          taken_at_ms BIGINT NOT NULL, taken_by TEXT NOT NULL, source TEXT NOT NULL, items BIGINT NOT NULL,
          body TEXT NOT NULL, PRIMARY KEY (facility_id, pack, revision)
        )
        """,
        """
        CREATE TABLE edition_draft (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, at_ms BIGINT NOT NULL,
          by_name TEXT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
      ] + Migration.confine("local_edition") + Migration.confine("edition_draft"))
  ]
}

/// A revision of an edition as the list shows it.
struct LocalEdition: Sendable, Equatable {
  let pack: String
  let revision: Int
  let takenAt: Instant
  let takenBy: String
  let source: String
  let items: Int
}

/// A draft as the list shows it.
struct ListedDraft: Sendable {
  let id: EditionDraft.ID
  let at: Instant
  let by: String
  let draft: EditionDraft
}

extension ReadTx {
  /// Every revision that the facility has taken in, the newest first.
  func localEditions() throws -> [LocalEdition] {
    try all(
      """
      SELECT pack, revision, taken_at_ms, taken_by, source, items FROM local_edition
      WHERE facility_id = \(facility) ORDER BY pack DESC, revision DESC
      """
    ) {
      LocalEdition(
        pack: try $0.text(0), revision: try $0.int(1), takenAt: try $0.instant(2), takenBy: try $0.text(3),
        source: try $0.text(4), items: try $0.int(5))
    }
  }

  /// The newest revision of each edition of the facility.
  func newestEditions() throws -> [PackDocument] {
    try all(
      """
      SELECT e.body FROM local_edition e
      WHERE e.facility_id = \(facility) AND e.revision = (
        SELECT MAX(o.revision) FROM local_edition o WHERE o.facility_id = e.facility_id AND o.pack = e.pack)
      ORDER BY e.pack
      """
    ) { try PackDocument(stored: try $0.text(0)) }
  }

  func newestEdition(_ pack: String) throws -> PackDocument? {
    try first(
      """
      SELECT body FROM local_edition WHERE facility_id = \(facility) AND pack = \(pack)
      ORDER BY revision DESC LIMIT 1
      """
    ) { try PackDocument(stored: try $0.text(0)) }
  }

  /// Items of an edition for which the facility or one of its vendors has written or gathered something.
  func answeredItems(of pack: String) throws -> Set<String> {
    Set(
      try all(
        """
        SELECT a.item FROM answer a JOIN assessment s ON s.facility_id = a.facility_id AND s.id = a.assessment_id
        WHERE a.facility_id = \(facility) AND s.pack = \(pack)
        UNION SELECT p.item FROM proof p
          JOIN assessment s ON s.facility_id = p.facility_id AND s.id = p.assessment_id
        WHERE p.facility_id = \(facility) AND s.pack = \(pack)
        UNION SELECT v.item FROM sheet_answer v
          JOIN sheet_request r ON r.facility_id = v.facility_id AND r.id = v.request_id
        WHERE v.facility_id = \(facility) AND r.pack = \(pack)
        """
      ) { try $0.text(0) })
  }

  func editionDraft(_ id: EditionDraft.ID) throws -> EditionDraft? {
    try first("SELECT body FROM edition_draft WHERE facility_id = \(facility) AND id = \(id)") {
      try ColumnJSON.read(try $0.text(0), as: EditionDraft.self)
    }
  }

  func editionDrafts() throws -> [ListedDraft] {
    try all(
      """
      SELECT id, at_ms, by_name, body FROM edition_draft WHERE facility_id = \(facility)
      ORDER BY at_ms DESC, id DESC LIMIT \(Editions.mostDrafts)
      """
    ) {
      ListedDraft(
        id: try $0.id(0), at: try $0.instant(1), by: try $0.text(2),
        draft: try ColumnJSON.read(try $0.text(3)))
    }
  }
}

extension WriteTx {
  /// A draft is nobody's record: the newest few are kept, until they are taken in or thrown away.
  func keep(_ draft: EditionDraft, as id: EditionDraft.ID) throws {
    try housekeeping.run(
      """
      DELETE FROM edition_draft WHERE facility_id = \(facility) AND id NOT IN (
        SELECT id FROM edition_draft WHERE facility_id = \(facility)
        ORDER BY at_ms DESC, id DESC LIMIT \(Editions.mostDrafts - 1))
      """)
    try housekeeping.run(
      """
      INSERT INTO edition_draft (facility_id, id, at_ms, by_name, version, body)
      VALUES (\(facility), \(id), \(scope.now), \(scope.actor.name), \(draft.version), \(try ColumnJSON.text(draft)))
      """)
  }

  /// - Throws: `Stale` when somebody else has changed the draft since `version`.
  func replace(_ id: EditionDraft.ID, at version: Int, with draft: EditionDraft) throws {
    let changed = try housekeeping.run(
      """
      UPDATE edition_draft SET at_ms = \(scope.now), by_name = \(scope.actor.name), version = \(draft.version),
        body = \(try ColumnJSON.text(draft))
      WHERE facility_id = \(facility) AND id = \(id) AND version = \(version)
      """)
    if changed == 0 { throw Stale() }
  }

  func forget(_ id: EditionDraft.ID) throws {
    try housekeeping.run("DELETE FROM edition_draft WHERE facility_id = \(facility) AND id = \(id)")
  }

  /// Stores a revision; whoever asks next sees it.
  func insert(_ edition: PackDocument, from source: String) throws {
    struct Taken: Encodable, Sendable {
      let editionRevision: Int
      let editionItems: Int
      let editionSource: String
    }
    let items = edition.forms.reduce(0) { $0 + $1.sections.reduce(0) { $0 + $1.items.count } }
    try apply(
      """
      INSERT INTO local_edition (facility_id, pack, revision, taken_at_ms, taken_by, source, items, body)
      VALUES (\(facility), \(edition.id), \(edition.revision), \(scope.now), \(scope.actor.name), \(source), \(items),
        \(try edition.json))
      """,
      recording: Change(
        "edition.take", of: "edition:\(edition.id)",
        to: Taken(editionRevision: edition.revision, editionItems: items, editionSource: source)))
    try countEditionChange()
  }
}

extension PackLibrary {
  /// What the facility of `scope` sees: the folder, with its own editions in the place of those whose items are not known.
  ///
  /// In a request of someone signed in this takes no statement: the session was read with the count of changes. Elsewhere it
  /// takes one, and one more after a change.
  public func seen(by scope: Scope) async throws -> PackLibrary {
    if owner == scope.facility { return self }
    if scope.editions == 0 { return shipped }
    if let count = scope.editions, let known = overlay(of: scope.facility, at: count) { return known }
    return try await scope.read { [self] tx in
      let count = try tx.editionCount()
      if count == 0 { return shipped }
      if let known = overlay(of: scope.facility, at: count) { return known }
      return lay(try tx.newestEditions().map(\.pack), of: scope.facility, at: count)
    }
  }
}
