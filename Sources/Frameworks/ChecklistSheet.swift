import Crypto
import Kernel
public import Publishing

/// What the rows of a checklist workbook are, found from the cells alone: sections, items, notes, each with the reason why.
///
/// Nothing is known of the edition. What cannot be told is said to be so and left to a person.
public struct ChecklistSheet: Sendable, Equatable {
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// The name of the table and what stands above its headings.
    case title
    case heading
    case section
    /// Names what the next items are about: 「サーバについて」.
    case group
    /// The opening question, after which all others may fall away.
    case gate
    case item
    /// Goes on with the text of the row before.
    case more
    case note
    /// Not told apart; left out until a person decides.
    case other
  }

  /// Who answers a row.
  public enum Form: String, Sendable, Codable, CaseIterable, Comparable {
    case med, ph, vendor

    public static func < (a: Form, b: Form) -> Bool { a.place < b.place }
    private var place: Int { Form.allCases.firstIndex(of: self) ?? 0 }
  }

  /// Which machines an item is about, by the words that packs have for it.
  public enum Target: String, Sendable, Codable, CaseIterable {
    case all, server
    case clientPC = "client_pc"
    case networkDevice = "network_device"
    case organization
  }

  public enum Reason: String, Sendable, Codable, CaseIterable {
    case aboveHeadings, headings, sectionNumber, sectionColumn, targetWords, gateWords, numbered, asked
    case continues, noteMark, belowItems, noText, unknown, byHand
  }

  /// Why a row was taken for what it is; the words of the reason take the detail in.
  public struct Why: Sendable, Equatable, Codable {
    public let reason: Reason
    public let detail: String

    public init(_ reason: Reason, _ detail: String = "") { (self.reason, self.detail) = (reason, detail) }
  }

  public struct Row: Sendable, Equatable, Codable {
    public var sheet: String
    /// As the spreadsheet shows it, from 1; a row that opens a section and asks its first item comes twice.
    public var row: Int
    /// What stands in the cells, empty ones left out.
    public var cells: [String]
    public var kind: Kind
    /// Of a section `2`, of an item `①`; empty when the sheet has none.
    public var number: String
    public var text: String
    /// What stands in the column for remarks.
    public var remark: String
    public var forms: Set<Form>
    public var target: Target
    public var why: Why

    public init(
      sheet: String, row: Int, cells: [String], kind: Kind, number: String = "", text: String,
      remark: String = "", forms: Set<Form>, target: Target = .all, why: Why
    ) {
      (self.sheet, self.row, self.cells, self.kind) = (sheet, row, cells, kind)
      (self.number, self.text, self.remark) = (number, text, remark)
      (self.forms, self.target, self.why) = (forms, target, why)
    }
  }

  public let rows: [Row]
  /// The fiscal year that the title names; nil when it names none.
  public let year: Int?

  public var items: Int { rows.count { $0.kind == .item || $0.kind == .gate } }

  /// - Parameters:
  ///   - forms: who answers, where the person has said so; nil to find it in the words of the sheet.
  ///   - isText: whether the sheets were made by ``sheet(ofText:named:)``, where cells stand in no columns.
  public init(_ sheets: [Sheet], forms: Set<Form>? = nil, isText: Bool = false) {
    var rows: [Row] = []
    for sheet in sheets where !sheet.hidden {
      var reader = ChecklistRows(sheet: sheet.name, forms: forms, isAligned: !isText)
      for (index, cells) in sheet.rows.enumerated() { reader.read(cells.map(\.text), row: index + 1) }
      // A sheet without any item is an instruction or a cover.
      if reader.rows.contains(where: { $0.kind == .item }) { rows += reader.rows }
    }
    self.rows = rows
    year = rows.prefix { $0.kind == .title }.lazy.compactMap { ChecklistMark.year(in: $0.text) }.first
  }

  /// By what a file is known again.
  public static func fingerprint(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

  /// Text that was pasted or printed from a PDF: a line is a row, and cells part at tabs and wide gaps.
  public static func sheet(ofText text: String, named name: String) -> Sheet {
    let lines = text.withPlainEnds.split(separator: "\n", omittingEmptySubsequences: false)
    return Sheet(
      name: name,
      rows: lines.map { line in
        line.split(separator: /\t+|[ \u{3000}]{2,}/).map { Cell.text($0.trimmed) }.filter { $0 != .text("") }
      })
  }
}

extension String {
  fileprivate var withPlainEnds: String {
    replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\u{0C}", with: "\n")
  }
}

/// A number at the beginning of a text: ①, (1), 2-①.
public struct ChecklistMark: Sendable, Equatable {
  public let section: String?
  public let number: Int
  public let rest: String

  /// nil when the text begins with none. A bare `1` or `1.` is none: sections are written so.
  public init?(_ text: String) {
    let text = text.trimmed
    if let (number, rest) = ChecklistMark.enclosed(text) {
      (section, self.number, self.rest) = (nil, number, rest)
      return
    }
    // 2-① and 2-(1), with any kind of dash.
    guard let match = text.halfWidth.prefixMatch(of: /([0-9]{1,2})\s*-\s*/),
      let start = text.index(text.startIndex, offsetBy: match.0.count, limitedBy: text.endIndex)
    else { return nil }
    let after = String(text[start...])
    if let (number, rest) = ChecklistMark.enclosed(after) {
      (section, self.number, self.rest) = (String(match.1), number, rest)
    } else if let plain = after.halfWidth.prefixMatch(of: /([0-9]{1,2})(?![0-9])\s*/),
      let number = Int(plain.1)
    {
      (section, self.number) = (String(match.1), number)
      rest = String(after.dropFirst(plain.0.count)).trimmed
    } else {
      return nil
    }
  }

  private static func enclosed(_ text: String) -> (Int, String)? {
    guard let first = text.unicodeScalars.first else { return nil }
    let rest = { String(text.unicodeScalars.dropFirst()).trimmed }
    switch first.value {
    case 0x2460...0x2473: return (Int(first.value) - 0x245F, rest())
    case 0x2474...0x2487: return (Int(first.value) - 0x2473, rest())
    case 0x2776...0x277F: return (Int(first.value) - 0x2775, rest())
    case 0x3251...0x325F: return (Int(first.value) - 0x3250 + 20, rest())
    default: break
    }
    guard let match = text.halfWidth.prefixMatch(of: /\(\s*([0-9]{1,2})\s*\)\s*/), let number = Int(match.1)
    else { return nil }
    // Folding keeps the count of characters here: none of these is a sign that unfolds into several.
    return (number, String(text.dropFirst(match.0.count)).trimmed)
  }

  /// `①` to `㉟`, and `(36)` beyond.
  public static func circled(_ number: Int) -> String {
    let value: UInt32? =
      switch number {
      case 1...20: UInt32(0x245F + number)
      case 21...35: UInt32(0x3250 + number - 20)
      default: nil
      }
    return value.flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? "(\(number))"
  }

  /// 令和8年度 as 2026.
  public static func year(in text: String) -> Int? {
    let plain = text.folded
    if let match = plain.firstMatch(of: /令和([0-9]{1,2}|元)年度/) {
      return 2018 + (match.1 == "元" ? 1 : Int(match.1) ?? 0)
    }
    return plain.firstMatch(of: /(20[0-9]{2})年度/).flatMap { Int($0.1) }
  }
}
