import Testing

@testable import Kernel

@Suite("国民の祝日と休日")
struct HolidayTests {
  private static func name(_ text: String) -> Holiday? {
    guard let day = Day(text) else { return nil }
    return Holiday.on(day)
  }

  @Test(
    "法と官報の通りの日",
    arguments: [
      ("2000-01-10", .comingOfAge), ("2000-03-20", .springEquinox), ("2003-07-21", .marine),
      ("2006-05-04", .between), ("2007-05-04", .greenery), ("2007-04-30", .substitute),
      ("2008-05-06", .substitute), ("2009-05-06", .substitute), ("2009-09-22", .between),
      ("2012-09-22", .autumnEquinox), ("2015-09-22", .between), ("2016-08-11", .mountain),
      ("2018-12-24", .substitute), ("2019-04-30", .between), ("2019-05-01", .accession),
      ("2019-05-02", .between), ("2019-10-22", .enthronement), ("2020-02-24", .substitute),
      ("2020-07-23", .marine), ("2020-07-24", .sports), ("2020-08-10", .mountain), ("2021-07-22", .marine),
      ("2021-07-23", .sports), ("2021-08-08", .mountain), ("2021-08-09", .substitute),
      ("2026-02-23", .emperor), ("2026-05-06", .substitute), ("2026-09-22", .between),
      ("2026-09-23", .autumnEquinox), ("2032-09-21", .between), ("2050-03-20", .springEquinox),
    ] as [(String, Holiday)])
  func known(day: String, holiday: Holiday) { #expect(Self.name(day) == holiday) }

  @Test(
    "休みではない日",
    arguments: [
      "2019-12-23", "2019-02-23", "2020-07-20", "2020-10-12", "2021-07-19", "2021-08-11", "2021-10-11",
      "2015-08-11", "2003-05-04", "2006-04-30", "2026-12-29", "2027-01-02",
    ])
  func ordinary(day: String) { #expect(Self.name(day) == nil) }

  @Test("一年の数: 2019年は22日、2020年は18日、2026年は18日", arguments: [(2019, 22), (2020, 18), (2026, 18)])
  func counts(year: Int, count: Int) { #expect(Holiday.of(year).count == count) }

  @Test("規則のない年は、何も言わない", arguments: [1999, 2100])
  func outside(year: Int) throws {
    #expect(Holiday.of(year).isEmpty)
    #expect(Holiday.on(try #require(Day(year, 1, 1))) == nil)
  }
}
