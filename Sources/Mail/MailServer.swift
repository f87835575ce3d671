import CCurl
import Dispatch
import Foundation
import Glibc
public import Kernel

/// A mail server to which messages are handed (SMTP submission, RFC 6409), reached through libcurl.
public struct MailServer: Sendable, Equatable {
  /// How the line to the server is protected.
  public enum Security: String, Sendable, CaseIterable {
    /// TLS from the first byte, usually port 465.
    case tls
    /// TLS by STARTTLS, which must succeed; usually port 587.
    case startTLS = "starttls"
    /// None; for a server in the same house, usually port 25.
    case none
  }

  public let host: String
  public let port: Int
  public let security: Security
  public let login: String?
  public let password: String?

  /// - Throws: `MailProblem` for a host or port that cannot be one, and for a password that would go over an open line.
  public init(
    host raw: String, port: Int, security: Security, login: String?, password: String?
  ) throws(MailProblem) {
    let host = raw.trimmed
    // Names and addresses, also of IPv6; nothing with which a URL could be steered elsewhere.
    let isHost = host.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x3A, 0x5F].contains(byte)
    }
    guard !host.isEmpty, host.utf8.count <= 253, isHost else { throw .badHost }
    guard (1...65535).contains(port) else { throw .badPort }
    guard login == nil || security != .none || MailServer.isLoopback(host) else { throw .openLine }
    (self.host, self.port, self.security) = (host, port, security)
    (self.login, self.password) = (login, password)
  }

  private static func isLoopback(_ host: String) -> Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

  /// Seconds for the connection, and for the whole.
  public static let (connectSeconds, wholeSeconds) = (10, 30)

  /// Hands a message over; it has been accepted when this returns.
  public func send(_ message: MailMessage) async throws(MailProblem) {
    let result: Result<Void, MailProblem> = await withCheckedContinuation { continuation in
      MailServer.queue.async {
        continuation.resume(returning: Result { () throws(MailProblem) in try deliver(message) })
      }
    }
    try result.get()
  }

  /// libcurl blocks its thread while it talks.
  private static let queue = DispatchQueue(label: "mamorite.mail", attributes: .concurrent)
  private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  private func deliver(_ message: MailMessage) throws(MailProblem) {
    guard MailServer.library == CURLE_OK, let handle = curl_easy_init() else { throw .failed("libcurl") }
    defer { curl_easy_cleanup(handle) }
    let name = host.contains(":") ? "[\(host)]" : host
    let talk = Talk(message.bytes)
    let recipients = curl_slist_append(nil, "<\(message.to)>")
    defer { curl_slist_free_all(recipients) }
    var texts: [(CURLoption, String)] = [
      (CURLOPT_URL, "\(security == .tls ? "smtps" : "smtp")://\(name):\(port)/\(MailServer.ownName)"),
      (CURLOPT_PROTOCOLS_STR, "smtp,smtps"), (CURLOPT_MAIL_FROM, "<\(message.from)>"), (CURLOPT_PROXY, ""),
    ]
    if let authorities = MailServer.authorities { texts.append((CURLOPT_CAINFO, authorities)) }
    if let login {
      texts += [(CURLOPT_USERNAME, login), (CURLOPT_PASSWORD, password ?? "")]
    }
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_UPLOAD, 1), (CURLOPT_CONNECTTIMEOUT, MailServer.connectSeconds),
      (CURLOPT_TIMEOUT, MailServer.wholeSeconds),
      (CURLOPT_USE_SSL, security == .startTLS ? Int(CURLUSESSL_ALL.rawValue) : Int(CURLUSESSL_NONE.rawValue)),
    ]
    var code = CURLE_OK
    for (option, text) in texts where code == CURLE_OK { code = ccurl_text(handle, option, text) }
    for (option, number) in numbers where code == CURLE_OK { code = ccurl_number(handle, option, number) }
    if code == CURLE_OK { code = ccurl_list(handle, CURLOPT_MAIL_RCPT, recipients) }
    guard code == CURLE_OK else { throw .failed(String(cString: curl_easy_strerror(code))) }
    code = withExtendedLifetime(talk) {
      let context = Unmanaged.passUnretained(talk).toOpaque()
      _ = ccurl_reader(handle, Talk.read, context)
      _ = ccurl_headers(handle, Talk.hear, context)
      _ = ccurl_opener(handle, Talk.open, context)
      return curl_easy_perform(handle)
    }
    guard code != CURLE_OK else { return }
    if talk.isForbidden { throw .forbiddenAddress(host) }
    throw problem(code, answer: ccurl_answer(handle), talk)
  }

  /// A file of certificates to be trusted in the place of the machine's own, for a house with an authority of its own.
  private static let authorities = ProcessInfo.processInfo.environment["MAMORITE_CA_FILE"]

  /// What this machine calls itself in EHLO.
  private static let ownName: String = {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, 255) == 0 else { return "localhost" }
    let name = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let isPlain = name.utf8.allSatisfy {
      $0 < 0x80
        && ($0 == 0x2D || $0 == 0x2E || Character(Unicode.Scalar($0)).isLetter
          || Character(Unicode.Scalar($0)).isNumber)
    }
    return isPlain && !name.isEmpty ? name : "localhost"
  }()

  private func problem(_ code: CURLcode, answer: Int, _ talk: Talk) -> MailProblem {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: return .unknownHost(host)
    case CURLE_COULDNT_CONNECT: return .noConnection(host, port)
    case CURLE_LOGIN_DENIED: return .loginRefused
    case CURLE_USE_SSL_FAILED: return .noStartTLS
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: return .badCertificate(host)
    case CURLE_SSL_CONNECT_ERROR: return .noTLS(host, port)
    default: break
    }
    // Once all has been sent, only the server's answer tells whether it took it.
    if answer >= 400 && talk.isAnswered { return .refused(answer, talk.refusal) }
    if talk.isSent { return .unclear }
    return code == CURLE_OPERATION_TIMEDOUT
      ? .tooSlow(host) : .failed(String(cString: curl_easy_strerror(code)))
  }
}

/// What libcurl reads and hears while it hands over one message; used on its thread alone.
private final class Talk {
  private let bytes: [UInt8]
  private var position = 0
  private(set) var isSent = false
  /// The last answer that was a refusal; a polite server says good-bye after it.
  private(set) var refusal = ""
  /// Whether the server has said something since the last byte went out.
  private(set) var isAnswered = false
  /// Whether the name led where the program does not go.
  private(set) var isForbidden = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  static let read: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int =
    {
      buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let talk = Unmanaged<Talk>.fromOpaque(context).takeUnretainedValue()
      let most = min(size * count, talk.bytes.count - talk.position)
      talk.bytes.withUnsafeBytes { all in
        UnsafeMutableRawBufferPointer(start: buffer, count: most)
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: all[talk.position..<talk.position + most]))
      }
      talk.position += most
      if talk.position == talk.bytes.count { talk.isSent = true }
      talk.isAnswered = false
      return most
    }

  /// Called for each machine that the name stands for, just before the connection. A mail server on this machine is usual.
  static let open:
    @convention(c) (UnsafeMutableRawPointer?, curlsocktype, UnsafeMutablePointer<curl_sockaddr>?) ->
      curl_socket_t = { context, _, address in
        guard let context, let address, let place = ccurl_address(address) else { return -1 }
        let talk = Unmanaged<Talk>.fromOpaque(context).takeUnretainedValue()
        guard AddressGuard.allows(family: address.pointee.family, place, loopback: true) else {
          talk.isForbidden = true
          return -1
        }
        return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
      }

  static let hear: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int =
    {
      buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let talk = Unmanaged<Talk>.fromOpaque(context).takeUnretainedValue()
      let line = UnsafeRawBufferPointer(start: buffer, count: size * count)
      if let first = line.first, first == 0x34 || first == 0x35 {
        talk.refusal = String(String(decoding: line, as: UTF8.self).trimmed.prefix(200))
      }
      talk.isAnswered = true
      return size * count
    }
}

/// Why a message was not handed over.
public enum MailProblem: Problem, Equatable {
  case badHost, badPort
  /// A password over a line without TLS, to another machine.
  case openLine
  case unknownHost(String)
  /// The name leads to an address that is no mail server's: link-local, multicast or nobody's.
  case forbiddenAddress(String)
  case noConnection(String, Int)
  /// The server does not speak TLS on that port.
  case noTLS(String, Int)
  case noStartTLS
  /// Its certificate is for another name, has ended, or comes from an authority that this machine does not know.
  case badCertificate(String)
  case loginRefused
  case tooSlow(String)
  /// Code and words of the server.
  case refused(Int, String)
  /// All was sent, and then no answer came: it may have arrived or not.
  case unclear
  /// For the log, in libcurl's words.
  case failed(String)

  public var code: String {
    switch self {
    case .badHost: "mail.badHost"
    case .badPort: "mail.badPort"
    case .openLine: "mail.openLine"
    case .unknownHost: "mail.unknownHost"
    case .forbiddenAddress: "mail.forbiddenAddress"
    case .noConnection: "mail.noConnection"
    case .noTLS: "mail.noTLS"
    case .noStartTLS: "mail.noStartTLS"
    case .badCertificate: "mail.badCertificate"
    case .loginRefused: "mail.loginRefused"
    case .tooSlow: "mail.tooSlow"
    case .refused: "mail.refused"
    case .unclear: "mail.unclear"
    case .failed: "mail.failed"
    }
  }

  public var kind: ProblemKind {
    switch self {
    case .badHost, .badPort, .openLine, .forbiddenAddress: .invalid
    default: .unavailable
    }
  }

  public var arguments: [String] {
    switch self {
    case .unknownHost(let host), .forbiddenAddress(let host), .badCertificate(let host), .tooSlow(let host):
      [host]
    case .noConnection(let host, let port), .noTLS(let host, let port): [host, "\(port)"]
    case .refused(let code, let words): ["\(code)", words]
    case .failed(let words): [words]
    case .badHost, .badPort, .openLine, .noStartTLS, .loginRefused, .unclear: []
    }
  }

  public var field: String? {
    switch self {
    case .badHost, .forbiddenAddress: "host"
    case .badPort: "port"
    case .openLine: "security"
    default: nil
    }
  }

  /// Whether trying again later could help. What is unclear is not tried again: it may have arrived.
  public var isPassing: Bool {
    switch self {
    case .unknownHost, .noConnection, .noTLS, .noStartTLS, .badCertificate, .loginRefused, .tooSlow, .failed:
      true
    case .refused(let code, _): code < 500
    case .badHost, .badPort, .openLine, .forbiddenAddress, .unclear: false
    }
  }

  /// Whether it concerns the server and so every other message as well.
  public var isOfServer: Bool {
    switch self {
    case .refused, .unclear: false
    default: true
    }
  }
}
