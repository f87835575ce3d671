import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing

/// One who answers the questions of a new installation, page by page, as a browser without script would.
private struct Newcomer {
  let app: TestApp
  private(set) var page: TestApp.Answer

  init(_ app: TestApp) async throws {
    self.app = app
    page = try await app.get("/setup", as: .nobody)
  }

  /// Sends the page's form with what it carries and `answers`.
  mutating func send(_ answers: [(String, String)], to path: String = "/setup") async throws {
    let carried = ["step", "kind", "name", "prefecture", "beds", "year", "person", "login"].compactMap {
      name in
      hidden(name).map { (name, $0) }
    }
    page = try await app.post(path, answers + carried, as: .nobody)
  }

  /// What the page carries for `name` out of sight.
  func hidden(_ name: String) -> String? {
    guard let start = page.body.range(of: "type=\"hidden\" name=\"\(name)\" value=\"") else { return nil }
    let value = String(page.body[start.upperBound...].prefix { $0 != "\"" })
    return value.replacing("&lt;", with: "<").replacing("&gt;", with: ">")
  }

  /// The number of the question, of how many, and its name; nil for any other page.
  var place: String? {
    guard let step = hidden("step"),
      let found = page.body.firstMatch(of: #/<p class="soft">はじめの設定 ([0-9] / [0-9])</p>/#)
    else { return nil }
    return "\(found.1) \(step)"
  }
}

@Suite("はじめの設定")
struct SetupTests {
  private static let hospital = [
    ("kind", "hospital"), ("name", "みなと病院"), ("prefecture", "14"), ("beds", "180"), ("year", "2025"),
    ("person", "田中"), ("login", "tanaka"),
  ]

  @Test("一問ずつ答えると施設と管理者ができ、診療所は今週の10分へ進む", arguments: Engine.available)
  func clinic(engine: Engine) async throws {
    try await TestApp.run(on: engine, isSetUp: false) { app in
      var newcomer = try await Newcomer(app)
      for (place, answer) in [
        ("1 / 6 kind", ("kind", "clinic")), ("2 / 6 name", ("name", "さくら<診療所>")),
        ("3 / 6 prefecture", ("prefecture", "")), ("4 / 6 beds", ("beds", "")),
        ("5 / 6 year", ("year", "2024")),
      ] {
        #expect(newcomer.page.status == 200 && newcomer.place == place)
        let isFirst = place.hasPrefix("1")
        #expect(newcomer.page.body.contains("別のブラウザやアドレスで途中まで答えたとき") == isFirst)
        #expect(newcomer.page.body.contains("このブラウザのこの画面で答えてください") == !isFirst)
        #expect(newcomer.page.body.components(separatedBy: "data-kind=\"primary\"").count == 2)
        try await newcomer.send([answer])
      }
      #expect(newcomer.page.status == 200 && newcomer.place == "6 / 6 administrator")
      #expect(try await Facilities.all(in: app.database).isEmpty)
      try await newcomer.send(
        [("person", "高橋"), ("login", "takahashi"), ("password", "long-enough-words")],
        to: "/setup/administrator")
      #expect(newcomer.page.status == 303)
      #expect(newcomer.page.location == "/clinic")
      #expect(newcomer.page.headers["set-cookie"]?.contains("mamorite=") == true)
      let made = try #require(try await Facilities.all(in: app.database).first)
      #expect(made.name.text == "さくら<診療所>" && made.kind == .clinic && made.beds == nil)
      #expect(made.prefecture == nil)
      let scope = Scope(app.database, actor: .system("test"), facility: made.id, now: app.now)
      #expect(try await scope.verifyLedger().ok)
      #expect(try await app.get("/setup", as: .nobody).status == 409)
    }
  }

  @Test("ほかのブラウザは途中の答えを見ず、はじめの質問から答える。先の答えは先のブラウザで続けられる")
  func elsewhere() async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      var first = try await Newcomer(app)
      for (name, value) in Self.hospital.prefix(2) { try await first.send([(name, value)]) }
      #expect(first.place == "3 / 6 prefecture")
      let second = try await Newcomer(app)
      #expect(second.place == "1 / 6 kind" && !second.page.body.contains("みなと病院"))
      #expect(second.page.body.contains("そちらの画面で続けてください"))
      try await first.send([("prefecture", "14")])
      #expect(first.place == "4 / 6 beds" && first.hidden("name") == "みなと病院")
    }
  }

  @Test("パスワードを断るとき、当てはまるわけだけを言う")
  func password() async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      var newcomer = try await Newcomer(app)
      for (name, value) in Self.hospital.prefix(5) { try await newcomer.send([(name, value)]) }
      try await newcomer.send(
        [("person", "田中"), ("login", "tanaka"), ("password", "みなと病院2026みなと病院")],
        to: "/setup/administrator")
      #expect(newcomer.page.status == 422 && newcomer.page.body.contains("施設の名前が入っています"))
      #expect(newcomer.page.body.contains("年が入っています"))
      for other in ["氏名が入っています", "よく使われる言葉", "キーの並び", "13文字以上にしてください"] {
        #expect(!newcomer.page.body.contains(other), "\(other)")
      }
    }
  }

  @Test("もどっても、それまでの答えも、その先の答えも残る")
  func goingBack() async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      var newcomer = try await Newcomer(app)
      for (name, value) in Self.hospital.prefix(5) { try await newcomer.send([(name, value)]) }
      #expect(newcomer.place == "6 / 6 administrator")
      try await newcomer.send([
        ("to", "year"), ("person", "田中"), ("login", "tanaka"), ("password", "never-in-a-page"),
      ])
      #expect(newcomer.page.status == 200 && newcomer.place == "5 / 6 year")
      #expect(newcomer.page.body.contains("value=\"2025\" checked"))
      #expect(!newcomer.page.body.contains("never-in-a-page"))
      try await newcomer.send([("to", "beds"), ("year", "2024")])
      #expect(newcomer.place == "4 / 6 beds" && newcomer.page.body.contains("value=\"180\""))
      try await newcomer.send([("to", "prefecture"), ("beds", "")])
      #expect(newcomer.place == "3 / 6 prefecture" && newcomer.page.body.contains("value=\"14\" selected"))
      try await newcomer.send([("to", "name"), ("prefecture", "14")])
      #expect(newcomer.place == "2 / 6 name" && newcomer.page.body.contains("value=\"みなと病院\""))
      try await newcomer.send([("to", "kind"), ("name", "")])
      #expect(newcomer.place == "1 / 6 kind" && newcomer.page.body.contains("value=\"hospital\" checked"))
      #expect(!newcomer.page.body.contains("name=\"to\""))
      #expect(newcomer.hidden("prefecture") == "14" && newcomer.hidden("year") == "2024")
      #expect(newcomer.hidden("person") == "田中" && newcomer.hidden("login") == "tanaka")
      #expect(newcomer.hidden("password") == nil)
    }
  }

  @Test("病床のない種類には病床を聞かず、前に入れた数も使わない", arguments: ["pharmacy", "home-nursing"])
  func withoutBeds(kind: String) async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      var newcomer = try await Newcomer(app)
      for (name, value) in Self.hospital.prefix(4) { try await newcomer.send([(name, value)]) }
      try await newcomer.send([("to", "kind"), ("year", "2025")])
      #expect(newcomer.hidden("beds") == "180")
      var places: [String?] = []
      for answer in [("kind", kind), ("name", "みなと薬局"), ("prefecture", "13"), ("year", "2025")] {
        try await newcomer.send([answer])
        places.append(newcomer.place)
      }
      #expect(places == ["2 / 5 name", "3 / 5 prefecture", "4 / 5 year", "5 / 5 administrator"])
      try await newcomer.send(
        [("beds", "180"), ("person", "高橋"), ("login", "takahashi"), ("password", "long-enough-words")],
        to: "/setup/administrator")
      #expect(newcomer.page.location == "/assessments/new?fiscal-year=2025")
      let made = try #require(try await Facilities.all(in: app.database).first)
      #expect(made.kind.rawValue == kind && made.beds == nil && made.prefecture?.code == 13)
    }
  }

  @Test(
    "合わない答えは、その質問の画面で、欄のそばにわけを言う",
    arguments: [
      ("kind", ""), ("kind", "castle"), ("name", " "), ("name", String(repeating: "長", count: 61)),
      ("prefecture", "99"), ("beds", ""), ("beds", "19"), ("beds", "五"), ("year", ""), ("year", "1999"),
    ])
  func refused(field: String, value: String) async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      let others = Self.hospital.filter { $0.0 != field }
      let all = [(field, value), ("password", "long-enough-words")] + others
      // At the question itself, on the way to a later one, on the way back to one, and at the end.
      for (path, way) in [
        ("/setup", ("step", field)), ("/setup", ("step", "year")), ("/setup", ("to", "administrator")),
        ("/setup/administrator", ("step", "administrator")),
      ] {
        let page = try await app.post(path, [way] + all, as: .nobody)
        #expect(page.status == 422 && page.body.contains("id=\"\(field)-error\""), "\(path) \(way)")
        #expect(page.hidden("step") == field)
        #expect(page.body.contains("href=\"#\(field)\"") && page.body.contains("id=\"\(field)\""))
        #expect(!page.body.contains("long-enough-words"))
        for (name, value) in others { #expect(page.hidden(name) == value) }
      }
      #expect(try await Facilities.all(in: app.database).isEmpty)
    }
  }

  @Test("診療所は病床を一覧から選び、20床以上は断る")
  func clinicBeds() async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      let fields = [("kind", "clinic"), ("name", "さくら診療所"), ("step", "beds")]
      let page = try await app.post("/setup", fields + [("beds", "20")], as: .nobody)
      #expect(page.status == 422 && page.body.contains("<select id=\"beds\""))
      #expect(page.body.contains("id=\"beds-error\"") && page.body.contains("病床はない"))
      let next = try await app.post("/setup", fields + [("beds", "19")], as: .nobody)
      #expect(next.status == 200 && next.hidden("step") == "year" && next.hidden("beds") == "19")
    }
  }

  @Test("管理者の欄は、合わないものすべてにわけを言い、パスワードのほかは残る")
  func administrator() async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      let fields =
        Self.hospital.prefix(5) + [("step", "administrator"), ("login", "Ta"), ("password", "short-one")]
      let page = try await app.post("/setup/administrator", Array(fields), as: .nobody)
      #expect(page.status == 422)
      for field in ["person", "login", "password"] {
        #expect(page.body.contains("id=\"\(field)-error\""), "\(field)")
      }
      #expect(page.body.contains("value=\"Ta\"") && !page.body.contains("short-one"))
      #expect(page.hidden("name") == "みなと病院")
    }
  }

  @Test("知らない質問を求められたら、はじめの質問を出す", arguments: ["", "administrator", "x"])
  func unknownStep(step: String) async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      let page = try await app.post("/setup", [("step", step), ("to", "nowhere")], as: .nobody)
      #expect(page.status == 200 && page.hidden("step") == "kind")
    }
  }

  @Test("質問の画面は、ブラウザの「戻る」でもまた出せる。ほかの画面は残さない")
  func browserBack() async throws {
    try await TestApp.run(on: .sqlite, isSetUp: false) { app in
      let page = try await app.post("/setup", [("step", "kind"), ("kind", "clinic")], as: .nobody)
      #expect(page.headers["cache-control"] == "private, no-cache")
      #expect(try await app.get("/sign-in", as: .nobody).headers["cache-control"] == "no-store")
    }
  }

  @Test("設定の済んだところでは、はじめの設定は二度と開かない")
  func once() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let page = try await app.get("/setup", as: .nobody)
      let next = try await app.post("/setup", Self.hospital + [("step", "kind")], as: .nobody)
      let again = try await app.post(
        "/setup/administrator", Self.hospital + [("password", "long-enough-words")], as: .itStaff)
      #expect(page.status == 409 && next.status == 409 && again.status == 409)
      #expect(try await Facilities.all(in: app.database).count == 2)
    }
  }
}
