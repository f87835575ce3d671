/// Boxes in columns, and lines from boxes to boxes further right.
///
/// A value that a slice makes from its registers; ``DiagramLayout`` says where everything stands, ``SVG`` what it looks like.
public struct Diagram: Sendable, Equatable {
  /// One thing, with what is said of it. All of it is printed, however long.
  public struct Box: Sendable, Equatable {
    public enum Look: Sendable, Equatable {
      case plain
      /// In the accent's pale colour.
      case accent
      /// With a dashed outline: not in use, or not known.
      case faint
    }

    public let id: String
    public var title: String
    public var facts: [String]
    /// What asks for attention: red, bold, with its sign.
    public var findings: [String]
    public var look: Look
    public var column: Int

    public init(
      _ id: String, _ title: String, facts: [String] = [], findings: [String] = [], look: Look = .plain,
      column: Int = 0
    ) {
      (self.id, self.title, self.facts, self.findings) = (id, title, facts, findings)
      (self.look, self.column) = (look, column)
    }
  }

  /// A line from one box to another, with an arrow at its end.
  public struct Link: Sendable, Hashable {
    public let from: String
    public let to: String
    /// The end that takes the line along when the drawing is divided into pages.
    public let owner: String
    public let isDashed: Bool

    public init(_ from: String, to: String, owner: String, dashed: Bool = false) {
      (self.from, self.to, self.owner, isDashed) = (from, to, owner, dashed)
    }
  }

  /// Above the columns; empty for none.
  public var headings: [String]
  public var boxes: [Box]
  public var links: [Link]

  public init(headings: [String] = [], boxes: [Box], links: [Link]) {
    (self.headings, self.boxes, self.links) = (headings, boxes, links)
  }

  /// The same with columns that follow from the links: each box stands right of all that lead to it.
  ///
  /// Boxes without links fill the columns from below, so that they do not make the first one long. Links of a ring, which the
  /// registers refuse, are left out.
  public func inLayers() -> Diagram {
    let index = Dictionary(
      boxes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var targets: [[Int]] = boxes.map { _ in [] }
    var waiting = boxes.map { _ in 0 }
    for link in links {
      guard let from = index[link.from], let to = index[link.to], from != to else { continue }
      targets[from].append(to)
      waiting[to] += 1
    }
    let isLinked = boxes.indices.map { waiting[$0] > 0 || !targets[$0].isEmpty }
    var ready = boxes.indices.filter { waiting[$0] == 0 && isLinked[$0] }
    var column = boxes.map { _ in 0 }
    var next = 0
    while next < ready.count {
      let box = ready[next]
      next += 1
      for target in targets[box] {
        column[target] = max(column[target], column[box] + 1)
        waiting[target] -= 1
        if waiting[target] == 0 { ready.append(target) }
      }
    }
    let alone = boxes.indices.filter { !isLinked[$0] }
    let columns = max((column.max() ?? 0) + 1, min(4, alone.count))
    for (place, box) in alone.enumerated() { column[box] = place % columns }
    var result = self
    for box in boxes.indices { result.boxes[box].column = column[box] }
    return result
  }
}
