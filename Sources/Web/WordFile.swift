import CYaml

/// A file of words: sections, each with texts by their keys.
///
/// Read by the events of libyaml: every command reads all words at its start, and Yams' nodes took far longer.
enum WordFile {
  struct Fault: Error, CustomStringConvertible {
    let line: Int
    let reason: String
    var description: String { "line \(line): \(reason)" }
  }

  static func read(_ bytes: [UInt8]) throws(Fault) -> [String: [String: String]] {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) != 0 else { throw Fault(line: 0, reason: "no memory") }
    defer { yaml_parser_delete(&parser) }
    // The parser keeps the place of the bytes until its end.
    let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    defer { input.deallocate() }
    _ = input.initialize(from: bytes)
    yaml_parser_set_input_string(&parser, input.baseAddress, bytes.count)
    var reading = Reading()
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(&parser, &event) != 0 else {
        let reason = parser.problem.map { String(cString: $0) } ?? "not YAML"
        throw Fault(line: Int(parser.problem_mark.line) + 1, reason: reason)
      }
      defer { yaml_event_delete(&event) }
      if event.type == YAML_STREAM_END_EVENT { return reading.sections }
      try reading.take(event)
    }
  }

  private struct Reading {
    var sections: [String: [String: String]] = [:]
    private var section: String?
    private var words: [String: String] = [:]
    private var key: String?
    private var depth = 0

    mutating func take(_ event: yaml_event_t) throws(Fault) {
      let line = Int(event.start_mark.line) + 1
      switch event.type {
      case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT, YAML_DOCUMENT_END_EVENT: break
      case YAML_MAPPING_START_EVENT where depth == 0 || depth == 1 && section != nil: depth += 1
      case YAML_MAPPING_END_EVENT:
        depth -= 1
        if depth == 1, let name = section {
          sections[name] = words
          (section, words) = (nil, [:])
        }
      case YAML_SCALAR_EVENT where depth > 0:
        let scalar = event.data.scalar
        let text = String(
          decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        try take(text, line)
      default: throw Fault(line: line, reason: "neither a section nor a text")
      }
    }

    private mutating func take(_ text: String, _ line: Int) throws(Fault) {
      switch (depth, key) {
      case (1, _):
        guard section == nil else { throw Fault(line: line, reason: "a section holds texts by key") }
        guard sections[text] == nil else { throw Fault(line: line, reason: "section \(text) stands twice") }
        section = text
      case (_, nil):
        guard words[text] == nil else { throw Fault(line: line, reason: "\(text) stands twice") }
        key = text
      case (_, let name?):
        guard !text.isEmpty else { throw Fault(line: line, reason: "\(name) has no text") }
        words[name] = text
        key = nil
      }
    }
  }
}
