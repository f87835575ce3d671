import Kernel
import Storage
import Web

/// The pages of a document's versions, of reading, and of the texts to begin with.
enum DocumentPages {
  /// After how many months a document may be checked again.
  static let months = [6, 12, 24, 36]

  // MARK: On the record

  /// The versions of a document, beside its facts in the register.
  static let panel = RecordPanel("documents") { tx, entry, request in
    let versions = try tx.versions(of: entry.id)
    let readings = versions.isEmpty ? [:] : try tx.readingCounts(of: entry.id)
    let approved = versions.first { $0.state == .approved }
    var hasMoved: Bool?
    if let source = entry.values["derivedFrom"], let seen = approved?.decision?.ledger {
      hasMoved = try tx.hasChanged(source, since: seen)
    }
    return section(request, entry, versions, readings, hasMoved: hasMoved)
  }

  private static func section(
    _ request: WebRequest, _ entry: Entry, _ versions: [DocumentVersion],
    _ readings: [DocumentVersion.ID: (asked: Int, read: Int)], hasMoved: Bool?
  ) -> HTML {
    let t = request.texts(DocumentText.self)
    let rows = versions.html { version in
      let read = readings[version.id].map { t(.readCount, $0.read, $0.asked) }
      return """
        <li><a href="/documents/versions/\(version.id)">\(t(.versionNumber, version.number))</a> \(state(version, t))
        <span class="soft">\(request.language.timeTag(version.madeAt.day, short: false)) \(version.madeBy) \(read)</span><br>\(version.summary)</li>
        """
    }
    let hasDraft = versions.first?.isOpen ?? false
    let add: HTML? =
      request.may(.registersEdit) && !hasDraft && !entry.is("status", "abolished")
      ? "<p><a class=\"button\" href=\"/documents/\(entry.id)/versions/new\">\(t(.newVersion))</a></p>" : nil
    let ground: HTML? = hasMoved.map { moved in
      moved
        ? "<p>\(Components.finding(t(.outdated))) \(t(.outdatedText))</p>"
        : "<p class=\"small soft\">\(t(.upToDate))</p>"
    }
    return """
      <section class="panel stack" data-gap="s" aria-labelledby="h-versions"><h2 id="h-versions">\(t(.versions))</h2>
      \(ground)\(versions.isEmpty ? "<p class=\"small soft\">\(t(.versionsNone))</p>" : "<ul class=\"plain\">\(rows)</ul>")\(add)</section>
      """
  }

  private static func state(_ version: DocumentVersion, _ t: Texts<DocumentText>) -> HTML {
    switch version.state {
    case .draft: Components.tag(t(.stateDraft), .info)
    case .asked: Components.tag(t(.stateAsked), .warn)
    case .approved: Components.tag(t(.stateApproved), .good)
    case .returned: Components.tag(t(.stateReturned), .bad)
    }
  }

  // MARK: Writing

  static func form(
    _ request: WebRequest, _ entry: Entry, _ version: DocumentVersion?, _ form: DocumentForm,
    problem: DocumentRefusal? = nil, isStale: Bool = false
  ) -> Page {
    let t = request.texts(DocumentText.self)
    let title = t(version == nil ? .newVersionTitle : .changeVersionTitle, entry.text("title"))
    let action: HTML = version.map { "/documents/versions/\($0.id)" } ?? "/documents/\(entry.id)/versions"
    let back: HTML = version.map { "/documents/versions/\($0.id)" } ?? "/registers/documents/\(entry.id)"
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    // On a conflict the newer text stands beside the form, and saving again takes the place of it.
    let seen = isStale ? version?.version ?? form.version : form.version
    let conflict: HTML? =
      isStale
      ? "\(Components.notice(.warn, t(.staleTitle), "<p>\(t(.staleText))</p>"))<details><summary>\(t(.staleTheirs))</summary><div class=\"panel\">\(DocumentBody.html(version?.body ?? ""))</div></details>"
      : nil
    let hint: HTML = "<p class=\"hint\" id=\"body-hint\">\(t(.bodyHint)) \(t(.noteHint))</p>"
    let error: HTML? = errors["body"].map { "<p class=\"error\" id=\"body-error\">\($0)</p>" }
    return Page(
      title, menu: "registers",
      """
      <ol class="crumbs"><li><a href="/registers/documents">\(t(.registerName))</a></li><li><a href="/registers/documents/\(entry.id)">\(entry.text("title"))</a></li></ol>
      <h1>\(title)</h1>\(FormErrors.summary(request, problem.map { [$0] } ?? []))\(conflict)
      <form class="panel stack" method="post" action="\(action)" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(seen)">
      <div class="field"\("data-state", is: error == nil ? nil : "error")><label for="body">\(t(.body))</label>\(error)<textarea id="body" name="body" rows="24" required aria-describedby="body-hint">
      \(form.body)</textarea>\(hint)</div>
      \(Components.field("summary", t(.summary), value: form.summary, hint: t(.summaryHint), error: errors["summary"]))
      <div class="cluster apart"><a href="\(back)">\(request.texts(RegisterText.self)(.back))</a><button class="button" data-kind="primary">\(t(.saveDraft))</button></div></form>
      """)
  }

  // MARK: A version

  static func version(_ request: WebRequest, _ shown: Documents.Shown, problem: DocumentRefusal? = nil)
    -> Page
  {
    let t = request.texts(DocumentText.self)
    let (entry, version) = (shown.entry, shown.version)
    let name = DocumentStarters.titles(entry.text("title"), t.language)
    let title = "\(name) \(t(.versionNumber, version.number))"
    let crumb: HTML? =
      request.may(.registersRead)
      ? "<ol class=\"crumbs\"><li><a href=\"/registers/documents\">\(t(.registerName))</a></li><li><a href=\"/registers/documents/\(entry.id)\">\(entry.text("number"))</a></li></ol>"
      : nil
    return Page(
      title, menu: "registers",
      """
      \(crumb)
      <div class="page-head"><h1>\(title)</h1><div class="cluster screen-only">\(actions(request, shown, t))</div></div>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      \(request.query("done") == nil ? nil : Components.notice(.good, t(.done)))
      <p>\(state(version, t)) <span class="soft">\(t(.madeBy, version.madeBy)) \(request.language.timeTag(version.madeAt.day, short: false))</span>\(decided(request, version, t))</p>
      <div class="split"><div class="stack">\(text(request, version, t))\(changes(shown, t))</div>
      <div class="stack screen-only">\(confirmation(request, shown, t))\(decision(request, shown, t))\(readers(request, shown, t))</div></div>
      """)
  }

  /// The text; one of ours that nobody has changed in the reader's language, with what is kept behind it.
  private static func text(_ request: WebRequest, _ version: DocumentVersion, _ t: Texts<DocumentText>)
    -> HTML
  {
    let facility = request.visitor?.facilityName ?? ""
    guard let own = DocumentStarters.unchanged(version.body, facility: facility, t.language) else {
      return "<article class=\"sheet document\">\(DocumentBody.html(version.body))</article>"
    }
    return """
      <p class="small soft">\(t(.ownText))</p><article class="sheet document">\(DocumentBody.html(own))</article>
      <details class="screen-only"><summary>\(t(.storedText))</summary><div class="panel">\(DocumentBody.html(version.body))</div></details>
      """
  }

  private static func actions(_ request: WebRequest, _ shown: Documents.Shown, _ t: Texts<DocumentText>)
    -> HTML?
  {
    guard shown.version.isOpen, request.may(.registersEdit) else { return nil }
    let change: HTML =
      "<a class=\"button\" href=\"/documents/versions/\(shown.version.id)/change\">\(t(.changeText))</a>"
    guard shown.version.state != .asked else { return change }
    return """
      \(change)<form method="post" action="/documents/versions/\(shown.version.id)/request">\(Components.formToken(request))
      <input type="hidden" name="version" value="\(shown.version.version)"><button class="button" data-kind="\(request.may(.documentsApprove) ? "plain" : "primary")">\(t(.ask))</button></form>
      """
  }

  private static func decided(_ request: WebRequest, _ version: DocumentVersion, _ t: Texts<DocumentText>)
    -> HTML?
  {
    version.decision.map { decision in
      let role =
        Role(rawValue: decision.role).map { Texts<PeopleText>(t.language)(PeopleText.role($0)) }
        ?? decision.role
      let word = t(version.state == .approved ? .decidedApproved : .decidedReturned, decision.by, role)
      return
        "<br><span class=\"soft\">\(word) \(request.language.timeTag(decision.at.day, short: false))</span> \(decision.remark)"
    }
  }

  private static func changes(_ shown: Documents.Shown, _ t: Texts<DocumentText>) -> HTML? {
    guard let before = shown.before else { return nil }
    let changes = DocumentBody.changes(from: before.body, to: shown.version.body)
    func list(_ isAdded: Bool, _ heading: DocumentText) -> HTML? {
      let lines = changes.filter { $0.isAdded == isAdded }
      return lines.isEmpty
        ? nil : "<h3>\(t(heading))</h3><ul class=\"plain small\">\(lines.html { "<li>\($0.line)</li>" })</ul>"
    }
    let content: HTML =
      changes.isEmpty
      ? "<p>\(t(.changesNone))</p>" : "\(list(false, .changesRemoved))\(list(true, .changesAdded))"
    return
      "<details class=\"screen-only\"><summary>\(t(.changesSince, before.number))</summary><div class=\"panel stack\" data-gap=\"s\">\(content)</div></details>"
  }

  private static func decision(_ request: WebRequest, _ shown: Documents.Shown, _ t: Texts<DocumentText>)
    -> HTML?
  {
    let version = shown.version
    guard version.isOpen, request.may(.documentsApprove) else { return nil }
    let hidden: HTML =
      "\(Components.formToken(request))<input type=\"hidden\" name=\"version\" value=\"\(version.version)\">"
    let options = [("", t(.monthsNone))] + months.map { ("\($0)", t(.monthsOption, $0)) }
    let giveBack: HTML? =
      version.state != .asked
      ? nil
      : """
      <details><summary>\(t(.giveBackTitle))</summary><form class="stack" data-gap="s" method="post" action="/documents/versions/\(version.id)/return">\(hidden)
      \(Components.field("remark", t(.remark), hint: t(.remarkHint), required: true))
      <button class="button">\(t(.giveBack))</button></form></details>
      """
    return """
      <section class="panel stack" data-gap="s" aria-labelledby="h-decide"><h2 id="h-decide">\(t(.approveTitle))</h2>
      <form class="stack" data-gap="s" method="post" action="/documents/versions/\(version.id)/approval">\(hidden)
      \(Components.select("months", t(.months), options: options, chosen: "12"))
      <button class="button" data-kind="primary">\(t(.approve))</button></form>\(giveBack)</section>
      """
  }

  // MARK: Reading

  private static func confirmation(_ request: WebRequest, _ shown: Documents.Shown, _ t: Texts<DocumentText>)
    -> HTML?
  {
    guard let own = shown.readings.first(where: { $0.person == request.person }) else { return nil }
    if let readAt = own.readAt {
      return Components.notice(.good, t(.confirmed, request.language.date(readAt.day)))
    }
    return """
      <form method="post" action="/documents/versions/\(shown.version.id)/reading">\(Components.formToken(request))
      <button class="button" data-kind="primary">\(t(.confirm))</button></form>
      """
  }

  private static func readers(_ request: WebRequest, _ shown: Documents.Shown, _ t: Texts<DocumentText>)
    -> HTML?
  {
    guard shown.version.state == .approved, request.may(.registersRead) else { return nil }
    let mayEdit = request.may(.registersEdit)
    let rows = shown.readings.html { reading in
      let box: HTML? =
        mayEdit && reading.readAt == nil
        ? "<input type=\"checkbox\" name=\"person\" value=\"\(reading.person)\" aria-label=\"\(reading.name)\"> "
        : nil
      let when: HTML =
        reading.readAt.map { at in
          "\(request.language.timeTag(at.day, short: true))\(reading.way == .paper ? " \(t(.readPaper))" : "")"
        } ?? Components.tag(t(.readNot), .warn)
      return
        "<tr><th scope=\"row\">\(box)\(reading.name)</th><td>\(reading.department)</td><td>\(when)</td></tr>"
    }
    let table: HTML =
      shown.readings.isEmpty
      ? "<p class=\"small soft\">\(t(.readNone))</p>"
      : """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.readTitle))"><table class="table"><caption class="visually-hidden">\(t(.readTitle))</caption><thead><tr><th scope="col">\(t(.person))</th><th scope="col">\(t(.department))</th><th scope="col">\(t(.readOn))</th></tr></thead><tbody>\(rows)</tbody></table></div>
      """
    let open = shown.readings.contains { $0.readAt == nil }
    let record: HTML =
      mayEdit && open
      ? """
      <form method="post" action="/documents/versions/\(shown.version.id)/readings" class="stack" data-gap="s">\(Components.formToken(request))\(table)
      <p class="hint">\(t(.recordPaperHint))</p><button class="button">\(t(.recordPaper))</button></form>
      """ : table
    return """
      <section class="stack" data-gap="s" aria-labelledby="h-read"><h2 id="h-read">\(t(.readTitle)) <span class="soft">\(t(.readCount, shown.readings.count { $0.readAt != nil }, shown.readings.count))</span></h2>
      \(record)\(mayEdit ? handOut(request, shown, t) : nil)</section>
      """
  }

  private static func handOut(_ request: WebRequest, _ shown: Documents.Shown, _ t: Texts<DocumentText>)
    -> HTML?
  {
    let asked = Set(shown.readings.map(\.person))
    let open = shown.people.filter { !asked.contains($0.id) }
    guard !open.isEmpty else { return nil }
    let departments = Set(open.map(\.department)).filter { !$0.isEmpty }.sorted()
    let boxes = departments.html { name in
      "<label class=\"check\"><input type=\"checkbox\" name=\"department\" value=\"\(name)\"> \(t(.handOutDepartment, name))</label>"
    }
    // One by one only while that can be seen at a glance.
    let people =
      open.count > 30
      ? HTML.empty
      : open.html {
        "<label class=\"check\"><input type=\"checkbox\" name=\"person\" value=\"\($0.id)\"> \($0.name)</label>"
      }
    return """
      <details><summary class="button" data-size="s">\(t(.handOut))</summary>
      <form class="panel stack" data-gap="s" method="post" action="/documents/versions/\(shown.version.id)/readers">\(Components.formToken(request))
      <fieldset class="field" id="people"><legend>\(t(.handOutLead))</legend><label class="check"><input type="checkbox" name="everybody" value="1"> \(t(.handOutEverybody, open.count))</label>\(boxes)\(people)</fieldset>
      <button class="button">\(t(.handOut))</button></form></details>
      """
  }

  /// What the signed-in person is to read.
  static func mine(_ request: WebRequest, _ list: [DocumentToRead]) -> Page {
    let t = request.texts(DocumentText.self)
    let rows = list.html { one in
      let when: HTML =
        one.readAt.map { HTML(t(.confirmed, request.language.date($0.day))) }
        ?? Components.tag(t(.readNot), .warn)
      return
        "<tr><th scope=\"row\" data-label=\"\(t(.title))\"><a href=\"/documents/versions/\(one.version)\">\(DocumentStarters.titles(one.title, t.language)) \(t(.versionNumber, one.number))</a></th><td data-label=\"\(t(.readOn))\">\(when)</td></tr>"
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.mine))</caption><thead><tr><th scope="col">\(t(.title))</th><th scope="col">\(t(.readOn))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return Page(
      t(.mine), menu: "registers",
      "<h1>\(t(.mine))</h1>\(RegisterTabs.tabs(request, current: "reading"))\(list.isEmpty ? Components.empty(t(.mineEmpty), t(.mineEmptyText)) : table)"
    )
  }

  // MARK: Texts to begin with

  static func starters(
    _ request: WebRequest, _ set: DocumentStarters.Set, _ all: [DocumentStarters.Starter], known: Set<String>,
    problem: DocumentRefusal?
  ) -> Page {
    let t = request.texts(DocumentText.self)
    let links = DocumentStarters.Set.allCases.html { other in
      "<li><a href=\"/documents/starters?set=\(other.rawValue)\"\("aria-current", is: other == set ? "page" : nil)>\(t(other == .clinic ? .startersClinic : .startersHospital))</a></li>"
    }
    let rows = all.html { starter in
      let has = known.contains(starter.number.searchable)
      let box: HTML =
        has
        ? "<span class=\"soft\">\(t(.startersHas))</span>"
        : "<input type=\"checkbox\" name=\"number\" value=\"\(starter.number)\" checked aria-label=\"\(starter.title)\">"
      return
        "<li><label class=\"check\">\(box) <strong>\(starter.title)</strong></label><details><summary>\(t(.startersShow))</summary><div class=\"panel\">\(DocumentBody.html(starter.body))</div></details></li>"
    }
    let taken = request.query("taken").flatMap(Int.init)
    return Page(
      t(.starters), menu: "registers",
      """
      <ol class="crumbs"><li><a href="/registers/documents">\(t(.registerName))</a></li></ol>
      <h1>\(t(.starters))</h1><p>\(t(.startersLead)) \(t(.startersLanguage))</p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      \(taken.map { Components.notice(.good, t(.startersTaken, $0), "<p><a href=\"/registers/documents\">\(t(.registerName))</a></p>") })
      <nav aria-label="\(t(.starters))"><ul class="tabs">\(links)</ul></nav>
      <form class="stack" method="post" action="/documents/starters">\(Components.formToken(request))<input type="hidden" name="set" value="\(set.rawValue)">
      <ul class="plain stack" data-gap="s">\(rows)</ul>
      <p><button class="button" data-kind="primary">\(t(.startersTake))</button></p></form>
      """)
  }
}
