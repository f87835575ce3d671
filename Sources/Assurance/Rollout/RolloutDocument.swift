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

  private struct Picture: Encodable {
    let name: String
    let width: Double
    let height: Double
  }
  private struct Cell: Encodable {
    let text: String
    var bad = false
  }
  private struct Table: Encodable {
    let title: String
    let head: [String]
    let widths: [Double]
    let rows: [[Cell]]
  }
  private struct Paper: Encodable {
    let lang, title, subtitle, dateIso, author, paper, check, fingerprintLabel, fingerprint, pageOf: String
    let tables: [Table]
    let pictures: [Picture]
  }

  /// So many lines are printed.
  private static let most = 1_000

  /// - Throws: `PdfProblem`.
  func pdf(_ language: Language) async throws -> [UInt8] {
    let t = Texts<RolloutText>(language)
    let (chart, summary) = (shown.chart, shown.summary)
    let phases = shown.phases.map { phase -> [Cell] in
      let progress = shown.progress(phase)
      return [
        Cell(text: "\(phase.number) \(phase.title(t))"),
        Cell(
          text: [phase.startOn, phase.endOn].map(language.columnDate).joined(
            separator: language == .ja ? " 〜 " : " – ")),
        Cell(text: RolloutPages.words(progress, t)), Cell(text: RolloutPages.cost(progress, t)),
      ]
    }
    let lines = shown.lines.prefix(Self.most).map { one -> [Cell] in
      let line = one.line
      let standing = shown.standing(line)
      let exception = line.exceptionUntil.map {
        t(.exceptionLine, line.exceptionReason, language.columnDate($0))
      }
      let state = [
        standing.map { t(RolloutText.standing($0)) }, line.doneOn.map(language.columnDate), exception,
      ].compactMap { $0 }.joined(separator: "\n")
      return [
        Cell(text: "\(one.system)\n\(line.group)"), Cell(text: line.people.map { "\($0)" } ?? t(.notKnown)),
        Cell(text: t(RolloutText.method(line.method))), Cell(text: "\(line.phase)"),
        Cell(text: state, bad: standing == .late || standing == .exceptionOver),
        Cell(text: RolloutPages.said(line, shown.ground, t).joined(separator: "\n")),
      ]
    }
    // Shrunk until it fits on the first page.
    let scale = min(1, 430 / chart.height)
    let paper = Paper(
      lang: language.rawValue, title: t(.title), subtitle: t(.subtitle, facility, language.date(shown.today)),
      dateIso: shown.today.description, author: author, paper: "a4", check: t(.check),
      fingerprintLabel: t(.fingerprint), fingerprint: fingerprint, pageOf: t(.pageOf),
      tables: [
        Table(
          title: t(.summary), head: RolloutSummary.Standing.allCases.map { t(RolloutText.standing($0)) },
          widths: RolloutSummary.Standing.allCases.map { _ in 1 },
          rows: [RolloutSummary.Standing.allCases.map { Cell(text: t.language.number(summary[$0])) }]),
        Table(
          title: t(.phases), head: [t(.phase), t(.days), t(.progress), t(.costs)],
          widths: [2, 1.6, 2.4, 2.4],
          rows: phases),
        Table(
          title: t(.linesTitle),
          head: [t(.system), t(.people), t(.method), t(.phase), t(.state), t(.registerSays)],
          widths: [2.4, 0.7, 1.6, 0.6, 2, 2.6], rows: lines),
      ],
      pictures: [
        Picture(
          name: "chart.svg", width: chart.size.width * scale * 0.98, height: chart.height * scale * 0.98)
      ])
    return try await PdfMaker.find(environment: ProcessInfo.processInfo.environment)
      .make(template: "diagram", of: paper, charts: ["chart.svg": chart.svg(t)])
  }
}
