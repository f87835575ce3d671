import Kernel
import Registers
import Storage
import Web

/// What a vendor sees.
enum LinkPages {
  /// The first page behind a link.
  struct Welcome {
    let facility: String
    let hasPin: Bool
    let expiresOn: Day
    /// nil while a number has to be given first.
    let request: SheetRequest?
    let title: String
  }

  /// One sheet as a guest sees it.
  struct View {
    let sheet: Requests.Sheet
    let guest: Guest
    let facility: String
    let title: String

    var path: HTML { "/v/sheets/\(guest.request)" }
  }

  static func entrance(_ request: WebRequest, _ welcome: Welcome, name: String, problem: (any Problem)?)
    -> Page
  {
    let t = request.texts(LinkText.self)
    let error = problem.map { request.words.problem($0, request.language) }
    func message(_ field: String) -> String? { problem?.field == field ? error : nil }
    let summary: HTML? = error.map {
      Components.errorSummary(Texts<WebText>(request.language)(.errorCount, 1), [(problem?.field, $0)])
    }
    let facts: HTML? = welcome.request.map { asked in
      Components.facts([
        (t(.forVendor), HTML(asked.vendorName)), (t(.whatAsked), HTML(welcome.title)),
        (t(.aboutSystem), HTML(asked.systemName ?? t(.wholeVendor))),
        (t(.dueLabel), request.language.timeTag(asked.dueOn, short: false)),
        (t(.opensUntil), request.language.timeTag(welcome.expiresOn, short: false)),
      ])
    }
    let pin: HTML? =
      welcome.hasPin
      ? Components.field(
        "pin", t(.pinLabel), hint: t(.pinHint), error: message("pin"), required: true, autocomplete: "off",
        inputmode: "numeric") : nil
    return Page(
      t(.entranceTitle, welcome.facility), narrow: true, bare: true,
      """
      <h1>\(t(.entranceTitle, welcome.facility))</h1>
      <p class="lead">\(t(.entranceLead))</p>
      \(facts)\(summary)
      <form class="panel stack" method="post" action="\(request.path)">\(Components.formToken(request))
      \(Components.field("name", t(.nameLabel), value: name, hint: t(.nameHint), error: message("name"), required: true, autocomplete: "name"))
      \(pin)
      <p><button class="button" data-kind="primary">\(t(.enter))</button></p></form>
      <p class="small soft">\(t(.entranceNote))</p>
      """)
  }

  static func obstacle(_ request: WebRequest, _ obstacle: LinkObstacle) -> Page {
    let t = request.texts(LinkText.self)
    let (title, text): (String, String) =
      switch obstacle {
      case .unknown: (t(.unknownTitle), t(.unknownText))
      case .expired(let day): (t(.expiredTitle, request.language.date(day)), t(.expiredText))
      case .revoked: (t(.revokedTitle), t(.revokedText))
      case .replaced: (t(.replacedTitle), t(.replacedText))
      case .notOpened: (t(.notOpenedTitle), t(.notOpenedText))
      case .tooManyGuesses: (t(.guessesTitle), t(.guessesText))
      }
    return Page(
      title, narrow: true, bare: true,
      "<h1>\(title)</h1><p>\(text)</p><p class=\"small soft\">\(t(.nothingLost))</p>")
  }

  static func departed(_ request: WebRequest) -> Page {
    let t = request.texts(LinkText.self)
    return Page(
      t(.departedTitle), narrow: true, bare: true, "<h1>\(t(.departedTitle))</h1><p>\(t(.departedText))</p>")
  }

  // MARK: The sheet

  static func sheet(_ request: WebRequest, _ view: View, refused: ItemForm.Refused?) -> Page {
    let t = request.texts(LinkText.self)
    let sheet = view.sheet
    let isWritable = sheet.request.isWritable
    let sections = sheet.form.sections.html { section in
      """
      <section class="stack" aria-labelledby="s-\(section.number)"><h2 id="s-\(section.number)">\(section.title(request.language))</h2>
      \(section.items.html { item(request, $0, view, refused: refused) })</section>
      """
    }
    let fileProblem: HTML? = refused.flatMap {
      $0.item.isEmpty ? Components.notice(.bad, request.words.problem($0.problem, request.language)) : nil
    }
    let hand: HTML? =
      isWritable
      ? "<p class=\"cluster\"><a class=\"button\" data-kind=\"primary\" href=\"\(view.path)/handover\">\(t(.handLink))</a> <span class=\"small soft\">\(t(.handNote))</span></p>"
      : nil
    return Page(
      view.title, bare: true,
      """
      \(head(request, view, t))
      \(fileProblem)
      <div class="split"><div class="stack">\(sections)\(hand)</div>
      <div class="stack">\(aside(request, view, t))</div></div>
      """)
  }

  private static func head(_ request: WebRequest, _ view: View, _ t: Texts<LinkText>) -> HTML {
    let asked = view.sheet.request
    let language = request.language
    let rows = view.sheet.rows.count
    return """
      <div class="page-head"><div><h1>\(view.title)</h1><p>\(t(.fromTo, view.facility, asked.vendorName)) \(asked.systemName.map { "・ \($0)" })</p></div>
      <form method="post" action="/v/sheets/departure">\(Components.formToken(request))<span class="small">\(view.guest.name)</span> <button class="button" data-size="s">\(t(.depart))</button></form></div>
      \(standing(request, view, t))
      <p>\(Texts<SheetText>(language)(SheetText.lead(asked.kind)))</p>
      \(asked.message.isEmpty ? nil : "<blockquote class=\"panel\"><p>\(asked.message)</p></blockquote>" as HTML?)
      <p><label for="progress">\(t(.progress, view.sheet.answered, rows))</label> <progress id="progress" max="\(rows)" value="\(view.sheet.answered)"></progress></p>
      """
  }

  /// Where the sheet stands, in a sentence: to be filled in by a day, handed in, given back, closed.
  private static func standing(_ request: WebRequest, _ view: View, _ t: Texts<LinkText>) -> HTML {
    let asked = view.sheet.request
    let day = request.language.date(asked.dueOn)
    switch asked.state {
    case .handedIn:
      let by = asked.handedInBy ?? ""
      let at = asked.handedInAt.map { request.language.dateTime($0) } ?? ""
      return Components.notice(.good, t(.handedTitle), "<p>\(t(.handedText, by, at))</p>")
    case .closed: return Components.notice(.good, t(.closedTitle), "<p>\(t(.closedText))</p>")
    case .returned:
      let whole: HTML? = view.sheet.remarks[""].map { "<p><strong>\($0.text)</strong></p>" }
      return Components.notice(.warn, t(.returnedTitle), "\(whole)<p>\(t(.returnedText))</p>")
    default:
      let late = asked.isOverdue(on: request.now.day)
      let text: HTML = "<p>\(t(.dueText, day)) \(late ? Components.finding(t(.isLate)) : nil)</p>"
      let done: HTML? =
        switch request.query("done") {
        case "filed": Components.notice(.good, t(.filed))
        case "taken": Components.notice(.good, t(.taken), "<p>\(t(.takenText))</p>")
        default: nil
        }
      return "\(done)\(text)"
    }
  }

  private static func item(
    _ request: WebRequest, _ item: Pack.Item, _ view: View, refused: ItemForm.Refused?
  ) -> HTML {
    let t = request.texts(LinkText.self)
    let answer = view.sheet.answer(item.id)
    let remark: HTML? = view.sheet.remarks[item.id].map {
      Components.notice(.warn, t(.remarkTitle), "<p>\($0.text)</p>")
    }
    let body =
      view.sheet.request.isWritable
      ? ItemForm.item(request, item, view.sheet, path: view.path, refused: refused)
      : ItemForm.facts(request, answer, view.sheet.request.kind)
    let last: HTML? =
      view.sheet.request.isWritable && !answer.by.isEmpty
      ? "<p class=\"small soft\">\(t(.lastBy, answer.by)) \(request.language.timeTag(answer.at))</p>" : nil
    let evidence: HTML? =
      item.evidence(request.language).isEmpty
      ? nil
      : "<p class=\"small soft\">\(t(.evidence)) \(item.evidence(request.language).joined(separator: "、"))</p>"
    return """
      <article class="panel" id="\(item.id)" aria-labelledby="q-\(item.id)"><h3 id="q-\(item.id)"><span class="nowrap">\(item.label)</span>\(ItemForm.targets(item, request.language)) \(item.question(request.language))</h3>
      \(remark)\(evidence)\(body)\(last)</article>
      """
  }

  private static func aside(_ request: WebRequest, _ view: View, _ t: Texts<LinkText>) -> HTML {
    let files = Files.section(
      request, view.sheet.files, path: "/v/sheets/\(view.guest.request)/files",
      mayEdit: view.sheet.request.isWritable)
    let take: HTML? =
      view.sheet.request.isWritable
      ? "<li><a href=\"\(view.path)/workbook\">\(t(.workbookTake))</a></li><li><a href=\"\(view.path)/release\">\(t(.releaseLink))</a></li>"
      : nil
    let how: HTML? =
      view.sheet.request.isWritable
      ? "<section aria-labelledby=\"h-how\"><h2 id=\"h-how\">\(t(.howTitle))</h2><p class=\"small\">\(t(.howText))</p></section>"
      : nil
    return """
      \(files)
      <section aria-labelledby="h-ways"><h2 id="h-ways">\(t(.waysTitle))</h2><ul class="plain">
      <li><a href="\(view.path)/workbook.xlsx">\(t(.workbookGive))</a></li>\(take)</ul></section>
      \(how)
      """
  }

  // MARK: Handing in

  static func handover(_ request: WebRequest, _ view: View, problem: (any Problem)?) -> Page {
    let t = request.texts(LinkText.self)
    let sheet = view.sheet
    func list(_ items: [Pack.Item], _ heading: String) -> HTML? {
      guard !items.isEmpty else { return nil }
      let rows = items.html {
        "<li><a href=\"\(view.path)#\($0.id)\">\($0.label) \($0.question(request.language))</a>\(ItemForm.targets($0, request.language))</li>"
      }
      return Components.notice(.warn, heading, "<ul class=\"plain\">\(rows)</ul>")
    }
    let nothing: HTML? =
      sheet.missing.isEmpty && sheet.withoutDay.isEmpty ? Components.notice(.good, t(.handComplete)) : nil
    return Page(
      t(.handTitle), narrow: true, bare: true,
      """
      <ol class="crumbs"><li><a href="\(view.path)">\(view.title)</a></li></ol>
      <h1>\(t(.handTitle))</h1>
      \(problem.map { Components.notice(.bad, request.words.problem($0, request.language)) })
      \(nothing)\(list(sheet.missing, t(.handMissing, sheet.missing.count)))\(list(sheet.withoutDay, t(.handNoDay, sheet.withoutDay.count)))
      <p>\(t(.handFiles, sheet.standingFiles.count))</p><p>\(t(.handText, view.facility))</p>
      <form method="post" action="\(view.path)/handover" class="cluster">\(Components.formToken(request))
      <button class="button" data-kind="primary">\(t(.handButton, view.facility))</button> <a href="\(view.path)">\(t(.backToSheet))</a></form>
      """)
  }
}
