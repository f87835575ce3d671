import Foundation
import Kernel
import Storage
import Web

/// One cell: its form, and how it came about.
enum ResponsibilityCellPage {
  /// What stands in the form.
  struct Form: Sendable {
    var version: Int
    /// Texts by field id, as typed.
    var raw: [String: String]
    var refusals: [Entry.Refusal] = []
    /// Someone else saved in the meantime: what stands now.
    var theirs: Responsibility.Cell?
  }

  struct Found: Sendable {
    let table: Responsibility.Table
    let item: Responsibility.Item
    let phase: Responsibility.Phase
    let suggestions: [String: [(id: String, name: String)]]
    let history: [LedgerEntry]
    /// What the ids of the history mean.
    let names: [String: String]
  }

  static func page(_ request: WebRequest, _ found: Found, _ form: Form) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let title = t(.cellTitle, found.item.name, t(found.phase.word))
    let back: HTML = "/responsibility/\(found.table.system.id)"
    let errors = FormErrors(request, form.refusals)
    let registers = request.texts(RegisterText.self)
    let fields = Responsibility.fields.html { field in
      EntryFormPage.control(
        field, form.raw[field.id] ?? "", found.suggestions[field.id] ?? [], errors[field.id], registers)
    }
    let note: HTML? = found.item.note.isEmpty ? nil : "<p>\(found.item.note)</p>"
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/responsibility">\(t(.title))</a></li><li><a href="\(back)">\(found.table.system.name)</a></li></ol>
      <h1>\(title)</h1>\(note)
      \(FormErrors.summary(request, form.refusals))\(conflict(request, found, form, t))
      <form class="panel stack" method="post" action="\(back)/cells/\(found.item.id)/\(found.phase.rawValue)" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(form.version)">
      \(fields)
      <div class="cluster apart"><a href="\(back)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.save))</button></div>
      </form>
      <p class="small"><a href="\(back)/changes?item=\(found.item.id)">\(t(.fillItem, found.item.name))</a></p>
      \(history(request, found, t))
      """)
  }

  private static func conflict(
    _ request: WebRequest, _ found: Found, _ form: Form, _ t: Texts<ResponsibilityText>
  ) -> HTML? {
    guard let theirs = form.theirs else { return nil }
    let registers = request.texts(RegisterText.self)
    let words = Responsibility.TableWords(found.table, request.language)
    return Components.notice(
      .warn, registers(.staleTitle), "<p>\(t(.staleText))</p><p><strong>\(words.line(theirs))</strong></p>")
  }

  private static func history(_ request: WebRequest, _ found: Found, _ t: Texts<ResponsibilityText>) -> HTML?
  {
    guard !found.history.isEmpty else { return nil }
    let registers = request.texts(RegisterText.self)
    let items = found.history.html { entry in
      """
      <li>\(request.words.action(entry.action, t.language))<br>\(differences(entry, found.names, registers))
      <span class="soft">\(t.language.timeTag(entry.at)) \(entry.actorName)</span></li>
      """
    }
    return
      "<section aria-labelledby=\"h-hist\"><h2 id=\"h-hist\">\(registers(.history))</h2><ul class=\"history\" role=\"list\">\(items)</ul></section>"
  }

  private static func differences(
    _ entry: LedgerEntry, _ names: [String: String], _ t: Texts<RegisterText>
  ) -> HTML {
    let (before, after) = (values(entry.before), values(entry.after))
    return Responsibility.fields.filter { before[$0.id] != after[$0.id] }.html { field in
      func shown(_ value: String?) -> String {
        value.map { names[$0] ?? FieldView.plain(field, $0, t.language) } ?? t(.none)
      }
      return
        "<span class=\"small\">\(t(.changedField, field.label(t.language), shown(before[field.id]), shown(after[field.id])))</span><br>"
    }
  }

  /// The ids of vendors and contracts that changes of the history speak of.
  static func references(in history: [LedgerEntry]) -> [(field: Field, ids: Set<String>)] {
    let all = history.flatMap { [values($0.before), values($0.after)] }
    func ids(_ fields: [String]) -> Set<String> {
      Set(all.flatMap { values in fields.compactMap { values[$0] } })
    }
    let (vendors, contracts) = (ids(["vendor", "otherVendor"]), ids(["contract"]))
    return Responsibility.fields.compactMap { field in
      switch field.id {
      case "vendor": vendors.isEmpty ? nil : (field, vendors)
      case "contract": contracts.isEmpty ? nil : (field, contracts)
      default: nil
      }
    }
  }

  private static func values(_ json: String?) -> [String: String] {
    // An entry of another shape has no fields to show.
    json.flatMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8)) } ?? [:]
  }
}
