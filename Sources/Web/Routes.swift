import Foundation
public import Kernel
public import Storage

/// Who may come in.
public enum Access: Sendable, Equatable {
  /// Anyone, signed in or not; every such route is listed in the guard tests.
  case open
  /// Anyone who is signed in.
  case signedIn
  case needs(Permission)
}

/// One way in.
public struct Route: Sendable {
  public let method: String
  public let path: String
  public let access: Access
  let bodyLimit: Int
  /// Whether only someone comes in who has just proved who they are; what is done through it is marked.
  public var isPrivileged = false
  /// What someone sees who opens it, as the ledger names it; nil for what is not recorded. See ``Routes/showSensitive(_:)``.
  var sensitive: (@Sendable (WebRequest) -> String?)?
  public var isSensitive: Bool { sensitive != nil }
  /// Whether a program with a token may come here too; see ``Routes/openToTokens()``.
  public internal(set) var isOpenToTokens = false
  /// Whether what lies below is listed here, although the address has a parameter; see ``Routes/listEntries()``.
  var isList = false
  /// False for what must answer without the database and says the same to everyone.
  let looksForVisitor: Bool
  /// Whether programs come this way, which have no cookie and no form: who they are stands in the address.
  var isForMachines = false
  /// Whether someone who is not signed in may send as much as those who are; asked before the body is read.
  var admits: (@Sendable (WebRequest) async throws -> Bool)?
  let handler: @Sendable (WebRequest) async throws -> Reply
}

/// The routes of a slice.
public struct Routes: Sendable {
  public private(set) var all: [Route] = []

  public init() {}

  public mutating func get(
    _ path: String, _ access: Access, _ handler: @escaping @Sendable (WebRequest) async throws -> Reply
  ) {
    all.append(
      Route(method: "GET", path: path, access: access, bodyLimit: 0, looksForVisitor: true, handler: handler))
  }

  /// Open to anyone, without asking the database who it is.
  public mutating func getByAnyone(
    _ path: String, _ handler: @escaping @Sendable (WebRequest) async throws -> Reply
  ) {
    all.append(
      Route(method: "GET", path: path, access: .open, bodyLimit: 0, looksForVisitor: false, handler: handler))
  }

  /// GET and POST by programs that know a secret address. Nobody is looked for, no form token is asked for, and of a long body
  /// only the last `keeping` bytes are read.
  public mutating func receive(
    _ path: String, keeping: Int, _ handler: @escaping @Sendable (WebRequest) async throws -> Reply
  ) {
    for method in ["GET", "POST"] {
      var route = Route(
        method: method, path: path, access: .open, bodyLimit: method == "GET" ? 0 : keeping,
        looksForVisitor: false, handler: handler)
      route.isForMachines = true
      all.append(route)
    }
  }

  public mutating func post(
    _ path: String, _ access: Access, bodyLimit: Int = 1 << 20,
    _ handler: @escaping @Sendable (WebRequest) async throws -> Reply
  ) {
    all.append(
      Route(
        method: "POST", path: path, access: access, bodyLimit: bodyLimit, looksForVisitor: true,
        handler: handler))
  }

  /// Open to anyone, but files only from those whom `admits` knows.
  public mutating func post(
    _ path: String, bodyLimit: Int, admitting admits: @escaping @Sendable (WebRequest) async throws -> Bool,
    _ handler: @escaping @Sendable (WebRequest) async throws -> Reply
  ) {
    all.append(
      Route(
        method: "POST", path: path, access: .open, bodyLimit: bodyLimit, looksForVisitor: true,
        admits: admits,
        handler: handler))
  }

  /// The way added last shows what a facility may want to know of who has looked at it: contracts, weaknesses.
  ///
  /// - Parameter subject: what is shown, as the ledger names it; nil when this request shows nothing of the kind.
  public mutating func showSensitive(_ subject: @escaping @Sendable (WebRequest) -> String?) {
    all[all.count - 1].sensitive = subject
  }

  /// The way added last lists what lies below its address: whoever looks there for something that is gone is sent back here.
  public mutating func listEntries() { all[all.count - 1].isList = true }

  /// The way added last answers programs that bring a token instead of a session: data in and out, no pages.
  ///
  /// Nothing that sets up accounts may be opened so. Every such way has the letter T in `access.tsv`.
  public mutating func openToTokens() { all[all.count - 1].isOpenToTokens = true }

  /// - Parameter isPrivileged: see ``Route/isPrivileged``; forms that lead to such a route are so too, that nobody fills one in
  ///   for nothing.
  public mutating func get(
    _ path: String, needs permission: Permission, isPrivileged: Bool = false,
    _ handler: @escaping @Sendable (WebRequest, Scope) async throws -> Reply
  ) {
    get(path, .needs(permission)) { try await handler($0, try $0.scope()) }
    all[all.count - 1].isPrivileged = isPrivileged
  }

  public mutating func post(
    _ path: String, needs permission: Permission, bodyLimit: Int = 1 << 20, isPrivileged: Bool = false,
    _ handler: @escaping @Sendable (WebRequest, Scope) async throws -> Reply
  ) {
    post(path, .needs(permission), bodyLimit: bodyLimit) { try await handler($0, try $0.scope()) }
    all[all.count - 1].isPrivileged = isPrivileged
  }
}

/// What a handler answers.
public struct Reply: Sendable {
  public enum Body: Sendable {
    case page(Page)
    case bytes([UInt8], type: String)
    /// Bytes that are made while they are sent, for what may be longer than memory. What fails on the way ends the answer early.
    case stream(type: String, @Sendable (_ take: ([UInt8]) async throws -> Void) async throws -> Void)
    case none
  }

  public var status: Int
  public var body: Body
  public var headers: [(String, String)] = []

  var isPage: Bool { if case .page = body { true } else { false } }

  public static func page(_ page: Page, status: Int = 200) -> Reply {
    Reply(status: status, body: .page(page))
  }

  /// See other, so that a reload does not send the form again. `path` is one of ours, never one from the request unchecked.
  public static func redirect(to path: String) -> Reply {
    Reply(status: 303, body: .none, headers: [("Location", path)])
  }

  /// A file to keep. `name` may be Japanese (RFC 6266).
  public static func file(_ bytes: [UInt8], type: String, name: String, inline: Bool = false) -> Reply {
    let disposition = "\(inline ? "inline" : "attachment"); filename*=UTF-8''\(urlEncoded(name))"
    return Reply(
      status: 200, body: .bytes(bytes, type: type), headers: [("Content-Disposition", disposition)])
  }

  /// A file to keep that is made while it is sent. `name` is plain ASCII.
  public static func download(
    type: String, name: String,
    _ make: @escaping @Sendable (_ take: ([UInt8]) async throws -> Void) async throws -> Void
  ) -> Reply {
    Reply(
      status: 200, body: .stream(type: type, make),
      headers: [("Content-Disposition", "attachment; filename=\"\(name)\"")])
  }

  public static func json(_ value: some Encodable, status: Int = 200, type: String = "application/json")
    throws -> Reply
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Reply(status: status, body: .bytes([UInt8](try encoder.encode(value)), type: type))
  }

  public static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8")
    -> Reply
  {
    Reply(status: status, body: .bytes(Array(text.utf8), type: type))
  }

  public func with(_ header: String, _ value: String) -> Reply {
    var reply = self
    reply.headers.append((header, value))
    return reply
  }

  /// Sets the session's cookie; `secure` when the request came over TLS.
  public func cookie(_ name: String, _ value: String, maxAge: Int, path: String = "/", secure: Bool) -> Reply
  {
    with(
      "Set-Cookie",
      "\(name)=\(value); Path=\(path); HttpOnly; SameSite=Lax; Max-Age=\(maxAge)\(secure ? "; Secure" : "")")
  }
}

/// One capability: everything that the program must know of a slice.
public struct Feature: Sendable {
  public let name: String
  public var migrations: [Migration] = []
  public var catalogs: [Catalog] = []
  public var grants: [Role: Set<Permission>] = [:]
  public var menu: [MenuEntry] = []
  public var routes: @Sendable (inout Routes) -> Void = { _ in }
  /// What to do with due rows of a kind, in a scope of the system for the row's facility.
  public var due: [String: @Sendable (DueRow, Scope) async throws -> Void] = [:]
  /// Kinds of ``due`` for which somebody waits: they are worked off beside the others, and never behind a backup.
  public var promptKinds: Set<String> = []
  /// Looked after before a request of someone signed in is answered: what must be known where nothing can be waited for.
  public var prepare: (@Sendable (Scope) async throws -> Void)?
  /// Duties that are overdue or due today, for the number beside 今日.
  public var dutiesToday: DueCount?
  /// The same with its list, for slices whose duties the first page does not know otherwise.
  public var duties: DutyList?
  /// What the slice's records are called where they are the ground of an answer: 台帳.
  public var records: @Sendable (Language) -> String = { _ in "" }
  /// What they say about concepts of the checklists, by concept.
  public var signals: [String: SignalSource] = [:]
  /// The same for slices that learn from an edition which concepts they know of.
  public var signalOfConcept: (@Sendable (_ concept: String, ReadTx, Day) throws -> Signal?)?

  /// What the slice adds to the report to management.
  public var reportSection: ReportSectionSource?

  /// Numbers for `/metrics`, over all facilities.
  public var gauges: (@Sendable (ReadTx, Instant) throws -> [Gauge])?

  /// Numbers for `/metrics` of each facility. Asked at each scrape: what takes long is remembered by the slice.
  public var facilityGauges: (@Sendable (Database, Instant) async throws -> [Gauge])?

  public init(_ name: String) { self.name = name }
}

/// A number of a slice at `/metrics`.
public struct Gauge: Sendable {
  public let name: String
  public let help: String
  /// As written: labels in braces, or nothing.
  let labels: String
  let value: String

  public init(_ name: String, _ help: String, _ value: Int) {
    self.init(name, help, "\(value)", [:])
  }

  /// - Parameter labels: ids by their labels' names; no text that somebody typed, which would need escaping.
  public init(_ name: String, _ help: String, count: Int, of labels: KeyValuePairs<String, String>) {
    self.init(name, help, "\(count)", labels)
  }

  /// - Parameter ratio: 1 for the whole.
  public init(_ name: String, _ help: String, ratio: Double, of labels: KeyValuePairs<String, String>) {
    self.init(name, help, "\(ratio)", labels)
  }

  private init(_ name: String, _ help: String, _ value: String, _ labels: KeyValuePairs<String, String>) {
    (self.name, self.help, self.value) = (name, help, value)
    self.labels =
      labels.isEmpty ? "" : "{" + labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",") + "}"
  }
}

/// An entry of the main navigation, shown to those who have its permission.
public struct MenuEntry: Sendable {
  public let id: String
  public let path: String
  public let permission: Permission
  public let order: Int
  /// Stands at the end, in red.
  public let isEmergency: Bool
  /// Whether it is shown at the facility of this visitor; its pages open by their addresses all the same.
  public let isFor: @Sendable (Visitor) -> Bool
  /// The name in a language; kept as a function so that the catalog decides.
  public let title: @Sendable (Language) -> String

  public init(
    _ id: String, path: String, permission: Permission, order: Int, isEmergency: Bool = false,
    isFor: @escaping @Sendable (Visitor) -> Bool = { _ in true },
    title: @escaping @Sendable (Language) -> String
  ) {
    self.id = id
    self.path = path
    self.permission = permission
    self.order = order
    self.isEmergency = isEmergency
    self.isFor = isFor
    self.title = title
  }
}

/// A page: its title, where it stands in the navigation, and its content between bar and foot.
public struct Page: Sendable {
  public var title: String
  /// The ``MenuEntry/id`` it belongs to; nil for pages outside.
  public var menu: String?
  public var narrow = false
  /// Without navigation: sign-in, set-up, wizard.
  public var bare = false
  /// Loaded anew by the browser after so many seconds; nil for pages that stay.
  public var refreshSeconds: Int?
  public var body: HTML

  public init(_ title: String, menu: String? = nil, narrow: Bool = false, bare: Bool = false, _ body: HTML) {
    self.title = title
    self.menu = menu
    self.narrow = narrow
    self.bare = bare
    self.body = body
  }
}
