import Frameworks
import Synchronization

/// The libraries that were looked at last, by the SHA-256 of their files. The same bytes are the same library for everyone; who may see
/// it has been decided before.
final class OpenedLibraries: Sendable {
  static let common = OpenedLibraries()
  /// The largest takes about 12 MB.
  private static let kept = 8

  private let entries = Mutex<[(key: String, library: Library)]>([])

  subscript(_ key: String) -> Library? {
    get {
      entries.withLock { entries in
        guard let place = entries.firstIndex(where: { $0.key == key }) else { return nil }
        let entry = entries.remove(at: place)
        entries.append(entry)
        return entry.library
      }
    }
    set {
      guard let newValue else { return }
      entries.withLock { entries in
        entries.removeAll { $0.key == key }
        entries.append((key, newValue))
        if entries.count > OpenedLibraries.kept { entries.removeFirst() }
      }
    }
  }
}
