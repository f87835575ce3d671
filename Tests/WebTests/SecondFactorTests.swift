import Foundation
import Kernel
import Testing

@testable import Web

@Suite("時刻による数字と封")
struct SecondFactorTests {
  private static let code = TimeCode(secret: Array("12345678901234567890".utf8))

  /// RFC 6238, Appendix B, the column of SHA1.
  @Test(
    "RFC 6238 の例のとおりの数字になる",
    arguments: [
      (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
      (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ])
  func vectors(seconds: Int64, digits: String) {
    let step = TimeCode.step(at: Instant(milliseconds: seconds * 1000))
    #expect(Self.code.digits(at: step, count: 8) == digits)
    #expect(Self.code.digits(at: step) == String(digits.suffix(6)))
  }

  @Test("前後の一歩までの数字を受け取り、使った歩とその前は受け取らない")
  func window() {
    let now = Instant(milliseconds: 1_771_897_200_000)
    let step = TimeCode.step(at: now)
    for offset in -3...3 as ClosedRange<Int64> {
      let found = Self.code.step(of: Self.code.digits(at: step + offset), at: now, after: 0)
      #expect(found == (abs(offset) <= 1 ? step + offset : nil), "\(offset)")
    }
    #expect(Self.code.step(of: Self.code.digits(at: step), at: now, after: step) == nil)
    #expect(Self.code.step(of: Self.code.digits(at: step - 1), at: now, after: step) == nil)
    #expect(Self.code.step(of: Self.code.digits(at: step + 1), at: now, after: step) == step + 1)
    #expect(Self.code.step(of: "", at: now, after: 0) == nil)
  }

  @Test("秘密は base32 の文字になり、QRコードの住所に入る")
  func typed() {
    #expect(Self.code.typed == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")
    #expect(
      Self.code.address(issuer: "Mamorite", account: "tanaka")
        == "otpauth://totp/Mamorite:tanaka?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mamorite"
        + "&algorithm=SHA1&digits=6&period=30")
    #expect(TimeCode.random().secret.count == 20 && TimeCode.random().secret != TimeCode.random().secret)
  }

  @Test("封は、同じ鍵と同じ場所でだけ開く")
  func sealing() throws {
    let sealer = Sealer.memory([UInt8](repeating: 1, count: 32))
    let sealed = try sealer.seal([1, 2, 3], for: "account_factor:a")
    #expect(try sealer.open(sealed, for: "account_factor:a") == [1, 2, 3])
    #expect(try sealer.seal([1, 2, 3], for: "account_factor:a") != sealed)
    #expect(throws: Sealer.Refusal.keyWrong) { try sealer.open(sealed, for: "account_factor:b") }
    #expect(throws: Sealer.Refusal.keyWrong) {
      try Sealer.memory([UInt8](repeating: 2, count: 32)).open(sealed, for: "account_factor:a")
    }
    #expect(throws: Sealer.Refusal.keyMissing) { try Sealer.absent.seal([1], for: "x") }
    let last = sealed.last == "A" ? "B" : "A"
    #expect(throws: Sealer.Refusal.keyWrong) {
      try sealer.open(sealed.dropLast(2) + last + "=", for: "account_factor:a")
    }
  }

  @Test("鍵のファイルは、はじめの封で一度だけでき、持ち主だけが読める")
  func keyFile() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/mamorite-key-\(UUID())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nothing
    let sealer = Sealer.inFolder(folder)
    #expect(throws: Sealer.Refusal.keyMissing) { try sealer.open("1.00000000.AAAA", for: "x") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    let sealed = try sealer.seal([9], for: "x")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["mamorite.key"])
    let facts = try FileManager.default.attributesOfItem(atPath: folder + "/mamorite.key")
    #expect(facts[.posixPermissions] as? Int == 0o600)
    #expect(try Sealer.inFolder(folder).open(sealed, for: "x") == [9])
    // A damaged key is not replaced by a new one: that would lose every secret for good.
    try Data("damaged".utf8).write(to: URL(fileURLWithPath: folder + "/mamorite.key"))
    #expect(throws: Sealer.Refusal.keyMissing) { try sealer.seal([9], for: "x") }
  }

  @Test("紙のコードは16文字で、見分けにくい文字を使わない")
  func paper() {
    let codes = (0..<50).map { _ in Secret.paperCode() }
    #expect(Set(codes).count == 50)
    for code in codes {
      #expect(code.wholeMatch(of: /([2-9a-hjkmnp-z]{4}-){3}[2-9a-hjkmnp-z]{4}/) != nil, "\(code)")
    }
  }
}
