import Foundation
import Kernel
import Publishing
import Web

/// The roll-out for paper: its chart, the phases, and every line.
struct RolloutDocument: Sendable {
  let shown: RolloutPages.Shown
  let facility: String
  let author: String
  let fingerprint: String

  /// So many lines are printed.
  private static let most = 1_000

  /// - Throws: `PdfProblem`.
  func pdf(_ language: Language) async throws -> [UInt8] {
    let t = Texts<RolloutText>(language)
    let (chart, summary) = (shown.chart, shown.summary)
    let phases = shown.phases.map { phase -> [TableDocument.Cell] in
      let progress = shown.progress(phase)
      return [
        .text("\(phase.number) \(phase.title(t))"),
        .text(language.columnDates(from: phase.startOn, to: phase.endOn)),
        .text(RolloutPages.words(progress, t)), .text(RolloutPages.cost(progress, t)),
      ]
    }
    let lines = shown.lines.prefix(Self.most).map { one -> [TableDocument.Cell] in
      let line = one.line
      let standing = shown.standing(line)
      let exception = line.exceptionUntil.map {
        t(.exceptionLine, line.exceptionReason, language.columnDate($0))
      }
      let state = [
        standing.map { t(RolloutText.standing($0)) }, line.doneOn.map(language.columnDate), exception,
      ].compactMap { $0 }.joined(separator: "\n")
      return [
        .text("\(one.system)\n\(line.group)"), .text(line.people.map { "\($0)" } ?? t(.notKnown)),
        .text(t(RolloutText.method(line.method))), .text("\(line.phase)"),
        standing == .late || standing == .exceptionOver ? .bad(state) : .text(state),
        .text(RolloutPages.said(line, shown.ground, t).joined(separator: "\n")),
      ]
    }
    // Shrunk until it fits on the first page.
    let scale = min(1, 430 / chart.height)
    let document = DrawingDocument(
      t(.title),
      TableDocument.Frame(
        language: language.rawValue, subtitle: t(.subtitle, facility, language.date(shown.today)),
        day: shown.today.description, author: author, fingerprint: (t(.fingerprint), fingerprint),
        pageOf: t(.pageOf)),
      check: t(.check),
      pictures: [
        DrawingDocument.Picture(
          "chart.svg", chart.svg(t), width: chart.size.width * scale * 0.98,
          height: chart.height * scale * 0.98)
      ],
      tables: [
        TableDocument.Table(
          t(.summary), head: RolloutSummary.Standing.allCases.map { t(RolloutText.standing($0)) },
          widths: RolloutSummary.Standing.allCases.map { _ in 1 },
          rows: [RolloutSummary.Standing.allCases.map { .text(t.language.number(summary[$0])) }]),
        TableDocument.Table(
          t(.phases), head: [t(.phase), t(.days), t(.progress), t(.costs)], widths: [2, 1.6, 2.4, 2.4],
          rows: phases),
        TableDocument.Table(
          t(.linesTitle),
          head: [t(.system), t(.people), t(.method), t(.phase), t(.state), t(.registerSays)],
          widths: [2.4, 0.7, 1.6, 0.6, 2, 2.6], rows: lines),
      ])
    return try await PdfMaker.find(environment: ProcessInfo.processInfo.environment).make(document)
  }
}
