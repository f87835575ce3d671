import TestSupport
import Testing

@testable import Assurance

@Suite("枠組みの点検の、次にすること")
struct AuditStepTests {
  private static let editor = AuditStep.Means(mayAnswer: true, maySign: true, mayHandIn: true)
  private static let contributor = AuditStep.Means(mayAnswer: true, maySign: false, mayHandIn: true)
  private static let reader = AuditStep.Means(mayAnswer: false, maySign: false, mayHandIn: true)

  @Test(
    "答える、確かめる、署名する(できない人は出す)の順。固まったあとと読むだけの人は、直すものか取り出し",
    arguments: [
      ((true, 2, 1), false, editor, AuditStep.answer), ((false, 2, 1), false, editor, .confirm),
      ((false, 0, 1), false, editor, .sign), ((false, 0, 0), false, contributor, .handIn),
      ((true, 2, 1), true, editor, .correct), ((true, 2, 0), true, editor, .takeOut),
      ((true, 2, 1), false, reader, .correct), ((true, 0, 0), false, reader, .takeOut),
    ])
  func next(
    counts: (Bool, Int, Int), isFrozen: Bool, means: AuditStep.Means,
    step: AuditStep
  ) {
    let next = AuditStep.next(
      isOpen: counts.0, unconfirmed: counts.1, faults: counts.2, isFrozen: isFrozen, means)
    #expect(next == step)
  }

  @Test("点検の画面の主なボタンは一つで、進みとともに変わる。ほかの仕事は畳まれていても、なくならない", arguments: Engine.available)
  func page(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      func primary(_ who: TestApp.Who = .itStaff) async throws -> String {
        let parts = try await app.get("/audits/\(id)", as: who).body.split(separator: "data-kind=\"primary\"")
        #expect(parts.count == 2)
        return String(try #require(parts.last).prefix(300))
      }
      #expect(try await primary().contains(">続きから答える</a>"))
      #expect(try await primary(.auditor).hasPrefix(" href=\"/audits/\(id)/export.xlsx\""))
      let folded = try await app.get("/audits/\(id)").body
      for way in [
        "settings", "assignments", "carrying", "points", "review", "visits", "export.xlsx",
        "assessment-results.json", "submissions",
      ] {
        #expect(folded.split(separator: "href=\"/audits/\(id)/\(way)\"").count == 2, "\(way)")
      }
      _ = try await app.answer(
        id, "\(AuditSamples.base):1.1", [("result", "non_compliant"), ("score", "1")])
      let signed = [("title", "上期"), ("signs", "1"), ("version", "1")]
      #expect(try await app.post("/audits/\(id)/points", signed).status == 303)
      #expect(try await primary().hasPrefix(" href=\"/findings?audit=\(id)\""))
    }
  }
}
