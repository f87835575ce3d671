import Kernel

/// Reads JSON into a tree, with the line of each value: what is wrong in a file of 10 MB can be found again.
struct JSONReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String
  private let limits: LibraryLimits
  private var at = 0
  private var line = 1
  private var builder: TreeBuilder
  private(set) var remarks: [Remark] = []

  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, named file: String, limits: LibraryLimits = .standard
  ) throws(FrameworkProblem) -> (tree: Tree, remarks: [Remark]) {
    guard bytes.count <= limits.fileBytes else {
      throw .tooLarge(file: file, megabytes: limits.fileBytes >> 20)
    }
    var reader = JSONReader(bytes: bytes, file: file, limits: limits)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.at = 3 }
    try reader.value()
    reader.blanks()
    guard reader.at == bytes.count else { throw reader.fault }
    return (reader.builder.tree(), reader.remarks)
  }

  /// Whether a file can only be JSON: libraries in YAML never begin with a bracket.
  static func isJSON(_ bytes: [UInt8]) -> Bool {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    return bytes[start...].first { !isBlank($0) } == 0x7B
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, file: String, limits: LibraryLimits) {
    (self.bytes, self.file, self.limits) = (bytes, file, limits)
    builder = TreeBuilder(expecting: bytes.count)
  }

  private var fault: FrameworkProblem { .notJSON(file: file, line: line) }
  private var here: UInt8 { at < bytes.count ? bytes[at] : 0 }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  private mutating func blanks() {
    while at < bytes.count, JSONReader.isBlank(bytes[at]) {
      if bytes[at] == 0x0A { line += 1 }
      at += 1
    }
  }

  private mutating func value() throws(FrameworkProblem) {
    blanks()
    guard builder.count < limits.values else {
      throw .tooManyValues(file: file, line: line, limit: limits.values)
    }
    switch here {
    case 0x7B: try map()
    case 0x5B: try list()
    case 0x22:
      let (start, text) = (line, try string())
      builder.scalar(text, quoted: true, line: start)
    default: try word()
    }
  }

  private mutating func begin(map: Bool) throws(FrameworkProblem) {
    guard builder.depth < limits.depth else {
      throw .tooDeep(file: file, line: line, limit: limits.depth)
    }
    builder.begin(map: map, line: line)
    at += 1
    blanks()
  }

  /// Whether another member follows; the comma is passed then.
  private mutating func comma() -> Bool {
    blanks()
    guard here == 0x2C else { return false }
    at += 1
    return true
  }

  private mutating func map() throws(FrameworkProblem) {
    try begin(map: true)
    if here != 0x7D {
      repeat {
        blanks()
        guard here == 0x22 else { throw fault }
        let (start, key) = (line, try string())
        builder.scalar(key, quoted: true, line: start)
        blanks()
        guard here == 0x3A else { throw fault }
        at += 1
        try value()
      } while comma()
    }
    guard here == 0x7D else { throw fault }
    at += 1
    for line in builder.dropRepeatedKeys(ofMapAt: builder.end()) {
      remarks.append(Remark(.repeatedKey, line: line))
    }
  }

  private mutating func list() throws(FrameworkProblem) {
    try begin(map: false)
    if here != 0x5D {
      repeat { try value() } while comma()
    }
    guard here == 0x5D else { throw fault }
    at += 1
    builder.end()
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word() throws(FrameworkProblem) {
    let start = at
    while at < bytes.count, !JSONReader.isBlank(bytes[at]), ![0x2C, 0x5D, 0x7D].contains(bytes[at]) {
      at += 1
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    let isNumber =
      text.utf8.first.map { $0 == 0x2D || (0x30...0x39).contains($0) } == true
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
    guard isNumber && Double(text) != nil || ["true", "false", "null"].contains(text) else { throw fault }
    builder.scalar(text, quoted: false, line: line)
  }

  private mutating func string() throws(FrameworkProblem) -> String {
    at += 1
    var out: [UInt8] = []
    var start = at
    while at < bytes.count {
      switch bytes[at] {
      case 0x22:
        out.append(contentsOf: bytes[start..<at])
        at += 1
        return String(decoding: out, as: UTF8.self)
      case 0x5C:
        out.append(contentsOf: bytes[start..<at])
        try escape(&out)
        start = at
      case 0x00..<0x20: throw fault
      default: at += 1
      }
    }
    throw fault
  }

  private mutating func escape(_ out: inout [UInt8]) throws(FrameworkProblem) {
    at += 1
    let letter = here
    at += 1
    switch letter {
    case 0x22, 0x5C, 0x2F: out.append(letter)
    case 0x62: out.append(0x08)
    case 0x66: out.append(0x0C)
    case 0x6E: out.append(0x0A)
    case 0x72: out.append(0x0D)
    case 0x74: out.append(0x09)
    case 0x75:
      var number = try hexadecimal()
      // Two halves of one letter beyond the first 65,536.
      if (0xD800..<0xDC00).contains(number), here == 0x5C, at + 1 < bytes.count, bytes[at + 1] == 0x75 {
        at += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault }
        number = 0x10000 + (number - 0xD800) << 10 + (low - 0xDC00)
      }
      let scalar = Unicode.Scalar(number) ?? "\u{FFFD}"
      out.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: throw fault
    }
  }

  private mutating func hexadecimal() throws(FrameworkProblem) -> UInt32 {
    guard at + 4 <= bytes.count,
      let number = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw fault }
    at += 4
    return number
  }
}
