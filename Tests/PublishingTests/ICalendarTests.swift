import Kernel
import Testing

@testable import Publishing

@Suite("予定表(iCalendar)")
struct ICalendarTests {
  private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
    var all: [[UInt8]] = [[]]
    for (index, byte) in bytes.enumerated() {
      if byte == 13, index + 1 < bytes.count, bytes[index + 1] == 10 { continue }
      if byte == 10 { all.append([]) } else { all[all.count - 1].append(byte) }
    }
    return all
  }

  @Test("行は75オクテットまで。折り目で文字を裂かず、つなぐと元に戻る", arguments: [1, 24, 25, 26, 74, 75, 76, 300])
  func folding(count: Int) {
    for letter in ["a", "é", "当", "𠮷"] {
      let text = String(repeating: letter, count: count)
      let folded = Self.lines(ICalendar.folded(text))
      #expect(folded.last == [])
      // A torn letter would be read as the sign for what is broken.
      let isWhole = folded.dropLast().allSatisfy {
        $0.count <= 75 && !String(decoding: $0, as: UTF8.self).contains("\u{FFFD}")
      }
      #expect(isWhole)
      let joined = (folded.first ?? []) + folded.dropFirst().dropLast().flatMap { Array($0.dropFirst()) }
      #expect(String(decoding: joined, as: UTF8.self) == text)
    }
  }

  @Test(
    "区切りの文字は別の書き方に、ほかの制御の文字は除く",
    arguments: [("a,b;c\\d", "a\\,b\\;c\\\\d"), ("一\n二", "一\\n二"), ("x\r\u{7}y", "xy")])
  func escaping(text: String, written: String) { #expect(ICalendar.escaped(text) == written) }

  @Test(
    "時刻は UTC",
    arguments: [
      (0, "19700101T000000Z"), (1_771_897_200_000, "20260224T014000Z"),
      (1_709_251_199_000, "20240229T235959Z"),
      (-1000, "19691231T235959Z"),
    ] as [(Int64, String)])
  func times(ms: Int64, text: String) { #expect(ICalendar.utc(Instant(milliseconds: ms)) == text) }

  @Test("要るものがそろう: 版、作り手、UID、作った時刻、始まりと終わり")
  func whole() {
    let event = ICalendar.Event(
      uid: "u@mamorite", from: Instant(milliseconds: 0), until: Instant(milliseconds: 60_000),
      summary: "当番, 夜")
    let calendar = ICalendar(name: "甲", events: [event], madeAt: Instant(milliseconds: 0))
    let text = String(decoding: calendar.bytes, as: UTF8.self)
    #expect(text.hasPrefix("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:"))
    #expect(
      text.contains(
        "BEGIN:VEVENT\r\nUID:u@mamorite\r\nDTSTAMP:19700101T000000Z\r\nDTSTART:19700101T000000Z\r\nDTEND:19700101T000100Z\r\nSUMMARY:当番\\, 夜\r\n"
      ))
    #expect(text.hasSuffix("END:VEVENT\r\nEND:VCALENDAR\r\n"))
  }
}
