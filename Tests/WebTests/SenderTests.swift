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

  @Test("何も書かれていなければ、つないできた相手")
  func none() {
    #expect(Sender.address(peer: "127.0.0.1", forwarded: nil, isBehindProxy: true) == "127.0.0.1")
  }
}
