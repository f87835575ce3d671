import Kernel
import Storage
import Web

/// The page of one alert for those who were called, and the link by which they answer without signing in.
struct AlertRoutes: Sendable {
  let sealer: Sealer

  func add(to routes: inout Routes) {
    for (path, isPrint) in [("alerts/:id", false), ("alerts/:id/print", true)] {
      routes.get(path, needs: .alertsAnswer) { request, scope in
        let view = try await AlertView.read(try request.id(of: Alert.self), request.person, scope)
        return .page(isPrint ? AlertPages.printed(request, view) : AlertPages.page(request, view))
      }
    }
    routes.post("alerts/:id/acknowledgement", needs: .alertsAnswer) { request, scope in
      let id = try request.id(of: Alert.self)
      try await Paging.acknowledge(
        [id], by: request.person, mayAlways: scope.may(.monitoringEdit), in: scope)
      return .redirect(to: "/alerts/\(id)")
    }
    routes.get("p/:token", .open) { request in
      let (link, scope) = try opened(request)
      let view = try await LetterView.read(link, scope)
      return Reply.page(AlertPages.answer(request, view, token: try request.parameter("token"))).unseen
    }
    routes.post("p/:token", .open, bodyLimit: 4096) { request in
      let (link, scope) = try opened(request)
      let view = try await LetterView.read(link, scope)
      guard let name = view.name else { throw PagingRefusal.badLink }
      let acting = Scope(
        request.database, actor: .link("page-\(link.letter)", name: name), facility: link.facility,
        now: request.now)
      try await Paging.acknowledge(view.open.map(\.id), by: link.person, mayAlways: false, in: acting)
      return Reply.redirect(to: "/p/\(try request.parameter("token"))").unseen
    }
  }

  private func opened(_ request: WebRequest) throws -> (AnswerLink, Scope) {
    let link = try AnswerLink(try request.parameter("token"), sealer, now: request.now)
    let actor = Actor.link("page-\(link.letter)", name: "")
    return (link, Scope(request.database, actor: actor, facility: link.facility, now: request.now))
  }
}

extension Reply {
  /// Kept nowhere, and its address told to nobody: it is a secret.
  fileprivate var unseen: Reply {
    with("Referrer-Policy", "no-referrer").with("Cache-Control", "no-store").with(
      "X-Robots-Tag", "noindex, nofollow")
  }
}

/// What the link of a message leads to.
struct LetterView: Sendable {
  /// Of the person called; nil when they have left.
  let name: String?
  let facility: String
  let alerts: [(alert: Alert, number: Int)]

  var open: [Alert] { alerts.map(\.alert).filter { $0.resolvedAt == nil && $0.acknowledgedAt == nil } }

  static func read(_ link: AnswerLink, _ scope: Scope) async throws -> LetterView {
    try await scope.read { tx in
      LetterView(
        name: try tx.callee(link.person, on: scope.now.day)?.name, facility: try tx.facilityName(),
        alerts: try tx.alerts(ofLetter: link.letter))
    }
  }
}

/// What the page of one alert shows.
struct AlertView: Sendable {
  let alert: Alert
  let page: ShownPage?
  let calls: [PageCall]
  /// Who served when they were made, beside who was to be called.
  let served: [ServedThen]
  let names: [PersonID: String]
  let channels: [Channel.ID: String]
  let monitor: Monitor?
  let system: WatchedSystem?
  /// What was tried by itself.
  let tries: [RecoveryRun]

  static func read(_ id: AlertID, _ person: PersonID?, _ scope: Scope) async throws -> AlertView {
    try await scope.read { tx in
      guard let alert = try tx.alert(id) else { throw WebProblem.notFound }
      let (calls, served) = try tx.callsAndServed(of: id)
      // Weaknesses of the house are for those who watch over it, and for whoever was called to this one.
      let isCalled = person.map { own in calls.contains { $0.recipient == .person(own) } } ?? false
      guard isCalled || scope.may(.monitoringRead) else { throw WebProblem.notFound }
      let people = Set(
        calls.compactMap { call -> PersonID? in
          if case .person(let id) = call.recipient { id } else { nil }
        } + served.compactMap { $0.member?.person })
      let monitor = try tx.monitor(alert.monitor)?.monitor
      return AlertView(
        alert: alert, page: try tx.shownPage(of: id), calls: calls, served: served,
        names: try tx.names(of: people),
        channels: Dictionary(
          try tx.channels().map { ($0.channel.id, $0.channel.name) }, uniquingKeysWith: { first, _ in first }),
        monitor: monitor,
        system: try monitor?.system.flatMap { id in try tx.watchedSystems().first { $0.id == id } },
        tries: try tx.recoveryRuns(of: id))
    }
  }
}
