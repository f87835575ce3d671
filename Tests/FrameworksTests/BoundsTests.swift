import Testing

@testable import Frameworks

@Suite("悪いファイルと大きすぎるファイル")
struct BoundsTests {
  private static func problem(_ text: String, _ limits: LibraryLimits = .standard) -> FrameworkProblem? {
    do {
      _ = try LibraryFile.read(Array(text.utf8), named: "a.yaml", limits: limits)
      return nil
    } catch { return error as? FrameworkProblem }
  }

  @Test("別名を重ねてふくらむYAMLは、ふくらむ前に断る")
  func bomb() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1..<12 {
      let names = repeatElement("*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(names)]\n"
    }
    #expect(Self.problem(text) == .tooManyValues(file: "a.yaml", line: 7, limit: 2_000_000))
  }

  @Test("別名で増える文章と、別名で深くなる入れ子も、増える前に断る")
  func multipliedText() {
    var limits = LibraryLimits()
    limits.fileBytes = 1 << 20
    let long = "a: &a " + String(repeating: "x", count: 20_000) + "\n"
    func aliases(_ count: Int) -> String { (0..<count).map { "b\($0): *a\n" }.joined() }
    // 1 MiB is 52 times 20,000 bytes and some; the keys and the first take their part.
    #expect(Self.problem(long + aliases(50), limits) == .notALibrary(file: "a.yaml"))
    #expect(Self.problem(long + aliases(53), limits) == .tooLarge(file: "a.yaml", megabytes: 1))
    func nested(_ inner: String, _ depth: Int) -> String {
      String(repeating: "[", count: depth) + inner + String(repeating: "]", count: depth)
    }
    let chain = "a: &a \(nested("x", 30))\n"
    #expect(Self.problem(chain + "b: \(nested("*a", 33))") == .notALibrary(file: "a.yaml"))
    #expect(
      Self.problem(chain + "b: \(nested("*a", 34))") == .tooDeep(file: "a.yaml", line: 2, limit: 64))
  }

  @Test("一覧や表が項目の名前でも止まらない", arguments: [3, 25])
  func oddKeys(count: Int) throws {
    let keys = (0..<count).map { "k\($0): 1\n" }.joined()
    let lists = (0..<40).map { _ in "[]" }.joined(separator: ", ")
    let file = try Samples.read(
      keys + "? [\(lists)]\n: 1\n? {a: b}\n: 2\n" + Samples.library(objects: "  threats: []"))
    #expect(file.library.name == "A")
    #expect(try LibraryFile.library(from: file.blob, named: "a") == file.library)
    _ = try LibraryFile.yaml(from: file.blob, named: "a")
  }

  @Test("親をたどって深くなりすぎるものは断る", arguments: [(64, true), (65, false)])
  func deepParents(depth: Int, isTaken: Bool) {
    let nodes = (1...depth).map { number in
      let parent = number > 1 ? "\n      parent_urn: urn:test:risk:req_node:a:\(number - 1)" : ""
      return "    - urn: urn:test:risk:req_node:a:\(number)\n      name: x\(parent)"
    }
    let problem = Self.problem(Samples.framework(nodes.joined(separator: "\n")))
    #expect((problem == nil) == isTaken)
    if !isTaken {
      guard case .tooDeep(_, _, 64) = problem else {
        Issue.record("\(String(describing: problem))")
        return
      }
    }
  }

  @Test("名前に制御の文字があれば断る: 保存した先で、別の名前と同じになりうる")
  func controlCharacters() {
    func problem(_ urn: String, locale: String = "en") -> FrameworkProblem? {
      Self.problem(
        Samples.library(urn: "\"\(urn)\"", objects: "  threats: []")
          .replacing("locale: en", with: "locale: \"\(locale)\""))
    }
    #expect(problem("urn:a:b:library:c") == nil)
    #expect(
      problem("urn:a:b:library:c\\0d") == .controlCharacter(file: "a.yaml", name: "urn:a:b:library:c\0d"))
    #expect(
      problem("urn:a:b:library:c", locale: "e\\x01n") == .controlCharacter(file: "a.yaml", name: "e\u{1}n"))
    let node = Samples.plainNode.replacing(
      "urn:test:risk:req_node:a:1", with: "\"urn:test:risk:req_node:a:1\\0x\"")
    guard case .controlCharacter = Self.problem(Samples.framework(node)) else {
      Issue.record("a node with NUL in its name was taken")
      return
    }
  }

  @Test(
    "版の数には上限がある", arguments: [("2147483647", true), ("2147483648", false), ("9223372036854775807", false)])
  func versions(text: String, isTaken: Bool) {
    let problem = Self.problem(Samples.library(version: text, objects: "  threats: []"))
    #expect(problem == (isTaken ? nil : .badVersion(file: "a.yaml", text: text)))
  }

  @Test("自分を指す別名と、知らない別名は断り、ふつうの別名は読む")
  func aliases() throws {
    #expect(Self.problem("a: &a [*a]") == .aliasUnknown(file: "a.yaml", line: 1))
    #expect(Self.problem("a: *b") == .aliasUnknown(file: "a.yaml", line: 1))
    let text = Samples.library(objects: "  threats: []")
      .replacing("name: A", with: "name: &n A").replacing("description: made up", with: "description: *n")
    let file = try Samples.read(text)
    #expect(file.library.description == "A" && file.remarks.counts == [.alias: 1])
  }

  @Test("深い入れ子、大きいファイル、YAMLでないものは、わけと行を言って断る")
  func refused() {
    let deep = String(repeating: "[", count: 100)
    #expect(Self.problem("a: " + deep) == .tooDeep(file: "a.yaml", line: 1, limit: 64))
    var small = LibraryLimits()
    small.fileBytes = 1 << 20
    let large = String(repeating: "a", count: 1 << 20) + "b"
    #expect(Self.problem(large, small) == .tooLarge(file: "a.yaml", megabytes: 1))
    guard case .notYAML(_, let line, _) = Self.problem("a: 1\nb: [1\nc: }") else {
      Issue.record("broken YAML was read")
      return
    }
    #expect(line == 3)
    for text in ["", "# nothing", "just text", "- a\n- b", "a: 1", "urn: x\nobjects: none"] {
      #expect(Self.problem(text) == .notALibrary(file: "a.yaml"))
    }
    #expect(Self.problem("objects: {}") == .missing(file: "a.yaml", key: "urn"))
    #expect(Self.problem("urn: urn:a:b:library:c\nobjects: {}") == .missing(file: "a.yaml", key: "version"))
  }

  @Test("どこで切れていても、止まらずに断るか読む")
  func cut() {
    let text = Array(Samples.framework(Samples.plainNode).utf8)
    for end in text.indices {
      do { _ = try LibraryFile.read(Array(text[..<end]), named: "a.yaml") } catch {
        #expect(error is FrameworkProblem)
      }
    }
  }

  @Test("保存した形が壊れていれば、止まらずにそう言う")
  func damagedBlob() throws {
    let blob = try Samples.read(Samples.framework(Samples.plainNode)).blob
    for place in blob.indices {
      var broken = blob
      broken[place] ^= 0x15
      do { _ = try LibraryFile.library(from: broken, named: "a") } catch {
        #expect(error == .damaged(library: "a"))
      }
      #expect(throws: FrameworkProblem.damaged(library: "a")) {
        try LibraryFile.library(from: Array(blob[..<place]), named: "a")
      }
    }
  }
}
