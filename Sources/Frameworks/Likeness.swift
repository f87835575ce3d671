import Kernel

/// How alike two sentences are: the pairs of neighbouring letters that both have (Dice), without how questions end.
public struct Likeness: Sendable {
  private let pairs: [UInt64: Int]
  private let count: Int

  public init(_ text: String) {
    var plain = text.folded
    for ending in ["ていますか", "ている", "していますか", "すること", "しましたか", "ですか", "ますか"] {
      plain = plain.replacing(ending, with: "")
    }
    let letters = plain.unicodeScalars.filter {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
    }
    var pairs: [UInt64: Int] = [:]
    for (a, b) in zip(letters, letters.dropFirst()) {
      pairs[UInt64(a.value) << 32 | UInt64(b.value), default: 0] += 1
    }
    self.pairs = pairs
    count = pairs.values.reduce(0, +)
  }

  /// Words that stand in nearly every requirement.
  private static let common: Set<String> = [
    "information", "system", "systems", "medical", "that", "this", "with", "from", "have", "whether", "shall",
    "should", "must", "they", "your", "their", "about",
  ]

  /// For languages that are written with spaces: the runs of four letters within words. Shorter words say little.
  public init(words text: String) {
    var runs: [UInt64: Int] = [:]
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter }) {
      let letters = Array(word.utf8)
      guard letters.count >= 4, !Likeness.common.contains(String(word)) else { continue }
      for start in 0...(letters.count - 4) {
        let run = letters[start..<start + 4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        runs[run, default: 0] += 1
      }
    }
    pairs = runs
    count = runs.values.reduce(0, +)
  }

  /// 0 for nothing in common, 1 for the same letters; the same in both directions.
  public func score(with other: Likeness) -> Double {
    guard count + other.count > 0 else { return 0 }
    let (few, many) = pairs.count <= other.pairs.count ? (self, other) : (other, self)
    let shared = few.pairs.reduce(0) { $0 + min($1.value, many.pairs[$1.key] ?? 0) }
    return Double(2 * shared) / Double(count + other.count)
  }
}
