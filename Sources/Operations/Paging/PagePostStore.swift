import Kernel
import Storage
import Web

extension ReadTx {
  /// Nil for one that has been handed over or given up.
  func waitingPost(_ id: ID<PageNote>) throws -> WaitingPost? {
    try first(
      """
      SELECT channel_id, sealed, written_at_ms, attempts FROM page_post
      WHERE facility_id = \(facility) AND id = \(id) AND sent_at_ms IS NULL AND ended_at_ms IS NULL
      """
    ) { row in
      WaitingPost(
        id: id, channel: try row.id(0), sealed: try row.text(1), writtenAt: try row.instant(2),
        attempts: try row.int(3))
    }
  }

  /// The newest calls that went over channels, the last written first.
  func posts(limit: Int) throws -> [ListedPost] {
    try all(
      """
      SELECT channel_id, written_at_ms, sent_at_ms, ended_at_ms, problem, problem_json FROM page_post
      WHERE facility_id = \(facility) ORDER BY written_at_ms DESC, id LIMIT \(limit)
      """
    ) { row in
      ListedPost(
        channel: try row.id(0), writtenAt: try row.instant(1), sentAt: try row.optionalInstant(2),
        endedAt: try row.optionalInstant(3),
        problem: try MonitorText.problem(try row.optionalText(4), try row.optionalText(5)))
    }
  }
}

extension WriteTx {
  /// Writes a call into the queue. Its text is sealed until it has left, and gone afterwards: a link stands in it.
  func post(_ note: PageNote, over channel: Channel, about: String, _ sealer: Sealer) throws {
    let id: ID<PageNote> = scope.newID()
    let sealed = try sealer.seal(Array(try PageJSON.text(note).utf8), for: "page-post:\(id)")
    try apply(
      """
      INSERT INTO page_post (facility_id, id, channel_id, about, sealed, written_at_ms, attempts, next_try_ms)
      VALUES (\(facility), \(id), \(channel.id), \(about), \(sealed), \(scope.now), 0, \(scope.now))
      """,
      recording: Change("page.post", of: about, to: ["channel": channel.name, "count": "\(note.count)"]))
    try housekeeping.setDue("page.send", id.text, at: scope.now)
  }

  /// Takes a call for an attempt. False when another worker has it, or it is to wait.
  func claim(_ post: WaitingPost, until end: Instant) throws -> Bool {
    // One that waits longer than it ever may does so because the clock was put back.
    let latest = scope.now.adding(milliseconds: 600_000)
    return try housekeeping.run(
      """
      UPDATE page_post SET attempts = attempts + 1, next_try_ms = \(end)
      WHERE facility_id = \(facility) AND id = \(post.id) AND sent_at_ms IS NULL AND ended_at_ms IS NULL
        AND (next_try_ms <= \(scope.now) OR next_try_ms > \(latest))
      """) == 1
  }

  func markSent(_ post: WaitingPost) throws {
    try housekeeping.run(
      """
      UPDATE page_post SET sent_at_ms = \(scope.now), sealed = NULL, problem = NULL, problem_json = NULL
      WHERE facility_id = \(facility) AND id = \(post.id)
      """)
    try housekeeping.setDue("page.send", post.id.text, at: nil)
  }

  /// Lets it wait until `next`; with `all` also what waits for the same channel and is tried before then. What another worker
  /// has taken is its own.
  func postpone(_ post: WaitingPost, all: Bool, until next: Instant, _ problem: any Problem) throws {
    try housekeeping.run(
      """
      UPDATE page_post SET problem = \(problem.code), problem_json = \(try MonitorText.json(problem.arguments)),
        next_try_ms = \(next)
      WHERE facility_id = \(facility) AND id = \(post.id)
      """)
    if all {
      try housekeeping.run(
        """
        UPDATE page_post SET next_try_ms = \(next) WHERE facility_id = \(facility) AND channel_id = \(post.channel)
          AND sent_at_ms IS NULL AND ended_at_ms IS NULL AND next_try_ms <= \(scope.now)
        """)
    }
    // Those of this channel that wait until then: this one, and those that have just been told to.
    try housekeeping.run(
      """
      UPDATE due SET due_at_ms = \(next), lease_until_ms = 0 WHERE facility_id = \(facility) AND kind = 'page.send'
        AND subject IN (SELECT id FROM page_post WHERE facility_id = \(facility) AND channel_id = \(post.channel)
          AND sent_at_ms IS NULL AND ended_at_ms IS NULL AND next_try_ms = \(next))
      """)
  }

  func giveUp(_ post: WaitingPost, _ problem: any Problem) throws {
    try apply(
      """
      UPDATE page_post SET ended_at_ms = \(scope.now), sealed = NULL, problem = \(problem.code),
        problem_json = \(try MonitorText.json(problem.arguments))
      WHERE facility_id = \(facility) AND id = \(post.id) AND sent_at_ms IS NULL
      """,
      recording: Change("page.give-up", of: "page-post:\(post.id)", to: ["problem": problem.code]))
    try housekeeping.setDue("page.send", post.id.text, at: nil)
  }
}
