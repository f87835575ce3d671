public import Kernel
public import Storage

extension DutyList {
  /// How many are overdue or due.
  var count: DueCount {
    DueCount { tx, day in "SELECT COUNT(*), '', '', '' FROM (\(rows(tx, day, day))) d" }
  }
}

extension ReadTx {
  /// The duties of all slices that are overdue or due on `day`: one statement, however many slices.
  func dueCount(_ slices: [DueCount], on day: Day) throws -> Int {
    if slices.isEmpty { return 0 }
    let rows = try all(SQL(uniting: slices.map { $0.rows(self, day) })) { row in
      (
        slice: try row.int(0), number: try row.int(1),
        texts: [try row.text(2), try row.text(3), try row.text(4)]
      )
    }
    return try rows.reduce(0) { sum, row in
      try sum + (slices[row.slice].counts(row.texts) ? row.number : 0)
    }
  }

  /// What several slices ask for until `last`, the earliest first, in one statement.
  public func duties(_ lists: [DutyList], on today: Day, until last: Day, limit: Int) throws -> [Duty] {
    if lists.isEmpty { return [] }
    let united = SQL(uniting: lists.map { $0.rows(self, today, last) })
    return try all(
      "SELECT u.part, u.kind, u.subject, u.title, u.day FROM (\(united)) u ORDER BY u.day, u.title LIMIT \(limit)"
    ) { row in
      try lists[try row.int(0)].duty(
        DutyRow(kind: try row.text(1), subject: try row.text(2), title: try row.text(3), day: try row.day(4)))
    }.compactMap { $0 }
  }
}
