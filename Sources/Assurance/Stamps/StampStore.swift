import Kernel
import Storage
import Web

extension Stamps {
  static let migrations = [
    Migration(
      "20261123-t2-stamp-authority",
      [
        """
        CREATE TABLE stamp_authority (
          facility_id TEXT NOT NULL PRIMARY KEY REFERENCES facility (id), url TEXT NOT NULL,
          certificate TEXT NOT NULL, name TEXT NOT NULL, until_ms BIGINT NOT NULL, version BIGINT NOT NULL,
          problem TEXT, problem_json TEXT, failed_at_ms BIGINT, failures BIGINT NOT NULL DEFAULT 0
        )
        """
      ] + Migration.confine("stamp_authority"))
  ]
}

extension ReadTx {
  func stampAuthority() throws -> StampAuthority? {
    try first(
      """
      SELECT url, certificate, name, until_ms, version, problem, problem_json, failed_at_ms, failures
      FROM stamp_authority WHERE facility_id = \(facility)
      """
    ) { row in
      var failure: StampAuthority.Failure?
      if let code = try row.optionalText(5), let at = try row.optionalInstant(7) {
        let arguments: [String]? = try row.optionalText(6).map { try ColumnJSON.read($0) }
        failure = StampAuthority.Failure(
          code: code, arguments: arguments ?? [], at: at, times: try row.int(8))
      }
      return StampAuthority(
        url: try row.text(0), certificate: try row.text(1), name: try row.text(2),
        validUntil: try row.instant(3), version: try row.int(4), failure: failure)
    }
  }
}

extension WriteTx {
  func replace(_ before: StampAuthority?, with after: StampAuthority) throws {
    let change = Change(
      "ledger.authority", of: "stamp-authority:\(facility)", from: before?.facts, to: after.facts)
    guard let before else {
      return try apply(
        """
        INSERT INTO stamp_authority (facility_id, url, certificate, name, until_ms, version)
        VALUES (\(facility), \(after.url), \(after.certificate), \(after.name), \(after.validUntil), \(after.version))
        ON CONFLICT (facility_id) DO NOTHING
        """, recording: change)
    }
    try apply(
      """
      UPDATE stamp_authority SET url = \(after.url), certificate = \(after.certificate), name = \(after.name),
        until_ms = \(after.validUntil), version = \(after.version), problem = NULL, problem_json = NULL,
        failed_at_ms = NULL, failures = 0
      WHERE facility_id = \(facility) AND version = \(before.version)
      """, recording: change)
  }

  func remove(_ before: StampAuthority) throws {
    try apply(
      "DELETE FROM stamp_authority WHERE facility_id = \(facility) AND version = \(before.version)",
      recording: Change(
        "ledger.authority-remove", of: "stamp-authority:\(facility)", from: before.facts,
        to: [String: String]?.none))
  }

  /// Keeps in mind why there is no stamp; nil when there is one again.
  func note(_ problem: (any Problem)?) throws {
    guard let problem else {
      try housekeeping.run(
        """
        UPDATE stamp_authority SET problem = NULL, problem_json = NULL, failed_at_ms = NULL, failures = 0
        WHERE facility_id = \(facility)
        """)
      return
    }
    let arguments = try ColumnJSON.text(problem.arguments)
    try housekeeping.run(
      """
      UPDATE stamp_authority SET problem = \(problem.code), problem_json = \(arguments),
        failed_at_ms = \(scope.now), failures = failures + 1
      WHERE facility_id = \(facility)
      """)
  }
}
