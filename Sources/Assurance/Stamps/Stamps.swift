import Identity
import Kernel
import Registers
public import Storage
import Web

/// Time stamps on the ledger's checkpoints (RFC 3161): an authority outside says that they were there at a time.
///
/// Nothing waits for them: the checkpoint is signed first, and stands without one.
public enum Stamps {
  /// Hands a question to an authority and gives its answer.
  typealias Carry = @Sendable (ProviderAddress, [UInt8]) async throws(StampProblem) -> [UInt8]

  /// Stamps on a page.
  static let shown = 60
  static let task: StaticString = "stamps.take"

  /// - Parameter environment: as for `CurlWeb`.
  static func feature(environment: [String: String]) -> Feature {
    let carry = carrier(CurlWeb(environment))
    var feature = Feature("stamps")
    feature.migrations = migrations
    feature.catalogs = [StampText.catalog]
    feature.grants = [.administrator: [.stampsEdit]]
    feature.routes = { StampRoutes(carry: carry).add(to: &$0) }
    feature.due = [task.description: { row, scope in try await work(row, carry, in: scope) }]
    return feature
  }

  private static func carrier(_ web: CurlWeb) -> Carry {
    { (address: ProviderAddress, question: [UInt8]) async throws(StampProblem) -> [UInt8] in
      let answer: ProviderAnswer
      do throws(IdentityProblem) {
        answer = try await web.post(
          address, question, type: "application/timestamp-query", accepts: "application/timestamp-reply")
      } catch { throw StampProblem(error, host: address.host) }
      guard answer.status == 200 else {
        throw .badStatus(host: address.host, status: answer.status)
      }
      return answer.body
    }
  }

  // MARK: The authority

  /// - Throws: `StampProblem`; `Stale` when someone else was faster.
  static func save(url: String, certificate: String, version: Int, in scope: Scope) async throws {
    guard (try? ProviderAddress(ofSigned: url)) != nil else { throw StampProblem.badAddress }
    let text = certificate.replacing("\r\n", with: "\n") + "\n"
    let holder = try await StampTool(beside: scope.database).holder(of: text)
    try await scope.write { tx in
      let before = try tx.stampAuthority()
      guard before?.version ?? 0 == version else { throw Stale() }
      try tx.replace(
        before,
        with: StampAuthority(
          url: url, certificate: text, name: holder.name, validUntil: holder.validUntil, version: version + 1,
          failure: nil))
      try wantSoon(tx)
    }
  }

  static func removeAuthority(version: Int, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.stampAuthority(), before.version == version else { throw Stale() }
      try tx.remove(before)
      try tx.housekeeping.setDue(task, "ledger", at: nil)
    }
  }

  // MARK: Stamping

  /// Signs the head of the facility's chain, and has it stamped soon where an authority has been set.
  ///
  /// - Throws: `CheckpointProblem`.
  @discardableResult
  public static func sign(in scope: Scope) async throws -> Checkpoint? {
    let made = try await scope.signCheckpoint()
    try await scope.write { try wantSoon($0) }
    return made
  }

  /// Sets the work to now while a checkpoint waits for a stamp, and takes it away when none does.
  private static func wantSoon(_ tx: WriteTx) throws {
    let isWanted = try tx.stampAuthority() != nil && tx.unstampedCheckpoint() != nil
    try tx.housekeeping.setDue(task, "ledger", at: isWanted ? tx.scope.now : nil)
  }

  /// A stamp for the newest checkpoint. Nil when it has one, or when nothing has been signed.
  ///
  /// - Throws: `StampProblem`.
  static func take(_ carry: Carry, in scope: Scope) async throws -> TimeStamp? {
    let (set, checkpoint) = try await scope.read { (try $0.stampAuthority(), try $0.unstampedCheckpoint()) }
    guard let authority = set else { throw StampProblem.notSet }
    guard let checkpoint else { return nil }
    guard let address = try? ProviderAddress(ofSigned: authority.url) else { throw StampProblem.badAddress }
    let tool = StampTool(beside: scope.database)
    let query = try await tool.query(for: checkpoint.hash)
    let answer = try await carry(address, query.bytes)
    let at = try await tool.time(in: answer, to: query, by: authority.certificate)
    let stamp = TimeStamp(
      sequence: checkpoint.sequence, hash: checkpoint.hash, at: at, authority: authority.url,
      certificate: authority.certificate, answer: answer)
    try await scope.write { tx in
      try tx.insert(stamp)
      try tx.note(nil)
      // Another checkpoint may have been signed while the authority answered.
      try wantSoon(tx)
    }
    return stamp
  }

  /// The worker's turn: what fails is told and tried again.
  static func work(_ row: DueRow, _ carry: Carry, in scope: Scope) async throws {
    // The next time first: what cannot be told must not be tried again each minute.
    try await scope.write { tx in
      let next = try tx.stampAuthority().map { _ in scope.now.adding(minutes: 60) }
      try tx.housekeeping.setDue(task, row.subject, at: next)
    }
    do {
      if try await take(carry, in: scope) == nil { try await scope.write { try wantSoon($0) } }
    } catch StampProblem.notSet {
      return
    } catch let problem as any Problem {
      try await scope.write { try fail(problem, $0) }
    }
  }

  /// Tells the administrators once a day.
  static func fail(_ problem: any Problem, _ tx: WriteTx) throws {
    try tx.note(problem)
    guard let authority = try tx.stampAuthority() else { return }
    let wait = StampAuthority.wait(after: authority.failure?.times ?? 1)
    try tx.housekeeping.setDue(task, "ledger", at: tx.scope.now.adding(minutes: wait))
    for person in try tx.people() where person.role == .administrator {
      try tx.housekeeping.post(
        Message(
          cause: "stamps.failed:\(tx.scope.now.day)", recipient: person.id, step: 1, key: "stamps.failed",
          arguments: [authority.url], link: "/ledger/stamps"))
    }
  }
}

extension Permission {
  /// Which authority is asked.
  static let stampsEdit = Permission("stamps.edit")
}
