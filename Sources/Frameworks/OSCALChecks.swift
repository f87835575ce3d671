/// Looks whether a document is as NIST's schema asks for. What is not is remarked on, and taken in all the same.
extension Reading {
  /// - Parameter isJSON: whether text stands in quotation marks, so that a number is told from it.
  func lookAtShape(of top: Value, isJSON: Bool) {
    for (name, value) in [("catalog", top["catalog"]), ("profile", top["profile"])] {
      guard let value, value.isMap else { continue }
      lookAt(value, as: name, isJSON)
      return
    }
  }

  private func lookAt(_ map: Value, as shape: String, _ isJSON: Bool) {
    guard let members = OSCALShape.objects[shape] else { return }
    guard map.isMap else { return remarks.add(.oscalValue, shape, line: map.line) }
    var seen: Set<String> = []
    for (key, value) in map.pairs {
      let name = key.raw
      guard let member = members[name] else {
        // The address of the schema itself may stand at the top, and elsewhere nobody minds it.
        // A repeated key is told of already; of the one that gave way nothing is left.
        if name != "$schema", !name.isEmpty { remarks.add(.oscalUnknown, "\(shape)/\(name)", line: key.line) }
        continue
      }
      seen.insert(name)
      let place = "\(shape)/\(name)"
      guard member.isList else {
        lookAt(value, at: place, member, isJSON)
        continue
      }
      guard value.isList, value.count > 0 else {
        remarks.add(.oscalValue, place, line: value.line)
        continue
      }
      for item in value.items { lookAt(item, at: place, member, isJSON) }
    }
    let missing = members.filter { name, member in member.isNeeded && !seen.contains(name) }.map(\.key)
    for name in missing.sorted() { remarks.add(.oscalMissing, "\(shape)/\(name)", line: map.line) }
  }

  private func lookAt(_ value: Value, at place: String, _ member: OSCALShape.Member, _ isJSON: Bool) {
    if let shape = member.shape { return lookAt(value, as: shape, isJSON) }
    guard let form = member.form else { return }
    let isText = value.isScalar && (form == .flag || !isJSON || value.isQuoted)
    guard isText, form.fits(value.raw) else { return remarks.add(.oscalValue, place, line: value.line) }
  }
}

extension OSCALShape.Form {
  /// By the patterns of the schema.
  func fits(_ text: String) -> Bool {
    switch self {
    case .text: true
    case .line: !text.isEmpty && !text.utf8.contains(0x0A)
    case .string:
      !text.isEmpty && !text.utf8.contains(0x0A) && text.first?.isWhitespace == false
        && text.last?.isWhitespace == false
    case .token: Self.isToken(text)
    case .uuid: Self.isUUID(Array(text.utf8))
    case .moment: Self.isMoment(Array(text.utf8))
    case .uri: Self.isURI(text)
    case .flag: text == "true" || text == "false"
    case .oneOf(let words): words.contains(text)
    }
  }

  /// A letter or a low line, then letters, digits, points, hyphens and low lines.
  private static func isToken(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard let first = scalars.first, first == "_" || isLetter(first) else { return false }
    return scalars.dropFirst().allSatisfy { scalar in
      isLetter(scalar) || isNumber(scalar) || scalar == "." || scalar == "-" || scalar == "_"
    }
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  private static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Of version 4 or 5.
  private static func isUUID(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 36 else { return false }
    for (place, byte) in bytes.enumerated() {
      let isHyphen = [8, 13, 18, 23].contains(place)
      guard isHyphen ? byte == 0x2D : isHex(byte) else { return false }
    }
    return (bytes[14] == 0x34 || bytes[14] == 0x35) && "89ABab".utf8.contains(bytes[19])
  }

  /// `2024-02-04T23:16:00.000+09:00`; which offsets are in use anywhere is not looked at.
  private static func isMoment(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 20 else { return false }
    for (place, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] as [(Int, Unicode.Scalar)] {
      guard bytes[place] == UInt8(ascii: mark) else { return false }
    }
    func number(_ places: Range<Int>) -> Int? {
      guard places.upperBound <= bytes.count, bytes[places].allSatisfy(isDigit) else { return nil }
      return bytes[places].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      (1900...2999).contains(year), (1...12).contains(month), day >= 1,
      day <= daysIn(month, of: year),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19), hour < 24,
      minute < 60, second < 60
    else { return false }
    var rest = bytes[19...]
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix(while: isDigit)
      guard !digits.isEmpty else { return false }
      rest = rest.dropFirst(1 + digits.count)
    }
    if rest.count == 1 { return rest.first == UInt8(ascii: "Z") }
    let start = rest.startIndex
    guard rest.count == 6, rest[start] == UInt8(ascii: "+") || rest[start] == UInt8(ascii: "-"),
      rest[start + 3] == UInt8(ascii: ":"), let hours = number(start + 1..<start + 3),
      let minutes = number(start + 4..<start + 6)
    else { return false }
    return hours <= 14 && minutes < 60
  }

  private static func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// A scheme of two characters or more, a colon, and something.
  private static func isURI(_ text: String) -> Bool {
    guard let colon = text.firstIndex(of: ":") else { return false }
    let scheme = text[..<colon]
    let rest = text[text.index(after: colon)...]
    guard scheme.count >= 2, !rest.isEmpty, let first = scheme.first, first.isASCII, first.isLetter else {
      return false
    }
    return scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
  }
}
