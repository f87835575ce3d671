import Kernel

/// What a version of a disclosure says otherwise than the one before.
struct DisclosureComparison: Sendable, Equatable {
  struct Pair: Sendable, Equatable {
    let before: Disclosure.Question
    let after: Disclosure.Question
  }

  /// The answer is another; those that became いいえ first.
  private(set) var changed: [Pair] = []
  /// The answer is the same, what the vendor adds is not.
  private(set) var reworded: [Pair] = []
  private(set) var added: [Disclosure.Question] = []
  private(set) var vanished: [Disclosure.Question] = []
  private(set) var same: [Pair] = []

  /// Pairs questions by their number; between two editions of a form, where a number may mean something else, by their text.
  init(
    _ before: [Disclosure.Question], edition old: String, with after: [Disclosure.Question],
    edition new: String
  ) {
    let pairs = DisclosureComparison.pairs(before, old, after, new)
    let paired = Set(pairs.map(\.before.number))
    let found = Set(pairs.map(\.after.number))
    for pair in pairs {
      if pair.before.answer != pair.after.answer {
        changed.append(pair)
      } else if pair.before.said != pair.after.said {
        reworded.append(pair)
      } else {
        same.append(pair)
      }
    }
    let worse = changed.filter { $0.after.answer == .no }
    changed = worse + changed.filter { $0.after.answer != .no }
    vanished = before.filter { !paired.contains($0.number) }
    added = after.filter { !found.contains($0.number) }
  }

  /// In the order of `after`.
  static func pairs(
    _ before: [Disclosure.Question], _ old: String, _ after: [Disclosure.Question], _ new: String
  ) -> [Pair] {
    func key(_ question: Disclosure.Question) -> String {
      old == new ? question.number : question.text.searchable
    }
    // A text that two questions share names neither.
    let known = Dictionary(grouping: before, by: key)
    let wanted = Dictionary(grouping: after, by: key)
    return after.compactMap { question in
      let key = key(question)
      guard !key.isEmpty, wanted[key]?.count == 1, let found = known[key], found.count == 1 else {
        return nil
      }
      return Pair(before: found[0], after: question)
    }
  }

  var isEmpty: Bool { changed.isEmpty && reworded.isEmpty && added.isEmpty && vanished.isEmpty }
}
