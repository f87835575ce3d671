import Kernel
import Mail
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("呼び出しの落とし穴")
struct CallCareTests {
  typealias S = OnCallSample
  private static let rota = "0192f000-0000-7000-8000-000000000001"

  private static func policy(_ at: Instant) throws -> EscalationPolicy {
    try EscalationPolicy(
      id: .init(at: at), name: "当番",
      steps: [EscalationStep(afterMinutes: 0, targets: [.rota(rota, .primary)])], repeats: 0, gapMinutes: 10,
      version: 1)
  }

  @Test(
    "交換に、過ぎた時刻や一年より先の時刻は受け取らない",
    arguments: [
      (Int64(0), Int64.max), (0, 60_000), (1_771_990_000_000, 253_402_300_799_000), (Int64.min, Int64.max),
    ])
  func unboundedSwap(from: Int64, until: Int64) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let id = try await app.addRota("情報", members: "contributor\nstaff")
      let (one, other) = (try await app.personID("contributor"), try await app.personID("staff"))
      let fields = [
        ("give", "person:\(one) primary \(from) \(until)"),
        ("take", "person:\(other) primary \(from) \(until)"),
      ]
      let answer = try await app.post("/oncall/\(id)/swaps", fields, as: .contributor)
      #expect(answer.status == 422, "\(answer.body)")
    }
  }

  @Test("段取りが呼ぶ当番表は消せず、段取りの名前が出る", arguments: Engine.available)
  func rotaInUse(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota("情報", members: "itStaff")
      let policy = try await app.addPolicy("夜の段取り", [(0, "rota:\(id):primary")])
      let refused = try await app.post("/oncall/\(id)/removal", [])
      #expect(refused.status == 409)
      #expect(refused.body.contains("夜の段取り"))
      #expect(try await app.post("/paging/policies/\(policy)/removal", []).status == 303)
      #expect(try await app.post("/oncall/\(id)/removal", []).status == 303)
    }
  }

  @Test("退職日その日までは呼ばれ、次の日からは呼ばれない。最後の頼みの管理者も同じ", arguments: Engine.available)
  func lastDay(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let person = try await app.person("management")
      let leaving = app.now.day
      try await app.scope.write { tx in
        for name in ["management", "administrator"] {
          _ = try tx.housekeeping.run(
            "UPDATE person SET left_on = \(leaving) WHERE facility_id = \(tx.facility) AND name = \(name)")
        }
      }
      try await app.addRule(try await app.addPolicy("夜", [(0, "person:\(person)")]))
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      #expect(try await app.calls(of: "management") == ["monitoring.down 電子カルテ"])
      let tomorrow = app.now.adding(minutes: 24 * 60)
      _ = try await app.openAlert("画像", at: tomorrow)
      try await app.turn(tomorrow)
      #expect(try await app.calls(of: "management") == ["monitoring.down 電子カルテ"])
      #expect(try await app.calls(of: "itStaff") == ["monitoring.down 画像"])
      #expect(!(try await app.calls(of: "administrator")).contains("monitoring.down 画像"))
    }
  }

  @Test(
    "一件が断られても、同じ道のほかの呼び出しは出ていく。道がだめなら一緒に待つ",
    arguments: [
      (PostProblem.refused(500, ""), 1), (.commandFailed("sms", 1, ""), 1),
      (.noConnection("chat.example"), 0), (.refused(503, ""), 0),
    ])
  func oneOfTwo(problem: PostProblem, taken: Int) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let hook = try await PagingTests.addHook(app)
      try await app.addRule(try await app.addPolicy("夜", [(0, "channel:\(hook)")]))
      for minutes in [Int64(0), 10] {
        let moment = app.now.adding(minutes: minutes)
        _ = try await app.openAlert("機器\(minutes)", at: moment)
        try await app.turn(moment)
      }
      #expect(try await app.count("SELECT COUNT(*) FROM page_post") == 2)
      let gateway = FakeGateway([problem])
      let later = app.now.adding(minutes: 11)
      try await app.sendPosts(gateway, at: later)
      #expect(gateway.taken.count == taken)
      try await app.sendPosts(gateway, at: later.adding(milliseconds: 11_000))
      #expect(gateway.taken.count == 2)
    }
  }

  @Test("十分たっても出ていかない呼び出しは、段取りが終わっていても管理者に知らされる", arguments: Engine.available)
  func unsent(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let hook = try await PagingTests.addHook(app)
      try await app.addRule(try await app.addPolicy("夜", [(0, "channel:\(hook)")]))
      let id = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now)
      try await app.turn(app.now.adding(minutes: 10))
      #expect(try await app.page(id)?.ended == "exhausted")
      try await PageAudit.run(.none, in: app.at(app.now.adding(minutes: 9)))
      #expect(!(try await app.calls(of: "administrator")).contains("paging.unsent 1"))
      try await PageAudit.run(.none, in: app.at(app.now.adding(minutes: 11)))
      #expect(try await app.calls(of: "administrator").contains("paging.unsent 1"))
      let facilities = try await Installation(app.database).readQueues { try $0.facilitiesToAudit() }
      #expect(facilities == [app.facility.id])
    }
  }

  @Test("当番の交代をまたいだ呼び出しは、どちらもその時の当番と比べる")
  func handOver() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let (early, late) = (try await app.person("itStaff"), try await app.person("management"))
      let change = app.now.adding(minutes: 1)
      let door = RotaDoor(
        people: { _, _, moment, _ in [.person(moment < change ? early : late)] },
        rotas: { _ in [(Self.rota, "当番")] }, isHoliday: { _ in false })
      let policy = try Self.policy(app.now)
      try await Paging.save(policy, over: nil, door, in: app.scope)
      try await app.addRule(policy.id)
      for minutes in [Int64(0), 2] {
        let moment = app.now.adding(minutes: minutes)
        _ = try await app.openAlert("機器\(minutes)", at: moment)
        try await app.turn(moment, rota: door)
      }
      #expect(try await app.calls(of: "management") == ["monitoring.down 機器2"])
      try await PageAudit.run(door, in: app.at(app.now.adding(milliseconds: 150_000)))
      #expect(try await app.count("SELECT COUNT(*) FROM page_finding") == 0)
    }
  }

  @Test("かけられない番号の窓口は、呼んだことにならない", arguments: [("0120-000-000", false), ("0120-000-000#2", true)])
  func desk(number: String, isNobody: Bool) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let door = RotaDoor(
        people: { _, _, _, _ in [.desk(name: "ひまわり窓口", phone: number)] },
        rotas: { _ in [(Self.rota, "当番")] }, isHoliday: { _ in false })
      let gateway = try await app.post(
        "/paging/channels",
        [
          ("kind", "gateway"), ("name", "SMS"), ("url", "https://sms.example/send"), ("form", "json"),
          ("body", "{\"to\": \"{number}\", \"text\": \"{text}\"}"),
        ], as: .administrator)
      #expect(gateway.status == 303, "\(gateway.body)")
      let policy = try Self.policy(app.now)
      try await Paging.save(policy, over: nil, door, in: app.scope)
      try await app.addRule(policy.id)
      _ = try await app.openAlert("電子カルテ", at: app.now)
      try await app.turn(app.now, rota: door)
      #expect(try await app.count("SELECT COUNT(*) FROM page_post") == (isNobody ? 0 : 1))
      #expect(try await app.calls(of: "administrator").contains("paging.nobody 1") == isNobody)
    }
  }

  @Test("休みを早く終えても、休んでいた間に誰が当番だったかは変わらない", arguments: Engine.available)
  func leaveOfStandIn(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota("情報", members: "itStaff")
      let (member, standIn) = (try await app.personID("itStaff"), try await app.personID("contributor"))
      let start = app.now
      let over = try await app.post(
        "/oncall/\(id)/overrides",
        [
          ("layer", "primary"), ("from", "2026-02-25T00:00"), ("until", "2026-02-28T00:00"),
          ("whom", "person:\(member)"), ("by", "person:\(standIn)"), ("reason", "学会"),
        ])
      #expect(over.status == 303, "\(over.body)")
      let leave = try await app.post(
        "/oncall/\(id)/leaves",
        [
          ("person", standIn.text), ("leaveFrom", "2026-02-25T00:00"), ("leaveUntil", "2026-02-28T00:00"),
          ("note", "私用"),
        ])
      #expect(leave.status == 303, "\(leave.body)")
      let during = S.at("2026-02-25 12:00")
      let before = try await app.onCall(id, at: during)
      #expect(before == [])
      app.now = start.adding(minutes: 2 * 24 * 60)
      let leaves = try await app.scope.read { tx in
        try tx.all("SELECT id FROM oncall_leave WHERE facility_id = \(tx.facility)") {
          try $0.id(0, of: Leave.self)
        }
      }
      let scope = Scope(
        app.database, actor: .system("test"), facility: app.facility.id, now: app.now,
        permissions: [.onCallEdit])
      try await OnCall.endLeave(try #require(leaves.first), in: scope)
      #expect(try await app.onCall(id, at: during) == [])
      #expect(try await app.onCall(id, at: S.at("2026-02-27 12:00")) == ["contributor"])
    }
  }

  @Test(
    "選んだ番号がかけられなければ、もう一方を使う",
    arguments: [
      ("内線 2310", "090-1234-5678", "09012345678"), ("090-1234-5678", "内線 2310", "09012345678"),
      ("内線 2310", "内線 2311", nil), (nil, "03-1234-5678", "0312345678"),
    ] as [(String?, String?, String?)])
  func numbers(night: String?, day: String?, dialled: String?) {
    let callee = Callee(
      id: PersonID(at: Instant(milliseconds: 0)), name: "田中", mail: nil, phoneDay: day, phoneNight: night,
      preference: PagePreference())
    #expect(callee.number == dialled)
  }

  @Test("メールだけの無事の知らせは、書けなければそう言い、書けても届いたとは言わない")
  func lifeByMail() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let saved = try await app.post(
        "/paging/life", [("every", "5"), ("url", ""), ("mail", "watch@example.jp"), ("version", "0")],
        as: .administrator)
      #expect(saved.status == 303, "\(saved.body)")
      try await LifeSigns.work(TestApp.sealer, FakeGateway().carrier, in: app.at(app.now))
      let page = try await app.get("/paging/channels", as: .administrator)
      #expect(page.body.contains("無事の知らせのメールを書けませんでした"))
      #expect(!page.body.contains("届きました"))
    }
  }

  @Test("画面にない大きな版の番号で送っても、止まらずに断る", arguments: ["9223372036854775807", "-9223372036854775808"])
  func hugeVersion(version: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let policy = try await app.addPolicy("夜", [(0, "owner")])
      let answer = try await app.post(
        "/paging/policies/\(policy)",
        [
          ("name", "夜"), ("after1", "0"), ("first1", "owner"), ("repeats", "0"), ("gap", "10"),
          ("version", version),
        ])
      #expect(answer.status == 409, "\(answer.body)")
    }
  }
}
