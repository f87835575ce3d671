import Kernel
import Web

/// One system cannot work without another.
struct Dependency: Sendable, Equatable {
  let system: Entry.ID
  let needs: Entry.ID
  /// What it needs the other for, 1 to 200 characters; nil when nobody wrote it.
  let why: String?

  /// Why a dependency was turned down.
  enum Refusal: Problem, Equatable {
    case missing
    case notFound(String)
    case ambiguous(String)
    case itself
    case taken(String)
    /// The names of the systems around the ring, the first once more at the end.
    case ring([String])
    case tooLong(most: Int)

    var code: String {
      switch self {
      case .missing: "dependencies.missing"
      case .notFound: "dependencies.notFound"
      case .ambiguous: "dependencies.ambiguous"
      case .itself: "dependencies.itself"
      case .taken: "dependencies.taken"
      case .ring: "dependencies.ring"
      case .tooLong: "dependencies.tooLong"
      }
    }
    var kind: ProblemKind { if case .taken = self { .conflict } else { .invalid } }
    var arguments: [String] {
      switch self {
      case .missing, .itself: []
      case .notFound(let text), .ambiguous(let text), .taken(let text): [text]
      case .ring(let names): [names.joined(separator: " → ")]
      case .tooLong(let most): ["\(most)"]
      }
    }
    var field: String? { if case .tooLong = self { "why" } else { "needs" } }
  }
}

/// Which systems need which.
struct DependencyGraph: Sendable {
  /// A system that stops with another.
  struct Stop: Sendable, Equatable {
    let system: Entry.ID
    /// The system in between, by which the stop reaches it; nil when it needs the one that stopped itself.
    let through: Entry.ID?
  }

  private var needs: [Entry.ID: [Entry.ID]] = [:]
  private var neededBy: [Entry.ID: [Entry.ID]] = [:]

  init(_ dependencies: [Dependency]) {
    for dependency in dependencies {
      needs[dependency.system, default: []].append(dependency.needs)
      neededBy[dependency.needs, default: []].append(dependency.system)
    }
  }

  /// The ring that would close if `system` needed `other`: from `system` around to `system`; nil when none would.
  func ring(ifAdding other: Entry.ID, to system: Entry.ID) -> [Entry.ID]? {
    if system == other { return [system, system] }
    var cameFrom: [Entry.ID: Entry.ID] = [:]
    var queue = [other]
    var next = 0
    while next < queue.count {
      let current = queue[next]
      next += 1
      for needed in needs[current] ?? [] where needed != other && cameFrom[needed] == nil {
        cameFrom[needed] = current
        queue.append(needed)
      }
    }
    guard cameFrom[system] != nil else { return nil }
    var ring = [system]
    while let previous = cameFrom[ring[0]] { ring.insert(previous, at: 0) }
    return [system] + ring
  }

  /// Everything that stops when `system` does, the nearest first.
  func stopping(with system: Entry.ID) -> [Stop] {
    var found: [Stop] = []
    var seen: Set = [system]
    var queue = [system]
    var next = 0
    while next < queue.count {
      let current = queue[next]
      next += 1
      for dependent in neededBy[current] ?? [] where seen.insert(dependent).inserted {
        found.append(Stop(system: dependent, through: current == system ? nil : current))
        queue.append(dependent)
      }
    }
    return found
  }
}
