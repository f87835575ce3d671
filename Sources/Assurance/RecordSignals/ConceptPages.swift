import Frameworks
import Kernel
import Web

/// Putting concepts of our checklists on requirements, with proposals by how alike the words are.
enum ConceptPages {
  private typealias T = Texts<RecordSignalText>

  static func page(
    _ request: WebRequest, _ view: ConceptView, _ concepts: [Concept], _ likeness: ConceptLikeness
  ) -> Page {
    let t = request.texts(RecordSignalText.self)
    let (opened, id) = (view.opened, view.opened.audit.id)
    let names = RecordSignalPages.names(concepts, t.language)
    let rows = view.listed.html { row($0, view, concepts, names, likeness, t) }
    let isFrozen = opened.audit.frozenAt != nil
    let hidden: HTML? =
      view.node.map { "<input type=\"hidden\" name=\"node\" value=\"\($0)\">" }
      ?? (view.showsAll ? "<input type=\"hidden\" name=\"back\" value=\"all\">" : nil)
    let keeping = [("show", view.showsAll ? "all" : ""), ("q", view.query)]
    let form: HTML = """
      <form method="post" action="/audits/\(id)/concepts" class="stack">\(Components.formToken(request))\(hidden)
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.conceptTitle))</caption><thead><tr><th scope="col">\(t(.requirement))</th><th scope="col">\(t(.concepts))</th><th scope="col">\(t(.proposals))</th><th scope="col">\(t(.add))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(isFrozen ? nil : "<p><button class=\"button\" data-kind=\"primary\">\(t(.save))</button></p>" as HTML)</form>
      \(view.node == nil ? Components.pager(view.listing, total: view.total, path: "/audits/\(id)/concepts", keeping: keeping, request.texts()) : nil)
      """
    let saved: HTML? = request.query("saved").map { _ in Components.notice(.good, t(.saved)) }
    return Page(
      t(.conceptTitle), menu: "assessments",
      """
      \(AuditFormPages.crumbs(opened, request.texts()))<h1>\(t(.conceptTitle))</h1>\(saved)
      <p>\(t(.conceptLead))</p>\(view.node == nil ? filters(view, t) : nil)
      \(view.total == 0 ? Components.empty(t(.nothing), t(.nothingText)) : form)
      """)
  }

  private static func filters(_ view: ConceptView, _ t: T) -> HTML {
    let options = [(value: "", name: t(.without)), (value: "all", name: t(.all))]
    return """
      <form class="filters" action="/audits/\(view.opened.audit.id)/concepts" role="search" aria-label="\(t(.search))">
      \(Components.field("q", t(.search), value: view.query))\(Components.select("show", t(.show), options: options, chosen: view.showsAll ? "all" : ""))<button class="button">\(t(.find))</button></form>
      <p>\(t(.found, view.total))</p>
      """
  }

  private static func row(
    _ place: Int, _ view: ConceptView, _ concepts: [Concept], _ names: [String: String],
    _ likeness: ConceptLikeness, _ t: T
  ) -> HTML {
    let (opened, tree) = (view.opened, view.opened.tree)
    let (node, key) = (tree.node(place), tree.keys[place])
    let language = tree.language(for: t.language.rawValue)
    let known = opened.signals.concepts(at: place)
    let given = opened.signals.given(at: place).html { concept in
      "<div>\(names[concept] ?? concept) <span class=\"soft small\">\(t(.fromFramework))</span></div>"
    }
    let linked = opened.signals.linked(at: place).html { concept in
      "<div><label><input type=\"checkbox\" name=\"off\" value=\"\(concept) \(key)\"> <span>\(t(.takeOff, names[concept] ?? concept))</span></label></div>"
    }
    // The words that the framework itself uses; a translation may say less.
    let words = [node.name, node.description].compactMap { $0 }.joined(separator: " ")
    let proposals = likeness.proposals(for: words).filter { !known.contains($0.concept) }
    let reasons: HTML =
      proposals.isEmpty
      ? "<span class=\"soft small\">\(t(.noProposal))</span>"
      : "\(proposals.html { "<div>\(reason($0, names, t))</div>" })"
    let near = proposals.map { (value: $0.concept, name: reason($0, names, t)) }
    let rest = concepts.filter { concept in
      !known.contains(concept.id) && !proposals.contains { $0.concept == concept.id }
    }.map { (value: $0.id, name: $0.label(t.language)) }
    let choices = ([(value: "", name: "−")] + near + rest).html { choice in
      "<option value=\"\(choice.value)\">\(choice.name)</option>"
    }
    let text = node.text("name", in: language) == nil ? nil : node.text("description", in: language)
    let title = tree.title(place, language)
    let body: HTML? = text.map {
      "<br><span class=\"small\">\($0.count > 160 ? $0.prefix(160) + "…" : $0)</span>"
    }
    return """
      <tr><td data-label="\(t(.requirement))"><a href="\(Audits.path(opened.audit.id, key))">\(title)</a>\(body)</td>
      <td data-label="\(t(.concepts))">\(given)\(linked)</td><td class="small" data-label="\(t(.proposals))">\(reasons)</td>
      <td data-label="\(t(.add))"><select id="add-\(place)" name="add \(key)" aria-label="\(t(.choose, title))">\(choices)</select></td></tr>
      """
  }

  /// 「アクセスログ 62 %(チェックリストの 2-⑨ に似ています)」
  private static func reason(
    _ proposal: ConceptLikeness.Proposal, _ names: [String: String], _ t: T
  ) -> String {
    let name = names[proposal.concept] ?? proposal.concept
    let percent = "\(Int((proposal.score * 100).rounded()))"
    return proposal.item.map { t(.likeItem, name, percent, $0) } ?? t(.likeConcept, name, percent)
  }
}
