import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

extension TestApp {
  /// What the worker does with what is due of backups.
  fileprivate func work() async throws {
    let handlers = site.features.reduce(into: [:]) { $0.merge($1.due) { first, _ in first } }
    for row in try await Installation(database).takeDue(now: now) where row.kind.hasPrefix("backups.") {
      let scope = Scope(database, actor: .system("worker"), facility: row.facility, now: now)
      try await handlers[row.kind]?(row, scope)
    }
    _ = try await Installation(database).deliver(now: now)
  }

  fileprivate func plan(
    _ place: String, version: Int = 0, daily: String = "7", as who: Who = .administrator
  ) async throws -> Answer {
    try await post(
      "/backup/plan",
      [
        ("place", place), ("minute", "120"), ("disk", "no"), ("daily", daily), ("weekly", "4"),
        ("monthly", "12"), ("version", "\(version)"),
      ], as: who)
  }

  fileprivate func messages() async throws -> [String] {
    let people = try await scope.read { try $0.people() }
    let administrator = try #require(people.first { $0.role == .administrator })
    return try await scope.read {
      try $0.inbox(of: administrator.id).map(\.key).filter { $0.hasPrefix("backups.") }
    }
  }
}

private func files(_ place: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: place)
}

@Suite("控えの画面と予定")
struct BackupPagesTests {
  @Test(
    "次に取る時刻は、今日のまだ来ない時か、明日",
    arguments: [
      (0, "2026-02-25T00:00"), (600, "2026-02-25T10:00"), (660, "2026-02-24T11:00"),
      (1410, "2026-02-24T23:30"),
    ])
  func next(minute: Int, expected: String) throws {
    let plan = try BackupPlan(
      place: "/srv", minute: minute, isDisk: false, daily: 1, weekly: 0, monthly: 0, over: nil)
    // 10:40 on 24 February.
    #expect(plan.next(after: .test).iso.hasPrefix(expected))
  }

  @Test(
    "受け取れない予定は、わけを言って断る",
    arguments: [
      ("srv/backup", 120, 7, BackupRefusal.badPlace), ("", 120, 7, .badPlace),
      ("/srv\n/x", 120, 7, .badPlace),
      ("/srv", 125, 7, .badTime), ("/srv", nil, 7, .badTime), ("/srv", 120, 0, .badNumbers),
      ("/srv", 120, nil, .badNumbers), ("/srv", 120, 401, .badNumbers),
    ] as [(String, Int?, Int?, BackupRefusal)])
  func refusedPlans(place: String, minute: Int?, daily: Int?, refusal: BackupRefusal) {
    #expect(throws: refusal) {
      try BackupPlan(
        place: place, minute: minute, isDisk: false, daily: daily, weekly: 0, monthly: 0, over: nil)
    }
  }

  @Test("予定を決めると、時が来れば取り、画面に出る。鍵は一度だけ出る", arguments: Engine.available)
  func planned(engine: Engine) async throws {
    try await withTemporaryFolder { place in
      try await TestApp.run(on: engine) { app in
        let empty = try await app.get("/backup", as: .administrator)
        #expect(empty.status == 200 && empty.body.contains("控えの予定がありません"))
        let absent = try await app.plan(place + "/none")
        #expect(absent.status == 422 && absent.body.contains("つながっていません"))
        let saved = try await app.plan(place)
        #expect(saved.status == 303)
        try await app.work()
        #expect(try files(place) == [])

        app.now = app.now.adding(minutes: 16 * 60)
        // Nobody stays signed in so long.
        for who in [TestApp.Who.administrator, .itStaff] { app.forgetCookie(of: who) }
        try await app.work()
        #expect(try files(place).count == 1)
        _ = try await app.cookie(of: .administrator)
        let before = app.database.statementCount
        let page = try await app.get("/backup", as: .administrator)
        #expect(app.database.statementCount - before <= 8)
        #expect(page.body.contains("取れました") && page.body.contains(place))
        #expect(page.body.contains("鍵を、まだ別の所に置いていません"))

        let asked = try await app.get("/backup/key", as: .administrator)
        let folder = try #require(app.database.keyFolder)
        let key = try String(contentsOfFile: folder + "/backup-key", encoding: .utf8).trimmed
        #expect(!asked.body.contains(key.prefix(8)))
        let shown = try await app.post("/backup/key", [], as: .administrator)
        #expect(shown.status == 200 && shown.headers["cache-control"]?.contains("no-store") == true)
        for start in stride(from: 0, to: 64, by: 8) {
          #expect(shown.body.contains(key.dropFirst(start).prefix(8)))
        }
        let again = try await app.post("/backup/key", [], as: .administrator)
        #expect(again.status == 409)
      }
    }
  }

  @Test("取れないとき、取れていないときは、お知らせが届き、画面に直し方が出る", arguments: Engine.available)
  func failing(engine: Engine) async throws {
    try await withTemporaryFolder { folder in
      let place = folder + "/usb"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try await TestApp.run(on: engine) { app in
        _ = try await app.plan(place)
        try FileManager.default.removeItem(atPath: place)
        let soon = try await app.post("/backup/runs", [], as: .administrator)
        #expect(soon.status == 303)
        try await app.work()
        let failed = try await app.messages()
        #expect(failed == ["backups.failed"])
        let page = try await app.get("/backup")
        #expect(page.body.contains("取れませんでした") && page.body.contains("つながっていません"))
        // The next morning, whether or not a worker ran in between.
        app.now = app.now.adding(minutes: 22 * 60)
        // Nobody stays signed in so long.
        for who in [TestApp.Who.administrator, .itStaff] { app.forgetCookie(of: who) }
        try await app.work()
        let later = try await app.messages()
        #expect(later.contains("backups.missed"))
        // Mended: the next one is made, and the page is at rest.
        app.now = app.now.adding(minutes: 1)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        _ = try await app.post("/backup/runs", [], as: .administrator)
        try await app.work()
        #expect(try files(place).count == 1)
        let mended = try await app.get("/backup")
        #expect(!mended.body.contains("控えは取れませんでした"))
      }
    }
  }

  @Test("戻して確かめると訓練になり、壊れた控えは戻せなかったと残る", arguments: Engine.available)
  func drills(engine: Engine) async throws {
    try await withTemporaryFolder { place in
      try await TestApp.run(on: engine) { app in
        _ = try await app.plan(place)
        _ = try await app.post("/backup/runs", [], as: .administrator)
        try await app.work()
        let run = try #require(try await app.scope.read { try $0.lastGoodBackup() })
        func verify() async throws -> [RestoreDrill] {
          let asked = try await app.post("/backup/runs/\(run.id)/verification", [], as: .itStaff)
          #expect(asked.status == 303)
          try await app.work()
          return try await app.scope.read { try $0.restoreDrills(limit: 10) }
        }
        let first = try await verify()
        #expect(first.map(\.result) == [.good] && first[0].isMeasured && first[0].doneBy == "itStaff")
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: run.file)))
        bytes[bytes.count / 2] ^= 4
        try Data(bytes).write(to: URL(fileURLWithPath: run.file))
        let second = try await verify()
        #expect(Set(second.map(\.result)) == [.good, .failed])
        let page = try await app.get("/backup")
        #expect(page.body.contains("戻せなかった"))
      }
    }
  }

  @Test("手で行った訓練を記録でき、点検の根拠になる", arguments: Engine.available)
  func byHand(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let fields = [
        ("day", "2026-02-20"), ("system", "電子カルテ"), ("result", "good"), ("minutes", "90"),
        ("doneBy", "佐藤"), ("remark", "手順書の3を直した"),
      ]
      for name in ["day", "result", "minutes", "doneBy"] {
        let lacking = fields.map { ($0.0, $0.0 == name ? "" : $0.1) }
        let refused = try await app.post("/backup/drills", lacking)
        #expect(refused.status == 422 && refused.body.contains("電子カルテ"), "\(name)")
      }
      let saved = try await app.post("/backup/drills", fields)
      #expect(saved.status == 303)
      let page = try await app.get("/backup")
      #expect(page.body.contains("電子カルテ") && page.body.contains("90分"))
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
      let item = try await app.get("/assessments/\(assessment.id)?item=r7-med-3-2")
      #expect(item.body.contains("戻す訓練の記録がこの1年に1件あります"))
    }
  }

  @Test(
    "控えと訓練から言えることだけを言う",
    arguments: [
      (BackupFigures(runs: 9, daysSince: 0), Signal.State.partly),
      (BackupFigures(runs: 9, daysSince: 0, drills: 1), .unknown),
      (BackupFigures(runs: 9, daysSince: 0, drills: 2, otherDrills: 1), .met),
      (BackupFigures(runs: 9, daysSince: 3, drills: 2, otherDrills: 1), .partly),
      (BackupFigures(runs: 9, daysSince: 0, drills: 2, otherDrills: 1, failedDrills: 1), .partly),
      (BackupFigures(drills: 1, otherDrills: 1), .met),
    ])
  func signals(figures: BackupFigures, state: Signal.State) {
    #expect(Backups.signal(of: figures)?.state == state)
  }

  @Test("何もなければ、何も言わない")
  func silent() { #expect(Backups.signal(of: BackupFigures()) == nil) }

  @Test("予定は一つの施設だけが持ち、権限のない人は直せない", arguments: Engine.available)
  func closed(engine: Engine) async throws {
    try await withTemporaryFolder { place in
      try await TestApp.run(on: engine) { app in
        let refused = try await app.plan(place, as: .itStaff)
        #expect(refused.status == 403)
        _ = try await app.plan(place)
        let stale = try await app.plan(place)
        #expect(stale.status == 409)
        let other = try await app.plan(place, as: .stranger)
        #expect(other.status == 422 && other.body.contains("別の施設が受け持っています"))
        _ = try await app.post("/backup/runs", [], as: .administrator)
        try await app.work()
        let run = try #require(try await app.scope.read { try $0.lastGoodBackup() })
        let foreign = try await app.post("/backup/runs/\(run.id)/verification", [], as: .stranger)
        #expect(foreign.status == 404)
        let theirs = try await app.get("/backup", as: .stranger)
        #expect(!theirs.body.contains(place))
      }
    }
  }

  @Test("鍵のファイルがなくなったら、黙って作らずに知らせる。予定を保存し直すと新しい鍵が出せる", arguments: Engine.available)
  func lostKey(engine: Engine) async throws {
    try await withTemporaryFolder { place in
      try await TestApp.run(on: engine) { app in
        _ = try await app.plan(place)
        _ = try await app.post("/backup/key", [], as: .administrator)
        let path = try #require(app.database.keyFolder) + "/backup-key"
        try FileManager.default.removeItem(atPath: path)
        _ = try await app.post("/backup/runs", [], as: .administrator)
        try await app.work()
        #expect(try files(place) == [] && !FileManager.default.fileExists(atPath: path))
        #expect(try await app.messages() == ["backups.failed"])
        #expect(try await app.get("/backup", as: .administrator).body.contains("backup-key"))
        let plan = try #require(try await app.scope.read { try $0.backupPlan() })
        #expect(try await app.plan(place, version: plan.version).status == 303)
        #expect(try await app.post("/backup/key", [], as: .administrator).status == 200)
        _ = try await app.post("/backup/runs", [], as: .administrator)
        try await app.work()
        #expect(try files(place).count == 1)
      }
    }
  }
}
