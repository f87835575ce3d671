import Frameworks
import Kernel
import Web

/// Choosing from where answers are carried, and seeing line by line what would be.
enum MappingPages {
  private static func crumbs(_ audit: Audit, _ request: WebRequest) -> HTML {
    let t = request.texts(AuditText.self)
    return
      "<ol class=\"crumbs\"><li><a href=\"/audits\">\(t(.title))</a></li><li><a href=\"/audits/\(audit.id)\">\(audit.name)</a></li></ol>"
  }

  static func choose(_ request: WebRequest, _ target: Audit, _ sources: [(Audit, [MappingWay])]) -> Page {
    let t = request.texts(MappingText.self)
    let rows = sources.html { audit, ways -> HTML in
      let names = words(ways[0], t)
      return """
        <tr><th scope="row"><a href="/audits/\(target.id)/carrying?from=\(audit.id)">\(audit.name)</a></th>
        <td>\(t.language.fiscalYear(audit.fiscalYear))</td><td>\(names)</td></tr>
        """
    }
    let table: HTML = """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.choose))"><table class="table"><caption class="visually-hidden">\(t(.choose))</caption><thead><tr><th scope="col">\(t(.source))</th><th scope="col">\(t(.year))</th><th scope="col">\(t(.way))</th></tr></thead><tbody>\(rows)</tbody></table></div>
      """
    let next: HTML =
      "<a class=\"button\" href=\"/frameworks\">\(request.texts(LibraryText.self)(.title))</a>"
    return Page(
      t(.title), menu: "assessments",
      """
      \(crumbs(target, request))<h1>\(t(.title))</h1><p>\(t(.lead))</p>
      \(sources.isEmpty ? Components.empty(t(.noSource), t(.noSourceText), next) : table)
      """)
  }

  static func preview(_ request: WebRequest, _ preview: Mappings.Preview) -> Page {
    let t = request.texts(MappingText.self)
    let (carrying, id) = (preview.carrying, preview.target.audit.id)
    let listing = Listing(request)
    let carried = carrying.carried.count
    let figures: [(mark: String?, name: HTML, value: HTML)] = [
      ("done", HTML(t(.carried)), "\(carried)"),
      (nil, HTML(t(.answered)), "\(carrying.lines.count { $0.fate == .answered })"),
      (nil, HTML(t(.questions)), "\(carrying.lines.count { $0.fate == .questions })"),
      (nil, HTML(t(.silent)), "\(carrying.lines.count { $0.fate == .silent })"),
    ]
    let rows = carrying.lines.dropFirst(listing.offset).prefix(listing.size).html { row($0, request, t) }
    let keeping = [("from", preview.source.audit.id.text), ("way", preview.way.name)]
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.lines))</caption><thead><tr><th scope="col">\(t(.target))</th><th scope="col">\(t(.becomes))</th><th scope="col">\(t(.source))</th><th scope="col">\(t(.link))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: carrying.lines.count, path: "/audits/\(id)/carrying", keeping: keeping, request.texts()))
      """
    let button: HTML? =
      carried == 0
      ? nil
      : """
      <form method="post" action="/audits/\(id)/carrying">\(Components.formToken(request))<input type="hidden" name="from" value="\(preview.source.audit.id)"><input type="hidden" name="way" value="\(preview.way.name)"><input type="hidden" name="seen" value="\(carrying.fingerprint)"><button class="button" data-kind="primary">\(t(.carry, carried))</button></form>
      """
    return Page(
      t(.title), menu: "assessments",
      """
      \(crumbs(preview.target.audit, request))<h1>\(t(.title))</h1>
      <p>\(t(.fromTo, preview.source.audit.name, preview.target.audit.name))</p><p>\(t(.previewLead))</p>
      \(ways(preview, t))\(Components.figures(figures))\(button)
      \(carrying.lines.isEmpty ? Components.empty(t(.nothing), t(.nothingText)) : table)
      """)
  }

  private static func words(_ way: MappingWay, _ t: Texts<MappingText>) -> String {
    if way.steps.isEmpty { return t(.sameFramework) }
    return way.steps.map { step in
      let name = step.set.name(in: t.language)
      return step.isInverted ? t(.backwards, name) : name
    }.joined(separator: " → ")
  }

  private static func ways(_ preview: Mappings.Preview, _ t: Texts<MappingText>) -> HTML {
    let names = words(preview.way, t)
    guard preview.ways.count > 1 else { return "<p>\(t(.way)): \(names)</p>" }
    let options = preview.ways.map { way in
      (value: way.name, name: words(way, t))
    }
    return """
      <form class="filters" action="/audits/\(preview.target.audit.id)/carrying"><input type="hidden" name="from" value="\(preview.source.audit.id)">
      \(Components.select("way", t(.way), options: options, chosen: preview.way.name))<button class="button">\(t(.look))</button></form>
      """
  }

  private static func row(_ line: Carrying.Line, _ request: WebRequest, _ t: Texts<MappingText>) -> HTML {
    let words = request.texts(AuditText.self)
    let becomes: HTML =
      switch line.fate {
      case .carried: "\(AuditPages.result(line.result, words)) \(line.score.map { "\($0)" })"
      case .answered: HTML(t(.answered))
      case .questions: HTML(t(.questions))
      case .silent: HTML(t(.silent))
      }
    let relation = request.words.word(line.link.relationship.rawValue, in: "relationships", t.language)
    let strength: HTML? = line.link.strength.map { " (\($0))" }
    return """
      <tr><td data-label="\(t(.target))">\(line.title)</td><td data-label="\(t(.becomes))">\(becomes)</td>
      <td data-label="\(t(.source))">\(line.sources.html { "<div>\($0)</div>" })</td><td data-label="\(t(.link))">\(relation)\(strength)</td></tr>
      """
  }
}
