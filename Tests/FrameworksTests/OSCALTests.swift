import Testing

@testable import Frameworks

/// Documents written for the tests.
enum OSCALSamples {
  static let catalog = #"""
    {"catalog": {
      "uuid": "11111111-1111-4111-8111-111111111111",
      "metadata": {"title": "Test Catalog", "last-modified": "2024-02-04T23:16:00.000000-00:00",
        "version": "5.1", "oscal-version": "1.1.2", "parties": [{"uuid": "p", "type": "organization", "name": "Maker"}]},
      "params": [{"id": "loose", "label": "loose label"}],
      "groups": [
        {"id": "ac", "title": "Access Control", "props": [{"name": "label", "value": "AC"}],
         "controls": [
           {"id": "ac-1", "title": "Policy",
            "params": [{"id": "ac-1_prm_1", "label": "organization-defined roles"},
                       {"id": "ac-1_prm_2", "select": {"how-many": "one", "choice": ["daily", "{{ insert: param, ac-1_prm_1 }}"]}}],
            "props": [{"name": "label", "value": "AC-1"}, {"name": "label", "value": "AC-01", "class": "zero-padded"}],
            "links": [{"href": "#22222222-2222-4222-8222-222222222222", "rel": "reference"},
                      {"href": "#33333333-3333-4333-8333-333333333333", "rel": "reference"}],
            "parts": [
              {"id": "ac-1_smt", "name": "statement", "parts": [
                {"id": "ac-1_smt.a", "name": "item", "props": [{"name": "label", "value": "a."}],
                 "prose": "Tell {{ insert: param, ac-1_prm_1 }} {{ insert: param, ac-1_prm_2 }}."},
                {"id": "ac-1_smt.b", "name": "item", "props": [{"name": "label", "value": "b."}],
                 "prose": "Ask {{ insert: param, nowhere }} \ud842\udfb7."}]},
              {"id": "ac-1_gdn", "name": "guidance", "prose": "Think of it."},
              {"id": "ac-1_obj", "name": "assessment-objective", "prose": "See whether it is told."}]},
           {"id": "ac-2", "title": "Accounts", "parts": [{"id": "ac-2_smt", "name": "statement", "prose": "Keep a list."}],
            "controls": [
              {"id": "ac-2.1", "title": "By program", "parts": [{"name": "statement", "prose": "Use a program."}]},
              {"id": "ac-2.2", "title": "Old", "props": [{"name": "status", "value": "withdrawn"}],
               "links": [{"href": "#ac-2", "rel": "incorporated-into"}]}]}]},
        {"id": "au", "title": "Audit", "controls": [
          {"id": "au-1", "title": "Logs", "parts": [{"name": "statement", "prose": "Keep logs for {{ insert: param, loose }}."}]}]}
      ],
      "back-matter": {"resources": [{"uuid": "22222222-2222-4222-8222-222222222222", "title": "The Act"}]}
    }}
    """#

  static func profile(
    _ imports: String, more: String = "", resources: String = "", title: String = "Test Profile"
  ) -> String {
    """
    {"profile": {"uuid": "44444444-4444-4444-8444-444444444444",
      "metadata": {"title": "\(title)", "last-modified": "2023-01-02T00:00:00+09:00", "version": "1", "oscal-version": "1.1.2"},
      "imports": [\(imports)]\(more)\(resources)}}
    """
  }

  static func read(_ text: String, named name: String = "a.json", beside: [String: String] = [:]) throws
    -> LibraryFile
  {
    try LibraryFile.read(
      Array(text.utf8), named: name, beside: beside.mapValues { .file(Array($0.utf8)) })
  }

  /// A profile that rests on the catalog.
  static func resolved(_ imports: String, more: String = "") throws -> LibraryFile {
    try read(profile(imports, more: more), beside: ["catalog": catalog])
  }

  static func problem(_ text: String, beside: [String: String] = [:]) -> FrameworkProblem? {
    do {
      _ = try read(text, beside: beside)
      return nil
    } catch { return error as? FrameworkProblem }
  }

  static func ids(_ file: LibraryFile) -> [String] {
    file.library.frameworks[0].nodes.map { String($0.urn.split(separator: ":").last ?? "") }
  }
}

@Suite("OSCAL のカタログとプロファイルを読む")
struct OSCALTests {
  private typealias Samples = OSCALSamples

  @Test("群は節に、管理策は答える要求になり、差し込みは値か見出しになる")
  func catalog() throws {
    let file = try Samples.read(Samples.catalog)
    let library = file.library
    #expect(library.urn == "urn:oscal:risk:library:test-catalog")
    #expect(library.version == 20_240_204 && library.published == "2024-02-04")
    #expect(library.provider == "Maker" && library.locale == "en" && file.form == .oscal)
    let nodes = library.frameworks[0].nodes
    #expect(Samples.ids(file) == ["ac", "ac-1", "ac-2", "ac-2.1", "ac-2.2", "au", "au-1"])
    #expect(nodes.map(\.depth) == [1, 2, 2, 3, 3, 1, 2])
    #expect(nodes.map(\.isAssessable) == [false, true, true, true, false, false, true])
    #expect(nodes[0].refID == "AC" && nodes[0].name == "Access Control")
    #expect(nodes[1].refID == "AC-1" && nodes[1].name == "Policy")
    #expect(
      nodes[1].description == """
        a. Tell [organization-defined roles] [daily / [organization-defined roles]].
        b. Ask [nowhere] 𠮷.
        """)
    #expect(nodes[1].annotation == "Think of it.\nThe Act\n#33333333-3333-4333-8333-333333333333")
    #expect(nodes[1].typicalEvidence == "See whether it is told.")
    #expect(nodes[4].annotation == "withdrawn → ac-2")
    #expect(nodes[6].description == "Keep logs for [loose label].")
  }

  @Test("無いパラメータと、back-matter に無い参照は、行とともに注意になる")
  func remarks() throws {
    let file = try Samples.read(Samples.catalog)
    #expect(file.remarks.counts[.unknownParameter] == 1 && file.remarks.counts[.missingResource] == 1)
    let parameter = try #require(file.remarks.first.first { $0.kind == .unknownParameter })
    #expect(parameter.place == "nowhere" && parameter.line == 19)
    let resource = try #require(file.remarks.first.first { $0.kind == .missingResource })
    #expect(resource.place == "#33333333-3333-4333-8333-333333333333" && resource.line == 14)
  }

  // with-ids, matching with * and ?, with-child-controls, exclude, include-all; a child without its parent stands alone.
  private static let selections: [(String, [String])] = [
    (#""include-all": {}"#, ["ac-1", "ac-2", "ac-2.1", "ac-2.2", "au-1"]),
    ("\"x\": 1", ["ac-1", "ac-2", "ac-2.1", "ac-2.2", "au-1"]),
    (#""include-controls": [{"with-ids": ["ac-2"]}]"#, ["ac-2"]),
    (
      #""include-controls": [{"with-ids": ["ac-2"], "with-child-controls": "yes"}]"#,
      ["ac-2", "ac-2.1", "ac-2.2"]
    ),
    (#""include-controls": [{"matching": [{"pattern": "a?-1"}]}]"#, ["ac-1", "au-1"]),
    (
      #""include-controls": [{"matching": [{"pattern": "ac-*"}]}], "exclude-controls": [{"with-ids": ["ac-2"]}]"#,
      ["ac-1", "ac-2.1", "ac-2.2"]
    ),
    (
      #""include-all": {}, "exclude-controls": [{"with-ids": ["ac-2"], "with-child-controls": "yes"}]"#,
      ["ac-1", "au-1"]
    ),
  ]

  @Test("選び方: 番号、型、子も一緒、除く、全部", arguments: selections)
  func selection(choice: String, expected: [String]) throws {
    let file = try Samples.resolved("{\"href\": \"Catalog.json\", \(choice)}")
    #expect(Samples.ids(file) == expected)
    #expect(file.library.frameworks[0].nodes.allSatisfy { $0.refID != nil })
  }

  @Test("型の * と ?")
  func patterns() {
    let fits: [(String, String, Bool)] = [
      ("ac-2.1", "ac-*", true), ("ac-2.1", "*.1", true), ("ac-2.1", "ac-?", false), ("ac-2", "ac-?", true),
      ("ac-2", "*", true), ("", "*", true), ("ac", "ac*c", false), ("abcabc", "a*c", true),
    ]
    for (name, pattern, expected) in fits { #expect(OSCAL.matches(name, pattern) == expected, "\(pattern)") }
  }

  @Test("組み方: そのまま、平ら、決めた順の群")
  func structure() throws {
    let all = #"{"href": "catalog.json", "include-all": {}}"#
    let asIs = try Samples.resolved(all, more: #", "merge": {"as-is": true}"#)
    #expect(Samples.ids(asIs) == ["ac", "ac-1", "ac-2", "ac-2.1", "ac-2.2", "au", "au-1"])
    let flat = try Samples.resolved(all, more: #", "merge": {"flat": {}}"#)
    #expect(flat.library.frameworks[0].nodes.map(\.depth) == [1, 1, 2, 2, 1])
    let custom = try Samples.resolved(
      all,
      more: #"""
        , "merge": {"custom": {"groups": [{"id": "mine", "title": "Mine",
          "insert-controls": [{"order": "descending", "include-controls": [{"matching": [{"pattern": "a?-1"}]}]}]}],
          "insert-controls": [{"include-controls": [{"with-ids": ["ac-2"]}]}]}}
        """#)
    #expect(Samples.ids(custom) == ["mine", "au-1", "ac-1", "ac-2"])
  }

  @Test("値を決め、文を足し、除く")
  func modify() throws {
    let file = try Samples.resolved(
      #"{"href": "catalog.json", "include-controls": [{"with-ids": ["ac-1", "ac-2"]}]}"#,
      more: #"""
        , "modify": {"set-parameters": [{"param-id": "ac-1_prm_1", "values": ["the director", "the staff"]}],
          "alters": [
            {"control-id": "ac-1", "removes": [{"by-id": "ac-1_smt.b"}, {"by-name": "guidance"}, {"by-item-name": "link"}]},
            {"control-id": "ac-2", "adds": [
              {"position": "before", "by-id": "ac-2_smt", "parts": [{"name": "statement", "prose": "First this."}]},
              {"position": "ending", "parts": [{"name": "statement", "prose": "Last this."}]}]}]}
        """#)
    let nodes = file.library.frameworks[0].nodes
    #expect(nodes[0].description == "a. Tell the director, the staff [daily / the director, the staff].")
    #expect(nodes[0].annotation == nil)
    #expect(nodes[1].description == "First this.\nKeep a list.\nLast this.")
    #expect(file.remarks.counts == [.restsOn: 1])
    #expect(file.remarks.first.map(\.place) == ["Test Catalog 2024-02-04"])
  }

  @Test("無い番号、合わない型、無いパラメータ、無い先は、行のある注意になり、ほかは取り込む")
  func unknown() throws {
    let file = try Samples.resolved(
      """
      {"href": "catalog.json", "include-controls": [{"with-ids": ["au-1",
        "zz-9"], "matching": [{"pattern": "zz-*"}]}], "exclude-controls": [{"with-ids": ["yy-1"]}]}
      """,
      more: #"""
        , "modify": {"set-parameters": [{"param-id": "none", "values": ["x"]}],
          "alters": [{"control-id": "xx-1"}, {"control-id": "au-1", "removes": [{"by-id": "none"}], "adds": [{"by-id": "none"}]}]}
        """#)
    #expect(Samples.ids(file) == ["au-1"])
    #expect(
      file.remarks.counts == [
        .unknownControlID: 3, .patternWithoutControl: 1, .unknownParameter: 1, .alterWithoutTarget: 2,
        .restsOn: 1,
      ])
    #expect(file.remarks.first.first { $0.place == "zz-9" }?.line == 4)
    #expect(file.remarks.first.allSatisfy { $0.line > 0 || $0.kind == .restsOn })
  }

  @Test("二つのもとから同じ管理策を選べば、先のものを使い、そう言う")
  func twice() throws {
    let one = #"{"href": "catalog.json", "include-controls": [{"with-ids": ["au-1"]}]}"#
    let file = try Samples.resolved("\(one), \(one)")
    #expect(Samples.ids(file) == ["au-1"] && file.remarks.counts == [.repeatedControl: 1, .restsOn: 1])
  }

  @Test("プロファイルはプロファイルに重なり、版はいちばん新しいもとの日になる")
  func chain() throws {
    let inner = Samples.profile(
      #"{"href": "catalog.json", "include-controls": [{"matching": [{"pattern": "a?-1"}]}]}"#,
      more: #", "modify": {"set-parameters": [{"param-id": "loose", "values": ["a year"]}]}"#)
    let outer = Samples.profile(
      ##"{"href": "#55555555-5555-4555-8555-555555555555", "include-controls": [{"with-ids": ["au-1"]}]}"##,
      resources: #"""
        , "back-matter": {"resources": [{"uuid": "55555555-5555-4555-8555-555555555555",
          "rlinks": [{"href": "https://example.org/inner.xml"}, {"href": "x/Inner.json", "media-type": "application/oscal.json"}]}]}
        """#, title: "Outer")
    let file = try Samples.read(outer, beside: ["catalog": Samples.catalog, "inner": inner])
    #expect(Samples.ids(file) == ["au-1"])
    #expect(file.library.frameworks[0].nodes[0].description == "Keep logs for a year.")
    #expect(file.library.version == 20_240_204)
    // Another catalog makes it another library: its fingerprint tells.
    let changed = Samples.catalog.replacing("Keep logs", with: "Hold logs")
    let other = try Samples.read(outer, beside: ["catalog": changed, "inner": inner])
    #expect(other.sha256 != file.sha256)
  }

  @Test("back-matter の中に入ったカタログを読む")
  func embedded() throws {
    let base64 = Array(Samples.catalog.utf8).base64
    let file = try Samples.read(
      Samples.profile(
        ##"{"href": "#66666666-6666-4666-8666-666666666666", "include-controls": [{"with-ids": ["au-1"]}]}"##,
        resources: """
          , "back-matter": {"resources": [{"uuid": "66666666-6666-4666-8666-666666666666", "base64": {"value": "\(base64)"}}]}
          """))
    #expect(Samples.ids(file) == ["au-1"])
  }

  @Test("もとが無い、参照が無い、輪になる、別の種類、壊れた JSON は、わけを言って断る")
  func refused() {
    let one = Samples.profile(#"{"href": "other.json"}"#)
    #expect(Samples.problem(one) == .needsSource(file: "a.json", name: "other"))
    let two = Samples.profile(#"{"href": "two.json"}"#)
    #expect(
      Samples.problem(two, beside: ["two": Samples.profile(#"{"href": "a.json"}"#), "a": two])
        == .cyclicImports(file: "a.json", name: "a"))
    #expect(
      Samples.problem(Samples.profile(##"{"href": "#777"}"##))
        == .noResource(file: "a.json", name: "#777", line: 3))
    #expect(
      Samples.problem(#"{"assessment-plan": {"metadata": {"title": "x"}}}"#)
        == .otherModel(file: "a.json", model: "assessment-plan"))
    #expect(Samples.problem(#"{"name": "x"}"#) == .notOSCAL(file: "a.json"))
    #expect(
      Samples.problem(#"{"catalog": {"groups": []}}"#) == .missing(file: "a.json", key: "metadata/title"))
    let twice =
      #"{"catalog": {"metadata": {"title": "x"}, "controls": [{"id": "a", "title": "A"}, {"id": "a", "title": "B"}]}}"#
    #expect(
      Samples.problem(twice)
        == .duplicateURN(file: "a.json", urn: "urn:oscal:risk:req_node:doc-2d711642b726:a", line: 1))
  }

  @Test(
    "壊れた JSON は行とともに断る",
    arguments: [
      "{\n", "{\n\"a\": }", "{\n\"a\": 1,}", "{\n\"a\": \"x\ny\"}", "{\n\"a\": tru}", "{\n\"a\": \"\\q\"}",
    ])
  func broken(text: String) {
    guard case .notJSON(_, let line) = Samples.problem(text) else {
      Issue.record("\(text)")
      return
    }
    #expect((1...2).contains(line))
  }

  @Test("深すぎる入れ子は読まない。二度ある項目は後のものを使う")
  func bounds() throws {
    let deep = "{\"a\":" + String(repeating: "[", count: 100)
    #expect(Samples.problem(deep) == .tooDeep(file: "a.json", line: 1, limit: 64))
    let text =
      #"{"catalog": {"metadata": {"title": "One", "title": "日本のもの"}, "controls": [{"id": "a", "title": "あ"}]}}"#
    let file = try Samples.read(text)
    #expect(file.library.name == "日本のもの" && file.library.locale == "ja")
    // Without uuid, last-modified, version and oscal-version.
    #expect(file.remarks.counts == [.repeatedKey: 1, .noDate: 1, .oscalMissing: 4])
    #expect(file.library.urn.hasPrefix("urn:oscal:risk:library:doc-"))
  }

  @Test("保存したものはプロファイルのもとになり、YAML に出すときは CISO Assistant の形だけになる")
  func stored() throws {
    let catalog = try Samples.read(Samples.catalog)
    let profile = Samples.profile(
      #"{"href": "catalog.json", "include-controls": [{"with-ids": ["ac-2.1"]}]}"#)
    let file = try LibraryFile.read(
      Array(profile.utf8), named: "p.json",
      beside: ["catalog": .stored(body: catalog.blob, sha256: catalog.sha256)])
    #expect(Samples.ids(file) == ["ac-2.1"])
    let same = try Samples.read(profile, named: "p.json", beside: ["catalog": Samples.catalog])
    #expect(same.sha256 == file.sha256 && same.library == file.library)
    let yaml = try LibraryFile.yaml(from: catalog.blob, named: "x")
    #expect(!yaml.contains("oscal:\n") && yaml.contains("urn:oscal:risk:req_node:test-catalog:ac-1"))
    #expect(try LibraryFile.read(Array(yaml.utf8), named: "x").library == catalog.library)
  }
}

extension [UInt8] {
  /// In the alphabet of RFC 4648.
  fileprivate var base64: String {
    let letters = [Character]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var out = ""
    var at = 0
    while at < count {
      let three = (0..<3).map { at + $0 < count ? Int(self[at + $0]) : 0 }
      let bits = three[0] << 16 | three[1] << 8 | three[2]
      for place in 0..<4 {
        out.append(at + place > count ? "=" : letters[bits >> (18 - 6 * place) & 63])
      }
      at += 3
    }
    return out
  }
}
