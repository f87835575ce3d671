import Kernel
import Publishing

/// What a cell of an answer column says. Vendors write words, circles and check marks, in either width.
enum AnswerWords {
  /// Whole cells, folded. A dash is none of them: some mean 対象外 by it, some nothing.
  private static let words: [String: Disclosure.Answer] = {
    let groups: [(Disclosure.Answer, [String])] = [
      (.yes, ["はい", "有", "有り", "あり", "○", "〇", "◯", "✓", "✔", "レ", "yes", "y", "true"]),
      (.no, ["いいえ", "無", "無し", "なし", "×", "✕", "✗", "no", "n", "false"]),
      (
        .na,
        [
          "対象外", "該当なし", "該当無し", "該当しない", "該当せず", "非該当", "n/a", "na", "n.a.", "notapplicable",
          "doesnotapply",
        ]
      ),
      (.note, ["seenote", "seenotes", "備考参照", "注記参照"]),
    ]
    return groups.reduce(into: [:]) { found, group in
      for word in group.1 { found[word] = group.0 }
    }
  }()

  /// Words after which more may follow: `いいえ(次の更改で対応)`.
  private static let leading: [(String, Disclosure.Answer)] = [
    ("いいえ", .no), ("はい", .yes), ("対象外", .na), ("該当なし", .na), ("非該当", .na), ("see notes", .note),
    ("see note", .note), ("n/a", .na), ("yes", .yes), ("no", .no),
  ]

  /// The answer, and what the cell says beyond it.
  static func read(_ cell: Cell) -> (answer: Disclosure.Answer, rest: String) {
    if case .yes(let yes) = cell { return (yes ? .yes : .no, "") }
    let text = cell.text.trimmed
    if text.isEmpty { return (.blank, "") }
    if let boxes = boxes(in: text) { return (boxes, boxes == .unreadable ? text : "") }
    if let answer = words[text.folded] { return (answer, "") }
    let plain = text.halfWidth.lowercased()
    for (word, answer) in leading where plain.hasPrefix(word) {
      let rest = plain.dropFirst(word.count)
      guard let next = rest.first, !next.isLetter, !next.isNumber else { continue }
      // The word's own letters are as many in either width, so the rest can be cut from the text as it was written.
      return (answer, String(text.dropFirst(word.count)).trimmingMarks)
    }
    return (.unreadable, text)
  }

  /// `☑はい □いいえ □対象外`: the box that is ticked; nil for a text without boxes.
  private static func boxes(in text: String) -> Disclosure.Answer? {
    let full: Set<Character> = ["☑", "☒", "■", "✔", "✓", "◉", "●"]
    let empty: Set<Character> = ["□", "☐", "○", "◯", "〇"]
    guard text.count > 1, text.contains(where: { empty.contains($0) || full.contains($0) }) else {
      return nil
    }
    var found: [Disclosure.Answer] = []
    var labels = 0
    for piece in text.split(whereSeparator: { full.contains($0) || empty.contains($0) }) {
      guard let answer = words[String(piece).folded], piece.startIndex > text.startIndex else { continue }
      labels += 1
      if full.contains(text[text.index(before: piece.startIndex)]) { found.append(answer) }
    }
    guard labels >= 2 else { return nil }
    return found.count == 1 ? found[0] : found.isEmpty ? .blank : .unreadable
  }

  /// Whether a cell below はい, いいえ or 対象外 is marked; nil when it holds something else.
  static func isMarked(_ cell: Cell) -> Bool? {
    switch cell {
    case .empty: return false
    case .yes(let yes): return yes
    case .number(let number) where number == 0 || number == 1: return number == 1
    default: break
    }
    let text = cell.text.folded
    if text.isEmpty || ["□", "☐", "-", "false"].contains(text) { return false }
    if ["○", "〇", "◯", "●", "◎", "✓", "✔", "☑", "☒", "■", "レ", "x", "v", "*", "1", "true"].contains(text) {
      return true
    }
    // The column's own word: はい written below はい.
    return words[text] == nil ? nil : true
  }
}

extension String {
  /// Without the brackets and signs that set a remark off from the answer.
  fileprivate var trimmingMarks: String {
    var text = trimmed[...]
    while let first = text.first, "、。,，.．:：;；・-–—― ".contains(first) { text.removeFirst() }
    let (open, close) = ("(（", ")）")
    if let first = text.first, let last = text.last, text.count > 2, open.contains(first),
      close.contains(last),
      !text.dropFirst().dropLast().contains(where: { open.contains($0) || close.contains($0) })
    {
      text = text.dropFirst().dropLast()
    }
    return String(text).trimmed
  }
}
