import Foundation
public import Kernel

/// Something that must happen at a later time; taken by one worker at a time.
public struct DueRow: Sendable, Equatable {
  public let facility: FacilityID
  public let kind: String
  public let subject: String
  public let dueAt: Instant
}

/// A message written in the transaction of its cause.
public struct Message: Sendable, Equatable {
  public let cause: String
  public let recipient: PersonID
  /// Which repetition this is (first notice, second…), so that the same step is never written twice.
  public let step: Int
  /// A key of the catalog and its arguments: the words are chosen when it is read, in the reader's language.
  public let key: String
  public let arguments: [String]
  public let link: String

  public init(cause: String, recipient: PersonID, step: Int, key: String, arguments: [String], link: String) {
    self.cause = cause
    self.recipient = recipient
    self.step = step
    self.key = key
    self.arguments = arguments
    self.link = link
  }
}

/// A message in a person's inbox.
public struct InboxMessage: Sendable, Equatable {
  public let cause: String
  public let step: Int
  public let key: String
  public let arguments: [String]
  public let link: String
  public let at: Instant
  public let readAt: Instant?
}

extension HousekeepingTx {
  /// Sets the one due row of `kind` for `subject`; nil takes it away.
  public func setDue(_ kind: StaticString, _ subject: String, at moment: Instant?) throws {
    let kind = kind.description
    guard let moment else {
      try run(
        "DELETE FROM due WHERE facility_id = \(tx.facility) AND kind = \(kind) AND subject = \(subject)")
      return
    }
    try run(
      """
      INSERT INTO due (facility_id, kind, subject, due_at_ms) VALUES (\(tx.facility), \(kind), \(subject), \(moment))
      ON CONFLICT (facility_id, kind, subject) DO UPDATE SET due_at_ms = excluded.due_at_ms, attempts = 0
      """)
  }

  /// Writes a message once; the same cause, recipient and step a second time changes nothing.
  public func post(_ message: Message) throws {
    try run(
      """
      INSERT INTO outbox
        (facility_id, cause, recipient_id, channel, step, key, arguments_json, link, written_at_ms, next_try_ms)
      VALUES (\(tx.facility), \(message.cause), \(message.recipient), 'inbox', \(message.step), \(message.key),
        \(jsonList(message.arguments)), \(message.link), \(tx.scope.now), \(tx.scope.now))
      ON CONFLICT (facility_id, cause, recipient_id, channel, step) DO NOTHING
      """)
  }
}

extension ReadTx {
  public func inbox(of person: PersonID, limit: Int = 100) throws -> [InboxMessage] {
    try all(
      """
      SELECT cause, step, key, arguments_json, link, at_ms, read_at_ms FROM inbox
      WHERE facility_id = \(facility) AND recipient_id = \(person) ORDER BY at_ms DESC, cause LIMIT \(limit)
      """
    ) { row in
      InboxMessage(
        cause: try row.text(0), step: try row.int(1), key: try row.text(2), arguments: list(try row.text(3)),
        link: try row.text(4), at: try row.instant(5), readAt: try row.optionalInstant(6))
    }
  }

  /// Waiting due rows and the age of the oldest unsent message, over all facilities.
  public func queueFigures(now: Instant) throws -> (due: Int, oldestMessageMs: Int) {
    let due = try count("SELECT COUNT(*) FROM due WHERE due_at_ms <= \(now)")
    let oldest = try first("SELECT MIN(written_at_ms) FROM outbox WHERE sent_at_ms IS NULL") {
      try $0.optionalInt(0)
    }
    return (due, (oldest ?? nil).map { max(0, Int(now.milliseconds) - $0) } ?? 0)
  }
}

extension WriteTx {
  public func markInboxRead(_ person: PersonID) throws {
    try housekeeping.run(
      """
      UPDATE inbox SET read_at_ms = \(scope.now)
      WHERE facility_id = \(facility) AND recipient_id = \(person) AND read_at_ms IS NULL
      """)
  }
}

extension Installation {
  /// Which rows a worker takes.
  public enum DueKinds: Sendable {
    case all
    case only(Set<String>)
    case except(Set<String>)

    fileprivate var condition: SQL {
      switch self {
      case .all: ""
      case .only(let kinds): "AND kind IN (\(DueKinds.list(kinds)))"
      case .except(let kinds): "AND kind NOT IN (\(DueKinds.list(kinds)))"
      }
    }

    private static func list(_ kinds: Set<String>) -> SQL {
      SQL(joining: (kinds.sorted() + [""]).map { "\($0)" as SQL }, by: ", ")
    }
  }

  /// Takes up to `limit` rows whose time has come, for `leaseMs`; another worker does not see them until then.
  public func takeDue(
    _ kinds: DueKinds = .all, now: Instant, limit: Int = 50, leaseMs: Int64 = 60_000
  ) async throws -> [DueRow] {
    let until = now.adding(milliseconds: leaseMs)
    return try await keep(now: now) { tx in
      try tx.all(
        """
        UPDATE due SET lease_until_ms = \(until), attempts = attempts + 1
        WHERE (facility_id, kind, subject) IN (
          SELECT facility_id, kind, subject FROM due WHERE due_at_ms <= \(now) AND lease_until_ms <= \(now)
            \(kinds.condition)
          ORDER BY due_at_ms LIMIT \(limit) \(sqlite: "", postgres: "FOR UPDATE SKIP LOCKED")
        ) RETURNING facility_id, kind, subject, due_at_ms
        """
      ) {
        DueRow(
          facility: try $0.id(0), kind: try $0.text(1), subject: try $0.text(2), dueAt: try $0.instant(3))
      }
    }
  }

  /// Delivers waiting messages to inboxes. Gives their number.
  public func deliver(now: Instant, limit: Int = 200) async throws -> Int {
    try await keep(now: now) { tx in
      let waiting = try tx.all(
        """
        SELECT facility_id, cause, recipient_id, step FROM outbox
        WHERE sent_at_ms IS NULL AND next_try_ms <= \(now) AND channel = 'inbox'
        ORDER BY next_try_ms LIMIT \(limit) \(sqlite: "", postgres: "FOR UPDATE SKIP LOCKED")
        """
      ) { (try $0.text(0), try $0.text(1), try $0.text(2), try $0.int(3)) }
      for (facility, cause, recipient, step) in waiting {
        try tx.run(
          """
          INSERT INTO inbox (facility_id, recipient_id, cause, step, key, arguments_json, link, at_ms)
          SELECT facility_id, recipient_id, cause, step, key, arguments_json, link, written_at_ms FROM outbox
          WHERE facility_id = \(facility) AND cause = \(cause) AND recipient_id = \(recipient)
            AND channel = 'inbox' AND step = \(step)
          ON CONFLICT (facility_id, recipient_id, cause, step) DO NOTHING
          """)
        try tx.run(
          """
          UPDATE outbox SET sent_at_ms = \(now), attempts = attempts + 1
          WHERE facility_id = \(facility) AND cause = \(cause) AND recipient_id = \(recipient)
            AND channel = 'inbox' AND step = \(step)
          """)
      }
      return waiting.count
    }
  }
}

private func jsonList(_ values: [String]) -> String {
  guard let data = try? JSONEncoder().encode(values) else { return "[]" }  // strings always encode
  return String(decoding: data, as: UTF8.self)
}

private func list(_ json: String) -> [String] {
  (try? JSONDecoder().decode([String].self, from: Data(json.utf8))) ?? []  // written by jsonList above
}
