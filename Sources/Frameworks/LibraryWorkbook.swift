import Foundation
import Kernel
import Publishing

/// A library as an Excel workbook of the second form: pairs of sheets `X_meta` and `X_content`.
///
/// The workbook becomes the same tree that a YAML file gives, and is read on from there.
struct LibraryWorkbook {
  /// One pair of sheets. Keys and headings are trimmed and in lower case.
  struct Block {
    let name: String
    let sheet: String
    let type: String
    let meta: Record
    let rows: [Record]
    /// Cells below the headings `grid`, by row.
    let grids: [[String]]
  }

  /// Values by heading, empty ones left out, with the row of the sheet; translations by heading and language.
  struct Record {
    var row = 0
    var values: [String: String] = [:]
    var translations: Translations = [:]

    subscript(_ key: String) -> String? { values[key] }
    var isEmpty: Bool { values.isEmpty && translations.isEmpty }
    /// The lines of a cell; a line that starts with `|` goes on with the one before.
    func lines(_ key: String) -> [String] {
      var lines: [String] = []
      for line in (values[key] ?? "").split(separator: "\n").map({ String($0).trimmed }) where !line.isEmpty {
        if line.hasPrefix("|"), let last = lines.popLast() {
          lines.append("\(last)\n\(line.dropFirst().trimmed)")
        } else {
          lines.append(line)
        }
      }
      return lines
    }
    /// Names separated by blanks, commas or line feeds.
    func names(_ key: String) -> [String] {
      (values[key] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
    }
    /// Names separated by commas or line feeds alone.
    func list(_ key: String) -> [String] {
      (values[key] ?? "").split { $0 == "," || $0.isNewline }.map { String($0).trimmed }.filter {
        !$0.isEmpty
      }
    }
  }

  let file: String
  let reading: Reading
  let urns: URNMode
  let library: Record
  let blocks: [Block]

  static func tree(of bytes: [UInt8], named file: String, _ urns: URNMode, _ reading: Reading) throws -> Tree
  {
    var limits = SheetLimits.standard
    limits.rows = 20_000
    limits.sheets = 200
    let book = try Sheets.read(bytes, named: file, limits: limits)
    return try LibraryWorkbook(book, named: file, urns, reading).tree()
  }

  private init(_ book: Workbook, named file: String, _ urns: URNMode, _ reading: Reading)
    throws(FrameworkProblem)
  {
    (self.file, self.reading, self.urns) = (file, reading, urns)
    var sheets: [String: Sheet] = [:]
    for sheet in book.sheets { sheets[sheet.name.trimmed.lowercased()] = sheet }
    guard let head = sheets.removeValue(forKey: "library_meta") else { throw .notALibrary(file: file) }
    library = LibraryWorkbook.meta(head)
    var blocks: [Block] = []
    for sheet in book.sheets {
      let name = sheet.name.trimmed
      let key = name.lowercased()
      if key.hasSuffix("_content"), sheets[String(key.dropLast(8)) + "_meta"] == nil, key != "library_content"
      {
        reading.remarks.add(.orphanSheet, name, line: 0)
      }
      guard key.hasSuffix("_meta"), sheets[key] != nil else { continue }
      guard let content = sheets[String(key.dropLast(5)) + "_content"] else {
        reading.remarks.add(.orphanSheet, name, line: 0)
        continue
      }
      let meta = LibraryWorkbook.meta(sheet)
      guard let type = meta["type"]?.lowercased(), LibraryWorkbook.types.contains(type) else {
        reading.remarks.add(.unknownSheetType, "\(name): \(meta["type"] ?? "")", line: 0)
        continue
      }
      let (rows, grids) = LibraryWorkbook.content(content)
      blocks.append(
        Block(
          name: meta["name"] ?? String(name.dropLast(5)), sheet: String(name.dropLast(5)), type: type,
          meta: meta,
          rows: rows, grids: grids))
    }
    self.blocks = blocks
  }

  private static let types: Set = [
    "framework", "risk_matrix", "threats", "reference_controls", "requirement_mapping_set",
    "implementation_groups", "scores", "answers", "urn_prefix", "metric_definitions", "ttp_catalog",
    "tactics",
    "techniques",
  ]

  private static func meta(_ sheet: Sheet) -> Record {
    var record = Record()
    for row in sheet.rows where row.count >= 2 { put(row[1].text, row[0].text, &record) }
    return record
  }

  private static func content(_ sheet: Sheet) -> (rows: [Record], grids: [[String]]) {
    guard let headings = sheet.rows.first?.map(\.text) else { return ([], []) }
    var (rows, grids): ([Record], [[String]]) = ([], [])
    for (number, cells) in sheet.rows.enumerated().dropFirst() {
      var record = Record(row: number + 1)
      var grid: [String] = []
      for (heading, cell) in zip(headings, cells) {
        if heading.trimmed.lowercased() == "grid" { grid.append(cell.text.trimmed) }
        put(cell.text, heading, &record)
      }
      guard !record.isEmpty else { continue }
      rows.append(record)
      grids.append(grid)
    }
    return (rows, grids)
  }

  /// A heading is a key, or a key with a language: `name[fr]`.
  private static func put(_ text: String, _ heading: String, _ record: inout Record) {
    let key = heading.trimmed.lowercased()
    guard !key.isEmpty, !text.trimmed.isEmpty else { return }
    guard key.hasSuffix("]"), let open = key.firstIndex(of: "[") else {
      let isName = key == "locale" || key == "packager" || key.hasSuffix("urn") || key.hasSuffix("_id")
      record.values[key] = isName ? text.trimmed : text
      return
    }
    let language = String(key[key.index(after: open)...].dropLast()).trimmed
    record.translations[language, default: [:]][String(key[..<open]).trimmed] = text
  }

  /// The block that a framework names; names are compared without case.
  func block(_ name: String?, type: String) -> Block? {
    guard let name = name?.trimmed.lowercased() else { return nil }
    let found = blocks.first { $0.type == type && $0.name.trimmed.lowercased() == name }
    if found == nil { reading.remarks.add(.undefinedBlock, "\(type): \(name)", line: 0) }
    return found
  }

  /// Prefixes of other libraries' URNs, by their short names.
  var prefixes: [String: String] {
    var prefixes: [String: String] = [:]
    for row in blocks.filter({ $0.type == "urn_prefix" }).flatMap(\.rows) {
      if let id = row["prefix_id"] ?? row["id"], let value = row["prefix_value"] ?? row["value"] {
        prefixes[id.trimmed.lowercased()] = value.trimmed
      }
    }
    return prefixes
  }

  /// `base:part`, whether or not the base ends with its colon.
  static func join(_ base: String, _ part: String) -> String {
    base.hasSuffix(":") ? base + part : "\(base):\(part)"
  }

  /// A number or a name as the end of a URN: without marks on letters, in lower case, blanks as `-`, what else is odd as `_`.
  static func cleaned(_ text: String) -> String {
    var out = ""
    for scalar in text.trimmed.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars
    where scalar.isASCII {
      switch scalar {
      case "a"..."z", "0"..."9", ".", "-", "_", "(", ")", "[", "]", ":": out.unicodeScalars.append(scalar)
      case " ", "\n", "\t": out += "-"
      default: out += "_"
      }
    }
    return out
  }
}
