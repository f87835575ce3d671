import Kernel
import Publishing
import TestSupport
import Testing

@Suite("断るファイル")
struct SheetRefusalTests {
  private let ole2: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
  private let oneCell = "<row><c><v>1</v></c></row>"

  private func problem(_ bytes: [UInt8], limits: SheetLimits = .standard) -> SheetProblem? {
    refusal { () throws(SheetProblem) in try Sheets.read(bytes, named: "点検.xlsx", limits: limits) }
  }

  private func problem(_ book: BookFixture, limits: SheetLimits = .standard) -> SheetProblem? {
    problem(book.bytes, limits: limits)
  }

  @Test("パスワード付き、古いxls、Wordの文書を見分ける")
  func containers() {
    func named(_ name: String) -> [UInt8] {
      ole2 + [UInt8](repeating: 0, count: 504) + name.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } + [
        0, 0,
      ]
    }
    #expect(problem(named("EncryptedPackage")) == .passwordProtected(file: "点検.xlsx"))
    #expect(problem(named("EncryptionInfo")) == .passwordProtected(file: "点検.xlsx"))
    #expect(problem(named("Workbook")) == .legacyWorkbook(file: "点検.xlsx"))
    #expect(problem(named("WordDocument")) == .notAWorkbook(file: "点検.xlsx"))
    #expect(problem(ole2) == .legacyWorkbook(file: "点検.xlsx"))
    let parts = BookFixture(rows: oneCell).parts.mapValues { Array($0.utf8) }
    #expect(problem(zipped(parts)) == nil)
    #expect(problem(zipped(parts, password: "みなと")) == .passwordProtected(file: "点検.xlsx"))
  }

  @Test("途中で切れたファイルは、どこで切れても断る")
  func truncated() throws {
    let whole = BookFixture(rows: oneCell).bytes
    try #require(problem(whole) == nil)
    for length in stride(from: 4, to: whole.count, by: 37) {
      #expect(problem(Array(whole[..<length])) == .damaged(file: "点検.xlsx", part: "ZIP"))
    }
  }

  @Test("一バイト変わっても、誤った値や異常終了にはならない")
  func flipped() throws {
    var random = Seeded(state: 1)
    var (refused, same) = (0, 0)
    for _ in 0..<20 {
      let whole = try Sheets.xlsx([OutputSheet(name: "表", rows: random.rows())])
      let expected = try Sheets.read(whole, named: "a").sheets[0].rows
      for _ in 0..<40 {
        var bytes = whole
        bytes[Int.random(in: 4..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
        if let book = try? Sheets.read(bytes, named: "a") {
          // The change hit a part that is not read, or something like a date in the directory of the ZIP.
          same += 1
          #expect(book.sheets.first?.rows == expected)
        } else {
          refused += 1
        }
      }
    }
    #expect(refused > 100 && same > 100)
  }

  @Test("壊れたXMLと、ないものを指す参照は、部品の名を添えて断る")
  func damaged() {
    let sheet = SheetProblem.damaged(file: "点検.xlsx", part: "xl/worksheets/sheet1.xml")
    for rows in [
      "<row><c><v>1</v></row>", "<row r=\"0\"/>", "<row r=\"x\"/>", "<row r=\"1048577\"/>", "<c><v>1</v></c>",
      "<row r=\"1\"><c r=\"A2\"><v>1</v></c></row>",
      "<row><c r=\"1A\"><v>1</v></c></row>", "<row><c t=\"s\"><v>5</v></c></row>",
      "<row><c t=\"s\"><v>-1</v></c></row>",
    ] {
      #expect(problem(BookFixture(rows: rows)) == sheet, "\(rows)")
    }
    var book = BookFixture(rows: oneCell)
    book.parts["xl/worksheets/sheet1.xml"] = "<worksheet><sheetData>\(oneCell)"
    #expect(problem(book) == sheet)
    book.parts["xl/worksheets/sheet1.xml"] = ""
    #expect(problem(book) == sheet)
    book.parts["xl/worksheets/sheet1.xml"] = nil
    #expect(problem(book) == sheet)
    book = BookFixture(rows: oneCell)
    book.parts["xl/styles.xml"] = nil  // without it, days would silently become numbers
    #expect(problem(book) == .damaged(file: "点検.xlsx", part: "xl/styles.xml"))
    book = BookFixture(rows: oneCell)
    book.parts["xl/workbook.xml"] = BookFixture.book("<sheets/>")
    #expect(problem(book) == .damaged(file: "点検.xlsx", part: "xl/workbook.xml"))
  }

  @Test("Excelでない圧縮ファイルと、空のブックを断る")
  func notWorkbooks() {
    #expect(
      problem(zipped(["mimetype": Array("application/vnd.oasis.opendocument.spreadsheet".utf8)]))
        == .notAWorkbook(file: "点検.xlsx"))
    let word = BookFixture.relations(["a": ("officeDocument", "word/document.xml")])
    #expect(
      problem(zipped(["_rels/.rels": Array(word.utf8), "word/document.xml": [0x3C]]))
        == .notAWorkbook(file: "点検.xlsx"))
    let binary = BookFixture.relations(["a": ("officeDocument", "xl/workbook.bin")])
    #expect(
      problem(zipped(["_rels/.rels": Array(binary.utf8), "xl/workbook.bin": [1]]))
        == .notAWorkbook(file: "点検.xlsx"))
    #expect(problem(BookFixture()) == .empty(file: "点検.xlsx"))
  }

  @Test(
    "文書型宣言と実体はどの部品でも断る",
    arguments: [
      "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "_rels/.rels",
    ])
  func documentTypes(part: String) throws {
    var book = BookFixture(rows: oneCell)
    let whole = try #require(book.parts[part]).replacing(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", with: "")
    // A long comment puts the declaration across the pieces in which the part is read.
    for filler in ["", String(repeating: "x", count: 131_072 - 12), String(repeating: "y", count: 300_000)] {
      book.parts[part] = "<!--\(filler)--><!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>\(whole)"
      #expect(problem(book) == .unsafe(file: "点検.xlsx", part: part))
    }
    book.parts[part] = "<!--\(String(repeating: "z", count: 300_000))-->\(whole)"
    #expect(problem(book) == nil)
  }

  @Test("UTF-8でないXMLは、何と名乗っていても断る")
  func otherEncodings() {
    let damaged = SheetProblem.damaged(file: "点検.xlsx", part: "xl/worksheets/sheet1.xml")
    let sheet = "<worksheet><sheetData>\(oneCell)</sheetData></worksheet>"
    var parts = BookFixture(rows: oneCell).parts.mapValues { Array($0.utf8) }
    func problem(_ bytes: [UInt8]) -> SheetProblem? {
      parts["xl/worksheets/sheet1.xml"] = bytes
      return self.problem(zipped(parts))
    }
    for mark in ["\u{FEFF}", ""] {
      let text = "\(mark)<!DOCTYPE a>\(sheet)"
      #expect(problem(text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) == damaged)
    }
    // UTF-7 for "<!DOCTYPE a>" must not be decoded by the parser.
    let seven = "<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE a+AD4-\(sheet)"
    #expect(problem(Array(seven.utf8)) == damaged)
    let padded = "<?xml version=\"1.0\"\(String(repeating: " ", count: 2000))encoding=\"UTF-7\"?>\(sheet)"
    #expect(problem(Array(padded.utf8)) == damaged)
    #expect(problem(Array("<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>\(sheet)".utf8)) == nil)
  }

  @Test(
    "名前や注釈が文字として壊れたXMLで異常終了しない",
    arguments: [
      ("<a ", "b=\"1\"/>"), ("<a", " c='1'/>"), ("<!--", "-->"), ("<?pi ", "?>"), ("<a xmlns:", "=\"u\"/>"),
      ("<", "/>"),
      ("<c>", "</c>"), ("<c a=\"", "\"/>"),
    ])
  func brokenNames(before: String, after: String) {
    var parts = BookFixture(rows: oneCell).parts.mapValues { Array($0.utf8) }
    for broken: [UInt8] in [
      [0xE3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0], [0xF0, 0x80, 0x80, 0x80],
    ] {
      let head = Array("<worksheet><sheetData/>\(before)".utf8)
      parts["xl/worksheets/sheet1.xml"] = head + broken + Array("\(after)</worksheet>".utf8)
      #expect(problem(zipped(parts)) == .damaged(file: "点検.xlsx", part: "xl/worksheets/sheet1.xml"))
    }
  }

  @Test("部品の中身がでたらめに変わっても異常終了しない")
  func mutated() throws {
    var random = Seeded(state: 1)
    let whole = try Sheets.xlsx([OutputSheet(name: "表", rows: random.rows())])
    let names = [
      "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml",
      "xl/worksheets/sheet1.xml",
    ]
    let parts = try Dictionary(
      uniqueKeysWithValues: names.map { ($0, Array(try #require(part($0, of: whole)).utf8)) })
    try #require(problem(zipped(parts)) == nil)
    var (refused, read) = (0, 0)
    for _ in 0..<1000 {
      var changed = parts
      let name = names[Int.random(in: 0..<names.count, using: &random)]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let count = try #require(changed[name]).count
        let place = Int.random(in: 0..<count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: changed[name]?[place] = UInt8.random(in: 0...255, using: &random)
        case 1: changed[name]?.removeSubrange(place..<min(count, place + 9))
        default: changed[name]?.insert(contentsOf: "<&\"/>9".utf8.shuffled(using: &random), at: place)
        }
      }
      if problem(zipped(changed)) == nil { read += 1 } else { refused += 1 }
    }
    #expect(refused > 100 && read > 20)
  }

  @Test("圧縮爆弾は広げきる前に断る")
  func bomb() {
    var book = BookFixture(rows: oneCell)
    book.parts["xl/sharedStrings.xml"] = "<sst>\(String(repeating: " ", count: 40 << 20))</sst>"
    let bytes = book.bytes
    #expect(bytes.count < 100_000)
    #expect(problem(bytes) == .zipBomb(file: "点検.xlsx"))
    var limits = SheetLimits()
    limits.ratio = 10_000
    limits.unpackedBytes = 4 << 20
    #expect(problem(bytes, limits: limits) == .unpacksTooLarge(file: "点検.xlsx", megabytes: 4))
    limits.unpackedBytes = 41 << 20
    #expect(problem(bytes, limits: limits) == nil)
  }

  @Test("多すぎる行は、百万行でも限度で止まる")
  func millionRows() {
    var rows = ""
    for number in 1...1_000_000 { rows += "<row r=\"\(number)\"><c><v>\(number)</v></c></row>" }
    #expect(problem(BookFixture(rows: rows)) == .tooManyRows(file: "点検.xlsx", sheet: "点検表", limit: 5_000))
  }

  @Test("書式だけの空のセルは、限度の外にあってもよい")
  func emptyBeyondLimits() throws {
    let rows =
      "<row r=\"1\"><c r=\"A1\"><v>1</v></c><c r=\"XFD1\" s=\"1\"/></row><row r=\"1048576\"><c r=\"A1048576\" s=\"1\"/></row>"
    #expect(try BookFixture(rows: rows).rows() == [[.number(1)]])
  }

  @Test("限度ちょうどは読み、一つ超えると断る")
  func limits() {
    var limits = SheetLimits()
    (limits.rows, limits.columns, limits.cells, limits.textLength, limits.sheets) = (3, 4, 8, 5, 1)
    func row(_ number: Int, _ cell: String) -> String {
      "<row r=\"\(number)\"><c r=\"\(cell)\(number)\"><v>1</v></c></row>"
    }
    func text(_ text: String) -> String {
      "<row r=\"2\"><c r=\"B2\" t=\"inlineStr\"><is><t>\(text)</t></is></c></row>"
    }
    let file = "点検.xlsx"
    #expect(problem(BookFixture(rows: row(3, "D")), limits: limits) == nil)
    #expect(
      problem(BookFixture(rows: row(4, "A")), limits: limits)
        == .tooManyRows(file: file, sheet: "点検表", limit: 3))
    #expect(
      problem(BookFixture(rows: row(1, "E")), limits: limits)
        == .tooManyColumns(file: file, sheet: "点検表", limit: 4))
    #expect(problem(BookFixture(rows: row(1, "D") + row(2, "D")), limits: limits) == nil)
    #expect(
      problem(BookFixture(rows: row(1, "D") + row(2, "D") + row(3, "A")), limits: limits)
        == .tooManyCells(file: file, limit: 8))
    #expect(problem(BookFixture(rows: text("あいう🏥")), limits: limits) == nil)
    #expect(
      problem(BookFixture(rows: text("あいうえ🏥")), limits: limits)
        == .textTooLong(file: file, sheet: "点検表", cell: "B2", limit: 5))
    var two = BookFixture(rows: oneCell)
    two.parts["xl/workbook.xml"] = BookFixture.book(
      "<sheets><sheet name=\"a\" r:id=\"rId1\"/><sheet name=\"b\" r:id=\"rId1\"/></sheets>")
    #expect(problem(two, limits: limits) == .tooManySheets(file: file, limit: 1))
    limits.fileBytes = 100
    #expect(problem(BookFixture(rows: oneCell), limits: limits) == .tooLarge(file: file, megabytes: 0))
  }

  @Test("空のセルばかりのファイルも、要素の数で止まる")
  func elements() {
    var limits = SheetLimits()
    limits.elements = 500
    let few = BookFixture(rows: oneCell + String(repeating: "<row><c s=\"1\"/></row>", count: 200))
    #expect(problem(few, limits: limits) == nil)
    let many = BookFixture(rows: oneCell + String(repeating: "<row><c s=\"1\"/></row>", count: 300))
    #expect(problem(many, limits: limits) == .tooManyCells(file: "点検.xlsx", limit: 1_000_000))
  }

  @Test("重なった結合でも手間は限られる")
  func manyMerges() {
    var limits = SheetLimits()
    limits.cells = 1000
    let rows = (1...100).map { "<row><c r=\"A\($0)\"><v>1</v></c></row>" }.joined()
    let merge = "<mergeCell ref=\"A1:A1048576\"/>"
    let few = BookFixture(rows: rows, after: String(repeating: merge, count: 5))
    #expect(problem(few, limits: limits) == nil)
    let many = BookFixture(rows: rows, after: String(repeating: merge, count: 50))
    #expect(problem(many, limits: limits) == .tooManyCells(file: "点検.xlsx", limit: 1000))
  }

  @Test("断る理由の符号は重ならず、値を伴う")
  func codes() {
    #expect(Set(SheetProblem.codes).count == 17)
    #expect(SheetProblem.codes.count == 17)
    let problem = SheetProblem.textTooLong(file: "a", sheet: "b", cell: "C3", limit: 9)
    #expect(problem.code == "sheets.textTooLong")
    #expect(problem.arguments == ["a", "b", "C3", "9"])
    #expect(problem.kind == .invalid)
    #expect(SheetProblem.zipBomb(file: "a").kind == .tooLarge)
  }
}
