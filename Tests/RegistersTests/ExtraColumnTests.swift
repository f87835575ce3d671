import Foundation
import Kernel
import Publishing
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

/// Columns of every kind, with labels that are hard on spreadsheets.
private func everyKind() throws -> ExtraColumns {
  var columns = ExtraColumns()
  for (kind, label) in zip(
    ExtraColumn.Kind.allCases, ["=点検票", "＋経緯", "帳簿価額(円)", "「導入」の日", "色", "リース か?"])
  {
    let draft = ExtraColumn.Draft(
      label: label, kind: kind.rawValue, isListed: true, newChoices: "赤\n=青\n\n-緑\n")
    columns = try columns.adding(draft, to: Devices.register)
  }
  return columns
}

private func draft(_ label: String, _ kind: String = "text", choices: String = "") -> ExtraColumn.Draft {
  ExtraColumn.Draft(label: label, kind: kind, newChoices: choices)
}

@Suite("施設が加える列")
struct ExtraColumnTests {
  private let register = Devices.register

  @Test("名前は、はじめからある項目とその別名、ほかの列とは違うものにする")
  func labels() throws {
    let columns = try ExtraColumns().adding(draft("色"), to: register)
    for taken in ["色", " 色 ", "管理番号", "Asset Tag", "ＩＰアドレス", "serial", "extra1", "Extra9"] {
      #expect(throws: ExtraColumns.Refusal.labelTaken(taken.trimmed)) {
        try columns.adding(draft(taken), to: register)
      }
    }
    for bad in ["", "  ", "※", String(repeating: "長", count: 31)] {
      #expect(throws: ExtraColumns.Refusal.badLabel) { try columns.adding(draft(bad), to: register) }
    }
    #expect(throws: ExtraColumns.Refusal.badKind) { try columns.adding(draft("形", "shape"), to: register) }
  }

  @Test("十までで、使うのをやめると一つ空き、戻すと前の内容の列になる")
  func ten() throws {
    var columns = ExtraColumns()
    for number in 1...10 { columns = try columns.adding(draft("列\(number)あ"), to: register) }
    #expect(throws: ExtraColumns.Refusal.tooMany) { try columns.adding(draft("もう一つ"), to: register) }
    columns = try columns.retiring("extra3")
    columns = try columns.adding(draft("列3あ"), to: register)
    #expect(columns.active.last?.id == "extra11")
    #expect(throws: ExtraColumns.Refusal.tooMany) { try columns.restoring("extra3", in: register) }
    columns = try columns.retiring("extra1")
    #expect(throws: ExtraColumns.Refusal.labelTaken("列3あ")) {
      try columns.restoring("extra3", in: register)
    }
    let back = try columns.restoring("extra1", in: register)
    #expect(back.active.map(\.id).contains("extra1"))
  }

  @Test("並びは上下に一つずつ動き、端ではそのまま")
  func order() throws {
    var columns = ExtraColumns()
    for label in ["あ列", "い列", "う列"] { columns = try columns.adding(draft(label), to: register) }
    columns = try columns.moving("extra3", up: true)
    #expect(columns.active.map(\.label) == ["あ列", "う列", "い列"])
    #expect(try columns.moving("extra1", up: true) == columns)
    #expect(try columns.moving("extra2", up: false) == columns)
    #expect(throws: ExtraColumns.Refusal.noSuchColumn) { try columns.moving("extra9", up: true) }
  }

  @Test("選択肢は言葉を変えても同じ値で、二つから三十まで、重ならない")
  func choices() throws {
    let columns = try ExtraColumns().adding(draft("色", "choice", choices: "赤\n青"), to: register)
    var change = draft("色", "choice", choices: "緑")
    change.words = ["赤": "えんじ", "青": "青"]
    let changed = try columns.changing("extra1", to: change, in: register)
    #expect(changed.all[0].choices.map(\.value) == ["赤", "青", "緑"])
    #expect(changed.all[0].choices.map(\.word) == ["えんじ", "青", "緑"])
    // The old word still means its choice, so no other may take it.
    for (words, refusal) in [
      ("赤", ExtraColumns.Refusal.sameChoice("赤")), ("あ\nア", .sameChoice("ア")), ("-", .badChoice("-")),
      (String(repeating: "長", count: 41), .badChoice(String(repeating: "長", count: 41))),
      ((1...30).map { "n\($0)" }.joined(separator: "\n"), .badChoiceCount),
    ] {
      #expect(throws: refusal) {
        try changed.changing("extra1", to: draft("色", "choice", choices: words), in: register)
      }
    }
    #expect(throws: ExtraColumns.Refusal.badChoiceCount) {
      try ExtraColumns().adding(draft("色", "choice", choices: "赤"), to: register)
    }
  }

  @Test("加えた列もそろえて書き出したものは、そのまま読み取れる", arguments: Registry.all.map(\.id), [7, 8, 9] as [UInt64])
  func identity(id: String, seed: UInt64) throws {
    let register = try Registry.register(id).with(try everyKind())
    #expect(register.fields.count == register.declared.count + 6)
    var random = Seeded(state: seed)
    let names = Samples.names(of: register)
    let entries = (0..<40).map { Samples.entry($0, of: register, names, &random) }
    #expect(entries.contains { $0.has("extra5") } && entries.contains { $0.has("extra3") })
    for (format, language) in [(Register.Format.xlsx, Language.ja), (.csv, .ja), (.xlsx, .en), (.csv, .en)] {
      let bytes = try register.export(entries, names, as: format, language)
      let sheet = try Sheets.read(bytes, named: "台帳").sheets[0]
      let match = try #require(ColumnMatch.find(in: sheet.rows, of: register))
      #expect(match.columns.map(\.field) == register.entered.map(\.id))
      let plan = try RegisterImport.planned(sheet, into: register, names: names, emptyClears: true, language)
      let read = plan.rows.map { row -> [String: String] in
        if case .add(let values) = row.fate { values } else { [:] }
      }
      #expect(read == entries.map(\.values))
    }
  }

  @Test("列の内容は、どんな字でも入れたとおりに出てくる", arguments: Engine.available, [21, 22] as [UInt64])
  func stored(engine: Engine, seed: UInt64) async throws {
    try await TestApp.run(on: engine) { app in
      try await ExtraColumns.change(Devices.register, version: 0, in: app.scope) { _ in
        var columns = try everyKind()
        columns.version = 0
        return columns
      }
      let register = try await app.scope.read { try $0.effective(Devices.register) }
      var random = Seeded(state: seed)
      let extras = register.fields.filter { ExtraColumn.isID($0.id) }
      for number in 0..<20 {
        let sample = Samples.entry(number, of: register, Samples.names(of: register), &random)
        var raw = ["number": "N-\(number)", "name": "機器\(number)"]
        for field in extras { raw[field.id] = sample.values[field.id] }
        let added = try await register.add(raw, .ja, in: app.scope)
        let found = try await app.scope.read { try $0.entry(register, added.id) }
        #expect(found?.entry.values == raw)
      }
      let out = try await RegisterExchange.export(Devices.register, as: .xlsx, .ja, in: app.scope)
      let plan = try await RegisterExchange.plan(
        out, named: "a.xlsx", into: Devices.register, emptyClears: true, .ja, in: app.scope)
      #expect(plan.unchanged == 20 && plan.read == 20)
    }
  }
}

@Suite("施設が加える列の画面")
struct ExtraColumnPageTests {
  private static let path = "/registers/devices/columns"

  private func add(_ app: TestApp, _ fields: [(String, String)], version: Int) async throws -> TestApp.Answer
  {
    try await app.post(Self.path, fields + [("version", "\(version)")])
  }

  /// Two columns, and a device that has both.
  private func prepared(_ app: TestApp) async throws -> String {
    let one = try await add(
      app, [("label", "保険"), ("kind", "choice"), ("choices", "加入\n未加入"), ("listed", "yes")], version: 0)
    let two = try await add(app, [("label", "貸与先メモ"), ("kind", "text"), ("listed", "no")], version: 1)
    #expect(one.status == 303 && two.status == 303)
    let fields = [("number", "PC-1"), ("name", "端末"), ("extra1", "加入"), ("extra2", "訪問看護室の棚")]
    let added = try await app.post("/registers/devices", fields)
    #expect(added.status == 303)
    return String(try #require(added.location).prefix { $0 != "?" })
  }

  @Test("記録、一覧、検索、まとめて直す、経過、書き出しに出る", arguments: Engine.available)
  func everywhere(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await prepared(app)
      let record = try await app.get(path)
      #expect(record.body.contains("貸与先メモ") && record.body.contains("訪問看護室の棚"))
      let list = try await app.get("/registers/devices")
      #expect(list.body.contains("data-label=\"保険\"") && !list.body.contains("data-label=\"貸与先メモ\""))
      #expect(try await app.get("/registers/devices?q=\(urlEncoded("看護"))").body.contains("PC-1"))
      let form = try await app.get(path + "/change")
      #expect(form.body.contains("<option value=\"加入\" selected>"))

      let id = try #require(path.split(separator: "/").last)
      let preview = try await app.post(
        "/registers/devices/changes/preview",
        [("id", String(id)), ("field", "extra1"), ("asked", "1"), ("extra1", "未加入")])
      let entry = try #require(preview.hidden("entry"))
      let change = [("field", "extra1"), ("value", "未加入"), ("entry", entry)]
      #expect(try await app.post("/registers/devices/changes", change).status == 303)
      #expect(try await app.get(path).body.contains("保険: 加入 → 未加入"))
      let csv = try await app.get("/registers/devices/export.csv")
      #expect(csv.body.contains("保険") && csv.body.contains("未加入") && csv.body.contains("訪問看護室の棚"))
      let json = try await app.get("/registers/devices/export.json")
      #expect(json.body.contains("\"extra1\":\"未加入\""))
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("種類に合わない内容は断り、打ったものは残る")
  func typed() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let path = try await prepared(app)
      #expect(try await add(app, [("label", "台数"), ("kind", "number")], version: 2).status == 303)
      let fields = [("number", "PC-1"), ("name", "端末"), ("extra1", "どちらか"), ("extra3", "たくさん")]
      let refused = try await app.post(path, fields + [("version", "1")])
      #expect(refused.status == 422 && refused.body.contains("value=\"たくさん\""))
      for id in ["extra1", "extra3"] { #expect(refused.body.contains("id=\"\(id)-error\"")) }
    }
  }

  @Test("使うのをやめた列の内容は、ほかを直しても残り、戻すとまた見える", arguments: Engine.available)
  func retired(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await prepared(app)
      let retire = [("column", "extra2"), ("version", "2")]
      #expect(try await app.post(Self.path + "/retirement", retire).status == 303)
      #expect(try await !app.get(path).body.contains("訪問看護室の棚"))
      let form = try await app.get(path + "/change")
      #expect(!form.body.contains("貸与先メモ"))
      let fields = [("number", "PC-1"), ("name", "端末2"), ("extra1", "加入")]
      let saved = try await app.post(path, fields + [("version", try #require(form.hidden("version")))])
      #expect(saved.status == 303)
      // Also by a program that knows nothing of the columns.
      let id = try #require(Entry.ID(String(path.split(separator: "/").last ?? "")))
      try await Devices.register.change(id, ["place": "地下"], version: 2, .ja, in: app.scope)
      let back = [("column", "extra2"), ("version", "3")]
      #expect(try await app.post(Self.path + "/return", back).status == 303)
      #expect(try await app.get(path).body.contains("訪問看護室の棚"))
      #expect(try await app.get("/registers/devices?q=\(urlEncoded("看護"))").body.contains("PC-1"))
    }
  }

  @Test("記録が選んでいる選択肢はなくせず、言葉を変えると記録の言葉も変わる", arguments: Engine.available)
  func choiceInUse(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await prepared(app)
      func change(_ first: String, _ second: String, version: Int) async throws -> TestApp.Answer {
        try await app.post(
          Self.path + "/extra1",
          [
            ("label", "保険"), ("value", "加入"), ("word", first), ("value", "未加入"), ("word", second),
            ("choices", "更新中"), ("version", "\(version)"), ("listed", "yes"),
          ])
      }
      let refused = try await change("", "未加入", version: 2)
      #expect(refused.status == 422 && refused.body.contains("1件の記録"))
      #expect(try await change("入っている", "", version: 2).status == 303)
      #expect(try await app.get(path).body.contains("入っている"))
      #expect(try await change("入っている", "", version: 2).status == 409)
    }
  }

  @Test("並べかえと名前の変更は、見たときのままのときだけ", arguments: Engine.available)
  func stale(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await prepared(app)
      let move = [("column", "extra2"), ("to", "up"), ("version", "2")]
      #expect(try await app.post(Self.path + "/order", move).status == 303)
      #expect(try await app.post(Self.path + "/order", move).status == 409)
      let rename = [("label", "貸出メモ"), ("version", "3"), ("listed", "yes")]
      #expect(try await app.post(Self.path + "/extra2", rename).status == 303)
      let list = try await app.get("/registers/devices")
      let head = try #require(list.body.firstMatch(of: #/<thead>.*<\/thead>/#)).0
      let (first, second) = (head.range(of: "貸出メモ"), head.range(of: "保険"))
      #expect(try #require(first).lowerBound < #require(second).lowerBound)
      #expect(try await add(app, [("label", "貸出メモ"), ("kind", "day")], version: 4).status == 422)
    }
  }

  @Test("取り込みは加えた列の見出しを読む", arguments: Engine.available)
  func imported(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await prepared(app)
      let file = Array("管理番号,機器名,保険,貸与先メモ\nPC-1,端末,未加入,\nPC-2,二台目,加入,受付\n".utf8)
      let plan = try await RegisterExchange.plan(
        file, named: "a.csv", into: Devices.register, .ja, in: app.scope)
      #expect(plan.match.unmatched.isEmpty && plan.added == 1 && plan.updated == 1)
      try await RegisterExchange.apply(plan, .ja, in: app.scope)
      let found = try await app.scope.read { try $0.entries(Devices.register) }
      #expect(found.map { $0.entry.values["extra1"] } == ["未加入", "加入"])
      #expect(found.map { $0.entry.values["extra2"] } == ["訪問看護室の棚", "受付"])
    }
  }

  @Test("見るだけの人は列を変えられず、ほかの施設には列も内容も見えない", arguments: Engine.available)
  func closedToOthers(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let path = try await prepared(app)
      for page in [Self.path, Self.path + "/extra1"] {
        #expect(try await app.get(page, as: .auditor).status == 403)
        #expect(try await app.post(page, [("label", "x"), ("version", "2")], as: .auditor).status == 403)
      }
      #expect(try await app.get(Self.path + "/extra1", as: .stranger).status == 404)
      #expect(try await !app.get(Self.path, as: .stranger).body.contains("貸与先メモ"))
      #expect(try await app.get(path, as: .stranger).status == 404)
      let retire = [("column", "extra2"), ("version", "0")]
      #expect(try await app.post(Self.path + "/retirement", retire, as: .stranger).status == 404)
      #expect(try await app.get(path).body.contains("訪問看護室の棚"))
      #expect(try await app.get("/registers/nothing/columns").status == 404)
    }
  }
}
