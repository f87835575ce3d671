import Assurance
import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

/// A folder of packs in which an edition for fiscal 2026 has arrived: the items of 2025 under new ids, one question
/// worded anew (2-①), and one item (2-⑨) in place of which another subject is asked.
private func withNewEdition(_ body: (String) async throws -> Void) async throws {
  try await withTemporaryFolder { folder in
    let own = try PackLibrary.find(environment: ProcessInfo.processInfo.environment).folder
    let packs = folder + "/Packs"
    try FileManager.default.copyItem(atPath: own, toPath: packs)
    for name in ["pack.yaml", "items.yaml"] {
      var text = try String(contentsOfFile: "\(packs)/mhlw-checklist-r7/\(name)", encoding: .utf8)
      text = text.replacing("mhlw-checklist-r7", with: "mhlw-checklist-r8")
        .replacing("fiscal_year: 2025", with: "fiscal_year: 2026").replacing("id: r7-", with: "id: r8-")
        .replacing("サーバ、端末PC、ネットワーク機器を台帳で管理していますか。", with: "機器の台帳を毎月改めていますか。")
        .replacing("concept: media-control", with: "concept: subject-of-r8")
      try text.write(toFile: "\(packs)/mhlw-checklist-r8/\(name)", atomically: true, encoding: .utf8)
    }
    try await body(packs)
  }
}

@Suite("年度の途中で新しい版の項目に切り替える")
struct EditionChangeTests {
  private static let year = FiscalYear(2026)
  /// 2026-05-11 in Tokyo.
  private static let may = Instant(milliseconds: 1_778_464_800_000)

  /// A checklist of fiscal 2026 on the items of 2025, partly answered in May.
  private static func answered(_ app: TestApp) async throws -> Assessment {
    app.now = may
    let assessment = try await Assessments.open(
      form: "med", year: year, pack: "mhlw-checklist-r7", library: app.library, in: app.scope)
    let checked = try #require(Day(2026, 5, 8))
    let due = try #require(Day(2026, 9, 30))
    for (item, draft) in [
      ("r7-med-2-1", Answer.Draft(value: .yes, confirmedOn: checked, note: "台帳あり")),
      ("r7-med-2-2", Answer.Draft(value: .no, confirmedOn: checked, targetOn: due, started: true)),
      ("r7-med-2-9", Answer.Draft(value: .yes, confirmedOn: checked)),
    ] {
      try await Assessments.save(
        draft, item: item, of: assessment.id, version: 0, library: app.library, in: app.scope)
    }
    try await Assessments.beginRound(item: "r7-med-2-2", of: assessment.id, in: app.scope)
    // Gathered before anyone has answered.
    try await Proofs.add(
      [.text("開示書の控え")], item: "r7-med-2-3", of: assessment.id, library: app.library, in: app.scope)
    try await Proofs.add(
      [.text("委託先の一覧")], item: "r7-med-2-2", of: assessment.id, library: app.library, in: app.scope)
    return assessment
  }

  @Test("同じ問いは答え・回・証拠ごと、変わった問いは確認のし直しとして移る", arguments: Engine.available)
  func moves(engine: Engine) async throws {
    try await withNewEdition { packs in
      try await TestApp.run(on: engine, packs: packs) { app in
        let assessment = try await Self.answered(app)
        let page = try await app.get("/assessments/\(assessment.id)")
        #expect(page.body.contains("/assessments/\(assessment.id)/edition"))
        let preview = try await app.get("/assessments/\(assessment.id)/edition")
        #expect(preview.body.contains("機器の台帳を毎月改めていますか。"))
        let moved = try await app.post(
          "/assessments/\(assessment.id)/edition",
          [("from", try #require(preview.hidden("from"))), ("to", try #require(preview.hidden("to")))])
        #expect(moved.status == 303)

        let after = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
        #expect(after.assessment.pack == "mhlw-checklist-r8" && !after.isBorrowed)
        let same = try #require(after.standing.answers["r8-med-2-2"])
        #expect(same.value == .no && same.targetOn == Day(2026, 9, 30) && same.started)
        #expect(same.round == 2 && same.carriedFrom == nil)
        #expect(after.rounds.filter { $0.item == "r8-med-2-2" }.map(\.confirmedOn) == [Day(2026, 5, 8)])
        #expect(after.proofs(of: "r8-med-2-2").map(\.title) == ["委託先の一覧"])
        #expect(after.proofs(of: "r8-med-2-3").map(\.title) == ["開示書の控え"])
        let changed = try #require(after.standing.answers["r8-med-2-1"])
        #expect(changed.value == .yes && changed.confirmedOn == nil && changed.note == "台帳あり")
        #expect(after.standing.notYetChecked == ["r8-med-2-1"])
        #expect(after.standing.answers["r8-med-2-9"] == nil)
        let verdict = try await app.scope.verifyLedger()
        #expect(verdict.ok)

        // A second press, a page left open in another window, changes nothing.
        let again = try await app.post(
          "/assessments/\(assessment.id)/edition",
          [("from", "mhlw-checklist-r7"), ("to", "mhlw-checklist-r8")])
        #expect(again.status == 409)
        let entries = try await app.scope.verifyLedger().entries
        #expect(entries == verdict.entries)
      }
    }
  }

  @Test("切り替える前の項目の期限は、もう知らせず、数えない")
  func reminders() async throws {
    try await withNewEdition { packs in
      try await TestApp.run(on: .sqlite, packs: packs) { app in
        let assessment = try await Self.answered(app)
        try await Assessments.changeEdition(
          of: assessment.id, to: nil, from: "mhlw-checklist-r7", library: app.library, in: app.scope)
        app.now = Instant(milliseconds: Self.may.milliseconds + 150 * 86_400_000)  // 2026-10-08
        let page = try await app.get("/")
        #expect(page.body.contains("8日過ぎ"))
        // Overdue once, though the answer to the earlier item is still in the database.
        let chrome = try #require(page.body.range(of: "/#today"))
        #expect(page.body[chrome.upperBound...].prefix(60).contains(">1<"))
      }
    }
  }

  @Test(
    "新しい版がなければ断り、古い版へは戻れない",
    arguments: [
      (String?.none, "assessments.noNewerEdition"), ("mhlw-checklist-r6", "assessments.noNewerEdition"),
      ("mhlw-checklist-r8", "packs.itemsUnknown"),
    ])
  func refused(pack: String?, code: String) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let assessment = try await Self.answered(app)
      let refusal = await #expect(throws: (any Error).self) {
        try await Assessments.changeEdition(
          of: assessment.id, to: pack, from: "mhlw-checklist-r7", library: app.library, in: app.scope)
      }
      #expect((refusal as? any Problem)?.code == code)
      let page = try await app.get("/assessments/\(assessment.id)/edition")
      #expect(page.status == 409)
      let stored = try await Assessments.all(in: app.scope)
      #expect(stored.map(\.pack) == ["mhlw-checklist-r7"])
    }
  }

  @Test("切り替えられるのは、点検を直せる人と自分の施設だけ", arguments: [(TestApp.Who.auditor, 403), (.stranger, 404)])
  func closedToOthers(who: TestApp.Who, status: Int) async throws {
    try await withNewEdition { packs in
      try await TestApp.run(on: .sqlite, packs: packs) { app in
        let assessment = try await Self.answered(app)
        let page = try await app.get("/assessments/\(assessment.id)/edition", as: who)
        let answer = try await app.post(
          "/assessments/\(assessment.id)/edition",
          [("from", "mhlw-checklist-r7"), ("to", "mhlw-checklist-r8")],
          as: who)
        #expect(page.status == status && answer.status == status)
      }
    }
  }
}

@Suite("この7日間に変わったこと")
struct ChangesTests {
  @Test("一つの項目は前と後の答えを、続けて直したものは件数を示し、古いものは示さない", arguments: Engine.available)
  func lately(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let assessment = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      try await Assessments.save(
        Answer.Draft(value: .no), item: "r7-med-2-1", of: assessment.id, version: 0, library: app.library,
        in: app.scope)
      app.now = Instant(milliseconds: Instant.test.milliseconds + 8 * 86_400_000)
      let path = "/assessments/\(assessment.id)/answers/"
      _ = try await app.post(path + "r7-med-2-1", [("answer", "yes"), ("version", "1")])
      for item in ["r7-med-2-2", "r7-med-2-3"] {
        _ = try await app.post(path + item, [("answer", "no"), ("version", "0")], as: .administrator)
      }
      let page = try await app.get("/")
      #expect(page.body.contains("を「いいえ」から「はい」にしました"))
      #expect(page.body.contains("答えを保存しました(2件)"))
      #expect(!page.body.contains("点検を始めました"))
    }
  }
}
