/// A framework of our own, to be written as a library of CISO Assistant.
public struct OutputLibrary: Sendable {
  public struct Node: Sendable {
    public let id: String
    /// ``id`` of a node before this one.
    public let parent: String?
    public let refID: String?
    public let name: String?
    public let description: String?
    public let annotation: String?
    public let typicalEvidence: String?
    public let isAssessable: Bool
    public let groups: [String]
    /// Language, then field.
    public let translations: Translations
    public let questions: [Question]

    public init(
      id: String, parent: String?, refID: String?, name: String?, description: String?,
      annotation: String? = nil, typicalEvidence: String? = nil, isAssessable: Bool, groups: [String] = [],
      translations: Translations = [:], questions: [Question] = []
    ) {
      (self.id, self.parent, self.refID, self.name) = (id, parent, refID, name)
      (self.description, self.annotation, self.typicalEvidence) = (description, annotation, typicalEvidence)
      (self.isAssessable, self.groups) = (isAssessable, groups)
      (self.translations, self.questions) = (translations, questions)
    }
  }

  /// One question with answers of which exactly one holds, each with what it means for the requirement.
  public struct Question: Sendable {
    public let text: String
    public let choices: [(value: String, result: String)]

    public init(text: String, choices: [(value: String, result: String)]) {
      (self.text, self.choices) = (text, choices)
    }
  }

  public struct Group: Sendable {
    public let refID: String
    public let name: String
    public let translations: Translations

    public init(refID: String, name: String, translations: Translations) {
      (self.refID, self.name, self.translations) = (refID, name, translations)
    }
  }

  /// `mhlw-checklist-r7`; the last part of every URN.
  public let id: String
  public let packager: String
  public let locale: String
  public let name: String
  public let description: String
  public let copyright: String
  public let provider: String
  public let version: Int
  public let translations: Translations
  public let groups: [Group]
  public let nodes: [Node]

  public init(
    id: String, packager: String, locale: String, name: String, description: String, copyright: String,
    provider: String, version: Int, translations: Translations, groups: [Group], nodes: [Node]
  ) {
    (self.id, self.packager, self.locale, self.name) = (id, packager, locale, name)
    (self.description, self.copyright, self.provider) = (description, copyright, provider)
    (self.version, self.translations, self.groups, self.nodes) = (version, translations, groups, nodes)
  }

  /// As a YAML file.
  public var yaml: String { YAMLWriter.text(of: tree) }

  var tree: Tree {
    var builder = TreeBuilder()
    builder.map { top in
      top.put("urn", "urn:\(packager):risk:library:\(id)")
      top.put("locale", locale)
      top.put("ref_id", id)
      head(&top)
      top.put("copyright", copyright)
      top.put("version", version)
      top.put("provider", provider)
      top.put("packager", packager)
      top.scalar("objects")
      top.map { objects in
        objects.scalar("framework")
        objects.map { framework(&$0) }
      }
    }
    return builder.tree()
  }

  private func head(_ map: inout TreeBuilder) {
    map.put("name", name)
    map.put("description", description)
    put(translations, &map)
  }

  private func framework(_ map: inout TreeBuilder) {
    map.put("urn", "urn:\(packager):risk:framework:\(id)")
    map.put("ref_id", id)
    head(&map)
    if !groups.isEmpty {
      map.list("implementation_groups_definition") { list in
        for group in groups {
          list.map { entry in
            entry.put("ref_id", group.refID)
            entry.put("name", group.name)
            put(group.translations, &entry)
          }
        }
      }
    }
    let depths = depths
    map.list("requirement_nodes") { list in
      for node in nodes { list.map { put(node, depth: depths[node.id] ?? 1, &$0) } }
    }
  }

  private var depths: [String: Int] {
    nodes.reduce(into: [:]) { depths, node in
      depths[node.id] = (node.parent.flatMap { depths[$0] } ?? 0) + 1
    }
  }

  private func put(_ node: Node, depth: Int, _ map: inout TreeBuilder) {
    let base = "urn:\(packager):risk:req_node:\(id)"
    map.put("urn", "\(base):\(node.id)")
    map.put("assessable", node.isAssessable)
    map.put("depth", depth)
    map.put("parent_urn", node.parent.map { "\(base):\($0)" })
    map.put("ref_id", node.refID)
    map.put("name", node.name)
    map.put("description", node.description)
    map.put("annotation", node.annotation)
    map.put("typical_evidence", node.typicalEvidence)
    if !node.groups.isEmpty { map.put("implementation_groups", node.groups) }
    put(node.translations, &map)
    guard !node.questions.isEmpty else { return }
    map.scalar("questions")
    map.map { questions in
      for (number, question) in node.questions.enumerated() {
        let urn = "\(base):\(node.id):question:\(number + 1)"
        questions.scalar(urn)
        questions.map { put(question, urn, &$0) }
      }
    }
  }

  private func put(_ question: Question, _ urn: String, _ map: inout TreeBuilder) {
    map.put("type", "unique_choice")
    map.list("choices") { list in
      for (number, choice) in question.choices.enumerated() {
        list.map { entry in
          entry.put("urn", "\(urn):choice:\(number + 1)")
          entry.put("value", choice.value)
          entry.put("compute_result", choice.result)
        }
      }
    }
    map.put("text", question.text)
  }

  private func put(_ translations: Translations, _ map: inout TreeBuilder) {
    guard !translations.isEmpty else { return }
    map.scalar("translations")
    map.map { languages in
      for (language, fields) in translations.sorted(by: { $0.key < $1.key }) {
        languages.scalar(language)
        languages.map { texts in
          for (field, text) in fields.sorted(by: { $0.key < $1.key }) { texts.put(field, text) }
        }
      }
    }
  }
}
