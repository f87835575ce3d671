import Foundation
import Kernel
import Publishing
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

/// A hospital with a vendor, its contract, two systems, and our list of duties.
private struct Ward {
  let app: TestApp
  let system: Entry.ID
  let other: Entry.ID
  let vendor: Entry.ID
  let contract: Entry.ID

  init(_ app: TestApp) async throws {
    self.app = app
    let scope = app.scope
    vendor = try await Vendors.register.add(
      ["name": "ひまわり情報システム", "contactPerson": "営業2課 森"], .ja, in: scope
    ).id
    _ = try await Vendors.register.add(["name": "みなと通信"], .ja, in: scope)
    contract = try await Contracts.register.add(
      ["number": "K-014", "title": "電子カルテ保守", "vendor": "ひまわり情報システム"], .ja, in: scope
    ).id
    system = try await Systems.register.add(
      ["name": "電子カルテ", "vendor": "ひまわり情報システム", "hosting": "on-premises"], .ja, in: scope
    ).id
    other = try await Systems.register.add(["name": "給食", "hosting": "cloud"], .ja, in: scope).id
    try await Responsibility.addStarters(.ja, in: scope)
  }

  var path: String { "/responsibility/\(system)" }

  func item(_ name: String) async throws -> Responsibility.Item {
    let items = try await app.scope.read { try $0.responsibilityItems() }
    return try #require(items.first { $0.name == name })
  }

  func cell(_ name: String, _ phase: String) async throws -> String {
    "\(path)/cells/\(try await item(name).id)/\(phase)"
  }

  func tally(_ system: Entry.ID) async throws -> Responsibility.Tally {
    try await app.scope.read {
      try Responsibility.Tally($0.recordRows([$0.responsibilityTallyRows(of: system)])[0])
    }
  }
}

private let byVendor = [
  ("vendor", "ひまわり情報システム"), ("contract", "K-014"), ("clause", "5条"), ("version", "0"),
]

@Suite("責任分界の画面")
struct ResponsibilityPagesTests {
  @Test("はじめの項目を入れ、マスを書くと、表と全体の表とシステムの記録に出る", arguments: Engine.available)
  func writing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/responsibility")
      #expect(empty.status == 200 && empty.body.contains("することの一覧がまだありません"))
      let ward = try await Ward(app)
      #expect(try await app.post("/responsibility/items/starters", []).status == 409)

      let before = try await app.get(ward.path)
      #expect(before.status == 200 && before.body.contains("設置のしかたから埋める"))
      let open = try await ward.tally(ward.system)
      #expect(open[.nobody] == open.all && open.all > 40)

      let path = try await ward.cell("更新の適用", "normal")
      let saved = try await app.post(path, byVendor)
      #expect(saved.status == 303)
      let after = try await app.get(ward.path)
      #expect(after.body.contains("K-014 5条") && after.body.contains("契約 K-014 ひまわり情報システム"))
      #expect(after.body.contains("未定の\(open.all - 1)件を事業者に確かめる"))
      #expect(after.body.contains("決まっている 1件 / \(open.all)件"))

      let all = try await app.get("/responsibility")
      #expect(all.body.contains("横に動かすと"))
      #expect(all.body.contains("電子カルテ") && all.body.contains("決まっている 1件 / \(open.all * 2)件"))
      let record = try await app.get("/registers/systems/\(ward.system)")
      #expect(record.body.contains(ward.path) && record.body.contains("未定 \(open.all - 1)件"))
      let history = try await app.get(path)
      #expect(history.body.contains("なし → ひまわり情報システム") && history.body.contains("なし → K-014"))
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("知らない事業者や契約、長すぎる文、日でない日は断り、入れたものは残る")
  func refusals() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let ward = try await Ward(app)
      let path = try await ward.cell("更新の適用", "normal")
      for (fields, field) in [
        ([("vendor", "どこにもない会社")], "vendor"), ([("contract", "K-999")], "contract"),
        ([("clause", String(repeating: "あ", count: 61))], "clause"), ([("checkedOn", "来年")], "checkedOn"),
      ] {
        let answer = try await app.post(path, fields + [("remark", "残る文"), ("version", "0")])
        #expect(answer.status == 422 && answer.body.contains("id=\"\(field)-error\""), "\(field)")
        #expect(answer.body.contains("残る文"))
      }
      #expect(try await ward.tally(ward.system).findings == ward.tally(ward.other).findings)
      #expect(try await app.get("\(ward.path)/cells/\(try await ward.item("更新の適用").id)/later").status == 404)
    }
  }

  @Test("二人が同時に書いたら、先の内容を示して入力を残す", arguments: Engine.available)
  func conflict(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      let path = try await ward.cell("24時間の連絡先", "emergency")
      #expect(try await app.post(path, byVendor, as: .administrator).status == 303)
      // Sent twice, as after an answer that was lost: nothing has to be decided.
      #expect(try await app.post(path, byVendor).status == 303)
      let mine = [("facility", "yes"), ("document", "運用管理規程"), ("version", "0")]
      let late = try await app.post(path, mine)
      #expect(late.status == 409 && late.body.contains("ひまわり情報システム ・ K-014 5条"))
      #expect(late.body.contains("value=\"運用管理規程\""))
      let version = try #require(late.hidden("version"))
      let kept = try await app.post(path, mine.filter { $0.0 != "version" } + [("version", version)])
      #expect(kept.status == 303)
      let page = try await app.get(ward.path)
      #expect(page.body.contains("運用管理規程"))
    }
  }

  @Test("型から埋める前に違いを見せ、書いてある欄は変えず、あいだに書かれたら何も変えない", arguments: Engine.available)
  func preset(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      let own = try await ward.cell("更新の適用", "normal")
      #expect(
        try await app.post(own, [("facility", "yes"), ("document", "運用管理規程"), ("version", "0")]).status == 303
      )
      #expect(try await app.get("\(ward.path)/preset?model=saas&vendor=%E8%AC%8E").status == 422)
      let url = "\(ward.path)/preset?model=saas&vendor=\(urlEncoded("ひまわり情報システム"))"
      let preview = try await app.get(url)
      #expect(preview.status == 200 && preview.body.contains("受け持つ人がもう書いてある1件は、変えません"))
      let changes = hiddenChanges(preview)
      let open = try await ward.tally(ward.system)[.nobody]
      #expect(changes.count == open)

      // Someone writes one of them in the meantime.
      let taken = try await ward.cell("再委託先の管理", "end")
      #expect(try await app.post(taken, byVendor).status == 303)
      #expect(try await app.post("\(ward.path)/changes", changes).status == 409)
      #expect(try await ward.tally(ward.system)[.nobody] == open - 1)

      let again = hiddenChanges(try await app.get(url))
      #expect(again.count == open - 1)
      #expect(try await app.post("\(ward.path)/changes", again).status == 303)
      let tally = try await ward.tally(ward.system)
      #expect((tally[.nobody], tally[.decided], tally[.unwritten]) == (0, 2, open - 1))
      let page = try await app.get(ward.path)
      #expect(page.body.contains("運用管理規程"))
      #expect(try await app.post("\(ward.path)/changes", []).status == 422)
    }
  }

  @Test("ほかのシステムから写せる。作った変更を書き換えて送っても、ない事業者は断る", arguments: Engine.available)
  func copying(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      #expect(try await app.get("/responsibility/\(ward.other)/copy").body.contains("写せるシステムがありません"))
      #expect(try await app.post(try await ward.cell("証拠の保全", "normal"), byVendor).status == 303)
      let preview = try await app.get("/responsibility/\(ward.other)/copy?from=\(ward.system)")
      let changes = hiddenChanges(preview)
      #expect(changes.count == 1 && preview.body.contains("K-014 5条"))
      let forged = changes.map {
        ($0.0, $0.1.replacing(ward.vendor.text, with: "00000000-0000-7000-8000-000000000000"))
      }
      #expect(try await app.post("/responsibility/\(ward.other)/changes", forged).status == 422)
      #expect(try await app.post("/responsibility/\(ward.other)/changes", changes).status == 303)
      let page = try await app.get("/responsibility/\(ward.other)")
      #expect(page.body.contains("K-014 5条"))
    }
  }

  @Test("時期ごとにまとめて書くと、変えた行だけが次の画面に出る", arguments: Engine.available)
  func bulk(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      let form = try await app.get("\(ward.path)/changes?phase=emergency")
      #expect(form.status == 200 && form.body.contains("非常時"))
      let (first, second) = (try await ward.item("更新の適用"), try await ward.item("証拠の保全"))
      let rows = [
        ("place", "\(first.id)/emergency"), ("version", "0"), ("bearer", "both:\(ward.vendor)"),
        ("source", "K-014"), ("clause", "12条"), ("remark", ""), ("place", "\(second.id)/emergency"),
        ("version", "0"), ("bearer", "nobody"), ("source", ""), ("clause", ""), ("remark", ""),
      ]
      let preview = try await app.post("\(ward.path)/changes/preview", rows)
      #expect(preview.status == 200 && preview.body.contains("1件の変更を保存する"))
      #expect(preview.body.contains("当院、ひまわり情報システム ・ K-014 12条"))
      #expect(try await app.post("\(ward.path)/changes", hiddenChanges(preview)).status == 303)
      #expect(try await ward.tally(ward.system)[.decided] == 1)
      #expect(try await app.post("\(ward.path)/changes/preview", Array(rows.dropLast())).status == 422)
      #expect(try await app.get("\(ward.path)/changes?item=\(first.id)").status == 200)
      #expect(try await app.get("\(ward.path)/changes?phase=later").status == 404)
    }
  }

  @Test("事業者あての手紙には、その名前と担当者と、確かめることが出る")
  func letter() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let ward = try await Ward(app)
      let unwritten = try await ward.cell("24時間の連絡先", "emergency")
      #expect(
        try await app.post(
          unwritten, [("vendor", "みなと通信"), ("remark", "口頭で聞いた番号"), ("version", "0")]
        ).status == 303)
      let page = try await app.get("\(ward.path)/questions")
      #expect(page.status == 200 && page.body.contains("ひまわり情報システム 御中"))
      #expect(page.body.contains("ご担当 営業2課 森 様") && page.body.contains("口頭で聞いた番号"))
      let open = try await ward.tally(ward.system).findings
      #expect(page.body.contains("次の\(open)件"))
      #expect(page.body.contains("みなと通信あて"))
      let none = try await app.get("/responsibility/\(ward.other)/questions")
      #expect(none.status == 200 && none.body.contains("主な事業者を書く"))
    }
  }

  @Test("書き出したExcelを読みもどすと何も変わらず、書き足した行だけが変わる", arguments: Engine.available)
  func identity(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      for (name, phase) in [("更新の適用", "normal"), ("証拠の保全", "end")] {
        #expect(try await app.post(try await ward.cell(name, phase), byVendor).status == 303)
      }
      let file = try await app.get("/responsibility/export.xlsx")
      let plan = try await Responsibility.plan(file.bytes, named: "a.xlsx", .ja, in: app.scope)
      #expect(plan.changes.isEmpty && plan.refused.isEmpty)
      #expect(plan.rows.count == (try await ward.tally(ward.system).all) * 2)

      let csv = """
        システム,すること,時期,当院,事業者,ほかの文書,条
        電子カルテ,時計合わせ,平常時,受け持つ,,運用管理規程,3条
        電子カルテ,時計合わせ,平常時,受け持つ,,運用管理規程,4条
        電子カルテ,ないこと,平常時,受け持つ,,,
        ないシステム,時計合わせ,平常時,受け持つ,,,
        給食,時計合わせ,いつか,受け持つ,,,
        """
      let preview = try await app.upload(
        "/responsibility/import", field: "file", name: "b.csv", bytes: Array(csv.utf8))
      #expect(preview.status == 200 && preview.body.contains("変わるものは1件、取り込めない行は4行"))
      let fields = [
        ("upload", try #require(preview.hidden("upload"))), ("stamp", try #require(preview.hidden("stamp"))),
      ]
      #expect(try await app.post("/responsibility/import/apply", fields).status == 303)
      #expect(try await app.get(ward.path).body.contains("運用管理規程 3条"))
      #expect(try await app.post("/responsibility/import/apply", fields).status == 404)
      let wrong = try await app.upload(
        "/responsibility/import", field: "file", name: "c.csv", bytes: Array("名前,電話\nあ,1\n".utf8))
      #expect(wrong.status == 422)
    }
  }

  @Test("責任分界に名前のある事業者・契約・システムは台帳から外せない", arguments: Engine.available)
  func named(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      // The other vendor is named by nothing but the table.
      let path = try await ward.cell("VPN装置の更新", "end")
      #expect(try await app.post(path, [("vendor", "みなと通信"), ("version", "0")]).status == 303)
      let vendors = try await app.scope.read { try $0.entries(Vendors.register).map(\.entry) }
      let carrier = try #require(vendors.first { $0.text("name") == "みなと通信" })
      let refused = try await app.post("/registers/vendors/\(carrier.id)/removal", [("version", "1")])
      #expect(refused.status == 409)
      #expect(
        try await app.post("/registers/systems/\(ward.system)/removal", [("version", "1")]).status == 409)
      #expect(
        try await app.post("/registers/systems/\(ward.other)/removal", [("version", "1")]).status == 303)
    }
  }

  @Test("項目を加え、順を変え、使わないことにできる", arguments: Engine.available)
  func items(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      let all = try await ward.tally(ward.system).all
      let fields = [("name", "印刷機の管理"), ("phase", "normal"), ("layer", "facility"), ("position", "5")]
      #expect(try await app.post("/responsibility/items", fields).status == 303)
      #expect(try await ward.tally(ward.system).all == all + 1)
      let items = try await app.scope.read { try $0.responsibilityItems() }
      #expect(items.first?.name == "印刷機の管理")
      let path = "/responsibility/items/\(try #require(items.first).id)"
      #expect(try await app.post("/responsibility/items", [("name", "")]).status == 422)
      #expect(try await app.post(path, [("name", "印刷機"), ("version", "1")]).status == 422)
      #expect(try await app.post(path, fields + [("retired", "yes"), ("version", "1")]).status == 303)
      #expect(try await ward.tally(ward.system).all == all)
      let late = try await app.post(path, fields + [("version", "1")])
      #expect(late.status == 409)
      #expect(try await app.get("/responsibility/items").body.contains("印刷機の管理"))
    }
  }

  @Test("院内の役割分担は、決める人がいない仕事を示す", arguments: Engine.available)
  func raci(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = "/responsibility/raci"
      #expect(try await app.get(path).body.contains("見本の表を入れる"))
      #expect(try await app.post("\(path)/starters", []).status == 303)
      #expect(try await app.post("\(path)/starters", []).status == 409)
      let table = try await app.scope.read { try $0.raci() }
      #expect(table.findings == 0)
      let activity = try #require(table.activities.first)
      let director = try #require(table.parties.first)
      let fields = [("name", activity.name), ("party-\(director.id)", "R"), ("version", "1")]
      #expect(try await app.post("\(path)/\(activity.id)", fields).status == 303)
      let page = try await app.get(path)
      #expect(page.body.contains("決める人がいない 1件"))
      #expect(try await app.post("\(path)/\(activity.id)", fields).status == 409)
      let new = [("name", "予算を決める"), ("party-\(director.id)", "AR")]
      #expect(try await app.post(path, new).status == 303)
      #expect(try await app.post(path, [("name", "")]).status == 422)

      let person = try await People.add(name: "院長 海野", department: "", role: .management, in: app.scope)
      let party = [("name", "院長"), ("person", person.id.text), ("version", "1")]
      #expect(try await app.post("\(path)/parties/\(director.id)", party).status == 303)
      #expect(try await app.get(path).body.contains("院長 海野"))
      #expect(try await app.post("\(path)/parties/\(director.id)", party).status == 409)
      let removal = [("version", "2")]
      #expect(try await app.post("\(path)/parties/\(director.id)/removal", removal).status == 303)
      let after = try await app.scope.read { try $0.raci() }
      #expect(after.parties.count == table.parties.count - 1 && after.findings > 0)
      #expect(try await app.post("\(path)/\(activity.id)/removal", removal).status == 303)
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("見るだけの人は書けず、役割のない人と他院の人には開かない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      let cell = try await ward.cell("更新の適用", "normal")
      for path in ["/responsibility", ward.path, "\(ward.path)/questions", "/responsibility/raci"] {
        #expect(try await app.get(path, as: .auditor).status == 200, "\(path)")
        #expect(try await app.get(path, as: .staff).status == 403, "\(path)")
        #expect(try await app.get(path, as: .nobody).status == 303, "\(path)")
      }
      for path in [cell, "\(ward.path)/preset", "\(ward.path)/copy", "/responsibility/items"] {
        #expect(try await app.get(path, as: .auditor).status == 403, "\(path)")
      }
      #expect(try await app.post(cell, byVendor, as: .auditor).status == 403)
      #expect(try await app.post(cell, byVendor, as: .stranger).status == 404)
      for path in [ward.path, cell, "\(ward.path)/questions", "\(ward.path)/sheet.pdf"] {
        #expect(try await app.get(path, as: .stranger).status == 404, "\(path)")
      }
      #expect(try await !app.get("/responsibility", as: .stranger).body.contains("電子カルテ"))
    }
  }

  @Test("何件あっても決まった数の問い合わせで出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let ward = try await Ward(app)
      let cell = try await ward.cell("更新の適用", "normal")
      #expect(try await app.post(cell, byVendor).status == 303)
      #expect(try await app.post("/responsibility/raci/starters", []).status == 303)
      let paths = [
        "/responsibility", "/responsibility?finding=nobody&vendor=\(ward.vendor)", ward.path, cell,
        "\(ward.path)/questions", "\(ward.path)/preset", "\(ward.path)/copy?from=\(ward.other)",
        "\(ward.path)/changes?phase=normal", "/responsibility/items", "/responsibility/raci",
        "/responsibility/raci/parties/new", "/registers/systems/\(ward.system)",
      ]
      var counts: [String: Int] = [:]
      for path in paths {
        let before = app.database.statementCount
        #expect(try await app.get(path).status == 200)
        counts[path] = app.database.statementCount - before
      }
      for (path, count) in counts { #expect(count <= 8, "\(path) took \(count)") }
      for index in 0..<30 {
        _ = try await Systems.register.add(["name": "システム\(index)"], .ja, in: app.scope)
        _ = try await Vendors.register.add(["name": "事業者\(index)"], .ja, in: app.scope)
        try await Responsibility.addItem(named: "作業\(index)", in: app.scope)
      }
      let items = try await app.scope.read { try $0.responsibilityItems() }
      for item in items {
        let raw = ["facility": "yes", "vendor": "事業者\(items.count % 30)", "document": "規程"]
        try await Responsibility.save(
          raw, at: .init(item: item.id, phase: .end), of: ward.system, version: 0, .ja, in: app.scope)
      }
      for (path, count) in counts {
        let before = app.database.statementCount
        #expect(try await app.get(path).status == 200)
        #expect(app.database.statementCount - before == count, "\(path)")
      }
    }
  }

  /// The changes that a preview would send.
  private func hiddenChanges(_ page: TestApp.Answer) -> [(String, String)] {
    page.body.matches(of: #/name="change" value="([^"]+)"/#).map {
      ("change", String($0.1).replacing("&quot;", with: "\""))
    }
  }
}
