import CYaml

/// How much of a file from outside is taken before it is refused.
public struct LibraryLimits: Sendable, Equatable {
  /// The largest known library has 3.4 MB.
  public var fileBytes = 32 << 20
  /// Maps in lists in maps; libraries have nine.
  public var depth = 64
  /// Maps, lists and scalars, those that aliases repeat included. Their text together has ``fileBytes`` at most.
  public var values = 2_000_000

  public init() {}
  public static let standard = LibraryLimits()
}

/// Reads YAML by the events of libyaml, the C library inside Yams, without making an object of each value.
struct YAMLReader {
  private let file: String
  private let limits: LibraryLimits
  private var builder: TreeBuilder
  private var anchors: [String: Int] = [:]
  /// Of all text so far, that which aliases repeat included.
  private var textBytes = 0
  /// Anchors of maps and lists that are not ended yet, by depth.
  private var openAnchors: [String?] = []
  private(set) var remarks: [Remark] = []

  private init(file: String, size: Int, limits: LibraryLimits) {
    (self.file, self.limits) = (file, limits)
    builder = TreeBuilder(expecting: size)
  }

  /// The first document of a file.
  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, named file: String, limits: LibraryLimits = .standard
  ) throws(FrameworkProblem) -> (tree: Tree, remarks: [Remark]) {
    guard bytes.count <= limits.fileBytes else {
      throw .tooLarge(file: file, megabytes: limits.fileBytes >> 20)
    }
    var reader = YAMLReader(file: file, size: bytes.count, limits: limits)
    try reader.run(bytes)
    guard reader.builder.count > 0 else { throw .notALibrary(file: file) }
    return (reader.builder.tree(), reader.remarks)
  }

  private mutating func run(_ bytes: UnsafeBufferPointer<UInt8>) throws(FrameworkProblem) {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) != 0 else { throw .unreadable(file: file) }
    defer { yaml_parser_delete(&parser) }
    yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
    var documents = 0
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(&parser, &event) != 0 else { throw failure(of: parser) }
      defer { yaml_event_delete(&event) }
      let line = Int(event.start_mark.line) + 1
      switch event.type {
      case YAML_STREAM_END_EVENT: return
      case YAML_DOCUMENT_START_EVENT:
        documents += 1
        if documents == 2 {
          remarks.append(Remark(.moreDocuments, line: line))
          return
        }
      default: try take(event, line)
      }
      guard builder.count <= limits.values else {
        throw .tooManyValues(file: file, line: line, limit: limits.values)
      }
    }
  }

  private mutating func take(_ event: yaml_event_t, _ line: Int) throws(FrameworkProblem) {
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      if let name = name(scalar.anchor) { anchors[name] = builder.count }
      textBytes += text.count
      if scalar.tag != nil { remarks.append(Remark(.tag, line: line)) }
      builder.scalar(text, quoted: scalar.style != YAML_PLAIN_SCALAR_STYLE, line: line)
    case YAML_MAPPING_START_EVENT: try begin(map: true, event.data.mapping_start.anchor, line)
    case YAML_SEQUENCE_START_EVENT: try begin(map: false, event.data.sequence_start.anchor, line)
    case YAML_MAPPING_END_EVENT:
      for line in builder.dropRepeatedKeys(ofMapAt: end()) {
        remarks.append(Remark(.repeatedKey, line: line))
      }
    case YAML_SEQUENCE_END_EVENT: _ = end()
    case YAML_ALIAS_EVENT: try alias(name(event.data.alias.anchor) ?? "", line)
    default: break
    }
  }

  private mutating func begin(map: Bool, _ anchor: UnsafeMutablePointer<yaml_char_t>?, _ line: Int)
    throws(FrameworkProblem)
  {
    guard builder.depth < limits.depth else { throw .tooDeep(file: file, line: line, limit: limits.depth) }
    openAnchors.append(name(anchor))
    builder.begin(map: map, line: line)
  }

  private mutating func end() -> Int {
    let place = builder.end()
    if let name = openAnchors.popLast() ?? nil { anchors[name] = place }
    return place
  }

  /// Repeats what an anchor names. What contains itself is not ended yet and therefore not known.
  private mutating func alias(_ name: String, _ line: Int) throws(FrameworkProblem) {
    guard let place = anchors[name] else { throw .aliasUnknown(file: file, line: line) }
    guard builder.count + builder.size(of: place) <= limits.values else {
      throw .tooManyValues(file: file, line: line, limit: limits.values)
    }
    let extent = builder.extent(of: place)
    guard builder.depth + extent.height <= limits.depth else {
      throw .tooDeep(file: file, line: line, limit: limits.depth)
    }
    textBytes += extent.bytes
    guard textBytes <= limits.fileBytes else {
      throw .tooLarge(file: file, megabytes: limits.fileBytes >> 20)
    }
    remarks.append(Remark(.alias, line: line))
    builder.copy(place)
  }

  private func name(_ anchor: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    anchor.map { String(cString: $0) }
  }

  private func failure(of parser: yaml_parser_t) -> FrameworkProblem {
    let reason = parser.problem.map { String(cString: $0) } ?? "memory"
    let isText = parser.error == YAML_READER_ERROR
    let line = Int(isText ? parser.mark.line : parser.problem_mark.line) + 1
    return .notYAML(file: file, line: line, reason: reason)
  }
}
