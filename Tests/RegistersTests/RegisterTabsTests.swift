import TestSupport
import Testing

@testable import Registers

@Suite("台帳の見出し")
struct RegisterTabsTests {
  @Test("いつも見えるのは七つまで。ほかの仕事は見出しの下にあり、開いているページの分の場所が残る")
  func few() {
    for group in RegisterTabs.groups {
      let most = group.further.isEmpty ? RegisterTabs.mostInSight : RegisterTabs.mostInSight - 1
      #expect(!group.tabs.isEmpty && group.tabs.count <= most, "\(group.id)")
      for further in group.further { #expect(!further.tabs.isEmpty) }
    }
    let all = RegisterTabs.groups.flatMap(\.all)
    #expect(Set(all.map(\.id)).count == all.count && Set(all.map(\.path)).count == all.count)
  }

  @Test(
    "開いているページは畳まれず、ほかのどのページへも一度の見出しから行ける", arguments: Engine.available)
  func current(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let paths = [
        "/registers/people", "/registers/roles", "/registers/contacts", "/registers/departments",
        "/registers/places", "/people", "/responsibility/raci", "/account-reviews", "/people/factors",
        "/people/grants",
        "/break-glass/records", "/terminals", "/sign-on", "/people/tokens", "/mail",
      ]
      for path in ["/registers/people", "/people", "/mail"] {
        let page = try await app.get(path, as: .administrator)
        let row = try #require(page.body.split(separator: "data-level=\"2\">", maxSplits: 1).last)
        let nav = try #require(row.split(separator: "</nav>", maxSplits: 1).first)
        let parts = nav.split(separator: "<details class=\"menu\">", maxSplits: 1)
        try #require(parts.count == 2)
        #expect(parts[0].contains("href=\"\(path)\" aria-current=\"page\""))
        #expect(!parts[1].contains("aria-current"))
        #expect(parts[0].matches(of: #/<a /#).count <= 7)
        for each in paths {
          #expect(nav.split(separator: "href=\"\(each)\"").count == 2, "\(each) on \(path)")
        }
      }
      // Few pages need no fold.
      #expect(try await !app.get("/registers/systems", as: .administrator).body.contains("ほかの仕事"))
    }
  }
}
