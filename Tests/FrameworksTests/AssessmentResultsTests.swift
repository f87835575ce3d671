import Foundation
import Testing

@testable import Frameworks

@Suite("点検を OSCAL の結果に書く")
struct AssessmentResultsTests {
  private static func audit(_ answers: [AssessmentResults.Answer]) -> AssessmentResults {
    AssessmentResults(
      id: "0190", title: "自己点検", facility: "みなと病院", framework: "枠組み",
      frameworkURN: "urn:test:risk:framework:a", libraryVersion: 2, sha256: "ab",
      started: "2026-04-01T09:00:00+09:00",
      ended: nil, written: "2026-05-01T09:00:00+09:00",
      reviewed: ["urn:test:risk:req_node:a:1", "urn:test:risk:req_node:a:2"], answers: answers)
  }

  private static func answer(_ state: AssessmentResults.State, isConfirmed: Bool = true)
    -> AssessmentResults.Answer
  {
    AssessmentResults.Answer(
      urn: "urn:test:risk:req_node:a:1", title: "1 One", text: nil, state: state, isConfirmed: isConfirmed,
      score: 3, remark: " ", collected: "2026-04-02T00:00:00+09:00", target: nil)
  }

  private static func result(_ audit: AssessmentResults) throws -> [String: Any] {
    let all = try #require(
      try JSONSerialization.jsonObject(with: Data(try audit.json)) as? [String: [String: Any]])
    let results = try #require(all["assessment-results"]?["results"] as? [[String: Any]])
    return try #require(results.first)
  }

  // A finding is what a person confirmed and what can be met or unmet; the rest is observed.
  private static let findings: [(AssessmentResults.State, Bool, String?)] = [
    (.compliant, true, "satisfied"), (.nonCompliant, true, "not-satisfied"),
    (.partiallyCompliant, true, "not-satisfied"), (.notApplicable, true, nil), (.scored, true, nil),
    (.compliant, false, nil),
  ]

  @Test("確かめた適合と不適合だけが結論になり、ほかは観察になる", arguments: findings)
  func finding(state: AssessmentResults.State, isConfirmed: Bool, expected: String?) throws {
    let result = try Self.result(Self.audit([Self.answer(state, isConfirmed: isConfirmed)]))
    #expect((result["observations"] as? [Any])?.count == 1)
    let findings = result["findings"] as? [[String: Any]]
    let target = findings?.first?["target"] as? [String: Any]
    #expect((target?["status"] as? [String: String])?["state"] == expected)
    #expect((findings == nil) == (expected == nil))
  }

  @Test("何も答えていなければ、空の一覧は書かない")
  func empty() throws {
    let result = try Self.result(Self.audit([]))
    #expect(result["observations"] == nil && result["findings"] == nil)
  }

  @Test("番号は同じものからいつも同じに作り、版5の形")
  func uuids() {
    let audit = Self.audit([])
    #expect(audit.uuid("result") == audit.uuid("result") && audit.uuid("result") != audit.uuid("plan"))
    #expect(
      audit.uuid("x").wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
        != nil)
  }

  @Test("管理策の番号は、OSCAL のものはそのまま、ほかは決まりの文字だけにする")
  func tokens() {
    #expect(AssessmentResults.token("urn:oscal:risk:req_node:test:ac-2.1") == "ac-2.1")
    #expect(AssessmentResults.token("urn:test:risk:req_node:a:1.1") == "a.1.1")
    #expect(AssessmentResults.token("urn:test:risk:req_node:9a:§ 1") == "_9a.__1")
  }
}
