import Foundation
import Kernel
import Testing

@Suite("日付・年度・元号")
struct TimeTests {
  @Test("通し日数は Foundation の暦と合い、戻しても同じ日になる")
  func dayNumbers() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
    for number in stride(from: -30_000, to: 60_000, by: 97) {
      let date = Date(timeIntervalSince1970: Double(number) * 86_400)
      let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
      let day = Day(daysSince1970: number)
      #expect(day.year == parts.year && day.month == parts.month && day.day == parts.day)
      #expect(day.weekday + 1 == parts.weekday)
      #expect(day.daysSince1970 == number)
    }
  }

  @Test("東京の日付は日本時間の0時に変わる")
  func tokyo() {
    // 2026-02-23T14:59:59Z は日本の 23:59:59、その1秒後が 24日
    let before = Instant(milliseconds: 1_771_858_799_000)
    #expect(before.day.description == "2026-02-23")
    #expect(before.adding(milliseconds: 1000).day.description == "2026-02-24")
    #expect(before.iso == "2026-02-23T23:59:59+09:00")
    #expect(Day(2026, 2, 24)?.start == before.adding(milliseconds: 1000))
  }

  @Test("どんなに遠い時刻も日も、足しても引いても終わらず、表せる端にとどまる", arguments: [Int64.min, -1, 1, .max])
  func farAway(amount: Int64) throws {
    let today = try #require(Day(2026, 2, 24))
    let far = Instant(milliseconds: amount)
    #expect(Instant(milliseconds: .max).milliseconds - Instant(milliseconds: .min).milliseconds > 0)
    for moment in [
      far.adding(milliseconds: amount), far.adding(minutes: amount), today.start.adding(minutes: amount),
    ] {
      #expect((1868...2999).contains(moment.day.year))
      #expect((0..<24).contains(moment.clock.hour) && moment.iso.hasSuffix("+09:00"))
    }
    #expect((today.start.adding(minutes: amount) < today.start) == (amount < 0))
    #expect((today.adding(days: Int(amount)) < today) == (amount < 0))
    #expect((1868...2999).contains(today.adding(months: Int(amount)).year))
  }

  @Test("遠すぎる時刻は、読むときにも端にとどまる")
  func farAwayRead() throws {
    let read = try JSONDecoder().decode([Instant].self, from: Data("[9223372036854775807,5]".utf8))
    #expect(read == [Instant(milliseconds: .max), Instant(milliseconds: 5)])
    #expect(read[0].day.year == 2999)
  }

  @Test("ない日は作れない", arguments: [(2025, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0)])
  func impossible(year: Int, month: Int, day: Int) { #expect(Day(year, month, day) == nil) }

  @Test("年度は4月1日に始まる", arguments: [("2026-03-31", 2025), ("2026-04-01", 2026), ("2027-03-31", 2026)])
  func fiscal(text: String, year: Int) throws {
    let day = try #require(Day(text))
    #expect(day.fiscalYear == FiscalYear(year))
    #expect(FiscalYear(year).contains(day))
  }

  @Test(
    "元号は始まりの日で変わる",
    arguments: [
      ("2019-04-30", "平成31年4月30日"), ("2019-05-01", "令和元年5月1日"), ("2026-02-24", "令和8年2月24日"),
      ("1989-01-07", "昭和64年1月7日"), ("1989-01-08", "平成元年1月8日"),
    ])
  func eras(text: String, japanese: String) throws { #expect(try #require(Day(text)).inJapanese == japanese) }

  @Test(
    "人の書く日付を読む",
    arguments: [
      ("2026-03-31", "2026-03-31"), ("2026/3/31", "2026-03-31"), ("2026.3.31", "2026-03-31"),
      ("2026年3月31日", "2026-03-31"), ("令和8年3月31日", "2026-03-31"), ("R8.3.31", "2026-03-31"),
      ("r8/3/31", "2026-03-31"),
      ("２０２６年３月３１日", "2026-03-31"), ("令和元年5月1日", "2019-05-01"), ("H31.4.30", "2019-04-30"),
      ("20260331", "2026-03-31"), ("令和8年3月31日(火)", "2026-03-31"), ("2026-03-31 10:20", "2026-03-31"),
      ("2026-03-31T00:00:00", "2026-03-31"),
    ])
  func reading(text: String, day: String) { #expect(Day.parse(text)?.description == day) }

  @Test(
    "読めない日付は読まない",
    arguments: ["", "3月31日", "26/3/31", "2026-02-30", "令和0年1月1日", "平成40年1月1日x", "あした", "99999999"])
  func refusing(text: String) { #expect(Day.parse(text) == nil) }

  @Test(
    "Excelの通し番号を読む", arguments: [(46_112.0, "2026-03-31"), (45_383.5, "2024-04-01"), (43_831, "2020-01-01")])
  func serial(number: Double, day: String) { #expect(Day.excelSerial(number)?.description == day) }

  @Test("1904年方式は1462日ずれる")
  func serial1904() {
    #expect(Day.excelSerial(46_112 - 1462, since1904: true)?.description == "2026-03-31")
    #expect(Day.excelSerial(.nan) == nil && Day.excelSerial(3) == nil)
  }
}

@Suite("文字と番号")
struct TextTests {
  @Test(
    "幅と丸数字をそろえる",
    arguments: [
      ("２－⑩", "2-10"), ("2-(４)", "2-(4)"), ("⑴", "(1)"), ("Ａ　Ｂ", "A B"), ("㉑", "21"), ("ー", "ー"),
    ])
  func halfWidth(text: String, plain: String) { #expect(text.halfWidth == plain) }

  @Test("前後の空白と制御文字を除き、長さを確かめる")
  func trimming() {
    #expect("　あ\u{0}い\r\nう ".trimmed(to: 1...10) == "あい\nう")
    #expect("   ".trimmed(to: 1...10) == nil)
    #expect("12345".trimmed(to: 0...4) == nil)
    #expect("".trimmed(to: 1...10) == nil && "".trimmed(to: 0...10) == "")
  }

  @Test("番号は時刻の順に並び、版7の形をしている")
  func ids() throws {
    let early = PersonID(at: Instant(milliseconds: 1_000))
    let late = PersonID(at: Instant(milliseconds: 2_000))
    #expect(early < late)
    let text = Array(early.text)
    #expect(text.count == 36 && text[14] == "7" && "89ab".contains(text[19]))
    #expect(PersonID(early.text) == early)
    #expect(PersonID("not-an-id") == nil && PersonID("../../etc/passwd") == nil)
  }

  @Test("図の文は必ず無害になる")
  func escaping() {
    let name = "<script>\"&'"
    #expect(("<text>\(name)</text>" as SVG).text == "<text>&lt;script&gt;&quot;&amp;&#39;</text>")
  }
}
