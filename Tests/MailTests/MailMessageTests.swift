import Foundation
import Kernel
import Testing

@testable import Mail

@Suite("メールの文")
struct MailMessageTests {
  @Test("送れるアドレスだけを受け取る")
  func addresses() {
    for text in ["joho@example.jp", " a.b+c@mail.example.co.jp ", "o'brien@x.org"] {
      #expect(MailAddress(text)?.text == text.trimmed, "\(text)")
    }
    for text in [
      "", "joho", "@example.jp", "joho@", "a b@example.jp", "a@b@c.jp", "a@例え.jp", "a..b@example.jp",
      ".a@example.jp", "a@example.jp.", "a@example.jp\r\nBcc: b@example.jp", "<a@example.jp>",
      "\"a\"@example.jp",
      String(repeating: "a", count: 65) + "@example.jp",
    ] {
      #expect(MailAddress(text) == nil, "\(text)")
    }
  }

  private func message(subject: String, body: String = "本文", repliesTo: String? = nil) throws -> MailMessage {
    MailMessage(
      id: "0192", from: try #require(MailAddress("joho@minato.example")), fromName: "みなと総合病院",
      to: try #require(MailAddress("sales@example.jp")), subject: subject, body: body,
      at: Instant(milliseconds: 1_795_239_045_000), repliesTo: repliesTo)
  }

  /// Headers by name, unfolded; and the body. Written apart from the program's own.
  private func parts(_ message: MailMessage) throws -> (headers: [String: String], body: String) {
    let text = String(decoding: message.bytes, as: UTF8.self)
    let end = try #require(text.range(of: "\r\n\r\n"))
    var headers: [String: String] = [:]
    for line in text[..<end.lowerBound].replacingOccurrences(of: "\r\n ", with: " ")
      .components(separatedBy: "\r\n")
    {
      let colon = try #require(line.firstIndex(of: ":"))
      headers[String(line[..<colon])] = String(line[colon...].dropFirst(2))
    }
    let data = try #require(
      Data(base64Encoded: text[end.upperBound...].replacingOccurrences(of: "\r\n", with: "")))
    return (headers, String(decoding: data, as: UTF8.self))
  }

  /// RFC 2047, B encoding.
  private func decoded(_ header: String) throws -> String {
    try header.components(separatedBy: " ").map { word in
      guard word.hasPrefix("=?UTF-8?B?"), word.hasSuffix("?=") else { return word }
      let data = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
      // Each word must be whole by itself.
      return try #require(String(data: data, encoding: .utf8))
    }.joined()
  }

  @Test("見出しは決まりの形で、長い件名も折って元に戻せる")
  func headers() throws {
    let subject = "みなと総合病院からのお願い: 事業者確認用 令和7年度(電子カルテ、画像、検査、薬剤の各システム)"
    let (headers, body) = try parts(try message(subject: subject, body: "一行目\n二行目", repliesTo: "0191"))
    #expect(try decoded(try #require(headers["Subject"])) == subject)
    #expect(try #require(headers["From"]).hasSuffix(" <joho@minato.example>"))
    #expect(headers["To"] == "<sales@example.jp>")
    // 1795239045 s after 1970 is 2026-11-21 05:30:45 UTC, a Saturday.
    #expect(headers["Date"] == "Sat, 21 Nov 2026 14:30:45 +0900")
    #expect(headers["Message-ID"] == "<0192@minato.example>")
    #expect(
      headers["In-Reply-To"] == "<0191@minato.example>" && headers["References"] == headers["In-Reply-To"])
    #expect(body == "一行目\r\n二行目\r\n")
  }

  @Test("どの行も78字まで、CR LF で終わり、ASCII だけ")
  func lines() throws {
    let long = String(repeating: "院内の情報機器の台帳", count: 30)
    let bytes = try message(subject: long, body: long).bytes
    #expect(bytes.allSatisfy { $0 < 0x80 })
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    #expect(lines.allSatisfy { $0.utf8.count <= 78 && !$0.contains("\n") && !$0.contains("\r") })
  }

  @Test("件名や名前に改行があっても、見出しは増えない")
  func injection() throws {
    for subject in ["お願い\r\nBcc: x@example.jp", "Plain\nBcc: x@example.jp", "\u{0}"] {
      let (headers, _) = try parts(try message(subject: subject))
      #expect(headers["Bcc"] == nil)
      #expect(
        Set(headers.keys) == [
          "Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type",
          "Content-Transfer-Encoding",
        ])
    }
  }

  @Test("ありえないサーバの名前と、暗号なしのパスワードは受け取らない")
  func servers() throws {
    func make(_ host: String, _ port: Int, _ security: MailServer.Security, login: String? = nil) throws {
      _ = try MailServer(host: host, port: port, security: security, login: login, password: "x")
    }
    for host in ["", "a b", "mail.example.jp/x", "user@mail", "a\r\nb", "例え.jp", "?q"] {
      #expect(throws: MailProblem.badHost) { try make(host, 587, .startTLS) }
    }
    for port in [0, -1, 65536] {
      #expect(throws: MailProblem.badPort) { try make("mail.example.jp", port, .tls) }
    }
    #expect(throws: MailProblem.openLine) { try make("mail.example.jp", 25, .none, login: "joho") }
    try make("127.0.0.1", 25, .none, login: "joho")
    try make("mail.example.jp", 25, .none)
    try make("2001:db8::25", 587, .startTLS, login: "joho")
  }

  @Test("となりの機械やだれのものでもない番号へは、つなぎに行かない", arguments: ["169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1"])
  func forbidden(host: String) async throws {
    let server = try MailServer(host: host, port: 25, security: .none, login: nil, password: nil)
    await #expect(throws: MailProblem.forbiddenAddress(host)) {
      try await server.send(try message(subject: "x"))
    }
  }
}
