import Glibc

/// Bytes of a text file in whatever encoding a hospital's programs use, as UTF-8.
enum TextDecoding {
  /// UTF-8 (with or without mark), UTF-16 with mark, or CP932, in this order: text in CP932 is hardly ever valid UTF-8.
  static func utf8(_ bytes: [UInt8], file: String) throws(SheetProblem) -> [UInt8] {
    if bytes.starts(with: [0xFF, 0xFE]) { return try utf16(bytes, bigEndian: false, file) }
    if bytes.starts(with: [0xFE, 0xFF]) { return try utf16(bytes, bigEndian: true, file) }
    let marked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    let body = marked ? Array(bytes[3...]) : bytes
    // No text has control characters such as NUL; ESC belongs to ISO-2022-JP, which is not read.
    if let escape = body.firstIndex(of: 0x1B),
      body[escape...].dropFirst().first.map({ [0x24, 0x28].contains($0) }) == true
    {
      throw .unknownEncoding(file: file, line: line(at: escape, in: body))
    }
    if body.contains(where: { $0 < 9 || (14...31).contains($0) }) { throw .notAWorkbook(file: file) }
    guard let fault = firstFault(body) else { return body }
    if marked { throw .unknownEncoding(file: file, line: line(at: fault, in: body)) }
    return try cp932(body, file)
  }

  private static func utf16(_ bytes: [UInt8], bigEndian: Bool, _ file: String) throws(SheetProblem) -> [UInt8]
  {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var line = 1
    var high: UInt16?
    for index in stride(from: 2, to: bytes.count, by: 2) {
      guard index + 1 < bytes.count else { throw .unknownEncoding(file: file, line: line) }
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      let unit = bigEndian ? first << 8 | second : second << 8 | first
      guard UTF16.isTrailSurrogate(unit) == (high != nil), unit != 0 else {
        throw .unknownEncoding(file: file, line: line)
      }
      if UTF16.isLeadSurrogate(unit) {
        high = unit
        continue
      }
      let value = high.map { (UInt32($0) - 0xD800) << 10 + UInt32(unit) - 0xDC00 + 0x10000 } ?? UInt32(unit)
      high = nil
      if let scalar = Unicode.Scalar(value) {
        result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
      if unit == 0x0A { line += 1 }
    }
    guard high == nil else { throw .unknownEncoding(file: file, line: line) }
    return result
  }

  /// CP932 is Shift_JIS with the characters of NEC and IBM (①, 髙, ～), which Foundation's decoder lacks.
  private static func cp932(_ bytes: [UInt8], _ file: String) throws(SheetProblem) -> [UInt8] {
    guard let converter = iconv_open("UTF-8", "CP932"), Int(bitPattern: converter) != -1 else {
      throw .unknownEncoding(file: file, line: 1)
    }
    defer { iconv_close(converter) }
    var source = bytes
    // A byte of CP932 becomes at most three of UTF-8.
    var target = [UInt8](repeating: 0, count: bytes.count * 3 + 16)
    let (left, unused) = source.withUnsafeMutableBytes { from in
      target.withUnsafeMutableBytes { to in
        var input = from.baseAddress?.assumingMemoryBound(to: CChar.self)
        var inputLeft = from.count
        var output = to.baseAddress?.assumingMemoryBound(to: CChar.self)
        var outputLeft = to.count
        _ = iconv(converter, &input, &inputLeft, &output, &outputLeft)
        return (inputLeft, outputLeft)
      }
    }
    guard left == 0 else { throw .unknownEncoding(file: file, line: line(at: bytes.count - left, in: bytes)) }
    return Array(target.dropLast(unused))
  }

  /// Where valid UTF-8 ends, or nil when all of it is valid.
  private static func firstFault(_ bytes: [UInt8]) -> Int? {
    var decoder = UTF8()
    var source = bytes.makeIterator()
    var position = 0
    while true {
      switch decoder.decode(&source) {
      case .scalarValue(let scalar): position += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return position
      }
    }
  }

  private static func line(at position: Int, in bytes: [UInt8]) -> Int {
    var line = 1
    for index in 0..<position where bytes[index] == 0x0A || bytes[index] == 0x0D && bytes[index + 1] != 0x0A {
      line += 1
    }
    return line
  }
}
