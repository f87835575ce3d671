import Kernel
import Publishing
import Web

/// The emergency sheet on the screen: the same as on paper, and what it still lacks.
enum EmergencyPage {
  static func page(_ request: WebRequest, _ sheet: EmergencySheet) -> Page {
    let words = EmergencyWords(sheet, request.language)
    if sheet.isEmpty { return empty(request, words) }
    return Page(
      words.text(.title), menu: "emergency",
      """
      <div class="page-head screen-only"><p class="soft small">\(words.text(.screenNote))</p>
      <div class="cluster"><button class="button" type="button" data-print hidden>\(words.text(.print))</button>
      <a class="button" data-kind="primary" href="/emergency.pdf">\(words.text(.pdf))</a></div></div>
      \(gaps(request, words))
      <article class="sheet">
      <header class="sheet-head"><h1>\(words.text(.title))</h1><p>\(words.subtitle)</p></header>
      \(alarm(words))
      <section><h2>\(words.text(.chart))</h2><div class="scroll" tabindex="0" role="region" aria-label="\(words.text(.chart))">\(words.drawing)</div><p class="scroll-hint small soft">\(words.text(.scrollHint))</p></section>
      \(calls(words))
      <p class="small">\(words.tell.plain) <strong>\(words.tell.strong)</strong></p>
      <footer class="sheet-foot small"><span>\(words.nextCheck)\(words.responsible.map { " ・ \($0)" })</span><span>\(words.text(.fingerprint)) <span class="fixed">\(sheet.fingerprint)</span></span></footer>
      </article>
      """)
  }

  private static func alarm(_ words: EmergencyWords) -> HTML {
    let steps = words.steps.html { "<li><strong>\($0.strong)</strong>\($0.rest)</li>" }
    return """
      <section class="notice" data-tone="bad" aria-labelledby="h-first"><h2 id="h-first">\(words.text(.alarm))</h2>
      <ol class="steps columns" data-min="xs">\(steps)</ol></section>
      """
  }

  private static func calls(_ words: EmergencyWords) -> HTML {
    let (rows, left) = words.calls
    let heads = [
      words.text(.order), words.text(.who), words.text(.weekday), words.text(.nights), words.text(.tested),
    ]
    let body = rows.html { call in
      let tested: HTML =
        call.testedOn == nil ? Components.finding(words.tested(call)) : HTML(words.tested(call))
      return """
        <tr><td data-label="\(heads[0])">\(call.order)</td><th scope="row" data-label="\(heads[1])">\(call.who)</th>
        <td data-label="\(heads[2])">\(number(call.day) ?? web(call.web) ?? HTML(words.text(.none)))</td><td data-label="\(heads[3])">\(number(call.night) ?? HTML(words.text(.none)))</td><td data-label="\(heads[4])">\(tested)</td></tr>
        """
    }
    let more: HTML? =
      left > 0 ? "<p class=\"small\">\(Texts<EmergencyText>(words.language)(.listMore, left))</p>" : nil
    return """
      <section><h2>\(words.text(.list))</h2><table class="table" data-narrow="cards"><caption class="visually-hidden">\(words.text(.list))</caption>
      <thead><tr>\(heads.html { "<th scope=\"col\">\($0)</th>" })</tr></thead><tbody>\(body)</tbody></table>\(more)</section>
      """
  }

  /// A number to press when it is one that a telephone dials: digits and what is written among them.
  private static func number(_ text: String?) -> HTML? {
    guard let text else { return nil }
    let dialled = text.halfWidth.filter { !"-() ".contains($0) }
    let isNumber =
      dialled.count >= 3 && dialled.allSatisfy { $0.isASCII && ($0.isNumber || "+#*".contains($0)) }
    guard isNumber else { return HTML(text) }
    return "<a class=\"nowrap\" href=\"tel:\(dialled.replacing("#", with: "%23"))\">\(text)</a>"
  }

  private static func web(_ text: String?) -> HTML? {
    guard let text else { return nil }
    return text.hasPrefix("https://") ? "<a href=\"\(text)\">\(text)</a>" : HTML(text)
  }

  // MARK: What is missing

  private static func gaps(_ request: WebRequest, _ words: EmergencyWords) -> HTML? {
    let gaps = words.sheet.gaps
    guard !gaps.isEmpty else { return nil }
    let items = gaps.html { gap -> HTML in
      let name = words.text(gap.word)
      return request.may(.registersEdit)
        ? "<li><a href=\"/registers/\(gap.place)\">\(name)</a></li>" : "<li>\(name)</li>"
    }
    return """
      <section class="notice screen-only" data-tone="warn" aria-labelledby="h-gaps"><h2 id="h-gaps">\(words.text(.gaps))</h2>
      <p>\(words.text(.gapsText))</p><ul class="plain">\(items)</ul></section>
      """
  }

  /// Nothing to draw from: what to write first, in order.
  private static func empty(_ request: WebRequest, _ words: EmergencyWords) -> Page {
    let links: [(EmergencyText, HTML)] = [
      (.startPeople, "/registers/people"), (.startRoles, "/registers/roles"),
      (.startContacts, "/registers/contacts"), (.startVendors, "/registers/vendors"),
    ]
    let items = links.html { word, path -> HTML in
      request.may(.registersRead)
        ? "<li><a href=\"\(path)\">\(words.text(word))</a></li>" : "<li>\(words.text(word))</li>"
    }
    let starter: HTML? =
      request.may(.registersEdit)
      ? """
      <form method="post" action="/emergency/contacts">\(Components.formToken(request))
      <button class="button" data-kind="primary">\(words.text(.starter))</button></form>
      """ : nil
    return Page(
      words.text(.title), menu: "emergency", narrow: true,
      """
      <h1>\(words.text(.title))</h1>
      \(alarm(words))
      <section class="panel stack"><h2>\(words.text(.emptyTitle))</h2><p>\(words.text(.emptyText))</p>
      <ol class="steps">\(items)</ol>\(starter)</section>
      """)
  }
}

extension EmergencySheet.Gap {
  var word: EmergencyText {
    switch self {
    case .operations: .operations
    case .safetyManager: .safetyManager
    case .management: .management
    case .vendor: .vendor
    case .prefecture: .prefecture
    case .ministry: .ministry
    case .police: .police
    }
  }

  /// Where it is written, below `/registers/`.
  var place: String {
    switch self {
    case .operations: "roles/new?kind=operations"
    case .safetyManager: "roles/new?kind=safety-manager"
    case .management: "roles/new?kind=management"
    case .vendor: "vendors/new"
    case .prefecture, .ministry, .police: "contacts/new?kind=\(rawValue)"
    }
  }
}
