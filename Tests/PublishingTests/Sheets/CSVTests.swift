import Publishing
import Testing

@Suite("CSVとTSV")
struct CSVTests {
  private func rows(_ bytes: [UInt8]) throws -> [[String]] {
    try Sheets.read(bytes, named: "表.csv").sheets[0].rows.map { $0.map(\.text) }
  }

  private func rows(_ text: String) throws -> [[String]] { try rows(Array(text.utf8)) }

  @Test("Shift_JISの機種依存文字を読む")
  func cp932() throws {
    // 2-①,髙橋 と ～,ﾃﾞｰﾀ,表
    let bytes: [UInt8] = [
      0x32, 0x2D, 0x87, 0x40, 0x2C, 0xFB, 0xFC, 0x8B, 0xB4, 0x0D, 0x0A,
      0x81, 0x60, 0x2C, 0xC3, 0xDE, 0xB0, 0xC0, 0x2C, 0x95, 0x5C, 0x0D, 0x0A,
    ]
    #expect(try rows(bytes) == [["2-①", "髙橋"], ["～", "ﾃﾞｰﾀ", "表"]])
  }

  @Test("UTF-16のTSVを読む", arguments: [false, true])
  func utf16(bigEndian: Bool) throws {
    let units = Array("\u{FEFF}項番\t項目\r\n2-①\t𠮷田🏥".utf16)
    let bytes = units.flatMap { unit in
      bigEndian ? [UInt8(unit >> 8), UInt8(unit & 0xFF)] : [UInt8(unit & 0xFF), UInt8(unit >> 8)]
    }
    #expect(try rows(bytes) == [["項番", "項目"], ["2-①", "𠮷田🏥"]])
  }

  @Test("資産管理ツールのUTF-16LE: 引用符の中のタブと改行を読む")
  func assetTool() throws {
    let text = "\u{FEFF}\"端末名\"\t\"IPアドレス\"\r\n\"外来\t1\"\t\"10.0.0.1\r\n10.0.0.2\"\r\n"
    let bytes = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(try rows(bytes) == [["端末名", "IPアドレス"], ["外来\t1", "10.0.0.1\n10.0.0.2"]])
  }

  @Test("BOMの有無によらずUTF-8を読む", arguments: ["", "\u{FEFF}"])
  func utf8(mark: String) throws { #expect(try rows("\(mark)項番,項目") == [["項番", "項目"]]) }

  @Test("行末はCRLFでもLFでもCRでもよい", arguments: ["\r\n", "\n", "\r"])
  func lineEnds(end: String) throws {
    #expect(try rows("a,b\(end)\(end)c,\"d\(end)e\"\(end)") == [["a", "b"], [], ["c", "d\ne"]])
  }

  @Test(
    "区切りを見分ける",
    arguments: [
      ("題名\na,b,c\nd;x,e,f", [["題名"], ["a", "b", "c"], ["d;x", "e", "f"]]),
      ("a;b;c\nd;\"e,f\";g", [["a", "b", "c"], ["d", "e,f", "g"]]),
      ("a\tb,b,b\nc\td", [["a", "b,b,b"], ["c", "d"]]),
      ("ひとつ\nだけ", [["ひとつ"], ["だけ"]]),
    ])
  func separators(text: String, expected: [[String]]) throws { #expect(try rows(text) == expected) }

  @Test("引用符を読む")
  func quotes() throws {
    let text = "\"a\"\"b\",\"\",c\"d,\"x\"y\n,,\"最後\"\n,,\n"
    #expect(try rows(text) == [["a\"b", "", "c\"d", "xy"], ["", "", "最後"]])
  }

  @Test(
    "シート名はファイル名から取る",
    arguments: [("C:\\表\\令和7年度.csv", "令和7年度"), ("a/b.tar.csv", "b.tar"), (".csv", ".csv"), ("表", "表")])
  func sheetName(file: String, name: String) throws {
    #expect(try Sheets.read([0x61], named: file).sheets[0].name == name)
  }

  @Test("書き出しはBOM付きUTF-8とCRLFで、要るところだけ引用する")
  func written() {
    let bytes = Sheets.csv([
      [.text("項番"), .text("a,b"), .number(1.5)], [.empty, .text("\"x\"\ny"), .yes(true)],
    ])
    #expect(Array(bytes.prefix(3)) == [0xEF, 0xBB, 0xBF])
    #expect(
      String(decoding: bytes.dropFirst(3), as: UTF8.self) == "項番,\"a,b\",1.5\r\n,\"\"\"x\"\"\ny\",TRUE\r\n")
  }

  @Test(
    "読めない文字は行番号つきで断る",
    arguments: [
      ([0x61, 0x0D, 0x0A, 0x62, 0x0A, 0x83, 0xFF, 0x0A], 3),  // neither UTF-8 nor CP932
      ([0xEF, 0xBB, 0xBF, 0x61, 0x0A, 0x82, 0xA0], 2),  // marked as UTF-8, but Shift_JIS
      ([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00, 0x00, 0xD8, 0x61, 0x00], 2),  // half of a surrogate pair
      ([0xFF, 0xFE, 0x61, 0x00, 0x62], 1),  // odd length
      ([0x0A, 0x1B, 0x24, 0x42, 0x25, 0x22], 2),  // ISO-2022-JP
      ([0x0D, 0x0D, 0x93], 3),  // CP932 cut in the middle of a character
    ] as [([UInt8], Int)])
  func unknownEncoding(bytes: [UInt8], line: Int) {
    #expect(
      refusal { () throws(SheetProblem) in try Sheets.read(bytes, named: "表.csv") }
        == .unknownEncoding(file: "表.csv", line: line))
  }

  @Test(
    "表でないものは断る",
    arguments: [
      ("\u{0}\u{1}\u{2}", SheetProblem.notAWorkbook(file: "a")), ("%PDF-1.7", .notAWorkbook(file: "a")),
      ("  <html><table></table>", .notAWorkbook(file: "a")),
      ("\u{FEFF}<?xml version=\"1.0\"?>", .notAWorkbook(file: "a")),
      ("", .empty(file: "a")), ("\u{FEFF},,\r\n\r\n", .empty(file: "a")),
      ("a\nb,\"c\nd", .unclosedQuote(file: "a", line: 2)),
    ])
  func refused(text: String, problem: SheetProblem) {
    #expect(refusal { () throws(SheetProblem) in try Sheets.read(Array(text.utf8), named: "a") } == problem)
  }

  @Test("限度を超えるCSVは断り、空行は数えない")
  func limits() throws {
    var limits = SheetLimits()
    (limits.rows, limits.columns, limits.cells, limits.textLength, limits.fileBytes) = (3, 4, 8, 5, 64)
    func problem(_ text: String) -> SheetProblem? {
      refusal { () throws(SheetProblem) in try Sheets.read(Array(text.utf8), named: "a", limits: limits) }
    }
    #expect(problem("1\n2\n3\n\n\n") == nil)
    #expect(problem("1\n2\n3\n4") == .tooManyRows(file: "a", sheet: "a", limit: 3))
    #expect(problem("1,2,3,4,,,") == nil)
    #expect(problem("1,2,3,4,5") == .tooManyColumns(file: "a", sheet: "a", limit: 4))
    #expect(problem("1,2,3\n1,2,3\n1,2,3") == .tooManyCells(file: "a", limit: 8))
    #expect(problem("あいうえお") == nil)
    #expect(problem("1,あいうえおか") == .textTooLong(file: "a", sheet: "a", cell: "B1", limit: 5))
    #expect(problem(String(repeating: "a", count: 65)) == .tooLarge(file: "a", megabytes: 0))
  }
}
