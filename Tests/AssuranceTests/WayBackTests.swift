import Storage
import TestSupport
import Testing

@Suite("見つからないページからの戻り道")
struct WayBackTests {
  private static let nowhere = "00000000-0000-7000-8000-000000000000"

  @Test(
    "一覧の下のページがなければ、その一覧を開ける",
    arguments: [
      ("/assessments/\(nowhere)", "/assessments"),
      ("/registers/devices/\(nowhere)", "/registers/devices"),
      ("/registers/devices/\(nowhere)/change", "/registers/devices"),
      ("/frameworks/\(nowhere)", "/frameworks"),
      ("/audits/\(nowhere)", "/audits"), ("/findings/\(nowhere)", "/findings"),
    ])
  func list(path: String, list: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let page = try await app.get(path)
      #expect(page.status == 404)
      #expect(page.body.contains("<a class=\"button\" data-kind=\"primary\" href=\"\(list)\">"))
      #expect(page.body.contains("ホームへ戻る"))
      let there = try await app.get(list)
      #expect(there.status == 200)
    }
  }

  @Test("一覧を開けない人と、一覧のない所には、ホームへの道だけを出す")
  func none() async throws {
    try await TestApp.run(on: .sqlite) { app in
      // Anyone may open what is theirs to read; nothing is listed at /documents.
      let page = try await app.get("/documents/versions/\(Self.nowhere)", as: .staff)
      #expect(page.status == 404 && page.body.contains("ホームへ戻る"))
      #expect(!page.body.contains("data-kind=\"primary\" href"))
      let forbidden = try await app.get("/registers/devices/\(Self.nowhere)", as: .staff)
      #expect(forbidden.status == 403 && !forbidden.body.contains("data-kind=\"primary\" href"))
    }
  }
}
