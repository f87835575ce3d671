import Kernel
import Mail
import Registers
import Storage
import Web

/// The messages of one pass: one to each recipient, by all the ways in which it wants to be called.
struct PageMail {
  private struct Bundle {
    let id: LetterID
    var opened: [CallItem] = []
    var ended: [EndItem] = []
  }

  private let tx: WriteTx
  private let sealer: Sealer
  private let address: String?
  private var bundles: [CallRecipient: Bundle] = [:]

  init(_ tx: WriteTx, sealer: Sealer, address: String?) {
    (self.tx, self.sealer, self.address) = (tx, sealer, address)
  }

  mutating func letter(for recipient: CallRecipient) -> LetterID {
    let bundle = bundles[recipient] ?? Bundle(id: tx.scope.newID())
    bundles[recipient] = bundle
    return bundle.id
  }

  mutating func add(_ page: RunningPage, turn: Int, to recipient: CallRecipient) {
    bundles[recipient]?.opened.append(
      CallItem(alert: page.alert, number: page.number, turn: turn, plan: page.plan))
  }

  mutating func addEnd(_ alert: Alert, _ told: Told) {
    _ = letter(for: told.recipient)
    bundles[told.recipient]?.ended.append(EndItem(alert: alert, number: told.number, isQuiet: told.isQuiet))
  }

  /// Writes them all into their queues.
  func send() throws {
    guard !bundles.isEmpty else { return }
    let channels = Dictionary(
      try tx.channels().map { ($0.channel.id, $0.channel) }, uniquingKeysWith: { first, _ in first })
    let hasMail = try tx.hasMailServer()
    for (recipient, bundle) in bundles.sorted(by: { $0.key < $1.key }) {
      switch recipient {
      case .person(let id):
        try postInbox(bundle, to: id)
        guard let callee = try tx.callee(id, on: tx.scope.now.day) else { continue }
        // Without the key nothing leaves that names a link or holds a secret; the inbox has it all the same.
        do { try postLoud(bundle, callee, channels, hasMail: hasMail) } catch is Sealer.Refusal {}
      case .desk(_, let phone):
        // A vendor's desk has nothing but its number.
        guard let gateway = channels.values.filter({ $0.kind.isPhone }).min(by: { $0.name < $1.name }),
          let number = Callee.dialled(phone)
        else { continue }
        do { try post(bundle, over: gateway, number: number, link: nil, .ja) } catch is Sealer.Refusal {}
      case .channel(let id):
        guard let channel = channels[id] else { continue }
        do { try post(bundle, over: channel, number: nil, link: nil, .ja) } catch is Sealer.Refusal {}
      }
    }
  }

  // MARK: By mail and telephone

  private func postLoud(
    _ bundle: Bundle, _ callee: Callee, _ channels: [Channel.ID: Channel], hasMail: Bool
  ) throws {
    let opened = bundle.opened.filter { !$0.plan.isQuiet }
    let ended = bundle.ended.filter { !$0.isQuiet }
    guard !opened.isEmpty || !ended.isEmpty else { return }
    let loud = Bundle(id: bundle.id, opened: opened, ended: ended)
    let language = Language(rawValue: callee.preference.language) ?? .ja
    let link = try opened.isEmpty ? nil : answerLink(bundle.id, callee.id)
    if hasMail, callee.preference.usesMail, let to = callee.mail.flatMap({ MailAddress($0) }) {
      let words = AlertLetter(language, address: address)
      let advice = try opened.count == 1 ? tx.monitor(opened[0].alert.monitor)?.monitor.advice : nil
      let about = opened.first?.alert ?? ended[0].alert
      let tried = try news(of: opened)
      try Mailer(sealer).post(
        OutgoingMail(
          to: to, subject: words.subject(opened, ended),
          body: words.body(
            opened, ended, tried: words.tried(tried, at: tx.scope.now), advice: advice ?? "", link: link),
          about: "alert:\(about.id)", postedBy: nil, isUrgent: !opened.isEmpty), tx)
    }
    if let gateway = callee.preference.phone.flatMap({ channels[$0] }), gateway.kind.isPhone,
      let number = callee.number
    {
      try post(loud, over: gateway, number: number, link: link, language)
    }
  }

  private func post(
    _ bundle: Bundle, over channel: Channel, number: String?, link: String?, _ language: Language
  ) throws {
    let words = AlertLetter(language, address: address)
    let (opened, ended) = (bundle.opened, bundle.ended)
    let list = address.map { "\($0)/monitoring" }
    let facts = opened.map { words.fact($0.number, $0.alert) } + ended.map { words.fact($0.number, $0.alert) }
    let note = PageNote(
      number: number,
      text: words.short(
        opened, ended, tried: try news(of: opened)?.short(language, at: tx.scope.now),
        link: link ?? (channel.kind.isPhone ? nil : list)),
      alerts: Array(facts.prefix(AlertLetter.mostNamed)), count: opened.count + ended.count,
      link: link ?? list)
    let about = opened.first?.alert ?? ended[0].alert
    try tx.post(note, over: channel, about: "alert:\(about.id)", sealer)
  }

  /// What was tried by itself, of one alert; of many the list says it.
  private func news(of opened: [CallItem]) throws -> RecoveryNews? {
    try opened.count == 1 ? RecoveryNews(tx, of: opened[0].alert) : nil
  }

  private func answerLink(_ letter: LetterID, _ person: PersonID) throws -> String? {
    guard let address else { return nil }
    let link = AnswerLink(
      facility: tx.facility, letter: letter, person: person, until: AnswerLink.end(from: tx.scope.now))
    return "\(address)/p/\(try link.text(sealer))"
  }

  // MARK: In the inbox

  private func postInbox(_ bundle: Bundle, to person: PersonID) throws {
    let opened = bundle.opened
    if opened.count <= Grouping.mostAlone {
      for item in opened {
        try tx.housekeeping.post(
          Message(
            cause: "alert:\(item.alert.id)", recipient: person, step: item.inboxStep,
            key: item.alert.grade == .down ? "monitoring.down" : "monitoring.slow",
            arguments: [item.alert.name, "L\(item.alert.level.rawValue)"], link: "/alerts/\(item.alert.id)"))
      }
    } else if let first = opened.first {
      try tx.housekeeping.post(
        Message(
          cause: "alerts:\(first.alert.id)", recipient: person, step: first.inboxStep, key: "monitoring.many",
          arguments: ["\(opened.count)", names(opened.map(\.alert))], link: "/monitoring"))
    }
    let ended = bundle.ended.map(\.alert)
    if ended.count <= Grouping.mostAlone {
      for alert in ended {
        try tx.housekeeping.post(
          Message(
            cause: "alert:\(alert.id)", recipient: person, step: 9, key: "monitoring.back",
            arguments: [alert.name, "L\(alert.level.rawValue)"], link: "/alerts/\(alert.id)"))
      }
    } else if let first = ended.first {
      try tx.housekeeping.post(
        Message(
          cause: "alerts:\(first.id)", recipient: person, step: 9, key: "monitoring.manyBack",
          arguments: ["\(ended.count)", names(ended)], link: "/monitoring"))
    }
  }

  private func names(_ alerts: [Alert]) -> String { alerts.prefix(3).map(\.name).joined(separator: "、") }
}

/// An alert in a message that calls.
struct CallItem: Sendable {
  let alert: Alert
  let number: Int
  let turn: Int
  let plan: PagePlan

  /// Which repetition of the inbox's messages it is: as slow, as down, and once for each further turn.
  var inboxStep: Int { turn > 0 ? (alert.grade == .down ? 1000 : 100) + turn : alert.grade == .down ? 2 : 1 }
}

/// An alert in a message that says that it is over.
struct EndItem: Sendable {
  let alert: Alert
  let number: Int
  let isQuiet: Bool
}

/// What goes over a channel, before its template has made it what the other side takes.
struct PageNote: Sendable, Equatable, Codable {
  struct Fact: Sendable, Equatable, Codable {
    let number: Int
    let name: String
    /// `down`, `slow` or `up`.
    let state: String
    let level: Int
    let since: String
  }

  /// The telephone number; nil for rooms.
  let number: String?
  let text: String
  let alerts: [Fact]
  let count: Int
  let link: String?
}

/// Telling those who keep the facility what is amiss with calls.
enum PageFaults {
  struct News {
    let fault: PageFault
    let alert: AlertID
    let name: String
    let number: Int
    let step: Int
  }

  static func tell(_ faults: [(PageFault, RunningPage, Int)], _ tx: WriteTx) throws {
    var news: [News] = []
    for (fault, page, turn) in faults {
      let step = page.plan.steps.isEmpty ? 0 : turn % page.plan.steps.count + 1
      let isNew = try tx.note(
        fault, alert: page.alert.id, turn: turn,
        ["name": page.alert.name, "number": "\(page.number)", "step": "\(step)"])
      if isNew {
        news.append(
          News(fault: fault, alert: page.alert.id, name: page.alert.name, number: page.number, step: step))
      }
    }
    try tell(news, tx)
  }

  /// One message for each kind of fault, however many alerts have it.
  static func tell(_ news: [News], _ tx: WriteTx) throws {
    guard !news.isEmpty else { return }
    let people = try tx.pageAdministrators(on: tx.scope.now.day)
    for (fault, all) in Dictionary(grouping: news, by: \.fault) {
      let first = all[0]
      for person in people {
        try tx.housekeeping.post(
          Message(
            cause: "page-\(fault.rawValue):\(first.alert)", recipient: person, step: first.step,
            key: PageFaults.key(fault),
            arguments: ["\(first.number)", first.name, "\(first.step)", "\(all.count)"],
            link: all.count == 1 ? "/alerts/\(first.alert)" : "/paging"))
      }
    }
  }

  private static func key(_ fault: PageFault) -> String {
    switch fault {
    case .nobody: "paging.nobody"
    case .unanswered: "paging.unanswered"
    case .missing: "paging.missing"
    case .different: "paging.different"
    case .unsent: "paging.unsent"
    }
  }
}
