public import Kernel
import Storage
public import Web

/// Terminals that several people use in turn: the screen locks soon, keeps what was typed, and the next person comes in at once.
public enum SharedTerminals {
  public static let feature: Feature = {
    var feature = Feature("shared-terminals")
    feature.migrations = migrations
    feature.catalogs = [TerminalWords.catalog]
    feature.grants = [.administrator: [.terminalsManage]]
    feature.routes = addRoutes
    return feature
  }()

  /// Makes the browser that asks a terminal. Gives the secret by which it is known again.
  ///
  /// - Throws: ``SharedTerminalRefusal``.
  static func add(_ form: FormValues, session: String, in scope: Scope) async throws -> String {
    let terminal = try SharedTerminal(
      id: scope.newID(), facility: scope.facility, name: form["name"], minutes: form["minutes"],
      createdAt: scope.now)
    let device = Secret.token()
    try await scope.write { tx in
      try tx.insert(terminal, device: device)
      try tx.housekeeping.placeSession(Secret.hash(session), on: terminal, now: scope.now)
      try tx.housekeeping.placeBreakGlass(Secret.hash(session), on: terminal, now: scope.now)
    }
    return device
  }

  static func change(_ id: SharedTerminalID, _ form: FormValues, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let before = try tx.sharedTerminal(id) else { throw SharedTerminalRefusal.notHere }
      guard "\(before.version)" == form["version"] else { throw Stale() }
      let after = try SharedTerminal(
        id: id, facility: before.facility, name: form["name"], minutes: form["minutes"],
        createdAt: before.createdAt)
      try tx.replace(before, with: after)
    }
  }

  /// The terminal is one no more, and every session on it is over.
  static func revoke(_ id: SharedTerminalID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let terminal = try tx.sharedTerminal(id) else { throw SharedTerminalRefusal.notHere }
      try tx.revoke(terminal)
      for use in try tx.breakGlassUses(on: terminal, now: scope.now) { try tx.end(use) }
    }
  }

  /// Locks the session of a browser, and keeps what stood in its page.
  static func lock(_ page: KeptInput.Page?, _ request: WebRequest) async throws {
    let hash = Secret.hash(request.token)
    let isEmergency = BreakGlassToken.isOne(request.token)
    let installation = Installation(request.database)
    let before = try await installation.readQueues { try kept(hash, isEmergency, $0) }
    try await installation.keep(now: request.now) { tx in
      if let page { try keep(before.adding(page), in: hash, isEmergency, tx) }
      if isEmergency {
        try tx.lockBreakGlass(hash, now: request.now)
      } else {
        try tx.lockSession(hash, now: request.now)
      }
    }
  }

  /// Of an emergency it is kept with the access: whoever brings the code that opened it is the same person.
  private static func kept(_ hash: String, _ isEmergency: Bool, _ tx: ReadTx) throws -> KeptInput {
    try isEmergency ? tx.emergencyInput(hash) : tx.keptInput(hash)
  }

  private static func keep(
    _ input: KeptInput, in hash: String, _ isEmergency: Bool, _ tx: HousekeepingTx
  ) throws {
    try isEmergency ? tx.keepEmergency(input, in: hash) : tx.keep(input, in: hash)
  }

  /// What was kept of one page, or what was on its way to be saved; it is kept no longer.
  static func take(where isWanted: (KeptInput.Page) -> Bool, _ request: WebRequest) async throws
    -> KeptInput.Page?
  {
    let hash = Secret.hash(request.token)
    let isEmergency = BreakGlassToken.isOne(request.token)
    let installation = Installation(request.database)
    let before = try await installation.readQueues { try kept(hash, isEmergency, $0) }
    guard let place = before.pages.firstIndex(where: isWanted) else { return nil }
    var after = before
    let page = after.pages.remove(at: place)
    try await installation.keep(now: request.now) { [after] in
      try keep(after, in: hash, isEmergency, $0)
    }
    return page
  }

  /// The terminal from which someone comes in; nil for every other browser.
  static func terminal(of caller: Caller, _ database: Database) async throws -> SharedTerminal? {
    guard let device = caller.terminal else { return nil }
    return try await Installation(database).readQueues { try $0.sharedTerminal(device: device) }
  }

  /// The terminal from which someone asks, and who waits on it.
  static func here(_ request: WebRequest) async throws -> TerminalDoor? {
    guard let device = request.terminalToken else { return nil }
    return try await Installation(request.database).readQueues { tx in
      guard let terminal = try tx.sharedTerminal(device: device) else { return nil }
      return TerminalDoor(terminal: terminal, waiting: try tx.waiting(on: terminal, now: request.now))
    }
  }
}

/// A terminal at its sign-in page.
struct TerminalDoor: Sendable {
  let terminal: SharedTerminal
  /// Names of people whose screens are locked there.
  let waiting: [String]
}

extension Permission {
  /// Which browsers are shared terminals.
  public static let terminalsManage = Permission("terminals.manage")
}
