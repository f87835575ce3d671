/// The identity of one `Subject`: a UUID version 7 (RFC 9562) in lower-case text.
///
/// Version 7 begins with the time, so keys of one facility stay in order and indexes stay dense.
public struct ID<Subject>: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  public let text: String

  /// Reads an id as it stands in a URL or a row; nil when it is not a UUID.
  public init?(_ text: String) {
    guard text.utf8.count == 36 else { return nil }
    for (index, byte) in text.utf8.enumerated() {
      let ok = [8, 13, 18, 23].contains(index) ? byte == 0x2D : isHexDigit(byte)
      guard ok else { return nil }
    }
    self.text = text.lowercased()
  }

  /// A new id for the moment `now`, with random bits from `random`.
  public init(at now: Instant, using random: inout some RandomNumberGenerator) {
    let time = UInt64(max(0, now.milliseconds)) & 0xFFFF_FFFF_FFFF
    let high = time << 16 | 0x7000 | UInt64.random(in: 0...0xFFF, using: &random)
    let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF, using: &random)
    let digits = hex(high) + hex(low)
    var text = ""
    for (index, character) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(character)
    }
    self.text = text
  }

  public init(at now: Instant) {
    var random = SystemRandomNumberGenerator()
    self.init(at: now, using: &random)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let id = ID(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an id: \(text)")
    }
    self = id
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  public var description: String { text }

  public static func < (a: ID, b: ID) -> Bool { a.text < b.text }
}

func isHexDigit(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
}

func hex(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

/// Bytes as lower-case hexadecimal digits.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
