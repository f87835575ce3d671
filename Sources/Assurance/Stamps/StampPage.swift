import Kernel
import Storage
import Web

/// The authority of time stamps, what it has stamped, and how anyone checks it.
enum StampPage {
  struct Shown: Sendable {
    let authority: StampAuthority?
    /// One more than a page has, if there are more.
    let stamps: [TimeStamp]
    /// What was typed and refused.
    let form: FormValues?
    let problem: StampProblem?
  }

  static func page(_ request: WebRequest, _ shown: Shown) -> Page {
    let t = request.texts(StampText.self)
    return Page(
      t(.title), menu: "ledger",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/ledger">\(t(.ledger))</a></li><li><a href="/ledger/proof">\(t(.proof))</a></li></ol><h1>\(t(.title))</h1></div></div>
      \(outcome(request, shown, t))<p>\(t(.lead))</p>
      <div class="split"><div class="stack">\(standing(request, shown, t))
      <section class="stack" aria-labelledby="h-stamps"><h2 id="h-stamps">\(t(.stamps))</h2>\(list(request, shown.stamps, t))</section></div>
      <div class="stack">\(request.may(.stampsEdit) ? form(request, shown, t) : nil)
      \(check(shown.stamps.first, t))</div></div>
      """)
  }

  private static func outcome(_ request: WebRequest, _ shown: Shown, _ t: Texts<StampText>) -> HTML? {
    if let problem = shown.problem {
      let words = request.words.problem(problem, request.language)
      guard shown.form != nil, problem.kind == .invalid else {
        return Components.notice(.bad, t(.failed), "<p>\(words)</p>")
      }
      return Components.errorSummary(
        request.texts(WebText.self)(.errorCount, 1), [(field: problem.field, text: words)])
    }
    if let sequence = request.query("stamped") {
      return Int(sequence).map { Components.notice(.good, t(.stamped, "\($0)")) }
        ?? Components.notice(.info, t(.nothingToStamp))
    }
    return switch request.query("done") {
    case "saved": Components.notice(.good, t(.saved), "<p>\(t(.savedText))</p>")
    case "removed": Components.notice(.good, t(.removed))
    default: nil
    }
  }

  private static func standing(_ request: WebRequest, _ shown: Shown, _ t: Texts<StampText>) -> HTML {
    guard let authority = shown.authority else {
      return Components.empty(t(.noAuthority), t(.noAuthorityText))
    }
    let ended: HTML? =
      authority.validUntil < request.now ? " \(Components.tag(t(.certificateEnded), .bad))" : nil
    var facts: [(String, HTML)] = [
      (t(.authority), "<span class=\"fixed small\">\(authority.url)</span>"),
      (t(.certificate), "<span class=\"small\">\(authority.name)</span>"),
      (t(.until), "\(t.language.timeTag(authority.validUntil.day, short: false))\(ended)"),
    ]
    if let failure = authority.failure {
      let words = request.words.problem(failure, request.language)
      facts.append(
        (
          t(.lastFailure),
          "\(t.language.timeTag(failure.at)) \(Components.tag(t(.times, failure.times), .warn))<br><span class=\"small\">\(words)</span>"
        ))
    }
    let now: HTML? =
      request.may(.ledgerSign)
      ? "<form method=\"post\" action=\"/ledger/stamps\">\(Components.formToken(request))<button class=\"button\"\("data-kind", is: shown.form == nil ? "primary" : nil)>\(t(.stampNow))</button></form>"
      : nil
    return
      "<section class=\"panel stack\" aria-labelledby=\"h-standing\"><h2 id=\"h-standing\">\(t(.standing))</h2>\(Components.facts(facts))\(now)</section>"
  }

  private static func list(_ request: WebRequest, _ stamps: [TimeStamp], _ t: Texts<StampText>) -> HTML {
    if stamps.isEmpty { return Components.empty(t(.noStamps), t(.noStampsText)) }
    let rows = stamps.prefix(Stamps.shown).html { each in
      """
      <tr><th scope="row" data-label="\(t(.time))">\(t.language.timeTag(each.at))</th>
      <td class="num" data-label="\(t(.number))"><a href="/ledger/entries/\(each.sequence)">\(each.sequence)</a></td>
      <td class="fixed" data-label="\(t(.authority))">\(each.authority)</td>
      <td data-label="\(t(.files))"><a href="/ledger/stamps/\(each.sequence)/stamp.tsr">\(each.sequence).tsr</a> <a href="/ledger/stamps/\(each.sequence)/authority.pem">\(each.sequence).pem</a></td></tr>
      """
    }
    let last = stamps[min(stamps.count, Stamps.shown) - 1].sequence
    let older: HTML? =
      stamps.count > Stamps.shown
      ? "<p class=\"small\"><a href=\"/ledger/stamps?before=\(last)\">\(t(.older))</a></p>" : nil
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.stamps))</caption>
      <thead><tr><th scope="col">\(t(.time))</th><th scope="col">\(t(.number))</th><th scope="col">\(t(.authority))</th><th scope="col">\(t(.files))</th></tr></thead>
      <tbody>\(rows)</tbody></table>\(older)
      """
  }

  private static func form(_ request: WebRequest, _ shown: Shown, _ t: Texts<StampText>) -> HTML {
    func error(_ field: String) -> String? {
      guard let problem = shown.problem, shown.form != nil, problem.field == field else { return nil }
      return request.words.problem(problem, request.language)
    }
    let authority = shown.authority
    let url = shown.form?["url"] ?? authority?.url ?? ""
    let certificate = shown.form?["certificate"] ?? authority?.certificate ?? ""
    let isFirst = authority == nil || shown.form != nil
    let removal: HTML? = authority.map { authority in
      """
      <form method="post" action="/ledger/stamps/authority/removal">\(Components.formToken(request))<input type="hidden" name="version" value="\(authority.version)">
      <p class="small">\(t(.removeText)) <button class="button" data-size="s">\(t(.remove))</button></p></form>
      """
    }
    return """
      <section class="panel stack" aria-labelledby="h-set"><h2 id="h-set">\(t(.set))</h2>
      <form class="stack" method="post" action="/ledger/stamps/authority" novalidate>\(Components.formToken(request))
      <input type="hidden" name="version" value="\(shown.form?["version"] ?? "\(authority?.version ?? 0)")">
      \(Components.field("url", t(.url), type: "url", value: url, hint: t(.urlHint), error: error("url"), required: true, autocomplete: "off"))
      \(Components.textArea("certificate", t(.certificate), value: certificate, hint: t(.certificateHint), error: error("certificate"), most: StampTool.longestCertificate))
      <p><button class="button"\("data-kind", is: isFirst ? "primary" : nil)>\(t(.save))</button></p></form>\(removal)</section>
      """
  }

  /// The command with which anyone checks the newest stamp.
  private static func check(_ newest: TimeStamp?, _ t: Texts<StampText>) -> HTML? {
    guard let newest else { return nil }
    let name = "\(newest.sequence)"
    return """
      <section class="panel stack" aria-labelledby="h-check"><h2 id="h-check">\(t(.check))</h2><p class="small">\(t(.checkText))</p>
      <p class="fixed small">openssl ts -verify -digest \(newest.hash) -in \(name).tsr -CAfile \(name).pem</p></section>
      """
  }
}

/// Words of time stamps.
enum StampText: String, TextKey {
  case title, ledger, proof, lead, stamps, standing, failed, stamped, nothingToStamp, saved, savedText,
    removed
  case noAuthority, noAuthorityText, authority, certificate, until, certificateEnded, lastFailure, times
  case stampNow, noStamps, noStampsText, time, number, files, older
  case set, url, urlHint, certificateHint, save, remove, removeText, check, checkText

  static let catalog = Catalog(StampText.self, in: .module, folder: "Stamps.files")
}
