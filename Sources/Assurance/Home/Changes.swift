import Kernel
import Storage

/// What happened to the checklists lately, told in few lines: entries of one day, person and kind stand together.
struct Changes: Sendable, Equatable {
  struct Line: Sendable, Equatable {
    let day: Day
    let actorName: String
    let action: String
    /// Newest first; never empty.
    let entries: [LedgerEntry]
  }

  /// How far back the home page looks, in days.
  static let days = 7
  /// How many entries it reads, and how many lines it shows of them.
  static let limit = 500
  static let shown = 6

  let lines: [Line]

  /// - Parameter entries: newest first, at most ``limit``.
  init(_ entries: [LedgerEntry], today: Day) {
    let first = today.adding(days: 1 - Changes.days)
    let recent = entries.filter { entry in
      entry.at.day >= first && ["answer.", "proof.", "assessment."].contains { entry.action.hasPrefix($0) }
    }
    var groups: [(key: [String], entries: [LedgerEntry])] = []
    for entry in recent {
      let key = [entry.at.day.description, entry.actor, entry.action]
      if let index = groups.firstIndex(where: { $0.key == key }) {
        groups[index].entries.append(entry)
      } else {
        groups.append((key, [entry]))
      }
    }
    // The oldest kind may go on beyond what was read: its number would be too low.
    if entries.count == Changes.limit, groups.count > 1 { groups.removeLast() }
    lines = groups.prefix(Changes.shown).map { group in
      let newest = group.entries[0]
      return Line(
        day: newest.at.day, actorName: newest.actorName, action: newest.action, entries: group.entries)
    }
  }
}
