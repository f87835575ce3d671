/// What is asked of a name server.
public enum DNSType: String, Sendable, CaseIterable {
  case a = "A"
  case aaaa = "AAAA"
  case cname = "CNAME"
  case mx = "MX"
  case txt = "TXT"
  case ns = "NS"
  case soa = "SOA"
  case ptr = "PTR"
  case srv = "SRV"

  var number: UInt16 {
    switch self {
    case .a: 1
    case .ns: 2
    case .cname: 5
    case .soa: 6
    case .ptr: 12
    case .mx: 15
    case .txt: 16
    case .aaaa: 28
    case .srv: 33
    }
  }
}

/// A question and its answer on the wire (RFC 1035 §4; AAAA RFC 3596, SRV RFC 2782).
enum DNSMessage {
  struct Answer: Sendable, Equatable {
    /// 0 well, 2 server failure, 3 no such name, 5 refused (RFC 1035 §4.1.1).
    let code: UInt8
    let isCut: Bool
    /// The records of the asked type, in their usual notation, sorted.
    let records: [String]
  }

  /// A question with recursion desired.
  ///
  /// - Throws: `Trouble.badTarget` for what is no name: empty or long labels, more than 255 bytes.
  static func query(id: UInt16, name: String, type: DNSType) throws(Trouble) -> [UInt8] {
    [UInt8(id >> 8), UInt8(id & 0xFF), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
      + (try question(name: name, type: type))
  }

  private static func question(name: String, type: DNSType) throws(Trouble) -> [UInt8] {
    var bytes: [UInt8] = []
    let plain = name.hasSuffix(".") ? String(name.dropLast()) : name
    if !plain.isEmpty {
      for label in plain.split(separator: ".", omittingEmptySubsequences: false) {
        guard (1...63).contains(label.utf8.count) else { throw .badTarget(name) }
        bytes += [UInt8(label.utf8.count)] + Array(label.utf8)
      }
    }
    guard bytes.count <= 254 else { throw .badTarget(name) }
    return bytes + [0, 0, UInt8(type.number), 0, 1]
  }

  /// Reads an answer; nil when it answers another question than ours.
  ///
  /// - Throws: `Trouble.brokenDNS` with the place.
  static func answer(_ bytes: [UInt8], id: UInt16, name: String, type: DNSType) throws(Trouble) -> Answer? {
    guard bytes.count >= 12, bytes[0] == UInt8(id >> 8), bytes[1] == UInt8(id & 0xFF), bytes[2] & 0x80 != 0
    else {
      return nil
    }
    let code = bytes[3] & 0x0F
    let isCut = bytes[2] & 2 != 0
    let (questions, answers) = (number(bytes, 4), number(bytes, 6))
    var place = 12
    let asked = try question(name: name, type: type)
    if questions == 1 {
      let start = place
      _ = try readName(bytes, &place)
      place += 4
      guard place <= bytes.count else { throw .brokenDNS("question") }
      // Servers keep the case that was asked in; one that does not is right all the same.
      guard bytes[start..<place].elementsEqual(asked, by: { lower($0) == lower($1) }) else { return nil }
    } else if questions != 0 || code == 0 {
      throw .brokenDNS("question")
    }
    // Cut answers are asked for again over TCP: what there is may end anywhere.
    if isCut { return Answer(code: code, isCut: true, records: []) }
    var records: [String] = []
    for _ in 0..<answers {
      if let record = try record(bytes, &place, type) { records.append(record) }
    }
    return Answer(code: code, isCut: false, records: records.sorted())
  }

  private static func record(_ bytes: [UInt8], _ place: inout Int, _ type: DNSType) throws(Trouble) -> String?
  {
    _ = try readName(bytes, &place)
    guard place + 10 <= bytes.count else { throw .brokenDNS("record") }
    let kind = number(bytes, place)
    let end = place + 10 + number(bytes, place + 8)
    guard end <= bytes.count else { throw .brokenDNS("record") }
    let start = place + 10
    place = end
    return kind == Int(type.number) ? try text(bytes, start, end, type) : nil
  }

  private static func text(_ bytes: [UInt8], _ start: Int, _ end: Int, _ type: DNSType) throws(Trouble)
    -> String
  {
    var place = start
    switch type {
    case .a, .aaaa:
      let isWhole = end - start == (type == .a ? 4 : 16)
      // An AAAA record shows an IPv6 address even where it holds a mapped one.
      guard isWhole, let address = IPAddress(bytes: Array(bytes[start..<end])) else {
        throw .brokenDNS(type.rawValue)
      }
      return address.description
    case .cname, .ns, .ptr: return try readName(bytes, &place)
    case .mx:
      guard start + 2 < end else { throw .brokenDNS("MX") }
      place += 2
      return "\(number(bytes, start)) \(try readName(bytes, &place))"
    case .srv:
      guard start + 6 < end else { throw .brokenDNS("SRV") }
      place += 6
      let numbers = [0, 2, 4].map { "\(number(bytes, start + $0))" }.joined(separator: " ")
      return "\(numbers) \(try readName(bytes, &place))"
    case .soa:
      let names = "\(try readName(bytes, &place)) \(try readName(bytes, &place))"
      guard place + 20 <= end else { throw .brokenDNS("SOA") }
      return "\(names) \(number(bytes, place) << 16 | number(bytes, place + 2))"
    case .txt:
      var parts: [UInt8] = []
      while place < end {
        let next = place + 1 + Int(bytes[place])
        guard next <= end else { throw .brokenDNS("TXT") }
        parts += bytes[place + 1..<next]
        place = next
      }
      return String(decoding: parts, as: UTF8.self)
    }
  }

  /// Reads a name and leaves `place` behind it.
  ///
  /// A pointer must lead further back than the one before it, so that no chain of pointers has a circle.
  static func readName(_ bytes: [UInt8], _ place: inout Int) throws(Trouble) -> String {
    var labels: [String] = []
    var (here, lowest, length) = (place, place, 0)
    var isAway = false
    while true {
      guard here < bytes.count else { throw .brokenDNS("name") }
      let size = Int(bytes[here])
      switch size >> 6 {
      case 0:
        guard here + 1 + size <= bytes.count else { throw .brokenDNS("name") }
        length += size + 1
        guard length <= 255 else { throw .brokenDNS("name > 255") }
        if !isAway { place = here + 1 + size }
        if size == 0 { return labels.isEmpty ? "." : labels.joined(separator: ".") }
        labels.append(label(bytes[here + 1..<here + 1 + size]))
        here += 1 + size
      case 3:
        guard here + 2 <= bytes.count else { throw .brokenDNS("name") }
        let goal = number(bytes, here) & 0x3FFF
        guard goal < lowest else { throw .brokenDNS("pointer") }
        if !isAway { place = here + 2 }
        (here, lowest, isAway) = (goal, goal, true)
      default: throw .brokenDNS("name")
      }
    }
  }

  /// Bytes that would be taken for something else are written as `\ddd` (RFC 1035 §5.1).
  private static func label(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { byte in
      if (0x21..<0x7F).contains(byte), byte != 0x2E, byte != 0x5C {
        return String(Unicode.Scalar(lower(byte)))
      }
      return "\\" + (byte < 10 ? "00" : byte < 100 ? "0" : "") + "\(byte)"
    }.joined()
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 32 : byte }

  private static func number(_ bytes: [UInt8], _ place: Int) -> Int {
    Int(bytes[place]) << 8 | Int(bytes[place + 1])
  }
}
