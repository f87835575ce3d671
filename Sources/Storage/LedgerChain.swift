import Crypto
import Foundation
import Kernel

/// A facility's chain up to one entry, and the hash of the next.
///
/// An entry's hash is SHA-256, in lower-case hexadecimal, over the last entry's hash and then each field as a netstring
/// (`<length in bytes>:<bytes>,`): facility, sequence, milliseconds, actor, actor's name, action, subject, before, after.
/// An absent value is written `-,`. The first entry follows 64 zeros.
struct LedgerChain {
  private(set) var sequence: Int
  private var hash: [UInt8]
  private let facility: [UInt8]
  private let message = NetstringWriter()

  init(of facility: FacilityID, after head: LedgerHead) {
    self.facility = Array(facility.text.utf8)
    sequence = head.sequence
    hash = Array(head.hash.utf8)
  }

  var head: LedgerHead { LedgerHead(sequence: sequence, hash: String(decoding: hash, as: UTF8.self)) }

  /// Adds an entry; `texts` from the actor on.
  mutating func add(at: Instant, _ texts: [String?]) {
    begin(at: at.milliseconds)
    for text in texts {
      guard var text else {
        message.add(nil)
        continue
      }
      text.withUTF8 { message.add(UnsafeRawBufferPointer($0)) }
    }
    hash = Array(message.digest())
    sequence += 1
  }

  /// Adds an entry as it lies in the database: sequence, milliseconds, the six texts and the hash. Makes no `String` of any.
  ///
  /// - Returns: false, with nothing added, when its number or its hash is another.
  /// - Throws: ``Row/Corrupt``.
  mutating func add(stored row: LentRow) throws -> Bool {
    guard try row.int(0) == sequence + 1 else { return false }
    begin(at: Int64(try row.int(1)))
    for column in 2...7 { message.add(try row.text(column)) }
    let next = message.digest()
    guard let stored = try row.text(8), stored.count == next.count, let start = stored.baseAddress,
      let digits = next.baseAddress, memcmp(start, digits, next.count) == 0
    else { return false }
    hash.removeAll(keepingCapacity: true)
    hash.append(contentsOf: next)
    sequence += 1
    return true
  }

  private func begin(at milliseconds: Int64) {
    message.clear()
    hash.withUnsafeBytes { message.addBare($0) }
    facility.withUnsafeBytes { message.add($0) }
    message.add(number: Int64(sequence + 1))
    message.add(number: milliseconds)
  }
}

/// Writes netstrings into memory of its own, which grows and is used again.
private final class NetstringWriter {
  private var memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 1024)
  private var capacity = 1024
  private var count = 0
  private let hexadecimal = UnsafeMutablePointer<UInt16>.allocate(capacity: SHA256.byteCount)
  /// The two hexadecimal digits of each byte, as they follow each other in memory.
  private let pairs = UnsafeMutablePointer<UInt16>.allocate(capacity: 256)
  private let decimal = UnsafeMutablePointer<UInt8>.allocate(capacity: 20)

  init() {
    func digit(_ value: Int) -> UInt16 { UInt16(value < 10 ? 48 + value : 87 + value) }
    for byte in 0..<256 {
      (pairs + byte).initialize(to: UInt16(littleEndian: digit(byte >> 4) | digit(byte & 15) << 8))
    }
  }

  deinit {
    memory.deallocate()
    hexadecimal.deallocate()
    pairs.deallocate()
    decimal.deallocate()
  }

  func clear() { count = 0 }

  func add(_ field: UnsafeRawBufferPointer?) {
    // Beside its bytes a field takes at most 20 digits of length and 2 signs.
    makeRoom(for: 22 + (field?.count ?? 0))
    if let field {
      addBytes(decimal(of: UInt(field.count)))
      addByte(UInt8(ascii: ":"))
      addBytes(field)
    } else {
      addByte(UInt8(ascii: "-"))
    }
    addByte(UInt8(ascii: ","))
  }

  /// A number in decimal, as a field.
  func add(number: Int64) {
    guard number >= 0 else {
      // No clock gives it; what was stored may hold it.
      Array("\(number)".utf8).withUnsafeBytes(add)
      return
    }
    makeRoom(for: 24)
    let digits = decimal(of: UInt(number))
    // At most 19 of them.
    if digits.count >= 10 { addByte(UInt8(ascii: "1")) }
    addByte(UInt8(ascii: "0") + UInt8(digits.count % 10))
    addByte(UInt8(ascii: ":"))
    addBytes(digits)
    addByte(UInt8(ascii: ","))
  }

  func addBare(_ bytes: UnsafeRawBufferPointer) {
    makeRoom(for: bytes.count)
    addBytes(bytes)
  }

  /// SHA-256 of what is written, in lower-case hexadecimal; good until the next.
  func digest() -> UnsafeRawBufferPointer {
    let written = UnsafeRawBufferPointer(start: memory, count: count)
    SHA256.hash(data: written).withUnsafeBytes { bytes in
      for index in 0..<SHA256.byteCount { hexadecimal[index] = pairs[Int(bytes[index])] }
    }
    return UnsafeRawBufferPointer(start: hexadecimal, count: 2 * SHA256.byteCount)
  }

  /// The digits of a number; good until the next.
  private func decimal(of number: UInt) -> UnsafeRawBufferPointer {
    var (rest, place) = (number, 20)
    repeat {
      let tens = rest / 10
      place -= 1
      decimal[place] = 48 &+ UInt8(truncatingIfNeeded: rest &- tens &* 10)
      rest = tens
    } while rest > 0
    return UnsafeRawBufferPointer(start: decimal + place, count: 20 - place)
  }

  private func makeRoom(for more: Int) {
    guard count + more > capacity else { return }
    capacity = 2 * (count + more)
    let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    wider.update(from: memory, count: count)
    memory.deallocate()
    memory = wider
  }

  private func addBytes(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    memcpy(memory + count, start, bytes.count)
    count += bytes.count
  }

  private func addByte(_ byte: UInt8) {
    memory[count] = byte
    count += 1
  }
}
