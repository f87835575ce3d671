import Kernel
import Web

enum TerminalPages {
  static func page(
    _ request: WebRequest, _ terminals: [SharedTerminal], _ form: FormValues?,
    _ problem: SharedTerminalRefusal?
  ) -> Page {
    let t = request.texts(TerminalWords.self)
    let done: HTML?
    switch request.query("done") {
    case "added": done = Components.notice(.good, t(.added), "<p>\(t(.addedText))</p>")
    case "saved": done = Components.notice(.good, t(.saved))
    case "revoked": done = Components.notice(.good, t(.revoked))
    default: done = nil
    }
    let list =
      terminals.isEmpty
      ? Components.empty(t(.none), t(.noneText)) : table(request, terminals, t)
    return Page(
      t(.title), menu: "registers",
      """
      <h1>\(t(.title))</h1>\(RegisterTabs.tabs(request, current: "terminals"))
      \(done)\(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <p>\(t(.lead))</p>
      \(list)
      \(add(request, form, form == nil ? nil : problem, t))
      """)
  }

  private static func table(
    _ request: WebRequest, _ terminals: [SharedTerminal], _ t: Texts<TerminalWords>
  ) -> HTML {
    let rows = terminals.html { terminal in
      """
      <tr><th scope="row" data-label="\(t(.name))">\(terminal.name)</th>
      <td data-label="\(t(.minutes))"><form class="inline" method="post" action="/terminals/\(terminal.id)">\(Components.formToken(request))
      <input type="hidden" name="version" value="\(terminal.version)"><input type="hidden" name="name" value="\(terminal.name)">
      <input name="minutes" inputmode="numeric" size="3" value="\(terminal.lockMinutes)" aria-label="\(t(.minutes)): \(terminal.name)">
      <button class="button" data-kind="quiet" aria-label="\(t(.save)): \(terminal.name)">\(t(.save))</button></form></td>
      <td data-label="\(t(.since))">\(request.language.date(terminal.createdAt.day))</td>
      <td><form method="post" action="/terminals/\(terminal.id)/revocation">\(Components.formToken(request))
      <button class="button" data-kind="quiet" aria-label="\(t(.revoke)): \(terminal.name)">\(t(.revoke))</button></form></td></tr>
      """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.name))</th><th scope="col">\(t(.minutes))</th><th scope="col">\(t(.since))</th><th scope="col"><span class="visually-hidden">\(t(.revoke))</span></th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
  }

  private static func add(
    _ request: WebRequest, _ form: FormValues?, _ problem: SharedTerminalRefusal?, _ t: Texts<TerminalWords>
  ) -> HTML {
    if let terminal = request.visitor?.terminal {
      return "<section class=\"panel stack\"><h2>\(t(.add))</h2><p>\(t(.isOne, terminal.name))</p></section>"
    }
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    return """
      <form class="panel stack" method="post" action="/terminals" novalidate>\(Components.formToken(request))
      <h2>\(t(.add))</h2><p>\(t(.addText))</p>
      \(Components.field("name", t(.name), value: form?["name"] ?? "", hint: t(.nameHint), error: errors["name"], required: true, autocomplete: "off"))
      \(Components.field("minutes", t(.minutes), value: form?["minutes"] ?? "\(SharedTerminal.usualMinutes)", hint: t(.minutesHint), error: errors["minutes"], required: true, autocomplete: "off", inputmode: "numeric"))
      <p><button class="button" data-kind="primary">\(t(.addNow))</button></p></form>
      """
  }

  /// What stands above the ways in, at a terminal.
  static func door(_ request: WebRequest, _ door: TerminalDoor) -> HTML {
    let t = request.texts(TerminalWords.self)
    let waiting: HTML? =
      door.waiting.isEmpty
      ? nil : "<p>\(t(.waiting))</p><ul>\(door.waiting.html { "<li>\($0)</li>" })</ul>"
    return """
      <section class="notice" data-tone="info" aria-labelledby="h-terminal"><h2 id="h-terminal">\(t(.door, door.terminal.name))</h2>
      \(waiting)<p>\(t(.doorText))</p></section>
      """
  }
}

/// Words of shared terminals.
enum TerminalWords: String, TextKey {
  case title, lead, name, nameHint, minutes, minutesHint, since, add, addText, addNow, isOne, added, addedText
  case save, saved, revoke, revoked, none, noneText, door, doorText, waiting, resume

  static let catalog = Catalog(TerminalWords.self, in: .module, folder: "SharedTerminals.files")
}
