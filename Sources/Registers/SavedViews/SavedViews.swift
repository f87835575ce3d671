import Kernel
public import Storage
import Web

extension SavedView {
  /// Keeps a view of a register.
  ///
  /// - Parameter isShared: for everyone; who may only read keeps views for themselves.
  /// - Throws: ``Refusal``.
  static func add(
    _ name: String, _ parts: [Part], isShared: Bool, to register: Register, in scope: Scope
  ) async throws -> SavedView {
    guard !isShared || scope.may(.registersEdit) else { throw Refusal.notYours }
    let view = try SavedView(
      id: scope.newID(), name: name, parts: ListView(parts, register).parts,
      owner: isShared ? nil : scope.person)
    try await scope.write { tx in
      let others = try tx.views(of: register, for: scope.person).filter { $0.owner == view.owner }
      guard others.count < most else { throw Refusal.tooMany }
      try tx.insert(view, of: register)
    }
    return view
  }

  /// - Throws: ``Refusal/notFound``, also for the view of another person; ``Refusal/notYours``.
  static func remove(_ id: ID, of register: Register, in scope: Scope) async throws {
    try await scope.write { tx in
      let view = try tx.views(of: register, for: scope.person).first { $0.id == id }
      guard let view else { throw Refusal.notFound }
      guard view.owner != nil || scope.may(.registersEdit) else { throw Refusal.notYours }
      try tx.remove(view)
    }
  }

  static func routes(_ routes: inout Routes) {
    routes.get("registers/:register/views", needs: .registersRead) { request, scope in
      let register = try await Registry.register(request, scope)
      let views = try await scope.read { try $0.views(of: register, for: scope.person) }
      return .page(SavedViewPages.list(request, register, views))
    }
    routes.post("registers/:register/views", needs: .registersRead) { request, scope in
      let register = try await Registry.register(request, scope)
      let form = try request.form()
      let parts = zip(form.all("part"), form.all("value")).map { Part(name: $0, value: $1) }
      let view = try await add(
        form["name"], Array(parts.prefix(40)), isShared: form["for"] == "all", to: register, in: scope)
      return .redirect(to: view.path(in: register))
    }
    routes.get("registers/:register/views/:id", needs: .registersRead) { request, scope in
      let register = try await Registry.register(request, scope)
      let id: ID = try request.id()
      let view = try await scope.read { tx in
        try tx.views(of: register, for: scope.person).first { $0.id == id }
      }
      guard let view else { throw Refusal.notFound }
      let stale = view.stale(in: register)
      if stale.isEmpty { return .redirect(to: view.path(in: register)) }
      return .page(SavedViewPages.stale(request, register, view, stale))
    }
    routes.post("registers/:register/views/:id/removal", needs: .registersRead) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      try await remove(try request.id(), of: register, in: scope)
      return .redirect(to: "/registers/\(register.id)/views?removed=1")
    }
  }
}

extension Register {
  /// Keeps a filter for everyone in the facility, unless there is one of that name.
  ///
  /// - Parameter filters: by the names that stand in the list's URL.
  public func addSharedView(_ name: String, _ filters: [(name: String, value: String)], in scope: Scope)
    async throws
  {
    let view = try SavedView(
      id: scope.newID(), name: name, parts: filters.map { SavedView.Part(name: $0.name, value: $0.value) },
      owner: nil)
    try await scope.write { tx in
      guard try !tx.views(of: self, for: nil).contains(where: { $0.name == name }) else { return }
      try tx.insert(view, of: self)
    }
  }
}
