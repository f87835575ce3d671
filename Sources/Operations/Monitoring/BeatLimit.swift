import Kernel

/// How often the address of one job may be called: sixty times at once, and then once a second.
///
/// A job that reports in a loop, or whoever has found its address, else keeps the disk busy and pushes the job's own reports out
/// of what is kept.
struct BeatLimit: Sendable {
  static let (burst, perSecond) = (60.0, 1.0)
  /// So many addresses are remembered; beyond, those that have been quiet are forgotten.
  static let mostKept = 20_000

  private struct Bucket {
    var left: Double
    var at: Instant
    /// Turned away since the last one that was let in.
    var refused = 0
  }

  private var buckets: [String: Bucket] = [:]

  /// Whether a call is let in; gives how many were turned away since the last one that was, nil for one that is turned away.
  mutating func take(_ tokenHash: String, at now: Instant) -> Int? {
    if buckets.count >= BeatLimit.mostKept, buckets[tokenHash] == nil { forget(now) }
    var bucket = buckets[tokenHash] ?? Bucket(left: BeatLimit.burst, at: now)
    // A clock that was put back gives nothing and takes nothing.
    let passed = Double(max(0, now.milliseconds - bucket.at.milliseconds)) / 1000
    bucket.left = min(BeatLimit.burst, bucket.left + passed * BeatLimit.perSecond)
    bucket.at = now
    defer { buckets[tokenHash] = bucket }
    guard bucket.left >= 1 else {
      bucket.refused += 1
      return nil
    }
    bucket.left -= 1
    defer { bucket.refused = 0 }
    return bucket.refused
  }

  private mutating func forget(_ now: Instant) {
    let quiet = Int64(BeatLimit.burst / BeatLimit.perSecond) * 1000
    buckets = buckets.filter { abs(now.milliseconds - $0.value.at.milliseconds) < quiet }
    // Ever new addresses that nobody has: none of them has gone over its limit.
    if buckets.count >= BeatLimit.mostKept { buckets = buckets.filter { $0.value.refused > 0 } }
    if buckets.count >= BeatLimit.mostKept { buckets = [:] }
  }
}
