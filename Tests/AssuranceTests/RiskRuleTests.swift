import Foundation
import Frameworks
import Kernel
import Testing
import Web

@testable import Assurance

/// The numbers of the reference (formats.md, C-3), and the decisions about a risk.
@Suite("リスクの決まり")
struct RiskRuleTests {
  private static let scale = RiskScale.own
  private static let now = (Day(2026, 11, 22) ?? Day(daysSince1970: 0)).morning
  private static let asker = Actor.person(PersonID(at: now), name: "起案")
  private static let boss = Actor.person(PersonID(at: now), name: "院長")

  /// 脅威, 脆弱性 → 可能性.
  private static let likelihoods = [
    (3, 3, 3), (3, 2, 2), (3, 1, 1), (2, 3, 2), (2, 2, 1), (2, 1, 1), (1, 3, 1), (1, 2, 1), (1, 1, 1),
  ]

  @Test("被害の起こりやすさは換算表のとおりで、max(1, 脅威+脆弱性−3) と同じ", arguments: likelihoods)
  func likelihood(threat: Int, weakness: Int, expected: Int) {
    let analysis = Self.scale.analysis
    #expect(analysis?.likelihood(threat: threat, weakness: weakness) == expected)
    #expect(max(1, threat + weakness - 3) == expected)
  }

  @Test("表にない値からは、起こりやすさは出ない", arguments: [(0, 1), (4, 1), (1, 0), (1, 4)])
  func outside(threat: Int, weakness: Int) {
    #expect(Self.scale.analysis?.likelihood(threat: threat, weakness: weakness) == nil)
  }

  /// 機密性, 完全性, 可用性, 脅威, 脆弱性 → 値, 区分. The first three are the reference's own.
  private static let worked: [([Int], Int, String)] = [
    ([3, 1, 1, 3, 2], 6, "大"), ([1, 3, 2, 2, 2], 3, "小"), ([1, 1, 2, 3, 2], 4, "中"),
    ([3, 3, 3, 3, 3], 9, "大"), ([2, 1, 1, 3, 3], 6, "大"), ([1, 1, 1, 3, 3], 3, "小"),
    ([1, 1, 1, 1, 1], 1, "小"), ([1, 2, 1, 1, 3], 2, "小"),
  ]

  private static func inputs(_ numbers: [Int]) -> Risk.Inputs {
    Risk.Inputs(
      confidentiality: numbers[0], integrity: numbers[1], availability: numbers[2], threat: numbers[3],
      weakness: [.current: numbers[4]])
  }

  @Test("リスク値は重要度×起こりやすさで、大中小に分かれる", arguments: worked)
  func value(numbers: [Int], value: Int, name: String) throws {
    let rating = try #require(Self.inputs(numbers).rating(.current, in: Self.scale))
    #expect(Self.scale.value(rating) == value)
    #expect(Self.scale.words(rating, .ja) == "\(name) (\(value))")
  }

  @Test("値は 1、2、3、4、6、9 のどれかだけ")
  func values() {
    let all = (0..<3).flatMap { p in
      (0..<3).compactMap { Self.scale.value(RiskRating(probability: p, impact: $0)) }
    }
    #expect(Set(all) == [1, 2, 3, 4, 6, 9])
  }

  @Test("一つでも空いていれば未評価で、小とはみなさない", arguments: 0..<5)
  func incomplete(missing: Int) throws {
    var inputs = Self.inputs([3, 3, 3, 3, 3])
    switch missing {
    case 0: inputs.confidentiality = nil
    case 1: inputs.integrity = nil
    case 2: inputs.availability = nil
    case 3: inputs.threat = nil
    default: inputs.weakness = [:]
    }
    #expect(inputs.rating(.current, in: Self.scale) == nil)
    let risk = try Self.risk { $0.inputs = inputs }
    #expect(risk.severity == -1)
  }

  @Test("確かさの低いことは、低いと書いてある")
  func facts() throws {
    let facts = try #require(Self.scale.analysis?.facts)
    let low = facts.filter { $0.confidence == .low }.map { $0.text(.ja) }
    #expect(low.count == 1 && low[0].contains("機密性を3"))
    #expect(facts.contains { $0.confidence == .medium && $0.text(.ja).contains("最大") })
    #expect(facts.contains { $0.confidence == .medium && $0.text(.ja).contains("1から3を小") })
    #expect(facts.allSatisfy { !$0.text(.en).isEmpty && $0.text(.en) != $0.text(.ja) })
  }

  // MARK: Decisions

  private static func risk(_ change: (inout Risk.Draft) -> Void = { _ in }) throws -> Risk {
    var draft = Risk.Draft(title: "VPNから入られる", inputs: inputs([3, 1, 1, 3, 2]))
    change(&draft)
    return try Risk(id: ID(at: now)).revised(draft, in: scale, by: asker, at: now)
  }

  private static func accepted(_ day: String = "2027-03-31") throws -> Risk {
    try risk {
      ($0.treatment, $0.reason, $0.expiresOn) = (.accept, "入替えまで", Day(day))
    }
  }

  @Test(
    "断ること",
    arguments: [
      ("", nil, "", nil, RiskRefusal.badTitle), ("題", Risk.Treatment.reduce, "", nil, .noReason),
      ("題", .accept, "わけ", nil, .noExpiry), ("題", .accept, "わけ", "2026-11-22", .expiryPast),
      ("題", .accept, "わけ", "2026-11-01", .expiryPast), ("題", .accept, "", "2027-01-01", .noReason),
    ])
  func refused(
    title: String, treatment: Risk.Treatment?, reason: String, day: String?, expected: RiskRefusal
  ) {
    #expect(throws: expected) {
      try Self.risk {
        ($0.title, $0.treatment, $0.reason, $0.expiresOn) = (
          title, treatment, reason, day.flatMap { Day($0) }
        )
      }
    }
  }

  @Test("表にない大きさは断る", arguments: [0, 4, -1])
  func badRating(value: Int) {
    #expect(throws: RiskRefusal.badRating) { try Self.risk { $0.inputs.threat = value } }
    #expect(throws: RiskRefusal.badRating) { try Self.risk { $0.inputs.weakness[.target] = value } }
  }

  @Test("受容は、決めた人ではない人が承認する")
  func approval() throws {
    let risk = try Self.accepted()
    #expect(risk.waitsForApproval)
    #expect(throws: RiskRefusal.ownProposal) {
      try risk.approved(by: Self.asker, others: 1, remark: "", at: Self.now)
    }
    let approved = try risk.approved(by: Self.boss, others: 1, remark: "了承", at: Self.now)
    #expect(!approved.waitsForApproval && approved.acceptance?.approvedBy == "院長")
    #expect(approved.acceptance?.isAlone == false)
    #expect(throws: RiskRefusal.nothingToApprove) {
      try approved.approved(by: Self.boss, others: 1, remark: "", at: Self.now)
    }
  }

  @Test("ほかに承認できる人がいなければ、決めた人が承認でき、そう残る")
  func alone() throws {
    let approved = try Self.accepted().approved(by: Self.asker, others: 0, remark: "", at: Self.now)
    #expect(approved.acceptance?.isAlone == true)
  }

  @Test("サインインしていない人、期限の切れたもの、受容でないものは承認できない")
  func noApproval() throws {
    let risk = try Self.accepted()
    #expect(throws: RiskRefusal.noApprover) {
      try risk.approved(by: .breakGlass("1", name: "夜勤"), others: 0, remark: "", at: Self.now)
    }
    #expect(throws: RiskRefusal.expiryPast) {
      try risk.approved(
        by: Self.boss, others: 1, remark: "", at: (Day(2027, 4, 1) ?? Self.now.day).morning)
    }
    #expect(throws: RiskRefusal.nothingToApprove) {
      try Self.risk().approved(by: Self.boss, others: 1, remark: "", at: Self.now)
    }
  }

  /// What is changed → whether the approval stays.
  private static let changes: [(@Sendable (inout Risk.Draft) -> Void, Bool)] = [
    ({ $0.owner = PersonID(at: now) }, true), ({ $0.title = "別の題" }, false), ({ $0.asset = "画像" }, false),
    ({ $0.system = "s" }, false), ({ $0.threat = "別の脅威" }, false), ({ $0.vulnerability = "別の穴" }, false),
    ({ $0.originText = "別のもと" }, false),
    ({ $0.reason = "別のわけ" }, false), ({ $0.expiresOn = Day(2027, 6, 30) }, false),
    ({ $0.inputs.threat = 2 }, false), ({ $0.inputs.weakness[.target] = 1 }, false),
    ({ $0.treatment = .reduce }, false),
  ]

  @Test("担当のほかを変えると承認は取り消される", arguments: changes.indices)
  func changed(place: Int) throws {
    let (change, stays) = Self.changes[place]
    let approved = try Self.accepted().approved(by: Self.boss, others: 1, remark: "", at: Self.now)
    var draft = Risk.Draft(
      title: approved.title, asset: approved.asset, inputs: approved.inputs, treatment: approved.treatment,
      reason: approved.reason, expiresOn: approved.expiresOn)
    change(&draft)
    let after = try approved.revised(draft, in: Self.scale, by: Self.asker, at: Self.now)
    #expect((after.acceptance?.approvedAt != nil) == stays)
  }

  @Test("期限の日までは有効で、次の日から期限切れ", arguments: [("2027-03-31", false), ("2027-04-01", true)])
  func expiry(day: String, isExpired: Bool) throws {
    let today = try #require(Day(day))
    #expect(try Self.accepted().isExpired(on: today) == isExpired)
    #expect(try !Self.accepted().closed(because: "やめた", on: today).isExpired(on: today))
  }

  @Test("期限の過ぎたあとも、日を変えなければ直せ、期限切れのまま。過ぎた日には変えられない")
  func mended() throws {
    let later = (Day(2027, 4, 10) ?? Self.now.day).morning
    let risk = try Self.accepted()
    var draft = Risk.Draft(
      title: risk.title, inputs: risk.inputs, treatment: .accept, reason: risk.reason,
      expiresOn: risk.expiresOn)
    draft.owner = PersonID(at: Self.now)
    let after = try risk.revised(draft, in: Self.scale, by: Self.asker, at: later)
    #expect(after.owner != nil && after.isExpired(on: later.day))
    draft.expiresOn = Day(2027, 4, 9)
    #expect(throws: RiskRefusal.expiryPast) {
      try risk.revised(draft, in: Self.scale, by: Self.asker, at: later)
    }
  }

  @Test("閉じるにはわけが要り、二度は閉じられず、開き直せる")
  func closing() throws {
    let risk = try Self.risk()
    #expect(throws: RiskRefusal.noClosing) { try risk.closed(because: " ", on: Self.now.day) }
    let closed = try risk.closed(because: "やめた", on: Self.now.day)
    #expect(throws: RiskRefusal.alreadyClosed) { try closed.closed(because: "また", on: Self.now.day) }
    #expect(try closed.reopened().isOpen)
    #expect(throws: RiskRefusal.alreadyOpen) { try risk.reopened() }
  }
}
