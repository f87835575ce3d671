import Kernel

/// The few shapes that findings of the registers have.
extension Finding {
  /// Holds while `lacks` does.
  static func when(_ id: String, _ word: Word, _ lacks: @escaping @Sendable (Entry) -> Bool) -> Finding {
    Finding(id, word) { lacks($0) ? always : nil }
  }

  /// Holds from `days` days after the day in `field` on (before it when negative), in entries that `applies` lets through.
  ///
  /// - Parameter last: days after the same day on which it has run out; nil when it stays.
  static func from(
    _ days: Int, until last: Int? = nil, after field: String, _ id: String, _ word: Word,
    if applies: @escaping @Sendable (Entry) -> Bool = { _ in true }
  ) -> Finding {
    Finding(id, word) {
      applies($0) ? $0.day(field)?.adding(days: days) : nil
    } ends: { entry in
      last.flatMap { entry.day(field)?.adding(days: $0) }
    }
  }
}

extension Entry {
  /// Whether `field` is empty or has `value`: what nobody wrote is as open as what is written to be open.
  func lacks(_ field: String, or value: String) -> Bool { !has(field) || self.is(field, value) }
}
