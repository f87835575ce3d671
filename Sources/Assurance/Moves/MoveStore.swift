import Storage

extension ReadTx {
  func moveCounts() throws -> MoveCounts {
    try first(
      """
      SELECT (SELECT COUNT(*) FROM person WHERE facility_id = \(facility)),
        (SELECT COUNT(*) FROM evidence_file WHERE facility_id = \(facility))
      """
    ) { MoveCounts(entries: try ledgerHead().sequence, people: try $0.int(0), files: try $0.int(1)) }
      ?? MoveCounts(entries: 0, people: 0, files: 0)
  }
}
