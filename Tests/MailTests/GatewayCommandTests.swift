import Testing

@testable import Mail

@Suite("電話の命令")
struct GatewayCommandTests {
  private static let list = GatewayCommands(
    """
    # comment
    sms = /usr/bin/sms --to {number} --text={text}
    both = /usr/bin/dial {number}:{text}:{number}
    bad = relative {text}
    none
     evil = /bin/{text}
    """)

  @Test("一覧のうち、絶対の住所で始まるものだけが命令になる")
  func names() { #expect(Self.list.names == ["both", "sms"]) }

  @Test(
    "文は一つの語の中に入り、語を増やさず、中のかっこは置き換わらない",
    arguments: ["守り手 1", "a\nb  c", "; rm -rf /", "$(id) `id`", "{number} {text}", "--to 110", ""])
  func words(text: String) {
    #expect(
      Self.list.words("sms", number: "09012345678", text: text) == ["--to", "09012345678", "--text=\(text)"])
    #expect(Self.list.words("both", number: "1{text}", text: text) == ["1{text}:\(text):1{text}"])
  }

  @Test("一覧にない命令は動かさない", arguments: ["rm", "SMS", "/usr/bin/sms", ""])
  func unlisted(name: String) async {
    #expect(Self.list.words(name, number: "1", text: "x") == nil)
    await #expect(throws: PostProblem.noCommand(name)) {
      try await Self.list.run(name, number: "1", text: "x")
    }
  }

  @Test("空の文字(NUL)のある文は、渡さずに断る")
  func nul() async {
    await #expect(throws: PostProblem.notRun("sms")) {
      try await Self.list.run("sms", number: "1", text: "a\u{0}b")
    }
  }
}
