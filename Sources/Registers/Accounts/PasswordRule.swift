import Foundation
import Kernel

extension Person {
  /// A new password: 13 characters or more alone, 8 or more with letters and digits beside a second factor.
  ///
  /// Guideline 7.0 (system operation, 14.1.1) is said to ask for these lengths and no longer for regular
  /// changes; its original has not been read. At most 200 characters, at least five different ones, and more
  /// than the words, names, years and rows of keys that everyone tries first.
  public struct NewPassword: Sendable {
    public static let aloneMinimum = 13
    public static let factoredMinimum = 8
    static let maximum = 200

    public let text: String

    /// - Parameters:
    ///   - names: what an attacker knows of the person: user name, name, facility.
    ///   - hasFactor: whether the account has a second factor.
    /// - Throws: `.badPassword`, `.badShortPassword`, `.commonPassword`.
    public init(_ text: String, knowing names: [String], hasFactor: Bool = false) throws(Refusal) {
      let minimum = hasFactor ? Self.factoredMinimum : Self.aloneMinimum
      let isLongEnough = (minimum...Self.maximum).contains(text.count) && Set(text).count >= 5
      guard isLongEnough else { throw hasFactor ? .badShortPassword : .badPassword }
      if text.count < Self.aloneMinimum {
        guard text.contains(where: \.isLetter), text.contains(where: \.isNumber) else {
          throw .badShortPassword
        }
      }
      let own = CommonPassword.ownCharacters(of: text, knowing: names)
      guard own >= (text.count < Self.aloneMinimum ? 4 : 6) else { throw .commonPassword }
      self.text = text
    }
  }
}

/// What attackers try first: the words of our own list, the names around a person, years, and rows of keys.
enum CommonPassword {
  /// One word a line, as ``String/searchable`` writes it; a line that begins with `#` is a remark.
  static let words: Set<String> = {
    let url = Bundle.module.bundleURL.appendingPathComponent("Accounts.files/common-passwords.txt")
    // Without the file the program runs; a test holds it to more than 700 words.
    let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    return Set(text.split(separator: "\n").map(\.trimmed).filter { $0.count >= 2 && !$0.hasPrefix("#") })
  }()

  /// How many characters of `text` are left when words of the list, the names, years, repetitions and rows of keys are taken
  /// out of it so that the fewest remain. Signs between words count nothing.
  static func ownCharacters(of text: String, knowing names: [String]) -> Int {
    let plain = Array(text.searchable)
    let spellings = [plain, plain.map { respelt($0, one: "i") }, plain.map { respelt($0, one: "l") }]
    let known = Set(names.flatMap(parts))
    // fewest[n]: the fewest own characters among the first n.
    var fewest = [0]
    for end in 1..<(plain.count + 1) {
      let last = plain[end - 1]
      var best = fewest[end - 1] + (last.isLetter || last.isNumber ? 1 : 0)
      for start in stride(from: end - 2, through: max(0, end - longest), by: -1) where fewest[start] < best {
        if isCommon(start..<end, spellings, known) { best = fewest[start] }
      }
      fewest.append(best)
    }
    return fewest[plain.count]
  }

  /// Characters of the longest word looked for.
  private static let longest = 24

  private static func isCommon(_ range: Range<Int>, _ spellings: [[Character]], _ known: Set<String>) -> Bool
  {
    let plain = spellings[0][range]
    if known.contains(String(plain)) || spellings.contains(where: { words.contains(String($0[range])) }) {
      return true
    }
    return range.count >= 3 && (isRun(Array(plain)) || isYear(plain))
  }

  /// `aaa`, `123`, `cba`, or four neighbours of a row of keys.
  private static func isRun(_ text: [Character]) -> Bool {
    let values = text.compactMap { $0.unicodeScalars.first.map { Int($0.value) } }
    let steps = Set(zip(values, values.dropFirst()).map { $1 - $0 })
    if steps.count == 1, let step = steps.first, abs(step) <= 1 { return true }
    guard text.count >= 4 else { return false }
    let word = String(text)
    return rows.contains { $0.contains(word) || String($0.reversed()).contains(word) }
  }

  private static let rows = [
    "1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgb",
    "!qaz@wsx", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5", "zaq12wsxcde3",
  ]

  /// 1900 to 2099.
  private static func isYear(_ text: ArraySlice<Character>) -> Bool {
    guard text.count == 4, let year = Int(String(text)) else { return false }
    return (1900..<2100).contains(year)
  }

  /// Digits and signs that stand for letters.
  private static func respelt(_ character: Character, one: Character) -> Character {
    switch character {
    case "0": "o"
    case "1", "!": one
    case "3": "e"
    case "4", "@": "a"
    case "5", "$": "s"
    case "7": "t"
    default: character
    }
  }

  /// A name and what it is made of, in the form that passwords are compared in.
  private static func parts(of name: String) -> [String] {
    let pieces = name.split { !$0.isLetter && !$0.isNumber }.map { String($0).searchable }
    let whole = name.searchable
    let bare = suffixes.reduce(whole) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
    return (pieces + [whole, bare]).filter { $0.count >= 2 }
  }

  private static let suffixes = ["総合病院", "病院", "医院", "クリニック", "診療所", "薬局"].map(\.searchable)
}
