import Frameworks
import Kernel

/// Which concepts a requirement of any framework may be about, by how alike its words are to those of our checklists.
///
/// Japanese is compared with Japanese by pairs of letters, anything else with English by runs of four letters.
struct ConceptLikeness: Sendable {
  struct Proposal: Sendable, Equatable {
    let concept: String
    /// 0 to 1.
    let score: Double
    /// What it is alike to: the label of an item of a checklist; nil for the words of the concept itself.
    let item: String?
  }

  /// So many are proposed for a requirement at most.
  static let most = 3
  /// Below, nothing is proposed.
  static let mention = (ja: 0.2, en: 0.12)

  private struct Known: Sendable {
    let concept: String
    let item: String?
    let ja: Likeness
    let en: Likeness
  }

  private let known: [Known]

  init(_ packs: [Pack], _ concepts: [Concept]) {
    var seen: Set<String> = []
    let items = packs.sorted { ($1.fiscalYear, $1.id) < ($0.fiscalYear, $0.id) }.flatMap { pack in
      pack.forms.flatMap(\.items).compactMap { item -> Known? in
        guard !item.isWithoutConcept, !item.isGate,
          seen.insert("\(item.concept) \(item.question.ja)").inserted
        else { return nil }
        return Known(
          concept: item.concept, item: item.label, ja: Likeness(item.question.ja),
          en: Likeness(words: item.question.en))
      }
    }
    known =
      items
      + concepts.flatMap { concept in
        [concept.label, concept.meaning].map {
          Known(concept: concept.id, item: nil, ja: Likeness($0.ja), en: Likeness(words: $0.en))
        }
      }
  }

  /// The best of each concept, the most alike first; the same every time.
  func proposals(for text: String) -> [Proposal] {
    let isJapanese = text.unicodeScalars.contains { (0x3040...0x9FFF).contains($0.value) }
    let likeness = isJapanese ? Likeness(text) : Likeness(words: text)
    let least = isJapanese ? ConceptLikeness.mention.ja : ConceptLikeness.mention.en
    var best: [String: Proposal] = [:]
    for one in known {
      let score = likeness.score(with: isJapanese ? one.ja : one.en)
      if score < least || score <= best[one.concept]?.score ?? 0 { continue }
      best[one.concept] = Proposal(concept: one.concept, score: score, item: one.item)
    }
    let all = best.values.sorted { ($1.score, $0.concept) < ($0.score, $1.concept) }
    return Array(all.prefix(ConceptLikeness.most))
  }
}
