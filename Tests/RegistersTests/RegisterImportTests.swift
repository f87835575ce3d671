import Foundation
import Kernel
import Publishing
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("台帳の取り込み")
struct RegisterImportTests {
  private static let devices = Devices.register

  /// A plan against entries in memory.
  private func plan(
    _ text: String, standing: [Entry] = [], mapping: [String: String] = [:], emptyClears: Bool = false
  ) throws -> RegisterImport {
    let sheet = try Sheets.read(Array(text.utf8), named: "機器.csv").sheets[0]
    return try RegisterImport.planned(sheet, standing: standing, mapping: mapping, emptyClears: emptyClears)
  }

  private func entry(_ values: [String: String]) -> Entry {
    Entry(id: Entry.ID(at: .test), values: values, version: 3)
  }

  /// Codes of the problems of each refused row.
  private func refusals(_ plan: RegisterImport) -> [Int: [String]] {
    plan.rows.reduce(into: [:]) { found, row in
      if case .refuse(let faults) = row.fate { found[row.number] = faults.map(\.problem.code) }
    }
  }

  @Test("資産管理ツールのよくある見出しを見分ける")
  func headings() throws {
    let rows: [[Cell]] = [
      [.text("機器情報一覧")], [.text("出力日"), .text("2026/02/24")],
      ["資産管理番号", "ホスト名", "IPアドレス", "シリアル番号(必須)", "メーカ名", "ＯＳ名", "使用者 名", "契約電話番号"].map { .text($0) },
    ]
    let match = try #require(ColumnMatch.find(in: rows, of: Self.devices))
    #expect(match.headerRow == 2)
    #expect(
      match.columns.map(\.field) == [
        "number", "name", "ipAddress", "serial", "maker", "os", "usedBy", nil,
      ])
    #expect(match.unmatched.map(\.heading) == ["契約電話番号"])
    #expect(match.unmatchedFields(of: Self.devices).contains { $0.id == "checkedOn" })
  }

  @Test("同じ項目を名のる列が二つあれば、台帳の言葉に近いほうを読む")
  func rivals() throws {
    let rows: [[Cell]] = [["コンピュータ名", "機器名", "管理番号", "Asset ID"].map { .text($0) }]
    let match = try #require(ColumnMatch.find(in: rows, of: Self.devices))
    #expect(match.columns.map(\.field) == [nil, "name", "number", nil])
  }

  @Test("加える・直す・同じを見分け、列のない項目と空のセルには触れない")
  func fates() throws {
    let standing = [
      entry(["number": "PC-1", "name": "外来1", "place": "外来", "note": "窓側"]),
      entry(["number": "PC-2", "name": "外来2", "place": "外来"]),
    ]
    let text = "管理番号,機器名,場所\nＰＣ-1,外来1,\npc-2,外来2,病棟\nPC-3,検査,検査室\n,,\n"
    let plan = try plan(text, standing: standing)
    #expect(plan.counts == [3, 1, 2, 0, 0])
    // The key is the same however it is written; writing it otherwise is a change that is shown.
    guard case .update(_, let first, let differences) = plan.rows[0].fate else {
      Issue.record("not an update")
      return
    }
    #expect(differences == [.init(field: "number", before: "PC-1", after: "ＰＣ-1")])
    #expect(first["place"] == "外来" && first["note"] == "窓側")
    guard case .add(let values) = plan.rows[2].fate else {
      Issue.record("not an addition")
      return
    }
    #expect(values == ["number": "PC-3", "name": "検査", "place": "検査室"])
  }

  @Test("空のセルで消すのは、そう決めたときだけ")
  func clearing() throws {
    let standing = [entry(["number": "PC-1", "name": "外来1", "place": "外来"])]
    let text = "管理番号,機器名,場所\nPC-1,外来1,\n"
    #expect(try plan(text, standing: standing).unchanged == 1)
    let cleared = try plan(text, standing: standing, emptyClears: true)
    guard case .update(_, _, let differences) = cleared.rows[0].fate else {
      Issue.record("not an update")
      return
    }
    #expect(differences == [.init(field: "place", before: "外来", after: nil)])
    let required = try plan("管理番号,機器名,場所\nPC-1,,外来\n", standing: standing, emptyClears: true)
    #expect(refusals(required) == [2: ["registers.missing"]])
  }

  @Test("番号のない行、ファイルの中の重なり、選べない言葉は、場所と理由を示して断る")
  func refused() throws {
    let plan = try plan(
      "管理番号,機器名,種類\n,名なし,サーバ\nPC-1,外来1,\npc-1,外来2,\nPC-3,,\nPC-4,検査,そろばん\n")
    #expect(
      refusals(plan) == [
        2: ["registers.missing"], 4: ["registers.duplicateKey"], 5: ["registers.missing"],
        6: ["registers.notAChoice"],
      ])
    guard case .refuse(let faults) = plan.rows[2].fate else { return }
    #expect(faults[0].column == "管理番号" && faults[0].problem.arguments.last == "3")
    #expect(plan.added == 1)
    let sheet = plan.refusedSheet(Words([RegisterText.catalog]), .ja)
    #expect(sheet.rows.count == 4 && sheet.rows[3][2] == .text("そろばん"))
    #expect(sheet.rows[3].last?.text.hasPrefix("C6 ") == true)
  }

  @Test(
    "日付は三つの暦で読み、暦にない日は断る",
    arguments: [
      ("2027-03-31", "2027-03-31"), ("2027/3/31", "2027-03-31"), ("令和9年3月31日", "2027-03-31"),
      ("R9.3.31", "2027-03-31"), ("20270331", "2027-03-31"), ("2027-02-30", nil), ("令和9年13月1日", nil),
      ("平成40年1月1日", "2028-01-01"), ("27/3/31", nil), ("来年", nil),
    ])
  func days(text: String, day: String?) throws {
    let plan = try plan("管理番号,機器名,サポート終了日\nPC-1,外来1,\(text)\n")
    if case .add(let values) = plan.rows[0].fate {
      #expect(values["supportEndsOn"] == day)
    } else {
      #expect(day == nil && refusals(plan) == [2: ["registers.notADay"]])
    }
  }

  @Test("日付の書式のない通し番号も日付として読み、計算の誤りは断る")
  func cells() throws {
    let rows: [[Cell]] = [
      ["管理番号", "機器名", "サポート期限"].map { .text($0) }, [.number(1012), .text("外来1"), .number(46_477)],
      [.text("PC-2"), .text("外来2"), .fault("#REF!")],
    ]
    let plan = try RegisterImport.planned(Sheet(name: "表", rows: rows))
    guard case .add(let values) = plan.rows[0].fate else {
      Issue.record("not an addition")
      return
    }
    #expect(values["number"] == "1012" && values["supportEndsOn"] == "2027-03-31")
    #expect(refusals(plan) == [3: ["registers.cellFault"]])
  }

  @Test("対応を直すと、その列を読み、読まないと決めた列は読まない")
  func mapping() throws {
    let text = "固定資産,機器名,ホスト名,場所\nA-1,外来1,HOST1,外来\n"
    #expect(try !plan(text).hasKeyColumn)
    let mapping = ["固定資産": "number", "ホスト名": "name", "場所": ""]
    let plan = try plan(text, mapping: mapping)
    #expect(plan.match.columns.map(\.field) == ["number", nil, "name", nil])
    let corrections = Self.devices.corrections([
      ("固定資産", "number"), ("機器名", ""), ("ホスト名", "name"), ("場所", ""),
    ])
    #expect(corrections == mapping.merging(["機器名": ""]) { $1 })
    #expect(try Self.devices.mapping(["固定資産": "管理番号"], .ja) == ["固定資産": "number"])
    #expect(throws: ImportRefusal.noSuchField(heading: "固定資産", field: "ない")) {
      try Self.devices.mapping(["固定資産": "ない"], .ja)
    }
  }

  @Test("書き出して読み直すと同じになる", arguments: Registry.all.map(\.id), [UInt64(1), 2, 3])
  func identity(id: String, seed: UInt64) throws {
    let register = try Registry.register(id)
    var random = Seeded(state: seed)
    let names = Samples.names(of: register)
    let entries = (0..<40).map { Samples.entry($0, of: register, names, &random) }
    for (format, language) in [(Register.Format.xlsx, Language.ja), (.csv, .ja), (.xlsx, .en), (.csv, .en)] {
      let bytes = try register.export(entries, names, as: format, language)
      let sheet = try Sheets.read(bytes, named: "台帳").sheets[0]
      let match = try #require(ColumnMatch.find(in: sheet.rows, of: register))
      #expect(match.columns.map(\.field) == register.entered.map(\.id))
      func plan(_ standing: [Entry]) throws -> RegisterImport {
        try RegisterImport.planned(
          sheet, into: register, standing: standing, names: names, emptyClears: true, language)
      }
      #expect(try plan(entries).unchanged == entries.count)
      let fresh = try plan([]).rows.map { row -> [String: String] in
        if case .add(let values) = row.fate { values } else { [:] }
      }
      #expect(fresh == entries.map(\.values))
    }
    let json = try JSONSerialization.jsonObject(
      with: Data(register.export(entries, names, as: .json, .ja)))
    let objects = try #require(json as? [[String: Any]])
    #expect(objects.map { $0["id"] as? String } == entries.map(\.id.text))
    #expect(objects.allSatisfy { $0.count == register.entered.count + 1 })
  }

  @Test("五万行を残らず見積もる")
  func many() throws {
    let lines = (0..<50_000).map { "PC-\($0),端末\($0),pc,外来,2027/3/31" }
    let text = "管理番号,機器名,種類,場所,サポート終了日\n" + lines.joined(separator: "\n")
    let rows = text.split(separator: "\n").map { $0.split(separator: ",").map { Cell.text(String($0)) } }
    let plan = try RegisterImport.planned(Sheet(name: "表", rows: rows))
    #expect(plan.added == 50_000 && plan.rows.count == ImportPass.mostKept)
    let other = Sheet(name: "表", rows: rows.dropLast() + [rows[1].dropLast() + [.text("2027/4/1")]])
    #expect(try RegisterImport.planned(other).stamp != plan.stamp)
  }
}

extension RegisterImport {
  /// A plan against entries in memory.
  static func planned(
    _ sheet: Sheet, into register: Register = Devices.register, standing: [Entry] = [],
    mapping: [String: String] = [:], names: ReferenceNames = ReferenceNames(fields: [:]),
    emptyClears: Bool = false, _ language: Language = .ja
  ) throws -> RegisterImport {
    let match = try #require(ColumnMatch.find(in: sheet.rows, of: register, mapping: mapping))
    let source = ImportSource(
      register: register, file: "表", match: match, sheet: sheet, emptyClears: emptyClears, language: language)
    let known = Dictionary(uniqueKeysWithValues: standing.map { (register.keyText(of: $0), $0) })
    return RegisterImport(
      source, try ImportPass(source, names, keeps: true) { _ in known }, names)
  }

  /// Read, added, updated, unchanged, refused.
  var counts: [Int] { [read, added, updated, unchanged, refused] }
}
