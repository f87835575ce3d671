import Foundation
import Kernel

/// A zone of the world by its IANA name; the clocks on its walls may be put forward and back.
struct Zone: Sendable, Equatable {
  let name: String
  private let zone: TimeZone

  static let tokyo = Zone(fixed: "Asia/Tokyo", seconds: 9 * 3600)

  /// Nil for a name that the machine's zone data does not have.
  init?(_ name: String) {
    guard name.contains("/") || name == "UTC", let zone = TimeZone(identifier: name) else { return nil }
    (self.name, self.zone) = (name, zone)
  }

  private init(fixed name: String, seconds: Int) {
    self.name = name
    // Japan has had no daylight saving time since 1951: the offset does for a machine without zone data.
    zone = TimeZone(identifier: name) ?? TimeZone(secondsFromGMT: seconds) ?? .gmt
  }

  private func offsetMs(at ms: Int64) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(ms) / 1000))) * 1000
  }

  /// What the clock on the wall shows, as milliseconds since its own 1970-01-01T00:00.
  func wall(at moment: Instant) -> Int64 { moment.milliseconds + offsetMs(at: moment.milliseconds) }

  /// When the clock on the wall first shows `wall`: of an hour that comes twice the first, of one that is skipped the first
  /// moment after the gap.
  func instant(wall: Int64) -> Instant {
    let day: Int64 = 86_400_000
    // The offsets before and after any change near this time.
    let (before, after) = (offsetMs(at: wall - day), offsetMs(at: wall + day))
    let (early, late) = (wall - before, wall - after)
    guard before != after else { return Instant(milliseconds: early) }
    let fits = [early, late].filter { $0 + offsetMs(at: $0) == wall }
    if let first = fits.min() { return Instant(milliseconds: first) }
    // In the gap: the change lies between the two readings.
    var (low, high) = (min(early, late), max(early, late))
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if offsetMs(at: middle) == after { high = middle } else { low = middle }
    }
    return Instant(milliseconds: high)
  }
}
