import Kernel
import Web

/// From where someone tries to sign in.
struct Caller: Sendable {
  /// IPv4 as it is; IPv6 without its last 64 bits, of which one subscriber has all.
  let network: String
  /// The secret of a browser's cookie; nil at its first visit.
  let browser: String?
  let agent: String
  let address: String
  let now: Instant
  /// The secret of a shared terminal's cookie; nil in every other browser.
  let terminal: String?

  init(_ request: WebRequest) {
    self.init(
      address: request.address, browser: request.browserToken, agent: request.userAgent, now: request.now,
      terminal: request.terminalToken)
  }

  init(address: String, browser: String?, agent: String, now: Instant, terminal: String? = nil) {
    self.terminal = terminal
    (self.address, self.browser, self.agent, self.now) = (address, browser, agent, now)
    network = Sender.network(of: address)
  }
}

/// One count of failed attempts, and when it begins to make people wait.
///
/// Counts are kept by hashes, so that names that do not exist are counted like those that do.
struct AttemptCount: Sendable, Equatable {
  let key: String
  /// Attempts without a wait after them.
  let free: Int
  /// After so long without an attempt, all is forgotten.
  let forgottenAfterMs: Int64
  let isOfAddress: Bool
  /// The wait that follows when it does not grow.
  private var fixedSeconds: Int64?

  /// The seconds of waiting after the attempt that follows `failures` others: none while it is free, then 30 s, 1 min … 15 min.
  func waitSeconds(after failures: Int) -> Int64 {
    failures < free ? 0 : fixedSeconds ?? min(900, 30 << Int64(min(failures - free, 5)))
  }

  /// The counts of an attempt at a password.
  ///
  /// - Parameter isKnown: whether this browser has been signed in to this account before. It has a count of its own, so that
  ///   nobody else's attempts, not even those behind the same proxy, keep its person waiting.
  static func ofPassword(_ login: String, _ caller: Caller, isKnown: Bool) -> [AttemptCount] {
    if isKnown, let browser = caller.browser {
      return [AttemptCount("browser", login, browser, free: 4, minutes: 24 * 60)]
    }
    return [
      // Always first: an address that must wait then adds no rows for ever new names.
      AttemptCount("address", caller.network, "", free: 50, minutes: 60),
      AttemptCount("name", login, caller.network, free: 4, minutes: 24 * 60),
    ]
  }

  /// The counts of an attempt at a code, after a right password: the same, and one for all addresses together, because a
  /// code is short.
  static func ofCode(_ login: String, _ caller: Caller, isKnown: Bool) -> [AttemptCount] {
    let all = ofPassword(login, caller, isKnown: isKnown)
    return isKnown ? all : all + [AttemptCount("code", login, "", free: 20, minutes: 24 * 60)]
  }

  /// The counts of an attempt with a passkey. It never keeps an account waiting, and nobody's password: signatures cannot be
  /// guessed. Only new browsers of a network from which very many come wait, and only with passkeys.
  static func ofPasskey(_ caller: Caller, isKnown: Bool) -> [AttemptCount] {
    isKnown ? [] : [AttemptCount("passkey", caller.network, "", free: 200, minutes: 60)]
  }

  /// The counts of an attempt with a sealed code. Its 79 bits cannot be guessed; what waits is the browser or the network that
  /// tries again and again, never a facility: a browser in which anyone has been signed in has a count of its own.
  static func ofSealedCode(_ caller: Caller, isKnown: Bool) -> [AttemptCount] {
    if isKnown, let browser = caller.browser {
      return [AttemptCount("sealed", "browser", browser, free: 4, minutes: 24 * 60)]
    }
    return [AttemptCount("sealed", "network", caller.network, free: 9, minutes: 60)]
  }

  /// The count of wrong passwords of one person that went on to the facility's directory, from everywhere: it waits for as long
  /// as the directory remembers, so that the directory's own limit is never reached by what is typed here.
  ///
  /// - Parameter isKnown: whether the browser is one of that person's; those have a count of their own.
  static func ofDirectory(_ person: String, isKnown: Bool, most: Int, minutes: Int64) -> AttemptCount {
    var count = AttemptCount(
      "directory", person, isKnown ? "known" : "", free: most - 1, minutes: Int64(minutes))
    count.fixedSeconds = minutes * 60
    return count
  }

  /// The counts of setting out to a provider: only so that nobody fills the list of those under way.
  static func ofSignOn(_ caller: Caller) -> [AttemptCount] {
    [AttemptCount("signon", caller.network, "", free: 300, minutes: 10)]
  }

  /// The counts of tokens of programs that are not good, or not any more. A good one is never counted, and never waits.
  static func ofToken(_ caller: Caller) -> [AttemptCount] {
    [AttemptCount("token", caller.network, "", free: 20, minutes: 60)]
  }

  private init(_ kind: StaticString, _ first: String, _ second: String, free: Int, minutes: Int64) {
    key = Secret.hash("attempt:\(kind):\(first):\(second)")
    self.free = free
    isOfAddress = ["address", "passkey", "signon", "token"].contains(kind.description)
    forgottenAfterMs = minutes * 60_000
  }
}

/// What a browser says of itself, in the two words that people know.
struct BrowserName: Sendable, Equatable {
  let browser: String?
  let system: String?

  /// From the `User-Agent`; order matters, because each names the ones before it too.
  init(agent: String) {
    func first(_ names: [(mark: String, name: String)]) -> String? {
      names.first { agent.contains($0.mark) }?.name
    }
    browser = first([
      ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
      ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ])
    system = first([
      ("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"),
      ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ])
  }

  /// `Edge (Windows)`; nil when neither is known.
  var text: String? {
    guard let browser else { return system }
    return system.map { "\(browser) (\($0))" } ?? browser
  }
}
