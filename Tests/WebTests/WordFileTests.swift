import Testing

@testable import Web

@Suite("言葉のファイル")
struct WordFileTests {
  @Test("節ごとに、書いたとおりの文になる")
  func read() throws {
    let file = """
      # 画面の言葉
      texts:
        title: 台帳
        count: "{0}件: \\u65e5"
        long: >-
          一行目
          二行目
      problems:
        yes: 'いいえ: #'
      """
    let sections = try WordFile.read(Array(file.utf8))
    let expected = [
      "texts": ["title": "台帳", "count": "{0}件: 日", "long": "一行目 二行目"], "problems": ["yes": "いいえ: #"],
    ]
    #expect(sections == expected)
    #expect(try WordFile.read([]) == [:])
    #expect(try WordFile.read(Array("texts: {}\n".utf8)) == ["texts": [:]])
  }

  @Test(
    "文でないもの、二度あるものは、行とともに断る",
    arguments: [
      ("texts: 題\n", 1), ("texts:\n  title: [a]\n", 2), ("texts:\n  title:\n    deep: a\n", 3), ("- a\n", 1),
      ("texts:\n  title:\n", 2), ("texts:\n  a: b\n  a: c\n", 3), ("texts:\n  a: b\ntexts:\n  a: b\n", 3),
      ("texts:\n  a: \"b\n", 3), ("texts: &t\n  a: b\nother: *t\n", 3),
    ])
  func refused(_ file: String, _ line: Int) {
    let fault = #expect(throws: WordFile.Fault.self) { try WordFile.read(Array(file.utf8)) }
    #expect(fault?.line == line)
  }
}
