import Kernel
import Synchronization
import Testing

@testable import Probes

@Suite("HTTP の確認")
struct HTTPTests {
  /// Answers by path; what was asked is kept.
  private final class Site: Sendable {
    let asked = Mutex<[String]>([])
    private let pages: [String: String]

    init(_ pages: [String: String]) { self.pages = pages }

    var manner: FakePeer.Manner {
      FakePeer.Manner(
        answer: { [self] bytes in
          let request = String(decoding: bytes, as: UTF8.self)
          asked.withLock { $0.append(request) }
          let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
          return Array((pages[path] ?? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").utf8)
        }, closesAfterAnswer: true)
    }
  }

  private static func to(_ place: String, status: Int = 302) -> String {
    "HTTP/1.1 \(status) Found\r\nLocation: \(place)\r\nContent-Length: 0\r\n\r\n"
  }

  private static func page(_ text: String, status: Int = 200) -> String {
    "HTTP/1.1 \(status) OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
  }

  private func check(
    _ target: Target, _ path: String, redirects: Int = 5, expect: String? = nil, login: HTTPLogin? = nil,
    status: StatusCodes = .success
  ) throws -> HTTPCheck {
    try HTTPCheck(
      address: try HTTPAddress("http://\(target)\(path)"), status: status, expect: expect,
      redirects: redirects,
      login: login, tls: try TLSRules(), limits: try patient())
  }

  @Test("輪になった転送は、輪だと言う")
  func circle() async throws {
    let site = Site(["/a": Self.to("/b"), "/b": Self.to("/c", status: 301), "/c": Self.to("/a", status: 307)])
    let outcome = try await look(at: site.manner) { try check($0, "/a") }
    #expect(outcome.codes == ["redirectCircle"])
    #expect(site.asked.withLock { $0.count } == 3)
  }

  @Test("果てしない転送は、決めた数でやめる")
  func endless() async throws {
    var pages: [String: String] = [:]
    for number in 0..<20 { pages["/\(number)"] = Self.to("\(number + 1)") }
    let site = Site(pages)
    let outcome = try await look(at: site.manner) { try check($0, "/0", redirects: 4) }
    #expect(outcome.codes == ["tooManyRedirects"])
    // The first page and four more.
    #expect(site.asked.withLock { $0.count } == 5)
  }

  @Test("転送を追わないと決めたら、転送そのものが答え")
  func unfollowed() async throws {
    let site = Site(["/a": Self.to("/b")])
    let outcome = try await look(at: site.manner) {
      try check($0, "/a", redirects: 0, status: try StatusCodes("302"))
    }
    #expect(outcome.state == .up)
  }

  @Test("転送で、確かめてよい網の外へは出ない", arguments: ["http://192.0.2.1/", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/"])
  func outside(place: String) async throws {
    let peer = try await FakePeer.listening(Site(["/": Self.to(place)]).manner)
    let outcome = await look(try check(peer.target, "/"), networks: try #require(Networks("127.0.0.0/8")))
    try await peer.close()
    #expect(outcome.codes == [place.hasPrefix("http://1") ? "leadsOutside" : "badRedirect"])
  }

  @Test("パスワードは、転送先の別のサーバへ行かない")
  func password() async throws {
    let other = Site(["/": Self.page("fine")])
    let elsewhere = try await FakePeer.listening(other.manner)
    let site = Site(["/a": Self.to("/b"), "/b": Self.to("http://\(elsewhere.target)/")])
    let login = HTTPLogin.basic(name: "monitor", password: "geheim")
    let outcome = try await look(at: site.manner) { try check($0, "/a", login: login) }
    try await elsewhere.close()
    #expect(outcome.state == .up)
    #expect(
      site.asked.withLock { $0.allSatisfy { $0.contains("Authorization: Basic bW9uaXRvcjpnZWhlaW0=") } })
    #expect(other.asked.withLock { $0.count == 1 && !$0[0].contains("Authorization") })
  }

  @Test("秘密は、見せる記録に出ない")
  func trace() async throws {
    let peer = try await FakePeer.listening(Site(["/": Self.page("your token is geheim")]).manner)
    let login = HTTPLogin.basic(name: "monitor", password: "geheim")
    let outcome = await look(try check(peer.target, "/", login: login), traced: true)
    try await peer.close()
    let shown = outcome.trace.map(\.text).joined(separator: "\n")
    #expect(shown.contains("GET / HTTP/1.1") && shown.contains("Basic ***") && shown.contains("HTTP/1.1 200"))
    #expect(shown.contains("your token is ***"))
    #expect(!shown.contains("geheim") && !shown.contains("bW9uaXRvcjpnZWhlaW0="))
  }

  @Test("状態と本文を見る")
  func judged() async throws {
    let site = Site([
      "/": Self.page("ログイン"), "/login": Self.page("", status: 401), "/bad": Self.page("", status: 503),
    ])
    let well = try await look(at: site.manner) { try check($0, "/", expect: "ログイン") }
    #expect(well.state == .up && well.notes.first?.key == "probes.http")
    #expect(try await look(at: site.manner) { try check($0, "/", expect: "電子カルテ") }.codes == ["textMissing"])
    #expect(try await look(at: site.manner) { try check($0, "/login") }.codes == ["loginNeeded"])
    #expect(
      try await look(at: site.manner) { try check($0, "/bad") }.troubles == [.badStatus(503, "200-299")])
    let agreed = try StatusCodes("200-204,401")
    #expect(try await look(at: site.manner) { try check($0, "/login", status: agreed) }.state == .up)
  }

  @Test("FHIR でないものを FHIR と思わない")
  func fhir() async throws {
    let good = #"{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","software":{"name":"HAPI"}}"#
    let deep = String(repeating: "[", count: 100_000)
    let site = Site([
      "/r4/metadata": Self.page(good), "/html/metadata": Self.page("<html>"),
      "/deep/metadata": Self.page(deep),
      "/other/metadata": Self.page(#"{"resourceType":"Patient"}"#), "/list/metadata": Self.page("[1]"),
    ])
    func fhir(_ base: String) async throws -> Outcome {
      try await look(at: site.manner) {
        try FHIRCheck(
          base: try HTTPAddress("http://\($0)/\(base)"), tls: try TLSRules(), limits: try patient())
      }
    }
    let outcome = try await fhir("r4/")
    #expect(outcome.state == .up)
    #expect(outcome.notes.first?.arguments.dropFirst() == ["4.0.1", "HAPI"])
    for base in ["html", "deep", "list"] { #expect(try await fhir(base).codes == ["notFHIR"], "\(base)") }
    #expect(try await fhir("other").troubles == [.notFHIR("Patient")])
    #expect(try await fhir("none").codes == ["badStatus"])
  }

  @Test("住所の書き方を読む")
  func addresses() throws {
    #expect(try HTTPAddress("HTTPS://EHR.example.jp").description == "https://ehr.example.jp/")
    #expect(try HTTPAddress("http://[::1]:8000/a?b=c#d").description == "http://[::1]:8000/a?b=c")
    #expect(try HTTPAddress("http://a.jp/x/y").following("../z?q").description == "http://a.jp/z?q")
    for text in [
      "ehr.example.jp", "ftp://a.jp/", "http://user:word@a.jp/", "http://", "http://a.jp:0/", "http://a b/",
    ] {
      #expect(throws: Trouble.badTarget(text)) { try HTTPAddress(text) }
    }
    for text in ["", "99", "600", "300-200", "a", "200-300-400", "200,"] {
      #expect(throws: Trouble.self) { try StatusCodes(text) }
    }
  }
}
