import Kernel
import Registers
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("診療所の歩みの決まり")
struct ClinicRuleTests {
  private static let guide = ClinicGuide.shared

  /// How many duties each section of the special edition has, counted in the guidance itself.
  private static let sections = [
    "2.1": 2, "2.2": 1, "3.1.1": 7, "3.1.2": 5, "3.1.3": 3, "3.1.4": 2, "3.2": 1, "3.2.1": 1, "3.2.2": 3,
    "3.3.1": 5, "3.3.2": 4, "3.3.3": 2, "3.3.4": 8, "3.4": 1, "3.5.1": 1, "3.5.2": 4, "3.5.3": 3,
  ]

  @Test("ガイダンスのつとめは、どれも、ちょうど一つの質問が受け持つ")
  func coverage() {
    let expected = Set(
      Self.sections.flatMap { section, count in (1...count).map { "sc-\(section)-\($0)" } }
        + (1...4).map { "v7q-\($0)" })
    #expect(expected.count == 57)
    #expect(Set(Self.guide.duties.map(\.id)) == expected && Self.guide.duties.count == 57)
    #expect(Self.guide.questions.flatMap(\.covers).sorted() == expected.sorted())
    #expect(Self.guide.faults == [])
  }

  @Test("抜け、重なり、知らないつとめを見つける")
  func faults() throws {
    let questions = Self.guide.questions
    let without = questions.filter { $0.id != "risks" }
    #expect(
      ClinicGuide.faults(without, Self.guide.duties) == [
        "sc-3.2-1 is covered 0 times", "sc-3.2.2-1 is covered 0 times",
      ])
    let twice = questions + [try #require(questions.first { $0.id == "policy" })]
    #expect(
      ClinicGuide.faults(twice, Self.guide.duties) == ["policy twice", "sc-3.3.2-1 is covered 2 times"])
    let fewer = Self.guide.duties.filter { $0.id != "sc-3.4-1" }
    #expect(ClinicGuide.faults(questions, fewer) == ["sc-3.4-1 is no duty"])
  }

  @Test("質問の言葉は両方の言語にそろい、会社に聞く質問には聞く言葉がある")
  func words() throws {
    let starters = try Documents.clinicStarters()
    for question in Self.guide.questions {
      for language in Language.allCases {
        let words = question.words(language)
        let all = [words.name, words.ask, words.why, words.next, words.vendor ?? "−"]
        #expect(all.allSatisfy { !$0.isEmpty && !$0.contains("!") && !$0.contains("！") }, "\(question.id)")
        #expect(question.canAskVendor == false || words.vendor != nil, "\(question.id)")
        #expect((words.vendor == nil) == (question.words(language.other).vendor == nil), "\(question.id)")
      }
      #expect((1...4).contains(question.minutes) && !question.answers.isEmpty, "\(question.id)")
      if case .document(let number, _) = question.form { #expect(starters.contains(number)) }
    }
  }

  // MARK: Answers

  private static let today = Instant.test.day

  private static func question(_ id: String) throws -> ClinicQuestion { try #require(guide.question(id)) }

  private static func answer(
    _ id: String, _ value: ClinicAnswer.Value, on day: Day = today, target: Day? = nil
  )
    -> ClinicAnswer
  {
    ClinicAnswer(
      question: id, value: value, targetOn: target, note: "", answeredOn: day, answeredBy: "院長", version: 1)
  }

  @Test("「まだ」には、今日から2年までの日がいる")
  func targets() throws {
    let question = try Self.question("protection")
    func made(_ target: String, before: ClinicAnswer? = nil) throws -> Day? {
      let draft = ClinicAnswer.Draft(value: .notYet, targetOn: target, note: "")
      return try ClinicAnswer.made(draft, to: question, before: before, by: "院長", today: Self.today).targetOn
    }
    #expect(throws: ClinicRefusal.badTarget) { _ = try made("") }
    #expect(throws: ClinicRefusal.targetPassed) { _ = try made("2026-02-23") }
    #expect(throws: ClinicRefusal.targetFar) { _ = try made("2028-02-25") }
    let (first, last) = (try made("2026-02-24"), try made("2028-02-24"))
    #expect(first == Self.today && last == Day(2028, 2, 24))
    let passed = Self.answer("protection", .notYet, target: Day(2026, 1, 10))
    let kept = try made("2026-01-10", before: passed)
    #expect(kept == Day(2026, 1, 10))
  }

  @Test("質問にない答え方は断る", arguments: ["choosing", "policy", "director"])
  func offered(id: String) throws {
    let question = try Self.question(id)
    let value: ClinicAnswer.Value = id == "choosing" ? .unknown : .yes
    let draft = ClinicAnswer.Draft(value: value, targetOn: "", note: "")
    #expect(throws: ClinicRefusal.notOffered) {
      _ = try ClinicAnswer.made(draft, to: question, before: nil, by: "院長", today: Self.today)
    }
  }

  @Test("台帳にあれば答えはいらず、一覧は全部と言うまで終わらない")
  func states() throws {
    let (policy, vendors, ask) = (
      try Self.question("policy"), try Self.question("vendors"), try Self.question("protection")
    )
    func state(_ question: ClinicQuestion, _ value: ClinicAnswer.Value?, _ isMet: Bool)
      -> ClinicProgress.State
    {
      ClinicProgress.state(
        of: question, value.map { Self.answer(question.id, $0, target: $0 == .notYet ? Self.today : nil) },
        isMet: isMet)
    }
    #expect(state(policy, nil, false) == .open)
    #expect(state(policy, nil, true) == .done(byRegister: true))
    #expect(state(policy, .notYet, false) == .notYet(Self.today))
    #expect(state(policy, .notYet, true) == .done(byRegister: true))
    #expect(state(policy, .register, false) == .open)
    #expect(state(vendors, .register, true) == .open)
    #expect(state(vendors, .yes, true) == .done(byRegister: true))
    #expect(state(vendors, .yes, false) == .open)
    #expect(state(ask, .yes, false) == .done(byRegister: false))
    #expect(state(ask, .unknown, false) == .asking)
    #expect(state(ask, .na, false) == .notApplicable)
  }

  private static func progress(_ answers: [ClinicAnswer], on day: Day = today) -> ClinicProgress {
    let none = guide.probes.map { _ in EntryProbe.Figures(all: 0, fitting: 0) }
    return ClinicProgress(guide, answers: answers, inquiries: [], figures: none, today: day)
  }

  @Test("一週間の分は10分までで、答えた分だけ減り、次の月曜に改まる")
  func week() throws {
    let fresh = Self.progress([])
    // 1 + 2 + 3 + 3 minutes; the next would be one too many.
    #expect(fresh.portion.map(\.id) == ["part-time", "director", "vendors", "systems"])
    #expect(fresh.monday == Day(2026, 2, 23))
    let first = Self.progress([
      Self.answer("part-time", .yes), Self.answer("director", .notYet, target: Self.today),
    ])
    #expect(first.answeredThisWeek.map(\.id) == ["part-time", "director"])
    #expect(first.portion.map(\.id) == ["vendors", "systems"])
    let done = Self.progress(
      [
        "part-time", "choosing", "privacy", "confidence", "training", "drill", "testing", "explaining",
        "causes", "risks",
      ]
      .map { Self.answer($0, .yes) })
    #expect(done.portion.isEmpty && done.next?.id == "director")
    let nextWeek = Self.progress([Self.answer("part-time", .yes)], on: Day(2026, 3, 2) ?? Self.today)
    #expect(nextWeek.answeredThisWeek.isEmpty && nextWeek.portion.first?.id == "director")
  }

  @Test("すべてに「当てはまる答え」があれば、開いた質問はない")
  func all() throws {
    let met = Self.guide.probes.map { _ in EntryProbe.Figures(all: 1, fitting: 1) }
    let answers = Self.guide.questions.map { Self.answer($0.id, .yes) }
    let progress = ClinicProgress(
      Self.guide, answers: answers, inquiries: [], figures: met, today: Self.today)
    #expect(progress.open.isEmpty && progress.next == nil && progress.settled == Self.guide.questions.count)
    #expect(progress.mayLeaveUpkeep)
    #expect(!Self.progress(answers).mayLeaveUpkeep)
  }

  @Test("台帳にない項目や値を問うことはできない")
  func probes() {
    #expect(throws: EntryProbe.Unknown.self) {
      _ = try EntryProbe(of: Roles.register, within: ["kind": "king"])
    }
    #expect(throws: EntryProbe.Unknown.self) { _ = try EntryProbe(of: Roles.register, has: ["crown"]) }
  }
}
