/// Reading and writing spreadsheets: Excel (.xlsx), CSV and TSV.
///
/// Files come from outside and are judged by their content, never by their name. Reading needs no temporary file.
public enum Sheets {
  /// The media type of a workbook of ``xlsx(_:)``.
  public static let xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

  /// Reads a workbook: a ZIP is Excel, anything else that is text is CSV or TSV.
  ///
  /// - Parameter file: the name as the person knows it; it stands in the problems and names the sheet of a CSV.
  public static func read(
    _ bytes: [UInt8], named file: String, limits: SheetLimits = .standard
  ) throws(SheetProblem) -> Workbook {
    guard bytes.count <= limits.fileBytes else {
      throw .tooLarge(file: file, megabytes: limits.fileBytes >> 20)
    }
    if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) { throw ole2(bytes, file) }
    guard bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) else {
      return try readCSV(bytes, named: file, limits: limits)
    }
    let workbook = try WorkbookReader(ZipArchive(bytes, file: file, limits: limits)).workbook()
    guard workbook.sheets.contains(where: { !$0.rows.isEmpty || !$0.uncalculated.isEmpty }) else {
      throw .empty(file: file)
    }
    return workbook
  }

  /// What an OLE2 container is: Excel wraps encrypted .xlsx files in one, and .xls, .doc and .msg files are ones.
  private static func ole2(_ bytes: [UInt8], _ file: String) -> SheetProblem {
    func holds(_ name: String) -> Bool {
      contains(bytes, name.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
    }
    if holds("EncryptedPackage") || holds("EncryptionInfo") { return .passwordProtected(file: file) }
    if holds("WordDocument") || holds("PowerPoint Document") || holds("__properties_version1.0") {
      return .notAWorkbook(file: file)
    }
    return .legacyWorkbook(file: file)
  }

  private static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first, bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains { start in
      bytes[start] == first && bytes[start..<(start + wanted.count)].elementsEqual(wanted)
    }
  }
}
