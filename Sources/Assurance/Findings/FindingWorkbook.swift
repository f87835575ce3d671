import Kernel
import Publishing
import Web

/// Findings as an Excel workbook. Everything a person wrote is a text cell: no program takes it for a formula.
enum FindingWorkbook {
  /// - Throws: `SheetProblem`.
  static func bytes(
    _ findings: [ListedFinding], _ actions: [(action: CorrectiveAction, owner: String?)], _ language: Language
  ) throws -> [UInt8] {
    let t = Texts<FindingText>(language)
    let byFinding = Dictionary(grouping: actions) { $0.action.finding }
    let known = Set(findings.map(\.finding.id))
    let rows = findings.map { listed -> [Cell] in
      let one = listed.finding
      return [
        cell(one.title), cell(FindingPages.word(one.severity, t)), cell(FindingPages.word(one.phase, t)),
        .day(one.foundOn), cell(one.raiserName), cell(listed.auditName ?? ""), cell(one.nodeTitle),
        cell(one.seen), .number(Double(byFinding[one.id]?.count ?? 0)), .number(Double(one.round)),
        one.dutyOn.map { .day($0) } ?? .empty, one.closedOn.map { .day($0) } ?? .empty,
        cell(listed.measureTitle ?? ""),
      ]
    }
    let titles = Dictionary(
      findings.map { ($0.finding.id, $0.finding.title) }, uniquingKeysWith: { first, _ in first })
    let done = actions.filter { known.contains($0.action.finding) }.map { action, owner -> [Cell] in
      [
        cell(titles[action.finding] ?? ""), .number(Double(action.round)), cell(action.text),
        cell(owner ?? ""), action.dueOn.map { .day($0) } ?? .empty, cell(FindingPages.word(action.state, t)),
        action.doneOn.map { .day($0) } ?? .empty, cell(action.note),
      ]
    }
    return try Sheets.xlsx([
      OutputSheet(
        name: t(.list),
        headings: [
          t(.title), t(.severity), t(.phase), t(.found), t(.foundBy), t(.audit), t(.requirement), t(.seen),
          t(.actions), t(.round), t(.day), t(.closed), t(.measure),
        ], rows: rows, columnWidths: [30, 10, 12, 12, 16, 24, 30, 60, 8, 8, 12, 12, 24]),
      OutputSheet(
        name: t(.actions),
        headings: [
          t(.title), t(.round), t(.actionText), t(.owner), t(.due), t(.actionState), t(.done), t(.actionNote),
        ], rows: done, columnWidths: [30, 8, 60, 16, 12, 12, 12, 40]),
    ])
  }

  private static func cell(_ text: String) -> Cell { text.isEmpty ? .empty : .text(text) }
}
