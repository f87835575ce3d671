import Foundation
import Glibc
public import Kernel

/// How many backups stay: the newest of each of so many days, weeks and months that have one.
public struct Retention: Sendable, Equatable {
  public let daily: Int
  public let weekly: Int
  public let monthly: Int

  /// Seven days, four weeks, twelve months.
  public static let standard = Retention(daily: 7, weekly: 4, monthly: 12)
  /// The most of each.
  public static let most = 400

  public init(daily: Int, weekly: Int, monthly: Int) {
    (self.daily, self.weekly, self.monthly) = (daily, weekly, monthly)
  }

  /// Which of these moments stay. The newest does, whatever the numbers.
  public func kept(of moments: [Instant]) -> Set<Instant> {
    let newestFirst = moments.sorted(by: >)
    var kept = Set(newestFirst.prefix(1))
    func keep(_ count: Int, _ period: (Day) -> Int) {
      var seen: Set<Int> = []
      for moment in newestFirst where seen.count < count {
        if seen.insert(period(moment.day)).inserted { kept.insert(moment) }
      }
    }
    keep(daily) { $0.daysSince1970 }
    // Weeks begin on Monday; 1 January 1970 was a Thursday.
    keep(weekly) { ($0.daysSince1970 + 3 + 7_000_000) / 7 }
    keep(monthly) { $0.year * 12 + $0.month }
    return kept
  }
}

extension Backup {
  /// Removes the backups of this installation in the folder of `made` that `retention` does not keep.
  ///
  /// What cannot be read as a backup, what does not open with the same key, and backups of other installations stay and
  /// count for nothing: whoever can add a file to the folder cannot have genuine ones removed.
  ///
  /// - Returns: the paths that are gone.
  /// - Throws: ``BackupProblem``.
  public static func prune(beside made: Made, _ secret: BackupSecret, _ retention: Retention)
    throws(BackupProblem) -> [String]
  {
    let place = URL(fileURLWithPath: made.path).deletingLastPathComponent().path
    let own = Set(made.header.facilities.map(\.id))
    let ours = try list(place).compactMap { listed -> (path: String, at: Instant)? in
      guard case .success(let header) = listed.header,
        !own.isDisjoint(with: header.facilities.map(\.id)) || own.isEmpty && header.facilities.isEmpty,
        // What cannot be read now is no reason to remove another.
        (try? SealedFileReader(listed.path).isGenuine(secret)) == true
      else { return nil }
      return (listed.path, header.createdAt)
    }
    let kept = retention.kept(of: ours.map(\.at))
    let made = URL(fileURLWithPath: made.path).lastPathComponent
    var gone: [String] = []
    for each in ours where !kept.contains(each.at) {
      if each.path.hasSuffix("/" + made) { continue }
      guard unlink(each.path) == 0 else { throw FileBytes.problem(errno, place) }
      gone.append(each.path)
    }
    return gone
  }
}
