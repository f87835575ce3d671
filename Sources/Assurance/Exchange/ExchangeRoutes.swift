import Kernel
import Publishing
import Registers
import Storage
import Web

extension Exchange {
  static let migrations = [
    Migration(
      "20261121-4-upload",
      [
        """
        CREATE TABLE import_upload (
          facility_id TEXT NOT NULL, id TEXT NOT NULL, assessment_id TEXT NOT NULL, file TEXT NOT NULL,
          content \(sqlite: "BLOB", postgres: "BYTEA") NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (facility_id, id)
        )
        """
      ] + Migration.confine("import_upload"))
  ]

  /// A file between preview and decision; kept for a day.
  enum Upload {}

  static func routes(_ routes: inout Routes, _ library: PackLibrary) {
    routes.get("assessments/:id/import", needs: .assessmentsEdit) { request, scope in
      let overview = try await Assessments.overview(try request.id(), library: library, in: scope)
      return .page(ImportPages.choose(request, overview, problem: nil))
    }
    routes.post("assessments/:id/import/preview", needs: .assessmentsEdit, bodyLimit: 21 << 20) {
      request, scope in
      let id: Assessment.ID = try request.id()
      let file = try request.form().files["file"]
      do {
        guard let file, !file.bytes.isEmpty else { throw Answer.Refusal.proofEmpty }
        let preview = try await preview(file.bytes, named: file.name, into: id, library: library, in: scope)
        let upload: ID<Upload> = scope.newID()
        try await scope.write { try $0.keepUpload(upload, of: id, file: file.name, bytes: file.bytes) }
        return .page(ImportPages.preview(request, preview, upload: upload))
      } catch let problem as any Problem where problem.kind == .invalid || problem.kind == .tooLarge {
        let overview = try await Assessments.overview(id, library: library, in: scope)
        return .page(ImportPages.choose(request, overview, problem: problem), status: 422)
      }
    }
    routes.post("assessments/:id/import", needs: .assessmentsEdit) { request, scope in
      let id: Assessment.ID = try request.id()
      let form = try request.form()
      guard let upload = ID<Upload>(form["upload"]),
        let (name, bytes) = try await scope.read({ try $0.upload(upload, of: id) })
      else { throw WebProblem.notFound }
      let preview = try await preview(bytes, named: name, into: id, library: library, in: scope)
      let count = try await apply(preview, stamp: Int(form["stamp"]), in: scope)
      try await scope.write { try $0.dropUpload(upload) }
      return .redirect(to: "/assessments/\(id)?imported=\(count)")
    }
    for format in Format.allCases {
      routes.get("assessments/:id/export.\(format.rawValue)", needs: .assessmentsRead) { request, scope in
        let overview = try await Assessments.overview(try request.id(), library: library, in: scope)
        let name =
          "checklist-\(overview.assessment.fiscalYear)-\(overview.assessment.form).\(format.rawValue)"
        return .file(try export(overview, as: format, request.language), type: format.mediaType, name: name)
      }
      routes.openToTokens()
      routes.showSensitive { $0.parameters["id"].map { "assessment:\($0)" } }
    }
  }
}

extension WriteTx {
  func keepUpload(_ id: ID<Exchange.Upload>, of assessment: Assessment.ID, file: String, bytes: [UInt8])
    throws
  {
    let dayAgo = scope.now.adding(minutes: -24 * 60)
    try housekeeping.run("DELETE FROM import_upload WHERE facility_id = \(facility) AND at_ms < \(dayAgo)")
    try housekeeping.run(
      """
      INSERT INTO import_upload (facility_id, id, assessment_id, file, content, at_ms)
      VALUES (\(facility), \(id), \(assessment), \(file), \(bytes), \(scope.now))
      """)
  }

  func dropUpload(_ id: ID<Exchange.Upload>) throws {
    try housekeeping.run("DELETE FROM import_upload WHERE facility_id = \(facility) AND id = \(id)")
  }
}

extension ReadTx {
  func upload(_ id: ID<Exchange.Upload>, of assessment: Assessment.ID) throws -> (String, [UInt8])? {
    try first(
      """
      SELECT file, content FROM import_upload
      WHERE facility_id = \(facility) AND id = \(id) AND assessment_id = \(assessment)
      """
    ) { (try $0.text(0), try $0.blob(1)) }
  }
}

/// Choosing a file, and seeing what it would do.
enum ImportPages {
  static func choose(_ request: WebRequest, _ overview: Assessments.Overview, problem: (any Problem)?) -> Page
  {
    let t = request.texts(AssessmentText.self)
    let id = overview.assessment.id
    let year = request.language.fiscalYear(overview.assessment.fiscalYear)
    return Page(
      t(.importTitle), menu: "assessments", narrow: true,
      """
      <ol class="crumbs"><li><a href="/assessments/\(id)">\(year) \(overview.form.title(request.language))</a></li></ol>
      <h1>\(t(.importTitle))</h1>
      <p>\(t(.importLead))</p>
      \(problem.map { Components.notice(.bad, request.words.problem($0, request.language)) })
      <form class="panel stack" method="post" enctype="multipart/form-data" action="/assessments/\(id)/import/preview">
      \(Components.formToken(request))
      <div class="field"><label for="file">\(t(.importFile))</label><input id="file" name="file" type="file" accept=".xlsx,.csv,.txt,.tsv" required aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.importHint)) \(t(.noteHint))</p></div>
      <p><button class="button" data-kind="primary">\(t(.importRead))</button></p>
      </form>
      """)
  }

  static func preview(_ request: WebRequest, _ preview: Exchange.Preview, upload: ID<Exchange.Upload>) -> Page
  {
    let t = request.texts(AssessmentText.self)
    let id = preview.assessment.id
    let lines = preview.plan.itemLines
    let rows = lines.html { line in
      "<tr><td class=\"num\" data-label=\"\(t(.importRow))\">\(line.row)</td><td class=\"nowrap\" data-label=\"\(t(.columnNumber))\">\(line.label)</td><th scope=\"row\" data-label=\"\(t(.columnQuestion))\">\(line.text)</th><td data-label=\"\(t(.importFate))\"><span>\(fate(request, line, preview, t))</span></td></tr>"
    }
    let people: HTML? =
      preview.newPeople.isEmpty
      ? nil
      : Components.notice(.info, t(.importNewPeople), "<p>\(preview.newPeople.joined(separator: "、"))</p>")
    let applied = preview.plan.applied
    let decide: HTML =
      applied == 0
      ? Components.notice(.bad, t(.importNothing))
      : """
      <form method="post" action="/assessments/\(id)/import" class="cluster">\(Components.formToken(request))<input type="hidden" name="upload" value="\(upload)"><input type="hidden" name="stamp" value="\(preview.stamp)">
      <button class="button" data-kind="primary">\(t(.importApply, applied))</button></form>
      """
    return Page(
      t(.importPreviewTitle), menu: "assessments",
      """
      <h1>\(t(.importPreviewTitle))</h1>
      <p>\(t(.importSheet, preview.plan.sheet, "\(preview.plan.headerRow)")) <strong>\(t(.importFates, lines.count, applied, lines.count - applied))</strong></p>
      \(people)
      \(preview.plan.looksLikeAnotherYear ? Components.notice(.warn, t(.importOtherYear)) : nil)
      <div class="cluster">\(decide)<a href="/assessments/\(id)/import">\(t(.importCancel))</a></div>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.importPreviewTitle))</caption><thead><tr><th scope="col">\(t(.importRow))</th><th scope="col">\(t(.columnNumber))</th><th scope="col">\(t(.columnQuestion))</th><th scope="col">\(t(.importFate))</th></tr></thead><tbody>\(rows)</tbody></table>
      """)
  }

  private static func fate(
    _ request: WebRequest, _ line: ChecklistImport.Line, _ preview: Exchange.Preview,
    _ t: Texts<AssessmentText>
  ) -> HTML {
    switch line.fate {
    case .skip(let reason):
      return Components.finding(
        request.words.message("import.\(reason.code)", reason.arguments, request.language))
    case .apply(let item, let reading):
      let words = Exchange.words(for: reading, request.language).joined(separator: " / ")
      let replace: HTML? = preview.replaced.contains(item) ? Components.tag(t(.importReplace), .warn) : nil
      return "\(preview.form.item(item)?.label) \(words) \(replace)"
    }
  }
}
