import Foundation
import FoundationXML

/// Receives the events of one XML part. Names come without their namespace prefix.
protocol PartHandler: AnyObject {
  func start(_ name: Substring, _ attributes: Attributes) throws(SheetProblem)
  func text(_ text: String) throws(SheetProblem)
  func end(_ name: Substring) throws(SheetProblem)
}

extension PartHandler {
  func text(_ text: String) throws(SheetProblem) {}
  func end(_ name: Substring) throws(SheetProblem) {}
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

extension ZipArchive {
  /// Streams one part through an XML parser, so that neither the part nor a tree of it is ever held in memory.
  ///
  /// Document type declarations are refused before the parser sees them; with them go entities of every kind.
  func walk(_ path: String, _ handler: some PartHandler) throws(SheetProblem) {
    let stream = PartStream(try open(path), file: file)
    let parser = XMLParser(stream: stream)
    let delegate = PartDelegate(handler, stream)
    parser.delegate = delegate
    // Never the default anyway; said here because the safety of the reader rests on it.
    parser.shouldResolveExternalEntities = false
    let parsed = parser.parse()
    if let problem = stream.problem ?? delegate.problem { throw problem }
    guard parsed, parser.parserError == nil, stream.rootSeen else { throw .damaged(file: file, part: path) }
  }
}

/// Feeds a ZIP entry to `XMLParser`, looking at the prolog on the way.
private final class PartStream: InputStream {
  private let entry: ZipEntry
  private let file: String
  private var tail: [UInt8] = []
  private var begun = false
  var rootSeen = false
  var problem: SheetProblem?

  init(_ entry: ZipEntry, file: String) {
    self.entry = entry
    self.file = file
    super.init(data: Data())
  }

  override func open() {}
  override func close() {}
  override var hasBytesAvailable: Bool { problem == nil }

  override func read(_ buffer: UnsafeMutablePointer<UInt8>, maxLength length: Int) -> Int {
    guard problem == nil else { return 0 }
    let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: length)
    do throws(SheetProblem) {
      let got = try entry.read(into: bytes)
      if !rootSeen { try inspect(UnsafeRawBufferPointer(rebasing: bytes[..<got])) }
      return got
    } catch {
      problem = error
      return 0
    }
  }

  /// A declaration can only stand before the root element. UTF-16 would hide it from this search, so it is refused too.
  private func inspect(_ bytes: UnsafeRawBufferPointer) throws(SheetProblem) {
    if !begun {
      begun = true
      let head = String(decoding: bytes.prefix(200), as: UTF8.self).lowercased()
      let declaration = head.contains("?>") ? head.split(separator: "?>")[0] : ""
      let unicode = ["utf-8", "utf8", "us-ascii"].contains {
        declaration.contains("\"\($0)\"") || declaration.contains("'\($0)'")
      }
      let known = unicode || !declaration.contains("encoding")
      let plain =
        bytes.starts(with: [0x3C]) || bytes.starts(with: [0xEF, 0xBB, 0xBF])
        || head.first?.isWhitespace == true
      guard known, plain, !bytes.prefix(200).contains(0) else { throw .damaged(file: file, part: entry.path) }
    }
    tail.append(contentsOf: bytes)
    let wanted = Array("<!DOCTYPE".utf8)
    for start in tail.indices
    where tail[start] == 0x3C && tail[start...].prefix(wanted.count).elementsEqual(wanted) {
      throw .unsafe(file: file, part: entry.path)
    }
    tail = Array(tail.suffix(wanted.count - 1))
  }
}

private final class PartDelegate: NSObject, XMLParserDelegate {
  private let handler: any PartHandler
  private let stream: PartStream
  var problem: SheetProblem?

  init(_ handler: any PartHandler, _ stream: PartStream) {
    self.handler = handler
    self.stream = stream
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    stream.rootSeen = true
    attempt(parser) { () throws(SheetProblem) in
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

  private func local(_ name: String) -> Substring {
    guard let colon = name.utf8.lastIndex(of: 0x3A) else { return name[...] }
    return name[name.utf8.index(after: colon)...]
  }
}
