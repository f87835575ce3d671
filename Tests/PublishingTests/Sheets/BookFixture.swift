import CZip
import Glibc
import Kernel
import Publishing
import TestSupport

/// An .xlsx put together part by part, as other programs would write it.
struct BookFixture {
  var parts: [String: String] = [
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": relations(["rId1": ("officeDocument", "xl/workbook.xml")]),
    "xl/_rels/workbook.xml.rels": relations([
      "rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("sharedStrings", "sharedStrings.xml"),
      "rId3": ("styles", "styles.xml"),
    ]),
    "xl/workbook.xml": book("<sheets><sheet name=\"点検表\" sheetId=\"1\" r:id=\"rId1\"/></sheets>"),
    "xl/sharedStrings.xml": "<sst/>",
    "xl/styles.xml": "<styleSheet/>",
    "xl/worksheets/sheet1.xml": "<worksheet><sheetData/></worksheet>",
  ]

  init(rows: String = "", after: String = "") { setRows(rows, after: after) }

  mutating func setRows(_ rows: String, after: String = "") {
    parts["xl/worksheets/sheet1.xml"] = "<worksheet><sheetData>\(rows)</sheetData>\(after)</worksheet>"
  }

  var bytes: [UInt8] { zipped(parts.mapValues { Array($0.utf8) }) }

  func read(limits: SheetLimits = .standard) throws(SheetProblem) -> Workbook {
    try Sheets.read(bytes, named: "点検.xlsx", limits: limits)
  }

  /// The rows of the only sheet.
  func rows() throws -> [[Cell]] { try read().sheets[0].rows }

  static func book(_ inside: String) -> String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><workbook xmlns:r=\"http://x/relationships\">\(inside)</workbook>"
  }

  static func relations(_ links: [String: (type: String, target: String)]) -> String {
    let inside = links.map { id, link in
      "<Relationship Id=\"\(id)\" Type=\"http://x/relationships/\(link.type)\" Target=\"\(link.target)\"/>"
    }
    return "<Relationships>\(inside.joined())</Relationships>"
  }
}

/// The problem that `body` is refused with, or nil when it goes through.
func refusal(_ body: () throws(SheetProblem) -> Workbook) -> SheetProblem? {
  do throws(SheetProblem) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

func zipped(_ parts: [String: [UInt8]], password: String? = nil) -> [UInt8] {
  let target = zip_source_buffer_create(nil, 0, 0, nil)
  zip_source_keep(target)
  let archive = zip_open_from_source(target, ZIP_TRUNCATE, nil)
  for (name, bytes) in parts.sorted(by: { $0.key < $1.key }) {
    let memory = malloc(max(bytes.count, 1))
    bytes.withUnsafeBytes { if let start = $0.baseAddress, let memory { memcpy(memory, start, $0.count) } }
    let source = zip_source_buffer(archive, memory, zip_uint64_t(bytes.count), 1)
    let index = zip_file_add(archive, name, source, 0)
    if let password {
      zip_file_set_encryption(archive, zip_uint64_t(index), zip_uint16_t(ZIP_EM_AES_256), password)
    }
  }
  zip_close(archive)
  zip_source_open(target)
  var details = zip_stat_t()
  zip_source_stat(target, &details)
  var result = [UInt8](repeating: 0, count: Int(details.size))
  result.withUnsafeMutableBytes { _ = zip_source_read(target, $0.baseAddress, zip_uint64_t($0.count)) }
  zip_source_close(target)
  zip_source_free(target)
  return result
}

/// One part of a ZIP as text; nil when it is not there.
func part(_ name: String, of bytes: [UInt8]) -> String? {
  var bytes = bytes
  return bytes.withUnsafeMutableBytes { all -> String? in
    let source = zip_source_buffer_create(all.baseAddress, zip_uint64_t(all.count), 0, nil)
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, nil) else { return nil }
    defer { zip_discard(archive) }
    var details = zip_stat_t()
    guard zip_stat(archive, name, 0, &details) == 0, let entry = zip_fopen(archive, name, 0) else {
      return nil
    }
    defer { zip_fclose(entry) }
    var content = [UInt8](repeating: 0, count: Int(details.size))
    content.withUnsafeMutableBytes { _ = zip_fread(entry, $0.baseAddress, zip_uint64_t($0.count)) }
    return String(decoding: content, as: UTF8.self)
  }
}

extension Seeded {
  mutating func text() -> String {
    let pieces = [
      "端末", "①", "髙橋", "～", "🏥", "\"", ",", ";", "\t", "\n", " ", "　", "=", "+", "-", "@", "_x0041_",
      "_x005F_", "&amp;",
      "<b>", "'", "]]>", "0", "12", "か\u{3099}", "https://example.jp/a?b=c", "\\", "#REF!", "TRUE",
      "2026-01-30",
    ]
    return (0..<Int.random(in: 1...6, using: &self)).map { _ in
      pieces[Int.random(in: 0..<pieces.count, using: &self)]
    }
    .joined()
  }

  mutating func cell() -> Cell {
    switch Int.random(in: 0..<10, using: &self) {
    case 0...1: .empty
    case 2...5: .text(text())
    case 6: .number(Double(Int.random(in: -1_000_000...1_000_000, using: &self)))
    case 7: .number(Double(Int.random(in: -99_999_999...99_999_999, using: &self)) / 1000)
    case 8: .day(Day(daysSince1970: Int.random(in: -5_569...54_930, using: &self)))
    default: .yes(Bool.random(using: &self))
    }
  }

  mutating func rows() -> [[Cell]] {
    (0..<Int.random(in: 1...12, using: &self)).map { _ in
      (0..<Int.random(in: 0...9, using: &self)).map { _ in cell() }
    } + [[.text("終")]]
  }
}
