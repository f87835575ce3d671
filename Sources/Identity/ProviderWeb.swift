import CCurl
import Dispatch
import Foundation
import Glibc
import Kernel

/// What a provider answered.
public struct ProviderAnswer: Sendable {
  public let status: Int
  public let body: [UInt8]
  /// The header `Date` in seconds since 1970; nil without one.
  public let date: Int?

  public init(status: Int, body: [UInt8], date: Int? = nil) {
    (self.status, self.body, self.date) = (status, body, date)
  }
}

/// The way to a provider; tests put their own in its place.
public protocol ProviderWeb: Sendable {
  var allowsLoopback: Bool { get }
  func get(_ address: ProviderAddress) async throws(IdentityProblem) -> ProviderAnswer
  /// - Parameter login: name and password of HTTP Basic; nil without.
  func post(_ address: ProviderAddress, form: String, login: (String, String)?) async throws(IdentityProblem)
    -> ProviderAnswer
}

/// Over HTTPS by libcurl: no redirects, no proxy, bounded time and size, and only to addresses that ``AddressGuard`` lets through.
public struct CurlWeb: ProviderWeb {
  public let allowsLoopback: Bool
  /// A file of certificates to be trusted in the place of the machine's own.
  let authorities: String?

  private let wholeSeconds: Int

  static let (connectSeconds, mostSeconds, mostBytes) = (5, 15, 512 << 10)

  /// - Parameter environment: `MAMORITE_CA_FILE`; for tests `MAMORITE_OPENID_LOOPBACK=1` and, beside it, `MAMORITE_WEB_SECONDS`.
  public init(_ environment: [String: String]) {
    allowsLoopback = environment["MAMORITE_OPENID_LOOPBACK"] == "1"
    let seconds = allowsLoopback ? environment["MAMORITE_WEB_SECONDS"].flatMap { Int($0) } : nil
    wholeSeconds = min(max(seconds ?? CurlWeb.mostSeconds, 1), CurlWeb.mostSeconds)
    authorities = environment["MAMORITE_CA_FILE"]
  }

  public func get(_ address: ProviderAddress) async throws(IdentityProblem) -> ProviderAnswer {
    try await run(address, nil, login: nil)
  }

  public func post(_ address: ProviderAddress, form: String, login: (String, String)?)
    async throws(IdentityProblem) -> ProviderAnswer
  {
    let sent = Sent(bytes: Array(form.utf8), type: nil, accepts: "application/json")
    return try await run(address, sent, login: login)
  }

  /// Sends bytes to an address from which nothing is believed that is not signed itself.
  public func post(_ address: ProviderAddress, _ bytes: [UInt8], type: String, accepts: String)
    async throws(IdentityProblem) -> ProviderAnswer
  {
    try await run(address, Sent(bytes: bytes, type: type, accepts: accepts, isOpen: true), login: nil)
  }

  /// What goes with a request.
  private struct Sent: Sendable {
    let bytes: [UInt8]
    /// nil for a form.
    let type: String?
    let accepts: String
    /// Whether plain http is as good as https.
    var isOpen = false
  }

  /// libcurl blocks its thread while it talks; few at a time, so that a slow provider takes no more. The others hold none.
  private static let queue = DispatchQueue(label: "mamorite.identity", attributes: .concurrent)
  private static let turns = Turns(atOnce: 8)
  private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  private func run(_ address: ProviderAddress, _ sent: Sent?, login: (String, String)?)
    async throws(IdentityProblem) -> ProviderAnswer
  {
    let result: Result<ProviderAnswer, IdentityProblem> = await CurlWeb.turns.inTurn {
      await withCheckedContinuation { continuation in
        CurlWeb.queue.async {
          continuation.resume(
            returning: Result { () throws(IdentityProblem) in try talk(address, sent, login: login) })
        }
      }
    }
    return try result.get()
  }

  private func talk(_ address: ProviderAddress, _ sent: Sent?, login: (String, String)?)
    throws(IdentityProblem) -> ProviderAnswer
  {
    guard CurlWeb.library == CURLE_OK, let handle = curl_easy_init() else {
      throw .noConnection(address.host)
    }
    defer { curl_easy_cleanup(handle) }
    let hearing = Hearing(allowsLoopback: allowsLoopback)
    var headers = curl_slist_append(nil, "Accept: \(sent?.accepts ?? "application/json")")
    if let type = sent?.type { headers = curl_slist_append(headers, "Content-Type: \(type)") }
    defer { curl_slist_free_all(headers) }
    var code = set(handle, address, sent, login)
    if code == CURLE_OK { code = ccurl_list(handle, CURLOPT_HTTPHEADER, headers) }
    guard code == CURLE_OK else { throw .noConnection(address.host) }
    code = withExtendedLifetime(hearing) {
      let context = Unmanaged.passUnretained(hearing).toOpaque()
      _ = ccurl_writer(handle, Hearing.body, context)
      _ = ccurl_headers(handle, Hearing.header, context)
      _ = ccurl_opener(handle, Hearing.open, context)
      return curl_easy_perform(handle)
    }
    guard code == CURLE_OK else { throw problem(code, hearing, address) }
    return ProviderAnswer(status: ccurl_answer(handle), body: hearing.bytes, date: hearing.date)
  }

  private func set(
    _ handle: UnsafeMutableRawPointer, _ address: ProviderAddress, _ sent: Sent?, _ login: (String, String)?
  ) -> CURLcode {
    let isOpen = allowsLoopback || sent?.isOpen == true
    var texts: [(CURLoption, String)] = [
      (CURLOPT_URL, address.text), (CURLOPT_PROTOCOLS_STR, isOpen ? "http,https" : "https"),
      (CURLOPT_PROXY, ""), (CURLOPT_USERAGENT, "Mamorite"),
    ]
    if let authorities { texts.append((CURLOPT_CAINFO, authorities)) }
    if let login { texts += [(CURLOPT_USERNAME, login.0), (CURLOPT_PASSWORD, login.1)] }
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_CONNECTTIMEOUT, CurlWeb.connectSeconds),
      (CURLOPT_TIMEOUT, wholeSeconds),
    ]
    var code = CURLE_OK
    for (option, text) in texts where code == CURLE_OK { code = ccurl_text(handle, option, text) }
    for (option, number) in numbers where code == CURLE_OK { code = ccurl_number(handle, option, number) }
    if let sent, code == CURLE_OK { code = ccurl_post(handle, sent.bytes, sent.bytes.count) }
    return code
  }

  private func problem(_ code: CURLcode, _ hearing: Hearing, _ address: ProviderAddress) -> IdentityProblem {
    if hearing.isForbidden { return .forbiddenAddress(address.host) }
    if hearing.isTooLarge { return .tooLarge(address.host) }
    return switch code {
    case CURLE_COULDNT_RESOLVE_HOST: .unknownHost(address.host)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: .badCertificate(address.host)
    case CURLE_SSL_CONNECT_ERROR: .noTLS(address.host)
    case CURLE_OPERATION_TIMEDOUT: .tooSlow(address.host)
    default: .noConnection(address.host)
    }
  }
}

/// What libcurl hears of one answer; used on its thread alone.
private final class Hearing {
  private let allowsLoopback: Bool
  private(set) var bytes: [UInt8] = []
  private(set) var date: Int?
  private(set) var isForbidden = false
  private(set) var isTooLarge = false

  init(allowsLoopback: Bool) { self.allowsLoopback = allowsLoopback }

  static let body: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int =
    {
      buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let hearing = Unmanaged<Hearing>.fromOpaque(context).takeUnretainedValue()
      guard hearing.bytes.count + size * count <= CurlWeb.mostBytes else {
        hearing.isTooLarge = true
        return 0
      }
      hearing.bytes += UnsafeRawBufferPointer(start: buffer, count: size * count)
      return size * count
    }

  static let header:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int =
      {
        buffer, size, count, context in
        guard let buffer, let context else { return 0 }
        let hearing = Unmanaged<Hearing>.fromOpaque(context).takeUnretainedValue()
        let line = String(
          decoding: UnsafeRawBufferPointer(start: buffer, count: size * count), as: UTF8.self)
        if line.lowercased().hasPrefix("date:") {
          let time = curl_getdate(String(line.dropFirst(5)), nil)
          if time > 0 { hearing.date = time }
        }
        return size * count
      }

  /// Called for each machine that the name stands for, just before the connection: what a name server says later is too late.
  static let open:
    @convention(c) (UnsafeMutableRawPointer?, curlsocktype, UnsafeMutablePointer<curl_sockaddr>?) ->
      curl_socket_t = { context, _, address in
        guard let context, let address, let place = ccurl_address(address) else { return -1 }
        let hearing = Unmanaged<Hearing>.fromOpaque(context).takeUnretainedValue()
        guard AddressGuard.allows(family: address.pointee.family, place, loopback: hearing.allowsLoopback)
        else {
          hearing.isForbidden = true
          return -1
        }
        return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
      }
}
