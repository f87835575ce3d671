public import Kernel
public import Mail
public import Storage
public import Web

/// Mail to people outside the program: vendors above all. Nothing of it is needed; without a mail server letters are printed.
public enum Mails {
  public typealias MailID = ID<OutgoingMail>

  /// - Parameters:
  ///   - sealer: keeps the server's password and what waits to be sent: links stand in it.
  ///   - carry: hands a message to a server; tests put their own in its place.
  public static func feature(
    _ sealer: Sealer,
    carry: @escaping @Sendable (MailMessage, MailServer) async throws(MailProblem) -> Void = {
      message, server throws(MailProblem) in try await server.send(message)
    }
  ) -> Feature {
    var feature = Feature("mails")
    feature.migrations = migrations
    feature.catalogs = [MailText.catalog]
    let all: Set<Permission> = [.mailRead, .mailEdit]
    feature.grants = [
      .administrator: all, .itStaff: all, .safetyManager: [.mailRead], .auditor: [.mailRead],
      .management: [.mailRead], .operator: all,
    ]
    feature.menu = [
      MenuEntry(
        "mail", path: "/mail", permission: .mailRead, order: 76, isFor: { $0.roles.contains(.operator) },
        title: { Texts<MailText>($0)(.title) })
    ]
    feature.promptKinds = ["mail.send"]
    feature.due = ["mail.send": { row, scope in try await work(row, sealer, carry, in: scope) }]
    feature.routes = { MailRoutes(sealer: sealer, carry: carry).add(to: &$0) }
    return feature
  }

  /// Minutes until the next attempt, by the number of those made.
  static let waits = [1, 2, 5, 15, 30, 60]
  /// The longest pause between two attempts with a message that calls someone.
  static let mostUrgentMinutes = 5
  /// Nobody waits longer than a day for a letter: then a person is told.
  static let mostHours = 24

  // MARK: The server

  /// - Parameter password: empty keeps the one that stands.
  /// - Throws: ``MailProblem``, ``Refusal``; `Stale` when someone else was faster.
  static func save(_ draft: ServerDraft, sealer: Sealer, in scope: Scope) async throws {
    let before = try await scope.read { try $0.mailServer() }
    let setting = try draft.setting(over: before, sealer: sealer, facility: scope.facility)
    guard before?.version ?? 0 == draft.version else { throw Stale() }
    try await scope.write { try $0.replace(before, with: setting) }
  }

  /// Takes the server away. What still waits is told to have failed.
  static func removeServer(version: Int, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.mailServer(), before.version == version else { throw Stale() }
      try tx.remove(before)
    }
  }

  // MARK: Sending

  /// One turn of the queue: nothing for a message that has been sent, taken by another worker, or is to wait.
  static func work(
    _ row: DueRow, _ sealer: Sealer,
    _ carry: @Sendable (MailMessage, MailServer) async throws(MailProblem) -> Void, in scope: Scope
  ) async throws {
    guard let id = MailID(row.subject) else { return }
    let taken = try await scope.write { tx -> (mail: WaitingMail, server: MailSetting?)? in
      guard let mail = try tx.waitingMail(id) else {
        try tx.housekeeping.setDue("mail.send", row.subject, at: nil)
        return nil
      }
      // Twice as long as an attempt can take.
      guard
        try tx.claim(mail, until: scope.now.adding(milliseconds: Int64(2 * MailServer.wholeSeconds * 1000)))
      else { return nil }
      return (mail, try tx.mailServer())
    }
    guard let (mail, setting) = taken else { return }
    do {
      guard let setting else { throw Refusal.noServer }
      let server = try setting.server(sealer, facility: scope.facility)
      try await carry(try mail.message(setting, sealer, at: scope.now), server)
      try await scope.write { try $0.markSent(mail) }
    } catch let problem as any Problem {
      try await scope.write { try fail(mail, problem, $0) }
    }
  }

  private static func fail(_ mail: WaitingMail, _ problem: any Problem, _ tx: WriteTx) throws {
    let now = tx.scope.now
    // Whether a call has arrived is not left open: the same message, with the same id, goes once more.
    let isUnsure = mail.isUrgent && problem as? MailProblem == .unclear
    let passing = isUnsure || ((problem as? MailProblem)?.isPassing ?? false)
    let slow = waits[min(max(0, mail.attempts), waits.count - 1)]
    let wait = mail.isUrgent ? min(slow, mostUrgentMinutes) : slow
    let next = now.adding(minutes: Int64(wait))
    if passing, next < mail.writtenAt.adding(minutes: Int64(mostHours * 60)) {
      // A server that is down is down for all of them: one attempt for all, not one for each.
      let all = (problem as? MailProblem)?.isOfServer ?? false
      return try tx.postpone(mail, all: all, until: next, problem)
    }
    try tx.giveUp(mail, problem)
    let isUnclear = problem as? MailProblem == .unclear
    let people = try mail.postedBy.map { [$0] } ?? tx.people().filter { keepers.contains($0.role) }.map(\.id)
    for person in people {
      try tx.housekeeping.post(
        Message(
          cause: "mail:\(mail.id)", recipient: person, step: 1,
          key: isUnclear ? "mail.unclear" : "mail.failed",
          arguments: [mail.to.text, mail.subject], link: "/mail"))
    }
  }

  private static let keepers: Set<Role> = [.administrator, .itStaff]

  enum Refusal: Problem, Equatable {
    case noServer, badSender, badRecipient, passwordNeeded

    var code: String { "mail.\(self)" }
    var kind: ProblemKind { self == .noServer ? .conflict : .invalid }
    var field: String? {
      switch self {
      case .badSender: "sender"
      case .badRecipient: "to"
      case .passwordNeeded: "password"
      case .noServer: nil
      }
    }
  }
}

/// A text to be sent, written in the transaction of its cause.
public struct OutgoingMail: Sendable {
  public let to: MailAddress
  public let subject: String
  public let body: String
  /// What it is about, as the ledger names it.
  public let about: String
  /// Who is told when it cannot be sent.
  public let postedBy: PersonID?
  /// The message that it reminds of.
  public let repliesTo: Mails.MailID?
  /// Whether it calls someone: then one too many is better than none.
  public let isUrgent: Bool

  public init(
    to: MailAddress, subject: String, body: String, about: String, postedBy: PersonID?,
    repliesTo: Mails.MailID? = nil, isUrgent: Bool = false
  ) {
    (self.to, self.subject, self.body, self.about) = (to, subject, body, about)
    (self.postedBy, self.repliesTo, self.isUrgent) = (postedBy, repliesTo, isUrgent)
  }
}

/// What other slices send by.
public struct Mailer: Sendable {
  private let sealer: Sealer

  public init(_ sealer: Sealer) { self.sealer = sealer }

  /// Writes a message into the queue; it is sent after the transaction. Its text is sealed until then and gone afterwards.
  @discardableResult
  public func post(_ mail: OutgoingMail, _ tx: WriteTx) throws -> Mails.MailID {
    let id: Mails.MailID = tx.scope.newID()
    try tx.insert(mail, id: id, sealed: try sealer.seal(Array(mail.body.utf8), for: "mail:\(id)"))
    return id
  }
}

/// A message that waits.
struct WaitingMail: Sendable {
  let id: Mails.MailID
  let to: MailAddress
  let subject: String
  let sealed: String
  let postedBy: PersonID?
  let repliesTo: Mails.MailID?
  let writtenAt: Instant
  /// Made so far.
  let attempts: Int
  let isUrgent: Bool

  func message(_ setting: MailSetting, _ sealer: Sealer, at now: Instant) throws -> MailMessage {
    MailMessage(
      id: id.text, from: setting.sender, fromName: setting.senderName, to: to, subject: subject,
      body: String(decoding: try sealer.open(sealed, for: "mail:\(id)"), as: UTF8.self), at: now,
      repliesTo: repliesTo?.text)
  }
}

/// A message as it is listed.
public struct ListedMail: Sendable, Equatable {
  public enum State: String, Sendable { case waiting, sent, failed }

  public let id: Mails.MailID
  public let to: String
  public let subject: String
  public let about: String
  public let writtenAt: Instant
  public let sentAt: Instant?
  public let state: State
  /// Why the last attempt failed.
  public let problem: StoredProblem?

  /// A problem as it is kept.
  public struct StoredProblem: Problem, Equatable {
    public let code: String
    public let arguments: [String]
    public var kind: ProblemKind { .unavailable }

    /// The code of a message that waited when its facility was taken to another installation.
    public static let moved = "mail.moved"
  }
}

/// The server of a facility as it is stored.
struct MailSetting: Sendable, Equatable {
  let host: String
  let port: Int
  let security: MailServer.Security
  let login: String?
  let secret: String?
  let sender: MailAddress
  let senderName: String
  let version: Int

  static func place(_ facility: FacilityID) -> String { "mail-server:\(facility)" }

  func server(_ sealer: Sealer, facility: FacilityID) throws -> MailServer {
    let password = try secret.map {
      String(decoding: try sealer.open($0, for: MailSetting.place(facility)), as: UTF8.self)
    }
    return try MailServer(host: host, port: port, security: security, login: login, password: password)
  }
}

/// What stands in the form of the server.
struct ServerDraft: Sendable {
  var host = ""
  var port = ""
  var security = MailServer.Security.startTLS.rawValue
  var login = ""
  var password = ""
  var sender = ""
  var senderName = ""
  var version = 0

  init() {}

  init(_ form: FormValues) {
    (host, port, security, login) = (form["host"], form["port"], form["security"], form["login"])
    (password, sender, senderName) = (form["password"], form["sender"], form["sender-name"])
    version = form.version
  }

  init(_ setting: MailSetting) {
    (host, port, security) = (setting.host, "\(setting.port)", setting.security.rawValue)
    (login, sender, senderName) = (setting.login ?? "", setting.sender.text, setting.senderName)
    version = setting.version
  }

  /// - Throws: `MailProblem`, `Mails.Refusal`.
  func setting(over before: MailSetting?, sealer: Sealer, facility: FacilityID) throws -> MailSetting {
    // The host is looked at first, as it stands first in the form.
    let port = Int(port.halfWidth.trimmed) ?? 0
    let security = MailServer.Security(rawValue: security) ?? .startTLS
    let login = login.trimmed.isEmpty ? nil : login.trimmed
    let server = try MailServer(host: host, port: port, security: security, login: login, password: password)
    guard let sender = MailAddress(sender) else { throw Mails.Refusal.badSender }
    let name = senderName.trimmed(to: 0...60) ?? String(senderName.prefix(60))
    // Kept for the same server only: whoever may set another would else have the password sent to it.
    let isSame = before.map { ($0.host, $0.port, $0.login) == (server.host, server.port, login) } ?? false
    guard login == nil || isSame || !password.isEmpty else { throw Mails.Refusal.passwordNeeded }
    let secret: String? =
      login == nil
      ? nil
      : password.isEmpty
        ? before?.secret : try sealer.seal(Array(password.utf8), for: MailSetting.place(facility))
    return MailSetting(
      host: server.host, port: port, security: security, login: login, secret: secret, sender: sender,
      senderName: name, version: (before?.version ?? 0) + 1)
  }
}

extension Permission {
  public static let mailRead = Permission("mail.read")
  public static let mailEdit = Permission("mail.edit")
}
