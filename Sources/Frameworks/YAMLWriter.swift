/// Writes a tree as YAML that any reader of YAML 1.1 reads back the same: texts in double quotation marks, numbers and yes or no plain.
enum YAMLWriter {
  static func text(of tree: Tree) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(tree.bytes.count * 2)
    write(tree.root, indent: 0, after: .start, &out)
    return String(decoding: out, as: UTF8.self)
  }

  private enum Place { case start, key, dash }

  private static func write(_ value: Value, indent: Int, after place: Place, _ out: inout [UInt8]) {
    if value.isScalar {
      if place != .start { out.append(0x20) }
      scalar(value, &out)
      out.append(0x0A)
    } else if value.isEmpty {
      if place != .start { out.append(0x20) }
      out.append(contentsOf: (value.isMap ? "{}\n" : "[]\n").utf8)
    } else {
      if place == .key { out.append(0x0A) }
      var isFirst = place == .dash
      func begin() {
        if isFirst { out.append(0x20) } else { out.append(contentsOf: repeatElement(0x20, count: indent)) }
        isFirst = false
      }
      for item in value.items {
        begin()
        out.append(0x2D)
        write(item, indent: indent + 2, after: .dash, &out)
      }
      for (key, item) in value.pairs {
        begin()
        self.key(key, &out)
        out.append(0x3A)
        write(item, indent: indent + 2, after: .key, &out)
      }
    }
  }

  private static func key(_ key: Value, _ out: inout [UInt8]) {
    let bytes = key.rawBytes
    let isPlain =
      !bytes.isEmpty && bytes.count < 64
      && bytes.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }
      && Reading.sort(bare(bytes)) == .text
    if isPlain { out.append(contentsOf: bytes) } else { quoted(bytes, &out) }
  }

  /// The same text without its quotation marks.
  private static func bare(_ bytes: ArraySlice<UInt8>) -> Value {
    var builder = TreeBuilder()
    builder.scalar(String(decoding: bytes, as: UTF8.self), quoted: false)
    return builder.tree().root
  }

  private static func scalar(_ value: Value, _ out: inout [UInt8]) {
    let bytes = value.rawBytes
    // A date stays plain, as libraries write it.
    let isDate = bytes.count == 10 && bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D }
    if !value.isQuoted && !bytes.isEmpty && (Reading.sort(value) != .text || isDate) {
      out.append(contentsOf: bytes)
    } else if !value.isQuoted && bytes.isEmpty {
      out.append(contentsOf: "null".utf8)
    } else {
      quoted(bytes, &out)
    }
  }

  private static func quoted(_ bytes: ArraySlice<UInt8>, _ out: inout [UInt8]) {
    out.append(0x22)
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": out.append(contentsOf: "\\\"".utf8)
      case "\\": out.append(contentsOf: "\\\\".utf8)
      case "\n": out.append(contentsOf: "\\n".utf8)
      case "\t": out.append(contentsOf: "\\t".utf8)
      case "\r": out.append(contentsOf: "\\r".utf8)
      default: escaped(scalar, &out)
      }
    }
    out.append(0x22)
  }

  /// Control characters, line separators, invisible marks and what YAML does not call printable are written by their numbers.
  private static func escaped(_ scalar: Unicode.Scalar, _ out: inout [UInt8]) {
    switch scalar.value {
    case 0x20...0x7E, 0xA1...0x1FFF, 0x2010...0x2027, 0x2030...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD:
      out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    case 0x10000...: number(scalar.value, "U", 8, &out)
    case 0x100...: number(scalar.value, "u", 4, &out)
    default: number(scalar.value, "x", 2, &out)
    }
  }

  private static func number(_ value: UInt32, _ letter: String, _ digits: Int, _ out: inout [UInt8]) {
    let text = String(value, radix: 16, uppercase: true)
    out.append(0x5C)
    out.append(contentsOf: letter.utf8)
    out.append(contentsOf: String(repeating: "0", count: digits - text.count).utf8)
    out.append(contentsOf: text.utf8)
  }
}
