import Assurance
import Foundation
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

private let library: PackLibrary = {
  guard let library = try? PackLibrary.find(environment: ProcessInfo.processInfo.environment) else {
    preconditionFailure("Packs not found")
  }
  return library
}()

func plan(_ rows: [[String]], edition: String = "r7", year: Int = 2025) throws -> ChecklistImport {
  try plan(cells: rows.map { $0.map { $0.isEmpty ? .empty : .text($0) } }, edition: edition, year: year)
}

func plan(cells: [[Cell]], edition: String = "r7", year: Int = 2025) throws -> ChecklistImport {
  try ChecklistImport(
    Workbook(sheets: [Sheet(name: "表", rows: cells)]), file: "a.xlsx",
    form: library.form("med", of: "mhlw-checklist-\(edition)"), year: FiscalYear(year),
    today: try #require(Day(2026, 2, 24)))
}

private func fate(_ cells: [String], header: [String] = ["番号", "はい/いいえ", "確認日", "目標日", "備考"]) throws
  -> ChecklistImport.Fate
{
  // A second, good row keeps a single unknown number from looking like another edition.
  try #require(try plan([header, cells, ["1-①", "はい"]]).lines.first).fate
}

@Suite("点検表を読む")
struct ImportTests {
  @Test("番号の書き方", arguments: ["2-①", "２－①", "2-(1)", "2-1", "2 - ①", "2（1）", "2-⑴", "2.1"])
  func numbers(text: String) throws {
    guard case .apply(let item, _) = try fate([text, "はい"]) else {
      Issue.record("\(text) was not read")
      return
    }
    #expect(item == "r7-med-2-1")
  }

  @Test(
    "答えの書き方",
    arguments: [
      ("はい", Answer.Value.yes), ("○", .yes), ("〇", .yes), ("いいえ", .no), ("×", .no), ("△", .no), ("対象外", .na),
      ("Yes", .yes),
    ])
  func values(text: String, value: Answer.Value) throws {
    guard case .apply(_, let reading) = try fate(["2-①", text]) else {
      Issue.record("\(text) was not read")
      return
    }
    #expect(reading.value == value && reading.started == (text == "△"))
  }

  @Test("取り込まない行には、わけとセルがある")
  func reasons() throws {
    #expect(try fate(["9-⑨", "はい"]) == .skip(.unknownNumber("9-⑨")))
    #expect(try fate(["2-①", "たぶん"]) == .skip(.unreadableAnswer(cell: "B2", "たぶん")))
    #expect(try fate(["2-①", "はい", "きのう"]) == .skip(.unreadableDay(cell: "C2", "きのう")))
    #expect(
      try fate(["2-①", "はい", "2024-04-01"]) == .skip(.dayOutsideYear(cell: "C2", #require(Day(2024, 4, 1)))))
    #expect(
      try fate(["2-①", "はい", "2026-03-01"]) == .skip(.futureDay(cell: "C2", #require(Day(2026, 3, 1)))))
    #expect(
      try fate(["2-①", "いいえ", "", "2026-04-01"])
        == .skip(.dayOutsideYear(cell: "D2", #require(Day(2026, 4, 1)))))
    #expect(try fate(["2-①", ""]) == .skip(.noAnswer))
    #expect(try fate(["2-⑫", "はい"]) == .skip(.ambiguous("2-⑫")))
  }

  @Test("対象の列で、サーバと端末PCの行を見分ける")
  func targets() throws {
    let read = try plan([
      ["番号", "対象", "回答"], ["2-⑫", "サーバ", "はい"], ["2-⑫", "端末PC", "いいえ"], ["2-⑫", "サーバ", "いいえ"],
    ])
    #expect(read.applied == 2)
    guard case .apply("r7-med-2-12-server", _) = read.lines[0].fate,
      case .apply("r7-med-2-12-pc", _) = read.lines[1].fate
    else {
      Issue.record("\(read.lines)")
      return
    }
    #expect(read.lines[2].fate == .skip(.duplicate(ofRow: 2)))
  }

  @Test("章の見出しの下の番号を、その章のものとして読む")
  func sections() throws {
    let read = try plan([
      ["医療情報システム点検表"], [], ["番号", "項目", "はい", "いいえ"], ["1", "体制構築"], ["①", "責任者を決めている", "○", ""],
      ["2", "医療情報システムの管理・運用"], ["①", "台帳", "", "○"],
    ])
    let items = read.lines.compactMap { line -> String? in
      if case .apply(let item, _) = line.fate { item } else { nil }
    }
    #expect(items == ["r7-med-1-1", "r7-med-2-1"] && read.headerRow == 3)
  }

  @Test("見出しのない表と、別の版の表は断る")
  func refusals() throws {
    #expect(throws: ImportProblem.noHeader(file: "a.xlsx", sheets: "表")) {
      try plan([["あ", "い"], ["1", "2"]])
    }
    #expect(throws: ImportProblem.otherEdition(file: "a.xlsx", sheet: "表", unknown: 2, of: 3)) {
      try plan([["番号", "回答"], ["2-①", "はい"], ["5-①", "はい"], ["6-①", "はい"]])
    }
  }

  @Test("見本の病院の二年分を取り込むと、物語のとおりの○△×になる", arguments: Engine.available)
  func demonstration(engine: Engine) async throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    try await TestApp.run(on: engine) { app in
      for (year, edition, marks) in [(2024, "r6", [6, 2, 5, 0]), (2025, "r7", [9, 4, 3, 2])] {
        let bytes = [UInt8](try Data(contentsOf: root.appendingPathComponent("demo/answers-\(edition).xlsx")))
        let opened = try await Assessments.open(
          form: "med", year: FiscalYear(year), pack: "mhlw-checklist-\(edition)", library: app.library,
          in: app.scope)
        // Dates after the tests' own day would be refused: the file was filled in by then.
        let preview = try await Exchange.preview(
          bytes, named: "a.xlsx", into: opened.id, library: app.library, in: app.scope)
        #expect(preview.plan.applied == preview.plan.itemLines.count)
        _ = try await Exchange.apply(preview, in: app.scope)
        let counts = try await Assessments.overview(opened.id, library: app.library, in: app.scope).standing
          .marks
        #expect([counts.done, counts.partly, counts.undone, counts.unanswered] == marks)
      }
    }
  }

  static let lostZeros: [([Cell], [String])] = [
    ([.number(2.9), .number(2.1)], ["2-9", "2-10"]), ([.text("2-⑨"), .number(2.1)], ["2-9", "2-10"]),
    ([.text("2.9"), .text("2.1")], ["2-9", "2-10"]), ([.number(2.1), .number(2.2)], ["2-1", "2-2"]),
    ([.number(2.8), .number(2.1)], ["2-8", "2-1"]), ([.number(2.9), .text("2-1")], ["2-9", "2-1"]),
    ([.number(2.9), .number(3.1)], ["2-9", "3-1"]), ([.number(2.9), .number(2.2)], ["2-9", "2-2"]),
    ([.number(2.9), .number(2.11)], ["2-9", "2-11-server"]),
  ]

  @Test("数になって 0 の落ちた 2.10 は、2-⑨の次にあるときだけ 2-⑩ と読む", arguments: lostZeros)
  func lostZero(numbers: [Cell], items: [String]) throws {
    let read = try plan(cells: [[.text("番号"), .text("回答")]] + numbers.map { [$0, .text("はい")] })
    let found = read.lines.compactMap { line -> String? in
      if case .apply(let item, _) = line.fate { item } else { nil }
    }
    #expect(found == items.map { "r7-med-\($0)" })
  }

  @Test("2-⑩のない版では、2.1 はいつも 2-(1) と読む")
  func noTenthItem() throws {
    let read = try plan(
      cells: [
        [.text("番号"), .text("対象"), .text("回答")], [.number(2.9), .text("サーバ"), .text("はい")],
        [.number(2.1), .empty, .text("はい")],
      ], edition: "r6", year: 2024)
    guard case .apply("r6-med-2-1", _) = try #require(read.lines.last).fate else {
      Issue.record("\(read.lines)")
      return
    }
  }

  @Test("書き出して取り込むと元の答えに戻る", arguments: [Exchange.Format.xlsx, .csv], [UInt64(1), 2, 3])
  func identity(format: Exchange.Format, seed: UInt64) async throws {
    try await TestApp.run(on: .sqlite) { app in
      let source = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      try await scatter(seed, over: source, app)
      let before = try await Assessments.overview(source.id, library: app.library, in: app.scope)
      #expect(before.standing.answers.values.contains { $0.round == 3 })
      let file = try Exchange.export(before, as: format, seed == 3 ? .en : .ja)
      // The same form in another year's place would refuse the dates, so a second facility takes the file.
      let there = Scope(app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      let target = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: there)
      let preview = try await Exchange.preview(
        file, named: "x", into: target.id, library: app.library, in: there)
      _ = try await Exchange.apply(preview, in: there)
      let after = try await Assessments.overview(target.id, library: app.library, in: there)
      for item in before.form.items {
        #expect(plain(item.id, before) == plain(item.id, after))
        #expect(rounds(item.id, before) == rounds(item.id, after))
      }
      // And taking the file in a second time changes nothing.
      let entries = try await there.verifyLedger().entries
      let again = try await Exchange.preview(
        file, named: "x", into: target.id, library: app.library, in: there)
      _ = try await Exchange.apply(again, in: there)
      #expect(try await there.verifyLedger().entries == entries)
    }
  }

  /// An answer by its values, with people by name.
  private func plain(_ item: String, _ overview: Assessments.Overview) -> [String] {
    let answer = overview.standing.answers[item] ?? .blank(item)
    return [
      answer.value?.rawValue ?? "", answer.started.description, answer.confirmedOn?.description ?? "",
      answer.targetOn?.description ?? "", overview.person(answer.owner)?.name ?? "",
      overview.person(answer.deputy)?.name ?? "", answer.note, "\(answer.round)",
    ]
  }

  /// The finished checks of an item by their values.
  private func rounds(_ item: String, _ overview: Assessments.Overview) -> [String] {
    overview.rounds.filter { $0.item == item }.map { round in
      let days = [round.confirmedOn, round.targetOn].map { $0?.description ?? "" }
      return "\(round.round) \(round.value?.rawValue ?? "") \(days)"
    }
  }

  private func scatter(_ seed: UInt64, over assessment: Assessment, _ app: TestApp) async throws {
    var random = Seeded(state: seed)
    let overview = try await Assessments.overview(assessment.id, library: app.library, in: app.scope)
    for item in overview.form.items where Bool.random(using: &random) {
      var version = 0
      for round in 1...Int.random(in: 1...3, using: &random) {
        if round > 1 {
          try await Assessments.beginRound(item: item.id, of: assessment.id, in: app.scope)
          version += 1
          // Begun and not yet checked: the answer of the round before stands.
          if Int.random(in: 1...4, using: &random) == 1 { break }
        }
        let draft = draft(round: round, people: overview.people, &random)
        version = try await Assessments.save(
          draft, item: item.id, of: assessment.id, version: version, library: app.library, in: app.scope
        ).version
      }
    }
  }

  private func draft(round: Int, people: [Person], _ random: inout Seeded) -> Answer.Draft {
    let notes = ["", "=SUM(A1)", "一行目\n二行目", "\"引用\",と;記号\t", "髙橋 ①～", "@x", "'"]
    let value = Answer.Value.allCases.randomElement(using: &random)
    var draft = Answer.Draft(value: value)
    draft.confirmedOn = Day(2025, Int.random(in: (3 * round + 1)...(3 * round + 3), using: &random), 15)
    if value == .no && Bool.random(using: &random) {
      draft.targetOn = Day(2026, 3, Int.random(in: 1...31, using: &random))
    }
    draft.started = value == .no && Bool.random(using: &random)
    draft.owner = people.randomElement(using: &random)?.id
    draft.deputy = people.first { $0.id != draft.owner }?.id
    draft.note = notes.randomElement(using: &random) ?? ""
    return draft
  }
}
