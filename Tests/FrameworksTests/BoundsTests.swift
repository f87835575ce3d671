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
