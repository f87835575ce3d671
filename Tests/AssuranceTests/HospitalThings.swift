import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// One of everything that a way of the program may name by its parameter, made as people make it where that is quick.
extension TestApp {
  /// By the way up to the parameter: the same with the hospital's own in its place.
  func ownThings() async throws -> [String: String] {
    var own = try await assured()
    own.merge(try await registered()) { $1 }
    let system = try #require(own["systems/:id"]?.split(separator: "/").last.map(String.init))
    own.merge(try await watched(system)) { $1 }
    own.merge(try await onCall()) { $1 }
    own.merge(try await guarded()) { $1 }
    return own
  }

  /// The id at the end of where an answer leads.
  private func made(
    _ path: String, _ fields: [(String, String)], as who: Who = .administrator
  ) async throws -> String {
    let answer = try await post(path, fields, as: who)
    let end = try #require(answer.location?.split(separator: "/").last, "\(path) \(answer)")
    try #require(answer.status == 303, "\(path) \(answer)")
    return String(end.prefix { $0 != "?" })
  }

  private func id(_ sql: @Sendable @escaping (FacilityID) -> SQL) async throws -> String {
    let found = try await scope.read { tx in try tx.first(sql(tx.facility)) { try $0.text(0) } }
    return try #require(found)
  }

  // MARK: Checklists, audits, risks

  private func assured() async throws -> [String: String] {
    let vendor = try await Vendors.register.add(["name": "ひまわり情報システム"], .ja, in: scope).id.text
    let assessment = try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: library, in: scope
    ).id.text
    _ = try await upload(
      "/assessments/\(assessment)/answers/r7-med-2-1/proofs", field: "file", name: "proof.txt",
      bytes: Array("証拠".utf8), as: .administrator)
    let proof = try await id { "SELECT id FROM proof WHERE facility_id = \($0)" }
    let request = try await ask(vendor: vendor).request.text
    let audit = try await beginAudit().text
    let framework = try await id { "SELECT id FROM framework_library WHERE facility_id = \($0)" }
    let finding = try await Findings.raise(
      AuditFinding.Draft(title: "残っている", seen: "見た", foundOn: now.day), in: scope
    ).id.text
    let measure = try await Measures.add(Measure.Draft(title: "控え"), in: scope).id.text
    let risk = try await addRisk(as: .administrator).text
    let draft = try await upload(
      "/editions/drafts", field: "file", name: "", bytes: [],
      fields: [("year", "2026"), ("text", "1 体制\n(1) 責任者を置いている。\n")], as: .administrator)
    let edition = try #require(draft.location?.split(separator: "/").last, "\(draft)")
    let (run, dismissal) = (ID<BackupRun>(at: now).text, ID<TestApp>(at: now).text)
    try await scope.write { tx in
      try tx.housekeeping.run(
        """
        INSERT INTO risk_dismissal (facility_id, id, origin_ref, source_id, item, ground, kind, title, text, path,
          reason, dismissed_by, dismissed_at_ms, version)
        VALUES (\(tx.facility), \(dismissal), 'made-up', 'x', 'x', 0, 'checklist', 'x', 'x', '/', 'x', 'x',
          \(Instant.test), 1)
        """)
      try tx.housekeeping.run(
        """
        INSERT INTO local_edition (facility_id, pack, revision, taken_at_ms, taken_by, source, items, body)
        VALUES (\(tx.facility), 'made-up', 1, \(Instant.test), 'x', 'x.xlsx', 1, '{}')
        """)
      try tx.housekeeping.run(
        """
        INSERT INTO backup_run (facility_id, id, at_ms, elapsed_ms, way, place, file, bytes, entries, head, arguments)
        VALUES (\(tx.facility), \(run), \(Instant.test), 1, 'schedule', '/srv', 'a', 1, 1, '', '[]')
        """)
    }
    return [
      "vendors/:id": "vendors/\(vendor)", "clinic/letters/:vendor": "clinic/letters/\(vendor)",
      "clinic/questions/:question/entries/:id": "clinic/questions/night-numbers/entries/\(vendor)",
      "assessments/:id": "assessments/\(assessment)", "reports/:id": "reports/\(assessment)",
      "proofs/:id": "proofs/\(proof)", "requests/:id": "requests/\(request)", "audits/:id": "audits/\(audit)",
      "frameworks/:id": "frameworks/\(framework)", "findings/:id": "findings/\(finding)",
      "measures/:id": "measures/\(measure)", "plans/:year/lines/:measure": "plans/2026/lines/\(measure)",
      "risks/:id": "risks/\(risk)", "risks/dismissals/:id": "risks/dismissals/\(dismissal)",
      "editions/drafts/:id": "editions/drafts/\(edition)",
      "editions/:id": "editions/made-up", "backup/runs/:id": "backup/runs/\(run)",
    ]
  }

  // MARK: Registers

  private func registered() async throws -> [String: String] {
    let system = try await Systems.register.add(
      ["name": "電子カルテ", "vendor": "ひまわり情報システム"], .ja, in: scope
    ).id.text
    let contract = try await Contracts.register.add(
      ["number": "K-1", "title": "保守", "vendor": "ひまわり情報システム"], .ja, in: scope
    ).id.text
    let document = try await Documents.register.add(["number": "規-1", "title": "決まり"], .ja, in: scope).id.text
    let version = try await made("/documents/\(document)/versions", [("body", "守ります。"), ("summary", "")])
    let disclosure = try await made(
      "/registers/disclosures", [("number", "D-1"), ("product", "電子カルテ"), ("kind", "mds")])
    let column = [("label", "保険"), ("kind", "text"), ("listed", "yes"), ("version", "0")]
    _ = try await made("/registers/devices/columns", column)
    let view = [("name", "サーバ"), ("for", "all"), ("part", "kind"), ("value", "server")]
    _ = try await made("/registers/devices/views", view)
    let read = try await upload(
      "/registers/devices/import", field: "file", name: "a.csv", bytes: Array("管理番号,機器名\nPC-1,端末\n".utf8),
      as: .administrator)
    let upload = [("upload", read.hidden("upload") ?? ""), ("stamp", read.hidden("stamp") ?? "")]
    let taken = try await made("/registers/devices/import/apply", upload)
    let decision = try await made("/maintenance/decision", [("noStaff", "yes"), ("allListed", "yes")])
    _ = try await made("/responsibility/raci/starters", [])
    let item = [("name", "印刷機の管理"), ("phase", "normal"), ("layer", "facility"), ("position", "5")]
    _ = try await made("/responsibility/items", item)
    _ = try await made("/rollout", [("start", "2026-02-14"), ("end", "2026-12-10")])
    _ = try await made(
      "/rollout/lines",
      [
        ("system", system), ("group", "管理者"), ("people", "4"), ("method", "passkey"), ("phase", "1"),
        ("version", "0"),
      ])
    let review = try await AccountReviews.begin("mamorite", file: nil, in: scope)
    let saved = try await id { "SELECT id FROM register_view WHERE facility_id = \($0)" }
    let activity = try await id { "SELECT id FROM raci_activity WHERE facility_id = \($0)" }
    let party = try await id { "SELECT id FROM raci_party WHERE facility_id = \($0)" }
    let part = try await id { "SELECT id FROM responsibility_item WHERE facility_id = \($0)" }
    let line = try await id { "SELECT id FROM rollout_line WHERE facility_id = \($0)" }
    return [
      "registers/:register/:id": "registers/systems/\(system)", "systems/:id": "systems/\(system)",
      "responsibility/:system": "responsibility/\(system)", "figures/goals/:id": "figures/goals/\(system)",
      "account-reviews/subjects/:subject": "account-reviews/subjects/\(system)",
      "account-reviews/:id": "account-reviews/\(review.id)", "contracts/:id": "contracts/\(contract)",
      "documents/:id": "documents/\(document)", "documents/versions/:id": "documents/versions/\(version)",
      "disclosures/:id": "disclosures/\(disclosure)", "maintenance/:id": "maintenance/\(decision)",
      "registers/:register/columns/:column": "registers/devices/columns/extra1",
      "registers/:register/views/:id": "registers/devices/views/\(saved)",
      "registers/:register/import/:id": "registers/devices/import/\(taken)",
      "responsibility/items/:item": "responsibility/items/\(part)",
      "responsibility/raci/:activity": "responsibility/raci/\(activity)",
      "responsibility/raci/parties/:party": "responsibility/raci/parties/\(party)",
      "rollout/lines/:id": "rollout/lines/\(line)",
    ]
  }

  // MARK: Monitoring and calls

  private func watched(_ system: String) async throws -> [String: String] {
    let monitor = try await made(
      "/monitoring",
      [("kind", "tcp"), ("name", "画像"), ("target", "pacs:104"), ("interval", "60"), ("system", system)])
    _ = try await made(
      "/monitoring/\(monitor)/windows",
      [("from", "2026-02-25T09:00"), ("until", "2026-02-25T17:00"), ("reason", "更新")])
    let window = try await id { "SELECT id FROM monitor_window WHERE facility_id = \($0)" }
    let alert = ID<TestApp>(at: now).text
    _ = try await scope.write { tx in
      try tx.housekeeping.run(
        """
        INSERT INTO monitor_alert (facility_id, id, monitor_id, name, grade, level, opened_at_ms)
        VALUES (\(tx.facility), \(alert), \(monitor), '画像', 'down', 4, \(Instant.test))
        """)
    }
    let channel = try await made(
      "/paging/channels", [("kind", "slack"), ("name", "当番の部屋"), ("url", "https://chat.example/hook")])
    _ = try await made(
      "/paging/policies",
      [("name", "夜"), ("repeats", "0"), ("gap", "10"), ("after1", "0"), ("first1", "administrators")])
    let policy = try await id { "SELECT id FROM page_policy WHERE facility_id = \($0)" }
    _ = try await made(
      "/paging/rules",
      [
        ("criteria", "止まると診療が止まる"), ("lowest", "1"), ("highest", "5"), ("start", "now"), ("hold", "0"),
        ("policy", policy), ("position", "10"),
      ])
    let rule = try await id { "SELECT id FROM page_rule WHERE facility_id = \($0)" }
    return [
      "monitoring/:id": "monitoring/\(monitor)", "monitoring/windows/:id": "monitoring/windows/\(window)",
      "monitoring/alerts/:id": "monitoring/alerts/\(alert)", "alerts/:id": "alerts/\(alert)",
      "paging/channels/:id": "paging/channels/\(channel)",
      "paging/policies/:id": "paging/policies/\(policy)", "paging/rules/:id": "paging/rules/\(rule)",
    ]
  }

  // MARK: Who is on duty

  private func onCall() async throws -> [String: String] {
    let people = try await scope.read { try $0.people() }
    func person(_ name: String) throws -> String { try #require(people.first { $0.name == name }).id.text }
    let (one, other) = (try person("contributor"), try person("staff"))
    let fields = [
      ("layer", "primary"), ("kind", "standby"), ("days", "every"), ("from", "08:30"), ("until", "08:30"),
      ("length", "1"), ("counting", "calendar"), ("first", "2026-02-23"), ("last", ""),
      ("members", "contributor\nstaff"),
    ].map { ("r0-\($0.0)", $0.1) }
    let rota = try await made(
      "/oncall",
      fields + [
        ("name", "当番"), ("zone", "Asia/Tokyo"), ("yearEnd", "rest"), ("workFrom", "08:30"),
        ("workUntil", "17:15"), ("permit", ""), ("version", "0"),
      ])
    _ = try await made(
      "/oncall/\(rota)/overrides",
      [
        ("layer", "primary"), ("whom", ""), ("by", "person:\(one)"), ("from", "2026-03-25T09:00"),
        ("until", "2026-03-25T17:00"), ("reason", "研修"),
      ])
    _ = try await made(
      "/oncall/\(rota)/leaves",
      [
        ("person", other), ("leaveFrom", "2026-04-25T00:00"), ("leaveUntil", "2026-04-26T00:00"),
        ("note", ""),
      ], as: .staff)
    // From half past eight to the next, from Monday the 23rd on: contributor, staff, contributor…
    func duty(_ person: String, _ day: Int) -> String {
      let start = Day("2026-02-\(day)")?.start.adding(minutes: 510) ?? now
      return "person:\(person) primary \(start.milliseconds) \(start.adding(minutes: 1440).milliseconds)"
    }
    let swap = [("give", duty(one, 25)), ("take", duty(other, 26)), ("swapReason", "家の用事")]
    _ = try await made("/oncall/\(rota)/swaps", swap, as: .contributor)
    _ = try await post("/oncall/\(rota)/feeds", [("kind", "team")], as: .administrator)
    let asked = try await id { "SELECT id FROM oncall_swap WHERE facility_id = \($0)" }
    let leave = try await id { "SELECT id FROM oncall_leave WHERE facility_id = \($0)" }
    let instead = try await id { "SELECT id FROM oncall_override WHERE facility_id = \($0)" }
    let feed = try await id { "SELECT id FROM oncall_feed WHERE facility_id = \($0)" }
    return [
      "oncall/:id": "oncall/\(rota)", "oncall/overrides/:id": "oncall/overrides/\(instead)",
      "oncall/leaves/:id": "oncall/leaves/\(leave)", "oncall/swaps/:id": "oncall/swaps/\(asked)",
      "oncall/feeds/:id": "oncall/feeds/\(feed)",
    ]
  }

  // MARK: Who comes in

  private func guarded() async throws -> [String: String] {
    let people = try await scope.read { try $0.people() }
    let staff = try #require(people.first { $0.name == "staff" }).id.text
    #expect(try await GrantTests.give("it-staff", to: "staff", self).status == 303)
    _ = try await TokenTests.token(self, ["registers.read"], as: .administrator)
    _ = try await made("/terminals", [("name", "3階東"), ("minutes", "3")])
    // That browser is the terminal from now on; the administrator goes on at another, signed in before there is a second factor.
    forgetCookie(of: .administrator)
    _ = try await cookie(of: .administrator)
    let code = try await BreakGlass.makeCodes(1, in: scope)[0]
    let entry = [("code", code), ("name", "夜勤 花子"), ("reason", "認証サーバが止まり、だれも入れないため")]
    #expect(try await post("/break-glass", entry, as: .nobody).status == 303)
    let factor = ID<TestApp>(at: now).text
    let account = try await id {
      "SELECT account_id FROM person WHERE facility_id = \($0) AND name = 'administrator'"
    }
    _ = try await scope.write { tx in
      _ = try tx.housekeeping.run(
        """
        INSERT INTO account_factor (account_id, id, kind, name, secret, counter, created_at_ms, confirmed_at_ms)
        VALUES (\(account), \(factor), 'totp', '予備', '', 0, \(Instant.test), \(Instant.test))
        """)
      try tx.housekeeping.run(
        """
        INSERT INTO open_id_identity (facility_id, person_id, issuer, name)
        VALUES (\(tx.facility), \(staff), 'https://idp.example.jp', 'staff')
        """)
    }
    let grant = try await id { "SELECT id FROM access_grant WHERE facility_id = \($0)" }
    let token = try await id { "SELECT id FROM api_token WHERE facility_id = \($0)" }
    let terminal = try await id { "SELECT id FROM shared_terminal WHERE facility_id = \($0)" }
    let use = try await id { "SELECT id FROM break_glass_use WHERE facility_id = \($0)" }
    return [
      "people/:id": "people/\(staff)", "people/factors/:id": "people/factors/\(staff)",
      "people/grants/:id": "people/grants/\(grant)", "people/tokens/:id": "people/tokens/\(token)",
      "account/tokens/:id": "account/tokens/\(token)", "account/factors/:id": "account/factors/\(factor)",
      "sign-on/identities/:id": "sign-on/identities/\(staff)", "terminals/:id": "terminals/\(terminal)",
      "break-glass/records/:id": "break-glass/records/\(use)",
    ]
  }
}
