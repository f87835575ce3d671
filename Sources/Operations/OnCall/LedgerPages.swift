import Kernel
import Publishing
import Storage
import Web

/// The month of duties, calls and days off.
struct DutyLedgerPage {
  let ledger: DutyLedger
  var refusal: (any Problem)?
  var typed: FormValues?

  private var view: OnCallView { ledger.view }

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(OnCallText.self)
    let title = t(.ledgerOf, view.rota.name, t.month(view.month))
    let id = view.rota.id
    let month = t.monthField(view.month)
    func link(_ months: Int) -> String {
      "/oncall/\(id)/ledger?month=\(t.monthField(view.month.adding(months: months)))"
    }
    let summary = refusal.map {
      Components.errorSummary(t(.notSaved), [(nil, request.words.problem($0, t.language))])
    }
    return Page(
      title, menu: "oncall",
      """
      <div class="page-head"><div><h1>\(title)</h1></div><div class="cluster"><a class="button" href="\(link(-1))">\(t(.monthBefore))</a><a class="button" href="\(link(1))">\(t(.monthAfter))</a>\
      <a class="button" href="/oncall/\(id)/served?month=\(month)">\(t(.servedTitle))</a><a class="button" href="/oncall/\(id)/ledger.xlsx?month=\(month)">Excel</a><a class="button" href="/oncall/\(id)/ledger.csv?month=\(month)">CSV</a></div></div>
      \(OnCallPages.parts(request, view, current: .ledger, t))\(summary)\(lines(t))
      <div class="split"><div class="stack"><section class="stack" aria-labelledby="h-calls"><h2 id="h-calls">\(t(.callsOfMonth))</h2>\
      \(ledger.calls.isEmpty ? "<p>\(t(.noCalls))</p>" : OnCallPages.callTable(view, ledger.calls, t))\(callForm(request, t))</section></div>
      <div class="stack">\(rests(request, t))</div></div>
      """)
  }

  private func lines(_ t: Texts<OnCallText>) -> HTML {
    let rows = ledger.lines.html { line in
      """
      <tr><th scope="row">\(view.names.name(line.member))</th><td class="num" data-label="\(t(.planned))">\(t(.timesAndHours, "\(line.planned)", t.length(line.plannedMinutes)))</td>\
      <td class="num" data-label="\(t(.served))">\(t(.timesAndHours, "\(line.served)", t.length(line.servedMinutes)))</td><td class="num" data-label="\(t(.nights))">\(line.burden.nights)</td>\
      <td class="num" data-label="\(t(.restDays))">\(line.burden.restDays)</td><td class="num" data-label="\(t(.callCount))">\(line.burden.calls)</td><td class="num" data-label="\(t(.worked))">\(t.length(line.burden.workMinutes))</td>\
      <td class="num" data-label="\(t(.travel))">\(t.length(line.travelMinutes))</td><td class="num" data-label="\(t(.overtime))">\(t.length(line.overtimeMinutes))</td></tr>
      """ as HTML
    }
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.duties))</caption><thead><tr><th scope="col">\(t(.person))</th><th scope="col" class="num">\(t(.planned))</th><th scope="col" class="num">\(t(.served))</th>\
      <th scope="col" class="num">\(t(.nights))</th><th scope="col" class="num">\(t(.restDays))</th><th scope="col" class="num">\(t(.callCount))</th><th scope="col" class="num">\(t(.worked))</th><th scope="col" class="num">\(t(.travel))</th><th scope="col" class="num">\(t(.overtime))</th></tr></thead>\
      <tbody>\(rows)</tbody></table><p class="small">\(t(.overtimeNote))</p>
      """
  }

  private func value(_ name: String, _ standard: String = "") -> String { typed.map { $0[name] } ?? standard }

  private func callForm(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML? {
    let own = request.person
    let members = ledger.members.filter {
      request.may(.onCallEdit) || ($0.person != nil && $0.person == own)
    }
    guard !members.isEmpty, request.may(.onCallEdit) || !request.may(.onCallRead) else { return nil }
    let options = members.map { (value: $0.text, name: view.names.name($0)) }.sorted { $0.name < $1.name }
    return """
      <form class="panel stack" method="post" action="/oncall/\(view.rota.id)/calls">\(Components.formToken(request))<h3>\(t(.addCall))</h3><p class="small">\(t(.addCallText))</p>
      \(Components.select("member", t(.person), options: options, chosen: value("member")))\(Components.field("what", t(.what), value: value("what"), hint: t(.whatHint), required: true))\
      <div class="columns" data-min="xs">\(Components.field("called", t(.calledAt), type: "datetime-local", value: value("called"), required: true))\(Components.field("start", t(.workStart), type: "datetime-local", value: value("start"), required: true))\
      \(Components.field("end", t(.workEnd), type: "datetime-local", value: value("end"), required: true))\(Components.field("travel", t(.travelMinutes), type: "number", value: value("travel", "0"), hint: t(.travelHint)))</div>
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """
  }

  private func rests(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML {
    let items = ledger.rests.html { rest in
      let day = rest.restOn.map { t.language.date($0) }
      let take: HTML? =
        rest.restOn == nil && request.may(.onCallEdit)
        ? """
        <form class="cluster" method="post" action="/oncall/\(view.rota.id)/rests/\(rest.id)">\(Components.formToken(request))\(Components.field("day-\(rest.id)", t(.restOn), type: "date"))<button class="button" data-size="s">\(t(.save))</button></form>
        """ : nil
      return """
        <li>\(Components.tag(t(.rest(rest.kind)), rest.restOn == nil ? .warn : nil)) <b>\(view.names.name(.person(rest.person)))</b> \(t(.restLine, t.language.date(rest.workedOn), day ?? t(.notTaken)))\
        <br><span class="small soft">\(t(.decidedOn, t.language.dateTime(rest.decidedAt), rest.madeBy))</span>\(take)</li>
        """ as HTML
    }
    let list: HTML = ledger.rests.isEmpty ? "<p>\(t(.noRests))</p>" : "<ul class=\"plain\">\(items)</ul>"
    return """
      <section class="panel stack" aria-labelledby="h-rests"><h2 id="h-rests">\(t(.restsTitle))</h2><p class="small">\(t(.restsLead))</p>\(list)\(request.may(.onCallEdit) ? restForm(request, t) : nil)</section>
      """
  }

  private func restForm(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML {
    let people = ledger.members.filter { $0.person != nil }.map {
      (value: $0.person?.text ?? "", name: view.names.name($0))
    }.sorted { $0.name < $1.name }
    let kinds = RestDay.Kind.allCases.map { (value: $0.rawValue, name: t(.rest($0))) }
    return """
      <form class="stack" method="post" action="/oncall/\(view.rota.id)/rests">\(Components.formToken(request))<h3>\(t(.addRest))</h3>
      \(Components.select("restPerson", t(.person), options: people, chosen: value("restPerson")))\(Components.select("restKind", t(.restKind), options: kinds, chosen: value("restKind"), hint: t(.restKindHint)))\
      \(Components.field("workedOn", t(.workedOn), type: "date", value: value("workedOn"), required: true))\(Components.field("restOn", t(.restOn), type: "date", value: value("restOn")))
      <p><button class="button">\(t(.save))</button></p></form>
      """
  }
}

/// The ways to the ledger of duties.
struct OnCallLedgerRoutes: Sendable {
  func add(to routes: inout Routes) {
    routes.get("oncall/:id/ledger", needs: .onCallOwn) { request, scope in
      .page(DutyLedgerPage(ledger: try await ledger(request, scope)).page(request))
    }
    routes.get("oncall/:id/ledger.csv", needs: .onCallOwn, isPrivileged: true) { request, scope in
      let sheets = try await ledger(request, scope).sheets(request.texts())
      // One table after the other, as the workbook has them.
      let rows = sheets.flatMap { [$0.headings.map { Cell.text($0) }] + $0.rows + [[]] }
      return .file(Sheets.csv(rows), type: "text/csv; charset=utf-8", name: "oncall.csv")
    }
    routes.showSensitive { $0.parameters["id"].map { "oncall-rota:\($0)" } }
    routes.get("oncall/:id/ledger.xlsx", needs: .onCallOwn, isPrivileged: true) { request, scope in
      let bytes = try Sheets.xlsx(try await ledger(request, scope).sheets(request.texts()))
      return .file(bytes, type: Sheets.xlsxType, name: "oncall.xlsx")
    }
    routes.showSensitive { $0.parameters["id"].map { "oncall-rota:\($0)" } }
    routes.post("oncall/:id/calls", needs: .onCallOwn) { request, scope in
      let form = try request.form()
      return try await keep(request, form, scope) { try await OnCall.addCall($0, form, in: scope) }
    }
    routes.get("oncall/:id/calls/:call", needs: .onCallOwn) { request, scope in
      .page(DutyCallPage(view: try await call(request, scope)).page(request))
    }
    routes.post("oncall/:id/calls/:call", needs: .onCallOwn) { request, scope in
      let form = try request.form()
      let view = try await call(request, scope)
      let (rota, id) = (view.rota.id, try request.id("call", of: DutyCall.self))
      do { try await OnCall.correct(id, of: rota, form, in: scope) } catch let refusal as RotaRefusal
        where refusal.kind != .forbidden
      {
        let page = DutyCallPage(view: view, refusal: refusal, typed: form)
        return .page(page.page(request), status: refusal.kind == .conflict ? 409 : 422)
      }
      return .redirect(to: "/oncall/\(rota)/ledger?month=\(view.month)")
    }
    routes.post("oncall/:id/rests", needs: .onCallEdit) { request, scope in
      let form = try request.form()
      return try await keep(request, form, scope) { _ in try await OnCall.addRest(form, in: scope) }
    }
    routes.post("oncall/:id/rests/:rest", needs: .onCallEdit) { request, scope in
      let form = try request.form()
      let rest = try request.id("rest", of: RestDay.self)
      return try await keep(request, form, scope) { _ in
        try await OnCall.takeRest(rest, on: form["day-\(rest)"], in: scope)
      }
    }
  }

  private func call(_ request: WebRequest, _ scope: Scope) async throws -> DutyCallView {
    try await DutyCallView.read(
      try request.id("call", of: DutyCall.self), of: try request.id(of: Rota.self), scope)
  }

  private func ledger(_ request: WebRequest, _ scope: Scope) async throws -> DutyLedger {
    try await DutyLedger.read(try request.id(of: Rota.self), month: request.query("month"), scope)
  }

  private func keep(
    _ request: WebRequest, _ form: FormValues, _ scope: Scope, _ body: (Rota.ID) async throws -> Void
  ) async throws -> Reply {
    let id = try request.id(of: Rota.self)
    guard let stored = try await scope.read({ try $0.rota(id) }), OnCallView.sees(stored.rota, scope) else {
      throw WebProblem.notFound
    }
    do { try await body(id) } catch let refusal as RotaRefusal where refusal.kind != .forbidden {
      var page = DutyLedgerPage(ledger: try await ledger(request, scope))
      (page.refusal, page.typed) = (refusal, form)
      return .page(page.page(request), status: refusal.kind == .conflict ? 409 : 422)
    }
    return .redirect(to: "/oncall/\(id)/ledger")
  }
}
