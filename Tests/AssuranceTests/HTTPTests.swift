import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

private func opened(_ app: TestApp) async throws -> Assessment {
  try await Assessments.open(
    form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
}

private let item = "r7-med-2-1"

@Suite("画面から答える")
struct HTTPTests {
  @Test("答えを保存すると記録が一件残り、経過に出る", arguments: Engine.available)
  func saving(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      let before = try await app.scope.verifyLedger().entries
      let saved = try await app.post(
        "/assessments/\(assessment.id)/answers/\(item)",
        [
          ("answer", "no"), ("on", "2026-02-24"), ("due", "2026-03-31"), ("note", "見積り中<b>"),
          ("version", "0"), ("then", "next"),
        ])
      #expect(saved.status == 303 && saved.location?.contains("item=r7-med-2-2") == true)
      let page = try await app.get("/assessments/\(assessment.id)?item=\(item)")
      #expect(page.status == 200 && page.body.contains("見積り中&lt;b&gt;") && !page.body.contains("見積り中<b>"))
      // One entry for the answer; signing in left its own.
      let entries = try await app.scope.read { try $0.recentEntries(limit: 10) }
      #expect(entries.filter { $0.action == "answer.save" }.map(\.actorName) == ["itStaff"])
      #expect(try await app.scope.verifyLedger().entries == before + 2)
    }
  }

  @Test("自動保存はJSONで答え、新しい版の番号を返す", arguments: Engine.available)
  func autosave(engine: Engine) async throws {
    struct Saved: Decodable {
      let version: Int
      let message: String
      let mark: String?
    }
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      let path = "/assessments/\(assessment.id)/answers/\(item)"
      let first = try await app.post(path, [("answer", "yes"), ("version", "0")], accept: "application/json")
      let saved = try JSONDecoder().decode(Saved.self, from: Data(first.bytes))
      #expect(
        first.status == 200 && saved.version == 1 && saved.mark == "done" && saved.message.contains("10:40"))
      let stale = try await app.post(path, [("answer", "no"), ("version", "0")], accept: "application/json")
      #expect(stale.status == 409 && stale.headers["content-type"] == "application/problem+json")
    }
  }

  @Test("二人が同じ項目を保存すると、両方を並べて見せ、選んだ方が残る", arguments: Engine.available)
  func conflict(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      let path = "/assessments/\(assessment.id)/answers/\(item)"
      _ = try await app.post(
        path, [("answer", "yes"), ("note", "先の人"), ("version", "0")], as: .administrator)
      let second = try await app.post(path, [("answer", "no"), ("note", "後の人"), ("version", "0")])
      #expect(second.status == 409 && second.body.contains("先の人") && second.body.contains("後の人"))
      let kept = try await app.post(
        path, [("answer", "no"), ("note", "後の人"), ("version", try #require(second.hidden("version")))])
      #expect(kept.status == 303)
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      #expect(overview.standing.answers[item]?.note == "後の人")
    }
  }

  @Test("年度の外の目標日は欄のそばで断り、入力を残す", arguments: Engine.available)
  func refusal(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      let refused = try await app.post(
        "/assessments/\(assessment.id)/answers/\(item)",
        [("answer", "no"), ("due", "2026-04-10"), ("note", "消えてはいけない文"), ("version", "0")])
      #expect(refused.status == 422 && refused.body.contains("消えてはいけない文"))
      #expect(refused.body.contains("id=\"due-error\"") && refused.body.contains("令和8年3月31日"))
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      #expect(overview.standing.answers[item] == nil)
    }
  }

  @Test(
    "役割と施設の外の人には開かない",
    arguments: [
      (TestApp.Who.management, 403), (.auditor, 403), (.staff, 403), (.stranger, 404), (.contributor, 403),
    ])
  func closed(who: TestApp.Who, status: Int) async throws {
    for engine in Engine.available {
      try await TestApp.run(on: engine) { app in
        let assessment = try await opened(app)
        let answer = try await app.post(
          "/assessments/\(assessment.id)/answers/\(item)", [("answer", "yes"), ("version", "0")], as: who)
        #expect(answer.status == status)
        let page = try await app.get("/assessments/\(assessment.id)", as: who)
        #expect(page.status == (who == .stranger ? 404 : who == .staff ? 403 : 200))
      }
    }
  }

  @Test("担当者は、担当か副担当の項目だけに答え、証拠を加え、取り下げる", arguments: Engine.available)
  func contributor(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      _ = try await app.cookie(of: .contributor)
      let people = try await app.scope.read { try $0.people() }
      let mine = try #require(people.first { $0.name == "contributor" }).id
      let somebody = try #require(people.first { $0.name != "contributor" }).id
      let other = "r7-med-2-2"
      for (item, owner, deputy) in [(item, nil, mine), (other, Optional(somebody), nil)] {
        try await Assessments.save(
          Answer.Draft(value: .no, owner: owner, deputy: deputy), item: item, of: assessment.id, version: 0,
          library: app.library, in: app.scope)
      }
      let base = "/assessments/\(assessment.id)"
      let saved = try await app.post(
        "\(base)/answers/\(item)", [("answer", "yes"), ("deputy", mine.text), ("version", "1")],
        as: .contributor)
      #expect(saved.status == 303)
      let proof = try await app.post("\(base)/answers/\(item)/proofs", [("text", "見た")], as: .contributor)
      #expect(proof.status == 303)
      let refused = try await app.post(
        "\(base)/answers/\(other)", [("answer", "yes"), ("version", "1")], as: .contributor)
      #expect(refused.status == 403 && refused.body.contains("ほかの人が受け持つ項目です"))
      for (path, fields) in [("proofs", [("text", "見た")]), ("rounds", []), ("ground", [("version", "1")])] {
        let answer = try await app.post("\(base)/answers/\(other)/\(path)", fields, as: .contributor)
        #expect(answer.status == 403, "\(path)")
      }
      let own = try await app.get("\(base)?item=\(item)", as: .contributor)
      let others = try await app.get("\(base)?item=\(other)", as: .contributor)
      #expect(
        own.body.contains("\(base)/answers/\(item)\"") && !others.body.contains("\(base)/answers/\(other)\""))
      let proofs = try await app.scope.read { try $0.proofs(assessment.id) }
      let withdrawn = try await app.post(
        "/proofs/\(try #require(proofs.first).id)/withdrawal", [("reason", "違う")], as: .contributor)
      #expect(withdrawn.status == 303)
      _ = try await app.post("\(base)/answers/\(other)/proofs", [("text", "別の人の証拠")])
      let theirs = try await app.scope.read { try $0.proofs(assessment.id) }.first { $0.item == other }
      let kept = try await app.post(
        "/proofs/\(try #require(theirs).id)/withdrawal", [("reason", "違う")], as: .contributor)
      #expect(kept.status == 403)
    }
  }

  @Test("合い札のない送信と、サインインしていない送信は受け取らない")
  func gate() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await opened(app)
      let path = "/assessments/\(assessment.id)/answers/\(item)"
      #expect(try await app.post(path, [("answer", "yes"), ("version", "0")], token: "x").status == 403)
      let nobody = try await app.post(
        path, [("answer", "yes"), ("note", "残る文"), ("version", "0")], as: .nobody)
      #expect(nobody.status == 401 && nobody.body.contains("残る文"))
      #expect(try await app.get(path.replacing("/answers/\(item)", with: ""), as: .nobody).status == 303)
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      #expect(overview.standing.answers.isEmpty)
    }
  }

  @Test("証拠のHTMLは、画面として開かれない形で渡す")
  func proof() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await opened(app)
      let page = Array("<html><script>alert(1)</script></html>".utf8)
      let added = try await app.upload(
        "/assessments/\(assessment.id)/answers/\(item)/proofs", field: "file", name: "../../evil.html",
        bytes: page)
      #expect(added.status == 303)
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      let proof = try #require(overview.proofs.first)
      #expect(proof.title == "evil.html" && proof.bytes == page.count)
      let file = try await app.get("/proofs/\(proof.id)")
      #expect(file.bytes == page && file.headers["content-type"] == "application/octet-stream")
      #expect(file.headers["content-disposition"]?.hasPrefix("attachment") == true)
      #expect(file.headers["x-content-type-options"] == "nosniff")
      #expect(try await app.get("/proofs/\(proof.id)", as: .stranger).status == 404)
    }
  }

  @Test("どの画面も、行が多くても決まった数の問い合わせで出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      _ = try await app.get("/", as: .administrator)
      var counts: [String: Int] = [:]
      for path in [
        "/", "/assessments", "/assessments/\(assessment.id)?item=\(item)", "/reports/\(assessment.id)",
        "/people", "/inbox", "/ledger",
      ] {
        let before = app.database.statementCount
        #expect(try await app.get(path, as: .administrator).status == 200)
        counts[path] = app.database.statementCount - before
      }
      for (path, count) in counts { #expect(count <= 8, "\(path) took \(count)") }
      for index in 0..<200 {
        _ = try await People.add(name: "人\(index)", department: "", role: .staff, in: app.scope)
      }
      for (path, count) in counts {
        let before = app.database.statementCount
        _ = try await app.get(path, as: .administrator)
        #expect(app.database.statementCount - before == count, "\(path)")
      }
    }
  }

  @Test("目標日が近づくと、担当のお知らせに一度だけ届く", arguments: Engine.available)
  func reminder(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      let person = try #require(try await app.scope.read { try $0.people() }.first { $0.name == "itStaff" })
      _ = try await app.post(
        "/assessments/\(assessment.id)/answers/\(item)",
        [("answer", "no"), ("due", "2026-03-20"), ("owner", person.id.text), ("version", "0")])
      let installation = Installation(app.database)
      #expect(try await installation.takeDue(now: app.now).isEmpty)
      app.now = try #require(Day(2026, 3, 13)).start.adding(minutes: 9 * 60)
      let rows = try await installation.takeDue(now: app.now).filter { $0.kind != "ledger.checkpoint" }
      #expect(rows.map(\.kind) == ["assessments.target"])
      let handler = try #require(app.site.features.compactMap { $0.due["assessments.target"] }.first)
      for _ in 0..<2 { for row in rows { try await handler(row, app.scope) } }
      _ = try await installation.deliver(now: app.now)
      app.forgetCookie(of: .itStaff)
      let inbox = try await app.get("/inbox")
      #expect(inbox.body.components(separatedBy: "あと7日です").count == 2)
    }
  }

  @Test("報告のJSONに約束の項目がすべてあり、数が合う", arguments: Engine.available)
  func report(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      _ = try await app.post(
        "/assessments/\(assessment.id)/answers/\(item)",
        [("answer", "no"), ("due", "2026-02-01"), ("version", "0")])
      _ = try await app.post(
        "/assessments/\(assessment.id)/answers/r7-med-2-5", [("answer", "yes"), ("version", "0")])
      let reply = try await app.get("/reports/\(assessment.id)/management.json", as: .management)
      let json = try #require(try JSONSerialization.jsonObject(with: Data(reply.bytes)) as? [String: Any])
      for key in [
        "facility", "edition", "form", "fiscal_year", "rows", "marks", "overdue", "due_soon", "without_proof",
        "without_owner", "urgent", "national", "ledger_head",
      ] { #expect(json[key] != nil, "\(key)") }
      #expect(
        json["rows"] as? [String: Int] == [
          "total": 19, "yes": 1, "no": 1, "not_applicable": 0, "unanswered": 17, "unconfirmed": 0,
        ])
      #expect(json["marks"] as? [String: Int] == ["done": 1, "partly": 0, "undone": 1, "unanswered": 16])
      #expect(json["overdue"] as? [String] == [item])
      #expect(json["without_proof"] as? [String] == ["r7-med-2-5"])
      let urgent = try #require(json["urgent"] as? [[String: Any]])
      #expect(
        urgent.first?["item"] as? String == item
          && (urgent.first?["reason"] as? String)?.contains("23日") == true)
      let national = try #require(json["national"] as? [[String: Any]])
      let bcp = try #require(national.first { $0["metric"] as? String == "cyber-bcp" })
      #expect(bcp["value"] as? Double == 57 && bcp["year"] as? Int == 2025 && bcp["band"] as? String == "all")
    }
  }

  @Test("ない項目・ない人・NULの入った送信は断り、記録は合ったまま", arguments: Engine.available)
  func hostileBulk(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      let path = "/assessments/\(assessment.id)/changes"
      for item in ["x\u{0}y:0", "no-such-item:0"] {
        let answer = try await app.post(path, [("field", "due"), ("day", "2026-03-01"), ("item", item)])
        #expect(answer.status == 404)
      }
      let nobody = PersonID(at: .test).text
      let answer = try await app.post(path, [("field", "owner"), ("person", nobody), ("item", "\(item):0")])
      #expect(answer.status == 422)
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      #expect(overview.standing.answers.isEmpty)
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("どんな数が来ても画面は出る", arguments: ["-9223372036854775808", "9223372036854775807", "x", ""])
  func hugeNumbers(text: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await opened(app)
      let page = try await app.get("/assessments/\(assessment.id)?changed=\(text)&imported=\(text)")
      #expect(page.status == 200)
    }
  }

  @Test("まとめて直すのと一つずつ保存するのが重なっても、詰まらない", arguments: Engine.available)
  func noDeadlock(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await opened(app)
      let form = try app.library.form("med", of: assessment.pack)
      let rows = form.rows.map(\.id)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for round in 0..<4 {
          group.addTask {
            let change = Assessments.BulkChange(field: .due, value: "2026-03-\(10 + round)")
            let versions = try await app.scope.read { _ in rows.map { (item: $0, version: round) } }
            // Someone else may be faster, which is no fault; anything else is.
            do {
              try await Assessments.saveAll(
                change, items: versions, of: assessment.id, library: app.library, in: app.scope)
            } catch is Stale {}
          }
          for item in rows.reversed() {
            group.addTask {
              do {
                try await Assessments.save(
                  Answer.Draft(value: .yes, note: "\(round)"), item: item, of: assessment.id, version: round,
                  library: app.library, in: app.scope)
              } catch is Assessments.Conflict {}
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("証拠は、一つでも受け取れなければ一つも残さない")
  func proofsTogether() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await opened(app)
      let answer = try await app.post(
        "/assessments/\(assessment.id)/answers/\(item)/proofs", [("text", "あり"), ("link", "not a link")])
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      #expect(answer.status == 422 && overview.proofs.isEmpty)
    }
  }

  @Test("取り込みは、ファイルにない列の内容を消さず、空の答えで答えを消さない")
  func importKeeps() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await opened(app)
      for id in ["r7-med-2-1", "r7-med-2-2"] {
        try await Assessments.save(
          Answer.Draft(value: .yes, confirmedOn: Day(2025, 6, 1), note: "残る"), item: id, of: assessment.id,
          version: 0,
          library: app.library, in: app.scope)
      }
      let file = Array("番号,回答,担当者\n2-①,いいえ,新人\n2-②,,新人\n".utf8)
      let preview = try await Exchange.preview(
        file, named: "a.csv", into: assessment.id, library: app.library, in: app.scope)
      #expect(try await Exchange.apply(preview, stamp: preview.stamp, in: app.scope) == 2)
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      let first = try #require(overview.standing.answers["r7-med-2-1"])
      let second = try #require(overview.standing.answers["r7-med-2-2"])
      #expect(first.value == .no && first.note == "残る" && first.confirmedOn == Day(2025, 6, 1))
      #expect(second.value == .yes && overview.person(second.owner)?.name == "新人")
      await #expect(throws: Stale.self) {
        _ = try await Exchange.apply(preview, stamp: preview.stamp, in: app.scope)
      }
    }
  }

  @Test("いちどに大勢で試しても、待ち時間はすり抜けられない", arguments: Engine.available)
  func parallelGuessing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.cookie(of: .itStaff)
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<12 {
          group.addTask {
            try await app.post("/sign-in", [("login", "auditor"), ("password", "wrong")], as: .itStaff).status
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.count { $0 == 422 } == 5 && statuses.count { $0 == 429 } == 7)
    }
  }

  @Test("探り当てる人には少しずつ長く待たせる")
  func lockout() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let wrong = {
        try await app.post("/sign-in", [("login", "auditor"), ("password", "wrong")], as: .itStaff)
      }
      _ = try await app.cookie(of: .itStaff)
      for _ in 0..<5 { #expect(try await wrong().status == 422) }
      #expect(try await wrong().status == 429)
      app.now = app.now.adding(minutes: 2)
      #expect(try await wrong().status == 422)
    }
  }
}
