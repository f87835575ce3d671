import Foundation
public import Kernel

/// An address to which mail can be sent: ASCII, one @, no white space.
///
/// Narrower than RFC 5321, which also allows quoted parts; nobody's address at work has one.
public struct MailAddress: Sendable, Hashable, CustomStringConvertible {
  public let text: String
  public var description: String { text }

  /// nil for what is none.
  public init?(_ raw: String) {
    let text = raw.trimmed
    let parts = text.utf8.split(separator: 0x40, omittingEmptySubsequences: false)
    guard parts.count == 2, (1...64).contains(parts[0].count), (1...253).contains(parts[1].count),
      text.utf8.count <= 254, parts[0].allSatisfy(MailAddress.isPlain),
      parts[1].allSatisfy(MailAddress.isHost),
      !text.contains(".."), parts.allSatisfy({ $0.first != 0x2E && $0.last != 0x2E })
    else { return nil }
    self.text = text
  }

  /// A character of `atext` or a dot (RFC 5322, 3.2.3).
  private static func isPlain(_ byte: UInt8) -> Bool {
    isHost(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte)
  }

  private static func isHost(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == 0x2D
      || byte == 0x2E
  }
}

/// A plain text as it goes through SMTP (RFC 5322, MIME).
public struct MailMessage: Sendable, Equatable {
  /// What stands before the @ of its Message-ID; the same for every attempt to send it, so that a second copy is known for one.
  public let id: String
  public let from: MailAddress
  public let fromName: String
  public let to: MailAddress
  public let subject: String
  public let body: String
  public let at: Instant
  /// The ``id`` of the message that it reminds of.
  public let repliesTo: String?

  public init(
    id: String, from: MailAddress, fromName: String, to: MailAddress, subject: String, body: String,
    at: Instant,
    repliesTo: String? = nil
  ) {
    (self.id, self.from, self.fromName, self.to) = (id, from, fromName, to)
    (self.subject, self.body, self.at, self.repliesTo) = (subject, body, at, repliesTo)
  }

  /// Headers and body, lines ended by CR LF. Whatever stands in names and subject, no header can be added by it.
  public var bytes: [UInt8] {
    var lines = [
      "Date: \(MailMessage.date(at))", "From: \(MailMessage.words(fromName, after: 6)) <\(from)>",
      "To: <\(to)>",
      "Message-ID: \(messageID(id))", "Subject: \(MailMessage.words(subject, after: 9))",
    ]
    if let repliesTo {
      lines += ["In-Reply-To: \(messageID(repliesTo))", "References: \(messageID(repliesTo))"]
    }
    lines += [
      // Machines that answer by themselves stay silent to this (RFC 3834).
      "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8",
      "Content-Transfer-Encoding: base64", "",
    ]
    let text = body.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n") + "\r\n"
    let content = Data(text.utf8).base64EncodedString(options: [
      .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
    ])
    return Array((lines.joined(separator: "\r\n") + "\r\n" + content + "\r\n").utf8)
  }

  private func messageID(_ id: String) -> String {
    "<\(id)@\(from.text.split(separator: "@").last ?? "localhost")>"
  }

  /// RFC 5322, 3.3, in Japan's time.
  static func date(_ at: Instant) -> String {
    let day = at.day
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let seconds = (at.milliseconds - day.start.milliseconds) / 1000
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    return "\(days[day.weekday]), \(day.day) \(months[day.month - 1]) \(day.year) \(time) +0900"
  }

  /// Encoded words (RFC 2047) of at most 75 characters, folded; plain ASCII stays as it is while it fits a line.
  ///
  /// - Parameter taken: characters that stand before it on its line.
  static func words(_ text: String, after taken: Int) -> String {
    let clean = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 })
    )
    .trimmed
    let isPlain = clean.utf8.allSatisfy { byte in
      byte == 0x20 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
    }
    if isPlain && clean.utf8.count <= 60 { return clean.isEmpty ? "\"\"" : clean }
    var words: [String] = []
    var piece: [UInt8] = []
    func close() {
      if !piece.isEmpty { words.append("=?UTF-8?B?\(Data(piece).base64EncodedString())?=") }
      piece = []
    }
    for character in clean.unicodeScalars {
      let bytes = Array(String(character).utf8)
      // 45 bytes are 60 characters of base64; with its frame of 12 a word has 72.
      if piece.count + bytes.count > (words.isEmpty ? 45 - taken : 45) { close() }
      piece += bytes
    }
    close()
    return words.joined(separator: "\r\n ")
  }
}
