import Frameworks
import Kernel
import Web

/// The requirements of one framework, section by section; no page shows more than one section's own entries.
enum RequirementPages {
  static func page(_ request: WebRequest, _ library: ShelvedLibrary, _ view: RequirementView) -> Page {
    let t = request.texts(LibraryText.self)
    let path = "/frameworks/\(library.id)/requirements"
    let listed =
      view.total == 0 && !view.query.isEmpty
      ? Components.empty(
        t(.nothing), t(.nothingText), "<a class=\"button\" href=\"\(link(path, view, nil))\">\(t(.top))</a>")
      : entries(path, view, t)
    let count: HTML? = view.query.isEmpty ? nil : "<p>\(t(.found, view.total))</p>"
    return Page(
      view.framework.name(in: view.language), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/frameworks">\(t(.title))</a></li><li><a href="/frameworks/\(library.id)">\(library.name(in: t.language))</a></li></ol>
      <h1 lang="\(view.shownLanguage)">\(view.framework.name(in: view.language))</h1>
      \(filters(path, view, t))
      \(way(path, view, t))
      \(view.section.map { own(view.framework.nodes[$0], view, t) })
      \(count)\(listed)
      \(Components.pager(view.listing, total: view.total, path: path, keeping: keeping(view), request.texts()))
      """)
  }

  private static func keeping(_ view: RequirementView) -> [(name: String, value: String)] {
    [
      ("framework", "\(view.frameworkNumber)"), ("section", view.section.map { "\($0)" } ?? ""),
      ("q", view.query), ("lang", view.language ?? view.library.locale),
    ]
  }

  private static func link(_ path: String, _ view: RequirementView, _ section: Int?) -> String {
    let parts = [
      ("framework", "\(view.frameworkNumber)"), ("section", section.map { "\($0)" } ?? ""),
      ("lang", view.language ?? view.library.locale),
    ]
    return path + "?"
      + parts.filter { !$0.1.isEmpty }.map { "\($0.0)=\(urlEncoded($0.1))" }.joined(separator: "&")
  }

  private static func filters(_ path: String, _ view: RequirementView, _ t: Texts<LibraryText>) -> HTML {
    let own = (value: view.library.locale, name: t(.ownLanguage, view.library.locale))
    let options = [own] + view.library.languages.map { (value: $0, name: $0) }
    let language: HTML? =
      options.count > 1
      ? Components.select("lang", t(.language), options: options, chosen: view.language ?? own.value) : nil
    return """
      <form class="filters" action="\(path)" role="search" aria-label="\(t(.search))"><input type="hidden" name="framework" value="\(view.frameworkNumber)">
      \(Components.field("q", t(.search), value: view.query))\(language)<button class="button" data-kind="primary">\(t(.find))</button></form>
      """
  }

  private static func way(_ path: String, _ view: RequirementView, _ t: Texts<LibraryText>) -> HTML? {
    guard view.query.isEmpty, !view.way.isEmpty else { return nil }
    let steps = view.way.dropLast().html { place in
      "<li><a href=\"\(link(path, view, place))\">\(view.framework.nodes[place].title(in: view.language))</a></li>"
    }
    return "<ol class=\"crumbs\"><li><a href=\"\(link(path, view, nil))\">\(t(.top))</a></li>\(steps)</ol>"
  }

  /// The section itself with all its words; what has no name is headed by its number, its text follows.
  private static func own(_ node: RequirementNode, _ view: RequirementView, _ t: Texts<LibraryText>) -> HTML {
    let hasName = node.text("name", in: view.language) != nil
    let heading =
      hasName
      ? node.title(in: view.language) : node.number(in: view.language) ?? node.title(in: view.language)
    return
      "<section class=\"stack\"><h2 lang=\"\(view.shownLanguage)\">\(heading)</h2>\(details(node, view, t))</section>"
  }

  private static func entries(_ path: String, _ view: RequirementView, _ t: Texts<LibraryText>) -> HTML? {
    guard view.total > 0 else { return nil }
    let rows = view.listed.html { place -> HTML in
      let node = view.framework.nodes[place]
      let below = view.below[place] ?? 0
      let mark: HTML? = node.isAssessable ? Components.tag(t(.assessable)) : nil
      let count: HTML? = below > 0 ? "<span class=\"small\">\(t(.ofQuestion, below))</span>" : nil
      let text =
        node.text("name", in: view.language) == nil ? nil : node.text("description", in: view.language)
      return """
        <tr><td data-label="\(t(.requirements))"><a lang="\(view.shownLanguage)" href="\(link(path, view, place))">\(node.title(in: view.language))</a> \(mark) \(count)\(text.map { "<br><span class=\"small\" lang=\"\(view.shownLanguage)\">\(shortened($0))</span>" as HTML })</td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.sections))</caption>
      <thead><tr><th scope="col">\(t(.requirements))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }

  private static func details(_ node: RequirementNode, _ view: RequirementView, _ t: Texts<LibraryText>)
    -> HTML
  {
    let names = Dictionary(
      view.framework.groups.map { ($0.refID, $0.translations[view.language ?? ""]?["name"] ?? $0.name) },
      uniquingKeysWith: { first, _ in first })
    let facts: [(String, HTML)] = [
      (t(.evidence), node.text("typical_evidence", in: view.language).map { HTML($0) }),
      (t(.annotation), node.text("annotation", in: view.language).map { HTML($0) }),
      (
        t(.groups),
        node.groups.isEmpty ? nil : HTML(node.groups.map { names[$0] ?? $0 }.joined(separator: ", "))
      ),
      (
        t(.controlsOf),
        node.referenceControls.isEmpty ? nil : HTML(node.referenceControls.joined(separator: ", "))
      ),
      (t(.urn), HTML(node.urn)),
    ].compactMap { name, value in value.map { (name, $0) } }
    let text = node.text("description", in: view.language)
    let language = view.shownLanguage
    let questions = node.questions.html { question -> HTML in
      let choices = question.choices.html { "<li>\($0.value)</li>" }
      return
        "<li lang=\"\(language)\">\(question.text)\(choices.isEmpty ? nil : "<ul>\(choices)</ul>" as HTML)</li>"
    }
    return """
      \(text.map { "<div lang=\"\(view.shownLanguage)\">\(paragraphs($0))</div>" as HTML } ?? "<p>\(node.name == nil ? t(.noText) : "")</p>")
      \(node.isAssessable ? "<p>\(Components.tag(t(.assessable)))</p>" as HTML : nil)
      \(node.questions.isEmpty ? nil : "<h3>\(t(.questions))</h3><ol>\(questions)</ol>" as HTML)
      \(Components.facts(facts))
      """
  }

  private static func paragraphs(_ text: String) -> HTML {
    text.split(whereSeparator: \.isNewline).html { "<p>\(String($0))</p>" }
  }

  private static func shortened(_ text: String) -> String {
    text.count > 160 ? text.prefix(160) + "…" : text
  }
}
