import Kernel
import Storage
import Web

extension RegisterExchange {
  /// Files up to this size are taken in while the person waits; longer ones beside it, with a page that shows how far it is.
  static let quickBytes = 128 << 10

  /// Begins to take a kept file in, and gives its run: finished for a small file, running for a large one.
  ///
  /// The work goes on when nobody looks. When the program ends in the middle of it, nothing has been taken in.
  /// - Throws: `ImportRefusal.running` when another import of this register is under way; `.uploadGone`.
  static func start(
    _ upload: Pending, stamp: String, into register: Register, _ request: WebRequest, _ desk: ImportDesk,
    in scope: Scope
  ) async throws -> ImportRun {
    guard let (name, bytes) = try await scope.read({ try $0.upload(upload.id, into: register) }) else {
      throw ImportRefusal.uploadGone
    }
    // Pressed twice: the second time shows what the first began. What failed may be tried again.
    if let known = try await scope.read({ try $0.importRun(upload.id, into: register) }),
      known.state == .done || desk.progress(known.id) != nil
    {
      return known
    }
    let run = ImportRun(
      id: upload.id, file: name, emptyClears: upload.emptyClears, state: .running,
      startedBy: scope.actor.name,
      startedAt: scope.now)
    try await claim(run, register, request, desk, in: scope)
    let language = request.language
    let work = { @Sendable in
      await carryOut(run, bytes, stamp: stamp, into: register, language, desk, in: scope)
    }
    if bytes.count <= quickBytes {
      let ended = await work()
      if let problem = ended.problem { throw problem }
      return ended
    }
    Task.detached { await work() }
    return run
  }

  /// Makes this the one import of the register.
  private static func claim(
    _ run: ImportRun, _ register: Register, _ request: WebRequest, _ desk: ImportDesk, in scope: Scope
  ) async throws {
    let other = try await scope.read { try $0.runningImport(into: register) }
    if let other, isAlive(other, desk, in: scope) {
      throw ImportRefusal.running(
        by: other.startedBy, at: request.language.time(other.startedAt))
    }
    desk.begin(run.id)
    do {
      try await scope.write { tx in
        if var other {
          (other.state, other.problem) = (.failed, ImportRun.Failure(ImportRefusal.interrupted))
          try tx.end(other)
        }
        try tx.forgetOldImports()
        try tx.begin(run, into: register)
      }
    } catch {
      desk.end(run.id)
      throw error
    }
  }

  /// Whether an import that is stored as running still can be: with SQLite there is one server, so it runs here or nowhere.
  static func isAlive(_ run: ImportRun, _ desk: ImportDesk, in scope: Scope) -> Bool {
    if desk.progress(run.id) != nil { return true }
    return scope.database.dialect == .postgres && scope.now < run.startedAt.adding(minutes: 10)
  }

  private static func carryOut(
    _ run: ImportRun, _ bytes: [UInt8], stamp: String, into register: Register, _ language: Language,
    _ desk: ImportDesk, in scope: Scope
  ) async -> ImportRun {
    defer { desk.end(run.id) }
    do {
      return try await desk.inTurn {
        let source = try await read(
          bytes, named: run.file, into: register, emptyClears: run.emptyClears, language, in: scope)
        guard source.hasKeyColumn else {
          throw ImportRefusal.noKeyColumn(label: register.key.label(language))
        }
        return try await scope.write { tx in
          let pass = try apply(source, expecting: stamp, tx) { desk.note(run.id, $0, of: $1) }
          guard pass.added + pass.updated > 0 else { throw ImportRefusal.nothingToImport }
          var ended = run
          (ended.state, ended.read, ended.added) = (.done, pass.read, pass.added)
          (ended.updated, ended.unchanged, ended.refused) = (pass.updated, pass.unchanged, pass.refused)
          try tx.end(ended)
          return ended
        }
      }
    } catch {
      // Whatever it was, the transaction has undone everything.
      var failed = run
      (failed.state, failed.problem) = (.failed, ImportRun.Failure(error))
      let kept = failed
      // When even this cannot be written, the run is found interrupted later.
      try? await scope.write { try $0.end(kept) }
      return failed
    }
  }
}
