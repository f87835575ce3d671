import Kernel
import Web

/// A section or an item of a checklist, as people are given it and hand it in.
struct ChecklistPiece: Sendable, Equatable {
  /// The id of an item, or `section:<number>`.
  let node: String
  let title: Bilingual
  /// What is to be answered in it: without the opening question, and without what is not confirmed against the original.
  let items: [String]
  /// Behind the address of the checklist.
  let query: String

  static func node(of section: Pack.Section) -> String { "section:\(section.number)" }

  private init(node: String, title: Bilingual, items: [String], query: String) {
    (self.node, self.title, self.items, self.query) = (node, title, items, query)
  }

  init(_ section: Pack.Section) {
    node = ChecklistPiece.node(of: section)
    title = Bilingual(
      ja: "\(section.number) \(section.title.ja)", en: "\(section.number) \(section.title.en)")
    items = section.items.filter { !$0.isGate && !$0.isUnconfirmed }.map(\.id)
    query = "?section=\(urlEncoded(section.number))"
  }

  /// Nil for what the form does not have, or what nobody answers.
  init?(_ node: String, in form: Pack.Form) {
    if let section = form.sections.first(where: { ChecklistPiece.node(of: $0) == node }) {
      self.init(section)
      if items.isEmpty { return nil }
      return
    }
    guard let item = form.item(node), !item.isGate, !item.isUnconfirmed else { return nil }
    // Asked for servers and PCs apart, it is told which.
    let isOneOfSeveral = form.rowCount(ofLabel: item.label) > 1
    func title(_ language: Language, _ question: String) -> String {
      let t = Texts<AssessmentText>(language)
      let targets = isOneOfSeveral ? item.appliesTo.map { t(AssessmentText.target($0)) } : []
      let name = "\(item.label) \(question)"
      return targets.isEmpty ? name : "\(name) (\(targets.joined(separator: " / ")))"
    }
    self.init(
      node: node,
      title: Bilingual(ja: title(.ja, item.question.ja), en: title(.en, item.question.en)),
      items: [item.id], query: "?item=\(urlEncoded(item.id))#\(item.id)")
  }

  /// The sections in which there is anything to answer.
  static func sections(of form: Pack.Form) -> [ChecklistPiece] {
    form.sections.map { ChecklistPiece($0) }.filter { !$0.items.isEmpty }
  }

  /// How many in it have been answered and checked this year.
  func confirmed(_ answers: [String: Answer]) -> Int {
    items.count { answers[$0]?.value != nil && answers[$0]?.confirmedOn != nil }
  }
}

/// A section of a checklist that someone has been given.
struct SectionAssignment: Sendable, Equatable {
  let node: String
  /// As it was when it was given.
  let title: String
  let person: PersonID
  let name: String
  let dueOn: Day?
  /// Where it stands; nil while it was never handed in.
  var state: Submission.State?
}

extension Answer {
  /// Whether it says the same, whoever has it.
  func saysTheSame(as other: Answer) -> Bool {
    var same = self
    (same.owner, same.deputy, same.version) = (other.owner, other.deputy, other.version)
    return same == other
  }
}
