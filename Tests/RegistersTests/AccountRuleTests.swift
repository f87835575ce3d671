import Foundation
import Kernel
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("サインインの決まり")
struct AccountRuleTests {
  private static let names = ["tanaka", "田中 一郎"]
  private static let facilities = ["みなと総合病院"]

  @Test(
    "よく使われる言葉や名前だけのパスワードは断る",
    arguments: [
      "password-2026-hospital", "Passw0rd!!2026!!", "1qaz2wsx3edc4rfv", "qwertyuiop1234567890",
      "byouin-kanri-2026",
      "tanaka-tanaka-2026", "みなと総合病院パスワード2026", "Hospital12345678", "sakura.sakura.2025", "P@$$w0rd1234567",
      "admin-admin-admin1", "abcdefghijklmnop", "kangobu2026kangobu",
    ])
  func common(password: String) {
    guard case .commonPassword(let causes) = refusal(of: password) else {
      Issue.record("\(password) was not refused")
      return
    }
    #expect(!causes.isEmpty)
  }

  private func refusal(of password: String, hasFactor: Bool = false) -> Person.Refusal? {
    do {
      _ = try Person.NewPassword(
        password, knowing: Self.names, at: Self.facilities, hasFactor: hasFactor)
      return nil
    } catch { return error }
  }

  @Test(
    "断るわけは、そのパスワードに当てはまるものだけ",
    arguments: [
      ("tanaka-tanaka-2026", [.ofPerson, .ofYear]), ("みなと総合病院-2026!!", [.ofFacility, .ofYear]),
      ("qwertyuiop1234567890", [.ofKeys]), ("Passw0rd!!2026!!", [.ofWord, .ofYear]),
    ] as [(String, [PasswordFault])])
  func causes(password: String, causes: [PasswordFault]) {
    #expect(refusal(of: password) == .commonPassword(causes))
  }

  @Test("わけの言葉は、当てはまるものだけが、もとの文に続く")
  func words() {
    let words = Words([PeopleText.catalog])
    let said = words.problem(Person.Refusal.commonPassword([.ofYear, .ofFacility]), .ja)
    #expect(said.contains("年が入っています") && said.contains("施設の名前が入っています"))
    #expect(!said.contains("利用者名") && !said.contains("キーの並び") && !said.contains("よく使われる"))
    for fault in PasswordFault.allCases {
      #expect(words.problem(fault, .en) != fault.code && words.problem(fault, .ja) != fault.code)
    }
  }

  @Test(
    "関係のない言葉が混ざれば受け取る",
    arguments: [
      "minato-demo-2026", "five different words", "赤い傘と青い自転車で海まで行く", "a-long-enough-password",
      "8203749501837x", "tanaka-likes-cucumber",
    ])
  func uncommon(password: String) throws {
    let new = try Person.NewPassword(password, knowing: Self.names, at: Self.facilities)
    #expect(new.text == password)
  }

  @Test(
    "長さは、一つだけなら13文字、二つ目の要素があれば英数字まじりの8文字から",
    arguments: [
      ("k7w2q9x4mvbz", false, Person.Refusal.badPassword([.tooShort])), ("k7w2q9x4mvbzj", false, nil),
      ("k7w2q9x", true, .badShortPassword([.tooShortBeside])), ("k7w2q9x4", true, nil),
      ("kqwzxvbm", true, .badShortPassword([.noDigit])), ("82037495", true, .badShortPassword([.noLetter])),
      ("sakura12", true, .commonPassword([.ofWord])), ("", false, .badPassword([.tooShort, .fewKinds])),
      ("aaaabbbbccccd", false, .badPassword([.fewKinds, .ofKeys])),
      (String(repeating: "あいうえお", count: 41), false, .badPassword([.tooLong])),
    ] as [(String, Bool, Person.Refusal?)])
  func lengths(password: String, hasFactor: Bool, refusal: Person.Refusal?) {
    var thrown: Person.Refusal?
    do { _ = try Person.NewPassword(password, knowing: [], hasFactor: hasFactor) } catch { thrown = error }
    #expect(thrown == refusal)
  }

  @Test("言葉の一覧は、比べるときと同じ形で書いてある")
  func list() {
    #expect(CommonPassword.words.count > 700)
    #expect(CommonPassword.words.filter { $0 != $0.searchable }.sorted() == [])
  }

  @Test("待つ時間は、5回目の失敗のあとから倍になり、15分で止まる")
  func waits() {
    let count = AttemptCount.ofPassword(
      "tanaka", Caller(address: "192.0.2.1", browser: nil, agent: "", now: .test), isKnown: false)[1]
    #expect(
      (0...12).map { count.waitSeconds(after: $0) } == [
        0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900,
      ])
  }

  @Test("数えるところは、利用者名と住所、または知っているブラウザごとに分かれる")
  func counts() {
    func keys(_ login: String, _ address: String, _ browser: String? = nil, isKnown: Bool = false) -> [String]
    {
      let caller = Caller(address: address, browser: browser, agent: "", now: .test)
      return AttemptCount.ofPassword(login, caller, isKnown: isKnown).map(\.key)
    }
    #expect(Set(keys("a", "192.0.2.1")).isDisjoint(with: keys("a", "192.0.2.2")))
    #expect(keys("a", "192.0.2.1")[0] == keys("b", "192.0.2.1")[0])
    #expect(keys("a", "192.0.2.1")[1] != keys("b", "192.0.2.1")[1])
    #expect(Set(keys("a", "192.0.2.1", "x", isKnown: true)).isDisjoint(with: keys("a", "192.0.2.1", "x")))
    // One subscriber has 2^64 IPv6 addresses.
    #expect(keys("a", "2001:db8:1:2::1") == keys("a", "2001:db8:1:2:ffff::9"))
    #expect(keys("a", "2001:db8:1:2::1") != keys("a", "2001:db8:1:3::1"))
    #expect(keys("a", "::ffff:192.0.2.1") != keys("a", "::ffff:192.0.2.2"))
  }

  @Test(
    "ブラウザの名前を、名乗りから読む",
    arguments: [
      (Browser.edge, "Edge (Windows)"),
      ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox (Linux)"),
      (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
        "Safari (iPhone)"
      ),
      (
        "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
        "Chrome (Android)"
      ),
      ("curl/8.0", nil),
    ])
  func browsers(agent: String, name: String?) { #expect(BrowserName(agent: agent).text == name) }

  @Test("数字は全角でも空白が入っても読み、回復コードは区切りがなくても読む")
  func typing() {
    #expect(TypedCode("１２３ ４５６") == .digits("123456"))
    #expect(TypedCode(" ABCD-efgh-2345-xyzw ") == .recovery("abcdefgh2345xyzw"))
    for wrong in ["", "12345", "1234567", "abcdef", "あいうえおか", "abcd-efgh-2345-xyz"] {
      #expect(TypedCode(wrong) == nil, "\(wrong)")
    }
  }

  @Test("必ず求めるのは、決めた日から")
  func policy() throws {
    let day = try #require(Day("2026-04-01"))
    let required = FactorPolicy(mode: .required, from: day)
    #expect(!required.demands(on: day.adding(days: -1)) && required.demands(on: day))
    #expect(!FactorPolicy(mode: .asked, from: nil).demands(on: day))
    // The strictest of an account's facilities counts.
    #expect([FactorPolicy.initial, required].demand(on: day))
    #expect([FactorPolicy(mode: .off, from: nil)].ask == false && [required].firstDay == day)
  }
}
