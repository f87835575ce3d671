import Kernel
import Storage
import Web

/// Files beside an entry: a contract, a certificate, a photograph of a label.
///
/// A file can be given as what a field of the entry asks for (``Register/proofs``): its name then stands in that field,
/// so that findings, list and print know of it like of any other value.
enum EntryFiles {
  static let panel = RecordPanel(
    nil, place: .side, rows: { tx, register, entry in tx.fileRows(of: register.subject(entry.id)) },
    content: { rows, entry, request in
      let register = try Registry.register(request.parameter("register"))
      let files = try rows.map(StoredFile.init).sorted { $0.id.text < $1.id.text }
      let t = request.texts(RegisterText.self)
      let fields = register.proofs.compactMap { register.field($0) }
      let options = [("", t(.none))] + fields.map { ($0.id, $0.label(request.language)) }
      let asking: HTML? =
        fields.isEmpty ? nil : Components.select("proof", t(.fileProves), options: options, chosen: "")
      return Files.section(
        request, files, path: "/registers/\(register.id)/\(entry.id)/files",
        mayEdit: request.may(.registersEdit), asking: asking)
    })

  static func routes(_ routes: inout Routes) {
    routes.get("registers/:register/:id/files/:file", needs: .registersRead) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let id: Entry.ID = try request.id()
      return try await Files.download(try request.id("file"), of: register.subject(id), in: scope)
    }
    routes.showSensitive { Registry.sensitive($0) }
    routes.post(
      "registers/:register/:id/files", needs: .registersEdit, bodyLimit: StoredFile.mostBytes + 1 << 20
    ) { request, scope in
      let register = try await Registry.register(request, scope)
      let id: Entry.ID = try request.id()
      let form = try request.form()
      guard let file = form.files["file"] else { throw StoredFile.Refusal.empty }
      let upload = try StoredFile.Upload(name: file.name, content: file.bytes)
      let proof = register.proofs.first { $0 == form["proof"] }
      try await add(upload, to: id, of: register, proving: proof, request.language, in: scope)
      return .redirect(to: "\(Registry.path(of: id, in: register.id))?saved=1")
    }
    routes.post("registers/:register/:id/files/:file/withdrawal", needs: .registersEdit) { request, scope in
      let register = try await Registry.register(request, scope)
      let id: Entry.ID = try request.id()
      let reason = try request.form()["reason"]
      try await withdraw(
        try request.id("file"), of: id, in: register, because: reason, request.language, in: scope)
      return .redirect(to: "\(Registry.path(of: id, in: register.id))?saved=1")
    }
  }

  /// - Parameter field: what the file is given as; nil for a file that only lies beside the entry.
  /// - Throws: `Entry.Refusal.noSuchEntry`.
  static func add(
    _ upload: StoredFile.Upload, to id: Entry.ID, of register: Register, proving field: String?,
    _ language: Language, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let entry = try tx.entry(register, id)?.entry else { throw Entry.Refusal.noSuchEntry }
      let file = try Files.add(upload, to: register.subject(id), tx)
      guard let field else { return }
      _ = try register.change(entry, [field: file.title], version: entry.version, language, tx)
    }
  }

  /// Takes a file out of the count, and its name out of the fields that it was given for.
  ///
  /// - Throws: `StoredFile.Refusal`.
  static func withdraw(
    _ file: StoredFile.ID, of id: Entry.ID, in register: Register, because reason: String,
    _ language: Language, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let withdrawn = try Files.withdraw(file, of: register.subject(id), because: reason, tx)
      let others = try tx.files(of: register.subject(id)).filter { !$0.isWithdrawn }
      guard let entry = try tx.entry(register, id)?.entry,
        !others.contains(where: { $0.title == withdrawn.title })
      else { return }
      let named = register.proofs.filter { entry.is($0, withdrawn.title) }
      if named.isEmpty { return }
      let cleared = Dictionary(uniqueKeysWithValues: named.map { ($0, "") })
      _ = try register.change(entry, cleared, version: entry.version, language, tx)
    }
  }
}
