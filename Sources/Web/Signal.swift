public import Kernel
public import Storage

/// What the records of a slice say about one concept of the checklists, on one day.
///
/// A slice offers signals by concept (``Feature/signals``); whoever answers a checklist sees them beside the question,
/// without either knowing of the other.
public struct Signal: Sendable {
  public enum State: String, Sendable, Codable {
    case met, partly, unmet
    /// The records are too thin to say.
    case unknown
  }

  public let state: State
  /// What there is, with its numbers: 遠隔保守のある機器は12台です。
  public let sentence: Sentence
  /// What is amiss in it; nil when nothing is.
  public let concern: Sentence?
  /// The day of the oldest check among the records.
  public let oldest: Day?
  /// Where the records are: a path of this site.
  public let path: String
  /// The numbers alone, for telling later whether the ground has moved: `devices=12 undecided=3`.
  public let ground: String

  public init(
    _ state: State, _ sentence: Sentence, concern: Sentence? = nil, oldest: Day? = nil, path: String,
    ground: String
  ) {
    (self.state, self.sentence, self.concern) = (state, sentence, concern)
    (self.oldest, self.path, self.ground) = (oldest, path, ground)
  }
}

/// A sentence with one or two numbers in it, in the languages of the program.
public struct Sentence: Sendable {
  private let text: @Sendable (Language) -> String

  public init<Key: TextKey>(_ key: Key, _ number: Int) { text = { Texts<Key>($0)(key, number) } }
  public init<Key: TextKey>(_ key: Key, _ first: Int, _ second: Int) {
    text = { Texts<Key>($0)(key, first, second) }
  }
  public func callAsFunction(_ language: Language) -> String { text(language) }
}

/// An answer that rests on records: 「令和8年度の点検 2-③」.
public struct Reliance: Sendable, Hashable {
  public let label: String
  public init(_ label: String) { self.label = label }
}

/// Reads which answers rest on the records as they stand. Asked before and after a record is taken out, in one
/// transaction: an answer that stands in the first list only would lose its ground.
public typealias RelianceSource = @Sendable (ReadTx, Language, Day) throws -> [Reliance]

/// Reads a signal; nil while the slice has nothing to say because nothing is in it.
public typealias SignalSource = @Sendable (ReadTx, Day) throws -> Signal?

/// What the records of several slices say about the concepts of the checklists.
public struct Signals: Sendable {
  private let features: [Feature]

  public init(_ features: [Feature]) { self.features = features }

  /// The concepts of which the slices say themselves that they know of them.
  public var concepts: Set<String> { Set(features.flatMap(\.signals.keys)) }

  /// What a slice says about a concept.
  public struct Said: Sendable {
    public let slice: String
    /// What its records are called: 台帳.
    public let records: @Sendable (Language) -> String
    public let signal: Signal

    public init(slice: String, records: @escaping @Sendable (Language) -> String, signal: Signal) {
      (self.slice, self.records, self.signal) = (slice, records, signal)
    }
  }

  /// What each slice says that has records of it, in the order of the features.
  ///
  /// - Parameter known: a slice that is not asked, because the page has read what it says already.
  public func callAsFunction(_ concept: String, _ tx: ReadTx, on day: Day, besides known: String? = nil)
    throws
    -> [Said]
  {
    try features.filter { $0.name != known }.compactMap { feature in
      let signal = try feature.signals[concept]?(tx, day) ?? feature.signalOfConcept?(concept, tx, day)
      return signal.map { Said(slice: feature.name, records: feature.records, signal: $0) }
    }
  }
}
