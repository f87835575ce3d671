/// A tree as bytes for the database.
///
/// Nodes in order, each as its kind and a length of seven bits a byte, then the text. Keys, and texts of up to 64 bytes that came
/// before, are written once and afterwards as a number. Lines are left out.
enum TreeBlob {
  private static let mark: [UInt8] = [0x4D, 0x54, 0x31]  // "MT1"
  private static let sharedLimit = 64
  private static let again: UInt8 = 4

  static func bytes(of tree: Tree) -> [UInt8] {
    var out = mark
    out.reserveCapacity(tree.bytes.count + tree.nodes.count * 2)
    number(tree.nodes.count, &out)
    var known: [ArraySlice<UInt8>: Int] = [:]
    for node in tree.nodes {
      guard node.kind == .plain || node.kind == .quoted else {
        out.append(node.kind.rawValue)
        number(Int(node.length), &out)
        continue
      }
      let text = tree.bytes[Int(node.start)..<Int(node.start + node.length)]
      if node.length <= sharedLimit {
        if let earlier = known[text] {
          out.append(again + node.kind.rawValue)
          number(earlier, &out)
          continue
        }
        known[text] = known.count
      }
      out.append(node.kind.rawValue)
      number(Int(node.length), &out)
      out.append(contentsOf: text)
    }
    return out
  }

  /// - Throws: ``Damaged``.
  static func tree(from bytes: [UInt8]) throws -> Tree {
    guard bytes.starts(with: mark), bytes.count <= Int32.max else { throw Damaged() }
    var at = mark.count
    let count = try number(bytes, &at)
    guard count > 0, count <= bytes.count else { throw Damaged() }
    var nodes: [Tree.Node] = []
    nodes.reserveCapacity(count)
    var shared: [Int] = []
    for _ in 0..<count {
      guard at < bytes.count else { throw Damaged() }
      let sign = bytes[at]
      at += 1
      let length = try number(bytes, &at)
      guard let kind = Tree.Kind(rawValue: sign & 3) else { throw Damaged() }
      var node = Tree.Node(kind: kind, line: 0)
      if sign >= again {
        guard shared.indices.contains(length) else { throw Damaged() }
        (node.start, node.length) = (nodes[shared[length]].start, nodes[shared[length]].length)
      } else {
        node.length = Int32(clamping: length)
        if kind == .plain || kind == .quoted {
          guard at + length <= bytes.count else { throw Damaged() }
          node.start = Int32(at)
          at += length
          if length <= sharedLimit { shared.append(nodes.count) }
        }
      }
      nodes.append(node)
    }
    try join(&nodes)
    return Tree(nodes: nodes, bytes: bytes)
  }

  /// Finds where each node ends, from the last to the first.
  private static func join(_ nodes: inout [Tree.Node]) throws {
    for place in nodes.indices.reversed() {
      var at = place + 1
      switch nodes[place].kind {
      case .plain, .quoted: break
      case .map, .list:
        let entries = Int(nodes[place].length) * (nodes[place].kind == .map ? 2 : 1)
        guard entries <= nodes.count else { throw Damaged() }
        for _ in 0..<entries {
          guard at < nodes.count else { throw Damaged() }
          at = Int(nodes[at].next)
        }
      }
      nodes[place].next = Int32(at)
    }
    guard nodes.first.map({ Int($0.next) }) == nodes.count else { throw Damaged() }
  }

  /// The stored bytes are not what this program wrote.
  struct Damaged: Error {}

  private static func number(_ value: Int, _ out: inout [UInt8]) {
    var rest = UInt(value)
    while rest > 0x7F {
      out.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(rest))
  }

  private static func number(_ bytes: [UInt8], _ at: inout Int) throws -> Int {
    var (value, shift) = (0, 0)
    while at < bytes.count, shift < 35 {
      let byte = bytes[at]
      at += 1
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Damaged()
  }
}
