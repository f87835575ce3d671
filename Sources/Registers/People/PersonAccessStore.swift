import Kernel
import Storage
import Web

extension WriteTx {
  private func endSessions(of person: Person) throws {
    try housekeeping.run(
      "DELETE FROM session WHERE facility_id = \(facility) AND person_id = \(person.id)")
  }

  /// - Throws: `Stale` when the person has changed since `version`.
  func setRole(_ role: Role, of person: Person, version: Int) throws {
    try apply(
      """
      UPDATE person SET role = \(role.rawValue), version = version + 1
      WHERE facility_id = \(facility) AND id = \(person.id) AND version = \(version)
      """,
      recording: Change(
        "person.role", of: "person:\(person.id)", from: ["role": person.role.rawValue],
        to: ["role": role.rawValue]))
    try endSessions(of: person)
  }

  /// - Throws: `Stale` when the person has changed since `version`.
  func withdrawAccess(of person: Person, version: Int) throws {
    try apply(
      """
      UPDATE person SET account_id = NULL, version = version + 1
      WHERE facility_id = \(facility) AND id = \(person.id) AND version = \(version) AND account_id IS NOT NULL
      """,
      recording: Change("person.withdraw", of: "person:\(person.id)", to: ["name": person.name]))
    try endSessions(of: person)
  }
}
