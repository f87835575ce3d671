import Kernel
import Testing

@testable import Operations
@testable import Storage

@Suite("しまってある取り決めを読む")
struct DefinitionTests {
  private static func policy() throws -> EscalationPolicy {
    try EscalationPolicy(
      id: EscalationPolicy.ID(at: .init(milliseconds: 0)), name: "夜",
      steps: [
        EscalationStep(afterMinutes: 5, targets: [.owner])
      ], repeats: 3, gapMinutes: 15, version: 1)
  }

  /// Writes a value, puts another text in the place of a part of it, and reads it.
  private static func read<Value: Codable>(_ value: Value, _ old: String, _ new: String) throws -> Value {
    let text = try ColumnJSON.text(value)
    try #require(text.contains(old))
    return try ColumnJSON.read(text.replacing(old, with: new))
  }

  @Test(
    "段取りは、段も間もないもの、計算できないほど長いものを読まない",
    arguments: [
      ("\"afterMinutes\":5", "\"afterMinutes\":9223372036854775807"),
      ("\"afterMinutes\":5", "\"afterMinutes\":1441"),
      ("\"afterMinutes\":5", "\"afterMinutes\":-1"), ("\"repeats\":3", "\"repeats\":9223372036854775807"),
      ("\"repeats\":3", "\"repeats\":-1"), ("\"gapMinutes\":15", "\"gapMinutes\":100000000000000"),
      ("[{\"afterMinutes\":5,\"targets\":[\"owner\"]}]", "[]"),
    ])
  func policies(old: String, new: String) throws {
    let policy = try Self.policy()
    #expect(try Self.read(policy, old, old) == policy)
    #expect(throws: Row.Corrupt.self) { try Self.read(policy, old, new) }
    let plan = PagePlan(policy, criteria: "")
    #expect(try Self.read(plan, old, old) == plan)
    #expect(throws: Row.Corrupt.self) { try Self.read(plan, old, new) }
  }

  @Test("前の段より前の番を問われても、はじめの段を答える")
  func beforeTheFirst() throws {
    #expect(PagePlan(try Self.policy(), criteria: "").step(-1).targets == [.owner])
  }

  @Test(
    "当番は、一日にない時刻と、終わらない順番を読まない",
    arguments: [
      ("\"length\":7", "\"length\":0"), ("\"length\":7", "\"length\":367"), ("\"from\":510", "\"from\":1440"),
      ("\"from\":510", "\"from\":100000000000000"), ("\"until\":1035", "\"until\":-1"),
      ("\"version\":1", "\"version\":9223372036854775807"),
    ])
  func rotas(old: String, new: String) throws {
    let rotation = Rotation(
      layer: .primary, kind: .standby, days: .every, hours: .standardWork, length: 7, counting: .calendar,
      first: try #require(Day(2026, 2, 24)), members: [nil])
    let rota = Rota(
      id: Rota.ID(at: .init(milliseconds: 0)), name: "当番", zone: "Asia/Tokyo", rotations: [rotation],
      yearEnd: .ordinary, workHours: .standardWork, permit: "", version: 1)
    #expect(try Self.read(rota, old, old) == rota)
    #expect(throws: Row.Corrupt.self) { try Self.read(rota, old, new) }
  }

  @Test(
    "自動の復旧は、回数のないもの、選べない間のものを読まない",
    arguments: [
      ("\"tries\":2", "\"tries\":0"), ("\"most\":3", "\"most\":-1"),
      ("\"coolMinutes\":10", "\"coolMinutes\":0"),
      ("\"windowMinutes\":60", "\"windowMinutes\":999999999999999"),
    ])
  func recoveries(old: String, new: String) throws {
    let plan = RecoveryPlan(
      action: "restart", coolMinutes: 10, tries: 2, windowMinutes: 60, most: 3,
      since: Instant(milliseconds: 1_771_858_799_000), version: 1)
    #expect(try Self.read(plan, old, old) == plan)
    #expect(throws: Row.Corrupt.self) { try Self.read(plan, old, new) }
  }

  @Test("止まってよい時間のない目標と、終わりが始まりより早い診療時間と、上下の逆な規則を読まない")
  func others() throws {
    let goal = try ServiceGoal(system: "x", percent: "99.9", hours: .always, version: 1)
    #expect(throws: Row.Corrupt.self) { try Self.read(goal, "99900", "100000") }
    #expect(throws: Row.Corrupt.self) { try Self.read(PagingSetting(), "\"opens\":510", "\"opens\":1400") }
    let levels = ImpactLevel.allCases.sorted()
    let (least, most) = (try #require(levels.first), try #require(levels.last))
    let rule = try RoutingRule(
      id: RoutingRule.ID(at: .init(milliseconds: 0)), system: nil, lowest: least, highest: least, hours: [],
      takesSlow: false, start: .now, holdMinutes: 0, policy: nil, criteria: "すべて", position: 1, version: 1)
    #expect(throws: Row.Corrupt.self) {
      try Self.read(rule, "\"lowest\":\(least.rawValue)", "\"lowest\":\(most.rawValue)")
    }
    #expect(throws: Row.Corrupt.self) {
      try Self.read(rule, "\"holdMinutes\":0", "\"holdMinutes\":999999999999")
    }
  }

  @Test(
    "桁の多すぎる数を見分ける。文字の中の数、小数、ふつうの数はそのまま",
    arguments: [
      ("{\"a\":9223372036854775807}", true), ("[-9999999999999999]", true), ("[1e18]", true),
      ("[1E+2]", true),
      ("{\"a\":\"9223372036854775807\",\"b\":[true,false,null]}", false),
      ("[\"\\\"\",999999999999999]", false),
      ("[0.12345678901234567,1e-7,-12.5]", false), ("{}", false),
    ])
  func digits(json: String, isHuge: Bool) { #expect(ColumnJSON.hasHugeNumber(json) == isHuge) }
}
