import Kernel
import Storage
import Web

/// The pages of a renewal: what the new version says, and how it differs from the one before.
enum RenewalPages {
  /// What stands in the form of a version.
  struct Draft: Sendable {
    let entry: NamedEntry
    /// Texts by field id.
    var raw: [String: String]
    /// The number that the version has or will have.
    let number: Int
    let isCorrection: Bool
    var problems: [any Problem] = []
    var isStale = false
  }

  static func form(_ request: WebRequest, _ draft: Draft) -> Page {
    let t = request.texts(ContractText.self)
    let shared = request.texts(RegisterText.self)
    let entry = draft.entry.entry
    let errors = FormErrors(request, draft.problems)
    func controls(_ fields: [Field]) -> HTML {
      fields.html { field in
        EntryFormPage.control(field, draft.raw[field.id] ?? "", [], errors[field.id], shared)
      }
    }
    let clauses = Clause.Theme.allCases.html { theme in
      "<fieldset class=\"stack\"><legend><h2>\(t(theme.word))</h2></legend>\(controls(Clause.all.filter { $0.theme == theme }.map(\.field)))</fieldset>"
    }
    let title = draft.isCorrection ? t(.correctTitle, draft.number) : t(.renewTitle)
    let stale: HTML? =
      draft.isStale
      ? Components.notice(.warn, shared(.staleTitle), "<p>\(t(.renewStale))</p>") : nil
    return Page(
      title, menu: "registers", narrow: true,
      """
      \(crumbs(request, entry))
      <h1>\(title)</h1><p>\(t(draft.isCorrection ? .correctLead : .renewLead))</p>
      \(FormErrors.summary(request, draft.problems))\(stale)
      <form class="panel stack" method="post" action="/contracts/\(entry.id)/renewal" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(entry.version)">
      <fieldset class="stack"><legend><h2>\(t(.themeTerm))</h2></legend>\(controls(Renewals.terms.filter { Clause.named($0.id) == nil }))</fieldset>
      \(clauses)
      <div class="cluster apart"><a href="\(path(entry.id))">\(shared(.back))</a><button class="button" data-kind="primary">\(t(.renewSave))</button></div>
      </form>
      """)
  }

  static func crumbs(_ request: WebRequest, _ entry: Entry) -> HTML {
    "<ol class=\"crumbs\"><li><a href=\"/registers/contracts\">\(Contracts.register.name(request.language))</a></li><li><a href=\"\(path(entry.id))\">\(Contracts.register.shownTitle(entry))</a></li></ol>"
  }

  static func path(_ id: Entry.ID) -> String { Registry.path(of: id, in: Contracts.register.id) }

  // MARK: One version beside the one before it

  struct Compared: Sendable {
    let entry: NamedEntry
    let version: ContractVersion
    let previous: ContractVersion?
    let isNewest: Bool
    /// What the person typed when a confirmation was refused.
    var typed: [String: String] = [:]
    var problems: [any Problem] = []
  }

  static func comparison(_ request: WebRequest, _ compared: Compared) -> Page {
    let t = request.texts(ContractText.self)
    let version = compared.version
    let title = t(.versionTitle, version.number)
    let old = compared.previous?.terms
    let differences = TermDifference.all(from: old ?? [:], to: version.terms)
    return Page(
      title, menu: "registers",
      """
      <div class="page-head"><div>\(crumbs(request, compared.entry.entry))<h1>\(title) <span class="soft">\(Contracts.register.shownTitle(compared.entry.entry))</span></h1></div>\(actions(request, compared, t))</div>
      \(FormErrors.summary(request, compared.problems))
      \(confirmed(request, version, t))
      \(old == nil ? facts(version, t) : "\(losses(differences, t))\(changes(differences, compared, t))\(confirmation(request, compared, t))" as HTML)
      """)
  }

  private static func actions(_ request: WebRequest, _ compared: Compared, _ t: Texts<ContractText>) -> HTML?
  {
    guard request.may(.registersEdit), compared.isNewest, compared.version.awaitsConfirmation else {
      return nil
    }
    let id = compared.entry.entry.id
    return """
      <div class="cluster"><a class="button" href="/contracts/\(id)/versions/\(compared.version.number)/removal">\(t(.withdraw))</a>
      <a class="button" href="/contracts/\(id)/renewal">\(t(.correct))</a></div>
      """
  }

  private static func confirmed(
    _ request: WebRequest, _ version: ContractVersion, _ t: Texts<ContractText>
  ) -> HTML? {
    guard let by = version.confirmedBy, let at = version.confirmedAt else { return nil }
    let told: HTML? = version.toldOn.map { day in
      "<p>\(t(.toldOnBy, t.language.date(day), version.toldBy ?? ""))</p>"
    }
    let note: HTML? = version.note.isEmpty ? nil : "<p>\(version.note)</p>"
    return Components.notice(
      .good, t(.confirmedTitle), "\(told)<p>\(t(.confirmedBy, by)) \(t.language.timeTag(at))</p>\(note)")
  }

  private static func facts(_ version: ContractVersion, _ t: Texts<ContractText>) -> HTML {
    let facts = Renewals.terms.map { field in (field.label(t.language), value(field, version.terms, t)) }
    return "<section class=\"panel\"><h2>\(t(.firstVersion))</h2>\(Components.facts(facts))</section>"
  }

  private static func losses(_ differences: [TermDifference], _ t: Texts<ContractText>) -> HTML? {
    let lost = differences.filter { $0.loss != nil }
    guard !lost.isEmpty else { return nil }
    let items = lost.html { difference in
      "<li><strong>\(difference.field.label(t.language))</strong>: \(difference.loss.map { words($0, t) })</li>"
    }
    return Components.notice(
      .warn, t(.lossTitle, lost.count), "<p>\(t(.lossText))</p><ul class=\"plain\">\(items)</ul>")
  }

  private static func words(_ loss: TermDifference.Loss, _ t: Texts<ContractText>) -> String {
    switch loss {
    case .dutyGone: t(.lossDuty)
    case .noLongerVendor: t(.lossVendor)
    case .slower(let hours): t(.lossSlower, hours)
    case .earlierNotice(let days): t(.lossNotice, days)
    }
  }

  private static func changes(
    _ differences: [TermDifference], _ compared: Compared, _ t: Texts<ContractText>
  ) -> HTML {
    let moved = differences.filter { $0.fate != .unchanged }
    let same = differences.filter { $0.fate == .unchanged }
    let heads = (
      t(.versionNumber, compared.previous?.number ?? 0), t(.versionNumber, compared.version.number)
    )
    let (old, new) = (compared.previous?.terms ?? [:], compared.version.terms)
    let rows = moved.html { difference in
      """
      <tr><th scope="row" data-label="\(t(.point))">\(difference.field.label(t.language))</th>
      <td data-label="\(heads.0)">\(value(difference.field, old, t))</td><td data-label="\(heads.1)">\(value(difference.field, new, t))</td>
      <td data-label="\(t(.fate))"><span>\(tag(difference, t))\(difference.loss.map { "<br>\(Components.finding(words($0, t)))" as HTML })</span></td></tr>
      """
    }
    let table: HTML =
      moved.isEmpty
      ? "<p>\(t(.nothingChanged))</p>"
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.changesTitle))</caption>
      <thead><tr><th scope="col">\(t(.point))</th><th scope="col">\(heads.0)</th><th scope="col">\(heads.1)</th><th scope="col">\(t(.fate))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    let facts = same.map { ($0.field.label(t.language), value($0.field, new, t)) }
    return """
      <section class="panel" aria-labelledby="h-changes"><h2 id="h-changes">\(t(.changesTitle)) <span class="soft">\(t(.points, moved.count))</span></h2>\(table)</section>
      <details class="panel"><summary>\(t(.unchangedTitle, same.count))</summary>\(Components.facts(facts))</details>
      """
  }

  private static func tag(_ difference: TermDifference, _ t: Texts<ContractText>) -> HTML {
    switch difference.fate {
    case .added: Components.tag(t(.fateAdded), .good)
    case .dropped: Components.tag(t(.fateDropped), .bad)
    default: Components.tag(t(.fateChanged), .warn)
    }
  }

  static func value(_ field: Field, _ terms: [String: String], _ t: Texts<ContractText>) -> HTML {
    guard let value = terms[field.id] else { return "<span class=\"soft\">\(t(.notWritten))</span>" }
    let lines = FieldView.plain(field, value, t.language).split(
      separator: "\n", omittingEmptySubsequences: false)
    return HTML(joining: lines.enumerated().map { $0 == 0 ? HTML(String($1)) : "<br>\(String($1))" })
  }

  private static func confirmation(
    _ request: WebRequest, _ compared: Compared, _ t: Texts<ContractText>
  ) -> HTML? {
    let version = compared.version
    guard version.awaitsConfirmation else { return nil }
    guard request.may(.registersEdit) else {
      return "<p>\(Components.finding(t(.unconfirmed)))</p>"
    }
    let errors = FormErrors(request, compared.problems)
    return """
      <section class="panel stack" aria-labelledby="h-told"><h2 id="h-told">\(t(.confirmTitle))</h2><p>\(t(.confirmLead))</p>
      <form class="stack" method="post" action="/contracts/\(compared.entry.entry.id)/versions/\(version.number)/confirmation" novalidate>
      \(Components.formToken(request))<input type="hidden" name="revision" value="\(version.revision)">
      \(Components.field("toldOn", t(.toldOn), type: "date", value: compared.typed["toldOn"] ?? "", error: errors["toldOn"], required: true, max: request.now.day.description))
      \(Components.field("toldBy", t(.toldBy), value: compared.typed["toldBy"] ?? "", hint: t(.toldByHint), required: true))
      \(Components.textArea("note", t(.confirmNote), value: compared.typed["note"] ?? "", hint: t(.confirmNoteHint), error: errors["note"]))
      <p><button class="button" data-kind="primary">\(t(.confirm))</button></p></form></section>
      """
  }

  static func withdrawal(_ request: WebRequest, _ entry: Entry, _ version: ContractVersion) -> Page {
    let t = request.texts(ContractText.self)
    let title = t(.withdrawTitle, version.number)
    return Page(
      title, menu: "registers", narrow: true,
      """
      \(crumbs(request, entry))<h1>\(title)</h1><p>\(t(.withdrawText))</p>
      <form method="post" action="/contracts/\(entry.id)/versions/\(version.number)/removal">\(Components.formToken(request))
      <input type="hidden" name="revision" value="\(version.revision)">
      <p class="cluster"><button class="button" data-kind="danger">\(t(.withdraw))</button> <a href="/contracts/\(entry.id)/versions/\(version.number)">\(request.texts(RegisterText.self)(.back))</a></p></form>
      """)
  }
}

extension Clause.Theme {
  var word: ContractText {
    switch self {
    case .updates: .themeUpdates
    case .incidents: .themeIncidents
    case .backup: .themeBackup
    case .company: .themeCompany
    case .end: .themeEnd
    }
  }
}
