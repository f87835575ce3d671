import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("診療所の歩みを画面から")
struct ClinicTests {
  private static let ask = "/clinic/questions/protection"

  private static func vendor(_ app: TestApp, _ name: String, _ more: [String: String] = [:]) async throws
    -> Entry
  {
    try await Vendors.register.add(more.merging(["name": name]) { _, new in new }, .ja, in: app.scope)
  }

  private static func progress(_ app: TestApp) async throws -> ClinicProgress {
    try await Clinic.progress(in: app.scope)
  }

  // MARK: From start to end

  /// What a director types for a question that goes into a register.
  private static let typed: [String: [(String, String)]] = [
    "vendors": [("name", "あおば電子カルテ"), ("kind", "ehr"), ("phone", "00-0000-0001")],
    "systems": [("name", "電子カルテ"), ("vendor", "あおば電子カルテ"), ("hosting", "cloud")],
    "pattern": [("hosting", "cloud"), ("readerPattern", "IV")],
    "devices": [("name", "受付のパソコン"), ("kind", "pc"), ("place", "受付"), ("vendor", "あおば電子カルテ")],
    "updates": [("updatedBy", "vendor"), ("updateClause", "保守契約 第3条")],
    "connections": [("name", "保守の口"), ("kind", "vpn"), ("vendor", "あおば電子カルテ"), ("updatedBy", "vendor")],
    "contracts": [("title", "電子カルテの保守"), ("vendor", "あおば電子カルテ"), ("kind", "maintenance")],
    "night-numbers": [("phone", "00-0000-0001"), ("nightPhone", "00-0000-0002")],
    "security-terms": [("patching", "vendor"), ("vulnerabilityNotice", "yes")],
    "emergency-terms": [("allHoursContact", "yes"), ("evidencePreservation", "yes")],
    "contract-end": [("dataReturn", "yes"), ("dataErasure", "yes"), ("erasureProof", "yes")],
    "entrusted": [("task", "カルテの保管"), ("vendor", "あおば電子カルテ"), ("checkedOn", "2026-02-01")],
    "others": [("name", "県の医師会"), ("phoneDay", "00-0000-0003")],
    "plan": [("title", "止まったときの計画"), ("approvedOn", "2026-02-01")],
    "paper": [("alternative", "紙のカルテに書き、あとで院長が打ち込む"), ("recoveryPriority", "1")],
  ]

  private static func fields(_ question: ClinicQuestion) -> [[(String, String)]] {
    switch question.id {
    case "authorities":
      return [("県の担当課", "prefecture"), ("県警察", "police")].map {
        [("name", $0.0), ("kind", $0.1), ("phoneDay", "00-0000-0009")]
      }
    default:
      if case .document = question.form {
        return [[("title", question.words(.ja).name), ("approvedOn", "2026-02-01")]]
      }
      return [typed[question.id] ?? []]
    }
  }

  /// Answers the question that `/clinic` leads to.
  private static func answer(_ app: TestApp, _ question: ClinicQuestion) async throws {
    let path = "/clinic/questions/\(question.id)"
    switch question.form {
    case .ask: break
    case .add, .document:
      for fields in fields(question) {
        let added = try await app.post("\(path)/entries", fields)
        try #require(added.status == 303, "\(question.id) \(added.body.contains("role=\"alert\""))")
      }
    case .fill:
      let page = try await app.get(path)
      let start = try #require(page.body.range(of: "action=\"\(path)/entries/"))
      let id = String(page.body[start.upperBound...].prefix { $0 != "\"" })
      let version = try #require(page.hidden("version"))
      let saved = try await app.post(
        "\(path)/entries/\(id)", (typed[question.id] ?? []) + [("version", version)])
      try #require(saved.status == 303, "\(question.id)")
    case .role(let kinds):
      for kind in kinds {
        let saved = try await app.post(
          "\(path)/roles/\(kind.kind)", [("person", "佐藤"), ("deputy", "鈴木"), ("version", "0")])
        try #require(saved.status == 303, "\(question.id)")
      }
    }
    guard question.takesYes else { return }
    let version = try await progress(app).answers[question.id]?.version ?? 0
    let yes = try await app.post("\(path)/answer", [("value", "yes"), ("version", "\(version)")])
    try #require(yes.status == 303, "\(question.id)")
  }

  @Test("一問目から最後まで答えると、すべてが片付き、決めたことは台帳にある", arguments: Engine.available)
  func startToEnd(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      var seen: [String] = []
      while let question = try await Self.progress(app).next, !seen.contains(question.id) {
        let start = try await app.get("/clinic")
        try #require(start.body.contains("data-kind=\"primary\" href=\"/clinic/questions/\(question.id)"))
        #expect(try await app.get("/clinic/questions/\(question.id)").status == 200)
        seen.append(question.id)
        try await Self.answer(app, question)
      }
      let end = try await Self.progress(app)
      #expect(end.open.map(\.id) == [] && end.settled == 58 && seen == ClinicGuide.shared.questions.map(\.id))
      let page = try await app.get("/clinic")
      #expect(page.body.contains("すべての質問に答えました。") && page.body.contains("58問のうち58問が片付きました。"))
      #expect(page.body.contains("はじめの3つが「はい」です。"))
      for (path, words) in [
        ("/registers/devices", "受付のパソコン"), ("/registers/roles", "医療情報システム安全管理責任者"),
        ("/registers/people", "佐藤"), ("/registers/contacts", "県警察"), ("/registers/contracts", "電子カルテの保守"),
        ("/registers/documents", "情報を守る方針"), ("/emergency", "00-0000-0002"),
      ] {
        let register = try await app.get(path)
        #expect(register.body.contains(words), "\(path)")
      }
      let contracts = try await RegisterExchange.list(Contracts.register, in: app.scope)
      #expect(contracts.map(\.key) == ["K-1"])
      let actions = try await app.scope.read { try $0.recentEntries(limit: 300) }.map(\.action)
      #expect(actions.contains("clinic.answer") && actions.contains("register.add"))
    }
  }

  // MARK: Saving

  @Test("選ぶだけで保存され、途中で離れても、次に開くのは答えていない質問", arguments: Engine.available)
  func saving(engine: Engine) async throws {
    struct Saved: Decodable { let version: Int }
    try await TestApp.run(on: engine) { app in
      let path = "/clinic/questions/part-time/answer"
      let first = try await app.post(path, [("value", "yes"), ("version", "0")], accept: "application/json")
      #expect(try JSONDecoder().decode(Saved.self, from: Data(first.bytes)).version == 1)
      #expect(try await app.get("/clinic").body.contains("href=\"/clinic/questions/director\">続きから答える"))
      // The button behind the autosave: the same again is no conflict, and leads on.
      let again = try await app.post(path, [("value", "yes"), ("version", "1")])
      #expect(again.status == 303 && again.location == "/clinic/questions/director")
      let empty = try await app.post(path, [("version", "1")])
      #expect(empty.status == 422 && empty.body.contains("答えが選ばれていません。"))
    }
  }

  @Test("二人が同じ質問に答えると、後の人に知らせ、入力を残す", arguments: Engine.available)
  func stale(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "\(Self.ask)/answer"
      _ = try await app.post(path, [("value", "yes"), ("note", "先の人"), ("version", "0")])
      let late: [(String, String)] = [
        ("value", "not-yet"), ("target", "2026-03-31"), ("note", "後の人"), ("version", "0"),
      ]
      let json = try await app.post(path, late, as: .administrator, accept: "application/json")
      #expect(json.status == 409)
      let page = try await app.post(path, late, as: .administrator)
      #expect(page.status == 409 && page.body.contains("別の人が先に保存しました。") && page.body.contains("後の人"))
      #expect(try await Self.progress(app).answers["protection"]?.note == "先の人")
      let kept = try await app.post(
        path, Array(late.dropLast()) + [("version", try #require(page.hidden("version")))], as: .administrator
      )
      #expect(kept.status == 303)
      #expect(try await Self.progress(app).answers["protection"]?.note == "後の人")
    }
  }

  @Test("台帳の一件も、先に直した人の分を消さない", arguments: Engine.available)
  func staleEntry(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let entry = try await Self.vendor(app, "あおば電子カルテ", ["phone": "00-0000-0001"])
      try await Vendors.register.change(entry.id, ["nightPhone": "090"], version: 1, .ja, in: app.scope)
      let path = "/clinic/questions/night-numbers/entries/\(entry.id)"
      let late = try await app.post(path, [("phone", "1"), ("nightPhone", "2"), ("version", "1")])
      #expect(late.status == 409 && late.body.contains("別の人が先に保存しました。"))
      let role = "/clinic/questions/director/roles/management"
      _ = try await app.post(role, [("person", "佐藤"), ("deputy", "鈴木"), ("version", "0")])
      let other = try await app.post(role, [("person", "別の人"), ("deputy", "鈴木"), ("version", "0")])
      #expect(other.status == 409)
      let same = try await app.post(role, [("person", "佐藤"), ("deputy", "佐藤"), ("version", "1")])
      #expect(same.status == 422 && same.body.contains("別にしてください。"))
    }
  }

  // MARK: Registers answer

  @Test("台帳に書いてあれば質問は済みになり、外すとまた開く", arguments: Engine.available)
  func registers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Roles.appoint(
        "management", named: "院長", ["person": "佐藤", "deputy": "鈴木"], version: 0, .ja, in: app.scope)
      let done = try await Self.progress(app)
      #expect(done.states["director"] == .done(byRegister: true) && done.answers.isEmpty)
      let holder = try await app.scope.read { try Roles.holder("management", $0) }
      let role = try #require(holder).role
      try await Roles.register.change(role.id, ["deputy": ""], version: role.version, .ja, in: app.scope)
      #expect(try await Self.progress(app).states["director"] == .open)
    }
  }

  @Test("「いいえ」の契約が残っても次の契約へ進み、同じ所で止まらない", arguments: Engine.available)
  func filling(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let vendor = try await Self.vendor(app, "あおば電子カルテ")
      var ids: [Entry.ID] = []
      for number in ["K-1", "K-2"] {
        let entry = try await Contracts.register.add(
          ["number": number, "title": number, "vendor": vendor.id.text], .ja, in: app.scope)
        ids.append(entry.id)
      }
      let path = "/clinic/questions/contract-end"
      let no: [(String, String)] = [
        ("dataReturn", "no"), ("dataErasure", "no"), ("erasureProof", ""), ("version", "1"),
      ]
      let first = try await app.post("\(path)/entries/\(ids[0])", no)
      #expect(first.location == "\(path)?entry=\(ids[1])")
      let second = try await app.post("\(path)/entries/\(ids[1])", no)
      #expect(second.status == 303 && second.location?.hasPrefix(path) == false)
      #expect(try await Self.progress(app).states["contract-end"] == .open)
    }
  }

  // MARK: Letters

  @Test("わからないことが、正しい名前の手紙になり、答えが質問に返る", arguments: Engine.available)
  func letters(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let aoba = try await Self.vendor(app, "あおば電子カルテ", ["contactPerson": "山田", "kind": "ehr"])
      let minato = try await Self.vendor(app, "港ネットワーク", ["kind": "network"])
      try await Roles.appoint(
        "management", named: "院長", ["person": "佐藤 花子", "deputy": "鈴木"], version: 0, .ja, in: app.scope)
      for id in ["protection", "readable"] {
        let asked = try await app.post(
          "/clinic/questions/\(id)/answer",
          [("value", "unknown"), ("vendor", aoba.id.text), ("version", "0")])
        #expect(asked.status == 303)
      }
      let letter = try await app.get("/clinic/letters/\(aoba.id)")
      for words in [
        "あおば電子カルテ 御中", "山田 様", "みなと総合病院", "院長 佐藤 花子", "令和8年2月24日", "令和8年3月10日までに",
        "<th scope=\"row\">1</th><td><strong>会社がしている対策", "<th scope=\"row\">2</th><td><strong>すぐ読めること",
      ] { #expect(letter.body.contains(words), "\(words)") }
      #expect(!letter.body.contains("港ネットワーク"))
      #expect(try await app.get("/clinic/letters/\(minato.id)").body.contains("いま聞くことはありません。"))
      #expect(try await app.post("/clinic/letters/\(minato.id)/handover", []).status == 409)
      #expect(try await app.post("/clinic/letters/\(aoba.id)/handover", []).status == 303)
      let list = try await app.get("/clinic/letters")
      #expect(list.body.contains("渡した日") && list.body.contains("2月24日") && list.body.contains("3月10日"))
      let replies = "/clinic/letters/\(aoba.id)/replies"
      let none = try await app.post("\(replies)/protection", [("text", "打った文"), ("version", "2")])
      #expect(none.status == 422 && none.body.contains("打った文"))
      let yes: [(String, String)] = [("reply", "yes"), ("text", "第5条<b>"), ("version", "2")]
      #expect(try await app.post("\(replies)/protection", yes).status == 303)
      #expect(try await app.post("\(replies)/protection", yes).status == 409)
      #expect(try await app.post("\(replies)/readable", [("reply", "no"), ("version", "2")]).status == 303)
      let progress = try await Self.progress(app)
      #expect(progress.states["protection"] == .done(byRegister: false))
      #expect(progress.states["readable"] == .notYet(try #require(Day(2026, 3, 24))))
      let page = try await app.get(Self.ask)
      #expect(page.body.contains("あおば電子カルテの答えは「はい」です。") && page.body.contains("第5条&lt;b&gt;"))
      #expect(try await app.get("/clinic/letters/\(aoba.id)").body.contains("いま聞くことはありません。"))
      let actions = try await app.scope.read { try $0.recentEntries(limit: 50) }.map(\.action)
      #expect(
        ["clinic.prepare", "clinic.hand-over", "clinic.reply", "clinic.answer"].allSatisfy(actions.contains))
    }
  }

  @Test("すべての会社に聞けば一社に一通ずつでき、答えが変われば渡していない手紙から外れる", arguments: Engine.available)
  func everyVendor(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "/clinic/questions/renewal/answer"
      // Without a company in the register nothing is asked, but the answer is kept.
      #expect(try await app.post(path, [("value", "unknown"), ("version", "0")]).status == 303)
      let one = try await Self.vendor(app, "あおば電子カルテ")
      _ = try await Self.vendor(app, "港ネットワーク")
      let nobody = try await app.post(path, [("value", "unknown"), ("version", "1")])
      #expect(nobody.status == 422 && nobody.body.contains("聞く会社が選ばれていません。"))
      #expect(
        try await app.post(path, [("value", "unknown"), ("vendor", "all"), ("version", "1")]).status == 303)
      #expect(try await Self.progress(app).inquiries.map(\.vendorName) == ["あおば電子カルテ", "港ネットワーク"])
      #expect(try await app.post("/clinic/letters/\(one.id)/handover", []).status == 303)
      #expect(try await app.post(path, [("value", "yes"), ("version", "1")]).status == 303)
      #expect(try await Self.progress(app).inquiries.map(\.vendorName) == ["あおば電子カルテ"])
      // What has been asked keeps the company in its register.
      let refused = try await app.post("/registers/vendors/\(one.id)/removal", [("version", "1")])
      #expect(refused.status == 409)
    }
  }

  // MARK: The first page

  @Test("「まだ」と手紙は日が来るとつとめに数えられ、台帳に書けば消える", arguments: Engine.available)
  func duties(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      func due() async throws -> Int { try await app.scope.read { try $0.dueNumber(on: app.now.day) } }
      let aoba = try await Self.vendor(app, "あおば電子カルテ")
      _ = try await app.post(
        "/clinic/questions/policy/answer", [("value", "not-yet"), ("target", "2026-02-24"), ("version", "0")])
      _ = try await app.post(
        "\(Self.ask)/answer", [("value", "unknown"), ("vendor", aoba.id.text), ("version", "0")])
      #expect(try await due() == 1)
      let home = try await app.get("/")
      #expect(
        home.body.contains("href=\"/clinic/questions/policy\">情報を守る方針")
          && home.body.contains("会社への手紙を刷って渡します。"))
      #expect(home.body.contains("href=\"/clinic/letters/\(aoba.id)\""))
      let paper: [(String, String)] = [("title", "当院の方針"), ("approvedOn", "2026-02-24")]
      #expect(try await app.post("/clinic/questions/policy/entries", paper).status == 303)
      #expect(try await due() == 0)
      app.now = Instant(milliseconds: Instant.test.milliseconds + 7 * 86_400_000)
      // Nobody stays signed in for a week.
      app.forgetCookie(of: .itStaff)
      #expect(try await due() == 1)
      #expect(try await app.post("/clinic/letters/\(aoba.id)/handover", []).status == 303)
      #expect(try await due() == 0)
      app.now = Instant(milliseconds: app.now.milliseconds + 14 * 86_400_000)
      app.forgetCookie(of: .itStaff)
      #expect(try await due() == 1)
      #expect(try await app.get("/").body.contains("手紙の答えが来ているかを確かめます。"))
    }
  }

  // MARK: Who may

  @Test("見るだけの人は直せず、職員には開かず、ほかの施設の人には見えない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let aoba = try await Self.vendor(app, "あおば電子カルテ")
      _ = try await app.post(
        "\(Self.ask)/answer",
        [("value", "unknown"), ("vendor", aoba.id.text), ("note", "内緒の書き置き"), ("version", "0")])
      for who in [TestApp.Who.management, .auditor, .contributor] {
        let page = try await app.get(Self.ask, as: who)
        #expect(page.status == 200 && page.body.contains("内緒の書き置き") && !page.body.contains("<form class"))
        #expect(
          try await app.post("\(Self.ask)/answer", [("value", "yes"), ("version", "1")], as: who).status
            == 403)
        #expect(try await app.post("/clinic/letters/\(aoba.id)/handover", [], as: who).status == 403)
        #expect(
          try await app.post("/clinic/questions/vendors/entries", [("name", "x")], as: who).status == 403)
        #expect(try await app.post("/clinic/questions/policy/document", [], as: who).status == 403)
        #expect(
          try await app.post("/clinic/questions/director/roles/management", [("person", "x")], as: who).status
            == 403)
      }
      for path in ["/clinic", Self.ask, "/clinic/letters", "/clinic/parts/start"] {
        #expect(try await app.get(path, as: .staff).status == 403)
        #expect(try await app.get(path, as: .nobody).status == 303)
      }
      let theirs = try await app.get(Self.ask, as: .stranger)
      #expect(theirs.status == 200 && !theirs.body.contains("内緒の書き置き") && !theirs.body.contains("あおば電子カルテ"))
      #expect(try await app.get("/clinic/letters/\(aoba.id)", as: .stranger).status == 404)
      #expect(try await app.post("/clinic/letters/\(aoba.id)/handover", [], as: .stranger).status == 409)
      let reply: [(String, String)] = [("reply", "yes"), ("version", "1")]
      #expect(
        try await app.post("/clinic/letters/\(aoba.id)/replies/protection", reply, as: .stranger).status
          == 404)
      #expect(try await app.get("/clinic/questions/nowhere").status == 404)
      #expect(try await app.get("/clinic/parts/nowhere").status == 404)
    }
  }

  /// The hospital of the tests, with so few beds that the path is for it.
  private static func becomeClinic(_ app: TestApp) async throws {
    let particulars: [(String, String)] = [
      ("kind", "clinic"), ("name", "さくら診療所"), ("beds", "19"), ("prefecture", ""), ("version", "1"),
    ]
    #expect(try await app.post("/facility/particulars", particulars, as: .administrator).status == 303)
  }

  @Test("診療所のメニューにだけ出て、病院では住所で開く", arguments: Engine.available)
  func menu(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let hospital = try await app.get("/")
      #expect(!hospital.body.contains("href=\"/clinic\""))
      #expect(try await app.get("/clinic").status == 200)
      try await Self.becomeClinic(app)
      #expect(try await app.get("/").body.contains("href=\"/clinic\">今週の10分"))
      #expect(try await app.get("/", as: .staff).body.contains("href=\"/clinic\"") == false)
    }
  }

  @Test("台帳に何があっても、決まった数の問い合わせで出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let aoba = try await Self.vendor(app, "あおば電子カルテ", ["phone": "1"])
      try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      _ = try await app.post(
        "\(Self.ask)/answer", [("value", "unknown"), ("vendor", aoba.id.text), ("version", "0")])
      let paths =
        [
          "/clinic", "/clinic/parts/start", "/clinic/letters", "/clinic/letters/\(aoba.id)",
          "/clinic/letters/\(aoba.id)/replies",
        ]
        + ClinicGuide.shared.questions.map { "/clinic/questions/\($0.id)" }
      var counts: [String: Int] = [:]
      for path in paths {
        _ = try await app.get(path)
        let before = app.database.statementCount
        #expect(try await app.get(path).status == 200)
        counts[path] = app.database.statementCount - before
      }
      for (path, count) in counts { #expect(count <= 8, "\(path) took \(count)") }
      for index in 0..<60 {
        _ = try await Self.vendor(app, "事業者\(index)", ["phone": "1"])
        try await Systems.register.add(["name": "システム\(index)"], .ja, in: app.scope)
      }
      _ = try await app.post(
        "/clinic/questions/renewal/answer", [("value", "unknown"), ("vendor", "all"), ("version", "0")])
      for (path, count) in counts {
        let before = app.database.statementCount
        _ = try await app.get(path)
        #expect(app.database.statementCount - before == count, "\(path)")
      }
    }
  }
}

extension ReadTx {
  /// How much the path asks for by a day.
  fileprivate func dueNumber(on day: Day) throws -> Int {
    try duties([Clinic.duties], on: day, until: day, limit: 100).count
  }
}
