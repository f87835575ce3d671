import Foundation
import Kernel
import Web

/// What stands in the link of a message that calls: whose it is and what it is about, marked by this installation. Nothing of it is
/// kept; whoever has it can say that they take these alerts on, and no more, until its time is over.
struct AnswerLink: Sendable, Equatable {
  let facility: FacilityID
  let letter: LetterID
  let person: PersonID
  let until: Instant

  static let days: Int64 = 3
  private static let place = "page-answer"

  static func end(from now: Instant) -> Instant { now.adding(minutes: days * 24 * 60) }

  func text(_ sealer: Sealer) throws -> String {
    let bytes = facts
    let all = bytes + (try sealer.mark(of: bytes, for: Self.place))
    return Data(all).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
      "=", with: "")
  }

  /// - Throws: `PagingRefusal.badLink`, `.oldLink`.
  init(_ text: String, _ sealer: Sealer, now: Instant) throws {
    let plain = text.replacing("-", with: "+").replacing("_", with: "/")
    let padded = plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    guard text.utf8.count < 200, let data = Data(base64Encoded: padded), data.count == Self.size + 16 else {
      throw PagingRefusal.badLink
    }
    let bytes = [UInt8](data)
    let (facts, mark) = (Array(bytes.prefix(Self.size)), Array(bytes.suffix(16)))
    guard Secret.areSame(hexadecimal(mark), hexadecimal(try sealer.mark(of: facts, for: Self.place))) else {
      throw PagingRefusal.badLink
    }
    func id<T>(_ start: Int) throws -> ID<T> {
      let digits = hexadecimal(facts[start..<start + 16])
      let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)].map { from, to in
        digits.dropFirst(from).prefix(to - from)
      }
      guard let id = ID<T>(parts.joined(separator: "-")) else { throw PagingRefusal.badLink }
      return id
    }
    let seconds = facts.suffix(5).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    (facility, letter, person) = (try id(0), try id(16), try id(32))
    until = Instant(milliseconds: seconds * 1000)
    guard now <= until else { throw PagingRefusal.oldLink }
  }

  init(facility: FacilityID, letter: LetterID, person: PersonID, until: Instant) {
    (self.facility, self.letter, self.person) = (facility, letter, person)
    self.until = Instant(milliseconds: until.milliseconds / 1000 * 1000)
  }

  private static let size = 53

  private var facts: [UInt8] {
    let ids = [facility.text, letter.text, person.text].flatMap { text in
      let digits = Array(text.utf8.filter { $0 != 0x2D })
      return stride(from: 0, to: 32, by: 2).map { at in
        UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16) ?? 0
      }
    }
    let seconds = UInt64(max(0, until.milliseconds / 1000))
    return ids + [32, 24, 16, 8, 0].map { UInt8(truncatingIfNeeded: seconds >> UInt64($0)) }
  }
}
