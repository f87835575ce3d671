import Kernel
import Registers
import Storage

/// What the registers say of second factors, and the accounts of this program itself.
struct RolloutGround: Sendable {
  /// Every system, in the order of the register.
  fileprivate(set) var systems: [RolloutFacts] = []
  fileprivate var places: [String: Int] = [:]
  /// Who signs in here, and how many of them with a second factor.
  var ownAccounts = 0
  var ownWith = 0

  func known(_ line: RolloutLine) -> RolloutKnown {
    places[line.system].map { systems[$0].progress(of: line.group) } ?? .nothing
  }

  func facts(of system: String) -> RolloutFacts? { places[system].map { systems[$0] } }
}

extension ReadTx {
  /// In three statements, however many systems and accounts there are.
  func rolloutGround() throws -> RolloutGround {
    var ground = RolloutGround()
    for facts in try rolloutSystems() where ground.places[facts.system] == nil {
      ground.places[facts.system] = ground.systems.count
      ground.systems.append(facts)
    }
    for (system, accounts) in try rolloutAccounts() {
      if let place = ground.places[system] { ground.systems[place].accounts = accounts }
    }
    for (system, answer, count) in try rolloutCounts() {
      guard let system else {
        ground.ownAccounts += count
        if answer == "yes" { ground.ownWith += count }
        continue
      }
      guard let place = ground.places[system] else { continue }
      switch answer {
      case "yes": ground.systems[place].pointsYes += count
      case "no": ground.systems[place].pointsNo += count
      default: ground.systems[place].pointsUnknown += count
      }
    }
    return ground
  }

  /// Each with the day of its newest account review.
  private func rolloutSystems() throws -> [RolloutFacts] {
    try all(
      """
      SELECT s.id, s.name, s.two_factor, s.two_factor_on, v.id, v.started_at_ms FROM system s
      LEFT JOIN account_review v ON v.facility_id = s.facility_id AND v.subject = s.id AND v.started_at_ms = (
        SELECT MAX(w.started_at_ms) FROM account_review w
        WHERE w.facility_id = s.facility_id AND w.subject = s.id)
      WHERE s.facility_id = \(facility) ORDER BY s.key_text, v.id
      """
    ) { row in
      var facts = RolloutFacts(system: try row.text(0), name: try row.text(1))
      facts.word = try row.optionalText(2).flatMap(RolloutFacts.Word.init(rawValue:))
      facts.since = try row.optionalDay(3)
      if let id = try row.optionalText(4), let started = try row.optionalInstant(5) {
        facts.review = RolloutFacts.Review(id: id, day: started.day)
      }
      return facts
    }
  }

  /// Accounts in use of each system's newest review, by role and department.
  private func rolloutAccounts() throws -> [String: [RolloutFacts.Accounts]] {
    let rows = try all(
      """
      SELECT v.subject, r.role, r.department, r.factor, COUNT(*) FROM account_review_row r
      JOIN account_review v ON v.facility_id = r.facility_id AND v.id = r.review_id
      WHERE r.facility_id = \(facility) AND r.enabled AND v.subject <> 'mamorite' AND v.started_at_ms = (
        SELECT MAX(w.started_at_ms) FROM account_review w
        WHERE w.facility_id = v.facility_id AND w.subject = v.subject)
      GROUP BY v.subject, r.role, r.department, r.factor ORDER BY v.subject, r.role, r.department
      """
    ) { (try $0.text(0), try $0.text(1), try $0.text(2), try $0.optionalText(3), try $0.int(4)) }
    var found: [String: [RolloutFacts.Accounts]] = [:]
    for (system, role, department, factor, count) in rows {
      let accounts = RolloutFacts.Accounts(role: role, department: department)
      var all = found[system] ?? []
      // The rows of one role and department follow each other.
      let isNext = all.last.map { $0.role == accounts.role && $0.department == accounts.department } ?? false
      var one = isNext ? all.removeLast() : accounts
      switch factor {
      case "yes": one.with += count
      case "no": one.without += count
      default: one.untold += count
      }
      all.append(one)
      found[system] = all
    }
    return found
  }

  /// Connection points that are not removed, by system; with no system: this program's own accounts.
  private func rolloutCounts() throws -> [(system: String?, answer: String?, count: Int)] {
    try all(
      """
      SELECT system_id, two_factor, COUNT(*) FROM connection_point
      WHERE facility_id = \(facility) AND system_id IS NOT NULL AND (status IS NULL OR status <> 'removed')
      GROUP BY system_id, two_factor
      UNION ALL
      SELECT NULL, 'yes', COUNT(*) FROM person p
      WHERE p.facility_id = \(facility) AND p.account_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM account_factor f WHERE f.account_id = p.account_id AND f.confirmed_at_ms IS NOT NULL)
      UNION ALL
      SELECT NULL, 'no', COUNT(*) FROM person p
      WHERE p.facility_id = \(facility) AND p.account_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM account_factor f WHERE f.account_id = p.account_id AND f.confirmed_at_ms IS NOT NULL)
      """
    ) { (try $0.optionalText(0), try $0.optionalText(1), try $0.int(2)) }
  }
}
