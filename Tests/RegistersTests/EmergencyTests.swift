import Foundation
import Kernel
import Publishing
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

private typealias Human = EmergencySheet.Human

private let yamamoto = Human(
  id: PersonID(at: .test), name: "山本", job: "副院長", day: "内線 2010", night: "080-0000-0110", testedOn: nil)

private func role(_ kind: String, _ name: String, _ person: Human?, day: String? = nil) -> EmergencySheet.Role
{
  EmergencySheet.Role(
    kind: kind, name: name, person: person, deputy: nil, day: day ?? person?.day, night: person?.night,
    within: nil, testedOn: nil, nextCheckOn: nil)
}

private func contact(_ kind: String, _ name: String) -> EmergencySheet.Contact {
  EmergencySheet.Contact(
    kind: kind, name: name, when: nil, within: "当日中", day: "00-0000-0201", night: nil, web: nil,
    testedOn: nil,
    nextCheckOn: Day(2026, 5, 18))
}

private func vendors(_ count: Int) -> [EmergencySheet.Vendor] {
  (0..<min(count, EmergencySheet.mostVendors)).map { index in
    EmergencySheet.Vendor(
      name: "事業者\(index)システムサービス株式会社", day: "045-000-\(1000 + index)", night: "045-000-\(5000 + index)",
      testedOn: Day(2026, 2, 18), systems: ["部門システム\(index)"])
  }
}

private func sheet(
  _ roles: [EmergencySheet.Role] = [], _ contacts: [EmergencySheet.Contact] = [], vendors count: Int = 0
) throws -> EmergencySheet {
  EmergencySheet(
    facility: "みなと総合病院", day: try #require(Day(2026, 2, 24)), fingerprint: "7c1e 90ab 4f2d 88e3",
    roles: roles,
    contacts: contacts, vendors: vendors(count), vendorCount: count)
}

@Suite("緊急時の連絡体制図")
struct EmergencySheetTests {
  @Test("運用から安全管理責任者、経営へつなぎ、ほかの役割は横に置く")
  func chain() throws {
    let takahashi = Human(
      id: try #require(PersonID("0190a3c0-0000-7000-8000-000000000001")), name: "高橋", job: "院長",
      day: "内線 2001",
      night: nil, testedOn: nil)
    let found = try sheet([
      role("management", "院長", takahashi), role("operations", "当番", nil, day: "内線 2190"),
      role("patients", "広報", takahashi), role("keys", "鍵", yamamoto), role("safety-manager", "責任者", yamamoto),
      role("safety-manager", "責任者(分院)", yamamoto),
    ])
    #expect(found.chain.map(\.names) == [["当番"], ["責任者"], ["院長"]])
    #expect(found.others.map(\.name) == ["広報", "責任者(分院)"])
    #expect(found.insideStep == 1 && found.speaker == takahashi)
    #expect(found.gaps == [.vendor, .prefecture, .ministry, .police])
  }

  @Test("一人がすべてを兼ねる診療所では、箱は一つになる")
  func onePerson() throws {
    let found = try sheet([
      role("operations", "運用", yamamoto), role("safety-manager", "責任者", yamamoto),
      role("management", "院長", yamamoto),
    ])
    #expect(found.chain.map(\.names) == [["運用", "責任者", "院長"]])
    #expect(found.insideStep == 0)
  }

  @Test("だれもいない役割は図に置かず、足りないものに数える")
  func vacancy() throws {
    let found = try sheet([role("operations", "当番", nil), role("management", "院長", yamamoto)])
    #expect(found.chain.map(\.names) == [["院長"]])
    #expect(found.gaps.prefix(2) == [.operations, .safetyManager])
  }

  @Test("電話の順は、つなぐ順、院内、事業者、院外で、入りきらない事業者は数で示す")
  func calls() throws {
    let found = try sheet(
      [role("operations", "当番", yamamoto)], [contact("inside", "看護部長"), contact("police", "警察")], vendors: 90)
    let (rows, left) = EmergencyWords(found, .ja).calls
    #expect(rows.count == EmergencyWords.mostCalls)
    #expect(rows.map(\.order) == Array(1...EmergencyWords.mostCalls))
    #expect(rows[0].who == "当番 副院長 山本" && rows[1].who == "看護部長" && rows[2].who.hasPrefix("事業者0"))
    #expect(rows.last?.who == "警察")
    // 93 in all: one role, two contacts, ninety vendors.
    #expect(left == 93 - EmergencyWords.mostCalls)
  }

  @Test("図の横には六つまで置き、残りは数で示す")
  func crowded() throws {
    let chart = EmergencyWords(try sheet([role("operations", "当番", yamamoto)], vendors: 40), .ja).chart
    #expect(chart.right.boxes.count == 6)
    #expect(chart.right.boxes.last?.title == "ほか35件は下の表")
  }

  @Test(
    "チェックリストへの答え",
    arguments: [
      (ContactFigures(), nil, nil),
      (
        ContactFigures(
          vendors: .init(all: 2), contacts: .init(all: 3), authorities: 3, roles: 2, allRoles: 3), .met, nil
      ),
      (
        ContactFigures(
          vendors: .init(all: 2), contacts: .init(all: 2), authorities: 2, roles: 2, allRoles: 2), .partly,
        "図に要る相手のうち1件がありません。"
      ),
      (ContactFigures(allRoles: 1), .unmet, "図に要る相手のうち6件がありません。"),
      (
        ContactFigures(
          vendors: .init(all: 2, unreachable: 1, unchecked: 2), contacts: .init(all: 3), authorities: 3,
          roles: 2, allRoles: 2), .partly, "1件は夜間の番号や受付先がありません。"
      ),
      (
        ContactFigures(
          vendors: .init(all: 2, unchecked: 2), contacts: .init(all: 3, unchecked: 1), authorities: 3,
          roles: 2, allRoles: 2), .partly, "3件はこの1年に番号を確かめていません。"
      ),
    ] as [(ContactFigures, Signal.State?, String?)])
  func contactSignal(figures: ContactFigures, state: Signal.State?, concern: String?) {
    let signal = Emergency.chart(figures)
    #expect(signal?.state == state)
    #expect(signal?.concern?(.ja) == concern)
  }

  @Test(
    "安全管理責任者は、担当がいれば「はい」で、代行のないことも言う",
    arguments: [
      (ManagerFigures(), nil, nil),
      (ManagerFigures(roles: 2), .unmet, nil),
      (ManagerFigures(roles: 2, managers: 1, vacant: 1), .unmet, "安全管理責任者の役割1件に、担当がいません。"),
      (ManagerFigures(roles: 2, managers: 1), .met, nil),
      (ManagerFigures(roles: 2, managers: 1, alone: 1), .met, "1件は代行がいません。"),
    ] as [(ManagerFigures, Signal.State?, String?)])
  func managerSignal(figures: ManagerFigures, state: Signal.State?, concern: String?) {
    let signal = Roles.managers(figures)
    #expect(signal?.state == state)
    #expect(signal?.concern?(.ja) == concern)
  }
}

/// Typst on this machine; without it the PDF is not tried.
private let hasTypst = (try? PdfMaker.find(environment: ProcessInfo.processInfo.environment)) != nil

@Suite("緊急時の紙")
struct EmergencyPaperTests {
  @Test("役割や事業者が多くても少なくても、A4の1枚である", .enabled(if: hasTypst, "typst がない"), arguments: [0, 4, 12, 90])
  func onePage(count: Int) async throws {
    let long = String(repeating: "医療情報システムの運用を受け持つ当番の係", count: 3)
    let contacts = (0..<count).map { contact($0 % 2 == 0 ? "inside" : "prefecture", "連絡先\($0)") }
    let found = try sheet(
      [role("operations", String(long.prefix(60)), yamamoto), role("safety-manager", "責任者", yamamoto)],
      contacts,
      vendors: count)
    let bytes = try await found.pdf(.ja, environment: ProcessInfo.processInfo.environment)
    #expect(try await Pdf.pages(bytes) == 1)
    #expect(try await Pdf.text(bytes).contains("緊急時の連絡体制図"))
  }
}

@Suite("人・役割・連絡先の台帳と、緊急時の画面")
struct EmergencyPagesTests {
  /// The id of the person of that name.
  private static func person(_ app: TestApp, _ name: String) async throws -> String {
    let found = try await app.scope.read { tx in try tx.people().first { $0.name == name }?.id.text }
    return try #require(found)
  }

  private static func add(
    _ app: TestApp, _ register: String, _ fields: [(String, String)]
  ) async throws -> String {
    let answer = try await app.post("/registers/\(register)", fields)
    #expect(answer.status == 303)
    return String(try #require(answer.location).prefix { $0 != "?" })
  }

  /// Someone who runs the systems, a deputy, an authority and a vendor.
  private static func arrange(_ app: TestApp) async throws {
    _ = try await add(
      app, "people",
      [("name", "田中"), ("job", "係長"), ("phoneDay", "内線 2190"), ("phoneNight", "080-0000-0100")])
    _ = try await add(app, "people", [("name", "鈴木"), ("phoneDay", "内線 2191")])
    _ = try await add(
      app, "roles",
      [
        ("name", "情報システム係"), ("kind", "operations"), ("person", try await person(app, "田中")),
        ("deputy", try await person(app, "鈴木")),
      ])
    _ = try await add(
      app, "contacts", [("name", "県警察"), ("kind", "police"), ("phoneDay", "00-0000-0401")])
    _ = try await add(
      app, "vendors", [("name", "ひまわり情報システム"), ("nightPhone", "0120-000-102")])
  }

  @Test("台帳が空なら、何から書くかを示し、届け出先の名前を一度に入れられる", arguments: Engine.available)
  func empty(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let page = try await app.get("/emergency")
      #expect(
        page.status == 200 && page.body.contains("href=\"/registers/roles\"")
          && !page.body.contains("<svg class=\"chart\""))
      let added = try await app.post("/emergency/contacts", [])
      #expect(added.status == 303 && added.location == "/registers/contacts?changed=5")
      let list = try await app.get("/registers/contacts")
      #expect(list.body.contains("個人情報保護委員会") && list.body.contains("速報 3〜5日以内"))
      // Numbers are the hospital's to look up: none is made up.
      let numbered = try await app.scope.read { tx in
        try tx.entries(Contacts.register).filter { $0.entry.hasNumber }.count
      }
      #expect(numbered == 0)
      #expect(try await app.post("/emergency/contacts", []).location == "/registers/contacts?changed=0")
    }
  }

  @Test("役割と連絡先と事業者から図と電話の表ができ、足りないものを示す", arguments: Engine.available)
  func drawn(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.arrange(app)
      let page = try await app.get("/emergency")
      for words in ["① 情報システム係", "係長 田中", "夜間・休日 080-0000-0100", "代行 鈴木 内線 2191", "ひまわり情報システム", "県警察"] {
        #expect(page.body.contains(words), "\(words)")
      }
      #expect(page.body.contains("href=\"tel:08000000100\""))
      #expect(page.body.contains("内線 2190 に電話します。"))
      #expect(page.body.contains("href=\"/registers/roles/new?kind=safety-manager\""))
      #expect(page.body.contains("class=\"nav-emergency\""))
      let calm = try await app.get("/emergency", as: .staff)
      #expect(calm.status == 200 && calm.body.contains("県警察") && !calm.body.contains("/registers/"))
      #expect(!page.body.contains("{"))
    }
  }

  @Test("だれの権限もない人と、ほかの施設の人には出ない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.arrange(app)
      let role = try await Self.add(app, "roles", [("name", "教育の担当"), ("kind", "training")])
      #expect(try await app.post("/emergency/contacts", [], as: .staff).status == 403)
      #expect(try await app.post("/emergency/contacts", [], as: .auditor).status == 403)
      #expect(try await app.get("/registers/people", as: .staff).status == 403)
      #expect(try await app.get("/emergency", as: .nobody).status == 303)
      #expect(try await app.get(role, as: .stranger).status == 404)
      let theirs = try await app.get("/emergency", as: .stranger)
      #expect(theirs.status == 200 && !theirs.body.contains("県警察") && !theirs.body.contains("080-0000-0100"))
      for register in ["people", "roles", "contacts", "departments", "places"] {
        let list = try await app.get("/registers/\(register)", as: .stranger)
        #expect(list.status == 200 && !list.body.contains("田中") && !list.body.contains("県警察"))
      }
    }
  }

  @Test("何人・何社あっても、決まった数の問い合わせで出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.arrange(app)
      let person = "/registers/people/\(try await Self.person(app, "田中"))"
      let paths = [
        "/emergency", "/registers/people", "/registers/roles", "/registers/contacts",
        "/registers/departments",
        "/registers/places", person,
      ]
      var counts: [String: Int] = [:]
      for path in paths {
        _ = try await app.get(path)
        let before = app.database.statementCount
        #expect(try await app.get(path).status == 200)
        counts[path] = app.database.statementCount - before
      }
      for (path, count) in counts { #expect(count <= 8, "\(path) took \(count)") }
      let tanaka = try await Self.person(app, "田中")
      for index in 0..<70 {
        try await Vendors.register.add(["name": "事業者\(index)"], .ja, in: app.scope)
        try await Roles.register.add(
          ["name": "役割\(index)", "kind": "privacy", "person": tanaka], .ja, in: app.scope)
        try await Departments.register.add(["name": "部署\(index)", "head": tanaka], .ja, in: app.scope)
      }
      for (path, count) in counts {
        let before = app.database.statementCount
        _ = try await app.get(path)
        #expect(app.database.statementCount - before == count, "\(path)")
      }
      #expect(try await app.get(person).body.contains("/registers/roles?person=\(tanaka)"))
      #expect(try await app.get("/registers/roles?person=\(tanaka)").body.contains("71件が当てはまります"))
    }
  }

  @Test("担当と代行は別の人にし、担当のいない役割は気がかりになる", arguments: Engine.available)
  func deputies(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await Self.arrange(app)
      let tanaka = try await Self.person(app, "田中")
      let same = try await app.post(
        "/registers/roles", [("name", "訓練"), ("person", tanaka), ("deputy", tanaka)])
      #expect(same.status == 422 && same.body.contains("「代行」は「担当」とは別にしてください"))
      let alone = try await Self.add(app, "roles", [("name", "訓練"), ("person", tanaka)])
      let record = try await app.get(alone)
      #expect(record.body.contains("代行がいない") && record.body.contains("連絡がつくか確かめていない"))
    }
  }
}
