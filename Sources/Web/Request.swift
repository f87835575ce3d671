import Foundation
public import Kernel
public import Storage

/// Someone who is signed in, at one facility.
public struct Visitor: Sendable, Equatable {
  public let account: AccountID
  public let person: PersonID
  public let name: String
  public let role: Role
  public let facility: FacilityID
  public let facilityName: String
  public let beds: Int?
  /// Facilities of this person besides the current one.
  public let others: [(id: FacilityID, name: String)]
  public let unread: Int
  /// The facility's ledger as it stood when the request came in; shown in the foot of every page.
  public let fingerprint: String
  /// How the session last proved who this is; nil when it is not known.
  public let proof: Proof?
  /// Of someone who came in by a sealed code; nil for everyone else. There is then no account and no person behind the ids.
  public let breakGlass: BreakGlassVisit?
  /// Whether the facility records who opens what is sensitive.
  public let recordsReading: Bool
  /// Of a program that came with a token of this person; nil for the person.
  public let token: TokenVisit?
  /// What has been given to this person for a time, and has not ended; the first to end first.
  public let grants: [GrantVisit]
  /// Of someone at a shared terminal; nil everywhere else.
  public let terminal: TerminalVisit?
  /// How often the facility's own editions have changed; nil where it was not read along.
  public let editions: Int?

  public init(
    account: AccountID, person: PersonID, name: String, role: Role, facility: FacilityID,
    facilityName: String,
    beds: Int?, others: [(id: FacilityID, name: String)], unread: Int, fingerprint: String,
    proof: Proof? = nil, breakGlass: BreakGlassVisit? = nil, recordsReading: Bool = false,
    token: TokenVisit? = nil, grants: [GrantVisit] = [],
    terminal: TerminalVisit? = nil, editions: Int? = nil
  ) {
    self.account = account
    self.person = person
    self.name = name
    self.role = role
    self.facility = facility
    self.facilityName = facilityName
    self.beds = beds
    self.others = others
    self.unread = unread
    self.fingerprint = fingerprint
    self.proof = proof
    self.breakGlass = breakGlass
    self.recordsReading = recordsReading
    self.terminal = terminal
    self.editions = editions
    self.token = token
    self.grants = grants
  }

  /// All that this person is here now.
  public var roles: Set<Role> {
    let given = Set(grants.map(\.role))
    return role.needsGrant ? given : given.union([role])
  }

  var actor: Actor {
    breakGlass.map { .breakGlass($0.use, name: name) } ?? .person(person, name: name)
  }

  public static func == (a: Visitor, b: Visitor) -> Bool { a.account == b.account && a.person == b.person }
}

/// A program that acts for a person, with a token in the place of a session.
public struct TokenVisit: Sendable, Equatable {
  public let id: String
  public let name: String
  /// The permissions for which it was made, by name. It has those of them that its person has now.
  public let scope: Set<String>
  public let expiresAt: Instant

  public init(id: String, name: String, scope: Set<String>, expiresAt: Instant) {
    (self.id, self.name, self.scope, self.expiresAt) = (id, name, scope, expiresAt)
  }
}

/// What the frame of a page knows of the shared terminal at which someone is.
public struct TerminalVisit: Sendable, Equatable {
  public let name: String
  /// After so long without anyone at it, the screen is locked.
  public let lockMinutes: Int
  /// Whether something typed before the lock waits to be put back.
  public let hasKept: Bool

  public init(name: String, lockMinutes: Int, hasKept: Bool) {
    (self.name, self.lockMinutes, self.hasKept) = (name, lockMinutes, hasKept)
  }
}

/// A short session that a sealed code from paper has opened in an emergency.
public struct BreakGlassVisit: Sendable, Equatable {
  /// The id of the use, which stands in the ledger.
  public let use: String
  public let endsAt: Instant

  public init(use: String, endsAt: Instant) { (self.use, self.endsAt) = (use, endsAt) }
}

/// What a person is at a facility; slices say which permissions each role has.
public enum Role: String, Sendable, CaseIterable, Codable {
  case administrator
  case safetyManager = "safety-manager"
  case itStaff = "it-staff"
  case management, contributor, auditor, staff
  /// Someone from outside who works for the facility in an engagement.
  case specialist
  /// Of a region or an association: reads figures, no weaknesses.
  case regionalAdviser = "regional-adviser"
  /// Runs the installation: backups and mail, and sees no facility's answers.
  case `operator`
  /// Reads one audit, and writes what they find in it.
  case visitingAuditor = "visiting-auditor"

  /// Whether the role exists only through a grant: alone it opens nothing, and nobody has it for good.
  public var needsGrant: Bool {
    switch self {
    case .specialist, .regionalAdviser, .operator, .visitingAuditor: true
    default: false
    }
  }

  /// The roles that people of a facility have for good.
  public static let standing = allCases.filter { !$0.needsGrant }
}

/// A role that someone has been given until a time, for a reason.
public struct GrantVisit: Sendable, Equatable {
  public let role: Role
  public let until: Instant
  public let reason: String

  public init(role: Role, until: Instant, reason: String) {
    (self.role, self.until, self.reason) = (role, until, reason)
  }
}

/// A request, parsed once.
public struct WebRequest: Sendable {
  public let method: String
  public let path: String
  public let query: [(name: String, value: String)]
  public let parameters: [String: String]
  public let now: Instant
  public let language: Language
  public let visitor: Visitor?
  /// Whether someone has signed in, and the screen has been locked since: nobody is ``visitor`` until they are back.
  public let isLocked: Bool
  /// The secret from the cookie; forms carry a value derived from it.
  public let token: String
  /// Whether ``token`` was made for this request and still has to be given to the browser.
  let tokenIsNew: Bool
  public let database: Database
  public let wantsJSON: Bool
  public let address: String
  /// The name by which the browser called this program, as in `mamorite.example:8080`; it may be made up.
  public let host: String
  /// The secret of a browser in which a vendor's link has been opened.
  public let linkToken: String?
  /// The secret by which a browser is known again after its sessions have ended; nil at its first visit.
  public let browserToken: String?
  /// The secret of a browser that is a shared terminal.
  public let terminalToken: String?
  /// What the browser says of itself, cut at 200 bytes; it may be made up.
  public let userAgent: String
  let contentType: String
  public internal(set) var body: [UInt8]
  let permissions: Set<Permission>
  public let words: Words
  /// Whether cookies are marked Secure: true when the program stands behind TLS.
  public let secureCookies: Bool
  /// Of a privileged route: what is done through it is marked with the proof.
  public internal(set) var isPrivileged = false
  /// From whose page a form was sent.
  var sender = FormSender.unknown

  /// By what entries of the ledger are marked: those of privileged operations, and all that a program writes with a token.
  private var mark: String? {
    guard let visitor else { return nil }
    if visitor.token != nil { return Proof.Kind.token.rawValue }
    return isPrivileged ? visitor.proof?.kind.rawValue : nil
  }

  /// The scope of the signed-in person.
  ///
  /// - Throws: `WebProblem.signedOut` on a page that is open to all when nobody is signed in.
  public func scope() throws(WebProblem) -> Scope {
    guard let visitor else { throw .signedOut }
    return Scope(
      database, actor: visitor.actor, facility: visitor.facility, now: now,
      permissions: permissions, proof: mark, editions: visitor.editions)
  }

  /// Who is signed in, as rows may name them; nil for nobody, and for someone who came in by a sealed code.
  public var person: PersonID? { visitor.flatMap { $0.breakGlass == nil ? $0.person : nil } }

  /// The names of what may be done in this request.
  public var permissionNames: Set<String> { Set(permissions.map(\.name)) }

  public func may(_ permission: Permission) -> Bool { permissions.contains(permission) }

  /// What the visitor may do by their own role, which has no end: neither given for a time nor opened by a sealed code.
  var lasting: Set<Permission> = []

  /// For what outlasts a visit: accounts, codes, ways to sign in.
  ///
  /// - Throws: ``WebProblem/onlyForATime`` when the right itself has an end.
  public func needsForGood(_ permission: Permission) throws(WebProblem) {
    guard lasting.contains(permission) else { throw .onlyForATime }
  }

  public func id<T>(_ name: String = "id", of type: T.Type = T.self) throws(WebProblem) -> ID<T> {
    guard let text = parameters[name], let id = ID<T>(text) else { throw .notFound }
    return id
  }

  public func parameter(_ name: String) throws(WebProblem) -> String {
    guard let text = parameters[name] else { throw .notFound }
    return text
  }

  /// A value of the query, trimmed; nil when absent or empty.
  public func query(_ name: String) -> String? {
    query.first { $0.name == name }.map(\.value.trimmed).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The cookie that brings ``linkToken``.
  public static let linkCookie = "mamorite-link"

  /// The cookie that brings ``browserToken``.
  public static let browserCookie = "mamorite-browser"

  /// The cookie that brings ``terminalToken``.
  public static let terminalCookie = "mamorite-terminal"

  public func texts<Key: TextKey>(_ key: Key.Type = Key.self) -> Texts<Key> { Texts(language) }

  /// The fields of a form, URL-encoded or multipart.
  public func form() throws(WebProblem) -> FormValues {
    if contentType.hasPrefix("multipart/form-data") {
      guard let parts = Multipart.parse(body, contentType: contentType) else { throw .badForm }
      return FormValues(parts: parts)
    }
    guard body.count(where: { $0 == 0x26 }) <= 5000 else { throw .badForm }
    return FormValues(fields: urlDecodedPairs(String(decoding: body, as: UTF8.self)))
  }

  /// The request as it would be with the token of a new session, for making the next form.
  public func signedIn(token: String) -> WebRequest { with(token: token) }

  public var formToken: String { FormToken.value(for: token) }
}

/// The fields that a form sent.
public struct FormValues: Sendable {
  public struct File: Sendable {
    public let name: String
    public let bytes: [UInt8]
  }

  public let fields: [(name: String, value: String)]
  public let files: [String: File]

  init(fields: [(name: String, value: String)]) {
    self.fields = fields
    files = [:]
  }

  init(parts: [Multipart.Part]) {
    fields = parts.filter { $0.fileName == nil }.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }
    files = Dictionary(
      parts.compactMap { part in part.fileName.map { (part.name, File(name: $0, bytes: part.bytes)) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// The trimmed value of `name`, "" when absent.
  public subscript(_ name: String) -> String { fields.first { $0.name == name }?.value.trimmed ?? "" }

  /// The version of a record that was shown, from the field of that name; 0 for a new one, and for what no record's can be.
  public var version: Int { version(in: "version") }

  /// The same from a field of another name.
  public func version(in name: String) -> Int { Int32(self[name]).map(Int.init) ?? 0 }

  public func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

  public func has(_ name: String) -> Bool { fields.contains { $0.name == name } }
}

/// What Web itself refuses.
public enum WebProblem: Problem, Equatable {
  case badForm, elsewhere, forbidden, locked, notFound, notSetUp, proofNeeded, signedOut, staleForm, tooLarge
  case tooManyRequests, tooSlow, notForTokens, onlyForATime

  public var code: String { "web.\(self)" }
  public var kind: ProblemKind {
    switch self {
    case .badForm: .invalid
    case .elsewhere: .elsewhere
    case .tooManyRequests: .tooMany
    case .tooSlow: .tooSlow
    case .forbidden: .forbidden
    case .locked: .locked
    case .notFound: .notFound
    case .notSetUp: .conflict
    case .signedOut: .signedOut
    case .notForTokens, .onlyForATime, .proofNeeded, .staleForm: .forbidden
    case .tooLarge: .tooLarge
    }
  }
  public var waitSeconds: Int? { self == .tooManyRequests ? 2 : nil }
}

/// `a=1&b=%E3%81%82` in order; a plus is a space; broken escapes stay as they are.
func urlDecodedPairs(_ text: String) -> [(name: String, value: String)] {
  text.split(separator: "&").map { pair in
    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return (urlDecoded(parts[0]), parts.count > 1 ? urlDecoded(parts[1]) : "")
  }
}

private func urlDecoded(_ text: Substring) -> String {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.utf8.count)
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    if byte == 0x2B {
      bytes.append(0x20)
    } else if byte == 0x25, rest.count >= 2,
      let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
    {
      bytes.append(value)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// `text` so that it may stand in a query.
public func urlEncoded(_ text: String) -> String {
  var result = ""
  for byte in text.utf8 {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
      result.unicodeScalars.append(Unicode.Scalar(byte))
    default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
  }
  return result
}

/// A form's body in parts (RFC 7578).
enum Multipart {
  struct Part {
    let name: String
    let fileName: String?
    let bytes: [UInt8]
  }

  /// The parts, or nil when the body does not follow its boundary.
  static func parse(_ body: [UInt8], contentType: String) -> [Part]? {
    guard let start = contentType.range(of: "boundary=") else { return nil }
    let raw = contentType[start.upperBound...].prefix { $0 != ";" }
    // RFC 2046, 5.1.1: at most 70 characters.
    guard (1...70).contains(raw.trimmingQuotes.utf8.count) else { return nil }
    let boundary = Array(("--" + raw.trimmingQuotes).utf8)
    var parts: [Part] = []
    guard var position = find(boundary, in: body, from: 0) else { return nil }
    while true {
      position += boundary.count
      if body.count >= position + 2, body[position] == 0x2D, body[position + 1] == 0x2D { return parts }
      guard let headEnd = find([13, 10, 13, 10], in: body, from: position),
        let next = find([13, 10] + boundary, in: body, from: headEnd + 2), parts.count < 200
      else { return nil }
      let head = String(decoding: body[position..<headEnd], as: UTF8.self)
      let content = headEnd + 4 <= next ? Array(body[(headEnd + 4)..<next]) : []
      if let name = attribute("name", of: head) {
        parts.append(Part(name: name, fileName: attribute("filename", of: head), bytes: content))
      }
      position = next + 2
    }
  }

  private static func attribute(_ name: String, of head: String) -> String? {
    guard let range = head.range(of: " \(name)=\"") else { return nil }
    return String(head[range.upperBound...].prefix { $0 != "\"" })
  }

  private static func find(_ needle: [UInt8], in bytes: [UInt8], from: Int) -> Int? {
    guard from >= 0, needle.count <= bytes.count - from else { return nil }
    return bytes.withUnsafeBufferPointer { all in
      var index = from
      while index <= all.count - needle.count {
        if all[index] == needle[0] {
          var matched = 1
          while matched < needle.count && all[index + matched] == needle[matched] { matched += 1 }
          if matched == needle.count { return index }
        }
        index += 1
      }
      return nil
    }
  }
}

extension Substring {
  fileprivate var trimmingQuotes: String { String(self).filter { $0 != "\"" } }
}
