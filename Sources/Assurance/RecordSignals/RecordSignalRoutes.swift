import Frameworks
import Kernel
import Registers
import Storage
import Web

extension RecordSignals {
  static func path(_ id: Audit.ID) -> String { "/audits/\(id)/signals" }

  // MARK: Suggestions

  static func suggestions(_ routes: inout Routes, _ library: PackLibrary, _ signals: Signals) {
    routes.get("audits/:id/signals", needs: .assessmentsRead) { request, scope in
      let (opened, pass) = try await pass(try request.id(), in: scope)
      return .page(RecordSignalPages.pass(request, opened, pass, try library.concepts()))
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
    routes.post("audits/:id/signals", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      let seen = try request.form()["seen"]
      let count = try await takeAll(seen, of: id, library, signals, request.language, in: scope)
      return .redirect(to: "\(path(id))?taken=\(count)")
    }
    // Whoever answers may ask what the records say now.
    routes.post("audits/:id/signals/look", needs: .assessmentsContribute) { request, scope in
      let id: Audit.ID = try request.id()
      let node = try request.form()["node"]
      guard try await scope.read({ try $0.audit(id) }) != nil else { throw AuditRefusal.noSuchAudit }
      try await look(library, signals, in: scope)
      return .redirect(to: node.isEmpty ? "\(path(id))?looked=1" : "\(Audits.path(id, node))#signals")
    }
    routes.post("audits/:id/signals/answer", needs: .assessmentsContribute) { request, scope in
      let form = try request.form()
      let (opened, place) = try await Audits.found(request, form["node"], in: scope)
      try Audits.admit(request, opened, place)
      try await answer(
        by: form["seen"], at: place, of: opened, version: form.version, library, signals, request.language,
        in: scope)
      return .redirect(to: Audits.path(opened.audit.id, opened.tree.keys[place]) + "&saved=1")
    }
  }

  // MARK: Concepts

  static func concepts(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("audits/:id/concepts", needs: .assessmentsEdit) { request, scope in
      let opened = try await Audits.opened(try request.id(), in: scope)
      let view = ConceptView(request, opened)
      return .page(
        ConceptPages.page(request, view, try library.concepts(), try likeness(library)))
    }
    routes.post("audits/:id/concepts", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      let form = try request.form()
      let opened = try await Audits.opened(id, in: scope)
      // One field for each requirement, and one box for each concept that is to be taken off.
      let added = form.fields.compactMap { field -> (node: String, concept: String, isOn: Bool)? in
        guard field.name.hasPrefix("add "), !field.value.isEmpty else { return nil }
        return (String(field.name.dropFirst(4)), field.value, true)
      }
      let removed = form.all("off").compactMap { value -> (node: String, concept: String, isOn: Bool)? in
        guard let space = value.firstIndex(of: " ") else { return nil }
        return (String(value[value.index(after: space)...]), String(value[..<space]), false)
      }
      try await link(removed + added, of: opened, library, in: scope)
      let node = form["node"]
      if !node.isEmpty { return .redirect(to: "\(Audits.path(id, node))&saved=1") }
      return .redirect(to: "/audits/\(id)/concepts?\(form["back"] == "all" ? "show=all&" : "")saved=1")
    }
  }
}

/// Which requirements of an audit are shown with what they ask about. All of it stands in the URL.
struct ConceptView: Sendable {
  let opened: Audits.Opened
  /// The only one that is shown; nil for the list.
  let node: String?
  /// Also those whose concepts are known.
  let showsAll: Bool
  let query: String
  let listing: Listing
  let listed: [Int]
  let total: Int

  init(_ request: WebRequest, _ opened: Audits.Opened) {
    self.opened = opened
    let (tree, standing) = (opened.tree, opened.standing)
    let place = request.query("node").flatMap { tree.place(of: $0) }.flatMap {
      tree.node($0).isAssessable ? $0 : nil
    }
    let (showsAll, query) = (request.query("show") == "all", request.query("q") ?? "")
    // Each row is compared with all that is known: no more than fifty at a time.
    let listing = Listing(page: request.query("page").flatMap(Int.init) ?? 1)
    let fits = RequirementSearch(query, tree.language(for: request.language.rawValue))
    let found =
      place.map { [$0] }
      ?? tree.assessable.filter { place in
        standing.isInScope[place] && (showsAll || opened.signals.concepts(at: place).isEmpty)
          && fits(tree.framework.nodes[place])
      }
    (node, self.showsAll, self.query, self.listing) = (place.map { tree.keys[$0] }, showsAll, query, listing)
    (total, listed) = (found.count, Array(found.dropFirst(listing.offset).prefix(listing.size)))
  }
}
