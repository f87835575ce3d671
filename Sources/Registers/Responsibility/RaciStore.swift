import Kernel
import Storage

extension Raci {
  static let migrations = [
    Migration(
      "20261121-e2-raci",
      [
        """
        CREATE TABLE raci_party (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL, person_id TEXT,
          place BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, person_id) REFERENCES person (facility_id, id)
        )
        """,
        """
        CREATE TABLE raci_activity (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, name TEXT NOT NULL,
          place BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """,
        """
        CREATE TABLE raci_part (
          facility_id TEXT NOT NULL, activity_id TEXT NOT NULL, party_id TEXT NOT NULL,
          part TEXT NOT NULL CHECK (part IN ('R', 'A', 'AR', 'C', 'I')),
          PRIMARY KEY (facility_id, activity_id, party_id),
          FOREIGN KEY (facility_id, activity_id) REFERENCES raci_activity (facility_id, id),
          FOREIGN KEY (facility_id, party_id) REFERENCES raci_party (facility_id, id)
        )
        """,
        "CREATE INDEX raci_party_by_person ON raci_party (facility_id, person_id)",
        "CREATE INDEX raci_part_by_party ON raci_part (facility_id, party_id)",
      ] + Migration.confine("raci_party") + Migration.confine("raci_activity")
        + Migration.confine("raci_part"))
  ]
}

extension ReadTx {
  /// The whole table, in four statements.
  func raci() throws -> Raci.Table {
    let people = try all(
      """
      SELECT id, name FROM person WHERE facility_id = \(facility)
        AND id IN (SELECT person_id FROM raci_party WHERE facility_id = \(facility))
      """
    ) { (try $0.id(0, of: PersonTag.self), try $0.text(1)) }
    return Raci.Table(
      parties: try raciParties(), activities: try raciActivities(),
      people: Dictionary(people, uniquingKeysWith: { first, _ in first }))
  }

  func raciParties() throws -> [Raci.Party] {
    try all(
      """
      SELECT id, name, person_id, place, version FROM raci_party
      WHERE facility_id = \(facility) ORDER BY place, name, id
      """
    ) { row in
      Raci.Party(
        id: try row.id(0), name: try row.text(1), person: try row.optionalID(2), position: try row.int(3),
        version: try row.int(4))
    }
  }

  func raciActivities() throws -> [Raci.Activity] {
    var parts: [String: [String: Raci.Part]] = [:]
    for (activity, party, part) in try all(
      "SELECT activity_id, party_id, part FROM raci_part WHERE facility_id = \(facility)",
      { (try $0.text(0), try $0.text(1), try $0.text(2)) })
    {
      guard let part = Raci.Part(rawValue: part) else { throw Row.Corrupt("raci_part.part") }
      parts[activity, default: [:]][party] = part
    }
    return try all(
      """
      SELECT id, name, place, version FROM raci_activity
      WHERE facility_id = \(facility) ORDER BY place, name, id
      """
    ) { row in
      let id: Raci.Activity.ID = try row.id(0)
      return Raci.Activity(
        id: id, name: try row.text(1), position: try row.int(2), parts: parts[id.text] ?? [:],
        version: try row.int(3))
    }
  }
}

extension WriteTx {
  func insert(_ party: Raci.Party) throws {
    try apply(
      """
      INSERT INTO raci_party (facility_id, id, name, person_id, place, version)
      VALUES (\(facility), \(party.id), \(party.name), \(party.person), \(party.position), 1)
      """,
      recording: Change("raci.addParty", of: "raci-party:\(party.id)", to: party))
  }

  /// - Throws: `Stale`.
  func replace(_ before: Raci.Party, with after: Raci.Party) throws {
    try apply(
      """
      UPDATE raci_party SET name = \(after.name), person_id = \(after.person), place = \(after.position),
        version = \(before.version + 1)
      WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
      """,
      recording: Change("raci.changeParty", of: "raci-party:\(before.id)", from: before, to: after))
  }

  /// Takes a party out, with its parts; the record keeps both.
  ///
  /// - Throws: `Stale`.
  func remove(_ party: Raci.Party, parts: [String: String]) throws {
    // Parts first: they refer to the party. A party without parts must not look stale.
    _ = try housekeeping.run(
      "DELETE FROM raci_part WHERE facility_id = \(facility) AND party_id = \(party.id)")
    try apply(
      """
      DELETE FROM raci_party
      WHERE facility_id = \(facility) AND id = \(party.id) AND version = \(party.version)
      """,
      recording: Change(
        "raci.removeParty", of: "raci-party:\(party.id)", from: parts.merging(["name": party.name]) { $1 },
        to: [String: String]?.none))
  }

  func insert(_ activity: Raci.Activity) throws {
    try apply(
      [
        """
        INSERT INTO raci_activity (facility_id, id, name, place, version)
        VALUES (\(facility), \(activity.id), \(activity.name), \(activity.position), 1)
        """
      ] + inserts(activity),
      recording: Change("raci.addActivity", of: "raci:\(activity.id)", to: activity))
  }

  /// - Throws: `Stale`.
  func replace(_ before: Raci.Activity, with after: Raci.Activity) throws {
    try apply(
      [
        """
        UPDATE raci_activity SET name = \(after.name), place = \(after.position), version = \(before.version + 1)
        WHERE facility_id = \(facility) AND id = \(before.id) AND version = \(before.version)
        """,
        "DELETE FROM raci_part WHERE facility_id = \(facility) AND activity_id = \(before.id)",
      ] + inserts(after),
      recording: Change("raci.changeActivity", of: "raci:\(before.id)", from: before, to: after))
  }

  /// Takes an activity out; the record keeps it.
  ///
  /// - Throws: `Stale`.
  func remove(_ activity: Raci.Activity) throws {
    _ = try housekeeping.run(
      "DELETE FROM raci_part WHERE facility_id = \(facility) AND activity_id = \(activity.id)")
    try apply(
      """
      DELETE FROM raci_activity
      WHERE facility_id = \(facility) AND id = \(activity.id) AND version = \(activity.version)
      """,
      recording: Change(
        "raci.removeActivity", of: "raci:\(activity.id)", from: activity, to: Raci.Activity?.none))
  }

  private func inserts(_ activity: Raci.Activity) -> [SQL] {
    activity.parts.sorted { $0.key < $1.key }.map { party, part in
      """
      INSERT INTO raci_part (facility_id, activity_id, party_id, part)
      VALUES (\(facility), \(activity.id), \(party), \(part.rawValue))
      """
    }
  }
}
