/// The boxes of a diagram and the lanes of its lines as vertices in columns, each joined to the next column only.
struct LayerGraph {
  /// A line as the vertices it runs through: a box, lanes, a box.
  struct Chain {
    let vertices: [Int]
    let isDashed: Bool
    /// Where it leaves and reaches its boxes, as a part of their heights from above.
    var leaves = 0.5
    var arrives = 0.5

    var end: Int { vertices[vertices.count - 1] }
  }

  /// Of each vertex. Boxes come first, in the order of the diagram; then the lanes.
  private(set) var column: [Int]
  private(set) var height: [Double]
  private(set) var chains: [Chain] = []
  /// Neighbours in the column before and the one after.
  private var before: [[Int]]
  private var after: [[Int]]
  /// The vertices of each column from above.
  private(set) var order: [[Int]] = []
  private let boxCount: Int

  var columns: Int { order.count }
  var lanes: Range<Int> { boxCount..<column.count }

  private static let laneHeight = 4.0

  init(_ diagram: Diagram, heights: [Double]) {
    column = diagram.boxes.map { max(0, $0.column) }
    height = heights
    boxCount = heights.count
    before = heights.map { _ in [] }
    after = heights.map { _ in [] }
    let index = Dictionary(
      diagram.boxes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    for link in diagram.links {
      guard let from = index[link.from], let to = index[link.to], column[from] < column[to] else { continue }
      addChain(from, to, isDashed: link.isDashed)
    }
    order = Array(repeating: [], count: (column.max() ?? -1) + 1)
    // Boxes that nothing leads to or from stand below the others.
    let linked = column.indices.filter { !before[$0].isEmpty || !after[$0].isEmpty }
    let alone = column.indices.filter { before[$0].isEmpty && after[$0].isEmpty }
    for vertex in linked + alone { order[column[vertex]].append(vertex) }
  }

  private mutating func addChain(_ from: Int, _ to: Int, isDashed: Bool) {
    var vertices = [from]
    for passed in (column[from] + 1)..<max(column[from] + 1, column[to]) {
      vertices.append(column.count)
      column.append(passed)
      height.append(Self.laneHeight)
      before.append([])
      after.append([])
    }
    vertices.append(to)
    for (a, b) in zip(vertices, vertices.dropFirst()) {
      after[a].append(b)
      before[b].append(a)
    }
    chains.append(Chain(vertices: vertices, isDashed: isDashed))
  }

  // MARK: Order

  /// Sorts each column by the mean place of its neighbours, there and back, and keeps the order with the fewest crossings.
  mutating func reduceCrossings() {
    var best = (order: order, crossings: crossings())
    var fruitless = 0
    for sweep in 0..<24 where best.crossings > 0 && fruitless < 6 {
      let forward = sweep.isMultiple(of: 2)
      let sequence = forward ? Array(order.indices.dropFirst()) : Array(order.indices.dropLast().reversed())
      for column in sequence { sort(column, by: forward ? before : after, column + (forward ? -1 : 1)) }
      let count = crossings()
      if count < best.crossings {
        (best, fruitless) = ((order, count), 0)
      } else {
        fruitless += 1
      }
    }
    order = best.order
    spreadEnds()
  }

  private mutating func sort(_ column: Int, by neighbours: [[Int]], _ fixed: Int) {
    var place = [Double](repeating: 0, count: self.column.count)
    for (index, vertex) in order[fixed].enumerated() {
      place[vertex] = (Double(index) + 0.5) / Double(order[fixed].count)
    }
    let count = Double(order[column].count)
    let keyed = order[column].enumerated().map { index, vertex -> (alone: Bool, key: Double, index: Int) in
      let near = neighbours[vertex]
      if near.isEmpty {
        let isAlone = before[vertex].isEmpty && after[vertex].isEmpty
        return (isAlone, (Double(index) + 0.5) / count, index)
      }
      return (false, near.reduce(0) { $0 + place[$1] } / Double(near.count), index)
    }
    let old = order[column]
    order[column] = keyed.sorted { a, b in
      if a.alone != b.alone { return b.alone }
      return a.key != b.key ? a.key < b.key : a.index < b.index
    }.map { old[$0.index] }
  }

  /// How many pairs of lines cross, counted with a tree of sums (Barth, Jünger and Mutzel 2004).
  func crossings() -> Int {
    var total = 0
    for (left, right) in zip(order, order.dropFirst()) {
      var place = [Int: Int](minimumCapacity: right.count)
      for (index, vertex) in right.enumerated() { place[vertex] = index }
      var sums = [Int](repeating: 0, count: right.count + 1)
      var seen = 0
      for vertex in left {
        let ends = after[vertex].compactMap { place[$0] }.sorted()
        for end in ends { total += seen - Self.sum(sums, upTo: end) }
        for end in ends {
          seen += 1
          var slot = end + 1
          while slot < sums.count {
            sums[slot] += 1
            slot += slot & -slot
          }
        }
      }
    }
    return total
  }

  /// How many ends stand at `end` or above it.
  private static func sum(_ sums: [Int], upTo end: Int) -> Int {
    var slot = end + 1
    var sum = 0
    while slot > 0 {
      sum += sums[slot]
      slot -= slot & -slot
    }
    return sum
  }

  /// Lines that meet a box meet it at different heights, in the order in which they come.
  private mutating func spreadEnds() {
    var place = [Int](repeating: 0, count: column.count)
    for vertices in order { for (index, vertex) in vertices.enumerated() { place[vertex] = index } }
    let leaving = Dictionary(grouping: chains.indices) { chains[$0].vertices[0] }
    for list in leaving.values {
      let sorted = list.sorted { place[chains[$0].vertices[1]] < place[chains[$1].vertices[1]] }
      for (index, chain) in sorted.enumerated() {
        chains[chain].leaves = Double(index + 1) / Double(list.count + 1)
      }
    }
    let arriving = Dictionary(grouping: chains.indices) { chains[$0].end }
    for list in arriving.values {
      func last(_ chain: Int) -> Int { place[chains[chain].vertices[chains[chain].vertices.count - 2]] }
      let sorted = list.sorted { last($0) < last($1) }
      for (index, chain) in sorted.enumerated() {
        chains[chain].arrives = Double(index + 1) / Double(list.count + 1)
      }
    }
  }

  // MARK: Heights

  /// The middles of all vertices, the topmost box beginning at 0: as near to their neighbours as the order and `distance` allow.
  func places(distance: Double) -> [Double] {
    var middle = [Double](repeating: 0, count: column.count)
    for vertices in order {
      var top = 0.0
      for vertex in vertices {
        middle[vertex] = top + height[vertex] / 2
        top += height[vertex] + distance
      }
    }
    for sweep in 0..<8 {
      let forward = sweep.isMultiple(of: 2)
      for vertices in forward ? order : order.reversed() {
        settle(vertices, near: forward ? before : after, &middle, distance)
      }
    }
    let top = column.indices.map { middle[$0] - height[$0] / 2 }.min() ?? 0
    return middle.map { $0 - top }
  }

  /// The heights of one column that lie nearest to those wanted, by least squares: isotonic regression over the wanted heights less
  /// the room that the vertices above need (pool adjacent violators).
  private func settle(
    _ vertices: [Int], near: [[Int]], _ middle: inout [Double], _ distance: Double
  ) {
    var offset = 0.0
    var offsets: [Double] = []
    var blocks: [(sum: Double, weight: Double, count: Int)] = []
    for (index, vertex) in vertices.enumerated() {
      if index > 0 { offset += (height[vertices[index - 1]] + height[vertex]) / 2 + distance }
      offsets.append(offset)
      let neighbours = near[vertex]
      let isLane = vertex >= boxCount
      let weight = neighbours.isEmpty ? 0.05 : isLane ? 3 : 1
      let wanted =
        neighbours.isEmpty
        ? middle[vertex] : neighbours.reduce(0) { $0 + middle[$1] } / Double(neighbours.count)
      blocks.append(((wanted - offset) * weight, weight, 1))
      while blocks.count > 1 {
        let (above, below) = (blocks[blocks.count - 2], blocks[blocks.count - 1])
        guard above.sum / above.weight > below.sum / below.weight else { break }
        blocks.removeLast(2)
        blocks.append((above.sum + below.sum, above.weight + below.weight, above.count + below.count))
      }
    }
    var index = 0
    for block in blocks {
      for _ in 0..<block.count {
        middle[vertices[index]] = block.sum / block.weight + offsets[index]
        index += 1
      }
    }
  }
}
