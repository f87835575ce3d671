import Kernel
import Mail
import Storage
import Web

/// The ways to rules, policies, hours and one's own wishes.
struct PagingRoutes: Sendable {
  let sealer: Sealer
  let carrier: PageCarrier
  let rota: RotaDoor

  func add(to routes: inout Routes) {
    routes.get("paging", needs: .monitoringRead) { request, scope in
      .page(PagingPages.overview(request, try await PagingOverview.read(scope)))
    }
    addPolicies(&routes)
    addRules(&routes)
    routes.get("paging/hours", needs: .pagingEdit) { request, scope in
      let (setting, version) = try await scope.read { try $0.pagingSetting() }
      return .page(PagingPages.hours(request, HoursDraft(setting.hours), version, nil))
    }
    routes.post("paging/hours", needs: .pagingEdit) { request, scope in
      let form = try request.form()
      let (draft, version) = (HoursDraft(form), form.version)
      do {
        let hours = try draft.hours()
        try await scope.write { tx in
          let before = try tx.pagingSetting()
          var setting = before.setting
          setting.hours = hours
          try tx.store(setting, url: try tx.lifeSign()?.url, over: before.setting, version: version)
        }
      } catch let refusal as PagingRefusal {
        return .page(PagingPages.hours(request, draft, version, refusal), status: 422)
      }
      return .redirect(to: "/paging")
    }
    addPreferences(&routes)
  }

  // MARK: Policies

  private func addPolicies(_ routes: inout Routes) {
    routes.get("paging/policies/new", needs: .pagingEdit) { request, scope in
      .page(PolicyFormPage.page(request, PolicyDraft(), try await choices(scope), nil, nil))
    }
    routes.post("paging/policies", needs: .pagingEdit) { request, scope in
      try await save(request, over: nil, scope)
    }
    routes.get("paging/policies/:id", needs: .pagingEdit) { request, scope in
      let id = try request.id(of: EscalationPolicy.self)
      guard let policy = try await scope.read({ try $0.policy(id) }) else { throw WebProblem.notFound }
      return .page(PolicyFormPage.page(request, PolicyDraft(policy), try await choices(scope), id, nil))
    }
    routes.post("paging/policies/:id", needs: .pagingEdit) { request, scope in
      try await save(request, over: try request.id(of: EscalationPolicy.self), scope)
    }
    routes.post("paging/policies/:id/removal", needs: .pagingEdit) { request, scope in
      try await Paging.remove(policy: try request.id(of: EscalationPolicy.self), in: scope)
      return .redirect(to: "/paging")
    }
  }

  private func save(_ request: WebRequest, over id: EscalationPolicy.ID?, _ scope: Scope) async throws
    -> Reply
  {
    let draft = PolicyDraft(try request.form())
    do {
      let policy = try draft.policy(id: id ?? scope.newID())
      try await Paging.save(policy, over: id, rota, in: scope)
    } catch let refusal as PagingRefusal {
      let page = PolicyFormPage.page(request, draft, try await choices(scope), id, refusal)
      return .page(page, status: refusal.kind == .conflict ? 409 : 422)
    }
    return .redirect(to: "/paging")
  }

  private func choices(_ scope: Scope) async throws -> TargetChoices {
    try await scope.read { [rota] tx in
      TargetChoices(
        people: try tx.callablePeople(on: scope.now.day), rotas: try rota.rotas(tx),
        channels: try tx.channels().map(\.channel).filter { !$0.kind.isPhone })
    }
  }

  // MARK: Rules

  private func addRules(_ routes: inout Routes) {
    routes.get("paging/rules/new", needs: .pagingEdit) { request, scope in
      .page(RuleFormPage.page(request, RuleDraft(), try await RuleChoices.read(scope), nil, nil))
    }
    routes.post("paging/rules", needs: .pagingEdit) { request, scope in
      try await saveRule(request, over: nil, scope)
    }
    routes.get("paging/rules/:id", needs: .pagingEdit) { request, scope in
      let id = try request.id(of: RoutingRule.self)
      guard let rule = try await scope.read({ try $0.rules() }).first(where: { $0.id == id }) else {
        throw WebProblem.notFound
      }
      return .page(RuleFormPage.page(request, RuleDraft(rule), try await RuleChoices.read(scope), id, nil))
    }
    routes.post("paging/rules/:id", needs: .pagingEdit) { request, scope in
      try await saveRule(request, over: try request.id(of: RoutingRule.self), scope)
    }
    routes.post("paging/rules/:id/removal", needs: .pagingEdit) { request, scope in
      try await Paging.remove(rule: try request.id(of: RoutingRule.self), in: scope)
      return .redirect(to: "/paging")
    }
  }

  private func saveRule(_ request: WebRequest, over id: RoutingRule.ID?, _ scope: Scope) async throws -> Reply
  {
    let draft = RuleDraft(try request.form())
    do {
      try await Paging.save(try draft.rule(id: id ?? scope.newID()), over: id, in: scope)
    } catch let refusal as any Problem where refusal is PagingRefusal || refusal is MonitorRefusal {
      return .page(
        RuleFormPage.page(request, draft, try await RuleChoices.read(scope), id, refusal), status: 422)
    }
    return .redirect(to: "/paging")
  }

  // MARK: One's own wishes

  private func addPreferences(_ routes: inout Routes) {
    routes.get("paging/preferences", needs: .alertsAnswer) { request, scope in
      .page(try await preferences(request, scope, isSaved: request.query("done") == "saved"))
    }
    routes.post("paging/preferences", needs: .alertsAnswer) { request, scope in
      guard let person = request.person else { throw WebProblem.forbidden }
      let form = try request.form()
      let wish = PagePreference(
        usesMail: form["mail"] != "no", phone: Channel.ID(form["phone"]),
        number: PagePreference.Number(rawValue: form["number"]) ?? .night,
        language: Language(rawValue: form["language"])?.rawValue ?? "ja")
      let version = form.version
      try await scope.write { tx in
        if let phone = wish.phone {
          guard try tx.channel(phone)?.channel.kind.isPhone == true else { throw PagingRefusal.badChannel }
          let callee = try tx.callee(person, on: scope.now.day)
          guard callee?.number != nil else { throw PagingRefusal.noNumber }
        }
        let before = try tx.preference(of: person).preference
        try tx.store(wish, of: person, over: before, version: version)
      }
      return .redirect(to: "/paging/preferences?done=saved")
    }
  }

  private func preferences(_ request: WebRequest, _ scope: Scope, isSaved: Bool) async throws -> Page {
    guard let person = request.person else { throw WebProblem.forbidden }
    let (callee, known, phones) = try await scope.read { tx in
      (
        try tx.callee(person, on: scope.now.day), try tx.preference(of: person),
        try tx.channels().map(\.channel).filter(\.kind.isPhone)
      )
    }
    guard let callee else { throw WebProblem.notFound }
    return PagingPages.preferences(request, callee, known.preference, known.version, phones, isSaved: isSaved)
  }
}

/// The ways to channels and the sign of life; for administrators.
struct ChannelRoutes: Sendable {
  let sealer: Sealer
  let carrier: PageCarrier

  func add(to routes: inout Routes) {
    routes.get("paging/channels", needs: .pagingChannels) { request, scope in
      .page(ChannelPages.list(request, try await ChannelsView.read(scope)))
    }
    routes.get("paging/channels/new", needs: .pagingChannels) { request, scope in
      let kind = request.query("kind").flatMap(Channel.Kind.init(rawValue:)) ?? .json
      return .page(ChannelPages.form(request, ChannelDraft(kind: kind), nil, carrier.commands().names, nil))
    }
    routes.post("paging/channels", needs: .pagingChannels) { request, scope in
      try await save(request, over: nil, scope)
    }
    routes.get("paging/channels/:id", needs: .pagingChannels) { request, scope in
      let id = try request.id(of: Channel.self)
      guard let stored = try await scope.read({ try $0.channel(id) }) else { throw WebProblem.notFound }
      return .page(
        ChannelPages.form(
          request, ChannelDraft(stored.channel), stored.channel, carrier.commands().names, nil))
    }
    routes.post("paging/channels/:id", needs: .pagingChannels) { request, scope in
      try await save(request, over: try request.id(of: Channel.self), scope)
    }
    routes.post("paging/channels/:id/removal", needs: .pagingChannels) { request, scope in
      let id = try request.id(of: Channel.self)
      try await scope.write { tx in
        guard let stored = try tx.channel(id) else { throw WebProblem.notFound }
        let users = try tx.policies().flatMap { $0.steps.flatMap(\.targets) }
        guard !users.contains(.channel(id)) else { throw PagingRefusal.inUse }
        try tx.remove(stored.channel)
      }
      return .redirect(to: "/paging/channels")
    }
    routes.post("paging/channels/:id/test", needs: .pagingChannels) { request, scope in
      try await test(request, scope)
    }
    routes.post("paging/life", needs: .pagingChannels) { request, scope in
      let form = try request.form()
      let minutes = Int(form["every"])
      do {
        try await LifeSigns.save(
          minutes: minutes, mail: form["mail"], url: form["url"], version: form.version, sealer,
          in: scope)
      } catch let refusal as any Problem where refusal.kind == .invalid {
        let view = try await ChannelsView.read(scope)
        return .page(ChannelPages.list(request, view, refusal: refusal), status: 422)
      }
      return .redirect(to: "/paging/channels")
    }
  }

  private func save(_ request: WebRequest, over id: Channel.ID?, _ scope: Scope) async throws -> Reply {
    let draft = ChannelDraft(try request.form())
    let before = try await scope.read { tx in try id.flatMap { try tx.channel($0) } }
    if id != nil, before == nil { throw WebProblem.notFound }
    do {
      let channel = try draft.channel(id: id ?? scope.newID(), over: before, carrier.commands())
      let secrets = try draft.secrets(for: channel, over: before, sealer)
      try await scope.write { tx in
        if let other = try tx.channelID(named: channel.name.folded), other != channel.id {
          throw PagingRefusal.nameTaken
        }
        guard try before != nil || tx.channels().count < Paging.mostChannels else {
          throw PagingRefusal.tooMany
        }
        try tx.store(channel, secrets: secrets, over: before?.channel)
      }
      return .redirect(to: "/paging/channels/\(channel.id)")
    } catch let refusal as any Problem
      where [.invalid, .conflict].contains(refusal.kind) && !(refusal is Stale)
    {
      let page = ChannelPages.form(request, draft, before?.channel, carrier.commands().names, refusal)
      return .page(page, status: refusal.kind == .invalid ? 422 : 409)
    }
  }

  /// Hands a test over at once, and says what came of it in the words of the other side.
  private func test(_ request: WebRequest, _ scope: Scope) async throws -> Reply {
    let id = try request.id(of: Channel.self)
    guard let stored = try await scope.read({ try $0.channel(id) }) else { throw WebProblem.notFound }
    let t = request.texts(PagingText.self)
    var problem: (any Problem)?
    do {
      let number = stored.channel.kind.isPhone ? Callee.dialled(try request.form()["number"]) : nil
      if stored.channel.kind.isPhone, number == nil { throw PagingRefusal.noNumber }
      let note = PageNote(
        number: number, text: t(.testText, request.visitor?.facilityName ?? ""), alerts: [], count: 0,
        link: nil)
      try await carrier.carry(try stored.parcel(note, sealer))
    } catch let refusal as any Problem { problem = refusal }
    let page = ChannelPages.form(
      request, ChannelDraft(stored.channel), stored.channel, carrier.commands().names, problem, isTested: true
    )
    return .page(page, status: problem?.kind == .invalid ? 422 : 200)
  }
}
