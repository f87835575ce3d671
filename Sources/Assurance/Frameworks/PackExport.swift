import Frameworks
import Kernel
import Web

/// An edition of ours as a library that CISO Assistant, and this program, can take in.
public enum PackExport {
  /// Sections and items become nodes, forms become implementation groups and the uppermost nodes; Japanese, with English as a
  /// translation. What is not confirmed says so in the annotation.
  public static func yaml(_ pack: Pack, concepts: [Concept]) -> String { library(pack, concepts).yaml }

  static func library(_ pack: Pack, _ concepts: [Concept]) -> OutputLibrary {
    let concepts = Dictionary(concepts.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    return OutputLibrary(
      id: pack.id, packager: "mamorite", locale: "ja", name: pack.title.ja, description: pack.notice.ja,
      copyright: sources(pack), provider: "Mamorite", version: version(pack),
      translations: ["en": ["name": pack.title.en, "description": pack.notice.en]],
      groups: pack.forms.map {
        OutputLibrary.Group(
          refID: $0.id, name: $0.title.ja, translations: ["en": ["name": $0.title.en]])
      }, nodes: pack.forms.flatMap { nodes(of: $0, concepts) })
  }

  /// A later edition is a later version, and so is an edition that was corrected.
  private static func version(_ pack: Pack) -> Int { pack.fiscalYear.year * 100 + pack.revision }

  private static func sources(_ pack: Pack) -> String {
    pack.sources.map { source in
      [source.name, source.date, source.url].compactMap { $0 }.joined(separator: " ")
    }.joined(separator: "\n")
  }

  private static func nodes(of form: Pack.Form, _ concepts: [String: Concept]) -> [OutputLibrary.Node] {
    var nodes = [
      OutputLibrary.Node(
        id: form.id, parent: nil, refID: form.id, name: form.title.ja, description: form.note?.ja,
        isAssessable: false, groups: [form.id],
        translations: ["en": fields(name: form.title.en, description: form.note?.en)])
    ]
    for (number, section) in form.sections.enumerated() {
      let id = "\(form.id):s\(number + 1)"
      nodes.append(
        OutputLibrary.Node(
          id: id, parent: form.id, refID: "\(form.id) \(section.number)", name: section.title.ja,
          description: nil,
          isAssessable: false, groups: [form.id], translations: ["en": ["name": section.title.en]]))
      nodes += section.items.map { node(of: $0, in: form, section: id, concepts[$0.concept]) }
    }
    return nodes
  }

  private static func node(
    of item: Pack.Item, in form: Pack.Form, section: String, _ concept: Concept?
  ) -> OutputLibrary.Node {
    let marks = item.isUnconfirmed ? ["項番は原本で確認してください。"] : []
    let notes = marks + [item.note?.ja, concept?.meaning.ja].compactMap { $0 }
    let english =
      (item.isUnconfirmed ? ["Check the number against the original."] : [])
      + [item.note?.en, concept?.meaning.en].compactMap { $0 }
    var translated = fields(name: nil, description: item.question.en)
    if !english.isEmpty { translated["annotation"] = english.joined(separator: "\n") }
    if !item.evidence.en.isEmpty { translated["typical_evidence"] = item.evidence.en.joined(separator: "\n") }
    return OutputLibrary.Node(
      id: "\(form.id):\(item.id)", parent: section, refID: label(item, form), name: nil,
      description: item.question.ja, annotation: notes.isEmpty ? nil : notes.joined(separator: "\n"),
      typicalEvidence: item.evidence.ja.isEmpty ? nil : item.evidence.ja.joined(separator: "\n"),
      isAssessable: !item.isGate, groups: [form.id], translations: ["en": translated],
      questions: [
        OutputLibrary.Question(
          text: item.question.ja,
          choices: [
            ("はい", "compliant"), ("いいえ", "non_compliant"), ("対象外", "not_applicable"),
          ])
      ])
  }

  /// Unique in a framework: two rows of one item (server, PC) are told apart by what they are about.
  private static func label(_ item: Pack.Item, _ form: Pack.Form) -> String {
    let isAlone = form.rowCount(ofLabel: item.label) <= 1
    return "\(form.id) \(item.label)\(isAlone ? "" : " \(item.appliesTo.joined(separator: "+"))")"
  }

  private static func fields(name: String?, description: String?) -> [String: String] {
    var fields: [String: String] = [:]
    if let name { fields["name"] = name }
    if let description { fields["description"] = description }
    return fields
  }
}
