import Foundation
import Kernel
import Publishing
import Web

/// A drawing for paper: the data of `diagram.typ`, and the pictures that it names.
struct DiagramDocument: Encodable {
  struct Picture: Encodable {
    let name: String
    /// In points.
    let width: Double
    let height: Double
  }
  struct Cell: Encodable {
    let text: String
    let bad: Bool
  }
  struct Table: Encodable {
    let title: String
    let head: [String]
    let widths: [Double]
    let rows: [[Cell]]
  }

  private let lang: String
  private let title: String
  private let subtitle: String
  private let dateIso: String
  private let author: String
  private let paper: DiagramSheet.Paper
  private let check: String
  private let fingerprintLabel: String
  private let fingerprint: String
  private let pageOf: String
  private let tables: [Table]
  private let sheets: [Picture]
  /// By name.
  let pictures: [String: SVG]
  /// The whole drawing with its heading, as a file of its own.
  let picture: SVG

  init(_ drawing: Drawing, facility: String, fingerprint: String, on today: Day, _ language: Language) {
    let t = Texts<DiagramText>(language)
    (lang, title, author) = (language.rawValue, drawing.kind.title(t), facility)
    subtitle = t(.subtitle, facility, language.date(today))
    (dateIso, fingerprintLabel, self.fingerprint) = (today.description, t(.fingerprint), fingerprint)
    pageOf = t(.pageOf)
    check = ListCheckPage.plainStanding(drawing.check, on: today, language)
    let (paper, layouts) = drawing.diagram.sheets()
    self.paper = paper
    var pictures: [String: SVG] = [:]
    sheets = layouts.enumerated().map { index, sheet in
      let name = "drawing-\(index + 1).svg"
      pictures[name] = sheet.layout.svg(label: drawing.label)
      return Picture(name: name, width: sheet.widthPoints, height: sheet.heightPoints)
    }
    self.pictures = pictures
    picture = DiagramLayout(drawing.diagram).svg(
      label: drawing.label, heading: [title, subtitle, check, "\(t(.fingerprint)) \(fingerprint)"])
    let rows = drawing.rows.map { row in
      row.map { cell in
        cell.findings.isEmpty
          ? Cell(text: cell.text, bad: false)
          : Cell(text: cell.findings.joined(separator: language == .ja ? "、" : ", "), bad: true)
      }
    }
    tables = [Table(title: t(.tableTitle), head: drawing.head, widths: drawing.widths, rows: rows)]
  }

  private enum CodingKeys: String, CodingKey {
    case lang, title, subtitle, check, dateIso, author, paper, fingerprintLabel, fingerprint, pageOf, tables
    case sheets = "pictures"
  }
}
