import Kernel
import Mail
import Storage
import Web

/// Hands calls over to chat tools and gateways, again and again until they are taken. What is unclear is sent once more, with the
/// same number: a call too many is better than none.
enum PagePosts {
  /// Seconds until the next attempt, by the number of those made.
  static let waits: [Int64] = [10, 20, 40, 60, 120, 300]
  /// A call that has not left by then calls nobody any more.
  static let mostHours: Int64 = 4
  /// Twice as long as an attempt can take.
  static let claimMs: Int64 = 60_000

  static func work(_ row: DueRow, _ sealer: Sealer, _ carrier: PageCarrier, in scope: Scope) async throws {
    guard let id = ID<PageNote>(row.subject) else { return }
    let taken = try await scope.write { tx -> (post: WaitingPost, channel: StoredChannel?)? in
      guard let post = try tx.waitingPost(id) else {
        try tx.housekeeping.setDue("page.send", row.subject, at: nil)
        return nil
      }
      guard try tx.claim(post, until: scope.now.adding(milliseconds: claimMs)) else { return nil }
      return (post, try tx.channel(post.channel))
    }
    guard let (post, channel) = taken else { return }
    do {
      guard let channel else { throw PagingRefusal.badChannel }
      let note = try post.note(sealer)
      try await carrier.carry(try channel.parcel(note, sealer))
      try await scope.write { try $0.markSent(post) }
    } catch let problem as any Problem {
      try await scope.write { try fail(post, channel?.channel.name ?? "", problem, $0) }
    }
  }

  private static func fail(_ post: WaitingPost, _ name: String, _ problem: any Problem, _ tx: WriteTx) throws
  {
    let now = tx.scope.now
    let isPassing = (problem as? PostProblem)?.isPassing ?? false
    let wait = waits[min(max(0, post.attempts), waits.count - 1)] * 1000
    let next = now.adding(milliseconds: wait)
    if isPassing, next < post.writtenAt.adding(minutes: mostHours * 60) {
      // What is down is down for all of them; a number that is not taken stops no other.
      let isOfWay = (problem as? PostProblem)?.isOfWay ?? false
      return try tx.postpone(post, all: isOfWay, until: next, problem)
    }
    try tx.giveUp(post, problem)
    for person in try tx.pageAdministrators(on: now.day) {
      try tx.housekeeping.post(
        Message(
          cause: "page-post:\(post.id)", recipient: person, step: 1, key: "paging.postFailed",
          arguments: [name],
          link: "/paging"))
    }
  }
}

/// A call that waits to be handed over.
struct WaitingPost: Sendable {
  let id: ID<PageNote>
  let channel: Channel.ID
  let sealed: String
  let writtenAt: Instant
  let attempts: Int

  func note(_ sealer: Sealer) throws -> PageNote {
    let bytes = try sealer.open(sealed, for: "page-post:\(id)")
    return try PageJSON.read(String(decoding: bytes, as: UTF8.self))
  }
}

/// A call as it is listed.
struct ListedPost: Sendable {
  let channel: Channel.ID
  let writtenAt: Instant
  let sentAt: Instant?
  let endedAt: Instant?
  let problem: StoredMonitor.StoredProblem?
}
