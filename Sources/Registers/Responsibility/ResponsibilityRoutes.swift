import Kernel
import Storage
import Web

extension Responsibility {
  static func routes(_ routes: inout Routes, environment: [String: String]) {
    routes.get("responsibility", needs: .registersRead) { request, scope in
      let view = ResponsibilityPages.View(request)
      let (matrix, vendors) = try await scope.read { tx in
        (try tx.responsibilityMatrix(vendor: view.vendor), try tx.responsibilityVendors(limit: 500))
      }
      return .page(ResponsibilityPages.all(request, view, matrix.shown(in: request.language), vendors))
    }
    routes.get("responsibility/matrix.pdf", needs: .registersRead) { request, scope in
      let matrix = try await scope.read { try $0.responsibilityMatrix(vendor: nil) }
      let bytes = try await pdf(
        matrixDocument(matrix.shown(in: request.language), try await frame(request, scope)),
        environment: environment)
      return .file(bytes, type: "application/pdf", name: "responsibility-\(scope.now.day).pdf", inline: true)
    }
    routes.get("responsibility/:system", needs: .registersRead) { request, scope in
      .page(ResponsibilityPages.system(request, try await table(request, scope)))
    }
    routes.get("responsibility/:system/sheet.pdf", needs: .registersRead) { request, scope in
      let table = try await table(request, scope)
      let bytes = try await pdf(
        document(table, request.language, try await frame(request, scope)), environment: environment)
      return .file(bytes, type: "application/pdf", name: "responsibility-\(scope.now.day).pdf", inline: true)
    }
    routes.get("responsibility/:system/questions", needs: .registersRead) { request, scope in
      .page(try await questions(request, scope))
    }
    cells(&routes)
  }

  /// The table that the URL names.
  static func table(_ request: WebRequest, _ scope: Scope) async throws -> Table {
    let id: Entry.ID = try request.id("system")
    guard let table = try await scope.read({ try $0.responsibilities(of: id) }) else {
      throw Refusal.noSuchSystem
    }
    return table.shown(in: request.language)
  }

  private static func frame(_ request: WebRequest, _ scope: Scope) async throws -> Frame {
    let head = try await scope.read { try $0.ledgerHead() }
    return Frame(
      facility: request.visitor?.facilityName ?? "", author: request.visitor?.name ?? "",
      today: scope.now.day, fingerprint: head.fingerprint, language: request.language)
  }

  private static func questions(_ request: WebRequest, _ scope: Scope) async throws -> Page {
    let table = try await table(request, scope)
    let asked = request.query("vendor").flatMap { Entry.ID($0) }
    guard let vendor = asked ?? table.parties.first else {
      return ResponsibilityQuestionPage.nobody(request, table)
    }
    guard let addressee = try await scope.read({ try $0.vendorAddressee(vendor) }) else {
      throw Entry.Refusal.noSuchEntry
    }
    return ResponsibilityQuestionPage.page(
      request,
      ResponsibilityQuestionPage.Letter(
        table: table, vendor: vendor, vendorName: addressee.name, contact: addressee.contact,
        facility: request.visitor?.facilityName ?? "", sender: request.visitor?.name ?? "",
        today: scope.now.day))
  }

  // MARK: One cell

  private static func cells(_ routes: inout Routes) {
    routes.get("responsibility/:system/cells/:item/:phase", needs: .registersEdit) { request, scope in
      .page(try await cellPage(request, scope, nil))
    }
    routes.post("responsibility/:system/cells/:item/:phase", needs: .registersEdit) { request, scope in
      let (system, place) = (try request.id("system", of: Entry.self), try place(request))
      let values = try request.form()
      var form = ResponsibilityCellPage.Form(
        version: values.version,
        raw: Dictionary(uniqueKeysWithValues: fields.map { ($0.id, values[$0.id]) }))
      do {
        try await save(
          form.raw, at: place, of: system, version: form.version, request.language, in: scope)
        return .redirect(to: "/responsibility/\(system)?saved=1#item-\(place.item)")
      } catch let refused as EntryRefused {
        form.refusals = refused.refusals
        return .page(try await cellPage(request, scope, form), status: 422)
      } catch is Stale {
        let theirs = try await scope.read { try $0.responsibility(place, of: system) } ?? .blank
        (form.theirs, form.version) = (theirs, theirs.version)
        return .page(try await cellPage(request, scope, form), status: 409)
      }
    }
  }

  private static func place(_ request: WebRequest) throws -> Place {
    guard let phase = Phase(rawValue: try request.parameter("phase")) else { throw WebProblem.notFound }
    return Place(item: try request.id("item"), phase: phase)
  }

  /// The form of a cell: as it stands, or as someone has filled it in.
  private static func cellPage(
    _ request: WebRequest, _ scope: Scope, _ form: ResponsibilityCellPage.Form?
  ) async throws -> Page {
    let (system, place) = (try request.id("system", of: Entry.self), try place(request))
    let (found, cell) = try await scope.read { tx in
      guard let table = try tx.responsibilities(of: system, only: place)?.shown(in: request.language),
        let item = table.items.first
      else { throw Refusal.noSuchItem }
      let suggestions = try suggestions(tx)
      let history = try tx.history(of: subject(system, place), limit: 20)
      var names: [String: String] = [:]
      let references = ResponsibilityCellPage.references(in: history)
      for (field, _) in references {
        for each in suggestions[field.id] ?? [] { names[each.id] = each.name }
      }
      let known = names
      let unknown = references.map { (field: $0.field, ids: $0.ids.filter { known[$0] == nil }) }
      names.merge(try tx.names(of: unknown)) { first, _ in first }
      return (
        ResponsibilityCellPage.Found(
          table: table, item: item, phase: place.phase, suggestions: suggestions, history: history,
          names: names), table.cells[place] ?? .blank
      )
    }
    var shown = form ?? ResponsibilityCellPage.Form(version: cell.version, raw: cell.values)
    // What stands by id is written as people call it, also when it is not among the names that are offered.
    for id in ["vendor", "otherVendor", "contract"] {
      guard let value = shown.raw[id].flatMap({ Entry.ID($0) }) else { continue }
      let offered: [String] = (found.suggestions[id] ?? []).map(\.id)
      if offered.contains(value.text) { continue }
      shown.raw[id] = found.table.vendors[value] ?? found.table.contracts[value]?.number ?? value.text
    }
    return ResponsibilityCellPage.page(request, found, shown)
  }

  /// Vendors and contracts that the fields of a form offer.
  static func suggestions(_ tx: ReadTx) throws -> [String: [(id: String, name: String)]] {
    var found: [String: [(id: String, name: String)]] = [:]
    for field in fields {
      guard ["vendor", "contract"].contains(field.id) else { continue }
      found[field.id] = try tx.suggestions(for: field, limit: EntryFormPage.mostSuggestions)
    }
    found["otherVendor"] = found["vendor"]
    return found
  }
}
