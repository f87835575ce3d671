import Kernel
import Publishing
import Testing

@Suite("Excelを読む")
struct WorkbookReaderTests {
  @Test("ふりがなは読まず、書式の違う文字はつなぐ")
  func phonetic() throws {
    var book = BookFixture(
      rows: "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>")
    book.parts["xl/sharedStrings.xml"] = """
      <sst><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si>\
      <si><r><rPr><b/></rPr><t xml:space="preserve">責任者 </t></r><r><t>田中</t></r><rPh sb="4" eb="6"><t>タナカ</t></rPh></si></sst>
      """
    #expect(try book.rows() == [[.text("東京"), .text("責任者 田中")]])
  }

  @Test("セルの種類を読み分ける")
  func kinds() throws {
    let rows = """
      <row r="1"><c r="A1" t="inlineStr"><is><r><t>直</t></r><r><t>書き</t></r><rPh><t>ジカ</t></rPh></is></c>\
      <c r="B1" t="str"><f>A1</f><v>式の値</v></c><c r="C1" t="b"><v>1</v></c><c r="D1" t="e"><f>X</f><v>#REF!</v></c>\
      <c r="E1"><f>1+1</f><v>2</v></c><c r="F1" t="n"><v>1.5E+3</v></c><c r="G1" t="d"><v>2025-06-12T00:00:00</v></c>\
      <c r="H1" t="str"><f>IF(1,"")</f><v></v></c><c r="I1" t="inlineStr"><is><t>a_x000D_&#10;b_x005F_x0041_</t></is></c>\
      <c r="J1" t="inlineStr"><is><t><![CDATA[<x>]]>&amp;</t></is></c><c r="K1" t="b"><v>0</v></c></row>
      """
    let day = try #require(Day(2025, 6, 12))
    let expected: [Cell] = [
      .text("直書き"), .text("式の値"), .yes(true), .fault("#REF!"), .number(2), .number(1500), .day(day), .empty,
      .text("a\nb_x0041_"), .text("<x>&"), .yes(false),
    ]
    let sheet = try BookFixture(rows: rows).read().sheets[0]
    #expect(sheet.rows == [expected])
    #expect(sheet.uncalculated == [])
  }

  @Test(
    "日付の書式なら日付、そうでなければ数",
    arguments: [
      ("yyyy/mm/dd", true), ("[$-411]ge.m.d;@", true), ("ggge\"年\"m\"月\"d\"日\"", true), ("m/d", true),
      ("aaa", true),
      ("[$-ja-JP-x-gannen]ggge\"年\"", true), ("[Red]e", true), ("General", false), ("G/標準", false),
      ("0.00E+00", false),
      ("#,##0\"yen/day\"", false), ("0\\d", false), ("[h]:mm", false), ("[Magenta]0", false), ("@", false),
      ("0_d", false),
    ])
  func customFormats(code: String, isDate: Bool) throws {
    #expect(
      try read(serial: "45820.5", format: 176, code: code)
        == (isDate ? .day(#require(Day(2025, 6, 12))) : .number(45820.5)))
  }

  @Test(
    "組み込みの日付の書式",
    arguments: [
      (14, true), (22, true), (27, true), (30, true), (36, true), (50, true), (58, true), (0, false),
      (1, false), (10, false), (13, false), (37, false), (49, false),
    ])
  func builtInFormats(id: Int, isDate: Bool) throws {
    #expect(
      try read(serial: "45820", format: id) == (isDate ? .day(#require(Day(2025, 6, 12))) : .number(45820)))
  }

  @Test("1904年方式の日付は4年と1日ずれる")
  func since1904() throws {
    #expect(
      try read(serial: "44358", format: 14, properties: "<workbookPr date1904=\"1\"/>")
        == .day(#require(Day(2025, 6, 12))))
    #expect(
      try read(serial: "45820", format: 14, properties: "<workbookPr date1904=\"0\"/>")
        == .day(#require(Day(2025, 6, 12))))
  }

  private func read(serial: String, format: Int, code: String? = nil, properties: String = "") throws -> Cell
  {
    var book = BookFixture(rows: "<row><c s=\"1\"><v>\(serial)</v></c></row>")
    let custom =
      code.map {
        "<numFmts><numFmt numFmtId=\"\(format)\" formatCode=\"\($0.replacing("\"", with: "&quot;"))\"/></numFmts>"
      } ?? ""
    // The style sheets of cell styles and differential formats must not be counted.
    book.parts["xl/styles.xml"] = """
      <styleSheet>\(custom)<cellStyleXfs><xf numFmtId="14"/><xf numFmtId="14"/></cellStyleXfs>\
      <cellXfs><xf numFmtId="0"/><xf numFmtId="\(format)"/></cellXfs><dxfs><dxf><numFmt numFmtId="\(format)" formatCode="0"/></dxf></dxfs></styleSheet>
      """
    book.parts["xl/workbook.xml"] = BookFixture.book(
      "\(properties)<sheets><sheet name=\"a\" r:id=\"rId1\"/></sheets>")
    return try book.rows()[0][0]
  }

  @Test("縦に結合したセルの値は下の行にも入る")
  func merges() throws {
    func row(_ number: Int, _ cells: [String: String]) -> String {
      let inside = cells.sorted { $0.key < $1.key }.map {
        "<c r=\"\($0.key)\(number)\" t=\"str\"><v>\($0.value)</v></c>"
      }
      return "<row r=\"\(number)\">\(inside.joined())</row>"
    }
    let rows =
      row(1, ["A": "題", "C": "x"]) + row(2, ["A": "2-⑫", "B": "サーバ"]) + row(3, ["B": "端末PC"])
      + row(5, ["A": "注", "B": "横", "D": "残る"]) + row(6, ["B": "既にある", "D": "y"])
    let merged = ["A1:B1", "A2:A3", "B5:B6", "A5:A6", "D5:E6", "C1:C2", "A6:A9"].map {
      "<mergeCell ref=\"\($0)\"/>"
    }
    let read = try BookFixture(rows: rows, after: "<mergeCells>\(merged.joined())</mergeCells>").rows()
    #expect(
      read.map { $0.map(\.text) } == [
        ["題", "", "x"], ["2-⑫", "サーバ", "x"], ["2-⑫", "端末PC"], [], ["注", "横", "", "残る"],
        ["注", "既にある", "", "y"],
      ])
  }

  @Test("行や列が飛んでも、番地が省かれても位置が合う")
  func gaps() throws {
    let rows = """
      <row><c><v>1</v></c><c r="D1"><v>2</v></c><c><v>3</v></c></row><row r="4"><c r="B4"><v>4</v></c><c r="C4" s="1"/></row>\
      <row><c><v>5</v></c></row><row r="9"><c r="A9"/></row>
      """
    #expect(
      try BookFixture(rows: rows).rows() == [
        [.number(1), .empty, .empty, .number(2), .number(3)], [], [], [.empty, .number(4)], [.number(5)],
      ])
  }

  @Test("計算結果のない式は空とし、番地を控える")
  func uncalculated() throws {
    let rows = """
      <row r="2"><c r="AA2"><f>TODAY()</f><v></v></c><c r="AB2"><f>1</f></c><c r="AC2"><f>1</f><v>1</v></c></row>
      """
    let sheet = try BookFixture(rows: rows).read().sheets[0]
    #expect(sheet.uncalculated == ["AA2", "AB2"])
    #expect(sheet.rows[1][26] == .empty)
    #expect(sheet.rows[1][28] == .number(1))
  }

  @Test(
    "厳格なOOXML、接頭辞つきの要素、絶対と相対の参照先を読む",
    arguments: [
      "/xl/tables/表.xml", "tables/表.xml", "./x/../tables/表.xml", "../xl/tables/表.xml",
    ])
  func strict(target: String) throws {
    let main = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    let relation = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    let bytes = zipped(
      [
        "_rels/.rels":
          "<Relationships><Relationship Id=\"a\" Type=\"\(relation)/officeDocument\" Target=\"/xl/workbook.xml\"/></Relationships>",
        "xl/_rels/workbook.xml.rels":
          "<Relationships><Relationship Id=\"a\" Type=\"\(relation)/worksheet\" Target=\"\(target)\"/></Relationships>",
        "xl/workbook.xml":
          "<x:workbook xmlns:x=\"\(main)\" xmlns:q=\"\(relation)\"><x:sheets><x:sheet name=\"厳格\" sheetId=\"1\" state=\"veryHidden\" q:id=\"a\"/></x:sheets></x:workbook>",
        "xl/tables/表.xml":
          "\u{FEFF}<?xml version='1.0' encoding='utf-8'?><x:worksheet xmlns:x=\"\(main)\"><x:sheetData><x:row r=\"1\"><x:c r=\"A1\"><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>",
      ].mapValues { Array($0.utf8) })
    #expect(
      try Sheets.read(bytes, named: "a")
        == Workbook(sheets: [Sheet(name: "厳格", rows: [[.number(7)]], hidden: true)]))
  }

  @Test("シートの順と隠れたシートを伝え、グラフのシートは飛ばす")
  func sheets() throws {
    var book = BookFixture(rows: "<row><c><v>1</v></c></row>")
    book.parts["xl/workbook.xml"] = BookFixture.book(
      """
      <sheets><sheet name="裏" state="hidden" r:id="rId9"/><sheet name="図" r:id="rId8"/><sheet name="表" state="visible" r:id="rId1"/></sheets>
      """)
    book.parts["xl/_rels/workbook.xml.rels"] = BookFixture.relations([
      "rId1": ("worksheet", "worksheets/sheet1.xml"), "rId9": ("worksheet", "worksheets/sheet2.xml"),
      "rId8": ("chartsheet", "chartsheets/sheet1.xml"),
    ])
    book.parts["xl/worksheets/sheet2.xml"] = "<worksheet><sheetData/></worksheet>"
    #expect(
      try book.read().sheets == [
        Sheet(name: "裏", rows: [], hidden: true), Sheet(name: "表", rows: [[.number(1)]]),
      ])
  }
}
