import Kernel
import Publishing
import TestSupport
import Testing

@Suite("表を書いて読む")
struct RoundTripTests {
  @Test("Excelに書いた表は同じ表として読める", arguments: UInt64(1)...40)
  func xlsx(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let written = [Sheet(name: "一", rows: random.rows()), Sheet(name: "二", rows: random.rows())]
    let bytes = try Sheets.xlsx(written.map { OutputSheet(name: $0.name, rows: $0.rows) })
    let read = try Sheets.read(bytes, named: "往復.xlsx")
    #expect(read == Workbook(sheets: written))
  }

  @Test("CSVに書いた表は同じ文字の表として読める", arguments: UInt64(1)...300)
  func csv(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let rows = random.rows()
    let asText = rows.map { row in row.map { $0 == .empty ? Cell.empty : .text($0.text) } }
    let read = try Sheets.read(Sheets.csv(rows), named: "往復.csv")
    #expect(read == Workbook(sheets: [Sheet(name: "往復", rows: asText)]))
  }

  @Test("式に見える文字は文字のまま", arguments: ["=1+1", "+81-3-0000-0000", "-5", "@SUM(A1)", "=cmd|'/c calc'!A1"])
  func formulas(text: String) throws {
    let bytes = try Sheets.xlsx([OutputSheet(name: "表", headings: [text], rows: [[.text(text)]])])
    let xml = try #require(part("xl/worksheets/sheet1.xml", of: bytes))
    #expect(!xml.contains("<f>"))
    #expect(try Sheets.read(bytes, named: "a.xlsx").sheets[0].rows == [[.text(text)], [.text(text)]])
  }

  @Test(
    "CSVでは、式に見える文字の前に引用の印を付け、読むときに外す",
    arguments: [
      "=1+1", "+81-3-0000-0000", "-5", "@SUM(A1)", "=cmd|'/c calc'!A1", "＝1+1", "－x", "\t=1", "'=1+1", "''-5",
    ])
  func formulasInCSV(text: String) throws {
    let bytes = Sheets.csv([[.text(text), .text("a")]])
    let written = String(decoding: bytes, as: UTF8.self).replacing("\u{FEFF}", with: "").replacing(
      "\"", with: "")
    #expect(written == "'\(text),a\r\n")
    #expect(try Sheets.read(bytes, named: "a.csv").sheets[0].rows == [[.text(text), .text("a")]])
  }

  @Test("式に見えない文字と数には、印を付けない", arguments: [Cell.text("-"), .text("a=1"), .text("'90"), .number(-5)])
  func noFormulas(cell: Cell) {
    #expect(String(decoding: Sheets.csv([[cell]]), as: UTF8.self) == "\u{FEFF}\(cell.text)\r\n")
  }

  @Test("見出しは固定して毎ページ印刷し、A4横の幅に収める")
  func layout() throws {
    let sheet = OutputSheet(
      name: "一覧", notes: ["みなと総合病院", "令和7年度"], headings: ["項番", "項目"],
      rows: [[.number(1), .day(Day(daysSince1970: 20_484))]],
      columnWidths: [8, 40])
    let bytes = try Sheets.xlsx([sheet])
    let xml = try #require(part("xl/worksheets/sheet1.xml", of: bytes))
    #expect(xml.contains("<pane ySplit=\"3\" topLeftCell=\"A4\""))
    #expect(xml.contains("paperSize=\"9\""))
    #expect(xml.contains("orientation=\"landscape\""))
    #expect(xml.contains("<pageSetUpPr fitToPage=\"1\"/>"))
    #expect(xml.contains("<col min=\"2\" max=\"2\" width=\"40.7"))
    let book = try #require(part("xl/workbook.xml", of: bytes))
    #expect(book.contains("_xlnm.Print_Titles\" localSheetId=\"0\">'一覧'!$3:$3<"))
    let styles = try #require(part("xl/styles.xml", of: bytes))
    #expect(styles.contains("formatCode=\"yyyy\\-mm\\-dd\"") || styles.contains("formatCode=\"yyyy-mm-dd\""))
    #expect(styles.contains("wrapText=\"1\""))
    let rows = try Sheets.read(bytes, named: "一覧.xlsx").sheets[0].rows
    #expect(rows.map { $0.map(\.text) } == [["みなと総合病院"], ["令和7年度"], ["項番", "項目"], ["1", "2026-01-31"]])
  }

  @Test("Excelが許さないシート名は直し、同じ名前には番号を付ける")
  func names() throws {
    let long = String(repeating: "長", count: 40)
    let wanted = ["対象/範囲", "対象/範囲", "", "'引用'", long, long]
    let bytes = try Sheets.xlsx(wanted.map { OutputSheet(name: $0, rows: [[.yes(true)]]) })
    let cut = String(repeating: "長", count: 26)
    #expect(
      try Sheets.read(bytes, named: "a.xlsx").sheets.map(\.name) == [
        "対象／範囲", "対象／範囲 (2)", "Sheet", "’引用’", String(repeating: "長", count: 31), "\(cut) (2)",
      ])
  }

  @Test("制御文字は落とし、改行はLFにそろえる")
  func control() throws {
    let bytes = try Sheets.xlsx([OutputSheet(name: "表", rows: [[.text("a\u{0}\u{1}b\r\nc\rd\u{FFFE}")]])])
    #expect(try Sheets.read(bytes, named: "a.xlsx").sheets[0].rows == [[.text("ab\nc\nd")]])
    #expect(
      try Sheets.read(Sheets.csv([[.text("a\r\nb\rc")]]), named: "a").sheets[0].rows == [[.text("a\nb\nc")]])
  }

  @Test("Excelの文字数を超えるセルは書かずに断る")
  func tooLongToWrite() {
    let long = String(repeating: "長", count: 32_768)
    #expect(throws: SheetProblem.textTooLong(file: "", sheet: "表", cell: "B2", limit: 32_767)) {
      try Sheets.xlsx([OutputSheet(name: "表", headings: ["見出し"], rows: [[.empty, .text(long)]])])
    }
  }

  @Test(
    "セルは読みやすい文字になる",
    arguments: [
      (Cell.empty, ""), (.text("台帳"), "台帳"), (.number(3), "3"), (.number(-0.5), "-0.5"),
      (.number(0.1 + 0.2), "0.3"), (.number(1e20), "1e+20"), (.day(Day(daysSince1970: 20_483)), "2026-01-30"),
      (.yes(true), "TRUE"), (.yes(false), "FALSE"), (.fault("#REF!"), "#REF!"),
    ])
  func text(cell: Cell, text: String) { #expect(cell.text == text) }
}
