import Foundation
import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

/// A small form of an invented product; answers by number.
private func form(_ answers: [(String, String, String)], edition: String = "Ver.5.0") -> [UInt8] {
  let head = ["製造業者による医療情報セキュリティ開示書 \(edition)", "製造業者名,みどり検査", "製品名,かくうPACS", "項番,設問,回答,備考"]
  let rows = answers.map { "\($0.0),設問の\($0.0)番,\($0.1),\($0.2)" }
  return Array((head + rows).joined(separator: "\n").utf8)
}

private let first = form([("1.1", "はい", ""), ("1.2", "いいえ", "来年"), ("1.3", "いいえ", ""), ("1.4", "対象外", "")])

private func prepare(_ scope: Scope) async throws {
  try await Vendors.register.add(["name": "みどり検査"], .ja, in: scope)
  try await Systems.register.add(
    ["name": "画像(PACS)", "vendor": "みどり検査", "hosting": "on-premises"], .ja, in: scope)
}

/// Reads a file through the pages and takes it in; gives the path of the disclosure.
private func take(
  _ app: TestApp, _ bytes: [UInt8], _ changes: [(String, String)] = [], expecting status: Int = 303
) async throws -> String {
  let preview = try await app.upload("/disclosures/import", field: "file", name: "pacs.csv", bytes: bytes)
  #expect(preview.status == 200)
  let fields = [
    ("upload", preview.hidden("upload") ?? ""), ("choice", preview.hidden("choice") ?? ""), ("kind", "mds"),
    ("product", "かくうPACS"), ("vendor", "みどり検査"), ("system", "画像(PACS)"), ("edition", "Ver.5.0"),
    ("receivedOn", "2026-02-20"),
  ]
  let all = fields.filter { field in !changes.contains { $0.0 == field.0 } } + changes
  let answer = try await app.post("/disclosures/import/apply", all)
  #expect(answer.status == status)
  return String((answer.location ?? "").prefix { $0 != "?" })
}

private let decision = [
  ("evaluation", "記録がないと原因が追えない"), ("treatment", "reduce"), ("explanation", "VPN装置の側で記録している"),
  ("decidedBy", "田中"), ("decidedOn", "2026-02-20"),
]

@Suite("開示書の画面")
struct DisclosurePagesTests {
  @Test("読み取ると台帳と答えとファイルが残り、判定と点検の根拠に出る", arguments: Engine.available)
  func taking(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app.scope)
      let empty = try await app.get("/disclosures")
      #expect(empty.body.contains("未入手"))
      let path = try await take(app, first)
      let record = try await app.get(path)
      #expect(record.status == 200 && record.body.contains("要リスク評価") && record.body.contains("設問の1.2番"))
      #expect(record.body.contains("原本で確認"))
      let overview = try await app.get("/disclosures")
      #expect(overview.body.contains("要リスク評価") && overview.body.contains("2件(備えの記録0件)"))
      let id = try #require(Entry.ID(String(path.split(separator: "/").last ?? "")))
      let file = try #require(try await app.scope.read { try $0.disclosureVersions(id).first?.file })
      #expect(try await app.get("\(path)/files/\(file)").bytes == first)
      let actions = try await app.scope.read { try $0.history(of: "disclosures:\(id)").map(\.action) }
      #expect(Set(actions) == ["register.add", "file.add", "disclosure.read"])
      let signal = try await app.scope.read { try Disclosures.signals["mds-sds"]?($0, app.now.day) }
      #expect(signal?.state == .met && signal?.ground == "systems=1 missing=0 lacking=2")
      #expect(try await app.scope.verifyLedger().ok)

      // What proves an answer stays.
      let removal = try await app.post("/registers/disclosures/\(id)/removal", [("version", "1")])
      #expect(removal.status == 409)
      #expect(try await app.get(path).status == 200)
    }
  }

  @Test("備えを書くと検査の説明に出る。書き足りなければ断り、打ったものは残る", arguments: Engine.available)
  func risks(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app.scope)
      let path = try await take(app, first)
      let page = try await app.get("\(path)/answers/1")
      #expect(page.status == 200 && page.body.contains("設問の1.2番") && page.body.contains("来年"))
      let base = [("question", "1.2"), ("version", "0")]
      let refused = try await app.post(
        "\(path)/answers/1", base + [("evaluation", "途中まで"), ("decidedOn", "2026-02-25")])
      #expect(refused.status == 422 && refused.body.contains("途中まで"))
      for field in ["treatment", "explanation", "decidedBy", "decidedOn"] {
        #expect(refused.body.contains("id=\"\(field)-error\""), "\(field)")
      }
      #expect(try await app.post("\(path)/answers/1", base + decision).status == 303)
      // The page was opened before someone else recorded it.
      let late = try await app.post(
        "\(path)/answers/1", base + decision.map { $0.0 == "evaluation" ? ($0.0, "あとの人の文") : $0 })
      #expect(late.status == 409 && late.body.contains("あとの人の文"))
      #expect(late.body.contains("ほかの人が先に保存しました") && late.hidden("version") == "1")
      let sheet = try await app.get("/disclosures/sheet")
      #expect(sheet.body.contains("VPN装置の側で記録している") && sheet.body.contains("備えの記録のない「いいえ」が1件"))
      #expect(sheet.body.contains("R8.2.20"))
      // はい has nothing to deal with.
      #expect(try await app.get("\(path)/answers/0").status == 404)
      #expect(try await app.get("\(path)/answers/99").status == 404)
    }
  }

  @Test("次の版は前の版と比べ、変わらない「いいえ」の備えだけを引き継ぐ。同じファイルは二度読まない", arguments: Engine.available)
  func newerVersion(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app.scope)
      let path = try await take(app, first)
      let id = String(path.split(separator: "/").last ?? "")
      for (position, question) in [(1, "1.2"), (2, "1.3")] {
        let saved = try await app.post(
          "\(path)/answers/\(position)", [("question", question), ("version", "0")] + decision)
        #expect(saved.status == 303)
      }
      _ = try await take(app, first, [("into", id)], expecting: 409)
      let second = form([("1.1", "いいえ", "撤去"), ("1.2", "いいえ", "再来年"), ("1.3", "はい", ""), ("1.5", "はい", "")])
      #expect(try await take(app, second, [("into", id)]) == path)
      let record = try await app.get(path)
      #expect(record.body.contains("答えが変わった項目 2件") && record.body.contains("「いいえ」になった"))
      #expect(record.body.contains("なくなった項目 1件") && record.body.contains("加わった項目 1件"))
      #expect(record.body.contains("記録のあとで事業者の説明が変わった"))
      let entry = try #require(Entry.ID(id))
      let risks = try await app.scope.read { try $0.disclosureRisks(entry) }
      #expect(risks.filter { $0.closedIn == nil }.map(\.question) == ["1.2"])
      #expect(risks.filter { $0.closedIn == 2 }.map(\.question) == ["1.3"])
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("見分けられないファイルは何も残さず、列を選べば読める", arguments: Engine.available)
  func correction(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app.scope)
      let odd = Array("甲,乙,丙\nZ1,設問,ok\nZ2,設問,いいえ\nZ3,設問,はい\n".utf8)
      let preview = try await app.upload("/disclosures/import", field: "file", name: "odd.csv", bytes: odd)
      #expect(preview.status == 200 && preview.body.contains("見分けられませんでした"))
      #expect(!preview.body.contains("/disclosures/import/apply"))
      let upload = try #require(preview.hidden("upload"))
      let none = try await app.post(
        "/disclosures/import/columns", [("upload", upload), ("sheet", "0"), ("sheetBefore", "0")])
      #expect(none.status == 422 && none.body.contains("項番の列と、答えの列"))
      let read = try await app.post(
        "/disclosures/import/columns",
        [
          ("upload", upload), ("sheet", "0"), ("sheetBefore", "0"), ("header", "1"), ("numberColumn", "0"),
          ("questionColumn", "1"), ("answerColumn", "2"),
        ])
      #expect(read.body.contains("3項目を記録する") && read.body.contains("答えとして読めない"))
      let count = try await app.scope.read { try $0.entryCounts([Disclosures.register]) }
      #expect(count == ["disclosures": 0])
      // Without a product's name nothing is taken.
      let refused = try await app.post(
        "/disclosures/import/apply",
        [("upload", upload), ("choice", read.hidden("choice") ?? ""), ("kind", "mds"), ("product", "")])
      #expect(refused.status == 422 && refused.body.contains("id=\"product-error\""))
      for (name, bytes) in [
        ("x.csv", []), ("x.xlsx", Array("PK\u{3}\u{4}broken".utf8)), ("x.pdf", Array("%PDF-1.7 \u{0}".utf8)),
      ] {
        let answer = try await app.upload("/disclosures/import", field: "file", name: name, bytes: bytes)
        #expect(answer.status == 422, "\(name)")
      }
      let gone = try await app.post("/disclosures/import/apply", [("upload", "nothing"), ("kind", "mds")])
      #expect(gone.status == 422)
    }
  }

  @Test("事業者から届いたファイルは、そのまま台帳の版になる", arguments: Engine.available)
  func receiving(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app.scope)
      let one = try await Disclosures.receive(
        from: "みどり検査", for: "画像(PACS)", first, named: "回答.csv", .ja, in: app.scope)
      #expect(one.version == 1 && one.questions == 4 && one.lackingRisks == 2)
      let next = form([("1.1", "はい", ""), ("1.2", "はい", "")])
      let two = try await Disclosures.receive(
        from: "みどり検査", for: "画像(PACS)", next, named: "回答2.csv", .ja, in: app.scope)
      #expect(two.disclosure == one.disclosure && two.version == 2 && two.lackingRisks == 0)
      let head = try await app.scope.read { try $0.ledgerHead() }
      await #expect(throws: EntryRefused.self) {
        _ = try await Disclosures.receive(
          from: "知らない会社", for: "", form([("1", "はい", "")]), named: "x.csv", .ja, in: app.scope)
      }
      await #expect(throws: Disclosure.Refusal.notRecognised) {
        _ = try await Disclosures.receive(
          from: "みどり検査", for: "", Array("a,b\nc,d".utf8), named: "x.csv", .ja, in: app.scope)
      }
      await #expect(throws: Disclosure.Refusal.tooManyQuestions) {
        _ = try await Disclosures.receive(
          from: "みどり検査", for: "", form((1...2_001).map { ("A\($0)", "はい", "") }), named: "x.csv", .ja,
          in: app.scope)
      }
      let after = try await app.scope.read { try $0.ledgerHead() }
      #expect(after == head)
    }
  }

  @Test("別紙の番号を決めると、判定がそれだけで決まり、表の数は一つずつ数えたものと同じ", arguments: Engine.available)
  func annex(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app.scope)
      var random = Seeded(state: 7)
      for number in 0..<6 {
        var sample = DisclosureSample.random(&random)
        // Each a product of its own.
        sample.questions.append(
          Disclosure.Question(number: "9.\(number)", section: "9 終わり", text: "終わり", answer: .blank))
        _ = try await Disclosures.receive(
          from: "みどり検査", for: number == 0 ? "画像(PACS)" : "",
          Array(sample.csv.replacing("かくうPACS", with: "製品\(number)").replacing("架空電算", with: "みどり検査").utf8),
          named: "\(number).csv", .ja, in: app.scope)
      }
      for (mds, sds) in [("", ""), ("1.1 1.2 1.3 99.9", "2.1"), ("1.1", "")] {
        let saved = try await app.post("/disclosures/annex", [("mds", mds), ("sds", sds)])
        #expect(saved.status == 303)
        try await app.scope.read { tx in
          let annex = try tx.disclosureAnnex()
          for item in try tx.disclosureOverview(annex) {
            let record = try #require(try tx.disclosureRecord(item.id))
            #expect(item.answers == DisclosureTally(record.questions, of: item.kind, annex, recorded: []))
          }
        }
      }
      let page = try await app.get("/disclosures")
      #expect(page.body.contains("1件で判定します") && page.body.contains("すべての項目で判定します"))
      let many = (0..<600).map { "1.\($0)" }.joined(separator: "\n")
      let refused = try await app.post("/disclosures/annex", [("mds", many), ("sds", "")])
      #expect(refused.status == 422)
    }
  }

  @Test("見るだけの人は書けず、役割のない人と他院の人には開かない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app.scope)
      let path = try await take(app, first)
      let id = try #require(Entry.ID(String(path.split(separator: "/").last ?? "")))
      let file = try #require(try await app.scope.read { try $0.disclosureVersions(id).first?.file })
      for suffix in ["", "/answers/1", "/files/\(file)"] {
        #expect(try await app.get(path + suffix, as: .auditor).status == 200)
        #expect(try await app.get(path + suffix, as: .staff).status == 403)
        #expect(try await app.get(path + suffix, as: .stranger).status == 404)
      }
      let risk = [("question", "1.2"), ("version", "0")] + decision
      #expect(try await app.post("\(path)/answers/1", risk, as: .auditor).status == 403)
      #expect(try await app.post("\(path)/answers/1", risk, as: .stranger).status == 404)
      #expect(try await app.get("/disclosures/import", as: .auditor).status == 403)
      #expect(try await app.post("/disclosures/annex", [], as: .auditor).status == 403)
      for page in ["/disclosures", "/disclosures/sheet"] {
        #expect(try await app.get(page, as: .staff).status == 403)
        #expect(try await !app.get(page, as: .stranger).body.contains("かくうPACS"))
      }
    }
  }

  @Test("システムも答えもいくつあっても決まった数の問い合わせで出る", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await prepare(app.scope)
      let path = try await take(app, first)
      let id = String(path.split(separator: "/").last ?? "")
      let paths = [
        "/disclosures", "/disclosures/sheet", "/disclosures/annex", path, "\(path)/answers/1",
        "/registers/disclosures",
        "/registers/disclosures/\(id)",
      ]
      func counts() async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for path in paths {
          let before = app.database.statementCount
          #expect(try await app.get(path).status == 200)
          counts[path] = app.database.statementCount - before
        }
        return counts
      }
      _ = try await counts()
      let few = try await counts()
      for (path, count) in few { #expect(count <= 8, "\(path) took \(count)") }
      for number in 0..<8 {
        try await Systems.register.add(["name": "システム\(number)"], .ja, in: app.scope)
        let rows = (1...120).map { ("\(number).\($0)", $0 % 9 == 0 ? "いいえ" : "はい", "") }
        let bytes = String(decoding: form(rows), as: UTF8.self).replacing("かくう", with: "製品\(number)")
        _ = try await Disclosures.receive(
          from: "みどり検査", for: "システム\(number)", Array(bytes.utf8), named: "\(number).csv", .ja, in: app.scope)
      }
      #expect(try await counts() == few)
    }
  }
}
