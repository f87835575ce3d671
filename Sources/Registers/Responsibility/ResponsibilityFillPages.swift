import Foundation
import Kernel
import Web

/// Filling a table: many places at once, by a service model, from another system; and the look at it before it is done.
enum ResponsibilityFillPages {
  typealias Table = Responsibility.Table
  typealias Proposal = Responsibility.Proposal

  // MARK: Preview

  /// Every difference of a plan, before it is made.
  ///
  /// - Parameter kept: how many places stay as they are because someone is named there already; nil when that is no question.
  static func preview(
    _ request: WebRequest, _ table: Table, _ proposals: [Proposal], kept: Int?, back: String
  ) -> Page {
    let words = Responsibility.TableWords(table, request.language)
    let t = words.t
    let title = t(.previewTitle, table.system.name)
    let path: HTML = "/responsibility/\(table.system.id)"
    let items = Dictionary(uniqueKeysWithValues: table.items.map { ($0.id, $0) })
    let rows = proposals.html { proposal -> HTML in
      guard let item = items[proposal.item] else { return "" }
      let before = table.cell(item, proposal.phase)
      return """
        <tr><th scope="row" data-label="\(t(.item))">\(item.name)</th><td data-label="\(t(.phase))">\(t(proposal.phase.word))</td>
        <td data-label="\(t(.before))">\(words.line(before))</td><td data-label="\(t(.after))"><strong>\(words.line(proposal.cell))</strong></td></tr>
        """
    }
    let fields = proposals.html { "<input type=\"hidden\" name=\"change\" value=\"\(encoded($0))\">" }
    let keptNote: HTML? = kept.map { "<p>\(t(.previewKept, $0))</p>" }
    let form: HTML = """
      <form method="post" action="\(path)/changes">\(Components.formToken(request))\(fields)
      <p class="cluster"><button class="button" data-kind="primary">\(t(.previewApply, proposals.count))</button> <a href="\(back)">\(t(.back))</a></p></form>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(title)</caption>
      <thead><tr><th scope="col">\(t(.item))</th><th scope="col">\(t(.phase))</th><th scope="col">\(t(.before))</th><th scope="col">\(t(.after))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    let nothing = Components.empty(
      t(.previewNothing), t(.previewNothingText), "<a class=\"button\" href=\"\(back)\">\(t(.back))</a>")
    return Page(
      title, menu: "registers",
      "\(crumbs(table, t))<h1>\(title)</h1><p>\(t(.previewLead))</p>\(keptNote)\(proposals.isEmpty ? nothing : form)"
    )
  }

  static func encoded(_ proposal: Proposal) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and numbers always have a JSON form.
    return (try? encoder.encode(proposal)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  static func decoded(_ text: String) -> Proposal? {
    // What is no proposal of ours is left out; the count on the button tells.
    try? JSONDecoder().decode(Proposal.self, from: Data(text.utf8))
  }

  private static func crumbs(_ table: Table, _ t: Texts<ResponsibilityText>) -> HTML {
    """
    <ol class="crumbs"><li><a href="/responsibility">\(t(.title))</a></li><li><a href="/responsibility/\(table.system.id)">\(table.system.name)</a></li></ol>
    """
  }

  // MARK: Presets and copies

  static func preset(
    _ request: WebRequest, _ table: Table, vendors: [String], model: String, vendor: String,
    problem: (any Problem)?
  ) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let title = t(.presetTitle, table.system.name)
    let problems = problem.map { [$0] } ?? []
    let errors = FormErrors(request, problems)
    let models: [(value: String, label: HTML)] = Responsibility.ServiceModel.allCases.map { model in
      (
        model.rawValue,
        "<strong>\(t(model.word))</strong> <span class=\"small soft\">\(t(model.explanation))</span>"
      )
    }
    return Page(
      title, menu: "registers", narrow: true,
      """
      \(crumbs(table, t))<h1>\(title)</h1><p>\(t(.presetLead))</p>
      \(FormErrors.summary(request, problems))
      <form class="panel stack" action="/responsibility/\(table.system.id)/preset" novalidate>
      \(Components.choices("model", t(.model), options: models, chosen: model, tall: true))
      \(Components.field("vendor", t(.presetVendor), value: vendor, hint: t(.vendorHint), error: errors["vendor"], autocomplete: "off", suggestions: vendors))
      <div class="cluster apart"><a href="/responsibility/\(table.system.id)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.look))</button></div>
      </form>
      """)
  }

  static func copy(
    _ request: WebRequest, _ table: Table, others: [(id: Entry.ID, name: String)]
  ) -> Page {
    let t = request.texts(ResponsibilityText.self)
    let title = t(.copyTitle, table.system.name)
    let back: HTML = "<a class=\"button\" href=\"/responsibility/\(table.system.id)\">\(t(.back))</a>"
    let form: HTML = """
      <form class="panel stack" action="/responsibility/\(table.system.id)/copy" novalidate>
      \(Components.select("from", t(.copyFrom), options: others.map { ($0.id.text, $0.name) }, chosen: ""))
      <div class="cluster apart"><a href="/responsibility/\(table.system.id)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.look))</button></div>
      </form>
      """
    return Page(
      title, menu: "registers", narrow: true,
      """
      \(crumbs(table, t))<h1>\(title)</h1><p>\(t(.copyLead))</p>
      \(others.isEmpty ? Components.empty(t(.copyNone), t(.copyNoneText), back) : form)
      """)
  }

  // MARK: Many places at once

  /// The places of a phase, or of an item, with what people fill in most: who, where it is written, which clause.
  static func bulk(
    _ request: WebRequest, _ table: Table,
    _ places: [(item: Responsibility.Item, phase: Responsibility.Phase)],
    phase: Responsibility.Phase?, vendors: [(id: Entry.ID, name: String)], documents: [String]
  ) -> Page {
    let words = Responsibility.TableWords(table, request.language)
    let t = words.t
    let what = phase.map { t($0.word) } ?? places.first?.item.name ?? ""
    let title = t(.bulkTitle, table.system.name, what)
    let rows = places.html { item, phase -> HTML in
      bulkRow(item, phase, table.cell(item, phase), vendors, words)
    }
    let path: HTML = "/responsibility/\(table.system.id)"
    let options = documents.html { "<option value=\"\($0)\">" }
    return Page(
      title, menu: "registers",
      """
      \(crumbs(table, t))<h1>\(title)</h1><p>\(t(.bulkLead))</p>
      <form method="post" class="stack" action="\(path)/changes/preview" novalidate>\(Components.formToken(request))
      <datalist id="documents">\(options)</datalist>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(title)</caption>
      <thead><tr><th scope="col">\(t(.item))</th><th scope="col">\(t(.bearer))</th><th scope="col">\(t(.source))</th><th scope="col">\(t(.clause))</th><th scope="col">\(t(.remark))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      <p class="small soft">\(t(.remarkHint))</p>
      <div class="cluster apart"><a href="\(path)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.look))</button></div></form>
      """)
  }

  private static func bulkRow(
    _ item: Responsibility.Item, _ phase: Responsibility.Phase, _ cell: Responsibility.Cell,
    _ vendors: [(id: Entry.ID, name: String)], _ words: Responsibility.TableWords
  ) -> HTML {
    let t = words.t
    let key = "\(item.id)/\(phase.rawValue)"
    let chosen = Responsibility.Bearing(cell)
    var options: [(value: String, name: String)] = [
      ("nobody", t(.nobody)), ("facility", t(.facility)),
    ]
    options += vendors.map { ("vendor:\($0.id)", $0.name) }
    options += vendors.map { ("both:\($0.id)", t(.bothWith, $0.name)) }
    options.append(("no", t(.notApplicable)))
    // Whatever the short list cannot say stays as it is unless someone chooses otherwise.
    if !options.contains(where: { $0.value == chosen.rawValue }) {
      options.insert((chosen.rawValue, words.bearers(cell)), at: 0)
    }
    let list = options.html {
      "<option value=\"\($0.value)\"\("selected", if: $0.value == chosen.rawValue)>\($0.name)</option>"
    }
    let contract = cell.contract.flatMap { words.table.contracts[$0]?.number }
    let name = t(.cellTitle, item.name, t(phase.word))
    return """
      <tr><th scope="row" data-label="\(t(.item))">\(item.name) <span class="small soft">\(t(phase.word))</span></th>
      <td data-label="\(t(.bearer))"><input type="hidden" name="place" value="\(key)"><input type="hidden" name="version" value="\(cell.version)">
      <select name="bearer" aria-label="\(name) \(t(.bearer))">\(list)</select></td>
      <td data-label="\(t(.source))"><input name="source" list="documents" autocomplete="off" value="\(contract ?? cell.document ?? "")" aria-label="\(name) \(t(.source))"></td>
      <td data-label="\(t(.clause))"><input name="clause" value="\(cell.clause ?? "")" aria-label="\(name) \(t(.clause))"></td>
      <td data-label="\(t(.remark))"><input name="remark" value="\(cell.remark ?? "")" aria-label="\(name) \(t(.remark))"></td></tr>
      """
  }
}

extension Responsibility {
  /// Who bears something, as one choice of a short list.
  enum Bearing: Equatable, Sendable {
    case nobody, facility, notApplicable
    case vendor(Entry.ID)
    /// The facility and a vendor, by agreement.
    case both(Entry.ID)
    /// More than the list can say.
    case other

    init(_ cell: Cell) {
      switch (cell.applies, cell.byFacility, cell.vendors.count, cell.subcontractor, cell.together) {
      case (false, _, _, _, _): self = .notApplicable
      case (_, false, 0, nil, _): self = .nobody
      case (_, true, 0, nil, _): self = .facility
      case (_, false, 1, nil, _): self = .vendor(cell.vendors[0])
      case (_, true, 1, nil, .shared): self = .both(cell.vendors[0])
      default: self = .other
      }
    }

    init?(_ text: String) {
      let parts = text.split(separator: ":").map(String.init)
      switch (parts.first, parts.count == 2 ? Entry.ID(parts[1]) : nil) {
      case ("nobody", nil): self = .nobody
      case ("facility", nil): self = .facility
      case ("no", nil): self = .notApplicable
      case ("other", nil): self = .other
      case ("vendor", let id?): self = .vendor(id)
      case ("both", let id?): self = .both(id)
      default: return nil
      }
    }

    var rawValue: String {
      switch self {
      case .nobody: "nobody"
      case .facility: "facility"
      case .notApplicable: "no"
      case .other: "other"
      case .vendor(let id): "vendor:\(id)"
      case .both(let id): "both:\(id)"
      }
    }

    /// `cell` with these bearers; ``other`` leaves them.
    func applied(to cell: Cell) -> Cell {
      if self == .other || self == Bearing(cell) { return cell }
      var cell = cell
      (cell.applies, cell.byFacility, cell.vendors) = (true, false, [])
      (cell.subcontractor, cell.together) = (nil, nil)
      switch self {
      case .nobody, .other: break
      case .notApplicable: cell.applies = false
      case .facility: cell.byFacility = true
      case .vendor(let id): cell.vendors = [id]
      case .both(let id): (cell.byFacility, cell.vendors, cell.together) = (true, [id], .shared)
      }
      return cell
    }
  }
}

extension Responsibility.ServiceModel {
  var word: ResponsibilityText {
    switch self {
    case .onPremises: .onPremises
    case .iaas: .iaas
    case .paas: .paas
    case .saas: .saas
    }
  }

  var explanation: ResponsibilityText {
    switch self {
    case .onPremises: .onPremisesText
    case .iaas: .iaasText
    case .paas: .paasText
    case .saas: .saasText
    }
  }
}
