import Foundation
import Testing

/// Holds the threat model to the tests that there are.
@Suite("脅威の表")
struct ThreatModelTests {
  /// The rows of the table of abuse cases: what is tried, and the tests that are named for it.
  private static func rows() throws -> [(abuse: String, tests: [(file: String, title: String)])] {
    let page = try String(
      contentsOf: Source.root.appendingPathComponent("docs/develop/threat-model.md"), encoding: .utf8)
    let start = try #require(page.range(of: "\n## Abuse cases\n"))
    let table = page[start.upperBound...].split(separator: "\n").prefix { !$0.hasPrefix("## ") }
    return table.filter { $0.hasPrefix("| ") && !$0.hasPrefix("| someone") }.map { row in
      let cells = row.dropFirst(2).split(separator: " | ", maxSplits: 1)
      let named =
        cells.last?.matches(of: #/`([A-Za-z_]+(?:/[A-Za-z_]+)+\.(?:swift|py))`「(.+?)」(?=; `| \|$)/#) ?? []
      return (String(cells[0]), named.map { (String($0.1), String($0.2)) })
    }
  }

  @Test("乱用の一つ一つに、それを試す試験が名指してあり、その試験がある")
  func named() throws {
    let rows = try Self.rows()
    #expect(rows.count > 60)
    for row in rows {
      #expect(!row.tests.isEmpty, "\(row.abuse) names no test")
      for test in row.tests {
        let file = Source.root.appendingPathComponent("Tests/\(test.file)")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
          Issue.record("\(row.abuse): there is no \(test.file)")
          continue
        }
        #expect(Self.titles(in: text, test.file).contains(test.title), "\(test.file) has no 「\(test.title)」")
      }
    }
  }

  /// What the tests of a file are called: in Swift by their attribute, in Python by their first line.
  private static func titles(in text: String, _ file: String) -> Set<String> {
    let found: [Substring]
    if file.hasSuffix(".swift") {
      found = text.matches(of: #/@Test\(\s*"((?:[^"\\]|\\.)*)"/#).map { $0.1 }
    } else {
      found = text.matches(of: #/\n *def test_\w+\([^)]*\):\n\s+"""([^\n]*?)(?:"""|\n)/#).map { $0.1 }
    }
    return Set(found.map { String($0).trimmingCharacters(in: .whitespaces) })
  }
}
