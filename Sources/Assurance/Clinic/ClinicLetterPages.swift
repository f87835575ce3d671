import Kernel
import Registers
import Web

/// Letters that ask vendors what nobody in the clinic knows, and a place for what they answer.
enum ClinicLetterPages {
  struct Letter: Sendable {
    let vendor: EntryGlance
    let progress: ClinicProgress
    /// The director's name; empty while nobody holds the role.
    let director: String

    /// In the order of the path; answered ones are not asked again.
    var open: [ClinicInquiry] { progress.inquiries(to: vendor.id).filter { $0.reply == nil } }
    var all: [ClinicInquiry] { progress.inquiries(to: vendor.id) }
  }

  // MARK: The list

  static func list(_ request: WebRequest, _ progress: ClinicProgress) -> Page {
    let t = request.texts(ClinicText.self)
    let crumbs: HTML = "<ol class=\"crumbs\"><li><a href=\"/clinic\">\(t(.title))</a></li></ol>"
    let vendors = progress.inquiredVendors
    guard !vendors.isEmpty else {
      return Page(
        t(.lettersTitle), menu: "clinic", narrow: true,
        "\(crumbs)<h1>\(t(.lettersTitle))</h1>\(Components.empty(t(.lettersEmpty), t(.lettersEmptyText)))")
    }
    let rows = vendors.html { row($0, progress.inquiries(to: $0.id), t) }
    return Page(
      t(.lettersTitle), menu: "clinic",
      """
      \(crumbs)<h1>\(t(.lettersTitle))</h1><p>\(t(.lettersLead))</p>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.lettersTitle))</caption>
      <thead><tr><th scope="col">\(t(.columnVendor))</th><th scope="col">\(t(.columnToAsk))</th><th scope="col">\(t(.columnWaiting))</th><th scope="col">\(t(.columnAnswered))</th><th scope="col"><span class="visually-hidden">\(t(.writeReplies))</span></th></tr></thead><tbody>\(rows)</tbody></table>
      """)
  }

  private static func row(
    _ vendor: (id: Entry.ID, name: String), _ inquiries: [ClinicInquiry], _ t: Texts<ClinicText>
  ) -> HTML {
    let waiting = inquiries.filter(\.isWaiting)
    let asked: HTML? = waiting.compactMap(\.askedOn).max().map {
      "<br><span class=\"small soft\">\(t(.askedOn)) \(t.language.timeTag($0)) ・ \(t(.replyBy)) \(t.language.timeTag($0.adding(days: ClinicInquiry.daysToReply)))</span>"
    }
    let unsent = inquiries.count { $0.askedOn == nil && $0.reply == nil }
    let answered = inquiries.count { $0.reply != nil }
    return """
      <tr><th scope="row" data-label="\(t(.columnVendor))"><a href="/clinic/letters/\(vendor.id)">\(vendor.name)</a></th>
      <td data-label="\(t(.columnToAsk))">\(t(.count, unsent))</td><td data-label="\(t(.columnWaiting))"><span>\(t(.count, waiting.count))\(asked)</span></td>
      <td data-label="\(t(.columnAnswered))">\(t(.count, answered))</td><td><a href="/clinic/letters/\(vendor.id)/replies">\(t(.writeReplies))</a></td></tr>
      """
  }

  // MARK: The letter

  static func letter(_ request: WebRequest, _ letter: Letter) -> Page {
    let t = request.texts(ClinicText.self)
    let name = letter.vendor.title
    let crumbs: HTML =
      "<ol class=\"crumbs\"><li><a href=\"/clinic\">\(t(.title))</a></li><li><a href=\"/clinic/letters\">\(t(.lettersTitle))</a></li></ol>"
    guard !letter.open.isEmpty else {
      return Page(
        t(.letterTitle, name), menu: "clinic", narrow: true,
        """
        \(crumbs)<h1>\(t(.letterTitle, name))</h1>\(Components.empty(t(.letterNothing), t(.letterNothingText), "<a class=\"button\" href=\"/clinic/letters/\(letter.vendor.id)/replies\">\(t(.writeReplies))</a>"))
        """)
    }
    return Page(
      t(.letterTitle, name), menu: "clinic",
      "\(crumbs)\(actions(request, letter, t))\(sheet(request, letter, t))")
  }

  private static func actions(_ request: WebRequest, _ letter: Letter, _ t: Texts<ClinicText>) -> HTML {
    let unsent = letter.open.count { $0.askedOn == nil }
    let sent = letter.open.compactMap(\.askedOn).max()
    let note: HTML? = sent.map {
      Components.notice(.info, t(.handedOver), "<p>\(t.language.timeTag($0, short: false))</p>")
    }
    let handOver: HTML? =
      request.may(.clinicEdit) && unsent > 0
      ? """
      <form method="post" action="/clinic/letters/\(letter.vendor.id)/handover">\(Components.formToken(request))<button class="button" data-kind="primary">\(t(.handOver))</button></form>
      """ : nil
    return """
      <div class="screen-only stack">\(note)<div class="cluster"><button class="button" type="button" data-print hidden>\(t(.print))</button>\(handOver)
      <a href="/clinic/letters/\(letter.vendor.id)/replies">\(t(.writeReplies))</a></div></div>
      """
  }

  private static func sheet(_ request: WebRequest, _ letter: Letter, _ t: Texts<ClinicText>) -> HTML {
    let today = request.now.day
    let facility = request.visitor?.facilityName ?? ""
    let person = letter.vendor.entry.text("contactPerson")
    let addressee: HTML = person.isEmpty ? "" : "<br>\(t(.letterPerson, person))"
    let director: HTML =
      letter.director.isEmpty ? HTML(request.visitor?.name ?? "") : HTML(t(.letterDirector, letter.director))
    let rows = letter.open.enumerated().html { index, inquiry in
      let question = letter.progress.guide.question(inquiry.question)?.words(t.language)
      return """
        <tr><th scope="row">\(index + 1)</th><td><strong>\(question?.name)</strong><br>\(question?.vendor)</td><td>\(t(.letterBoxes))<br><br></td></tr>
        """
    }
    let by = today.adding(days: ClinicInquiry.daysToReply)
    return """
      <article class="sheet">
      <div class="sheet-head"><h1>\(t(.letterHeading))</h1><p>\(t.language.timeTag(today, short: false))</p></div>
      <p>\(t(.letterTo, letter.vendor.title))\(addressee)</p>
      <p class="num">\(facility)<br>\(director)</p>
      <p>\(t(.letterText))</p>
      <table class="table"><caption class="visually-hidden">\(t(.letterHeading))</caption>
      <thead><tr><th scope="col">\(t(.letterNumber))</th><th scope="col">\(t(.letterQuestion))</th><th scope="col">\(t(.letterAnswer))</th></tr></thead><tbody>\(rows)</tbody></table>
      <p>\(t(.letterReply, t.language.date(by), facility))</p>
      <p class="small">\(t(.letterPatients))</p>
      </article>
      """
  }

  // MARK: Answers

  /// - Parameter refused: the question whose answer was turned down, why, and what had been typed.
  static func replies(
    _ request: WebRequest, _ letter: Letter,
    refused: (question: String, problem: any Problem, reply: String, text: String)? = nil
  ) -> Page {
    let t = request.texts(ClinicText.self)
    let title = t(.repliesTitle, letter.vendor.title)
    let summary: HTML? = refused.map {
      Components.errorSummary(
        request.texts(WebText.self)(.errorCount, 1), [(nil, request.words.problem($0.problem, t.language))])
    }
    let saved: HTML? = request.query("saved") == nil ? nil : Components.notice(.good, t(.replySaved))
    let items = letter.all.html { inquiry in
      let mine = refused?.question == inquiry.question ? refused : nil
      return reply(request, letter, inquiry, typed: mine.map { ($0.reply, $0.text) }, t)
    }
    return Page(
      title, menu: "clinic", narrow: true,
      """
      <ol class="crumbs"><li><a href="/clinic">\(t(.title))</a></li><li><a href="/clinic/letters">\(t(.lettersTitle))</a></li></ol>
      <h1>\(title)</h1><p>\(t(.repliesLead))</p>\(summary)\(saved)
      <div class="stack">\(items)</div>
      <p><a href="/clinic/letters/\(letter.vendor.id)">\(t(.openLetter))</a></p>
      """)
  }

  private static func reply(
    _ request: WebRequest, _ letter: Letter, _ inquiry: ClinicInquiry, typed: (reply: String, text: String)?,
    _ t: Texts<ClinicText>
  ) -> HTML {
    let words = letter.progress.guide.question(inquiry.question)?.words(t.language)
    let state: HTML =
      if let day = inquiry.repliedOn, let reply = inquiry.reply {
        "\(t(.vendorSaid, inquiry.vendorName, t(ClinicText.reply(reply)))) \(t.language.timeTag(day))<br>\(inquiry.replyText)"
      } else if let day = inquiry.askedOn {
        "\(t(.askedOn)) \(t.language.timeTag(day))"
      } else {
        HTML(t(.notSent))
      }
    let form: HTML? = request.may(.clinicEdit) ? replyForm(request, letter, inquiry, typed, t) : nil
    return """
      <section class="panel stack" id="\(inquiry.question)" aria-labelledby="h-\(inquiry.question)"><h2 id="h-\(inquiry.question)"><a href="/clinic/questions/\(inquiry.question)">\(words?.name)</a></h2>
      <p>\(words?.vendor)</p><p class="small soft">\(state)</p>\(form)</section>
      """
  }

  private static func replyForm(
    _ request: WebRequest, _ letter: Letter, _ inquiry: ClinicInquiry,
    _ typed: (reply: String, text: String)?,
    _ t: Texts<ClinicText>
  ) -> HTML {
    let chosen = typed?.reply ?? inquiry.reply?.rawValue
    let options = ClinicInquiry.Reply.allCases.html { reply in
      "<label><input type=\"radio\" name=\"reply\" value=\"\(reply.rawValue)\"\("checked", if: reply.rawValue == chosen)><span>\(t(ClinicText.reply(reply)))</span></label>"
    }
    let id = "text-\(inquiry.question)"
    return """
      <form class="stack" method="post" action="/clinic/letters/\(letter.vendor.id)/replies/\(inquiry.question)" novalidate>
      \(Components.formToken(request))<input type="hidden" name="version" value="\(inquiry.version)">
      <fieldset class="field"><legend>\(t(.replyLegend))</legend><div class="choices">\(options)</div></fieldset>
      <div class="field"><label for="\(id)">\(t(.replyText))</label><textarea id="\(id)" name="text" maxlength="1000" aria-describedby="\(id)-hint">
      \(typed?.text ?? inquiry.replyText)</textarea><p class="hint" id="\(id)-hint">\(t(.noteHint))</p></div>
      <p><button class="button">\(t(.saveReply))</button></p></form>
      """
  }
}

extension ClinicProgress {
  /// In the order of the path.
  func inquiries(to vendor: Entry.ID) -> [ClinicInquiry] {
    let order = Dictionary(
      guide.questions.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    return inquiries.filter { $0.vendor == vendor }.sorted {
      order[$0.question] ?? 0 < order[$1.question] ?? 0
    }
  }

  /// Whoever is or was asked, each once, by name.
  var inquiredVendors: [(id: Entry.ID, name: String)] {
    var seen: Set<Entry.ID> = []
    return inquiries.filter { seen.insert($0.vendor).inserted }.map { ($0.vendor, $0.vendorName) }
  }
}
