import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing

@testable import Assurance

private let dayMs: Int64 = 86_400_000

@Suite("事業者のリンク")
struct LinkTests {
  @Test("手紙のリンクから名前を入れて開き、同じブラウザでは続きから開く", arguments: Engine.available)
  func opening(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask()
      let looked = try await app.get(asked.link, as: .nobody)
      #expect(looked.status == 200 && looked.body.contains("みなと総合病院") && looked.body.contains("ひまわり情報システム"))
      #expect(
        looked.headers["referrer-policy"] == "no-referrer" && looked.headers["cache-control"] == "no-store")
      #expect(looked.headers["x-robots-tag"]?.contains("noindex") == true)
      // A mail filter that only looks opens nothing.
      let untouched = try await app.request(asked.request)
      #expect(untouched.state == .sent)

      let cookie = try await app.open(asked)
      let sheet = try await app.get(asked.sheet, as: .nobody, link: cookie)
      #expect(sheet.status == 200 && sheet.body.contains("森(ひまわり情報システム)"))
      #expect(sheet.headers["referrer-policy"] == "no-referrer")
      let opened = try await app.request(asked.request)
      #expect(opened.state == .opened)

      let again = try await app.get(asked.link, as: .nobody, link: cookie)
      #expect(again.status == 303 && again.location == asked.sheet)
      // Opened twice, elsewhere: a second person, and nothing of the first is lost.
      let second = try await app.open(asked, as: "西")
      #expect(second != cookie)
      let first = try await app.get(asked.sheet, as: .nobody, link: cookie)
      #expect(first.status == 200)
      let browsers = try await app.scope.read { try $0.browsers(of: asked.request) }
      #expect(browsers.map(\.name).sorted() == ["森(ひまわり情報システム)", "西(ひまわり情報システム)"].sorted())
    }
  }

  @Test("データベースには、リンクも番号もそのままでは残らない")
  func secrets() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let asked = try await app.ask(pin: true)
      let pin = try #require(asked.pin)
      let entries = try await app.scope.read { try $0.recentEntries(limit: 100) }
      for entry in entries {
        let all = "\(entry.before ?? "") \(entry.after ?? "") \(entry.subject)"
        #expect(!all.contains(asked.token) && !all.contains("\"\(pin)\""))
      }
      let link = try await app.scope.read { try $0.standingLink(of: asked.request) }
      #expect(link?.pinHash?.hasPrefix("$argon2id$") == true)
    }
  }

  @Test("期限が過ぎたリンクは開かず、失われたものはない", arguments: Engine.available)
  func expired(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask(due: "2026-03-20", expires: "2026-03-25")
      let cookie = try await app.open(asked)
      let item = try #require(try await app.items(of: asked).first)
      _ = try await app.post(
        "\(asked.sheet)/answers/\(item)", [("version", "0"), ("answer", "yes")], as: .nobody, link: cookie)
      // The last day counts in Japan, to its end.
      app.now = try #require(Day("2026-03-26")).start.adding(milliseconds: -1)
      let last = try await app.get(asked.link, as: .nobody)
      #expect(last.status == 200)
      app.now = try #require(Day("2026-03-26")).start
      for path in [asked.link, asked.sheet] {
        let gone = try await app.get(path, as: .nobody, link: cookie)
        #expect(
          gone.status == 410 && gone.body.contains("令和8年3月25日で終わりました") && gone.body.contains("失われたものはありません"))
      }
      let refused = try await app.post(
        "\(asked.sheet)/answers/\(item)", [("version", "1"), ("answer", "no")], as: .nobody, link: cookie)
      #expect(refused.status == 410)
      let answers = try await app.scope.read { try $0.sheetAnswers(asked.request) }
      #expect(answers[item]?.value == .yes)

      app.forgetCookie(of: .itStaff)
      // A new link goes on where the old one stopped.
      let letters = try await app.post("\(asked.own)/link", [("expires", "2026-05-01")])
      #expect(letters.status == 200)
      let renewed = try await app.asked(letters)
      let later = try await app.open(renewed)
      let sheet = try await app.get(asked.sheet, as: .nobody, link: later)
      #expect(sheet.status == 200 && sheet.body.contains("value=\"yes\" checked"))
      let replaced = try await app.get(asked.link, as: .nobody)
      #expect(replaced.status == 410 && replaced.body.contains("新しいリンクが出ています"))
      // The cookie of the old link stands for the old link alone.
      let old = try await app.get(asked.sheet, as: .nobody, link: cookie)
      #expect(old.status == 410)
    }
  }

  @Test("取りやめた依頼のリンクは、開いている画面からも使えなくなる", arguments: Engine.available)
  func revoked(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask()
      let cookie = try await app.open(asked)
      let item = try #require(try await app.items(of: asked).first)
      let done = try await app.post("\(asked.own)/revocation", [])
      #expect(done.status == 303)
      for path in [asked.link, asked.sheet, "\(asked.sheet)/workbook.xlsx"] {
        let gone = try await app.get(path, as: .nobody, link: cookie)
        #expect(gone.status == 410 && gone.body.contains("取りやめになりました"), "\(path)")
      }
      // A link that had been replaced before tells the same.
      let renewed = try await app.asked(
        try await app.post("\(asked.own)/link", [("expires", "2026-05-01")]))
      let replaced = try await app.get(asked.link, as: .nobody)
      #expect(replaced.status == 410 && replaced.body.contains("新しいリンクが出ています"))
      _ = try await app.post("\(asked.own)/revocation", [])
      for path in [asked.link, renewed.link] {
        let gone = try await app.get(path, as: .nobody)
        #expect(gone.status == 410 && gone.body.contains("取りやめになりました"), "\(path)")
      }
      let saved = try await app.post(
        "\(asked.sheet)/answers/\(item)", [("version", "0"), ("answer", "yes")], as: .nobody,
        accept: "application/json", link: cookie)
      #expect(saved.status == 404 && saved.body.contains("requests.linkGone"))
    }
  }

  @Test("当てずっぽうのリンクは、形が違っても同じ答えで、続くと待たせる。本物は開く")
  func guessing() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let asked = try await app.ask()
      let random = try await app.get("/v/" + String(repeating: "7", count: 64), as: .nobody)
      let broken = try await app.get("/v/x", as: .nobody)
      #expect(random.status == 404 && broken.status == 404 && random.body.contains("使えません"))
      func main(_ text: String) -> Substring { text.split(separator: "<main")[1] }
      #expect(main(random.body) == main(broken.body))
      let before = app.database.statementCount
      _ = try await app.get("/v/y", as: .nobody)
      let malformed = app.database.statementCount - before
      _ = try await app.get("/v/" + String(repeating: "8", count: 64), as: .nobody)
      #expect(app.database.statementCount - before - malformed == malformed)

      var statuses: [Int] = []
      for number in 0..<20 {
        statuses.append(try await app.get("/v/guess-\(number)", as: .nobody).status)
      }
      #expect(statuses.first == 404 && statuses.last == 429)
      let real = try await app.get(asked.link, as: .nobody)
      #expect(real.status == 200)
      app.now = app.now.adding(minutes: 11)
      let later = try await app.get("/v/x", as: .nobody)
      #expect(later.status == 404)
    }
  }

  @Test("転送されたアドレスは、ほかのブラウザでは開かない。リンクそのものは開き、だれが開いたかが病院に見える")
  func forwarded() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let asked = try await app.ask()
      _ = try await app.open(asked)
      let stranger = try await app.get(asked.sheet, as: .nobody)
      #expect(stranger.status == 404 && stranger.body.contains("まだ開いていません"))
      let made = try await app.get(asked.sheet, as: .nobody, link: String(repeating: "b", count: 64))
      #expect(made.status == 404)
      _ = try await app.open(asked, as: "知らない人")
      let page = try await app.get(asked.own)
      #expect(page.body.contains("知らない人(ひまわり情報システム)") && page.body.contains("開いた人 2"))
    }
  }

  @Test("番号付きのリンクは、番号を知る人にだけ開き、相手の名前も先に見せない", arguments: Engine.available)
  func pin(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let asked = try await app.ask(pin: true)
      let pin = try #require(asked.pin)
      let looked = try await app.get(asked.link, as: .nobody)
      #expect(
        looked.status == 200 && looked.body.contains("name=\"pin\"") && !looked.body.contains("ひまわり情報システム"))
      let wrong = pin == "000000" ? "000001" : "000000"
      for number in [wrong, ""] {
        let refused = try await app.post(asked.link, [("name", "森"), ("pin", number)], as: .nobody)
        #expect(
          refused.status == 422 && refused.body.contains("id=\"pin-error\"")
            && refused.body.contains("value=\"森\""))
      }
      // The third wrong one in a row makes the link rest, for the right number too.
      let third = try await app.post(asked.link, [("name", "森"), ("pin", wrong)], as: .nobody)
      #expect(third.status == 422)
      let resting = try await app.post(asked.link, [("name", "森"), ("pin", pin)], as: .nobody)
      #expect(resting.status == 429 && resting.body.contains("1分待って"))
      app.now = app.now.adding(minutes: 1)
      // As people type it: full-width, with a space.
      let wide = String(
        pin.unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) }.map { Character($0) })
      let opened = try await app.post(asked.link, [("name", "森"), ("pin", " \(wide) ")], as: .nobody)
      #expect(opened.status == 303)
    }
  }

  @Test("番号の間違いが続くと待ちが伸び、五度目に病院に知らせる")
  func pinTrouble() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let asked = try await app.ask(pin: true)
      var waits: [Int] = []
      for _ in 0..<6 {
        let refused = try await app.post(asked.link, [("name", "森"), ("pin", "x")], as: .nobody)
        #expect(refused.status == 422)
        let until = try await app.scope.read { try $0.standingLink(of: asked.request)?.lockedUntil }
        let wait = max(0, try #require(until).milliseconds - app.now.milliseconds)
        waits.append(Int(wait / 60_000))
        app.now = app.now.adding(milliseconds: wait)
      }
      #expect(waits == [0, 0, 1, 2, 4, 8])
      try await app.workOff()
      let inbox = try await app.get("/inbox")
      #expect(inbox.body.contains("番号の間違いが続いています"))
    }
  }
}
