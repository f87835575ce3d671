import Kernel
import Storage
import Web

/// The roster on the screen: who is on call now and next, the month, and what has to be looked at.
enum OnCallPages {
  typealias T = Texts<OnCallText>

  // MARK: Nothing yet

  static func empty(_ request: WebRequest) -> Page {
    let t = request.texts(OnCallText.self)
    let mayEdit = request.may(.onCallEdit)
    let add: HTML? =
      mayEdit ? "<a class=\"button\" data-kind=\"primary\" href=\"/oncall/new\">\(t(.add))</a>" : nil
    return Page(
      t(.title), menu: "oncall",
      """
      <div class="page-head"><h1>\(t(.title))</h1></div>
      \(Components.empty(t(request.may(.onCallRead) ? .emptyTitle : .emptyOwn), t(mayEdit ? .emptyText : .emptyReader), add))
      """)
  }

  // MARK: The month

  static func month(_ request: WebRequest, _ view: OnCallView) -> Page {
    let t = request.texts(OnCallText.self)
    let title = t(.monthOf, view.rota.name, t.month(view.month))
    return Page(
      title, menu: "oncall",
      """
      <div class="page-head"><div><h1>\(title)</h1><p class="soft small">\(subtitle(view, t))</p></div>\(ways(request, view, t))</div>
      \(rotas(view, t))\(parts(request, view, current: .month, t))
      <div class="split" data-side="end">\(present(view, t))<div class="stack">\(findings(request, view, t))</div></div>
      <div class="stack">\(Components.scrollHint(request.texts()))\(view.weeks.html { week(view, $0, view.zone.day(view.now), t) })</div>
      <div class="split"><div class="stack">\(calls(view, t))</div><div class="stack">\(fairness(view, t))</div></div>
      """)
  }

  private static func subtitle(_ view: OnCallView, _ t: T) -> String {
    let members = view.rota.members
    let desks = members.count { $0.person == nil }
    let times = view.bands.map { Hours.text($0.from) }.joined(separator: " / ")
    return t(.summary, "\(members.count - desks)", "\(desks)", times, view.rota.zone)
  }

  private static func ways(_ request: WebRequest, _ view: OnCallView, _ t: T) -> HTML {
    let id = view.rota.id
    func month(_ day: Day) -> String { "/oncall/\(id)?month=\(t.monthField(day))" }
    let edit: HTML? =
      request.may(.onCallEdit) ? "<a class=\"button\" href=\"/oncall/\(id)/settings\">\(t(.change))</a>" : nil
    return """
      <div class="cluster"><a class="button" href="/oncall/\(id)/print?month=\(t.monthField(view.month))">\(t(.printIt))</a>\(edit)\
      <a class="button" href="\(month(view.month.adding(months: -1)))">\(t(.monthBefore))</a><a class="button" href="\(month(view.month.adding(months: 1)))">\(t(.monthAfter))</a></div>
      """
  }

  /// The pages of one rota.
  enum Part { case month, changes, checks, ledger, feeds }

  static func parts(_ request: WebRequest, _ view: OnCallView, current: Part, _ t: T) -> HTML {
    let id = view.rota.id
    let all: [(Part, String, OnCallText)] = [
      (.month, "/oncall/\(id)", .roster), (.changes, "/oncall/\(id)/changes", .changes),
      (.checks, "/oncall/\(id)/checks", .checks), (.ledger, "/oncall/\(id)/ledger", .ledger),
      (.feeds, "/oncall/\(id)/feeds", .feeds),
    ]
    let items = all.html { part, path, name in
      "<li><a href=\"\(path)\"\("aria-current", is: part == current ? "page" : nil)>\(t(name))</a></li>"
    }
    return
      "<nav aria-label=\"\(t(.partsOf, view.rota.name))\"><ul class=\"tabs\" data-level=\"2\">\(items)</ul></nav>"
  }

  private static func rotas(_ view: OnCallView, _ t: T) -> HTML? {
    guard view.rotas.count > 1 else { return nil }
    let items = view.rotas.html { each in
      each.rota.id == view.rota.id
        ? "<b aria-current=\"true\">\(each.rota.name)</b> "
        : "<a href=\"/oncall/\(each.rota.id)\">\(each.rota.name)</a> "
    }
    return "<nav class=\"cluster\" aria-label=\"\(t(.allRotas))\">\(items)</nav>"
  }

  // MARK: Now and next

  private static func present(_ view: OnCallView, _ t: T) -> HTML {
    let facts = Rota.Layer.allCases.map { layer -> (String, HTML) in
      let segment = view.roster.segment(of: layer, at: view.now)
      guard let member = segment.member else { return (t(.layer(layer)), nobody(segment, view, t)) }
      let until = t(.untilTime, t.moment(shiftEnd(layer, view) ?? segment.window.until, view.zone))
      return (t(.layer(layer)), "\(who(member, view))<br><span class=\"soft small\">\(until)</span>")
    }
    let next = Rota.Layer.allCases.compactMap { layer -> (String, HTML)? in
      guard let segment = view.next(layer) else { return nil }
      let name = segment.member.map { view.names.name($0) } ?? t(.state(segment.state))
      let text = t(.nextIs, t.moment(segment.window.from, view.zone), name)
      return (t(.nextOf, t(.layer(layer))), HTML(text))
    }
    return """
      <section class="panel" aria-labelledby="h-now"><h2 id="h-now">\(t(.now))</h2>\(Components.facts(facts + next))</section>
      """
  }

  private static func shiftEnd(_ layer: Rota.Layer, _ view: OnCallView) -> Instant? {
    let ahead = Window(from: view.now, until: view.now.adding(minutes: 31 * 1440))
    return view.segments(of: layer, in: ahead).shifts.first?.window.until
  }

  static func who(_ member: RotaMember, _ view: OnCallView) -> HTML {
    let numbers = view.names.phones(member).html { phone in
      let dial = phone.halfWidth.filter { $0.isASCII && ($0.isNumber || "+#*".contains($0)) }
      return " <a class=\"nowrap\" href=\"tel:\(dial)\">\(phone)</a>"
    }
    return "<strong>\(view.names.name(member))</strong>\(numbers)"
  }

  private static func nobody(_ segment: Segment, _ view: OnCallView, _ t: T) -> HTML {
    if segment.state == .off { return HTML(t(.stateOff)) }
    let away = segment.planned.map { view.names.name($0) }
    return Components.finding(
      segment.state == .leave ? t(.awayName, away ?? "") : t(.state(segment.state)))
  }

  // MARK: A week

  /// - Parameter today: nil on paper, where it would soon be wrong.
  private static func week(_ view: OnCallView, _ days: [Day], _ today: Day?, _ t: T) -> HTML {
    let label = t(.weekFrom, t.language.date(days[0]))
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(label)"><table class="roster"><caption class="visually-hidden">\(label)</caption>
      \(head(view, days, today, t))<tbody>\(view.bands.html { row(view, $0, days, today, t) })</tbody></table></div>
      """
  }

  static func head(_ view: OnCallView, _ days: [Day], _ today: Day?, _ t: T) -> HTML {
    let calendar = view.calendar
    let cells = days.html { day in
      let number = day.daysSince1970
      let holiday = calendar.holiday(number).map { t.holiday($0) }
      let note = [holiday, day == today ? t(.today) : nil].compactMap { $0 }.joined(separator: " ")
      let name = t(.dayOfWeek, "\(day.day)", t.weekday(day))
      return
        "<th scope=\"col\"\("data-day", is: calendar.kind(number) == .weekday ? nil : "rest")>\(name)<br><span class=\"small\">\(note)</span></th>"
    }
    return "<thead><tr><th scope=\"col\">\(t(.hours))</th>\(cells)</tr></thead>"
  }

  static func row(_ view: OnCallView, _ band: Hours, _ days: [Day], _ today: Day?, _ t: T) -> HTML {
    let calendar = view.calendar
    let cells = days.html { day in
      let isRest = calendar.kind(day.daysSince1970) != .weekday
      let mark = day == today ? "today" : isRest ? "rest" : nil
      return "<td\("data-day", is: mark)>\(cell(view, view.window(of: band, on: day), t))</td>"
    }
    return
      "<tr><th scope=\"row\">\(Hours.text(band.from))<br><span class=\"small soft\">\(t(.toTime, Hours.text(band.until)))</span></th>\(cells)</tr>"
  }

  private static func cell(_ view: OnCallView, _ window: Window, _ t: T) -> HTML {
    Rota.Layer.allCases.html { layer -> HTML in
      view.segments(of: layer, in: window).filter { $0.state != .off }.shifts.html { segment -> HTML in
        // When it is not the whole time: from when to when.
        let isWhole = segment.window == window
        let times =
          isWhole ? "" : " \(view.zone.time(segment.window.from))–\(view.zone.time(segment.window.until))"
        let short = t(layer == .primary ? .primaryShort : .secondaryShort)
        guard let member = segment.member else {
          let text = segment.state == .leave ? t(.leaveShort) : t(.emptyShort)
          return Components.finding("\(short) \(text)\(times)")
        }
        let changed = segment.override == nil && segment.record == nil ? "" : t(.changedMark)
        let text = "\(short) \(view.names.name(member))\(times)\(changed)"
        return layer == .primary
          ? "<span class=\"person\">\(text)</span>" : "<span class=\"small soft\">\(text)</span>"
      }
    }
  }

  // MARK: What has to be looked at

  static let mostShown = 4

  private static func findings(_ request: WebRequest, _ view: OnCallView, _ t: T) -> HTML {
    let pressing = view.findings.filter { $0.level > .note }
    guard !pressing.isEmpty else {
      return Components.notice(.good, t(.noFindings), "<p>\(t(.noFindingsText))</p>")
    }
    let words = FindingWords(view, t)
    let shown = pressing.prefix(mostShown).html { finding in
      Components.notice(
        finding.level == .strong ? .bad : .warn, words.heading(finding),
        "<p>\(words.sentence(finding))\(words.askable(finding, mayEdit: request.may(.onCallEdit)))</p>")
    }
    let more: HTML? =
      pressing.count > mostShown
      ? "<p><a href=\"/oncall/\(view.rota.id)/checks\">\(t(.moreFindings, pressing.count - mostShown))</a></p>"
      : nil
    return "\(shown)\(more)"
  }

  // MARK: Calls and shares

  private static func calls(_ view: OnCallView, _ t: T) -> HTML {
    let calls = view.calls.filter { $0.work.overlaps(view.monthSpan) }
    let table: HTML =
      calls.isEmpty ? "<p>\(t(.noCalls))</p>" : callTable(view, calls, t)
    return
      "<section aria-labelledby=\"h-calls\"><h2 id=\"h-calls\">\(t(.callsOfMonth))</h2>\(table)</section>"
  }

  static func callTable(_ view: OnCallView, _ calls: [DutyCall], _ t: T) -> HTML {
    let rows = calls.html { call in
      """
      <tr><td data-label="\(t(.when))" class="nowrap">\(t.moment(call.calledAt, view.zone))</td><th scope="row" data-label="\(t(.what))">\(call.what)</th>\
      <td data-label="\(t(.whoDid))">\(view.names.name(call.member))</td><td class="num" data-label="\(t(.untilStart))">\(t.length(Window(from: call.calledAt, until: call.work.from).minutes))</td>\
      <td class="num" data-label="\(t(.worked))">\(t.length(call.work.minutes))</td><td class="num" data-label="\(t(.travel))">\(t.length(call.travelMinutes))</td>\
      <td><a href="/oncall/\(call.rota)/calls/\(call.id)">\(t(call.corrects == nil ? .seeCall : .seeCorrected))<span class="visually-hidden"> \(call.what)</span></a></td></tr>
      """ as HTML
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.callsOfMonth))</caption><thead><tr><th scope="col">\(t(.when))</th><th scope="col">\(t(.what))</th>\
      <th scope="col">\(t(.whoDid))</th><th scope="col" class="num">\(t(.untilStart))</th><th scope="col" class="num">\(t(.worked))</th><th scope="col" class="num">\(t(.travel))</th><th scope="col"><span class="visually-hidden">\(t(.change))</span></th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }

  static func fairness(_ view: OnCallView, _ t: T) -> HTML {
    let burdens = view.labour.burdens(in: view.labour.fairSpan)
    let members = burdens.keys.sorted { view.names.name($0) < view.names.name($1) }
    let rows = members.html { member in
      let own = burdens[member] ?? Burden()
      let isSeen = member.person != nil && (view.own == nil || view.own == member.person)
      let month = isSeen ? view.labour.overtime(of: member).last?.minutes : nil
      return """
        <tr><th scope="row">\(view.names.name(member))</th><td class="num" data-label="\(t(.nights))">\(own.nights)</td><td class="num" data-label="\(t(.restDays))">\(own.restDays)</td>\
        <td class="num" data-label="\(t(.callCount))">\(own.calls)</td><td class="num" data-label="\(t(.overtimeMonth))">\(month.map { t.length($0) } ?? "−")</td></tr>
        """ as HTML
    }
    return """
      <section class="panel" aria-labelledby="h-fair"><h2 id="h-fair">\(t(.fairness))</h2><div class="scroll" tabindex="0" role="region" aria-label="\(t(.fairness))"><table class="table" data-narrow="cards"><thead><tr><th scope="col">\(t(.person))</th>\
      <th scope="col" class="num">\(t(.nights))</th><th scope="col" class="num">\(t(.restDays))</th><th scope="col" class="num">\(t(.callCount))</th><th scope="col" class="num">\(t(.overtimeMonth))</th></tr></thead>\
      <tbody>\(rows)</tbody></table></div><p class="small">\(t(.overtimeNote))</p></section>
      """
  }

  // MARK: The checks

  static func checks(_ request: WebRequest, _ view: OnCallView) -> Page {
    let t = request.texts(OnCallText.self)
    let words = FindingWords(view, t)
    let title = t(.checksOf, view.rota.name)
    let rows = view.findings.html { finding in
      let tone: Tone? = finding.level == .strong ? .bad : finding.level == .warning ? .warn : nil
      return """
        <tr><td data-label="\(t(.level))">\(Components.tag(t(.level(finding.level)), tone))</td><th scope="row" data-label="\(t(.what))">\(words.heading(finding))</th>\
        <td data-label="\(t(.why))">\(words.sentence(finding))\(words.askable(finding, mayEdit: request.may(.onCallEdit)))<br><span class="small soft">\(words.ground(finding.rule))</span></td></tr>
        """ as HTML
    }
    let table: HTML =
      view.findings.isEmpty
      ? Components.empty(t(.noFindings), t(.noFindingsText))
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(title)</caption><thead><tr><th scope="col">\(t(.level))</th><th scope="col">\(t(.what))</th><th scope="col">\(t(.why))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return Page(
      title, menu: "oncall",
      """
      <div class="page-head"><div><h1>\(title)</h1><p class="soft small">\(t(.checksLead, OnCallView.daysAhead))</p></div></div>\(parts(request, view, current: .checks, t))
      \(table)<div class="split"><div class="stack">\(rules(words, t))</div><div class="stack">\(fairness(view, t))</div></div>
      """)
  }

  /// What is looked at, so that nothing found is not mistaken for nothing looked at.
  private static func rules(_ words: FindingWords, _ t: T) -> HTML {
    let items = LabourFinding.Rule.allCases.html { rule in
      "<li><b>\(t(.rule(rule)))</b> <span class=\"small\">\(words.ground(rule))</span></li>"
    }
    return """
      <section class="panel" aria-labelledby="h-rules"><h2 id="h-rules">\(t(.rulesTitle))</h2><ul class="plain">\(items)</ul><p class="small">\(t(.rulesNote))</p></section>
      """
  }

  // MARK: For the wall

  static func print(_ request: WebRequest, _ view: OnCallView) -> Page {
    let t = request.texts(OnCallText.self)
    let title = t(.monthOf, view.rota.name, t.month(view.month))
    let weeks = view.weeks.html { week(view, $0, nil, t) }
    let numbers = view.rota.members.sorted { view.names.name($0) < view.names.name($1) }.html { member in
      "<span>\(who(member, view))</span>"
    }
    return Page(
      title, menu: "oncall",
      """
      <div class="ledger wall stack"><ol class="crumbs screen-only"><li><a href="/oncall/\(view.rota.id)?month=\(t.monthField(view.month))">\(t(.title))</a></li></ol>
      <div class="page-head"><div><h1>\(title)</h1><p class="small">\(t(.printedAt, t.language.date(view.now.day), view.zone.time(view.now)))</p></div>\
      <div class="cluster screen-only"><button class="button" data-kind="primary" type="button" data-print hidden>\(t(.printIt))</button></div></div>
      <p class="small screen-only">\(t(.printHow))</p><section aria-labelledby="h-numbers"><h2 id="h-numbers" class="visually-hidden">\(t(.numbers))</h2><p class="cluster small">\(numbers)</p></section>\(weeks)</div>
      """)
  }
}
