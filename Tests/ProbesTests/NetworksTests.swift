import Kernel
import Testing

@testable import Probes

@Suite("確かめてよい網")
struct NetworksTests {
  @Test(
    "中の住所だけを通す",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
      ("192.168.4.0/22", "192.168.7.255", true), ("192.168.4.0/22", "192.168.8.0", false),
      ("192.0.2.5", "192.0.2.5", true), ("192.0.2.5", "192.0.2.4", false), ("0.0.0.0/0", "203.0.113.9", true),
      ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false), ("::1", "::1", true),
      ("10.0.0.0/8", "::1", false), ("0.0.0.0/0", "::1", false), ("::/0", "10.0.0.1", false),
      ("10.0.0.0/8, fd00::/8", "fd00::9", true),
    ])
  func containment(networks: String, address: String, isInside: Bool) throws {
    let list = try #require(Networks(networks))
    #expect(list.contains(try #require(IPAddress(address))) == isInside)
  }

  @Test("IPv6 の形で書いた IPv4 の住所は、IPv4 として見る")
  func mapped() throws {
    let list = try #require(Networks("10.0.0.0/8"))
    #expect(list.contains(try #require(IPAddress("::ffff:10.1.2.3"))))
    #expect(!list.contains(try #require(IPAddress("::ffff:192.0.2.1"))))
  }

  @Test(
    "網でないものは読まない",
    arguments: [
      "", "10.0.0.0/33", "10.1.2.3/8", "fd00::/129", "::ffff:10.0.0.0/104", "example.jp", "10.0.0.0/-1",
      "10/8",
    ])
  func refused(text: String) { #expect(Networks(text) == nil) }

  @Test("すべてを許すのは、そう決めたときだけ")
  func all() throws {
    #expect(Networks.all.contains(try #require(IPAddress("203.0.113.1"))))
    #expect(Networks.all.contains(try #require(IPAddress("2001:db8::1"))))
  }

  @Test("上限の中だけを通す")
  func ceiling() throws {
    let (list, most) = (
      try #require(Networks("10.0.0.0/8 127.0.0.0/8")), try #require(Networks("10.4.0.0/14"))
    )
    let (inside, beside, own) = (
      try #require(IPAddress("10.5.0.1")), try #require(IPAddress("10.8.0.1")),
      try #require(IPAddress("127.0.0.1"))
    )
    #expect(list.within(most).contains(inside))
    #expect(!list.within(most).contains(beside))
    #expect(!list.within(most).contains(own))
    #expect(list.within(nil) == list)
    #expect(!Networks.none.contains(inside))
    #expect(!list.lie(in: most))
    #expect(list.lie(in: nil))
    #expect(try #require(Networks("10.4.0.0/15 10.7.1.1")).lie(in: most))
    #expect(!Networks.all.lie(in: most))
  }

  @Test("名前を引いたあとで比べる: 網の外を指す名前には、つながない")
  func afterResolution() async throws {
    let prober = Prober(networks: try #require(Networks("10.0.0.0/8")), clock: { Instant(milliseconds: 0) })
    let check = TCPCheck(target: try Target("localhost:9"), limits: try Limits(timeoutMs: 60_000))
    let outcome = await prober.probe(check, traced: true)
    await prober.close()
    #expect(outcome.state == .down)
    #expect(outcome.troubles.map(\.code) == ["probes.outsideNetworks"])
    // Nothing is known of the target.
    #expect(outcome.refusal?.code == "probes.outsideNetworks")
    #expect(!outcome.trace.contains { $0.text.hasPrefix("→") })
  }

  @Test("住所を読み、いちばん短く書く")
  func addresses() {
    #expect(IPAddress("[2001:DB8:0:0::1]")?.description == "2001:db8::1")
    #expect(IPAddress("192.0.2.1")?.description == "192.0.2.1")
    for text in ["192.0.2", "1.2.3.4.5", "", "::g", "localhost"] { #expect(IPAddress(text) == nil) }
  }

  @Test("相手の書き方を読む")
  func targets() throws {
    #expect(try Target("pacs.example.jp:104") == Target(host: "pacs.example.jp", port: 104))
    #expect(try Target("[2001:db8::5]:104") == Target(host: "2001:db8::5", port: 104))
    #expect(try Target("2001:db8::5", standard: 443) == Target(host: "2001:db8::5", port: 443))
    #expect(try Target("host", standard: 443).description == "host:443")
    #expect(try Target("[::1]:1").description == "[::1]:1")
    for text in [
      "host", "host:", "host:0", "host:65536", "host:x", ":80", "a b:80", "[::1", "[x]:1", "a/b:1", "a@b:1",
    ] {
      #expect(throws: Trouble.self) { try Target(text) }
    }
  }
}
