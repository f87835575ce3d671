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

    fileprivate var printed: TableDocument.Frame {
      let t = Texts<ResponsibilityText>(language)
      return TableDocument.Frame(
        language: language.rawValue, subtitle: "\(facility) ・ \(language.date(today))",
        day: today.description,
        author: author, fingerprint: (t(.fingerprint), fingerprint), pageOf: t(.pageOf))
    }
  }

  /// - Throws: `PdfProblem`.
  static func pdf(_ document: TableDocument, environment: [String: String]) async throws -> [UInt8] {
    try await PdfMaker.find(environment: environment).make(template: "checklist", of: document)
  }

  // MARK: Documents

  /// The table of one system.
  static func document(_ table: Table, _ language: Language, _ frame: Frame) -> TableDocument {
    let words = TableWords(table, language)
    let t = words.t
    let rows = table.items.map { item -> [TableDocument.Cell] in
      [.text(item.name)]
        + Phase.allCases.map { phase in
          let cell = table.cell(item, phase)
          return cell.state.isFinding ? .bad(printed(cell, words)) : .text(words.line(cell))
        }
    }
    let tally = table.tally
    let standing = (words.findings(tally) + [t(.decidedOf, tally[.decided], tally.all)])
      .joined(separator: t(.comma))
    return TableDocument(
      t(.titleOf, table.system.name), frame.printed,
      facts: [
        .init(t(.standing), standing),
        .init(t(.system), words.subtitle(language)),
      ],
      tables: [
        .init(
          t(.tableName), head: [t(.item)] + Phase.allCases.map { t($0.word) }, widths: [2, 3, 3, 3],
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
  static func matrixDocument(_ matrix: Matrix, _ frame: Frame) -> TableDocument {
    let t = Texts<ResponsibilityText>(frame.language)
    let columns = 10
    let starts = Array(stride(from: 0, to: matrix.items.count, by: columns))
    let sections = starts.enumerated().map { number, start -> TableDocument.Table in
      let range = start..<min(start + columns, matrix.items.count)
      let rows = matrix.lines.map { line -> [TableDocument.Cell] in
        [.text(line.name)]
          + range.map { item in
            let worst = line.worst(item)
            let word = worst.state == .decided ? t(.decidedShort) : t(worst.state.word)
            return worst.state.isFinding ? .bad(word) : .text(word)
          }
      }
      return TableDocument.Table(
        t(.matrixPart, number + 1, starts.count),
        head: [t(.system)] + matrix.items[range].map(\.name),
        widths: [2] + range.map { _ in 1.3 }, rows: rows)
    }
    let tally = matrix.tally
    let findings = State.findings.map { "\(t($0.word)) \(t(.count, tally[$0]))" }
    let standing = findings + [t(.decidedOf, tally[.decided], tally.all)]
    return TableDocument(
      t(.title), frame.printed,
      facts: [
        .init(t(.standing), standing.joined(separator: t(.comma))),
        .init(t(.finding), t(.meaning)),
      ], tables: sections)
  }

  static func raciDocument(_ table: Raci.Table, _ frame: Frame) -> TableDocument {
    let t = Texts<ResponsibilityText>(frame.language)
    let head = table.parties.map { party in
      [party.name, party.person.flatMap { table.people[$0] } ?? ""].filter { !$0.isEmpty }
        .joined(separator: "\n")
    }
    let rows = table.activities.map { activity -> [TableDocument.Cell] in
      let findings = activity.findings(table.parties).map { t($0.word) }.joined(separator: t(.comma))
      return [.text(activity.name)]
        + table.parties.map { party in
          .text(activity.part(of: party).map { "\($0.rawValue) \(t($0.word))" } ?? "")
        } + [findings.isEmpty ? .text("") : .bad(findings)]
    }
    return TableDocument(
      t(.raciTitle), frame.printed, facts: [.init(t(.raciLetters), t(.raciMeaning))],
      tables: [
        .init(
          t(.raciTitle), head: [t(.activity)] + head + [t(.finding)],
          widths: [2.4] + table.parties.map { _ in 1.2 } + [1.6], rows: rows)
      ])
  }
}
