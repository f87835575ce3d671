import Frameworks
import Kernel
import Registers
import Web

/// Beginning and changing an audit, moving it to a newer version of its library, giving out work.
enum AuditFormPages {
  static func new(
    _ request: WebRequest, _ shelved: ShelvedLibrary, _ tree: FrameworkTree, _ people: [Person],
    _ registered: RegisterGroups, typed: FormValues?, problem: AuditRefusal?
  ) -> Page {
    let t = request.texts(AuditText.self)
    let defaults = registered.chosen ?? Set(tree.groups.filter(\.isDefault).map(\.refID))
    let now = request.now.day.fiscalYear
    let fields = fields(
      request, tree, people, t,
      name: typed?["name"] ?? "\(tree.name(for: t.language)) \(t.language.fiscalYear(now))",
      year: typed?["year"] ?? "\(now)", owner: typed?["owner"] ?? request.person?.text ?? "",
      groups: typed.map { Set($0.all("group")) } ?? defaults, hint: registered.line(tree, t), problem: problem
    )
    return Page(
      t(.begin), menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/frameworks/\(shelved.id)">\(shelved.name(in: t.language))</a></li></ol>
      <h1>\(t(.begin))</h1>
      <p>\(t(.beginLead, tree.assessable.count))</p>
      \(refusal(request, problem))
      <form method="post" action="/audits" class="panel stack">\(Components.formToken(request))
      <input type="hidden" name="library" value="\(shelved.id)"><input type="hidden" name="framework" value="\(tree.number)">
      \(fields)<p><button class="button" data-kind="primary">\(t(.beginButton))</button></p></form>
      """)
  }

  static func settings(
    _ request: WebRequest, _ opened: Audits.Opened, _ people: [Person], typed: FormValues?,
    problem: AuditRefusal?
  ) -> Page {
    let t = request.texts(AuditText.self)
    let audit = opened.audit
    let fields = fields(
      request, opened.tree, people, t, name: typed?["name"] ?? audit.name,
      year: typed?["year"] ?? "\(audit.fiscalYear)", owner: typed?["owner"] ?? audit.owner?.text ?? "",
      groups: Set(typed?.all("group") ?? audit.groups), problem: problem)
    return Page(
      t(.settings), menu: "assessments", narrow: true,
      """
      \(crumbs(opened, t))<h1>\(t(.settings))</h1>\(refusal(request, problem))
      <form method="post" action="/audits/\(audit.id)/settings" class="panel stack">\(Components.formToken(request))
      <input type="hidden" name="version" value="\(audit.version)">
      \(fields)<p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }

  static func crumbs(_ opened: Audits.Opened, _ t: Texts<AuditText>) -> HTML {
    """
    <ol class="crumbs"><li><a href="/audits">\(t(.title))</a></li><li><a href="/audits/\(opened.audit.id)">\(opened.audit.name)</a></li></ol>
    """
  }

  static func refusal(_ request: WebRequest, _ problem: AuditRefusal?) -> HTML? {
    problem.map { Components.notice(.bad, request.words.problem($0, request.language)) }
  }

  private static func fields(
    _ request: WebRequest, _ tree: FrameworkTree, _ people: [Person], _ t: Texts<AuditText>, name: String,
    year: String, owner: String, groups: Set<String>, hint: HTML? = nil, problem: AuditRefusal?
  ) -> HTML {
    let now = request.now.day.fiscalYear
    let known = Set(
      [now.next, now, now.previous, now.previous.previous] + [FiscalYear(year)].compactMap { $0 })
    let years = known.sorted(by: >).map { (value: "\($0)", name: t.language.fiscalYear($0)) }
    let error = problem.map { request.words.problem($0, request.language) }
    return """
      \(Components.field("name", t(.name), value: name, error: problem?.field == "name" ? error : nil, required: true))
      \(Components.select("year", t(.year), options: years, chosen: year))
      \(Components.select("owner", t(.owner), options: options(people, t), chosen: owner))
      \(choice(of: tree, groups, hint, t))
      """
  }

  private static func options(_ people: [Person], _ t: Texts<AuditText>) -> [(value: String, name: String)] {
    [(value: "", name: t(.nobody))] + people.map { (value: $0.id.text, name: $0.name) }
  }

  private static func choice(
    of tree: FrameworkTree, _ chosen: Set<String>, _ hint: HTML?, _ t: Texts<AuditText>
  ) -> HTML? {
    guard !tree.groups.isEmpty else { return nil }
    if tree.answersChooseGroups { return "<p class=\"small\">\(t(.groupsByAnswers))</p>" }
    let language = tree.language(for: t.language.rawValue)
    let boxes = tree.groups.html { group in
      "<label><input type=\"checkbox\" name=\"group\" value=\"\(group.refID)\"\("checked", if: chosen.contains(group.refID))><span>\(group.name(in: language))</span></label>"
    }
    return """
      <fieldset class="field"><legend>\(t(.groups))</legend><p class="hint">\(t(.groupsHint))</p>\(hint)<div class="choices" data-kind="tall">\(boxes)</div></fieldset>
      """
  }

  // MARK: A newer version

  private static let mostShown = 50

  static func move(_ request: WebRequest, _ move: Audits.Move) -> Page {
    let t = request.texts(AuditText.self)
    func part(_ heading: String, _ titles: [String]) -> HTML? {
      guard !titles.isEmpty else { return nil }
      let more: HTML? =
        titles.count > mostShown ? "<p class=\"small\">\(t(.more, titles.count - mostShown))</p>" : nil
      return """
        <details><summary>\(heading)</summary><ul class="plain">\(titles.prefix(mostShown).html { "<li>\($0)</li>" })</ul>\(more)</details>
        """
    }
    let audit = move.audit
    return Page(
      t(.moveTitle), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/audits">\(t(.title))</a></li><li><a href="/audits/\(audit.id)">\(audit.name)</a></li></ol>
      <h1>\(t(.moveTitle))</h1><p>\(t(.moveLead, "\(move.to.version)"))</p>
      <section class="stack">\(part(t(.moveAdded, move.added.count), move.added))
      \(part(t(.moveChanged, move.changed.count), move.changed))
      \(part(t(.moveRemoved, move.removed.count), move.removed))</section>
      <section class="stack"><h2>\(t(.moveAnswers))</h2>
      \(part(t(.moveAnsweredChanged, move.answeredChanged.count), move.answeredChanged))
      \(part(t(.moveAnsweredRemoved, move.answeredRemoved.count), move.answeredRemoved))
      <p>\(t(.moveText))</p></section>
      <form method="post" action="/audits/\(audit.id)/library-version">\(Components.formToken(request))
      <input type="hidden" name="version" value="\(audit.version)"><input type="hidden" name="to" value="\(move.to.sha256)">
      <button class="button" data-kind="primary">\(t(.moveButton, "\(move.to.version)"))</button></form>
      """)
  }

  // MARK: Work

  static func assignments(
    _ request: WebRequest, _ opened: Audits.Opened, _ people: [Person], problem: AuditRefusal?
  ) -> Page {
    let t = request.texts(AuditText.self)
    let (tree, id) = (opened.tree, opened.audit.id)
    let language = tree.language(for: t.language.rawValue)
    // Sections first; requirements are given from their own pages, by the same form.
    let asked = request.query("node").flatMap(tree.place(of:))
    let sections = tree.framework.nodes.indices.filter {
      (!tree.children[$0].isEmpty && opened.standing.tallies[$0].inScope > 0) || $0 == asked
    }
    let options = sections.prefix(mostSections).map { place in
      let indent = String(repeating: "　", count: max(0, tree.node(place).depth - 1))
      return (value: tree.keys[place], name: indent + tree.title(place, language))
    }
    let rows = opened.work.given.sorted { $0.key < $1.key }.html { place, given -> HTML in
      let tally = opened.standing.tallies[place]
      return """
        <tr><td data-label="\(t(.requirements))">\(tree.title(place, language))</td><td data-label="\(t(.owner))">\(given.name)</td>
        <td data-label="\(t(.due))">\(given.dueOn.map { t.language.timeTag($0) })</td><td class="num" data-label="\(t(.state))">\(tally.confirmed) / \(tally.inScope)</td></tr>
        """
    }
    let table: HTML? =
      opened.work.given.isEmpty
      ? nil
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.assignments))</caption><thead><tr><th scope="col">\(t(.requirements))</th>
      <th scope="col">\(t(.owner))</th><th scope="col">\(t(.due))</th><th scope="col">\(t(.state))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return Page(
      t(.assignments), menu: "assessments",
      """
      \(crumbs(opened, t))<h1>\(t(.assignments))</h1><p>\(t(.assignmentsLead))</p>\(refusal(request, problem))
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      \(table ?? "<p>\(t(.assignmentsNone))</p>")
      <form method="post" action="/audits/\(id)/assignments" class="panel stack">\(Components.formToken(request))
      \(Components.select("node", t(.sectionOrRequirement), options: options, chosen: asked.map { tree.keys[$0] } ?? ""))
      \(Components.select("owner", t(.owner), options: Self.options(people, t), chosen: ""))
      \(Components.field("due", t(.due), type: "date"))
      <p><button class="button" data-kind="primary">\(t(.assign))</button></p></form>
      """)
  }

  /// A list to choose from that is longer helps nobody.
  private static let mostSections = 2_000
}
