import Foundation
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

private let maker = try? PdfMaker.find(environment: ProcessInfo.processInfo.environment)

@Suite("二要素認証の導入")
struct RolloutTests {
  private static func day(_ text: String) -> Day { Day(text) ?? Day(daysSince1970: 0) }

  @Test(
    "三つの段階は、間を空けず、重ならず、全体を分ける",
    arguments: [
      ("2026-12-01", "2027-03-31"), ("2026-12-01", "2026-12-03"), ("2026-04-01", "2029-03-31"),
    ])
  func preset(start: String, end: String) throws {
    let phases = try RolloutPhase.preset(from: Self.day(start), to: Self.day(end))
    #expect(phases.map(\.number) == [1, 2, 3])
    #expect(phases[0].startOn == Self.day(start) && phases[2].endOn == Self.day(end))
    for (first, second) in zip(phases, phases.dropFirst()) {
      #expect(first.startOn <= first.endOn && second.startOn == first.endOn.adding(days: 1))
    }
  }

  @Test(
    "短すぎる、逆の、長すぎる期間は断る",
    arguments: [
      ("2026-12-01", "2026-12-02"), ("2026-12-02", "2026-12-01"), ("2026-01-01", "2037-01-01"),
    ])
  func badDays(start: String, end: String) {
    #expect(throws: RolloutRefusal.badDays) {
      try RolloutPhase.preset(from: Self.day(start), to: Self.day(end))
    }
  }

  private static let phase = RolloutPhase(
    number: 1, name: "", startOn: day("2026-12-01"), endOn: day("2027-03-31"), version: 1)

  /// 今日, 済んだ日, 例外の期限 → 状態.
  private static let standings: [(String, String?, String?, RolloutLine.Standing)] = [
    ("2026-11-30", nil, nil, .planned), ("2026-12-01", nil, nil, .underWay),
    ("2027-03-31", nil, nil, .underWay), ("2027-04-01", nil, nil, .late),
    ("2027-04-01", "2027-03-01", nil, .done), ("2027-04-01", nil, "2027-04-01", .exempt),
    ("2027-04-02", nil, "2027-04-01", .exceptionOver), ("2027-04-02", "2027-04-02", "2027-04-01", .done),
  ]

  private static func line(_ done: String?, _ until: String?) -> RolloutLine {
    var line = RolloutLine(id: ID(at: .test))
    (line.doneOn, line.exceptionUntil) = (done.map(day), until.map(day))
    return line
  }

  @Test("状態は、済んだ日、例外、段階の日で決まる", arguments: standings)
  func standing(today: String, done: String?, until: String?, expected: RolloutLine.Standing) {
    #expect(Self.line(done, until).standing(in: Self.phase, on: Self.day(today)) == expected)
  }

  @Test("例外は、済みにも、済ませるものにも数えない。空いている費用は件数になる")
  func progress() {
    var first = Self.line("2026-12-10", nil)
    (first.costOnce, first.costYearly) = (100, 0)
    let lines = [first, Self.line(nil, nil), Self.line(nil, "2027-12-31"), Self.line(nil, "2026-12-10")]
    let progress = RolloutProgress(lines, in: Self.phase, on: Self.day("2027-01-10"))
    #expect(progress.total == 4 && progress.asked == 3 && progress[.done] == 1)
    #expect(progress.share == 1.0 / 3)
    #expect(progress.once == 100 && progress.unknown == 6)
    let exempt = RolloutProgress([lines[2]], in: Self.phase, on: Self.day("2027-01-10"))
    #expect(exempt.share == nil)
  }

  /// まとまり, 済んだ日, 例外のわけ, 例外の期限 → 断るわけ.
  private static let refusals: [(String, String?, String, String?, RolloutRefusal)] = [
    ("", nil, "", nil, .badGroup), ("医師", nil, "古い機器", nil, .halfException),
    ("医師", nil, "", "2027-12-31", .halfException), ("医師", nil, "古い機器", "2026-11-22", .exceptionPast),
    ("医師", "2026-11-23", "", nil, .doneLater),
  ]

  @Test("断ること", arguments: refusals)
  func refused(group: String, done: String?, reason: String, until: String?, expected: RolloutRefusal) {
    var draft = RolloutLine.Draft(system: "s", group: group)
    (draft.doneOn, draft.exceptionReason, draft.exceptionUntil) = (
      done.map(Self.day), reason, until.map(Self.day)
    )
    #expect(throws: expected) {
      try RolloutLine(id: ID(at: .test)).revised(draft, today: Self.day("2026-11-22"))
    }
  }

  // MARK: Over HTTP

  private static func begin(_ app: TestApp) async throws -> String {
    let (start, end) = (app.now.day.adding(days: -10), app.now.day.adding(days: 289))
    let begun = try await app.post(
      "/rollout", [("start", start.description), ("end", end.description)])
    #expect(begun.status == 303)
    return try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope).id.text
  }

  private static func fields(_ system: String, _ more: [(String, String)] = []) -> [(String, String)] {
    let all = [
      ("system", system), ("group", "管理者"), ("people", "4"), ("method", "passkey"), ("phase", "1"),
      ("done", ""), ("once", "120,000"), ("yearly", ""), ("exception", ""), ("until", ""), ("version", "0"),
    ]
    return all.filter { one in !more.contains { $0.0 == one.0 } } + more
  }

  @Test("空の計画から三つの段階で始め、行を加え、済ませると、図と進みに出る", arguments: Engine.available)
  func planning(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/rollout", as: .auditor)
      #expect(empty.status == 200 && empty.body.contains("導入の計画はまだありません"))
      #expect(try await app.get("/rollout/lines/new").status == 404)
      #expect(try await app.get("/rollout/chart.svg").status == 404)
      let wrong = try await app.post("/rollout", [("start", "2027-01-01"), ("end", "2026-01-01")])
      #expect(wrong.status == 422 && wrong.body.contains("value=\"2027-01-01\""))
      let system = try await Self.begin(app)
      let twice = [("start", "2027-01-01"), ("end", "2027-12-31")]
      #expect(try await app.post("/rollout", twice).status == 409)
      let added = try await app.post("/rollout/lines", Self.fields(system))
      #expect(added.status == 303)
      #expect(try await app.post("/rollout/lines", Self.fields(system)).status == 422)
      let odd = try await app.post(
        "/rollout/lines", Self.fields(system, [("people", "たくさん"), ("group", "医師")]))
      #expect(odd.status == 422 && odd.body.contains("value=\"医師\""))
      let page = try await app.get("/rollout", as: .auditor)
      for name in ["大事なシステムの管理者", "一般の利用者", "すべて", "1件のうち0件が済み", "120,000円", "わからない費用1件"] {
        #expect(page.body.contains(name), "\(name)")
      }
      let line = try #require(try await app.scope.read { try $0.rolloutLines() }.first?.line)
      let done = Self.fields(system, [("done", app.now.day.description), ("version", "1")])
      #expect(try await app.post("/rollout/lines/\(line.id)", done).status == 303)
      let stale = try await app.post(
        "/rollout/lines/\(line.id)", Self.fields(system, [("group", "別の人たち"), ("version", "1")]))
      #expect(stale.status == 409 && stale.body.contains("value=\"別の人たち\""))
      let after = try await app.get("/rollout", as: .auditor)
      #expect(after.body.contains("1件のうち1件が済み") && after.body.contains("1件のうち1件が済み。"))
      let svg = try await app.get("/rollout/chart.svg", as: .auditor)
      #expect(svg.body.hasPrefix("<svg xmlns=") && svg.body.contains("電子カルテ 管理者"))
      let ledger = try await app.get("/ledger", as: .auditor)
      #expect(ledger.body.contains("導入にシステムと利用者を加えました"))
      #expect(try await app.post("/rollout/lines/\(line.id)/removal", [("version", "1")]).status == 409)
      #expect(try await app.post("/rollout/lines/\(line.id)/removal", [("version", "2")]).status == 303)
      #expect(try await app.scope.read { try $0.rolloutLines() }.isEmpty)
    }
  }

  @Test("例外は期限が来ると今日の仕事になる", arguments: Engine.available)
  func exceptions(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Self.begin(app)
      let until = app.now.day.adding(days: 5)
      let fields = Self.fields(
        system, [("exception", "装置が対応していない"), ("until", until.description), ("group", "検査の端末")])
      #expect(try await app.post("/rollout/lines", fields).status == 303)
      #expect(try await app.get("/rollout").body.contains("例外だけです"))
      let home = try await app.get("/")
      #expect(home.body.contains("検査の端末") && home.body.contains("二要素認証の例外の期限です"))
      app.now = until.adding(days: 1).morning
      for who in TestApp.Who.allCases { app.forgetCookie(of: who) }
      #expect(try await app.get("/rollout").body.contains("例外の期限切れ"))
    }
  }

  @Test("台帳の接続点とアカウントの棚卸しの数が並び、「済み」は変わらない", arguments: Engine.available)
  func registers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Self.begin(app)
      _ = try await app.post("/rollout/lines", Self.fields(system))
      #expect(try await app.get("/rollout").body.contains("二要素かどうかが、台帳からはまだわかりません"))
      for (number, answer) in [("E-1", "あり"), ("E-2", "なし")] {
        try await Connections.register.add(
          ["number": number, "name": "保守用 \(number)", "system": "電子カルテ", "twoFactor": answer], .ja,
          in: app.scope)
      }
      let page = try await app.get("/rollout")
      #expect(page.body.contains("接続点2か所のうち、二要素あり1、不明0。"))
      #expect(page.body.contains("1件のうち0件が済み"))
    }
  }

  @Test("段階の日を直せ、順が逆なら断る", arguments: Engine.available)
  func phases(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Self.begin(app)
      func fields(_ starts: [String], version: Int) -> [(String, String)] {
        starts.enumerated().flatMap { place, start in
          [
            ("name-\(place + 1)", place == 0 ? "放射線科から" : ""), ("start-\(place + 1)", start),
            ("end-\(place + 1)", "2028-03-31"), ("version-\(place + 1)", "\(version)"),
          ]
        }
      }
      let order = ["2026-12-01", "2027-04-01", "2027-10-01"]
      let wrong = try await app.post("/rollout/phases", fields(order.reversed(), version: 1))
      #expect(wrong.status == 422 && wrong.body.contains("放射線科から"))
      #expect(try await app.post("/rollout/phases", fields(order, version: 1)).status == 303)
      #expect(try await app.get("/rollout").body.contains("放射線科から"))
      #expect(try await app.post("/rollout/phases", fields(order, version: 1)).status == 409)
      let stranger = try await app.get("/rollout", as: .stranger)
      #expect(stranger.body.contains("導入の計画はまだありません"))
    }
  }

  @Test("120行でも1ページ8文までで、図はそう言う", arguments: Engine.available)
  func many(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Self.begin(app)
      try await app.scope.write { tx in
        for number in 0..<120 {
          let draft = RolloutLine.Draft(system: system, group: "まとまり \(number)")
          let line = try RolloutLine(id: app.scope.newID()).revised(draft, today: app.now.day)
          try tx.insert(line, system: "電子カルテ")
        }
      }
      _ = try await app.cookie(of: .auditor)
      let before = app.database.statementCount
      let page = try await app.get("/rollout?page=3", as: .auditor)
      #expect(app.database.statementCount - before <= 8)
      #expect(page.body.matches(of: #/<th scope="row"/#).count == 3 + 20)
      #expect(page.body.contains("120行のうち、はじめの60行を描いています"))
    }
  }

  @Test("PDF に日程と行が入る", .enabled(if: maker != nil, "typst がない"))
  func pdf() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let system = try await Self.begin(app)
      _ = try await app.post("/rollout/lines", Self.fields(system))
      let file = try await app.get("/rollout/plan.pdf", as: .auditor)
      #expect(file.status == 200)
      let text = try await Pdf.text(file.bytes)
      #expect(text.contains("二要素認証の導入") && text.contains("一般の利用者") && text.contains("電子カルテ"))
    }
  }
}
