import Foundation

/// The program's own source, for tests that read it.
enum Source {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func all(below folder: String = "Sources") throws -> [(path: String, text: String)] {
    let base = root.appendingPathComponent(folder)
    let files = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
    return try files.filter { $0.hasSuffix(".swift") }.sorted().map {
      ($0, try String(contentsOf: base.appendingPathComponent($0), encoding: .utf8))
    }
  }

  /// Every table whose rows belong to a facility, from the statements that create them.
  static func facilityTables() throws -> Set<String> {
    try all().reduce(into: Set<String>()) { tables, source in
      let created = source.text.matches(of: #/CREATE TABLE ([a-z_]+) \(\s*facility_id /#)
      tables.formUnion(created.map { String($0.1) })
    }
  }
}
