public import Kernel
public import Storage
public import Web

/// Files beside records. Whoever shows a record decides who may see its files.
public enum Files {
  public static var catalog: Catalog { FileText.catalog }

  /// Puts a file beside a record, in the transaction that has seen that the record is there.
  @discardableResult
  public static func add(_ upload: StoredFile.Upload, to subject: String, _ tx: WriteTx) throws -> StoredFile
  {
    let file = StoredFile(
      id: tx.scope.newID(), subject: subject, title: upload.title, sha256: upload.sha256,
      mediaType: upload.mediaType, bytes: upload.content.count, addedAt: tx.scope.now,
      addedBy: tx.scope.actor.name, isWithdrawn: false)
    try tx.keep(upload.content, sha256: upload.sha256)
    try tx.insert(file)
    return file
  }

  /// A file of `subject` with its content, for keeping: it is never shown in the page, whatever it holds.
  ///
  /// - Throws: `StoredFile.Refusal.noSuchFile`, also for a file of another record.
  public static func download(_ id: StoredFile.ID, of subject: String, in scope: Scope) async throws -> Reply
  {
    let found = try await scope.read { tx -> (StoredFile, [UInt8])? in
      guard let file = try tx.file(id), file.subject == subject, let content = try tx.content(file.sha256)
      else { return nil }
      return (file, content)
    }
    guard let (file, content) = found else { throw StoredFile.Refusal.noSuchFile }
    return .file(content, type: file.mediaType, name: file.title)
  }

  /// Takes a file of `subject` out of the count; it stays, with its history.
  ///
  /// - Throws: `StoredFile.Refusal`.
  public static func withdraw(
    _ id: StoredFile.ID, of subject: String, because reason: String, in scope: Scope
  ) async throws {
    try await scope.write { tx in _ = try withdraw(id, of: subject, because: reason, tx) }
  }

  /// The same in a transaction that does more.
  static func withdraw(_ id: StoredFile.ID, of subject: String, because reason: String, _ tx: WriteTx) throws
    -> StoredFile
  {
    guard let reason = reason.trimmed(to: 1...400) else { throw StoredFile.Refusal.noReason }
    guard let file = try tx.file(id), file.subject == subject, !file.isWithdrawn else {
      throw StoredFile.Refusal.noSuchFile
    }
    try tx.withdraw(file, because: reason)
    return file
  }

  /// The files of a record: links, and for those who may, adding and withdrawing.
  ///
  /// - Parameter path: where the record's files are. `GET path/ID` downloads, `POST path` adds (`file`), `POST
  ///   path/ID/withdrawal` withdraws (`reason`).
  ///   - asking: more fields for the form that adds.
  public static func section(
    _ request: WebRequest, _ files: [StoredFile], path: String, mayEdit: Bool, asking: HTML? = nil
  ) -> HTML {
    let t = request.texts(FileText.self)
    let standing = files.filter { !$0.isWithdrawn }
    let list = standing.html { file in
      """
      <li><a href="\(path)/\(file.id)">\(file.title)</a> <span class="soft">\(size(file.bytes, t)) ・ \(request.language.timeTag(file.addedAt.day, short: false)) \(file.addedBy)</span>
      \(mayEdit ? withdrawal(request, file, path, t) : nil)</li>
      """
    }
    let rows: HTML =
      standing.isEmpty
      ? "<p class=\"small soft\">\(t(.none))</p>" : "<ul class=\"plain small\">\(list)</ul>"
    return """
      <section aria-labelledby="h-files" class="stack" data-gap="s"><h2 id="h-files">\(t(.title, standing.count))</h2>
      \(rows)\(mayEdit ? form(request, path, asking, t) : nil)</section>
      """
  }

  private static func form(
    _ request: WebRequest, _ path: String, _ asking: HTML?, _ t: Texts<FileText>
  ) -> HTML {
    """
    <details><summary class="button" data-size="s">\(t(.add))</summary>
    <form class="stack panel" method="post" enctype="multipart/form-data" action="\(path)">\(Components.formToken(request))
    <div class="field"><label for="file">\(t(.file))</label><input id="file" name="file" type="file" required aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.fileHint))</p></div>\(asking)
    <button class="button">\(t(.add))</button></form></details>
    """
  }

  private static func withdrawal(
    _ request: WebRequest, _ file: StoredFile, _ path: String, _ t: Texts<FileText>
  ) -> HTML {
    """
    <details><summary>\(t(.withdraw))<span class="visually-hidden"> \(file.title)</span></summary>
    <form method="post" action="\(path)/\(file.id)/withdrawal" class="stack" data-gap="s">\(Components.formToken(request))
    <div class="field"><label for="r-\(file.id)">\(t(.reason))</label><input id="r-\(file.id)" name="reason" required maxlength="400"></div>
    <button class="button" data-size="s" data-kind="danger">\(t(.withdraw))</button></form></details>
    """
  }

  /// Whole kilobytes, at least one.
  private static func size(_ bytes: Int, _ t: Texts<FileText>) -> String {
    t(.kilobytes, t.language.number(max(1, bytes / 1024)))
  }
}
