import Kernel
import Storage
import Web

/// One record of a call, with what stood in its place before.
struct DutyCallView: Sendable {
  let rota: Rota
  /// The one that counts first.
  let history: [DutyCall]
  let names: OnCallNames

  var zone: Zone { Zone(rota.zone) ?? .tokyo }
  /// `2026-02`
  var month: String { String(zone.day(history[0].work.from).description.prefix(7)) }

  static func read(_ id: DutyCall.ID, of rota: Rota.ID, _ scope: Scope) async throws -> DutyCallView {
    try await scope.read { tx in
      guard let stored = try tx.rota(rota), OnCallView.sees(stored.rota, scope) else {
        throw WebProblem.notFound
      }
      let history = try tx.dutyCallHistory(id, of: rota)
      guard let call = history.first else {
        // It has been put right meanwhile, or never was.
        if try tx.hasDutyCall(id, of: rota) { throw RotaRefusal.callChanged }
        throw WebProblem.notFound
      }
      // What someone worked is theirs, and known to those who read everyone's.
      guard scope.may(.onCallRead) || call.member.person == scope.person else { throw WebProblem.notFound }
      return DutyCallView(
        rota: stored.rota, history: history, names: OnCallNames(try tx.onCallPeople(nil), on: scope.now.day))
    }
  }
}

/// The record, how it was, and the form that puts it right.
struct DutyCallPage {
  let view: DutyCallView
  var refusal: RotaRefusal?
  var typed: FormValues?

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(OnCallText.self)
    let call = view.history[0]
    let summary = refusal.map {
      Components.errorSummary(t(.notSaved), [(nil, request.words.problem($0, t.language))])
    }
    return Page(
      call.what, menu: "oncall", narrow: true,
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/oncall/\(view.rota.id)/ledger?month=\(view.month)">\(t(.ledger))</a></li></ol><h1>\(call.what)</h1></div></div>\
      \(summary)<section class="panel">\(facts(call, t))</section>\(form(request, call, t))\(past(t))
      """)
  }

  private func stamp(_ moment: Instant) -> String { view.zone.field(moment).replacing("T", with: " ") }

  private func facts(_ call: DutyCall, _ t: Texts<OnCallText>) -> HTML {
    var facts: [(String, HTML)] = [
      (t(.person), HTML(view.names.name(call.member))), (t(.what), HTML(call.what)),
      (t(.calledAt), HTML(stamp(call.calledAt))), (t(.workStart), HTML(stamp(call.work.from))),
      (t(.workEnd), HTML(stamp(call.work.until))), (t(.travel), HTML(t.length(call.travelMinutes))),
      (t(.madeBy), HTML(call.madeBy)),
    ]
    if let why = call.why { facts.append((t(.whyCorrected), HTML(why))) }
    return Components.facts(facts)
  }

  private func form(_ request: WebRequest, _ call: DutyCall, _ t: Texts<OnCallText>) -> HTML? {
    let isOwn = call.member.person != nil && call.member.person == request.person
    guard isOwn || request.may(.onCallEdit) else { return nil }
    func value(_ name: String, _ standing: String) -> String { typed.map { $0[name] } ?? standing }
    func time(_ name: String, _ label: String, _ moment: Instant) -> HTML {
      Components.field(
        name, label, type: "datetime-local", value: value(name, view.zone.field(moment)), required: true)
    }
    return """
      <form class="panel stack" method="post" action="/oncall/\(view.rota.id)/calls/\(call.id)">\(Components.formToken(request))<h2>\(t(.correctCall))</h2><p class="small">\(t(.correctText))</p>
      \(Components.field("what", t(.what), value: value("what", call.what), hint: t(.whatHint), required: true))\
      <div class="columns" data-min="xs">\(time("called", t(.calledAt), call.calledAt))\(time("start", t(.workStart), call.work.from))\(time("end", t(.workEnd), call.work.until))\
      \(Components.field("travel", t(.travelMinutes), type: "number", value: value("travel", "\(call.travelMinutes)"), hint: t(.travelHint)))</div>
      \(Components.field("why", t(.whyCorrected), value: value("why", ""), hint: t(.whyHint), required: true))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """
  }

  private func past(_ t: Texts<OnCallText>) -> HTML? {
    guard view.history.count > 1 else { return nil }
    let items = view.history.dropFirst().html { "<li>\(facts($0, t))</li>" }
    return """
      <section class="stack" aria-labelledby="past"><h2 id="past">\(t(.beforeCorrection))</h2><ol class="plain">\(items)</ol></section>
      """
  }
}
