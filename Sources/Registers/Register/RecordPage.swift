import Foundation
import Kernel
import Storage
import Web

/// One entry: what asks for attention, its facts, what names it, and its history.
enum RecordPage {
  struct Record: Sendable {
    /// With the facility's own columns.
    let register: Register
    let entry: NamedEntry
    let relations: [Relation]
    let history: [LedgerEntry]
    /// What the ids in the history mean.
    let names: [String: String]
    /// What other slices show of it.
    let panels: Panels
  }

  static func page(_ request: WebRequest, _ register: Register, _ record: Record) -> Page {
    let t = request.texts(RegisterText.self)
    let language = request.language
    let named = record.entry.shown(in: language, register)
    let entry = named.entry
    let title = register.shownTitle(entry)
    let change: HTML? =
      request.may(.registersEdit)
      ? "<div class=\"cluster\"><a class=\"button\" href=\"/registers/\(register.id)/\(entry.id)/removal\">\(t(.remove))</a><a class=\"button\" data-kind=\"primary\" href=\"/registers/\(register.id)/\(entry.id)/change\">\(t(.change))</a></div>"
      : nil
    let key: HTML? =
      register.title.id == register.key.id
      ? nil : " <span class=\"soft\">\(entry.text(register.key.id))</span>"
    return Page(
      title, menu: "registers",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/registers/\(register.id)">\(register.name(language))</a></li></ol><h1>\(title)\(key)</h1></div>\(change)</div>
      \(done(request, t))
      \(findings(request, register, entry, t))
      <div class="split"><div class="stack"><section class="panel" aria-labelledby="h-facts"><h2 id="h-facts">\(t(.facts))</h2>\(facts(register, named, t))</section>\(record.panels.main)</div>
      <div class="stack">\(record.panels.side)\(relations(request, entry, record, t))\(history(request, register, record, t))</div></div>
      """)
  }

  private static func done(_ request: WebRequest, _ t: Texts<RegisterText>) -> HTML? {
    if request.query("added") != nil { return Components.notice(.good, t(.added)) }
    return request.query("saved") == nil ? nil : Components.notice(.good, t(.saved))
  }

  private static func findings(
    _ request: WebRequest, _ register: Register, _ entry: Entry, _ t: Texts<RegisterText>
  ) -> HTML {
    let found = register.findings(of: entry, on: request.now.day)
    guard !found.isEmpty else { return "<p class=\"soft\">\(t(.noFindings))</p>" }
    let items = found.html { "<li>\(Components.finding($0.word(t.language)))</li>" }
    return
      "<section class=\"panel\" aria-labelledby=\"h-find\"><h2 id=\"h-find\">\(t(.findings))</h2><ul class=\"plain\">\(items)</ul></section>"
  }

  private static func facts(_ register: Register, _ named: NamedEntry, _ t: Texts<RegisterText>) -> HTML {
    Components.facts(register.entered.map { ($0.label(t.language), FieldView.long($0, named, t)) })
  }

  private static func relations(
    _ request: WebRequest, _ entry: Entry, _ record: Record, _ t: Texts<RegisterText>
  ) -> HTML {
    record.relations.html { relation in
      let other = relation.register
      let list = relation.first.html { named in
        "<li><a href=\"/registers/\(other.id)/\(named.id)\">\(named.title)</a></li>"
      }
      let query: HTML = "\(relation.field.id)=\(entry.id)"
      let all: HTML? =
        relation.count > relation.first.count
        ? "<p class=\"small\"><a href=\"/registers/\(other.id)?\(query)\">\(t(.showAll))</a></p>" : nil
      let add: HTML? =
        request.may(.registersEdit)
        ? "<p class=\"small\"><a href=\"/registers/\(other.id)/new?\(relation.field.id)=\(entry.id)\">\(t(.add, other.noun(t.language)))</a></p>"
        : nil
      return """
        <section aria-labelledby="h-\(other.id)-\(relation.field.id)"><h2 id="h-\(other.id)-\(relation.field.id)">\(other.name(t.language)) <span class="soft">\(other.counted(t.language, relation.count))</span></h2>
        \(relation.count == 0 ? nil : "<ul class=\"plain small\">\(list)</ul>" as HTML?)\(all)\(add)</section>
        """
    }
  }

  // MARK: History

  private static func history(
    _ request: WebRequest, _ register: Register, _ record: Record, _ t: Texts<RegisterText>
  ) -> HTML {
    let items = record.history.html { entry in
      """
      <li>\(request.words.action(entry.action, t.language))<br>\(differences(register, entry, record.names, t))
      <span class="soft">\(t.language.timeTag(entry.at)) \(entry.actorName)</span></li>
      """
    }
    return
      "<section aria-labelledby=\"h-hist\"><h2 id=\"h-hist\">\(t(.history))</h2><ul class=\"history\" role=\"list\">\(items)</ul></section>"
  }

  /// Which fields an entry of the ledger changed, and from what to what.
  private static func differences(
    _ register: Register, _ entry: LedgerEntry, _ names: [String: String], _ t: Texts<RegisterText>
  ) -> HTML? {
    guard let changes = EntryHistory.changes(in: entry, of: register, names, t.language) else {
      // What a section's slice records names what it is about.
      let shown = (EntryHistory.values(entry.after) ?? EntryHistory.values(entry.before))?["shown"]
      return shown.flatMap { $0.isEmpty ? nil : "<span class=\"small\">\($0)</span><br>" }
    }
    return changes.html { change in
      "<span class=\"small\">\(t(.changedField, change.label, change.before, change.after))</span><br>"
    }
  }

  /// The ids that changes of the history speak of, for each field that refers to something.
  static func references(in history: [LedgerEntry], of register: Register) -> [(
    field: Field, ids: Set<String>
  )] {
    let changes = history.compactMap { entry -> ([String: String], [String: String])? in
      guard let before = EntryHistory.values(entry.before), let after = EntryHistory.values(entry.after)
      else { return nil }
      return (before, after)
    }
    return register.fields.compactMap { field in
      switch field.kind {
      case .entry, .person: break
      default: return nil
      }
      let ids = changes.filter { $0.0[field.id] != $0.1[field.id] }
        .flatMap { [$0.0[field.id], $0.1[field.id]].compactMap { $0 } }
      return ids.isEmpty ? nil : (field, Set(ids))
    }
  }

  // MARK: Taking out

  static func removal(_ request: WebRequest, _ register: Register, _ entry: Entry) -> Page {
    let t = request.texts(RegisterText.self)
    let title = t(.removeTitle, register.shownTitle(entry))
    return Page(
      title, menu: "registers", narrow: true,
      """
      <h1>\(title)</h1><p>\(t(.removeText))</p>
      <form method="post" action="/registers/\(register.id)/\(entry.id)/removal">\(Components.formToken(request))
      <input type="hidden" name="version" value="\(entry.version)">
      <p class="cluster"><button class="button" data-kind="danger">\(t(.removeButton))</button> <a href="/registers/\(register.id)/\(entry.id)">\(t(.back))</a></p></form>
      """)
  }
}
