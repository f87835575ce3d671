import Identity
import Kernel
import Storage

/// The authority of time stamps that a facility asks, and how it goes with it.
struct StampAuthority: Sendable, Equatable {
  /// A failure that has not been overcome.
  struct Failure: Sendable, Equatable, Problem {
    let code: String
    let arguments: [String]
    let at: Instant
    /// How many times in a row.
    let times: Int

    var kind: ProblemKind { .unavailable }
  }

  let url: String
  /// Of the authority and those above it: PEM.
  let certificate: String
  /// Of the first of them.
  let name: String
  let validUntil: Instant
  let version: Int
  let failure: Failure?

  /// As the ledger keeps it.
  var facts: [String: String] {
    ["authority": url, "name": name, "certificateUntil": validUntil.day.description]
  }

  /// Minutes until the next attempt, by the number of those that have failed.
  static let waits: [Int64] = [5, 15, 60, 240]

  static func wait(after times: Int) -> Int64 { waits[min(max(times, 1), waits.count) - 1] }
}

extension StampProblem {
  /// What went wrong on the way to the authority.
  init(_ problem: IdentityProblem, host: String) {
    self =
      switch problem {
      case .badAddress, .notSecure: .badAddress
      case .forbiddenAddress: .forbiddenAddress
      case .unknownHost: .unknownHost(host)
      case .badCertificate, .noTLS: .badTLS(host)
      case .tooSlow: .tooSlow(host)
      case .tooLarge: .tooLarge(host)
      default: .noConnection(host)
      }
  }
}
