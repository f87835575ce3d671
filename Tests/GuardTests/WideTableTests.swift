import Foundation
import Testing

/// A table that is wider than a phone scrolls within itself, and everyone can find out and do so.
@Suite("横に長い表")
struct WideTableTests {
  /// On paper alone, where a table is as wide as its sheet.
  private static let onPaper: Set<String> = ["ClinicLetterPages.swift"]

  @Test("横に動く所には、鍵盤で入れて、名前がある")
  func regions() throws {
    var count = 0
    for (path, text) in try Source.all() {
      for line in text.split(separator: "\n") where line.contains(#/class=\\?"[^>]*\bscroll(?: wide)?\\?"/#) {
        count += 1
        let isNamed = line.contains(
          #/scroll(?: wide)?\\?" tabindex=\\?"0\\?" role=\\?"region\\?" aria-label=/#)
        #expect(isNamed, "\(path): \(line.prefix(160))")
      }
    }
    #expect(count > 20)
  }

  /// `data-narrow` says what becomes of a table on a phone.
  @Test("電話で札にならない表は、横に動く所の中にある")
  func tables() throws {
    var count = 0
    for (path, text) in try Source.all() {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let name = path.split(separator: "/").last.map(String.init) ?? path
      for (place, line) in lines.enumerated()
      where line.contains(#/<table class=\\?"(?:table\\?">|matrix|roster)/#) && !Self.onPaper.contains(name) {
        count += 1
        let around = lines[max(0, place - 1)...place].joined()
        // Right within it: a scroll region of something else beside it does not count.
        let isWithin = around.contains(#/\bscroll\b[^<]*>\s*<table class/#)
        #expect(isWithin || around.contains("Components.wide("), "\(path): \(line.prefix(160))")
      }
    }
    #expect(count > 10)
  }
}
