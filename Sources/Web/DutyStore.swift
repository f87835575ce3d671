import Kernel
import Storage

extension ReadTx {
  /// The duties of all slices that are overdue or due on `day`: one statement, however many slices.
  func dueCount(_ slices: [DueCount], on day: Day) throws -> Int {
    if slices.isEmpty { return 0 }
    let parts = slices.enumerated().map { index, slice -> SQL in
      "SELECT \(index) AS slice, d.* FROM (\(slice.rows(self, day))) d"
    }
    let rows = try all(SQL(joining: parts, by: " UNION ALL ")) { row in
      (
        slice: try row.int(0), number: try row.int(1),
        texts: [try row.text(2), try row.text(3), try row.text(4)]
      )
    }
    return try rows.reduce(0) { sum, row in
      try sum + (slices[row.slice].counts(row.texts) ? row.number : 0)
    }
  }
}
