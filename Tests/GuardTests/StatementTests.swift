import Foundation
import Testing

/// Reads every SQL statement of the program: whose rows belong to facilities, names one.
@Suite("施設をまたがない文")
struct StatementTests {
  /// Statements that serve all facilities, by a piece of each: of workers, of sign-in, of links and tokens, which find out what
  /// facility they are about, and of migrations. PostgreSQL confines them by `wide` or by the account; on SQLite these lines are
  /// all there is, so each is looked at before it is added.
  private static let wide: [(path: String, piece: String)] = [
    ("BackupStore.swift", "SELECT facility_id FROM backup_plan LIMIT 1"),
    ("LinkStore.swift", "FROM sheet_link WHERE token_hash = \\(hash)"),
    ("LinkStore.swift", "WHERE b.browser_hash = \\(hash)"),
    ("LinkStore.swift", "UPDATE sheet_link SET failures = "),
    ("BeatStore.swift", "WHERE token_hash = \\(\"\")"),
    ("WatchStore.swift", "FROM monitor_watch WHERE is_asked"),
    ("WatchStore.swift", "FROM monitor_watch WHERE worker = "),
    ("WatchStore.swift", "CROSS JOIN monitor_raw r WHERE r.facility_id = w.facility_id"),
    ("WatchStore.swift", "UPDATE monitor_day SET five = NULL"),
    ("WatchStore.swift", "UPDATE monitor_day SET hours = NULL"),
    ("WatchStore.swift", "FROM monitor_beat WHERE at_ms < "),
    ("WatchTrialStore.swift", "FROM monitor_watch WHERE is_asked AND last_at_ms IS NULL"),
    ("WatchTrialStore.swift", "FROM monitor_alert WHERE told_at_ms >= "),
    ("WatchStore.swift", "SELECT facility_id, networks FROM monitoring_setting"),
    ("WatchStore.swift", "WHERE m.is_sentinel AND w.is_asked"),
    ("WatchStore.swift", "UNION SELECT facility_id FROM monitor_alert WHERE announced_at_ms IS NULL"),
    ("WatchStore.swift", "FROM monitor_watch WHERE deadline_ms <= "),
    ("WatchStore.swift", "FROM monitor_watch GROUP BY condition"),
    ("AccountStore.swift", "WHERE p.account_id = \\(account)"),
    ("AccountStore.swift", "WHERE s.token_hash = \\(hash)"),
    ("FactorStore.swift", "WHERE p.account_id = \\(account)"),
    ("BreakGlassStore.swift", "WHERE c.code_hash = \\(hash)"),
    ("BreakGlassStore.swift", "WHERE u.token_hash = \\(hash)"),
    ("GrantStore.swift", "WHERE a.login = \\(login)"),
    ("PersonRegisterStore.swift", "WHERE facility_id IS NOT NULL"),
    ("SharedTerminalStore.swift", "FROM shared_terminal WHERE device_hash = "),
    ("SignOnStore.swift", "FROM open_id_provider WHERE is_on UNION ALL"),
    ("SignOnStore.swift", "DELETE FROM open_id_step WHERE state_hash = "),
    ("BreakGlassStore.swift", "SELECT kept FROM break_glass_use WHERE token_hash = "),
    ("BreakGlassStore.swift", "UPDATE break_glass_use SET kept = \\(input.text) WHERE token_hash"),
    ("BreakGlassStore.swift", "UPDATE break_glass_use SET last_seen_ms = "),
    ("BreakGlassStore.swift", "UPDATE break_glass_use SET locked_at_ms = \\(now) WHERE token_hash"),
    ("AuditStore.swift", "FROM audit WHERE sha256 = "),
    ("WatchStore.swift", "WHERE w.deadline_ms < "),
    ("FiguresStore.swift", "AND c.facility_id IS NOT NULL AND NOT p.is_quiet"),
    ("OnCallRecordStore.swift", "FROM oncall_feed WHERE token_hash = "),
    ("PageAuditStore.swift", "SELECT DISTINCT facility_id FROM page WHERE ended IS NULL"),
    ("PageAuditStore.swift", "FROM page_finding WHERE at_ms > "),
    ("PageAuditStore.swift", "FROM page_post WHERE sent_at_ms IS NULL"),
    ("FiguresStore.swift", "AND a.facility_id IS NOT NULL AND a.grade = 'down'"),
    ("RecordSignalStore.swift", "SELECT DISTINCT facility_id, 'signals.look', 'records', 0 FROM audit"),
    ("TokenStore.swift", "WHERE t.token_hash = \\(hash)"),
    ("DatabaseCopy.swift", "FROM audit_head ORDER BY facility_id"),
    ("Queues.swift", "SELECT COUNT(*) FROM due WHERE due_at_ms <= "),
    ("Queues.swift", "SELECT MIN(written_at_ms) FROM outbox"),
    ("Queues.swift", "UPDATE due SET lease_until_ms = "),
    ("Queues.swift", "FROM outbox WHERE sent_at_ms IS NULL AND next_try_ms <= "),
    // Heads of statements, whose ends follow with the facility.
    ("ResponsibilityStore.swift", "FROM system s LEFT JOIN vendor v"),
    ("ResponsibilityStore.swift", "FROM responsibility c LEFT JOIN vendor v"),
  ]

  @Test("施設の表に触れる文は、どの表の facility_id も比べ、一つの施設に決める")
  func confined() throws {
    let tables = try Source.facilityTables()
    #expect(tables.count > 40)
    var unused = Set(Self.wide.map { "\($0.path): \($0.piece)" })
    var count = 0
    for (path, text) in try Source.all() {
      for match in text.matches(of: #/"""\n(?s:.*?)"""|"(?:SELECT|UPDATE|DELETE FROM|INSERT INTO) [^\n]*"/#) {
        let statement = match.0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard statement.contains(#/(SELECT|UPDATE|DELETE FROM|INSERT INTO) /#), !statement.contains("CREATE ")
        else { continue }
        count += 1
        guard let fault = try Self.fault(of: statement, tables) else { continue }
        if let known = Self.wide.first(where: { path.hasSuffix($0.path) && statement.contains($0.piece) }) {
          unused.remove("\(known.path): \(known.piece)")
          continue
        }
        Issue.record("\(path): \(fault): \(statement.prefix(200))")
      }
    }
    #expect(count > 500)
    #expect(unused.sorted() == [])
  }

  /// What a statement does not say about facilities; nil when all is said.
  private static func fault(of statement: String, _ tables: Set<String>) throws -> String? {
    var touches = false
    for use in statement.matches(of: #/\b(FROM|JOIN|UPDATE|INTO) ([a-z_]+)\b(?:\s+(?:AS )?([a-z]+)\b)?/#) {
      let table = String(use.2)
      guard tables.contains(table) else { continue }
      touches = true
      let says: Bool
      if use.1 == "INTO" {
        says = statement[use.2.endIndex...].prefixMatch(of: #/\s*\([^)]*\bfacility_id\b/#) != nil
      } else if let alias = use.3 {
        says = statement.contains(
          try Regex("\\b\(alias)\\.facility_id\\s*(=|IN\\b|<>)|=\\s*\(alias)\\.facility_id\\b"))
      } else {
        says = statement.contains(
          try Regex(
            "(^|[^a-z_.])facility_id\\s*=|=\\s*facility_id\\b|\\(facility_id, [a-z_, ]+\\) IN|\\b\(table)\\.facility_id\\s*="
          ))
      }
      if !says { return "\(table) without its facility" }
    }
    let isBound =
      statement.contains("facility_id = \\(") || statement.contains("\\(facility)")
      || statement.contains(#/INSERT INTO [a-z_]+\s*\([^)]*facility_id/#)
    return touches && !isBound ? "bound to no facility" : nil
  }

  @Test(
    "名前だけ挙げて比べない文も、片方の表しか比べない文も、施設を決めない文も見つける",
    arguments: [
      (#"SELECT facility_id, name FROM person WHERE id = \(id)"#, "person without its facility"),
      (
        #"SELECT p.id FROM person p JOIN device d ON d.id = p.id WHERE p.facility_id = \(f)"#,
        "device without its facility"
      ),
      (#"UPDATE person SET name = '' WHERE id = \(id)"#, "person without its facility"),
      (#"INSERT INTO person (id, name) VALUES (\(id), \(name))"#, "person without its facility"),
      (
        "SELECT p.id FROM person p JOIN device d ON d.facility_id = p.facility_id AND d.id = p.id",
        "bound to no facility"
      ),
      (#"SELECT name FROM person WHERE facility_id = \(f) AND id = \(id)"#, nil),
      (#"INSERT INTO person (facility_id, id) VALUES (\(f), \(id))"#, nil),
      ("SELECT login FROM account", nil),
    ] as [(String, String?)])
  func finds(statement: String, fault: String?) throws {
    #expect(try Self.fault(of: statement, ["person", "device"]) == fault)
  }
}
