public import Kernel
import Registers
public import Storage
public import Web

/// Backups of the installation by plan, what became of them, and the drills that show that they can be restored.
public enum Backups {
  public static var feature: Feature {
    var feature = Feature("backups")
    feature.migrations = migrations
    feature.catalogs = [BackupText.catalog]
    let read: Set<Permission> = [.backupRead]
    let drill = read.union([.backupDrill])
    feature.grants = [
      .administrator: drill.union([.backupManage, .backupKey]), .operator: drill.union([.backupManage]),
      .safetyManager: drill, .itStaff: drill, .management: read,
      .auditor: read,
    ]
    feature.menu = [
      MenuEntry(
        "backup", path: "/backup", permission: .backupRead, order: 75,
        isFor: { $0.roles.contains(.operator) }, title: { Texts<BackupText>($0)(.title) })
    ]
    feature.routes = routes
    feature.records = { Texts<BackupText>($0)(.records) }
    feature.signals = ["backup-recovery": { tx, day in signal(of: try tx.backupFigures(on: day)) }]
    feature.due = [
      "backups.run": { row, scope in try await takeDue(row, in: scope) },
      "backups.check": { _, scope in try await check(in: scope) },
      "backups.verify": { row, scope in try await verify(row, in: scope) },
    ]
    return feature
  }

  /// The name of the key's file, beside the database.
  static let keyName = "backup-key"

  // MARK: The plan

  /// Saves the plan, makes the key at the first need, and sets the next backup.
  ///
  /// - Parameter version: of the plan that the person saw; 0 when there was none.
  /// - Throws: ``BackupRefusal``; `BackupProblem` when the place takes nothing; `Stale`.
  static func save(_ draft: (BackupPlan?) throws -> BackupPlan, version: Int, in scope: Scope) async throws {
    let before = try await scope.read { try $0.backupPlan() }
    let plan = try draft(before)
    guard (before?.version ?? 0) == version else { throw Stale() }
    if let other = try await Installation(scope.database).plannedFacility(), other != scope.facility {
      throw BackupRefusal.plannedElsewhere
    }
    try Backup.examine(plan.place, isDisk: plan.isDisk, apartFrom: scope.database.keyFolder)
    let isNew = try BackupSecret.findOrMakeKey(inFile: try keyPath(scope.database)).isNew
    try await scope.write { tx in
      try tx.store(plan, over: before)
      // Another key than the one that may lie printed in a safe.
      if isNew, before?.keyShownAt != nil { try tx.forgetKeyShown() }
      try tx.housekeeping.setDue("backups.run", "plan", at: plan.next(after: scope.now))
      try tx.housekeeping.setDue("backups.check", "plan", at: scope.now.day.adding(days: 1).morning)
    }
  }

  private static func keyPath(_ database: Database) throws -> String {
    guard let folder = database.keyFolder else { throw BackupRefusal.noKeyFolder }
    return "\(folder)/\(keyName)"
  }

  /// The key is made when a plan is saved and never behind anyone's back: what the paper in the safe does not open is no backup.
  private static func secret(beside database: Database) throws -> BackupSecret {
    do { return try BackupSecret.key(inFile: try keyPath(database)) } catch BackupProblem.keyMissing {
      throw BackupRefusal.keyGone
    }
  }

  /// The key in groups of eight digits, once; afterwards it is only on the server.
  ///
  /// - Throws: ``BackupRefusal``.
  static func showKey(in scope: Scope) async throws -> String {
    guard let plan = try await scope.read({ try $0.backupPlan() }) else { throw BackupRefusal.noPlan }
    guard plan.keyShownAt == nil else { throw BackupRefusal.keyShown }
    guard case .key(let key) = try secret(beside: scope.database) else { throw BackupRefusal.noKeyFolder }
    try await scope.write { try $0.markKeyShown() }
    return hexadecimal(key)
  }

  /// Sets a backup for the worker's next look.
  static func runSoon(in scope: Scope) async throws {
    try await scope.write { tx in
      guard try tx.backupPlan() != nil else { throw BackupRefusal.noPlan }
      try tx.housekeeping.setDue("backups.run", "now", at: scope.now)
    }
  }

  // MARK: Making one

  private static func takeDue(_ row: DueRow, in scope: Scope) async throws {
    let plan = try await scope.read { try $0.backupPlan() }
    // The next time first: what fails now must not be tried again each minute.
    try await scope.write { tx in
      let next = row.subject == "plan" ? plan?.next(after: scope.now) : nil
      try tx.housekeeping.setDue("backups.run", row.subject, at: next)
    }
    guard let plan else { return }
    try await run(plan, row.subject == "plan" ? .plan : .page, in: scope)
  }

  static func run(_ plan: BackupPlan, _ way: BackupRun.Way, in scope: Scope) async throws {
    do {
      let secret = try secret(beside: scope.database)
      let made = try await Backup.create(
        of: scope.database, to: plan.place, secret: secret,
        program: Web.Release.version, now: scope.now, isDisk: plan.isDisk)
      try await record(made, way, in: scope)
      _ = try Backup.prune(beside: made, secret, plan.retention)
    } catch let problem as any Problem {
      try await tell(problem, plan, way, in: scope)
    }
  }

  private static func record(_ made: Backup.Made, _ way: BackupRun.Way, in scope: Scope) async throws {
    let head = made.header.facilities.first { $0.id == scope.facility }
    let run = BackupRun(
      id: scope.newID(), at: scope.now, elapsedMs: made.elapsedMs, way: way,
      place: String(made.path.prefix(upTo: made.path.lastIndex(of: "/") ?? made.path.endIndex)),
      file: made.path, bytes: made.bytes, entries: head?.entries ?? 0, head: head?.head ?? "", problem: nil)
    try await scope.write { try $0.insert(run) }
  }

  /// Keeps in mind a backup that was made from the shell, for every facility in it.
  public static func record(_ made: Backup.Made, in database: Database, now: Instant) async throws {
    // A database of an earlier version has no place for it.
    guard made.header.tables["backup_run"] != nil else { return }
    for facility in made.header.facilities {
      try await record(
        made, .shell, in: Scope(database, actor: .system("backup"), facility: facility.id, now: now))
    }
  }

  private static func tell(
    _ problem: any Problem, _ plan: BackupPlan, _ way: BackupRun.Way, in scope: Scope
  ) async throws {
    let run = BackupRun(
      id: scope.newID(), at: scope.now, elapsedMs: 0, way: way, place: plan.place, file: "", bytes: 0,
      entries: 0,
      head: "", problem: BackupRun.Told(code: problem.code, arguments: problem.arguments))
    try await scope.write { tx in
      try tx.insert(run)
      for person in try tx.backupKeepers() {
        try tx.housekeeping.post(
          Message(
            cause: "backups.failed:\(run.id)", recipient: person, step: 1, key: "backups.failed",
            arguments: [plan.place], link: "/backup"))
      }
    }
  }

  /// Each morning: tells when the newest backup is older than a day and two hours, also when the server was off.
  private static func check(in scope: Scope) async throws {
    try await scope.write { tx in
      guard try tx.backupPlan() != nil else {
        return try tx.housekeeping.setDue("backups.check", "plan", at: nil)
      }
      try tx.housekeeping.setDue("backups.check", "plan", at: scope.now.day.adding(days: 1).morning)
      let last = try tx.lastGoodBackup()?.at
      guard last.map({ scope.now.milliseconds - $0.milliseconds > 26 * 3_600_000 }) ?? true else { return }
      for person in try tx.backupKeepers() {
        try tx.housekeeping.post(
          Message(
            cause: "backups.missed:\(scope.now.day)", recipient: person, step: 1, key: "backups.missed",
            arguments: [last.map { "\($0.day)" } ?? "−"], link: "/backup"))
      }
    }
  }

  // MARK: Drills

  static func add(_ drill: RestoreDrill, in scope: Scope) async throws {
    try await scope.write { try $0.insert(drill) }
  }

  /// Sets a restore into a temporary place for the worker's next look.
  static func verifySoon(_ id: BackupRun.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let run = try tx.backupRun(id), run.problem == nil else { throw BackupRefusal.noFile }
      try tx.housekeeping.setDue("backups.verify", "\(run.id)/\(scope.actor.name)", at: scope.now)
    }
  }

  private static func verify(_ row: DueRow, in scope: Scope) async throws {
    try await scope.write { try $0.housekeeping.setDue("backups.verify", row.subject, at: nil) }
    let parts = row.subject.split(separator: "/", maxSplits: 1).map(String.init)
    guard let id = parts.first.flatMap({ BackupRun.ID($0) }),
      let run = try await scope.read({ try $0.backupRun(id) })
    else { return }
    let by = parts.count > 1 ? parts[1] : scope.actor.name
    do {
      let verdict = try await Backup.verify(
        run.file, secret: try secret(beside: scope.database), beside: scope.database, now: scope.now)
      try await add(drill(of: verdict, file: run.file, by: by, in: scope), in: scope)
    } catch let problem as any Problem {
      let failed = RestoreDrill(
        id: scope.newID(), on: scope.now.day, elapsedMs: 0, doneBy: by, system: "", result: .failed,
        remark: "\(run.file): \(problem.code)", isMeasured: true)
      try await add(failed, in: scope)
    }
  }

  /// The drill that a look at a restored backup was.
  private static func drill(of verdict: Backup.Verdict, file: String, by name: String, in scope: Scope)
    -> RestoreDrill
  {
    RestoreDrill(
      id: scope.newID(), on: scope.now.day, elapsedMs: verdict.elapsedMs, doneBy: name, system: "",
      result: verdict.ok ? .good : .failed, remark: file, isMeasured: true)
  }

  /// Records a verification from the shell as a drill of each facility in it that `database` has.
  public static func record(
    _ verdict: Backup.Verdict, of file: String, by name: String, in database: Database, now: Instant
  )
    async throws
  {
    let here = Set(try await Facilities.all(in: database).map(\.id))
    for facility in verdict.header.facilities where here.contains(facility.id) {
      let scope = Scope(database, actor: .shell(name), facility: facility.id, now: now)
      try await add(drill(of: verdict, file: file, by: name, in: scope), in: scope)
    }
  }

  // MARK: What it says to the checklists

  /// Met only with a drill of a system other than Mamorite itself: its own backup says nothing of the patients' records.
  static func signal(of figures: BackupFigures) -> Signal? {
    guard !figures.isEmpty else { return nil }
    let ground =
      "backups=\(figures.runs > 0 ? "yes" : "no") fresh=\(figures.isFresh ? "yes" : "no") drills=\(figures.drills) others=\(figures.otherDrills) failed=\(figures.failedDrills)"
    func said(_ state: Signal.State, _ concern: Sentence?) -> Signal {
      Signal(
        state, Sentence(BackupText.signal, figures.runs, figures.drills), concern: concern,
        oldest: figures.oldest, path: "/backup", ground: ground)
    }
    if figures.failedDrills > 0 {
      return said(.partly, Sentence(BackupText.signalFailed, figures.failedDrills))
    }
    if figures.drills == 0 { return said(.partly, Sentence(BackupText.signalNoDrill, 0)) }
    if figures.daysSince != nil, !figures.isFresh {
      return said(.partly, Sentence(BackupText.signalOld, figures.daysSince ?? 0))
    }
    if figures.otherDrills == 0 { return said(.unknown, Sentence(BackupText.signalOnlyOurs, 0)) }
    return said(.met, nil)
  }
}

extension WriteTx {
  /// Who is told of what goes wrong.
  fileprivate func backupKeepers() throws -> [PersonID] {
    try people().filter { [.administrator, .safetyManager, .itStaff].contains($0.role) }.map(\.id)
  }
}

extension Permission {
  static let backupRead = Permission("backup.read")
  /// The plan, and taking one at once.
  static let backupManage = Permission("backup.manage")
  /// Seeing the key: with it and a file one has everything.
  static let backupKey = Permission("backup.key")
  static let backupDrill = Permission("backup.drill")
}
