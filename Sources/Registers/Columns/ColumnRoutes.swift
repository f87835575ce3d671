import Kernel
import Storage
import Web

extension ExtraColumns {
  static func routes(_ routes: inout Routes) {
    routes.get("registers/:register/columns", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      return .page(try await page(request, register, ColumnForm(), scope))
    }
    routes.post("registers/:register/columns", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let form = ColumnForm(try request.form())
      do {
        try await change(register, version: form.version, in: scope) {
          try $0.adding(form.draft, to: register)
        }
        return saved(register)
      } catch let refusal as Refusal {
        return .page(try await page(request, register, form.refused(refusal), scope), status: 422)
      }
    }
    routes.post("registers/:register/columns/order", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let form = try request.form()
      let (id, up) = (form["column"], form["to"] == "up")
      try await change(register, version: form.version, in: scope) {
        try $0.moving(id, up: up)
      }
      return saved(register)
    }
    routes.post("registers/:register/columns/retirement", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let form = try request.form()
      let id = form["column"]
      try await change(register, version: form.version, in: scope) { try $0.retiring(id) }
      return saved(register)
    }
    routes.post("registers/:register/columns/return", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let form = try request.form()
      let id = form["column"]
      do {
        try await change(register, version: form.version, in: scope) {
          try $0.restoring(id, in: register)
        }
        return saved(register)
      } catch let refusal as Refusal {
        return .page(try await page(request, register, ColumnForm().refused(refusal), scope), status: 422)
      }
    }
    definitions(&routes)
  }

  private static func definitions(_ routes: inout Routes) {
    routes.get("registers/:register/columns/:column", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let columns = try await scope.read { try $0.extraColumns(of: register) }
      let column = try columns.column(try request.parameter("column"))
      return .page(ColumnPages.change(request, register, column, ColumnForm(column, columns.version)))
    }
    routes.post("registers/:register/columns/:column", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let id = try request.parameter("column")
      let form = ColumnForm(try request.form())
      do {
        try await change(register, version: form.version, in: scope) {
          try $0.changing(id, to: form.draft, in: register)
        }
        return saved(register)
      } catch let refusal as Refusal {
        let column = try await scope.read { try $0.extraColumns(of: register) }.column(id)
        return .page(ColumnPages.change(request, register, column, form.refused(refusal)), status: 422)
      }
    }
  }

  private static func saved(_ register: Register) -> Reply {
    .redirect(to: "/registers/\(register.id)/columns?saved=1")
  }

  /// The list of columns with the form for a new one.
  private static func page(
    _ request: WebRequest, _ register: Register, _ form: ColumnForm, _ scope: Scope
  ) async throws -> Page {
    let (columns, history) = try await scope.read { tx in
      (try tx.extraColumns(of: register), try tx.history(of: "columns:\(register.id)", limit: 10))
    }
    var shown = form
    shown.version = columns.version
    return ColumnPages.list(request, register, columns, shown, history)
  }
}

/// What stands in the form of a column.
struct ColumnForm: Sendable {
  var version = 0
  var draft = ExtraColumn.Draft()
  var refusal: ExtraColumns.Refusal?

  init() {}

  init(_ column: ExtraColumn, _ version: Int) {
    self.version = version
    draft.label = column.label
    draft.isListed = column.isListed
    draft.words = Dictionary(
      column.choices.map { ($0.value, $0.word) }, uniquingKeysWith: { first, _ in first })
  }

  init(_ values: FormValues) {
    version = values.version
    draft.label = values["label"]
    draft.kind = values["kind"]
    draft.isListed = values["listed"] == "yes"
    draft.newChoices = String(values["choices"].prefix(4000))
    draft.words = Dictionary(
      zip(values.all("value"), values.all("word")), uniquingKeysWith: { first, _ in first })
  }

  func refused(_ refusal: ExtraColumns.Refusal) -> ColumnForm {
    var form = self
    form.refusal = refusal
    return form
  }
}
