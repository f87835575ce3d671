/// The protocol data units of DICOM's upper layer, as far as a C-ECHO needs them (PS3.8 §9.3, PS3.7 §9.3.5).
enum DICOMUnit: Equatable {
  /// By presentation context: 0 accepted, 1 to 4 why not (PS3.8 table 9-18).
  case accepted(results: [UInt8: UInt8])
  /// PS3.8 table 9-21.
  case rejected(result: UInt8, source: UInt8, reason: UInt8)
  case data([Fragment])
  case releaseRequested, released
  /// PS3.8 table 9-26.
  case aborted(source: UInt8, reason: UInt8)

  /// One presentation data value.
  struct Fragment: Equatable {
    let context: UInt8
    let isCommand: Bool
    let isLast: Bool
    let bytes: [UInt8]
  }

  /// Bytes of one unit at most: an answer to C-ECHO has some hundred.
  static let mostBytes = 64 << 10

  /// Takes one whole unit off the front; nil while it is not all there.
  ///
  /// - Throws: `Trouble.brokenDICOM` as soon as the bytes cannot become one.
  static func take(from buffer: inout [UInt8]) throws(Trouble) -> DICOMUnit? {
    guard let type = buffer.first else { return nil }
    guard (2...7).contains(type) else { throw .brokenDICOM("PDU \(hexadecimal(type))") }
    guard buffer.count >= 6 else { return nil }
    let length = Int(number(buffer[2..<6]))
    guard length <= mostBytes else { throw .brokenDICOM("PDU \(hexadecimal(type)), \(length) bytes") }
    guard buffer.count >= 6 + length else { return nil }
    let body = Array(buffer[6..<6 + length])
    buffer.removeFirst(6 + length)
    switch type {
    case 2: return .accepted(results: try contexts(body))
    case 4: return .data(try fragments(body))
    case 5: return .releaseRequested
    case 6: return .released
    default:
      guard body.count == 4 else { throw .brokenDICOM("PDU \(hexadecimal(type)), \(length) bytes") }
      return type == 3
        ? .rejected(result: body[1], source: body[2], reason: body[3])
        : .aborted(source: body[2], reason: body[3])
    }
  }

  private static func contexts(_ body: [UInt8]) throws(Trouble) -> [UInt8: UInt8] {
    var results: [UInt8: UInt8] = [:]
    var place = 68
    guard body.count >= place else { throw .brokenDICOM("A-ASSOCIATE-AC") }
    while place < body.count {
      guard place + 4 <= body.count else { throw .brokenDICOM("A-ASSOCIATE-AC") }
      let end = place + 4 + Int(number(body[place + 2..<place + 4]))
      guard end <= body.count else { throw .brokenDICOM("A-ASSOCIATE-AC") }
      if body[place] == 0x21 {
        guard end >= place + 8 else { throw .brokenDICOM("A-ASSOCIATE-AC") }
        results[body[place + 4]] = body[place + 6]
      }
      place = end
    }
    return results
  }

  private static func fragments(_ body: [UInt8]) throws(Trouble) -> [Fragment] {
    var found: [Fragment] = []
    var place = 0
    while place < body.count {
      guard place + 6 <= body.count else { throw .brokenDICOM("P-DATA-TF") }
      let length = Int(number(body[place..<place + 4]))
      let end = place + 4 + length
      guard length >= 2, end <= body.count else { throw .brokenDICOM("P-DATA-TF") }
      let control = body[place + 5]
      found.append(
        Fragment(
          context: body[place + 4], isCommand: control & 1 != 0, isLast: control & 2 != 0,
          bytes: Array(body[place + 6..<end])))
      place = end
    }
    return found
  }

  static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}

/// What we say.
enum DICOMRequest {
  /// Presentation contexts have odd numbers.
  static let context: UInt8 = 1
  private static let verification = "1.2.840.10008.1.1"
  private static let messageID: UInt16 = 1

  /// A-ASSOCIATE-RQ for the verification class alone, in implicit little endian (which everyone must take).
  static func associate(calling: AETitle, called: AETitle) -> [UInt8] {
    let syntaxes = item(0x30, Array(verification.utf8)) + item(0x40, Array("1.2.840.10008.1.2".utf8))
    let user =
      item(0x51, [0, 0, 0x40, 0])
      + item(0x52, Array("2.25.69579383424438801753600926688833575664".utf8))
      + item(0x55, Array("MAMORITE".utf8))
    let body: [UInt8] =
      [0, 1, 0, 0] + called.padded + calling.padded + [UInt8](repeating: 0, count: 32)
      + item(0x10, Array("1.2.840.10008.3.1.1.1".utf8)) + item(0x20, [context, 0, 0, 0] + syntaxes)
      + item(0x50, user)
    return unit(1, body)
  }

  /// C-ECHO-RQ (PS3.7 table 9.3-12).
  static func echo() -> [UInt8] {
    let rest =
      element(0x0002, Array(verification.utf8) + [0]) + element(0x0100, little(0x0030))
      + element(0x0110, little(messageID)) + element(0x0800, little(0x0101))
    let command = element(0x0000, little(UInt16(rest.count)) + [0, 0]) + rest
    return unit(4, big32(command.count + 2) + [context, 3] + command)
  }

  static func release() -> [UInt8] { unit(5, [0, 0, 0, 0]) }
  static func released() -> [UInt8] { unit(6, [0, 0, 0, 0]) }

  /// The status of a C-ECHO-RSP (PS3.7 table 9.3-13).
  static func status(in command: [UInt8]) throws(Trouble) -> UInt16 {
    var fields: [UInt16: UInt16] = [:]
    var place = 0
    while place + 8 <= command.count {
      let group = UInt16(command[place]) | UInt16(command[place + 1]) << 8
      let name = UInt16(command[place + 2]) | UInt16(command[place + 3]) << 8
      let length = (0..<4).reduce(0) { $0 | Int(command[place + 4 + $1]) << (8 * $1) }
      guard group == 0, place + 8 + length <= command.count else { throw .brokenDICOM("C-ECHO-RSP") }
      if length == 2 { fields[name] = UInt16(command[place + 8]) | UInt16(command[place + 9]) << 8 }
      place += 8 + length
    }
    guard fields[0x0100] == 0x8030, fields[0x0120] == messageID, let status = fields[0x0900] else {
      throw .brokenDICOM("C-ECHO-RSP")
    }
    return status
  }

  private static func unit(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    [type, 0] + big32(body.count) + body
  }

  private static func item(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    [type, 0, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
  }

  private static func element(_ name: UInt16, _ value: [UInt8]) -> [UInt8] {
    [0, 0] + little(name) + little(UInt16(value.count)) + [0, 0] + value
  }

  private static func little(_ number: UInt16) -> [UInt8] { [UInt8(number & 0xFF), UInt8(number >> 8)] }

  private static func big32(_ number: Int) -> [UInt8] {
    [UInt8(number >> 24 & 0xFF), UInt8(number >> 16 & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
  }
}

/// The title of an application entity: 1 to 16 characters of ASCII, no backslash (PS3.5 §6.2, AE).
public struct AETitle: Sendable, Equatable {
  public let text: String

  /// - Throws: `Trouble.badValue`.
  public init(_ text: String) throws(Trouble) {
    let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x5C }
    guard isPlain, (1...16).contains(text.utf8.count), text.contains(where: { $0 != " " }) else {
      throw .badValue("AE", text)
    }
    self.text = text
  }

  var padded: [UInt8] { Array(text.utf8) + [UInt8](repeating: 0x20, count: 16 - text.utf8.count) }
}
