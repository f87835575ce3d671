import Frameworks
import Kernel
import Registers
import Storage
import Web

/// Something that was answered with no and may be a risk. Whether it is one, a person says.
struct RiskSuggestion: Sendable, Equatable {
  let kind: Risk.Origin.Kind
  /// What it is, as `answer:<assessment>/<item>`; the same risk is not taken over twice.
  let reference: String
  /// What a risk of it would be called first.
  let title: String
  /// Where and how it was answered.
  let text: String
  let system: SystemName?
  /// Where the answer is found.
  let path: String
  /// The version of the answer, or how often the finding was opened: while it stays, a dismissal holds.
  let ground: Int
  /// How it was dismissed before its ground changed.
  var earlier: RiskDismissal?
}

/// A requirement of an audit answered as not met.
struct UnmetRequirement: Sendable {
  let audit: Audit.ID
  let auditName: String
  let sha256: String
  let framework: String
  let node: String
  let remark: String
  let version: Int
}

extension Risks {
  /// The kinds that are looked for.
  static let suggesting: [Risk.Origin.Kind] = [.finding, .vendor, .checklist, .audit]

  /// So many answers of one kind are looked at.
  static let mostSuggested = 5_000

  /// What may be taken over, without what has been.
  ///
  /// - Parameter only: one answer; nil for all.
  static func suggestions(
    _ kind: Risk.Origin.Kind, only reference: String? = nil, _ library: PackLibrary, _ language: Language,
    in scope: Scope, page: Listing? = nil
  ) async throws -> (page: [RiskSuggestion], total: Int) {
    func part(_ all: [RiskSuggestion]) -> (page: [RiskSuggestion], total: Int) {
      let found = reference.map { one in all.filter { $0.reference == one } } ?? all
      guard let page else { return (found, found.count) }
      return (Array(found.dropFirst(page.offset).prefix(page.size)), found.count)
    }
    switch kind {
    case .free: return ([], 0)
    case .finding:
      let (settled, found) = try await scope.read {
        (try $0.riskSettled(), try $0.openFindings(limit: mostSuggested))
      }
      return part(settled.open(found.map { suggestion($0, language) }))
    case .vendor:
      let (settled, noes, sheets) = try await scope.read {
        (try $0.riskSettled(), try $0.vendorNoes(), try $0.sheetNoes(limit: mostSuggested))
      }
      let forms = Forms(try await library.seen(by: scope))
      let all = noes.map { suggestion($0, language) } + sheets.map { suggestion($0, forms, language) }
      return part(settled.open(all))
    case .checklist:
      let (settled, noes) = try await scope.read {
        (try $0.riskSettled(), try $0.checklistNoes(limit: mostSuggested))
      }
      let forms = Forms(try await library.seen(by: scope))
      return part(settled.open(noes.map { suggestion($0, forms, language) }))
    case .audit:
      let (settled, found) = try await scope.read {
        (try $0.riskSettled(), try $0.unmetRequirements(limit: mostSuggested))
      }
      let open = found.filter { one in
        let name = RiskSuggestion.reference(one)
        return settled.isOpen(name, ground: one.version) && (reference.map { $0 == name } ?? true)
      }
      let shown = page.map { Array(open.dropFirst($0.offset).prefix($0.size)) } ?? open
      return (settled.open(try await titled(shown, language, in: scope)), open.count)
    }
  }

  /// The one that a reference names; nil when it is no suggestion any more.
  static func suggestion(
    _ reference: String, _ library: PackLibrary, _ language: Language, in scope: Scope
  ) async throws -> RiskSuggestion? {
    let kind: Risk.Origin.Kind
    switch reference.prefix(while: { $0 != ":" }) {
    case "disclosure", "sheet": kind = .vendor
    case "finding": kind = .finding
    case "answer": kind = .checklist
    case "audit": kind = .audit
    default: return nil
    }
    return try await suggestions(kind, only: reference, library, language, in: scope).page.first
  }

  /// Items by edition and form, each form looked up once.
  private final class Forms {
    private let library: PackLibrary
    private var known: [String: Pack.Form?] = [:]

    init(_ library: PackLibrary) { self.library = library }

    func item(_ item: String, _ form: String, _ pack: String) -> Pack.Item? {
      let key = "\(pack) \(form)"
      if known[key] == nil {
        known[key] = .some(try? library.form(form, of: pack))  // an edition that is gone: its id has to do
      }
      return known[key].flatMap { $0 }?.item(item)
    }
  }

  private static func short(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? text
    return line.count > 100 ? line.prefix(100) + "…" : line
  }

  private static func suggestion(_ no: VendorNo, _ language: Language) -> RiskSuggestion {
    let t = Texts<RiskText>(language)
    let question = no.text.isEmpty ? no.question : "\(no.question) \(no.text)"
    let whose = [no.vendor, no.product].compactMap { $0 }.joined(separator: " ")
    return RiskSuggestion(
      kind: .vendor, reference: "disclosure:\(no.disclosure)/\(no.question)", title: short(question),
      text: [t(.fromVendor, whose, question), no.said].filter { !$0.isEmpty }.joined(separator: "\n"),
      system: no.system, path: "/registers/disclosures/\(no.disclosure)", ground: no.version)
  }

  private static func suggestion(_ no: SheetNo, _ forms: Forms, _ language: Language) -> RiskSuggestion {
    let t = Texts<RiskText>(language)
    let item = forms.item(no.item, no.form, no.pack)
    let question = item.map { "\($0.label) \($0.question(language))" } ?? no.item
    return RiskSuggestion(
      kind: .vendor, reference: "sheet:\(no.request)/\(no.item)", title: short(question),
      text: [t(.fromVendor, no.vendor, question), no.note].filter { !$0.isEmpty }.joined(separator: "\n"),
      system: no.system, path: "/requests/\(no.request)", ground: no.version)
  }

  private static func suggestion(_ no: ChecklistNo, _ forms: Forms, _ language: Language) -> RiskSuggestion {
    let t = Texts<RiskText>(language)
    let item = forms.item(no.item, no.form, no.pack)
    let question = item.map { "\($0.label) \($0.question(language))" } ?? no.item
    return RiskSuggestion(
      kind: .checklist, reference: "answer:\(no.assessment)/\(no.item)", title: short(question),
      text: [t(.fromChecklist, language.fiscalYear(no.year), question), no.note].filter { !$0.isEmpty }
        .joined(separator: "\n"), system: nil,
      path: "/assessments/\(no.assessment)?item=\(urlEncoded(no.item))#\(urlEncoded(no.item))",
      ground: no.version)
  }

  private static func suggestion(_ open: OpenFinding, _ language: Language) -> RiskSuggestion {
    let t = Texts<RiskText>(language)
    return RiskSuggestion(
      kind: .finding, reference: "finding:\(open.id)", title: short(open.title),
      text: [t(.fromFinding, open.title), open.seen].filter { !$0.isEmpty }.joined(separator: "\n"),
      system: nil, path: "/findings/\(open.id)", ground: open.round)
  }

  /// With the titles of the requirements, from the trees of a few frameworks.
  private static func titled(_ all: [UnmetRequirement], _ language: Language, in scope: Scope) async throws
    -> [RiskSuggestion]
  {
    let t = Texts<RiskText>(language)
    var trees: [String: FrameworkTree] = [:]
    for one in all where trees.count < mostTrees && trees["\(one.sha256) \(one.framework)"] == nil {
      // A library of all facilities that is not here any more: the requirement's name has to do.
      trees["\(one.sha256) \(one.framework)"] = try? await Audits.tree(
        sha256: one.sha256, framework: one.framework, in: scope)
    }
    return all.map { one in
      let tree = trees["\(one.sha256) \(one.framework)"]
      let name = one.node.split(separator: ":").last.map(String.init) ?? one.node
      let title =
        tree.flatMap { tree in
          tree.place(of: one.node).map { tree.title($0, tree.language(for: language.rawValue)) }
        }
        ?? name
      return RiskSuggestion(
        kind: .audit, reference: RiskSuggestion.reference(one), title: short(title),
        text: [t(.fromAudit, one.auditName, title), one.remark].filter { !$0.isEmpty }.joined(
          separator: "\n"), system: nil, path: Audits.path(one.audit, one.node), ground: one.version)
    }
  }

  private static let mostTrees = 3
}

extension RiskSuggestion {
  static func reference(_ one: UnmetRequirement) -> String { "audit:\(one.audit)/\(one.node)" }
}
