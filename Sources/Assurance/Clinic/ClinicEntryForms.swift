import Kernel
import Registers
import Web

/// The forms by which an answer goes into the registers. Exactly one of them, or the way on, is the page's main action.
struct ClinicEntryForms {
  let page: ClinicQuestionPage

  private var view: ClinicQuestionView { page.view }
  private var t: Texts<ClinicText> { page.t }
  private var question: ClinicQuestion { page.question }
  private var isMet: Bool { view.progress.isMet(question) }

  var body: HTML {
    switch question.form {
    case .ask: ""
    case .add(let register, let fields, _, _): add(register, fields)
    case .fill(let register, let fields): fill(register, fields)
    case .role(let kinds): role(kinds)
    case .document: document
    }
  }

  // MARK: New entries

  private func add(_ register: Register, _ fields: [String]) -> HTML {
    let isOpen = !view.refusals.isEmpty
    let form = addForm(register, fields, isMain: !isMet)
    let more: HTML =
      isMet
      ? "<details class=\"panel\"\("open", if: isOpen)><summary>\(t(.addMore))</summary>\(form)</details>"
      : form
    return "\(known(register))\(isMet ? whole : nil)\(more)"
  }

  private func addForm(_ register: Register, _ fields: [String], isMain: Bool) -> HTML {
    let options = ["vendor": view.vendors.map { ($0.id.text, $0.name) }]
    let controls = EntryControls.controls(
      register, fields, view.typed, options, page.request, refusals: view.refusals)
    let kind: HTML? = isMain ? " data-kind=\"primary\"" : nil
    return """
      <form class="panel stack" method="post" action="\(page.path)/entries" novalidate>\(Components.formToken(page.request))\(page.beyondField)
      \(controls)<p><button class="button"\(kind)>\(t(.add))</button></p></form>
      """
  }

  /// What the register holds already.
  private func known(_ register: Register) -> HTML? {
    guard !view.fitting.isEmpty || !view.lacking.isEmpty else { return nil }
    let rows =
      view.fitting.html { "<li><a href=\"/registers/\(register.id)/\($0.id)\">\($0.title)</a></li>" }
    let open = view.lacking.html {
      "<li><a href=\"/registers/\(register.id)/\($0.id)/change\">\($0.title)</a> \(Components.finding(t(.lackingHere)))</li>"
    }
    let count = view.progress.figures[question.id]?.map(\.all).max() ?? 0
    return """
      <section class="ground" aria-labelledby="h-known"><h2 id="h-known">\(t(.inRegister, register.counting(t.language, count)))</h2>
      <ul class="plain small stack" data-gap="s">\(rows)\(open)</ul>
      <p class="small"><a href="/registers/\(register.id)">\(t(.inRegisterOpen, register.heading(t.language)))</a></p></section>
      """
  }

  /// Saying that a list is whole, or going on where it has been said.
  private var whole: HTML {
    guard question.confirm, view.answer?.value != .yes else { return "<p>\(page.nextLink)</p>" }
    return """
      <form method="post" action="\(page.path)/answer">\(Components.formToken(page.request))\(page.beyondField)
      <input type="hidden" name="version" value="\(view.answer?.version ?? 0)"><input type="hidden" name="note" value="\(view.answer?.note ?? "")">
      <p class="cluster"><button class="button" data-kind="primary" name="value" value="yes">\(t(.whole))</button> <span class="small soft">\(t(.wholeHint))</span></p></form>
      """
  }

  // MARK: Fields of entries

  private func fill(_ register: Register, _ fields: [String]) -> HTML {
    let all = view.progress.figures[question.id]?.first?.all ?? 0
    guard all > 0 || view.opened != nil else {
      return Components.empty(
        t(.fillFirst, register.heading(t.language)), words(register),
        "<a class=\"button\" data-kind=\"primary\" href=\"\(source(of: register))\">\(t(.fillFirstLink))</a>")
    }
    guard let opened = view.opened else {
      return """
        <section class="ground"><p>\(t(.inRegister, register.counting(t.language, all)))</p>
        <p class="small"><a href="/registers/\(register.id)">\(t(.inRegisterOpen, register.heading(t.language)))</a></p></section><p>\(page.nextLink)</p>
        """
    }
    let values = opened.entry.values.merging(view.typed) { _, typed in typed }
    let controls = EntryControls.controls(
      register, fields, values, [:], page.request, refusals: view.refusals)
    return """
      <form class="panel stack" method="post" action="\(page.path)/entries/\(opened.id)" novalidate>
      <h2>\(opened.title)</h2>\(Components.formToken(page.request))<input type="hidden" name="version" value="\(opened.entry.version)">\(page.beyondField)
      \(controls)<p><button class="button" data-kind="primary">\(t(.saveEntry))</button></p></form>
      \(others(register, but: opened.id))
      """
  }

  private func words(_ register: Register) -> String { page.words.next }

  /// The other entries that do not say enough.
  private func others(_ register: Register, but id: Entry.ID) -> HTML? {
    let others = view.lacking.filter { $0.id != id }
    guard !others.isEmpty else { return nil }
    let rows = others.html { "<li><a href=\"\(page.path)?entry=\($0.id)\">\($0.title)</a></li>" }
    return """
      <p class="small">\(t(.fillOf, others.count))</p><ul class="plain small stack" data-gap="s">\(rows)</ul>
      """
  }

  /// The question that fills a register, or the register itself.
  private func source(of register: Register) -> HTML {
    let question = view.progress.guide.questions.first {
      if case .add(let added, _, _, _) = $0.form { return added.id == register.id }
      return false
    }
    return question.map { ClinicPages.path($0) } ?? "/registers/\(register.id)"
  }

  // MARK: Roles

  private func role(_ kinds: [ClinicQuestion.RoleKind]) -> HTML {
    guard let role = view.role else { return "" }
    let holder = view.holder
    func value(_ field: String, _ stored: String?) -> String { view.typed[field] ?? stored ?? "" }
    func error(_ field: String) -> String? {
      view.refusals.first { $0.field == field }.map { page.request.words.problem($0, t.language) }
    }
    let kind: HTML? = isMet ? nil : " data-kind=\"primary\""
    let form: HTML = """
      <form class="panel stack" method="post" action="\(page.path)/roles/\(role.kind)" novalidate>
      <h2>\(role.name(t.language))</h2>\(Components.formToken(page.request))<input type="hidden" name="version" value="\(holder?.role.version ?? 0)">\(page.beyondField)
      <div class="columns">\(Components.field("person", t(.person), value: value("person", holder?.person), hint: t(.personHint), error: error("person"), required: true))
      \(Components.field("deputy", t(.deputy), value: value("deputy", holder?.deputy), error: error("deputy")))</div>
      <p><button class="button"\(kind)>\(t(.saveRole))</button></p></form>
      """
    let rows = zip(kinds, view.progress.figures[question.id] ?? []).html { kind, figures in
      "<li><a href=\"\(page.path)?kind=\(kind.kind)\">\(kind.name(t.language))</a> \(figures.fitting > 0 ? Components.mark(.done, t(.done)) : Components.mark(.unanswered, t(.open)))</li>"
    }
    let list: HTML? = kinds.count > 1 ? "<ul class=\"plain stack\" data-gap=\"s\">\(rows)</ul>" : nil
    return "\(list)\(form)\(isMet ? "<p>\(page.nextLink)</p>" : nil)"
  }

  // MARK: Documents

  private var document: HTML {
    if let first = view.fitting.first {
      return """
        <section class="ground"><p>\(t(.inRegister, first.title))</p><p class="small"><a href="/registers/documents/\(first.id)">\(t(.readDraft))</a></p></section>
        <p>\(page.nextLink)</p>
        """
    }
    if let draft = view.draftDocument {
      return """
        <section class="ground"><p>\(t(.draftThere))</p></section>
        <p><a class="button" data-kind="primary" href="/registers/documents/\(draft)">\(t(.readDraft))</a></p>
        """
    }
    func error(_ field: String) -> String? {
      view.refusals.first { $0.field == field }.map { page.request.words.problem($0, t.language) }
    }
    let typed = view.typed
    return """
      <form method="post" action="\(page.path)/document">\(Components.formToken(page.request))\(page.beyondField)
      <p><button class="button" data-kind="primary">\(t(.takeDocument))</button></p></form>
      <details class="panel"\("open", if: !view.refusals.isEmpty)><summary>\(t(.ownPaper))</summary>
      <form class="stack" method="post" action="\(page.path)/entries" novalidate>\(Components.formToken(page.request))\(page.beyondField)
      \(Components.field("title", t(.paperTitle), value: typed["title"] ?? "", error: error("title"), required: true))
      \(Components.field("approvedOn", t(.paperApproved), type: "date", value: typed["approvedOn"] ?? "", error: error("approvedOn")))
      \(Components.field("place", t(.paperPlace), value: typed["place"] ?? "", error: error("place")))
      <p><button class="button">\(t(.savePaper))</button></p></form></details>
      """
  }
}
