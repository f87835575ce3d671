import CLDAP
import Dispatch
import Glibc
import Kernel

/// A directory over the network, by libldap.
public struct LDAPDirectory: Directory {
  public let allowsLoopback: Bool
  private let machineAuthorities: String

  /// - Parameter environment: `MAMORITE_CA_FILE`; `MAMORITE_DIRECTORY_LOOPBACK=1` for tests.
  public init(_ environment: [String: String]) {
    allowsLoopback = environment["MAMORITE_DIRECTORY_LOOPBACK"] == "1"
    machineAuthorities = environment["MAMORITE_CA_FILE"] ?? "/etc/ssl/certs/ca-certificates.crt"
  }

  // MARK: What is asked

  public func check(_ server: DirectoryServer) async throws(DirectoryProblem) {
    try await run(server) { conversation throws(DirectoryProblem) in
      // Without an account nobody may look anything up: what comes next shows at someone's sign-in.
      guard case .search(let account, let password) = server.way else { return }
      try LDAPDirectory.open(conversation, account, password)
      try LDAPDirectory.look(conversation, server.base) { .noBase($0) }
      switch server.groups {
      case .members(let base), .nested(let base):
        try LDAPDirectory.look(conversation, base) { .noGroupBase($0) }
      case .unasked, .attribute: break
      }
      // The filter, too, is the directory's to understand.
      do throws(DirectoryProblem) {
        _ = try LDAPDirectory.entry(conversation, server, login: "mamorite-check")
      } catch {
        guard error == .unknownUser || error == .ambiguous else { throw error }
      }
    }
  }

  public func find(_ login: String, on server: DirectoryServer) async throws(DirectoryProblem)
    -> DirectoryCandidate
  {
    guard (1...100).contains(login.count),
      login.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else { throw .badLogin }
    switch server.way {
    case .template(let template):
      // The directory folds letters of other scripts in its own way; attempts are counted by this name.
      guard login.utf8.allSatisfy({ $0 < 0x7F }) else { throw .badLogin }
      let name = template.replacing("{login}", with: DirectoryText.nameValue(login))
      return DirectoryCandidate(name: name, entry: nil)
    case .search(let account, let password):
      return try await run(server) { conversation throws(DirectoryProblem) in
        try LDAPDirectory.open(conversation, account, password)
        let found = try LDAPDirectory.entry(conversation, server, login: login)
        let entry = try LDAPDirectory.read(found, conversation, server)
        return DirectoryCandidate(name: entry.name, entry: entry)
      }
    }
  }

  public func prove(_ candidate: DirectoryCandidate, password: String, on server: DirectoryServer)
    async throws(DirectoryProblem) -> DirectoryEntry
  {
    guard !password.isEmpty else { throw .emptyPassword }
    guard password.utf8.count <= 1000, !candidate.name.isEmpty, !password.utf8.contains(0) else {
      throw .wrongPassword
    }
    return try await run(server) { conversation throws(DirectoryProblem) in
      let answer = try conversation.bind(candidate.name, password)
      let refusal = DirectoryProblem.ofBind(code: answer.code, words: answer.words, policy: answer.policy)
      if let refusal { throw refusal }
      if let entry = candidate.entry { return entry }
      let (entries, end) = try conversation.search(
        candidate.name, scope: cldap_base, server.filter(login: nil), LDAPDirectory.attributes(server),
        most: 1)
      guard let found = entries.first else {
        throw end.code == 0 || end.code == 32
          ? .unknownUser : DirectoryProblem.ofAnswer(code: end.code, words: end.words)
      }
      return try LDAPDirectory.read(found, conversation, server)
    }
  }

  // MARK: One step each

  private static func open(_ conversation: LDAPConversation, _ account: String, _ password: String)
    throws(DirectoryProblem)
  {
    let answer = try conversation.bind(account, password)
    if answer.code == 0 { return }
    if [8, 13].contains(answer.code) { throw .needsEncryption }
    let reason = DirectoryProblem.subCode(answer.words).map { "\(answer.code), \($0)" } ?? "\(answer.code)"
    throw .accountRefused(reason)
  }

  private static func look(
    _ conversation: LDAPConversation, _ base: String, _ missing: (String) -> DirectoryProblem
  ) throws(DirectoryProblem) {
    let answer = try conversation.search(
      base, scope: cldap_base, "(objectClass=*)", ["1.1"], most: 1)
    switch answer.answer.code {
    case 0 where !answer.entries.isEmpty: return
    // Some hide what may not be read as if it were not there.
    case 0, 32: throw missing(base)
    default: throw .ofAnswer(code: answer.answer.code, words: answer.answer.words)
    }
  }

  private static func attributes(_ server: DirectoryServer) -> [String] {
    let groups: [String] = if case .attribute(let name) = server.groups { [name] } else { [] }
    return ["objectGUID", "entryUUID", server.loginAttribute] + groups
  }

  private static func entry(_ conversation: LDAPConversation, _ server: DirectoryServer, login: String)
    throws(DirectoryProblem) -> LDAPConversation.Found
  {
    let (entries, end) = try conversation.search(
      server.base, scope: cldap_subtree, server.filter(login: login), attributes(server), most: 2)
    switch end.code {
    case 0: break
    case 4: throw .ambiguous
    case 32: throw .noBase(server.base)
    default: throw .ofAnswer(code: end.code, words: end.words)
    }
    guard entries.count < 2 else { throw .ambiguous }
    guard let found = entries.first, !found.name.isEmpty else { throw .unknownUser }
    return found
  }

  private static func read(
    _ found: LDAPConversation.Found, _ conversation: LDAPConversation, _ server: DirectoryServer
  ) throws(DirectoryProblem) -> DirectoryEntry {
    let subject = DirectoryText.subject(
      guid: found.values["objectguid"]?.first, uuid: found.values["entryuuid"]?.first)
    guard let subject else { throw .noSubject }
    return DirectoryEntry(
      name: found.name, subject: subject, login: found.texts(server.loginAttribute).first,
      groups: try groups(of: found, conversation, server))
  }

  private static func groups(
    of found: LDAPConversation.Found, _ conversation: LDAPConversation, _ server: DirectoryServer
  ) throws(DirectoryProblem) -> [String] {
    let name = DirectoryText.filterValue(found.name)
    let (base, filter): (String, String)
    switch server.groups {
    case .unasked: return []
    case .attribute(let attribute): return found.texts(attribute)
    case .nested(let under): (base, filter) = (under, "(member:1.2.840.113556.1.4.1941:=\(name))")
    case .members(let under):
      let login = found.texts(server.loginAttribute).first.map(DirectoryText.filterValue)
      let byLogin = login.map { "(memberUid=\($0))" } ?? ""
      (base, filter) = (under, "(|(member=\(name))(uniqueMember=\(name))\(byLogin))")
    }
    let (entries, end) = try conversation.search(
      base, scope: cldap_subtree, filter, ["1.1"], most: 1000)
    switch end.code {
    case 0: return entries.map(\.name)
    case 4: throw .tooLarge
    case 32: throw .noGroupBase(base)
    default: throw .ofAnswer(code: end.code, words: end.words)
    }
  }

  // MARK: On a thread of its own

  private static let queue = DispatchQueue(label: "mamorite.directory", attributes: .concurrent)
  /// libldap blocks its thread while it talks: few talk at a time, taken in turn by directory, and few wait.
  private static let turns = FairTurns(mostOfOne: 40, mostOfAll: 200, atOnce: 8, mostAtOnceOfOne: 4)

  private func run<Value: Sendable>(
    _ server: DirectoryServer,
    _ work: @escaping @Sendable (LDAPConversation) throws(DirectoryProblem) -> Value
  ) async throws(DirectoryProblem) -> Value {
    let (allowsLoopback, authorities) = (allowsLoopback, machineAuthorities)
    let answer: Result<Value, DirectoryProblem>
    do {
      answer = try await LDAPDirectory.turns.inTurn(of: server.hosts.joined(separator: " ")) {
        await withCheckedContinuation { continuation in
          LDAPDirectory.queue.async {
            continuation.resume(
              returning: Result { () throws(DirectoryProblem) in
                try work(
                  try LDAPConversation(
                    server, allowsLoopback: allowsLoopback, machineAuthorities: authorities))
              })
          }
        }
      }
    } catch { throw .busy }
    return try answer.get()
  }
}
