import Kernel
import Storage
import Web

extension Registry {
  static func routes(
    _ routes: inout Routes, _ indexes: EntryIndexes, reliedOnBy reliances: [RelianceSource]
  ) {
    lists(&routes, indexes)
    entries(&routes)
    removal(&routes, reliances)
    bulk(&routes)
  }

  /// A register in the list for programs.
  private struct Listed: Encodable {
    let id: String
    let name: String
    let export: String

    init(_ register: Register, _ language: Language) {
      (id, name, export) = (register.id, register.name(language), "/registers/\(register.id)/export.json")
    }
  }

  private static func lists(_ routes: inout Routes, _ indexes: EntryIndexes) {
    routes.get("registers", needs: .registersRead) { request, _ in
      guard request.wantsJSON else { return .redirect(to: "/registers/\(all[0].id)") }
      return try .json(all.map { Listed($0, request.language) })
    }
    routes.openToTokens()
    routes.get("registers/:register", needs: .registersRead) { request, scope in
      let declared = try register(request.parameter("register"))
      return .page(try await list(request, declared, indexes, scope))
    }
    routes.showSensitive { Registry.sensitive($0) }
    routes.listEntries()
  }

  /// One entry, or the whole register, of those whose reading facilities may want to know.
  static func sensitive(_ request: WebRequest) -> String? {
    guard let register = request.parameters["register"],
      ["contracts", "connections", "disclosures"].contains(register)
    else { return nil }
    return "\(register):\(request.parameters["id"] ?? "register")"
  }

  /// One page of a register, with the numbers of all of them for the tabs.
  private static func list(
    _ request: WebRequest, _ declared: Register, _ indexes: EntryIndexes, _ scope: Scope
  ) async throws -> Page {
    let (register, view, found) = try await scope.read { tx in
      let (register, check) = try tx.setting(of: declared)
      let view = ListView(request, register)
      let counts = try tx.entryCounts(RegisterTabs.neighbours(of: register.id))
      let views = try tx.views(of: register, for: scope.person)
      let (size, offset) = (view.listing.size, view.listing.offset)
      if let count = counts[register.id], indexes.pays(for: register, count),
        let found = try indexes.index(of: register, in: tx)
          .find(view.query, from: offset, most: size, on: scope.now.day)
      {
        let rows = try tx.entries(register, found.ids)
        return (
          register, view,
          ListPage.Found(
            rows: rows, total: found.total, attention: found.attention, counts: counts, check: check,
            views: views)
        )
      }
      let rows = try tx.entries(register, view.query, view.listing)
      let (total, attention) = try tx.entryCount(register, view.query, on: scope.now.day)
      let found = ListPage.Found(
        rows: rows, total: total, attention: attention, counts: counts, check: check, views: views)
      return (register, view, found)
    }
    return ListPage.page(request, register, view, found)
  }

  private static func entries(_ routes: inout Routes) {
    routes.get("registers/:register/new", needs: .registersEdit) { request, scope in
      let register = try await register(request, scope)
      let form = EntryForm(raw: request.queryFields(of: register))
      return .page(try await formPage(request, register, form, scope))
    }
    routes.post("registers/:register", needs: .registersEdit) { request, scope in
      let register = try await register(request, scope)
      let form = EntryForm(try request.form(), register)
      do {
        let entry = try await register.add(form.raw, request.language, in: scope)
        return .redirect(to: "/registers/\(register.id)/\(entry.id)?added=1")
      } catch let refused as EntryRefused {
        return .page(
          try await formPage(request, register, form.refused(refused), scope), status: 422)
      }
    }
    routes.get("registers/:register/:id", needs: .registersRead) { request, scope in
      let declared = try register(request.parameter("register"))
      let id: Entry.ID = try request.id()
      let record = try await scope.read { tx -> RecordPage.Record? in
        guard let (register, entry) = try tx.record(declared, id) else { return nil }
        let relations = try tx.relations(of: id, in: naming(register), limit: 5)
        let history = try tx.history(of: register.subject(id), limit: 30)
        let names = try tx.names(of: RecordPage.references(in: history, of: register))
        let panels = try RecordPage.Panels(of: register, entry.entry, request, tx)
        return RecordPage.Record(
          register: register, entry: entry, relations: relations, history: history, names: names,
          panels: panels)
      }
      guard let record else { throw Entry.Refusal.noSuchEntry }
      return .page(RecordPage.page(request, record.register, record))
    }
    routes.showSensitive { Registry.sensitive($0) }
    routes.get("registers/:register/:id/change", needs: .registersEdit) { request, scope in
      let register = try await register(request, scope)
      let id: Entry.ID = try request.id()
      guard let stored = try await scope.read({ try $0.entry(register, id) }) else {
        throw Entry.Refusal.noSuchEntry
      }
      return .page(
        try await formPage(
          request, register, EntryForm(stored.shown(in: request.language, register), register), scope))
    }
    routes.showSensitive { Registry.sensitive($0) }
    routes.post("registers/:register/:id", needs: .registersEdit) { request, scope in
      let register = try await register(request, scope)
      let id: Entry.ID = try request.id()
      let form = EntryForm(try request.form(), register, id: id)
      do {
        try await register.change(id, form.raw, version: form.version, request.language, in: scope)
        return .redirect(to: "/registers/\(register.id)/\(id)?saved=1")
      } catch let refused as EntryRefused {
        return .page(try await formPage(request, register, form.refused(refused), scope), status: 422)
      } catch is Stale {
        guard let stored = try await scope.read({ try $0.entry(register, id) }) else {
          throw Entry.Refusal.noSuchEntry
        }
        return .page(
          try await formPage(
            request, register, form.onto(stored.shown(in: request.language, register)), scope),
          status: 409)
      }
    }
  }

  private static func removal(_ routes: inout Routes, _ reliances: [RelianceSource]) {
    routes.get("registers/:register/:id/removal", needs: .registersEdit) { request, scope in
      let register = try register(request.parameter("register"))
      let id: Entry.ID = try request.id()
      guard let stored = try await scope.read({ try $0.entry(register, id) }) else {
        throw Entry.Refusal.noSuchEntry
      }
      return .page(
        RecordPage.removal(
          request, register, stored.shown(in: request.language, register).entry))
    }
    routes.post("registers/:register/:id/removal", needs: .registersEdit) { request, scope in
      let register = try register(request.parameter("register"))
      try await register.remove(
        try request.id(), version: try request.form().version, reliedOnBy: reliances,
        request.language, in: scope)
      return .redirect(to: "/registers/\(register.id)?removed=1")
    }
  }

  /// The form with what may be chosen: people, and the first entries of small registers.
  private static func formPage(
    _ request: WebRequest, _ register: Register, _ form: EntryForm, _ scope: Scope
  ) async throws -> Page {
    let (suggestions, texts) = try await scope.read { tx in
      var found: [String: [(id: String, name: String)]] = [:]
      var texts: [String: String] = [:]
      var people: [(id: String, name: String)]?
      for field in register.fields {
        switch field.kind {
        case .person:
          people = try people ?? tx.suggestions(for: field, limit: EntryFormPage.mostSuggestions)
          found[field.id] = people
          // Whoever stands in the entry is always among the choices, or saving would take the person away.
          if let id = form.raw[field.id], let person = PersonID(id),
            people?.contains(where: { $0.id == id }) == false,
            let known = try tx.person(person)
          {
            found[field.id]?.append((id, known.name))
          }
        case .entry:
          found[field.id] = try tx.suggestions(for: field, limit: EntryFormPage.mostSuggestions)
          guard let id = form.raw[field.id], Entry.ID(id) != nil else { continue }
          // Names of a list that is whole find their entry; beyond it, only the key surely does.
          let offered = found[field.id] ?? []
          let name = offered.count < EntryFormPage.mostSuggestions ? offered.first { $0.id == id }?.name : nil
          texts[field.id] = try name ?? tx.keyText(in: field, of: id)
        default: continue
        }
      }
      return (found, texts)
    }
    var shown = form
    shown.raw.merge(texts) { _, text in text }
    return EntryFormPage.page(request, register, shown, suggestions)
  }
}

/// What of a register's list is shown. All of it stands in the URL.
struct ListView: Sendable {
  let query: EntryQuery
  let listing: Listing

  init(_ request: WebRequest, _ register: Register) {
    self.init(register, Listing(request), today: request.now.day) { request.query($0) }
  }

  /// - Parameter value: of a part of the URL, or of the form that carries them on.
  init(_ register: Register, _ listing: Listing = Listing(), today: Day, value: (String) -> String?) {
    var filters: [String: String] = [:]
    for field in register.fields {
      guard let value = value(field.id), !value.isEmpty else { continue }
      // Other fields are no filters: each would be a statement of its own to the database.
      switch field.kind {
      case .choice where field.isFilter: filters[field.id] = value
      case .entry where Entry.ID(value) != nil: filters[field.id] = value
      case .person where PersonID(value) != nil: filters[field.id] = value
      default: continue
      }
    }
    query = EntryQuery(
      search: String((value("q") ?? "").prefix(100)), filters: filters,
      attentionOn: value("attention") == "only" ? today : nil)
    self.listing = listing
  }

  var isNarrowed: Bool { !query.search.isEmpty || !query.filters.isEmpty || query.attentionOn != nil }

  /// The parts of the URL beside the page.
  var fields: [(name: String, value: String)] {
    [("q", query.search), ("attention", query.attentionOn == nil ? "" : "only")]
      + query.filters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

/// What stands in the form of an entry.
struct EntryForm: Sendable {
  var id: Entry.ID?
  var version = 0
  /// Texts by field id, as typed.
  var raw: [String: String]
  var refusals: [Entry.Refusal] = []
  /// Someone else saved in the meantime: what stands now.
  var theirs: NamedEntry?

  init(raw: [String: String]) { self.raw = raw }

  init(_ values: FormValues, _ register: Register, id: Entry.ID? = nil) {
    self.id = id
    version = values.version
    // A column that has been added since the form was shown is not in it, and stays as it is.
    let known = register.entered.filter { !ExtraColumn.isID($0.id) || values.has($0.id) }
    raw = Dictionary(uniqueKeysWithValues: known.map { ($0.id, values[$0.id]) })
  }

  init(_ stored: NamedEntry, _ register: Register) {
    id = stored.entry.id
    version = stored.entry.version
    // People and what other registers hold stand here by id; the page writes their names.
    raw = stored.entry.values
  }

  func refused(_ refused: EntryRefused) -> EntryForm {
    var form = self
    form.refusals = refused.refusals
    return form
  }

  /// The same input on top of what someone else has saved.
  func onto(_ stored: NamedEntry) -> EntryForm {
    var form = self
    form.theirs = stored
    form.version = stored.entry.version
    return form
  }
}

extension WebRequest {
  /// Values for a new entry's form out of the URL, as links between registers give them.
  func queryFields(of register: Register) -> [String: String] {
    register.fields.reduce(into: [:]) { found, field in found[field.id] = query(field.id) }
  }
}
