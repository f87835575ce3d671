import Foundation
import Kernel

/// Reads single values out of the ledger's JSON, for the history of an answer.
enum LedgerValue {
  static func answer(_ json: String?) -> Answer.Value? { decoded(json)?.value }
  static func target(_ json: String?) -> Day? { decoded(json)?.targetOn }

  private struct Partial: Decodable {
    let value: Answer.Value?
    let targetOn: Day?
  }

  /// Entries about proofs hold other things: they give nil.
  private static func decoded(_ json: String?) -> Partial? {
    json.flatMap { try? JSONDecoder().decode(Partial.self, from: Data($0.utf8)) }
  }
}
