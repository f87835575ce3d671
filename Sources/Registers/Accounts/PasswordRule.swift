import Foundation
public import Kernel

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
    ///   - names: what an attacker knows of the person: user name and name.
    ///   - facilities: where the person works.
    ///   - hasFactor: whether the account has a second factor.
    /// - Throws: `.badPassword`, `.badShortPassword`, `.commonPassword`, each with what holds for this password.
    public init(
      _ text: String, knowing names: [String], at facilities: [String] = [], hasFactor: Bool = false
    ) throws(Refusal) {
      var faults: [PasswordFault] = []
      if text.count < (hasFactor ? Self.factoredMinimum : Self.aloneMinimum) {
        faults.append(hasFactor ? .tooShortBeside : .tooShort)
      }
      if text.count > Self.maximum { faults.append(.tooLong) }
      if Set(text).count < 5 { faults.append(.fewKinds) }
      if hasFactor && text.count < Self.aloneMinimum {
        if !text.contains(where: \.isLetter) { faults.append(.noLetter) }
        if !text.contains(where: \.isNumber) { faults.append(.noDigit) }
      }
      let isJudged = !text.isEmpty && text.count <= Self.maximum
      let judged = isJudged ? CommonPassword.judged(text, names: names, facilities: facilities) : nil
      let isCommon = judged.map { $0.own < (text.count < Self.aloneMinimum ? 4 : 6) } ?? false
      let common = isCommon ? judged?.causes ?? [] : []
      guard faults.isEmpty else {
        throw hasFactor ? .badShortPassword(faults + common) : .badPassword(faults + common)
      }
      guard !isCommon else { throw .commonPassword(common) }
      self.text = text
    }
  }
}

/// What is amiss with a password, each with the way out.
public enum PasswordFault: Problem, CaseIterable, Hashable {
  case tooShort, tooShortBeside, tooLong, fewKinds, noLetter, noDigit
  /// Of a password that would be tried first: what stands in it.
  case ofPerson, ofFacility, ofWord, ofYear, ofKeys

  public var code: String { "password.\(self)" }
  public var kind: ProblemKind { .invalid }
  public var field: String? { "password" }
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
  /// out of it so that the fewest remain; and what was taken out. Signs between words count nothing.
  static func judged(_ text: String, names: [String], facilities: [String]) -> (
    own: Int, causes: [PasswordFault]
  ) {
    let plain = Array(text.searchable)
    let known = Known(
      spellings: [plain, plain.map { respelt($0, one: "i") }, plain.map { respelt($0, one: "l") }],
      names: Set(names.flatMap(parts)), facilities: Set(facilities.flatMap(parts)))
    // fewest[n]: the fewest own characters among the first n; starts[n]: where what ends there begins, if it is taken out.
    var fewest = [0]
    var starts: [Int?] = [nil]
    for end in 1..<(plain.count + 1) {
      let last = plain[end - 1]
      var best = fewest[end - 1] + (last.isLetter || last.isNumber ? 1 : 0)
      var begin: Int?
      // Of parts that leave equally few the longest: a name rather than the word at its end.
      for start in stride(from: end - 2, through: max(0, end - longest), by: -1) where fewest[start] <= best {
        if known.isCommon(start..<end) { (best, begin) = (fewest[start], start) }
      }
      fewest.append(best)
      starts.append(begin)
    }
    var causes: Set<PasswordFault> = []
    var at = plain.count
    while at > 0 {
      if let start = starts[at] { causes.formUnion(known.causes(start..<at)) }
      at = starts[at] ?? at - 1
    }
    return (fewest[plain.count], PasswordFault.allCases.filter(causes.contains))
  }

  /// A text with what is known of its person.
  private struct Known {
    let spellings: [[Character]]
    let names: Set<String>
    let facilities: Set<String>

    func isCommon(_ range: Range<Int>) -> Bool {
      let plain = String(spellings[0][range])
      return names.contains(plain) || facilities.contains(plain) || isWord(range) || isKeys(range)
        || CommonPassword.isYear(spellings[0][range])
    }

    /// What a part of the text is: a name before all else, and a word that is none of the others.
    func causes(_ range: Range<Int>) -> Set<PasswordFault> {
      let plain = String(spellings[0][range])
      let named: [(PasswordFault, Bool)] = [
        (.ofPerson, names.contains(plain)), (.ofFacility, facilities.contains(plain)),
      ]
      let holding = named.filter(\.1).map(\.0)
      if !holding.isEmpty { return Set(holding) }
      if isKeys(range) { return [.ofKeys] }
      return CommonPassword.isYear(spellings[0][range]) ? [.ofYear] : [.ofWord]
    }

    private func isWord(_ range: Range<Int>) -> Bool {
      spellings.contains { CommonPassword.words.contains(String($0[range])) }
    }

    private func isKeys(_ range: Range<Int>) -> Bool {
      range.count >= 3 && CommonPassword.isRun(Array(spellings[0][range]))
    }
  }

  /// Characters of the longest word looked for.
  private static let longest = 24

  /// `aaa`, `123`, `cba`, or four neighbours of a row of keys.
  fileprivate static func isRun(_ text: [Character]) -> Bool {
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
  fileprivate static func isYear(_ text: ArraySlice<Character>) -> Bool {
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
