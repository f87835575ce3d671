import CNetSnmp
import Glibc
import NIOCore
import Synchronization

/// One get through net-snmp: for v3 first the question who the agent is (RFC 3414 §4), then the get itself.
///
/// Everything here runs on the lane's thread: net-snmp keeps users and clocks of agents in globals without locks.
final class SNMPWork: LaneWork {
  private static let isReady: Bool = {
    // No MIB is read: objects are given by number. The first setenv of a process leaves the old environment in place, so
    // that another thread which is reading it meets no change.
    setenv("MIBS", "", 0)
    let library = CInt(NETSNMP_DS_LIBRARY_ID)
    for setting in [
      NETSNMP_DS_LIB_DONT_READ_CONFIGS, NETSNMP_DS_LIB_DONT_PERSIST_STATE,
      NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD,
      NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
    ] { netsnmp_ds_set_boolean(library, CInt(setting), 1) }
    snmp_disable_log()
    init_snmp("mamorite-probe")
    return true
  }()

  private let session: Session
  private let object: ObjectIdentifier
  private let login: SNMPLogin
  private let inbox = Inbox()
  private var handle: UnsafeMutableRawPointer?
  private var isDiscovering = false
  private var unread = 0

  private let peer: String
  private var turn: String?
  private var waitsForTurn = false

  /// Users that are being asked for, by the agent's own number (engine id), which it keeps under all its addresses. net-snmp
  /// keeps one key for a user of an agent in a global table, whatever the check gives: two checks of one user take turns, and
  /// each leaves the table as it found it.
  private static let busy = Mutex<Set<String>>([])

  init(peer: String, object: ObjectIdentifier, login: SNMPLogin, _ session: Session) throws {
    (self.session, self.object, self.login, self.peer) = (session, object, login, peer)
    guard SNMPWork.isReady else { throw Trouble.failed("net-snmp") }
  }

  private func begin() throws {
    try open()
    if case .v3 = login { try discover() } else { try ask() }
  }

  /// Whether this user of the agent that has answered may be asked for now.
  private func takeTurn() -> Bool {
    guard case .v3(let user, _, _) = login, let own = snmp_sess_session(handle)?.pointee else { return true }
    let engine = UnsafeBufferPointer(start: own.securityEngineID, count: own.securityEngineIDLen)
    let wanted = engine.map(hexadecimal).joined() + " " + user
    guard SNMPWork.busy.withLock({ $0.insert(wanted).inserted }) else { return false }
    turn = wanted
    return true
  }

  private func open() throws {
    var settings = snmp_session()
    snmp_sess_init(&settings)
    let name = strdup(peer)
    defer { free(name) }
    settings.peername = name
    // Answers are waited for by our own deadline; net-snmp repeats after two seconds.
    settings.timeout = 2_000_000
    settings.retries = 20
    settings.callback = SNMPWork.hear
    settings.callback_magic = Unmanaged.passUnretained(inbox).toOpaque()
    switch login {
    case .v2c(let community):
      settings.version = CLong(SNMP_VERSION_2c)
      var bytes = Array(community.utf8)
      handle = bytes.withUnsafeMutableBufferPointer { buffer in
        settings.community = buffer.baseAddress
        settings.community_len = buffer.count
        return snmp_sess_open(&settings)
      }
    case .v3(let user, let authentication, let privacy):
      settings.version = CLong(SNMP_VERSION_3)
      settings.flags |= CUnsignedLong(SNMP_FLAGS_DONT_PROBE)
      settings.securityModel = CInt(SNMP_SEC_MODEL_USM)
      settings.securityLevel = CInt(
        privacy != nil
          ? SNMP_SEC_LEVEL_AUTHPRIV
          : authentication != nil ? SNMP_SEC_LEVEL_AUTHNOPRIV : SNMP_SEC_LEVEL_NOAUTH)
      let name = strdup(user)
      defer { free(name) }
      settings.securityName = name
      settings.securityNameLen = user.utf8.count
      try setKeys(&settings, authentication, privacy)
      handle = snmp_sess_open(&settings)
      // Opening clears the flag; without it net-snmp asks by itself and keeps the whole lane waiting for the answer.
      snmp_sess_session(handle)?.pointee.flags |= CUnsignedLong(SNMP_FLAGS_DONT_PROBE)
    }
    guard handle != nil else {
      throw Trouble.snmpError(String(cString: snmp_api_errstring(settings.s_snmp_errno)))
    }
  }

  private func setKeys(
    _ settings: inout snmp_session, _ authentication: SNMPLogin.Authentication?, _ privacy: SNMPLogin.Privacy?
  ) throws {
    guard let authentication else { return }
    let hash = usm_lookup_auth_type(authentication.kind.rawValue)
    guard hash > 0, let identifier = sc_get_auth_oid(hash, &settings.securityAuthProtoLen) else {
      throw Trouble.snmpError(authentication.kind.rawValue)
    }
    settings.securityAuthProto = UnsafeMutablePointer(mutating: identifier)
    settings.securityAuthKeyLen = MemoryLayout.size(ofValue: settings.securityAuthKey)
    try key(
      authentication.passphrase, settings.securityAuthProto, settings.securityAuthProtoLen,
      &settings.securityAuthKey, &settings.securityAuthKeyLen)
    guard let privacy else { return }
    let cipher = usm_lookup_priv_type(privacy.kind.rawValue)
    guard cipher > 0, let identifier = sc_get_priv_oid(cipher, &settings.securityPrivProtoLen) else {
      throw Trouble.snmpError(privacy.kind.rawValue)
    }
    settings.securityPrivProto = UnsafeMutablePointer(mutating: identifier)
    settings.securityPrivKeyLen = MemoryLayout.size(ofValue: settings.securityPrivKey)
    try key(
      privacy.passphrase, settings.securityAuthProto, settings.securityAuthProtoLen,
      &settings.securityPrivKey, &settings.securityPrivKeyLen)
  }

  /// Keys made before: making one takes a megabyte of hashing. Emptied when it holds 256.
  private static let keys = Mutex<[String: [UInt8]]>([:])

  /// A passphrase as a key that is not yet bound to an agent (RFC 3414 §A.2).
  private func key<Key>(
    _ passphrase: String, _ hash: UnsafeMutablePointer<oid>?, _ hashLength: Int, _ key: inout Key,
    _ length: inout Int
  ) throws {
    let kind = UnsafeBufferPointer(start: hash, count: hashLength).map { "\($0)" }.joined(separator: ".")
    let name = "\(kind) \(passphrase)"
    var made = SNMPWork.keys.withLock { $0[name] } ?? []
    if made.isEmpty {
      let bytes = Array(passphrase.utf8)
      var buffer = [UInt8](repeating: 0, count: length)
      let status = generate_Ku(hash, UInt32(hashLength), bytes, bytes.count, &buffer, &length)
      guard status == SNMPERR_SUCCESS else { throw Trouble.snmpError("generate_Ku") }
      made = Array(buffer[..<length])
      SNMPWork.keys.withLock { keys in
        if keys.count >= 256 { keys = [:] }
        keys[name] = made
      }
    }
    length = made.count
    withUnsafeMutableBytes(of: &key) { $0.copyBytes(from: made) }
  }

  private func discover() throws {
    isDiscovering = true
    session.trace?.add(.sent, text: "SNMPv3 get: engine id?")
    guard let request = snmp_pdu_create(cnetsnmp_get) else { throw Trouble.failed("net-snmp") }
    request.pointee.version = CLong(SNMP_VERSION_3)
    request.pointee.securityName = strdup("")
    request.pointee.securityNameLen = 0
    request.pointee.securityLevel = CInt(SNMP_SEC_LEVEL_NOAUTH)
    request.pointee.securityModel = CInt(SNMP_SEC_MODEL_USM)
    try send(request)
  }

  private func ask() throws {
    isDiscovering = false
    session.trace?.add(.sent, text: "SNMP get \(object)")
    guard let request = snmp_pdu_create(cnetsnmp_get) else { throw Trouble.failed("net-snmp") }
    snmp_add_null_var(request, object.parts.map { oid($0) }, object.parts.count)
    try send(request)
  }

  private func send(_ request: UnsafeMutablePointer<snmp_pdu>) throws {
    inbox.answer = nil
    if snmp_sess_async_send(handle, request, SNMPWork.hear, Unmanaged.passUnretained(inbox).toOpaque()) == 0 {
      snmp_free_pdu(request)
      throw Trouble.snmpLogin(errorWords)
    }
  }

  private var errorWords: String {
    var text: UnsafeMutablePointer<CChar>?
    var (own, system): (CInt, CInt) = (0, 0)
    snmp_sess_error(handle, &system, &own, &text)
    defer { free(text) }
    return text.map { String(cString: $0) } ?? ""
  }

  private var socket: CInt { handle.flatMap(snmp_sess_transport)?.pointee.sock ?? -1 }

  var descriptors: [pollfd] { [pollfd(fd: socket, events: Int16(POLLIN), revents: 0)] }
  var wake: NIODeadline? { .now() + (handle == nil || waitsForTurn ? .milliseconds(10) : .seconds(2)) }
  var delay: Trouble? { unread > 0 ? .snmpError("\(unread) bytes") : nil }

  func advance() throws -> SNMPValue? {
    if handle == nil { try begin() }
    var descriptor = descriptors[0]
    if poll(&descriptor, 1, 0) > 0 {
      try look()
      cnetsnmp_read(handle, socket)
    } else {
      snmp_sess_timeout(handle)
    }
    guard let answer = inbox.answer else { return nil }
    guard isDiscovering else { return try value(answer) }
    // The answer has told net-snmp who the agent is: the user's keys can be bound to it now.
    guard case .report = answer else { throw Trouble.snmpLogin(errorWords) }
    waitsForTurn = !takeTurn()
    if waitsForTurn { return nil }
    forgetUser()
    guard create_user_from_session(snmp_sess_session(handle)) == SNMPERR_SUCCESS else {
      throw Trouble.snmpLogin(errorWords)
    }
    try ask()
    return nil
  }

  /// Looks at what has come without taking it, so that it is counted and shown though net-snmp reads it.
  private func look() throws {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &bytes, bytes.count, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
    guard count > 0 else { return }
    session.trace?.add(.received, Array(bytes[..<count]))
    try session.count(count)
    unread += count
  }

  private func value(_ answer: Inbox.Answer) throws -> SNMPValue {
    switch answer {
    case .value(let value): return value
    case .missing: throw Trouble.snmpNoSuch("\(object)")
    case .refused(let words): throw Trouble.snmpError(words)
    case .report(let words): throw Trouble.snmpLogin(words)
    }
  }

  /// Takes the user and the keys out of net-snmp's table.
  private func forgetUser() {
    guard case .v3(let user, _, _) = login, let own = snmp_sess_session(handle)?.pointee,
      let known = usm_get_user(own.securityEngineID, own.securityEngineIDLen, user)
    else { return }
    usm_remove_user(known)
    usm_free_user(known)
  }

  func close() {
    if let handle {
      // Whose turn it is not has put nothing into the table.
      if turn != nil { forgetUser() }
      snmp_sess_close(handle)
    }
    handle = nil
    if let turn { SNMPWork.busy.withLock { _ = $0.remove(turn) } }
    turn = nil
  }

  /// Called by net-snmp from within `snmp_sess_read2` and `snmp_sess_timeout`.
  private static let hear: netsnmp_callback = { operation, _, _, pdu, context in
    guard let context else { return 1 }
    let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
    guard operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE, let pdu else { return 1 }
    inbox.answer = Inbox.Answer(pdu)
    return 1
  }
}

/// What net-snmp heard last.
private final class Inbox {
  enum Answer {
    case value(SNMPValue)
    case missing
    case refused(String)
    /// v3: why the agent would not answer, as the object of its report.
    case report(String)

    init(_ answer: UnsafeMutablePointer<snmp_pdu>) {
      let pdu = answer.pointee
      guard pdu.command != cnetsnmp_report else {
        let words = String(cString: snmp_api_errstring(snmpv3_get_report_type(answer)))
        self = .report(words)
        return
      }
      guard pdu.errstat == 0 else {
        self = .refused(String(cString: snmp_errstring(CInt(pdu.errstat))))
        return
      }
      guard let variable = pdu.variables?.pointee, let value = SNMPValue(variable) else {
        self = .missing
        return
      }
      self = .value(value)
    }
  }

  var answer: Answer?
}

extension SNMPValue {
  /// Nil for noSuchObject, noSuchInstance and the like.
  fileprivate init?(_ variable: variable_list) {
    let length = variable.val_len
    switch Int32(variable.type) {
    case 0x02:
      guard let pointer = variable.val.integer else { return nil }
      self.init(text: "\(pointer.pointee)", number: Double(pointer.pointee))
    case 0x41, 0x42, 0x43:
      guard let pointer = variable.val.integer else { return nil }
      let number = UInt32(truncatingIfNeeded: pointer.pointee)
      self.init(text: "\(number)", number: Double(number))
    case 0x46:
      guard let pointer = variable.val.counter64 else { return nil }
      let number = UInt64(pointer.pointee.high) << 32 | UInt64(pointer.pointee.low)
      self.init(text: "\(number)", number: Double(number))
    case 0x04:
      let bytes = variable.val.string.map { Array(UnsafeBufferPointer(start: $0, count: length)) } ?? []
      let text = readable(bytes)
      self.init(text: text, number: Double(text))
    case 0x40:
      let bytes = variable.val.string.map { Array(UnsafeBufferPointer(start: $0, count: length)) } ?? []
      self.init(text: IPAddress(bytes: bytes)?.description ?? "", number: nil)
    case 0x06:
      let count = length / MemoryLayout<oid>.size
      let parts = variable.val.objid.map { Array(UnsafeBufferPointer(start: $0, count: count)) } ?? []
      self.init(text: parts.map { "\($0)" }.joined(separator: "."), number: nil)
    default: return nil
    }
  }
}
