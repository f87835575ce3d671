import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

extension TestApp {
  /// The form of a rota as a browser sends it: one rotation of whole days.
  static func rotaForm(
    _ name: String, members: String, secondary: String = "", length: String = "1",
    first: String = "2026-02-23",
    version: String = "0"
  ) -> [(String, String)] {
    var fields = [
      ("name", name), ("zone", "Asia/Tokyo"), ("yearEnd", "rest"), ("workFrom", "08:30"),
      ("workUntil", "17:15"),
      ("permit", ""), ("version", version),
    ]
    for (index, (layer, list)) in [("primary", members), ("secondary", secondary)].enumerated() {
      fields += [
        ("layer", layer), ("kind", "standby"), ("days", "every"), ("from", "08:30"), ("until", "08:30"),
        ("length", length), ("counting", "calendar"), ("first", first), ("last", ""), ("members", list),
      ].map { ("r\(index)-\($0.0)", $0.1) }
    }
    return fields
  }

  func addRota(_ name: String, members: String, secondary: String = "") async throws -> Rota.ID {
    let answer = try await post("/oncall", Self.rotaForm(name, members: members, secondary: secondary))
    let path = try #require(answer.location, "\(answer.body)")
    return try #require(Rota.ID(String(path.dropFirst("/oncall/".count))))
  }

  func personID(_ name: String) async throws -> PersonID {
    let people = try await scope.read { try $0.people() }
    return try #require(people.first { $0.name == name }).id
  }

  func onCall(_ rota: Rota.ID, at moment: Instant, _ layer: Rota.Layer = .primary) async throws -> [String] {
    try await scope.read { try OnCall.people(on: rota, at: moment, layer: layer, in: $0) }.map(\.name)
  }
}

/// The clock of the tests stands at 2026-02-24 10:40, a Tuesday.
@Suite("当番: 画面から")
struct OnCallTests {
  typealias S = OnCallSample

  @Test("作った当番表が、いまの当番と次の交代を言い、呼ぶ側にも同じ人を答える", arguments: Engine.available)
  func wholePath(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota(
        "情報", members: "itStaff\nadministrator\n-", secondary: "ひまわり窓口　03-0000-0000")
      let page = try await app.get("/oncall/\(id)")
      #expect(page.status == 200)
      #expect(page.body.contains("<strong>administrator</strong>"))
      #expect(page.body.contains("tel:0300000000"))
      // Five weeks, each a table that scrolls: how is said once.
      #expect(page.body.matches(of: #/横に動かすと/#).count == 1)
      #expect(page.body.contains("2月25日(水) 8:30 未定へ"))
      #expect(try await app.onCall(id, at: app.now) == ["administrator"])
      #expect(try await app.onCall(id, at: app.now, .secondary) == ["ひまわり窓口"])
      #expect(try await app.onCall(id, at: S.at("2026-02-26 8:30")) == ["itStaff"])
      #expect(try await app.onCall(id, at: S.at("2026-02-25 9:00")) == [])
      let names = try await app.scope.read { try OnCall.rotas(in: $0) }
      #expect(names.map(\.name) == ["情報"])
      let wall = try await app.get("/oncall/\(id)/print?month=2026-05")
      #expect(wall.body.contains("こどもの日"))
      let checks = try await app.get("/oncall/\(id)/checks")
      #expect(checks.body.contains("主担当が未定です"))
      // Of the two others, whoever has had less comes first; the link fills in who and when.
      #expect(checks.body.contains("頼めそうな人"))
      let link = try #require(checks.body.firstMatch(of: #/\/oncall\/[0-9a-f-]+\/changes\?[^"#]+/#))
      let form = try await app.get(String(link.0).replacing("&amp;", with: "&"))
      #expect(form.body.contains("value=\"2026-02-25T08:30\""))
      #expect(try await app.get("/oncall").body.contains("<strong>administrator</strong>"))
      #expect(try await app.get("/oncall/\(id)", as: .stranger).status == 404)
      for path in ["settings", "changes", "checks", "print", "ledger", "ledger.csv", "feeds"] {
        #expect(try await app.get("/oncall/\(id)/\(path)", as: .stranger).status == 404, "\(path)")
      }
    }
  }

  @Test(
    "読めない当番表は、どの交代の何が読めないかを言い、打ったものを残す",
    arguments: [
      ("r0-members", "だれか", "「だれか」さんは台帳にいません"), ("r0-from", "25:00", "交代 1 の時刻"),
      ("r0-length", "0", "交代 1 の日数"), ("r0-first", "1999-12-31", "交代 1 の最初の日"),
      ("r0-last", "2026-02-22", "交代 1 の最後の日"), ("r0-members", "-\n-", "交代 1 に誰もいません"),
      ("r0-members", "", "交代が一つもありません"), ("zone", "Asia/Nowhere", "時間帯の名前"), ("name", "", "名前を、60文字"),
      ("workUntil", "08:00", "始業と終業"),
    ])
  func refusals(field: String, value: String, says: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let form = TestApp.rotaForm("情報", members: "itStaff").map { $0.0 == field ? (field, value) : $0 }
      let answer = try await app.post("/oncall", form)
      #expect(answer.status == 422)
      #expect(answer.body.contains(says), "\(answer.body)")
      let kept = field == "name" || answer.body.contains("value=\"情報\"")
      #expect(kept)
      let count = try await app.scope.read { try $0.rotaCount() }
      #expect(count == 0)
    }
  }

  @Test("同じ名前は一つ。古い画面からの保存は、後の人を消さない")
  func conflicts() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let id = try await app.addRota("情報", members: "itStaff")
      #expect(try await app.post("/oncall", TestApp.rotaForm("情報", members: "itStaff")).status == 409)
      let first = try await app.post(
        "/oncall/\(id)/settings", TestApp.rotaForm("情報", members: "management", version: "1"))
      #expect(first.status == 303)
      let second = try await app.post(
        "/oncall/\(id)/settings", TestApp.rotaForm("情報", members: "staff", version: "1"))
      #expect(second.status == 409)
      #expect(try await app.onCall(id, at: app.now) == ["management"])
    }
  }

  @Test("交代を変えても、変える前に誰だったかは変わらない", arguments: Engine.available)
  func pastStays(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota("情報", members: "itStaff")
      let before = app.now
      app.now = before.adding(minutes: 400)
      let saved = try await app.post(
        "/oncall/\(id)/settings", TestApp.rotaForm("情報", members: "management", version: "1"))
      #expect(saved.status == 303)
      #expect(try await app.onCall(id, at: before) == ["itStaff"])
      #expect(try await app.onCall(id, at: app.now) == ["management"])
    }
  }

  @Test("当番表に入ったことのある人は、台帳から外せない", arguments: Engine.available)
  func membersStay(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let suzuki = try await People.add(name: "鈴木", department: "", role: .staff, in: app.scope)
      let id = try await app.addRota("情報", members: "鈴木")
      let path = "/registers/people/\(suzuki.id)/removal"
      #expect(try await app.post(path, [("version", "1")]).status == 409)
      let saved = try await app.post(
        "/oncall/\(id)/settings", TestApp.rotaForm("情報", members: "itStaff", version: "1"))
      #expect(saved.status == 303)
      #expect(try await app.post(path, [("version", "1")]).status == 409)
      #expect(try await app.post("/oncall/\(id)/removal", []).status == 303)
      #expect(try await app.post(path, [("version", "1")]).status == 303)
    }
  }

  @Test("代わりは決めた間だけ。重なる代わりは、前のものを言って断る", arguments: Engine.available)
  func overrides(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota("情報", members: "itStaff")
      let by = RotaMember.person(try await app.personID("management")).text
      func send(_ from: String, _ until: String, _ layer: String = "primary") async throws -> TestApp.Answer {
        try await app.post(
          "/oncall/\(id)/overrides",
          [("layer", layer), ("whom", ""), ("by", by), ("from", from), ("until", until), ("reason", "研修")])
      }
      #expect(try await send("2026-02-25T09:00", "2026-02-25T17:00").status == 303)
      let second = try await send("2026-02-25T16:59", "2026-02-25T18:00")
      #expect(second.status == 409)
      #expect(second.body.contains("2026-02-25 09:00 - 2026-02-25 17:00(management)"))
      #expect(try await send("2026-02-25T17:00", "2026-02-25T18:00").status == 303)
      #expect(try await send("2026-02-25T16:00", "2026-02-25T18:00", "secondary").status == 303)
      #expect(try await app.onCall(id, at: S.at("2026-02-25 8:59")) == ["itStaff"])
      #expect(try await app.onCall(id, at: S.at("2026-02-25 17:59")) == ["management"])
      #expect(try await app.onCall(id, at: S.at("2026-02-25 18:00")) == ["itStaff"])
      let span = S.window("2026-02-25 0:00", "2026-02-26 0:00")
      let made = try await app.scope.read { try $0.overrides(of: id, in: span) }
      let first = try #require(made.first)
      #expect(try await app.post("/oncall/overrides/\(first.id)/end", []).status == 303)
      #expect(try await app.onCall(id, at: S.at("2026-02-25 9:00")) == ["itStaff"])
      #expect(try await send("2026-02-24T09:00", "2026-02-24T10:00").status == 422)
      #expect(try await send("2026-02-26T10:00", "2026-02-26T09:00").status == 422)
      let path = "/oncall/overrides/\(first.id)/end"
      #expect(try await app.post(path, [], as: .stranger).status == 404)
      #expect(try await app.post(path, [], as: .contributor).status == 403)
    }
  }

  @Test("交換は二人が承知して成り立つ。ほかの人は承知できず、断られれば何も変わらない", arguments: Engine.available)
  func swaps(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota("情報", members: "contributor\nstaff")
      // From the 23rd on: contributor, staff, contributor…
      let (one, other) = (try await app.personID("contributor"), try await app.personID("staff"))
      func side(_ person: PersonID, _ day: String, _ next: String) -> String {
        let window = S.window("\(day) 8:30", "\(next) 8:30")
        return
          "person:\(person) primary \(window.from.milliseconds) \(window.until.milliseconds)"
      }
      let give = side(one, "2026-02-25", "2026-02-26")
      let take = side(other, "2026-02-26", "2026-02-27")
      let fields = [("give", give), ("take", take), ("swapReason", "家の用事")]
      #expect(try await app.post("/oncall/\(id)/swaps", fields, as: .staff).status == 403)
      #expect(try await app.post("/oncall/\(id)/swaps", fields, as: .contributor).status == 303)
      #expect(try await app.onCall(id, at: S.at("2026-02-25 12:00")) == ["contributor"])
      let asked = try await app.scope.read { try $0.swaps(of: id, limit: 9) }
      let swap = try #require(asked.first)
      let path = "/oncall/swaps/\(swap.id)"
      #expect(try await app.post("\(path)/agreement", [], as: .administrator).status == 403)
      #expect(try await app.post("\(path)/agreement", [], as: .staff).status == 303)
      #expect(try await app.onCall(id, at: S.at("2026-02-25 12:00")) == ["staff"])
      #expect(try await app.onCall(id, at: S.at("2026-02-26 12:00")) == ["contributor"])
      #expect(try await app.onCall(id, at: S.at("2026-02-27 12:00")) == ["contributor"])
      #expect(try await app.post("\(path)/refusal", [], as: .staff).status == 409)
      // What was given away cannot be given again.
      #expect(try await app.post("/oncall/\(id)/swaps", fields, as: .contributor).status == 422)
    }
  }

  @Test("休みの人は呼ばれず、欠けが出る。自分の分だけを入れられる")
  func leave() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let id = try await app.addRota("情報", members: "contributor\nstaff")
      let one = try await app.personID("contributor")
      let fields = [
        ("person", one.text), ("leaveFrom", "2026-02-25T00:00"), ("leaveUntil", "2026-02-26T00:00"),
        ("note", "私用"),
      ]
      #expect(try await app.post("/oncall/\(id)/leaves", fields, as: .staff).status == 403)
      #expect(try await app.post("/oncall/\(id)/leaves", fields, as: .contributor).status == 303)
      #expect(try await app.onCall(id, at: S.at("2026-02-25 12:00")) == [])
      let checks = try await app.get("/oncall/\(id)/checks")
      #expect(checks.body.contains("contributorさんは休みで、主担当の代わりがいません"))
      let seen = try await app.get("/oncall/\(id)/changes", as: .staff)
      #expect(seen.status == 200)
      #expect(!seen.body.contains("私用"))
      #expect(try await app.get("/oncall/\(id)/changes", as: .contributor).body.contains("私用"))
    }
  }

  @Test("自分が入っている当番表だけが、職員に見える")
  func ownRotas() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let own = try await app.addRota("甲", members: "staff")
      let other = try await app.addRota("乙", members: "itStaff")
      let list = try await app.get("/oncall", as: .staff)
      #expect(list.body.contains("甲"))
      #expect(!list.body.contains("乙"))
      #expect(try await app.get("/oncall/\(own)", as: .staff).status == 200)
      #expect(try await app.get("/oncall/\(other)", as: .staff).status == 404)
      #expect(try await app.get("/oncall/\(other)", as: .auditor).status == 200)
      #expect(try await app.get("/oncall", as: .contributor).body.contains("入っている当番表はありません"))
    }
  }

  @Test("予定表の住所は一度だけ出て、取り消すと開かない。番号は載らない", arguments: Engine.available)
  func feeds(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota("情報", members: "itStaff\nstaff", secondary: "ひまわり窓口 03-0000-0000")
      let made = try await app.post("/oncall/\(id)/feeds", [("kind", "team")])
      let match = try #require(made.body.firstMatch(of: #/calendar/([0-9a-f]{64})\.ics/#))
      let path = "/calendar/\(match.1).ics"
      let calendar = try await app.get(path, as: .nobody)
      #expect(calendar.status == 200)
      #expect(calendar.body.hasPrefix("BEGIN:VCALENDAR\r\n"))
      #expect(calendar.body.contains("ひまわり窓口"))
      #expect(!calendar.body.contains("03-0000-0000"))
      #expect(
        try await app.get("/calendar/\(String(repeating: "0", count: 64)).ics", as: .nobody).status == 404)
      #expect(try await app.post("/oncall/\(id)/feeds", [("kind", "team")], as: .staff).status == 403)
      let own = try await app.post("/oncall/\(id)/feeds", [("kind", "own")], as: .staff)
      let mine = try #require(own.body.firstMatch(of: #/calendar/([0-9a-f]{64})\.ics/#))
      let personal = try await app.get("/calendar/\(mine.1).ics", as: .nobody)
      #expect(personal.body.contains("staff"))
      #expect(!personal.body.contains("itStaff"))
      let feeds = try await app.scope.read { try $0.calendarFeeds(of: nil) }
      let team = try #require(feeds.first { $0.person == nil })
      #expect(try await app.post("/oncall/feeds/\(team.id)/revocation", [], as: .staff).status == 403)
      #expect(try await app.post("/oncall/feeds/\(team.id)/revocation", []).status == 303)
      #expect(try await app.get(path, as: .nobody).status == 404)
    }
  }

  @Test("呼び出しは始めと終わりと移動で残り、振替休日は働く日より前だけ", arguments: Engine.available)
  func ledger(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota("情報", members: "itStaff")
      let member = RotaMember.person(try await app.personID("itStaff")).text
      func call(_ start: String, _ end: String, travel: String = "20") async throws -> Int {
        try await app.post(
          "/oncall/\(id)/calls",
          [
            ("member", member), ("what", "画像の容量"), ("called", "2026-02-24T02:08"), ("start", start),
            ("end", end),
            ("travel", travel),
          ]
        ).status
      }
      #expect(try await call("2026-02-24T02:10", "2026-02-24T03:40") == 303)
      #expect(try await call("2026-02-24T02:00", "2026-02-24T03:40") == 422)
      #expect(try await call("2026-02-24T02:10", "2026-02-24T11:00") == 422)
      #expect(try await call("2026-02-24T02:10", "2026-02-24T03:40", travel: "91") == 422)
      let page = try await app.get("/oncall/\(id)/ledger")
      #expect(page.body.contains("1時間30分"))
      let checks = try await app.get("/oncall/\(id)/checks")
      #expect(checks.body.contains("休息は 4時間50分 です"))
      #expect(checks.body.contains("始業を 14:40 に遅らせる"))
      let csv = try await app.get("/oncall/\(id)/ledger.csv")
      #expect(csv.body.contains("画像の容量"))
      #expect(try await app.get("/oncall/\(id)/ledger.xlsx").status == 200)
      let person = try await app.personID("itStaff").text
      func rest(_ kind: String, _ worked: String, _ rest: String) async throws -> Int {
        try await app.post(
          "/oncall/\(id)/rests",
          [("restPerson", person), ("restKind", kind), ("workedOn", worked), ("restOn", rest)]
        ).status
      }
      #expect(try await rest("substitute", "2026-02-24", "2026-02-27") == 422)
      #expect(try await rest("substitute", "2026-02-23", "2026-02-27") == 422)
      #expect(try await rest("substitute", "2026-02-28", "") == 422)
      #expect(try await rest("substitute", "2026-02-28", "2026-02-28") == 422)
      #expect(try await rest("substitute", "2026-02-28", "2026-03-02") == 303)
      #expect(try await rest("compensatory", "2026-02-28", "2026-03-03") == 409)
      #expect(try await rest("compensatory", "2026-02-23", "") == 303)
      let open = try await app.scope.read { try $0.restDays(since: S.day("2026-01-01")) }
      let owed = try #require(open.first { $0.kind == .compensatory })
      let path = "/oncall/\(id)/rests/\(owed.id)"
      #expect(try await app.post(path, [("day-\(owed.id)", "2026-02-23")]).status == 422)
      #expect(try await app.post(path, [("day-\(owed.id)", "2026-02-26")]).status == 303)
      #expect(try await app.post("/oncall/\(id)/removal", []).status == 409)
    }
  }

  @Test("呼び出しの記録は、本人と受け持つ人が、前の記録を残したまま直せる", arguments: Engine.available)
  func corrections(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.addRota("情報", members: "staff\nitStaff\ncontributor")
      let person = try await app.personID("staff")
      func fields(_ end: String, why: String? = nil) -> [(String, String)] {
        [
          ("member", RotaMember.person(person).text), ("what", "画像の容量"), ("called", "2026-02-24T02:08"),
          ("start", "2026-02-24T02:10"), ("end", end), ("travel", "20"),
        ] + (why.map { [("why", $0)] } ?? [])
      }
      #expect(try await app.post("/oncall/\(id)/calls", fields("2026-02-24T03:40"), as: .staff).status == 303)
      let span = S.window("2026-02-23 0:00", "2026-02-25 0:00")
      func standing() async throws -> [DutyCall] {
        try await app.scope.read { try $0.dutyCalls(of: id, in: span) }
      }
      let first = try #require(try await standing().first)
      let path = "/oncall/\(id)/calls/\(first.id)"
      // Not by someone else who is in the rota, and not seen by them.
      #expect(try await app.get(path, as: .contributor).status == 404)
      #expect(try await app.post(path, fields("2026-02-24T04:10", why: "?"), as: .contributor).status == 404)
      #expect(try await app.get(path, as: .stranger).status == 404)
      #expect(try await app.get(path, as: .auditor).status == 200)
      #expect(try await app.post(path, fields("2026-02-24T04:10", why: "?"), as: .auditor).status == 403)
      #expect(try await app.post(path, fields("2026-02-24T04:10", why: ""), as: .staff).status == 422)
      #expect(try await app.post(path, fields("2026-02-24T03:40", why: "同じ"), as: .staff).status == 422)
      #expect(try await app.post(path, fields("2026-02-24T01:00", why: "逆"), as: .staff).status == 422)
      #expect(try await app.post(path, fields("2026-02-24T04:10", why: "終わりを間違えた"), as: .staff).status == 303)
      let second = try #require(try await standing().first)
      #expect(try await standing().count == 1)
      #expect(second.work.minutes == 120 && second.corrects == first.id && second.why == "終わりを間違えた")
      // Whoever had the page open before is told, and nothing is written twice.
      #expect(try await app.post(path, fields("2026-02-24T05:00", why: "遅い"), as: .staff).status == 409)
      let now = "/oncall/\(id)/calls/\(second.id)"
      #expect(try await app.post(now, fields("2026-02-24T04:20", why: "本人に聞いた")).status == 303)
      let third = try #require(try await standing().first)
      let page = try await app.get("/oncall/\(id)/calls/\(third.id)", as: .staff)
      #expect(page.body.contains("03:40") && page.body.contains("04:10") && page.body.contains("本人に聞いた"))
      #expect(try await app.get("/oncall/\(id)/ledger").body.contains("2時間10分"))
      #expect(try await app.count("SELECT COUNT(*) FROM oncall_call") == 3)
      #expect(
        try await app.count("SELECT COUNT(*) FROM audit_entry WHERE action = 'oncall.call-correct'") == 2)
      // Who is corrected by another hears of it.
      _ = try await Installation(app.database).deliver(now: app.now)
      let keys = try await app.scope.read { try $0.inbox(of: person) }.map(\.key)
      #expect(keys.filter { $0 == "oncall.callCorrected" }.count == 1)
    }
  }

  @Test("要る資格・役割のない人が入ると、止めずに注意を出す。事業者の窓口は見ない")
  func qualification() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let person = try await app.personID("itStaff")
      try await app.scope.write { tx in
        _ = try tx.housekeeping.run(
          "UPDATE person SET job = '係長(医療情報技師)' WHERE facility_id = \(tx.facility) AND id = \(person)")
      }
      var form = TestApp.rotaForm(
        "情報", members: "itStaff\nmanagement\nひまわり窓口 03-0000-0000", secondary: "staff")
      form.append(("r0-requires", "医療情報技師"))
      let answer = try await app.post("/oncall", form)
      let path = try #require(answer.location, "\(answer.body)")
      let checks = try await app.get("\(path)/checks").body
      #expect(checks.contains("managementさんの職名に「医療情報技師」がありません"))
      for name in ["itStaff", "ひまわり窓口", "staff"] { #expect(!checks.contains("\(name)さんの職名に")) }
      #expect(try await app.get("\(path)/settings").body.contains("value=\"医療情報技師\""))
      // What a duty does to someone is theirs.
      #expect(!(try await app.get("\(path)/checks", as: .staff).body.contains("職名に「")))
      form.append(("r1-requires", String(repeating: "長", count: 41)))
      let refused = try await app.post("/oncall", form.map { $0.0 == "name" ? ("name", "乙") : $0 })
      #expect(refused.status == 422 && refused.body.contains("交代 2 の要る資格"))
    }
  }

  @Test("一つの画面は、当番がいくつあっても決まった数の文で済む")
  func statements() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let id = try await app.addRota("情報", members: "itStaff\nstaff\nmanagement")
      for index in 1...3 { _ = try await app.addRota("別\(index)", members: "itStaff") }
      _ = try await app.get("/oncall/\(id)")
      for (path, most) in [
        ("", 8), ("/checks", 8), ("/print", 8), ("/changes", 8), ("/ledger", 8), ("/feeds", 8),
        ("/settings", 8),
      ] {
        let before = app.database.statementCount
        #expect(try await app.get("/oncall/\(id)\(path)").status == 200)
        let used = app.database.statementCount - before
        #expect(used <= most, "\(path): \(used)")
      }
    }
  }
}
