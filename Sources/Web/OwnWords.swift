/// Words of ours that are written into records when these are made, in the language of whoever makes them.
///
/// A record that still has such a word is shown in the reader's language. What a person wrote or changed equals none of them
/// and stays as it is.
public struct OwnWords: Sendable {
  /// Every language's text of a word, by each of them.
  private let known: [String: [Language: String]]

  /// - Parameter words: each in all its languages. Of two words that are the same in one language the first counts.
  public init(_ words: [[Language: String]]) {
    var known: [String: [Language: String]] = [:]
    for word in words {
      for text in word.values where known[text] == nil { known[text] = word }
    }
    self.known = known
  }

  public init<Key: TextKey>(_ keys: [Key]) {
    let texts = Language.allCases.map { Texts<Key>($0) }
    self.init(keys.map { key in Dictionary(uniqueKeysWithValues: texts.map { ($0.language, $0(key)) }) })
  }

  /// A stored text in the reader's language, when it is a word of ours; else the text itself.
  public func callAsFunction(_ stored: String, _ language: Language) -> String {
    known[stored]?[language] ?? stored
  }

  /// What to store when a form came back with `typed` where `stored` stands: a form shows a word of ours in the reader's
  /// language, and saving it unchanged changes nothing.
  public func kept(_ typed: String, over stored: String) -> String {
    known[stored]?.values.contains(typed) == true ? stored : typed
  }
}
