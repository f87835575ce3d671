import Foundation
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

private let dayMs: Int64 = 86_400_000

@Suite("事業者への依頼と回答")
struct RequestTests {
  @Test("答え、付け、渡し、戻され、直し、渡し、終わるまで", arguments: Engine.available)
  func wholeWay(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask()
      let cookie = try await app.open(asked)
      let items = try await app.items(of: asked)
      let nothing = try await app.post("\(asked.sheet)/handover", [], as: .nobody, link: cookie)
      #expect(nothing.status == 422 && nothing.body.contains("まだ渡すものがありません"))
      try await app.answerAll(asked, cookie)
      let missing = try await app.get("\(asked.sheet)/handover", as: .nobody, link: cookie)
      #expect(missing.body.contains("すべての項目に答えがあります"))

      let sent = try await app.upload(
        "\(asked.sheet)/files", field: "file", name: "../../証明書.pdf", bytes: Array("%PDF-1.7 x".utf8),
        as: .nobody,
        link: cookie)
      #expect(sent.status == 303)
      let page = try await app.get(asked.sheet, as: .nobody, link: cookie)
      let path = try #require(page.body.firstMatch(of: /\/v\/sheets\/[0-9a-f-]{36}\/files\/[0-9a-f-]{36}/)).0
      let file = try await app.get(String(path), as: .nobody, link: cookie)
      #expect(file.status == 200 && file.headers["content-type"] == "application/pdf")
      #expect(file.headers["content-disposition"]?.hasPrefix("attachment") == true)
      let elsewhere = try await app.get(String(path), as: .nobody)
      #expect(elsewhere.status == 404)

      try await app.handIn(asked, cookie)
      let late = try await app.post(
        "\(asked.sheet)/answers/\(items[0])", [("version", "1"), ("answer", "no")], as: .nobody, link: cookie)
      #expect(late.status == 409)
      let readOnly = try await app.get(asked.sheet, as: .nobody, link: cookie)
      #expect(readOnly.body.contains("病院に渡しました") && !readOnly.body.contains("<textarea"))

      let empty = try await app.post("\(asked.own)/return", [("remark", "")])
      #expect(empty.status == 422)
      let returned = try await app.post("\(asked.own)/return", [("remark-\(items[1])", "根拠の文書を付けてください")])
      #expect(returned.status == 303)
      let back = try await app.get(asked.sheet, as: .nobody, link: cookie)
      #expect(back.body.contains("根拠の文書を付けてください") && back.body.contains("病院から戻ってきました"))
      let mended = try await app.post(
        "\(asked.sheet)/answers/\(items[1])", [("version", "1"), ("answer", "no"), ("until", "2026-09-30")],
        as: .nobody, link: cookie)
      #expect(mended.status == 303)
      try await app.handIn(asked, cookie)
      let closed = try await app.post("\(asked.own)/closure", [])
      #expect(closed.status == 303)
      let own = try await app.request(asked.request)
      #expect(own.state == .closed && own.handedInBy == "森(ひまわり情報システム)")
      let history = try await app.scope.read { try $0.history(of: "request:\(asked.request)") }
      let actors = Set(history.filter { $0.action == "request.hand-in" }.map(\.actor))
      #expect(actors == ["link:\(asked.request)"])
      let beside: Set<String> = ["request.remark", "file.add"]
      let actions: [String] = history.reversed().map(\.action).filter { !beside.contains($0) }
      let expected: [String] = [
        "request.make", "request.link", "request.send", "request.open", "request.begin", "request.answer",
        "request.hand-in", "request.return", "request.hand-in", "request.close",
      ]
      #expect(actions == expected)
    }
  }

  @Test("二人が同じ項目を直したら、両方を見せて選ばせる", arguments: Engine.available)
  func conflict(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask()
      let (mori, nishi) = (try await app.open(asked), try await app.open(asked, as: "西"))
      let item = try #require(try await app.items(of: asked).first)
      let path = "\(asked.sheet)/answers/\(item)"
      let first = try await app.post(
        path, [("version", "0"), ("answer", "yes"), ("note", "森の備考")], as: .nobody, link: mori)
      #expect(first.status == 303)
      let second = try await app.post(
        path, [("version", "0"), ("answer", "no"), ("note", "西の備考")], as: .nobody, link: nishi)
      #expect(second.status == 409 && second.body.contains("森の備考") && second.body.contains("西の備考"))
      #expect(second.body.contains("森(ひまわり情報システム)さんが先に保存"))
      let script = try await app.post(
        path, [("version", "0"), ("answer", "no")], as: .nobody, accept: "application/json", link: nishi)
      #expect(script.status == 409)
      let kept = try await app.post(
        path, [("version", try #require(second.hidden("version"))), ("answer", "no"), ("note", "西の備考")],
        as: .nobody,
        link: nishi)
      #expect(kept.status == 303)
      let answer = try await app.scope.read { try $0.sheetAnswer(asked.request, item) }
      #expect(answer?.note == "西の備考" && answer?.by == "西(ひまわり情報システム)" && answer?.version == 2)
    }
  }

  @Test("ほかの施設の人には開かず、読むだけの役割は直せない。リンクを知らない人はどこにも届かない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask()
      let cookie = try await app.open(asked)
      for path in ["", "/paper", "/workbook.xlsx", "/revocation", "/takeover"] {
        let answer = try await app.get(asked.own + path, as: .stranger)
        #expect(answer.status == 404, "\(path)")
      }
      for path in ["/closure", "/revocation", "/return", "/link"] {
        let strange = try await app.post(
          asked.own + path, [("expires", "2026-04-20"), ("remark", "x")], as: .stranger)
        #expect(strange.status == 404, "\(path)")
        let reader = try await app.post(asked.own + path, [], as: .management)
        #expect(reader.status == 403, "\(path)")
      }
      let read = try await app.get("/requests", as: .management)
      #expect(read.status == 200 && !read.body.contains("/requests/new"))
      let staff = try await app.get("/requests", as: .staff)
      #expect(staff.status == 403)
      let strange = try await app.get("/requests", as: .stranger)
      #expect(!strange.body.contains("ひまわり"))
      // The cookie of a link is no session.
      for path in ["/requests", "/assessments", "/registers/vendors", "/"] {
        let answer = try await app.get(path, as: .nobody, link: cookie)
        #expect(answer.status == 303 && answer.location?.hasPrefix("/sign-in") == true, "\(path)")
      }
      // Nor does one sheet lead to another's file.
      let other = try await app.ask("role-split", vendor: try await app.vendor("別の事業者"))
      let theirs = try await app.get(other.sheet, as: .nobody, link: cookie)
      #expect(theirs.status == 404)
    }
  }

  @Test("開いていないブラウザからは、大きなファイルを受け取らない")
  func uploads() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let asked = try await app.ask()
      let big = [UInt8](repeating: 65, count: 3 << 20)
      let refused = try await app.upload(
        "\(asked.sheet)/files", field: "file", name: "a.txt", bytes: big, as: .nobody)
      #expect(refused.status == 413)
      let cookie = try await app.open(asked)
      let taken = try await app.upload(
        "\(asked.sheet)/files", field: "file", name: "a.html", bytes: Array("<script>".utf8) + big,
        as: .nobody, link: cookie)
      #expect(taken.status == 303)
      let files = try await app.scope.read { try $0.files(of: "request:\(asked.request)") }
      #expect(files.map(\.mediaType) == ["application/octet-stream"])
      let empty = try await app.upload(
        "\(asked.sheet)/files", field: "file", name: "", bytes: [], as: .nobody, link: cookie)
      #expect(empty.status == 422)
    }
  }

  @Test("同じ依頼を二度送っても、手紙は一度しかできない", arguments: Engine.available)
  func sendingTwice(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let vendor = try await app.vendor()
      let fields = [
        ("form", "role-split"), ("form", "service-disclosure"), ("recipient", vendor), ("due", "2026-03-20"),
        ("expires", "2026-04-20"), ("batch", "b1"),
      ]
      let first = try await app.post("/requests", fields)
      #expect(first.status == 200 && first.body.matches(of: /class="sheet letter"/).count == 2)
      #expect(first.body.matches(of: /<svg class="qr"/).count == 2)
      let second = try await app.post("/requests", fields)
      #expect(second.status == 303 && second.location == "/requests?again=1")
      let list = try await app.get("/requests")
      #expect(list.body.contains("2件") && list.body.contains("0 / 10") && list.body.contains("0 / 11"))
    }
  }

  @Test(
    "作れない依頼は、わけを言い、選んだものを残す",
    arguments: [
      ("form", "", "依頼するものがありません"), ("recipient", "", "相手がありません"), ("due", "2026-02-01", "期日が過ぎています"),
      ("due", "来月", "日が読めません"), ("expires", "2026-03-01", "180日"), ("expires", "2027-02-01", "180日"),
    ])
  func refusals(field: String, value: String, words: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let vendor = try await app.vendor()
      var fields = [
        ("form", TestApp.checklist), ("recipient", vendor), ("due", "2026-03-20"), ("expires", "2026-04-20"),
        ("message", "残る言葉"),
      ]
      for index in fields.indices where fields[index].0 == field { fields[index].1 = value }
      let answer = try await app.post("/requests/preview", fields)
      #expect(answer.status == 422 && answer.body.contains(words) && answer.body.contains("残る言葉"))
    }
  }

  @Test("期日の前、当日、後に知らせ、受け取ったあとは知らせない", arguments: Engine.available)
  func reminders(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask(due: "2026-03-20", expires: "2026-06-20")
      let other = try await app.ask("role-split", due: "2026-03-20", vendor: try await app.vendor("みどり検査"))
      let cookie = try await app.open(other)
      let item = try #require(try await app.items(of: other).first)
      _ = try await app.post(
        "\(other.sheet)/answers/\(item)", [("version", "0"), ("answer", "yes")], as: .nobody, link: cookie)
      try await app.handIn(other, cookie)
      let due = try #require(Day("2026-03-20"))
      for (days, words) in [(-8, ""), (-7, "あと7日です"), (0, "今日が期日です"), (1, "1日過ぎても"), (8, "8日過ぎても")] {
        app.now = due.adding(days: days).start.adding(minutes: 9 * 60)
        app.forgetCookie(of: .itStaff)
        try await app.workOff()
        let inbox = try await app.get("/inbox")
        #expect(words.isEmpty || inbox.body.contains(words), "\(days)")
        #expect(!inbox.body.contains("みどり検査への"), "\(days)")
      }
      let count = try await app.scope.read { tx in
        try tx.people().filter { $0.name == "itStaff" }.map {
          try tx.inbox(of: $0.id).filter { $0.link.contains(asked.request.text) }.count
        }
      }
      #expect(count == [4])
      let page = try await app.get(asked.own)
      #expect(page.body.contains("id=\"reminder-text\""))
    }
  }

  @Test("書き出した表は、そのまま取り込むと何も変えず、記入したものは同じ答えになる", arguments: Engine.available)
  func workbooks(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for form in [TestApp.checklist, "service-disclosure", "role-split", "disclosure-file"] {
        let name = "事業者 \(form.prefix(6))"
        let asked = try await app.ask(form, vendor: try await app.vendor(name))
        let cookie = try await app.open(asked)
        let items = try await app.items(of: asked)
        for (index, item) in items.enumerated() {
          let value = ["yes", "no", "na"][index % 3]
          let fields = [
            ("version", "0"), ("answer", value), ("on", "2026-02-20"), ("until", "2029-12-31"),
            ("note", "備考 \(index)\n二行目"),
          ]
          let saved = try await app.post("\(asked.sheet)/answers/\(item)", fields, as: .nobody, link: cookie)
          #expect(saved.status == 303)
        }
        let book = try await app.get("\(asked.sheet)/workbook.xlsx", as: .nobody, link: cookie)
        #expect(book.status == 200)
        let same = try await app.upload(
          "\(asked.sheet)/workbook", field: "file", name: "a.xlsx", bytes: book.bytes, as: .nobody,
          link: cookie)
        #expect(same.status == 200 && same.body.contains("変わるところはありません"), "\(form)")
        #expect(!same.body.contains("取り込めない行"), "\(form)")

        // The workbook of someone who reads English is read just as well.
        let sheet = try await app.scope.read { try Requests.sheet(asked.request, library: app.library, $0) }
        let english = try SheetExchange.workbook(sheet, title: "Sheet", .en)
        let read = try SheetExchange.preview(english, named: "a.xlsx", into: sheet, today: app.now.day)
        #expect(read.drafts.isEmpty && read.plan.itemLines.count == items.count, "\(form)")

        // Into an empty sheet of the same kind: the same answers.
        let empty = try await app.ask(form, vendor: try await app.vendor("空の\(name)"))
        let preview = try await app.upload(
          "\(empty.own)/workbook", field: "file", name: "a.xlsx", bytes: book.bytes)
        #expect(preview.status == 200 && preview.body.contains("\(items.count)項目"), "\(form)")
        let applied = try await app.post(
          "\(empty.own)/workbook/answers",
          [
            ("upload", try #require(preview.hidden("upload"))),
            ("stamp", try #require(preview.hidden("stamp"))),
          ])
        #expect(applied.status == 303)
        let (one, two) = try await app.scope.read {
          (try $0.sheetAnswers(asked.request), try $0.sheetAnswers(empty.request))
        }
        #expect(one.mapValues { SheetAnswer.Draft($0) } == two.mapValues { SheetAnswer.Draft($0) })
        #expect(one.count == items.count)
      }
    }
  }

  @Test("プレビューのあとで答えが動いたら、取り込まない")
  func staleWorkbook() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let asked = try await app.ask("role-split")
      let cookie = try await app.open(asked)
      let csv = Array("番号,質問,答え\n1-1,x,はい\n1-2,x,いいえ\n".utf8)
      let preview = try await app.upload(
        "\(asked.sheet)/workbook", field: "file", name: "a.csv", bytes: csv, as: .nobody, link: cookie)
      #expect(preview.status == 200 && preview.body.contains("2項目"))
      let item = try #require(try await app.items(of: asked).first)
      _ = try await app.post(
        "\(asked.sheet)/answers/\(item)", [("version", "0"), ("answer", "no")], as: .nobody, link: cookie)
      let late = try await app.post(
        "\(asked.sheet)/workbook/answers",
        [
          ("upload", try #require(preview.hidden("upload"))),
          ("stamp", try #require(preview.hidden("stamp"))),
        ],
        as: .nobody, link: cookie)
      #expect(late.status == 409)
      let answers = try await app.scope.read { try $0.sheetAnswers(asked.request) }
      #expect(answers.count == 1 && answers[item]?.value == .no)
    }
  }

  @Test("紙の回答は、写しを付けるまで受け取りにならない", arguments: Engine.available)
  func paper(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask("role-split")
      let item = try #require(try await app.items(of: asked).first)
      let saved = try await app.post(
        "\(asked.own)/paper/answers/\(item)", [("version", "0"), ("answer", "yes"), ("by", "保守課 東")])
      #expect(saved.status == 303)
      let early = try await app.post("\(asked.own)/paper", [("by", "保守課 東")])
      #expect(early.status == 422 && early.body.contains("写したファイルがありません"))
      let scan = try await app.upload(
        "\(asked.own)/files", field: "file", name: "scan.pdf", bytes: Array("%PDF-1.4".utf8))
      #expect(scan.status == 303)
      let received = try await app.post("\(asked.own)/paper", [("by", "保守課 東")])
      #expect(received.status == 303)
      let request = try await app.request(asked.request)
      let answer = try await app.scope.read { try $0.sheetAnswer(asked.request, item) }
      #expect(request.state == .handedIn && request.handedInBy == "保守課 東" && answer?.source == .paper)
      let page = try await app.get(asked.own)
      #expect(page.body.contains("紙から"))
      let reader = try await app.get("\(asked.own)/paper", as: .auditor)
      #expect(reader.status == 403)
    }
  }

  @Test("渡した答えを、事業者が自分で別の病院の表に移す。病院どうしは知らない", arguments: Engine.available)
  func release(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let here = try await app.ask()
      let there = try await app.ask(as: .stranger)
      let cookie = try await app.open(here)
      try await app.answerAll(here, cookie)
      _ = try await app.upload(
        "\(here.sheet)/files", field: "file", name: "isms.pdf", bytes: Array("%PDF-1.4 isms".utf8),
        as: .nobody, link: cookie)

      // Not handed in yet, and not opened there: nothing flows.
      let kept = try await app.open(there, as: "森", cookie: cookie)
      #expect(kept == cookie)
      let early = try await app.get("\(there.sheet)/release/\(here.request)", as: .nobody, link: cookie)
      #expect(early.status == 404)
      try await app.handIn(here, cookie)
      let stranger = try await app.open(there, as: "別の人")
      let blind = try await app.get("\(there.sheet)/release/\(here.request)", as: .nobody, link: stranger)
      #expect(blind.status == 404)

      let choose = try await app.get("\(there.sheet)/release", as: .nobody, link: cookie)
      #expect(choose.status == 200 && choose.body.contains("みなと総合病院"))
      let preview = try await app.get("\(there.sheet)/release/\(here.request)", as: .nobody, link: cookie)
      #expect(preview.status == 200)
      let theirScope = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      let untouched = try await theirScope.read { try $0.sheetAnswers(there.request) }
      #expect(untouched.isEmpty)
      let done = try await app.post(
        "\(there.sheet)/release/\(here.request)",
        [("stamp", try #require(preview.hidden("stamp"))), ("files", "1")],
        as: .nobody, link: cookie)
      #expect(done.status == 303)
      let (answers, files, entries) = try await theirScope.read {
        (
          try $0.sheetAnswers(there.request), try $0.files(of: "request:\(there.request)"),
          try $0.recentEntries(limit: 200)
        )
      }
      let items = try await app.items(of: here)
      #expect(
        answers.count == items.count
          && answers.values.allSatisfy { $0.value == .yes && $0.source == .release })
      #expect(files.map(\.title) == ["isms.pdf"])
      // Not handed in by itself, and without a word about the other hospital.
      let state = try await theirScope.read { try $0.request(there.request)?.state }
      #expect(state == .answering)
      let words = entries.map { "\($0.before ?? "")\($0.after ?? "")" }.joined()
      #expect(
        !words.contains("みなと") && !words.contains(here.request.text) && !words.contains(app.facility.id.text))
      let ours = try await app.scope.read { try $0.recentEntries(limit: 300) }.map { "\($0.after ?? "")" }
        .joined()
      #expect(!ours.contains(there.request.text))
    }
  }

  @Test("別の病院のリンクを貼り付けて開ける。読めないものは断る")
  func pastedLink() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let here = try await app.ask()
      let there = try await app.ask(as: .stranger)
      let cookie = try await app.open(here)
      let pasted = try await app.post(
        "\(here.sheet)/release", [("link", "https://m.example\(there.link) まで")], as: .nobody, link: cookie)
      #expect(pasted.status == 303 && pasted.location == there.link)
      let broken = try await app.post(
        "\(here.sheet)/release", [("link", "https://evil.example/x")], as: .nobody, link: cookie)
      #expect(broken.location == "\(here.sheet)/release?unread=1")
    }
  }

  @Test("渡されたチェックリストは、見てから当院の点検に移し、証拠が付く", arguments: Engine.available)
  func takeover(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask()
      let cookie = try await app.open(asked)
      try await app.answerAll(asked, cookie)
      let early = try await app.get("\(asked.own)/takeover")
      #expect(early.status == 409)
      try await app.handIn(asked, cookie)
      _ = try await app.post("\(asked.own)/closure", [])
      let none = try await app.get("\(asked.own)/takeover")
      #expect(none.status == 200 && none.body.contains("今年度の同じ版の点検がありません"))
      let opened = try await Assessments.open(
        form: "vendor", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope
      )
      let before = try await app.scope.read { try $0.answers(opened.id) }
      #expect(before.isEmpty)
      let preview = try await app.get("\(asked.own)/takeover")
      let done = try await app.post(
        "\(asked.own)/takeover", [("stamp", try #require(preview.hidden("stamp")))])
      #expect(done.status == 303 && done.location == "/assessments/\(opened.id)")
      let (answers, proofs) = try await app.scope.read {
        (try $0.answers(opened.id), try $0.proofs(opened.id))
      }
      let items = try await app.items(of: asked)
      #expect(answers.count == items.count && answers.values.allSatisfy { $0.value == .yes })
      #expect(
        proofs.count == items.count
          && proofs.allSatisfy { $0.body.contains("ひまわり情報システム") && $0.body.contains(asked.own) })
      let again = try await app.get("\(asked.own)/takeover")
      #expect(again.body.contains("変わるところはありません"))
    }
  }

  @Test("どの画面も、件数によらず八つまでの文で出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let vendor = try await app.vendor()
      let asked = try await app.ask(vendor: vendor)
      for _ in 0..<6 { _ = try await app.ask("role-split", vendor: vendor) }
      let cookie = try await app.open(asked)
      try await app.answerAll(asked, cookie)
      _ = try await app.upload(
        "\(asked.sheet)/files", field: "file", name: "a.pdf", bytes: Array("%PDF-1.4".utf8), as: .nobody,
        link: cookie)
      for path in ["/requests", asked.own, "\(asked.own)/paper", "/requests/new"] {
        let before = app.database.statementCount
        let answer = try await app.get(path)
        #expect(answer.status == 200)
        #expect(app.database.statementCount - before <= 8, "\(path) \(app.database.statementCount - before)")
      }
      for path in [asked.link, asked.sheet, "\(asked.sheet)/handover", "\(asked.sheet)/release"] {
        let before = app.database.statementCount
        _ = try await app.get(path, as: .nobody, link: cookie)
        #expect(app.database.statementCount - before <= 8, "\(path) \(app.database.statementCount - before)")
      }
    }
  }

  @Test("状態と事業者でしぼれ、期日を過ぎたものが数えられる")
  func overview() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let late = try await app.ask(due: "2026-02-26", vendor: try await app.vendor("おそい事業者"))
      _ = try await app.ask(due: "2026-06-20", expires: "2026-07-20", vendor: try await app.vendor("まだの事業者"))
      app.now = app.now.adding(milliseconds: 5 * dayMs)
      app.forgetCookie(of: .itStaff)
      let all = try await app.get("/requests")
      #expect(all.body.contains("おそい事業者") && all.body.contains("まだの事業者") && all.body.contains("3日過ぎ"))
      let overdue = try await app.get("/requests?state=overdue")
      #expect(overdue.body.contains(late.own) && overdue.body.matches(of: /<th scope="row"/).count == 1)
      let none = try await app.get("/requests?state=closed")
      #expect(none.body.contains("当てはまる依頼はありません"))
    }
  }
}
