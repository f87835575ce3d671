import CLDAP
import Foundation
import Glibc

/// One conversation with a directory by libldap. It blocks: it lives and dies on one thread that is not an event loop's.
final class LDAPConversation {
  private let handle: OpaquePointer
  private let host: String
  private let watch: DirectorySocket.Watch
  /// So much of one answer is read, and of so many.
  static let (mostBytes, mostMessages) = (4 << 20, 4000)

  /// Connects, and begins TLS before anything is said.
  ///
  /// - Parameter machineAuthorities: the file of certificates that is trusted when the setting brings none.
  /// - Throws: ``DirectoryProblem``.
  init(_ server: DirectoryServer, allowsLoopback: Bool, machineAuthorities: String) throws(DirectoryProblem) {
    let socket = try DirectorySocket.open(server.hosts, port: server.port, allowsLoopback: allowsLoopback)
    (host, watch) = (socket.host, socket.watch)
    let shown = host.contains(":") ? "[\(host)]" : host
    var made: OpaquePointer?
    let code = ldap_init_fd(socket.descriptor, Int32(LDAP_PROTO_TCP), "ldap://\(shown):\(server.port)", &made)
    guard code == LDAP_SUCCESS, let made else {
      close(socket.descriptor)
      throw .broken(host)
    }
    handle = made
    try prepare()
    guard server.security != .none else { return }
    if server.security == .startTLS { try askForTLS() }
    do throws(TLSFault) {
      try beginTLS(server.authorities, machineAuthorities, isChecked: true)
    } catch {
      if watch.isOver { throw .tooSlow(host) }
      throw LDAPConversation.explanation(server, host, allowsLoopback, machineAuthorities)
    }
  }

  deinit { ldap_unbind_ext_s(handle, nil, nil) }

  private func prepare() throws(DirectoryProblem) {
    let isReady =
      cldap_number(handle, LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3) == LDAP_SUCCESS
      && cldap_off(handle, LDAP_OPT_REFERRALS) == LDAP_SUCCESS
      && cldap_off(handle, LDAP_OPT_RESTART) == LDAP_SUCCESS
      && cldap_wait(handle, LDAP_OPT_NETWORK_TIMEOUT, Int32(watch.secondsLeft)) == LDAP_SUCCESS
      && cldap_bound(handle, ber_len_t(LDAPConversation.mostBytes)) == 0
    guard isReady else { throw .broken(host) }
  }

  // MARK: TLS

  private struct TLSFault: Error {}

  private func askForTLS() throws(DirectoryProblem) {
    var number: Int32 = 0
    guard ldap_start_tls(handle, nil, nil, &number) == LDAP_SUCCESS else { throw lost() }
    let answer = try wait(for: number)
    guard answer.code == LDAP_SUCCESS else { throw .noStartTLS(host) }
  }

  private func beginTLS(_ own: String, _ machine: String, isChecked: Bool) throws(TLSFault) {
    var file = machine
    var descriptor: Int32 = -1
    defer { if descriptor >= 0 { close(descriptor) } }
    if !own.isEmpty {
      descriptor = cldap_memory()
      let bytes = Array(own.utf8)
      guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count else { throw TLSFault() }
      file = "/proc/self/fd/\(descriptor)"
    }
    let demanded = isChecked ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER
    // Whatever the machine's ldap.conf says, this is what counts.
    guard cldap_number(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, demanded) == LDAP_SUCCESS,
      cldap_number(handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, Int32((3 << 8) + 3)) == LDAP_SUCCESS,
      cldap_text(handle, LDAP_OPT_X_TLS_CACERTDIR, nil) == LDAP_SUCCESS,
      !isChecked || cldap_text(handle, LDAP_OPT_X_TLS_CACERTFILE, file) == LDAP_SUCCESS,
      cldap_number(handle, LDAP_OPT_X_TLS_NEWCTX, 0) == LDAP_SUCCESS,
      ldap_install_tls(handle) == LDAP_SUCCESS
    else { throw TLSFault() }
  }

  /// Why the certificate was not taken: looked at once more without believing it, and without saying anything.
  private static func explanation(
    _ server: DirectoryServer, _ host: String, _ allowsLoopback: Bool, _ machine: String
  ) -> DirectoryProblem {
    do throws(DirectoryProblem) {
      let look = try LDAPConversation(looking: server, at: host, allowsLoopback: allowsLoopback)
      var length: ber_len_t = 0
      guard let bytes = cldap_certificate(look.handle, &length) else { return .untrusted(host) }
      defer { ldap_memfree(bytes) }
      let der = Array(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
      return CertificateLook(der)?.problem(host, nowSeconds: time(nil)) ?? .untrusted(host)
    } catch { return error }
  }

  /// Only for looking at a certificate: nothing may be said on it.
  private init(looking server: DirectoryServer, at host: String, allowsLoopback: Bool)
    throws(DirectoryProblem)
  {
    let socket = try DirectorySocket.open([host], port: server.port, allowsLoopback: allowsLoopback)
    (self.host, watch) = (host, socket.watch)
    let shown = host.contains(":") ? "[\(host)]" : host
    var made: OpaquePointer?
    let code = ldap_init_fd(socket.descriptor, Int32(LDAP_PROTO_TCP), "ldap://\(shown):\(server.port)", &made)
    guard code == LDAP_SUCCESS, let made else {
      close(socket.descriptor)
      throw .broken(host)
    }
    handle = made
    try prepare()
    if server.security == .startTLS { try askForTLS() }
    do throws(TLSFault) { try beginTLS("", "", isChecked: false) } catch {
      throw watch.isOver ? .tooSlow(host) : .noTLS(host)
    }
  }

  // MARK: Asking

  struct Answer {
    let code: Int32
    let words: String
    /// The error of the password policy's control; nil without one.
    let policy: UInt32?
  }

  /// - Parameter password: never empty: see ``Directory/prove(_:password:on:)``.
  func bind(_ name: String, _ password: String) throws(DirectoryProblem) -> Answer {
    guard !password.isEmpty, !name.isEmpty else { throw .emptyPassword }
    var control: UnsafeMutablePointer<LDAPControl>?
    ldap_create_passwordpolicy_control(handle, &control)
    defer { if let control { ldap_control_free(control) } }
    var controls = [control, nil]
    var bytes = Array(password.utf8CString)
    var number: Int32 = 0
    let code = bytes.withUnsafeMutableBufferPointer { buffer in
      var secret = berval(bv_len: ber_len_t(buffer.count - 1), bv_val: buffer.baseAddress)
      return ldap_sasl_bind(handle, name, nil, &secret, &controls, nil, &number)
    }
    bytes.withUnsafeMutableBytes { buffer in
      if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
    }
    guard code == LDAP_SUCCESS else { throw lost() }
    return try wait(for: number)
  }

  struct Found {
    let name: String
    let values: [String: [[UInt8]]]

    func texts(_ attribute: String) -> [String] {
      (values[attribute.lowercased()] ?? []).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// The entries, and the answer that ended them: a directory that has more than `most` says so.
  func search(_ base: String, scope: Int32, _ filter: String, _ attributes: [String], most: Int32)
    throws(DirectoryProblem) -> (entries: [Found], answer: Answer)
  {
    var number: Int32 = 0
    var names = attributes.map { strdup($0) } + [nil]
    defer { for name in names { free(name) } }
    let code = cldap_search(
      handle, base, scope, filter, &names, Int32(watch.secondsLeft), most, &number)
    if code == LDAP_FILTER_ERROR { throw .badFilter }
    guard code == LDAP_SUCCESS else { throw lost() }
    var entries: [Found] = []
    for _ in 0..<LDAPConversation.mostMessages {
      let (kind, message) = try next(number)
      if kind == cldap_result { return (entries, try parsed(message)) }
      // References lead to other machines: they are not followed.
      if kind == cldap_entry, entries.count <= Int(most) {
        entries.append(entry(message, attributes))
      }
      ldap_msgfree(message)
    }
    ldap_abandon_ext(handle, number, nil, nil)
    throw .tooLarge
  }

  private func entry(_ message: OpaquePointer, _ attributes: [String]) -> Found {
    var name = ""
    if let text = ldap_get_dn(handle, message) {
      name = String(cString: text)
      ldap_memfree(text)
    }
    var values: [String: [[UInt8]]] = [:]
    for attribute in attributes {
      guard let list = ldap_get_values_len(handle, message, attribute) else { continue }
      let count = Int(ldap_count_values_len(list))
      values[attribute.lowercased()] = (0..<min(count, 5000)).compactMap { index in
        list[index].map {
          Array(UnsafeRawBufferPointer(start: $0.pointee.bv_val, count: Int($0.pointee.bv_len)))
        }
      }
      ldap_value_free_len(list)
    }
    return Found(name: name, values: values)
  }

  private func wait(for number: Int32) throws(DirectoryProblem) -> Answer {
    let (_, message) = try next(number)
    return try parsed(message)
  }

  /// The next message of an answer; it has to be freed.
  private func next(_ number: Int32) throws(DirectoryProblem) -> (kind: Int32, message: OpaquePointer) {
    var message: OpaquePointer?
    let kind = cldap_next(handle, number, Int32(watch.secondsLeft), &message)
    if kind > 0, let message { return (kind, message) }
    if let message { ldap_msgfree(message) }
    throw kind == 0 || watch.isOver ? .tooSlow(host) : .broken(host)
  }

  /// Frees the message.
  private func parsed(_ message: OpaquePointer) throws(DirectoryProblem) -> Answer {
    var code: Int32 = 0
    var words: UnsafeMutablePointer<CChar>?
    var controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
    guard ldap_parse_result(handle, message, &code, nil, &words, nil, &controls, 1) == LDAP_SUCCESS else {
      throw .broken(host)
    }
    defer {
      if let words { ldap_memfree(words) }
      if let controls { ldap_controls_free(controls) }
    }
    var policy: UInt32?
    if let controls,
      let control = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, nil)
    {
      var (ends, left): (ber_int_t, ber_int_t) = (0, 0)
      var error = PP_noError
      if ldap_parse_passwordpolicy_control(handle, control, &ends, &left, &error) == LDAP_SUCCESS,
        error != PP_noError
      {
        policy = UInt32(error.rawValue)
      }
    }
    return Answer(code: code, words: words.map { String(cString: $0) } ?? "", policy: policy)
  }

  private func lost() -> DirectoryProblem { watch.isOver ? .tooSlow(host) : .broken(host) }
}
