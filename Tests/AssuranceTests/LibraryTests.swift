import Foundation
import Frameworks
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// A library with one framework; its nodes are written `1 One`, those below them `1.1 Text`.
private func library(
  _ id: String, version: Int = 1, framework: String? = nil, nodes: [String], more: String = ""
) -> String {
  let base = "urn:test:risk:req_node:\(framework ?? id)"
  let lines = nodes.map { node -> String in
    let (number, name) = (node.prefix { $0 != " " }, node.drop { $0 != " " }.dropFirst())
    let parent = number.contains(".") ? "\n      parent_urn: \(base):\(number.prefix { $0 != "." })" : ""
    return """
          - urn: \(base):\(number)
            assessable: \(number.contains("."))
            depth: \(number.contains(".") ? 2 : 1)\(parent)
            ref_id: '\(number)'
            name: \(name)
      """
  }
  return """
    urn: urn:test:risk:library:\(id)
    locale: en
    ref_id: \(id)
    name: Library \(id)
    copyright: made up <b>
    packager: test
    version: \(version)
    \(more)objects:
      framework:
        urn: urn:test:risk:framework:\(framework ?? id)
        ref_id: \(id)
        name: Framework \(id)
        requirement_nodes:
    \(lines.joined(separator: "\n"))
    """
}

private func mapping(_ pairs: [(String, String)]) -> String {
  let lines = pairs.map { source, target in
    """
            - source_requirement_urn: urn:test:risk:req_node:\(source)
              target_requirement_urn: urn:test:risk:req_node:\(target)
              relationship: equal
    """
  }
  return """
    urn: urn:test:risk:library:map
    locale: en
    ref_id: map
    name: Map
    version: 1
    dependencies: [urn:test:risk:library:a, urn:test:risk:library:gone]
    objects:
      requirement_mapping_set:
        urn: urn:test:risk:req_mapping_set:map
        requirement_mappings:
    \(lines.joined(separator: "\n"))
    """
}

extension TestApp {
  fileprivate func take(
    _ files: [(String, String)], into place: Libraries.Place?, isTrial: Bool = false
  ) async throws -> [LibraryReport] {
    let sources = files.map { name, text in
      Libraries.Source(name: name, bytes: text.utf8.count) { Array(text.utf8) }
    }
    return try await Libraries.take(sources, into: place, isTrial: isTrial)
  }

  fileprivate var everywhere: Libraries.Place {
    .installation(database, by: .shell("root"), now: now)
  }

  fileprivate func uploadLibrary(_ text: String, as who: Who = .itStaff) async throws -> Answer {
    try await upload(
      "/frameworks/import", field: "file", name: "library.yaml", bytes: Array(text.utf8), as: who)
  }
}

@Suite("枠組みの取り込み")
struct LibraryTests {
  @Test("同じものは何もせず、新しい版は違いを見せ、前の版を残す", arguments: Engine.available)
  func versions(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let place = Libraries.Place.facility(app.scope)
      let first = library("a", nodes: ["1 One", "1.1 Text", "1.2 Gone"])
      let second = library("a", version: 2, nodes: ["1 One", "1.1 New words", "1.3 Added"])
      let trial = try await app.take([("1", first)], into: place, isTrial: true)
      #expect(trial.map(\.outcome) == [.new] && trial.map(\.counts.assessable) == [2])
      let none = try await app.scope.read { try $0.libraries() }
      #expect(none.isEmpty)
      let taken = try await app.take([("1", first), ("again", first)], into: place)
      #expect(taken.map(\.outcome) == [.new, .same])
      let update = try await app.take([("2", second)], into: place, isTrial: true)
      #expect(update.map(\.outcome) == [.update])
      let difference = try #require(update[0].difference)
      #expect(difference.added.map(\.title) == ["1.3 Added"])
      #expect(difference.changed.map(\.title) == ["1.1 New words"])
      #expect(difference.removed.map(\.title) == ["1.2 Gone"])
      _ = try await app.take([("2", second)], into: place)
      let back = try await app.take([("1", first)], into: place)
      #expect(back.map(\.outcome) == [.same])
      let kept = try await app.scope.read { try $0.libraries() }
      #expect(kept.map(\.version) == [2, 1])
      let zero = try await app.take([("0", library("a", version: 0, nodes: ["1 One"]))], into: place)
      #expect(zero.map(\.outcome) == [.older] && zero[0].remarks.counts[.olderVersion] == 1)
    }
  }

  @Test("版の数が同じで中身が違うもの、別のライブラリのものを持つファイルは断り、ほかは取り込む", arguments: Engine.available)
  func refused(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let reports = try await app.take(
        [
          ("a", library("a", nodes: ["1 One"])), ("changed", library("a", nodes: ["1 Other"])),
          ("thief", library("thief", framework: "a", nodes: ["1 One"])), ("broken", "a: [1"),
          ("b", library("b", nodes: ["1 One"])),
        ], into: .facility(app.scope))
      #expect(reports.map(\.outcome) == [.new, .refused, .refused, .refused, .new])
      #expect(reports[1].problem as? FrameworkProblem == .sameVersion(file: "changed", version: 1))
      #expect(
        reports[2].problem as? FrameworkProblem
          == .foreignIdentity(
            file: "thief", urn: "urn:test:risk:framework:a", library: "urn:test:risk:library:a"))
      let kept = try await app.scope.read { try $0.libraries() }
      #expect(kept.map(\.facts.name) == ["Library a", "Library b"])
    }
  }

  @Test("対応づけの相手は、同じ回のファイルと、取り込んであるものからさがす", arguments: Engine.available)
  func mappings(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let place = Libraries.Place.facility(app.scope)
      let text = mapping([("a:1", "b:1"), ("A:1", "b:1"), ("a:1", "c:1"), ("b:1", "a:9")])
      _ = try await app.take([("a", library("a", nodes: ["1 One"]))], into: place)
      let reports = try await app.take([("m", text), ("b", library("b", nodes: ["1 One"]))], into: place)
      #expect(reports[0].counts.mappings == 4 && reports[0].unresolvedMappings == 2)
      #expect(
        reports[0].warnings == ["unresolved_mapping": 2, "repeated_mapping": 1, "missing_dependency": 1])
      let kept = try await app.scope.read { try $0.libraries() }
      #expect(kept.first { $0.facts.name == "Map" }?.facts.unresolvedMappings == 2)
    }
  }

  @Test("足りなかった相手や要るライブラリがあとから来れば、注意は消える", arguments: Engine.available)
  func healing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      for place in [Libraries.Place.facility(app.scope), app.everywhere] {
        func map() async throws -> ShelvedLibrary {
          let all = try await place.shelf().filter { $0.facts.name == "Map" }
          return try #require(all.first { !$0.isShared } ?? all.first)
        }
        _ = try await app.take([("m", mapping([("a:1", "b:1"), ("a:1", "c:1")]))], into: place)
        let first = try await map()
        #expect(first.facts.unresolvedMappings == 2 && first.facts.warnings["missing_dependency"] == 2)
        let page = try await app.get("/frameworks/\(first.id)", as: .auditor)
        #expect(page.body.contains("urn:test:risk:library:gone"))
        _ = try await app.take(
          ["a", "b"].map { ($0, library($0, nodes: ["1 One"])) }, into: place)
        let second = try await map()
        #expect(second.facts.unresolvedMappings == 1)
        #expect(second.facts.missing == ["urn:test:risk:library:gone"])
        _ = try await app.take(
          ["c", "gone"].map { ($0, library($0, nodes: ["1 One"])) }, into: place)
        #expect(try await map().facts.warnings == [:])
      }
    }
  }

  @Test("全施設への取り込みは、途中で止まっても、入った分が記録に残る", arguments: Engine.available)
  func interrupted(engine: Engine) async throws {
    struct Broken: Error {}
    try await TestApp.run(on: engine) { app in
      let text = Array(library("a", nodes: ["1 One"]).utf8)
      // Each so large by its word that they are taken one after the other.
      let files = [
        Libraries.Source(name: "a", bytes: 9 << 20) { text },
        Libraries.Source(name: "b", bytes: 9 << 20) { throw Broken() },
      ]
      await #expect(throws: Broken.self) {
        try await Libraries.take(files, into: app.everywhere, isTrial: false)
      }
      let told = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      #expect(told.contains { $0.action == "framework.share" && $0.after?.contains("Library a") == true })
    }
  }

  @Test("まちがえて取り込んだものは取り消せて、記録に残り、また取り込める。全施設のものは命令で", arguments: Engine.available)
  func retirement(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (text, place) = (library("a", nodes: ["1 One"]), Libraries.Place.facility(app.scope))
      _ = try await app.take([("a", text)], into: place)
      let own = try #require(try await app.scope.read { try $0.libraries() }.first)
      let page = try await app.get("/frameworks/\(own.id)", as: .itStaff)
      #expect(page.body.contains("/frameworks/\(own.id)/retirement"))
      let reader = try await app.get("/frameworks/\(own.id)", as: .auditor)
      #expect(!reader.body.contains("/retirement"))
      let strange = try await app.post("/frameworks/\(own.id)/retirement", [], as: .stranger)
      #expect(strange.status == 404)
      let done = try await app.post("/frameworks/\(own.id)/retirement", [], as: .itStaff)
      #expect(done.status == 303)
      #expect(try await app.scope.read { try $0.libraries() }.isEmpty)
      let told = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      #expect(told.contains { $0.action == "framework.retire" && $0.before?.contains("Library a") == true })
      let again = try await app.take([("a", library("a", nodes: ["1 Right"]))], into: place)
      #expect(again.map(\.outcome) == [.new])

      _ = try await app.take([("s", library("s", nodes: ["1 One"]))], into: app.everywhere)
      let shared = try #require(try await app.scope.read { try $0.libraries() }.first(where: \.isShared))
      let refused = try await app.post("/frameworks/\(shared.id)/retirement", [], as: .itStaff)
      #expect(refused.status == 403 && refused.body.contains("mamorite pack retire"))
      try await Libraries.retireShared(
        urn: "urn:test:risk:library:S", version: 1, in: app.database, by: .shell("root"), now: app.now)
      #expect(try await app.scope.read { try $0.libraries() }.allSatisfy { !$0.isShared })
      let after = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      #expect(after.contains { $0.action == "framework.unshare" && $0.after?.contains("Library s") == true })
      await #expect(throws: FrameworkProblem.noSuchLibrary) {
        try await Libraries.retireShared(
          urn: "urn:test:risk:library:s", version: 1, in: app.database, by: .shell("root"), now: app.now)
      }
    }
  }

  @Test("見ただけで決めなかったファイルは、新しい三つだけが残る", arguments: Engine.available)
  func uploads(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      var kept: [String] = []
      for version in 1...4 {
        let preview = try await app.uploadLibrary(library("a", version: version, nodes: ["1 One"]))
        kept.append(String(try #require(preview.body.firstMatch(of: #/name="upload" value="([^"]+)"/#)?.1)))
        app.now = app.now.adding(milliseconds: 1000)
      }
      var there: [Bool] = []
      for id in kept {
        let upload = try #require(ID<Libraries.Upload>(id))
        there.append(try await app.scope.read { try $0.frameworkUpload(upload) } != nil)
      }
      #expect(there == [false, true, true, true])
    }
  }

  @Test("節ごとの数は、どの深さの要求も数える")
  func answerable() throws {
    func node(_ id: String, below parent: String?) -> String {
      let line = parent.map { "\n      parent_urn: urn:test:risk:req_node:t:\($0)" } ?? ""
      return "    - urn: urn:test:risk:req_node:t:\(id)\n      assessable: true\n      name: n\(line)"
    }
    // c and d below b, b below a; a child may stand before its parent.
    let nodes = [node("c", below: "b"), node("a", below: nil), node("b", below: "a"), node("d", below: "b")]
    let text = library("t", nodes: []).replacing(
      "requirement_nodes:", with: "requirement_nodes:\n" + nodes.joined(separator: "\n"))
    let file = try LibraryFile.read(Array(text.utf8), named: "t")
    let framework = try #require(file.library.frameworks.first)
    #expect(framework.answerableBelow(framework.parents) == [0, 3, 2, 0])
  }

  @Test("全施設に取り込むと、どの施設にも見え、どの施設の記録にも残る。施設のものは、その施設だけに見える", arguments: Engine.available)
  func shared(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let there = Scope(app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      _ = try await app.take([("a", library("a", nodes: ["1 One"]))], into: app.everywhere)
      _ = try await app.take([("b", library("b", nodes: ["1 One"]))], into: .facility(app.scope))
      for (scope, names) in [(app.scope, ["Library a", "Library b"]), (there, ["Library a"])] {
        let seen = try await scope.read { try $0.libraries() }
        #expect(seen.map(\.facts.name) == names && seen[0].isShared)
        let told = try await scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
        #expect(told.contains { $0.action == "framework.share" && $0.after?.contains("Library a") == true })
      }
      let own = try await app.scope.read { try $0.libraries() }[1]
      #expect(try await there.read { try $0.library(own.id) } == nil)
      let strange = try await app.get("/frameworks/\(own.id)", as: .stranger)
      #expect(strange.status == 404)
      let again = try await app.take([("b", library("b", nodes: ["1 One"]))], into: .facility(there))
      #expect(again.map(\.outcome) == [.new])
    }
  }

  @Test("PostgreSQLでは、施設は全施設のものを変えられない", arguments: Engine.available.filter { $0 == .postgres })
  func protected(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await app.take([("a", library("a", nodes: ["1 One"]))], into: app.everywhere)
      let shelved = try #require(try await app.scope.read { try $0.libraries() }.first)
      try await app.scope.write { try $0.housekeeping.updateShared(shelved.id, shelved.facts.renamed("x")) }
      let after = try await app.scope.read { try $0.libraries() }
      #expect(after.map(\.facts.name) == ["Library a"])
    }
  }

  @Test("画面: 読んで違いを見て、取り込み、節をたどる", arguments: Engine.available)
  func pages(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/frameworks", as: .itStaff)
      #expect(empty.status == 200 && empty.body.contains("まだありません"))
      let broken = try await app.uploadLibrary("a: 1\nb: [1\nc: }")
      #expect(broken.status == 422 && broken.body.contains("3行目"))
      _ = try await app.take([("1", library("a", nodes: ["1 One", "1.1 Old"]))], into: .facility(app.scope))
      let text = library(
        "a", version: 2, nodes: ["1 One <i>", "1.1 Two", "1.2 Three"], more: "labels: A\nodd: 1\n")
      let preview = try await app.uploadLibrary(text)
      #expect(preview.status == 200)
      for words in ["増えた 1件", "変わった 2件", "知らない項目", "9行目"] { #expect(preview.body.contains(words)) }
      let id = try #require(preview.body.firstMatch(of: #/name="upload" value="([^"]+)"/#)?.1)
      let before = try await app.scope.read { try $0.libraries() }
      #expect(before.map(\.version) == [1])
      let taken = try await app.post("/frameworks/import/apply", [("upload", String(id))], as: .itStaff)
      #expect(taken.status == 303)
      let gone = try await app.post("/frameworks/import/apply", [("upload", String(id))], as: .itStaff)
      #expect(gone.status == 404)
      let list = try await app.get("/frameworks", as: .auditor)
      #expect(list.body.contains("Library a") && list.body.contains("ほかに1版"))
      let newest = try #require(try await app.scope.read { try $0.libraries() }.first)
      let page = try await app.get("/frameworks/\(newest.id)", as: .auditor)
      #expect(page.body.contains("made up &lt;b&gt;") && page.body.contains("取り込んだ版"))
      let path = "/frameworks/\(newest.id)/requirements"
      let top = try await app.get(path, as: .auditor)
      #expect(top.body.contains("1 One &lt;i&gt;") && !top.body.contains("1.2 Three"))
      let below = try await app.get(path + "?section=0", as: .auditor)
      #expect(below.body.contains("1.2 Three"))
      let found = try await app.get(path + "?q=three", as: .auditor)
      #expect(found.body.contains("1.2 Three") && found.body.contains("1件見つかりました"))
      let nothing = try await app.get(path + "?section=99", as: .auditor)
      #expect(nothing.status == 404)
      let yaml = try await app.get("/frameworks/\(newest.id)/library.yaml", as: .auditor)
      let again = try LibraryFile.read(Array(yaml.body.utf8), named: "x")
      #expect(again.library.version == 2 && again.remarks.counts[.unknownKey] == 1)
    }
  }

  @Test("5,880の要求があっても、1ページは8文までで、50件ずつ", arguments: Engine.available)
  func large(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let nodes = (0..<60).flatMap { part in ["\(part) Part"] + (1..<98).map { "\(part).\($0) Text \($0)" } }
      #expect(nodes.count == 5_880)
      _ = try await app.take([("big", library("big", nodes: nodes))], into: .facility(app.scope))
      let id = try #require(try await app.scope.read { try $0.libraries() }.first?.id)
      _ = try await app.cookie(of: .auditor)
      for path in ["", "/requirements", "/requirements?section=98", "/requirements?q=Text"] {
        let before = app.database.statementCount
        let page = try await app.get("/frameworks/\(id)\(path)", as: .auditor)
        #expect(page.status == 200 && app.database.statementCount - before <= 8)
        #expect(page.body.matches(of: #/section=\d+/#).count <= 60)
      }
    }
  }

  @Test("守り手の版は、書き出して読むと同じ木に戻り、注意が一つもない")
  func export() throws {
    let packs = try PackLibrary.find(environment: ProcessInfo.processInfo.environment)
    for pack in try packs.packs() {
      let output = PackExport.library(pack, try packs.concepts())
      let file = try LibraryFile.read(Array(output.yaml.utf8), named: pack.id)
      #expect(file.remarks.counts == [:], "\(pack.id)")
      let nodes = file.library.frameworks[0].nodes
      #expect(nodes.count == output.nodes.count)
      for (read, written) in zip(nodes, output.nodes) {
        #expect(read.description == written.description && read.name == written.name)
        #expect(read.annotation == written.annotation && read.typicalEvidence == written.typicalEvidence)
        #expect(read.refID == written.refID && read.isAssessable == written.isAssessable)
        #expect(read.translations == written.translations && read.groups == written.groups)
        let base = "urn:mamorite:risk:req_node:\(pack.id):"
        #expect(read.urn == base + written.id && read.parent == written.parent.map { base + $0 })
        #expect(read.questions.map(\.text) == written.questions.map(\.text))
        let choices = written.questions.flatMap { $0.choices }
        #expect(read.questions.flatMap(\.choices).map(\.value) == choices.map(\.value))
        #expect(read.questions.flatMap(\.choices).map { $0.result?.rawValue } == choices.map(\.result))
      }
      // Forms, their sections, their items.
      #expect(Set(nodes.map(\.depth)) == (pack.unknown == nil ? [1, 2, 3] : Set(nodes.map(\.depth))))
      #expect(file.library.version == pack.fiscalYear.year * 100 + pack.revision)
      #expect(nodes.count(where: \.isAssessable) == pack.forms.flatMap(\.rows).count)
    }
  }
}

extension ShelvedLibrary.Facts {
  fileprivate func renamed(_ name: String) -> Self {
    var facts = self
    facts.name = name
    return facts
  }
}
