import Kernel
import Testing

@testable import Web

@Suite("画面の部品")
struct WebTests {
  @Test("実行時の文は必ず無害になり、入れ子の部品だけが印になる")
  func escaping() {
    let text = "<img src=x onerror=alert(1)>\"'&"
    let markup: HTML = "<p title=\"\(text)\">\(text)\("<b>\(text)</b>" as HTML)\(String?.none)</p>"
    #expect(!markup.text.contains("<img") && markup.text.contains("<b>&lt;img"))
    #expect(markup.text.hasPrefix("<p title=\"&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\">"))
  }

  @Test(
    "戻り先は自分の中だけ",
    arguments: [
      ("/people?x=1", "/people?x=1"), ("//evil.example", "/"), ("https://evil.example", "/"),
      ("/\\evil", "/"),
      ("/a\r\nSet-Cookie: x", "/"), ("", "/"), ("//\u{FE0F}evil.example/", "/"),
      ("/\\\u{FE0F}evil.example/", "/"),
    ])
  func local(path: String, expected: String) { #expect(localPath(path) == expected) }

  @Test("送られた欄を読む")
  func pairs() {
    let pairs = urlDecodedPairs("a=1+2&b=%E3%81%82&c&d=%zz&a=%26")
    #expect(pairs.map(\.name) == ["a", "b", "c", "d", "a"])
    #expect(pairs.map(\.value) == ["1 2", "あ", "", "%zz", "&"])
  }

  @Test("符号にした文は元に戻る", arguments: ["あ い&=+%?#", "plain", "\"'<>"])
  func encoding(text: String) { #expect(urlDecodedPairs("x=\(urlEncoded(text))").first?.value == text) }

  @Test("複数の部分でできた送信を読み、形の違うものは読まない")
  func multipart() throws {
    let body =
      "--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nあ\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"表.xlsx\"\r\nContent-Type: x\r\n\r\n\r\n--x\r\n\r\n--b--\r\n"
    let parts = try #require(
      Multipart.parse(Array(body.utf8), contentType: "multipart/form-data; boundary=b"))
    #expect(parts.map(\.name) == ["t", "f"])
    #expect(parts[1].fileName == "表.xlsx" && String(decoding: parts[1].bytes, as: UTF8.self) == "\r\n--x\r\n")
    for broken in ["", "--b", "--b\r\nx", "--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nno end"] {
      #expect(Multipart.parse(Array(broken.utf8), contentType: "multipart/form-data; boundary=b") == nil)
    }
  }

  @Test("日付と年度を二つの言葉で書く")
  func formats() throws {
    let day = try #require(Day(2026, 2, 24))
    #expect(Language.ja.dateWithWeekday(day) == "令和8年2月24日(火)")
    #expect(Language.en.dateWithWeekday(day) == "Tuesday 24 February 2026")
    #expect(
      Language.ja.fiscalYear(FiscalYear(2025)) == "令和7年度"
        && Language.en.fiscalYear(FiscalYear(2025)) == "FY2025")
    #expect(Language.ja.fiscalYear(FiscalYear(2019)) == "令和元年度")
    #expect(Language.en.number(1_280_000) == "1,280,000" && Language.en.number(-12) == "-12")
  }

  @Test("パスワードは合うものだけ通り、同じものでも違う値になる")
  func passwords() throws {
    let first = try #require(Password.hash("正しい言葉を四つ並べる", cost: .lowest))
    let second = try #require(Password.hash("正しい言葉を四つ並べる", cost: .lowest))
    #expect(first != second && first.hasPrefix("$argon2id$"))
    #expect(Password.matches("正しい言葉を四つ並べる", hash: first))
    #expect(!Password.matches("正しい言葉を四つ並べ", hash: first) && !Password.matches("", hash: first))
  }
}
