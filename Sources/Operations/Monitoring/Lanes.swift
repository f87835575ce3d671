/// How many checks run at once: in all, of a kind, and against one host. What failed last time has a lane of its own, so that
/// targets that take their whole time never delay those that answer.
struct Lanes: Sendable {
  struct Load: Sendable, Equatable {
    let kind: MonitorKind
    let host: String
    /// Whether it failed last time.
    let isSick: Bool
  }

  static let mostHealthy = 400
  static let mostSick = 200
  static let mostOfHost = 4

  private var healthy = 0
  private var sick = 0
  private var kinds: [MonitorKind: Int] = [:]
  private var sickKinds: [MonitorKind: Int] = [:]
  private var hosts: [String: Int] = [:]

  var running: Int { healthy + sick }

  /// Whether there is room; takes it if so.
  mutating func take(_ load: Load) -> Bool {
    guard load.isSick ? sick < Lanes.mostSick : healthy < Lanes.mostHealthy,
      kinds[load.kind, default: 0] < load.kind.mostAtOnce, hosts[load.host, default: 0] < Lanes.mostOfHost
    else { return false }
    if load.isSick {
      // Of each kind those that answer have at least half.
      guard sickKinds[load.kind, default: 0] < load.kind.mostAtOnce / 2 else { return false }
      sickKinds[load.kind, default: 0] += 1
    }
    if load.isSick { sick += 1 } else { healthy += 1 }
    kinds[load.kind, default: 0] += 1
    hosts[load.host, default: 0] += 1
    return true
  }

  mutating func give(_ load: Load) {
    if load.isSick { sick -= 1 } else { healthy -= 1 }
    kinds[load.kind, default: 1] -= 1
    if load.isSick { sickKinds[load.kind, default: 1] -= 1 }
    let left = (hosts[load.host] ?? 1) - 1
    hosts[load.host] = left > 0 ? left : nil
  }
}

/// What is to be done when, the earliest first: a binary heap.
struct Wheel<Item: Sendable>: Sendable {
  private var heap: [(at: Int64, item: Item)] = []

  var first: Int64? { heap.first?.at }
  var count: Int { heap.count }

  mutating func add(_ item: Item, at moment: Int64) {
    heap.append((moment, item))
    var child = heap.count - 1
    while child > 0, heap[(child - 1) / 2].at > heap[child].at {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the earliest when its time has come.
  mutating func take(until moment: Int64) -> Item? {
    guard let top = heap.first, top.at <= moment else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        let (left, right) = (2 * parent + 1, 2 * parent + 2)
        var least = parent
        if left < heap.count, heap[left].at < heap[least].at { least = left }
        if right < heap.count, heap[right].at < heap[least].at { least = right }
        if least == parent { break }
        heap.swapAt(parent, least)
        parent = least
      }
    }
    return top.item
  }
}
