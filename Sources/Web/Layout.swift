import Kernel

/// What the frame around a page shows besides the page.
struct Chrome: Sendable {
  let menu: [MenuEntry]
  let dutiesToday: Int
  let fingerprint: String
}

/// The frame around every page.
enum Layout {
  static func render(_ page: Page, for request: WebRequest, chrome: Chrome?) -> HTML {
    let t = request.texts(WebText.self)
    let language: HTML = request.language == .ja ? "ja" : "en"
    return """
      <!doctype html>
      <html lang="\(language)">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">\(page.refreshSeconds.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">" as HTML })
      <title>\(page.title) - \(t(.product))</title>
      <link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
      <link rel="stylesheet" href="/assets/mamorite.css">
      <script type="module" src="/assets/mamorite.js"></script>\(terminalHead(request))
      </head>
      <body>
      <a class="skip" href="#main">\(t(.skip))</a>
      \(bar(page, request, chrome, t))
      \(page.bare ? nil : navigation(page, request, chrome, t))
      <main class="page" id="main"\("data-width", is: page.narrow ? "text" : nil)>
      \(breakGlass(request, t))\(grants(request, t))\(restored(request, t))\(page.body)
      </main>
      \(foot(chrome, t))
      </body>
      </html>

      """
  }

  /// Stands above every page for as long as someone is in by a sealed code.
  private static func breakGlass(_ request: WebRequest, _ t: Texts<WebText>) -> HTML? {
    guard let visit = request.visitor?.breakGlass else { return nil }
    return """
      <form class="notice" data-tone="bad" method="post" action="/sign-out" aria-label="\(t(.breakGlass))">
      <input type="hidden" name="_token" value="\(request.formToken)">
      <p><strong>\(t(.breakGlass))</strong></p><p>\(t(.breakGlassText, request.language.time(visit.endsAt)))</p>
      <p><button class="button" data-size="s">\(t(.breakGlassEnd))</button></p></form>
      """
  }

  /// Stands above every page for as long as someone is here by what has been given to them for a time.
  private static func grants(_ request: WebRequest, _ t: Texts<WebText>) -> HTML? {
    guard let visitor = request.visitor, !visitor.grants.isEmpty else { return nil }
    let lines = visitor.grants.html { grant in
      let role = request.words.word(grant.role.rawValue, in: "roles", request.language) ?? grant.role.rawValue
      return "<li>\(t(.grantedUntil, role, request.language.dateTime(grant.until), grant.reason))</li>"
    }
    return """
      <aside class="notice" data-tone="info" aria-label="\(t(.granted))"><p><strong>\(t(.granted))</strong> \(visitor.facilityName)</p>
      <ul class="plain small">\(lines)</ul></aside>
      """
  }

  private static let brandMark: HTML =
    "<svg width=\"26\" height=\"26\" viewBox=\"0 0 26 26\" aria-hidden=\"true\"><path d=\"M3 12 13 4l10 8\" fill=\"none\" stroke=\"#ffd27d\" stroke-width=\"2.5\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/><path d=\"M6 15c2-3 4.5-4.5 7-4.5s5 1.5 7 4.5c-2 3-4.5 4.5-7 4.5S8 18 6 15Z\" fill=\"none\" stroke=\"#fff\" stroke-width=\"2\"/><circle cx=\"13\" cy=\"15\" r=\"2\" fill=\"#fff\"/></svg>"

  private static func bar(_ page: Page, _ request: WebRequest, _ chrome: Chrome?, _ t: Texts<WebText>) -> HTML
  {
    let back = urlEncoded(request.method == "GET" ? request.pathAndQuery : "/")
    let other = request.language.other
    let switcher: HTML =
      "<a href=\"/language/\(other.rawValue)?back=\(back)\" lang=\"\(other.rawValue)\" hreflang=\"\(other.rawValue)\">\(t(.language))</a>"
    guard let visitor = request.visitor, !page.bare else {
      return """
        <header class="top"><div class="top-row"><span class="brand">\(brandMark)\(t(.product))</span>
        <div class="top-links">\(switcher)</div></div></header>
        """
    }
    return """
      <header class="top">
      <div class="top-row">
      <a class="brand" href="/">\(brandMark)\(t(.product))</a>
      \(facilityMenu(visitor, request))
      <div class="top-links">
      <a href="/#today">\(t(.today)) \(count(chrome?.dutiesToday ?? 0, t))</a>
      <a href="/inbox">\(t(.inbox)) \(count(visitor.unread, t))</a>
      \(visitor.breakGlass == nil ? "<a href=\"/account\">\(visitor.name)</a>" : "<span>\(visitor.name)</span>")
      \(switcher)\(handOver(visitor, request, t))
      </div>
      </div>
      </header>
      """
  }

  /// At a shared terminal, also for browsers without script: those are sent to the lock when its time has come.
  private static func terminalHead(_ request: WebRequest) -> HTML? {
    guard let terminal = request.visitor?.terminal else { return nil }
    return """
      <script type="module" src="/assets/terminal.js"></script>
      <noscript><meta http-equiv="refresh" content="\(terminal.lockMinutes * 60 + 1);url=/"></noscript>
      """
  }

  /// Locks the screen at once, for the next person.
  private static func handOver(_ visitor: Visitor, _ request: WebRequest, _ t: Texts<WebText>) -> HTML? {
    guard let terminal = visitor.terminal else { return nil }
    return """
      <form method="post" action="/terminal/lock" data-terminal="\(terminal.lockMinutes * 60_000)"\("data-kept", is: terminal.hasKept ? "yes" : nil)>
      <input type="hidden" name="_token" value="\(request.formToken)"><button class="button" data-size="s">\(t(.handOver))</button></form>
      """
  }

  /// Said by the script when it has put back what was typed before the lock.
  private static func restored(_ request: WebRequest, _ t: Texts<WebText>) -> HTML? {
    guard request.visitor?.terminal?.hasKept == true else { return nil }
    return
      "<p class=\"notice\" data-tone=\"info\" role=\"status\" data-terminal-restored hidden>\(t(.restored))</p>"
  }

  private static func count(_ number: Int, _ t: Texts<WebText>) -> HTML? {
    number > 0
      ? "<span class=\"count\">\(number)</span><span class=\"visually-hidden\">\(t(.items))</span>" : nil
  }

  private static func facilityMenu(_ visitor: Visitor, _ request: WebRequest) -> HTML {
    guard !visitor.others.isEmpty, visitor.terminal == nil else {
      return "<span>\(visitor.facilityName)</span>"
    }
    let others = visitor.others.html { other in
      """
      <li><form method="post" action="/facility"><input type="hidden" name="_token" value="\(request.formToken)">
      <button class="button" data-kind="quiet" name="facility" value="\(other.id)">\(other.name)</button></form></li>
      """
    }
    return "<details class=\"menu\"><summary>\(visitor.facilityName)</summary><ul>\(others)</ul></details>"
  }

  private static func navigation(_ page: Page, _ request: WebRequest, _ chrome: Chrome?, _ t: Texts<WebText>)
    -> HTML?
  {
    guard let chrome, let visitor = request.visitor else { return nil }
    let shown = chrome.menu.filter { request.may($0.permission) && $0.isFor(visitor) }
    let entries = shown.html { entry in
      "<li\("class", is: entry.isEmergency ? "nav-emergency" : nil)><a href=\"\(entry.path)\"\("aria-current", is: entry.id == page.menu ? "page" : nil)>\(entry.title(request.language))</a></li>"
    }
    return "<nav class=\"nav\" aria-label=\"\(t(.mainMenu))\"><ul class=\"nav-list\">\(entries)</ul></nav>"
  }

  private static func foot(_ chrome: Chrome?, _ t: Texts<WebText>) -> HTML {
    let record: HTML? = chrome.map {
      "\(t(.footRecord)) <span class=\"fixed\">\($0.fingerprint)</span> ・ "
    }
    return
      "<footer class=\"foot\"><p>\(t(.product)) \(Release.version) ・ \(record)\(t(.footPatients))</p></footer>"
  }
}

/// The program's own version.
public enum Release {
  public static let version = "0.1.0"
}

extension WebRequest {
  var pathAndQuery: String {
    query.isEmpty
      ? path
      : path + "?" + query.map { "\(urlEncoded($0.name))=\(urlEncoded($0.value))" }.joined(separator: "&")
  }
}
