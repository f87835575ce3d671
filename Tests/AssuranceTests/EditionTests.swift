import Foundation
import Frameworks
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// The items of the year before in our own words, as a sheet of the new year might ask them, and one that is made up.
///
/// No text here is the ministry's: what it asks in fiscal 2026 is not at hand.
private struct MadeUpSheet {
  static let newItem = "試験用に作った項目で、屋上の花壇へ毎朝水をやっている。"

  /// - Parameters:
  ///   - leaving: a label that the sheet does not have.
  static func rows(_ app: TestApp, leaving: String? = nil, heading: String = "医療機関・薬局確認用") throws
    -> [[String]]
  {
    let form = try app.library.form("med", of: "mhlw-checklist-r7")
    var rows: [[String]] = [
      ["令和8年度版 試験用に作ったチェックリスト"], [heading], ["", "番号", "対象", "チェック項目", "確認結果", "目標日"],
    ]
    for section in form.sections {
      if section.items.contains(where: \.isGate) {
        rows.append(["医療情報システムの有無", "", "", "医療情報システムを導入している。", "はい・いいえ"])
        continue
      }
      rows.append(["\(section.number) \(section.title.ja)"])
      for item in section.items where item.label != leaving {
        let target = item.appliesTo == ["server"] ? "サーバ" : item.appliesTo == ["client_pc"] ? "端末PC" : ""
        let text = item.question.ja.replacing("ていますか。", with: "ている。")
        rows.append([
          "", item.label.replacing("\(section.number)-", with: ""), target, text, "はい・いいえ", "( / )",
        ])
      }
    }
    rows.append(["", "⑨", "", newItem, "はい・いいえ", "( / )"])
    rows.append(["※ 試験用の注です。"])
    return rows
  }

  static func xlsx(_ rows: [[String]]) throws -> [UInt8] {
    try Sheets.xlsx([
      OutputSheet(name: "チェックリスト", rows: rows.map { $0.map { $0.isEmpty ? .empty : .text($0) } })
    ])
  }
}

extension TestApp {
  fileprivate var there: Scope {
    Scope(database, actor: .system("test"), facility: otherFacility.id, now: now)
  }

  /// Uploads a sheet; gives the path of the draft.
  fileprivate func read(_ rows: [[String]], as who: Who = .safetyManager) async throws -> String {
    let answer = try await upload(
      "/editions/drafts", field: "file", name: "r8.xlsx", bytes: try MadeUpSheet.xlsx(rows),
      fields: [("year", "2026"), ("forms", "")], as: who)
    #expect(answer.status == 303, "\(answer.body.suffix(800))")
    return try #require(answer.headers["location"])
  }

  fileprivate func takeIn(_ path: String, as who: Who = .safetyManager) async throws {
    let preview = try await get("\(path)/preview", as: who)
    let taken = try await post(
      "\(path)/edition", [("version", try #require(preview.hidden("version")))], as: who)
    #expect(taken.status == 303, "\(taken.body.suffix(800))")
  }
}

@Suite("国のチェックリストの取り込み")
struct EditionTests {
  private static let r8 = "mhlw-checklist-r8"
  /// 2026-09-01 in Tokyo.
  private static let september = Instant(milliseconds: 1_788_188_400_000)

  /// A hospital in September 2026 that has a safety manager.
  private static func run(
    on engine: Engine, _ body: @escaping @Sendable (TestApp) async throws -> Void
  ) async throws {
    try await TestApp.run(on: engine) { app in
      app.now = september
      _ = try await Accounts.add(
        name: "safetyManager", login: "safetyManager", password: TestApp.password, role: .safetyManager,
        cost: .lowest, in: app.scope)
      try await body(app)
    }
  }

  @Test("表を読み、直し、確かめ、取り込むと、その年度の点検を前の年度から引き継いで始められる", arguments: Engine.available)
  func wholeWay(engine: Engine) async throws {
    try await Self.run(on: engine) { app in
      let before = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
      try await Assessments.save(
        Answer.Draft(value: .yes, note: "去年の台帳"), item: "r7-med-2-1", of: before.id, version: 0,
        library: app.library, in: app.scope)

      let draft = try await app.read(try MadeUpSheet.rows(app))
      let page = try await app.get("\(draft)?size=200", as: .safetyManager)
      #expect(page.status == 200)
      #expect(page.body.contains("どの考えにも当たらない") && page.body.contains("令和7年度 2-① の文と 1.00"))
      #expect(page.body.contains("試験用の注です。"))

      // The made-up item is given a concept by hand; a second person with an old page is told.
      let rows = try MadeUpSheet.rows(app)
      let index = try #require(rows.firstIndex { $0.contains(MadeUpSheet.newItem) })
      let open = try await app.get("\(draft)?row=\(index)&size=200", as: .safetyManager)
      let seen = try #require(open.hidden("seen"))
      #expect(seen.contains(MadeUpSheet.newItem))
      let correction = [
        ("seen", seen), ("kind", "item"), ("number", "(2)"), ("text", MadeUpSheet.newItem), ("section", "4"),
        ("concept", ""), ("forms", "med"), ("target", "all"), ("page", "1"),
      ]
      let saved = try await app.post("\(draft)/rows/\(index)", correction, as: .administrator)
      #expect(saved.status == 303)
      #expect(try await app.post("\(draft)/rows/\(index)", correction, as: .safetyManager).status == 409)
      let wrong = try await app.post(
        "\(draft)/rows/1", [("seen", "x"), ("kind", "item")], as: .safetyManager)
      #expect(wrong.status == 409)

      let preview = try await app.get("\(draft)/preview", as: .safetyManager)
      // 19 rows of the year before and the new one; pharmacies are not asked the corrected one.
      #expect(preview.body.contains("項目20、入口の質問1、節5") && preview.body.contains("項目19、入口の質問1、節5"))
      #expect(preview.body.contains("令和7年度の版に無いもの 1件"))
      #expect(preview.body.contains("令和7年度の版から答えを引き継ぐもの 20件"))
      try await app.takeIn(draft)
      #expect(try await app.get(draft, as: .safetyManager).status == 404)
      // The vendors' forms of the new year are not there yet: those of the year before go on.
      #expect(try await app.get("/assessments/new").body.contains("ph-vendor"))

      let opened = try await app.post(
        "/assessments", [("form", "med"), ("year", "2026")], as: .safetyManager)
      let path = try #require(opened.headers["location"])
      let shown = try await app.get("\(path)?item=r8-med-4-2", as: .safetyManager)
      #expect(shown.status == 200 && shown.body.contains(MadeUpSheet.newItem))
      let all = try await Assessments.all(in: app.scope)
      let assessment = try #require(all.first { $0.fiscalYear == FiscalYear(2026) })
      #expect(assessment.pack == Self.r8)
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      #expect(!overview.isBorrowed)
      let carried = try #require(overview.standing.answers["r8-med-2-1"])
      #expect(carried.value == .yes && carried.note == "去年の台帳" && carried.carriedFrom != nil)
      #expect(overview.standing.answers["r8-med-4-2"] == nil)

      let answer = try await app.post(
        "\(path)/answers/r8-med-4-2", [("answer", "no"), ("due", "2026-12-01"), ("version", "0")])
      #expect(answer.status == 303)
      for file in [
        "\(path)/export.xlsx", "/reports/\(assessment.id)/management.xlsx", "/reports/\(assessment.id)",
      ] {
        #expect(try await app.get(file).status == 200, "\(file)")
      }
      let ledger = try await app.get("/ledger", as: .administrator)
      #expect(ledger.body.contains("チェックリストの版を取り込みました"))
      // Overdue by then, as of any edition; in a process that has not read the facility's editions before, too.
      app.now = Instant(milliseconds: Self.september.milliseconds + 100 * 86_400_000)
      app.forgetCookie(of: .itStaff)
      let home = try await app.get("/")
      #expect(home.status == 200 && home.body.contains("4-②"))
    }
  }

  @Test("取り込んだ版は、ほかの施設には見えない。別のプロセスには、次の要求から見える", arguments: Engine.available)
  func seenByWhom(engine: Engine) async throws {
    try await Self.run(on: engine) { app in
      let elsewhere = PackLibrary(folder: app.library.folder)
      #expect(try await elsewhere.seen(by: app.scope).pack(Self.r8).unknown != nil)
      try await app.takeIn(try await app.read(try MadeUpSheet.rows(app)))
      let seen = try await elsewhere.seen(by: app.scope)
      #expect(try seen.pack(Self.r8).unknown == nil)
      #expect(try seen.edition(of: "mhlw-checklist", for: FiscalYear(2026), form: "med").id == Self.r8)
      #expect(try seen.ids() == elsewhere.ids() && seen.packs().count == elsewhere.packs().count)
      for library in [elsewhere, app.library] {
        #expect(try await library.seen(by: app.there).pack(Self.r8).unknown != nil)
        // One facility's view is never handed to another.
        #expect(try await library.seen(by: app.scope).seen(by: app.there).pack(Self.r8).unknown != nil)
        #expect(try library.pack(Self.r8).unknown != nil)
      }
      #expect(try await app.get("/editions/\(Self.r8)/pack.yaml", as: .stranger).status == 404)
      let list = try await app.get("/editions", as: .stranger)
      #expect(list.status == 200 && !list.body.contains(Self.r8))
      #expect(try await app.get("/editions", as: .itStaff).status == 403)
    }
  }

  @Test("版があっても、画面の問い合わせの数は増えない", arguments: Engine.available)
  func statements(engine: Engine) async throws {
    try await Self.run(on: engine) { app in
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
      let paths = [
        "/", "/assessments", "/assessments/\(assessment.id)?item=r7-med-2-1", "/reports", "/ledger",
      ]
      func counts() async throws -> [Int] {
        var counts: [Int] = []
        for path in paths {
          let before = app.database.statementCount
          #expect(try await app.get(path, as: .administrator).status == 200)
          counts.append(app.database.statementCount - before)
        }
        return counts
      }
      _ = try await counts()
      let without = try await counts()
      try await app.takeIn(try await app.read(try MadeUpSheet.rows(app)))
      _ = try await counts()
      #expect(try await counts() == without)
      let draft = try await app.read(try MadeUpSheet.rows(app))
      for path in ["/editions", draft, "\(draft)/preview"] {
        let before = app.database.statementCount
        #expect(try await app.get(path, as: .administrator).status == 200)
        #expect(app.database.statementCount - before <= 8, "\(path)")
      }
    }
  }

  @Test("読み直しても答えは残り、表から消えた項目は印を付けて残り、数に入らない", arguments: Engine.available)
  func again(engine: Engine) async throws {
    try await Self.run(on: engine) { app in
      try await app.takeIn(try await app.read(try MadeUpSheet.rows(app)))
      let seen = try await app.library.seen(by: app.scope)
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2026), pack: nil, library: seen, in: app.scope)
      try await Assessments.save(
        Answer.Draft(value: .yes, note: "残る"), item: "r8-med-2-2", of: assessment.id, version: 0,
        library: seen,
        in: app.scope)
      let rows = try await app.library.seen(by: app.scope).form("med", of: Self.r8).rows.count

      let draft = try await app.read(try MadeUpSheet.rows(app, leaving: "2-②"))
      let preview = try await app.get("\(draft)/preview", as: .safetyManager)
      #expect(preview.body.contains("今回の表に無いが、答えがあるので残す項目 1件"))
      #expect(preview.body.contains("この年度を取り込むのは2回目です。"))
      try await app.takeIn(draft)

      let form = try await app.library.seen(by: app.scope).form("med", of: Self.r8)
      #expect(form.rows.count == rows)
      let kept = try #require(form.item("r8-med-2-2"))
      #expect(kept.isRemoved && kept.isUnconfirmed && kept.note?.ja.contains("答えがあるので残しています") == true)
      let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
      #expect(overview.standing.answers["r8-med-2-2"]?.note == "残る")
      // The pharmacies' form has no answers: there the item is gone.
      let ph = try await app.library.seen(by: app.scope).form("ph", of: Self.r8)
      #expect(ph.item("r8-ph-2-2") == nil)
      // Read once more with the item back in its place, it counts again.
      try await app.takeIn(try await app.read(try MadeUpSheet.rows(app)))
      let back = try await app.library.seen(by: app.scope).form("med", of: Self.r8)
      #expect(back.item("r8-med-2-2")?.isRemoved == false && back.rows.count == rows)
      let revisions = try await app.scope.read { try $0.localEditions().map(\.revision) }
      #expect(revisions == [3, 2, 1])
    }
  }

  @Test("事業者確認用をあとから足しても、先の様式はそのまま残る", arguments: Engine.available)
  func vendorLater(engine: Engine) async throws {
    try await Self.run(on: engine) { app in
      try await app.takeIn(try await app.read(try MadeUpSheet.rows(app)))
      let first = try await app.library.seen(by: app.scope).pack(Self.r8)
      try await app.takeIn(try await app.read(try MadeUpSheet.rows(app, heading: "事業者確認用")))
      let pack = try await app.library.seen(by: app.scope).pack(Self.r8)
      #expect(pack.forms.map(\.id) == ["med", "vendor", "ph", "ph-vendor"])
      #expect(pack.form("med") == first.form("med") && pack.form("ph") == first.form("ph"))
      #expect(Set(pack.forms.flatMap(\.items).map(\.id)).count == pack.forms.flatMap(\.items).count)
      #expect(PackLint.faults(of: pack, concepts: try app.library.concepts()) == [])
    }
  }

  @Test("渡されたファイルは、ほかの施設が受け取れる。名を偽るものは断る", arguments: Engine.available)
  func handOver(engine: Engine) async throws {
    try await Self.run(on: engine) { app in
      try await app.takeIn(try await app.read(try MadeUpSheet.rows(app)))
      let file = try await app.get("/editions/\(Self.r8)/pack.yaml", as: .safetyManager)
      #expect(file.status == 200 && file.body.contains(MadeUpSheet.newItem))
      func give(_ text: String) async throws -> TestApp.Answer {
        try await app.upload(
          "/editions/packs", field: "pack", name: "r8.yaml", bytes: Array(text.utf8), as: .stranger)
      }
      let taken = try await give(file.body)
      #expect(taken.status == 303, "\(taken.body.suffix(600))")
      let mine = try await app.library.seen(by: app.scope).pack(Self.r8)
      let theirs = try await app.library.seen(by: app.there).pack(Self.r8)
      #expect(theirs.forms == mine.forms)

      for (text, reason) in [
        (file.body.replacing("fiscal_year: 2026", with: "fiscal_year: 2025"), "受け取れません"),
        (file.body.replacing("family: mhlw-checklist", with: "family: other"), "受け取れません"),
        (file.body.replacing("id: r8-med-2-1\n", with: "id: r7-med-2-1\n"), "受け取れません"),
        (
          file.body.replacing("fiscal_year: 2026", with: "fiscal_year: 2025").replacing("r8", with: "r7"),
          "守り手に入りました"
        ),
        ("a: &a [x, x]\nb: &b [*a, *a]\n", "受け取れません"), ("{", "r8.yaml"), ("", "選ぶか"),
      ] {
        let refused = try await give(text)
        #expect(
          refused.status == 422 && refused.body.contains(reason), "\(text.prefix(60)): \(refused.status)")
      }
    }
  }

  @Test("読めないファイルは、わけと抜け道を言い、何も残さない", arguments: Engine.available)
  func badFiles(engine: Engine) async throws {
    try await Self.run(on: engine) { app in
      let ole: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
      let locked = ole + "EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      let list = try MadeUpSheet.xlsx([["名前", "電話"], ["山田", "03"]])
      for (name, bytes, words) in [
        ("old.xls", ole, "old.xls"), ("locked.xlsx", locked, "パスワード"), ("empty.xlsx", [UInt8](), "選ぶか"),
        ("list.xlsx", list, "番号の付いた項目が見つかりません"),
        ("photo.xlsx", [0x89, 0x50, 0x4E, 0x47, 0, 1], "photo.xlsx"),
      ] {
        let answer = try await app.upload(
          "/editions/drafts", field: "file", name: name, bytes: bytes, fields: [("year", "2026")],
          as: .safetyManager)
        #expect(answer.status == 422 && answer.body.contains(words), "\(name): \(answer.status)")
      }
      let year = try await app.upload(
        "/editions/drafts", field: "file", name: "a.xlsx", bytes: list, fields: [("year", "2025")],
        as: .safetyManager)
      #expect(year.status == 422 && year.body.contains("年度を選び直してください"))
      let drafts = try await app.scope.read { try $0.editionDrafts().count }
      #expect(drafts == 0)
    }
  }

  @Test("貼り付けた文も取り込める。同じファイルは二度足せない", arguments: Engine.available)
  func pasted(engine: Engine) async throws {
    try await Self.run(on: engine) { app in
      let text = "医療機関確認用\n1 体制構築\n ① 責任者を決めている。\n"
      let answer = try await app.upload(
        "/editions/drafts", field: "file", name: "", bytes: [], fields: [("year", "2026"), ("text", text)],
        as: .safetyManager)
      let path = try #require(answer.headers["location"])
      let again = try await app.upload(
        "\(path)/files", field: "file", name: "", bytes: [], fields: [("text", text)], as: .safetyManager)
      #expect(again.status == 422 && again.body.contains("もう読んであります"))
      try await app.takeIn(path)
      let form = try await app.library.seen(by: app.scope).form("med", of: Self.r8)
      #expect(form.items.map(\.id) == ["r8-med-1-1"] && form.items[0].label == "1-①")
    }
  }
}
