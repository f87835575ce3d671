import Testing

@testable import Web

@Suite("接続元")
struct SenderTests {
  @Test(
    "逆プロキシが書いた最後の住所だけを、その機械からで、そうと決めたときにだけ信じる",
    arguments: [
      ("127.0.0.1", "192.0.2.7", true, "192.0.2.7"), ("::1", "2001:db8::7", true, "2001:db8::7"),
      // Whoever asks may have written the first ones.
      ("127.0.0.1", "10.9.9.9, 192.0.2.7", true, "192.0.2.7"),
      ("127.0.0.1", "192.0.2.7, ", true, "127.0.0.1"), ("127.0.0.1", "unknown", true, "127.0.0.1"),
      ("127.0.0.1", "192.0.2.7", false, "127.0.0.1"), ("192.0.2.200", "192.0.2.7", true, "192.0.2.200"),
    ])
  func address(peer: String, forwarded: String, isBehindProxy: Bool, expected: String) {
    #expect(Sender.address(peer: peer, forwarded: forwarded, isBehindProxy: isBehindProxy) == expected)
  }

  @Test(
    "院内の http では Sec-Fetch-Site が来ないので、Origin の名前で、自分のページかを見分ける",
    arguments: [
      ("http://mamorite.minato.lan:8080", "mamorite.minato.lan:8080", FormSender.own),
      // A proxy may leave the port out, and browsers write the usual one nowhere.
      ("http://mamorite.minato.lan", "mamorite.minato.lan:8080", .own),
      ("http://MAMORITE.minato.lan:8080", "mamorite.minato.lan", .own),
      ("http://192.168.10.5:8080", "192.168.10.5:8080", .own),
      ("http://[fd00::5]:8080", "[fd00::5]:8080", .own),
      ("http://[fd00::6]:8080", "[fd00::5]:8080", .elsewhere),
      ("http://portal.minato.lan", "mamorite.minato.lan:8080", .elsewhere),
      ("http://mamorite.minato.lan.evil.example", "mamorite.minato.lan", .elsewhere),
      ("http://evil.example/mamorite.minato.lan", "mamorite.minato.lan", .elsewhere),
      ("http://mamorite.minato.lan@evil.example", "mamorite.minato.lan", .elsewhere),
      // A page in a sandbox, or a file on the disk, says `null`.
      ("null", "mamorite.minato.lan", .elsewhere), ("", "mamorite.minato.lan", .elsewhere),
      ("http://mamorite.minato.lan", nil, .elsewhere), ("", nil, .elsewhere),
    ] as [(String, String?, FormSender)])
  func origin(origin: String, host: String?, expected: FormSender) {
    #expect(FormSender(site: nil, origin: origin, host: host) == expected)
  }

  @Test(
    "Sec-Fetch-Site が来れば、それだけで決める。どちらもなければ分からない",
    arguments: [
      ("same-origin", .own), ("same-site", .elsewhere), ("cross-site", .elsewhere), ("none", .unknown),
      (nil, .unknown),
    ] as [(String?, FormSender)])
  func site(site: String?, expected: FormSender) {
    let origin = site == nil ? nil : "http://evil.example"
    #expect(FormSender(site: site, origin: origin, host: "mamorite.minato.lan") == expected)
  }

  @Test("何も書かれていなければ、つないできた相手")
  func none() {
    #expect(Sender.address(peer: "127.0.0.1", forwarded: nil, isBehindProxy: true) == "127.0.0.1")
  }
}
