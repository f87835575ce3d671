/// A document of maps, lists and scalars, kept in two pieces of memory: the nodes in the order of the file and all text.
///
/// A file of 5 MB has 100,000 values. As objects of their own they take most of the time and of the memory; here each takes 20 bytes
/// and its text.
public final class Tree: Sendable, Equatable {
  enum Kind: UInt8 { case map, list, plain, quoted }

  struct Node: Sendable, Equatable {
    var kind: Kind
    /// In the file, counted from 1; 0 when unknown.
    var line: Int32
    /// Of the text; 0 for maps and lists.
    var start: Int32 = 0
    /// Bytes of a scalar, entries of a map or a list.
    var length: Int32 = 0
    /// Where what comes after this node and all below it stands.
    var next: Int32 = 0
  }

  let nodes: [Node]
  let bytes: [UInt8]

  init(nodes: [Node], bytes: [UInt8]) { (self.nodes, self.bytes) = (nodes, bytes) }

  public var root: Value { Value(tree: self, index: 0) }
  public var count: Int { nodes.count }

  func text(at index: Int) -> String {
    let node = nodes[index]
    let start = Int(node.start)
    return String(decoding: bytes[start..<start + Int(node.length)], as: UTF8.self)
  }

  /// Equal when they say the same; lines do not count.
  public static func == (one: Tree, other: Tree) -> Bool {
    guard one.nodes.count == other.nodes.count else { return false }
    return one.nodes.indices.allSatisfy { index in
      let (a, b) = (one.nodes[index], other.nodes[index])
      guard a.kind == b.kind, a.length == b.length else { return false }
      guard a.kind == .plain || a.kind == .quoted else { return true }
      return one.bytes[Int(a.start)..<Int(a.start + a.length)]
        .elementsEqual(other.bytes[Int(b.start)..<Int(b.start + b.length)])
    }
  }
}

/// One place in a tree.
public struct Value: Sendable {
  let tree: Tree
  let index: Int

  private var node: Tree.Node { tree.nodes[index] }

  public var line: Int { Int(node.line) }
  public var isMap: Bool { node.kind == .map }
  public var isList: Bool { node.kind == .list }
  public var isScalar: Bool { node.kind == .plain || node.kind == .quoted }
  /// Written in quotation marks or as a block: text whatever it looks like.
  public var isQuoted: Bool { node.kind == .quoted }
  /// Entries of a map or a list.
  public var count: Int { isScalar ? 0 : Int(node.length) }
  public var isEmpty: Bool { node.length == 0 }

  /// The text of a scalar as written; empty for maps and lists.
  public var raw: String { isScalar ? tree.text(at: index) : "" }

  var rawBytes: ArraySlice<UInt8> {
    isScalar ? tree.bytes[Int(node.start)..<Int(node.start + node.length)] : []
  }

  /// The value of a key in a map, nil when it is not there.
  public subscript(_ key: StaticString) -> Value? {
    guard node.kind == .map else { return nil }
    let length = Int32(key.utf8CodeUnitCount)
    var at = index + 1
    for _ in 0..<node.length {
      let name = tree.nodes[at]
      if name.length == length, name.kind != .map, name.kind != .list, holds(name, key) {
        return Value(tree: tree, index: Int(name.next))
      }
      at = Int(tree.nodes[Int(name.next)].next)
    }
    return nil
  }

  private func holds(_ name: Tree.Node, _ key: StaticString) -> Bool {
    let start = Int(name.start)
    return tree.bytes.withUnsafeBufferPointer { bytes in
      for offset in 0..<Int(name.length) where bytes[start + offset] != key.utf8Start[offset] { return false }
      return true
    }
  }

  /// The entries of a list, in order.
  public var items: [Value] {
    guard node.kind == .list else { return [] }
    var items: [Value] = []
    items.reserveCapacity(Int(node.length))
    var at = index + 1
    for _ in 0..<node.length {
      items.append(Value(tree: tree, index: at))
      at = Int(tree.nodes[at].next)
    }
    return items
  }

  /// The entries of a map, in order.
  public var pairs: [(key: Value, value: Value)] {
    guard node.kind == .map else { return [] }
    var pairs: [(key: Value, value: Value)] = []
    pairs.reserveCapacity(Int(node.length))
    var at = index + 1
    for _ in 0..<node.length {
      let value = Int(tree.nodes[at].next)
      pairs.append((Value(tree: tree, index: at), Value(tree: tree, index: value)))
      at = Int(tree.nodes[value].next)
    }
    return pairs
  }
}

/// Puts a tree together from beginning to end.
struct TreeBuilder {
  private(set) var nodes: [Tree.Node] = []
  private var bytes: [UInt8] = []
  private var open: [Int] = []

  init(expecting size: Int = 1_024) {
    nodes.reserveCapacity(size / 16)
    bytes.reserveCapacity(size)
  }

  var depth: Int { open.count }
  var count: Int { nodes.count }

  mutating func scalar(_ text: String, quoted: Bool = true, line: Int = 0) {
    var text = text
    text.withUTF8 { scalar($0, quoted: quoted, line: line) }
  }

  mutating func scalar(_ text: UnsafeBufferPointer<UInt8>, quoted: Bool, line: Int) {
    counted()
    nodes.append(
      Tree.Node(
        kind: quoted ? .quoted : .plain, line: Int32(clamping: line), start: Int32(bytes.count),
        length: Int32(text.count), next: Int32(nodes.count + 1)))
    bytes.append(contentsOf: text)
  }

  mutating func begin(map: Bool, line: Int = 0) {
    counted()
    open.append(nodes.count)
    nodes.append(Tree.Node(kind: map ? .map : .list, line: Int32(clamping: line)))
  }

  /// Ends the innermost map or list; gives where it stands.
  @discardableResult
  mutating func end() -> Int {
    guard let at = open.popLast() else { return 0 }
    if nodes[at].kind == .map { nodes[at].length /= 2 }
    nodes[at].next = Int32(nodes.count)
    return at
  }

  /// Repeats what stands at `place`, complete and without its text a second time.
  mutating func copy(_ place: Int) {
    counted()
    let shift = Int32(nodes.count - place)
    for at in place..<Int(nodes[place].next) {
      var node = nodes[at]
      node.next += shift
      nodes.append(node)
    }
  }

  func size(of place: Int) -> Int { Int(nodes[place].next) - place }

  /// Bytes of all text at `place` and below, and how many maps and lists stand in one another there.
  func extent(of place: Int) -> (bytes: Int, height: Int) {
    var (bytes, height) = (0, 0)
    /// Where the maps and lists end that the node stands in.
    var ends: [Int32] = []
    for at in place..<Int(nodes[place].next) {
      while let end = ends.last, end <= at { ends.removeLast() }
      if nodes[at].kind.rawValue >= 2 {
        bytes += Int(nodes[at].length)
      } else {
        ends.append(nodes[at].next)
        height = max(height, ends.count)
      }
    }
    return (bytes, height)
  }

  private mutating func counted() { if let at = open.last { nodes[at].length += 1 } }

  /// Empties the earlier of two equal keys in the map at `place`, so that the last holds; gives the lines of those emptied.
  mutating func dropRepeatedKeys(ofMapAt place: Int) -> [Int] {
    var keys: [Int] = []
    var at = place + 1
    for _ in 0..<nodes[place].length {
      keys.append(at)
      at = Int(nodes[Int(nodes[at].next)].next)
    }
    if keys.count > 24 { return dropRepeated(keys) }
    var dropped: [Int] = []
    for (number, key) in keys.enumerated().dropFirst() {
      for earlier in keys[..<number] where same(earlier, key) { dropped.append(drop(earlier)) }
    }
    return dropped
  }

  private mutating func dropRepeated(_ keys: [Int]) -> [Int] {
    var last: [ArraySlice<UInt8>: Int] = [:]
    var dropped: [Int] = []
    // A list or a map may be a key; it has no text to compare.
    for key in keys where nodes[key].length > 0 && nodes[key].kind.rawValue >= 2 {
      let node = nodes[key]
      if let earlier = last.updateValue(key, forKey: bytes[Int(node.start)..<Int(node.start + node.length)]) {
        dropped.append(drop(earlier))
      }
    }
    return dropped
  }

  private mutating func drop(_ key: Int) -> Int {
    nodes[key].length = 0
    return Int(nodes[key].line)
  }

  private func same(_ one: Int, _ other: Int) -> Bool {
    let (a, b) = (nodes[one], nodes[other])
    guard a.length == b.length, a.length > 0, a.kind.rawValue >= 2, b.kind.rawValue >= 2 else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      for offset in 0..<Int(a.length) where bytes[Int(a.start) + offset] != bytes[Int(b.start) + offset] {
        return false
      }
      return true
    }
  }

  func tree() -> Tree { Tree(nodes: nodes, bytes: bytes) }
}

extension TreeBuilder {
  mutating func map(_ body: (inout TreeBuilder) throws -> Void) rethrows {
    begin(map: true)
    try body(&self)
    end()
  }

  mutating func list(_ key: String? = nil, _ body: (inout TreeBuilder) throws -> Void) rethrows {
    if let key { scalar(key) }
    begin(map: false)
    try body(&self)
    end()
  }

  /// A key with text, left out when there is none.
  mutating func put(_ key: String, _ text: String?) {
    guard let text else { return }
    scalar(key)
    scalar(text)
  }

  mutating func put(_ key: String, _ number: Int?) {
    guard let number else { return }
    scalar(key)
    scalar("\(number)", quoted: false)
  }

  mutating func put(_ key: String, _ yes: Bool) {
    scalar(key)
    scalar(yes ? "true" : "false", quoted: false)
  }

  /// A place of another tree with all below it.
  mutating func graft(_ value: Value) {
    if value.isScalar { return scalar(value.raw, quoted: value.isQuoted, line: value.line) }
    begin(map: value.isMap, line: value.line)
    for item in value.items { graft(item) }
    for (key, item) in value.pairs {
      graft(key)
      graft(item)
    }
    end()
  }

  mutating func put(_ key: String, _ texts: [String]) {
    list(key) { for text in texts { $0.scalar(text) } }
  }
}
