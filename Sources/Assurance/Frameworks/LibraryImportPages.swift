import Frameworks
import Kernel
import Web

/// Choosing a library, and seeing what taking it in would do.
enum LibraryImportPages {
  static func choose(_ request: WebRequest, _ problem: (any Problem)?) -> Page {
    let t = request.texts(LibraryText.self)
    let refusal = problem.map { Components.notice(.bad, request.words.problem($0, t.language)) }
    return Page(
      t(.importTitle), menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/frameworks">\(t(.title))</a></li></ol>
      <h1>\(t(.importTitle))</h1>
      <p>\(t(.importLead))</p>\(refusal)
      <form class="panel stack" method="post" enctype="multipart/form-data" action="/frameworks/import">
      \(Components.formToken(request))
      <div class="field"><label for="file">\(t(.importFile))</label><input id="file" name="file" type="file" accept=".yaml,.yml,.xlsx,.json" required aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.importHint))</p></div>
      <div class="cluster apart"><a href="/frameworks">\(t(.back))</a><button class="button" data-kind="primary">\(t(.importRead))</button></div>
      </form>
      """)
  }

  static func preview(_ request: WebRequest, _ report: LibraryReport, _ upload: ID<Libraries.Upload>) -> Page
  {
    let t = request.texts(LibraryText.self)
    let counts = report.counts
    let figures = [
      (t(.requirements), counts.requirements), (t(.answerable), counts.assessable),
      (t(.questions), counts.questions), (t(.mappingSets), counts.mappings),
      (t(.controls), counts.referenceControls),
    ].filter { $0.1 > 0 }.map { name, count in
      (mark: String?.none, name: HTML(name), value: HTML(t.language.number(count)))
    }
    let apply: HTML = """
      <form method="post" action="/frameworks/import/apply" class="cluster">\(Components.formToken(request))<input type="hidden" name="upload" value="\(upload)">
      <button class="button" data-kind="primary">\(t(.apply))</button> <a href="/frameworks/import">\(t(.importOther))</a></form>
      """
    let same: HTML = """
      \(Components.notice(.info, t(.same), "<p>\(t(.sameText))</p>"))<p><a class="button" data-kind="primary" href="/frameworks">\(t(.back))</a></p>
      """
    return Page(
      report.name, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/frameworks">\(t(.title))</a></li></ol>
      <h1>\(report.name)</h1>
      <p>\(report.file)・\(t(.version)) \(report.version)・\(outcome(report, t))</p>
      \(Components.figures(figures))
      \(report.outcome == .same ? same : apply)
      \(report.difference.map { difference($0, t) })
      \(LibraryPages.remarks(request, report.warnings, report.remarks.first, t))
      """)
  }

  private static func outcome(_ report: LibraryReport, _ t: Texts<LibraryText>) -> String {
    let other = "\(report.otherVersion ?? 0)"
    return switch report.outcome {
    case .update: t(.update, other)
    case .older: t(.olderVersion, other)
    case .same: t(.same)
    case .new, .refused: t(.isNew)
    }
  }

  /// So many nodes of one kind are shown.
  private static let mostNodes = 200

  private static func difference(_ difference: LibraryDifference, _ t: Texts<LibraryText>) -> HTML {
    let isSame = difference.added.isEmpty && difference.changed.isEmpty && difference.removed.isEmpty
    guard !isSame else {
      return "<section class=\"stack\"><h2>\(t(.differences))</h2><p>\(t(.noDifference))</p></section>"
    }
    return """
      <section class="stack"><h2>\(t(.differences))</h2>
      \(nodes(difference.added, .added, t))\(nodes(difference.changed, .changed, t))
      \(nodes(difference.removed, .removed, t))
      \(difference.removed.isEmpty ? nil : "<p>\(t(.removedText))</p>" as HTML)</section>
      """
  }

  private static func nodes(
    _ nodes: [LibraryDifference.Node], _ title: LibraryText, _ t: Texts<LibraryText>
  ) -> HTML? {
    guard !nodes.isEmpty else { return nil }
    let items = nodes.prefix(mostNodes).html { "<li>\($0.title)</li>" }
    let rest = nodes.count - mostNodes
    let more: HTML? = rest > 0 ? "<p>\(t(.more, rest))</p>" : nil
    return "<h3>\(t(title, nodes.count))</h3><ul class=\"plain\">\(items)</ul>\(more)"
  }
}
