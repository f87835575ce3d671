import Frameworks
import Kernel
import Web

/// The libraries that were taken in, and one of them.
enum LibraryPages {
  struct Shown: Sendable {
    let library: ShelvedLibrary
    let versions: [ShelvedLibrary]
    let remarks: [Remark]
  }

  static func list(_ request: WebRequest, _ all: [ShelvedLibrary]) -> Page {
    let t = request.texts(LibraryText.self)
    let take: HTML? =
      request.may(.frameworksTake)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/frameworks/import\">\(t(.take))</a>" : nil
    let query = (request.query("q") ?? "").lowercased()
    let newest = newestOnly(all).filter {
      query.isEmpty || $0.facts.name.lowercased().contains(query)
        || $0.name(in: t.language).lowercased().contains(query)
    }
    let listing = Listing(request)
    let rows = newest.dropFirst(listing.offset).prefix(listing.size).html { row($0, all, t) }
    let taken =
      request.query("taken").map { Components.notice(.good, t(.taken, $0)) }
      ?? request.query("retired").map { Components.notice(.good, t(.retired, $0)) }
    let table: HTML = """
      <form class="filters" action="/frameworks" role="search" aria-label="\(t(.title))">\(Components.field("q", t(.name), value: request.query("q") ?? ""))<button class="button">\(t(.find))</button></form>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.name))</th><th scope="col">\(t(.provider))</th><th scope="col">\(t(.version))</th><th scope="col">\(t(.requirements))</th><th scope="col">\(t(.warnings))</th><th scope="col">\(t(.takenIn))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: newest.count, path: "/frameworks", keeping: [("q", request.query("q") ?? "")], request.texts()))
      """
    return Page(
      t(.title), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/assessments">\(t(.toList))</a></li></ol>
      <div class="page-head"><h1>\(t(.title))</h1><div class="cluster"><a class="button" href="/audits">\(t(.toAudits))</a><a class="button" href="/frameworks/own">\(t(.toOwn))</a>\(all.isEmpty ? nil : take)</div></div>
      <p>\(t(.lead))</p>\(taken)
      \(all.isEmpty ? Components.empty(t(.empty), t(.emptyText), take) : table)
      """)
  }

  /// The newest version of each; the list is in the order of identities, newest first.
  private static func newestOnly(_ all: [ShelvedLibrary]) -> [ShelvedLibrary] {
    var seen: Set<Library.Identity> = []
    return all.filter { seen.insert($0.identity).inserted }.sorted {
      ($0.facts.name, $0.locale) < ($1.facts.name, $1.locale)
    }
  }

  private static func row(_ one: ShelvedLibrary, _ all: [ShelvedLibrary], _ t: Texts<LibraryText>) -> HTML {
    let others = all.count { $0.identity == one.identity } - 1
    let older: HTML? = others > 0 ? " <span class=\"small\">\(t(.older, others))</span>" : nil
    let warnings = one.facts.warnings.values.reduce(0, +)
    let shared = one.isShared ? " \(t(.shared))" : ""
    let requirements = one.facts.counts.requirements
    return """
      <tr><td data-label="\(t(.name))" lang="\(one.locale(in: t.language))"><a href="/frameworks/\(one.id)">\(one.name(in: t.language))</a></td>
      <td data-label="\(t(.provider))">\(one.facts.provider ?? t(.missing))</td>
      <td class="num" data-label="\(t(.version))">\(one.version)\(older)</td>
      <td class="num" data-label="\(t(.requirements))">\(t.language.number(requirements))</td>
      <td class="num" data-label="\(t(.warnings))">\(t.language.number(warnings))</td>
      <td data-label="\(t(.takenIn))">\(t.language.timeTag(one.takenAt.day)) \(one.takenBy)\(shared)</td></tr>
      """
  }

  static func library(_ request: WebRequest, _ shown: Shown, _ content: Library) -> Page {
    let t = request.texts(LibraryText.self)
    let one = shown.library
    let language = content.languages.contains(t.language.rawValue) ? t.language.rawValue : nil
    let name = content.name(in: language)
    let export: HTML = "<a class=\"button\" href=\"/frameworks/\(one.id)/library.yaml\">\(t(.export))</a>"
    return Page(
      name, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/frameworks">\(t(.title))</a></li></ol>
      <div class="page-head"><h1 lang="\(language ?? one.locale)">\(name)</h1>\(export)</div>
      \(content.description(in: language).map { "<p lang=\"\(language ?? one.locale)\">\($0)</p>" as HTML })
      \(facts(one, content.copyright(in: language), t))
      \(contents(one, content, t, mayBegin: request.may(.assessmentsEdit)))
      \(versions(shown, t))
      \(remarks(request, one.facts.warnings, shown.remarks + missing(one), t))
      \(request.may(.frameworksTake) ? retirement(request, one, t) : nil)
      """)
  }

  private static func missing(_ one: ShelvedLibrary) -> [Remark] {
    (one.facts.missing ?? []).map { Remark(.missingDependency, $0) }
  }

  /// One for all facilities belongs to whoever runs the installation.
  private static func retirement(
    _ request: WebRequest, _ one: ShelvedLibrary, _ t: Texts<LibraryText>
  ) -> HTML {
    guard !one.isShared else { return "<p class=\"small\">\(t(.retireShared))</p>" }
    return """
      <details><summary>\(t(.retire))</summary><form method="post" action="/frameworks/\(one.id)/retirement" class="stack" data-gap="s">
      \(Components.formToken(request))<p>\(t(.retireText))</p>
      <button class="button" data-size="s" data-kind="danger">\(t(.retire))</button></form></details>
      """
  }

  private static func facts(_ one: ShelvedLibrary, _ copyright: String?, _ t: Texts<LibraryText>) -> HTML {
    let by = one.takenBy + (one.isShared ? " \(t(.shared))" : "")
    return Components.facts([
      (t(.provider), HTML(one.facts.provider ?? t(.missing))), (t(.version), "\(one.version)"),
      (t(.published), HTML(one.facts.published ?? t(.missing))),
      (t(.copyright), HTML(copyright ?? t(.noCopyright))),
      (t(.locale), HTML(one.locale)),
      (
        t(.languages),
        HTML(one.facts.languages.isEmpty ? t(.missing) : one.facts.languages.joined(separator: ", "))
      ),
      (t(.takenIn), "\(t.language.timeTag(one.takenAt)) \(by)"), (t(.urn), HTML(one.urn)),
      (t(.sha256), "<span class=\"fixed\">\(one.sha256)</span>"),
    ])
  }

  private static func contents(
    _ one: ShelvedLibrary, _ content: Library, _ t: Texts<LibraryText>, mayBegin: Bool
  ) -> HTML {
    let language = content.languages.contains(t.language.rawValue) ? t.language.rawValue : nil
    let frameworks = content.frameworks.enumerated().html { number, framework -> HTML in
      let answerable = framework.nodes.count(where: \.isAssessable)
      let begin: HTML? =
        mayBegin && answerable > 0
        ? " <a class=\"button\" data-size=\"s\" href=\"/audits/new?library=\(one.id)&framework=\(number)\">\(t(.beginAudit))</a>"
        : nil
      return
        "<li><a href=\"/frameworks/\(one.id)/requirements?framework=\(number)\" lang=\"\(language ?? one.locale)\">\(framework.name(in: language))</a> \(t(.counts, framework.nodes.count, answerable))\(begin)</li>"
    }
    let mappings = content.mappingSets.html { set in
      let title = set.name(in: language) ?? set.urn
      return "<li>\(title) \(t(.mappingValue, set.mappings.count))</li>"
    }
    let unresolved: HTML? =
      one.facts.unresolvedMappings > 0
      ? "<p>\(Components.tag(t(.unresolved, one.facts.unresolvedMappings), .warn))</p>" : nil
    let numbers: [(LibraryText, Int)] = [
      (.controls, content.referenceControls.count), (.threats, content.threats.count),
      (.matrices, content.matrices.count), (.presets, content.presets.count),
    ]
    let others = numbers.filter { $0.1 > 0 }.map { word, count in
      let number: String = t.language.number(count)
      return "\(t(word)) \(number)"
    }.joined(separator: "・")
    return """
      <section class="stack"><h2>\(t(.contents))</h2>
      \(frameworks.isEmpty ? nil : "<h3>\(t(.frameworks))</h3><ul class=\"plain\">\(frameworks)</ul>" as HTML)
      \(mappings.isEmpty ? nil : "<h3>\(t(.mappingSets))</h3><ul class=\"plain\">\(mappings)</ul>" as HTML)\(unresolved)
      \(others.isEmpty ? nil : "<p>\(others)</p>" as HTML)</section>
      """
  }

  private static func versions(_ shown: Shown, _ t: Texts<LibraryText>) -> HTML? {
    guard shown.versions.count > 1 else { return nil }
    let items = shown.versions.html { one -> HTML in
      let label: HTML = "\(t(.version)) \(one.version)・\(t.language.timeTag(one.takenAt.day))"
      return one.id == shown.library.id
        ? "<li>\(label) \(Components.tag(t(.thisVersion)))</li>"
        : "<li><a href=\"/frameworks/\(one.id)\">\(label)</a></li>"
    }
    return "<section class=\"stack\"><h2>\(t(.versions))</h2><ul class=\"plain\">\(items)</ul></section>"
  }

  /// So many places of one kind are shown.
  private static let mostPlaces = 20

  /// Each kind with its number and its first places.
  static func remarks(
    _ request: WebRequest, _ counts: [String: Int], _ remarks: [Remark], _ t: Texts<LibraryText>
  ) -> HTML {
    guard !counts.isEmpty else {
      return "<section class=\"stack\"><h2>\(t(.warningsTitle))</h2><p>\(t(.warningsNone))</p></section>"
    }
    let byKind = Dictionary(grouping: remarks, by: \.kind.rawValue)
    let rows = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.html { kind, count -> HTML in
      let word = request.words.word(kind, in: "remarks", t.language) ?? kind
      let places = (byKind[kind] ?? []).prefix(mostPlaces).map { remark in
        [remark.line > 0 ? t(.line, "\(remark.line)") : nil, remark.place.isEmpty ? nil : remark.place]
          .compactMap { $0 }.joined(separator: " ")
      }.filter { !$0.isEmpty }
      let list: HTML? =
        places.isEmpty
        ? nil
        : "<details><summary>\(t(.place))</summary><ul class=\"plain\">\(places.html { "<li>\($0)</li>" })</ul></details>"
      return
        "<tr><th scope=\"row\">\(word)</th><td class=\"num\">\(t.language.number(count))</td><td>\(list)</td></tr>"
    }
    return """
      <section class="stack"><h2>\(t(.warningsTitle))</h2><p>\(t(.warningsLead))</p>
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.warningsTitle))"><table class="table"><caption class="visually-hidden">\(t(.warningsTitle))</caption>
      <thead><tr><th scope="col">\(t(.what))</th><th scope="col">\(t(.count))</th><th scope="col">\(t(.place))</th></tr></thead>
      <tbody>\(rows)</tbody></table></div></section>
      """
  }
}
