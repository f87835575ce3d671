import Crypto
import Foundation
import Kernel

/// A facility's chain up to one entry, and the hash of the next.
///
/// An entry's hash is SHA-256, in lower-case hexadecimal, over the last entry's hash and then each field as a netstring
/// (`<length in bytes>:<bytes>,`): facility, sequence, milliseconds, actor, actor's name, action, subject, before, after.
/// An absent value is written `-,`. The first entry follows 64 zeros.
struct LedgerChain: ~Copyable {
  private(set) var sequence: Int
  private var message: LedgerMessage

  init(of facility: FacilityID, after head: LedgerHead) {
    sequence = head.sequence
    message = LedgerMessage(of: facility, after: head.hash)
  }

  var head: LedgerHead { LedgerHead(sequence: sequence, hash: message.lastHash) }

  /// Adds an entry; `texts` from the actor on.
  mutating func add(at: Instant, _ texts: [String?]) {
    message.begin(sequence + 1, at: at.milliseconds)
    for text in texts {
      guard var text else {
        message.add(nil)
        continue
      }
      text.withUTF8 { message.add(UnsafeRawBufferPointer($0)) }
    }
    message.digest()
    message.keepDigest()
    sequence += 1
  }

  /// Adds an entry as it lies in the database: sequence, milliseconds, the six texts and the hash. Makes no `String` of any.
  ///
  /// - Returns: false, with nothing added, when its number or its hash is another.
  /// - Throws: ``Row/Corrupt``.
  mutating func add(stored row: LentRow) throws -> Bool {
    guard try row.int(0) == sequence + 1 else { return false }
    message.begin(sequence + 1, at: Int64(try row.int(1)))
    for column in 2...7 { message.add(try row.text(column)) }
    message.digest()
    guard message.digestIs(try row.text(8)) else { return false }
    message.keepDigest()
    sequence += 1
    return true
  }
}

/// What is hashed of one entry after the other, in memory of its own, which grows and is used again: the last entry's hash,
/// then the fields as netstrings.
private struct LedgerMessage: ~Copyable {
  private static let digestLength = 2 * SHA256.byteCount

  private var memory: UnsafeMutablePointer<UInt8>
  private var capacity = 1024
  private let facility: [UInt8]
  /// 64 but for a first hash that somebody has cut.
  private var hashLength = 0
  /// How much of it is the same for each entry but for the hash: that and the facility.
  private var beginning = 0
  private var count = 0
  private let next = UnsafeMutablePointer<UInt16>.allocate(capacity: SHA256.byteCount)
  /// The two hexadecimal digits of each byte, as they follow each other in memory.
  private let pairs = UnsafeMutablePointer<UInt16>.allocate(capacity: 256)
  private let decimal = UnsafeMutablePointer<UInt8>.allocate(capacity: 20)

  init(of facilityID: FacilityID, after hash: String) {
    func digit(_ value: Int) -> UInt16 { UInt16(value < 10 ? 48 + value : 87 + value) }
    for byte in 0..<256 {
      (pairs + byte).initialize(to: UInt16(littleEndian: digit(byte >> 4) | digit(byte & 15) << 8))
    }
    memory = .allocate(capacity: capacity)
    facility = Array("\(facilityID.text.utf8.count):\(facilityID.text),".utf8)
    let bytes = Array(hash.utf8)
    bytes.withUnsafeBytes { setBeginning(hash: $0) }
  }

  deinit {
    memory.deallocate()
    next.deallocate()
    pairs.deallocate()
    decimal.deallocate()
  }

  /// The hash of the last entry.
  var lastHash: String {
    String(decoding: UnsafeBufferPointer(start: memory, count: hashLength), as: UTF8.self)
  }

  mutating func begin(_ sequence: Int, at milliseconds: Int64) {
    count = beginning
    add(number: Int64(sequence))
    add(number: milliseconds)
  }

  mutating func add(_ field: UnsafeRawBufferPointer?) {
    guard let field else {
      makeRoom(for: 2)
      memory[count] = UInt8(ascii: "-")
      memory[count + 1] = UInt8(ascii: ",")
      count += 2
      return
    }
    // Beside its bytes a field takes at most 20 digits of length and 2 signs.
    makeRoom(for: 22 + field.count)
    var end = put(UInt(field.count), at: memory + count)
    end[0] = UInt8(ascii: ":")
    end += 1
    if let start = field.baseAddress { memcpy(end, start, field.count) }
    end += field.count
    end[0] = UInt8(ascii: ",")
    count = end + 1 - memory
  }

  /// A number in decimal, as a field.
  private mutating func add(number: Int64) {
    guard number >= 0 else {
      // No clock gives it; what was stored may hold it.
      Array("\(number)".utf8).withUnsafeBytes { add($0) }
      return
    }
    makeRoom(for: 24)
    let start = memory + count
    // A number of one digit has a length of one digit, one of ten or more a length of two.
    let places = number < 1_000_000_000 ? 1 : 2
    var end = put(UInt(number), at: start + places + 1)
    _ = put(UInt(end - start - places - 1), at: start)
    start[places] = UInt8(ascii: ":")
    end[0] = UInt8(ascii: ",")
    end += 1
    count = end - memory
  }

  /// Computes SHA-256 of what is written.
  mutating func digest() {
    let written = UnsafeRawBufferPointer(start: memory, count: count)
    SHA256.hash(data: written).withUnsafeBytes { bytes in
      for index in 0..<SHA256.byteCount { next[index] = pairs[Int(bytes[index])] }
    }
  }

  /// Whether the digest in lower-case hexadecimal is this one.
  func digestIs(_ stored: UnsafeRawBufferPointer?) -> Bool {
    guard let stored, stored.count == Self.digestLength, let start = stored.baseAddress else { return false }
    return memcmp(start, next, Self.digestLength) == 0
  }

  /// Makes the digest the hash before the next entry.
  mutating func keepDigest() {
    if hashLength == Self.digestLength {
      memcpy(memory, next, Self.digestLength)
    } else {
      setBeginning(hash: UnsafeRawBufferPointer(start: next, count: Self.digestLength))
    }
  }

  private mutating func setBeginning(hash: UnsafeRawBufferPointer) {
    count = 0
    makeRoom(for: hash.count + facility.count)
    if let start = hash.baseAddress { memcpy(memory, start, hash.count) }
    memcpy(memory + hash.count, facility, facility.count)
    (hashLength, beginning) = (hash.count, hash.count + facility.count)
    count = beginning
  }

  /// Writes a number in decimal and returns the place behind it.
  @inline(__always)
  private func put(_ number: UInt, at place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    if number < 10 {
      place[0] = 48 &+ UInt8(truncatingIfNeeded: number)
      return place + 1
    }
    if number < 100 {
      let tens = number / 10
      place[0] = 48 &+ UInt8(truncatingIfNeeded: tens)
      place[1] = 48 &+ UInt8(truncatingIfNeeded: number &- tens &* 10)
      return place + 2
    }
    var (rest, start) = (number, 20)
    repeat {
      let tens = rest / 10
      start -= 1
      decimal[start] = 48 &+ UInt8(truncatingIfNeeded: rest &- tens &* 10)
      rest = tens
    } while rest > 0
    memcpy(place, decimal + start, 20 - start)
    return place + (20 - start)
  }

  private mutating func makeRoom(for more: Int) {
    guard count + more > capacity else { return }
    capacity = 2 * (count + more)
    let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    wider.update(from: memory, count: count)
    memory.deallocate()
    memory = wider
  }
}
