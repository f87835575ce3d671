import Kernel
import Publishing
import Storage
import Web

extension RegisterExchange {
  static func routes(_ routes: inout Routes) {
    for format in Register.Format.allCases {
      routes.get("registers/:register/export.\(format.rawValue)", needs: .registersRead) { request, scope in
        let register = try Registry.register(request.parameter("register"))
        let bytes = try await export(
          register, matching: request.query("q") ?? "", as: format, request.language, in: scope)
        let name = "\(register.id)-\(scope.now.day).\(format.rawValue)"
        return .file(bytes, type: format.mediaType, name: name)
      }
    }
    imports(&routes)
    decisions(&routes)
  }

  private static func imports(_ routes: inout Routes) {
    routes.get("registers/:register/import", needs: .registersEdit) { request, _ in
      .page(RegisterImportPages.choose(request, try Registry.register(request.parameter("register")), nil))
    }
    routes.post("registers/:register/import", needs: .registersEdit, bodyLimit: fileBytes + 1 << 20) {
      request, scope in
      let register = try Registry.register(request.parameter("register"))
      let form = try request.form()
      do {
        guard let file = form.files["file"], !file.bytes.isEmpty else { throw ImportRefusal.noFile }
        let upload = Pending(id: scope.newID(), emptyClears: !form["clears"].isEmpty)
        let plan = try await plan(
          file.bytes, named: file.name, into: register, emptyClears: upload.emptyClears, request.language,
          in: scope)
        try await scope.write {
          try $0.keepUpload(upload.id, into: register, name: file.name, bytes: file.bytes)
        }
        return .page(RegisterImportPages.preview(request, plan, upload))
      } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooLarge {
        return .page(RegisterImportPages.choose(request, register, problem), status: 422)
      }
    }
    routes.post("registers/:register/import/columns", needs: .registersEdit) { request, scope in
      let register = try await Registry.register(request, scope)
      let form = try request.form()
      let chosen = zip(form.all("heading"), form.all("field")).map { heading, field in
        (heading: heading, field: register.field(field)?.id ?? "")
      }
      let corrections = register.corrections(chosen)
      try await scope.write { try $0.keepMapping(corrections, for: chosen.map(\.heading), of: register) }
      let (plan, upload) = try await kept(form, register, request.language, scope)
      return .page(RegisterImportPages.preview(request, plan, upload))
    }
    routes.get("registers/:register/import/refused.xlsx", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let upload = try Pending(request.query("upload"), clears: request.query("clears"))
      let plan = try await kept(upload, register, request.language, scope)
      let bytes = try Sheets.xlsx([plan.refusedSheet(request.words, request.language)])
      return .file(bytes, type: Register.Format.xlsx.mediaType, name: "\(register.id)-refused.xlsx")
    }
  }

  private static func decisions(_ routes: inout Routes) {
    routes.post("registers/:register/import/apply", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let form = try request.form()
      let (plan, upload) = try await kept(form, register, request.language, scope)
      // Also when the columns have been corrected in another window since the person looked.
      guard plan.stamp == form["stamp"] else { throw Stale() }
      guard plan.added + plan.updated > 0 else { throw ImportRefusal.nothingToImport }
      let language = request.language
      try await scope.write { tx in
        try apply(plan, language, tx)
        try tx.dropUpload(upload.id)
      }
      return .redirect(to: "/registers/\(register.id)?changed=\(plan.added + plan.updated)")
    }
  }

  /// A kept file and how it is to be read.
  struct Pending: Sendable {
    let id: ID<Upload>
    let emptyClears: Bool

    init(id: ID<Upload>, emptyClears: Bool) { (self.id, self.emptyClears) = (id, emptyClears) }

    init(_ id: String?, clears: String?) throws(ImportRefusal) {
      guard let id = id.flatMap({ ID<Upload>($0) }) else { throw .uploadGone }
      self.init(id: id, emptyClears: clears == "1")
    }
  }

  private static func kept(_ form: FormValues, _ register: Register, _ language: Language, _ scope: Scope)
    async throws -> (RegisterImport, Pending)
  {
    let upload = try Pending(form["upload"], clears: form["clears"])
    return (try await kept(upload, register, language, scope), upload)
  }

  private static func kept(_ upload: Pending, _ register: Register, _ language: Language, _ scope: Scope)
    async throws -> RegisterImport
  {
    guard let (name, bytes) = try await scope.read({ try $0.upload(upload.id, into: register) }) else {
      throw ImportRefusal.uploadGone
    }
    return try await plan(
      bytes, named: name, into: register, emptyClears: upload.emptyClears, language, in: scope)
  }
}

extension RegisterImport {
  /// The rows that were refused as they stand in the file, and why in an added column; for correcting and reading again.
  func refusedSheet(_ words: Words, _ language: Language) -> OutputSheet {
    let t = Texts<RegisterText>(language)
    let width = (match.columns.map(\.index).max() ?? 0) + 1
    var headings = [String](repeating: "", count: width)
    for column in match.columns { headings[column.index] = column.heading }
    let rows = rows.compactMap { row -> [Cell]? in
      guard case .refuse(let faults) = row.fate else { return nil }
      let cells = (refusedCells[row.number] ?? []).prefix(width)
      let blank = [Cell](repeating: .empty, count: width - cells.count)
      let reasons = faults.map { fault in
        let place = fault.index.map { "\(columnLetters($0))\(row.number) " } ?? ""
        return "\(place)\(words.problem(fault.problem, language))"
      }
      return cells + blank + [.text(String(reasons.joined(separator: "\n").prefix(10_000)))]
    }
    return OutputSheet(
      name: t(.importRefusedSheet), headings: headings + [t(.importReason)], rows: rows,
      columnWidths: [Double](repeating: 16, count: width) + [60])
  }

  /// 0 is A, 26 is AA.
  private func columnLetters(_ index: Int) -> String {
    var (rest, letters) = (index + 1, "")
    while rest > 0 {
      letters = "\(Character(Unicode.Scalar(UInt8(0x41 + (rest - 1) % 26))))\(letters)"
      rest = (rest - 1) / 26
    }
    return letters
  }
}
