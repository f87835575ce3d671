import Kernel
import Publishing
import Storage
import Web

extension RegisterExchange {
  static func routes(_ routes: inout Routes, _ desk: ImportDesk) {
    for format in Register.Format.allCases {
      routes.get(
        "registers/:register/export.\(format.rawValue)", needs: .registersRead, isPrivileged: true
      ) { request, scope in
        let register = try await Registry.register(request, scope)
        let bytes = try await export(
          register, ListView(request, register).query, as: format, request.language, in: scope)
        let name = "\(register.id)-\(scope.now.day).\(format.rawValue)"
        return .file(bytes, type: format.mediaType, name: name)
      }
      routes.openToTokens()
      routes.showSensitive { request in request.parameters["register"].map { "\($0):register" } }
    }
    imports(&routes, desk)
    corrections(&routes, desk)
    runs(&routes, desk)
  }

  private static func imports(_ routes: inout Routes, _ desk: ImportDesk) {
    routes.get("registers/:register/import", needs: .registersEdit) { request, _ in
      .page(RegisterImportPages.choose(request, try Registry.register(request.parameter("register")), nil))
    }
    routes.post("registers/:register/import", needs: .registersEdit, bodyLimit: fileBytes + 1 << 20) {
      request, scope in
      let register = try await Registry.register(request, scope)
      let form = try request.form()
      do {
        guard let file = form.files["file"], !file.bytes.isEmpty else { throw ImportRefusal.noFile }
        let upload = Pending(id: scope.newID(), emptyClears: !form["clears"].isEmpty)
        let plan = try await desk.inTurn {
          try await RegisterExchange.plan(
            file.bytes, named: file.name, into: register, emptyClears: upload.emptyClears, request.language,
            in: scope)
        }
        try await scope.write {
          try $0.keepUpload(upload.id, into: register, name: file.name, bytes: file.bytes)
        }
        return .page(RegisterImportPages.preview(request, plan, upload))
      } catch let problem as any Problem where [.invalid, .tooLarge, .tooMany].contains(problem.kind) {
        let status = problem.kind == .tooMany ? 429 : 422
        return .page(RegisterImportPages.choose(request, register, problem), status: status)
      }
    }
  }

  private static func corrections(_ routes: inout Routes, _ desk: ImportDesk) {
    routes.post("registers/:register/import/columns", needs: .registersEdit) { request, scope in
      let register = try await Registry.register(request, scope)
      let form = try request.form()
      let chosen = zip(form.all("heading"), form.all("field")).map { heading, field in
        (heading: heading, field: register.field(field)?.id ?? "")
      }
      let corrections = register.corrections(chosen)
      try await scope.write { try $0.keepMapping(corrections, for: chosen.map(\.heading), of: register) }
      let (plan, upload) = try await kept(form, register, request.language, desk, scope)
      return .page(RegisterImportPages.preview(request, plan, upload))
    }
    routes.get("registers/:register/import/refused.xlsx", needs: .registersEdit) { request, scope in
      let register = try await Registry.register(request, scope)
      let upload = try Pending(request.query("upload"), clears: request.query("clears"))
      let plan = try await kept(upload, register, request.language, desk, scope)
      let bytes = try Sheets.xlsx([plan.refusedSheet(request.words, request.language)])
      return .file(bytes, type: Register.Format.xlsx.mediaType, name: "\(register.id)-refused.xlsx")
    }
  }

  private static func runs(_ routes: inout Routes, _ desk: ImportDesk) {
    routes.post("registers/:register/import/apply", needs: .registersEdit) { request, scope in
      let register = try await Registry.register(request, scope)
      let form = try request.form()
      let upload = try Pending(form["upload"], clears: form["clears"])
      let run = try await start(upload, stamp: form["stamp"], into: register, request, desk, in: scope)
      return .redirect(to: "/registers/\(register.id)/import/\(run.id)")
    }
    routes.get("registers/:register/import/:id", needs: .registersEdit) { request, scope in
      let register = try await Registry.register(request, scope)
      let id: ID<Upload> = try request.id()
      guard var run = try await scope.read({ try $0.importRun(id, into: register) }) else {
        throw ImportRefusal.uploadGone
      }
      let progress = desk.progress(id)
      if run.state == .running && !isAlive(run, desk, in: scope) {
        // It may have ended between the two looks.
        run = try await scope.read({ try $0.importRun(id, into: register) }) ?? run
        if run.state == .running {
          (run.state, run.problem) = (.failed, ImportRun.Failure(ImportRefusal.interrupted))
        }
      }
      let page = Reply.page(ImportRunPage.page(request, register, run, progress))
      return run.state == .running ? page.with("Refresh", "2") : page
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

  private static func kept(
    _ form: FormValues, _ register: Register, _ language: Language, _ desk: ImportDesk, _ scope: Scope
  ) async throws -> (RegisterImport, Pending) {
    let upload = try Pending(form["upload"], clears: form["clears"])
    return (try await kept(upload, register, language, desk, scope), upload)
  }

  private static func kept(
    _ upload: Pending, _ register: Register, _ language: Language, _ desk: ImportDesk, _ scope: Scope
  ) async throws -> RegisterImport {
    guard let (name, bytes) = try await scope.read({ try $0.upload(upload.id, into: register) }) else {
      throw ImportRefusal.uploadGone
    }
    return try await desk.inTurn {
      try await plan(
        bytes, named: name, into: register, emptyClears: upload.emptyClears, language, in: scope)
    }
  }
}

extension RegisterImport {
  /// The rows that were refused as they stand in the file, and why in an added column; for correcting and reading again.
  func refusedSheet(_ words: Words, _ language: Language) -> OutputSheet {
    let t = Texts<RegisterText>(language)
    let width = (match.columns.map(\.index).max() ?? 0) + 1
    var headings = [String](repeating: "", count: width)
    for column in match.columns { headings[column.index] = column.heading }
    var marks: [OutputSheet.Mark] = []
    var out: [[Cell]] = []
    for row in rows {
      guard case .refuse(let faults) = row.fate else { continue }
      let cells = source.cells(row.number).prefix(width)
      let blank = [Cell](repeating: .empty, count: width - cells.count)
      let reasons = faults.map { fault -> String in
        let reason = words.problem(fault.problem, language)
        guard let index = fault.index else { return reason }
        marks.append(OutputSheet.Mark(row: out.count, column: index, comment: reason))
        return "\(columnLetters(index))\(row.number) \(reason)"
      }
      out.append(cells + blank + [.text(String(reasons.joined(separator: "\n").prefix(10_000)))])
    }
    return OutputSheet(
      name: t(.importRefusedSheet), headings: headings + [t(.importReason)], rows: out,
      columnWidths: [Double](repeating: 16, count: width) + [60], marks: marks)
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
