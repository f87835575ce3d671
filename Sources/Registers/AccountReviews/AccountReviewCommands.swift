import Kernel
public import Storage
import Web

/// What the command line and the demonstration ask for; the values are those of its JSON.
extension AccountReviews {
  public struct Line: Encodable, Sendable {
    /// `mamorite`, or the id of a system.
    public let subject: String
    public let name: String
    public let intervalMonths: Int?
    public let nextDueOn: String?
    public let open: String?
    public let lastSigned: String?
    public let lastSignedOn: String?
    public let openChanges: Int
    public let openRemovals: Int
  }

  public struct Begun: Encodable, Sendable {
    public let id: String
    public let accounts: Int
    public let attention: Int
    public let refused: [Refused]

    public struct Refused: Encodable, Sendable {
      public let row: Int
      public let reason: String
    }
  }

  public struct Shown: Encodable, Sendable {
    public let id: String
    public let subject: String
    public let name: String
    public let state: String
    public let startedOn: String
    public let signedOn: String?
    public let signedBy: String?
    public let fingerprint: String?
    public let accounts: Int
    public let undecided: Int
    public let keep: Int
    public let change: Int
    public let remove: Int
    public let attention: Int
    public let openChanges: Int
    public let openRemovals: Int
  }

  /// Mamorite and every system, with where its review stands.
  public static func list(in scope: Scope) async throws -> [Line] {
    try await scope.read { tx in
      var lines: [Line] = []
      while true {
        let listing = Listing(page: lines.count / Listing.sizes[1] + 1, size: Listing.sizes[1])
        let (page, total) = try tx.reviewStandings(listing)
        lines += page.map(Line.init)
        if page.isEmpty || lines.count >= total { return lines }
      }
    }
  }

  /// Begins a review.
  ///
  /// - Parameters:
  ///   - subject: `mamorite`, or the id or the exact name of a system.
  ///   - file: what the system exported; nil for Mamorite.
  /// - Throws: `Problem`.
  public static func begin(_ subject: String, file: (name: String, bytes: [UInt8])?, in scope: Scope)
    async throws -> Begun
  {
    let review = try await start(try await found(subject, scope), file: file, in: scope)
    let tally = try await scope.read { try $0.reviewTally(review.id) }
    return Begun(
      id: review.id.text, accounts: tally.all, attention: tally.attention,
      refused: review.refused.map { Begun.Refused(row: $0.row, reason: $0.reason) })
  }

  /// - Throws: `Problem` when the facility has no such review.
  public static func show(_ id: String, in scope: Scope) async throws -> Shown {
    guard let id = AccountReview.ID(id) else { throw ReviewRefusal.noSuchReview }
    let (review, tally) = try await scope.read { (try $0.accountReview(id), try $0.reviewTally(id)) }
    guard let review else { throw ReviewRefusal.noSuchReview }
    return Shown(review, tally)
  }

  private static func found(_ subject: String, _ scope: Scope) async throws -> ReviewSubject {
    if let known = ReviewSubject(subject) { return known }
    let systems = try await scope.read { try $0.systemNames() }.filter { $0.name == subject }
    guard systems.count == 1, let found = ReviewSubject(systems[0].id) else { throw ReviewRefusal.noSubject }
    return found
  }

  /// A signed review of Mamorite and one of a system that is half decided, unless there is any review.
  ///
  /// - Returns: how many were begun.
  public static func demonstrate(system: String, file: (name: String, bytes: [UInt8]), in scope: Scope)
    async throws -> Int
  {
    guard try await list(in: scope).allSatisfy({ $0.open == nil && $0.lastSigned == nil }) else { return 0 }
    let people = try await scope.read { try $0.reviewers() }
    let actor = people.first.map { Actor.person($0.id, name: $0.name) } ?? scope.actor
    let scope = Scope(scope.database, actor: actor, facility: scope.facility, now: scope.now)
    let own = try await start(.mamorite, file: nil, in: scope)
    _ = try await decide("keep", "", for: .filter(ReviewFilter()), of: own.id, revision: 1, in: scope)
    try await sign(own.id, revision: nil, in: scope)
    guard let subject = try? await found(system, scope) else { return 1 }  // a hospital of another kind
    try await plan(
      subject, every: "6", due: scope.now.day.adding(months: 2).description,
      responsible: people.first?.id.text ?? "", version: 0, in: scope)
    let review = try await start(subject, file: file, in: scope)
    _ = try await decide(
      "remove", "", for: .filter(ReviewFilter(finding: "leaver")), of: review.id, revision: 1, in: scope)
    return 2
  }
}

extension AccountReviews.Line {
  fileprivate init(_ standing: ReviewStanding) {
    self.init(
      subject: standing.subject.text, name: standing.name.isEmpty ? "Mamorite" : standing.name,
      intervalMonths: standing.plan?.intervalMonths, nextDueOn: standing.plan?.nextDueOn.description,
      open: standing.open?.text, lastSigned: standing.last?.text,
      lastSignedOn: standing.lastSignedAt?.day.description, openChanges: standing.openChanges,
      openRemovals: standing.openRemovals)
  }
}

extension AccountReviews.Shown {
  fileprivate init(_ review: AccountReview, _ tally: ReviewTally) {
    let isSigned = review.state == .signed
    self.init(
      id: review.id.text, subject: review.subject.text,
      name: review.subjectName.isEmpty ? "Mamorite" : review.subjectName, state: review.state.rawValue,
      startedOn: review.startedAt.day.description, signedOn: review.signedAt?.day.description,
      signedBy: isSigned ? review.signedBy : nil, fingerprint: isSigned ? review.fingerprint : nil,
      accounts: tally.all, undecided: tally.undecided, keep: tally.keep, change: tally.change,
      remove: tally.remove, attention: tally.attention, openChanges: tally.openChanges,
      openRemovals: tally.openRemovals)
  }
}
