import Assurance
import TestSupport
import Testing
import Web

@Suite("あとでする仕事の列の見張り")
struct LaneGuardTests {
  @Test("人が待つ仕事は急ぐ列に、長くかかりうる仕事はもう一つの列にある")
  func lanes() {
    let features = TestApp.features(PackLibrary(folder: ""))
    let kinds = features.reduce(into: Set<String>()) { $0.formUnion($1.due.keys) }
    let prompt = features.reduce(into: Set<String>()) { $0.formUnion($1.promptKinds) }
    #expect(prompt == ["mail.send", "page.life", "page.send", "page.turn", "recovery.try"])
    #expect(prompt.isSubset(of: kinds))
    #expect(kinds.isSuperset(of: ["backups.run", "backups.verify"]))
  }
}
