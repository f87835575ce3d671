import Kernel

/// Reads the parts of an Office Open XML workbook, transitional or strict (ISO/IEC 29500).
final class WorkbookReader {
  private let zip: ZipArchive
  private var strings: [String] = []
  private var dateStyles: [Bool] = []
  private var cells = 0

  init(_ zip: ZipArchive) { self.zip = zip }

  func workbook() throws(SheetProblem) -> Workbook {
    let path = try workbookPath()
    let book = BookHandler()
    try zip.walk(path, book)
    guard !book.sheets.isEmpty else { throw .damaged(file: zip.file, part: path) }
    guard book.sheets.count <= zip.limits.sheets else {
      throw .tooManySheets(file: zip.file, limit: zip.limits.sheets)
    }
    let links = try relations(of: path)
    for link in links.values where link.type == "styles" {
      let styles = StyleHandler()
      try zip.walk(link.target, styles)
      dateStyles = styles.dates
    }
    for link in links.values where link.type == "sharedStrings" && zip.contains(link.target) {
      let handler = StringsHandler(file: zip.file, limits: zip.limits)
      try zip.walk(link.target, handler)
      strings = handler.strings
    }
    var sheets: [Sheet] = []
    for entry in book.sheets {
      guard let link = links[entry.relation] else { throw .damaged(file: zip.file, part: path) }
      // A chart or a macro sheet has no cells.
      guard link.type == "worksheet" else { continue }
      sheets.append(try sheet(entry, at: link.target, since1904: book.since1904))
    }
    return Workbook(sheets: sheets, baggage: baggage(links.values.map { ($0.type, $0.target) }))
  }

  private func baggage(_ links: [(type: String, target: String)]) -> [Workbook.Baggage] {
    var found: [Workbook.Baggage] = []
    let macros = ["vbaProject", "xlMacrosheet", "xlIntlMacrosheet"]
    if links.contains(where: { macros.contains($0.type) }) || zip.contains("xl/vbaProject.bin") {
      found.append(.macros)
    }
    if links.contains(where: { $0.type == "externalLink" }) { found.append(.externalLinks) }
    return found
  }

  private func sheet(_ entry: BookHandler.Entry, at path: String, since1904: Bool) throws(SheetProblem)
    -> Sheet
  {
    let handler = SheetHandler(
      file: zip.file, sheet: entry.name, part: path, limits: zip.limits, strings: strings,
      dateStyles: dateStyles,
      since1904: since1904, cellsBefore: cells)
    try zip.walk(path, handler)
    try handler.copyMergedCellsDown()
    cells = handler.cells
    return Sheet(
      name: entry.name, rows: handler.rows, hidden: entry.hidden, uncalculated: handler.uncalculated)
  }

  private func workbookPath() throws(SheetProblem) -> String {
    let root = zip.contains("_rels/.rels") ? try relations(of: "") : [:]
    let path = root.values.first { $0.type == "officeDocument" }?.target ?? "xl/workbook.xml"
    // .xlsb keeps its parts in a binary form; .docx and .pptx have another kind of document here.
    guard zip.contains(path),
      path.lowercased().hasSuffix("workbook.xml") || path.lowercased().hasPrefix("xl/"),
      !path.lowercased().hasSuffix(".bin")
    else { throw .notAWorkbook(file: zip.file) }
    return path
  }

  private func relations(of part: String) throws(SheetProblem) -> [String: RelationHandler.Link] {
    let folder = part.split(separator: "/", omittingEmptySubsequences: false).dropLast().map { "\($0)/" }
      .joined()
    let path = "\(folder)_rels/\(part.dropFirst(folder.count)).rels"
    let handler = RelationHandler(folder: folder)
    try zip.walk(path, handler)
    return handler.links
  }
}

/// xl/workbook.xml: the sheets in the order of their tabs, and the date system.
private final class BookHandler: PartHandler {
  struct Entry {
    let name: String
    let relation: String
    let hidden: Bool
  }

  private(set) var sheets: [Entry] = []
  private(set) var since1904 = false

  func start(_ name: String, _ attributes: Attributes) {
    switch name {
    case "workbookPr": since1904 = attributes.yes("date1904")
    case "sheet":
      guard let title = attributes["name"], let relation = attributes.prefixed("id") else { return }
      let hidden = ["hidden", "veryHidden"].contains(attributes["state"] ?? "")
      sheets.append(Entry(name: unescaped(title), relation: relation, hidden: hidden))
    default: break
    }
  }
}

/// A .rels part: where the pieces of a workbook lie.
private final class RelationHandler: PartHandler {
  struct Link {
    /// The last word of the type, which transitional and strict files share.
    let type: String
    let target: String
  }

  private let folder: String
  private(set) var links: [String: Link] = [:]

  init(folder: String) { self.folder = folder }

  func start(_ name: String, _ attributes: Attributes) {
    guard name == "Relationship", attributes["TargetMode"] != "External", let id = attributes["Id"],
      let target = attributes["Target"], let type = attributes["Type"]?.split(separator: "/").last
    else { return }
    links[id] = Link(type: String(type), target: resolved(target))
  }

  private func resolved(_ target: String) -> String {
    let target = target.replacing("\\", with: "/")
    var steps: [Substring] = []
    for step in (target.hasPrefix("/") ? target : folder + target).split(separator: "/") where step != "." {
      if step == ".." { _ = steps.popLast() } else { steps.append(step) }
    }
    return steps.joined(separator: "/")
  }
}

/// xl/styles.xml: which cell styles show a date.
private final class StyleHandler: PartHandler {
  private(set) var dates: [Bool] = []
  private var custom: [Int: Bool] = [:]
  private var inside = ""

  func start(_ name: String, _ attributes: Attributes) {
    switch name {
    case "numFmts", "cellXfs", "cellStyleXfs", "dxfs": inside = name
    case "numFmt":
      guard inside == "numFmts", let id = attributes["numFmtId"].flatMap({ Int($0) }) else { return }
      custom[id] = NumberFormat.isDate(attributes["formatCode"] ?? "")
    case "xf":
      guard inside == "cellXfs" else { return }
      let id = attributes["numFmtId"].flatMap { Int($0) } ?? 0
      dates.append(custom[id] ?? NumberFormat.isDate(builtIn: id))
    default: break
    }
  }

  func end(_ name: String) { if name == inside { inside = "" } }
}

/// xl/sharedStrings.xml: runs of rich text are joined, readings (furigana) are left out.
private final class StringsHandler: PartHandler {
  private(set) var strings: [String] = []
  private let file: String
  private let limits: SheetLimits
  private var run = TextRun()

  init(file: String, limits: SheetLimits) {
    self.file = file
    self.limits = limits
  }

  func start(_ name: String, _ attributes: Attributes) {
    if name == "si" { run = TextRun() }
    run.start(name)
  }

  func text(_ text: String) throws(SheetProblem) {
    guard run.append(text, limit: limits.textLength) else {
      throw .textTooLong(
        file: file, sheet: "sharedStrings", cell: "\(strings.count + 1)", limit: limits.textLength)
    }
  }

  func end(_ name: String) {
    run.end(name)
    if name == "si" { strings.append(run.result) }
  }
}

/// Gathers the `t` elements of a string item, but not those inside `rPh`.
struct TextRun {
  private var text = ""
  private var inText = false
  private var readings = 0

  mutating func start(_ name: String) {
    if name == "t" { inText = true } else if name == "rPh" { readings += 1 }
  }

  mutating func end(_ name: String) {
    if name == "t" { inText = false } else if name == "rPh" { readings -= 1 }
  }

  /// False when the text grows past `limit` UTF-16 units, even if every character of it were escaped.
  mutating func append(_ more: String, limit: Int) -> Bool {
    guard inText, readings == 0 else { return true }
    text += more
    return text.utf8.count <= limit * 7
  }

  var result: String { unescaped(text) }
}

/// `_x000D_` and its like as the character they stand for (ISO/IEC 29500-1, 22.9.2.19); CRLF and CR become LF.
func unescaped(_ raw: String) -> String {
  var units: [UInt16] = []
  let source = Array(raw.utf16)
  guard raw.contains("_x") || raw.contains("\r") else { return raw }
  var index = 0
  while index < source.count {
    let end = index + 7
    if source[index] == 0x5F, end <= source.count, source[index + 1] == 0x78, source[end - 1] == 0x5F,
      let value = hexValue(source[(index + 2)..<(end - 1)])
    {
      units.append(value)
      index = end
    } else {
      units.append(source[index])
      index += 1
    }
  }
  return String(decoding: units, as: UTF16.self).withPlainLineBreaks
}

private func hexValue(_ digits: ArraySlice<UInt16>) -> UInt16? {
  var value: UInt16 = 0
  for digit in digits {
    switch digit {
    case 0x30...0x39: value = value << 4 | (digit - 0x30)
    case 0x41...0x46, 0x61...0x66: value = value << 4 | ((digit | 0x20) - 0x57)
    default: return nil
    }
  }
  return value
}

extension String {
  /// CRLF and CR as LF.
  var withPlainLineBreaks: String {
    guard utf8.contains(0x0D) else { return self }
    return replacing("\r\n", with: "\n").replacing("\r", with: "\n")
  }
}
