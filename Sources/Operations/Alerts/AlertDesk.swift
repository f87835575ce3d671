import Kernel
import Mail
import Registers
import Storage
import Web

/// Opens and closes alerts by what is known of the monitors, and tells people: in their inbox, and by mail of what is down.
struct AlertDesk: Sendable {
  let sealer: Sealer
  /// Where browsers find this program; nil leaves links out of mail.
  let address: String?

  /// Brings the alerts of a facility up to date. Harmless when nothing is to be done, and when two workers do it.
  func settle(in scope: Scope) async throws {
    try await scope.write { tx in
      try decide(tx)
      try tell(tx)
    }
  }

  // MARK: Deciding

  private func decide(_ tx: WriteTx) throws {
    var candidates = try tx.alertCandidates()
    guard !candidates.isEmpty else { return }
    let now = tx.scope.now
    let (parents, bad) = (try tx.monitorParents(), try tx.badMonitors())
    let windows = try tx.windows(endingAfter: now)
    let systems = Dictionary(
      try tx.watchedSystems().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    for index in candidates.indices {
      let id = candidates[index].id
      candidates[index].facts.isBlocked = parents.blocker(of: id.text, isBad: bad.contains) != nil
      candidates[index].facts.isPlanned = windows.contains { $0.silences(id, at: now) }
    }
    try silenceOldResults(&candidates, parents, tx)
    for each in candidates {
      switch each.facts.verdict {
      case .keep: break
      case .open(let grade):
        let level =
          each.monitor.level ?? ImpactLevel(impact: each.monitor.system.flatMap { systems[$0]?.impact })
        try tx.open(
          Alert(
            id: tx.scope.newID(), monitor: each.id, name: each.monitor.name, grade: grade, level: level,
            openedAt: now, problem: each.problem))
      case .worsen: if let alert = each.alert { try tx.worsen(alert, each.problem) }
      case .resolve: if let alert = each.alert { try tx.resolve(alert, of: each.id) }
      }
    }
  }

  // MARK: Telling

  /// What one person is told in one pass.
  private struct Letter {
    var opened: [Alert] = []
    var resolved: [Alert] = []
  }

  private func tell(_ tx: WriteTx) throws {
    let now = tx.scope.now
    var untold = try tx.alertsToTell()
    // What came and went before anyone was told needs no telling.
    for alert in untold where alert.toldAt == nil && alert.resolvedAt != nil {
      try tx.markTold(alert, to: [], isOver: true)
    }
    untold.removeAll { $0.toldAt == nil && $0.resolvedAt != nil }
    guard !untold.isEmpty else { return }
    let oldest = untold.map { $0.resolvedAt ?? $0.openedAt }.min() ?? now
    let passes = try tx.tellingPasses(since: now.adding(milliseconds: -Grouping.spanMs))
    guard Grouping.isTime(passes: passes, oldest: oldest, now: now) else { return }
    var letters: [PersonID: Letter] = [:]
    let told = try tx.peopleTold(of: untold)
    let recipients = try Recipients(tx)
    for alert in untold {
      if alert.resolvedAt != nil {
        for person in told[alert.id] ?? [] { letters[person, default: Letter()].resolved.append(alert) }
        try tx.markTold(alert, to: [], isOver: true)
      } else {
        let people = recipients.of(alert)
        // It stays untold, and the list says so, until there is someone whom it reaches.
        guard !people.isEmpty else { continue }
        for person in people { letters[person, default: Letter()].opened.append(alert) }
        try tx.markTold(alert, to: people, isOver: false)
      }
    }
    let addresses = try tx.hasMailServer() ? try tx.alertAddresses() : [:]
    for (person, letter) in letters.sorted(by: { $0.key < $1.key }) {
      try post(letter, to: person, addresses[person].flatMap { MailAddress($0) }, tx)
    }
  }

  /// Who is told of which alert.
  private struct Recipients {
    private let systems: [Monitor.ID: [PersonID]]
    private let keepers: [PersonID]
    private let reach: Reach

    init(_ tx: WriteTx) throws {
      let people = Dictionary(
        try tx.watchedSystems().map { ($0.id, $0.people) }, uniquingKeysWith: { first, _ in first })
      let pairs = try tx.systemsOfMonitors().compactMap { id, system in people[system].map { (id, $0) } }
      systems = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
      keepers = try tx.alertKeepers()
      reach = try Reach(tx)
    }

    func of(_ alert: Alert) -> Set<PersonID> {
      reach.people(systems[alert.monitor] ?? [], else: keepers, for: alert.grade)
    }
  }

  private func post(_ letter: Letter, to person: PersonID, _ mail: MailAddress?, _ tx: WriteTx) throws {
    try postInbox(letter.opened, isOver: false, to: person, tx)
    try postInbox(letter.resolved, isOver: true, to: person, tx)
    guard let mail else { return }
    let down = letter.opened.filter { $0.grade == .down }
    let back = letter.resolved.filter { $0.grade == .down }
    guard !down.isEmpty || !back.isEmpty else { return }
    let words = AlertLetter(address: address)
    let letterMail = OutgoingMail(
      to: mail, subject: words.subject(down, back), body: words.body(down, back),
      about: "alert:\((down.first ?? back[0]).id)", postedBy: nil)
    // Without the key no mail can be kept; the inbox has it all the same.
    do { try Mailer(sealer).post(letterMail, tx) } catch is Sealer.Refusal {}
  }

  private func postInbox(_ alerts: [Alert], isOver: Bool, to person: PersonID, _ tx: WriteTx) throws {
    guard let first = alerts.first else { return }
    // The same alert is told twice at most before its end: as slow, and then as down.
    let step = isOver ? 9 : first.grade == .down ? 2 : 1
    if alerts.count <= Grouping.mostAlone {
      for alert in alerts {
        let key = isOver ? "monitoring.back" : alert.grade == .down ? "monitoring.down" : "monitoring.slow"
        try tx.housekeeping.post(
          Message(
            cause: "alert:\(alert.id)", recipient: person, step: isOver ? 9 : alert.grade == .down ? 2 : 1,
            key: key,
            arguments: [alert.name, "L\(alert.level.rawValue)"], link: "/monitoring/\(alert.monitor)"))
      }
      return
    }
    let names = alerts.prefix(3).map(\.name).joined(separator: "、")
    try tx.housekeeping.post(
      Message(
        cause: "alerts:\(first.id)", recipient: person, step: step,
        key: isOver ? "monitoring.manyBack" : "monitoring.many", arguments: ["\(alerts.count)", names],
        link: "/monitoring"))
  }
}

/// The words of a mail about alerts; in Japanese, as everything that Mamorite sends.
struct AlertLetter: Sendable {
  let address: String?
  private let t = Texts<MonitoringText>(.ja)
  private let words = Words([MonitoringText.catalog, Monitoring.probeCatalog])

  init(address: String?) { self.address = address }

  /// So many are written out; the rest is counted.
  static let mostNamed = 20

  func subject(_ down: [Alert], _ back: [Alert]) -> String {
    if let only = down.first, down.count == 1, back.isEmpty { return t(.mailDown, only.name) }
    if let only = back.first, back.count == 1, down.isEmpty { return t(.mailBack, only.name) }
    return down.isEmpty ? t(.mailManyBack, back.count) : t(.mailMany, down.count)
  }

  func body(_ down: [Alert], _ back: [Alert]) -> String {
    var lines: [String] = []
    if !down.isEmpty {
      lines += [t(.mailDownHead)] + down.prefix(Self.mostNamed).map(line) + rest(down) + [""]
    }
    if !back.isEmpty {
      lines += [t(.mailBackHead)] + back.prefix(Self.mostNamed).map(line) + rest(back) + [""]
    }
    if let address { lines.append("\(address)/monitoring") }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(_ alert: Alert) -> String {
    let time = t.language.time(alert.resolvedAt ?? alert.openedAt)
    let reason = alert.resolvedAt == nil ? alert.problem.map { words.problem($0, .ja) } ?? "" : ""
    return "・\(alert.name)(L\(alert.level.rawValue)) \(time) \(reason)"
  }

  private func rest(_ alerts: [Alert]) -> [String] {
    alerts.count > Self.mostNamed ? [t(.mailRest, alerts.count - Self.mostNamed)] : []
  }
}
