import CCurl
import Dispatch
import Foundation
import Glibc
public import Kernel

/// One message to a chat tool, a gateway for telephones or a watching service, over HTTP by libcurl.
///
/// No redirects, no proxy, bounded time and size, and only to addresses that ``AddressGuard`` lets through at the moment of the
/// connection: what a name server says before counts for nothing.
public struct HTTPPost: Sendable, Equatable {
  public let url: String
  public let host: String
  /// Nil asks with GET.
  public let body: String?
  /// `Name: value`, one a header.
  public let headers: [String]

  /// Seconds for the connection, and for the whole.
  public static let (connectSeconds, wholeSeconds, mostBytes) = (5, 10, 64 << 10)

  /// - Throws: `PostProblem.badAddress` unless it is `http://` or `https://` with a host and nothing before it.
  public init(_ raw: String, body: String?, headers: [String] = []) throws(PostProblem) {
    let text = raw.trimmed
    guard text.utf8.count <= 2000, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme?.lowercased() ?? ""),
      let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil
    else { throw .badAddress }
    // Nothing with which a further header could be smuggled in.
    guard headers.allSatisfy({ $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } }) else {
      throw .badAddress
    }
    (url, self.host, self.body, self.headers) = (text, host, body, headers)
  }

  /// Hands it over; the other side has said yes (a status from 200 to 299) when this returns.
  ///
  /// - Parameter loopback: whether this machine itself may be meant.
  public func send(loopback: Bool) async throws(PostProblem) {
    let result: Result<Void, PostProblem> = await HTTPPost.turns.inTurn {
      await withCheckedContinuation { continuation in
        HTTPPost.queue.async {
          continuation.resume(returning: Result { () throws(PostProblem) in try talk(loopback) })
        }
      }
    }
    try result.get()
  }

  /// libcurl blocks its thread while it talks; few at a time.
  private static let queue = DispatchQueue(label: "mamorite.posts", attributes: .concurrent)
  private static let turns = Turns(atOnce: 8)
  private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
  /// A file of certificates to be trusted in the place of the machine's own.
  private static let authorities = ProcessInfo.processInfo.environment["MAMORITE_CA_FILE"]

  private func talk(_ loopback: Bool) throws(PostProblem) {
    guard HTTPPost.library == CURLE_OK, let handle = curl_easy_init() else { throw .failed("libcurl") }
    defer { curl_easy_cleanup(handle) }
    let hearing = Hearing(loopback: loopback)
    var list = curl_slist_append(nil, "Expect:")
    for header in headers { list = curl_slist_append(list, header) }
    defer { curl_slist_free_all(list) }
    var texts: [(CURLoption, String)] = [
      (CURLOPT_URL, url), (CURLOPT_PROTOCOLS_STR, "http,https"), (CURLOPT_PROXY, ""),
      (CURLOPT_USERAGENT, "Mamorite"),
    ]
    if let body { texts.append((CURLOPT_COPYPOSTFIELDS, body)) }
    if let authorities = HTTPPost.authorities { texts.append((CURLOPT_CAINFO, authorities)) }
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_CONNECTTIMEOUT, HTTPPost.connectSeconds),
      (CURLOPT_TIMEOUT, HTTPPost.wholeSeconds),
    ]
    var code = CURLE_OK
    for (option, text) in texts where code == CURLE_OK { code = ccurl_text(handle, option, text) }
    for (option, number) in numbers where code == CURLE_OK { code = ccurl_number(handle, option, number) }
    if code == CURLE_OK { code = ccurl_list(handle, CURLOPT_HTTPHEADER, list) }
    guard code == CURLE_OK else { throw .failed(String(cString: curl_easy_strerror(code))) }
    code = withExtendedLifetime(hearing) {
      let context = Unmanaged.passUnretained(hearing).toOpaque()
      _ = ccurl_writer(handle, Hearing.body, context)
      _ = ccurl_opener(handle, Hearing.open, context)
      return curl_easy_perform(handle)
    }
    try judge(code, status: ccurl_answer(handle), hearing)
  }

  private func judge(_ code: CURLcode, status: Int, _ hearing: Hearing) throws(PostProblem) {
    if hearing.isForbidden { throw .forbiddenAddress(host) }
    // Once it has said yes, what else it says, and for how long, is of no concern.
    if (200..<300).contains(status), code == CURLE_OK || hearing.isHeard { return }
    if (300..<400).contains(status) { throw .redirected(host, status) }
    if status >= 400 { throw .refused(status, host) }
    switch code {
    case CURLE_OK: throw .refused(status, host)
    case CURLE_COULDNT_RESOLVE_HOST: throw .unknownHost(host)
    case CURLE_COULDNT_CONNECT: throw .noConnection(host)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: throw .badCertificate(host)
    case CURLE_SSL_CONNECT_ERROR: throw .noTLS(host)
    case CURLE_OPERATION_TIMEDOUT: throw .tooSlow(host)
    default: throw .failed(String(cString: curl_easy_strerror(code)))
    }
  }
}

/// What libcurl hears of one answer; used on its thread alone.
private final class Hearing {
  private let loopback: Bool
  private var bytes = 0
  private(set) var isForbidden = false
  /// Whether some of the answer has come.
  private(set) var isHeard = false

  init(loopback: Bool) { self.loopback = loopback }

  static let body: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int =
    {
      buffer, size, count, context in
      guard buffer != nil, let context else { return 0 }
      let hearing = Unmanaged<Hearing>.fromOpaque(context).takeUnretainedValue()
      hearing.isHeard = true
      // Whoever talks on for ever is not listened to.
      guard hearing.bytes + size * count <= HTTPPost.mostBytes else { return 0 }
      hearing.bytes += size * count
      return size * count
    }

  /// Called for each machine that the name stands for, just before the connection.
  static let open:
    @convention(c) (UnsafeMutableRawPointer?, curlsocktype, UnsafeMutablePointer<curl_sockaddr>?) ->
      curl_socket_t = { context, _, address in
        guard let context, let address, let place = ccurl_address(address) else { return -1 }
        let hearing = Unmanaged<Hearing>.fromOpaque(context).takeUnretainedValue()
        guard AddressGuard.allows(family: address.pointee.family, place, loopback: hearing.loopback) else {
          hearing.isForbidden = true
          return -1
        }
        return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
      }
}

/// Why a message did not go out over HTTP or by a command.
public enum PostProblem: Problem, Equatable {
  case badAddress
  case unknownHost(String)
  /// The name leads to this machine, a link-local address or nobody's.
  case forbiddenAddress(String)
  case noConnection(String)
  case noTLS(String)
  case badCertificate(String)
  case tooSlow(String)
  /// It points elsewhere; that is not followed.
  case redirected(String, Int)
  /// The status, and who gave it. What else it says is kept from whoever asks: it may come from any machine of the house.
  case refused(Int, String)
  /// No such command in the list of the server.
  case noCommand(String)
  /// It could not be run at all.
  case notRun(String)
  case commandFailed(String, Int, String)
  /// With the seconds it had.
  case commandSlow(String, Int)
  case failed(String)

  public var code: String {
    switch self {
    case .badAddress: "posts.badAddress"
    case .unknownHost: "posts.unknownHost"
    case .forbiddenAddress: "posts.forbiddenAddress"
    case .noConnection: "posts.noConnection"
    case .noTLS: "posts.noTLS"
    case .badCertificate: "posts.badCertificate"
    case .tooSlow: "posts.tooSlow"
    case .redirected: "posts.redirected"
    case .refused: "posts.refused"
    case .noCommand: "posts.noCommand"
    case .notRun: "posts.notRun"
    case .commandFailed: "posts.commandFailed"
    case .commandSlow: "posts.commandSlow"
    case .failed: "posts.failed"
    }
  }

  public var kind: ProblemKind {
    switch self {
    case .badAddress, .forbiddenAddress: .invalid
    default: .unavailable
    }
  }

  public var arguments: [String] {
    switch self {
    case .badAddress: []
    case .unknownHost(let name), .forbiddenAddress(let name), .noConnection(let name), .noTLS(let name),
      .badCertificate(let name), .tooSlow(let name), .noCommand(let name), .notRun(let name),
      .failed(let name):
      [name]
    case .commandSlow(let name, let seconds): [name, "\(seconds)"]
    case .redirected(let host, let status): [host, "\(status)"]
    case .refused(let status, let host): ["\(status)", host]
    case .commandFailed(let name, let code, let words): [name, "\(code)", words]
    }
  }

  public var field: String? { self == .badAddress ? "url" : nil }

  /// Whether it lies with the whole way and not with what was sent: nothing else gets through either.
  public var isOfWay: Bool {
    switch self {
    case .unknownHost, .noConnection, .noTLS, .badCertificate, .tooSlow, .notRun, .noCommand: true
    case .refused(let status, _): status == 429 || status == 503
    default: false
    }
  }

  /// Whether trying again could help.
  public var isPassing: Bool {
    switch self {
    case .badAddress, .forbiddenAddress, .redirected: false
    case .refused(let status, _): status == 408 || status == 429 || status >= 500
    default: true
    }
  }
}
