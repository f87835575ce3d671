import Kernel
import Mail
import Publishing
import Web

/// The words of a letter to a vendor.
struct LetterText: Sendable {
  /// Where vendors reach the program, without a slash at its end.
  let site: String
  let facility: String
  let library: PackLibrary

  func title(_ request: SheetRequest, _ language: Language) -> String {
    SheetForm.title(of: request, library: library, language)
  }

  func title(_ asked: Requests.Asked, _ language: Language) -> String {
    guard asked.kind == .vendorChecklist, let pack = asked.pack.flatMap({ try? library.pack($0) }),
      let form = pack.form(asked.form ?? "")
    else { return Texts<SheetText>(language)(SheetText.title(asked.kind)) }
    return "\(form.title(language)) \(language.fiscalYear(pack.fiscalYear))"
  }

  func link(_ token: String) -> String { "\(site)/v/\(token)" }

  /// The letter, also as mail; paragraphs are separated by empty lines.
  func body(
    _ request: SheetRequest, link: String, expiresOn: Day, hasPin: Bool, _ language: Language
  ) -> String {
    let t = Texts<RequestText>(language)
    let about = request.systemName.map { t(.letterSystem, $0) } ?? ""
    let parts = [
      t(.letterTo, request.vendorName), t(.letterAsk, facility, title(request, language), about),
      request.message, t(.letterHow, language.date(request.dueOn)), link,
      t(.letterExpiry, language.date(expiresOn)), hasPin ? t(.letterPin) : "", t(.letterPatients), facility,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// What a reminder says; the link itself is in the vendor's hands, or a new one has to be made.
  func reminder(_ request: SheetRequest, on today: Day, _ language: Language) -> String {
    let t = Texts<RequestText>(language)
    let days = request.dueOn.days(since: today)
    let state =
      days >= 0
      ? t(.reminderSoon, language.date(request.dueOn)) : t(.reminderLate, language.date(request.dueOn))
    return [
      t(.letterTo, request.vendorName), t(.reminderAsk, facility, title(request, language)), state,
      t(.reminderHow), facility,
    ].joined(separator: "\n\n")
  }
}

/// Letters that have just been made: the only page that ever shows their links and numbers.
enum LetterPages {
  static func letters(_ request: WebRequest, _ letters: [Requests.Letter], _ text: LetterText) -> Page {
    let t = request.texts(RequestText.self)
    let all = letters.enumerated().html { index, letter in sheet(request, letter, index + 1, text, t) }
    let pins = Dictionary(
      letters.compactMap { letter in letter.pin.map { (letter.request.vendorName, $0) } },
      uniquingKeysWith: { first, _ in first })
    let numbers: HTML? =
      pins.isEmpty
      ? nil
      : "<section class=\"panel screen-only\" aria-labelledby=\"h-pins\"><h2 id=\"h-pins\">\(t(.pinsTitle))</h2><p>\(t(.pinsText))</p>\(Components.facts(pins.sorted { $0.key < $1.key }.map { ($0.key, "<strong class=\"fixed\">\($0.value)</strong>") }))</section>"
    return Page(
      t(.lettersTitle, letters.count), menu: "registers",
      """
      <div class="screen-only stack"><ol class="crumbs"><li><a href="/requests">\(t(.title))</a></li></ol><h1>\(t(.lettersTitle, letters.count))</h1>
      \(Components.notice(.warn, t(.lettersOnce), "<p>\(t(.lettersOnceText))</p>"))
      <p class="cluster"><button class="button" data-kind="primary" data-print hidden>\(t(.printLetters))</button> <a href="/requests">\(t(.toOverview))</a></p></div>
      \(numbers)\(all)
      """)
  }

  private static func sheet(
    _ request: WebRequest, _ letter: Requests.Letter, _ number: Int, _ text: LetterText,
    _ t: Texts<RequestText>
  ) -> HTML {
    let language = request.language
    let link = text.link(letter.token)
    let body = text.body(
      letter.request, link: link, expiresOn: letter.expiresOn, hasPin: letter.pin != nil, language)
    let title = text.title(letter.request, language)
    return """
      <article class="sheet letter" aria-labelledby="l-\(number)"><header class="sheet-head"><h2 id="l-\(number)">\(letter.request.vendorName) \(letter.request.systemName) ・ \(title)</h2><span>\(language.timeTag(request.now.day, short: false))</span></header>
      \(letter.mailedTo.map { "<p class=\"screen-only\">\(Components.tag(t(.mailedTo, $0.text), .info))</p>" as HTML })
      <div class="letter-body"><div class="stack">\(WizardPages.paragraphs(body))</div>
      <figure>\(QRCode.svg(link, label: t(.qrLabel)))<figcaption class="small">\(t(.qrCaption))</figcaption></figure></div>
      <details class="screen-only"><summary>\(t(.mailText))</summary><div class="field"><label for="mail-\(number)">\(t(.mailLabel, letter.request.vendorName))</label><textarea id="mail-\(number)" rows="12" readonly>
      \(body)</textarea></div></details></article>
      """
  }
}
