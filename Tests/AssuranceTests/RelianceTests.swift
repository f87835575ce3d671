import Assurance
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@Suite("答えの根拠になっている記録は外せない")
struct RelianceTests {
  private static let item = "r7-med-2-13-network"

  private static func accept(_ app: TestApp, _ assessment: Assessment) async throws {
    let page = try await app.get("/assessments/\(assessment.id)?item=\(item)")
    let answer = try await app.post(
      "/assessments/\(assessment.id)/answers/\(item)/ground",
      [
        ("slice", "registers"), ("ground", try #require(page.hidden("ground"))),
        ("version", try #require(page.hidden("version"))),
      ])
    #expect(answer.status == 303)
  }

  @Test("接続点を外すと答えの根拠が変わるなら断り、状態を変えて根拠を見直せば外せる", arguments: Engine.available)
  func connection(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      func point(_ number: String) async throws -> Entry {
        try await Connections.register.add(
          ["number": number, "name": number, "status": "in-use", "allowedFrom": ""], .ja, in: app.scope)
      }
      let (first, other) = (try await point("VPN-1"), try await point("VPN-2"))
      let path = "/registers/connections/\(first.id)"
      try await Self.accept(app, assessment)
      let refused = try await app.post("\(path)/removal", [("version", "1")])
      #expect(refused.status == 409 && refused.body.contains("の答えが、これを根拠にしています"))
      #expect(refused.body.contains("令和7年度"))
      #expect(try await app.get(path).status == 200)
      // Nothing was lost and nothing written.
      let actions = try await app.scope.read { try $0.history(of: "connections:\(first.id)").map(\.action) }
      #expect(actions == ["register.add"])

      try await Connections.register.change(first.id, ["status": "removed"], version: 1, .ja, in: app.scope)
      try await Self.accept(app, assessment)
      #expect(try await app.post("\(path)/removal", [("version", "2")]).status == 303)
      let kept = try await app.post("/registers/connections/\(other.id)/removal", [("version", "1")])
      #expect(kept.status == 409)
    }
  }

  @Test("だれも根拠にしていなければ外せる")
  func free() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let vendor = try await Vendors.register.add(["name": "みどり検査"], .ja, in: app.scope)
      let answer = try await app.post("/registers/vendors/\(vendor.id)/removal", [("version", "1")])
      #expect(answer.status == 303)
    }
  }
}
