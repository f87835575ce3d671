import Foundation
import Kernel
import Publishing
import Web

/// A drawing for paper, and as a file of its own.
struct DiagramDocument {
  let document: DrawingDocument
  /// The whole drawing with its heading.
  let picture: SVG

  init(_ drawing: Drawing, facility: String, fingerprint: String, on today: Day, _ language: Language) {
    let t = Texts<DiagramText>(language)
    let title = drawing.kind.title(t)
    let subtitle = t(.subtitle, facility, language.date(today))
    let check = ListCheckPage.plainStanding(drawing.check, on: today, language)
    let (paper, sheets) = drawing.diagram.sheets()
    let rows = drawing.rows.map { row in
      row.map { cell -> TableDocument.Cell in
        cell.findings.isEmpty
          ? .text(cell.text) : .bad(cell.findings.joined(separator: language == .ja ? "、" : ", "))
      }
    }
    document = DrawingDocument(
      title,
      TableDocument.Frame(
        language: language.rawValue, subtitle: subtitle, day: today.description, author: facility,
        fingerprint: (t(.fingerprint), fingerprint), pageOf: t(.pageOf)),
      on: paper, check: check,
      pictures: sheets.enumerated().map { index, sheet in
        DrawingDocument.Picture(
          "drawing-\(index + 1).svg", sheet.layout.svg(label: drawing.label), width: sheet.widthPoints,
          height: sheet.heightPoints)
      },
      tables: [TableDocument.Table(t(.tableTitle), head: drawing.head, widths: drawing.widths, rows: rows)])
    picture = DiagramLayout(drawing.diagram).svg(
      label: drawing.label, heading: [title, subtitle, check, "\(t(.fingerprint)) \(fingerprint)"])
  }
}
