import Publishing
import Testing

@testable import Frameworks

/// The four ways in which CISO Assistant's converter has named rows over the years.
@Suite("Excel の番号の作り方")
struct WorkbookModeTests {
  private static func sheet(_ name: String, _ rows: [[String]]) -> OutputSheet {
    OutputSheet(name: name, rows: rows.map { $0.map { $0.isEmpty ? .empty : .text($0) } })
  }

  static func workbook(version: Int = 1, fix: String = "3") throws -> [UInt8] {
    try Sheets.xlsx([
      sheet(
        "library_meta",
        [
          ["type", "library"], ["urn", "urn:test:risk:library:x"], ["version", "\(version)"],
          ["locale", "en"],
          ["ref_id", "x"], ["name", "X"], ["packager", "test"],
        ]),
      sheet(
        "fw_meta",
        [
          ["type", "framework"], ["base_urn", "urn:test:risk:req_node:x"],
          ["urn", "urn:test:risk:framework:x"],
          ["ref_id", "x"], ["name", "Framework"],
        ]),
      sheet(
        "fw_content",
        [
          ["assessable", "depth", "ref_id", "name", "node_id", "skip_count", "fix_count"],
          ["", "1", "A 1 (é)", "Part", "", "", ""],
          ["x", "2", "", "first", "", "", ""],
          ["", "", "", "", "", "", ""],
          ["x", "2", "", "second", "", "x", fix],
          ["x", "2", "", "third", "", "", ""],
          ["x", "2", "", "fourth", "own", "", ""],
        ]),
    ])
  }

  // Rows of the sheet: Part 2, first 3, an empty one, second 5, third 6. Mode 1 counts rows and takes one off for each that is
  // skipped; mode 3 starts one lower than the sheet's first row of data and adds what fix_count says.
  private static let expected: [(URNMode, [String])] = [
    (.current, ["a-1-(e)", "a-1-(e):1", "a-1-(e):2", "a-1-(e):3", "own"]),
    (.counted, ["a-1-(é)", "node3", "node4-1", "node5", "own"]),
    (.plain, ["a-1-(é)", "a-1-(é):1", "a-1-(é):2", "a-1-(é):3", "own"]),
    (.corrected, ["a-1-(é)", "node1", "node6", "node7", "own"]),
  ]

  @Test("番号、行、数え直し", arguments: expected)
  func names(mode: URNMode, expected: [String]) throws {
    let file = try LibraryFile.read(try Self.workbook(), named: "x.xlsx", urns: mode)
    let names = file.library.frameworks[0].nodes.map {
      String($0.urn.dropFirst("urn:test:risk:req_node:x:".count))
    }
    #expect(names == expected)
    #expect(file.form == .workbook(mode))
  }

  @Test("行の数ではありえない数え直しは、注意にして数えない", arguments: ["\(Int.min)", "\(Int.max)", "20001", "-20001"])
  func absurd(fix: String) throws {
    let file = try LibraryFile.read(try Self.workbook(fix: fix), named: "x.xlsx", urns: .corrected)
    #expect(file.library.frameworks[0].nodes[2].urn == "urn:test:risk:req_node:x:node3")
    #expect(file.remarks.first.contains { $0.kind == .wrongType && $0.place == "fix_count: fw 5" })
  }

  @Test("同じファイルでも、番号の作り方が違えば指紋が違う")
  func fingerprints() throws {
    let bytes = try Self.workbook()
    let all = try URNMode.allCases.map { try LibraryFile.read(bytes, named: "x.xlsx", urns: $0).sha256 }
    #expect(Set(all).count == 4)
  }
}
