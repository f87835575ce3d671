import Frameworks
import Kernel
import Registers
import Web

/// What stands beside the register of risks: what to take over, the matrices, and measures to choose.
enum RiskSidePages {
  static func suggestions(
    _ request: WebRequest, _ kind: Risk.Origin.Kind, _ found: [RiskSuggestion], total: Int, _ listing: Listing
  ) -> Page {
    let t = request.texts(RiskText.self)
    let tabs = Risks.suggesting.html { one -> HTML in
      one == kind
        ? "<b aria-current=\"page\">\(t(RiskText.origin(one)))</b> "
        : "<a href=\"/risks/suggestions?kind=\(one.rawValue)\">\(t(RiskText.origin(one)))</a> "
    }
    let rows = found.html { one -> HTML in
      let text = one.text.split(whereSeparator: \.isNewline).html { "<p>\(String($0))</p>" }
      let system: HTML? = one.system.map { "<p class=\"small\">\($0.name)</p>" }
      return """
        <li class="panel stack" data-gap="s">\(text)\(system)\(RiskDismissalPages.earlier(one.earlier, t))<p class="cluster"><a class="button" href="/risks/new?from=\(urlEncoded(one.reference))">\(t(.takeOver))<span class="visually-hidden"> \(one.title)</span></a><a href="/risks/dismissals/new?from=\(urlEncoded(one.reference))">\(t(.dismiss))<span class="visually-hidden"> \(one.title)</span></a><a href="\(one.path)">\(t(.answered))<span class="visually-hidden"> \(one.title)</span></a></p></li>
        """
    }
    let list: HTML =
      found.isEmpty
      ? "<p>\(t(.suggestionsNone))</p>"
      : """
      <p class="small">\(t(.suggestionCount, total))</p><ul class="plain stack" role="list">\(rows)</ul>
      \(Components.pager(listing, total: total, path: "/risks/suggestions", keeping: [("kind", kind.rawValue)], request.texts()))
      """
    return Page(
      t(.suggestions), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/risks">\(t(.title))</a></li></ol><div class="page-head"><h1>\(t(.suggestions))</h1><a class="button" href="/risks/dismissals">\(t(.dismissed))</a></div>\(request.query("dismissed") == nil ? nil : Components.notice(.good, t(.dismissDone)))<p>\(t(.suggestionsLead))</p>
      <nav class="cluster" aria-label="\(t(.suggestions))">\(tabs)</nav>\(list)
      """)
  }

  // MARK: Matrices

  /// A matrix of a library that could be taken over.
  struct Offer: Sendable {
    let library: ShelvedLibrary
    let matrix: RiskMatrix
    let isTaken: Bool
  }

  static func scales(
    _ request: WebRequest, _ scales: [(id: String, scale: RiskScale)], _ offers: [Offer],
    _ libraries: [ShelvedLibrary], chosen: String
  ) -> Page {
    let t = request.texts(RiskText.self)
    let own = scales.html { id, scale in section(id, scale, t) }
    let rows = offers.html { offer -> HTML in
      let take: HTML =
        offer.isTaken
        ? HTML(t(.scaleTaken))
        : request.may(.risksEdit)
          ? "<form method=\"post\" action=\"/risks/matrices\">\(Components.formToken(request))<input type=\"hidden\" name=\"library\" value=\"\(offer.library.id)\"><input type=\"hidden\" name=\"urn\" value=\"\(offer.matrix.urn)\"><button class=\"button\" data-size=\"s\">\(t(.scaleTake))<span class=\"visually-hidden\"> \(offer.matrix.name)</span></button></form>"
          : ""
      return """
        <tr><th scope="row" data-label="\(t(.scale))">\(offer.matrix.name) <span class="small soft">\(offer.matrix.probability.count)×\(offer.matrix.impact.count)</span></th><td data-label="\(t(.library))">\(offer.library.facts.name)</td><td>\(take)</td></tr>
        """
    }
    let names = libraries.map { (value: $0.id.text, name: "\($0.facts.name) (\($0.version))") }
    let choose: HTML? =
      libraries.count > 1
      ? "<form class=\"filters\" action=\"/risks/matrices\">\(Components.select("library", t(.library), options: names, chosen: chosen))<button class=\"button\">\(t(.libraryShow))</button></form>"
      : nil
    let offered: HTML =
      offers.isEmpty
      ? "<p>\(t(.scalesNone))</p>"
      : "<table class=\"table\" data-narrow=\"cards\"><caption class=\"visually-hidden\">\(t(.scalesFound))</caption><thead><tr><th scope=\"col\">\(t(.scale))</th><th scope=\"col\">\(t(.library))</th><th scope=\"col\">\(t(.use))</th></tr></thead><tbody>\(rows)</tbody></table>"
    return Page(
      t(.scales), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/risks">\(t(.title))</a></li></ol><h1>\(t(.scales))</h1>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.scaleInUse)))<p>\(t(.scalesLead))</p>\(own)
      <section class="stack"><h2>\(t(.scalesFound))</h2>\(choose)\(offered)</section>
      """)
  }

  private static func section(_ id: String, _ scale: RiskScale, _ t: Texts<RiskText>) -> HTML {
    let map = RiskMap(scale, id: id, [])
    return """
      <section class="stack"><h2>\(scale.name(t.language))</h2><p class="small">\(t(.source)): \(scale.source(t.language))</p>
      <div class="scroll" tabindex="0" role="region" aria-label="\(scale.name(t.language))">\(map.svg(scale.name(t.language), t))</div><p class="scroll-hint small soft">\(t(.scrollHint))</p>\(scale.analysis.map { analysis($0, t) })</section>
      """
  }

  private static func analysis(_ analysis: RiskScale.Analysis, _ t: Texts<RiskText>) -> HTML {
    let head = analysis.weakness.reversed().html { "<th scope=\"col\">\($0(t.language))</th>" }
    let rows = analysis.threat.enumerated().reversed().html { place, threat -> HTML in
      let cells = analysis.likelihood[place].reversed().html { "<td>\($0)</td>" }
      return "<tr><th scope=\"row\">\(threat(t.language))</th>\(cells)</tr>"
    }
    let facts = analysis.facts.html { fact -> HTML in
      "<li>\(confidence(fact.confidence, t)) \(fact.text(t.language))</li>"
    }
    return """
      <h3>\(t(.likelihoodTable))</h3><div class="scroll" tabindex="0" role="region" aria-label="\(t(.likelihoodTable))"><table class="table"><caption class="visually-hidden">\(t(.likelihoodTable))</caption><thead><tr><th scope="col">\(t(.threatLevel))</th>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>
      <h3>\(t(.facts))</h3><ul class="plain stack" data-gap="s" role="list">\(facts)</ul><p class="small">\(t(.highText)) \(t(.mediumText)) \(t(.lowText))</p>
      """
  }

  private static func confidence(_ confidence: Confidence, _ t: Texts<RiskText>) -> HTML {
    switch confidence {
    case .high: Components.tag(t(.high))
    case .medium: Components.tag(t(.medium), .info)
    case .low: Components.tag(t(.low), .warn)
    }
  }

  // MARK: Measures

  static func measures(
    _ request: WebRequest, _ risk: Risk, _ known: Set<Measure.ID>,
    _ found: (page: [ListedMeasure], total: Int), _ listing: Listing, _ query: String
  ) -> Page {
    let t = request.texts(RiskText.self)
    let path = "/risks/\(risk.id)/measures"
    let picker = MeasurePicker(path: path, found: found, listing: listing, query: query, act: t(.put))
    let list = picker.html(request) { measure in
      known.contains(measure.id)
        ? HTML(t(.putDone))
        : MeasurePicker.button(request, t(.put), for: measure, to: path, [("measure", measure.id.text)])
    }
    return Page(
      t(.putMeasure), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/risks">\(t(.title))</a></li><li><a href="/risks/\(risk.id)">\(risk.title)</a></li></ol>
      <h1>\(t(.putMeasure))</h1><p>\(t(.measuresLead)) <a href="/measures/new">\(t(.measuresNew))</a></p>\(list)
      """)
  }
}
