import Foundation
import FoundationXML

/// Receives the events of one XML part. Names come without their namespace prefix.
protocol PartHandler: AnyObject {
  func start(_ name: String, _ attributes: Attributes) throws(SheetProblem)
  func text(_ text: String) throws(SheetProblem)
  func end(_ name: String) throws(SheetProblem)
}

extension PartHandler {
  func text(_ text: String) throws(SheetProblem) {}
  func end(_ name: String) throws(SheetProblem) {}
}

/// The attributes of an element; a prefix such as `r:` is looked through.
struct Attributes {
  fileprivate let raw: [String: String]

  subscript(_ name: String) -> String? { raw[name] }

  /// An attribute that stands in a namespace, whatever its prefix is.
  func prefixed(_ name: String) -> String? {
    raw.first { $0.key.hasSuffix(":\(name)") }?.value
  }

  func yes(_ name: String) -> Bool { ["1", "true", "on"].contains(raw[name] ?? "") }
}

/// Bytes of an XML part, piece by piece.
protocol XMLSource: AnyObject {
  /// What the part is called when it cannot be read.
  var path: String { get }
  /// The next bytes; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SheetProblem) -> Int
}

extension ZipEntry: XMLSource {}

extension ZipArchive {
  /// Streams one part through an XML parser, so that neither the part nor a tree of it is ever held in memory.
  ///
  /// Document type declarations are refused before the parser sees them; with them go entities of every kind.
  func walk(_ path: String, _ handler: some PartHandler) throws(SheetProblem) {
    try walkXML(try open(path), file: file, handler) { () throws(SheetProblem) in try self.countElement() }
  }
}

/// Streams XML through a parser.
///
/// - Parameter count: is called for each element, and throws when there are too many.
func walkXML(
  _ source: some XMLSource, file: String, _ handler: some PartHandler,
  count: @escaping () throws(SheetProblem) -> Void
) throws(SheetProblem) {
  let stream = PartStream(source, file: file)
  let parser = XMLParser(stream: stream)
  let delegate = PartDelegate(handler, stream, count)
  parser.delegate = delegate
  // Never the default anyway; said here because the safety of the reader rests on it.
  parser.shouldResolveExternalEntities = false
  let parsed = parser.parse()
  if let problem = stream.problem ?? delegate.problem { throw problem }
  guard parsed, parser.parserError == nil, stream.rootSeen else {
    throw .damaged(file: file, part: source.path)
  }
}

/// Feeds XML to `XMLParser`, letting through only what it takes without harm.
///
/// `XMLParser` of swift-corelibs-foundation traps on names and comments that are not valid UTF-8 (seen in 6.3.1),
/// which would end the whole server. So every byte is checked here, and the XML declaration is blanked out so
/// that no other encoding can be declared.
private final class PartStream: InputStream {
  private let entry: any XMLSource
  private let file: String
  private var validator = UTF8Validator()
  private var tail: [UInt8] = []
  private var begun = false
  var rootSeen = false
  var problem: SheetProblem?

  init(_ entry: any XMLSource, file: String) {
    self.entry = entry
    self.file = file
    super.init(data: Data())
  }

  override func open() {}
  override func close() {}
  override var hasBytesAvailable: Bool { problem == nil }

  override func read(_ buffer: UnsafeMutablePointer<UInt8>, maxLength length: Int) -> Int {
    guard problem == nil else { return 0 }
    let room = UnsafeMutableRawBufferPointer(start: buffer, count: length)
    do throws(SheetProblem) {
      let got = try entry.read(into: room)
      let bytes = UnsafeMutableRawBufferPointer(rebasing: room[..<got])
      guard validator.accepts(bytes) else { throw .damaged(file: file, part: entry.path) }
      if !begun { try blankDeclaration(bytes) }
      if !rootSeen { try refuseDocumentType(bytes) }
      return got
    } catch {
      problem = error
      return 0
    }
  }

  private func blankDeclaration(_ bytes: UnsafeMutableRawBufferPointer) throws(SheetProblem) {
    begun = true
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard bytes.dropFirst(start).starts(with: "<?xml".utf8) else { return }
    // 1 KiB is ten times what any program writes.
    guard let end = bytes.prefix(1024).firstIndex(of: 0x3E) else {
      throw .damaged(file: file, part: entry.path)
    }
    for index in start...end { bytes[index] = 0x20 }
  }

  /// A document type declaration can only stand before the root element; the search goes across pieces.
  private func refuseDocumentType(_ bytes: UnsafeMutableRawBufferPointer) throws(SheetProblem) {
    tail.append(contentsOf: bytes)
    let wanted = Array("<!DOCTYPE".utf8)
    for start in tail.indices where tail[start] == 0x3C {
      guard !tail[start...].starts(with: wanted) else { throw .unsafe(file: file, part: entry.path) }
    }
    tail = Array(tail.suffix(wanted.count - 1))
  }
}

/// Checks UTF-8 piece by piece (Unicode 15, table 3-7); NUL is not accepted.
private struct UTF8Validator {
  private var missing = 0
  private var allowed: ClosedRange<UInt8> = 0x80...0xBF

  mutating func accepts(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    for byte in bytes {
      if missing > 0 {
        guard allowed.contains(byte) else { return false }
        missing -= 1
        allowed = 0x80...0xBF
      } else if byte >= 0x80 || byte == 0 {
        guard begin(byte) else { return false }
      }
    }
    return true
  }

  private mutating func begin(_ byte: UInt8) -> Bool {
    switch byte {
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, allowed) = (2, 0xA0...0xBF)
    case 0xED: (missing, allowed) = (2, 0x80...0x9F)
    case 0xE1...0xEF: missing = 2
    case 0xF0: (missing, allowed) = (3, 0x90...0xBF)
    case 0xF4: (missing, allowed) = (3, 0x80...0x8F)
    case 0xF1...0xF3: missing = 3
    default: return false
    }
    return true
  }
}

private final class PartDelegate: NSObject, XMLParserDelegate {
  private let handler: any PartHandler
  private let stream: PartStream
  private let count: () throws(SheetProblem) -> Void
  var problem: SheetProblem?

  init(
    _ handler: any PartHandler, _ stream: PartStream, _ count: @escaping () throws(SheetProblem) -> Void
  ) {
    self.handler = handler
    self.stream = stream
    self.count = count
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    stream.rootSeen = true
    attempt(parser) { () throws(SheetProblem) in
      try count()
      try handler.start(local(name), Attributes(raw: attributes))
    }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?)
  {
    attempt(parser) { () throws(SheetProblem) in try handler.end(local(name)) }
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    attempt(parser) { () throws(SheetProblem) in try handler.text(text) }
  }

  func parser(_ parser: XMLParser, foundCDATA block: Data) {
    attempt(parser) { () throws(SheetProblem) in try handler.text(String(decoding: block, as: UTF8.self)) }
  }

  private func attempt(_ parser: XMLParser, _ step: () throws(SheetProblem) -> Void) {
    guard problem == nil else { return }
    do throws(SheetProblem) {
      try step()
    } catch {
      problem = error
      parser.abortParsing()
    }
  }

  private func local(_ name: String) -> String {
    guard let colon = name.utf8.lastIndex(of: 0x3A) else { return name }
    return String(name[name.utf8.index(after: colon)...])
  }
}
