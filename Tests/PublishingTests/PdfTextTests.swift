import Foundation
import Publishing
import Testing

@Suite("PDF から文を取り出す")
struct PdfTextTests {
  /// The smallest PDF: one page with these lines.
  static func pdf(_ lines: [String]) -> [UInt8] {
    let texts = lines.enumerated().map { "BT /F1 12 Tf 50 \(700 - 20 * $0) Td (\($1)) Tj ET" }
    let page = texts.joined(separator: "\n")
    let objects = [
      "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      """
      << /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R
      /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>
      """,
      "<< /Length \(page.utf8.count) >>\nstream\n\(page)\nendstream",
    ]
    var text = "%PDF-1.4\n"
    var places: [Int] = []
    for (number, object) in objects.enumerated() {
      places.append(text.utf8.count)
      text += "\(number + 1) 0 obj\n\(object)\nendobj\n"
    }
    let start = text.utf8.count
    text += "xref\n0 5\n0000000000 65535 f \n"
    for place in places {
      let digits = "\(place)"
      text += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
    }
    text += "trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
    return Array(text.utf8)
  }

  @Test("行の並びのまま取り出す")
  func lines() async throws {
    #expect(PdfText.isPDF(Self.pdf([])) && !PdfText.isPDF(Array("PK".utf8)))
    let text = try await PdfText.text(of: Self.pdf(["1 First", "2 Second"]))
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter {
      !$0.isEmpty
    }
    #expect(lines == ["1 First", "2 Second"])
  }

  private static let bad: [([UInt8], String?, PdfTextProblem)] = [
    (pdf(["x"]), "/nowhere/pdftotext", .missing), (pdf([]), nil, .noText),
    (Array("%PDF-1.4 and nothing else".utf8), nil, .unreadable),
  ]

  @Test("プログラムが無い、文字が無い、壊れたときは、わけを言う", arguments: bad)
  func refused(bytes: [UInt8], program: String?, expected: PdfTextProblem) async {
    await #expect(throws: expected) { try await PdfText.text(of: bytes, program: program) }
  }

  @Test("大きすぎるものは読まない")
  func large() async {
    let bytes = [UInt8](repeating: 0x25, count: (20 << 20) + 1)
    await #expect(throws: PdfTextProblem.tooLarge(megabytes: 20)) { try await PdfText.text(of: bytes) }
  }
}
