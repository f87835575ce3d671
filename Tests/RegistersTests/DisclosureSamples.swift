import Foundation
import Kernel
import Publishing

@testable import Registers

/// Disclosure workbooks made by the tests, in the layouts that vendors use; questions are invented.
struct DisclosureSample {
  enum Layout: CaseIterable, Sendable { case words, signs, marks, marksBelow, boxes }

  let layout: Layout
  let kind: Disclosure.Kind
  var questions: [Disclosure.Question]

  /// A form of `count` questions in sections, some unanswered.
  static func random(_ random: inout some RandomNumberGenerator) -> DisclosureSample {
    let layout = Layout.allCases.randomElement(using: &random) ?? .words
    var questions: [Disclosure.Question] = []
    for section in 1...Int.random(in: 1...4, using: &random) {
      let title = "\(section) 区分\(section)"
      for number in 1...Int.random(in: 3...14, using: &random) {
        let answers: [Disclosure.Answer] = [.yes, .no, .na, .yes, .blank]
        let answer = answers.randomElement(using: &random) ?? .yes
        questions.append(
          Disclosure.Question(
            number: "\(section).\(number)", section: title, text: "設問\(section)の\(number)について",
            answer: number == 1 ? .yes : answer, remark: Bool.random(using: &random) ? "備考 \(number)" : ""))
      }
    }
    return DisclosureSample(
      layout: layout, kind: Bool.random(using: &random) ? .mds : .sds, questions: questions)
  }

  private var head: [[String]] {
    let title = kind == .sds ? "サービス事業者による医療情報セキュリティ開示書" : "製造業者による医療情報セキュリティ開示書"
    let cover = [
      ["\(title) Ver.4.0"], ["事業者名", "架空電算"], ["製品名", "かくうPACS"], ["バージョン", "Ver.5.0"], ["作成日", "令和7年4月1日"],
      [],
    ]
    switch layout {
    case .words, .signs, .boxes: return cover + [["項番", "設問", "回答", "備考"]]
    case .marks: return cover + [["No.", "確認事項", "はい", "いいえ", "対象外", "備考"]]
    case .marksBelow: return cover + [["項番", "設問", "回答", "", "", "備考"], ["", "", "はい", "いいえ", "対象外", ""]]
    }
  }

  private func cells(_ answer: Disclosure.Answer) -> [String] {
    switch (layout, answer) {
    case (.marks, _), (.marksBelow, _):
      [Disclosure.Answer.yes, .no, .na].map { $0 == answer ? (layout == .marks ? "○" : "✓") : "" }
    case (.boxes, _):
      ["\(answer == .yes ? "☑" : "□")はい \(answer == .no ? "☑" : "□")いいえ \(answer == .na ? "☑" : "□")対象外"]
    case (.words, .yes): ["はい"]
    case (.words, .no): ["いいえ"]
    case (.signs, .yes): ["○"]
    case (.signs, .no): ["×"]
    case (_, .na): ["対象外"]
    default: [""]
    }
  }

  var rows: [[String]] {
    var rows = head
    var section = ""
    for question in questions {
      if question.section != section {
        section = question.section
        let parts = section.split(separator: " ").map(String.init)
        rows.append(parts)
      }
      rows.append([question.number, question.text] + cells(question.answer) + [question.remark])
    }
    return rows
  }

  /// Numbers are texts, so that 1.10 stays itself.
  var xlsx: [UInt8] {
    get throws {
      try Sheets.xlsx([
        OutputSheet(name: "チェックリスト", rows: rows.map { $0.map { $0.isEmpty ? .empty : .text($0) } })
      ])
    }
  }

  var csv: String { rows.map { $0.joined(separator: ",") }.joined(separator: "\r\n") }
}

extension DisclosureReading {
  init(_ rows: [[String]], named file: String = "開示書.xlsx") {
    let cells = rows.map { $0.map { $0.isEmpty ? Cell.empty : .text($0) } }
    self.init(Workbook(sheets: [Sheet(name: "Sheet1", rows: cells)]), named: file)
  }

  var refusals: [String] {
    rows.compactMap { if case .refused(let why) = $0.fate { why.rawValue } else { nil } }
  }
  func remarks(of number: String) -> [Remark] {
    for row in rows {
      if case .question(let question, let remarks) = row.fate, question.number == number { return remarks }
    }
    return []
  }
}
