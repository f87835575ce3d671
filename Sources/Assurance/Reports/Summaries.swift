import Kernel
import Publishing
import Registers
import Storage
import Web

/// Numbers of a facility's checklists, without the items: for advisers of a region, who are to see no weakness in detail.
enum Summaries {
  struct Line: Sendable, Encodable {
    let fiscalYear: Int
    let form: String
    let title: Bilingual
    let marks: MarkCounts
    let rows: Standing.Rows

    enum CodingKeys: String, CodingKey {
      case form, marks, rows
      case fiscalYear = "fiscal_year"
    }
  }

  static func routes(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("summaries", needs: .summariesRead) { request, scope in
      let lines = try await lines(library, in: scope)
      return request.wantsJSON ? try .json(lines) : .page(page(request, lines))
    }
    routes.openToTokens()
  }

  /// Two statements, however many checklists.
  static func lines(_ library: PackLibrary, in scope: Scope) async throws -> [Line] {
    let library = try await library.seen(by: scope)
    let (all, answers) = try await scope.read { tx in
      (try tx.facilityWithAssessments().1, try tx.answersOfAll())
    }
    return try all.sorted { $0.fiscalYear > $1.fiscalYear }.map { assessment in
      let form = try library.form(assessment.form, of: assessment.pack)
      let standing = Standing(
        form: form, answers: answers[assessment.id] ?? [:], proofs: [:], today: scope.now.day)
      return Line(
        fiscalYear: assessment.fiscalYear.year, form: form.id, title: form.title, marks: standing.marks,
        rows: standing.rows)
    }
  }

  private static func page(_ request: WebRequest, _ lines: [Line]) -> Page {
    let t = request.texts(ReportText.self)
    let w = request.texts(WebText.self)
    let rows = lines.html { line in
      """
      <tr><th scope="row" data-label="\(t(.summaryYear))">\(request.language.fiscalYear(FiscalYear(line.fiscalYear))) \(line.title(request.language))</th>
      <td data-label="\(w(.done))">\(line.marks.done)</td><td data-label="\(w(.partly))">\(line.marks.partly)</td>
      <td data-label="\(w(.undone))">\(line.marks.undone)</td><td data-label="\(w(.unanswered))">\(line.marks.unanswered)</td></tr>
      """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.summaries))</caption>
      <thead><tr><th scope="col">\(t(.summaryYear))</th><th scope="col">\(w(.done))</th><th scope="col">\(w(.partly))</th><th scope="col">\(w(.undone))</th><th scope="col">\(w(.unanswered))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
    return Page(
      t(.summaries), menu: "summaries",
      """
      <h1>\(t(.summaries))</h1><p>\(t(.summariesLead))</p>
      \(lines.isEmpty ? Components.empty(t(.listEmpty), t(.summariesNone)) : table)
      """)
  }
}
