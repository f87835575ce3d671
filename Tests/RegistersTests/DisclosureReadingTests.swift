import Foundation
import Kernel
import Publishing
import TestSupport
import Testing

@testable import Registers

@Suite("開示書を読む")
struct DisclosureReadingTests {
  @Test("どの並べ方の様式も、Excel でも CP932 の CSV でも、書いたとおりに読める", arguments: 0..<60)
  func layouts(seed: Int) throws {
    var random = Seeded(state: UInt64(seed))
    let sample = DisclosureSample.random(&random)
    let cp932 = try #require(
      sample.csv.replacing("✓", with: "レ").replacing("☑", with: "■").data(using: .shiftJIS))
    for bytes in [try sample.xlsx, [UInt8](cp932), Array(sample.csv.utf8)] {
      let reading = try Disclosures.reading(bytes, named: "回答.xlsx")
      #expect(reading.questions == sample.questions, "\(sample.layout)")
      #expect(reading.refused == 0)
      #expect(reading.facts.kind == sample.kind)
      // The edition of the form, not of the product.
      #expect(reading.facts.edition == "Ver.4.0")
      #expect(reading.facts.product == "かくうPACS" && reading.facts.vendor == "架空電算")
      #expect(reading.facts.madeOn == Day(2025, 4, 1))
    }
  }

  @Test(
    "答えの書き方の揺れを読む",
    arguments: [
      ("はい", Disclosure.Answer.yes, ""), (" はい ", .yes, ""), ("ＹＥＳ", .yes, ""), ("○", .yes, ""),
      ("〇", .yes, ""),
      ("レ", .yes, ""), ("いいえ", .no, ""), ("No", .no, ""), ("×", .no, ""), ("Ｎ／Ａ", .na, ""), ("該当なし", .na, ""),
      ("Not applicable", .na, ""), ("See Note", .note, ""), ("", .blank, ""), ("  ", .blank, ""),
      ("いいえ(次の更改で対応)", .no, "次の更改で対応"), ("はい。ただし管理者だけ", .yes, "ただし管理者だけ"),
      ("No - planned 2027", .no, "planned 2027"),
      ("☑はい □いいえ □対象外", .yes, ""), ("□はい ■いいえ □対象外", .no, ""), ("□はい □いいえ □対象外", .blank, ""),
      ("☑はい ☑いいえ □対象外", .unreadable, "☑はい ☑いいえ □対象外"), ("△", .unreadable, "△"), ("-", .unreadable, "-"),
      ("None", .unreadable, "None"), ("検討中", .unreadable, "検討中"), ("はいかいいえ", .unreadable, "はいかいいえ"),
    ])
  func words(text: String, answer: Disclosure.Answer, rest: String) {
    let read = AnswerWords.read(text.isEmpty ? .empty : .text(text))
    #expect(read.answer == answer && read.rest == rest)
  }

  @Test("読めない行は、捨てずにわけを添えて並べる")
  func refusals() {
    let reading = DisclosureReading([
      ["項番", "設問", "回答", "備考"], ["1", "規程", "", ""], ["1.1", "渡せるか", "はい", ""], ["", "番号なし", "いいえ", ""],
      ["1.1", "二度目", "いいえ", ""], ["一の三", "番号でない", "はい", ""], ["1.2", "空欄", "", ""],
      ["1.3", "不明", "たぶん", "?"],
    ])
    #expect(reading.refusals == ["noNumber", "duplicate", "badNumber"])
    #expect(reading.questions.map(\.number) == ["1.1", "1.2", "1.3"])
    #expect(reading.questions.map(\.answer) == [.yes, .blank, .unreadable])
    #expect(reading.remarks(of: "1.3") == [.unreadable])
    #expect(reading.rows.count == 8)
  }

  @Test("二つに印があれば判読不能とし、表計算が変えた項番は元に戻す")
  func mending() throws {
    let marks = DisclosureReading([
      ["No", "設問", "はい", "いいえ", "対象外"], ["1", "一", "○", "○", ""], ["2", "二", "", "レ", ""],
      ["3", "三", "□", "", "■"],
    ])
    #expect(marks.questions.map(\.answer) == [.unreadable, .no, .na])
    #expect(marks.remarks(of: "1") == [.twoMarks])
    // In English the numbers and いいえ have the same heading.
    let english = DisclosureReading([
      ["No", "Question", "Yes", "No", "N/A"], ["1", "one", "x", "", ""], ["2", "two", "", "x", ""],
      ["3", "three", "", "", "x"],
    ])
    #expect(english.questions.map(\.answer) == [.yes, .no, .na])

    let day = try #require(Day(2026, 1, 2))
    let numbers = (1...9).map { [Cell.number(Double("1.\($0)") ?? 0), .text("設問\($0)"), .text("はい")] }
    let rows: [[Cell]] =
      [[.text("項番"), .text("設問"), .text("回答")]] + numbers
      + [[.number(1.1), .text("十番目"), .text("いいえ")], [.day(day), .text("日付"), .text("はい")]]
    let reading = DisclosureReading(Workbook(sheets: [Sheet(name: "MDS", rows: rows)]), named: "a.xlsx")
    #expect(reading.questions.suffix(2).map(\.number) == ["1.10", "1-2"])
    #expect(reading.remarks(of: "1.10") == [.cutZero] && reading.remarks(of: "1-2") == [.dateNumber])
  }

  @Test("見出しがなくても、並んだ中身から列を見分ける。見分けられなければ何も読まない")
  func recognition() {
    let rows = (1...6).map { ["\($0)", "設問の文がここに入ります \($0)", $0 == 3 ? "いいえ" : "はい", $0 == 3 ? "説明" : ""] }
    let reading = DisclosureReading(rows)
    #expect(reading.questions.count == 6 && reading.count(.no) == 1)
    #expect(reading.questions[2].remark == "説明")

    for rows in [
      [["お知らせ", "本日は休診です"], ["電話", "045-000-0000"]],
      [["項番", "設問"], ["1", "答えの列がない"], ["2", "これも"]],
    ] {
      let none = DisclosureReading(rows)
      #expect(none.questions.isEmpty && none.columns == nil)
    }
  }

  @Test("見分けられないときは、人が選んだ列で読む。選んだことは文字にして戻せる")
  func correction() {
    let cells = [["甲", "A", "い", "よ"], ["Z1", "設問", "", "○"], ["Z2", "設問", "○", ""]]
      .map { $0.map { $0.isEmpty ? Cell.empty : .text($0) } }
    let workbook = Workbook(sheets: [Sheet(name: "表紙", rows: [[.text("x")]]), Sheet(name: "本体", rows: cells)])
    #expect(DisclosureReading(workbook, named: "a").questions.isEmpty)
    let choice = DisclosureChoice(
      sheet: 1,
      columns: DisclosureColumns(
        header: 0, number: 0, question: 1, answers: .marks(yes: 3, no: 2, na: nil), remark: nil))
    #expect(DisclosureChoice(code: choice.code) == choice)
    let reading = DisclosureReading(workbook, named: "a", sheet: choice.sheet, columns: choice.columns)
    #expect(reading.questions.map(\.answer) == [.yes, .no])
    for broken in ["", "x", "1:2", "1:,,,,", "1:0,-4,1,2,3", "0:0,1,2,3-,4", "1:0,99999,1,2,3"] {
      #expect(DisclosureChoice(code: broken).columns == nil, "\(broken)")
    }
  }

  // MARK: MDS2

  @Test("MDS2 の番号は240、うち文書の欄は15")
  func mds2Numbers() {
    #expect(Mds2.known.count == 240)
    #expect(Mds2.known.count { $0.hasPrefix("DOC-") } == 15)
    for id in [
      "DOC-11.4", "MPII-2.9", "MPII-3.10", "AUDT-2.8.2", "AUDT-2.11", "CONN-1.2.4", "CSUP-11.2", "SAHD-16",
    ] {
      #expect(Mds2.known.contains(id), "\(id)")
    }
    #expect(!Mds2.known.contains("AUDT-9") && !Mds2.known.contains("OTHR-1"))
    #expect(Mds2.lookIfNo.union(Mds2.lookIfYes).isSubset(of: Mds2.known))
  }

  @Test(
    "MDS2 の番号は、空白・幅・区分名の打ち間違いに耐える",
    arguments: [
      ("AUDT-1.1", Mds2.Number.known("AUDT-1.1")), (" audt - 1.1 ", .known("AUDT-1.1")),
      ("ＡＵＤＴ－１．１", .known("AUDT-1.1")),
      ("AUDT 2.8.2", .known("AUDT-2.8.2")), ("SHAD-15", .mended("SAHD-15")),
      ("SADH-3.1", .mended("SAHD-3.1")),
      ("CSP-2.1", .mended("CSUP-2.1")), ("AUDT-99", .unknown("AUDT-99")), ("XXXX-1", .unknown("XXXX-1")),
    ])
  func mds2Slips(text: String, number: Mds2.Number) { #expect(Mds2.number(text) == number) }

  @Test("MDS2 の様式を、見出しのない答えの列まで読む。知らない番号も落とさない")
  func mds2() {
    let reading = DisclosureReading(
      [
        ["Manufacturer Disclosure Statement for Medical Device Security -- MDS2 (HN 1-2019)"],
        ["Question ID", "Question", "", "See note"], ["DOC-1", "maker", "Kakuu Medical", ""],
        ["DOC-3", "model", "KM-1", ""], ["DOC-7", "date", "2026-03-20", ""],
        ["AUDT", "AUDIT CONTROLS", "", ""],
        ["AUDT-1", "logs", "Yes", "Note 1"], ["AUDT-1.1", "user", "No", ""],
        ["AUDT-7", "protected", "See Note", "Note 2"],
        ["PAUT-8", "factors", "N/A", ""], ["SHAD-15", "boot", "No", ""], ["XXXX-9", "what", "Yes", ""],
      ], named: "device.xlsx")
    #expect(reading.facts.kind == .mds2 && reading.facts.edition == "HN 1-2019")
    #expect(reading.facts.vendor == "Kakuu Medical" && reading.facts.model == "KM-1")
    #expect(
      reading.questions.map(\.number) == [
        "DOC-1", "DOC-3", "DOC-7", "AUDT-1", "AUDT-1.1", "AUDT-7", "PAUT-8", "SAHD-15", "XXXX-9",
      ])
    #expect(
      reading.questions.map(\.answer) == [.text, .text, .text, .yes, .no, .note, .na, .no, .yes])
    #expect(
      reading.remarks(of: "SAHD-15") == [.mendedNumber] && reading.remarks(of: "XXXX-9") == [.unknownNumber])
    #expect(reading.questions[3].remark == "Note 1" && reading.questions[3].section.hasPrefix("AUDT"))
  }

  @Test("2013年版の MDS2 は見分ける")
  func mds2Old() {
    let reading = DisclosureReading([
      ["MDS2 Manufacturer Disclosure Statement HN 1-2013"], ["Question ID", "Question", "Answer", "Note"],
      ["1-1", "logoff", "Yes", ""], ["1-2", "time", "No", ""], ["2-1", "audit", "Yes", ""],
    ])
    #expect(reading.facts.kind == .mds2 && reading.facts.edition == DisclosureEdition.mds2Old)
    #expect(reading.questions.count == 3)
  }

  @Test(
    "様式の版は、様式のことを言う文からだけ読む",
    arguments: [
      ("MDS Ver.5.0", "Ver.5.0"), ("JAHIS標準17-006", "Ver.3.0a"), ("医療情報セキュリティ開示書 第4.1版", "Ver.4.1"),
      ("ＭＤＳ Ｖｅｒ．３．０ａ", "Ver.3.0a"), ("HN 1-2019", "HN 1-2019"), ("製品バージョン Ver.5.0", nil),
      ("MDS Ver.9.9", nil),
    ])
  func editions(text: String, edition: String?) { #expect(DisclosureEdition.find(in: text) == edition) }
}
