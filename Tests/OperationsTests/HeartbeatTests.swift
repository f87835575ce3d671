import Foundation
import Kernel
import Testing

@testable import Operations

@Suite("仕事からの知らせ")
struct HeartbeatTests {
  /// A moment from its ISO text with offset.
  private static func at(_ text: String) throws -> Instant {
    let date = try #require(ISO8601DateFormatter().date(from: text), "\(text)")
    return Instant(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
  }

  @Test(
    "cron の次の時刻(東京)",
    arguments: [
      ("0 2 * * *", "2026-02-24T01:59:59+09:00", "2026-02-24T02:00:00+09:00"),
      ("0 2 * * *", "2026-02-24T02:00:00+09:00", "2026-02-25T02:00:00+09:00"),
      ("*/15 * * * *", "2026-02-24T10:42:00+09:00", "2026-02-24T10:45:00+09:00"),
      ("5/20 * * * *", "2026-02-24T10:46:00+09:00", "2026-02-24T11:05:00+09:00"),
      ("0 9-17 * * mon-fri", "2026-02-27T17:00:00+09:00", "2026-03-02T09:00:00+09:00"),
      ("0 0 1 * *", "2026-02-01T00:00:00+09:00", "2026-03-01T00:00:00+09:00"),
      ("0 0 29 2 *", "2026-02-24T00:00:00+09:00", "2028-02-29T00:00:00+09:00"),
      ("0 0 29 2 *", "2096-02-29T00:00:00+09:00", "2104-02-29T00:00:00+09:00"),
      // Both days restricted: either will do (Vixie cron).
      ("0 0 13 * 5", "2026-02-10T00:00:00+09:00", "2026-02-13T00:00:00+09:00"),
      ("0 0 15 * 5", "2026-02-13T00:00:00+09:00", "2026-02-15T00:00:00+09:00"),
      ("0 0 * * 7", "2026-02-24T00:00:00+09:00", "2026-03-01T00:00:00+09:00"),
      ("@daily", "2026-02-24T10:00:00+09:00", "2026-02-25T00:00:00+09:00"),
      ("０　２　*　*　*", "2026-02-24T10:00:00+09:00", "2026-02-25T02:00:00+09:00"),
      ("30 8 1 jan,JUL *", "2026-02-24T10:00:00+09:00", "2026-07-01T08:30:00+09:00"),
    ])
  func next(text: String, after: String, next: String) throws {
    let cron = try Cron(text)
    #expect(try cron.next(after: Self.at(after), in: .tokyo) == Self.at(next))
  }

  @Test(
    "無い時間は最初にある瞬間に、二度ある時間は一度だけ",
    arguments: [
      // New York, 2026-03-08: 02:00 becomes 03:00.
      ("America/New_York", "30 2 * * *", "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00"),
      ("America/New_York", "30 2 * * *", "2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"),
      ("America/New_York", "*/10 2 * * *", "2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"),
      // 2026-11-01: 01:00 to 02:00 comes twice.
      ("America/New_York", "30 1 * * *", "2026-11-01T00:00:00-04:00", "2026-11-01T01:30:00-04:00"),
      ("America/New_York", "30 1 * * *", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"),
      // Lord Howe moves by half an hour: 2026-10-04 02:00 becomes 02:30.
      ("Australia/Lord_Howe", "10 2 * * *", "2026-10-04T01:00:00+10:30", "2026-10-04T02:30:00+11:00"),
      // Samoa had no 30 December 2011.
      ("Pacific/Apia", "0 12 30 12 *", "2011-12-29T20:00:00-10:00", "2011-12-31T00:00:00+14:00"),
      ("Europe/Berlin", "0 0 * * *", "2026-03-28T12:00:00+01:00", "2026-03-29T00:00:00+01:00"),
    ])
  func zones(zone: String, text: String, after: String, next: String) throws {
    let zone = try #require(Zone(zone))
    #expect(try Cron(text).next(after: Self.at(after), in: zone) == Self.at(next))
  }

  @Test(
    "読めない式と、いつまでも来ない式は断る",
    arguments: [
      ("", Cron.Refusal.fieldCount(0)), ("0 2 * *", .fieldCount(4)), ("0 2 * * * *", .fieldCount(6)),
      ("60 2 * * *", .field(1, "60")), ("0 24 * * *", .field(2, "24")), ("0 0 0 * *", .field(3, "0")),
      ("0 0 * 13 *", .field(4, "13")), ("0 0 * * 8", .field(5, "8")), ("0 0 * * mo", .field(5, "mo")),
      ("5-1 * * * *", .field(1, "5-1")), ("*/0 * * * *", .field(1, "*/0")),
      ("1,,2 * * * *", .field(1, "1,,2")),
      ("-1 * * * *", .field(1, "-1")), ("+1 * * * *", .field(1, "+1")), ("0 0 31 2 *", .neverFires),
      ("0 0 30 2 *", .neverFires), ("0 0 31 4,6,9,11 *", .neverFires),
    ])
  func refused(text: String, refusal: Cron.Refusal) { #expect(throws: refusal) { try Cron(text) } }

  @Test("知らない時間帯は断る")
  func unknownZone() {
    #expect(Zone("Asia/Tokio") == nil)
    #expect(Zone("JST") == nil)
    #expect(Zone("Asia/Tokyo") != nil)
    #expect(Zone("UTC") != nil)
  }

  private static let start = Instant(milliseconds: 1_771_897_200_000)
  private static func minutes(_ count: Int64) -> Instant { start.adding(minutes: count) }
  /// An hour, with ten minutes of grace.
  private static let hourly = Heartbeat(rhythm: .every(3_600_000), graceMs: 600_000)

  /// What was heard: minutes and what the job said.
  private static func heard(_ beats: [(Int64, BeatSignal)]) -> Heartbeat.Heard {
    beats.reduce(Heartbeat.Heard()) { $0.hearing($1.1, at: minutes($1.0)) }
  }

  @Test(
    "黙っていると、間隔と待つ時間のあとで遅れとする",
    arguments: [
      ([], 0, Heartbeat.Standing.waiting), ([], 69, .waiting), ([], 70, .late),
      ([(60, .success)], 129, .well), ([(60, .success)], 130, .late), ([(60, .start)], 65, .running),
      ([(60, .start)], 70, .late), ([(60, .start), (65, .start), (69, .start)], 69, .running),
      ([(60, .start), (65, .start), (69, .start)], 70, .late),
      ([(60, .start), (65, .success)], 134, .well), ([(60, .fail)], 61, .failed),
      ([(60, .exit(3))], 61, .failed), ([(60, .exit(0))], 61, .well),
      ([(60, .exit(3)), (61, .start)], 62, .running),
      ([(60, .exit(3)), (61, .start), (62, .success)], 63, .well),
      ([(60, .success), (70, .fail)], 71, .failed),
      // Failing for ever is failing, not silence.
      ([(60, .fail)], 100_000, .failed),
    ] as [([(Int64, BeatSignal)], Int64, Heartbeat.Standing)])
  func standing(beats: [(Int64, BeatSignal)], minute: Int64, standing: Heartbeat.Standing) {
    let found = Self.hourly.standing(Self.heard(beats), created: Self.start, at: Self.minutes(minute))
    #expect(found == standing)
  }

  @Test("cron の仕事は、次の時刻と待つ時間で決まる")
  func cron() throws {
    let nightly = Heartbeat(rhythm: .cron(try Cron("0 2 * * *"), .tokyo), graceMs: 3_600_000)
    let done = Heartbeat.Heard().hearing(.success, at: try Self.at("2026-02-24T02:10:00+09:00"))
    let deadline = nightly.deadline(done, created: Instant(milliseconds: 0))
    #expect(deadline == (try Self.at("2026-02-25T03:00:00+09:00")))
  }

  @Test(
    "住所の後ろの言葉",
    arguments: [
      (nil, BeatSignal.success), ("", .success), ("start", .start), ("fail", .fail), ("0", .exit(0)),
      ("255", .exit(255)), ("256", nil), ("-1", nil), ("0001", nil), ("log", nil), ("１", nil),
    ] as [(String?, BeatSignal?)])
  func signals(text: String?, signal: BeatSignal?) { #expect(BeatSignal(text) == signal) }
}
