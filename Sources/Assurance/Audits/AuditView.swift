import Frameworks
import Kernel
import Web

/// What of an audit is shown: a section, or what a filter or a search found. All of it stands in the URL.
struct AuditView: Sendable {
  enum Show: String, CaseIterable, Sendable { case open, unconfirmed, not, due, mine, suggested }

  let opened: Audits.Opened
  /// Nil for the top.
  let section: Int?
  let show: Show?
  let query: String
  let language: String?
  let listing: Listing
  let listed: [Int]
  let total: Int

  /// Nil when the address names a section that is not there.
  init?(_ request: WebRequest, _ opened: Audits.Opened) {
    let (tree, standing) = (opened.tree, opened.standing)
    section = request.query("section").flatMap(Int.init)
    if let section, !tree.framework.nodes.indices.contains(section) { return nil }
    show = request.query("show").flatMap(Show.init(rawValue:))
    query = request.query("q") ?? ""
    let language = tree.language(for: request.language.rawValue)
    (self.opened, self.language) = (opened, language)
    listing = Listing(request)
    let found: [Int]
    if show == nil, query.isEmpty {
      let below = section.map { tree.children[$0] } ?? tree.roots
      found = below.filter { standing.tallies[$0].inScope > 0 }
    } else {
      let (today, person, show) = (request.now.day, request.person, show)
      let fits = RequirementSearch(query, language)
      found = tree.assessable.filter { place in
        standing.isInScope[place] && AuditView.is(place, show, opened, today, person)
          && fits(tree.framework.nodes[place])
      }
    }
    total = found.count
    listed = Array(found.dropFirst(listing.offset).prefix(listing.size))
  }

  var isFiltered: Bool { show != nil || !query.isEmpty }
  var shownLanguage: String { language ?? opened.tree.library.locale }

  private static func `is`(
    _ place: Int, _ show: Show?, _ opened: Audits.Opened, _ today: Day, _ person: PersonID?
  ) -> Bool {
    let outcome = opened.standing.outcomes[place]
    let isAnswered = outcome?.isAnswered ?? false
    switch show {
    case nil: return true
    case .open: return !isAnswered
    case .unconfirmed: return isAnswered && outcome?.isConfirmed == false
    case .not: return outcome?.result == .nonCompliant || outcome?.result == .partiallyCompliant
    case .due:
      let targets = [
        opened.standing.answers[opened.tree.keys[place]]?.targetOn,
        isAnswered ? nil : opened.work.assignment(at: place, in: opened.tree)?.dueOn,
      ]
      return outcome?.result != .compliant
        && targets.contains { $0.map { $0 <= today.adding(days: 7) } ?? false }
    case .suggested:
      let suggested = [
        opened.measures.result(opened.tree.keys[place]), opened.signals.suggestion(at: place)?.result,
      ]
      return suggested.contains {
        $0 != nil && ($0 != outcome?.result || outcome?.isConfirmed != true)
      }
    case .mine:
      guard let given = opened.work.assignment(at: place, in: opened.tree) else { return false }
      return given.person == person
    }
  }
}

/// Looks for words in requirements. What is looked for is bounded, so that no query keeps the server busy.
struct RequirementSearch {
  /// Words and bytes of each that count; the rest of a longer query is passed over.
  static let most = (words: 8, bytes: 120)

  private let words: [[UInt8]]
  private let language: String?

  init(_ query: String, _ language: String?) {
    words = query.split(maxSplits: 40, whereSeparator: \.isWhitespace).prefix(RequirementSearch.most.words)
      .map {
        $0.utf8.prefix(RequirementSearch.most.bytes).map(RequirementSearch.folded)
      }
    self.language = language
  }

  func callAsFunction(_ node: RequirementNode) -> Bool {
    guard !words.isEmpty else { return true }
    let translated = language.flatMap { node.translations[$0] } ?? [:]
    let texts = [node.refID, node.name, node.description].compactMap { $0 } + translated.values
    return words.allSatisfy { word in texts.contains { RequirementSearch.holds($0, word) } }
  }

  /// Letters from A to Z count the same in both cases. By bytes: `String.contains` takes half a second for 5,880 requirements.
  private static func holds(_ text: String, _ word: [UInt8]) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      guard bytes.count >= word.count, let first = word.first else { return word.isEmpty }
      return (0...(bytes.count - word.count)).contains { start in
        guard folded(bytes[start]) == first else { return false }
        for offset in word.indices where folded(bytes[start + offset]) != word[offset] { return false }
        return true
      }
    }
  }

  private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
