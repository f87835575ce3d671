import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("当番: 予定と、務めた人")
struct ServedTests {
  typealias S = OnCallSample
  private static let (a, b, c) = (S.people[0], S.people[1], S.people[2])
  /// A Tuesday; Monday was a holiday.
  private static let now = S.at("2026-02-24 10:40")

  private static func served(
    _ from: String, _ until: String, by member: RotaMember?, instead: RotaMember? = nil,
    layer: Rota.Layer = .primary
  ) -> ServedShift {
    ServedShift(
      id: ServedShift.ID(at: S.at(from)), rota: S.rotaID, layer: layer, window: S.window(from, until),
      member: member, instead: instead, reason: "急な休み", madeBy: "", maker: nil, madeAt: now)
  }

  private static func labour(_ rotations: [Rotation], _ served: [ServedShift]) -> Labour {
    var roster = Roster(rota: S.rota(rotations))
    roster.served = served
    let span = Window(from: now.adding(minutes: -95 * 1440), until: now.adding(minutes: 70 * 1440))
    let segments = Rota.Layer.allCases.flatMap { roster.truth(of: $0, in: span) }
    return Labour(rota: roster.rota, segments: segments, calls: [], now: now)
  }

  private static func found(_ labour: Labour, _ rule: LabourFinding.Rule) -> [LabourFinding] {
    labour.findings(until: now.adding(minutes: 62 * 1440)).filter { $0.rule == rule }
  }

  // MARK: What was so beside what was planned

  @Test("務めた人は予定を切って入り、予定と、ほかの役割は変わらない")
  func truth() {
    var roster = Roster(
      rota: S.rota([S.rotation([Self.a, Self.b]), S.rotation([Self.a], layer: .secondary)]))
    roster.served = [Self.served("2026-01-06 10:00", "2026-01-06 20:00", by: Self.c)]
    let day = S.window("2026-01-06 8:30", "2026-01-07 8:30")
    let parts = roster.truth(of: .primary, in: day)
    #expect(parts.map(\.member) == [Self.b, Self.c, Self.b])
    #expect(parts.map(\.called) == [nil, Self.b, nil])
    #expect(parts.map(\.planned) == [Self.b, Self.b, Self.b])
    #expect(
      parts.map(\.window) == [
        S.window("2026-01-06 8:30", "2026-01-06 10:00"), S.window("2026-01-06 10:00", "2026-01-06 20:00"),
        S.window("2026-01-06 20:00", "2026-01-07 8:30"),
      ])
    #expect(roster.segments(of: .primary, in: day).map(\.member) == [Self.b])
    #expect(roster.segment(of: .primary, at: S.at("2026-01-06 12:00")).member == Self.b)
    #expect(roster.truth(of: .secondary, in: day).map(\.member) == [Self.a])
  }

  @Test("誰も務めなかった時間は、誰もいない時間として残る。当番表に誰もいなくても、務めた人がいれば埋まる")
  func nobody() {
    var roster = Roster(rota: S.rota([S.rotation([Self.a, nil])]))
    roster.served = [
      Self.served("2026-01-05 8:30", "2026-01-06 8:30", by: nil),
      Self.served("2026-01-06 8:30", "2026-01-07 8:30", by: Self.c),
    ]
    let parts = roster.truth(of: .primary, in: S.window("2026-01-05 8:30", "2026-01-07 8:30"))
    #expect(parts.map(\.state) == [.empty, .covered])
    #expect(parts.map(\.member) == [nil, Self.c])
  }

  @Test(
    "予定の一続きの中だけ: 予定のない時間と、人の替わるところを越える時間は断る",
    arguments: [
      ("2026-01-05 8:30", "2026-01-06 8:30", nil), ("2026-01-05 20:00", "2026-01-06 8:30", nil),
      ("2026-01-05 8:30", "2026-01-06 8:31", .beyondDuty("2026-01-05 08:30 - 2026-01-06 08:30")),
      ("2026-01-05 8:29", "2026-01-05 9:00", .noDuty),
    ] as [(String, String, RotaRefusal?)])
  func stretch(from: String, until: String, refusal: RotaRefusal?) throws {
    let roster = Roster(rota: S.rota([S.rotation([Self.a, Self.b])]))
    let zone = try #require(Zone("Asia/Tokyo"))
    var refused: RotaRefusal?
    do throws(RotaRefusal) {
      let found = try roster.stretch(of: .primary, over: S.window(from, until), in: zone)
      #expect(found.member == Self.a)
    } catch { refused = error }
    #expect(refused == refusal)
  }

  // MARK: What it does to the checks

  @Test("務めた人の休息を見る: 病院での夜を代わりに務めた人が、その朝から勤める")
  func rest() {
    let rotations = [
      S.rotation([Self.a], kind: .work, hours: .standardNight, first: "2026-02-23", last: "2026-02-23"),
      S.rotation([Self.b], kind: .work, hours: .standardWork, first: "2026-02-24", last: "2026-02-24"),
    ]
    #expect(Self.found(Self.labour(rotations, []), .rest) == [])
    let night = Self.served("2026-02-23 17:15", "2026-02-24 8:30", by: Self.b, instead: Self.a)
    let found = Self.found(Self.labour(rotations, [night]), .rest)
    #expect(found.map(\.member) == [Self.b])
    #expect(found.map(\.value) == [0])
    #expect(found.map(\.level) == [.strong])
  }

  @Test("続けて勤める日: 三日の連休を代わりに務めると、平日と合わせて12日になる")
  func consecutive() {
    let rotations = [S.rotation([Self.a])]
    func days(_ served: [ServedShift]) -> [Int] {
      Self.found(Self.labour(rotations, served), .consecutive).filter { $0.member == Self.c }.map(\.value)
    }
    #expect(days([]) == [])
    // Monday the 16th to Friday the 27th.
    #expect(days([Self.served("2026-02-21 8:30", "2026-02-24 8:30", by: Self.c)]) == [12])
  }

  @Test("回数と偏りは、務めた人に数え、予定の人から引く")
  func burdens() throws {
    let month = S.window("2026-02-01 0:00", "2026-02-24 0:00")
    let rotations = [S.rotation([Self.a, Self.b], hours: .standardNight)]
    let before = Self.labour(rotations, []).burdens(in: month)
    // 22 February, a Sunday, is the 48th day after the first: a has it.
    let after = Self.labour(
      rotations, [Self.served("2026-02-22 17:15", "2026-02-23 8:30", by: Self.c, instead: Self.a)]
    ).burdens(in: month)
    let (had, has) = (try #require(before[Self.a]), try #require(after[Self.a]))
    #expect(has.nights == had.nights - 1 && has.restDays == had.restDays - 1)
    #expect(after[Self.b] == before[Self.b])
    #expect(after[Self.c] == Burden(nights: 1, restDays: 1, yearEnds: 0, duties: 1, calls: 0, workMinutes: 0))
  }

  @Test("月の見込みは、務めた時間あたりで数える")
  func forecast() {
    let call = DutyCall(
      id: DutyCall.ID(at: Self.now), rota: S.rotaID, member: Self.a, calledAt: S.at("2026-02-14 0:00"),
      work: S.window("2026-02-14 0:00", "2026-02-14 10:00"), travelMinutes: 0, what: "", madeBy: "")
    func forecast(_ served: [ServedShift]) -> Int? {
      let plain = Self.labour([S.rotation([Self.a])], served)
      let labour = Labour(rota: plain.rota, segments: plain.segments, calls: [call], now: Self.now)
      return labour.overtime(of: Self.a).last?.minutes
    }
    // Since 5 January 50 days and 2:10, of which 10 days were served by c; 4 days and 13:20 to come.
    let left = 4 * 1440 + 800
    #expect(forecast([]) == 600 + 600 * left / (50 * 1440 + 130))
    let ten = Self.served("2026-01-10 8:30", "2026-01-20 8:30", by: Self.c)
    #expect(forecast([ten]) == 600 + 600 * left / (40 * 1440 + 130))
  }
}

@Suite("当番: 務めた人を画面から")
struct ServedPagesTests {
  typealias S = OnCallSample

  /// Staff and contributor in turn since Monday 2 February, management behind them. The 22nd, a Sunday, is of staff.
  private static func addRota(_ app: TestApp) async throws -> Rota.ID {
    let one = RotaMember.person(try await app.personID("staff"))
    let other = RotaMember.person(try await app.personID("contributor"))
    let behind = RotaMember.person(try await app.personID("management"))
    let rota = S.rota([
      S.rotation([one, other], first: "2026-02-02"),
      S.rotation([behind], layer: .secondary, first: "2026-02-02"),
    ])
    try await app.scope.write { try $0.store(rota, over: nil, settledUntil: S.at("2026-02-02 0:00")) }
    return rota.id
  }

  private static func fields(
    _ from: String, _ until: String, _ who: String, why: String = "急な休みのため", layer: String = "primary"
  ) -> [(String, String)] {
    [("layer", layer), ("from", from), ("until", until), ("who", who), ("reason", why)]
  }

  private static func inbox(_ app: TestApp, _ name: String) async throws -> [String] {
    let person = try await app.personID(name)
    _ = try await Installation(app.database).deliver(now: app.now)
    return try await app.scope.read { try $0.inbox(of: person) }.map(\.key).filter { $0.hasPrefix("oncall.") }
  }

  @Test("務めた人を書き残すと、予定は変わらず、本人に届き、直しても前の記録が読める", arguments: Engine.available)
  func recording(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.addRota(app)
      let who = RotaMember.person(try await app.personID("itStaff")).text
      let path = "/oncall/\(id)/served"
      let whole = Self.fields("2026-02-22T08:30", "2026-02-23T08:30", who)
      for reader in [TestApp.Who.auditor, .staff] {
        #expect(try await app.post(path, whole, as: reader).status == 403)
      }
      #expect(try await app.post(path, whole, as: .stranger).status == 404)
      let made = try await app.post(path, whole)
      let first = try #require(made.location, "\(made.body)")
      // Who was to be called stays; who served counts.
      #expect(try await app.onCall(id, at: S.at("2026-02-22 12:00")) == ["staff"])
      let month = try await app.get("\(path)?month=2026-02")
      #expect(month.body.contains("急な休みのため") && month.body.contains("staff → itStaff"))
      let ledger = try await app.get("/oncall/\(id)/ledger?month=2026-02")
      #expect(ledger.body.contains("1回 24時間"))
      // A day off can be given to whoever served, whether they stand in the rota or not.
      #expect(ledger.body.contains("<option value=\"\(try await app.personID("itStaff"))\""))
      let csv = try await app.get("/oncall/\(id)/ledger.csv?month=2026-02")
      #expect(csv.body.contains("\"2026-02-22 08:30\",\"2026-02-23 08:30\",1440,staff,staff,itStaff"))
      #expect(try await app.get("/oncall/\(id)/ledger.xlsx?month=2026-02").status == 200)
      #expect(try await Self.inbox(app, "staff") == ["oncall.servedRecorded"])
      #expect(try await Self.inbox(app, "itStaff") == [])
      // Whom it concerns sees it and says what is wrong; nobody else does so.
      #expect(try await app.get(first, as: .staff).status == 200)
      #expect(try await app.get(first, as: .auditor).status == 200)
      #expect(try await app.get(first, as: .contributor).status == 404)
      #expect(try await app.get(first, as: .stranger).status == 404)
      let wrong = [("right", "no"), ("wrong", "22時からは私です")]
      #expect(try await app.post("\(first)/answer", wrong, as: .contributor).status == 404)
      #expect(try await app.post("\(first)/answer", wrong, as: .auditor).status == 403)
      #expect(try await app.post("\(first)/answer", wrong, as: .stranger).status == 404)
      #expect(try await app.post("\(first)/answer", [("right", "no")], as: .staff).status == 422)
      #expect(try await app.post("\(first)/answer", wrong, as: .staff).status == 303)
      #expect(try await Self.inbox(app, "itStaff") == ["oncall.servedObjected"])
      #expect(try await app.get("\(path)?month=2026-02").body.contains("違うという申し出あり"))
      // It is put right; whoever comes by the older address sees what stands now, with the older below it.
      let shorter = Self.fields("2026-02-22T08:30", "2026-02-22T22:00", who, why: "22時に交代した")
      #expect(try await app.post(first, shorter, as: .staff).status == 403)
      let corrected = try await app.post(first, shorter)
      let second = try #require(corrected.location, "\(corrected.body)")
      #expect(second != first)
      #expect(try await app.get(first).location == second)
      #expect(try await app.post(first, shorter).status == 409)
      #expect(try await app.post("\(first)/answer", wrong, as: .staff).status == 409)
      let page = try await app.get(second, as: .auditor)
      #expect(page.body.contains("22時に交代した") && page.body.contains("急な休みのため"))
      #expect(page.body.contains("22時からは私です"))
      #expect(try await app.post("\(second)/answer", [("right", "yes")], as: .staff).status == 303)
      #expect(try await app.get("\(path)?month=2026-02").body.contains("本人が確かめました"))
      #expect(try await app.get("/oncall/\(id)/ledger?month=2026-02").body.contains("1回 13時間30分"))
      // After all it was who had been planned.
      let staff = RotaMember.person(try await app.personID("staff")).text
      let back = Self.fields("2026-02-22T08:30", "2026-02-22T22:00", staff, why: "予定のとおりだった")
      #expect(try await app.post(second, back).status == 303)
      #expect(!(try await app.get("/oncall/\(id)/ledger?month=2026-02").body.contains("1回 13時間30分")))
      #expect(try await app.count("SELECT COUNT(*) FROM oncall_served") == 3)
      for (action, count) in [("served", 1), ("served-correct", 2), ("served-answer", 2)] {
        #expect(
          try await app.count("SELECT COUNT(*) FROM audit_entry WHERE action = \("oncall.\(action)")")
            == count)
      }
      // It is working time: the rota stays.
      #expect(try await app.post("/oncall/\(id)/removal", []).status == 409)
    }
  }

  @Test("終わっていない時間、予定より長い時間、予定のない時間、予定と同じ人、二重の記録は、わけを言って断る")
  func limits() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let id = try await Self.addRota(app)
      let who = RotaMember.person(try await app.personID("itStaff")).text
      let staff = RotaMember.person(try await app.personID("staff")).text
      let behind = RotaMember.person(try await app.personID("management")).text
      let (day, next) = ("2026-02-22T08:30", "2026-02-23T08:30")
      func refused(_ fields: [(String, String)], _ status: Int, _ words: String) async throws {
        let answer = try await app.post("/oncall/\(id)/served?month=2026-02", fields)
        #expect(answer.status == status && answer.body.contains(words), "\(words): \(answer.status)")
      }
      try await refused(Self.fields("2026-02-24T08:30", "2026-02-24T10:41", who), 422, "まだ終わっていない時間です")
      try await refused(
        Self.fields(day, "2026-02-23T08:31", who), 422, "予定は 2026-02-22 08:30 - 2026-02-23 08:30 です")
      try await refused(
        Self.fields("2026-02-02T08:00", "2026-02-02T09:00", who), 422, "その時間には当番の予定がありません")
      try await refused(Self.fields(day, next, staff), 422, "当番表の人と同じです")
      try await refused(Self.fields(next, day, who), 422, "始まりより後の終わりを")
      try await refused(Self.fields(day, next, who, why: " "), 422, "わけを、200文字まで")
      let gone = RotaMember.person(PersonID(at: app.now)).text
      for nobody in ["", "x", gone] {
        try await refused(Self.fields(day, next, nobody), 422, "人を選び直してください")
      }
      // One person has one turn at a time: the other one is put right first.
      try await refused(Self.fields(day, next, behind), 409, "もう一つの役割の当番でした")
      let away = Self.fields(day, next, "-", layer: "secondary")
      #expect(try await app.post("/oncall/\(id)/served", away).status == 303)
      #expect(try await app.post("/oncall/\(id)/served", Self.fields(day, next, behind)).status == 303)
      try await refused(
        Self.fields("2026-02-22T20:00", next, who), 409, "もう実績の直しがあります: 2026-02-22 08:30 - 2026-02-23 08:30")
      #expect(try await app.count("SELECT COUNT(*) FROM oncall_served") == 2)
      // What was typed is still there.
      let typed = Self.fields(day, "2026-02-23T08:31", who, why: "打った言葉")
      #expect(try await app.post("/oncall/\(id)/served", typed).body.contains("打った言葉"))
    }
  }

  @Test("呼び出しの見張りは予定で見て、知らせの画面は務めた人を横に出す", arguments: Engine.available)
  func calls(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.addRota(app)
      try await app.addRule(try await app.addPolicy("夜", [(0, "rota:\(id):primary")]))
      let moment = S.at("2026-02-22 12:00")
      let alert = try await app.openAlert("電子カルテ", at: moment)
      try await app.turn(moment, rota: .live)
      #expect(try await app.calls(of: "staff") == ["monitoring.down 電子カルテ"])
      let before = try await app.get("/alerts/\(alert)")
      #expect(before.status == 200 && !before.body.contains("あとの記録では"))
      let who = RotaMember.person(try await app.personID("itStaff")).text
      let whole = Self.fields("2026-02-22T08:30", "2026-02-23T08:30", who)
      #expect(try await app.post("/oncall/\(id)/served", whole).status == 303)
      // Behind them someone else served too, whom this step did not call.
      let behind = Self.fields("2026-02-22T08:30", "2026-02-23T08:30", "-", layer: "secondary")
      #expect(try await app.post("/oncall/\(id)/served", behind).status == 303)
      let after = try await app.get("/alerts/\(alert)")
      #expect(after.body.contains("あとの記録では、その時の主担当を務めたのは: itStaff"))
      #expect(!after.body.contains("だれも務めなかった"))
      #expect(try await app.get("/alerts/\(alert)/print").body.contains("務めたのは: itStaff"))
      try await PageAudit.run(.live, in: app.at(moment.adding(minutes: 1)))
      #expect(try await app.count("SELECT COUNT(*) FROM page_finding") == 0)
    }
  }

  @Test("務めた人を直す欄は、表で選んだ当番の時間を入れて、表の前に出る。選ぶ前と、直せない人には出ない")
  func place() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let path = "/oncall/\(try await Self.addRota(app))/served?month=2026-02"
      let unchosen = try await app.get(path).body
      #expect(!unchosen.contains("id=\"record\"") && unchosen.contains("表の「務めた人を直す」を押すと"))
      let chosen = "\(path)&layer=primary&from=2026-02-22T08:30&until=2026-02-23T08:30"
      let page = try await app.get(chosen).body
      let parts = page.split(separator: "<table", maxSplits: 1)
      #expect(parts.count == 2 && parts[0].contains("id=\"record\""))
      #expect(page.contains("value=\"2026-02-22T08:30\"") && page.contains("value=\"2026-02-23T08:30\""))
      #expect(page.matches(of: #/上の欄で直しています/#).count == 1)
      let read = try await app.get(chosen, as: .auditor).body
      #expect(!read.contains("id=\"record\"") && !read.contains("上の欄で直しています"))
    }
  }

  @Test("予定と実績の画面は、記録がいくつあっても決まった数の文で済む")
  func statements() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let id = try await Self.addRota(app)
      let who = RotaMember.person(try await app.personID("itStaff")).text
      func used(_ path: String) async throws -> Int {
        _ = try await app.get(path)
        let before = app.database.statementCount
        #expect(try await app.get(path).status == 200)
        return app.database.statementCount - before
      }
      let empty = try await used("/oncall/\(id)/served?month=2026-02")
      var last = ""
      for day in ["04", "06", "08"] {
        let fields = Self.fields("2026-02-\(day)T09:00", "2026-02-\(day)T10:00", who)
        last = try #require(try await app.post("/oncall/\(id)/served", fields).location)
      }
      #expect(try await used("/oncall/\(id)/served?month=2026-02") == empty)
      #expect(empty <= 8, "\(empty)")
      let one = try await used(last)
      #expect(one <= 8, "\(one)")
    }
  }
}
