import Kernel
import Publishing
import Web

extension Register {
  /// Files in which a register leaves.
  public enum Format: String, Sendable, CaseIterable {
    case xlsx, csv, json

    public var mediaType: String {
      switch self {
      case .xlsx: Sheets.xlsxType
      case .csv: "text/csv; charset=utf-8"
      case .json: "application/json"
      }
    }
  }

  /// Entries as a file. What ``RegisterExchange`` reads back from .xlsx and CSV is what was written.
  ///
  /// - Parameter names: of what the entries refer to.
  func export(_ entries: [Entry], _ names: ReferenceNames, as format: Format, _ language: Language)
    throws(SheetProblem) -> [UInt8]
  {
    switch format {
    case .json: return json(entries, names)
    case .csv: return Sheets.csv([headings(language)] + rows(entries, names, language))
    case .xlsx:
      let sheet = OutputSheet(
        name: name(language), headings: headings(language).map(\.text), rows: rows(entries, names, language),
        columnWidths: entered.map(\.columnWidth))
      return try Sheets.xlsx([sheet])
    }
  }

  private func headings(_ language: Language) -> [Cell] { entered.map { .text($0.label(language)) } }

  private func rows(_ entries: [Entry], _ names: ReferenceNames, _ language: Language) -> [[Cell]] {
    // The words of choices, looked up once.
    let words = Dictionary(
      uniqueKeysWithValues: entered.map { field in
        guard case .choice(let choices) = field.kind else { return (field.id, [String: String]()) }
        return (field.id, Dictionary(uniqueKeysWithValues: choices.map { ($0.value, $0.word(language)) }))
      })
    return entries.map { entry in
      entered.map { field in
        guard let value = entry.values[field.id] else { return .empty }
        switch field.kind {
        case .day: return day(value)
        case .number: return Double(value).map { .number($0) } ?? .text(value)
        case .choice: return .text(words[field.id]?[value] ?? value)
        case .entry, .person: return .text(names.text(field, for: value))
        case .text, .lines: return .text(value)
        }
      }
    }
  }

  /// A day that a spreadsheet reads back as one; others, such as those before 1954, as text.
  private func day(_ value: String) -> Cell {
    guard let day = Day(value), (-5_569..<54_931).contains(day.daysSince1970) else { return .text(value) }
    return .day(day)
  }

  /// An array of objects with `id` and each field in the order of the form: choices by value, references by name,
  /// numbers as numbers, null for what is empty.
  private func json(_ entries: [Entry], _ names: ReferenceNames) -> [UInt8] {
    var text: [UInt8] = Array("[".utf8)
    for (index, entry) in entries.enumerated() {
      text += Array((index == 0 ? "\n" : ",\n").utf8)
      text += Array("{\"id\":\"\(entry.id)\"".utf8)
      for field in entered {
        text += Array(",\"\(field.id)\":".utf8)
        guard let value = entry.values[field.id] else {
          text += Array("null".utf8)
          continue
        }
        switch field.kind {
        case .number: text += Array(value.utf8)
        case .entry, .person: append(names.text(field, for: value), to: &text)
        default: append(value, to: &text)
        }
      }
      text.append(0x7D)
    }
    return text + Array("\n]\n".utf8)
  }

  /// A JSON string (RFC 8259): quotes, backslashes and control characters escaped.
  private func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5C: bytes += [0x5C, byte]
      case 0x0A: bytes += [0x5C, 0x6E]
      case 0..<0x20:
        bytes += Array((byte < 16 ? "\\u000" : "\\u00").utf8) + Array(String(byte, radix: 16).utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
  }
}

extension Field {
  /// In characters, for print and screen.
  fileprivate var columnWidth: Double {
    switch kind {
    case .day, .number: 12
    case .lines: 36
    case .text(let most): most > 60 ? 28 : 18
    case .choice, .entry, .person: 16
    }
  }
}
