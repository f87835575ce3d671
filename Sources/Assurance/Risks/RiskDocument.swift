import Foundation
import Kernel
import Publishing
import Web

/// The register of risks for paper and for Excel: the heat maps, then the risks, the gravest first.
struct RiskDocument: Sendable {
  let risks: [ListedRisk]
  let total: Int
  let scales: [String: RiskScale]
  let cells: [Risk.Stage: [RiskCell]]
  let facility: String
  let today: Day
  let author: String
  let fingerprint: String

  /// Matrices with at least one open risk.
  private var used: [(id: String, scale: RiskScale)] {
    let names = Set(cells.values.flatMap { $0 }.map(\.scale))
    return RiskPages.ordered(scales).filter { names.contains($0.id) }
  }

  private func words(_ one: ListedRisk, _ stage: Risk.Stage, _ t: Texts<RiskText>) -> String {
    one.risk.ratings[stage].flatMap { rating in scales[one.risk.scale]?.words(rating, t.language) }
      ?? t(.notRated)
  }

  private func treatment(_ risk: Risk, _ t: Texts<RiskText>) -> String {
    guard let treatment = risk.treatment else { return t(.treatmentNone) }
    return [t(RiskText.treatment(treatment)), risk.reason].joined(separator: "\n")
  }

  private func acceptance(_ risk: Risk, _ t: Texts<RiskText>) -> String {
    guard let acceptance = risk.acceptance, let expiry = risk.expiresOn else { return "" }
    let approved =
      acceptance.approvedBy.flatMap { by in
        acceptance.approvedAt.map { t(.approvedLine, by, t.language.columnDate($0.day)) }
      } ?? t(.waiting)
    return [approved, "\(t(.expires)) \(t.language.columnDate(expiry))"].joined(separator: "\n")
  }

  // MARK: PDF

  /// - Throws: `PdfProblem`.
  func pdf(_ language: Language) async throws -> [UInt8] {
    let t = Texts<RiskText>(language)
    var pictures: [DrawingDocument.Picture] = []
    for (number, (id, scale)) in used.enumerated() {
      for stage in Risk.Stage.allCases {
        let map = RiskMap(scale, id: id, cells[stage] ?? [])
        let title = "\(scale.name(language)) \(t(RiskText.stage(stage)))"
        let height = (map.height + 22) * 245 / map.width
        pictures.append(
          DrawingDocument.Picture(
            "map-\(number)-\(stage.rawValue).svg", map.svg(title, t, heading: true), width: 245,
            height: height))
      }
    }
    let rows = risks.map { one -> [TableDocument.Cell] in
      let risk = one.risk
      let what = [risk.asset, one.system ?? ""].filter { !$0.isEmpty }.joined(separator: "\n")
      let accepted = acceptance(risk, t)
      return [
        .text(risk.title), .text(what), .text(risk.threat), .text(risk.vulnerability),
        .text(words(one, .inherent, t)), .text(words(one, .current, t)), .text(words(one, .target, t)),
        .text(treatment(risk, t)), risk.isExpired(on: today) ? .bad(accepted) : .text(accepted),
        .text(one.owner ?? t(.nobody)),
      ]
    }
    let document = DrawingDocument(
      t(.title),
      TableDocument.Frame(
        language: language.rawValue, subtitle: t(.subtitle, facility, language.date(today)),
        day: today.description, author: author, fingerprint: (t(.fingerprint), fingerprint),
        pageOf: t(.pageOf)),
      check: total > risks.count ? t(.printedMost, total, risks.count) : t(.printedNotice),
      pictures: pictures,
      tables: [
        TableDocument.Table(
          t(.title), head: headings(t), widths: [2.2, 1.6, 2, 2, 0.9, 0.9, 0.9, 2.2, 1.6, 1], rows: rows)
      ])
    return try await PdfMaker.find(environment: ProcessInfo.processInfo.environment).make(document)
  }

  private func headings(_ t: Texts<RiskText>) -> [String] {
    [
      t(.name), t(.asset), t(.threat), t(.weaknessText), t(.inherent), t(.current), t(.target), t(.treatment),
      t(.approve), t(.owner),
    ]
  }

  // MARK: Excel

  func sheets(_ language: Language) -> [OutputSheet] {
    let t = Texts<RiskText>(language)
    let rows = risks.map { one -> [Cell] in
      let risk = one.risk
      func text(_ value: String) -> Cell { value.isEmpty ? .empty : .text(value) }
      return [
        text(risk.title), text(risk.asset), text(one.system ?? ""), text(risk.threat),
        text(risk.vulnerability), text(words(one, .inherent, t)), text(words(one, .current, t)),
        text(words(one, .target, t)),
        risk.rating.flatMap { scales[risk.scale]?.value($0) }.map { .number(Double($0)) } ?? .empty,
        text(risk.treatment.map { t(RiskText.treatment($0)) } ?? t(.treatmentNone)), text(risk.reason),
        text(risk.acceptance?.approvedBy ?? (risk.waitsForApproval ? t(.waiting) : "")),
        risk.expiresOn.map { .day($0) } ?? .empty, text(one.owner ?? ""),
        text(t(RiskText.origin(risk.origin.kind))), text(risk.origin.text),
      ]
    }
    let marks = risks.enumerated().compactMap { place, one in
      one.risk.isExpired(on: today)
        ? OutputSheet.Mark(row: place, column: 12, comment: t(.expiredTag)) : nil
    }
    let register = OutputSheet(
      name: t(.title), notes: [t(.title), t(.subtitle, facility, language.date(today))],
      headings: [
        t(.name), t(.asset), t(.system), t(.threat), t(.weaknessText), t(.inherent), t(.current), t(.target),
        t(.value), t(.treatment), t(.reason), t(.approve), t(.expires), t(.owner), t(.origin), t(.originHint),
      ], rows: rows, columnWidths: [32, 22, 18, 30, 30, 10, 10, 10, 8, 10, 36, 18, 12, 12, 14, 36],
      marks: marks)
    return [register] + used.flatMap { id, scale in Risk.Stage.allCases.map { sheet(scale, id, $0, t) } }
  }

  /// A heat map as cells: the level, and how many.
  private func sheet(_ scale: RiskScale, _ id: String, _ stage: Risk.Stage, _ t: Texts<RiskText>)
    -> OutputSheet
  {
    let map = RiskMap(scale, id: id, cells[stage] ?? [])
    let rows = scale.probability.indices.reversed().map { p -> [Cell] in
      [.text(scale.probability[p](t.language))]
        + scale.impact.indices.map { i in
          let level = scale.words(RiskRating(probability: p, impact: i), t.language)
          return .text(map.counts[p][i] == 0 ? level : "\(level): \(t(.count, map.counts[p][i]))")
        }
    }
    return OutputSheet(
      name: "\(t(RiskText.stage(stage))) \(scale.name(t.language))",
      notes: [t(.mapTitle, t(RiskText.stage(stage))), map.words(t)],
      headings: ["\(t(.probability)) \\ \(t(.impact))"] + scale.impact.map { $0(t.language) }, rows: rows,
      columnWidths: [26] + scale.impact.map { _ in 18 })
  }
}
