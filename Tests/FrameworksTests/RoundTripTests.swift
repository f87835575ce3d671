import Testing

@testable import Frameworks

/// Makes trees of all shapes; the same ones in every run.
private struct TreeMaker {
  var state: UInt64

  mutating func random(_ below: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(below))
  }

  private static let texts = [
    "", " ", "a", "null", "~", "true", "No", "12", "-1.5e3", "0x1F", "2026-04-01", "a: b", "- a", "# no", "'",
    "\"",
    "\\", "a\nb", "\n", "a\r\nb", "\t", "{", "[", "*a", "&a", "!t", "%", "@", "`", "患者", "\u{A0}", "\u{200B}",
    "\u{2028}", "\u{85}", "\u{7F}", "\u{1}", "😀", "\u{FEFF}", "?", ": ", "---", "...", "é", "a #b", "|", ">",
  ]
  private static let plain = ["1", "0", "-3", "true", "false", "2026-04-01", "1.5", "null"]

  mutating func tree() -> Tree {
    var builder = TreeBuilder()
    builder.map { value(&$0, 4, key: "root") }
    return builder.tree()
  }

  private mutating func value(_ builder: inout TreeBuilder, _ depth: Int, key: String?) {
    if let key { builder.scalar(key) }
    switch depth == 0 ? 2 : random(4) {
    case 0:
      builder.begin(map: true)
      for number in 0..<random(4) {
        value(&builder, depth - 1, key: "\(number)" + Self.texts[random(Self.texts.count)])
      }
      builder.end()
    case 1:
      builder.begin(map: false)
      for _ in 0..<random(4) { value(&builder, depth - 1, key: nil) }
      builder.end()
    case 2: builder.scalar(Self.texts[random(Self.texts.count)])
    default: builder.scalar(Self.plain[random(Self.plain.count)], quoted: false)
    }
  }
}

@Suite("書いて読むと同じ")
struct RoundTripTests {
  /// Equal but for how keys are quoted, which no reader looks at.
  private static func shape(_ value: Value) -> [String] {
    var marks: [String] = []
    if value.isMap {
      marks.append("{")
      for (key, inner) in value.pairs {
        marks.append("k\(key.raw)")
        marks += shape(inner)
      }
      marks.append("}")
    } else if value.isList {
      marks.append("[")
      for inner in value.items { marks += shape(inner) }
      marks.append("]")
    } else {
      marks.append("\(value.isQuoted ? "q" : "p")\(value.raw)")
    }
    return marks
  }

  @Test("どんな木も、YAMLに書いて読むと同じ", arguments: 0..<300)
  func yaml(seed: Int) throws {
    var maker = TreeMaker(state: UInt64(seed))
    let tree = maker.tree()
    let text = Array(YAMLWriter.text(of: tree).utf8)
    let again = try text.withUnsafeBufferPointer { try YAMLReader.read($0, named: "t") }
    #expect(Self.shape(again.tree.root) == Self.shape(tree.root))
    #expect(again.remarks == [])
  }

  @Test("どんな木も、保存した形から同じに戻る", arguments: 0..<100)
  func blob(seed: Int) throws {
    var maker = TreeMaker(state: UInt64(seed))
    let tree = maker.tree()
    #expect(try TreeBlob.tree(from: TreeBlob.bytes(of: tree)) == tree)
  }

  @Test("ライブラリも、保存した形とYAMLから同じに戻る")
  func library() throws {
    let file = try Samples.read(Samples.framework(Samples.plainNode, head: "copyright: \"© 2026\\nAll\"\n"))
    #expect(try LibraryFile.library(from: file.blob, named: "a") == file.library)
    let again = try Samples.read(LibraryFile.yaml(from: file.blob, named: "a"))
    #expect(again.library == file.library && again.library.copyright == "© 2026\nAll")
  }

  @Test("更新の違い: 増えた、変わった、無くなった")
  func difference() throws {
    func node(_ id: String, _ name: String) -> String {
      "    - urn: urn:test:risk:req_node:a:\(id)\n      assessable: true\n      depth: 1\n      name: \(name)\n"
    }
    let old = try Samples.read(Samples.framework(node("1", "one") + node("2", "two") + node("3", "three")))
    let new = try Samples.read(
      Samples.framework(node("4", "four") + node("A", "x") + node("2", "TWO") + node("3", "three")))
    let difference = LibraryDifference(from: old.library, to: new.library)
    #expect(difference.added.map(\.title) == ["four", "x"] && difference.changed.map(\.title) == ["TWO"])
    #expect(difference.removed.map(\.title) == ["one"] && difference.same == 1)
  }
}
