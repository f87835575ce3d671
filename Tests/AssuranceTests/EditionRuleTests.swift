import Foundation
import Frameworks
import Kernel
import Publishing
import Testing

@testable import Assurance

@Suite("取り込みの決まり")
struct EditionRuleTests {
  private static let library = try? PackLibrary.find(environment: ProcessInfo.processInfo.environment)

  private static func row(_ text: String, number: String = "①", target: ChecklistSheet.Target = .all)
    -> ChecklistSheet.Row
  {
    ChecklistSheet.Row(
      sheet: "表", row: 1, cells: [text], kind: .item, number: number, text: text, forms: [.med],
      target: target,
      why: .init(.numbered, number))
  }

  @Test("考えは似ている文から決まり、似ていなければ決めない。入口の質問と項目は混ざらない")
  func proposals() throws {
    let library = try #require(Self.library)
    let proposals = try Editions.proposals(for: FiscalYear(2026), library: library)
    let ledger = try #require(proposals.best(for: Self.row("サーバ、端末PC、ネットワーク機器の台帳管理を行っている。")))
    #expect(ledger.concept == "asset-ledger" && ledger.score > 0.5 && ledger.year == FiscalYear(2025))
    #expect(proposals.best(for: Self.row("屋上の花壇へ毎朝水をやっている。")) == nil)
    var gate = Self.row("医療情報システムを導入、運用している。")
    gate.kind = .gate
    #expect(proposals.best(for: gate)?.concept == "has-system")
    let other = proposals.proposals(for: Self.row("医療情報システムを導入、運用している。"))
    #expect(!other.contains { $0.concept == "has-system" })
    #expect(proposals.proposals(for: Self.row("")).isEmpty)
  }

  @Test("知っている版の質問は、そのままの文なら、必ず自分の考えになる")
  func known() throws {
    let library = try #require(Self.library)
    let proposals = try Editions.proposals(for: FiscalYear(2026), library: library)
    for item in try library.form("med", of: "mhlw-checklist-r7").rows {
      #expect(proposals.best(for: Self.row(item.question.ja))?.concept == item.concept, "\(item.id)")
    }
  }

  @Test("どの考えにも当たらない項目どうしは、版をまたいで引き継がれない")
  func withoutConcept() throws {
    func form(_ edition: String) throws -> Pack.Form {
      var draft = EditionDraft(year: FiscalYear(2026))
      try draft.add(
        ChecklistSheet(
          [Sheet(name: "表", rows: [[.text("医療機関確認用")], [.text("① 花に水をやっている。")]])]), named: "a",
        sha256: "a", proposals: ConceptProposals([]))
      let forms = try EditionBuilder(draft: draft, edition: edition).forms()
      let made = try #require(forms.first)
      return Pack.Form(
        id: made.id, title: made.title, confidence: made.confidence, note: nil, counts: made.counts,
        sections: made.sections)
    }
    let carry = Carryover(
      from: try form("r8"), id: "r8", answers: [:], to: try form("r9"), year: FiscalYear(2027))
    #expect(carry.lines.map(\.kind) == [.new] && carry.gone.count == 1)
  }

  @Test("同じ番号はサーバと端末なら分けて取り込み、まったく同じなら断る")
  func sameNumber() throws {
    func draft(_ targets: [ChecklistSheet.Target]) throws -> EditionDraft {
      var draft = EditionDraft(year: FiscalYear(2026))
      let rows = targets.map { _ in [Cell.text("① 余分なソフトを止めている。")] }
      try draft.add(
        ChecklistSheet([Sheet(name: "表", rows: rows)], forms: [.med]), named: "a", sha256: "a",
        proposals: ConceptProposals([]))
      for (index, target) in targets.enumerated() {
        try draft.correct(
          index,
          EditionDraft.Correction(
            kind: .item, number: "①", text: "余分なソフトを止めている。", section: nil, concept: "", forms: [.med],
            target: target))
      }
      return draft
    }
    let forms = try EditionBuilder(draft: try draft([.server, .clientPC]), edition: "r8").forms()
    #expect(forms[0].sections.flatMap(\.items).map(\.id) == ["r8-med-x-1-server", "r8-med-x-1-pc"])
    let same = try draft([.all, .all])
    #expect(throws: EditionProblem.sameNumber(label: "①")) {
      try EditionBuilder(draft: same, edition: "r8").forms()
    }
  }

  @Test(
    "直すときの番号と文を確かめる",
    arguments: [
      (ChecklistSheet.Kind.item, "100", "文", EditionProblem.badNumber), (.section, "", "節", .badNumber),
      (.item, "①", "", .noText), (.section, "1", "", .noText), (.item, "い", "文", .badNumber),
    ])
  func corrections(kind: ChecklistSheet.Kind, number: String, text: String, problem: EditionProblem) throws {
    var draft = EditionDraft(year: FiscalYear(2026))
    try draft.add(
      ChecklistSheet([Sheet(name: "表", rows: [[.text("① 水をやっている。")]])], forms: [.med]), named: "a",
      sha256: "a", proposals: ConceptProposals([]))
    let correction = EditionDraft.Correction(
      kind: kind, number: number, text: text, section: nil, concept: "", forms: [.med], target: .all)
    #expect(throws: problem) { try draft.correct(0, correction) }
    #expect(throws: EditionProblem.noSuchRow) { try draft.correct(9, correction) }
    var nobody = correction
    (nobody.kind, nobody.number, nobody.text, nobody.forms) = (.item, "①", "文", [])
    #expect(throws: EditionProblem.noForms) { try draft.correct(0, nobody) }
  }

  @Test("YAML にした版は、読み戻すと同じになる")
  func document() throws {
    let library = try #require(Self.library)
    let pack = try library.pack("mhlw-checklist-r7")
    let document = PackDocument(
      pack, revision: 3,
      forms: pack.forms.map {
        PackDocument.Form(
          id: $0.id, title: $0.title, confidence: $0.confidence, counts: $0.counts, note: $0.note,
          sections: $0.sections)
      })
    #expect(try PackDocument(Array(document.yaml.utf8), named: "a.yaml") == document)
    #expect(try PackDocument(stored: document.json) == document)
  }
}
