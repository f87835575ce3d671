import Kernel
import Mail
import Registers
import Web

/// Choosing whom to ask for what, and seeing the letters before they are made.
enum WizardPages {
  struct Choices {
    let vendors: [VendorName]
    let systems: [SystemName]
    /// The form of vendors for this kind of facility, if any.
    let checklist: (pack: Pack, form: Pack.Form)?
    /// Whether letters can go by mail.
    let hasMail: Bool
  }

  static func choose(
    _ request: WebRequest, _ choices: Choices, typed: FormValues?, problem: SheetRequest.Refusal?
  ) -> Page {
    let t = request.texts(RequestText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    func message(_ field: String) -> String? { problem?.field == field ? error : nil }
    let summary: HTML? = error.map {
      Components.errorSummary(Texts<WebText>(request.language)(.errorCount, 1), [(problem?.field, $0)])
    }
    let today = request.now.day
    let body: HTML =
      choices.vendors.isEmpty
      ? Components.empty(
        t(.noVendors), t(.noVendorsText),
        "<a class=\"button\" data-kind=\"primary\" href=\"/registers/vendors/new\">\(t(.addVendor))</a>")
      : """
      <form class="stack" method="post" action="/requests/preview" novalidate>\(Components.formToken(request))
      \(forms(request, choices, typed, message("form"), t))
      \(recipients(choices, typed, message("recipient"), t))
      <div class="columns" data-min="s">
      \(Components.field("due", t(.dueOn), type: "date", value: typed?["due"] ?? today.adding(days: 28).description, error: message("due"), required: true, min: "\(today)"))
      \(Components.field("expires", t(.expiresOn), type: "date", value: typed?["expires"] ?? today.adding(days: 58).description, hint: t(.expiresHint), error: message("expires"), required: true, min: "\(today)"))
      </div>
      <p><label class="cluster"><input type="checkbox" name="pin" value="1"\("checked", if: typed.map { $0["pin"] == "1" } ?? false)>\(t(.pinChoice))</label></p>
      <p class="hint small soft">\(t(.pinChoiceHint))</p>\(byMail(choices, typed, t))
      \(Components.textArea("message", t(.message), value: typed?["message"] ?? "", hint: t(.messageHint), error: message("message")))
      <p><button class="button" data-kind="primary">\(t(.preview))</button></p></form>
      """
    return Page(
      t(.newTitle), menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/requests">\(t(.title))</a></li></ol><h1>\(t(.newTitle))</h1>
      <p>\(t(.newLead))</p>\(summary)\(body)
      """)
  }

  private static func forms(
    _ request: WebRequest, _ choices: Choices, _ typed: FormValues?, _ error: String?, _ t: Texts<RequestText>
  ) -> HTML {
    let language = request.language
    let words = Texts<SheetText>(language)
    let checklist = choices.checklist.map { pack, form in
      (
        "vendor-checklist:\(pack.id):\(form.id)",
        "\(form.title(language)) \(language.fiscalYear(pack.fiscalYear))"
      )
    }
    let others = [SheetRequest.Kind.disclosureFile, .serviceDisclosure, .roleSplit].map {
      ($0.rawValue, words(SheetText.title($0)))
    }
    let chosen = Set(typed?.all("form") ?? [])
    let boxes = ([checklist].compactMap(\.self) + others).html { value, name in
      "<label><input type=\"checkbox\" name=\"form\" value=\"\(value)\"\("checked", if: chosen.contains(value))><span>\(name)</span></label>"
    }
    return group("form", t(.formsLegend), boxes, error)
  }

  private static func byMail(_ choices: Choices, _ typed: FormValues?, _ t: Texts<RequestText>) -> HTML {
    guard choices.hasMail else { return "<p class=\"hint small soft\">\(t(.mailChoiceNone))</p>" }
    return """
      <p><label class="cluster"><input type="checkbox" name="mail" value="1"\("checked", if: typed.map { $0["mail"] == "1" } ?? false)>\(t(.mailChoice))</label></p>
      """
  }

  /// Each vendor as a whole and with each of its systems.
  private static func recipients(
    _ choices: Choices, _ typed: FormValues?, _ error: String?, _ t: Texts<RequestText>
  ) -> HTML {
    let chosen = Set(typed?.all("recipient") ?? [])
    let systems = Dictionary(grouping: choices.systems, by: { $0.vendor ?? "" })
    func box(_ value: String, _ name: HTML) -> HTML {
      "<label><input type=\"checkbox\" name=\"recipient\" value=\"\(value)\"\("checked", if: chosen.contains(value))><span>\(name)</span></label>"
    }
    let boxes = choices.vendors.html { vendor in
      let own = (systems[vendor.id] ?? []).html {
        box("\(vendor.id):\($0.id)", "\(vendor.name) <span class=\"soft\">\($0.name)</span>")
      }
      return "\(box(vendor.id, "\(vendor.name) <span class=\"soft\">\(t(.wholeVendor))</span>"))\(own)"
    }
    return group("recipient", t(.recipientsLegend), boxes, error)
  }

  private static func group(_ name: String, _ legend: String, _ boxes: HTML, _ error: String?) -> HTML {
    let message: HTML? = error.map { "<p class=\"error\" id=\"\(name)-error\">\($0)</p>" }
    return
      "<fieldset class=\"field\" id=\"\(name)\"\("data-state", is: error == nil ? nil : "error")><legend>\(legend)</legend>\(message)<div class=\"choices\" data-kind=\"tall\">\(boxes)</div></fieldset>"
  }

  // MARK: Before they are made

  static func preview(
    _ request: WebRequest, _ sending: Requests.Sending, _ form: FormValues, _ text: LetterText
  ) -> Page {
    let t = request.texts(RequestText.self)
    let language = request.language
    let count = sending.asked.count * sending.recipients.count
    let rows = sending.recipients.html { recipient in
      sending.asked.html { asked in
        let name = text.title(asked, language)
        let mail: HTML? =
          sending.byMail
          ? "<br>\(recipient.vendor.address.map { "<span class=\"small soft\">\(t(.mailedTo, $0.text))</span>" } ?? Components.finding(t(.mailNoAddress)))"
          : nil
        return
          "<li>\(recipient.vendor.name) \(recipient.system.map { "<span class=\"soft\">\($0.name)</span>" as HTML }) ・ \(name)\(mail)</li>"
      }
    }
    let first = sending.recipients[0]
    let sample = SheetRequest(
      id: SheetRequest.ID(at: request.now), vendor: first.vendor.id, vendorName: first.vendor.name,
      system: first.system?.id, systemName: first.system?.name, kind: sending.asked[0].kind,
      pack: sending.asked[0].pack, form: sending.asked[0].form, dueOn: sending.dueOn,
      message: sending.message,
      askedBy: nil, state: .draft, handedInAt: nil, handedInBy: nil, version: 1)
    let letter = text.body(
      sample, link: t(.linkHere), expiresOn: sending.expiresOn, hasPin: sending.hasPin, language)
    return Page(
      t(.previewTitle, count), menu: "registers",
      """
      <ol class="crumbs"><li><a href="/requests">\(t(.title))</a></li></ol><h1>\(t(.previewTitle, count))</h1>
      <p>\(t(.previewLead))</p>
      <form class="cluster" method="post" action="/requests">\(Components.formToken(request))\(SignedOutPage.kept(form.fields))
      <input type="hidden" name="batch" value="\(sending.batch)"><button class="button" data-kind="primary">\(t(.make, count))</button> <a href="/requests/new">\(t(.startAgain))</a></form>
      <div class="columns"><section class="panel" aria-labelledby="h-list"><h2 id="h-list">\(t(.previewList))</h2><ul class="plain">\(rows)</ul></section>
      <section class="panel" aria-labelledby="h-sample"><h2 id="h-sample">\(t(.previewSample))</h2>\(paragraphs(letter))</section></div>
      """)
  }

  static func paragraphs(_ text: String) -> HTML {
    text.split(separator: "\n\n").html { part in
      "<p>\(part.split(separator: "\n").map { HTML(String($0)) }.reduce(into: HTML.empty) { $0 += $0.isEmpty ? $1 : "<br>\($1)" })</p>"
    }
  }
}
