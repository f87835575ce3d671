import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

private let moment = Instant(milliseconds: 1_795_000_000_000)

private func made(_ body: String = "# 目的\n守ります。") throws -> DocumentVersion {
  try DocumentVersion(
    id: DocumentVersion.ID(at: moment), of: Entry.ID(at: moment), number: 1, body: body, summary: "",
    by: "田中",
    at: moment)
}

private func decision(_ remark: String = "") -> DocumentVersion.Decision {
  DocumentVersion.Decision(by: "山本", role: "management", at: moment, remark: remark, ledger: 10)
}

@Suite("文書の版")
struct DocumentVersionTests {
  @Test("下書き、承認待ち、承認済みの順に進み、承認した文はもう変わらない")
  func approval() throws {
    let asked = try made().askedForApproval()
    #expect(asked.state == .asked)
    #expect(throws: DocumentRefusal.notADraft) { try asked.askedForApproval() }
    let approved = try asked.approved(decision())
    #expect(approved.state == .approved && !approved.isOpen && approved.decision?.by == "山本")
    #expect(throws: DocumentRefusal.alreadyApproved) {
      try approved.revised(body: "別の文", summary: "", by: "田中", at: moment)
    }
    #expect(throws: DocumentRefusal.alreadyApproved) { try approved.approved(decision()) }
  }

  @Test("差し戻しには一言が要り、直すと下書きに戻る")
  func givenBack() throws {
    let asked = try made().askedForApproval()
    #expect(throws: DocumentRefusal.noRemark) { try asked.returned(decision()) }
    let returned = try asked.returned(decision("対象を書いてください"))
    #expect(returned.state == .returned)
    let revised = try returned.revised(body: "直した文", summary: "対象を書いた", by: "田中", at: moment)
    #expect(revised.state == .draft && revised.version == returned.version + 1)
    #expect(throws: DocumentRefusal.notAsked) { try revised.returned(decision("もう一度")) }
  }

  @Test(
    "月を足すと、無い日は月末になる",
    arguments: [
      (2027, 1, 31, 1, "2027-02-28"), (2026, 11, 21, 12, "2027-11-21"), (2027, 3, 31, -1, "2027-02-28"),
      (2026, 12, 5, 1, "2027-01-05"),
    ])
  func months(year: Int, month: Int, day: Int, adding: Int, expected: String) throws {
    #expect("\(try #require(Day(year, month, day)).adding(months: adding))" == expected)
  }

  @Test("空の文と長すぎる文は断る")
  func lengths() throws {
    #expect(throws: DocumentRefusal.noBody) { try made(" \n ") }
    let most = DocumentVersion.mostCharacters
    #expect(throws: DocumentRefusal.bodyTooLong(most: most)) {
      try made(String(repeating: "あ", count: most + 1))
    }
    #expect(try made(String(repeating: "あ", count: most)).body.count == most)
  }

  @Test("見出し、箇条書き、段落に分かれる")
  func blocks() {
    let text = "# 目的\n守ります。\n続き\n\n- 一つ\n・二つ\n\n- 三つ\n## 小見出し"
    #expect(
      DocumentBody.blocks(of: text) == [
        .heading("目的"), .paragraph(["守ります。", "続き"]), .points(["一つ", "二つ"]), .points(["三つ"]),
        .subheading("小見出し"),
      ])
    #expect(DocumentBody.html("<script>").text.contains("&lt;script&gt;"))
  }

  @Test("二つの版の違いは、増えた行となくなった行になる")
  func changes() {
    let changes = DocumentBody.changes(from: "一\n二\n三", to: "一\n三\n四")
    #expect(changes == [.init(isAdded: false, line: "二"), .init(isAdded: true, line: "四")])
    #expect(DocumentBody.changes(from: "一\n\n二", to: "一\n二").isEmpty)
  }

  @Test("書き出しの文は、どれも題と種類と本文を持つ", arguments: DocumentStarters.Set.allCases)
  func starters(set: DocumentStarters.Set) throws {
    let all = try DocumentStarters.all(set)
    #expect(all.count >= 5 && Set(all.map(\.number)).count == all.count)
    for starter in all {
      let kind = try #require(Documents.register.field("kind")?.kind)
      guard case .choice(let choices) = kind else { continue }
      #expect(choices.contains { $0.value == starter.kind }, "\(starter.number)")
      #expect(starter.derivedFrom.map { id in Registry.all.contains { $0.id == id } } ?? true)
      let blocks = DocumentBody.blocks(of: starter.body)
      #expect(blocks.count >= 4 && blocks.contains { if case .heading = $0 { true } else { false } })
    }
  }
}

@Suite("文書の画面")
struct DocumentPagesTests {
  /// A document with its first draft; gives the record's id and the version's path.
  private func drafted(_ app: TestApp, body: String = "# 目的\n守ります。") async throws -> (
    document: String, version: String
  ) {
    let added = try await app.post(
      "/registers/documents",
      [("number", "規-01"), ("title", "使い方の決まり"), ("kind", "rule"), ("derivedFrom", "devices")],
      as: .itStaff)
    let record = String(try #require(added.location).prefix { $0 != "?" })
    let id = String(try #require(record.split(separator: "/").last))
    let draft = try await app.post(
      "/documents/\(id)/versions", [("body", body), ("summary", "初版")], as: .itStaff)
    #expect(draft.status == 303)
    return (id, try #require(draft.location))
  }

  @Test("承認すると台帳に版と日と承認者が入り、気がかりが消える", arguments: Engine.available)
  func approving(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, version) = try await drafted(app)
      let before = try await app.get("/registers/documents/\(id)")
      #expect(before.body.contains("承認がない"))
      let asked = try await app.post("\(version)/request", [("version", "1")], as: .itStaff)
      #expect(asked.status == 303)
      let forbidden = try await app.post("\(version)/approval", [("version", "2")], as: .itStaff)
      #expect(forbidden.status == 403)
      let approved = try await app.post(
        "\(version)/approval", [("version", "2"), ("months", "12")], as: .management)
      #expect(approved.status == 303)
      let entry = try await app.scope.read { tx in
        try tx.entries(Documents.register).map(\.entry).first
      }
      let values = try #require(entry).values
      let today = app.scope.now.day
      #expect(
        values["edition"] == "1" && values["approvedOn"] == "\(today)" && values["status"] == "in-force")
      #expect(values["nextCheckOn"] == "\(today.adding(months: 12))")
      let page = try await app.get("/registers/documents/\(id)")
      #expect(!page.body.contains("承認がない") && page.body.contains("承認済み"))
      // What was read stays what was read.
      let late = try await app.post(
        version, [("body", "別の文"), ("summary", ""), ("version", "3")], as: .itStaff)
      #expect(late.status == 409)
    }
  }

  @Test("見直しの日に、担当へ一度だけ知らせ、ホームに並ぶ。廃止した文書は黙る", arguments: Engine.available)
  func review(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let people = try await app.scope.read { try $0.people() }
      let owner = try #require(people.first { $0.name == "itStaff" }).id
      for (number, status, person) in [
        ("規-1", "in-force", "itStaff"), ("規-2", "in-force", ""), ("規-3", "abolished", ""),
      ] {
        try await Documents.register.add(
          [
            "number": number, "title": "題\(number)", "status": status, "owner": person,
            "nextCheckOn": "2026-03-10",
          ],
          .ja, in: app.scope)
      }
      app.now = try #require(Day(2026, 3, 10)).start.adding(minutes: 9 * 60)
      let installation = Installation(app.database)
      let rows = try await installation.takeDue(now: app.now).filter { $0.kind == "documents.review" }
      #expect(rows.count == 2)
      for _ in 0..<2 { for row in rows { try await Notices.due[row.kind]?(row, app.scope) } }
      _ = try await installation.deliver(now: app.now)
      var told: [String: [PersonID]] = [:]
      for person in people {
        let inbox = try await app.scope.read { try $0.inbox(of: person.id) }
        for message in inbox { told[message.arguments[0], default: []].append(person.id) }
      }
      #expect(told["題規-1"] == [owner])
      let keepers = people.filter { ["administrator", "itStaff"].contains($0.name) }.map(\.id)
      #expect(told["題規-2"].map(Set.init) == Set(keepers) && told["題規-3"] == nil)
      app.forgetCookie(of: .itStaff)
      let home = try await app.get("/")
      #expect(home.body.contains("題規-1") && home.body.contains("中身を見直して、次の見直し日を決めます"))
      #expect(!home.body.contains("題規-3"))
    }
  }

  @Test("承認のあとで元の台帳が変わると、古くなった印が付く", arguments: Engine.available)
  func outdated(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, version) = try await drafted(app)
      _ = try await app.post("\(version)/approval", [("version", "1")], as: .management)
      let fresh = try await app.get("/registers/documents/\(id)")
      #expect(fresh.body.contains("台帳は変わっていません") && !fresh.body.contains("台帳と合わない"))
      let device = try await app.post(
        "/registers/devices", [("number", "PC-1"), ("name", "受付")], as: .itStaff)
      #expect(device.status == 303)
      let moved = try await app.get("/registers/documents/\(id)")
      #expect(moved.body.contains("台帳と合わない"))
    }
  }

  @Test("二人が同じ下書きを直すと、後の人の文は残って両方が見える", arguments: Engine.available)
  func conflict(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (_, version) = try await drafted(app)
      let first = try await app.post(
        version, [("body", "先の文"), ("summary", ""), ("version", "1")], as: .itStaff)
      #expect(first.status == 303)
      let second = try await app.post(
        version, [("body", "後の文"), ("summary", ""), ("version", "1")], as: .administrator)
      #expect(second.status == 409 && second.body.contains("後の文") && second.body.contains("先の文"))
      #expect(second.body.contains("name=\"version\" value=\"2\""))
    }
  }

  @Test("配られた人は読んだと記録でき、配られていない人には断る", arguments: Engine.available)
  func reading(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (_, version) = try await drafted(app)
      let early = try await app.post("\(version)/readers", [("everybody", "1")], as: .itStaff)
      #expect(early.status == 422)
      let hidden = try await app.get(version, as: .staff)
      #expect(hidden.status == 404)
      _ = try await app.post("\(version)/approval", [("version", "1")], as: .management)
      let stranger = try await app.post("\(version)/reading", [], as: .staff)
      #expect(stranger.status == 403)
      let handed = try await app.post("\(version)/readers", [("everybody", "1")], as: .itStaff)
      #expect(handed.status == 303)
      let list = try await app.get("/documents/reading", as: .staff)
      #expect(list.body.contains("使い方の決まり") && list.body.contains("まだ"))
      let read = try await app.post("\(version)/reading", [], as: .staff)
      #expect(read.status == 303)
      // Pressing twice changes nothing and is no fault.
      let again = try await app.post("\(version)/reading", [], as: .staff)
      #expect(again.status == 303)
      let entries = try await app.scope.read { try $0.recentEntries(limit: 20) }
      #expect(entries.count { $0.action == "document.read" } == 1)
      let other = try await app.get(version, as: .stranger)
      #expect(other.status == 404)
    }
  }

  @Test("書き出しの文は下書きとして入り、二度取り込んでも増えない", arguments: Engine.available)
  func starters(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let all = try DocumentStarters.all(.clinic)
      let fields = [("set", "clinic")] + all.map { ("number", $0.number) }
      let first = try await app.post("/documents/starters", fields, as: .itStaff)
      #expect(first.location?.hasSuffix("taken=\(all.count)") == true)
      let second = try await app.post("/documents/starters", fields, as: .itStaff)
      #expect(second.location?.hasSuffix("taken=0") == true)
      let none = try await app.post("/documents/starters", [("set", "clinic")], as: .itStaff)
      #expect(none.status == 422)
      let count = try await app.scope.read { try $0.entries(Documents.register).count }
      #expect(count == all.count)
    }
  }

  @Test("版のある文書は台帳から外せない", arguments: Engine.available)
  func removal(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, _) = try await drafted(app)
      let answer = try await app.post("/registers/documents/\(id)/removal", [("version", "1")], as: .itStaff)
      #expect(answer.status == 409)
      let page = try await app.get("/registers/documents/\(id)")
      #expect(page.status == 200)
    }
  }

  @Test("版や読む人がいくらあっても、問い合わせは8つまで", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, version) = try await drafted(app)
      _ = try await app.post("\(version)/approval", [("version", "1")], as: .management)
      _ = try await app.post("\(version)/readers", [("everybody", "1")], as: .itStaff)
      for path in ["/registers/documents/\(id)", version, "/documents/reading", "/documents/starters"] {
        let before = app.database.statementCount
        let page = try await app.get(path)
        let statements = app.database.statementCount - before
        #expect(page.status == 200 && statements <= 8, "\(path): \(statements)")
      }
    }
  }
}
