import Kernel
import Storage
import Web

extension Responsibility {
  static func itemRoutes(_ routes: inout Routes) {
    routes.post("responsibility/items/starters", needs: .registersEdit) { request, scope in
      try await addStarters(request.language, in: scope)
      return .redirect(to: "/responsibility?changed=\(starters.count)")
    }
    routes.get("responsibility/items", needs: .registersEdit) { request, scope in
      let items = try await scope.read { try $0.responsibilityItems(withRetired: true) }
      return .page(ResponsibilityItemPages.list(request, items.map { $0.shown(in: request.language) }))
    }
    routes.get("responsibility/items/new", needs: .registersEdit) { request, scope in
      let last = try await scope.read { try $0.responsibilityItems().last?.position }
      var form = ResponsibilityItemPages.Form()
      form.position = (last ?? 0) + 10
      return .page(ResponsibilityItemPages.form(request, form))
    }
    routes.post("responsibility/items", needs: .registersEdit) { request, scope in
      try await save(ResponsibilityItemPages.Form(try request.form(), id: nil), request, scope)
    }
    routes.get("responsibility/items/:item", needs: .registersEdit) { request, scope in
      let id: Item.ID = try request.id("item")
      guard let item = try await scope.read({ try $0.responsibilityItem(id) }) else {
        throw Refusal.noSuchItem
      }
      return .page(
        ResponsibilityItemPages.form(request, ResponsibilityItemPages.Form(item.shown(in: request.language))))
    }
    routes.post("responsibility/items/:item", needs: .registersEdit) { request, scope in
      try await save(
        ResponsibilityItemPages.Form(try request.form(), id: try request.id("item")), request, scope)
    }
  }

  private static func save(
    _ filled: ResponsibilityItemPages.Form, _ request: WebRequest, _ scope: Scope
  ) async throws -> Reply {
    var form = filled
    do {
      let item = try Item(
        id: form.id ?? scope.newID(), name: form.name, note: form.note, phases: form.phases,
        layer: form.layer, position: form.position, isRetired: form.isRetired)
      try await save(item, replacing: form.id.map { _ in form.version }, in: scope)
      return .redirect(to: "/responsibility/items?saved=1")
    } catch let refusal as Refusal where refusal.kind == .invalid {
      form.problem = refusal
      return .page(ResponsibilityItemPages.form(request, form), status: 422)
    } catch is Stale {
      guard let id = form.id, let theirs = try await scope.read({ try $0.responsibilityItem(id) }) else {
        throw Refusal.noSuchItem
      }
      (form.theirs, form.version) = (theirs.shown(in: request.language), theirs.version)
      return .page(ResponsibilityItemPages.form(request, form), status: 409)
    }
  }
}

extension ResponsibilityItemPages.Form {
  init(_ values: FormValues, id: Responsibility.Item.ID?) {
    self.id = id
    version = values.version
    (name, note) = (values["name"], values["note"])
    phases = Set(values.all("phase").compactMap { Responsibility.Phase(rawValue: $0) })
    layer = Responsibility.Layer(rawValue: values["layer"]) ?? .application
    position = Int(values["position"].halfWidth) ?? 0
    isRetired = !values["retired"].isEmpty
  }

  init(_ item: Responsibility.Item) {
    (id, version, name, note) = (item.id, item.version, item.name, item.note)
    (phases, layer, position) = (Set(item.phases), item.layer, item.position)
    isRetired = item.isRetired
  }
}
