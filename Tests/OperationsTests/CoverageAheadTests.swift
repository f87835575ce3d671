import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Operations

@Suite("当番: これからだれもいない時間")
struct CoverageAheadTests {
  typealias S = OnCallSample
  private static let (a, b) = (S.people[0], S.people[1])
  private static let span = S.window("2026-01-05 8:30", "2026-01-08 8:30")

  private static func ahead(
    _ members: [RotaMember?], hours: Hours = .wholeDay, overrides: [RotaOverride] = [], leaves: [Leave?] = [],
    leaving: [PersonID: Day] = [:], layer: Rota.Layer = .primary
  ) -> CoverageAhead {
    let roster = Roster(
      rota: S.rota([S.rotation(members, hours: hours)]), overrides: overrides,
      leaves: leaves.compactMap { $0 })
    return CoverageAhead(roster, layer, in: span, leaving: leaving)
  }

  @Test("埋まっていれば 0、未定の番はその時間だけ数える")
  func empty() {
    #expect(Self.ahead([Self.a, Self.b]).nobodyMinutes == 0)
    let found = Self.ahead([Self.a, nil, Self.b])
    #expect(found.nobodyMinutes == 1440 && found.first == S.at("2026-01-06 8:30"))
    // Someone takes over six hours of it.
    let filled = Self.ahead(
      [Self.a, nil, Self.b],
      overrides: [S.change(S.window("2026-01-06 8:30", "2026-01-06 14:30"), by: Self.a)])
    #expect(filled.nobodyMinutes == 18 * 60 && filled.first == S.at("2026-01-06 14:30"))
  }

  @Test("休みの人の番は、その時間だけ数える")
  func leave() {
    let found = Self.ahead(
      [Self.a], leaves: [S.leave(Self.a, S.window("2026-01-05 20:00", "2026-01-05 21:30"))])
    #expect(found.nobodyMinutes == 90 && found.nobodyHours == 2 && found.first == S.at("2026-01-05 20:00"))
  }

  @Test("辞める人の番は、最後の日の翌日の0時から数える")
  func leaving() throws {
    let person = try #require(Self.a.person)
    let found = Self.ahead([Self.a], leaving: [person: S.day("2026-01-06")])
    #expect(found.nobodyMinutes == 32 * 60 + 30 && found.first == S.at("2026-01-07 0:00"))
  }

  @Test("当番を決めていない時間は、別に数える")
  func off() {
    let found = Self.ahead([Self.a], hours: .standardNight)
    #expect(found.nobodyMinutes == 0 && found.offMinutes == 3 * 525)
    let other = Self.ahead([Self.a], layer: .secondary)
    #expect(other.nobodyMinutes == 0 && other.offMinutes == 3 * 1440)
  }

  @Test("呼ぶ順が呼ぶ当番だけが数字の画面に出て、いくつあっても同じ数の文で読む", arguments: Engine.available)
  func board(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let rota = try await app.addRota("情報", members: "itStaff\n-")
      func page() async throws -> String { try await app.get("/figures").body }
      #expect(!(try await page().contains("当番がだれもいない時間")))
      let system = "rota:\(rota):primary"
      _ = try await app.addPolicy("夜", [(0, system)])
      let body = try await page()
      #expect(body.contains("これから14日のうち、当番がだれもいない時間"))
      // Every other day of the coming fourteen: seven days, less what has passed of the first of them.
      #expect(body.contains("情報の主担当</a>") && body.contains("href=\"/oncall/\(rota)\""))
      func count() async throws -> Int {
        let before = app.database.statementCount
        _ = try await app.get("/figures")
        return app.database.statementCount - before
      }
      let one = try await count()
      for number in 0..<5 {
        let other = try await app.addRota("ほか\(number)", members: "itStaff\n-")
        _ = try await app.addPolicy("順\(number)", [(0, "rota:\(other):primary")])
      }
      #expect(try await count() == one)
      #expect(one <= 8)
    }
  }
}
