import Kernel
import Web

/// The text of a document as people type it, and as it is shown: `# ` begins a heading, `## ` a smaller one, `- ` a
/// point of a list; an empty line begins a paragraph.
enum DocumentBody {
  enum Block: Sendable, Equatable {
    case heading(String)
    case subheading(String)
    case points([String])
    /// Its lines.
    case paragraph([String])
  }

  static func blocks(of text: String) -> [Block] {
    var blocks: [Block] = []
    var isNew = true
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(\.trimmed) {
      defer { isNew = line.isEmpty }
      if line.isEmpty { continue }
      if line.hasPrefix("## ") {
        blocks.append(.subheading(String(line.dropFirst(3)).trimmed))
      } else if line.hasPrefix("# ") {
        blocks.append(.heading(String(line.dropFirst(2)).trimmed))
      } else if line.hasPrefix("- ") || line.hasPrefix("・") {
        let point = String(line.dropFirst(line.hasPrefix("・") ? 1 : 2)).trimmed
        if case .points(let before) = blocks.last, !isNew {
          blocks[blocks.count - 1] = .points(before + [point])
        } else {
          blocks.append(.points([point]))
        }
      } else if case .paragraph(let before) = blocks.last, !isNew {
        blocks[blocks.count - 1] = .paragraph(before + [line])
      } else {
        blocks.append(.paragraph([line]))
      }
    }
    return blocks
  }

  static func html(_ text: String) -> HTML {
    blocks(of: text).html { block in
      switch block {
      case .heading(let title): "<h2>\(title)</h2>"
      case .subheading(let title): "<h3>\(title)</h3>"
      case .points(let points): "<ul class=\"plain\">\(points.html { "<li>\($0)</li>" })</ul>"
      case .paragraph(let lines):
        "<p>\(HTML(joining: lines.enumerated().map { $0 == 0 ? HTML($1) : "<br>\($1)" }))</p>"
      }
    }
  }

  /// A line that stands in one of two texts only.
  struct Change: Sendable, Equatable {
    let isAdded: Bool
    let line: String
  }

  /// What is different between two texts, line by line, in the order of the newer one; removed lines first.
  static func changes(from old: String, to new: String) -> [Change] {
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map(\.trimmed).filter { !$0.isEmpty }
    }
    let (before, after) = (lines(old), lines(new))
    let difference = after.difference(from: before)
    return difference.removals.compactMap(change) + difference.insertions.compactMap(change)
  }

  private static func change(_ one: CollectionDifference<String>.Change) -> Change? {
    switch one {
    case .insert(_, let line, _): Change(isAdded: true, line: line)
    case .remove(_, let line, _): Change(isAdded: false, line: line)
    }
  }
}
