import Kernel
import Storage

extension ReadTx {
  /// The link of a token's hash, whichever facility it belongs to; for a wide read.
  func link(_ hash: String) throws -> SheetLink? {
    // The hash is all that a stranger brings: which facility it belongs to is the answer.
    try first(
      """
      SELECT facility_id, request_id, made_at_ms, expires_on, pin_hash, locked_until_ms, ending
      FROM sheet_link WHERE token_hash = \(hash)
      """,
      SheetLink.init(row:))
  }

  /// The sheets that a browser has opened, with what its links are worth now; for a wide read.
  func sheets(ofBrowser hash: String) throws -> [(guest: Guest, link: SheetLink)] {
    try all(
      """
      SELECT l.facility_id, l.request_id, l.made_at_ms, l.expires_on, l.pin_hash, l.locked_until_ms, l.ending, b.name,
        f.editions
      FROM sheet_browser b JOIN sheet_link l ON l.facility_id = b.facility_id AND l.token_hash = b.link_hash
        JOIN facility f ON f.id = l.facility_id
      WHERE b.browser_hash = \(hash)
      """
    ) { row in
      let link = try SheetLink(row: row)
      let guest = Guest(
        facility: link.facility, request: link.request, name: try row.text(7), browser: hash,
        editions: try row.int(8))
      return (guest, link)
    }
  }

  /// What ``sheets(ofBrowser:)`` gives, with the requests and the names of those who ask; for a wide read.
  func openedSheets(ofBrowser hash: String) throws -> [OpenedSheet] {
    let sheets = try sheets(ofBrowser: hash)
    let requests = try all(
      """
      SELECT r.id, r.vendor_id, r.vendor_name, r.system_id, r.system_name, r.kind, r.pack, r.form, r.due_on, r.message,
        r.asked_by, r.state, r.handed_in_at_ms, r.handed_in_by, r.version, f.name
      FROM sheet_browser b JOIN sheet_request r ON r.facility_id = b.facility_id AND r.id = b.request_id
        JOIN facility f ON f.id = r.facility_id
      WHERE b.browser_hash = \(hash)
      ORDER BY f.name, r.due_on, r.id
      """
    ) { (try SheetRequest(row: $0), try $0.text(15)) }
    return requests.compactMap { request, facility in
      sheets.first { $0.guest.request == request.id }.map {
        OpenedSheet(guest: $0.guest, link: $0.link, request: request, facility: facility)
      }
    }
  }

  /// The link of a request that has not been replaced or revoked; it may have expired.
  func standingLink(of request: SheetRequest.ID) throws -> SheetLink? {
    try first(
      """
      SELECT facility_id, request_id, made_at_ms, expires_on, pin_hash, locked_until_ms, ending
      FROM sheet_link WHERE facility_id = \(facility) AND request_id = \(request) AND ending IS NULL
      """,
      SheetLink.init(row:))
  }

  /// The browsers that have opened a request, the first to come first.
  func browsers(of request: SheetRequest.ID) throws -> [SheetBrowser] {
    try all(
      """
      SELECT name, first_ms, last_ms FROM sheet_browser
      WHERE facility_id = \(facility) AND request_id = \(request) ORDER BY first_ms, browser_hash
      """
    ) { SheetBrowser(name: try $0.text(0), first: try $0.instant(1), last: try $0.instant(2)) }
  }
}

extension WriteTx {
  /// Makes `hash` the one link of `request`; an earlier one is worth nothing from now on.
  func putLink(_ hash: String, of request: SheetRequest, expiresOn: Day, pinHash: String?) throws {
    try endLinks(of: request.id, .replaced)
    try apply(
      """
      INSERT INTO sheet_link (facility_id, token_hash, request_id, made_at_ms, expires_on, pin_hash, failures,
        locked_until_ms)
      VALUES (\(facility), \(hash), \(request.id), \(scope.now), \(expiresOn), \(pinHash), 0, 0)
      """,
      recording: Change(
        "request.link", of: request.subject,
        to: ["expires_on": expiresOn.description, "pin": pinHash == nil ? "no" : "yes"]))
  }

  /// Ends the standing link, if any; older ones tell what ended this one too. Its record is that of what ended it.
  func endLinks(of request: SheetRequest.ID, _ ending: SheetLink.Ending) throws {
    try housekeeping.run(
      """
      UPDATE sheet_link SET ending = \(ending.rawValue)
      WHERE facility_id = \(facility) AND request_id = \(request)
      """)
  }

  /// Lets a browser in, under a name; a second opening only renews it.
  func admit(_ guest: Guest, link: String) throws {
    try apply(
      """
      INSERT INTO sheet_browser (facility_id, request_id, browser_hash, link_hash, name, first_ms, last_ms)
      VALUES (\(facility), \(guest.request), \(guest.browser), \(link), \(guest.name), \(scope.now), \(scope.now))
      ON CONFLICT (facility_id, request_id, browser_hash) DO UPDATE SET link_hash = excluded.link_hash,
        name = excluded.name, last_ms = excluded.last_ms
      """,
      recording: Change("request.open", of: "request:\(guest.request)", to: ["name": guest.name]))
  }

  /// Notes that a guest is at work.
  func touch(_ guest: Guest) throws {
    try housekeeping.run(
      """
      UPDATE sheet_browser SET last_ms = \(scope.now)
      WHERE facility_id = \(facility) AND request_id = \(guest.request) AND browser_hash = \(guest.browser)
      """)
  }
}

extension HousekeepingTx {
  /// Counts an attempt at a link's number before the number is looked at, so that many at once cannot pass together.
  ///
  /// From the third in a row without success the next has to wait: 1 min, doubling to 1 h. Gives the end of the wait
  /// when there is one, and then counts nothing; and how many attempts there have been.
  func takePinAttempt(_ hash: String, now: Instant) throws -> (wait: Instant?, failures: Int) {
    let found = try first(
      """
      SELECT failures, locked_until_ms FROM sheet_link
      WHERE token_hash = \(hash) \(sqlite: "", postgres: "FOR UPDATE")
      """
    ) { (try $0.int(0), try $0.instant(1)) }
    guard let (failures, until) = found else { return (nil, 0) }
    if until > now { return (until, failures) }
    let seconds: Int64 = failures < 2 ? 0 : 60 << Int64(min(failures - 2, 6))
    let wait = now.adding(milliseconds: min(seconds, 3600) * 1000)
    try run(
      """
      UPDATE sheet_link SET failures = failures + 1, locked_until_ms = \(wait) WHERE token_hash = \(hash)
      """)
    return (nil, failures + 1)
  }

  func forgetPinAttempts(_ hash: String) throws {
    try run("UPDATE sheet_link SET failures = 0, locked_until_ms = 0 WHERE token_hash = \(hash)")
  }
}

extension SheetLink {
  fileprivate init(row: Row) throws {
    self.init(
      facility: try row.id(0), request: try row.id(1), madeAt: try row.instant(2), expiresOn: try row.day(3),
      pinHash: try row.optionalText(4), lockedUntil: try row.instant(5),
      ending: try row.optionalText(6).flatMap(Ending.init(rawValue:)))
  }
}

extension Requests {
  static let migrations = [
    Migration(
      "20261121-h8-requests",
      [
        // The vendor's and the system's names are kept as they stood: a sheet stays readable when the register moves on.
        """
        CREATE TABLE sheet_request (
          facility_id TEXT NOT NULL REFERENCES facility (id), id TEXT NOT NULL, batch TEXT NOT NULL,
          vendor_id TEXT NOT NULL, vendor_name TEXT NOT NULL, system_id TEXT, system_name TEXT,
          kind TEXT NOT NULL
            CHECK (kind IN ('vendor-checklist', 'service-disclosure', 'role-split', 'disclosure-file')),
          pack TEXT, form TEXT, due_on TEXT NOT NULL, message TEXT NOT NULL, asked_by TEXT,
          state TEXT NOT NULL CHECK (state IN
            ('draft', 'sent', 'opened', 'answering', 'handed-in', 'returned', 'closed', 'revoked')),
          handed_in_at_ms BIGINT, handed_in_by TEXT, version BIGINT NOT NULL, PRIMARY KEY (facility_id, id),
          FOREIGN KEY (facility_id, asked_by) REFERENCES person (facility_id, id)
        )
        """,
        "CREATE INDEX sheet_request_by_state ON sheet_request (facility_id, state, due_on)",
        "CREATE INDEX sheet_request_by_vendor ON sheet_request (facility_id, vendor_id, due_on)",
        """
        CREATE TABLE sheet_answer (
          facility_id TEXT NOT NULL, request_id TEXT NOT NULL, item TEXT NOT NULL,
          value TEXT CHECK (value IN ('yes', 'no', 'na')), checked_on TEXT, target_on TEXT, note TEXT NOT NULL,
          by_name TEXT NOT NULL, at_ms BIGINT NOT NULL,
          source TEXT NOT NULL CHECK (source IN ('link', 'workbook', 'paper', 'release')), version BIGINT NOT NULL,
          PRIMARY KEY (facility_id, request_id, item),
          FOREIGN KEY (facility_id, request_id) REFERENCES sheet_request (facility_id, id)
        )
        """,
        """
        CREATE TABLE sheet_remark (
          facility_id TEXT NOT NULL, request_id TEXT NOT NULL, item TEXT NOT NULL, text TEXT NOT NULL,
          by_name TEXT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (facility_id, request_id, item),
          FOREIGN KEY (facility_id, request_id) REFERENCES sheet_request (facility_id, id)
        )
        """,
        """
        CREATE TABLE sheet_link (
          facility_id TEXT NOT NULL, token_hash TEXT NOT NULL, request_id TEXT NOT NULL, made_at_ms BIGINT NOT NULL,
          expires_on TEXT NOT NULL, pin_hash TEXT, failures BIGINT NOT NULL, locked_until_ms BIGINT NOT NULL,
          ending TEXT CHECK (ending IN ('replaced', 'revoked')), PRIMARY KEY (facility_id, token_hash),
          FOREIGN KEY (facility_id, request_id) REFERENCES sheet_request (facility_id, id)
        )
        """,
        "CREATE INDEX sheet_link_by_token ON sheet_link (token_hash)",
        "CREATE INDEX sheet_link_by_request ON sheet_link (facility_id, request_id)",
        """
        CREATE TABLE sheet_browser (
          facility_id TEXT NOT NULL, request_id TEXT NOT NULL, browser_hash TEXT NOT NULL, link_hash TEXT NOT NULL,
          name TEXT NOT NULL, first_ms BIGINT NOT NULL, last_ms BIGINT NOT NULL,
          PRIMARY KEY (facility_id, request_id, browser_hash),
          FOREIGN KEY (facility_id, link_hash) REFERENCES sheet_link (facility_id, token_hash)
        )
        """,
        "CREATE INDEX sheet_browser_by_browser ON sheet_browser (browser_hash)",
      ] + Migration.confine("sheet_request", also: Migration.orWide) + Migration.confine("sheet_answer")
        + Migration.confine("sheet_remark") + Migration.confine("sheet_link", also: Migration.orWide)
        + Migration.confine("sheet_browser", also: Migration.orWide))
  ]
}
