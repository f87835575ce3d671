/// A protocol as a value: bytes in, what to do next out. No clock, no socket; tests feed it by hand.
protocol Conversation: Sendable {
  associatedtype Result: Sendable

  /// The line stands, encrypted if it was to be from the first byte.
  mutating func begin() throws(Trouble) -> Turn<Result>
  /// Bytes arrived, cut anywhere.
  mutating func hear(_ bytes: [UInt8]) throws(Trouble) -> Turn<Result>
  /// The line is encrypted now, after ``Turn/encrypt``.
  mutating func encrypted() throws(Trouble) -> Turn<Result>
  /// The target closed its side.
  ///
  /// - Returns: The result when that is a proper end; nil when it came too early.
  mutating func closed() throws(Trouble) -> Result?
  /// The time is over; the result when all that matters has been said.
  func late() -> Result?
}

extension Conversation {
  mutating func encrypted() throws(Trouble) -> Turn<Result> { .wait }
  mutating func closed() throws(Trouble) -> Result? { nil }
  func late() -> Result? { nil }
}

/// What a conversation wants next; `.wait` for more bytes.
struct Turn<Result: Sendable>: Sendable {
  var say: [UInt8] = []
  var encrypt = false
  /// The end: `say` is still sent, then the line is closed.
  var result: Result?

  static var wait: Turn { Turn() }
  static func say(_ bytes: [UInt8]) -> Turn { Turn(say: bytes) }
  static func done(_ result: Result, saying bytes: [UInt8] = []) -> Turn { Turn(say: bytes, result: result) }
}
