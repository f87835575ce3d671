import Assurance
import Crypto
import Foundation
import Kernel
import Operations
import Publishing
import Registers
import Storage
import Web

/// Prints the figures that `docs` speak of, with the machine's facts. Nothing here passes or fails.
@main
struct Bench {
  static let now = Instant(milliseconds: 1_771_897_200_000)  // 2026-02-24 10:40 in Tokyo

  static func main() async throws {
    // The other end of the checks is a process of its own.
    if CommandLine.arguments.dropFirst() == ["loopback"] { return Loopback.serve() }
    facts()
    let library = try PackLibrary.find(environment: ProcessInfo.processInfo.environment)
    // `Bench registers ledger` measures those alone, `Bench monitoring beats` one thing of watching.
    let asked = Array(CommandLine.arguments.dropFirst())
    let parts: [(String, @Sendable (String) async throws -> Void)] = [
      ("first-page", { try await firstPage($0) }), ("saving", { try await saving($0, library) }),
      ("long-pages", { try await longPages($0, library) }),
      (
        "registers",
        { folder in try await RegisterBench.run(folder) { try await hospital($0, library) } }
      ),
      (
        "responsibility",
        { folder in try await ResponsibilityBench.run(folder) { try await hospital($0, library) } }
      ),
      ("importing", { try await importing($0, library) }), ("region", { try await region($0, library) }),
      ("diagrams", { _ in DiagramBench.run() }), ("frameworks", { try await FrameworkBench.run($0) }),
      ("frameworks", { try await AuditBench.run($0, library) }),
      (
        "sign-in",
        { folder in try await SignInBench.run(folder) { try await hospital($0, library) } }
      ),
      ("ledger", { try await ledger($0) }), ("password", { _ in password() }),
      ("backup", { try await BackupBench.run($0) }), ("oncall", { _ in OnCallBench.run() }),
      ("monitoring", { try await MonitoringBench.run($0, library, asked: asked) }),
    ]
    for (name, part) in parts where asked.isEmpty || asked.contains(name) { try await inFolder(part) }
    print("memory of this process at its peak: \(peakMemory()) MB")
  }

  // MARK: What is measured

  /// From starting the server on an existing database until the first page is there; then its idle memory.
  static func firstPage(_ folder: String) async throws {
    let binary = LiveSite.binary
    _ = try run(binary, ["demo", "--data", folder, "--samples", "demo"])
    let port = 19_080 + Int(getpid()) % 1000
    let server = Process()
    server.executableURL = URL(fileURLWithPath: binary)
    server.arguments = ["serve", "--data", folder, "--port", "\(port)"]
    server.standardOutput = FileHandle.nullDevice
    let start = ContinuousClock.now
    try server.run()
    while (try? run("/usr/bin/curl", ["-sf", "http://127.0.0.1:\(port)/sign-in"]).isEmpty) ?? true {
      guard ContinuousClock.now - start < .seconds(10) else { break }
    }
    report("first page after start, existing database", ms(since: start), "ms", budget: 500)
    let status = try String(contentsOfFile: "/proc/\(server.processIdentifier)/status", encoding: .utf8)
    let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }?.split(whereSeparator: {
      !$0.isNumber
    }).first
    report("resident memory after it", Double(resident.flatMap { Int($0) } ?? 0) / 1024, "MB", budget: 80)
    server.terminate()
    server.waitUntilExit()
  }

  static func saving(_ folder: String, _ library: PackLibrary) async throws {
    let (database, scope) = try await hospital(folder, library)
    let assessment = try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: nil, library: library, in: scope)
    var version = 0
    let start = ContinuousClock.now
    for index in 0..<300 {
      let saved = try await Assessments.save(
        Answer.Draft(value: .no, note: "\(index)"), item: "r7-med-2-1", of: assessment.id, version: version,
        library: library, in: scope)
      version = saved.version
    }
    report(
      "saving one answer, ledger and all, SQLite with full sync", ms(since: start) / 300, "ms", budget: 5)
    try await pages(library, scope, assessment)
    await database.close()
  }

  static func pages(_ library: PackLibrary, _ scope: Scope, _ assessment: Assessment) async throws {
    for index in 0..<1000 {
      _ = try await People.add(name: "人\(index)", department: "", role: .staff, in: scope)
    }
    var start = ContinuousClock.now
    for _ in 0..<20 { _ = try await Reports.management(assessment.id, library: library, in: scope) }
    report("data of the management report, 1,000 people beside it", ms(since: start) / 20, "ms")
    let data = try await Reports.management(assessment.id, library: library, in: scope)
    let environment = ProcessInfo.processInfo.environment
    _ = try await Reports.file(data, as: .pdf, .ja, environment: environment)
    start = ContinuousClock.now
    for _ in 0..<3 { _ = try await Reports.file(data, as: .pdf, .ja, environment: environment) }
    report("management report as PDF", ms(since: start) / 3, "ms", budget: 600)
  }

  /// A checklist of 1,800 rows and lists with 10,000 rows behind them, over HTTP.
  static func longPages(_ folder: String, _ library: PackLibrary) async throws {
    let packs = try LongForm.packs(in: folder, like: library)
    let long = PackLibrary(folder: packs)
    let (database, scope) = try await hospital(folder, long)
    _ = try await Accounts.add(
      name: "ベンチ", login: LiveSite.login, password: LiveSite.password, role: .administrator, in: scope)
    try await addPeople(0..<40, scope)
    let assessment = try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: nil, library: long, in: scope)
    try await time(
      folder, packs,
      [
        ("page of all 1,800 rows of a checklist", "/assessments/\(assessment.id)?mark=unanswered", 40.0),
        ("page of one of its sections (90 rows)", "/assessments/\(assessment.id)", 40),
      ])
    try await importLong(assessment, long, scope)
    try await addPeople(40..<10_000, scope)
    await database.close()
    try await time(
      folder, packs,
      [
        ("list of people, 10,000 behind it", "/people", 10),
        ("  its last page", "/people?page=201", 10),
        ("record, 10,000 entries behind it", "/ledger", 10),
      ])
  }

  /// Every row of the long checklist answered in a workbook, from its bytes to the stored answers.
  private static func importLong(_ assessment: Assessment, _ library: PackLibrary, _ scope: Scope)
    async throws
  {
    let rows = try library.form("med", of: assessment.pack).rows.map { item -> [Cell] in
      [
        .text(item.label), .text(item.question.ja), .text("はい"), Day(2025, 6, 12).map { .day($0) } ?? .empty,
        .text("人1"), .text("備考 \(item.label)"),
      ]
    }
    let file = try Sheets.xlsx([
      OutputSheet(
        name: "R7", headings: ["番号", "項目", "はい/いいえ", "確認日", "担当", "備考"], rows: rows, columnWidths: [])
    ])
    let start = ContinuousClock.now
    let preview = try await Exchange.preview(
      file, named: "a.xlsx", into: assessment.id, library: library, in: scope)
    let count = try await Exchange.apply(preview, in: scope)
    report(
      "importing a workbook of \(count) answers, read, decided and stored", ms(since: start), "ms",
      budget: 1000)
  }

  private static func addPeople(_ numbers: Range<Int>, _ scope: Scope) async throws {
    for index in numbers {
      _ = try await People.add(name: "人\(index)", department: "部署\(index % 40)", role: .staff, in: scope)
    }
  }

  private static func time(
    _ folder: String, _ packs: String, _ pages: [(what: String, path: String, budget: Double)]
  ) async throws {
    let site = try LiveSite(data: folder, packs: packs)
    defer { site.stop() }
    for page in pages {
      let (time, bytes) = try site.time(page.path)
      report("\(page.what) (\(bytes / 1024) KiB)", time, "ms", budget: page.budget)
    }
  }

  static func importing(_ folder: String, _ library: PackLibrary) async throws {
    let (database, scope) = try await hospital(folder, library)
    let assessment = try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: nil, library: library, in: scope)
    let rows = (0..<2000).map { index -> [Cell] in
      [
        .text(index < 19 ? "2-\(index % 13 + 1)" : "1-\(index)"), .text("項目"), .text("はい"),
        Day(2025, 6, 12).map { .day($0) } ?? .empty, .empty, .text("田中"), .text("備考 \(index)"), .empty,
        .empty, .empty,
      ]
    }
    let sheet = OutputSheet(
      name: "R7", headings: ["番号", "項目", "はい/いいえ", "確認日", "目標日", "担当", "備考", "a", "b", "c"], rows: rows,
      columnWidths: [])
    let file = try Sheets.xlsx([sheet])
    let start = ContinuousClock.now
    let workbook = try Sheets.read(file, named: "a.xlsx")
    let read = ms(since: start)
    // Most of these numbers are of no edition, so the plan refuses; reading and deciding is what takes the time.
    _ = try? Exchange.plan(
      file, named: "a.xlsx", form: library.form("med", of: assessment.pack), year: FiscalYear(2025),
      today: now.day)
    report("reading a workbook of \(workbook.sheets[0].rows.count) rows", read, "ms")
    report("reading it and deciding every row's fate", ms(since: start) - read, "ms", budget: 1000)
    await database.close()
  }

  /// 1,000 facilities with three years of answers each; pages of one of them.
  static func region(_ folder: String, _ library: PackLibrary) async throws {
    let database = try await opened(folder, library)
    var last: (Scope, Assessment)?
    let start = ContinuousClock.now
    for index in 0..<1000 {
      let facility = try await Facilities.create(
        name: "病院\(index)", kind: .hospital, beds: 20 + index % 400, prefecture: nil, by: .system("bench"),
        in: database, now: now)
      let scope = Scope(database, actor: .system("bench"), facility: facility.id, now: now)
      for year in [2023, 2024, 2025] {
        let assessment = try await Assessments.open(
          form: "med", year: FiscalYear(year), pack: nil, library: library, in: scope, carryOver: year > 2023)
        if year == 2023 {
          let items = try library.form("med", of: assessment.pack).items
          for item in items {  // The first year is answered; the later ones carry it over.
            try await Assessments.save(
              Answer.Draft(value: .yes), item: item.id, of: assessment.id, version: 0, library: library,
              in: scope)
          }
        }
        last = (scope, assessment)
      }
      if index % 200 == 199 { print("  \(index + 1) facilities") }
    }
    report("loading 1,000 facilities × 20 answers × 3 years", ms(since: start) / 1000, "s")
    guard let (scope, assessment) = last else { return }
    let read = ContinuousClock.now
    for _ in 0..<50 { _ = try await Reports.management(assessment.id, library: library, in: scope) }
    report("home page and report data of one of 1,000 facilities", ms(since: read) / 50, "ms", budget: 20)
    await database.close()
  }

  /// 100,000 entries, written 200 to a transaction, then verified; beside it the bare SHA-256 of as many blocks of the same size.
  static func ledger(_ folder: String) async throws {
    let database = try Database(.directory(folder))
    try await database.migrate([], now: now)
    let scope = Scope(database, actor: .system("bench"), facility: FacilityID(at: now), now: now)
    for _ in 0..<500 {
      try await scope.write { tx in
        for index in 0..<200 {
          try tx.apply(
            [], recording: Change("bench.note", of: "note:\(index)", to: ["note": "書き換えのない記録 \(index)"]))
        }
      }
    }
    // Alternating, and the middle of seven: a machine that is busy for a moment is busy for both.
    var verifying: [Double] = []
    var hashing: [Double] = []
    let block = [UInt8](repeating: 7, count: 224)  // as long as what is hashed of such an entry, on average
    var sum = 0
    for _ in 0..<7 {
      var start = ContinuousClock.now
      let verdict = try await scope.verifyLedger()
      guard verdict.ok, verdict.entries == 100_000 else { fatalError("the ledger is not whole") }
      verifying.append(ms(since: start))
      start = ContinuousClock.now
      for _ in 0..<100_000 { SHA256.hash(data: block).withUnsafeBytes { sum += Int($0[0]) } }
      hashing.append(ms(since: start))
    }
    let (verified, bare) = (verifying.sorted()[3], hashing.sorted()[3])
    report("verifying 100,000 entries", verified, "ms", budget: 1000)
    report("  bare SHA-256 of as many blocks of 224 bytes, one thread", bare, "ms (\(sum % 10))")
    report("  time of verifying to that", verified / bare, "times")
    let reference = try opensslSpeed(of: block.count, blocks: 100_000)
    report("  as many blocks by `openssl speed sha256`, one thread", reference, "ms")
    report("  time of verifying to that", verified / reference, "times", budget: 2)
    await database.close()
  }

  /// How long OpenSSL takes for SHA-256 of so many blocks, by its own word, in ms.
  private static func opensslSpeed(of bytes: Int, blocks: Int) throws -> Double {
    // It ends itself by an alarm, which a process that we start is born deaf to.
    let hearing = """
      import os, signal, sys
      signal.pthread_sigmask(signal.SIG_SETMASK, [])
      os.execv(sys.argv[1], sys.argv[1:])
      """
    let said = try run(
      "/usr/bin/python3",
      ["-c", hearing, "/usr/bin/openssl", "speed", "-seconds", "2", "-bytes", "\(bytes)", "sha256"])
    // The last line is `sha256  412345.67k`: thousands of bytes a second.
    let line = String(decoding: said, as: UTF8.self).split(separator: "\n").last { $0.hasPrefix("sha256") }
    guard let line, let word = line.split(separator: " ").last, let speed = Double(word.dropLast()) else {
      throw Unreadable(what: "openssl speed")
    }
    return Double(bytes * blocks) / speed
  }

  struct Unreadable: Error { let what: String }

  static func password() {
    let start = ContinuousClock.now
    for _ in 0..<5 { _ = Password.hash("five different words", cost: .standard) }
    report("one password hash (argon2id, 64 MiB, 8 passes)", ms(since: start) / 5, "ms")
  }

  // MARK: Tools

  static func opened(_ folder: String, _ library: PackLibrary) async throws -> Database {
    let database = try Database(.directory(folder))
    try await database.migrate(
      Features.all(library, further: Operations.features()).flatMap(\.migrations), now: now)
    return database
  }

  static func hospital(_ folder: String, _ library: PackLibrary) async throws -> (Database, Scope) {
    let database = try await opened(folder, library)
    let facility = try await Facilities.create(
      name: "病院", kind: .hospital, beds: 180, prefecture: nil, by: .system("bench"), in: database, now: now)
    return (database, Scope(database, actor: .system("bench"), facility: facility.id, now: now))
  }

  static func facts() {
    let processor =
      (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
      .first { $0.hasPrefix("model name") }?.split(separator: ":").last.map(String.init) ?? "unknown"
    print(
      "machine: \(ProcessInfo.processInfo.activeProcessorCount) cores,\(processor), \(ProcessInfo.processInfo.physicalMemory >> 30) GiB"
    )
    print("program: mamorite \(Release.version), built with optimisation: \(!isDebug)")
  }

  static var isDebug: Bool {
    #if DEBUG
      true
    #else
      false
    #endif
  }

  static func report(_ what: String, _ value: Double, _ unit: String, budget: Double? = nil) {
    let shown = value < 10 ? String(format: "%.2f", value) : String(format: "%.0f", value)
    print(
      "\(what): \(shown) \(unit)\(budget.map { " (budget \($0 < 10 ? String(format: "%g", $0) : "\(Int($0))"))" } ?? "")"
    )
    // What has been measured is seen also when a later part fails.
    fflush(nil)
  }

  static func ms(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .milliseconds(1)
  }

  static func peakMemory() -> Int { peakMemory(of: getpid()) ?? 0 }

  /// The most memory that a process has had so far, in MB; nil when it has ended.
  static func peakMemory(of process: Int32) -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else {
      return nil
    }
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
    return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 / 1024 }
  }

  /// Runs a command to its end and gives how long it took and the most memory that it had, looked at every 10 ms.
  static func measured(_ command: String, _ arguments: [String]) throws -> (seconds: Double, megabytes: Int) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    let start = ContinuousClock.now
    try process.run()
    var most = 0
    while process.isRunning {
      most = max(most, peakMemory(of: process.processIdentifier) ?? 0)
      usleep(10_000)
    }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(command: arguments.joined(separator: " ")) }
    return (ms(since: start) / 1000, most)
  }

  struct Failed: Error { let command: String }

  /// Ends a process that was started here, from whichever thread: Foundation waits for it only on the one that started it.
  static func end(_ process: Process) {
    // What we start is born deaf to every signal that can be kept from it.
    _ = kill(process.processIdentifier, SIGKILL)
    while process.isRunning { usleep(10_000) }
  }

  static func run(_ command: String, _ arguments: [String]) throws -> [UInt8] {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return process.terminationStatus == 0 ? output : []
  }

  static func inFolder(_ body: @Sendable (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/mamorite-bench-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nothing
    try await body(folder)
  }
}
