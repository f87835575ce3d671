import Kernel

/// A message of HL7 v2 that does no harm, as agreed with the receiver: sent as it is, but for its number and its time.
public struct HL7Message: Sendable, Equatable {
  /// Segments ended by a carriage return.
  private let text: String

  /// Reads a message with segments a line each; `{id}` and `{time}` are filled in at each sending.
  ///
  /// - Throws: `Trouble.badMessage` when there is no MSH with a control number, or more than 64 KiB.
  public init(_ raw: String) throws(Trouble) {
    guard raw.utf8.count <= 64 << 10 else { throw .badMessage("64 KiB") }
    let unified = raw.replacing("\r\n", with: "\r").replacing("\n", with: "\r")
    let segments = unified.split(separator: "\r").map(String.init)
    guard let head = segments.first, head.hasPrefix("MSH"), head.utf8.count > 8 else {
      throw .badMessage("MSH")
    }
    guard !raw.unicodeScalars.contains(where: { ["\u{0B}", "\u{1C}"].contains($0) }) else {
      throw .badMessage("0B, 1C")
    }
    text = segments.joined(separator: "\r") + "\r"
    guard !filled(id: "1", at: Instant(milliseconds: 0)).id.isEmpty else { throw .badMessage("MSH-10") }
  }

  /// The bytes to send and the number (MSH-10) that the acknowledgement must name.
  func filled(id: String, at now: Instant) -> (bytes: [UInt8], id: String) {
    let time = String(now.iso.prefix(19).filter { $0.isNumber })
    let whole = text.replacing("{id}", with: id).replacing("{time}", with: time)
    return (Array(whole.utf8), HL7Message.field(9, of: Array(whole.utf8)))
  }

  /// A field of the first segment, counted from the segment's name as 0.
  static func field(_ index: Int, of segment: [UInt8]) -> String {
    guard segment.count > 3 else { return "" }
    let line = segment.prefix { $0 != 0x0D }
    let fields = line.split(separator: segment[3], omittingEmptySubsequences: false)
    return index < fields.count ? String(decoding: fields[index], as: UTF8.self) : ""
  }
}

/// What an acknowledgement says: MSA-1, MSA-2 and MSA-3 (HL7 v2.5.1 §2.15.8).
struct HL7Acknowledgement: Equatable {
  let code: String
  let id: String
  let words: String

  /// - Throws: `Trouble.brokenAcknowledgement` with the place.
  init(_ bytes: [UInt8]) throws(Trouble) {
    guard bytes.starts(with: Array("MSH".utf8)), bytes.count > 8 else { throw .brokenAcknowledgement("MSH") }
    let separator = bytes[3]
    let segments = bytes.split { $0 == 0x0D || $0 == 0x0A }
    guard let segment = segments.first(where: { $0.starts(with: Array("MSA".utf8) + [separator]) }) else {
      throw .brokenAcknowledgement("MSA")
    }
    let fields = segment.split(separator: separator, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard fields.count >= 3, ["AA", "AE", "AR", "CA", "CE", "CR"].contains(fields[1]) else {
      throw .brokenAcknowledgement("MSA-1")
    }
    (code, id, words) = (fields[1], fields[2], fields.count > 3 ? fields[3] : "")
  }
}
