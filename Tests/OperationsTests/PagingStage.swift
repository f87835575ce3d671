import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

/// What tests of calls do by turns: orders and rules, alerts that open and end, and what arrived.
extension TestApp {
  static let pager = Pager(sealer: TestApp.sealer, address: "https://mamorite.example")

  /// A scope of the system at a moment.
  func at(_ moment: Instant) -> Scope {
    Scope(database, actor: .system("test"), facility: facility.id, now: moment)
  }

  /// One turn of calls at a moment.
  func turn(_ moment: Instant, rota: RotaDoor = .none) async throws {
    var pager = TestApp.pager
    pager.rota = rota
    let turning = pager
    try await at(moment).write { tx in
      try turning.turn(tx)
      try turning.announce(tx)
    }
  }

  func person(_ name: String) async throws -> PersonID {
    try #require(try await scope.read { try $0.people() }.first { $0.name == name }?.id)
  }

  /// What stands in someone's inbox about calls, the newest first.
  func calls(of name: String) async throws -> [String] {
    let id = try await person(name)
    while try await Installation(database).deliver(now: now.adding(minutes: 100_000)) > 0 {}
    return try await scope.read { try $0.inbox(of: id) }.filter {
      $0.key.hasPrefix("monitoring.") || $0.key.hasPrefix("paging.")
    }.map { "\($0.key) \($0.arguments.first ?? "")" }
  }

  /// An order of calling: minutes and whom, by the form.
  func addPolicy(_ name: String, _ steps: [(Int, String)], repeats: Int = 0) async throws
    -> EscalationPolicy.ID
  {
    var fields = [("name", name), ("repeats", "\(repeats)"), ("gap", "10")]
    for (index, step) in steps.enumerated() {
      fields += [("after\(index + 1)", "\(step.0)"), ("first\(index + 1)", step.1)]
    }
    let answer = try await post("/paging/policies", fields)
    try #require(answer.status == 303, "\(answer.body)")
    return try #require(try await scope.read { try $0.policies() }.first { $0.name == name }?.id)
  }

  func addRule(_ policy: EscalationPolicy.ID?, _ further: [(String, String)] = []) async throws {
    let answer = try await post(
      "/paging/rules",
      further + [
        ("criteria", "止まると診療が止まる"), ("lowest", "1"), ("highest", "5"), ("start", "now"), ("hold", "0"),
        ("policy", policy?.text ?? ""), ("position", "10"),
      ])
    try #require(answer.status == 303, "\(answer.body)")
  }

  /// An alert that has just opened, as monitoring would write it.
  func openAlert(_ name: String, at moment: Instant, grade: Alert.Grade = .down, level: ImpactLevel = .l4)
    async throws
    -> AlertID
  {
    let alert = Alert(
      id: AlertID(at: moment), monitor: Monitor.ID(at: moment), name: name, grade: grade, level: level,
      openedAt: moment)
    try await at(moment).write { try $0.open(alert) }
    return alert.id
  }

  /// So many at once (up to 90,000), in one statement.
  func openAlerts(_ count: Int) async throws {
    try await scope.write { tx in
      _ = try tx.housekeeping.run(
        """
        INSERT INTO monitor_alert (facility_id, id, monitor_id, name, grade, level, opened_at_ms)
        WITH RECURSIVE n (i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < \(9_999 + count))
        SELECT CAST(\(tx.facility) AS TEXT), '0192f000-0000-7000-8000-0000000' || i, '0192f000-0000-7000-8001-0000000' || i,
          '機器' || i, 'down', 3, CAST(\(tx.scope.now) AS BIGINT) FROM n
        """)
    }
  }

  func close(_ id: AlertID, at moment: Instant) async throws {
    try await at(moment).write { try $0.resolve(id, of: Monitor.ID(at: moment)) }
  }

  func page(_ id: AlertID) async throws -> ShownPage? { try await scope.read { try $0.shownPage(of: id) } }

  func count(_ sql: SQL) async throws -> Int { try await scope.read { try $0.count(sql) } }
}
