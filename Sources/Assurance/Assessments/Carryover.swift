public import Kernel

/// Which answers of an earlier year stand for which rows of this year's edition, by concept.
public struct Carryover: Sendable, Equatable {
  public enum Kind: String, Sendable, Codable {
    /// Same question for the same things.
    case same
    /// The concept stays, but the wording, the number or what it covers has changed.
    case changed
    /// No row of the earlier edition has this concept.
    case new
  }

  public struct Line: Sendable, Equatable {
    public let item: Pack.Item
    public let kind: Kind
    public let sources: [Pack.Item]
    /// nil when there is nothing to carry, or the sources disagree in a way that must be asked again.
    public let answer: Answer?
  }

  public let lines: [Line]
  /// Rows of the earlier edition that have no successor.
  public let gone: [Pack.Item]

  /// - Parameters:
  ///   - old: the earlier edition's form and its answers.
  ///   - new: the form to be answered now, in `year`.
  ///   - within: whether both belong to the same year; a check of the very same question then stands.
  public init(
    from old: Pack.Form, id oldPack: String, answers: [String: Answer], to new: Pack.Form, year: FiscalYear,
    within: Bool = false
  ) {
    lines = new.items.map { item in
      let sources = Carryover.sources(of: item, in: old)
      let kind: Kind =
        sources.isEmpty
        ? .new
        : sources.count == 1 && sources[0].question == item.question && sources[0].appliesTo == item.appliesTo
          && sources[0].label.folded == item.label.folded
          ? .same : .changed
      let answer =
        within && kind == .same
        ? answers[sources[0].id]?.moved(to: item.id)
        : Carryover.carried(item, sources, answers: answers, from: oldPack, year: year)
      return Line(item: item, kind: kind, sources: sources, answer: answer)
    }
    let concepts = Set(new.items.map(\.concept))
    gone = old.items.filter { !concepts.contains($0.concept) }
  }

  /// Rows of the old form with the item's concept that cover the same things; all of the concept when the item covers everything.
  private static func sources(of item: Pack.Item, in old: Pack.Form) -> [Pack.Item] {
    let related = old.items.filter { $0.concept == item.concept }
    let overlapping = related.filter { candidate in
      item.appliesTo.contains("all") || candidate.appliesTo.contains("all")
        || !Set(candidate.appliesTo).isDisjoint(with: item.appliesTo)
    }
    return overlapping.isEmpty ? related : overlapping
  }

  /// Several rows become one: yes only if all are yes (those that do not apply aside), no if any is no.
  private static func carried(
    _ item: Pack.Item, _ sources: [Pack.Item], answers: [String: Answer], from pack: String, year: FiscalYear
  ) -> Answer? {
    let found = sources.compactMap { answers[$0.id] }
    let values = found.compactMap(\.value)
    guard !found.isEmpty, found.contains(where: { $0.value != nil || $0.owner != nil || !$0.note.isEmpty })
    else {
      return nil
    }
    var answer = Answer.blank(item.id)
    let applicable = values.filter { $0 != .na }
    if values.contains(.no) {
      answer.value = .no
    } else if values.count == sources.count {
      answer.value = applicable.isEmpty ? .na : .yes
    }
    let leading = found.first { $0.value == .no } ?? found[0]
    answer.owner = leading.owner
    answer.deputy = leading.deputy
    answer.started = answer.value == .no && leading.started
    // A date of the earlier year has passed or lies outside this one: it must be set anew.
    answer.targetOn = leading.targetOn.flatMap { year.contains($0) ? $0 : nil }
    var notes: [String] = []
    for note in found.map(\.note) where !note.isEmpty && !notes.contains(note) { notes.append(note) }
    answer.note = String(notes.joined(separator: "\n").prefix(4000))
    answer.carriedFrom = "\(pack): \(sources.map(\.id).joined(separator: ", "))"
    answer.version = 1
    return answer
  }
}
