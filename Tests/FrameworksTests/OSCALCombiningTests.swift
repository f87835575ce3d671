import Testing

@testable import Frameworks

@Suite("二度選ばれた OSCAL の管理策")
struct OSCALCombiningTests {
  private typealias Samples = OSCALSamples

  private static let combinations: [(String, [String], [String])] = [
    ("use-first", ["au-1"], ["Keep logs for [loose label]."]),
    ("keep", ["au-1", "au-1_2"], ["Keep logs for [loose label].", "Hold logs for [loose label]."]),
    ("merge", ["au-1"], ["Keep logs for [loose label].\nHold logs for [loose label]."]),
  ]

  @Test("同じ管理策の合わせ方: 先のもの、どちらも、合わせる", arguments: combinations)
  func combine(method: String, ids: [String], texts: [String]) throws {
    let choice = #""include-controls": [{"with-ids": ["au-1"]}]"#
    let profile = Samples.profile(
      "{\"href\": \"catalog.json\", \(choice)}, {\"href\": \"other.json\", \(choice)}",
      more: #", "merge": {"combine": {"method": "\#(method)"}, "as-is": true}"#)
    let other = Samples.catalog.replacing("Keep logs", with: "Hold logs")
      .replacing("Test Catalog", with: "Other Catalog")
    let file = try Samples.read(profile, beside: ["catalog": Samples.catalog, "other": other])
    let nodes = file.library.frameworks[0].nodes.filter(\.isAssessable)
    #expect(nodes.map { String($0.urn.split(separator: ":").last ?? "") } == ids)
    #expect(nodes.map(\.description) == texts)
    #expect(file.remarks.counts[.repeatedControl] == 1)
  }
}
