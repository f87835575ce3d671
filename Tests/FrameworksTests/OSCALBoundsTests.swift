import Testing

@testable import Frameworks

/// Small files that ask for much.
@Suite("ふくらむ OSCAL")
struct OSCALBoundsTests {
  private typealias Samples = OSCALSamples

  private static func problem(_ imports: String, _ more: String, catalog: String = OSCALSamples.catalog)
    -> FrameworkProblem?
  {
    Samples.problem(Samples.profile(imports, more: more), beside: ["catalog": catalog])
  }

  private static let all = #"{"href": "catalog.json", "include-all": {}}"#

  @Test("文を文の中へ足し続けても、深すぎるところで断る")
  func deepParts() {
    let adds = (0..<100).map { number in
      let target = number == 0 ? "ac-2_smt" : "p\(number - 1)"
      return #"{"by-id": "\#(target)", "parts": [{"id": "p\#(number)", "name": "x", "prose": "x"}]}"#
    }
    let alters =
      #", "modify": {"alters": [{"control-id": "ac-2", "adds": ["# + adds.joined(separator: ", ") + "]}]}"
    guard case .tooDeep(_, _, let limit) = Self.problem(Self.all, alters) else {
      Issue.record("taken in")
      return
    }
    #expect(limit == LibraryLimits.standard.depth)
  }

  @Test("差し込みを重ねてふくらむ文は、限りのうちで断る")
  func laughs() {
    let params = (0..<9).map { number in
      let inner = String(repeating: "{{ insert: param, p\(number + 1) }}", count: 100)
      return #"{"id": "p\#(number)", "values": ["\#(inner)"]}"#
    }
    let text = #"""
      {"catalog": {"metadata": {"title": "Laughs"}, "params": [\#(params.joined(separator: ", ")), {"id": "p9", "values": ["ha"]}],
        "controls": [{"id": "a", "title": "A", "parts": [{"name": "statement", "prose": "{{ insert: param, p0 }}"}]}]}}
      """#
    #expect(Samples.problem(text) == .tooManyValues(file: "a.json", line: 0, limit: 2_000_000))
  }

  @Test("輪になった差し込みは、名前のまま残す")
  func ring() throws {
    let file = try Samples.read(
      #"""
      {"catalog": {"metadata": {"title": "Ring"}, "params": [{"id": "a", "values": ["{{ insert: param, b }}"]},
        {"id": "b", "values": ["{{ insert: param, a }}"]}], "controls": [{"id": "c", "title": "{{ insert: param, a }}"}]}}
      """#)
    #expect(file.library.frameworks[0].nodes[0].name == "[a]")
  }

  @Test("もとを何千も並べたもの、群ごとに全部を写すものは断る")
  func expansion() {
    let many = repeatElement(Self.all, count: 101).joined(separator: ", ")
    guard case .tooManyValues(_, _, let limit) = Self.problem(many, "") else {
      Issue.record("101 imports were taken in")
      return
    }
    #expect(limit == 100)
    let insertions = repeatElement("{}", count: 25_000).joined(separator: ", ")
    let custom =
      #", "merge": {"custom": {"groups": [{"id": "g", "title": "G", "insert-controls": ["# + insertions
      + "]}]}}"
    guard case .tooManyValues = Self.problem(Self.all, custom) else {
      Issue.record("25,000 copies were made")
      return
    }
  }

  @Test("同じ番号の群がいくつあっても、それぞれ別の節になる")
  func groups() throws {
    let groups = repeatElement(#"{"id": "a", "title": "A"}"#, count: 3_000).joined(separator: ", ")
    let file = try Samples.read(
      #"{"catalog": {"metadata": {"title": "Many"}, "groups": ["# + groups
        + #"], "controls": [{"id": "a", "title": "A"}]}}"#)
    #expect(file.library.frameworks[0].nodes.count == 3_001)
    #expect(Set(Samples.ids(file)).count == 3_001 && Samples.ids(file).last == "a")
  }

  @Test("題を切ったり直したりした名前には印が付き、別の題と同じにならない")
  func titles() {
    func name(_ title: String) -> String {
      var head = OSCAL.Head()
      head.title = title
      return OSCALLibrary.name(of: head)
    }
    let long = String(repeating: "long title ", count: 20)
    #expect(name("Test Catalog") == "test-catalog")
    #expect(Set([name("A B: one"), name("A B/ one"), name("A B one")]).count == 3)
    #expect(name(long + "1") != name(long + "2"))
  }
}
