public import Kernel
import Mail
public import Storage
public import Web

/// Coming in when nobody can: sealed codes on paper, kept by the hospital, one use each, told to everyone in charge and
/// reviewed afterwards.
public enum BreakGlass {
  static let mostCodes = 10

  /// - Parameter mailer: tells those in charge by mail too, where a mail server is set.
  public static func feature(_ mailer: Mailer) -> Feature {
    var feature = Feature("break-glass")
    feature.migrations = migrations
    feature.catalogs = [BreakGlassText.catalog]
    let read: Set<Permission> = [.breakGlassRead]
    let review = read.union([.breakGlassReview])
    feature.grants = [
      .administrator: review.union([.breakGlassManage]), .safetyManager: review, .itStaff: read,
      .management: read, .auditor: read,
    ]
    feature.routes = { routes in
      openRoutes(&routes, mailer)
      recordRoutes(&routes)
    }
    feature.due = ["breakGlass.review": remind]
    feature.duties = DutyList(
      needs: .breakGlassReview, rows: { tx, _, last in tx.breakGlassDutyRows(until: last) },
      duty: { row in
        Duty(
          on: row.day, title: row.title, text: { Texts<BreakGlassText>($0)(.duty) },
          path: "/break-glass/records/\(row.subject)")
      })
    feature.records = { Texts<BreakGlassText>($0)(.title) }
    return feature
  }

  // MARK: Codes

  /// New codes in the place of all that have not been used. Only their hashes are kept.
  ///
  /// - Throws: `BreakGlassRefusal.badCount`.
  public static func makeCodes(_ count: Int, in scope: Scope) async throws -> [String] {
    guard (1...mostCodes).contains(count) else { throw BreakGlassRefusal.badCount }
    let codes = (0..<count).map { _ in Secret.paperCode() }
    let batch = BreakGlassID(at: scope.now)
    try await scope.write { tx in
      try tx.insertCodes(codes.map(BreakGlassEntry.hash), batch: batch)
      for person in try tx.breakGlassKeepers() {
        try tx.housekeeping.post(
          Message(
            cause: "break-glass-codes:\(batch)", recipient: person.id, step: 0, key: "breakGlass.codes",
            arguments: [scope.actor.name, "\(count)"], link: "/break-glass/records"))
      }
    }
    return codes
  }

  static func decide(minutes raw: String, version: Int, in scope: Scope) async throws {
    try await scope.write { tx in
      let before = try tx.breakGlassSetting()
      guard before.version == version else { throw Stale() }
      try tx.replace(before, with: try before.changed(to: raw))
    }
  }

  // MARK: Coming in

  /// An access that is open: the token of its cookie, the seconds that are left, and where someone who comes back goes on.
  struct Entered: Sendable {
    let token: String
    let seconds: Int
    var goesOn: String?
  }

  /// Uses a code up and opens a short session with the permissions of an administrator.
  ///
  /// - Throws: ``BreakGlassRefusal``.
  static func enter(_ entry: BreakGlassEntry, _ request: WebRequest, _ mailer: Mailer) async throws
    -> Entered
  {
    let (caller, database) = (Caller(request), request.database)
    let isKnown = try await Installation(database).read { try $0.isKnownBrowser(caller.browser) }
    let counts = AttemptCount.ofSealedCode(caller, isKnown: isKnown)
    do { try await Accounts.take(counts, database, caller.now) } catch Accounts.Refusal.locked(let minutes) {
      throw BreakGlassRefusal.locked(minutes: minutes)
    }
    let (hash, token) = (BreakGlassEntry.hash(entry.code), BreakGlassToken.make())
    let terminal = try await SharedTerminals.terminal(of: caller, database)
    if let terminal,
      let back = try await resume(hash, token: token, on: terminal, counts, caller, database)
    {
      return back
    }
    // Wide: until the code is known nobody knows of which facility it is.
    guard let found = try await Installation(database).readQueues({ try $0.sealedCode(hash) }) else {
      throw BreakGlassRefusal.wrongCode
    }
    if let terminal, terminal.facility != found.facility { throw BreakGlassRefusal.terminalElsewhere }
    let id = BreakGlassID(at: caller.now)
    let words = Texts<BreakGlassText>(request.language)
    let time = request.language.dateTime(caller.now)
    let use = BreakGlassUse(
      id: id, name: entry.name, reason: entry.reason, code: found.number, begunAt: caller.now,
      expiresAt: caller.now.adding(minutes: Int64(found.minutes)), endedAt: nil, address: caller.address,
      agent: caller.agent, reviewOn: caller.now.day.adding(days: 1), review: nil, version: 1)
    let scope = Scope(
      database, actor: .breakGlass(id.text, name: entry.name), facility: found.facility, now: caller.now,
      proof: Proof.Kind.sealedCode.rawValue)
    do {
      try await scope.write { tx in
        if let terminal { try tx.housekeeping.lockSessions(on: terminal, now: caller.now) }
        try tx.begin(use, spending: hash, token: Secret.hash(token), on: terminal)
        try tx.housekeeping.giveBack(counts)
        try tx.housekeeping.forget(counts)
        // The first reminder comes when the access has ended.
        try tx.housekeeping.setDue("breakGlass.review", id.text, at: use.expiresAt)
        try tell(use, words, time, mailer, tx)
      }
    } catch is Stale {
      // Someone else has just used it.
      throw BreakGlassRefusal.wrongCode
    }
    return Entered(token: token, seconds: found.minutes * 60)
  }

  /// Who has been locked out at a shared terminal comes back with the same code, as long as the access lasts; nil when the
  /// code has opened nothing there.
  private static func resume(
    _ hash: String, token: String, on terminal: SharedTerminal, _ counts: [AttemptCount], _ caller: Caller,
    _ database: Database
  ) async throws -> Entered? {
    let found = try await Installation(database).readQueues {
      try $0.breakGlassUse(by: hash, on: terminal, now: caller.now)
    }
    guard let use = found else { return nil }
    let scope = Scope(
      database, actor: .breakGlass(use.id.text, name: use.name), facility: terminal.facility, now: caller.now,
      proof: Proof.Kind.sealedCode.rawValue)
    let kept = try await scope.write { tx in
      try tx.housekeeping.lockSessions(on: terminal, now: caller.now)
      try tx.resume(use, token: Secret.hash(token))
      try tx.housekeeping.giveBack(counts)
      try tx.housekeeping.forget(counts)
      return try tx.emergencyInput(of: use.id)
    }
    let seconds = Int((use.expiresAt.milliseconds - caller.now.milliseconds) / 1000)
    return Entered(token: token, seconds: seconds, goesOn: kept.pages.isEmpty ? nil : kept.path)
  }

  private static func tell(
    _ use: BreakGlassUse, _ words: Texts<BreakGlassText>, _ time: String, _ mailer: Mailer, _ tx: WriteTx
  ) throws {
    let hasMail = try tx.hasMailServer()
    for person in try tx.breakGlassKeepers() {
      try tx.housekeeping.post(
        Message(
          cause: "break-glass:\(use.id)", recipient: person.id, step: 0, key: "breakGlass.used",
          arguments: [use.name, use.reason], link: "/break-glass/records/\(use.id)"))
      guard hasMail, let to = person.mail.flatMap({ MailAddress($0) }) else { continue }
      try mailer.post(
        OutgoingMail(
          to: to, subject: words(.mailSubject),
          body: words(.mailBody, use.name, use.reason, time, use.address), about: "break-glass:\(use.id)",
          postedBy: nil), tx)
    }
  }

  /// Ends an access before its time.
  static func end(_ id: BreakGlassID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let use = try tx.breakGlassUse(id) else { throw WebProblem.notFound }
      guard use.isOpen(at: scope.now) else { return }
      try tx.end(use)
    }
  }

  // MARK: Afterwards

  /// - Throws: ``BreakGlassRefusal``, `Stale`.
  static func review(_ id: BreakGlassID, _ outcome: String, _ remark: String, version: Int, in scope: Scope)
    async throws
  {
    try await scope.write { tx in
      guard let use = try tx.breakGlassUse(id) else { throw WebProblem.notFound }
      let hasOthers = try tx.breakGlassKeepers().contains { $0.id != scope.person }
      let review = try use.reviewed(
        outcome, remark, by: scope.actor.name, hasOthers: hasOthers, at: scope.now)
      guard use.version == version else { throw Stale() }
      try tx.store(review, of: use)
      try tx.housekeeping.setDue("breakGlass.review", id.text, at: nil)
    }
  }

  /// Reminds those who may review, every morning until someone has.
  static func remind(_ row: DueRow, in scope: Scope) async throws {
    try await scope.write { tx in
      if let id = BreakGlassID(row.subject) {
        try tx.housekeeping.dropEmergencyInput(of: id, at: scope.facility)
      }
      guard let id = BreakGlassID(row.subject), let use = try tx.breakGlassUse(id), use.review == nil else {
        return try tx.housekeeping.setDue("breakGlass.review", row.subject, at: nil)
      }
      for person in try tx.breakGlassKeepers() {
        try tx.housekeeping.post(
          Message(
            cause: "break-glass-review:\(id):\(scope.now.day)", recipient: person.id, step: 1,
            key: "breakGlass.review", arguments: [use.name, use.begunAt.day.description],
            link: "/break-glass/records/\(id)"))
      }
      try tx.housekeeping.setDue(
        "breakGlass.review", row.subject, at: scope.now.day.adding(days: 1).morning)
    }
  }
}

/// The secret of an emergency's cookie: as long as any session's, and told apart by its first letter, so that no page costs a
/// statement more.
enum BreakGlassToken {
  static func make() -> String { "g" + Secret.token().dropFirst() }
  static func isOne(_ token: String) -> Bool { token.utf8.first == 0x67 }
}

extension Permission {
  /// Which sealed codes there are, and what was done with them.
  public static let breakGlassRead = Permission("break-glass.read")
  public static let breakGlassManage = Permission("break-glass.manage")
  public static let breakGlassReview = Permission("break-glass.review")
}
