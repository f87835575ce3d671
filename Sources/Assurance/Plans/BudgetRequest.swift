import Foundation
import Kernel
import Publishing
import Web

/// What was chosen for a year, as a paper for those who decide about money: what, why, what it costs, and what happens if not.
struct BudgetRequest: Sendable {
  let year: FiscalYear
  let lines: [PlannedMeasure]
  let scales: [String: RiskScale]
  let facility: String
  let today: Day
  let author: String
  let fingerprint: String
  /// Nil where the budget is not asked for it.
  let rollout: RolloutPlan?

  var total: PlanTotal { PlanTotal(lines.map(\.cost), in: year).adding(rollout?.costs ?? [], in: year) }

  private func title(_ t: Texts<PlanText>) -> String { t(.requestTitle, t.language.fiscalYear(year)) }

  /// 1,200,000円 (ほかに、費用のわからないもの 2件).
  private func words(_ amount: Int, unknown: Int, _ t: Texts<PlanText>) -> String {
    unknown == 0 ? t(.yen, amount) : [t(.yen, amount), t(.totalUnknown, unknown)].joined(separator: " ")
  }

  private func days(_ one: PlannedMeasure, _ t: Texts<PlanText>) -> String {
    t.language.columnDates(from: one.measure.startOn, to: one.measure.dueOn)
  }

  /// - Throws: `PdfProblem`.
  func pdf(_ language: Language) async throws -> [UInt8] {
    let t = Texts<PlanText>(language)
    let total = total
    let rows = lines.map { one -> [TableDocument.Cell] in
      let costs = [
        t(.onceYen, one.once(in: year, t)), t(.yearlyYen, one.yearly(in: year, t)),
      ]
      let isUnknown =
        one.cost.begins(in: year) && one.cost.once == nil || one.cost.runs(in: year) && one.cost.yearly == nil
      let said = costs.joined(separator: "\n")
      return [
        .text([one.measure.title, days(one, t)].filter { !$0.isEmpty }.joined(separator: "\n")),
        .text(one.grounds(scales, t).joined(separator: "\n")), isUnknown ? .bad(said) : .text(said),
        .text(one.consequence(scales, t).joined(separator: "\n")),
      ]
    }
    let further = (rollout?.lines(in: year, t) ?? []).map { line -> [TableDocument.Cell] in
      let said = [t(.onceYen, line.once), t(.yearlyYen, line.yearly)].joined(separator: "\n")
      return [
        .text(line.title), .text(line.why.joined(separator: "\n")),
        line.part.total.isComplete ? .text(said) : .bad(said), .text(line.otherwise.joined(separator: "\n")),
      ]
    }
    let document = TableDocument(
      title(t),
      TableDocument.Frame(
        language: language.rawValue, subtitle: t(.requestSubtitle, facility, language.date(today)),
        day: today.description, author: author, fingerprint: (t(.fingerprint), fingerprint),
        pageOf: t(.pageOf)),
      notice: total.isComplete ? nil : t(.requestNotice, total.unknownOnce + total.unknownYearly),
      facts: [
        TableDocument.Fact(t(.totalOnce), words(total.once, unknown: total.unknownOnce, t)),
        TableDocument.Fact(t(.totalYearly), words(total.yearly, unknown: total.unknownYearly, t)),
        TableDocument.Fact(
          t(.totalAll), words(total.all, unknown: total.unknownOnce + total.unknownYearly, t)),
      ],
      tables: [
        TableDocument.Table(
          t(.request), head: [t(.measure), t(.why), t(.cost), t(.otherwise)], widths: [2.2, 3.2, 2, 3],
          rows: rows + further)
      ], signatures: [t(.signMaker), t(.signApprover)])
    return try await PdfMaker.find(environment: ProcessInfo.processInfo.environment)
      .make(template: "checklist", of: document)
  }

  func sheets(_ language: Language) -> [OutputSheet] {
    let t = Texts<PlanText>(language)
    let total = total
    func amount(_ isInYear: Bool, _ yen: Int?) -> Cell {
      guard isInYear else { return .empty }
      return yen.map { .number(Double($0)) } ?? .text(t(.unknownCost))
    }
    let rows = lines.map { one -> [Cell] in
      [
        .text(one.measure.title), .text(one.grounds(scales, t).joined(separator: "\n")),
        amount(one.cost.begins(in: year), one.measure.costInitial),
        amount(one.cost.runs(in: year), one.measure.costYearly),
        .text(one.consequence(scales, t).joined(separator: "\n")), one.owner.map { .text($0) } ?? .empty,
        one.measure.startOn.map { .day($0) } ?? .empty, one.measure.dueOn.map { .day($0) } ?? .empty,
      ]
    }
    let further = (rollout?.lines(in: year, t) ?? []).map { line -> [Cell] in
      let total = line.part.total
      let once: Cell = total.unknownOnce == 0 ? .number(Double(total.once)) : .text(line.once)
      let yearly: Cell = total.unknownYearly == 0 ? .number(Double(total.yearly)) : .text(line.yearly)
      return [
        .text(line.title), .text(line.why.joined(separator: "\n")), line.part.begins ? once : .empty, yearly,
        .text(line.otherwise.joined(separator: "\n")), .empty, .day(line.part.phase.startOn),
        .day(line.part.phase.endOn),
      ]
    }
    let sums: [[Cell]] = [
      [.text(t(.totalOnce)), .text(words(total.once, unknown: total.unknownOnce, t))],
      [.text(t(.totalYearly)), .text(words(total.yearly, unknown: total.unknownYearly, t))],
      [
        .text(t(.totalAll)),
        .text(words(total.all, unknown: total.unknownOnce + total.unknownYearly, t)),
      ],
    ]
    return [
      OutputSheet(
        name: t(.request), notes: [title(t), t(.requestSubtitle, facility, language.date(today))],
        headings: [
          t(.measure), t(.why), t(.once), t(.yearly), t(.otherwise), t(.owner), t(.start), t(.days),
        ], rows: rows + further + sums, columnWidths: [32, 50, 14, 14, 50, 12, 12, 12])
    ]
  }
}
