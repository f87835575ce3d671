import Kernel
import Testing

@testable import Probes

@Suite("DICOM の確認")
struct DICOMTests {
  private static func echo() throws -> Echo {
    Echo(calling: try AETitle("MAMORITE"), called: try AETitle("ANY-SCP"))
  }

  /// A-ASSOCIATE-AC (PS3.8 table 9-17) with one presentation context.
  private static func accepted(result: UInt8) -> [UInt8] {
    let syntax: [UInt8] = [0x40, 0, 0, 17] + Array("1.2.840.10008.1.2".utf8)
    let context: [UInt8] = [0x21, 0, 0, UInt8(4 + syntax.count), 1, 0, result, 0] + syntax
    let body = [UInt8](repeating: 0, count: 68) + context
    return [2, 0, 0, 0, 0, UInt8(body.count)] + body
  }

  /// C-ECHO-RSP (PS3.7 table 9.3-13) to message 1.
  private static func response(status: UInt16) -> [UInt8] {
    func element(_ name: UInt16, _ value: UInt16) -> [UInt8] {
      [0, 0, UInt8(name & 0xFF), UInt8(name >> 8), 2, 0, 0, 0, UInt8(value & 0xFF), UInt8(value >> 8)]
    }
    let command =
      element(0x0100, 0x8030) + element(0x0120, 1) + element(0x0800, 0x0101) + element(0x0900, status)
    return [4, 0, 0, 0, 0, UInt8(command.count + 6), 0, 0, 0, UInt8(command.count + 2), 1, 3] + command
  }

  private static let released: [UInt8] = [6, 0, 0, 0, 0, 4, 0, 0, 0, 0]

  @Test("つないで、聞いて、きちんと切る")
  func whole() throws {
    let (said, result): ([UInt8], Void?) = try told(
      Self.echo(), Self.accepted(result: 0) + Self.response(status: 0) + Self.released)
    #expect(result != nil)
    // A-ASSOCIATE-RQ with both titles padded to 16 characters.
    #expect(said[0] == 1 && Array(said[10..<26]) == Array("ANY-SCP         ".utf8))
    #expect(Array(said[26..<42]) == Array("MAMORITE        ".utf8))
    // Then P-DATA-TF and A-RELEASE-RQ.
    let second = 6 + Int(said[4]) << 8 + Int(said[5])
    #expect(said[second] == 4)
    #expect(Array(said.suffix(10)) == [5, 0, 0, 0, 0, 4, 0, 0, 0, 0])
  }

  @Test(
    "断られたわけを分ける",
    arguments: [
      ([3, 0, 0, 0, 0, 4, 0, 1, 1, 7], Trouble.unknownCalledAE("ANY-SCP")),
      ([3, 0, 0, 0, 0, 4, 0, 1, 1, 3], .unknownCallingAE("MAMORITE")),
      ([3, 0, 0, 0, 0, 4, 0, 2, 3, 2], .associationBusy()),
      ([3, 0, 0, 0, 0, 4, 0, 1, 2, 2], .associationRejected("result 1, source 2, reason 2")),
      ([7, 0, 0, 0, 0, 4, 0, 0, 2, 6], .associationAborted("source 2, reason 6")),
    ] as [([UInt8], Trouble)])
  func refused(bytes: [UInt8], trouble: Trouble) throws {
    let echo = try Self.echo()
    #expect(throws: trouble) { try told(echo, bytes) }
  }

  @Test("答えたあとで、切る返事だけが来なくても、動いている")
  func quietRelease() throws {
    var echo = try Self.echo()
    _ = echo.begin()
    _ = try echo.hear(Self.accepted(result: 0))
    #expect(echo.late() == nil)
    _ = try echo.hear(Self.response(status: 0))
    #expect(echo.late() != nil)
  }

  @Test("検証を受けない相手と、失敗の状態を知らせる")
  func failures() throws {
    let echo = try Self.echo()
    #expect(throws: Trouble.noVerification()) { try told(echo, Self.accepted(result: 3)) }
    #expect(throws: Trouble.echoFailed("122")) {
      try told(echo, Self.accepted(result: 0) + Self.response(status: 0x0122))
    }
  }

  @Test(
    "壊れた PDU は、待たずに断る",
    arguments: [
      [0x48, 0x54, 0x54, 0x50], [2, 0, 0xFF, 0xFF, 0xFF, 0xFF], [2, 0, 0, 1, 0, 1],
      [2, 0, 0, 0, 0, 4, 0, 0, 0, 0],
      [3, 0, 0, 0, 0, 2, 0, 0], [6, 0, 0, 0, 0, 4, 0, 0, 0, 0],
      // An item that is longer than the unit it stands in.
      [2, 0, 0, 0, 0, 72] + [UInt8](repeating: 0, count: 68) + [0x21, 0, 0xFF, 0xFF],
    ] as [[UInt8]])
  func broken(bytes: [UInt8]) throws {
    let echo = try Self.echo()
    do {
      _ = try told(echo, bytes)
      Issue.record("taken")
    } catch {
      #expect(error.code == "probes.brokenDICOM")
    }
  }

  @Test("壊れた答えの中身を断る")
  func brokenData() throws {
    let echo = try Self.echo()
    let lies: [[UInt8]] = [
      // The value is longer than the unit; less than its own head; another context; no status.
      [4, 0, 0, 0, 0, 6, 0, 0, 0x40, 0, 1, 3], [4, 0, 0, 0, 0, 6, 0, 0, 0, 1, 1, 3],
      [4, 0, 0, 0, 0, 6, 0, 0, 0, 2, 3, 3], [4, 0, 0, 0, 0, 6, 0, 0, 0, 2, 1, 3],
      [4, 0, 0, 0, 0, 14, 0, 0, 0, 10, 1, 3, 0, 0, 0, 9, 0xFF, 0xFF, 0xFF, 0xFF],
    ]
    for lie in lies {
      do {
        _ = try told(echo, Self.accepted(result: 0) + lie)
        Issue.record("taken: \(lie)")
      } catch {
        #expect(error.code == "probes.brokenDICOM", "\(lie)")
      }
    }
  }

  @Test("AE タイトルは16文字まで", arguments: ["", "                ", "ABCDEFGHIJKLMNOPQ", "A\\B", "医療", "A\nB"])
  func titles(text: String) { #expect(throws: Trouble.self) { try AETitle(text) } }
}

@Suite("HL7 の確認")
struct HL7Tests {
  private static let text = "MSH|^~\\&|MAMORITE|HOSP|RIS|HOSP|{time}||NMQ^N01|{id}|P|2.5\nNCK|{time}\n"

  private static func answer(_ text: String) -> [UInt8] { [0x0B] + Array(text.utf8) + [0x1C, 0x0D] }

  private static func exchange() throws -> Exchange {
    let filled = try HL7Message(text).filled(id: "42", at: Instant(milliseconds: 1_795_225_320_000))
    return Exchange(filled.bytes, id: filled.id)
  }

  @Test("番号と時刻を埋め、区切りをそろえて送る")
  func filled() throws {
    let filled = try HL7Message(Self.text).filled(id: "42", at: Instant(milliseconds: 1_795_225_320_000))
    #expect(filled.id == "42")
    #expect(
      String(decoding: filled.bytes, as: UTF8.self)
        == "MSH|^~\\&|MAMORITE|HOSP|RIS|HOSP|20261121104200||NMQ^N01|42|P|2.5\rNCK|20261121104200\r")
    let (said, _) = try told(Self.exchange(), [])
    #expect(said.first == 0x0B && said.suffix(3) == [0x0D, 0x1C, 0x0D])
  }

  @Test("電文の番号は、同じ時刻でも重ならず、20字まで")
  func numbers() {
    let now = Instant(milliseconds: 1_795_225_320_000)
    let numbers = (0..<1000).map { _ in HL7Check.number(at: now) }
    #expect(Set(numbers).count == 1000)
    // 1795225320000 in base 36.
    #expect(numbers.allSatisfy { $0.utf8.count == 20 && $0.hasPrefix("MMMWPQSY80") })
  }

  @Test("受け取りの番号と符号を確かめる")
  func acknowledged() throws {
    let head = "MSH|^~\\&|RIS|HOSP|MAMORITE|HOSP|20261121||ACK|1|P|2.5\r"
    let exchange = try Self.exchange()
    #expect(try told(exchange, Self.answer(head + "MSA|AA|42\r")).result == "AA")
    #expect(throws: Trouble.messageRefused("AE", "unknown type")) {
      try told(exchange, Self.answer(head + "MSA|AE|42|unknown type\r"))
    }
    #expect(throws: Trouble.otherMessage("42", "41")) {
      try told(exchange, Self.answer(head + "MSA|AA|41\r"))
    }
    // A receiver may choose its own separator.
    #expect(try told(exchange, Self.answer("MSH#^~\\&#A\rMSA#CA#42\r")).result == "CA")
  }

  @Test(
    "受け取りの形をしていない答えを断る",
    arguments: [
      ("x", "0B"), ("\u{0B}HTTP/1.1 400\u{1C}\r", "MSH"), ("\u{0B}MSH|^~\\&|A\r\u{1C}\r", "MSA"),
      ("\u{0B}MSH|^~\\&|A\rMSA|XX|42\r\u{1C}\r", "MSA-1"), ("\u{0B}\u{1C}\r", "MSH"),
      ("\u{0B}MSH|^~\\&|A\rMSA|AA\u{1C}\r", "MSA-1"),
    ])
  func broken(text: String, place: String) throws {
    let exchange = try Self.exchange()
    #expect(throws: Trouble.brokenAcknowledgement(place)) { try told(exchange, Array(text.utf8)) }
  }

  @Test("終わりの印のない答えは、長さか切断で打ち切る")
  func endless() throws {
    var exchange = try Self.exchange()
    _ = exchange.begin()
    #expect(throws: Trouble.noEndBlock(Exchange.mostBytes + 1)) {
      try exchange.hear([0x0B] + [UInt8](repeating: 0x41, count: Exchange.mostBytes))
    }
  }

  @Test(
    "送る電文でないものを断る", arguments: ["", "PID|1\r", "MSH", "MSH|^~\\&|A|B\r", "MSH|^~\\&|||||||ACK|1|P\u{1C}\r"])
  func messages(text: String) { #expect(throws: Trouble.self) { try HL7Message(text) } }
}
