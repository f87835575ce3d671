import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("監視の加え方: 確かめ方を選び、要る欄だけを入れる")
struct MonitorFormTests {
  // MARK: 決まり

  @Test(
    "名前か機器の種類から、向いている確かめ方を先に出す",
    arguments: [
      ("インターネット回線", "", MonitorKind.icmp), ("電子カルテ", "", .http), ("画像(PACS)", "", .dicom),
      ("ＰＡＣＳ", "", .dicom), ("検査システム", "", .tcp), ("電子カルテの控え", "", .heartbeat),
      ("院内 DNS", "", .dns), ("メールサーバ", "server", .smtp), ("無停電装置", "ups", .snmp),
      ("電子カルテ用スイッチ", "network", .icmp), ("SV-01", "server", .icmp), ("甲", "", .http),
      // "ups" and "lis" are no words of these.
      ("Groups", "", .http), ("Polis", "", .http),
    ])
  func fitting(name: String, device: String, first: MonitorKind) {
    let thing = WatchedThing(name: name, device: device)
    #expect(thing.fitting.first == first)
    #expect(Set(thing.fitting).isDisjoint(with: thing.others))
    #expect(thing.fitting.count + thing.others.count == MonitorKind.allCases.count)
  }

  @Test(
    "台帳の住所は、確かめ方の書き方で入る",
    arguments: [
      (MonitorKind.icmp, "192.0.2.1", ["target": "192.0.2.1"]),
      (.http, "192.0.2.1", ["target": "https://192.0.2.1/"]),
      (.http, "2001:db8::1", ["target": "https://[2001:db8::1]/"]),
      (.http, "http://ehr.example.jp/login", ["target": "http://ehr.example.jp/login"]),
      (.dns, "192.0.2.53", ["server": "192.0.2.53"]), (.snmp, "192.0.2.1、192.0.2.2", ["target": "192.0.2.1"]),
      (.heartbeat, "192.0.2.1", [:]), (.certificate, "192.0.2.1", [:]),
    ])
  func filled(kind: MonitorKind, address: String, values: [String: String]) {
    #expect(kind.filled(from: address) == values)
  }

  @Test("確かめ方を変えても、同じ意味の欄は残り、別の意味の欄は持ち込まない")
  func turned() {
    let typed = [
      "name": "入口", "target": "ehr.example.jp", "system": "s", "advice": "紙に替える", "failures": "5",
      "slowDays": "45", "user": "watch", "status": "200",
    ]
    func turned(_ old: MonitorKind, _ new: MonitorKind, _ values: [String: String]) -> MonitorDraft {
      MonitorDraft(kind: new, values: values, kept: ["secret": "x"], version: 0).turned(from: old)
    }
    let ping = turned(.http, .icmp, typed)
    #expect(ping.values.keys.sorted() == ["advice", "failures", "name", "system", "target"])
    #expect(ping.kept == [:])
    // The password of a page is one for FHIR too, and none for a database.
    let (fhir, database) = (turned(.http, .fhir, typed), turned(.http, .postgres, typed))
    #expect(fhir["user"] == "watch" && fhir.kept == ["secret": "x"])
    #expect(database["user"].isEmpty && database.kept.isEmpty)
    #expect(turned(.http, .tls, typed)["slowDays"] == "45")
    // A database knows no STARTTLS.
    #expect(turned(.smtp, .postgres, ["security": "starttls"])["security"].isEmpty)
    #expect(turned(.smtp, .postgres, ["security": "none"])["security"] == "none")
    #expect(turned(.http, .http, typed).values == typed)
  }

  @Test(
    "細かい設定は、初めのままなら閉じ、違うものがあれば開く",
    arguments: [
      (MonitorKind.tcp, [String: String](), nil, false),
      (.tcp, ["timeout": "10000", "failures": "3", "verify": "yes", "level": ""], nil, false),
      (.tcp, ["failures": "5"], nil, true), (.tcp, ["level": "4"], nil, true),
      (.tcp, ["parent": "x"], nil, true),
      (.tcp, ["target": "a:1", "name": "甲", "advice": "電話"], nil, false),
      (.http, ["verify": "no"], nil, true),
      (.http, [:], "status", true), (.http, [:], "target", false), (.snmp, ["slowBelow": "20"], nil, false),
      (.heartbeat, ["rhythm": "period", "graceMinutes": "60", "periodMinutes": "60"], nil, false),
      (.heartbeat, ["rhythm": "cron"], nil, true), (.heartbeat, [:], "graceMinutes", true),
    ] as [(MonitorKind, [String: String], String?, Bool)])
  func opens(kind: MonitorKind, values: [String: String], blamed: String?, isOpen: Bool) {
    #expect(MonitorDraft(kind: kind, values: values).opensFolded(blaming: blamed) == isOpen)
  }

  @Test("入れなければならない欄は、しまわない", arguments: MonitorKind.allCases)
  func required(kind: MonitorKind) {
    let asked = kind.fields.filter(\.isRequired).map(\.id)
    #expect(Set(asked).isSubset(of: kind.askedAtOnce))
    #expect(Set(kind.folded.keys).isDisjoint(with: kind.askedAtOnce))
  }

  @Test("しまってある秘密の欄に入れたものがあれば、開く")
  func opensForSecrets() {
    #expect(MonitorDraft(kind: .http).opensFolded(blaming: nil, secrets: ["secret"]))
    // The community of SNMP is asked at once.
    #expect(!MonitorDraft(kind: .snmp).opensFolded(blaming: nil, secrets: ["secret"]))
  }

  @Test(
    "間隔を選ばなければ、診療への影響から決まる",
    arguments: [("stops", "", "60"), ("delays", "", "300"), ("office", "", "900"), ("office", "5", "60")])
  func interval(impact: String, level: String, seconds: String) {
    let systems = [WatchedSystem(id: "s", name: "電子カルテ", impact: impact, people: [])]
    let draft = MonitorDraft(kind: .tcp, values: ["system": "s", "level": level])
    let settled = draft.settled(among: systems)
    #expect(settled["interval"] == seconds)
    // What follows by itself is shown as such, and what someone chose as what they chose.
    #expect(settled.unsettled(among: systems)["interval"].isEmpty)
    let chosen = MonitorDraft(kind: .tcp, values: ["system": "s", "level": level, "interval": "10"])
    #expect(chosen.settled(among: systems)["interval"] == "10")
    #expect(chosen.unsettled(among: systems)["interval"] == "10")
  }

  // MARK: 画面

  /// The labelled fields of the form before what lies folded.
  static func shownAtOnce(_ page: String) throws -> [String] {
    let main = try #require(page.split(separator: "<form class=\"panel").dropFirst().first)
    let shown = try #require(main.split(separator: "<details").first)
    return shown.split(separator: "<label for=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }

  @Test("台帳のシステムから始めると、まず確かめ方を選び、名前とシステムが入った短い欄が開く", arguments: Engine.available)
  func fromTheRegister(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Systems.register.add(
        ["name": "インターネット回線", "impact": "診療が止まる"], .ja, in: app.scope)
      let list = try await app.get("/monitoring").body
      let start = "/monitoring/new?name=\(urlEncoded("インターネット回線"))&system=\(system.id.text)"
      let offers = list.contains(escapedMarkup(start))
      #expect(offers)
      let ways = try await app.get(start).body
      let asks = ways.contains("「インターネット回線」をどうやって確かめますか")
      #expect(asks)
      let ping = "/monitoring/new?kind=icmp&name=\(urlEncoded("インターネット回線"))&system=\(system.id.text)"
      // The likeliest is the one main button of the page.
      let isFirst = ways.contains("data-kind=\"primary\" href=\"\(escapedMarkup(ping))\"")
      #expect(isFirst)
      let form = try await app.get(ping).body
      #expect(try Self.shownAtOnce(form) == ["name", "target", "system", "advice"])
      let isFilled =
        form.contains("value=\"インターネット回線\"") && form.contains("value=\"\(system.id.text)\" selected")
      #expect(isFilled)
      let (folded, isOpen) = (form.contains("<details><summary>細かい設定"), form.contains("<details open>"))
      #expect(folded && !isOpen)
      let saved = try await app.post(
        "/monitoring",
        [
          ("kind", "icmp"), ("name", "インターネット回線"), ("target", "192.0.2.1"), ("system", system.id.text),
          ("interval", ""),
        ])
      let id = try #require(saved.location.flatMap { Monitor.ID(String($0.dropFirst("/monitoring/".count))) })
      #expect(try await app.scope.read { try $0.monitor(id)?.monitor.intervalSeconds } == 60)
    }
  }

  @Test("システムの機器が一台なら相手の住所が入り、二台なら選べ、ほかの院の機器は出ない", arguments: Engine.available)
  func addresses(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let system = try await Systems.register.add(["name": "電子カルテ"], .ja, in: app.scope)
      func device(_ number: String, _ address: String, _ kind: String = "サーバ") async throws {
        _ = try await Devices.register.add(
          ["number": number, "name": number, "kind": kind, "system": "電子カルテ", "ipAddress": address], .ja,
          in: app.scope)
      }
      func form(_ kind: String, as who: TestApp.Who = .itStaff) async throws -> String {
        try await app.get("/monitoring/new?kind=\(kind)&system=\(system.id.text)", as: who).body
      }
      try await device("SV-1", "198.51.100.1")
      // Nobody watches a desk's PC.
      try await device("PC-1", "198.51.100.9", "端末PC")
      let (ping, page) = (try await form("icmp"), try await form("http"))
      let (one, address) = (
        ping.contains("value=\"198.51.100.1\" required"),
        page.contains("value=\"https://198.51.100.1/\" required")
      )
      #expect(one && address)
      try await device("SV-2", "198.51.100.2")
      let two = try await form("icmp")
      let offered = two.matches(of: #/<option value="(198\.51\.100\.\d)">/#).map { String($0.1) }
      #expect(offered == ["198.51.100.1", "198.51.100.2"])
      let isEmpty = two.contains("name=\"target\" type=\"text\" value=\"\" required")
      #expect(isEmpty)
      let leaks = try await form("icmp", as: .stranger).contains("198.51.100.")
      #expect(!leaks)
    }
  }

  @Test("入れている途中で確かめ方を変えても、入れたものと秘密は残り、まだ何も保存しない", arguments: Engine.available)
  func changedKind(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let typed = [
        ("name", "入口"), ("target", "https://ehr.example.jp/"), ("advice", "受付に<電話>する"), ("failures", "5"),
        ("secret", "sakura-saku"), ("version", "0"),
      ]
      let ways = try await app.post("/monitoring", typed + [("kind", "http"), ("act", "kinds")])
      #expect(ways.status == 200 && ways.hidden("was") == "http" && ways.hidden("act") == "form")
      #expect(ways.hidden("name") == "入口" && ways.hidden("advice") == "受付に&lt;電話&gt;する")
      let isShown = ways.body.contains("sakura")
      #expect(!isShown)
      let kept = try #require(ways.hidden("kept-secret"))
      let carried = [
        ("name", "入口"), ("target", "https://ehr.example.jp/"), ("advice", "受付に<電話>する"), ("failures", "5"),
        ("kept-secret", kept), ("act", "form"), ("was", "http"),
      ]
      let ping = try await app.post("/monitoring", carried + [("kind", "icmp")])
      #expect(ping.status == 200 && ping.hidden("kind") == "icmp" && ping.hidden("kept-secret") == nil)
      let (name, advice) = (ping.body.contains("value=\"入口\""), ping.body.contains("受付に&lt;電話&gt;する"))
      // Five failures are not the standard: what lies folded is open.
      let isOpen = ping.body.contains("<details open><summary>細かい設定")
      #expect(name && advice && isOpen)
      let fhir = try await app.post("/monitoring", carried + [("kind", "fhir")])
      #expect(fhir.hidden("kept-secret") == kept)
      #expect(try await app.scope.read { try $0.monitorCount() } == 0)
      // What has been saved keeps its kind: such a button does not stand there.
      let id = try await app.addMonitor("画像", host: "pacs")
      let (new, old) = (
        try await app.get("/monitoring/new?kind=tcp").body,
        try await app.get("/monitoring/\(id)/settings").body
      )
      let (offers, stillOffers) = (new.contains("value=\"kinds\""), old.contains("value=\"kinds\""))
      #expect(offers && !stillOffers)
    }
  }

  @Test(
    "断られた欄は、しまってあっても開いて、わけと入れたものが出る",
    arguments: [
      ("http", "status", "二百"), ("http", "slowDays", "9999"), ("http", "target", "a b"),
      ("tcp", "timeout", "5"), ("tcp", "slow", "x"), ("dns", "server", "a b"), ("snmp", "slowBelow", "x"),
      ("heartbeat", "graceMinutes", ""), ("heartbeat", "periodMinutes", "0"),
    ])
  func refused(kind: String, field: String, value: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let target = kind == "http" ? "https://ehr.example.jp/" : "ehr.example.jp:104"
      var fields = [
        "kind": kind, "name": "入口", "target": target, "interval": "", "verify": "yes", "slowDays": "30",
        "oid": "1.3.6.1.2.1.1.3.0", "periodMinutes": "60", "graceMinutes": "60", "rhythm": "period",
        "type": "A",
      ]
      fields[field] = value
      let answer = try await app.post("/monitoring", fields.map { ($0.key, $0.value) })
      #expect(answer.status == 422)
      let (points, says) = (
        answer.body.contains("<a href=\"#\(field)\">"), answer.body.contains("id=\"\(field)-error\"")
      )
      let isKept = answer.body.contains("value=\"\(value)\"")
      #expect(points && says && isKept)
      let isAtOnce = try Self.shownAtOnce(answer.body).contains(field)
      let isOpen = answer.body.contains("<details open><summary>細かい設定")
      #expect(isOpen == !isAtOnce)
    }
  }

  @Test("何も監視していない画面は、一つの主なボタンと、台帳の一行ごとのボタンを出し、見る人には出さない", arguments: Engine.available)
  func emptyList(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let main = "data-kind=\"primary\" href=\"/monitoring/new\""
      let bare = try await app.get("/monitoring").body
      let (adds, chooses) = (bare.contains(main), bare.contains("台帳から選ぶ"))
      #expect(adds && !chooses)
      for (name, impact) in [("給食", "事務だけ"), ("電子カルテ", "診療が止まる")] {
        _ = try await Systems.register.add(["name": name, "impact": impact], .ja, in: app.scope)
      }
      _ = try await Devices.register.add(
        ["number": "UPS-1", "name": "無停電装置", "kind": "UPS(無停電電源)", "ipAddress": "192.0.2.7"], .ja,
        in: app.scope)
      let page = try await app.get("/monitoring").body
      #expect(page.split(separator: "data-kind=\"primary\"").count == 2)
      let choose = page.contains("href=\"#unwatched\">台帳から選ぶ</a>")
      #expect(choose)
      // What stops care stands first.
      let (chart, meals) = (
        try #require(page.range(of: "電子カルテを監視する")), try #require(page.range(of: "給食を監視する"))
      )
      #expect(chart.lowerBound < meals.lowerBound)
      let (backup, device) = (
        page.contains("aria-label=\"電子カルテの控えを監視する\""),
        page.contains(escapedMarkup("&target=192.0.2.7&thing=ups"))
      )
      #expect(backup && device)
      for who in [TestApp.Who.management, .auditor] {
        let seen = try await app.get("/monitoring", as: who).body
        let (adds, says) = (seen.contains("/monitoring/new"), seen.contains("まだ何も監視していません"))
        #expect(!adds && says)
      }
      // Once something is watched, adding stands in the head of the page, once.
      _ = try await app.addMonitor("画像", host: "pacs")
      let watched = try await app.get("/monitoring").body
      #expect(watched.split(separator: main).count == 2)
      let isStillEmpty = watched.contains("まだ何も監視していません")
      #expect(!isStillEmpty)
    }
  }

  @Test("呼び出しの画面は、決まりも順もないとき、次にすることを中に出し、見る人には出さない")
  func emptyPaging() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let page = try await app.get("/paging").body
      let boxes = page.split(separator: "<div class=\"empty\">").dropFirst().map {
        String($0.split(separator: "</div>").first ?? "")
      }
      #expect(boxes.count == 2)
      let (rule, order) = (
        try #require(boxes.first).contains("href=\"/paging/rules/new\""),
        try #require(boxes.last).contains("data-kind=\"primary\" href=\"/paging/policies/new\"")
      )
      #expect(rule && order)
      #expect(page.split(separator: "data-kind=\"primary\"").count == 2)
      let reader = try await app.get("/paging", as: .auditor).body
      let (offers, explains) = (reader.contains("/new\""), reader.contains("決めると、ここに並びます"))
      #expect(!offers && explains)
    }
  }
}
