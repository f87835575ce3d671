import Kernel
import Registers
import Web

/// A suggestion that a person has said is no risk, until what it rests on changes.
struct RiskDismissal: Sendable, Equatable {
  typealias ID = Kernel.ID<RiskDismissal>

  /// What the suggestion rests on is as it was, has changed since, or suggests nothing any more.
  enum Ground: Sendable, Equatable { case same, changed, gone }

  let id: ID
  let reference: String
  /// Of the answer or finding, as it was: its version, or how often it was opened.
  let ground: Int
  let kind: Risk.Origin.Kind
  let title: String
  let text: String
  let path: String
  let reason: String
  let by: String
  let day: Day
  let version: Int

  /// Where a reference points: the record, and what in it.
  static func parts(of reference: String) -> (source: String, item: String) {
    let rest = reference.drop { $0 != ":" }.dropFirst()
    let source = rest.prefix { $0 != "/" }
    return (String(source), String(rest.dropFirst(source.count + 1)))
  }

  /// - Throws: ``RiskRefusal/noDismissal`` unless the reason has 1 to 400 characters.
  static func reason(_ raw: String) throws(RiskRefusal) -> String {
    guard let reason = raw.trimmed(to: 1...400) else { throw .noDismissal }
    return reason
  }

  func ground(now current: Int?) -> Ground {
    guard let current else { return .gone }
    return current == ground ? .same : .changed
  }
}

/// What has been decided of suggestions: taken over as a risk, or dismissed.
struct RiskSettled: Sendable {
  var taken: Set<String> = []
  var dismissed: [String: RiskDismissal] = [:]

  func isOpen(_ reference: String, ground: Int) -> Bool {
    !taken.contains(reference) && dismissed[reference]?.ground != ground
  }

  /// What is still to be decided, each with how it was dismissed before it changed.
  func open(_ all: [RiskSuggestion]) -> [RiskSuggestion] {
    all.filter { isOpen($0.reference, ground: $0.ground) }.map { one in
      var next = one
      next.earlier = dismissed[one.reference]
      return next
    }
  }
}
