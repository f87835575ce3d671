import Kernel
public import Storage

extension ReadTx {
  /// The facility of this transaction.
  public func thisFacility() throws -> Facility? {
    try first(
      "SELECT id, name, kind, beds, prefecture, version FROM facility WHERE id = \(facility)",
      Facility.init(row:))
  }

  /// Every facility of the installation, by name.
  public func allFacilities() throws -> [Facility] {
    try all(
      "SELECT id, name, kind, beds, prefecture, version FROM facility ORDER BY name, id", Facility.init(row:))
  }

  func facilityExists() throws -> Bool {
    try count("SELECT COUNT(*) FROM (SELECT 1 FROM facility LIMIT 1) AS one") > 0
  }
}

extension WriteTx {
  func insert(_ new: Facility) throws {
    try apply(
      """
      INSERT INTO facility (id, name, kind, beds, prefecture, created_at_ms, version)
      VALUES (\(new.id), \(new.name.text), \(new.kind.rawValue), \(new.beds), \(new.prefecture?.code), \(scope.now), 1)
      """,
      recording: Change("facility.create", of: "facility:\(new.id)", to: new))
    try housekeeping.scheduleCheckpoint()
  }

  func replace(_ before: Facility, with after: Facility) throws {
    try apply(
      """
      UPDATE facility SET name = \(after.name.text), kind = \(after.kind.rawValue), beds = \(after.beds),
        prefecture = \(after.prefecture?.code), version = \(after.version)
      WHERE id = \(before.id) AND version = \(before.version)
      """,
      recording: Change("facility.change", of: "facility:\(before.id)", from: before, to: after))
  }
}

extension ReadTx {
  /// Whether the facility records who opens what is sensitive.
  func recordsReading() throws -> Bool {
    try first("SELECT records_reading FROM facility WHERE id = \(facility)") { try $0.bool(0) } ?? false
  }
}

extension WriteTx {
  func recordReading(_ isOn: Bool) throws {
    try apply(
      "UPDATE facility SET records_reading = \(isOn) WHERE id = \(facility)",
      recording: Change(
        "facility.reading", of: "facility:\(facility)", from: ["recordsReading": "\(!isOn)"],
        to: ["recordsReading": "\(isOn)"]))
  }
}

extension Facility {
  /// - Parameter row: id, name, kind, beds, prefecture, version, and what else.
  public init(row: Row) throws {
    guard let kind = Kind(rawValue: try row.text(2)) else { throw Row.Corrupt("facility.kind") }
    self.init(
      stored: try row.id(0), name: try Name(try row.text(1)), kind: kind, beds: try row.optionalInt(3),
      prefecture: try row.optionalInt(4).flatMap(Prefecture.init(code:)), version: try row.int(5))
  }
}

extension Facilities {
  static let migrations = [
    Migration(
      "20261121-1-facility",
      [
        """
        CREATE TABLE facility (
          id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, beds BIGINT, prefecture BIGINT,
          created_at_ms BIGINT NOT NULL, version BIGINT NOT NULL
        )
        """
      ]),
    Migration(
      "20261122-40-facility-reading",
      ["ALTER TABLE facility ADD COLUMN records_reading BOOLEAN NOT NULL DEFAULT FALSE"]),
    Migration(
      "20261126-0-facility-editions", ["ALTER TABLE facility ADD COLUMN editions BIGINT NOT NULL DEFAULT 0"]),
  ]
}

extension ReadTx {
  /// How often the editions that only this facility sees have changed.
  public func editionCount() throws -> Int {
    try count("SELECT editions FROM facility WHERE id = \(facility)")
  }
}

extension WriteTx {
  /// To be said in the transaction that changes them: whoever asks next reads them anew.
  public func countEditionChange() throws {
    try housekeeping.run("UPDATE facility SET editions = editions + 1 WHERE id = \(facility)")
  }
}
