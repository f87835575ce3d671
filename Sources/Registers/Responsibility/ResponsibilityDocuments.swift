import Foundation
import Kernel
import Publishing
import Web

extension Responsibility {
  /// What stands around a document: whose it is, who made it when, and the state of the record.
  struct Frame: Sendable {
    let facility: String
    let author: String
    let today: Day
    let fingerprint: String
    let language: Language
  }

  /// A cell of a printed table.
  enum Printed: Encodable, Equatable {
    case text(String)
    case bad(String)

    private enum Key: String, CodingKey { case text, bad }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .text(let text):
        var container = encoder.singleValueContainer()
        try container.encode(text)
      case .bad(let text):
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(text, forKey: .text)
        try container.encode(true, forKey: .bad)
      }
    }
  }

  /// The data of `checklist.typ`, which prints facts and tables; landscape when a table has more than six columns.
  struct Document: Encodable {
    struct Fact: Encodable {
      let label: String
      let value: String
    }
    struct Section: Encodable {
      let title: String
      let head: [String]
      let widths: [Double]
      let rows: [[Printed]]
    }

    let lang: String
    let title: String
    let subtitle: String
    let dateIso: String
    let author: String
    let facts: [Fact]
    let sections: [Section]
    let signatureBoxes: [String]
    let fingerprintLabel: String
    let fingerprint: String
    let pageOf: String

    init(_ title: String, _ frame: Frame, facts: [Fact] = [], sections: [Section]) {
      let t = Texts<ResponsibilityText>(frame.language)
      (self.title, self.facts, self.sections) = (title, facts, sections)
      lang = frame.language.rawValue
      subtitle = "\(frame.facility) ・ \(frame.language.date(frame.today))"
      (dateIso, author, signatureBoxes) = (frame.today.description, frame.author, [])
      (fingerprintLabel, fingerprint, pageOf) = (t(.fingerprint), frame.fingerprint, t(.pageOf))
    }
  }

  /// - Throws: `PdfProblem`.
  static func pdf(_ document: Document, environment: [String: String]) async throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = [UInt8](try encoder.encode(document))
    return try await PdfMaker.find(environment: environment).make(template: "checklist", data: data)
  }

  // MARK: Documents

  /// The table of one system.
  static func document(_ table: Table, _ language: Language, _ frame: Frame) -> Document {
    let words = TableWords(table, language)
    let t = words.t
    let rows = table.items.map { item -> [Printed] in
      [.text(item.name)]
        + Phase.allCases.map { phase in
          let cell = table.cell(item, phase)
          return cell.state.isFinding ? .bad(printed(cell, words)) : .text(words.line(cell))
        }
    }
    let tally = table.tally
    let standing = (words.findings(tally) + [t(.decidedOf, tally[.decided], tally.all)])
      .joined(separator: t(.comma))
    return Document(
      t(.titleOf, table.system.name), frame,
      facts: [
        .init(label: t(.standing), value: standing),
        .init(label: t(.system), value: words.subtitle(language)),
      ],
      sections: [
        .init(
          title: t(.tableName), head: [t(.item)] + Phase.allCases.map { t($0.word) }, widths: [2, 3, 3, 3],
          rows: rows)
      ])
  }

  /// A finding with what else is known on a line below: the template prints the first line behind the sign.
  private static func printed(_ cell: Cell, _ words: TableWords) -> String {
    let rest = words.join([
      cell.state == .nobody ? "" : words.bearers(cell), words.source(cell), cell.remark ?? "",
    ])
    return rest.isEmpty ? words.t(cell.state.word) : "\(words.t(cell.state.word))\n\(rest)"
  }

  /// All systems: as many items in a table as an A4 sheet across can hold.
  static func matrixDocument(_ matrix: Matrix, _ frame: Frame) -> Document {
    let t = Texts<ResponsibilityText>(frame.language)
    let columns = 10
    let starts = Array(stride(from: 0, to: matrix.items.count, by: columns))
    let sections = starts.enumerated().map { number, start -> Document.Section in
      let range = start..<min(start + columns, matrix.items.count)
      let rows = matrix.lines.map { line -> [Printed] in
        [.text(line.name)]
          + range.map { item in
            let worst = line.worst(item)
            let word = worst.state == .decided ? t(.decidedShort) : t(worst.state.word)
            return worst.state.isFinding ? .bad(word) : .text(word)
          }
      }
      return Document.Section(
        title: t(.matrixPart, number + 1, starts.count),
        head: [t(.system)] + matrix.items[range].map(\.name),
        widths: [2] + range.map { _ in 1.3 }, rows: rows)
    }
    let tally = matrix.tally
    let findings = State.findings.map { "\(t($0.word)) \(t(.count, tally[$0]))" }
    let standing = findings + [t(.decidedOf, tally[.decided], tally.all)]
    return Document(
      t(.title), frame,
      facts: [
        .init(label: t(.standing), value: standing.joined(separator: t(.comma))),
        .init(label: t(.finding), value: t(.meaning)),
      ], sections: sections)
  }

  static func raciDocument(_ table: Raci.Table, _ frame: Frame) -> Document {
    let t = Texts<ResponsibilityText>(frame.language)
    let head = table.parties.map { party in
      [party.name, party.person.flatMap { table.people[$0] } ?? ""].filter { !$0.isEmpty }
        .joined(separator: "\n")
    }
    let rows = table.activities.map { activity -> [Printed] in
      let findings = activity.findings(table.parties).map { t($0.word) }.joined(separator: t(.comma))
      return [.text(activity.name)]
        + table.parties.map { party in
          .text(activity.part(of: party).map { "\($0.rawValue) \(t($0.word))" } ?? "")
        } + [findings.isEmpty ? .text("") : .bad(findings)]
    }
    return Document(
      t(.raciTitle), frame, facts: [.init(label: t(.raciLetters), value: t(.raciMeaning))],
      sections: [
        .init(
          title: t(.raciTitle), head: [t(.activity)] + head + [t(.finding)],
          widths: [2.4] + table.parties.map { _ in 1.2 } + [1.6], rows: rows)
      ])
  }
}
