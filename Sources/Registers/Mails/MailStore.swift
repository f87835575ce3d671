import Kernel
import Mail
public import Storage
import Web

extension Mails {
  static let migrations = [
    Migration(
      "20261121-m1-mail",
      [
        """
        CREATE TABLE mail_server (
          facility_id TEXT NOT NULL PRIMARY KEY REFERENCES facility (id), host TEXT NOT NULL,
          port BIGINT NOT NULL CHECK (port BETWEEN 1 AND 65535),
          security TEXT NOT NULL CHECK (security IN ('tls', 'starttls', 'none')), login TEXT, secret TEXT,
          sender TEXT NOT NULL, sender_name TEXT NOT NULL, version BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE mail (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, recipient TEXT NOT NULL,
          title TEXT NOT NULL, sealed TEXT, about TEXT NOT NULL, posted_by TEXT, replies_to TEXT,
          written_at_ms BIGINT NOT NULL, attempts BIGINT NOT NULL, next_try_ms BIGINT NOT NULL, sent_at_ms BIGINT,
          ended_at_ms BIGINT, problem TEXT, problem_json TEXT, PRIMARY KEY (facility_id, id)
        )
        """,
        "CREATE INDEX mail_by_subject ON mail (facility_id, about)",
      ] + Migration.confine("mail_server") + Migration.confine("mail")),
    Migration(
      "20261205-m2-urgent-mail", ["ALTER TABLE mail ADD COLUMN is_urgent BOOLEAN NOT NULL DEFAULT FALSE"]),
  ]
}

extension ReadTx {
  func mailServer() throws -> MailSetting? {
    try first(
      """
      SELECT host, port, security, login, secret, sender, sender_name, version FROM mail_server
      WHERE facility_id = \(facility)
      """
    ) { row in
      guard let security = MailServer.Security(rawValue: try row.text(2)),
        let sender = MailAddress(try row.text(5))
      else { throw Row.Corrupt("mail_server") }
      return MailSetting(
        host: try row.text(0), port: try row.int(1), security: security, login: try row.optionalText(3),
        secret: try row.optionalText(4), sender: sender, senderName: try row.text(6), version: try row.int(7))
    }
  }

  /// Whether mail can be sent at all.
  public func hasMailServer() throws -> Bool {
    try count("SELECT COUNT(*) FROM mail_server WHERE facility_id = \(facility)") > 0
  }

  /// nil for a message that has been sent or given up, or that there is not.
  func waitingMail(_ id: Mails.MailID) throws -> WaitingMail? {
    try first(
      """
      SELECT recipient, title, sealed, posted_by, replies_to, written_at_ms, attempts, is_urgent FROM mail
      WHERE facility_id = \(facility) AND id = \(id) AND sent_at_ms IS NULL AND ended_at_ms IS NULL
      """
    ) { row in
      guard let to = MailAddress(try row.text(0)) else { throw Row.Corrupt("mail.recipient") }
      return WaitingMail(
        id: id, to: to, subject: try row.text(1), sealed: try row.text(2), postedBy: try row.optionalID(3),
        repliesTo: try row.optionalID(4), writtenAt: try row.instant(5), attempts: try row.int(6),
        isUrgent: try row.bool(7))
    }
  }

  /// The newest messages, of all or about one thing, the last written first.
  public func mails(about subject: String? = nil, limit: Int = 50) throws -> [ListedMail] {
    let further: SQL = subject.map { "AND about = \($0)" } ?? ""
    return try all(
      """
      SELECT id, recipient, title, about, written_at_ms, sent_at_ms, ended_at_ms, problem, problem_json FROM mail
      WHERE facility_id = \(facility) \(further) ORDER BY written_at_ms DESC, id LIMIT \(limit)
      """
    ) { row in
      let (sent, ended) = (try row.optionalInstant(5), try row.optionalInstant(6))
      let arguments = try row.optionalText(8).map { try ColumnJSON.read($0, as: [String].self) } ?? []
      return ListedMail(
        id: try row.id(0), to: try row.text(1), subject: try row.text(2), about: try row.text(3),
        writtenAt: try row.instant(4), sentAt: sent,
        state: sent != nil ? .sent : ended != nil ? .failed : .waiting,
        problem: try row.optionalText(7).map { ListedMail.StoredProblem(code: $0, arguments: arguments) })
    }
  }
}

extension WriteTx {
  func replace(_ before: MailSetting?, with after: MailSetting) throws {
    let change = Change(
      "mail.server", of: "mail-server:\(facility)", from: before?.facts, to: after.facts)
    guard let before else {
      return try apply(
        """
        INSERT INTO mail_server (facility_id, host, port, security, login, secret, sender, sender_name, version)
        VALUES (\(facility), \(after.host), \(after.port), \(after.security.rawValue), \(after.login),
          \(after.secret), \(after.sender.text), \(after.senderName), \(after.version))
        ON CONFLICT (facility_id) DO NOTHING
        """, recording: change)
    }
    try apply(
      """
      UPDATE mail_server SET host = \(after.host), port = \(after.port), security = \(after.security.rawValue),
        login = \(after.login), secret = \(after.secret), sender = \(after.sender.text),
        sender_name = \(after.senderName), version = \(after.version)
      WHERE facility_id = \(facility) AND version = \(before.version)
      """, recording: change)
  }

  func remove(_ before: MailSetting) throws {
    try apply(
      "DELETE FROM mail_server WHERE facility_id = \(facility) AND version = \(before.version)",
      recording: Change(
        "mail.server-remove", of: "mail-server:\(facility)", from: before.facts, to: [String: String]?.none))
  }

  func insert(_ mail: OutgoingMail, id: Mails.MailID, sealed: String) throws {
    try apply(
      """
      INSERT INTO mail (facility_id, id, recipient, title, sealed, about, posted_by, replies_to, written_at_ms,
        attempts, next_try_ms, is_urgent)
      VALUES (\(facility), \(id), \(mail.to.text), \(mail.subject), \(sealed), \(mail.about), \(mail.postedBy),
        \(mail.repliesTo), \(scope.now), 0, \(scope.now), \(mail.isUrgent))
      """,
      recording: Change(
        "mail.post", of: "mail:\(id)", to: ["recipient": mail.to.text, "title": mail.subject]))
    try housekeeping.setDue("mail.send", id.text, at: scope.now)
  }

  /// Takes a message for an attempt. False when another worker has it, or it is to wait.
  func claim(_ mail: WaitingMail, until end: Instant) throws -> Bool {
    try housekeeping.run(
      """
      UPDATE mail SET attempts = attempts + 1, next_try_ms = \(end)
      WHERE facility_id = \(facility) AND id = \(mail.id) AND sent_at_ms IS NULL AND ended_at_ms IS NULL
        AND next_try_ms <= \(scope.now)
      """) == 1
  }

  /// Its text goes: a link stood in it.
  func markSent(_ mail: WaitingMail) throws {
    try apply(
      """
      UPDATE mail SET sent_at_ms = \(scope.now), sealed = NULL, problem = NULL, problem_json = NULL
      WHERE facility_id = \(facility) AND id = \(mail.id) AND sent_at_ms IS NULL
      """,
      recording: Change(
        "mail.sent", of: "mail:\(mail.id)", to: ["recipient": mail.to.text, "title": mail.subject]))
    try housekeeping.setDue("mail.send", mail.id.text, at: nil)
  }

  /// - Parameter all: every waiting message of the facility waits with it.
  func postpone(_ mail: WaitingMail, all: Bool, until next: Instant, _ problem: any Problem) throws {
    try housekeeping.run(
      """
      UPDATE mail SET problem = \(problem.code), problem_json = \(try ColumnJSON.text(problem.arguments))
      WHERE facility_id = \(facility) AND id = \(mail.id)
      """)
    let waiting: SQL = all ? "sent_at_ms IS NULL AND ended_at_ms IS NULL" : "id = \(mail.id)"
    try housekeeping.run(
      "UPDATE mail SET next_try_ms = \(next) WHERE facility_id = \(facility) AND \(waiting)")
    try housekeeping.run(
      """
      UPDATE due SET due_at_ms = \(next), lease_until_ms = 0 WHERE facility_id = \(facility) AND kind = 'mail.send'
        AND subject IN (SELECT id FROM mail WHERE facility_id = \(facility) AND \(waiting))
      """)
  }

  func giveUp(_ mail: WaitingMail, _ problem: any Problem) throws {
    try apply(
      """
      UPDATE mail SET ended_at_ms = \(scope.now), sealed = NULL, problem = \(problem.code),
        problem_json = \(try ColumnJSON.text(problem.arguments))
      WHERE facility_id = \(facility) AND id = \(mail.id) AND sent_at_ms IS NULL
      """,
      recording: Change(
        "mail.give-up", of: "mail:\(mail.id)",
        to: ["recipient": mail.to.text, "title": mail.subject, "problem": problem.code]))
    try housekeeping.setDue("mail.send", mail.id.text, at: nil)
  }
}

extension MailSetting {
  /// As the ledger keeps it: without the password.
  fileprivate var facts: [String: String] {
    var facts = [
      "host": host, "port": "\(port)", "security": security.rawValue, "sender": sender.text,
      "senderName": senderName,
    ]
    if let login { facts["login"] = login }
    return facts
  }
}
