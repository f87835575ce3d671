import Kernel

/// How often which response time was seen: three buckets to an octave from 0.25 ms to 2 minutes, so that a percentile is
/// within 12.3 % of the true one. Mergeable, and of fixed size.
struct Histogram: Sendable, Equatable {
  /// Bucket 0 is below 0.25 ms; bucket n reaches up to 0.25 ms × 2^(n/3).
  static let buckets = 58
  private(set) var counts: [Int]

  init() { counts = [] }

  var total: Int { counts.reduce(0, +) }

  /// Times the bucket above another is wider.
  private static let step = 1.259_921_049_894_873

  static func bucket(of milliseconds: Double) -> Int {
    guard milliseconds > 0.25 else { return 0 }
    var (bound, index) = (0.25, 0)
    while bound < milliseconds, index < buckets - 1 { (bound, index) = (bound * step, index + 1) }
    return index
  }

  /// The middle of a bucket (geometrically), in milliseconds.
  static func middle(of bucket: Int) -> Double {
    var bound = 0.25
    for _ in 0..<bucket { bound *= step }
    return bucket == 0 ? 0.2 : bound / 1.122_462_048_309_373
  }

  mutating func add(_ milliseconds: Double) { add(bucket: Histogram.bucket(of: milliseconds), 1) }

  private mutating func add(bucket: Int, _ count: Int) {
    if counts.count <= bucket { counts += [Int](repeating: 0, count: bucket + 1 - counts.count) }
    counts[bucket] += count
  }

  mutating func merge(_ other: Histogram) {
    for (bucket, count) in other.counts.enumerated() where count > 0 { add(bucket: bucket, count) }
  }

  /// The time below which `share` (0 to 1) of the results lie; nil without any.
  func percentile(_ share: Double) -> Double? {
    let all = total
    guard all > 0 else { return nil }
    let wanted = max(1, Int((share * Double(all)).rounded(.up)))
    var sum = 0
    for (bucket, count) in counts.enumerated() {
      sum += count
      if sum >= wanted { return Histogram.middle(of: bucket) }
    }
    return nil
  }

  /// First bucket in use, how many follow, and their counts.
  func write(into bytes: inout [UInt8]) {
    let first = counts.firstIndex { $0 > 0 } ?? 0
    let last = counts.lastIndex { $0 > 0 } ?? -1
    bytes.append(UInt8(first))
    bytes.append(UInt8(max(0, last - first + 1)))
    guard last >= first else { return }
    for count in counts[first...last] { Varint.write(count, into: &bytes) }
  }

  init?(_ reader: inout ByteReader) {
    guard let first = reader.byte(), let length = reader.byte(), Int(first) + Int(length) <= Histogram.buckets
    else { return nil }
    counts = []
    for offset in 0..<Int(length) {
      guard let count = reader.number(), count <= Tally.most else { return nil }
      if count > 0 { add(bucket: Int(first) + offset, count) }
    }
  }
}

/// What a stretch of time held: results by what they saw, and the response times of those that answered.
struct Tally: Sendable, Equatable {
  var up = 0
  var slow = 0
  var down = 0
  var unknown = 0
  var times = Histogram()
  /// How long it stood how. Empty in five minutes, and in what was kept before times were.
  var spans = Spans()

  /// More than are seen in a hundred years; sums of these do not run over.
  static let most = 1 << 40

  var isEmpty: Bool { up + slow + down + unknown == 0 && spans.isEmpty }
  /// The share of the time of which something is known, without planned stops: 0 to 1; nil when nothing could be told. Where no
  /// times were kept, the share of the results.
  var availability: Double? {
    guard spans.isEmpty else {
      let known = spans.good + spans.down
      return known == 0 ? nil : Double(spans.good) / Double(known)
    }
    let known = up + slow + down
    return known == 0 ? nil : Double(up + slow) / Double(known)
  }

  mutating func add(_ result: Reading) {
    switch result.sight {
    case .up: up += 1
    case .slow: slow += 1
    case .down: down += 1
    case .unknown: unknown += 1
    }
    if result.sight == .up || result.sight == .slow { times.add(result.milliseconds) }
  }

  mutating func merge(_ other: Tally) {
    up += other.up
    slow += other.slow
    down += other.down
    unknown += other.unknown
    times.merge(other.times)
    spans.merge(other.spans)
  }

  /// The same with spans: where none were kept, the time of `seconds` is shared out by the results.
  func told(over seconds: Int) -> Tally {
    let all = up + slow + down + unknown
    guard spans.isEmpty, all > 0 else { return self }
    var next = self
    next.spans.down = seconds * down / all
    next.spans.unknown = seconds * unknown / all
    next.spans.good = seconds - next.spans.down - next.spans.unknown
    return next
  }

  /// Which of the four counts and of the four spans are there, the counts, the spans, the histogram if anything answered.
  func write(into bytes: inout [UInt8]) {
    let all = [up, slow, down, unknown, spans.good, spans.down, spans.unknown, spans.planned]
    let flags = all.enumerated().reduce(UInt8(0)) { $1.element > 0 ? $0 | 1 << UInt8($1.offset) : $0 }
    bytes.append(flags)
    for count in all where count > 0 { Varint.write(count, into: &bytes) }
    if flags & 3 != 0 { times.write(into: &bytes) }
  }

  init() {}

  init?(_ reader: inout ByteReader) {
    guard let flags = reader.byte() else { return nil }
    var all = [0, 0, 0, 0, 0, 0, 0, 0]
    for index in 0..<8 where flags & 1 << UInt8(index) != 0 {
      guard let count = reader.number(), count <= Tally.most else { return nil }
      all[index] = count
    }
    (up, slow, down, unknown) = (all[0], all[1], all[2], all[3])
    spans = Spans(good: all[4], down: all[5], unknown: all[6], planned: all[7])
    if flags & 3 != 0 {
      guard let times = Histogram(&reader) else { return nil }
      self.times = times
    }
  }
}

/// One result: ten bytes while it waits to be put away, about four among those that have been (``packed(_:)``).
struct Reading: Sendable, Equatable {
  let at: Instant
  let sight: Sight
  /// How long the target took, in tenths; up to seven minutes.
  let milliseconds: Double
  /// How much later than planned the check began; up to a minute.
  let lateMs: Int

  static let size = 10

  /// 40 bits of hundredths of a second, 2 of the sight, 22 of tenths of a millisecond, 16 of lateness.
  func write(into bytes: inout [UInt8]) {
    let time = UInt64(max(0, at.milliseconds) / 10) & 0xFF_FFFF_FFFF
    let tenths = UInt64(min(max(milliseconds, 0) * 10, 4_194_303).rounded())
    let rest = UInt64(sight.rawValue) << 22 | tenths
    for shift in stride(from: 32, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: time >> UInt64(shift)))
    }
    for shift in stride(from: 16, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: rest >> UInt64(shift)))
    }
    let late = UInt16(min(max(lateMs, 0), 65_535))
    bytes += [UInt8(late >> 8), UInt8(late & 0xFF)]
  }

  /// All results in `bytes`, in their order; what does not fill a result is left out.
  static func read(_ bytes: [UInt8]) -> [Reading] {
    stride(from: 0, through: bytes.count - size, by: size).compactMap { start in
      func number(_ from: Int, _ count: Int) -> UInt64 {
        bytes[start + from..<start + from + count].reduce(0) { $0 << 8 | UInt64($1) }
      }
      let rest = number(5, 3)
      guard let sight = Sight(rawValue: Int(rest >> 22)) else { return nil }
      return Reading(
        at: Instant(milliseconds: Int64(number(0, 5)) * 10), sight: sight,
        milliseconds: Double(rest & 0x3F_FFFF) / 10, lateMs: Int(number(8, 2)))
    }
  }
}

extension Reading {
  /// No result of ten bytes begins so: that is 1970.
  private static let packedMark: UInt8 = 0

  /// Many results in a row, as exactly as ``write(into:)`` has them: by how much the time since the one before differs from that
  /// time before, what was seen and how long it took, and the lateness.
  static func packed(_ results: [Reading]) -> [UInt8] {
    var bytes = [packedMark]
    var (last, step) = (0, 0)
    for result in results {
      let time = Int(max(0, result.at.milliseconds) / 10)
      let difference = time - last - step
      // Those below zero take the odd numbers.
      Varint.write(difference < 0 ? -2 * difference - 1 : 2 * difference, into: &bytes)
      (last, step) = (time, time - last)
      let tenths = Int(min(max(result.milliseconds, 0) * 10, 4_194_303).rounded())
      Varint.write(tenths << 2 | result.sight.rawValue, into: &bytes)
      Varint.write(min(max(result.lateMs, 0), 65_535), into: &bytes)
    }
    return bytes
  }

  /// What ``packed(_:)`` wrote, and what was put away before there was such a thing: ten bytes each.
  static func unpacked(_ bytes: [UInt8]) -> [Reading] {
    guard bytes.first == packedMark else { return read(bytes) }
    var reader = ByteReader(bytes)
    _ = reader.byte()
    var (results, last, step): ([Reading], Int, Int) = ([], 0, 0)
    while let number = reader.number(), let told = reader.number(), let late = reader.number() {
      let difference = number & 1 == 0 ? number / 2 : -(number / 2) - 1
      // What no clock shows was not written here.
      guard abs(difference) < 1 << 42, let sight = Sight(rawValue: told & 3) else { return results }
      let time = last + step + difference
      guard (0..<1 << 42).contains(time) else { return results }
      (last, step) = (time, time - last)
      results.append(
        Reading(
          at: Instant(milliseconds: Int64(time) * 10), sight: sight, milliseconds: Double(told >> 2) / 10,
          lateMs: late))
    }
    return results
  }
}

/// A day of one monitor, rolled up: by five minutes, by hour, and as a whole.
///
/// Five minutes are kept for ``fiveDays``, hours for ``hourDays``, the whole for good: less than 0.2 MB for a year of results a
/// minute (ADR 0050).
struct DayTally: Sendable, Equatable {
  /// By the number of the five minutes in the day in Asia/Tokyo, 0 to 287; nil once it is too old.
  var five: [Int: Tally]? = [:]
  /// 0 to 23.
  var hours: [Int: Tally]? = [:]
  var whole = Tally()

  static let (seconds, hourSeconds) = (86_400, 3_600)
  static let rawDays = 3
  static let fiveDays = 7
  /// Figures look three months back.
  static let hourDays = 120

  mutating func add(_ result: Reading) {
    let (hour, minute) = result.at.clock
    five?[hour * 12 + minute / 5, default: Tally()].add(result)
    hours?[hour, default: Tally()].add(result)
    whole.add(result)
  }

  /// - Parameter stretch: of this day.
  mutating func add(_ stretch: Stretch) {
    hours?[stretch.start.clock.hour, default: Tally()].spans.add(stretch)
    whole.spans.add(stretch)
  }

  /// The slots one after the other, each with its distance from the one before.
  static func packed(_ slots: [Int: Tally]?) -> [UInt8]? {
    guard let slots else { return nil }
    var bytes: [UInt8] = []
    var last = 0
    for (slot, tally) in slots.sorted(by: { $0.key < $1.key }) {
      Varint.write(slot - last, into: &bytes)
      tally.write(into: &bytes)
      last = slot
    }
    return bytes
  }

  static func unpacked(_ bytes: [UInt8]) -> [Int: Tally] {
    var reader = ByteReader(bytes)
    var (slots, slot): ([Int: Tally], Int) = ([:], 0)
    while let step = reader.number(), let tally = Tally(&reader) {
      slot += step
      slots[slot] = tally
    }
    return slots
  }
}

/// Numbers in as few bytes as they need, seven bits each (LEB128).
enum Varint {
  static func write(_ number: Int, into bytes: inout [UInt8]) {
    var rest = UInt64(max(0, number))
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// Reads bytes one after the other; nil at the end.
struct ByteReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func number() -> Int? {
    var (number, shift): (UInt64, UInt64) = (0, 0)
    while let byte = byte(), shift < 63 {
      number |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return Int(exactly: number) }
      shift += 7
    }
    return nil
  }
}
