import Foundation
import Kernel
import TestSupport
import Testing

@testable import Publishing

/// Typst on this machine; without it the tests that need it are reported as skipped. `make setup` and CI install it.
private let maker = try? PdfMaker.find(environment: ProcessInfo.processInfo.environment)

@Suite("PDF") struct PdfTests {
  @Test("報告は1ページに収まり、明細は2ページ目から続く", .enabled(if: maker != nil, "typst がない"))
  func report() async throws {
    let bytes = try await #require(maker).make(template: "report", data: sample(), charts: charts)
    #expect(bytes.starts(with: Array("%PDF-".utf8)))
    #expect(try await Pdf.pages(bytes) == 2)
    let text = try await Pdf.text(bytes)
    #expect(text.contains("みなと総合病院"))
    #expect(text.contains("7c1e 90ab"))
    #expect(text.contains("1 / 2 ページ") && text.contains("2 / 2 ページ"))
    let firstPage = try #require(text.split(separator: "\u{C}").first)
    #expect(firstPage.contains("経営にお願いすること") && firstPage.contains("○6"))
    #expect(!firstPage.contains("明細の表"))
  }

  @Test("長い名前と長い理由でも、報告の表紙は1ページのままである", .enabled(if: maker != nil, "typst がない"))
  func longReport() async throws {
    let long = String(repeating: "国内の病院の被害で入口になった箇所であり更新の担当が未定です。", count: 3)
    let data = try sample(facility: String(long.prefix(60)), reason: String(long.prefix(80)))
    let bytes = try await #require(maker).make(template: "report", data: data, charts: charts)
    #expect(try await Pdf.pages(bytes) == 2)
  }

  @Test("PDF/A-2b で、読み上げ用の構造と言語を持つ", .enabled(if: maker != nil, "typst がない"))
  func archival() async throws {
    let bytes = try await #require(maker).make(template: "report", data: sample(), charts: charts)
    let raw = String(decoding: bytes, as: UTF8.self)
    #expect(raw.contains("<pdfaid:part>2</pdfaid:part>"))
    #expect(raw.contains("<pdfaid:conformance>B</pdfaid:conformance>"))
    #expect(raw.contains("<dc:title>") && raw.contains("医療情報システムの安全管理"))
    #expect(try await Pdf.info(bytes).contains(/Tagged: +yes/))
    #expect(try await Pdf.info(bytes).contains("(A4)"))
  }

  @Test("同じデータからは同じバイト列ができる", .enabled(if: maker != nil, "typst がない"))
  func reproducible() async throws {
    let maker = try #require(maker)
    let first = try await maker.make(template: "report", data: sample(), charts: charts)
    let second = try await maker.make(template: "report", data: sample(), charts: charts)
    #expect(first == second)
  }

  @Test("書体にない文字は〓になり、報告は止まらない", .enabled(if: maker != nil, "typst がない"))
  func missingGlyphs() async throws {
    let data = try sample(facility: "みなと😀病院\u{1}ไ", reason: "🏥の更新")
    let chart = Charts.rows(
      [("章🚑", MarkCounts(done: 1))], nameWidth: 90, id: "s", label: "章", unansweredWord: "未回答")
    let bytes = try await #require(maker).make(
      template: "report", data: data,
      charts: charts.merging(["sections.svg": chart]) { $1 })
    let text = try await Pdf.text(bytes)
    #expect(text.contains("みなと〓病院〓"))
    #expect(text.contains("〓の更新") && text.contains("章〓"))
  }

  @Test("点検票は横置きで、確認の欄がある", .enabled(if: maker != nil, "typst がない"))
  func checklist() async throws {
    let row: [Any] = [
      "2-1", "台帳を管理している。", "医療機関", ["text": "はい\nR7.6.1", "mark": "done"], "R8.3.31",
      ["text": "未定", "bad": true],
      NSNull(), ["text": "未回答", "mark": "unanswered"],
    ]
    let data: [String: Any] = [
      "lang": "ja", "title": "チェックリスト", "subtitle": "みなと総合病院", "date_iso": "2026-02-24", "author": "田中",
      "notice": NSNull(), "facts": [["label": "施設", "value": "みなと総合病院"]],
      "sections": [
        [
          "title": "2 管理・運用", "head": ["項番", "問い", "対象", "回答", "目標日", "担当", "備考", "証拠"],
          "widths": [1, 4, 1, 2, 1, 1, 2, 2], "rows": Array(repeating: row, count: 60),
        ]
      ],
      "signature_boxes": ["作成", "院長"], "fingerprint_label": "記録の指紋", "fingerprint": "7c1e 90ab",
      "page_of": "{0} / {1} ページ",
    ]
    let json = [UInt8](try JSONSerialization.data(withJSONObject: data))
    let bytes = try await #require(maker).make(template: "checklist", data: json)
    #expect(try await Pdf.pages(bytes) > 1)
    let info = try await Pdf.info(bytes)
    #expect(info.contains(/Page size: +841/))
    let sheets = try await Pdf.text(bytes).split(separator: "\u{C}")
    #expect(sheets.filter { $0.contains("項番") }.count >= sheets.count - 1)
    #expect(sheets.last?.contains("院長") == true)
  }

  @Test("書体があり、版を答える", .enabled(if: maker != nil, "typst がない"))
  func doctor() async throws {
    let maker = try #require(maker)
    #expect(try await maker.version().hasPrefix("typst "))
    try await maker.checkFont()
  }

  @Test("データの誤りは Typst の言葉とともに断る", .enabled(if: maker != nil, "typst がない"))
  func badData() async throws {
    let maker = try #require(maker)
    await #expect { try await maker.make(template: "report", data: Array("{}".utf8)) } throws: { error in
      guard case .failed(let detail)? = error as? PdfProblem else { return false }
      return detail.contains("error:")
    }
  }

  // MARK: - Without Typst: a command of our own in its place

  @Test("typst がなければ、そう言う")
  func missing() throws {
    #expect(throws: PdfProblem.typstMissing) {
      try PdfMaker.find(environment: ["MAMORITE_TYPST": "/nonexistent/typst", "PATH": "/usr/bin"])
    }
    #expect(PdfProblem.typstMissing.code == "pdf.typstMissing")
    #expect(PdfProblem.typstMissing.kind == .unavailable)
  }

  @Test("終わらない typst は止める")
  func timeout() async throws {
    try await withCommand("exec sleep 60") { path in
      let maker = PdfMaker(path: path, environment: ["PATH": "/usr/bin:/bin"], timeLimitSeconds: 0.3)
      await #expect(throws: PdfProblem.timedOut) { try await maker.make(template: "report", data: []) }
    }
  }

  @Test(
    "typst の答えから、書体がない・空きがない・ほかの失敗を見分ける",
    arguments: [
      ("echo 'warning: unknown font family: noto sans cjk jp' >&2", PdfProblem.fontMissing),
      ("echo 'error: No space left on device (os error 28)' >&2; exit 1", .noSpace),
      ("echo 'error: broken' >&2; exit 1", .failed("error: broken")),
      ("kill -9 $$", .failed("")),
    ])
  func refusals(script: String, problem: PdfProblem) async throws {
    try await withCommand(script) { path in
      let maker = PdfMaker(path: path, environment: ["PATH": "/usr/bin:/bin"])
      await #expect(throws: problem) { try await maker.make(template: "report", data: []) }
    }
  }

  @Test("書体の一覧に書体がなければ、そう言う")
  func noFont() async throws {
    try await withCommand("echo 'DejaVu Sans'") { path in
      let maker = PdfMaker(path: path, environment: [:])
      await #expect(throws: PdfProblem.fontMissing) { try await maker.checkFont() }
    }
  }

  @Test("作業用の場所は本人だけが開け、あとに残らず、秘密は子に渡らない")
  func privateFolder() async throws {
    try await withCommand("stat -c %a . ; pwd; env") { path in
      let maker = PdfMaker(path: path, environment: ["PATH": "/usr/bin:/bin", "DATABASE_PASSWORD": "x"])
      let said = try await maker.version().split(separator: "\n").map(String.init)
      #expect(said.first == "700")
      #expect(said.count > 2 && !FileManager.default.fileExists(atPath: said[1]))
      #expect(!said.contains { $0.hasPrefix("DATABASE_PASSWORD") })
    }
  }

  @Test("図の名前で作業用の場所の外へは書けない", arguments: ["../a.svg", "a/b.svg", "data.json", "/tmp/a.svg"])
  func chartNames(name: String) async throws {
    try await withCommand("exit 0") { path in
      let maker = PdfMaker(path: path, environment: [:])
      await #expect(throws: PdfProblem.failed("not a name for a chart: \(name)")) {
        try await maker.make(template: "report", data: [], charts: [name: "<svg></svg>"])
      }
    }
  }

  @Test("Typst が引用した文字を読み取る")
  func glyphs() {
    var glyphs = Glyphs()
    let message = "error: PDF/A-2b error: the text `\"😀\"` could not be displayed with font `\"Noto\"`"
    let joined = "the text `\"\\u{200d}\\u{1}]\"` could not be displayed"
    let found = [message, message, joined, "error: something else"].map { glyphs.add(from: $0) }
    #expect(found == [true, false, true, false])
    #expect(glyphs.unseen == ["😀", "]"] && glyphs.invisible == ["\u{200d}", "\u{1}"])
    #expect(glyphs.replaced(in: "a😀\u{1}b") == "a〓b")
    #expect(glyphs.json == #"{"unseen":["\\u{5d}","\\u{1f600}"],"invisible":["\\u{1}","\\u{200d}"]}"#)
  }
}

// MARK: - Sample

private let charts: [String: SVG] = [
  "sections.svg": Charts.rows(
    [
      ("1 体制", MarkCounts(done: 1)), ("2 管理・運用", MarkCounts(done: 6, partly: 4, undone: 2, unanswered: 1)),
      ("3 事故への備え", MarkCounts(done: 2, undone: 1)), ("4 規程", MarkCounts(unanswered: 1)),
      ("5 その他", MarkCounts()),
    ], nameWidth: 90, id: "s", label: "章ごとの状況", unansweredWord: "未回答"),
  "national.svg": Charts.national(
    (1...5).map {
      NationalRow(
        name: "対策\($0)", own: ("はい", .done), value: Double($0 * 10), valueText: "\($0 * 10)%", bandText: "全体")
    },
    heads: ("項目", "当院", "全国"), id: "n", label: "全国との比較"),
]

private func sample(
  facility: String = "みなと総合病院", reason: String = "25日過ぎ。"
) throws -> [UInt8] {
  let urgent: [[String: Any]] = (1...5).map { rank in
    [
      "rank": rank, "item": "2-⑥ セキュリティ更新", "reason": reason, "owner": "なし", "owner_missing": rank == 5,
      "due": "1月30日", "due_bad": rank == 1,
    ]
  }
  let figures: [[String: Any]] = ["done", "partly", "undone", "unanswered", "bad", "plain"].map {
    ["value": "9", "unit": "項目", "label": "できている", "mark": $0]
  }
  let detail: [String: Any] = [
    "title": "明細の表", "intro": NSNull(), "head": ["項番", "回答"], "widths": [1, 3.5],
    "rows": [["1-1", ["text": "はい", "mark": "done"]], ["1-2", ["text": "証拠なし", "bad": true]]],
  ]
  let first: [String: Any] = [
    "lang": "ja", "title": "医療情報システムの安全管理 経営への報告", "subtitle": "\(facility)(180床)", "date_iso": "2026-02-24",
    "author": "田中", "lead_strong": "9項目ができました。", "lead_rest": reason, "notice": "前の年度版の項目です。",
    "figures": figures, "sections_title": "章ごとの状況", "sections_chart": "sections.svg",
    "years_title": "前の年度からの変化", "years_chart": NSNull(), "years_note": "前の年度の記録はありません。",
    "national_title": "全国との比較", "national_chart": "national.svg", "national_note": "出典: 厚生労働省",
  ]
  let second: [String: Any] = [
    "urgent_title": "急ぐもの", "urgent_head": ["順", "項目", "なぜ急ぐか", "担当", "目標日"], "urgent": urgent,
    "urgent_more": NSNull(), "asks_title": "経営にお願いすること", "asks": [reason, reason, reason],
    "signature": "作成 田中", "fingerprint_label": "記録の指紋", "fingerprint": "7c1e 90ab 4f2d 88e3",
    "page_of": "{0} / {1} ページ", "details": [detail],
  ]
  return [UInt8](try JSONSerialization.data(withJSONObject: first.merging(second) { $1 }))
}

/// Calls `body` with the path of a shell script that stands in for Typst.
private func withCommand(_ script: String, _ body: (String) async throws -> Void) async throws {
  let file = FileManager.default.temporaryDirectory.appendingPathComponent("typst-\(UUID())")
  try "#!/bin/sh\n\(script)\n".write(to: file, atomically: true, encoding: .utf8)
  try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file.path)
  defer { try? FileManager.default.removeItem(at: file) }
  try await body(file.path)
}
