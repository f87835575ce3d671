import Kernel
import Storage
import Web

extension Responsibility {
  static func fillRoutes(_ routes: inout Routes) {
    presets(&routes)
    routes.get("responsibility/:system/changes", needs: .registersEdit) { request, scope in
      .page(try await bulkPage(request, scope))
    }
    routes.post("responsibility/:system/changes/preview", needs: .registersEdit) { request, scope in
      let table = try await table(request, scope)
      let proposals = try await proposals(try request.form(), table, request.language, scope)
      return .page(
        ResponsibilityFillPages.preview(
          request, try await named(table, proposals, scope), proposals, kept: nil,
          back: "/responsibility/\(table.system.id)"))
    }
    routes.post("responsibility/:system/changes", needs: .registersEdit) { request, scope in
      let system: Entry.ID = try request.id("system")
      let proposals = try request.form().all("change").compactMap(ResponsibilityFillPages.decoded)
      do {
        try await apply(proposals, of: system, request.language, in: scope)
      } catch let refused as EntryRefused { throw refused.refusals.first ?? .nothingChosen }
      return .redirect(to: "/responsibility/\(system)?changed=\(proposals.count)")
    }
  }

  private static func presets(_ routes: inout Routes) {
    routes.get("responsibility/:system/preset", needs: .registersEdit) { request, scope in
      let table = try await table(request, scope)
      let model = request.query("model").flatMap { ServiceModel(rawValue: $0) }
      let named = request.query("vendor") ?? ""
      let (vendors, found) = try await scope.read { tx in
        (
          try tx.responsibilityVendors(limit: EntryFormPage.mostSuggestions).map(\.name),
          try vendorField.map { named.isEmpty ? [] : try tx.candidates(of: $0, named: named) } ?? []
        )
      }
      let vendor = found.count == 1 ? found.first.flatMap { Entry.ID($0) } : nil
      let isOwn = named.isEmpty && model == .onPremises
      guard let model, vendor != nil || isOwn else {
        let problem: (any Problem)? = model == nil ? nil : Refusal.vendorNeeded
        let isFirst = request.query.isEmpty
        return .page(
          ResponsibilityFillPages.preset(
            request, table, vendors: vendors, model: (model ?? table.usualModel).rawValue,
            vendor: isFirst ? table.system.vendorName ?? "" : named, problem: problem),
          status: problem == nil ? 200 : 422)
      }
      return .page(
        try await previewPage(request, table, table.proposals(for: model, vendor: vendor), "preset", scope))
    }
    routes.get("responsibility/:system/copy", needs: .registersEdit) { request, scope in
      let table = try await table(request, scope)
      guard let from = request.query("from").flatMap({ Entry.ID($0) }) else {
        let others = try await scope.read {
          try $0.systemsWithResponsibilities(besides: table.system.id)
        }
        return .page(ResponsibilityFillPages.copy(request, table, others: others))
      }
      guard let other = try await scope.read({ try $0.responsibilities(of: from) }) else {
        throw Refusal.noSuchSystem
      }
      return .page(try await previewPage(request, table, table.proposals(from: other), "copy", scope))
    }
  }

  private static let vendorField = fields.first { $0.id == "vendor" }

  /// What a preset or a copy would do, and how much it leaves alone.
  private static func previewPage(
    _ request: WebRequest, _ table: Table, _ proposals: [Proposal], _ way: String, _ scope: Scope
  ) async throws -> Page {
    let tally = table.tally
    return ResponsibilityFillPages.preview(
      request, try await named(table, proposals, scope), proposals, kept: tally.all - tally[.nobody],
      back: "/responsibility/\(table.system.id)/\(way)")
  }

  /// The table with the names of everything that proposals speak of.
  private static func named(_ table: Table, _ proposals: [Proposal], _ scope: Scope) async throws -> Table {
    let cells = proposals.map(\.cell)
    let vendors = Set(cells.flatMap(\.vendors)).subtracting(table.vendors.keys)
    let contracts = Set(cells.compactMap(\.contract)).subtracting(table.contracts.keys)
    if vendors.isEmpty && contracts.isEmpty { return table }
    return try await scope.read { tx in
      table.knowing(
        vendors: try tx.vendorNames(vendors), contracts: try tx.contractNumbers(contracts))
    }
  }

  // MARK: Many places at once

  private static func bulkPage(_ request: WebRequest, _ scope: Scope) async throws -> Page {
    let table = try await table(request, scope)
    let phase = request.query("phase").flatMap { Phase(rawValue: $0) }
    let item = request.query("item").flatMap { Item.ID($0) }
    let places = table.places.filter { place in
      place.item.phases.contains(place.phase) && (item.map { place.item.id == $0 } ?? (place.phase == phase))
    }
    guard !places.isEmpty else { throw Refusal.noSuchItem }
    let (vendors, documents) = try await scope.read { tx -> ([(id: Entry.ID, name: String)], [String]) in
      let contracts = try suggestions(tx)["contract"] ?? []
      return (try tx.responsibilityVendors(limit: 12), contracts.map { $0.name })
    }
    // Those that have to do with the system first, then as many others as a short list holds.
    let parties = table.parties.map { (id: $0, name: table.vendors[$0] ?? "") }
    let others = vendors.filter { other in !parties.contains { $0.id == other.id } }
    return ResponsibilityFillPages.bulk(
      request, table, places.map { ($0.item, $0.phase) }, phase: item == nil ? phase : nil,
      vendors: parties + others.prefix(max(0, 12 - parties.count)),
      documents: documents)
  }

  /// What a bulk form changes: rows of `place`, `version`, `bearer`, `source`, `clause` and `remark`, in step.
  ///
  /// - Throws: `WebProblem.badForm` when the rows are out of step; `Entry.Refusal` for a text that cannot be taken.
  private static func proposals(
    _ form: FormValues, _ table: Table, _ language: Language, _ scope: Scope
  ) async throws -> [Proposal] {
    let columns = ["place", "version", "bearer", "source", "clause", "remark"].map(form.all)
    guard let count = columns.first?.count, columns.allSatisfy({ $0.count == count }) else {
      throw WebProblem.badForm
    }
    let items = Dictionary(uniqueKeysWithValues: table.items.map { ($0.id, $0) })
    let rows = try (0..<count).map { index -> BulkRow in
      let place = columns[0][index].split(separator: "/").map(String.init)
      guard place.count == 2, let item = Item.ID(place[0]).flatMap({ items[$0] }),
        let phase = Phase(rawValue: place[1]), let bearing = Bearing(columns[2][index])
      else { throw WebProblem.badForm }
      return BulkRow(
        item: item, phase: phase, version: Int32(columns[1][index]).map(Int.init) ?? 0, bearing: bearing,
        source: columns[3][index].trimmed, clause: columns[4][index], remark: columns[5][index])
    }
    return try await scope.read { tx in
      let known = KnownNames()
      return try rows.compactMap { try $0.proposal(table, language, tx, known) }
    }
  }
}

/// A row of a bulk form.
private struct BulkRow: Sendable {
  let item: Responsibility.Item
  let phase: Responsibility.Phase
  let version: Int
  let bearing: Responsibility.Bearing
  let source: String
  let clause: String
  let remark: String

  /// The change it makes; nil when it makes none.
  func proposal(
    _ table: Responsibility.Table, _ language: Language, _ tx: ReadTx, _ known: Responsibility.KnownNames
  ) throws -> Responsibility.Proposal? {
    let before = table.cell(item, phase)
    var raw = bearing.applied(to: before).values
    (raw["clause"], raw["remark"]) = (clause, remark)
    // A text that names a contract is one; anything else is a document. Left as it was, both stay.
    let shown = before.contract.flatMap { table.contracts[$0]?.number } ?? before.document ?? ""
    if source != shown {
      let field = Responsibility.fields.first { $0.id == "contract" }
      let contracts = try field.map { source.isEmpty ? [] : try known.candidates($0, source, tx) } ?? []
      raw["contract"] = contracts.count == 1 ? contracts.first : nil
      raw["document"] = contracts.count == 1 ? nil : source
    }
    let after: Responsibility.Cell
    do {
      after = try Responsibility.read(raw, version: version, language, tx, known: known)
    } catch let refused as EntryRefused { throw refused.refusals.first ?? .nothingChosen }
    guard after.values != before.values else { return nil }
    return Responsibility.Proposal(item: item.id, phase: phase, version: version, values: after.values)
  }
}

extension Responsibility.Table {
  /// The model that the place of the servers suggests; cloud services are mostly bought whole.
  var usualModel: Responsibility.ServiceModel { system.hosting == "cloud" ? .saas : .onPremises }

  func knowing(vendors more: [Entry.ID: String], contracts others: [Entry.ID: Contract]) -> Self {
    Responsibility.Table(
      system: system, items: items, cells: cells, vendors: vendors.merging(more) { first, _ in first },
      contracts: contracts.merging(others) { first, _ in first })
  }
}
