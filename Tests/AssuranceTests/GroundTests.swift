import Assurance
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@Suite("台帳を根拠に答える")
struct GroundTests {
  private static let item = "r7-med-2-13-network"

  private static func opened(_ app: TestApp) async throws -> Assessment {
    try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
  }

  private static func connect(_ app: TestApp, _ number: String, from sources: String) async throws {
    try await Connections.register.add(
      ["number": number, "name": number, "status": "in-use", "allowedFrom": sources], .ja, in: app.scope)
  }

  /// Presses the button on the item's page.
  private static func accept(_ app: TestApp, _ assessment: Assessment) async throws -> TestApp.Answer {
    let page = try await app.get("/assessments/\(assessment.id)?item=\(item)")
    return try await app.post(
      "/assessments/\(assessment.id)/answers/\(item)/ground",
      [
        ("slice", "registers"), ("ground", try #require(page.hidden("ground"))),
        ("version", try #require(page.hidden("version"))),
      ])
  }

  /// Works off what is due, and delivers.
  private static func workOff(_ app: TestApp) async throws {
    let installation = Installation(app.database)
    for row in try await installation.takeDue(now: app.now) where row.kind == "assessments.ground" {
      let handler = try #require(app.site.features.compactMap { $0.due[row.kind] }.first)
      try await handler(
        row, Scope(app.database, actor: .system("worker"), facility: row.facility, now: app.now))
    }
    _ = try await installation.deliver(now: app.now)
  }

  @Test("台帳が空なら何も言わず、書けば答えと根拠を示し、問い合わせは増えない", arguments: Engine.available)
  func shown(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Self.opened(app)
      let path = "/assessments/\(assessment.id)?item=\(Self.item)"
      let silent = try await app.get(path)
      #expect(!silent.body.contains("class=\"ground\""))
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      try await Self.connect(app, "VPN-2", from: "")
      let before = app.database.statementCount
      let page = try await app.get(path)
      #expect(app.database.statementCount - before <= 8)
      #expect(page.body.contains("台帳から見ると「いいえ」です"))
      #expect(page.body.contains("使っている外部接続点は2件です。"))
      #expect(page.body.contains("1件は許可する接続元が書かれていません。"))
      // The second form's version is the answer's too.
      #expect(page.hidden("version") == "0")
    }
  }

  @Test("受け入れると答えと確認日が入り、「はい」には文が証拠として付く", arguments: Engine.available)
  func accepted(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Self.opened(app)
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      let answer = try await Self.accept(app, assessment)
      #expect(answer.status == 303)
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      let stored = try #require(overview.standing.answers[Self.item])
      #expect(stored.value == .yes && stored.confirmedOn == app.now.day)
      #expect(overview.proofs(of: Self.item).map(\.body) == ["使っている外部接続点は1件です。"])
      #expect(!overview.standing.withoutProof.contains(Self.item))
      let actions = try await app.scope.read {
        try $0.history(of: "answer:\(assessment.id)/\(Self.item)").map(\.action)
      }
      #expect(actions == ["proof.add", "answer.ground", "answer.save"])
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("受け入れたあとで台帳が変われば知らせ、見た根拠と違えば受け入れない", arguments: Engine.available)
  func moved(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Self.opened(app)
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      let page = try await app.get("/assessments/\(assessment.id)?item=\(Self.item)")
      try await Self.connect(app, "VPN-2", from: "")
      let late = try await app.post(
        "/assessments/\(assessment.id)/answers/\(Self.item)/ground",
        [("slice", "registers"), ("ground", try #require(page.hidden("ground"))), ("version", "0")])
      #expect(late.status == 409)
      let empty = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      #expect(empty.standing.answers[Self.item] == nil)

      #expect(try await Self.accept(app, assessment).status == 303)
      let settled = try await app.get("/assessments/\(assessment.id)?item=\(Self.item)")
      #expect(!settled.body.contains("答えたあとで記録が変わりました"))
      try await Self.connect(app, "VPN-3", from: "")
      let after = try await app.get("/assessments/\(assessment.id)?item=\(Self.item)")
      #expect(after.body.contains("答えたあとで記録が変わりました。答えたとき: 使っている外部接続点は2件です。"))
    }
  }

  @Test("根拠が変わると、次の朝に一度だけ知らせる。変わるまでは黙っている", arguments: Engine.available)
  func told(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Self.opened(app)
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      #expect(try await Self.accept(app, assessment).status == 303)
      let people = try await app.scope.read { try $0.people() }
      let person = try #require(people.first { $0.name == "itStaff" }).id
      func inbox() async throws -> [InboxMessage] {
        try await app.scope.read { try $0.inbox(of: person).filter { $0.key == "assessments.groundMoved" } }
      }
      app.now = app.now.adding(minutes: 24 * 60)
      try await Self.workOff(app)
      let silent = try await inbox()
      #expect(silent.isEmpty)

      try await Self.connect(app, "VPN-2", from: "")
      for _ in 0..<3 {
        app.now = app.now.adding(minutes: 24 * 60)
        try await Self.workOff(app)
      }
      let told = try await inbox()
      #expect(told.map(\.arguments) == [["2-⑬"]])
      #expect(told.first?.link == "/assessments/\(assessment.id)?item=\(Self.item)")
    }
  }

  @Test("台帳と違う「はい」は、わけがメモにあるまで気がかりとして示す")
  func differs() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await Self.opened(app)
      try await Self.connect(app, "VPN-1", from: "")
      for (note, isFinding) in [("", true), ("来週に閉じます", false)] {
        let version = try await app.scope.read {
          try $0.history(of: "answer:\(assessment.id)/\(Self.item)").count
        }
        try await Assessments.save(
          Answer.Draft(value: .yes, note: note), item: Self.item, of: assessment.id, version: version,
          library: app.library, in: app.scope)
        let page = try await app.get("/assessments/\(assessment.id)?item=\(Self.item)")
        #expect(page.body.contains("記録と違う答えです") == isFinding)
      }
    }
  }

  @Test("見るだけの人と他院の人は、根拠で答えられない", arguments: [(TestApp.Who.auditor, 403), (.stranger, 404)])
  func closedToOthers(who: TestApp.Who, status: Int) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await Self.opened(app)
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      let answer = try await app.post(
        "/assessments/\(assessment.id)/answers/\(Self.item)/ground",
        [("slice", "registers"), ("ground", "used=1 open=0"), ("version", "0")], as: who)
      #expect(answer.status == status)
    }
  }

  @Test("終わった年度の点検には、今日の台帳から答えない")
  func pastYear() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await Self.opened(app)
      try await Self.connect(app, "VPN-1", from: "192.0.2.0/24")
      // April: the next fiscal year.
      app.now = Instant(milliseconds: Instant.test.milliseconds + 60 * 86_400_000)
      let page = try await app.get("/assessments/\(assessment.id)?item=\(Self.item)")
      #expect(!page.body.contains("class=\"ground\""))
      let answer = try await app.post(
        "/assessments/\(assessment.id)/answers/\(Self.item)/ground",
        [("slice", "registers"), ("ground", "used=1 open=0"), ("version", "0")])
      #expect(answer.status == 422)
    }
  }
}
