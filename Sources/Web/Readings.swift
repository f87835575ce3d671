import Kernel
import Storage
import Synchronization

/// Who has opened what is sensitive: for facilities that want to know, and of auditors for a time everywhere.
///
/// Once in half an hour for a person and a thing, and once for its files: a page that is opened again and again while one works on it is one reading.
/// What has been noted is known to this process alone; another one, or the same after a restart, notes it once more.
final class Readings: Sendable {
  private static let againAfterMs: Int64 = 30 * 60_000
  private static let most = 10_000
  private let noted = Mutex<[String: Instant]>([:])

  /// Leaves an entry in the ledger before the page is shown.
  ///
  /// - Parameter asFile: taken away, which looking at the page before does not cover.
  /// - Parameter always: whatever the facility has decided: files for which a fresh proof is asked.
  func note(_ subject: String, _ request: WebRequest, asFile: Bool, always: Bool) async throws {
    guard let visitor = request.visitor,
      always || visitor.recordsReading || visitor.roles.contains(.visitingAuditor)
    else { return }
    let key = "\(visitor.facility) \(visitor.actor.text) \(subject)\(asFile ? " file" : "")"
    guard isNew(key, at: request.now) else { return }
    let scope = try request.scope()
    do {
      try await scope.write { tx in
        let action: StaticString = asFile ? "reading.take" : "reading.open"
        try tx.apply([], recording: Change(action, of: subject, to: ["path": request.path]))
      }
    } catch {
      noted.withLock { $0[key] = nil }
      // On a full disk nothing can be kept, but what is there must be readable.
      guard case DatabaseProblem.full = error else { throw error }
    }
  }

  private func isNew(_ key: String, at now: Instant) -> Bool {
    noted.withLock { noted in
      if let last = noted[key], last <= now, now < last.adding(milliseconds: Self.againAfterMs) {
        return false
      }
      if noted.count >= Self.most {
        noted = noted.filter { $0.value.adding(milliseconds: Self.againAfterMs) > now }
        if noted.count >= Self.most { noted = [:] }
      }
      noted[key] = now
      return true
    }
  }
}
