import Storage

extension ReadTx {
  /// The rows of several sections, in one statement: for each section its own, none for nil.
  func recordRows(_ sections: [SQL?]) throws -> [[RecordRow]] {
    var found = sections.map { _ in [RecordRow]() }
    let reading = sections.indices.filter { sections[$0] != nil }
    if reading.isEmpty { return found }
    let rows = try all(SQL(uniting: sections.compactMap { $0 })) { row in
      (
        section: reading[try row.int(0)],
        row: RecordRow(
          texts: try (1...6).map { try row.optionalText($0) },
          numbers: try (7...9).map { try row.optionalInt($0) })
      )
    }
    for (section, row) in rows { found[section].append(row) }
    return found
  }
}
