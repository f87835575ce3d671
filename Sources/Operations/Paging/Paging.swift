import Kernel
import Mail
import Registers
import Storage
import Web

/// Who is called about what, one after the other, by which ways, and how it is answered.
enum Paging {
  /// - Parameters:
  ///   - sealer: keeps the addresses of channels, and marks the links of messages.
  ///   - carrier: hands calls over; tests put their own in its place.
  static func feature(_ sealer: Sealer, environment: [String: String] = [:], carrier: PageCarrier? = nil)
    -> Feature
  {
    let carrier = carrier ?? PageCarrier(environment)
    let address = PublicAddress(environment).given
    let pager = Pager(sealer: sealer, address: address)
    var feature = Feature("paging")
    feature.migrations = migrations
    feature.catalogs = [PagingText.catalog]
    let edit: Set<Permission> = [.pagingEdit, .alertsAnswer]
    feature.grants = [
      .administrator: edit.union([.pagingChannels]), .itStaff: edit, .safetyManager: edit,
      .management: [.alertsAnswer], .contributor: [.alertsAnswer], .auditor: [.alertsAnswer],
      .staff: [.alertsAnswer],
    ]
    feature.routes = {
      PagingRoutes(sealer: sealer, carrier: carrier, rota: pager.rota).add(to: &$0)
      ChannelRoutes(sealer: sealer, carrier: carrier).add(to: &$0)
      AlertRoutes(sealer: sealer).add(to: &$0)
    }
    feature.due = [
      "page.turn": { row, scope in
        try await scope.write { tx in
          try pager.turn(tx)
          // A row whose page has ended meanwhile is of no use any more.
          if try tx.nextPageTurn() == nil { try tx.armPages(at: nil) }
        }
      },
      "page.send": { row, scope in try await PagePosts.work(row, sealer, carrier, in: scope) },
      "page.life": { _, scope in try await LifeSigns.work(sealer, carrier, in: scope) },
    ]
    feature.promptKinds = ["page.turn", "page.send", "page.life"]
    feature.records = { Texts<PagingText>($0)(.title) }
    feature.signals = ["contact-chart": { tx, day in try ContactSignal.read(tx, on: day) }]
    feature.gauges = { tx, now in
      [
        Gauge(
          "mamorite_page_faults_day", "Calls of the last 24 hours that were not as they should be.",
          try tx.pageFaults(since: now.adding(minutes: -24 * 60))),
        Gauge("mamorite_page_posts_waiting", "Calls that wait to leave the house.", try tx.waitingPosts()),
      ]
    }
    return feature
  }

  static let (mostRules, mostPolicies, mostChannels) = (100, 50, 30)

  // MARK: Policies and rules

  static func save(
    _ policy: EscalationPolicy, over id: EscalationPolicy.ID?, _ rota: RotaDoor, in scope: Scope
  )
    async throws
  {
    try await scope.write { tx in
      let before = try id.flatMap { try tx.policy($0) }
      if id != nil, before == nil { throw WebProblem.notFound }
      if let before, before.version != policy.version - 1 { throw Stale() }
      if let other = try tx.policyID(named: policy.name.folded), other != policy.id {
        throw PagingRefusal.nameTaken
      }
      let (rooms, rotas) = (Set(try tx.channels().map(\.channel.id)), Set(try rota.rotas(tx).map(\.id)))
      for target in policy.steps.flatMap(\.targets) {
        let isKnown: Bool =
          switch target {
          case .channel(let id): rooms.contains(id)
          case .rota(let id, _): rotas.contains(id)
          case .person(let id): try tx.callee(id, on: tx.scope.now.day) != nil
          default: true
          }
        guard isKnown else { throw PagingRefusal.badTarget }
      }
      guard try before != nil || tx.policies().count < mostPolicies else { throw PagingRefusal.tooMany }
      try tx.store(policy, over: before)
    }
  }

  static func remove(policy id: EscalationPolicy.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let policy = try tx.policy(id) else { throw WebProblem.notFound }
      guard try !tx.rulesUse(id) else { throw PagingRefusal.inUse }
      try tx.remove(policy)
    }
  }

  static func save(_ rule: RoutingRule, over id: RoutingRule.ID?, in scope: Scope) async throws {
    try await scope.write { tx in
      let all = try tx.rules()
      let before = id.flatMap { id in all.first { $0.id == id } }
      if id != nil, before == nil { throw WebProblem.notFound }
      if let before, before.version != rule.version - 1 { throw Stale() }
      if let policy = rule.policy, try tx.policy(policy) == nil { throw PagingRefusal.noPolicy }
      if let system = rule.system, try !tx.watchedSystems().contains(where: { $0.id == system }) {
        throw MonitorRefusal.noSystem
      }
      guard before != nil || all.count < mostRules else { throw PagingRefusal.tooMany }
      try tx.store(rule, over: before)
    }
  }

  static func remove(rule id: RoutingRule.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let rule = try tx.rules().first(where: { $0.id == id }) else { throw WebProblem.notFound }
      try tx.remove(rule)
    }
  }

  // MARK: Answering

  /// Takes alerts on: nobody further is called about them, and whoever was called is told who has them.
  ///
  /// - Parameter mayAlways: whether the actor may although they were not called.
  static func acknowledge(_ ids: [AlertID], by person: PersonID?, mayAlways: Bool, in scope: Scope)
    async throws
  {
    try await scope.write { tx in
      for id in ids {
        guard let alert = try tx.alert(id) else { throw WebProblem.notFound }
        if !mayAlways {
          guard let person, try tx.wasCalled(person, to: id) else { throw PagingRefusal.notCalled }
        }
        guard alert.acknowledgedAt == nil, alert.resolvedAt == nil else { continue }
        try tx.acknowledge(alert)
        try tx.endPage(of: id, .acknowledged)
        // With many at once the list says it.
        guard ids.count <= Grouping.mostAlone else { continue }
        for other in Set(try tx.calls(of: id).compactMap(\.recipient)) {
          guard case .person(let called) = other, called != person else { continue }
          try tx.housekeeping.post(
            Message(
              cause: "alert:\(id)", recipient: called, step: 8, key: "paging.taken",
              arguments: [alert.name, scope.actor.name], link: "/alerts/\(id)"))
        }
      }
    }
  }
}

extension Permission {
  static let pagingEdit = Permission("paging.edit")
  /// Ways out of the house, and the sign of life.
  static let pagingChannels = Permission("paging.channels")
  /// Seeing an alert to which one was called, and taking it on.
  static let alertsAnswer = Permission("alerts.answer")
}
