import Kernel
import TestSupport
import Testing

@testable import Registers

@Suite("開示書の比べ方と判定")
struct DisclosureRulesTests {
  private func question(
    _ number: String, _ answer: Disclosure.Answer, _ text: String = "", remark: String = ""
  )
    -> Disclosure.Question
  {
    Disclosure.Question(number: number, text: text, answer: answer, remark: remark)
  }

  private func form(_ random: inout Seeded) -> [Disclosure.Question] {
    (1...20).filter { _ in Int.random(in: 0..<4, using: &random) > 0 }.map { number in
      question(
        "1.\(number)", Disclosure.Answer.allCases.randomElement(using: &random) ?? .yes, "設問\(number)",
        remark: Int.random(in: 0..<3, using: &random) == 0 ? "説明" : "")
    }
  }

  private func risk(_ question: String) -> DisclosureRisk {
    DisclosureRisk(
      id: ID(at: .test), question: question, evaluation: "評価", treatment: .reduce, explanation: "説明",
      decidedBy: "田中",
      decidedOn: Day(daysSince1970: 20_000), saidThen: "", closedIn: nil, version: 1)
  }

  @Test("比べたどの項目も、変わった・言い換え・同じ・加わった・なくなったのどれか一つに入る", arguments: 0..<100)
  func partition(seed: Int) {
    var random = Seeded(state: UInt64(seed))
    let (before, after) = (form(&random), form(&random))
    let comparison = DisclosureComparison(before, edition: "Ver.5.0", with: after, edition: "Ver.5.0")
    let kept = comparison.changed + comparison.reworded + comparison.same
    #expect(Set(kept.map(\.after.number)).union(comparison.added.map(\.number)) == Set(after.map(\.number)))
    #expect(
      Set(kept.map(\.before.number)).union(comparison.vanished.map(\.number)) == Set(before.map(\.number)))
    #expect(kept.count + comparison.added.count == after.count)
    #expect(kept.allSatisfy { $0.before.number == $0.after.number })
    #expect(comparison.changed.allSatisfy { $0.before.answer != $0.after.answer })
    #expect(comparison.same.allSatisfy { $0.before == $0.after })
    // Those that became いいえ stand first.
    let toNo = comparison.changed.map { $0.after.answer == .no }
    #expect(toNo == toNo.sorted { $0 && !$1 })
    #expect(DisclosureComparison(after, edition: "", with: after, edition: "").isEmpty)
  }

  @Test("備えの記録は、答えが変わらない「いいえ」にだけ付いていく", arguments: 0..<100)
  func carrying(seed: Int) {
    var random = Seeded(state: UInt64(seed))
    let (before, after) = (form(&random), form(&random))
    let pairs = DisclosureComparison.pairs(before, "Ver.5.0", after, "Ver.5.0")
    for question in before where question.answer == .no {
      let carried = risk(question.number).carried(over: pairs, into: 2)
      let stays = after.contains { $0.number == question.number && $0.answer == .no }
      #expect((carried.closedIn == nil) == stays)
    }
  }

  @Test("様式の版が変わったら、番号ではなく設問の文で引き合わせる")
  func acrossEditions() {
    let before = [question("1.1", .no, "暗号化しているか"), question("1.2", .no, "記録するか"), question("1.3", .yes)]
    let after = [question("2.5", .no, "暗号化 しているか"), question("1.2", .no, "別のこと"), question("1.3", .yes)]
    let comparison = DisclosureComparison(before, edition: "Ver.4.0", with: after, edition: "Ver.5.0")
    #expect(comparison.same.map(\.after.number) == ["2.5"])
    #expect(
      comparison.added.map(\.number) == ["1.2", "1.3"] && comparison.vanished.map(\.number) == ["1.2", "1.3"])
    let pairs = DisclosureComparison.pairs(before, "Ver.4.0", after, "Ver.5.0")
    #expect(risk("1.1").carried(over: pairs, into: 2).question == "2.5")
    #expect(risk("1.2").carried(over: pairs, into: 2).closedIn == 2)
  }

  @Test("判定は式のとおり: 未入手、要リスク評価、要確認、基準を満たす", arguments: 0..<200)
  func formula(seed: Int) {
    var random = Seeded(state: UInt64(seed))
    let questions = form(&random)
    let chosen = Set((1...20).map { "1.\($0)" }.filter { _ in Bool.random(using: &random) })
    let annex = DisclosureAnnex(Bool.random(using: &random) ? [.mds: chosen] : [:])
    // formats.md A-3, over the questions themselves.
    let counted = annex.numbers(of: .mds) ?? Set(questions.map(\.number))
    let answers = counted.map { number in questions.first { $0.number == number }?.answer ?? .blank }
    let expected: DisclosureJudgement =
      answers.contains(.no)
      ? .needsRisk : answers.contains { $0.isOpen } || questions.isEmpty ? .toCheck : .meets
    let tally = DisclosureTally(questions, of: .mds, annex, recorded: [])
    #expect(DisclosureJudgement(tally) == expected)
    #expect(DisclosureJudgement(needing: .only(.mds), [.mds: tally]) == expected)
    #expect(DisclosureJudgement(needing: .both, [.mds: tally]) == .missing)
    #expect(DisclosureJudgement(needing: .only(.sds), [.mds: tally]) == .missing)
    #expect(tally.lacking == answers.count { $0 == .no })
    // A record does not turn いいえ into はい; it only takes the lack away.
    let recorded = DisclosureTally(questions, of: .mds, annex, recorded: Set(questions.map(\.number)))
    #expect(recorded.lacking == 0 && DisclosureJudgement(recorded) == expected)
  }

  @Test(
    "求める様式は、置き場所で決まる",
    arguments: [
      (Optional("on-premises"), DisclosureJudgement.Need.only(.mds)), ("cloud", .only(.sds)),
      ("mixed", .both),
      ("data-center", .either), (nil, .either),
    ])
  func needs(hosting: String?, need: DisclosureJudgement.Need) {
    #expect(DisclosureJudgement.Need(hosting: hosting) == need)
    #expect(DisclosureJudgement(needing: need, [:]) == .missing)
    let fine = DisclosureTally(all: 3)
    #expect(DisclosureJudgement(needing: need, [.mds: fine, .sds: fine]) == .meets)
    // MDS2 is not what the annex speaks of.
    #expect(DisclosureJudgement(needing: need, [.mds2: fine]) == .missing)
  }

  @Test("MDS2 の「No」は、先に見る答えだけが備えを求める")
  func mds2Asks() {
    let annex = DisclosureAnnex([.mds: ["1.1"]])
    #expect(annex.asksForRisk(question("AUDT-7", .no), of: .mds2))
    #expect(annex.asksForRisk(question("CONN-6", .yes), of: .mds2))
    #expect(!annex.asksForRisk(question("PLOK-1", .no), of: .mds2))
    #expect(!annex.asksForRisk(question("AUDT-7", .yes), of: .mds2))
    #expect(annex.asksForRisk(question("1.1", .no), of: .mds))
    #expect(!annex.asksForRisk(question("1.2", .no), of: .mds))
    #expect(annex.asksForRisk(question("1.2", .no), of: .sds))
  }

  @Test("別紙の番号は、幅や区切りが違っても同じに読む")
  func annexNumbers() {
    #expect(DisclosureAnnex.read("1.1\n１－２、AUDT-1 ,1.1\n\n3") == ["1.1", "1-2", "AUDT-1", "3"])
    #expect(DisclosureAnnex.read(" \n ").isEmpty)
  }
}
