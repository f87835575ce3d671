import Frameworks
import Kernel

/// Which concept an item may be about, by how alike its words are to items whose concept is known.
struct ConceptProposals: Sendable {
  struct Proposal: Sendable, Equatable {
    let concept: String
    /// 0 to 1.
    let score: Double
    /// Where the words that are alike stand.
    let year: FiscalYear
    let label: String
  }

  /// From this on an item is given the concept; below, nobody guesses for the person.
  static let threshold = 0.35
  /// From this on it is shown as another possibility.
  static let mention = 0.2

  private struct Known: Sendable {
    let concept: String
    let year: FiscalYear
    let label: String
    let id: String
    let isGate: Bool
    let likeness: Likeness
  }

  private let known: [Known]

  /// - Parameter packs: editions whose items have concepts; the newest wording of a question counts once.
  init(_ packs: [Pack]) {
    var seen: Set<String> = []
    known = packs.sorted { ($1.fiscalYear, $1.id) < ($0.fiscalYear, $0.id) }.flatMap { pack in
      pack.forms.flatMap(\.items).compactMap { item in
        guard !item.isWithoutConcept, seen.insert("\(item.concept) \(item.question.ja)").inserted else {
          return nil
        }
        return Known(
          concept: item.concept, year: pack.fiscalYear, label: item.label, id: item.id, isGate: item.isGate,
          likeness: Likeness(item.question.ja))
      }
    }
  }

  /// The best of each concept, the most alike first; the same every time.
  func proposals(for row: ChecklistSheet.Row) -> [Proposal] {
    let likeness = Likeness(row.text)
    var best: [String: (proposal: Proposal, id: String)] = [:]
    for one in known {
      // An opening question is no item, and no item is an opening question.
      guard one.isGate == (row.kind == .gate) else { continue }
      let score = likeness.score(with: one.likeness)
      if score < ConceptProposals.mention || score <= best[one.concept]?.proposal.score ?? 0 { continue }
      best[one.concept] = (
        Proposal(concept: one.concept, score: score, year: one.year, label: one.label), one.id
      )
    }
    return best.values.sorted { ($1.proposal.score, $0.id) < ($0.proposal.score, $1.id) }.map(\.proposal)
  }

  /// The proposal that is taken until a person says otherwise; nil when none is alike enough.
  func best(for row: ChecklistSheet.Row) -> Proposal? {
    let first = proposals(for: row).first
    // There is only one opening question, and its kind is known from other words.
    if row.kind == .gate { return first }
    return first.flatMap { $0.score >= ConceptProposals.threshold ? $0 : nil }
  }
}
