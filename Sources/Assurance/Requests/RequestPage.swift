import Kernel
import Registers
import Storage
import Web

/// One request as the hospital sees it.
enum RequestPage {
  struct Opened: Sendable {
    let sheet: Requests.Sheet
    let link: SheetLink?
    let browsers: [SheetBrowser]
    let history: [LedgerEntry]
  }

  static func page(_ request: WebRequest, _ opened: Opened, _ text: LetterText, problem: (any Problem)?)
    -> Page
  {
    let t = request.texts(RequestText.self)
    let sheet = opened.sheet
    let asked = sheet.request
    let title = text.title(asked, request.language)
    let trouble: HTML? = problem.map { Components.notice(.bad, request.words.problem($0, request.language)) }
    let done: HTML? =
      switch request.query("done") {
      case "returned": Components.notice(.good, t(.doneReturned), "<p>\(t(.doneReturnedText))</p>")
      case "closed": Components.notice(.good, t(.doneClosed))
      case "revoked": Components.notice(.good, t(.doneRevoked))
      default: nil
      }
    return Page(
      "\(asked.vendorName) \(title)", menu: "registers",
      """
      <ol class="crumbs"><li><a href="/requests">\(t(.title))</a></li></ol>
      <div class="page-head"><h1>\(asked.vendorName) <span class="soft">\(asked.systemName)</span> \(title)</h1>\(Components.tag(t(RequestText.state(asked.state)), RequestText.tone(asked.state)))</div>
      \(trouble)\(done)
      <div class="split"><div class="stack">\(answers(request, opened, t))</div>
      <div class="stack">\(facts(request, opened, t))\(ways(request, opened, t))\(Files.section(request, sheet.files, path: "/requests/\(asked.id)/files", mayEdit: false))\(link(request, opened, t))\(reminder(request, opened, text, t))\(visitors(request, opened, t))\(history(request, opened, t))</div></div>
      """)
  }

  // MARK: Answers and what the hospital says to them

  private static func answers(_ request: WebRequest, _ opened: Opened, _ t: Texts<RequestText>) -> HTML {
    let sheet = opened.sheet
    let mayReturn = sheet.request.state == .handedIn && request.may(.requestsEdit)
    let sections = sheet.form.sections.html { section in
      """
      <section class="stack" aria-labelledby="s-\(section.number)"><h2 id="s-\(section.number)">\(section.title(request.language))</h2>
      \(section.items.html { item(request, $0, sheet, mayReturn: mayReturn, t) })</section>
      """
    }
    let whole: HTML? = sheet.remarks[""].map {
      Components.notice(
        .info, t(.remarkWhole),
        "<p>\($0.text) <span class=\"soft\">\($0.by) \(request.language.timeTag($0.at))</span></p>")
    }
    guard mayReturn else { return "\(whole)\(sections)" }
    return """
      <div class="panel"><h2>\(t(.decideTitle))</h2><p>\(t(.decideText, sheet.request.handedInBy ?? ""))</p>
      <form method="post" action="/requests/\(sheet.request.id)/closure">\(Components.formToken(request))<button class="button" data-kind="primary">\(t(.close))</button></form></div>
      \(whole)
      <form class="stack" method="post" action="/requests/\(sheet.request.id)/return">\(Components.formToken(request))\(sections)
      \(Components.textArea("remark", t(.remarkWhole), value: "", hint: t(.remarkHint)))
      <p><button class="button">\(t(.giveBack))</button></p></form>
      """
  }

  private static func item(
    _ request: WebRequest, _ item: Pack.Item, _ sheet: Requests.Sheet, mayReturn: Bool,
    _ t: Texts<RequestText>
  ) -> HTML {
    let remark = sheet.remarks[item.id]
    let field: HTML? =
      mayReturn
      ? "<details\("open", if: remark != nil)><summary>\(t(.remarkAdd))<span class=\"visually-hidden\"> \(item.label)</span></summary><div class=\"field\"><label for=\"remark-\(item.id)\">\(t(.remarkLabel, item.label))</label><textarea id=\"remark-\(item.id)\" name=\"remark-\(item.id)\" maxlength=\"1000\">\n\(remark?.text)</textarea></div></details>"
      : remark.map {
        "<p><strong>\(t(.remarkLabel, item.label))</strong> \($0.text) <span class=\"soft\">\($0.by)</span></p>"
      }
    return """
      <article class="panel" id="\(item.id)" aria-labelledby="q-\(item.id)"><h3 id="q-\(item.id)"><span class="nowrap">\(item.label)</span>\(ItemForm.targets(item, request.language)) \(item.question(request.language))</h3>
      \(ItemForm.facts(request, sheet.answer(item.id), sheet.request.kind))\(field)</article>
      """
  }

  // MARK: Beside them

  private static func facts(_ request: WebRequest, _ opened: Opened, _ t: Texts<RequestText>) -> HTML {
    let asked = opened.sheet.request
    let language = t.language
    var facts: [(String, HTML)] = [
      (t(.vendor), "<a href=\"/registers/vendors/\(asked.vendor)\">\(asked.vendorName)</a>"),
      (
        t(.system),
        asked.system.map { "<a href=\"/registers/systems/\($0)\">\(asked.systemName)</a>" }
          ?? HTML(t(.wholeVendor))
      ),
      (t(.dueOn), OverviewPage.due(asked, request.now.day, t)),
      (t(.answeredColumn), "\(opened.sheet.answered) / \(opened.sheet.rows.count)"),
    ]
    if let at = asked.handedInAt, let by = asked.handedInBy {
      facts.append((t(.handedIn), "\(by) <span class=\"soft\">\(language.timeTag(at))</span>"))
    }
    return
      "<section class=\"panel\" aria-labelledby=\"h-facts\"><h2 id=\"h-facts\">\(t(.facts))</h2>\(Components.facts(facts))</section>"
  }

  private static func ways(_ request: WebRequest, _ opened: Opened, _ t: Texts<RequestText>) -> HTML {
    let asked = opened.sheet.request
    var links: [HTML] = ["<li><a href=\"/requests/\(asked.id)/workbook.xlsx\">\(t(.workbookGive))</a></li>"]
    if request.may(.requestsEdit) && asked.isWritable {
      links.append("<li><a href=\"/requests/\(asked.id)/workbook\">\(t(.workbookTake))</a></li>")
      links.append("<li><a href=\"/requests/\(asked.id)/paper\">\(t(.paperLink))</a></li>")
    }
    if asked.kind == .vendorChecklist && [.handedIn, .closed].contains(asked.state)
      && request.may(.assessmentsEdit)
    {
      links.append("<li><a href=\"/requests/\(asked.id)/takeover\">\(t(.takeoverLink))</a></li>")
    }
    return
      "<section aria-labelledby=\"h-ways\"><h2 id=\"h-ways\">\(t(.ways))</h2><ul class=\"plain\">\(links)</ul></section>"
  }

  private static func link(_ request: WebRequest, _ opened: Opened, _ t: Texts<RequestText>) -> HTML? {
    let asked = opened.sheet.request
    guard asked.state != .closed else { return nil }
    let today = request.now.day
    let state: HTML =
      opened.link.map { link in
        let day = t.language.date(link.expiresOn)
        let pin: HTML? = link.pinHash == nil ? nil : " \(t(.linkHasPin))"
        return link.expiresOn < today
          ? "<p>\(Components.finding(t(.linkExpiredOn, day)))</p>" : "<p>\(t(.linkOpensUntil, day))\(pin)</p>"
      } ?? "<p>\(t(.linkNoneText))</p>"
    let waits: HTML? = opened.link.flatMap { link in
      link.lockedUntil > request.now
        ? "<p>\(Components.finding(t(.linkRests, t.language.time(link.lockedUntil))))</p>" : nil
    }
    let form: HTML? =
      request.may(.requestsEdit)
      ? """
      <form class="stack" data-gap="s" method="post" action="/requests/\(asked.id)/link">\(Components.formToken(request))
      \(Components.field("expires", t(.expiresOn), type: "date", value: today.adding(days: 30).description, min: "\(today)"))
      <p><label class="cluster"><input type="checkbox" name="pin" value="1"\("checked", if: opened.link?.pinHash != nil)>\(t(.pinChoice))</label></p>
      <p><label class="cluster"><input type="checkbox" name="mail" value="1">\(t(.mailLinkChoice))</label></p>
      <p class="cluster"><button class="button" data-size="s">\(t(.newLink))</button> <a href="/requests/\(asked.id)/revocation">\(t(.revokeLink))</a></p>
      <p class="small soft">\(t(.newLinkNote))</p></form>
      """ : nil
    return
      "<section class=\"panel\" aria-labelledby=\"h-link\"><h2 id=\"h-link\">\(t(.linkColumn))</h2>\(state)\(waits)\(form)</section>"
  }

  private static func reminder(
    _ request: WebRequest, _ opened: Opened, _ text: LetterText, _ t: Texts<RequestText>
  ) -> HTML? {
    let asked = opened.sheet.request
    guard asked.isWaiting else { return nil }
    let byMail: HTML? =
      request.may(.requestsEdit)
      ? "<p><a class=\"button\" data-size=\"s\" href=\"/requests/\(asked.id)/mail\">\(t(.mailTitle))</a></p>"
      : nil
    return """
      <section id="reminder" aria-labelledby="h-remind"><h2 id="h-remind">\(t(.reminderTitle))</h2><p class="small">\(t(.reminderText))</p>
      <div class="field"><label for="reminder-text">\(t(.reminderLabel))</label><textarea id="reminder-text" rows="8" readonly>
      \(text.reminder(asked, on: request.now.day, request.language))</textarea></div>\(byMail)</section>
      """
  }

  private static func visitors(_ request: WebRequest, _ opened: Opened, _ t: Texts<RequestText>) -> HTML {
    let rows = opened.browsers.html { browser in
      "<li>\(browser.name) <span class=\"soft\">\(request.language.timeTag(browser.first)) 〜 \(request.language.timeTag(browser.last))</span></li>"
    }
    let list: HTML =
      opened.browsers.isEmpty
      ? "<p class=\"small soft\">\(t(.nobodyOpened))</p>" : "<ul class=\"plain small\">\(rows)</ul>"
    return
      "<section aria-labelledby=\"h-who\"><h2 id=\"h-who\">\(t(.whoOpened, opened.browsers.count))</h2>\(list)<p class=\"small soft\">\(t(.whoNote))</p></section>"
  }

  private static func history(_ request: WebRequest, _ opened: Opened, _ t: Texts<RequestText>) -> HTML {
    let items = opened.history.html { entry in
      "<li>\(request.words.action(entry.action, request.language))<br><span class=\"soft\">\(request.language.timeTag(entry.at)) \(entry.actorName)</span></li>"
    }
    return
      "<section aria-labelledby=\"h-hist\"><h2 id=\"h-hist\">\(t(.history))</h2><ul class=\"history\" role=\"list\">\(items)</ul></section>"
  }

  // MARK: Taking back

  static func revocation(_ request: WebRequest, _ opened: Opened, _ text: LetterText) -> Page {
    let t = request.texts(RequestText.self)
    let asked = opened.sheet.request
    return Page(
      t(.revokeTitle), menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/requests/\(asked.id)">\(asked.vendorName) \(text.title(asked, request.language))</a></li></ol>
      <h1>\(t(.revokeTitle))</h1><p>\(t(.revokeText, asked.vendorName))</p>
      <form class="cluster" method="post" action="/requests/\(asked.id)/revocation">\(Components.formToken(request))<button class="button" data-kind="danger">\(t(.revoke))</button> <a href="/requests/\(asked.id)">\(t(.keep))</a></form>
      """)
  }
}

/// What came on paper, typed in by the hospital; the scan stands beside it.
enum PaperPage {
  static func page(
    _ request: WebRequest, _ opened: RequestPage.Opened, _ text: LetterText, refused: ItemForm.Refused?
  ) -> Page {
    let t = request.texts(RequestText.self)
    let sheet = opened.sheet
    let asked = sheet.request
    let path: HTML = "/requests/\(asked.id)/paper"
    let trouble: HTML? = refused.flatMap { refused in
      refused.item.isEmpty
        ? Components.notice(.bad, request.words.problem(refused.problem, request.language)) : nil
    }
    let items = sheet.rows.html { item in
      let body =
        asked.isWritable
        ? ItemForm.item(request, item, sheet, path: path, refused: refused, by: asked.vendorName)
        : ItemForm.facts(request, sheet.answer(item.id), asked.kind)
      return
        "<article class=\"panel\" id=\"\(item.id)\" aria-labelledby=\"q-\(item.id)\"><h2 id=\"q-\(item.id)\"><span class=\"nowrap\">\(item.label)</span>\(ItemForm.targets(item, request.language)) \(item.question(request.language))</h2>\(body)</article>"
    }
    let hand: HTML? =
      asked.isWritable
      ? """
      <form class="panel stack" method="post" action="\(path)">\(Components.formToken(request))
      <p>\(t(.paperHandText))</p>\(Components.field("by", t(.paperBy), value: asked.vendorName, required: true))
      <p><button class="button" data-kind="primary">\(t(.paperHand))</button></p></form>
      """ : nil
    return Page(
      t(.paperTitle), menu: "registers",
      """
      <ol class="crumbs"><li><a href="/requests">\(t(.title))</a></li><li><a href="/requests/\(asked.id)">\(asked.vendorName) \(text.title(asked, request.language))</a></li></ol>
      <h1>\(t(.paperTitle))</h1><p>\(t(.paperLead))</p>\(trouble)
      <div class="split"><div class="stack">\(items)\(hand)</div><div class="stack">\(Files.section(request, sheet.files, path: "/requests/\(asked.id)/files", mayEdit: asked.isWritable))</div></div>
      """)
  }
}
