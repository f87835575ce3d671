import Kernel
import Testing

@testable import Registers

@Suite("APIトークンの決まり")
struct TokenRuleTests {
  private static func draft(
    _ name: String = "夜間", until: String = "2026-05-01", _ chosen: [String] = ["registers.read"]
  ) throws(TokenRefusal) -> TokenDraft {
    let today = Day(daysSince1970: Instant.moment.day.daysSince1970)
    return try TokenDraft(
      name: name, until: until, chosen: chosen, mayHave: ["registers.read", "assessments.read"], on: today)
  }

  @Test(
    "期限は今日から365日以内で、その日の終わりまで",
    arguments: [
      ("2026-02-24", true), ("2027-02-23", true), ("2027-02-24", false), ("2026-02-23", false), ("", false),
      ("2026-02-30", false),
    ])
  func until(day: String, isRight: Bool) throws {
    if isRight {
      let end = try Self.draft(until: day).expiresAt
      // Midnight in Japan after that day.
      #expect(end.iso.hasSuffix("T00:00:00+09:00") && end.adding(milliseconds: -1).day.description == day)
    } else {
      #expect(throws: TokenRefusal.badUntil) { _ = try Self.draft(until: day) }
    }
  }

  @Test("持っていないことは選べず、何も選ばないものは作れない")
  func scope() throws {
    #expect(throws: TokenRefusal.tooMuch) { _ = try Self.draft(["registers.read", "registers.edit"]) }
    #expect(throws: TokenRefusal.nothingChosen) { _ = try Self.draft([]) }
    #expect(throws: TokenRefusal.badName) { _ = try Self.draft(" ") }
    #expect(throws: TokenRefusal.badName) { _ = try Self.draft(String(repeating: "あ", count: 41)) }
    let both = try Self.draft(["registers.read", "assessments.read", "registers.read"])
    #expect(both.scope == ["assessments.read", "registers.read"])
  }

  private static func draft(_ chosen: [String]) throws(TokenRefusal) -> TokenDraft {
    try draft("夜間", until: "2026-05-01", chosen)
  }

  @Test("札には見分けの付く頭と256ビットの乱数があり、二つと同じものはない")
  func secrets() {
    let made = Set((0..<100).map { _ in APIToken.secret() })
    #expect(made.count == 100)
    #expect(made.allSatisfy { $0.wholeMatch(of: #/mmt_[0-9a-f]{64}/#) != nil && APIToken.isSecret($0) })
    for wrong in ["", "mmt_", "mmt_abc", String(repeating: "a", count: 68)] {
      #expect(!APIToken.isSecret(wrong), "\(wrong)")
    }
  }
}

extension Instant {
  /// 2026-02-24 10:40 in Japan.
  fileprivate static let moment = Instant(milliseconds: 1_771_897_200_000)
}
