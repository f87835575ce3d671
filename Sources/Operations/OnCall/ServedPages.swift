import Kernel
import Storage
import Web

/// The month as planned and as served, and what was put right of it.
struct ServedMonthPage {
  let ledger: DutyLedger
  /// What is typed, or was chosen by a link, by field.
  var fields: [String: String] = [:]
  var refusal: RotaRefusal?

  private typealias T = Texts<OnCallText>
  private var view: OnCallView { ledger.view }
  /// Whether a time has been chosen, or typed and refused.
  private var isOpen: Bool { refusal != nil || !(fields["from"] ?? "").isEmpty }

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(OnCallText.self)
    let title = t(.servedOf, view.rota.name, t.month(view.month))
    func link(_ months: Int) -> String {
      "/oncall/\(view.rota.id)/served?month=\(t.monthField(view.month.adding(months: months)))"
    }
    let summary = refusal.map {
      Components.errorSummary(t(.notSaved), [(nil, request.words.problem($0, t.language))])
    }
    return Page(
      title, menu: "oncall",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/oncall/\(view.rota.id)/ledger?month=\(t.monthField(view.month))">\(t(.ledger))</a></li></ol><h1>\(title)</h1>\
      <p class="soft small">\(t(.servedLead))</p></div><div class="cluster"><a class="button" href="\(link(-1))">\(t(.monthBefore))</a><a class="button" href="\(link(1))">\(t(.monthAfter))</a></div></div>
      \(summary)\(form(request, t))\(table(request, t))\(corrections(t))
      """)
  }

  private func name(_ member: RotaMember?) -> String? { member.map { view.names.name($0) } }

  private func span(_ window: Window, _ t: T) -> String { t.span(window, view.zone) }

  private func table(_ request: WebRequest, _ t: T) -> HTML {
    let segments = ledger.segments.sorted {
      ($0.window.from, $0.layer.rawValue) < ($1.window.from, $1.layer.rawValue)
    }
    guard !segments.isEmpty else { return "<p>\(t(.noDuties))</p>" }
    let rows = segments.html { segment in
      let called = segment.record == nil ? segment.member : segment.called
      let isPast = segment.window.until <= view.now
      let served: HTML =
        !isPast
        ? HTML(t(.stillToCome))
        : segment.record != nil && segment.member == nil
          ? Components.finding(t(.nobodyServed)) : HTML(name(segment.member) ?? t(.state(segment.state)))
      return """
        <tr><th scope="row" data-label="\(t(.when))">\(span(segment.window, t))</th><td data-label="\(t(.layerField))">\(t(.layer(segment.layer)))</td>\
        <td data-label="\(t(.planned))">\(name(segment.planned) ?? "−")</td><td data-label="\(t(.calledByPlan))">\(name(called) ?? t(.state(segment.record == nil ? segment.state : .empty)))</td>\
        <td data-label="\(t(.served))">\(served)</td><td>\(way(request, segment, isPast, t))</td></tr>
        """ as HTML
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.servedTitle))</caption><thead><tr><th scope="col">\(t(.when))</th><th scope="col">\(t(.layerField))</th><th scope="col">\(t(.planned))</th>\
      <th scope="col">\(t(.calledByPlan))</th><th scope="col">\(t(.served))</th><th scope="col"><span class="visually-hidden">\(t(.change))</span></th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }

  /// The record, or the way to write one.
  private func way(_ request: WebRequest, _ segment: Segment, _ isPast: Bool, _ t: T) -> HTML? {
    let time = span(segment.window, t)
    if let record = segment.record {
      return
        "<a href=\"/oncall/\(view.rota.id)/served/\(record)\">\(t(.seeServed))<span class=\"visually-hidden\"> \(time)</span></a>"
    }
    guard isPast, request.may(.onCallEdit) else { return nil }
    let (from, until) = (view.zone.field(segment.window.from), view.zone.field(segment.window.until))
    if fields["layer"] == segment.layer.rawValue, fields["from"] == from, fields["until"] == until {
      return "<a href=\"#record\" aria-current=\"true\">\(t(.openAbove))</a>"
    }
    let query =
      "month=\(t.monthField(view.month))&layer=\(segment.layer.rawValue)&from=\(from)&until=\(until)"
    return
      "<a href=\"/oncall/\(view.rota.id)/served?\(query)#record\">\(t(.putRight))<span class=\"visually-hidden\"> \(time)</span></a>"
  }

  private func corrections(_ t: T) -> HTML {
    let items = ledger.served.html { shift, stands in
      let who = t(.takesOver, name(shift.instead) ?? t(.nobody), name(shift.member) ?? t(.nobodyServed))
      let link: HTML =
        stands
        ? "<a href=\"/oncall/\(view.rota.id)/served/\(shift.id)\"><b>\(span(shift.window, t))</b></a>"
        : "<s>\(span(shift.window, t))</s> \(Components.tag(t(.replacedSince)))"
      return """
        <li>\(link) \(t(.layer(shift.layer))) \(who) \(ServedShiftPage.mark(shift, t))<br><span class="small soft">\(shift.reason) (\(shift.madeBy), \(t.moment(shift.madeAt, view.zone)))</span></li>
        """ as HTML
    }
    let list: HTML =
      ledger.served.isEmpty ? "<p>\(t(.noCorrections))</p>" : "<ul class=\"plain\">\(items)</ul>"
    return
      "<section class=\"stack\" aria-labelledby=\"h-corrections\"><h2 id=\"h-corrections\">\(t(.corrections))</h2>\(list)</section>"
  }

  /// Above the table, for the time that was chosen in it; until then, how to choose.
  private func form(_ request: WebRequest, _ t: T) -> HTML? {
    guard request.may(.onCallEdit) else { return nil }
    guard isOpen else { return ledger.segments.isEmpty ? nil : "<p>\(t(.chooseServed))</p>" }
    let layers = Rota.Layer.allCases.map { (value: $0.rawValue, name: t(.layer($0))) }
    let own = ServedShiftPage.Fields(names: view.names, members: ledger.members, values: fields)
    let path = "/oncall/\(view.rota.id)/served?month=\(t.monthField(view.month))"
    return """
      <form class="panel stack" id="record" method="post" action="\(path)">\(Components.formToken(request))<h2>\(t(.recordServed))</h2><p class="small">\(t(.recordServedText))</p>
      \(Components.select("layer", t(.layerField), options: layers, chosen: fields["layer"] ?? ""))\(own.html(t))<p><a href="\(path)">\(t(.chooseAnother))</a></p>
      </form>
      """
  }
}

/// One record of who served, with what stood in its place before.
struct ServedShiftView: Sendable {
  let rota: Rota
  /// The one that counts first.
  let history: [ServedShift]
  let names: OnCallNames
  /// Who may be put in besides everyone of the register.
  let members: Set<RotaMember>

  var zone: Zone { Zone(rota.zone) ?? .tokyo }
  /// `2026-02`
  var month: String { String(zone.day(history[0].window.from).description.prefix(7)) }

  /// - Returns: what stands in its place, where it has been put right.
  static func read(_ id: ServedShift.ID, of rota: Rota.ID, _ scope: Scope) async throws -> (
    view: ServedShiftView, isNewer: Bool
  ) {
    try await scope.read { tx in
      guard let stored = try tx.rota(rota), let standing = try tx.standing(for: id) else {
        throw WebProblem.notFound
      }
      let history = try tx.servedHistory(standing, of: rota)
      // What someone served is theirs, and known to those who read everyone's.
      let isTheirs = scope.person.map { own in history.contains { $0.concerned.contains(own) } } ?? false
      guard !history.isEmpty, isTheirs || scope.may(.onCallRead) else { throw WebProblem.notFound }
      let view = ServedShiftView(
        rota: stored.rota, history: history, names: OnCallNames(try tx.onCallPeople(nil), on: scope.now.day),
        members: stored.rota.members.union(history.flatMap { [$0.member, $0.instead].compactMap { $0 } }))
      return (view, standing != id)
    }
  }
}

/// The record, what is said of it, how it was, and the forms.
struct ServedShiftPage {
  let view: ServedShiftView
  var refusal: RotaRefusal?
  var typed: FormValues?

  private typealias T = Texts<OnCallText>

  /// Who, from when to when, and why: the same for a new record and for one that is put right.
  struct Fields {
    let names: OnCallNames
    let members: Set<RotaMember>
    let values: [String: String]

    func html(_ t: Texts<OnCallText>) -> HTML {
      let own: [(value: String, name: String)] = members.map { ($0.text, names.name($0)) }.sorted {
        $0.name < $1.name
      }
      let others: [(value: String, name: String)] = names.all.filter { !members.contains($0.member) }.map {
        ($0.member.text, RotaDraft.line($0.member, names.all))
      }
      func time(_ name: String, _ label: String) -> HTML {
        Components.field(name, label, type: "datetime-local", value: values[name] ?? "", required: true)
      }
      return """
        <div class="columns" data-min="xs">\(time("from", t(.from)))\(time("until", t(.until)))</div>\
        \(Components.select("who", t(.whoServed), options: own + others + [("-", t(.nobodyServed))], chosen: values["who"] ?? ""))\
        \(Components.field("reason", t(.reason), value: values["reason"] ?? "", hint: t(.servedWhyHint), required: true))
        <p><button class="button" data-kind="primary">\(t(.save))</button></p>
        """
    }
  }

  /// Whether those whom it concerns have said something of it.
  static func mark(_ shift: ServedShift, _ t: Texts<OnCallText>) -> HTML? {
    if !shift.objections.isEmpty { return Components.tag(t(.objected), .warn) }
    return shift.answers.isEmpty ? nil : Components.tag(t(.confirmed), .good)
  }

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(OnCallText.self)
    let shift = view.history[0]
    let title = t(.servedRecord, t.span(shift.window, view.zone))
    let summary = refusal.map {
      Components.errorSummary(t(.notSaved), [(nil, request.words.problem($0, t.language))])
    }
    let up: HTML? =
      request.may(.onCallRead)
      ? """
      <ol class="crumbs"><li><a href="/oncall/\(view.rota.id)/served?month=\(view.month)">\(t(.servedTitle))</a></li></ol>
      """ : nil
    return Page(
      title, menu: "oncall", narrow: true,
      """
      <div class="page-head"><div>\(up)<h1>\(title)</h1><p class="soft small">\(view.rota.name)</p></div></div>\
      \(summary)<section class="panel">\(facts(shift, t))</section>\(answer(request, shift, t))\(form(request, shift, t))\(past(t))
      """)
  }

  private func facts(_ shift: ServedShift, _ t: T) -> HTML {
    func name(_ member: RotaMember?, _ nobody: OnCallText) -> HTML {
      HTML(member.map { view.names.name($0) } ?? t(nobody))
    }
    let said = shift.answers.map { answer -> (String, HTML) in
      let who = view.names.name(.person(answer.person))
      let what: HTML = answer.isRight ? HTML(t(.isRight)) : Components.finding(answer.note)
      return (t(.saidBy, who), "\(what) <span class=\"small soft\">\(t.moment(answer.at, view.zone))</span>")
    }
    return Components.facts(
      [
        (t(.layerField), HTML(t(.layer(shift.layer)))), (t(.when), HTML(t.span(shift.window, view.zone))),
        (t(.calledByPlan), name(shift.instead, .nobody)), (t(.whoServed), name(shift.member, .nobodyServed)),
        (t(.reason), HTML(shift.reason)), (t(.madeBy), HTML(shift.madeBy)),
        (t(.madeAt), HTML(t.moment(shift.madeAt, view.zone))),
      ] + said)
  }

  private func answer(_ request: WebRequest, _ shift: ServedShift, _ t: T) -> HTML? {
    guard let person = request.person, shift.concerned.contains(person) else { return nil }
    let path = "/oncall/\(view.rota.id)/served/\(shift.id)/answer"
    let yes: HTML? =
      shift.answers.contains { $0.person == person && $0.isRight }
      ? nil
      : """
      <form method="post" action="\(path)">\(Components.formToken(request))<input type="hidden" name="right" value="yes"><button class="button">\(t(.isRight))</button></form>
      """
    return """
      <section class="panel stack" aria-labelledby="h-answer"><h2 id="h-answer">\(t(.answerServed))</h2><p class="small">\(t(.answerServedText))</p>\(yes)
      <form class="stack" method="post" action="\(path)">\(Components.formToken(request))<input type="hidden" name="right" value="no">\(Components.field("wrong", t(.wrongNote), value: typed.map { $0["wrong"] } ?? "", hint: t(.wrongHint), required: true))<p><button class="button">\(t(.isWrong))</button></p></form></section>
      """
  }

  private func form(_ request: WebRequest, _ shift: ServedShift, _ t: T) -> HTML? {
    guard request.may(.onCallEdit) else { return nil }
    var values = [
      "from": view.zone.field(shift.window.from), "until": view.zone.field(shift.window.until),
      "who": shift.member?.text ?? "-",
    ]
    if let typed, !typed["who"].isEmpty {
      for name in ["from", "until", "who", "reason"] { values[name] = typed[name] }
    }
    let fields = Fields(names: view.names, members: view.members, values: values)
    return """
      <form class="panel stack" method="post" action="/oncall/\(view.rota.id)/served/\(shift.id)">\(Components.formToken(request))<h2>\(t(.correctCall))</h2><p class="small">\(t(.correctServedText))</p>\(fields.html(t))</form>
      """
  }

  private func past(_ t: T) -> HTML? {
    guard view.history.count > 1 else { return nil }
    let items = view.history.dropFirst().html { "<li>\(facts($0, t))</li>" }
    return """
      <section class="stack" aria-labelledby="past"><h2 id="past">\(t(.beforeCorrection))</h2><ol class="plain">\(items)</ol></section>
      """
  }
}

extension Texts<OnCallText> {
  /// 2月24日(火) 8:30 – 2月25日(水) 8:30
  func span(_ window: Window, _ zone: Zone) -> String {
    "\(moment(window.from, zone)) – \(moment(window.until, zone))"
  }
}
