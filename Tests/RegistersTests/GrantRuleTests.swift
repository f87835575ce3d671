import Kernel
import Testing
import Web

@testable import Registers

@Suite("期限のある権限の決まり")
struct GrantRuleTests {
  /// 2026-02-24 10:40 in Japan.
  private static let now = Instant(milliseconds: 1_771_897_200_000)
  private static let person = PersonID(at: now).text

  private static func draft(
    person: String = Self.person, login: String = "", role: String = "it-staff", day: String = "2026-03-01",
    time: String = "", reason: String = "休みの間、点検のまとめを代わるため", limit: Instant? = nil
  ) throws(GrantRefusal) -> GrantDraft {
    try GrantDraft(
      person: person, login: login, role: role, day: day, time: time, reason: reason, limit: limit, at: now)
  }

  @Test(
    "終わりは、これから1年以内の日と時刻で、時刻がなければその日の終わり",
    arguments: [
      ("2026-02-24", "", "2026-02-25T00:00:00+09:00"), ("2026-02-24", "10:41", "2026-02-24T10:41:00+09:00"),
      ("2026-02-24", "10:40", nil), ("2026-02-23", "", nil), ("2027-02-23", "", "2027-02-24T00:00:00+09:00"),
      ("2027-02-24", "", nil), ("2026-03-01", "24:00", nil), ("2026-03-01", "朝", nil), ("", "", nil),
    ])
  func until(day: String, time: String, expected: String?) throws {
    if let expected {
      #expect(try Self.draft(day: day, time: time).until.iso == expected)
    } else {
      #expect(throws: GrantRefusal.badUntil) { _ = try Self.draft(day: day, time: time) }
    }
  }

  @Test("この施設の人には立場の役割を、ほかの施設の人には期限のあるときだけの役割を任せる")
  func roles() throws {
    for role in Role.standing where role != .staff {
      #expect(try Self.draft(role: role.rawValue).role == role)
      #expect(throws: GrantRefusal.badRole) {
        _ = try Self.draft(person: "", login: "hanako", role: role.rawValue)
      }
    }
    for role in ["specialist", "regional-adviser", "operator"] {
      #expect(try Self.draft(person: "", login: " Hanako ", role: role).target == .login("hanako"))
    }
    for role in ["specialist", "regional-adviser", "", "root"] {
      #expect(throws: GrantRefusal.badRole) { _ = try Self.draft(role: role) }
    }
    let forATime: [Role] = [.specialist, .regionalAdviser, .operator, .visitingAuditor]
    #expect(Role.allCases.filter(\.needsGrant) == forATime)
  }

  @Test("だれにかは一つだけ、わけは10文字以上、自分の期限より長くは任せられない")
  func rest() throws {
    #expect(throws: GrantRefusal.badTarget) { _ = try Self.draft(person: "") }
    #expect(throws: GrantRefusal.badTarget) { _ = try Self.draft(login: "hanako") }
    #expect(throws: GrantRefusal.badTarget) { _ = try Self.draft(person: "someone") }
    #expect(throws: GrantRefusal.badReason) { _ = try Self.draft(reason: "123456789") }
    #expect(try Self.draft(reason: "1234567890").reason == "1234567890")
    let limit = Self.now.adding(minutes: 60)
    #expect(throws: GrantRefusal.longerThanOwn) { _ = try Self.draft(limit: limit) }
    #expect(try Self.draft(day: "2026-02-24", time: "11:40", limit: limit).until == limit)
  }
}
