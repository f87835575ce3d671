import Kernel
import Web

/// Saying that a suggestion is no risk, and what has been said so.
enum RiskDismissalPages {
  static func form(
    _ request: WebRequest, _ one: RiskSuggestion, typed: FormValues? = nil, problem: RiskRefusal? = nil,
    isStale: Bool = false
  ) -> Page {
    let t = request.texts(RiskText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    let text = one.text.split(whereSeparator: \.isNewline).html { "<p>\(String($0))</p>" }
    return Page(
      t(.dismiss), menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/risks">\(t(.title))</a></li><li><a href="/risks/suggestions?kind=\(one.kind.rawValue)">\(t(.suggestions))</a></li></ol>
      <h1>\(t(.dismiss))</h1>\(isStale ? Components.notice(.bad, t(.dismissStale)) : nil)\(error.map { Components.errorSummary(t(.refused), [(problem?.field, $0)]) })
      <div class="panel stack" data-gap="s">\(text)<p><a href="\(one.path)">\(t(.answered))</a></p>\(earlier(one.earlier, t))</div><p>\(t(.dismissLead))</p>
      <form method="post" action="/risks/dismissals" class="panel stack">\(Components.formToken(request))<input type="hidden" name="from" value="\(one.reference)"><input type="hidden" name="ground" value="\(one.ground)">
      \(Components.textArea("reason", t(.dismissReason), value: typed?["reason"] ?? "", hint: t(.dismissHint), error: error, most: 400))
      <p><button class="button" data-kind="primary">\(t(.dismiss))</button></p></form>
      """)
  }

  /// That it was dismissed once, and why, before it changed.
  static func earlier(_ one: RiskDismissal?, _ t: Texts<RiskText>) -> HTML? {
    one.map {
      "<p class=\"small\">\(t(.dismissedBefore, t.language.columnDate($0.day), $0.by, $0.reason))</p>"
    }
  }

  static func list(
    _ request: WebRequest, _ found: [(dismissal: RiskDismissal, ground: RiskDismissal.Ground)], total: Int,
    _ listing: Listing
  ) -> Page {
    let t = request.texts(RiskText.self)
    let rows = found.html { one, ground -> HTML in
      let state: HTML =
        switch ground {
        case .same: Components.tag(t(.groundSame))
        case .changed: Components.tag(t(.groundChanged), .warn)
        case .gone: Components.tag(t(.groundGone), .info)
        }
      let back: HTML? =
        request.may(.risksEdit)
        ? "<form method=\"post\" action=\"/risks/dismissals/\(one.id)/removal\">\(Components.formToken(request))<input type=\"hidden\" name=\"version\" value=\"\(one.version)\"><button class=\"button\" data-size=\"s\">\(t(.takeBack))<span class=\"visually-hidden\"> \(one.title)</span></button></form>"
        : nil
      return """
        <tr><th scope="row" data-label="\(t(.dismissed))"><a href="\(one.path)">\(one.title)</a> <span class="small soft">\(t(RiskText.origin(one.kind)))</span></th>
        <td data-label="\(t(.reason))">\(one.reason)</td><td data-label="\(t(.dismissedBy))">\(one.by) \(t.language.timeTag(one.day, short: false))</td>
        <td data-label="\(t(.state))"><div>\(state)\(back)</div></td></tr>
        """
    }
    let table: HTML =
      found.isEmpty
      ? "<p>\(t(.dismissedNone))</p>"
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.dismissed))</caption><thead><tr><th scope="col">\(t(.dismissed))</th><th scope="col">\(t(.reason))</th><th scope="col">\(t(.dismissedBy))</th><th scope="col">\(t(.state))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: total, path: "/risks/dismissals", request.texts()))
      """
    return Page(
      t(.dismissed), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/risks">\(t(.title))</a></li></ol><h1>\(t(.dismissed))</h1>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))<p>\(t(.dismissedLead))</p>\(table)
      """)
  }
}
