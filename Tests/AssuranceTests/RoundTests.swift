import Assurance
import Foundation
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@Suite("何回分かの点検表を読み、書き出す")
struct RoundTests {
  static let headers: [[[String]]] = [
    [["番号", "確認日(1回目)", "1回目 はい/いいえ", "目標日", "２回目の確認日", "はい・いいえ【２回目】"]],
    [["番号", "①確認日", "①回答", "目標日", "②確認日", "②回答"]],
    [["番号", "確認日1", "回答1", "目標日", "確認日2", "回答2"]],
    [["番号", "確認日", "はい・いいえ", "目標日", "確認日", "はい・いいえ"]],
    [["番号", "確認日", "はい・いいえ", "目標日", "2回目 確認日", "2回目 はい・いいえ"]],
    [["No.", "Date checked (1st)", "1st answer", "Target date", "Round 2 checked on", "Round 2 answer"]],
    // Cells that are merged to the right hold their text on the left; merged downwards, in every row.
    [["番号", "１回目", "", "目標日", "２回目", ""], ["番号", "確認日", "はい・いいえ", "目標日", "確認日", "確認結果"]],
    [["", "①", "", "", "②"], ["番号", "確認日", "回答", "", "確認日", "回答"]],
    [["", "第1回", "", "", "第2回"], ["", "確認結果"], ["番号", "確認日", "回答", "目標日", "確認日", "回答"]],
    // Saved as CSV, the names of cells merged downwards stand in the upper row only.
    [["番号", "1回目", "", "目標日", "2回目", ""], ["", "確認日", "はい・いいえ", "", "確認日", "はい・いいえ"]],
  ]

  @Test("回ごとの列を、列の名前、上の段の名前、並びのどれからでも見分ける", arguments: headers)
  func roundColumns(header: [[String]]) throws {
    let read = try plan(header + [["2-①", "2025-06-01", "いいえ", "2025-12-01", "2026-01-10", "はい"]])
    guard case .apply("r7-med-2-1", let reading) = try #require(read.lines.first).fate else {
      Issue.record("\(read.lines)")
      return
    }
    #expect(reading.rounds.map(\.number) == [1, 2] && read.headerRow == header.count)
    #expect(reading.rounds.map(\.value) == [.no, .yes])
    #expect(reading.rounds.map(\.confirmedOn) == [Day(2025, 6, 1), Day(2026, 1, 10)])
  }

  @Test("一つだけの目標日の列はどの回にも効き、回の名のついたものはその回だけに効く")
  func roundDues() throws {
    let row = ["2-①", "いいえ", "2025-06-01", "2025-12-01", "はい", "2026-01-10"]
    let one = try plan([["番号", "1回目 回答", "1回目 確認日", "目標日", "2回目 回答", "2回目 確認日"], row])
    let own = try plan([["番号", "1回目 回答", "1回目 確認日", "1回目 目標日", "2回目 回答", "2回目 確認日"], row])
    let target = Day(2025, 12, 1)
    for (read, dues) in [(one, [target, target]), (own, [target, nil])] {
      guard case .apply(_, let reading) = try #require(read.lines.first).fate else {
        Issue.record("\(read.lines)")
        return
      }
      #expect(reading.rounds.map(\.targetOn) == dues)
    }
    #expect(one.speaks(of: .due, in: 1) && one.speaks(of: .due, in: 2))
    #expect(own.speaks(of: .due, in: 1) && !own.speaks(of: .due, in: 2))
  }

  @Test("○を付ける列と、「1回目」とだけある列も、回ごとに読む")
  func roundTicks() throws {
    let ticks = try plan([
      ["番号", "1回目 はい", "1回目 いいえ", "はい(2回目)", "いいえ(2回目)"], ["2-①", "", "○", "○", ""],
    ])
    let bare = try plan([
      ["番号", "チェック項目", "確認結果"], ["番号", "チェック項目", "1回目", "目標日", "2回目"],
      ["2-①", "台帳", "いいえ", "2025-12-01", "はい"],
    ])
    let paired = try plan([
      ["番号", "確認結果", "", "確認日", ""], ["番号", "1回目", "2回目", "1回目", "2回目"],
      ["2-①", "いいえ", "はい", "2025-06-01", "2026-01-10"],
    ])
    for (read, days) in [
      (ticks, [nil, nil]), (bare, [nil, nil]), (paired, [Day(2025, 6, 1), Day(2026, 1, 10)]),
    ] {
      guard case .apply(_, let reading) = try #require(read.lines.first).fate else {
        Issue.record("\(read.lines)")
        return
      }
      #expect(reading.rounds.map(\.value) == [.no, .yes] && reading.rounds.map(\.confirmedOn) == days)
    }
  }

  @Test(
    "題や列の番号は、回の名ではない",
    arguments: [
      [["令和7年度 点検表(2回目)"], ["番号", "確認日", "回答"]], [["①", "②", "③"], ["番号", "確認日", "回答"]],
      [["番号", "確認日", "回答"]],
    ])
  func noRounds(header: [[String]]) throws {
    let read = try plan(header + [["2-①", "2025-06-01", "はい"]])
    guard case .apply(_, let reading) = try #require(read.lines.first).fate else {
      Issue.record("\(read.lines)")
      return
    }
    #expect(reading.rounds.count == 1 && reading.last.number == nil && reading.value == .yes)
  }

  @Test(
    "どの回のものか決められない列があれば、表ごと断る",
    arguments: [
      ["番号", "回答", "回答者"], ["番号", "1回目 確認日", "2回目 確認日", "回答"], ["番号", "確認日", "1回目 回答", "2回目 回答"],
      ["番号", "1回目 回答", "2回目 回答", "判定"], ["番号", "確認日", "確認日", "回答", "回答"],
    ])
  func unclearRounds(header: [String]) {
    #expect(throws: ImportProblem.severalRounds(file: "a.xlsx", sheet: "表")) {
      try plan([header, ["2-①", "はい", "はい", "はい"]])
    }
  }

  @Test("まだない二回目の、印字のままの「はい・いいえ」、横線、空の日付は、答えではない", arguments: ["はい・いいえ", "－", ""])
  func blankRound(text: String) throws {
    let header = ["番号", "1回目 回答", "1回目 確認日", "2回目 回答", "2回目 確認日"]
    let read = try plan([header, ["2-①", "はい", "2025-06-01", text, "(　/　)"]])
    guard case .apply(_, let reading) = try #require(read.lines.first).fate else {
      Issue.record("\(read.lines)")
      return
    }
    #expect(reading.rounds.map(\.number) == [1])
  }

  /// Rounds 1 to 3 of item 2-① in columns B to G: answer and day in turn.
  private func threeRounds(_ cells: [String]) throws -> ChecklistImport {
    let header = (1...3).flatMap { ["\($0)回目 回答", "\($0)回目 確認日"] }
    return try plan([["番号"] + header, ["2-①"] + cells])
  }

  /// Item 2-① with so many finished rounds, and perhaps the next one begun.
  private func record(finished: Int, begun: Bool) throws -> Answer {
    var answer = Answer.blank("r7-med-2-1")
    for number in 0..<finished {
      if number > 0 { answer = try answer.nextRound() }
      let draft = Answer.Draft(value: .no, confirmedOn: Day(2025, 4 + number, 1))
      answer = try answer.revised(draft, in: FiscalYear(2025), today: try #require(Day(2026, 2, 24)))
    }
    return begun ? try answer.nextRound() : answer
  }

  static let fit: [(Int, Bool, [String], String)] = [
    (0, false, ["いいえ", "2025-05-01", "はい", "2025-08-01"], "書く1 始める2"),
    (1, false, ["いいえ", "2025-05-01", "はい", "2025-08-01"], "書く1 始める2"),
    (1, true, ["いいえ", "2025-05-01", "はい", "2025-08-01"], "残す1 書く2"),
    (2, false, ["いいえ", "2025-05-01", "はい", "2025-08-01"], "残す1 書く2"),
    (1, false, ["", "", "はい", "2025-08-01"], "始める2"),
    (0, false, ["いいえ", "2025-05-01", "いいえ", "2025-06-01", "はい", "2025-08-01"], "書く1 始める2 始める3"),
    (0, false, ["いいえ", "2025-05-01", "", "2025-08-01"], "書く1 始める2"),
    (0, false, ["いいえ", "2025-05-01"], "書く1"),
  ]

  @Test("記録の今の回は直し、その先の回は始め、済んだ回は残す", arguments: fit)
  func fitting(finished: Int, begun: Bool, cells: [String], done: String) throws {
    let record = try record(finished: finished, begun: begun)
    let read = try threeRounds(cells).fitted(to: [record.item: record])
    guard case .apply("r7-med-2-1", let reading) = try #require(read.lines.first).fate else {
      Issue.record("\(read.lines)")
      return
    }
    let left = reading.leftAlone.map { ["残す\($0)"] } ?? []
    let rounds = reading.rounds.map { "\($0.begins ? "始める" : "書く")\($0.number ?? 0)" }
    #expect((left + rounds).joined(separator: " ") == done)
  }

  static let unfit: [(Int, Bool, [String], ChecklistImport.Reason)] = [
    (2, true, ["いいえ", "2025-05-01", "はい", "2025-08-01"], .olderThanRecord(round: 2, record: 3)),
    (0, false, ["いいえ", "", "はい", "2025-08-01"], .roundNotFinished(cell: "C2", round: 1, next: 2)),
    (0, false, ["", "", "はい", "2025-08-01"], .roundNotFinished(cell: "B2", round: 1, next: 2)),
    // The record has a day; the file's own column says that there is none.
    (1, false, ["いいえ", "", "はい", "2025-08-01"], .roundNotFinished(cell: "C2", round: 1, next: 2)),
    (1, false, ["", "", "", "", "はい", "2025-08-01"], .roundNotFinished(cell: "D2", round: 2, next: 3)),
    // The answer of the first round would only seem to be that of the second.
    (
      0, false, ["いいえ", "2025-05-01", "", "2025-06-01", "はい", "2025-08-01"],
      .roundNotFinished(cell: "D2", round: 2, next: 3)
    ),
    (1, true, ["", "", "", "", "はい", "2025-08-01"], .roundNotFinished(cell: "E2", round: 2, next: 3)),
  ]

  @Test("記録より古い回と、前の回がそろわない回は、わけとセルを示して取り込まない", arguments: unfit)
  func notFitting(finished: Int, begun: Bool, cells: [String], reason: ChecklistImport.Reason) throws {
    let record = try record(finished: finished, begun: begun)
    let read = try threeRounds(cells).fitted(to: [record.item: record])
    #expect(try #require(read.lines.first).fate == .skip(reason))
  }

  @Test("回のない表の答えは、記録が何回目でもその回の答えになる")
  func plainFileFitsAnyRound() throws {
    let record = try record(finished: 3, begun: false)
    let read = try plan([["番号", "回答"], ["2-①", "はい"]])
    #expect(read.fitted(to: [record.item: record]).lines == read.lines && read.applied == 1)
  }

  @Test("二回分の表は、今の回を直して次の回を始め、列のないことは残す", arguments: Engine.available)
  func roundsIntoTheRecord(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let opened = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      let target = Day(2026, 3, 1)
      try await Assessments.save(
        Answer.Draft(value: .no, confirmedOn: Day(2025, 5, 1), targetOn: target, note: "残る"),
        item: "r7-med-2-1", of: opened.id, version: 0, library: app.library, in: app.scope)
      let text = """
        番号,1回目 回答,1回目 確認日,2回目 回答,2回目 確認日
        2-①,いいえ,2025-05-02,はい,2025-08-01
        2-②,はい,2025-05-02,,
        2-③,,,はい,2025-08-01
        """
      let preview = try await Exchange.preview(
        Array(text.utf8), named: "a.csv", into: opened.id, library: app.library, in: app.scope)
      #expect(try await Exchange.apply(preview, stamp: preview.stamp, in: app.scope) == 2)
      let after = try await Assessments.overview(opened.id, library: app.library, in: app.scope)
      let first = try #require(after.standing.answers["r7-med-2-1"])
      #expect(first.round == 2 && first.value == .yes && first.confirmedOn == Day(2025, 8, 1))
      #expect(first.note == "残る" && first.targetOn == target)
      #expect(
        after.rounds.map {
          "\($0.item) \($0.round) \($0.value?.rawValue ?? "") \($0.confirmedOn?.description ?? "")"
        }
          == ["r7-med-2-1 1 no 2025-05-02", "r7-med-2-1 2 yes 2025-08-01", "r7-med-2-2 1 yes 2025-05-02"])
      #expect(after.standing.answers["r7-med-2-3"] == nil)
      // The first round's file comes too late now: nothing changes.
      let late = try await Exchange.preview(
        Array("番号,1回目 回答,1回目 確認日\n2-①,いいえ,2025-05-03\n".utf8), named: "a.csv", into: opened.id,
        library: app.library, in: app.scope)
      #expect(late.plan.lines.map(\.fate) == [.skip(.olderThanRecord(round: 1, record: 2))])
    }
  }

  @Test("確かめる画面は、始める回と残す回を言葉で示す")
  func roundsInWords() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let record = try record(finished: 1, begun: true)
      let header = ["1回目 回答", "1回目 確認日", "2回目 回答", "2回目 確認日", "3回目 確認日", "3回目 回答"]
      let read = try plan([
        ["番号"] + header, ["2-①", "いいえ", "2025-05-01", "いいえ", "2025-08-01", "2025-11-01"],
      ]).fitted(to: [record.item: record])
      guard case .apply(_, let reading) = try #require(read.lines.first).fate else {
        Issue.record("\(read.lines)")
        return
      }
      let words = Exchange.words(for: reading, .ja)
      #expect(words.count == 3 && words[0] == "1回目までは記録のまま" && words[1].hasPrefix("2回目に書く ・ いいえ ・ 確認日 "))
      #expect(words[2].hasPrefix("3回目の確認を始める ・ 答えはそのまま ・ 確認日 "))
      #expect(
        Exchange.words(for: reading, .en)[2].hasPrefix("Begins check 3 ・ answer as before ・ Checked on "))
    }
  }

  @Test("二回目のある項目が一つもなければ列は今までどおり、あれば回ごとの列になる")
  func exportedColumns() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let opened = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      try await Assessments.save(
        Answer.Draft(value: .no, confirmedOn: Day(2025, 5, 1), targetOn: Day(2025, 9, 1)), item: "r7-med-2-1",
        of: opened.id, version: 0, library: app.library, in: app.scope)
      func lines() async throws -> [Substring] {
        let overview = try await Assessments.overview(opened.id, library: app.library, in: app.scope)
        let text = String(decoding: try Exchange.export(overview, as: .csv, .ja), as: UTF8.self)
        return text.split(separator: "\r\n").filter { $0.contains("項番") || $0.hasPrefix("2-①,") }
      }
      let plain = try await lines()
      #expect(plain[0].hasSuffix("項番,対象,項目,はい/いいえ,着手,確認日,目標日,担当,副担当,備考,証拠"))
      #expect(plain[1].hasSuffix(",いいえ,,2025-05-01,2025-09-01,,,,"))
      try await Assessments.beginRound(item: "r7-med-2-1", of: opened.id, in: app.scope)
      let rounds = try await lines()
      #expect(
        rounds[0].hasSuffix(
          "項番,対象,項目,\"1回目 はい/いいえ\",\"1回目 確認日\",\"1回目 目標日\",\"2回目 はい/いいえ\",\"2回目 確認日\",\"2回目 目標日\",着手,担当,副担当,備考,証拠"
        ))
      // The value and the target day stand until the second check.
      #expect(rounds[1].hasSuffix(",いいえ,2025-05-01,2025-09-01,いいえ,,2025-09-01,,,,,"))
    }
  }

  @Test("JSONの書き出しには、終えた回がすべて入る")
  func exportedRounds() async throws {
    struct File: Decodable {
      struct Row: Decodable {
        let item: String
        let rounds: [Round]
      }
      struct Round: Decodable, Equatable {
        let round: Int
        let answer: String
        let confirmedOn: String
      }
      let rows: [Row]
    }
    try await TestApp.run(on: .sqlite) { app in
      let opened = try await Assessments.open(
        form: "med", year: FiscalYear(2025), pack: nil, library: app.library, in: app.scope)
      let answer = try await Assessments.save(
        Answer.Draft(value: .no, confirmedOn: Day(2025, 5, 1)), item: "r7-med-2-1", of: opened.id, version: 0,
        library: app.library, in: app.scope)
      try await Assessments.beginRound(item: answer.item, of: opened.id, in: app.scope)
      try await Assessments.save(
        Answer.Draft(value: .yes, confirmedOn: Day(2025, 8, 1)), item: answer.item, of: opened.id, version: 2,
        library: app.library, in: app.scope)
      let overview = try await Assessments.overview(opened.id, library: app.library, in: app.scope)
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let file = try decoder.decode(
        File.self, from: Data(try Exchange.export(overview, as: .json, .ja)))
      for row in file.rows {
        let expected: [File.Round] =
          row.item == answer.item
          ? [
            .init(round: 1, answer: "no", confirmedOn: "2025-05-01"),
            .init(round: 2, answer: "yes", confirmedOn: "2025-08-01"),
          ] : []
        #expect(row.rounds == expected)
      }
      #expect(file.rows.count == overview.form.items.count)
    }
  }
}
