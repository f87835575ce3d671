import Kernel

/// A planned stop that comes again and again, as single windows: what stands in the list is what silences.
enum WindowSeries: String, Sendable, CaseIterable {
  case once, daily, weekly
  /// On the same weekday of the month, as in the second Sunday.
  case monthly

  /// So many at most, the first among them.
  static let most = 60

  /// The first and those that follow it, each on the same clock of Tokyo, up to and with the last day.
  func windows(_ first: Window, until last: Day) -> [Window] {
    guard self != .once else { return [first] }
    var found = [first]
    var day = first.from.day
    while found.count < WindowSeries.most, let next = following(day), next <= last {
      day = next
      let shift = Int64(day.days(since: first.from.day)) * 86_400_000
      found.append(
        Window(from: first.from.adding(milliseconds: shift), until: first.until.adding(milliseconds: shift)))
    }
    return found
  }

  /// Whether windows of this length stand apart from each other.
  func fits(_ window: Window) -> Bool {
    let days: Int64 =
      switch self {
      case .once: 31
      case .daily: 1
      case .weekly: 7
      case .monthly: 28
      }
    return window.until.milliseconds - window.from.milliseconds <= days * 86_400_000
  }

  private func following(_ day: Day) -> Day? {
    switch self {
    case .once: return nil
    case .daily: return day.adding(days: 1)
    case .weekly: return day.adding(days: 7)
    case .monthly:
      // The next month that has such a day: not every one has a fifth Sunday.
      let place = (day.day - 1) / 7
      for weeks in 4...14 {
        let next = day.adding(days: weeks * 7)
        if next.month != day.month, (next.day - 1) / 7 == place { return next }
      }
      return nil
    }
  }
}
