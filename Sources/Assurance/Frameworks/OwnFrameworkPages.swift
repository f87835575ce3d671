import Frameworks
import Kernel
import Web

/// The frameworks that come with the program: what each is, and whether this facility works with it.
enum OwnFrameworkPages {
  static func list(_ request: WebRequest, _ own: [OwnFrameworks.Summary], _ shelved: [ShelvedLibrary]) -> Page
  {
    let t = request.texts(LibraryText.self)
    let rows = own.html { row(request, $0, shelved, t) }
    return Page(
      t(.ownTitle), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/frameworks">\(t(.title))</a></li></ol>
      <h1>\(t(.ownTitle))</h1>
      <p>\(t(.ownLead))</p>
      \(own.isEmpty ? Components.empty(t(.ownNone), t(.ownNoneText), nil) : "<div class=\"stack\">\(rows)</div>")
      """)
  }

  private static func row(
    _ request: WebRequest, _ one: OwnFrameworks.Summary, _ shelved: [ShelvedLibrary], _ t: Texts<LibraryText>
  ) -> HTML {
    let language = request.language.rawValue
    let there = shelved.filter { $0.identity == one.identity }
    let newest = there.max { $0.version < $1.version }
    return """
      <section class="panel stack" data-gap="s"><h2>\(one.name(in: language))</h2>
      <p>\(one.description(in: language))</p>
      <p class="small">\(t(.version)) \(one.version)・\(t(.counts, one.counts.requirements, one.counts.assessable))\(one.copyright(in: language).map { "・\($0)" as HTML })</p>
      <div class="cluster">\(state(one, newest, t))\(action(request, one, newest, t))</div></section>
      """
  }

  private static func state(
    _ one: OwnFrameworks.Summary, _ newest: ShelvedLibrary?, _ t: Texts<LibraryText>
  ) -> HTML {
    guard let newest else { return Components.tag(t(.ownUnused)) }
    return newest.version < one.version
      ? Components.tag(t(.ownNewer, newest.version), .warn) : Components.tag(t(.ownUsed), .good)
  }

  private static func action(
    _ request: WebRequest, _ one: OwnFrameworks.Summary, _ newest: ShelvedLibrary?, _ t: Texts<LibraryText>
  ) -> HTML? {
    let open: HTML? = newest.map {
      "<a class=\"button\" data-size=\"s\" href=\"/frameworks/\($0.id)\">\(t(.ownOpen))<span class=\"visually-hidden\"> \(one.id)</span></a>"
    }
    guard request.may(.frameworksTake), newest.map({ $0.version < one.version }) ?? true else { return open }
    let word = t(newest == nil ? .ownUse : .ownUpdate)
    return """
      \(open)<form method="post" action="/frameworks/own/\(one.id)/adoption">\(Components.formToken(request))<button class="button" data-size="s">\(word)<span class="visually-hidden"> \(one.id)</span></button></form>
      """
  }
}
