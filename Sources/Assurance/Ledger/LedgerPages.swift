import Kernel
import Registers
import Storage
import Web

/// The list of entries, and one entry with all that is stored of it.
enum LedgerPages {
  struct Listed: Sendable {
    let search: LedgerSearch
    let found: LedgerFound
    let options: LedgerOptions
    let history: EntryHistory
    let unreadable: [LedgerRefusal]
  }

  /// So many fields of one change stand in the list; the others on the entry's own page.
  private static let mostChanges = 5

  static func list(_ request: WebRequest, _ listed: Listed, _ library: PackLibrary) -> Page {
    let t = request.texts(LedgerText.self)
    let teller = LedgerTeller(listed.history, request.words, t.language, library)
    let take: HTML? =
      request.may(.ledgerExport)
      ? "<a class=\"button\" href=\"/ledger/export.jsonl\">\(t(.export))</a>" : nil
    let backups: HTML? =
      request.may(.backupRead) ? "<a class=\"button\" href=\"/backup\">\(t(.backups))</a>" : nil
    return Page(
      t(.title), menu: "ledger",
      """
      <div class="page-head"><h1>\(t(.title))</h1><div class="cluster">\(backups)<a class="button" href="/conditions">\(t(.conditions))</a><a class="button" href="/ledger/proof">\(t(.proof))</a>\(take)</div></div>
      <p>\(t(.lead))</p>
      \(refusals(request, listed))\(filters(request, listed, teller, t))
      \(listed.search.subject.map { _ in "<p class=\"small\">\(t(.oneSubject)) <a href=\"/ledger\">\(t(.showAll))</a></p>" as HTML })
      \(table(request, listed, teller, t))
      \(pager(listed, t))
      <p class="small">\(t(.head, "\(listed.options.head.sequence)")) <span class="fixed">\(listed.options.head.hash)</span></p>
      """)
  }

  private static func refusals(_ request: WebRequest, _ listed: Listed) -> HTML? {
    if listed.unreadable.isEmpty { return nil }
    let errors = listed.unreadable.map { ($0.field, request.words.problem($0, request.language)) }
    return Components.errorSummary(request.texts(WebText.self)(.errorCount, errors.count), errors)
  }

  private static func filters(
    _ request: WebRequest, _ listed: Listed, _ teller: LedgerTeller, _ t: Texts<LedgerText>
  ) -> HTML {
    let search = listed.search
    func error(_ field: String) -> String? {
      listed.unreadable.first { $0.field == field }.map { request.words.problem($0, request.language) }
    }
    func choice(_ all: [(value: String, name: String)], _ none: LedgerText) -> [(value: String, name: String)]
    { [("", t(none))] + all.sorted { ($0.name, $0.value) < ($1.name, $1.value) } }
    let kinds = choice(listed.options.kinds.map { ($0, teller.kind($0)) }, .anyKind)
    let actors = choice(listed.options.actors.map { ($0.text, actor($0.text, $0.name, t)) }, .anyone)
    let actions = choice(
      listed.options.actions.map { ($0, teller.words.action($0, t.language)) }, .anyAction)
    let subject: HTML? = search.subject.map {
      "<input type=\"hidden\" name=\"subject\" value=\"\($0)\">"
    }
    return """
      <form class="filters" action="/ledger" role="search" aria-label="\(t(.title))">\(subject)
      \(Components.select("kind", t(.kind), options: kinds, chosen: search.kind ?? ""))
      \(Components.select("actor", t(.who), options: actors, chosen: search.actor ?? ""))
      \(Components.select("action", t(.action), options: actions, chosen: search.action ?? ""))
      \(Components.field("from", t(.from), type: "date", value: search.from?.description ?? "", error: error("from")))
      \(Components.field("until", t(.until), type: "date", value: search.until?.description ?? "", error: error("until")))
      <button class="button" data-kind="primary">\(t(.find))</button></form>
      """
  }

  private static func table(
    _ request: WebRequest, _ listed: Listed, _ teller: LedgerTeller, _ t: Texts<LedgerText>
  ) -> HTML {
    guard !listed.found.entries.isEmpty else {
      if listed.found.isPaused || !listed.unreadable.isEmpty { return "" }
      return Components.empty(
        t(.nothing), t(.nothingText), "<a class=\"button\" href=\"/ledger\">\(t(.showAll))</a>")
    }
    let rows = listed.found.entries.html { row($0, teller, t) }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.number))</th><th scope="col">\(t(.when))</th><th scope="col">\(t(.who))</th><th scope="col">\(t(.what))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
  }

  private static func row(_ entry: LedgerEntry, _ teller: LedgerTeller, _ t: Texts<LedgerText>) -> HTML {
    """
    <tr><td class="num" data-label="\(t(.number))"><a href="/ledger/entries/\(entry.sequence)">\(entry.sequence)</a></td>
    <td data-label="\(t(.when))">\(t.language.timeTag(entry.at))</td>
    <td data-label="\(t(.who))">\(actor(entry.actor, entry.actorName, t))</td>
    <td data-label="\(t(.what))"><div>\(sentence(entry, teller))\(changes(entry, teller, t))</div></td></tr>
    """
  }

  /// 機器「保守用VPN装置」: 台帳を直しました
  private static func sentence(_ entry: LedgerEntry, _ teller: LedgerTeller) -> HTML {
    let subject = teller.subject(entry)
    let name: HTML = subject.path.map { "<a href=\"\($0)\">\(subject.name)</a>" } ?? HTML(subject.name)
    let mark = teller.proof(entry).map { Components.tag($0) }
    return "\(name)<br>\(teller.words.action(entry.action, teller.language)) \(mark)"
  }

  private static func changes(_ entry: LedgerEntry, _ teller: LedgerTeller, _ t: Texts<LedgerText>) -> HTML? {
    let changes = teller.changes(entry)
    if changes.isEmpty { return nil }
    let path: HTML = "/ledger/entries/\(entry.sequence)"
    if entry.before == nil || entry.after == nil {
      return "<br><a class=\"small\" href=\"\(path)\">\(t(.values, changes.count))</a>"
    }
    let lines = changes.prefix(mostChanges).html { change in
      "<br><span class=\"small\">\(t(.changed, change.label, shortened(change.before), shortened(change.after)))</span>"
    }
    let more: HTML? =
      changes.count > mostChanges
      ? "<br><a class=\"small\" href=\"\(path)\">\(t(.more, changes.count - mostChanges))</a>" : nil
    return "\(lines)\(more)"
  }

  private static func shortened(_ text: String) -> String {
    text.count > 120 ? text.prefix(120) + "…" : text
  }

  /// People by name; the program and the shell of the machine are said to be so.
  static func actor(_ actor: String, _ name: String, _ t: Texts<LedgerText>) -> String {
    switch LedgerTeller.parts(actor).kind {
    case "system": t(.bySystem, name)
    case "shell": t(.byShell, name)
    case "link": t(.byLink, name)
    case "break-glass": t(.byBreakGlass, name)
    default: name
    }
  }

  private static func pager(_ listed: Listed, _ t: Texts<LedgerText>) -> HTML? {
    let parts = listed.search.parts
    func link(_ before: Int?, _ label: String) -> HTML {
      let query = (parts + (before.map { [("before", "\($0)")] } ?? []))
        .map { "\($0.0)=\(urlEncoded($0.1))" }.joined(separator: "&")
      return "<a href=\"/ledger?\(query)\">\(label)</a>"
    }
    let newest: HTML? = listed.search.before == nil ? nil : link(nil, t(.newest))
    let older = listed.found.older.map { link($0, t(listed.found.isPaused ? .lookFurther : .older)) }
    if newest == nil && older == nil { return nil }
    let paused: HTML? = listed.found.isPaused ? "<span>\(t(.paused))</span>" : nil
    return
      "<nav class=\"pager small\" aria-label=\"\(t(.pages))\">\(paused)<span class=\"cluster\">\(newest)\(older)</span></nav>"
  }

  // MARK: One entry

  struct Opened: Sendable {
    let entry: LedgerEntry
    let previous: String
    let history: EntryHistory
    let covered: Checkpoint?
  }

  static func entry(_ request: WebRequest, _ opened: Opened, _ library: PackLibrary) -> Page {
    let t = request.texts(LedgerText.self)
    let entry = opened.entry
    let teller = LedgerTeller(opened.history, request.words, t.language, library)
    let subject = teller.subject(entry)
    let title = t(.entryTitle, "\(entry.sequence)")
    let link: HTML = subject.path.map { "<a href=\"\($0)\">\(subject.name)</a>" } ?? HTML(subject.name)
    let facts = Components.facts(
      [
        (t(.when), t.language.timeTag(entry.at)), (t(.who), HTML(actor(entry.actor, entry.actorName, t))),
        (t(.action), HTML(request.words.action(entry.action, t.language))), (t(.about), link),
      ] + (teller.proof(entry).map { [(t(.mark), Components.tag($0))] } ?? []))
    return Page(
      title, menu: "ledger",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/ledger">\(t(.title))</a></li></ol><h1>\(title)</h1></div><div class="cluster"><a class="button" href="/ledger?subject=\(urlEncoded(entry.subject))">\(t(.sameSubject))</a></div></div>
      <div class="split"><div class="stack"><section class="panel" aria-label="\(title)">\(facts)</section>\(values(teller.changes(entry), t))</div>
      <div class="stack">\(raw(opened, t))</div></div>
      """)
  }

  private static func values(_ changes: [EntryHistory.FieldChange], _ t: Texts<LedgerText>) -> HTML? {
    if changes.isEmpty { return nil }
    let rows = changes.html { change in
      "<tr><th scope=\"row\" data-label=\"\(t(.field))\">\(change.label)</th><td data-label=\"\(t(.before))\">\(change.before)</td><td data-label=\"\(t(.after))\">\(change.after)</td></tr>"
    }
    return
      "<section><table class=\"table\" data-narrow=\"cards\"><caption>\(t(.beforeAfter))</caption><thead><tr><th scope=\"col\">\(t(.field))</th><th scope=\"col\">\(t(.before))</th><th scope=\"col\">\(t(.after))</th></tr></thead><tbody>\(rows)</tbody></table></section>"
  }

  /// What the hash is computed from, as it is stored.
  private static func raw(_ opened: Opened, _ t: Texts<LedgerText>) -> HTML {
    let entry = opened.entry
    func fixed(_ text: String?) -> HTML {
      text.map { "<span class=\"fixed small\">\($0)</span>" } ?? "<span class=\"soft\">\(t(.none))</span>"
    }
    let facts = Components.facts([
      ("seq", fixed("\(entry.sequence)")), ("at_ms", fixed("\(entry.at.milliseconds)")),
      ("actor", fixed(entry.actor)), ("actor_name", fixed(entry.actorName)), ("action", fixed(entry.action)),
      ("subject", fixed(entry.subject)), ("before", fixed(entry.before)), ("after", fixed(entry.after)),
      (t(.previousHash), fixed(opened.previous)), (t(.hash), fixed(entry.hash)),
    ])
    let covered = opened.covered.map { t(.coveredBy, t.language.date($0.day), "\($0.sequence)") }
    return
      "<section class=\"panel\" aria-labelledby=\"h-raw\"><h2 id=\"h-raw\">\(t(.raw))</h2><p class=\"small\">\(t(.rawText))</p>\(facts)<p class=\"small\">\(covered ?? t(.notCovered))</p></section>"
  }
}
