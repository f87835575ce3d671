import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

/// Adds an entry and gives the path of its record.
private func added(
  _ app: TestApp, _ register: String, _ fields: [(String, String)], as who: TestApp.Who = .itStaff
) async throws -> String {
  let answer = try await app.post("/registers/\(register)", fields, as: who)
  #expect(answer.status == 303)
  let location = try #require(answer.location)
  return String(location.prefix { $0 != "?" })
}

private let vpn = [
  ("number", "VPN-01"), ("name", "保守用VPN装置"), ("kind", "network"), ("status", "in-use"), ("place", "サーバ室"),
]

@Suite("台帳の画面")
struct RegisterPagesTests {
  @Test("加えたものが一覧と記録に出て、記録が一件残る", arguments: Engine.available)
  func adding(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/registers/devices")
      #expect(empty.status == 200 && empty.body.contains("class=\"empty\""))
      let path = try await added(app, "devices", vpn)
      let list = try await app.get("/registers/devices")
      #expect(list.body.contains("保守用VPN装置") && list.body.contains("1台"))
      let record = try await app.get(path)
      #expect(record.status == 200 && record.body.contains("VPN-01") && record.body.contains("サーバ室"))
      let id = try #require(path.split(separator: "/").last)
      let entries = try await app.scope.read { try $0.history(of: "devices:\(id)") }
      #expect(entries.map(\.action) == ["register.add"])
    }
  }

  @Test("全角・小文字・かなの違いを越え、二文字の言葉でも見つかる", arguments: Engine.available)
  func search(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await added(app, "devices", vpn)
      _ = try await added(
        app, "devices", [("number", "PC-1"), ("name", "ﾃﾞｽｸﾄｯﾌﾟ"), ("kind", "pc"), ("status", "in-use")])
      for (words, isFound) in [
        ("ｖｐｎ", true), ("保守", true), ("サーバ室 VPN", true), ("保守 病棟", false), ("装置%", false),
      ] {
        let page = try await app.get("/registers/devices?q=\(urlEncoded(words))")
        #expect(
          page.body.contains("/registers/devices/") && page.body.contains("保守用VPN装置") == isFound, "\(words)")
      }
      let kana = try await app.get("/registers/devices?q=\(urlEncoded("ですくとっぷ"))")
      #expect(kana.body.contains("PC-1") && !kana.body.contains("VPN-01"))
    }
  }

  @Test("同じ番号は断り、打ったものは残る", arguments: Engine.available)
  func taken(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await added(app, "devices", vpn)
      let again = try await app.post(
        "/registers/devices",
        [("number", "ｖｐｎ-01"), ("name", "別の装置"), ("kind", "network"), ("status", "in-use")])
      #expect(again.status == 422 && again.body.contains("もう使われています"))
      #expect(again.body.contains("value=\"別の装置\""))
    }
  }

  @Test("いくつもの誤りを、欄のそばで一度に示す")
  func refusals() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let answer = try await app.post(
        "/registers/devices",
        [("number", ""), ("name", ""), ("kind", "spaceship"), ("supportEndsOn", "来年"), ("vendor", "知らない会社")])
      #expect(answer.status == 422)
      for id in ["number", "kind", "supportEndsOn", "vendor"] {
        #expect(answer.body.contains("id=\"\(id)-error\""), "\(id)")
      }
      let list = try await app.get("/registers/devices")
      #expect(list.body.contains("class=\"empty\""))
    }
  }

  @Test("前後の違いが経過に出る。先に保存した人がいれば、違いを見せて入力を残す", arguments: Engine.available)
  func changing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await added(app, "devices", vpn)
      let form = try await app.get(path + "/change")
      let version = try #require(form.hidden("version"))
      let mine = vpn.filter { $0.0 != "place" } + [("place", "3階病棟"), ("version", version)]
      let saved = try await app.post(path, mine, as: .administrator)
      #expect(saved.status == 303)
      let record = try await app.get(path)
      #expect(record.body.contains("サーバ室 → 3階病棟"))

      let late = vpn.filter { $0.0 != "place" } + [("place", "地下"), ("version", version)]
      let conflict = try await app.post(path, late)
      #expect(
        conflict.status == 409 && conflict.body.contains("value=\"地下\"") && conflict.body.contains("3階病棟"))
      let next = try #require(conflict.hidden("version"))
      let kept = try await app.post(path, late.filter { $0.0 != "version" } + [("version", next)])
      #expect(kept.status == 303)
      let after = try await app.get(path)
      #expect(after.body.contains("3階病棟 → 地下"))
    }
  }

  @Test("ほかの台帳は名前でつながり、指されている間は外せない", arguments: Engine.available)
  func references(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let vendor = try await added(app, "vendors", [("name", "ひまわり情報システム"), ("kind", "departmental")])
      let device = try await added(app, "devices", vpn + [("vendor", "ひまわり情報システム")])
      let record = try await app.get(device)
      #expect(record.body.contains("href=\"\(vendor)\""))
      let back = try await app.get(vendor)
      #expect(back.body.contains("href=\"\(device)\""))

      let refused = try await app.post(vendor + "/removal", [("version", "1")])
      #expect(refused.status == 409 && refused.body.contains("外せません"))
      #expect(try await app.post(device + "/removal", [("version", "1")]).status == 303)
      #expect(try await app.post(vendor + "/removal", [("version", "1")]).status == 303)
      #expect(try await app.get(vendor).status == 404)
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("まとめて直す前に違いを見せ、途中で変わっていたら何も変えない", arguments: Engine.available)
  func bulk(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let first = try await added(app, "devices", vpn)
      let second = try await added(
        app, "devices",
        [("number", "NW-2"), ("name", "ルータ"), ("kind", "network"), ("status", "in-use"), ("place", "3階")])
      let ids = [first, second].compactMap { $0.split(separator: "/").last.map { ("id", String($0)) } }
      let ask = try await app.post("/registers/devices/changes/preview", ids + [("field", "place")])
      #expect(ask.status == 200 && ask.body.contains("3階"))
      let preview = try await app.post(
        "/registers/devices/changes/preview", ids + [("field", "place"), ("asked", "1"), ("place", "3階")])
      // One of the two stands there already.
      #expect(preview.status == 200 && preview.body.contains("1台"))
      #expect(preview.body.contains("保守用VPN装置") && !preview.body.contains("ルータ"))
      let entry = try #require(preview.hidden("entry"))
      let change = [("field", "place"), ("value", "3階"), ("entry", entry)]
      #expect(try await app.post("/registers/devices/changes", change).status == 303)
      #expect(try await app.get(first).body.contains("サーバ室 → 3階"))

      let stale = try await app.post(
        "/registers/devices/changes", [("field", "place"), ("value", "地下"), ("entry", entry)])
      #expect(stale.status == 409)
      #expect(try await !app.get(first).body.contains("地下"))
    }
  }

  @Test("見るだけの人は直せず、役割のない人と他院の人には開かない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await added(app, "devices", vpn)
      #expect(try await app.get(path, as: .auditor).status == 200)
      #expect(try await app.get(path + "/change", as: .auditor).status == 403)
      #expect(try await app.post(path, vpn, as: .auditor).status == 403)
      #expect(try await app.get("/registers/devices", as: .staff).status == 403)
      for suffix in ["", "/change", "/removal"] {
        #expect(try await app.get(path + suffix, as: .stranger).status == 404)
      }
      #expect(try await app.post(path + "/removal", [("version", "1")], as: .stranger).status == 404)
      #expect(try await !app.get("/registers/devices", as: .stranger).body.contains("保守用VPN装置"))
      #expect(try await app.get(path, as: .nobody).status == 303)
      #expect(try await app.get("/registers/secrets").status == 404)
    }
  }

  @Test("何台あっても決まった数の問い合わせで出て、ページに分かれる", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await added(app, "devices", vpn)
      let paths = [
        "/registers/devices", "/registers/devices?q=%E4%BF%9D%E5%AE%88&kind=network&attention=only", path,
        path + "/change", "/registers/vendors",
      ]
      var counts: [String: Int] = [:]
      for path in paths {
        let before = app.database.statementCount
        #expect(try await app.get(path).status == 200)
        counts[path] = app.database.statementCount - before
      }
      for (path, count) in counts { #expect(count <= 8, "\(path) took \(count)") }
      for index in 0..<120 {
        try await Devices.register.add(
          ["number": "PC-\(index)", "name": "保守 \(index)", "kind": "network", "status": "in-use"], .ja,
          in: app.scope)
      }
      for (path, count) in counts {
        let before = app.database.statementCount
        _ = try await app.get(path)
        #expect(app.database.statementCount - before == count, "\(path)")
      }
      let last = try await app.get("/registers/devices?page=3")
      #expect(last.body.contains("101〜121 / 121"))
    }
  }

  @Test("見た目の同じ二つの書き方は同じ番号で、取り込みも続けて使える", arguments: Engine.available)
  func lookAlikes(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await added(app, "vendors", [("name", "カ゛社")])
      let twin = try await app.post("/registers/vendors", [("name", "ガ社")])
      #expect(twin.status == 422 && twin.body.contains("もう使われています"))
      // The same heading, composed and decomposed, as two windows may send it.
      for heading in ["ガ列", "カ\u{3099}列"] {
        let answer = try await app.post(
          "/registers/vendors/import/columns",
          [("upload", PersonID(at: .test).text), ("heading", heading), ("field", "note")])
        #expect(answer.status == 404)
      }
      let file = Array("事業者名,備考\nみどり検査,あ\n".utf8)
      let preview = try await app.upload(
        "/registers/vendors/import", field: "file", name: "a.csv", bytes: file)
      #expect(preview.status == 200)
      let applied = try await app.post(
        "/registers/vendors/import/apply",
        [
          ("upload", try #require(preview.hidden("upload"))), ("clears", ""),
          ("stamp", try #require(preview.hidden("stamp"))),
        ])
      #expect(applied.status == 303)
    }
  }

  @Test("名前がほかの番号と同じでも、二つあっても、直すだけでは指す先が変わらない", arguments: Engine.available)
  func referencesStay(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for (number, name) in [("DEV-A", "DEV-B"), ("DEV-B", "同じ名前"), ("DEV-C", "同じ名前")] {
        _ = try await added(app, "devices", [("number", number), ("name", name), ("status", "in-use")])
      }
      for target in ["DEV-A", "DEV-C"] {
        let path = try await added(
          app, "connections", [("number", "X-\(target)"), ("name", "口"), ("device", target)])
        let device = { (page: TestApp.Answer) in
          page.body.firstMatch(of: #/href="(\/registers\/devices\/[^"]+)"/#)?.1
        }
        let before = device(try await app.get(path))
        let form = try await app.get(path + "/change")
        let shown = try #require(form.body.firstMatch(of: #/name="device" type="text" value="([^"]*)"/#)?.1)
        let saved = try await app.post(
          path,
          [
            ("number", "X-\(target)"), ("name", "口"), ("device", String(shown)), ("note", "直した"),
            ("version", try #require(form.hidden("version"))),
          ])
        #expect(saved.status == 303)
        let after = device(try await app.get(path))
        #expect(before != nil && after == before)
      }
    }
  }

  @Test("人が大勢いても、担当は選ばれたまま残り、経過には名前で出る")
  func manyPeople() async throws {
    try await TestApp.run(on: .sqlite) { app in
      for index in 0..<300 {
        _ = try await People.add(name: "あ\(index)", department: "", role: .staff, in: app.scope)
      }
      let last = try await People.add(name: "渡辺", department: "", role: .staff, in: app.scope)
      let path = try await added(app, "systems", [("name", "電子カルテ"), ("owner", last.id.text)])
      let form = try await app.get(path + "/change")
      #expect(form.body.contains("<option value=\"\(last.id)\" selected>渡辺</option>"))
      let cleared = try await app.post(
        path, [("name", "電子カルテ"), ("owner", ""), ("version", try #require(form.hidden("version")))])
      #expect(cleared.status == 303)
      let record = try await app.get(path)
      #expect(record.body.contains("渡辺 → なし"))
    }
  }

  @Test("数の欄や長すぎる印の付いた字を送られても、画面は出る", arguments: Engine.available)
  func oddInput(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      #expect(
        try await app.get("/registers/contracts?amountYen=abc&vendor=x&page=99999999999999999999").status
          == 200)
      let marked = "a" + String(repeating: "\u{301}", count: 9000)
      let refused = try await app.post("/registers/devices", [("number", "M-1"), ("name", marked)])
      #expect(refused.status == 422)
      let long = String(repeating: "𠮷", count: 40)
      let fields = [
        "name", "place", "department", "usedBy", "maker", "model", "serial", "os", "ipAddress", "macAddress",
      ]
      let path = try await added(app, "devices", [("number", "M-2")] + fields.map { ($0, long) })
      #expect(try await app.get(path).status == 200)
    }
  }
}
