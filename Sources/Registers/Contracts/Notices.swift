import Kernel
import Storage
import Web

/// Days of contracts, vendors and documents that must not pass unnoticed: notice, renewal, certifications, contacts, review.
///
/// Each is told once for its day, to those who answer for the entry or to the people who keep the registers; those that are due stand on the first page.
enum Notices {
  /// So many days before a day of notice or the end of a certification it is told.
  static let lead = 60

  static let due: [String: @Sendable (DueRow, Scope) async throws -> Void] = [
    "contracts.begin": Renewals.begin,
    "contracts.notice": { row, scope in try await tellNotice(row, in: scope) },
    "vendors.check": { row, scope in try await tellCheck(row, in: scope) },
    "vendors.certificate": { row, scope in try await tellCertificate(row, in: scope) },
    "documents.review": { row, scope in try await tellReview(row, in: scope) },
  ]

  static let contracts = EntryKeeper(keep: { before, after, tx in
    guard let id = (after ?? before)?.id else { return }
    let day = after.flatMap { $0.is("status", "ended") ? nil : $0.day("noticeBy") }
    try tx.housekeeping.setDue(
      "contracts.notice", Contracts.register.subject(id), at: moment(for: day, ahead: lead, tx.scope.now))
    if after == nil {
      try tx.housekeeping.setDue("contracts.begin", Contracts.register.subject(id), at: nil)
    }
  })

  static let vendors = EntryKeeper(keep: { before, after, tx in
    guard let id = (after ?? before)?.id else { return }
    let working = after.flatMap { Vendors.works($0) ? $0 : nil }
    let subject = Vendors.register.subject(id)
    try tx.housekeeping.setDue(
      "vendors.check", subject, at: moment(for: working?.day("nextCheckOn"), ahead: 0, tx.scope.now))
    try tx.housekeeping.setDue(
      "vendors.certificate", subject,
      at: moment(for: working.flatMap(Vendors.firstExpiry), ahead: lead, tx.scope.now))
  })

  static let documents = EntryKeeper(keep: { before, after, tx in
    guard let id = (after ?? before)?.id else { return }
    try tx.housekeeping.setDue(
      "documents.review", Documents.register.subject(id),
      at: moment(for: after.flatMap(review), ahead: 0, tx.scope.now))
  })

  /// When a document is to be reviewed; nil for one that is not used any more.
  private static func review(_ document: Entry) -> Day? {
    document.is("status", "abolished") ? nil : document.day("nextCheckOn")
  }

  /// When to tell of a day: so many days ahead at 8:00, at once when that has passed, never when the day itself has.
  static func moment(for day: Day?, ahead: Int, _ now: Instant) -> Instant? {
    guard let day, day >= now.day else { return nil }
    return max(day.adding(days: -ahead).morning, now)
  }

  /// The entry in `contracts:0192…`.
  static func entryID(in subject: String) -> Entry.ID? {
    subject.split(separator: ":").last.flatMap { Entry.ID(String($0)) }
  }

  // MARK: Telling

  private static func tellNotice(_ row: DueRow, in scope: Scope) async throws {
    try await tell(row, "contracts.notice", Contracts.register, "contracts.noticeNear", in: scope) { entry in
      entry.is("status", "ended") ? nil : entry.day("noticeBy")
    }
  }

  private static func tellCheck(_ row: DueRow, in scope: Scope) async throws {
    try await tell(row, "vendors.check", Vendors.register, "vendors.checkDue", in: scope) { entry in
      Vendors.works(entry) ? entry.day("nextCheckOn") : nil
    }
  }

  private static func tellCertificate(_ row: DueRow, in scope: Scope) async throws {
    try await tell(row, "vendors.certificate", Vendors.register, "vendors.certificateNear", in: scope) {
      entry in Vendors.works(entry) ? Vendors.firstExpiry(of: entry) : nil
    }
  }

  private static func tellReview(_ row: DueRow, in scope: Scope) async throws {
    try await tell(row, "documents.review", Documents.register, "documents.reviewDue", in: scope, day: review)
  }

  /// Writes the message once for its day, however often the row comes round, and takes the row away.
  private static func tell(
    _ row: DueRow, _ kind: StaticString, _ register: Register, _ key: String, in scope: Scope,
    day: @escaping @Sendable (Entry) -> Day?
  ) async throws {
    try await scope.write { tx in
      try tx.housekeeping.setDue(kind, row.subject, at: nil)
      guard let id = entryID(in: row.subject), let entry = try tx.entry(register, id)?.entry,
        let day = day(entry), day >= scope.now.day
      else { return }
      let named = ["owner", "deputy"].compactMap { entry.values[$0].flatMap(PersonID.init) }
      let people = try named.isEmpty ? tx.people().filter { keepers.contains($0.role) }.map(\.id) : named
      for person in people {
        try tx.housekeeping.post(
          Message(
            cause: "\(row.kind):\(row.subject):\(day)", recipient: person, step: 1, key: key,
            arguments: [register.shownTitle(entry), day.description],
            link: Registry.path(of: id, in: register.id)))
      }
    }
  }

  private static let keepers: Set<Role> = [.administrator, .safetyManager, .itStaff]
}
