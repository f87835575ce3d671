import Foundation
import Kernel
import Web

/// Makes an entry out of what people or files wrote, field by field.
struct EntryReader {
  let register: Register
  let language: Language
  /// Ids of the entries or people that a text may mean: none, one, or several.
  let find: (Field, String) throws -> [String]

  /// The values that could be read, and a refusal for each that could not. Absent fields keep `before`.
  func read(_ raw: [String: String], over before: [String: String] = [:]) throws -> (
    values: [String: String], refusals: [Entry.Refusal]
  ) {
    var values = before
    var refusals: [Entry.Refusal] = []
    for field in register.entered {
      if let text = raw[field.id] {
        do throws(Entry.Refusal) { values[field.id] = try value(field, text) } catch {
          refusals.append(error)
        }
      }
      if field.isRequired, values[field.id] == nil, !refusals.contains(where: { $0.field == field.id }) {
        refusals.append(.missing(field: field.id, label: field.label(language)))
      }
    }
    return (values, refusals)
  }

  /// The stored form of a text; nil for an empty one.
  func value(_ field: Field, _ raw: String) throws(Entry.Refusal) -> String? {
    let id = field.id
    // Looked up only for a refusal: most values have none.
    var label: String { field.label(language) }
    let text = raw.trimmed
    if text.isEmpty { return nil }
    switch field.kind {
    case .text(let most), .lines(let most):
      // A letter may carry any number of marks, so its bytes are bounded too.
      guard let clean = text.trimmed(to: 1...most), clean.utf8.count <= 4 * most else {
        throw .tooLong(field: id, label: label, most: most)
      }
      if case .text = field.kind, clean.utf8.contains(0x0A) { return clean.replacing("\n", with: " ") }
      return clean
    case .choice(let choices):
      guard let choice = choices.first(where: { $0.means(text) }) else {
        throw .notAChoice(field: id, label: label, text: text)
      }
      return choice.value
    case .day:
      guard let day = Day.parse(text) else { throw .notADay(field: id, label: label, text: text) }
      return day.description
    case .number(let range):
      let digits = text.halfWidth.filter { !", 円".contains($0) }
      guard let number = Int(digits), range.contains(number) else {
        throw .notANumber(
          field: id, label: label, text: text, least: range.lowerBound, most: range.upperBound)
      }
      return "\(number)"
    case .entry, .person:
      let found: [String]
      do { found = try find(field, text) } catch { throw .notFound(field: id, label: label, text: text) }
      if found.count > 1 { throw .ambiguous(field: id, label: label, text: text) }
      guard let only = found.first else { throw .notFound(field: id, label: label, text: text) }
      return only
    }
  }
}

extension Field.Choice {
  /// Its value, or its word in either language.
  func means(_ text: String) -> Bool {
    value == text || Language.allCases.contains { word($0).searchable == text.searchable }
  }
}

extension String {
  /// The text as it is searched: width, case, and hiragana or katakana make no difference, nor does white space.
  ///
  /// Unicode compatibility composition (NFKC), so that half-width kana and ㈱ are found in either form.
  var searchable: String {
    if let plain = plainlySearchable { return plain }
    var scalars = String.UnicodeScalarView()
    // On Linux the compatibility mapping leaves ﾃﾞ as テ and a voicing mark apart; the second mapping joins them.
    let composed = precomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
    for scalar in composed.lowercased().unicodeScalars {
      switch scalar.value {
      case 0x3041...0x3096: scalars.append(Unicode.Scalar(scalar.value + 0x60) ?? scalar)
      case _ where scalar.properties.isWhitespace: continue
      default: scalars.append(scalar)
      }
    }
    // A voicing mark that stood apart (゛) has now met its letter; two texts that look the same must be the same bytes.
    return String(scalars).precomposedStringWithCanonicalMapping
  }
}

extension String {
  /// ``searchable`` of what no composition changes: ASCII, hiragana, katakana and the common kanji; nil for anything else.
  ///
  /// An import asks for this hundreds of thousands of times, and the mappings of Unicode take most of its time.
  private var plainlySearchable: String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0x09...0x0D, 0x20, 0x3000: continue
      case 0x41...0x5A: bytes.append(UInt8(scalar.value + 0x20))
      case 0x00...0x7E: bytes.append(UInt8(scalar.value))
      // Hiragana becomes katakana; both lie in E3 81 to E3 83.
      case 0x3041...0x3096: append(scalar.value + 0x60, to: &bytes)
      case 0x30A1...0x30FA, 0x30FC...0x30FE, 0x3005...0x3007, 0x3400...0x4DB5, 0x4E00...0x9FA5:
        append(scalar.value, to: &bytes)
      default: return nil
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// UTF-8 of U+0800 to U+FFFF.
  private func append(_ value: UInt32, to bytes: inout [UInt8]) {
    bytes.append(UInt8(0xE0 | value >> 12))
    bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
    bytes.append(UInt8(0x80 | value & 0x3F))
  }
}

extension Register {
  /// What the search looks through: key, title, searched fields and added columns, a line feed between them.
  ///
  /// At most 2,000 bytes: PostgreSQL's indexes take rows of up to 2,704.
  func searchText(of entry: Entry) -> String {
    let texts = declared.filter { $0.id == key.id || $0.isTitle || $0.isSearched }.map { entry.text($0.id) }
    // Whatever stands in added columns, so that it does not matter whether the one who writes knows them.
    let added = entry.values.filter { ExtraColumn.isID($0.key) }.sorted { $0.key < $1.key }.map(\.value)
    let text = (texts + added).map(\.searchable).filter { !$0.isEmpty }.joined(separator: "\n")
    guard text.utf8.count > 2000 else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: 2000)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end])
  }

  func keyText(of entry: Entry) -> String { entry.text(key.id).searchable }
}
