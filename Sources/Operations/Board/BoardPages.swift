import Kernel
import Web

enum BoardPages {
  typealias T = Texts<BoardText>

  static func board(_ request: WebRequest, _ view: BoardView) -> Page {
    let t = request.texts(BoardText.self)
    let bad = view.lines.filter { $0.state != .up }
    let good = view.lines.filter { $0.state == .up }
    let title = headline(view.lines, t)
    let note: HTML? = view.note.isEmpty ? nil : "<p><strong>\(view.note)</strong></p>"
    var page = Page(
      title, bare: true,
      """
      <h1>\(title)</h1><p>\(view.facility) \(t(.asOf, t.language.dateTime(request.now)))</p>\(note)
      \(section("bad", t(.badTitle), bad, t))\(section("good", t(.goodTitle), good, t))\(planned(view, t))
      """)
    page.refreshSeconds = 60
    return page
  }

  /// The worst in one sentence.
  private static func headline(_ lines: [BoardLine], _ t: T) -> String {
    func count(_ state: BoardLine.State) -> Int { lines.count { $0.state == state } }
    if lines.isEmpty { return t(.nothing) }
    if count(.down) > 0 { return t(.someDown, count(.down)) }
    if count(.slow) > 0 { return t(.someSlow, count(.slow)) }
    return count(.unknown) > 0 ? t(.someUnknown, count(.unknown)) : t(.allWell)
  }

  private static func section(_ id: String, _ title: String, _ lines: [BoardLine], _ t: T) -> HTML? {
    guard !lines.isEmpty else { return nil }
    let items = lines.html { line in
      let (tone, sign, word): (Tone, String, BoardText) =
        switch line.state {
        case .down: (.bad, "×", .down)
        case .slow: (.warn, "△", .slow)
        case .unknown: (.warn, "?", .unknown)
        case .up: (.good, "○", .up)
        }
      let isWell = line.state == .up
      let meanwhile: HTML? =
        isWell
        ? nil
        : "<p><strong>\(t(.meanwhile))</strong> \(line.meanwhile.isEmpty ? t(.noAdvice) : line.meanwhile)</p>"
      let since =
        isWell
        ? line.seen.map { t(.seenAt, t.language.time($0)) } ?? ""
        : line.since.map { t(.sinceTime, t.language.dateTime($0)) } ?? ""
      let plan: HTML? = line.isPlanned ? "<p>\(t(.isPlanned))</p>" : nil
      return """
        <li class="service" data-tone="\(tone.rawValue)"><span class="state" data-tone="\(tone.rawValue)"><b aria-hidden="true">\(sign)</b>\(t(word))</span>\
        <div><h3>\(line.name)</h3>\(meanwhile)\(plan)</div><p class="since">\(since)</p></li>
        """ as HTML
    }
    return
      "<section aria-labelledby=\"\(id)\" class=\"stack\" data-gap=\"s\"><h2 id=\"\(id)\">\(title)</h2><ul class=\"services\" role=\"list\">\(items)</ul></section>"
  }

  private static func planned(_ view: BoardView, _ t: T) -> HTML? {
    guard !view.windows.isEmpty else { return nil }
    let items = view.windows.prefix(20).html { window in
      let what = window.monitor.map { view.names[$0.text] ?? t(.oneSystem) } ?? t(.everything)
      return
        "<li>\(t.language.dateTime(window.window.from)) − \(t.language.dateTime(window.window.until)) \(what)</li>"
    }
    return
      "<section class=\"panel\" aria-labelledby=\"plan\"><h2 id=\"plan\">\(t(.planTitle))</h2><ul class=\"plain\">\(items)</ul></section>"
  }

  static func setting(
    _ request: WebRequest, _ board: PagingSetting.Board?, _ facility: FacilityID, _ version: Int,
    _ refusal: PagingRefusal?
  ) -> Page {
    let t = request.texts(BoardText.self)
    let error = refusal.map { request.words.problem($0, t.language) }
    return Page(
      t(.settingTitle), menu: "monitoring", narrow: true,
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/monitoring">\(request.texts(PagingText.self)(.monitoring))</a></li></ol><h1>\(t(.settingTitle))</h1></div></div>
      <p>\(t(.settingText))</p><p><a href="/status/\(facility)">\(t(.look))</a></p>
      \(error.map { Components.errorSummary(t(.notSaved), [("networks", $0)]) })
      <form class="panel stack" method="post" action="/board">\(Components.formToken(request))<input type="hidden" name="version" value="\(version)">
      \(Components.choices("open", t(.isOpen), options: [("no", HTML(t(.isNo))), ("yes", HTML(t(.isYes)))], chosen: board == nil ? "no" : "yes", tall: true))
      \(Components.textArea("networks", t(.networks), value: board?.networks ?? Monitoring.standardNetworks, hint: t(.networksHint), error: error, most: 2000))
      \(Components.textArea("note", t(.note), value: board?.note ?? "", hint: t(.noteHint), most: Board.mostNote))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """)
  }
}
