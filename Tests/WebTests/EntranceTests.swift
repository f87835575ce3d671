import Kernel
import Testing

@testable import Web

@Suite("入り口")
struct EntranceTests {
  private let now = Instant(milliseconds: 1_795_225_320_000)

  @Test(
    "名前",
    arguments: [
      ("mamorite.example.jp", true), ("MAMORITE.example.jp:8443", true), ("mamorite.example.jp.", true),
      ("server1", true), ("public.example.jp", true), ("localhost:80", true), ("a.localhost", true),
      ("", true),
      ("192.168.0.1", true), ("192.168.0.1:8080", true), ("[fe80::1]:80", true), ("[::1]", true),
      ("evil.example", false), ("mamorite.example.jp.evil.example", false), ("1.2.3", false),
      ("1.2.3.256", false),
      ("1.2.3.4.evil.example", false), ("[evil]", false), ("[::1].evil.example", false),
      ("notlocalhost", false),
    ])
  func names(host: String, isKnown: Bool) {
    let names = HostNames(
      ["mamorite.example.jp"], publicAddress: "https://public.example.jp:8443", machine: "server1")
    #expect(names.allow(host) == isKnown)
  }

  @Test(
    "外から見た住所は、終わりの斜線があってもなくても同じ",
    arguments: ["https://mamorite.example.jp:8443/m", "https://mamorite.example.jp:8443/m/"])
  func publicAddress(typed: String) {
    let address = PublicAddress(["MAMORITE_PUBLIC_URL": typed])
    #expect(address.given == "https://mamorite.example.jp:8443/m")
    #expect(PublicAddress([:]).given == nil)
  }

  @Test("* はすべての名前") func anyName() {
    #expect(HostNames(["*"], publicAddress: nil, machine: "a").allow("evil.example"))
    #expect(HostNames.any.allow("evil.example"))
  }

  @Test("一つの接続元が使い切っても、ほかは待たず、時がたてばまた来られる") func limit() {
    let limit = RequestLimit(perSecond: 2, atOnce: 3)
    let first = (0..<5).map { _ in limit.admits("a", at: now) }
    #expect(first == [true, true, true, false, false])
    #expect(limit.admits("b", at: now))
    #expect(!limit.admits("a", at: now.adding(milliseconds: 499)))
    #expect(limit.admits("a", at: now.adding(milliseconds: 501)))
    let later = (0..<5).map { _ in limit.admits("a", at: now.adding(minutes: 60)) }
    #expect(later == [true, true, true, false, false])
  }

  @Test("時計が戻っても、増えも減りもしない") func clockGoesBack() {
    let limit = RequestLimit(perSecond: 1, atOnce: 2)
    #expect(limit.admits("a", at: now))
    #expect(limit.admits("a", at: now.adding(minutes: -60)))
    #expect(!limit.admits("a", at: now.adding(minutes: -60)))
    #expect(limit.admits("a", at: now.adding(minutes: -59)))
  }

  @Test("接続元がいくら多くても、覚える数は決まっている") func manyNetworks() {
    let limit = RequestLimit(perSecond: 1, atOnce: 2)
    for number in 0..<10_000 { #expect(limit.admits("\(number)", at: now)) }
    // The ten-thousand-and-first shares with all that follow.
    let others = ["x", "y", "z"].map { limit.admits($0, at: now) }
    #expect(others == [true, true, false])
    #expect(limit.admits("0", at: now))
    // Whoever has not come for long makes room.
    #expect(limit.admits("z", at: now.adding(minutes: 1)))
  }
}
