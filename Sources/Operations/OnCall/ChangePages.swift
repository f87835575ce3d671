import Kernel
import Storage
import Web

/// What changes a rota: who takes over, exchanges, leave.
struct ChangePages {
  let view: OnCallView
  let swaps: [Swap]
  let own: PersonID?
  var refusal: (any Problem)?
  var typed: FormValues?
  /// What a link has chosen beforehand, by field.
  var chosen: [String: String] = [:]

  static func read(_ id: Rota.ID, _ scope: Scope) async throws -> ChangePages {
    try await scope.read { tx in
      let rotas = try OnCallView.rotas(scope, tx)
      guard let stored = rotas.first(where: { $0.rota.id == id }) else { throw WebProblem.notFound }
      return ChangePages(
        view: try OnCallView(stored, rotas, month: nil, scope, tx),
        swaps: try tx.swaps(of: id, limit: 50),
        own: scope.person)
    }
  }

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(OnCallText.self)
    let title = t(.changesOf, view.rota.name)
    let summary = refusal.map {
      Components.errorSummary(t(.notSaved), [(nil, request.words.problem($0, t.language))])
    }
    return Page(
      title, menu: "oncall",
      """
      <div class="page-head"><div><h1>\(title)</h1></div></div>\(OnCallPages.parts(request, view, current: .changes, t))\(summary)
      <div class="split"><div class="stack">\(overrides(request, t))\(exchanges(request, t))</div><div class="stack">\(leaves(request, t))</div></div>
      """)
  }

  // MARK: Who takes over

  private func span(_ window: Window, _ t: Texts<OnCallText>) -> String {
    "\(t.moment(window.from, view.zone)) – \(t.moment(window.until, view.zone))"
  }

  private func overrides(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML {
    let coming = view.roster.overrides.filter { $0.window.until > view.now }
    let items = coming.html { override in
      let whom = override.whom.map { view.names.name($0) } ?? t(.whoever)
      let by = override.by.map { view.names.name($0) } ?? t(.nobody)
      let end: HTML? =
        request.may(.onCallEdit)
        ? """
        <form class="cluster" method="post" action="/oncall/overrides/\(override.id)/end">\(Components.formToken(request))<button class="button" data-size="s">\(t(.endIt))</button></form>
        """ : nil
      return """
        <li><b>\(span(override.window, t))</b> \(t(.layer(override.layer))) \(t(.takesOver, whom, by))<br><span class="small">\(override.reason) (\(override.madeBy))</span>\(end)</li>
        """ as HTML
    }
    let list: HTML = coming.isEmpty ? "<p>\(t(.noOverrides))</p>" : "<ul class=\"plain\">\(items)</ul>"
    return """
      <section class="stack" aria-labelledby="h-overrides"><h2 id="h-overrides">\(t(.overrides))</h2>\(list)\(request.may(.onCallEdit) ? overrideForm(request, t) : nil)</section>
      """
  }

  private func value(_ name: String, _ standard: String = "") -> String {
    typed.map { $0[name] } ?? chosen[name] ?? standard
  }

  private func overrideForm(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML {
    let layers = Rota.Layer.allCases.map { (value: $0.rawValue, name: t(.layer($0))) }
    let inRota = view.rota.members.sorted { view.names.name($0) < view.names.name($1) }
    let members: [(value: String, name: String)] = inRota.map { ($0.text, view.names.name($0)) }
    let others: [(value: String, name: String)] = view.names.all.filter {
      !view.rota.members.contains($0.member)
    }.map {
      ($0.member.text, RotaDraft.line($0.member, view.names.all))
    }
    let whom: [(value: String, name: String)] = [("", t(.whoever))] + members
    let by: [(value: String, name: String)] =
      [("", t(.chooseOne))] + members + others + [("-", t(.nobody))]
    return """
      <form class="panel stack" method="post" action="/oncall/\(view.rota.id)/overrides">\(Components.formToken(request))<h3>\(t(.addOverride))</h3>
      <div class="columns" data-min="xs">\(Components.select("layer", t(.layerField), options: layers, chosen: value("layer")))\
      \(Components.select("whom", t(.whom), options: whom, chosen: value("whom"), hint: t(.whomHint)))\
      \(Components.select("by", t(.by), options: by, chosen: value("by")))</div><div class="columns" data-min="xs">\
      \(Components.field("from", t(.from), type: "datetime-local", value: value("from", view.zone.field(view.now)), required: true))\
      \(Components.field("until", t(.until), type: "datetime-local", value: value("until"), required: true))</div>
      \(Components.field("reason", t(.reason), value: value("reason"), hint: t(.reasonHint), required: true))<p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      """
  }

  // MARK: Exchanges

  private func side(_ side: Swap.Side, _ t: Texts<OnCallText>) -> String {
    t(.gives, view.names.name(.person(side.person)), t(.layer(side.layer)), span(side.window, t))
  }

  private func exchanges(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML {
    let items = swaps.prefix(20).html { swap in
      let tone: Tone? = swap.state == .agreed ? .good : swap.state == .asked ? .warn : nil
      let parts = swap.sides.html { each in
        "<br>\(side(each, t)) <span class=\"small\">\(t(each.agreedAt == nil ? .notAgreed : .hasAgreed))</span>"
      }
      return """
        <li>\(Components.tag(t(.swapState(swap.state)), tone)) <span class="small">\(swap.reason) (\(swap.madeBy))</span>\(parts)\(answers(request, swap, t))</li>
        """ as HTML
    }
    let list: HTML = swaps.isEmpty ? "<p>\(t(.noSwaps))</p>" : "<ul class=\"plain\">\(items)</ul>"
    return """
      <section class="stack" aria-labelledby="h-swaps"><h2 id="h-swaps">\(t(.swaps))</h2><p class="small">\(t(.swapsLead))</p>\(list)\(swapForm(request, t))</section>
      """
  }

  private func answers(_ request: WebRequest, _ swap: Swap, _ t: Texts<OnCallText>) -> HTML? {
    guard swap.state == .asked, let side = swap.sides.first(where: { $0.person == own }) else { return nil }
    let agree: HTML? =
      side.agreedAt == nil
      ? """
      <form method="post" action="/oncall/swaps/\(swap.id)/agreement">\(Components.formToken(request))<button class="button" data-kind="primary" data-size="s">\(t(.agree))</button></form>
      """ : nil
    return """
      <div class="cluster">\(agree)<form method="post" action="/oncall/swaps/\(swap.id)/refusal">\(Components.formToken(request))<button class="button" data-size="s">\(t(.decline))</button></form></div>
      """
  }

  /// Duties of people still to come, without those that have been taken over: what may be exchanged.
  private var duties: [Labour.Duty] {
    let ahead = Window(from: view.now, until: view.now.adding(minutes: 45 * 1440))
    let plain = Labour(
      rota: view.rota, segments: view.labour.segments.filter { $0.override == nil }, calls: [], now: view.now)
    return plain.duties(in: ahead).filter { $0.member.person != nil && $0.window.from > view.now }
  }

  static func text(_ duty: Labour.Duty) -> String {
    "\(duty.member.text) \(duty.layer.rawValue) \(duty.window.from.milliseconds) \(duty.window.until.milliseconds)"
  }

  static func side(_ text: String) -> Swap.Side? {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 4, let person = RotaMember(parts[0])?.person,
      let layer = Rota.Layer(rawValue: parts[1]),
      let from = Int64(parts[2]), let until = Int64(parts[3]), from < until
    else { return nil }
    let window = Window(from: Instant(milliseconds: from), until: Instant(milliseconds: until))
    return Swap.Side(person: person, layer: layer, window: window)
  }

  private func swapForm(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML? {
    let all = duties
    // One's own duties first: most ask for themselves.
    let mine =
      all.filter { $0.member.person == own }
      + (request.may(.onCallEdit) ? all.filter { $0.member.person != own } : [])
    let others = request.may(.onCallEdit) ? all : all.filter { $0.member.person != own }
    guard !mine.isEmpty, Set(all.map(\.member)).count > 1 else { return nil }
    func options(_ duties: [Labour.Duty]) -> [(value: String, name: String)] {
      [(value: "", name: t(.chooseOne))]
        + duties.prefix(200).map { duty in
          let text = "\(view.names.name(duty.member)) \(span(duty.window, t)) \(t(.layer(duty.layer)))"
          return (value: ChangePages.text(duty), name: text)
        }
    }
    return """
      <form class="panel stack" method="post" action="/oncall/\(view.rota.id)/swaps">\(Components.formToken(request))<h3>\(t(.askSwap))</h3>
      \(Components.select("give", t(.give), options: options(mine), chosen: value("give")))\(Components.select("take", t(.takeDuty), options: options(others), chosen: value("take")))\
      \(Components.field("swapReason", t(.reason), value: value("swapReason")))<p><button class="button">\(t(.askNow))</button></p></form>
      """
  }

  // MARK: Leave

  private func leaves(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML {
    let coming = view.roster.leaves.filter {
      $0.window.until > view.now && view.rota.members.contains(.person($0.person))
    }
    let items = coming.html { leave in
      let mayEnd = request.may(.onCallEdit) || leave.person == own
      let end: HTML? =
        mayEnd
        ? """
        <form class="cluster" method="post" action="/oncall/leaves/\(leave.id)/end">\(Components.formToken(request))<input type="hidden" name="rota" value="\(view.rota.id)"><button class="button" data-size="s">\(t(.endIt))</button></form>
        """ : nil
      // Why someone is away is theirs, and of those who keep the rota.
      let note: HTML? = mayEnd && !leave.note.isEmpty ? " <span class=\"small\">\(leave.note)</span>" : nil
      return "<li><b>\(view.names.name(.person(leave.person)))</b> \(span(leave.window, t))\(note)\(end)</li>"
        as HTML
    }
    let list: HTML = coming.isEmpty ? "<p>\(t(.noLeaves))</p>" : "<ul class=\"plain\">\(items)</ul>"
    return """
      <section class="panel stack" aria-labelledby="h-leaves"><h2 id="h-leaves">\(t(.leaves))</h2><p class="small">\(t(.leavesLead))</p>\(list)\(leaveForm(request, t))</section>
      """
  }

  private func leaveForm(_ request: WebRequest, _ t: Texts<OnCallText>) -> HTML? {
    let people = view.rota.members.compactMap(\.person).filter { request.may(.onCallEdit) || $0 == own }
    guard !people.isEmpty else { return nil }
    let options = people.map { (value: $0.text, name: view.names.name(.person($0))) }.sorted {
      $0.name < $1.name
    }
    return """
      <form class="stack" method="post" action="/oncall/\(view.rota.id)/leaves">\(Components.formToken(request))<h3>\(t(.addLeave))</h3>
      \(Components.select("person", t(.person), options: options, chosen: value("person")))\(Components.field("leaveFrom", t(.from), type: "datetime-local", value: value("leaveFrom"), required: true))\
      \(Components.field("leaveUntil", t(.until), type: "datetime-local", value: value("leaveUntil"), required: true))\(Components.field("note", t(.note), value: value("note"), hint: t(.noteHint)))
      <p><button class="button">\(t(.save))</button></p></form>
      """
  }
}
