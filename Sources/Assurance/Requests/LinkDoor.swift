import Kernel
import Registers
import Storage
import Synchronization
import Web

/// The way in for vendors: a link, perhaps with a number, then a cookie of this browser.
///
/// Why so: `docs/adr/0019-links-without-accounts.md`.
struct LinkDoor: Sendable {
  let guesses = GuessLimiter()

  /// The link of a token as it came in the address.
  ///
  /// Whatever stands there costs one hash and one look-up, a link or not.
  ///
  /// - Throws: `LinkObstacle`.
  func link(_ token: String, _ request: WebRequest) async throws -> (link: SheetLink, hash: String) {
    let hash = Secret.hash(token)
    let found = try await Installation(request.database).readQueues { try $0.link(hash) }
    guard let found else {
      throw guesses.isTooMany(from: request.address, at: request.now) ? LinkObstacle.tooManyGuesses : .unknown
    }
    if let obstacle = found.obstacle(at: request.now) { throw obstacle }
    return (found, hash)
  }

  /// Lets a person in under the name they give.
  ///
  /// - Returns: the secret for this browser's cookie.
  /// - Throws: `LinkObstacle`, `SheetRequest.Refusal.badName`, `.badPin`; `PinWait` while the link must rest.
  func open(_ token: String, name: String, pin: String, _ request: WebRequest) async throws -> (
    cookie: String, link: SheetLink
  ) {
    let (link, hash) = try await link(token, request)
    guard let name = name.trimmed(to: 1...40), !name.contains("\n") else {
      throw SheetRequest.Refusal.badName
    }
    if let pinHash = link.pinHash { try await check(pin, against: pinHash, hash, link, request) }
    // A cookie that some page of ours did not give is not taken over.
    let known = try await browserToken(request)
    let cookie = known ?? Secret.token()
    let scope = Scope(
      request.database, actor: .link(link.request.text, name: name), facility: link.facility, now: request.now
    )
    try await scope.write { tx in
      guard let sheet = try tx.request(link.request) else { throw LinkObstacle.unknown }
      let guest = Guest(
        facility: link.facility, request: link.request, name: "\(name)(\(sheet.vendorName))",
        browser: Secret.hash(cookie))
      try tx.admit(guest, link: hash)
      if let opened = sheet.opened() { try tx.replace(sheet, with: opened, as: "request.begin") }
    }
    return (cookie, link)
  }

  private func browserToken(_ request: WebRequest) async throws -> String? {
    guard let token = request.linkToken, token.utf8.count == 64 else { return nil }
    let hash = Secret.hash(token)
    let known = try await Installation(request.database).readQueues { try $0.sheets(ofBrowser: hash) }
    return known.isEmpty ? nil : token
  }

  private func check(
    _ pin: String, against pinHash: String, _ hash: String, _ link: SheetLink, _ request: WebRequest
  ) async throws {
    let installation = Installation(request.database)
    let now = request.now
    let attempt = try await installation.keep(now: now) { try $0.takePinAttempt(hash, now: now) }
    if let until = attempt.wait { throw PinWait(until: until, now: now) }
    let digits = pin.halfWidth.filter { !$0.isWhitespace && $0 != "-" }
    guard await Accounts.matches(digits, pinHash) else {
      if attempt.failures == 5 { try await tellHospital(link, request) }
      throw SheetRequest.Refusal.badPin
    }
    try await installation.keep(now: now) { try $0.forgetPinAttempts(hash) }
  }

  private func tellHospital(_ link: SheetLink, _ request: WebRequest) async throws {
    let scope = Scope(
      request.database, actor: .system("link"), facility: link.facility, now: request.now)
    try await scope.write { tx in
      guard let sheet = try tx.request(link.request), let person = sheet.askedBy else { return }
      try tx.housekeeping.post(
        Message(
          cause: "\(sheet.subject):pin", recipient: person, step: Int(request.now.day.daysSince1970),
          key: "requests.pinTrouble", arguments: [sheet.vendorName], link: "/requests/\(sheet.id)"))
    }
  }

  /// Who stands behind the cookie at one sheet.
  ///
  /// - Throws: `LinkObstacle`.
  func guest(_ request: WebRequest, at id: SheetRequest.ID) async throws -> Guest {
    let sheets = try await sheets(request).filter { $0.guest.request == id }
    guard let found = sheets.first else { throw LinkObstacle.notOpened }
    if let obstacle = found.link.obstacle(at: request.now) { throw obstacle }
    return found.guest
  }

  /// Whether a browser may send files: only where the sheet of the address stands open.
  func admits(_ request: WebRequest) async throws -> Bool {
    do { return try await guest(request, at: try request.id()).request == request.id() } catch is LinkObstacle
    {
      return false
    }
  }

  /// Every sheet that this browser has opened, whatever its link is worth now.
  func sheets(_ request: WebRequest) async throws -> [(guest: Guest, link: SheetLink)] {
    guard let token = request.linkToken, token.utf8.count == 64 else { return [] }
    let hash = Secret.hash(token)
    return try await Installation(request.database).readQueues { try $0.sheets(ofBrowser: hash) }
  }
}

extension Guest {
  /// What a guest may read and write: one facility's tables, without any permission. The routes of the vendor's pages
  /// hand it only the guest's own sheet.
  func scope(_ request: WebRequest) -> Scope {
    Scope(
      request.database, actor: .link(self.request.text, name: name), facility: facility, now: request.now,
      editions: editions)
  }
}

/// A link whose number has been mistyped too often must rest.
struct PinWait: Problem {
  let minutes: Int

  init(until: Instant, now: Instant) {
    minutes = Int((until.milliseconds - now.milliseconds + 59_999) / 60_000)
  }

  var code: String { "requests.pinWait" }
  var kind: ProblemKind { .tooMany }
  var arguments: [String] { ["\(minutes)"] }
  var field: String? { "pin" }
  var waitSeconds: Int? { minutes * 60 }
}

/// Counts links that nobody has, by address: twenty in ten minutes, then the answer is to wait.
///
/// A real link always opens, or one guesser behind a proxy would shut out every vendor behind it. In memory, since the
/// token has 256 bits: this spares work and shows scanners the door, it is not what keeps a link secret.
final class GuessLimiter: Sendable {
  static let limit = 20
  static let windowMs: Int64 = 600_000
  /// Addresses remembered at a time, so that memory stays bounded.
  private static let mostAddresses = 10_000

  private let counts = Mutex<[String: (since: Instant, count: Int)]>([:])

  func isTooMany(from address: String, at now: Instant) -> Bool {
    // An IPv6 customer has at least a /64.
    let key = address.contains(":") ? address.split(separator: ":").prefix(4).joined(separator: ":") : address
    return counts.withLock { counts in
      if counts.count >= Self.mostAddresses { counts.removeAll() }
      var entry = counts[key] ?? (now, 0)
      if entry.since.adding(milliseconds: Self.windowMs) <= now { entry = (now, 0) }
      entry.count += 1
      counts[key] = entry
      return entry.count > Self.limit
    }
  }
}
