import Kernel
import Publishing
import Web

/// One's own second factors: the section of the own page, setting one up, recovery codes.
enum FactorPages {
  /// Whether the own page asks for a second factor before anything else.
  static func invites(_ standing: FactorStanding) -> Bool { !standing.hasFactor && standing.policies.ask }

  static func own(_ request: WebRequest, _ standing: FactorStanding, _ place: PasskeyPlace) -> HTML {
    let t = request.texts(FactorText.self)
    let kind: String? = invites(standing) ? "primary" : nil
    let p = request.texts(PasskeyText.self)
    let add: HTML? =
      standing.confirmed.count < Accounts.mostFactors
      ? "<p class=\"cluster\"><a class=\"button\"\("data-kind", is: kind) href=\"/account/factors/new\">\(t(standing.hasFactor ? .addAnother : .add))</a> <a class=\"button\" href=\"/account/passkeys/new\">\(p(.add))</a></p>"
      : nil
    return """
      <section class="panel stack" id="factors" aria-labelledby="h-factors"><h2 id="h-factors">\(t(.title))</h2>
      \(standing.hasFactor ? table(request, standing, place, t) : invitation(request, standing, t))
      \(add)</section>
      """
  }

  private static func invitation(
    _ request: WebRequest, _ standing: FactorStanding, _ t: Texts<FactorText>
  ) -> HTML {
    let demand: HTML? = standing.policies.firstDay.map { day in
      "<p>\(Components.tag(t(.neededFrom, request.language.date(day)), .warn))</p>"
    }
    return "<p>\(t(.none))</p>\(demand)"
  }

  private static func table(
    _ request: WebRequest, _ standing: FactorStanding, _ place: PasskeyPlace, _ t: Texts<FactorText>
  ) -> HTML {
    let rows = standing.confirmed.html { factor in
      """
      <tr><th scope="row" data-label="\(t(.kind))">\(name(of: factor, t)) \(amiss(factor, place, request))</th>
      <td data-label="\(t(.since))">\(factor.confirmedAt.map { request.language.timeTag($0.day, short: false) })</td>
      <td data-label="\(t(.used))">\(factor.lastUsedAt.map { request.language.timeTag($0) } ?? HTML(t(.notUsed)))</td>
      <td><a href="/account/factors/\(factor.id)/removal" aria-label="\(t(.remove)): \(name(of: factor, t))">\(t(.remove))</a></td></tr>
      """
    }
    let left = standing.recoveryLeft
    let few: HTML = left <= 2 ? Components.finding(t(.recoveryFew, left)) : HTML(t(.recoveryLeft, left))
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.kind))</th><th scope="col">\(t(.since))</th><th scope="col">\(t(.used))</th><th scope="col"><span class="visually-hidden">\(t(.remove))</span></th></tr></thead>
      <tbody>\(rows)</tbody></table>
      <p>\(few) <a href="/account/recovery-codes">\(t(.recoveryRenew))</a></p>
      """
  }

  /// What is wrong with a passkey.
  private static func amiss(_ factor: Factor, _ place: PasskeyPlace, _ request: WebRequest) -> HTML? {
    guard let passkey = factor.passkey else { return nil }
    let t = request.texts(PasskeyText.self)
    if passkey.copiedAt != nil { return "<br>\(Components.finding(t(.copied)))" }
    return place.party?.id == passkey.party
      ? nil : "<br>\(Components.tag(t(.otherPlace, passkey.party), .warn))"
  }

  static func name(of factor: Factor, _ t: Texts<FactorText>) -> String {
    let kind = t(factor.kind == .passkey ? .passkey : .app)
    return factor.name.isEmpty ? kind : "\(kind) (\(factor.name))"
  }

  // MARK: Setting one up

  static func new(_ request: WebRequest, name: String, problem: Accounts.Refusal?) -> Page {
    let t = request.texts(FactorText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    return Page(
      t(.newTitle), narrow: true,
      """
      <ol class="crumbs"><li><a href="/account">\(request.texts(AccountText.self)(.accountTitle))</a></li></ol>
      <h1>\(t(.newTitle))</h1>
      <p>\(t(.newLead))</p><p>\(t(.newApps))</p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="panel stack" action="/account/factors" method="post">
      \(Components.formToken(request))
      \(Components.field("name", t(.nameLabel), value: name, hint: t(.nameHint), error: errors["name"], autocomplete: "off"))
      \(password(request, errors))
      <p><button class="button" data-kind="primary">\(t(.start))</button></p>
      </form>
      """)
  }

  static func password(_ request: WebRequest, _ errors: FormErrors) -> HTML {
    Components.field(
      "current", request.texts(AccountText.self)(.current), type: "password", error: errors["current"],
      required: true, autocomplete: "current-password")
  }

  /// The QR code, the same as letters, and the field for the first code.
  ///
  /// - Parameters:
  ///   - other: a form for another kind of factor.
  ///   - then: where signing in leads, for someone who cannot come in without this; nil for one who is in.
  static func setup(
    _ request: WebRequest, _ standing: FactorStanding, _ code: TimeCode, then: Continuation?,
    beside other: HTML? = nil, problem: Accounts.Refusal?
  ) -> Page {
    let t = request.texts(FactorText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let address = code.address(issuer: "Mamorite", account: standing.login)
    let why: HTML? = then.map { _ in Components.notice(.info, t(.demandedTitle), "<p>\(t(.demandedText))</p>")
    }
    let action: HTML = then == nil ? "/account/factors/waiting" : "/sign-in/factor"
    return Page(
      t(.setupTitle), narrow: true, bare: then != nil,
      """
      <h1>\(t(.setupTitle))</h1>
      \(why)\(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <ol class="steps"><li>\(t(.setupScan))</li><li>\(t(.setupType))</li></ol>
      <div class="panel stack"><figure>\(QRCode.svg(address, label: t(.qrLabel)))</figure>
      <details><summary>\(t(.byHand))</summary><p>\(t(.byHandText))</p>
      <p class="fixed">\(code.typed)</p></details></div>
      <form class="panel stack" action="\(action)" method="post">
      \(Components.formToken(request))\(then?.fields)
      \(Components.field("code", t(.code), hint: t(.codeHint), error: errors["code"], required: true, autocomplete: "one-time-code", inputmode: "numeric"))
      <p><button class="button" data-kind="primary">\(t(.confirm))</button></p>
      </form>
      \(other)
      """)
  }

  /// New recovery codes, shown this once.
  static func codes(_ request: WebRequest, _ codes: [String], _ then: Continuation?) -> Page {
    let t = request.texts(FactorText.self)
    return Page(
      t(.codesTitle), narrow: true, bare: then != nil,
      """
      <h1>\(t(.codesTitle))</h1>
      <div class="screen-only">\(Components.notice(.warn, t(.codesOnce), "<p>\(t(.codesOnceText))</p>"))</div>
      <article class="sheet" aria-labelledby="h-codes"><header class="sheet-head"><h2 id="h-codes">\(t(.codesHead))</h2><span>\(request.language.timeTag(request.now.day, short: false))</span></header>
      <ol class="steps">\(codes.html { "<li><strong class=\"fixed\">\($0)</strong></li>" })</ol>
      <p>\(t(.codesUse))</p></article>
      <div class="screen-only cluster">\(onward(request, then, t)) <button class="button" data-print hidden>\(t(.codesPrint))</button></div>
      """)
  }

  private static func onward(_ request: WebRequest, _ then: Continuation?, _ t: Texts<FactorText>) -> HTML {
    guard let then, !then.resume.isEmpty else {
      return
        "<a class=\"button\" data-kind=\"primary\" href=\"\(then?.next ?? "/account")\">\(t(.codesDone))</a>"
    }
    return """
      <form method="post" action="\(then.resume)">\(Components.formToken(request))\(SignedOutPage.kept(then.keptFields))
      <button class="button" data-kind="primary">\(t(.codesDone))</button></form>
      """
  }

  // MARK: Taking away

  static func removal(
    _ request: WebRequest, _ factor: Factor, _ standing: FactorStanding, problem: Accounts.Refusal?
  ) -> Page {
    let t = request.texts(FactorText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let text = standing.confirmed.count == 1 ? t(.removeLastText) : t(.removeText)
    return Page(
      t(.removeTitle), narrow: true,
      """
      <ol class="crumbs"><li><a href="/account">\(request.texts(AccountText.self)(.accountTitle))</a></li></ol>
      <h1>\(t(.removeTitle))</h1>
      <p><strong>\(name(of: factor, t))</strong></p><p>\(text)</p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="panel stack" action="/account/factors/\(factor.id)/removal" method="post">
      \(Components.formToken(request))\(password(request, errors))
      <p><button class="button" data-kind="danger">\(t(.removeButton))</button></p>
      </form>
      """)
  }

  static func renewal(_ request: WebRequest, problem: Accounts.Refusal?) -> Page {
    let t = request.texts(FactorText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    return Page(
      t(.renewTitle), narrow: true,
      """
      <ol class="crumbs"><li><a href="/account">\(request.texts(AccountText.self)(.accountTitle))</a></li></ol>
      <h1>\(t(.renewTitle))</h1><p>\(t(.renewText))</p>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="panel stack" action="/account/recovery-codes" method="post">
      \(Components.formToken(request))\(password(request, errors))
      <p><button class="button" data-kind="primary">\(t(.renewButton))</button></p>
      </form>
      """)
  }
}
