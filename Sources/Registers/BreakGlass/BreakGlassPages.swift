import Kernel
import Web

/// Coming in by a sealed code, the codes, and the uses that have to be reviewed.
enum BreakGlassPages {
  /// - Parameter then: what someone had sent before, which goes along.
  static func door(
    _ request: WebRequest, _ typed: FormValues?, _ then: Continuation, problem: BreakGlassRefusal?
  ) -> Page {
    let t = request.texts(BreakGlassText.self)
    let problems = problem.map { [$0] } ?? []
    let errors = FormErrors(request, problems)
    return Page(
      t(.doorTitle), narrow: true, bare: true,
      """
      <h1>\(t(.doorTitle))</h1>
      <p>\(t(.doorLead))</p>
      \(Components.notice(.warn, t(.loud), "<p>\(t(.loudText))</p>"))
      \(request.terminalToken == nil ? nil : Components.notice(.info, t(.again), "<p>\(t(.againText))</p>"))
      \(FormErrors.summary(request, problems))
      <form class="panel stack" action="/break-glass" method="post">\(Components.formToken(request))\(then.fields)
      \(Components.field("code", t(.code), hint: t(.codeHint), error: errors["code"], required: true, autocomplete: "off"))
      \(Components.field("name", t(.name), value: typed?["name"] ?? "", hint: t(.nameHint), error: errors["name"], required: true, autocomplete: "name"))
      \(Components.textArea("reason", t(.reason), value: typed?["reason"] ?? "", hint: t(.reasonHint), error: errors["reason"]))
      <p><button class="button" data-kind="primary">\(t(.enter))</button></p></form>
      <p class="small"><a href="/sign-in">\(t(.back))</a></p>
      """)
  }

  struct Shown {
    let codes: [SealedCode]
    let setting: BreakGlassSetting
    let uses: [BreakGlassUse]
  }

  static func list(_ request: WebRequest, _ shown: Shown, problem: BreakGlassRefusal?) -> Page {
    let t = request.texts(BreakGlassText.self)
    let uses =
      shown.uses.isEmpty
      ? Components.empty(t(.noUses), t(.noUsesText)) : table(request, shown.uses, t)
    return Page(
      t(.title), menu: "registers",
      """
      <h1>\(t(.title))</h1>\(RegisterTabs.tabs(request, current: "break-glass"))
      \(done(request, t))\(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <p>\(t(.lead))</p>
      <div class="columns">\(codes(request, shown, t))
      \(request.may(.breakGlassManage) ? setting(request, shown.setting, problem, t) : nil)</div>
      <section class="stack" aria-labelledby="h-uses"><h2 id="h-uses">\(t(.uses))</h2>\(uses)</section>
      """)
  }

  private static func done(_ request: WebRequest, _ t: Texts<BreakGlassText>) -> HTML? {
    switch request.query("done") {
    case "setting": Components.notice(.good, t(.settingSaved))
    case "review": Components.notice(.good, t(.reviewSaved))
    default: nil
    }
  }

  private static func codes(_ request: WebRequest, _ shown: Shown, _ t: Texts<BreakGlassText>) -> HTML {
    let rows = shown.codes.html { code in
      "<li>\(t(.number, code.number)) \(state(code.state, t))</li>"
    }
    let made: HTML? = shown.codes.first.map { code in
      "<p>\(t(.madeBy, request.language.date(code.madeAt.day), code.madeBy))</p><ul class=\"plain\">\(rows)</ul>"
    }
    let counts = (1...BreakGlass.mostCodes).map { ("\($0)", "\($0)") }
    let form: HTML? =
      request.may(.breakGlassManage)
      ? """
      <form class="stack" method="post" action="/break-glass/codes">\(Components.formToken(request))
      \(Components.select("count", t(.count), options: counts, chosen: "3", hint: t(.countHint)))
      <p><button class="button" data-kind="primary">\(t(.make))</button></p></form>
      """ : nil
    return """
      <section class="panel stack" aria-labelledby="h-codes"><h2 id="h-codes">\(t(.codes))</h2>
      \(made ?? "<p>\(t(.noCodes))</p>")\(form)</section>
      """
  }

  private static func state(_ state: SealedCode.State, _ t: Texts<BreakGlassText>) -> HTML {
    switch state {
    case .sealed: Components.tag(t(.stateSealed), .good)
    case .used: Components.tag(t(.stateUsed), .warn)
    case .withdrawn: Components.tag(t(.stateWithdrawn))
    }
  }

  private static func setting(
    _ request: WebRequest, _ setting: BreakGlassSetting, _ problem: BreakGlassRefusal?,
    _ t: Texts<BreakGlassText>
  ) -> HTML {
    let options = BreakGlassSetting.choices.map { ("\($0)", t(.minutes, $0)) }
    let error = FormErrors(request, problem.map { [$0] } ?? [])["minutes"]
    return """
      <section class="panel stack" aria-labelledby="h-setting"><h2 id="h-setting">\(t(.setting))</h2>
      <form class="stack" method="post" action="/break-glass/setting">\(Components.formToken(request))
      <input type="hidden" name="version" value="\(setting.version)">
      \(Components.select("minutes", t(.lasts), options: options, chosen: "\(setting.minutes)", hint: t(.lastsHint), error: error))
      <p><button class="button">\(t(.saveSetting))</button></p></form></section>
      """
  }

  private static func table(_ request: WebRequest, _ uses: [BreakGlassUse], _ t: Texts<BreakGlassText>)
    -> HTML
  {
    let rows = uses.html { use in
      """
      <tr><th scope="row" data-label="\(t(.name))"><a href="/break-glass/records/\(use.id)">\(use.name)</a></th>
      <td data-label="\(t(.when))">\(request.language.timeTag(use.begunAt))</td>
      <td data-label="\(t(.reason))">\(use.reason)</td>
      <td data-label="\(t(.review))">\(review(use, at: request.now, t))</td></tr>
      """
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.uses))</caption>
      <thead><tr><th scope="col">\(t(.name))</th><th scope="col">\(t(.when))</th><th scope="col">\(t(.reason))</th><th scope="col">\(t(.review))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
  }

  private static func review(_ use: BreakGlassUse, at now: Instant, _ t: Texts<BreakGlassText>) -> HTML {
    if let review = use.review { return HTML(t(BreakGlassText.outcome(review.outcome))) }
    return use.isOpen(at: now) ? Components.tag(t(.goingOn), .bad) : Components.finding(t(.notReviewed))
  }

  // MARK: One use

  static func use(
    _ request: WebRequest, _ use: BreakGlassUse, entries: Int, typed: FormValues?,
    problem: BreakGlassRefusal?
  ) -> Page {
    let t = request.texts(BreakGlassText.self)
    let language = request.language
    let isOpen = use.isOpen(at: request.now)
    let entriesLink: HTML =
      // Declared by the slice that shows the ledger.
      request.may(Permission("ledger.read"))
      ? "<a href=\"/ledger?actor=\(urlEncoded("break-glass:\(use.id)"))\">\(t(.entryCount, entries))</a>"
      : HTML(t(.entryCount, entries))
    let facts = Components.facts([
      (t(.name), HTML(use.name)), (t(.reason), HTML(use.reason)), (t(.usedCode), HTML(t(.number, use.code))),
      (t(.when), language.timeTag(use.begunAt)), (t(.until), language.timeTag(use.endedAt ?? use.expiresAt)),
      (t(.address), HTML(use.address.isEmpty ? "-" : use.address)),
      (t(.browser), HTML(BrowserName(agent: use.agent).text ?? "-")), (t(.entries), entriesLink),
    ])
    let next: HTML? =
      isOpen ? ending(request, use, t) : reviewPart(request, use, typed, problem, t)
    return Page(
      t(.useTitle, use.name), menu: "registers",
      """
      <ol class="crumbs"><li><a href="/break-glass/records">\(t(.title))</a></li></ol>
      <h1>\(t(.useTitle, use.name))</h1>\(done(request, t))
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <div class="split"><section class="panel" aria-label="\(t(.useTitle, use.name))">\(facts)</section>
      <div class="stack">\(next)</div></div>
      """)
  }

  private static func ending(_ request: WebRequest, _ use: BreakGlassUse, _ t: Texts<BreakGlassText>) -> HTML
  {
    let button: HTML? =
      request.may(.breakGlassReview)
      ? """
      <form method="post" action="/break-glass/records/\(use.id)/end">\(Components.formToken(request))
      <button class="button" data-kind="danger">\(t(.endNow))</button></form>
      """ : nil
    return "\(Components.notice(.bad, t(.goingOn), "<p>\(t(.goingOnText))</p>"))\(button)"
  }

  private static func reviewPart(
    _ request: WebRequest, _ use: BreakGlassUse, _ typed: FormValues?, _ problem: BreakGlassRefusal?,
    _ t: Texts<BreakGlassText>
  ) -> HTML {
    if let review = use.review {
      let facts = Components.facts([
        (t(.outcome), HTML(t(BreakGlassText.outcome(review.outcome)))), (t(.remark), HTML(review.remark)),
        (t(.reviewedBy), HTML(review.by)), (t(.reviewedAt), request.language.timeTag(review.at)),
      ])
      return
        "<section class=\"panel stack\" aria-labelledby=\"h-review\"><h2 id=\"h-review\">\(t(.review))</h2>\(facts)</section>"
    }
    guard request.may(.breakGlassReview), request.visitor?.breakGlass == nil else {
      return Components.notice(.warn, t(.notReviewed), "<p>\(t(.notReviewedText))</p>")
    }
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let options = BreakGlassUse.Outcome.allCases.map { ($0.rawValue, HTML(t(BreakGlassText.outcome($0)))) }
    return """
      <section class="panel stack" aria-labelledby="h-review"><h2 id="h-review">\(t(.review))</h2>
      <p>\(t(.reviewLead))</p>
      <form class="stack" method="post" action="/break-glass/records/\(use.id)/review">\(Components.formToken(request))
      <input type="hidden" name="version" value="\(use.version)">
      \(Components.choices("outcome", t(.outcome), options: options, chosen: typed?["outcome"], tall: true, error: errors["outcome"]))
      \(Components.textArea("remark", t(.remark), value: typed?["remark"] ?? "", hint: t(.remarkHint), error: errors["remark"]))
      <p><button class="button" data-kind="primary">\(t(.saveReview))</button></p></form></section>
      """
  }

  /// New codes, shown this once: each on a sheet of its own.
  static func codes(_ request: WebRequest, _ codes: [String]) -> Page {
    let t = request.texts(BreakGlassText.self)
    let day = request.language.timeTag(request.now.day, short: false)
    let sheets = codes.enumerated().map { ($0.offset + 1, $0.element) }.html { number, code in
      """
      <article class="sheet letter" aria-labelledby="h-\(number)"><header class="sheet-head"><h2 id="h-\(number)">\(t(.sheetTitle, number))</h2><span>\(day)</span></header>
      <p>\(request.visitor?.facilityName ?? "")</p>
      <p><strong class="fixed">\(code)</strong></p><p>\(t(.sheetUse))</p></article>
      """
    }
    return Page(
      t(.codesTitle), narrow: true,
      """
      <h1>\(t(.codesTitle))</h1>
      <div class="screen-only">\(Components.notice(.warn, t(.once), "<p>\(t(.onceText))</p>"))</div>
      \(sheets)
      <div class="screen-only cluster"><a class="button" data-kind="primary" href="/break-glass/records">\(t(.sealedDone))</a> <button class="button" data-print hidden>\(t(.print))</button></div>
      """)
  }
}
