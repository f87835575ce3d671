import Foundation
import Kernel
import Mail
import Registers
import Storage
import Synchronization
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("呼び出し: だれを、いつ、どの順に")
struct PagingTests {
  @Test("引き受ける人が出るまで次の人を呼び、終わりまで行けば管理者に知らせる", arguments: Engine.available)
  func escalation(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (first, second) = (try await app.person("itStaff"), try await app.person("management"))
      try await app.addRule(try await app.addPolicy("夜", [(0, "person:\(first)"), (10, "person:\(second)")]))
      let start = app.now
      let id = try await app.openAlert("電子カルテ", at: start)
      try await app.turn(start)
      #expect(try await app.calls(of: "itStaff") == ["monitoring.down 電子カルテ"])
      #expect(try await app.calls(of: "management") == [])
      // A browser that sounds for calls knows it by this mark.
      #expect(try await app.get("/inbox").body.contains("data-call=\"alert:\(id) 2\""))
      try await app.turn(start.adding(milliseconds: 599_999))
      #expect(try await app.calls(of: "management") == [])
      try await app.turn(start.adding(minutes: 10))
      #expect(try await app.calls(of: "management") == ["monitoring.down 電子カルテ"])
      #expect(try await app.calls(of: "administrator") == [])
      try await app.turn(start.adding(minutes: 20))
      #expect(try await app.calls(of: "administrator") == ["paging.unanswered 1"])
      #expect(try await app.page(id)?.ended == "exhausted")
      // It is over: whoever was called hears of it, and nobody else.
      try await app.close(id, at: start.adding(minutes: 25))
      try await app.turn(start.adding(minutes: 25))
      for name in ["itStaff", "management"] {
        #expect(try await app.calls(of: name).contains("monitoring.back 電子カルテ"))
      }
      #expect(try await app.calls(of: "administrator") == ["paging.unanswered 1"])
      #expect(try await app.calls(of: "staff") == [])
    }
  }

  @Test("引き受けると次の人は呼ばれず、呼ばれた人に、だれが引き受けたかが届く", arguments: Engine.available)
  func acknowledgement(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (first, second) = (try await app.person("contributor"), try await app.person("management"))
      try await app.addRule(try await app.addPolicy("夜", [(0, "person:\(first)"), (10, "person:\(second)")]))
      let start = app.now
      let id = try await app.openAlert("電子カルテ", at: start)
      try await app.turn(start)
      // Only someone who was called may, without the right to watch over all.
      #expect(try await app.get("/alerts/\(id)", as: .staff).status == 404)
      #expect(try await app.post("/alerts/\(id)/acknowledgement", [], as: .staff).status == 403)
      #expect(try await app.get("/alerts/\(id)", as: .stranger).status == 404)
      #expect(try await app.get("/alerts/\(id)", as: .contributor).status == 200)
      #expect(try await app.post("/alerts/\(id)/acknowledgement", [], as: .itStaff).status == 303)
      #expect(try await app.page(id)?.ended == "acknowledged")
      try await app.turn(start.adding(minutes: 60))
      #expect(try await app.calls(of: "management") == [])
      #expect(Set(try await app.calls(of: "contributor")) == ["monitoring.down 電子カルテ", "paging.taken 電子カルテ"])
      let paper = try await app.get("/alerts/\(id)/print", as: .contributor)
      #expect(paper.status == 200 && paper.body.contains("itStaffさんが引き受けました"))
    }
  }

  @Test("メールのリンクは、サインインなしで一つの押しボタンから引き受けられる", arguments: Engine.available)
  func link(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let person = try await app.person("contributor")
      try await app.addRule(try await app.addPolicy("夜", [(0, "person:\(person)")]))
      let ids = [
        try await app.openAlert("電子カルテ", at: app.now),
        try await app.openAlert("画像", at: app.now.adding(milliseconds: 1)),
      ]
      try await app.turn(app.now.adding(milliseconds: 1))
      let letter = try #require(
        try await app.scope.read { tx in
          try tx.first("SELECT letter_id FROM page_call WHERE facility_id = \(tx.facility)") {
            try $0.id(0, of: LetterTag.self)
          }
        })
      let link = AnswerLink(
        facility: app.facility.id, letter: letter, person: person, until: AnswerLink.end(from: app.now))
      let path = "/p/\(try link.text(TestApp.sealer))"
      let page = try await app.get(path, as: .nobody)
      #expect(page.status == 200)
      #expect(page.body.contains("電子カルテ") && page.body.contains("contributorとして引き受ける"))
      #expect(
        page.headers["referrer-policy"] == "no-referrer" || page.headers["Referrer-Policy"] == "no-referrer")
      // A look does nothing: mail filters open every link.
      #expect(try await app.scope.read { try $0.alert(ids[0])?.acknowledgedAt } == nil)
      #expect(try await app.post(path, [], as: .nobody, token: "x").status == 403)
      #expect(try await app.post(path, [], as: .nobody).status == 303)
      for id in ids {
        #expect(try await app.scope.read { try $0.alert(id)?.acknowledgedBy } == "contributor")
      }
      let after = try await app.get(path, as: .nobody)
      #expect(after.body.contains("引き受けるものはもうありません"))
      #expect(try await app.get(path + "A", as: .nobody).status == 404)
      app.now = app.now.adding(minutes: 4 * 24 * 60)
      #expect(try await app.get(path, as: .nobody).status == 404)
      let other = AnswerLink(
        facility: app.otherFacility.id, letter: letter, person: person, until: AnswerLink.end(from: app.now))
      #expect(try await app.post("/p/\(try other.text(TestApp.sealer))", [], as: .nobody).status == 404)
    }
  }

  @Test("だれもいない段はすぐに飛ばして知らせ、一段もいなければ管理者と担当を呼ぶ")
  func nobody() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let person = try await app.person("management")
      try await app.addRule(try await app.addPolicy("夜", [(0, "deputy"), (30, "person:\(person)")]))
      let id = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      #expect(try await app.calls(of: "management") == ["monitoring.down 電子カルテ"])
      #expect(try await app.calls(of: "administrator") == ["paging.nobody 1"])
      #expect(try await app.page(id)?.turn == 2)
      let entries = try await app.scope.read { try $0.history(of: "alert:\(id)") }
      #expect(entries.contains { $0.action == "page.finding" })
    }
    try await TestApp.run(on: .sqlite) { app in
      try await app.addRule(try await app.addPolicy("夜", [(0, "owner"), (30, "deputy")]))
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      #expect(try await app.calls(of: "itStaff") == ["monitoring.down 電子カルテ"])
    }
  }

  @Test("当番は、その段の時が来てから決まる")
  func lateResolution() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (early, late) = (try await app.person("itStaff"), try await app.person("management"))
      let change = app.now.adding(minutes: 5)
      let rota = "0192f000-0000-7000-8000-000000000001"
      let door = RotaDoor(
        people: { _, layer, moment, _ in [.person(moment < change || layer == .primary ? early : late)] },
        rotas: { _ in [(rota, "当番")] }, isHoliday: { _ in false })
      let policy = try EscalationPolicy(
        id: .init(at: app.now), name: "当番",
        steps: [
          EscalationStep(afterMinutes: 0, targets: [.rota(rota, .primary)]),
          EscalationStep(afterMinutes: 10, targets: [.rota(rota, .secondary)]),
        ], repeats: 0, gapMinutes: 10, version: 1)
      try await Paging.save(policy, over: nil, door, in: app.scope)
      try await app.addRule(policy.id)
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now, rota: door)
      try await app.turn(app.now.adding(minutes: 10), rota: door)
      #expect(try await app.calls(of: "management") == ["monitoring.down 電子カルテ"])
      #expect(try await app.calls(of: "itStaff") == ["monitoring.down 電子カルテ"])
    }
  }

  @Test("開いたときの順を使い、あとで直した順は次の知らせから")
  func snapshot() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (first, second) = (try await app.person("itStaff"), try await app.person("management"))
      let policy = try await app.addPolicy("夜", [(5, "person:\(first)")])
      try await app.addRule(policy)
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      let changed = try await app.post(
        "/paging/policies/\(policy)",
        [
          ("name", "夜"), ("after1", "5"), ("first1", "person:\(second)"), ("repeats", "0"), ("gap", "10"),
          ("version", "1"),
        ])
      #expect(changed.status == 303)
      try await app.turn(app.now.adding(minutes: 5))
      #expect(try await app.calls(of: "itStaff") == ["monitoring.down 電子カルテ"])
      #expect(try await app.calls(of: "management") == [])
    }
  }

  @Test("決まりや順の一つが読めなくても、だれかは呼ばれる", arguments: ["page_rule", "page_policy"] as [StaticString])
  func unreadable(table: StaticString) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let person = try await app.person("management")
      try await app.addRule(try await app.addPolicy("夜", [(0, "person:\(person)")]))
      try await app.scope.write { tx in
        let name = SQL(stringLiteral: table)
        _ = try tx.housekeeping.run(
          "UPDATE \(name) SET definition = '{}' WHERE facility_id = \(tx.facility)")
      }
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      #expect(try await app.calls(of: "management") == [])
      #expect(try await app.calls(of: "itStaff") == ["monitoring.down 電子カルテ"])
    }
  }

  @Test("待つ間に戻れば、だれも呼ばず、戻ったとも言わない")
  func hold() async throws {
    try await TestApp.run(on: .sqlite) { app in
      try await app.addRule(nil, [("hold", "10")])
      let id = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now.adding(minutes: 9))
      try await app.close(id, at: app.now.adding(minutes: 9))
      try await app.turn(app.now.adding(minutes: 11))
      #expect(try await app.calls(of: "itStaff") == [])
    }
  }

  @Test("遅れが止まりに変わると、新しく呼び、番号は変わらない")
  func worse() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let id = try await app.openAlert("電子カルテ", at: app.now, grade: .slow)
      try await app.turn(app.now)
      #expect(try await app.calls(of: "itStaff") == ["monitoring.slow 電子カルテ"])
      try await app.at(app.now.adding(minutes: 2)).write { try $0.worsen(id, nil) }
      try await app.turn(app.now.adding(minutes: 2))
      #expect(Set(try await app.calls(of: "itStaff")) == ["monitoring.slow 電子カルテ", "monitoring.down 電子カルテ"])
      #expect(try await app.page(id)?.number == 1)
    }
  }

  @Test("時計が一時間戻っても、決めた間より長くは待たない")
  func clockBack() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (first, second) = (try await app.person("itStaff"), try await app.person("management"))
      try await app.addRule(try await app.addPolicy("夜", [(0, "person:\(first)"), (10, "person:\(second)")]))
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      let back = app.now.adding(minutes: -60)
      try await app.turn(back)
      try await app.turn(back.adding(minutes: 10))
      #expect(try await app.calls(of: "management") == ["monitoring.down 電子カルテ"])
      #expect(try await app.calls(of: "itStaff") == ["monitoring.down 電子カルテ"])
    }
  }

  @Test("一万件が一度に止まっても、一人に一通で知らせる", arguments: Engine.available)
  func tenThousand(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let person = try await app.person("itStaff")
      let hook = try await PagingTests.addHook(app)
      try await app.addRule(
        try await app.addPolicy("夜", [(0, "person:\(person)"), (10, "channel:\(hook)")]))
      try await app.openAlerts(10_000)
      try await app.turn(app.now)
      try await app.turn(app.now.adding(minutes: 10))
      #expect(try await app.calls(of: "itStaff") == ["monitoring.many 10000"])
      #expect(try await app.count("SELECT COUNT(*) FROM page_post") == 1)
      #expect(try await app.count("SELECT COUNT(*) FROM page WHERE turn = 2") == 10_000)
      let list = try await app.get("/paging")
      #expect(list.status == 200)
    }
  }

  @Test("一度に止まったものは、一通のリンクから一度に引き受けられ、次の人は呼ばれない", arguments: Engine.available)
  func manyAtOnce(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (first, second) = (try await app.person("contributor"), try await app.person("management"))
      try await app.addRule(try await app.addPolicy("夜", [(0, "person:\(first)"), (10, "person:\(second)")]))
      try await app.openAlerts(300)
      try await app.turn(app.now)
      #expect(try await app.calls(of: "contributor") == ["monitoring.many 300"])
      let letters = try await app.scope.read { tx in
        try tx.all("SELECT DISTINCT letter_id FROM page_call WHERE facility_id = \(tx.facility)") {
          try $0.id(0, of: LetterTag.self)
        }
      }
      #expect(letters.count == 1)
      let link = AnswerLink(
        facility: app.facility.id, letter: try #require(letters.first), person: first,
        until: AnswerLink.end(from: app.now))
      let path = "/p/\(try link.text(TestApp.sealer))"
      #expect(try await app.post(path, [], as: .nobody).status == 303)
      #expect(
        try await app.count("SELECT COUNT(*) FROM monitor_alert WHERE acknowledged_by = 'contributor'") == 300
      )
      #expect(try await app.count("SELECT COUNT(*) FROM page WHERE ended = 'acknowledged'") == 300)
      try await app.turn(app.now.adding(minutes: 60))
      #expect(try await app.calls(of: "management") == [])
      let after = try await app.get(path, as: .nobody)
      #expect(after.body.contains("引き受けるものはもうありません"))
    }
  }

  static func addHook(
    _ app: TestApp, kind: String = "slack", url: String = "https://chat.example/hook/secret-token"
  )
    async throws -> Channel.ID
  {
    let answer = try await app.post(
      "/paging/channels", [("kind", kind), ("name", "当番の部屋"), ("url", url)], as: .administrator)
    let path = try #require(answer.location, "\(answer.body)")
    return try #require(Channel.ID(String(path.dropFirst("/paging/channels/".count))))
  }

  @Test("呼んだはずの記録がないと、別に見ている目が一度だけ知らせる", arguments: Engine.available)
  func audit(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await app.addRule(nil)
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      try await PageAudit.run(.none, in: app.at(app.now.adding(minutes: 30)))
      #expect(try await app.count("SELECT COUNT(*) FROM page_finding") == 0)
      let other = try await app.openAlert("画像", at: app.now)
      // A worker that was to decide about it is gone.
      for minutes in [2, 4, 5] {
        try await PageAudit.run(.none, in: app.at(app.now.adding(minutes: Int64(minutes))))
      }
      #expect(
        try await app.calls(of: "administrator").filter { $0.hasPrefix("paging.missing") } == [
          "paging.missing 0"
        ])
      let entries = try await app.scope.read { try $0.history(of: "alert:\(other)") }
      #expect(entries.map(\.action) == ["page.finding"])
      let metrics = try await app.get("/metrics", as: .nobody)
      #expect(metrics.body.contains("mamorite_page_faults_day"))
    }
  }

  @Test("当番表と違う人を呼ぶと、別に見ている目が知らせる")
  func different() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (called, right) = (try await app.person("itStaff"), try await app.person("management"))
      let rota = "0192f000-0000-7000-8000-000000000001"
      func door(_ id: PersonID) -> RotaDoor {
        RotaDoor(
          people: { _, _, _, _ in [.person(id)] }, rotas: { _ in [(rota, "当番")] }, isHoliday: { _ in false })
      }
      let policy = try EscalationPolicy(
        id: .init(at: app.now), name: "当番",
        steps: [EscalationStep(afterMinutes: 0, targets: [.rota(rota, .primary)])], repeats: 0,
        gapMinutes: 10, version: 1)
      try await Paging.save(policy, over: nil, door(called), in: app.scope)
      try await app.addRule(policy.id)
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now, rota: door(called))
      try await PageAudit.run(door(called), in: app.at(app.now.adding(minutes: 1)))
      #expect(try await app.count("SELECT COUNT(*) FROM page_finding") == 0)
      try await PageAudit.run(door(right), in: app.at(app.now.adding(minutes: 2)))
      #expect(try await app.calls(of: "administrator") == ["paging.different 1"])
    }
  }
}
