import Assurance
import Foundation
import Kernel
import Publishing
import Testing
import Web

private let library: PackLibrary = {
  guard let library = try? PackLibrary.find(environment: ProcessInfo.processInfo.environment) else {
    preconditionFailure("Packs not found")
  }
  return library
}()

private let year = FiscalYear(2025)

private func answer(_ item: String, _ value: Answer.Value?, due: Day? = nil, started: Bool = false) throws
  -> Answer
{
  try Answer.blank(item).revised(
    Answer.Draft(value: value, targetOn: due, started: started), in: year,
    today: try #require(Day(2026, 2, 24)))
}

@Suite("答えの決まり")
struct AnswerTests {
  private let today = Day(2026, 2, 24)

  @Test(
    "目標日は年度の中の日だけ",
    arguments: [("2025-04-01", true), ("2026-03-31", true), ("2025-03-31", false), ("2026-04-01", false)])
  func target(text: String, fits: Bool) throws {
    let draft = Answer.Draft(value: .no, targetOn: Day(text))
    if fits {
      #expect(
        try Answer.blank("x").revised(draft, in: year, today: #require(today)).targetOn?.description == text)
    } else {
      #expect(throws: Answer.Refusal.targetOutsideYear(last: year.last)) {
        try Answer.blank("x").revised(draft, in: year, today: #require(Day(2026, 2, 24)))
      }
    }
  }

  @Test("先の日の確認と、担当と同じ副担当は断る")
  func refusals() throws {
    let today = try #require(today)
    let person = PersonID(at: Instant(milliseconds: 1))
    #expect(throws: Answer.Refusal.checkedInFuture) {
      try Answer.blank("x").revised(Answer.Draft(confirmedOn: Day(2026, 2, 25)), in: year, today: today)
    }
    #expect(throws: Answer.Refusal.deputyIsOwner) {
      try Answer.blank("x").revised(Answer.Draft(owner: person, deputy: person), in: year, today: today)
    }
    #expect(throws: Answer.Refusal.noteTooLong) {
      try Answer.blank("x").revised(
        Answer.Draft(note: String(repeating: "あ", count: 4001)), in: year, today: today)
    }
  }

  @Test("次の回は、答えと確認日があるときだけ始まり、確認日を空にする")
  func rounds() throws {
    let today = try #require(today)
    let first = try Answer.blank("x").revised(
      Answer.Draft(value: .yes, confirmedOn: today), in: year, today: today)
    let second = try first.nextRound()
    #expect(second.round == 2 && second.confirmedOn == nil && second.value == .yes)
    #expect(throws: Answer.Refusal.roundNotFinished) { try second.nextRound() }
  }
}

@Suite("○△×の決まり")
struct MarkTests {
  /// 2-⑫ はサーバと端末PCの二行で一項目。
  @Test(
    "二行の項目の印",
    arguments: [
      ("yes", "yes", Mark.done), ("yes", "no", .partly), ("yes", "", .partly), ("no", "no", .undone),
      ("no", "", .undone),
      ("", "", .unanswered), ("na", "yes", .done), ("na", "no", .undone),
    ])
  func twoRows(server: String, pc: String, mark: Mark) throws {
    let form = try library.form("med", of: "mhlw-checklist-r7")
    var answers: [String: Answer] = [:]
    for (item, text) in [("r7-med-2-12-server", server), ("r7-med-2-12-pc", pc)] where !text.isEmpty {
      answers[item] = try answer(item, Answer.Value(rawValue: text))
    }
    let standing = Standing(form: form, answers: answers, proofs: [:], today: try #require(Day(2026, 2, 24)))
    #expect(standing.mark(ofItem: "r7-med-2-12-pc") == mark)
  }

  @Test(
    "「いいえ」は、目標日があり着手していれば△",
    arguments: [
      (true, true, Mark.partly), (true, false, .undone), (false, true, .undone), (false, false, .undone),
    ])
  func started(hasTarget: Bool, started: Bool, mark: Mark) throws {
    let form = try library.form("med", of: "mhlw-checklist-r7")
    let one = try answer("r7-med-2-1", .no, due: hasTarget ? Day(2026, 3, 31) : nil, started: started)
    let standing = Standing(
      form: form, answers: ["r7-med-2-1": one], proofs: [:], today: try #require(Day(2026, 2, 24)))
    #expect(standing.mark(ofItem: "r7-med-2-1") == mark)
  }

  @Test("原本で確かめていない行は、答えても数に入らない")
  func unconfirmed() throws {
    let form = try library.form("vendor", of: "mhlw-checklist-r7")
    let low = form.rows.filter(\.isUnconfirmed)
    #expect(low.map(\.id) == ["r7-vendor-2-9", "r7-vendor-2-10"])
    var answers: [String: Answer] = [:]
    for row in low { answers[row.id] = try answer(row.id, .yes) }
    let standing = Standing(form: form, answers: answers, proofs: [:], today: try #require(Day(2026, 2, 24)))
    #expect(standing.rows.unconfirmed == 2 && standing.rows.yes == 0 && standing.rows.total == 14)
    #expect(standing.rows.unanswered == 12)
    #expect(standing.marks.done == 0 && standing.marks.total == 11)
    #expect(standing.mark(ofItem: "r7-vendor-2-9") == nil)
  }

  @Test("期限切れ・期限間近・証拠なし・担当なし")
  func lists() throws {
    let form = try library.form("med", of: "mhlw-checklist-r7")
    let answers = [
      "r7-med-2-1": try answer("r7-med-2-1", .no, due: Day(2026, 2, 23)),
      "r7-med-2-2": try answer("r7-med-2-2", .no, due: Day(2026, 2, 24)),
      "r7-med-2-3": try answer("r7-med-2-3", .no, due: Day(2026, 3, 27)),
      "r7-med-2-4": try answer("r7-med-2-4", .yes), "r7-med-2-5": try answer("r7-med-2-5", .yes),
    ]
    let standing = Standing(
      form: form, answers: answers, proofs: ["r7-med-2-5": 1], today: try #require(Day(2026, 2, 24)))
    #expect(standing.overdue == ["r7-med-2-1"])
    #expect(standing.dueSoon == ["r7-med-2-2"])
    #expect(standing.withoutProof == ["r7-med-2-4"])
    #expect(standing.withoutOwner.count == 17 && !standing.withoutOwner.contains("r7-med-2-4"))
  }
}

@Suite("引き継ぎ")
struct CarryoverTests {
  private func carry(_ values: [(String, Answer.Value)]) throws -> Carryover {
    let answers = try Dictionary(uniqueKeysWithValues: values.map { ($0.0, try answer($0.0, $0.1)) })
    return Carryover(
      from: try library.form("med", of: "mhlw-checklist-r6"), id: "mhlw-checklist-r6", answers: answers,
      to: try library.form("med", of: "mhlw-checklist-r7"), year: year)
  }

  @Test("令和7年度に加わった5項目は新しい項目、なくなった項目はない")
  func new() throws {
    let carry = try carry([])
    let new = carry.lines.filter { $0.kind == .new }.map(\.item.label)
    #expect(new == ["2-⑦", "2-⑧", "2-⑨", "2-⑩", "4-①"])
    #expect(carry.gone.isEmpty)
    #expect(carry.lines.allSatisfy { $0.answer == nil })
  }

  @Test(
    "サーバと端末PCの二行が一つになるとき、両方「はい」なら「はい」",
    arguments: [
      (Answer.Value?.some(.yes), Answer.Value?.some(.yes), Answer.Value?.some(.yes)), (.yes, .no, .no),
      (.no, .yes, .no),
      (.yes, nil, nil), (.na, .yes, .yes), (.na, .na, .na),
    ])
  func merged(server: Answer.Value?, pc: Answer.Value?, expected: Answer.Value?) throws {
    var values: [(String, Answer.Value)] = []
    if let server { values.append(("r6-med-2-4-server", server)) }
    if let pc { values.append(("r6-med-2-4-pc", pc)) }
    let line = try #require(try carry(values).lines.first { $0.item.id == "r7-med-2-4" })
    #expect(line.kind == .changed && line.sources.count == 2)
    #expect(line.answer?.value == expected)
    #expect(line.answer?.confirmedOn == nil)
  }

  @Test("番号が変わっても内容を追う")
  func renumbered() throws {
    let line = try #require(try carry([("r6-med-2-6-server", .no)]).lines.first { $0.item.label == "2-⑪" })
    #expect(line.item.id == "r7-med-2-11-server" && line.answer?.value == .no)
    #expect(line.answer?.carriedFrom == "mhlw-checklist-r6: r6-med-2-6-server")
  }
}

@Suite("急ぐ順")
struct UrgencyTests {
  @Test("期限切れが先、次に被害の原因になった事柄、「はい」は入らない")
  func order() throws {
    let form = try library.form("med", of: "mhlw-checklist-r7")
    var answers: [String: Answer] = [:]
    for row in form.rows { answers[row.id] = try answer(row.id, .yes) }
    answers["r7-med-2-1"] = try answer("r7-med-2-1", .no, due: Day(2026, 1, 30))
    answers["r7-med-2-2"] = try answer("r7-med-2-2", .no, due: Day(2026, 3, 31))
    answers["r7-med-4-1"] = try answer("r7-med-4-1", .no, due: Day(2026, 3, 31))
    let today = try #require(Day(2026, 2, 1))
    let ranked = Urgency.ranked(
      Standing(form: form, answers: answers, proofs: [:], today: today), concepts: try library.concepts(),
      today: today)
    #expect(ranked.map(\.item.id) == ["r7-med-2-1", "r7-med-2-2", "r7-med-4-1"])
    #expect(ranked[0].reasons.first == .overdue(days: 2))
    #expect(ranked[1].reasons.first == .incidentCause(concept: "remote-maintenance"))
  }
}

@Suite("版の内容")
struct PackTests {
  @Test("すべての版に誤りがない")
  func lint() throws { #expect(try PackLint.faults(in: library) == []) }

  @Test(
    "項目の数は原本の数と合う",
    arguments: [
      ("mhlw-checklist-r5", "med", 13, 18), ("mhlw-checklist-r6", "med", 13, 18),
      ("mhlw-checklist-r7", "med", 18, 19),
      ("mhlw-checklist-r7", "vendor", 13, 14),
    ])
  func counts(pack: String, form: String, items: Int, rows: Int) throws {
    let form = try library.form(form, of: pack)
    #expect(form.rows.count == rows && Set(form.rows.map(\.label)).count == items)
  }

  @Test("令和8年度の項目は示さず、令和7年度の項目で進める")
  func unknownEdition() throws {
    let pack = try library.pack("mhlw-checklist-r8")
    #expect(pack.unknown != nil && pack.forms.allSatisfy { $0.items.isEmpty })
    #expect(
      try library.edition(of: "mhlw-checklist", for: FiscalYear(2026), form: "med").id == "mhlw-checklist-r7")
  }

  @Test("版の名前で他の場所は読めない", arguments: ["../Sources", "..", "mhlw-checklist-r9", "a/b", ""])
  func paths(id: String) { #expect(throws: PackProblem.unknownPack(id)) { try library.pack(id) } }
}
