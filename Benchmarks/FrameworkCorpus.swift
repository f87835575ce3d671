/// Libraries made up by us in the shape of the public stock: 288 files, 73 MB, 69,713 nodes, 76,555 mappings; always the same.
struct FrameworkCorpus {
  static let files = 288
  private static let frameworks = 205
  private static let mappingFiles = 52
  private static let nodesInAll = 69_713
  private static let mappingsInAll = 76_555

  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var nodesLeft = nodesInAll
  private var sizes: [Int] = []

  /// SplitMix64.
  private mutating func random(_ below: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(below))
  }

  private static let words = [
    "system", "access", "record", "review", "operator", "vendor", "backup", "network", "device", "policy",
    "restore", "incident", "contact", "procedure", "measure", "安全管理", "点検", "委託先", "éléments", "Überprüfung",
    "contrôle", "regularly", "documented", "approved", "within", "before", "each", "and", "the", "of",
  ]

  private mutating func prose(_ bytes: Int) -> String {
    var text = ""
    while text.utf8.count < bytes {
      text += FrameworkCorpus.words[random(FrameworkCorpus.words.count)]
      text += random(12) == 0 ? ". " : " "
    }
    return text + "end"
  }

  /// Nodes of each framework: one of 5,880, a tenth above 741, half above 152.
  private mutating func plan() {
    var sizes = [5_880]
    for number in 1..<FrameworkCorpus.frameworks {
      let share = Double(number) / Double(FrameworkCorpus.frameworks)
      let size: Double =
        share < 0.1 ? 2_900 - share * 21_000 : share < 0.5 ? 741 * (1.24 - share) : 152 * (1.3 - share)
      sizes.append(max(4, Int(size)))
    }
    let rest = FrameworkCorpus.nodesInAll - sizes.reduce(0, +)
    // What is missing or too much is spread over the larger half.
    for number in 1...100 { sizes[number] += rest / 100 + (number == 1 ? rest % 100 : 0) }
    self.sizes = sizes
  }

  /// Every file with its name, one after another.
  mutating func each(_ body: (String, [UInt8]) throws -> Void) rethrows {
    plan()
    for number in 0..<FrameworkCorpus.frameworks {
      try body("framework-\(number).yaml", framework(number, nodes: sizes[number]))
    }
    var mappings = FrameworkCorpus.mappingsInAll
    for number in 0..<FrameworkCorpus.mappingFiles {
      let share = number == FrameworkCorpus.mappingFiles - 1 ? mappings : 1_472
      mappings -= share
      try body("mapping-\(number).yaml", mapping(number, share))
    }
    for number in 0..<(FrameworkCorpus.files - FrameworkCorpus.frameworks - FrameworkCorpus.mappingFiles) {
      try body("matrix-\(number).yaml", matrix(number))
    }
  }

  private func head(_ id: String, _ more: String) -> String {
    """
    urn: urn:example:risk:library:\(id)
    locale: en
    ref_id: \(id)
    name: Made up \(id)
    description: "Made up for measuring."
    copyright: CC0
    version: \(id.hasSuffix("7") ? "'2'" : "2")
    publication_date: 2026-04-01
    provider: Example
    packager: example
    \(more)objects:

    """
  }

  mutating func framework(_ number: Int, nodes: Int) -> [UInt8] {
    let id = "made-\(number)"
    var text = head(id, "")
    text += """
        framework:
          urn: urn:example:risk:framework:\(id)
          ref_id: \(id)
          name: Framework \(number)
          description: Made up
          min_score: 0
          max_score: 5
          implementation_groups_definition:
          - ref_id: basic
            name: 1
            description: null
          requirement_nodes:

      """
    for node in 0..<nodes { text += self.node(node, id) }
    return Array(text.utf8)
  }

  private mutating func node(_ node: Int, _ id: String) -> String {
    let base = "urn:example:risk:req_node:\(id)"
    let depth = node % 30 == 0 ? 1 : node % 6 == 0 || node % 30 < 6 ? 2 : 3
    let parent = depth == 1 ? nil : depth == 2 ? node - node % 30 : node - node % 6
    var text = "    - urn: \(base):\(node)\n      assessable: \(node % 6 != 0)\n      depth: \(depth)\n"
    if let parent { text += "      parent_urn: \(base):\(parent)\n" }
    if node % 6 != 5 { text += "      ref_id: '\(node / 100).\(node % 100)'\n" }
    if node % 6 == 0 || random(3) == 0 { text += "      name: \(prose(40))\n" }
    // Folded at 80 columns in single quotation marks, as the libraries are.
    if node % 6 != 0 { text += "      description: \(folded(prose(255 + random(470))))\n" }
    if random(7) == 0 { text += "      annotation: \"\(prose(120))\\n\\\n        \\ \\u3042\(prose(60))\"\n" }
    if random(3) == 0 {
      text += "      implementation_groups:\n      - \(random(40) == 0 ? "undefined" : "basic")\n"
    }
    if random(7) == 0 {
      text +=
        "      translations:\n        fr:\n          name: null\n          description: \(folded(prose(300)))\n"
      text += "        ja:\n          description: \(folded(prose(300)))\n"
    }
    if random(38) == 0 { text += questions("\(base):\(node)") }
    return text
  }

  private mutating func questions(_ urn: String) -> String {
    var text = "      questions:\n"
    for number in 1...2 {
      text += "        \(urn):question:\(number):\n          type: unique_choice\n          choices:\n"
      for choice in 1...3 {
        text +=
          "          - urn: \(urn):question:\(number):choice:\(choice)\n            value: \(prose(20))\n"
      }
      text += "          text: \(prose(60))\n"
    }
    return text
  }

  private func folded(_ text: String) -> String {
    var (out, column) = ("'", 0)
    for word in text.split(separator: " ") {
      if column > 70 {
        out += "\n          "
        column = 0
      } else if column > 0 {
        out += " "
      }
      out += word
      column += word.utf8.count + 1
    }
    return out + "'"
  }

  /// A mapping set of its own between two frameworks, equal and otherwise.
  mutating func mapping(
    _ id: String, from: (number: Int, nodes: Int), to: (number: Int, nodes: Int), count: Int
  )
    -> [UInt8]
  {
    let kinds = ["equal", "subset", "superset", "intersect"]
    var text = head(id, "")
    text += """
        requirement_mapping_sets:
        - urn: urn:example:risk:req_mapping_set:\(id)
          ref_id: \(id)
          name: Mapping \(id)
          source_framework_urn: urn:example:risk:framework:made-\(from.number)
          target_framework_urn: urn:example:risk:framework:made-\(to.number)
          requirement_mappings:

      """
    for number in 0..<count {
      text += """
              - source_requirement_urn: urn:example:risk:req_node:made-\(from.number):\(random(from.nodes))
                target_requirement_urn: urn:example:risk:req_node:made-\(to.number):\(random(to.nodes))
                relationship: \(kinds[number % 4])
                strength_of_relationship: \(random(100))

        """
    }
    return Array(text.utf8)
  }

  private mutating func mapping(_ number: Int, _ count: Int) -> [UInt8] {
    var text = head("mapping-\(number)", "")
    text += "  requirement_mapping_sets:\n"
    for (direction, share) in [(0, count / 2), (1, count - count / 2)] {
      let (one, other) = direction == 0 ? (number, number + 1) : (number + 1, number)
      text += """
          - urn: urn:example:risk:req_mapping_set:m\(number)-\(direction)
            ref_id: m\(number)-\(direction)
            name: Mapping \(number)
            source_framework_urn: urn:example:risk:framework:made-\(one)
            target_framework_urn: urn:example:risk:framework:made-\(other)
            requirement_mappings:

        """
      for _ in 0..<share {
        let target = random(47) == 0 ? 99_999 : random(sizes[other])
        text += """
              - source_requirement_urn: urn:example:risk:req_node:made-\(one):\(random(sizes[one]))
                target_requirement_urn: urn:example:risk:req_node:made-\(other):\(target)
                relationship: intersect
                rationale: \(random(4) == 0 ? "semantic" : "null")

          """
      }
    }
    return Array(text.utf8)
  }

  private func matrix(_ number: Int) -> [UInt8] {
    var text = head("matrix-\(number)", "")
    text +=
      "  risk_matrix:\n  - urn: urn:example:risk:matrix:x\(number)\n    ref_id: x\n    name: Three by three\n"
    for part in ["probability", "impact", "risk"] {
      text += "    \(part):\n"
      for level in 0..<3 {
        text +=
          "    - id: \(level)\n      abbreviation: \(level)\n      name: Level \(level)\n      hexcolor: '#92D050'\n"
      }
    }
    text += "    grid:\n"
    for row in 0..<3 { text += "    - - \(row)\n      - 1\n      - 2\n" }
    return Array(text.utf8)
  }
}
