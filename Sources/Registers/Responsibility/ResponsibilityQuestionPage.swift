import Kernel
import Web

/// The letter with the open questions to a vendor: to print, or to copy into a mail.
enum ResponsibilityQuestionPage {
  struct Letter: Sendable {
    let table: Responsibility.Table
    let vendor: Entry.ID
    let vendorName: String
    let contact: String?
    /// From whom it comes.
    let facility: String
    let sender: String
    let today: Day
  }

  static func page(_ request: WebRequest, _ letter: Letter) -> Page {
    let words = Responsibility.TableWords(letter.table, request.language)
    let t = words.t
    let title = t(.letterTitle, letter.table.system.name)
    let others = letter.table.parties.filter { $0 != letter.vendor }
    let links = others.html { id in
      "<a href=\"/responsibility/\(letter.table.system.id)/questions?vendor=\(id)\">\(t(.letterTo, letter.table.vendors[id] ?? ""))</a>"
    }
    let otherLetters: HTML? =
      others.isEmpty
      ? nil
      : "<nav class=\"cluster small screen-only\" aria-label=\"\(t(.letterOthers))\"><span class=\"soft\">\(t(.letterOthers))</span>\(links)</nav>"
    return Page(
      title, menu: "registers",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/responsibility">\(t(.title))</a></li><li><a href="/responsibility/\(letter.table.system.id)">\(letter.table.system.name)</a></li></ol>
      <h1 class="screen-only">\(title)</h1></div><button class="button" type="button" data-kind="primary" data-print hidden>\(t(.letterPrint))</button></div>
      \(otherLetters)
      \(sheet(letter, words))
      \(copy(letter, words))
      """)
  }

  private static func sheet(_ letter: Letter, _ words: Responsibility.TableWords) -> HTML {
    let t = words.t
    let questions = letter.table.questions(for: letter.vendor)
    let rows = questions.enumerated().html { index, place -> HTML in
      """
      <tr><td>\(index + 1)</td><th scope="row">\(place.item.name)</th><td>\(t(place.phase.word))</td>
      <td>\(question(place.cell, words))</td><td></td><td></td></tr>
      """
    }
    let nothing = Components.empty(
      t(.letterNothing), t(.letterNothingText, letter.vendorName),
      "<a class=\"button\" href=\"/responsibility/\(letter.table.system.id)\">\(t(.back))</a>")
    guard !questions.isEmpty else { return nothing }
    let cited = letter.table.cited.filter { $0.vendorID == letter.vendor }.map(\.number)
    let contracts: HTML? = cited.isEmpty ? nil : "<p>\(t(.contracts, cited.joined(separator: t(.comma))))</p>"
    return """
      <section class="sheet" aria-labelledby="h-letter">
      <div class="sheet-head"><p><strong>\(t(.letterAddress, letter.vendorName))</strong><br>\(address(letter, t))</p>
      <p>\(t.language.date(letter.today))<br>\(letter.facility)<br>\(letter.sender)</p></div>
      <h2 id="h-letter">\(t(.letterSubject, letter.table.system.name))</h2>
      <p>\(t(.letterLead, letter.table.system.name, "\(questions.count)"))</p>\(contracts)
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.letterQuestions))"><table class="table"><caption class="visually-hidden">\(t(.letterQuestions))</caption>
      <thead><tr><th scope="col">\(t(.letterNumber))</th><th scope="col">\(t(.item))</th><th scope="col">\(t(.phase))</th><th scope="col">\(t(.letterQuestion))</th><th scope="col">\(t(.letterBearer))</th><th scope="col">\(t(.letterSource))</th></tr></thead>
      <tbody>\(rows)</tbody></table></div>
      <p>\(t(.letterEnd))</p></section>
      """
  }

  private static func address(_ letter: Letter, _ t: Texts<ResponsibilityText>) -> String {
    letter.contact.map { t(.letterContact, $0) } ?? t(.letterContactNone)
  }

  private static func copy(_ letter: Letter, _ words: Responsibility.TableWords) -> HTML? {
    guard !letter.table.questions(for: letter.vendor).isEmpty else { return nil }
    let t = words.t
    return """
      <section class="panel stack screen-only" aria-labelledby="h-copy"><h2 id="h-copy">\(t(.letterMail))</h2>
      <div class="field"><label for="letter-text">\(t(.letterMailLabel))</label>
      <textarea id="letter-text" rows="16" readonly>\n\(text(letter, words))</textarea></div></section>
      """
  }

  /// The whole letter as plain text.
  static func text(_ letter: Letter, _ words: Responsibility.TableWords) -> String {
    let t = words.t
    let questions = letter.table.questions(for: letter.vendor)
    var lines = [
      t(.letterAddress, letter.vendorName), address(letter, t), "",
      t(.letterSubject, letter.table.system.name), "",
      t(.letterLead, letter.table.system.name, "\(questions.count)"), "",
    ]
    for (index, place) in questions.enumerated() {
      lines.append("\(index + 1). \(t(.cellTitle, place.item.name, t(place.phase.word)))")
      lines.append("   \(question(place.cell, words))")
      lines += ["   \(t(.letterBearer)): ", "   \(t(.letterSource)): ", ""]
    }
    lines += [t(.letterEnd), "", letter.facility, letter.sender]
    return lines.joined(separator: "\n")
  }

  /// What is so, and what the vendor is asked to say.
  private static func question(_ cell: Responsibility.Cell, _ words: Responsibility.TableWords) -> String {
    let t = words.t
    let asked: String
    switch cell.state {
    case .overlap: asked = t(.askOverlap, words.bearers(cell))
    case .unwritten: asked = t(.askUnwritten, words.bearers(cell))
    case .nobody, .decided, .notApplicable: asked = t(.askWho)
    }
    guard let remark = cell.remark else { return asked }
    return "\(asked) \(t(.askRemark, remark))"
  }

  /// Without a vendor there is nobody to ask.
  static func nobody(_ request: WebRequest, _ table: Responsibility.Table) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let title = t(.letterTitle, table.system.name)
    let action: HTML =
      request.may(.registersEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/registers/systems/\(table.system.id)/change\">\(t(.letterNameVendor))</a>"
      : "<a class=\"button\" href=\"/responsibility/\(table.system.id)\">\(t(.back))</a>"
    return Page(
      title, menu: "registers", narrow: true,
      "<h1>\(title)</h1>\(Components.empty(t(.letterNoVendor), t(.letterNoVendorText), action))")
  }
}
