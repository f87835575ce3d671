public import Kernel
public import Storage
import Web

/// That the certificate with which the server itself speaks TLS ends soon.
public struct ServerNotice: Sendable {
  /// Its fingerprint: each certificate is told of anew.
  let certificate: String
  let endsAt: Instant
  /// Whether the hospital has given it; else the program makes one itself when it starts.
  let isOwn: Bool

  public init(certificate: String, endsAt: Instant, isOwn: Bool) {
    (self.certificate, self.endsAt, self.isOwn) = (certificate, endsAt, isOwn)
  }

  /// Days before the end at which people are told: once at each.
  static let days = [30, 7, 1]

  /// The last of them that has come, by its place; nil while there is time.
  func step(at now: Instant) -> Int? {
    ServerNotice.days.lastIndex { now >= endsAt.adding(minutes: -Int64($0) * 24 * 60) }
  }
}

extension Facilities {
  /// Tells the administrators of every facility: once for each certificate and number of days, however often this is called.
  public static func announce(_ notice: ServerNotice, in database: Database, now: Instant) async throws {
    guard let step = notice.step(at: now) else { return }
    let mark = notice.certificate.filter { $0 != ":" }.lowercased().prefix(32)
    for facility in try await all(in: database) {
      let scope = Scope(database, actor: .system("serve"), facility: facility.id, now: now)
      try await scope.write { tx in
        for person in try tx.people() where person.role == .administrator && person.account != nil {
          try tx.housekeeping.post(
            Message(
              cause: "server-certificate:\(mark)", recipient: person.id, step: step,
              key: notice.isOwn ? "facilities.certificateEnding" : "facilities.certificateRenewal",
              arguments: [notice.endsAt.day.description], link: "/"))
        }
      }
    }
  }
}
