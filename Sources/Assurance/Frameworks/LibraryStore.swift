import Frameworks
import Kernel
import Storage

extension Libraries {
  /// In place of a facility: what all facilities of the installation see.
  static let shared = "installation"

  static let migrations = [
    Migration(
      "20261125-0-frameworks",
      [
        """
        CREATE TABLE framework_library (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, urn TEXT NOT NULL, locale TEXT NOT NULL, version BIGINT NOT NULL,
          sha256 TEXT NOT NULL, taken_at_ms BIGINT NOT NULL, taken_by TEXT NOT NULL, facts_json TEXT NOT NULL,
          remarks TEXT NOT NULL, body \(sqlite: "BLOB", postgres: "BYTEA") NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE UNIQUE INDEX framework_library_version ON framework_library (facility_id, urn, locale, version)",
        """
        CREATE TABLE framework_upload (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, at_ms BIGINT NOT NULL,
          body \(sqlite: "BLOB", postgres: "BYTEA") NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
      ]
        + Migration.confine(
          "framework_library",
          also: "OR facility_id = 'installation' OR current_setting('mamorite.wide', true) = 'on'")
        + Migration.confine("framework_upload") + onlyRead)
  ]

  /// A facility reads what all share, and changes only its own.
  private static let onlyRead: [SQL] = [
    """
    \(sqlite: "SELECT 1", postgres: """
    CREATE POLICY framework_library_insert ON framework_library AS RESTRICTIVE FOR INSERT WITH CHECK (
      facility_id = current_setting('mamorite.facility', true) OR current_setting('mamorite.wide', true) = 'on')
    """)
    """,
    """
    \(sqlite: "SELECT 1", postgres: """
    CREATE POLICY framework_library_update ON framework_library AS RESTRICTIVE FOR UPDATE USING (
      facility_id = current_setting('mamorite.facility', true) OR current_setting('mamorite.wide', true) = 'on')
    """)
    """,
    """
    \(sqlite: "SELECT 1", postgres: """
    CREATE POLICY framework_library_delete ON framework_library AS RESTRICTIVE FOR DELETE USING (
      facility_id = current_setting('mamorite.facility', true) OR current_setting('mamorite.wide', true) = 'on')
    """)
    """,
  ]
}

/// A library that is about to be stored.
struct NewLibrary: Sendable {
  let id: ID<ShelvedLibrary>
  let urn: String
  let locale: String
  let version: Int
  let sha256: String
  let now: Instant
  let by: String
  var facts: ShelvedLibrary.Facts
  let remarks: String
  let body: [UInt8]

  init(_ file: LibraryFile, _ place: Libraries.Place) {
    let library = file.library
    switch place {
    case .facility(let scope): (now, by) = (scope.now, scope.actor.name)
    case .installation(_, let actor, let moment): (now, by) = (moment, actor.name)
    }
    id = ID(at: now)
    (urn, locale) = (library.identity.urn, library.locale)
    (version, sha256) = (library.version, file.sha256)
    facts = ShelvedLibrary.Facts(library, file.remarks)
    if file.form == .oscal { facts.source = file.stem }
    remarks = file.remarks.first.map { one in
      "\(one.kind.rawValue)\t\(one.line)\t\(one.place.harmless)"
    }.joined(separator: "\n")
    body = file.blob
  }

  fileprivate func insertion(for owner: String) throws -> SQL {
    """
    INSERT INTO framework_library
      (facility_id, id, urn, locale, version, sha256, taken_at_ms, taken_by, facts_json, remarks, body)
    VALUES (\(owner), \(id), \(urn), \(locale), \(version), \(sha256), \(now), \(by), \(try ColumnJSON.text(facts)), \(remarks),
      \(body))
    """
  }
}

extension ShelvedLibrary.Facts {
  init(_ library: Library, _ remarks: Remarks) {
    self.init(
      name: library.name, provider: library.provider, copyright: library.copyright,
      published: library.published, counts: LibraryCounts(library), languages: library.languages,
      names: library.translations.texts("name"),
      dependencies: library.dependencies, objects: library.objectURNs.map(URN.folded),
      warnings: Dictionary(
        remarks.counts.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { first, _ in first }),
      unresolvedMappings: 0)
  }
}

extension ShelvedLibrary {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row.id(1), isShared: try row.text(0) == Libraries.shared, urn: try row.text(2),
      locale: try row.text(3), version: try row.int(4), sha256: try row.text(5),
      facts: try ColumnJSON.read(try row.text(8)), takenAt: try row.instant(6), takenBy: try row.text(7))
  }
}

extension ReadTx {
  /// What the facility sees: its own and what all share, by name, newest version first.
  func libraries() throws -> [ShelvedLibrary] {
    try all(
      """
      SELECT facility_id, id, urn, locale, version, sha256, taken_at_ms, taken_by, facts_json FROM framework_library
      WHERE facility_id = \(facility) OR facility_id = \(Libraries.shared) ORDER BY urn, locale, version DESC, id
      """,
      ShelvedLibrary.init)
  }

  func library(_ id: ID<ShelvedLibrary>) throws -> ShelvedLibrary? {
    try first(
      """
      SELECT facility_id, id, urn, locale, version, sha256, taken_at_ms, taken_by, facts_json FROM framework_library
      WHERE (facility_id = \(facility) OR facility_id = \(Libraries.shared)) AND id = \(id)
      """,
      ShelvedLibrary.init)
  }

  /// The versions of one library, newest first.
  func versions(of library: ShelvedLibrary) throws -> [ShelvedLibrary] {
    try all(
      """
      SELECT facility_id, id, urn, locale, version, sha256, taken_at_ms, taken_by, facts_json FROM framework_library
      WHERE (facility_id = \(facility) OR facility_id = \(Libraries.shared)) AND urn = \(library.urn)
        AND locale = \(library.locale) ORDER BY version DESC, id
      """,
      ShelvedLibrary.init)
  }

  func libraryBody(of id: ID<ShelvedLibrary>) throws -> [UInt8]? {
    try first(
      """
      SELECT body FROM framework_library
      WHERE (facility_id = \(facility) OR facility_id = \(Libraries.shared)) AND id = \(id)
      """
    ) { try $0.blob(0) }
  }

  /// The name and content of the file with this fingerprint.
  func libraryBody(sha256: String) throws -> (name: String, body: [UInt8])? {
    try first(
      """
      SELECT urn, body FROM framework_library
      WHERE (facility_id = \(facility) OR facility_id = \(Libraries.shared)) AND sha256 = \(sha256)
      LIMIT 1
      """
    ) { (try $0.text(0), try $0.blob(1)) }
  }

  /// The irregularities with their places, as they were found.
  func remarks(of id: ID<ShelvedLibrary>) throws -> [Remark] {
    let text = try first(
      """
      SELECT remarks FROM framework_library
      WHERE (facility_id = \(facility) OR facility_id = \(Libraries.shared)) AND id = \(id)
      """
    ) { try $0.text(0) }
    return (text ?? "").split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, let kind = Remark.Kind(rawValue: String(parts[0])) else { return nil }
      return Remark(kind, String(parts[2]), line: Int(parts[1]) ?? 0)
    }
  }

  func sharedLibraries() throws -> [ShelvedLibrary] {
    try all(
      """
      SELECT facility_id, id, urn, locale, version, sha256, taken_at_ms, taken_by, facts_json FROM framework_library
      WHERE facility_id = \(Libraries.shared) ORDER BY urn, locale, version DESC, id
      """,
      ShelvedLibrary.init)
  }

  func sharedBody(of id: ID<ShelvedLibrary>) throws -> [UInt8]? {
    try first(
      "SELECT body FROM framework_library WHERE facility_id = \(Libraries.shared) AND id = \(id)"
    ) { try $0.blob(0) }
  }

  func facilityIDs() throws -> [FacilityID] {
    try all("SELECT id FROM facility ORDER BY id") { try $0.id(0) }
  }

  /// A file that was shown and waits for the decision.
  func frameworkUpload(_ id: ID<Libraries.Upload>) throws -> (name: String, bytes: [UInt8])? {
    try first(
      "SELECT name, body FROM framework_upload WHERE facility_id = \(facility) AND id = \(id)"
    ) { (try $0.text(0), try $0.blob(1)) }
  }
}

extension WriteTx {
  func insert(_ library: NewLibrary) throws {
    struct Shown: Encodable, Sendable {
      let name: String
      let libraryVersion: Int
      let sha256: String
    }
    try apply(
      [try library.insertion(for: facility.text)],
      recording: Change(
        "framework.take", of: "framework:\(library.id)",
        to: Shown(name: library.facts.name, libraryVersion: library.version, sha256: library.sha256)))
  }

  /// Takes a library of the facility off its shelf, content and all; what it was stays in the ledger.
  func retire(_ library: ShelvedLibrary) throws {
    struct Shown: Encodable, Sendable {
      let name: String
      let libraryVersion: Int
      let sha256: String
    }
    let shown = Shown(name: library.facts.name, libraryVersion: library.version, sha256: library.sha256)
    try apply(
      ["DELETE FROM framework_library WHERE facility_id = \(facility) AND id = \(library.id)"],
      recording: Change("framework.retire", of: "framework:\(library.id)", from: shown, to: String?.none))
  }

  /// Says in the facility's ledger what was taken in for all facilities or is seen by none any more, if that has not been said yet.
  func tellOfShared(_ telling: Libraries.Telling) throws {
    let done = try housekeeping.run(
      """
      DELETE FROM due
      WHERE facility_id = \(facility) AND kind = 'frameworks.tell' AND subject = \(telling.subject)
      """)
    guard done > 0 else { return }
    let names = ["libraries": telling.names]
    let subject = "frameworks:\(Libraries.shared)"
    switch telling.kind {
    case .share:
      try apply([], recording: Change("framework.share", of: "frameworks:\(Libraries.shared)", to: names))
    case .unshare: try apply([], recording: Change("framework.unshare", of: subject, to: names))
    }
  }
}

extension HousekeepingTx {
  /// Owes each facility's ledger an entry, in the transaction of what it is about: whatever happens afterwards, the worker writes it.
  func oweTelling(_ telling: Libraries.Telling, now: Instant) throws {
    try run(
      """
      INSERT INTO due (facility_id, kind, subject, due_at_ms)
      SELECT f.id AS facility_id, 'frameworks.tell', \(telling.subject), \(now) FROM facility f WHERE true
      ON CONFLICT (facility_id, kind, subject) DO NOTHING
      """)
  }

  func removeShared(_ id: ID<ShelvedLibrary>) throws {
    try run("DELETE FROM framework_library WHERE facility_id = \(Libraries.shared) AND id = \(id)")
  }

  func insert(_ library: NewLibrary) throws { try run(try library.insertion(for: Libraries.shared)) }

  func update(_ id: ID<ShelvedLibrary>, _ facts: ShelvedLibrary.Facts, by facility: FacilityID) throws {
    try run(
      """
      UPDATE framework_library SET facts_json = \(try ColumnJSON.text(facts))
      WHERE facility_id = \(facility) AND id = \(id)
      """)
  }

  func updateShared(_ id: ID<ShelvedLibrary>, _ facts: ShelvedLibrary.Facts) throws {
    try run(
      """
      UPDATE framework_library SET facts_json = \(try ColumnJSON.text(facts))
      WHERE facility_id = \(Libraries.shared) AND id = \(id)
      """)
  }

  /// Keeps a file for a day, until it is taken in.
  func keepUpload(
    _ id: ID<Libraries.Upload>, _ name: String, _ bytes: [UInt8], by facility: FacilityID, now: Instant
  ) throws {
    let dayAgo = Instant(milliseconds: now.milliseconds - 86_400_000)
    try run("DELETE FROM framework_upload WHERE facility_id = \(facility) AND at_ms < \(dayAgo)")
    // Whoever looks at one file after the other leaves them all behind: the newest few stay, this one among them.
    try run(
      """
      DELETE FROM framework_upload WHERE facility_id = \(facility) AND id NOT IN (
        SELECT id FROM framework_upload WHERE facility_id = \(facility)
        ORDER BY at_ms DESC, id DESC LIMIT \(Libraries.keptUploads - 1))
      """)
    try run(
      """
      INSERT INTO framework_upload (facility_id, id, name, at_ms, body)
      VALUES (\(facility), \(id), \(name), \(now), \(bytes))
      """)
  }

  func forgetUpload(_ id: ID<Libraries.Upload>, by facility: FacilityID) throws {
    try run("DELETE FROM framework_upload WHERE facility_id = \(facility) AND id = \(id)")
  }
}

extension Libraries {
  enum Upload {}

  /// What every facility's ledger is to say about libraries that all share.
  struct Telling: Sendable, Equatable {
    enum Kind: String, Sendable { case share, unshare }

    let kind: Kind
    let names: [String]
    /// Tells one telling from another.
    let id: ID<Telling>

    /// As it waits in the queue.
    var subject: String { ([kind.rawValue, id.text] + names).joined(separator: "\n") }

    init(_ kind: Kind, _ names: [String], at now: Instant) {
      (self.kind, id) = (kind, ID(at: now))
      self.names = names.map { $0.replacing("\n", with: " ") }
    }

    init?(subject: String) {
      let parts = subject.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard parts.count > 2, let kind = Kind(rawValue: parts[0]), let id = ID<Telling>(parts[1]) else {
        return nil
      }
      (self.kind, self.id, names) = (kind, id, Array(parts.dropFirst(2)))
    }
  }
}
