import Kernel
import Storage
import Web

extension WriteTx {
  private func endSessions(of person: Person) throws {
    try housekeeping.run(
      "DELETE FROM session WHERE facility_id = \(facility) AND person_id = \(person.id)")
  }

  /// - Throws: `Person.Refusal.lastAdministrator` when `person` is the only administrator who signs in.
  private func keepAdministrator(beside person: Person) throws {
    guard person.role == .administrator else { return }
    let others = try count(
      """
      SELECT COUNT(*) FROM person WHERE facility_id = \(facility) AND id <> \(person.id)
        AND role = 'administrator' AND account_id IS NOT NULL
      """)
    if others == 0 { throw Person.Refusal.lastAdministrator }
  }

  /// - Throws: `Stale` when the person has changed since `version`; `Person.Refusal.lastAdministrator`.
  func setRole(_ role: Role, of person: Person, version: Int) throws {
    if role != .administrator { try keepAdministrator(beside: person) }
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
  func give(_ account: AccountID, login: String, to person: Person, version: Int) throws {
    try apply(
      """
      UPDATE person SET account_id = \(account), version = version + 1
      WHERE facility_id = \(facility) AND id = \(person.id) AND version = \(version) AND account_id IS NULL
      """,
      recording: Change(
        "person.sign-in", of: "person:\(person.id)", to: ["name": person.name, "login": login]))
  }

  /// - Throws: `Stale` when the person has changed since `version`; `Person.Refusal.lastAdministrator`.
  func withdrawAccess(of person: Person, version: Int) throws {
    try keepAdministrator(beside: person)
    if let account = person.account {
      try housekeeping.endSteps(of: account)
      try Tokens.endAll(of: account, self)
    }
    try apply(
      """
      UPDATE person SET account_id = NULL, version = version + 1
      WHERE facility_id = \(facility) AND id = \(person.id) AND version = \(version) AND account_id IS NOT NULL
      """,
      recording: Change("person.withdraw", of: "person:\(person.id)", to: ["name": person.name]))
    try endSessions(of: person)
  }
}
