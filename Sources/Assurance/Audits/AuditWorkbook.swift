import Frameworks
import Kernel
import Publishing
import Web

/// An audit as an Excel workbook: the numbers with how they came about, then every requirement.
enum AuditWorkbook {
  /// - Throws: `SheetProblem`.
  static func bytes(_ opened: Audits.Opened, _ language: Language) throws -> [UInt8] {
    let t = Texts<AuditText>(language)
    var sheets = [summary(opened, t), requirements(opened, t)]
    if !opened.standing.gone.isEmpty { sheets.append(gone(opened, t)) }
    return try Sheets.xlsx(sheets)
  }

  private static func cell(_ text: String?) -> Cell {
    guard let text, !text.isEmpty else { return .empty }
    // What Excel can hold in one cell.
    return .text(text.utf16.count > 32_767 ? String(text.prefix(16_000)) + "…" : text)
  }

  private static func summary(_ opened: Audits.Opened, _ t: Texts<AuditText>) -> OutputSheet {
    let (score, total) = (opened.standing.score, opened.standing.total)
    func number(_ value: Int) -> Cell { .number(Double(value)) }
    var rows: [[Cell]] = [
      [cell(t(.framework)), cell(opened.tree.name(for: t.language))],
      [cell(t(.libraryVersion)), number(opened.tree.library.version)],
      [cell(t(.year)), cell(t.language.fiscalYear(opened.audit.fiscalYear))],
      [cell(t(.owner)), cell(opened.owner)],
      [cell(t(.requirements)), number(total.inScope)],
      [cell(t(.compliant)), number(total.compliant)], [cell(t(.partly)), number(total.partly)],
      [cell(t(.not)), number(total.not)], [cell(t(.notApplicable)), number(total.notApplicable)],
      [cell(t(.unconfirmed)), number(total.unconfirmed)], [cell(t(.unanswered)), number(total.open)],
    ]
    if let mean = score.mean { rows.append([cell(t(.meanScore)), .number(mean)]) }
    if let share = score.share { rows.append([cell(t(.metShare)), .number(share)]) }
    return OutputSheet(
      name: t(.summarySheet), notes: [opened.audit.name], rows: rows, columnWidths: [28, 60])
  }

  private static func requirements(_ opened: Audits.Opened, _ t: Texts<AuditText>) -> OutputSheet {
    let (tree, standing) = (opened.tree, opened.standing)
    let language = tree.language(for: t.language.rawValue)
    let rows = tree.framework.nodes.indices.map { place -> [Cell] in
      let node = tree.node(place)
      let name = [
        cell(node.number(in: language)), cell(node.text("name", in: language)),
        cell(node.text("description", in: language)),
      ]
      guard node.isAssessable else { return name }
      guard standing.isInScope[place] else { return name + [cell(t(.outOfScope))] }
      let answer = standing.answer(place)
      let outcome = standing.outcomes[place]
      let isAnswered = outcome?.isAnswered ?? false
      let state = isAnswered ? word(outcome?.result, t) : t(.unanswered)
      let given = opened.work.assignment(at: place, in: tree)
      let questions = node.questions.compactMap { question -> String? in
        let words = RequirementAnswerPage.words(question, answer)
        return words.isEmpty ? nil : "\(question.text): \(words.joined(separator: t(.comma)))"
      }
      return name + [
        cell(state), outcome?.score.map { .number(Double($0)) } ?? .empty,
        cell(isAnswered && outcome?.isConfirmed == false ? t(.unconfirmed) : nil),
        answer.confirmedOn.map { .day($0) } ?? .empty, cell(answer.remark),
        answer.targetOn.map { .day($0) } ?? .empty, cell(given?.name),
        given?.dueOn.map { .day($0) } ?? .empty,
        cell(questions.joined(separator: "\n")),
        cell(
          answer.origin.map { "\($0.auditName): \($0.requirements.joined(separator: t(.comma)))" }
            ?? answer.said?.text),
      ]
    }
    return OutputSheet(
      name: t(.requirements),
      headings: [
        t(.number), t(.name), t(.textColumn), t(.resultLabel), t(.scoreLabel), t(.unconfirmed),
        t(.confirmedOn),
        t(.remark), t(.due), t(.owner), t(.until), t(.questions), t(.origin),
      ], rows: rows, columnWidths: [12, 30, 60, 12, 8, 10, 12, 40, 12, 14, 12, 40, 30])
  }

  private static func gone(_ opened: Audits.Opened, _ t: Texts<AuditText>) -> OutputSheet {
    let rows = opened.standing.gone.map { answer -> [Cell] in
      [
        cell(answer.goneTitle ?? answer.node), cell(word(answer.result, t)),
        answer.score.map { .number(Double($0)) } ?? .empty, cell(answer.remark),
      ]
    }
    return OutputSheet(
      name: t(.goneSheet), headings: [t(.name), t(.resultLabel), t(.scoreLabel), t(.remark)], rows: rows,
      columnWidths: [60, 12, 8, 40])
  }

  static func word(_ result: AuditResult?, _ t: Texts<AuditText>) -> String {
    switch result {
    case .compliant: t(.compliant)
    case .partiallyCompliant: t(.partly)
    case .nonCompliant: t(.not)
    case .notApplicable: t(.notApplicable)
    case nil: t(.scoredOnly)
    }
  }
}
