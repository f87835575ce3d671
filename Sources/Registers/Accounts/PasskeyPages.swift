import Web

/// Forms whose fields the script fills with what the browser gives for a passkey.
enum PasskeyPages {
  enum Use {
    case make
    case show

    fileprivate var word: HTML { self == .make ? "create" : "get" }
  }

  /// One form with one button; where passkeys do not work, the reason in its place.
  ///
  /// - Parameters:
  ///   - action: where the answer goes; the challenge comes from `<action>/challenge`.
  ///   - always: hidden fields.
  ///   - inside: fields that make sense only with the button.
  static func form(
    _ request: WebRequest, _ place: PasskeyPlace, _ use: Use, action: HTML, _ label: PasskeyText,
    isPrimary: Bool = false, lead: PasskeyText? = nil, always: HTML? = nil, inside: HTML? = nil
  ) -> HTML {
    let t = request.texts(PasskeyText.self)
    if let reason = reason(place, t) { return "<p class=\"small\">\(reason)</p>" }
    let kind: String? = isPrimary ? "primary" : nil
    let parts = ["credential", "client", "authenticator", "signature", "user"].html {
      "<input type=\"hidden\" name=\"\($0)\" value=\"\">"
    }
    return """
      <form class="panel stack" action="\(action)" method="post" data-passkey="\(use.word)" data-challenge="\(action)/challenge">
      \(Components.formToken(request))\(always)\(parts)\(lead.map { "<p>\(t($0))</p>" as HTML })
      \(inside.map { "<div class=\"stack\" data-passkey-only hidden>\($0)</div>" as HTML })
      <p data-without-script>\(t(.noScript))</p>
      <p class="error" role="alert" data-passkey-error data-missing="\(t(.missing))" data-cancelled="\(t(use == .make ? .notMade : .cancelled))" data-known="\(t(.known))" data-failed="\(t(.failed))" hidden></p>
      <p><button class="button"\("data-kind", is: kind) hidden>\(t(label))</button></p>
      </form>
      <script type="module" src="/assets/passkey.js"></script>
      """
  }

  /// Why passkeys do not work here; nil where they do.
  static func reason(_ place: PasskeyPlace, _ t: Texts<PasskeyText>) -> String? {
    switch place {
    case .usable: nil
    case .number: t(.onNumber)
    case .plain: t(.onPlain)
    case .elsewhere(let address): t(.elsewhere, address)
    }
  }

  static func new(
    _ request: WebRequest, _ place: PasskeyPlace, name: String, problem: Accounts.Refusal?
  ) -> Page {
    let t = request.texts(PasskeyText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let fields: HTML = """
      \(Components.field("name", t(.nameLabel), value: name, hint: t(.nameHint), error: errors["name"], autocomplete: "off"))
      \(FactorPages.password(request, errors))
      """
    let form = form(
      request, place, .make, action: "/account/passkeys", .make, isPrimary: true, inside: fields)
    let body: HTML =
      reason(place, t).map { Components.notice(.warn, t(.notHere), "<p>\($0)</p>") }
      ?? "<p>\(t(.newLead))</p><p>\(t(.newKinds))</p>\(FormErrors.summary(request, problem.map { [$0] } ?? []))\(form)"
    return Page(
      t(.newTitle), narrow: true,
      """
      <ol class="crumbs"><li><a href="/account">\(request.texts(AccountText.self)(.accountTitle))</a></li></ol>
      <h1>\(t(.newTitle))</h1>
      \(body)
      """)
  }
}

/// Words of passkeys.
enum PasskeyText: String, TextKey {
  case signIn, useNow, codeLead, codeLeadAlone, recoveryOnly, recoveryHint, onNumber, onPlain, elsewhere,
    notHere
  case noScript, missing, cancelled, notMade, known, failed
  case newTitle, newLead, newKinds, nameLabel, nameHint, make, add, orMake, copied, otherPlace

  static let catalog = Catalog(PasskeyText.self, in: .module, folder: "Passkeys.files")
}
