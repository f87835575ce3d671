/// Takes values out of a tree, whatever their form, and remarks on what is irregular.
final class Reading {
  var remarks = Remarks()
  /// What putting an OSCAL document together may still cost: a small file may ask for endless work and text.
  var steps = 20_000_000
  var textBytes = LibraryLimits.standard.fileBytes
  var isSpent: Bool { steps < 0 || textBytes < 0 }

  /// What a plain scalar is by the rules of YAML 1.1 as libraries use them.
  enum Sort { case null, yes, no, number, text }

  static func sort(_ value: Value) -> Sort {
    guard value.isScalar, !value.isQuoted else { return .text }
    let bytes = value.rawBytes
    guard let first = bytes.first, bytes.count <= 32 else { return bytes.isEmpty ? .null : .text }
    switch first {
    case 0x7E: return bytes.count == 1 ? .null : .text
    case 0x4E, 0x6E, 0x54, 0x74, 0x46, 0x66, 0x59, 0x79, 0x4F, 0x6F:  // N n T t F f Y y O o
      guard bytes.count <= 5 else { return .text }
      switch value.raw.lowercased() {
      case "null": return .null
      case "true", "yes", "on": return .yes
      case "false", "no", "off": return .no
      default: return .text
      }
    case 0x30...0x39, 0x2D, 0x2B, 0x2E:
      let isDecimal = bytes.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
      return isDecimal && Double(value.raw) != nil ? .number : .text
    default: return .text
    }
  }

  func isNull(_ value: Value?) -> Bool {
    guard let value else { return true }
    return Reading.sort(value) == .null
  }

  /// Text; nil when there is none. Numbers and lists where text is meant are taken and remarked on.
  func text(_ value: Value?, _ key: StaticString = "") -> String? {
    guard let value else { return nil }
    if value.isQuoted { return value.raw }
    if value.isList {
      remarks.add(.listForText, "\(key)", line: value.line)
      return value.items.compactMap { text($0, key) }.joined(separator: "\n")
    }
    guard value.isScalar else {
      remarks.add(.wrongType, "\(key)", line: value.line)
      return nil
    }
    switch Reading.sort(value) {
    case .null: return nil
    case .text: return value.raw
    case .yes, .no, .number:
      remarks.add(.numberForText, "\(key)", line: value.line)
      return value.raw
    }
  }

  func text(_ map: Value, at key: StaticString) -> String? { text(map[key], key) }

  /// A name by which something is found: irregular letters are remarked on.
  func urn(_ map: Value, at key: StaticString) -> String? {
    guard let value = map[key], let urn = text(value, key), !urn.isEmpty else { return nil }
    for kind in URN.oddities(urn) { remarks.add(kind, urn, line: value.line) }
    return urn
  }

  func int(_ map: Value, at key: StaticString) -> Int? {
    guard let value = map[key], !isNull(value) else { return nil }
    let raw = value.raw
    if let number = Int(raw) ?? Double(raw).flatMap({ Int(exactly: $0) }) {
      if value.isQuoted { remarks.add(.wrongType, "\(key)", line: value.line) }
      return number
    }
    remarks.add(.wrongType, "\(key)", line: value.line)
    return nil
  }

  func bool(_ map: Value, at key: StaticString, otherwise: Bool = false) -> Bool {
    guard let value = map[key], !isNull(value) else { return otherwise }
    switch Reading.sort(value) {
    case .yes: return true
    case .no: return false
    default:
      remarks.add(.wrongType, "\(key)", line: value.line)
      return ["true", "yes", "x", "1"].contains(value.raw.lowercased())
    }
  }

  /// The entries of a list; one thing alone is a list of one.
  func list(_ map: Value, at key: StaticString) -> [Value] {
    guard let value = map[key] else { return [] }
    if value.isList { return value.items }
    return isNull(value) ? [] : [value]
  }

  func texts(_ map: Value, at key: StaticString) -> [String] {
    guard let value = map[key] else { return [] }
    if value.isList { return value.items.compactMap { text($0, key) } }
    return text(value, key).map { [$0] } ?? []
  }

  func translations(_ map: Value) -> Translations {
    guard let value = map["translations"], !isNull(value) else { return [:] }
    guard value.isMap else {
      remarks.add(.wrongType, "translations", line: value.line)
      return [:]
    }
    var found: Translations = [:]
    for (language, fields) in value.pairs {
      var texts: [String: String] = [:]
      for (key, one) in fields.pairs {
        if isNull(one) {
          remarks.add(.nullTranslation, "\(language.raw): \(key.raw)", line: one.line)
        } else if let text = text(one, "translations") {
          texts[key.raw] = text
        }
      }
      found[language.raw] = texts
    }
    return found
  }

  /// Remarks on keys that the format does not know; what they hold is kept in the stored file and shown nowhere.
  func expect(_ known: [StaticString], in map: Value) {
    for (key, _) in map.pairs where !key.isEmpty && !known.contains(where: { key.holds($0) }) {
      remarks.add(.unknownKey, key.raw, line: key.line)
    }
  }

  /// Remarks on blanks and marks that a person does not see, in every text.
  func lookAtTexts(of tree: Tree) {
    for (index, node) in tree.nodes.enumerated() where node.kind == .quoted || node.kind == .plain {
      guard node.length > 0 else { continue }
      let value = Value(tree: tree, index: index)
      let bytes = tree.bytes[Int(node.start)..<Int(node.start + node.length)]
      if let first = bytes.first, let last = bytes.last, isBlank(first) || isBlank(last) {
        remarks.add(.outerBlanks, "", line: value.line)
      }
      if node.length >= 32_767, value.raw.utf16.count >= 32_767 {
        remarks.add(.textAtCellLimit, "", line: value.line)
      }
      lookForMarks(bytes, line: value.line)
    }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A }

  private func lookForMarks(_ bytes: ArraySlice<UInt8>, line: Int) {
    var (hardBlank, zeroWidth) = (false, false)
    bytes.withUnsafeBufferPointer { bytes in
      for at in 0..<max(0, bytes.count - 1) where bytes[at] >= 0xC2 {
        if bytes[at] == 0xC2, bytes[at + 1] == 0xA0 { hardBlank = true }
        guard at + 2 < bytes.count else { continue }
        let (one, two, three) = (bytes[at], bytes[at + 1], bytes[at + 2])
        if one == 0xE2, two == 0x80, (0x8B...0x8D).contains(three) { zeroWidth = true }
        if one == 0xEF, two == 0xBB, three == 0xBF { zeroWidth = true }
      }
    }
    if hardBlank { remarks.add(.noBreakSpace, "", line: line) }
    if zeroWidth { remarks.add(.zeroWidth, "", line: line) }
  }
}

extension Value {
  /// Whether a scalar is exactly this.
  func holds(_ text: StaticString) -> Bool {
    let bytes = rawBytes
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      for offset in 0..<bytes.count where bytes[offset] != text.utf8Start[offset] { return false }
      return true
    }
  }
}
