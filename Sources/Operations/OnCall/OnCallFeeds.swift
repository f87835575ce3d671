import Kernel
import Publishing
import Storage
import Web

/// Calendars of duties, read by other programs at a secret address: one's own, or a team's.
struct OnCallFeedRoutes: Sendable {
  /// Where browsers find this program; nil takes the name by which it was asked.
  let address: PublicAddress

  func add(to routes: inout Routes) {
    routes.get("oncall/:id/feeds", needs: .onCallOwn) { request, scope in
      .page(try await page(request, scope, made: nil))
    }
    routes.post("oncall/:id/feeds", needs: .onCallOwn) { request, scope in
      let id = try request.id(of: Rota.self)
      let isTeam = try request.form()["kind"] == "team"
      let token = try await OnCall.makeFeed(rota: id, isTeam: isTeam, in: scope)
      return .page(try await page(request, scope, made: url(request, token)))
    }
    routes.post("oncall/feeds/:id/revocation", needs: .onCallOwn) { request, scope in
      try await OnCall.endFeed(try request.id(of: CalendarFeed.self), in: scope)
      let rota = try request.form()["rota"]
      return .redirect(to: Rota.ID(rota).map { "/oncall/\($0)/feeds" } ?? "/oncall")
    }
    routes.get("calendar/:token", .open) { request in try await calendar(request) }
  }

  private func url(_ request: WebRequest, _ token: String) -> String {
    "\(address.seen(by: request))/calendar/\(token).ics"
  }

  private func calendar(_ request: WebRequest) async throws -> Reply {
    var token = try request.parameter("token")
    if token.hasSuffix(".ics") { token.removeLast(4) }
    let hash = Secret.hash(token)
    guard token.utf8.count == 64,
      let known = try await Installation(request.database).readQueues({ try $0.calendarFeed(hash: hash) })
    else {
      return .text(request.words.problem(RotaRefusal.badFeed, request.language) + "\n", status: 404)
    }
    let scope = Scope(
      request.database, actor: .system("calendar"), facility: known.facility, now: request.now)
    guard let calendar = try await OnCallCalendar.read(known.feed, scope) else {
      return .text(request.words.problem(RotaRefusal.badFeed, request.language) + "\n", status: 404)
    }
    return .file(calendar.bytes, type: ICalendar.type, name: "oncall.ics", inline: true)
      .with("Cache-Control", "private, no-store")
  }

  private func page(_ request: WebRequest, _ scope: Scope, made: String?) async throws -> Page {
    let t = request.texts(OnCallText.self)
    let id = try request.id(of: Rota.self)
    let (view, feeds) = try await scope.read { tx in
      let rotas = try OnCallView.rotas(scope, tx)
      guard let stored = rotas.first(where: { $0.rota.id == id }) else { throw WebProblem.notFound }
      return (
        try OnCallView(stored, rotas, month: nil, scope, tx),
        try tx.calendarFeeds(of: scope.may(.onCallEdit) ? nil : scope.person)
      )
    }
    let title = t(.feedsOf, view.rota.name)
    let shown = made.map { url in
      """
      \(Components.notice(.info, t(.feedOnce), "<p>\(t(.feedOnceText))</p>"))<div class="scroll" tabindex="0" role="region" aria-label="\(t(.feedAddress))"><p class="fixed"><b>\(url)</b></p></div>
      """ as HTML
    }
    let own: HTML? = scope.person == nil ? nil : form(request, id, "own", t(.feedOwn), t(.feedOwnText), t)
    let team: HTML? =
      scope.may(.onCallEdit) ? form(request, id, "team", t(.feedTeam), t(.feedTeamText), t) : nil
    return Page(
      title, menu: "oncall",
      """
      <div class="page-head"><div><h1>\(title)</h1></div></div>\(OnCallPages.parts(request, view, current: .feeds, t))\(shown)
      <p>\(t(.feedsLead))</p>\(own)\(team)\(list(request, view, feeds, t))
      """)
  }

  private func form(
    _ request: WebRequest, _ id: Rota.ID, _ kind: String, _ title: String, _ text: String,
    _ t: Texts<OnCallText>
  ) -> HTML {
    """
    <form class="panel stack" method="post" action="/oncall/\(id)/feeds">\(Components.formToken(request))<input type="hidden" name="kind" value="\(kind)"><h2>\(title)</h2><p>\(text)</p>
    <p><button class="button">\(t(.feedMake)) <span class="visually-hidden">\(title)</span></button></p></form>
    """
  }

  private func list(
    _ request: WebRequest, _ view: OnCallView, _ feeds: [CalendarFeed], _ t: Texts<OnCallText>
  ) -> HTML {
    guard !feeds.isEmpty else { return "<p>\(t(.noFeeds))</p>" }
    let items = feeds.html { feed in
      let rota = view.rotas.first { $0.rota.id == feed.rota }?.rota.name
      let whose = feed.person.map { view.names.name(.person($0)) } ?? rota ?? ""
      return """
        <li>\(t(feed.person == nil ? .feedTeamOf : .feedOf, whose)) <span class="small">\(t.language.date(feed.madeAt.day)) \(feed.madeBy)</span>
        <form class="cluster" method="post" action="/oncall/feeds/\(feed.id)/revocation">\(Components.formToken(request))<input type="hidden" name="rota" value="\(view.rota.id)"><button class="button" data-size="s">\(t(.feedEnd)) <span class="visually-hidden">\(whose)</span></button></form></li>
        """ as HTML
    }
    return
      "<section class=\"panel\" aria-labelledby=\"h-feeds\"><h2 id=\"h-feeds\">\(t(.feedsInUse))</h2><ul class=\"plain\">\(items)</ul></section>"
  }
}

extension OnCall {
  /// - Returns: the secret of the address; only its hash is kept.
  static func makeFeed(rota id: Rota.ID, isTeam: Bool, in scope: Scope) async throws -> String {
    let token = Secret.token()
    guard !isTeam || scope.may(.onCallEdit) else { throw RotaRefusal.notYours }
    guard isTeam || scope.person != nil else { throw RotaRefusal.notYours }
    try await scope.write { tx in
      guard let stored = try tx.rota(id), OnCallView.sees(stored.rota, scope) else {
        throw WebProblem.notFound
      }
      let feed = CalendarFeed(
        id: scope.newID(), rota: isTeam ? id : nil, person: isTeam ? nil : scope.person,
        madeBy: scope.actor.name, madeAt: scope.now)
      try tx.insert(feed, tokenHash: Secret.hash(token))
    }
    return token
  }

  static func endFeed(_ id: CalendarFeed.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let feed = try tx.calendarFeed(id) else { throw WebProblem.notFound }
      guard scope.may(.onCallEdit) || feed.person == scope.person else { throw RotaRefusal.notYours }
      try tx.end(feed)
    }
  }
}

/// What stands in a calendar: every duty of its own day, from a month ago to half a year ahead. No numbers: the address may be known
/// to others one day.
enum OnCallCalendar {
  /// - Returns: nil for someone who has left.
  static func read(_ feed: CalendarFeed, _ scope: Scope) async throws -> ICalendar? {
    try await scope.read { tx in
      let names = OnCallNames(try tx.onCallPeople(nil), on: scope.now.day)
      if let person = feed.person, names.gone.contains(.person(person)) { return nil }
      let span = Window(
        from: scope.now.adding(minutes: -31 * 1440), until: scope.now.adding(minutes: 184 * 1440))
      let rotas = try tx.rotas().filter { feed.rota == nil || $0.rota.id == feed.rota }
      let all = try rotas.flatMap {
        try events(of: try tx.roster($0, in: span), in: span, feed.person, names)
      }
      let t = Texts<OnCallText>(.ja)
      let name = feed.person.map { names.name(.person($0)) } ?? rotas.first?.rota.name ?? ""
      return ICalendar(name: t(.calendarName, name), events: all, madeAt: scope.now)
    }
  }

  static func events(of roster: Roster, in span: Window, _ person: PersonID?, _ names: OnCallNames) throws
    -> [ICalendar.Event]
  {
    let t = Texts<OnCallText>(.ja)
    return Rota.Layer.allCases.flatMap { layer in
      roster.segments(of: layer, in: span).compactMap { segment -> ICalendar.Event? in
        // One that is cut by the edge of the span would begin elsewhere tomorrow.
        guard segment.window.from > span.from, segment.window.until < span.until else { return nil }
        if let person, segment.member != .person(person) { return nil }
        guard segment.state != .off else { return nil }
        let who = segment.member.map { names.name($0) } ?? t(.state(segment.state))
        return ICalendar.Event(
          uid: "\(roster.rota.id)-\(layer.rawValue)-\(segment.window.from.milliseconds)@mamorite",
          from: segment.window.from, until: segment.window.until,
          summary: t(.eventTitle, t(.layer(layer)), who, roster.rota.name))
      }
    }
  }
}
