import Foundation
import Kernel
import Publishing
import Web

/// What an inspector is shown: every answer that called for a risk record, with the record.
struct DisclosureSheet: Sendable {
  struct Group: Sendable {
    let first: DisclosureConcern
    let concerns: [DisclosureConcern]
  }

  let facility: String
  let today: Day
  let madeBy: String
  let fingerprint: String
  let annex: DisclosureAnnex
  let groups: [Group]

  /// - Parameter only: one disclosure; nil for all.
  init(
    _ concerns: [DisclosureConcern], _ annex: DisclosureAnnex, only: Entry.ID?, facility: String, today: Day,
    madeBy: String, fingerprint: String
  ) {
    (self.facility, self.today, self.madeBy) = (facility, today, madeBy)
    (self.fingerprint, self.annex) = (fingerprint, annex)
    let counted = concerns.filter { concern in
      (only.map { $0 == concern.disclosure } ?? true)
        && (annex.asksForRisk(concern.question, of: concern.kind) || concern.risk != nil)
    }
    var order: [Entry.ID] = []
    var found: [Entry.ID: [DisclosureConcern]] = [:]
    for concern in counted {
      if found[concern.disclosure] == nil { order.append(concern.disclosure) }
      found[concern.disclosure, default: []].append(concern)
    }
    groups = order.compactMap { id in
      found[id].flatMap { all in all.first.map { Group(first: $0, concerns: all) } }
    }
  }

  var lacking: Int { groups.flatMap(\.concerns).count { $0.risk == nil } }
  var count: Int { groups.reduce(0) { $0 + $1.concerns.count } }
}

extension DisclosureSheet.Group {
  func title(_ t: Texts<DisclosureText>) -> String {
    [first.system, "\(t(DisclosureText.kind(first.kind))) \(first.product)"].compactMap { $0 }.joined(
      separator: " ・ ")
  }

  func line(_ t: Texts<DisclosureText>) -> String {
    let made = first.madeOn.map { t(.madeLine, t.language.date($0)) }
    return [
      first.vendor, first.edition.isEmpty ? nil : first.edition, made, t(.versionNumber, first.version),
    ]
    .compactMap { $0 }.joined(separator: " ・ ")
  }
}

extension DisclosureSheet {
  func page(_ request: WebRequest, path: HTML) -> Page {
    let t = request.texts(DisclosureText.self)
    let body: HTML =
      groups.isEmpty ? "<p>\(t(.sheetEmpty))</p>" : groups.enumerated().html { section($1, $0, t) }
    let lacks: HTML? =
      lacking == 0
      ? nil : Components.notice(.warn, t(.sheetLacking, lacking), "<p>\(t(.sheetLackingText))</p>")
    return Page(
      t(.sheetTitle), menu: "registers",
      """
      <div class="page-head"><ol class="crumbs"><li><a href="/disclosures">\(t(.registerName))</a></li></ol><a class="button" data-kind="primary" href="\(path).pdf">\(t(.sheetPdf))</a></div>
      <article class="sheet"><header class="sheet-head"><h1>\(t(.sheetTitle))</h1><p>\(facility) ・ \(t.language.timeTag(today, short: false))</p></header>
      \(lacks)<p>\(t(.sheetLead))</p>\(body)
      <footer class="sheet-foot small"><span>\(madeBy)</span><span>\(t(.checkOriginal))</span></footer></article>
      """)
  }

  private func section(_ group: Group, _ index: Int, _ t: Texts<DisclosureText>) -> HTML {
    let rows = group.concerns.html { concern -> HTML in
      let risk = concern.risk
      let lack = Components.finding(t(.noRisk))
      let decided: HTML? = risk.map {
        "<span>\($0.decidedBy)<br>\(t.language.columnDate($0.decidedOn))</span>"
      }
      return """
        <tr><th scope="row" data-label="\(t(.numberHead))">\(concern.question.number)</th><td data-label="\(t(.questionHead))">\(concern.question.text)</td>
        <td data-label="\(t(.vendorSays))"><span>\(t(DisclosureText.answer(concern.question.answer))) \(DisclosureRecordPage.lines(concern.question.said))</span></td>
        <td data-label="\(t(.evaluation))">\(risk.map { DisclosureRecordPage.lines($0.evaluation) } ?? lack)</td>
        <td data-label="\(t(.treatment))">\(risk.map { t(DisclosureText.treatment($0.treatment)) } ?? "")</td>
        <td data-label="\(t(.explanation))">\(risk.map { DisclosureRecordPage.lines($0.explanation) })</td><td data-label="\(t(.decidedBy))">\(decided)</td></tr>
        """
    }
    let head = headings(t).html { "<th scope=\"col\">\($0)</th>" }
    return """
      <section aria-labelledby="h-\(index)"><h2 id="h-\(index)">\(group.title(t))</h2><p class="small">\(group.line(t))</p>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(group.title(t))</caption><thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody></table></section>
      """
  }

  private func headings(_ t: Texts<DisclosureText>) -> [String] {
    [
      t(.numberHead), t(.questionHead), t(.vendorSays), t(.evaluation), t(.treatment), t(.explanation),
      t(.decidedBy),
    ]
  }

  // MARK: PDF

  private func document(_ t: Texts<DisclosureText>) -> TableDocument {
    let tables = groups.map { group in
      TableDocument.Table(
        group.title(t), head: headings(t), widths: [1, 3.4, 2.2, 3, 1, 3.4, 1.3],
        rows: group.concerns.map { concern in
          let said = [t(DisclosureText.answer(concern.question.answer)), concern.question.said]
          let front: [TableDocument.Cell] = [
            .text(concern.question.number), .text(concern.question.text),
            .text(said.filter { !$0.isEmpty }.joined(separator: "\n")),
          ]
          guard let risk = concern.risk else {
            return front + [.bad(t(.noRisk)), .text(""), .text(""), .text("")]
          }
          return front + [
            .text(risk.evaluation), .text(t(DisclosureText.treatment(risk.treatment))),
            .text(risk.explanation),
            .text("\(risk.decidedBy)\n\(t.language.columnDate(risk.decidedOn))"),
          ]
        })
    }
    return TableDocument(
      t(.sheetTitle),
      TableDocument.Frame(
        language: t.language.rawValue, subtitle: "\(facility) ・ \(t.language.date(today))",
        day: today.description, author: madeBy, fingerprint: (t(.fingerprint), fingerprint),
        pageOf: t(.pageOf)),
      notice: lacking == 0 ? nil : t(.sheetLacking, lacking),
      facts: groups.map { TableDocument.Fact($0.title(t), $0.line(t)) }, tables: tables,
      signatures: [t(.signMaker), t(.signApprover)])
  }

  /// - Throws: `PdfProblem`.
  func pdf(_ language: Language) async throws -> [UInt8] {
    try await PdfMaker.find(environment: ProcessInfo.processInfo.environment)
      .make(template: "checklist", of: document(Texts(language)))
  }
}
