import Assurance
import Foundation
import Glibc
import Kernel
import Operations
import Probes
import Registers
import Storage
import Web

/// Watching at work on the loopback: what a check costs until its result lies in the database, and how late it begins.
enum MonitoringBench {
  typealias Opening = @Sendable (String) async throws -> (Database, Scope)

  /// - Parameter asked: names of parts; all when none of them is among these.
  static func run(_ folder: String, _ library: PackLibrary, asked: some Collection<String>) async throws {
    let peer = try Loopback()
    defer { peer.stop() }
    let parts: [(String, @Sendable (String) async throws -> Void)] = [
      ("many", { try await many($0, peer, library) }),
      (
        "tcp",
        { folder in
          let own = try await cost(of: "tcp", budget: 0.15, folder, library) { "\($0):\(peer.tcp)" }
          // The 0.15 ms were said beside 0.20 ms of the peer on the machine of whoever said them.
          try Exporter.compare("tcp", "\(Loopback.hosts[0]):\(peer.tcp)", own, budget: 0.75, folder)
        }
      ),
      (
        "http",
        { folder in
          let own = try await cost(of: "http", budget: 0.30, folder, library) { "http://\($0):\(peer.http)/" }
          // 0.30 ms beside 0.33 ms.
          try Exporter.compare("http", "http://\(Loopback.hosts[0]):\(peer.http)/", own, budget: 0.91, folder)
        }
      ),
      ("icmp", { _ in try await pings() }),
      ("dicom", { try await echoes($0) }),
      ("beats", { folder in try await BeatBench.run(folder) { try await Bench.hospital($0, library) } }),
      ("year", { folder in try await year(folder) { try await Bench.hospital($0, library) } }),
    ]
    let isAll = !parts.contains { asked.contains($0.0) }
    for (name, part) in parts where isAll || asked.contains(name) {
      let own = "\(folder)/\(name)"
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      try await part(own)
    }
  }

  static var wallClock: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

  /// What this process has used so far, all threads and the kernel on their behalf, in ms.
  static func cpu() -> Double {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)
  }

  private static func milliseconds(_ time: timeval) -> Double {
    Double(time.tv_sec) * 1000 + Double(time.tv_usec) / 1000
  }

  static func resident() -> Double {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)  // Linux always has it
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmRSS") }
    return Double(line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) / 1024
  }

  // MARK: A worker with its monitors

  /// 5,000 monitors in 34 hospitals, a minute apart; three of each hospital go away in the middle of it.
  private static func many(_ folder: String, _ peer: Loopback, _ library: PackLibrary) async throws {
    let database = try await Bench.opened(folder, library)
    var scopes: [Scope] = []
    var mortal: Set<String> = []
    let before = resident()
    for number in 0..<34 {
      let facility = try await Facilities.create(
        name: "病院\(number)", kind: .hospital, beds: 200, prefecture: nil, by: .system("bench"), in: database,
        now: wallClock)
      let scope = Scope(database, actor: .system("bench"), facility: facility.id, now: wallClock)
      _ = try await Accounts.add(
        name: "担当", login: "bench\(number)", password: LiveSite.password, role: .administrator, in: scope)
      let count = number < 2 ? 148 : 147
      let hosts = (0..<count).map { place in Loopback.hosts[(place * 34 + number) % 100] }
      _ = try await WatchTrial.add(
        hosts.dropFirst(3).map { "\($0):\(peer.tcp)" }, kind: "tcp", interval: 60, in: scope)
      let ends = try await WatchTrial.add(
        hosts.prefix(3).map { "\($0):\(peer.mortal)" }, kind: "tcp", interval: 60, failures: 1, in: scope)
      mortal.formUnion(ends)
      scopes.append(scope)
    }
    let figures = try await watch(database, scopes) {
      // A third of the way, so that each of them is looked at once more.
      try await Task.sleep(for: .seconds(5))
      peer.die()
      return try await told(of: mortal, in: database, scopes, seconds: 62)
    }
    Bench.report(
      "stored TCP check, CPU of everything in it (\(figures.count) in \(Int(figures.seconds)) s)",
      figures.cpu,
      "ms", budget: 0.15)
    report("  5,000 monitors at 60 s, lateness of the start", figures.late, budget: 30)
    Bench.report(
      "  memory for 1,000 monitors, making them counted in", (resident() - before) / 5, "MB", budget: 60)
    let times = figures.value.sorted()
    Bench.report(
      "  from the look that finds it down to the outbox, 99 of 100 (\(times.count) of \(mortal.count) told)",
      times.isEmpty ? .nan : times[min(times.count - 1, times.count * 99 / 100)], "ms", budget: 1000)
    await database.close()
  }

  /// When people have been told of these monitors, looked at every 20 ms, as times from the look that found each down.
  private static func told(
    of monitors: Set<String>, in database: Database, _ scopes: [Scope], seconds: Int
  ) async throws -> [Double] {
    let began = wallClock
    var seen: [String: Instant] = [:]
    while seen.count < monitors.count, wallClock < began.adding(milliseconds: Int64(seconds) * 1000) {
      let told = try await WatchTrial.told(since: began, in: database)
      for id in told where seen[id] == nil { seen[id] = wallClock }
      try await Task.sleep(for: .milliseconds(20))
    }
    var times: [Double] = []
    for scope in scopes {
      for (id, at) in try await WatchTrial.foundDown(in: scope) {
        guard let moment = seen[id] else { continue }
        times.append(Double(moment.milliseconds - at.milliseconds))
      }
    }
    return times
  }

  /// What one check costs: the whole worker, its sharing of monitors and its writing among it, by the checks it made.
  ///
  /// Every ten seconds, as a worker with many monitors has it; and seldom, when it mostly sleeps and each check wakes it anew.
  ///
  /// - Returns: what one costs in ms, with many of them.
  private static func cost(
    of kind: String, budget: Double, _ folder: String, _ library: PackLibrary, _ target: (String) -> String
  ) async throws -> Double {
    var costs: [Double] = []
    let targets = (0..<5_000).map { target(Loopback.hosts[$0 % 100]) }
    for (count, interval) in [(5_000, 10), (2_500, 30)] {
      let own = "\(folder)/\(interval)"
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      let (database, old) = try await Bench.hospital(own, library)
      let scope = Scope(database, actor: .system("bench"), facility: old.facility, now: wallClock)
      _ = try await WatchTrial.add(Array(targets.prefix(count)), kind: kind, interval: interval, in: scope)
      let figures = try await watch(database, [scope]) { try await Task.sleep(for: .seconds(20)) }
      Bench.report(
        "stored \(kind) check, CPU, \(figures.perSecond) a second", figures.cpu, "ms",
        budget: interval == 10 ? budget : nil)
      report("  lateness of the start", figures.late, budget: 30)
      costs.append(figures.cpu)
      await database.close()
    }
    return costs[0]
  }

  private struct Figures<Value> {
    let count: Int
    let seconds: Double
    let cpu: Double
    let late: [Int]
    let value: Value
    var perSecond: Int { Int((Double(count) / seconds).rounded()) }
  }

  /// Runs a worker: first until each monitor has been looked at once, then measured.
  private static func watch<Value>(
    _ database: Database, _ scopes: [Scope], _ body: () async throws -> Value
  ) async throws -> Figures<Value> {
    let watcher = Watcher(
      database, sealer: .absent, address: nil, ceiling: NetworkCeiling([:]), clock: { wallClock },
      note: { print("  worker: \($0)") })
    let work = Task { await watcher.run() }
    for _ in 0..<300 where try await WatchTrial.unseen(in: database) > 0 {
      try await Task.sleep(for: .milliseconds(200))
    }
    try await Task.sleep(for: .seconds(3))
    let (used, from, start) = (cpu(), wallClock, ContinuousClock.now)
    let value = try await body()
    let (ended, until, took) = (cpu(), wallClock, Bench.ms(since: start) / 1000)
    // What was seen at the end is written.
    try await Task.sleep(for: .milliseconds(500))
    work.cancel()
    await work.value
    var results: [(at: Instant, lateMs: Int)] = []
    for scope in scopes { results += try await WatchTrial.results(in: scope) }
    let within = results.filter { from <= $0.at && $0.at < until }
    return Figures(
      count: within.count, seconds: took, cpu: (ended - used) / Double(max(1, within.count)),
      late: within.map(\.lateMs), value: value)
  }

  private static func report(_ what: String, _ late: [Int], budget: Double) {
    let sorted = late.sorted()
    guard let most = sorted.last else { return print("\(what): nothing was measured") }
    Bench.report("\(what), 99 of 100", Double(sorted[sorted.count * 99 / 100]), "ms", budget: budget)
    Bench.report("\(what), half / the worst: \(sorted[sorted.count / 2]) /", Double(most), "ms")
  }

  // MARK: Single checks

  private static func prober() -> Prober {
    Prober(networks: .all, clock: { wallClock })
  }

  private static func pings() async throws {
    let prober = prober()
    for count in [1, 3] {
      let checks = try (0..<1_000).map {
        try ICMPCheck(
          host: "127.0.\($0 / 250).\($0 % 250 + 1)", count: count, limits: Limits(timeoutMs: 5_000))
      }
      if count == 1 {
        let first = await prober.probe(checks[0])
        guard first.state == .up else {
          print("ICMP: not measured (\(first.troubles.first.map { "\($0)" } ?? ""))")
          break
        }
      }
      let (used, start) = (cpu(), ContinuousClock.now)
      let answered = await withTaskGroup(of: Bool.self) { group in
        for check in checks { group.addTask { await prober.probe(check).state == .up } }
        return await group.reduce(0) { $1 ? $0 + 1 : $0 }
      }
      let (took, wall) = ((cpu() - used) / 1000, Bench.ms(since: start))
      Bench.report(
        "1,000 ICMP targets in one cycle, \(count) to each (\(answered) answered in \(Int(wall)) ms), CPU",
        took, "s", budget: 0.1)
    }
    await prober.close()
  }

  private static func echoes(_ folder: String) async throws {
    let path = "/usr/bin/storescp"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      return print("DICOM C-ECHO: not measured, dcmtk's storescp is not there")
    }
    let port = 24_000 + Int(getpid()) % 1000
    let server = Process()
    server.executableURL = URL(fileURLWithPath: path)
    server.arguments = ["--output-directory", folder, "\(port)"]
    (server.standardOutput, server.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try server.run()
    defer {
      Bench.end(server)
    }
    let prober = prober()
    let check = DICOMCheck(
      target: try Target("127.0.0.1:\(port)"), called: try AETitle("ANY-SCP"),
      calling: try AETitle("MAMORITE"),
      limits: try Limits(timeoutMs: 5_000))
    for _ in 0..<100 where await prober.probe(check).state != .up {
      try await Task.sleep(for: .milliseconds(50))
    }
    var times: [Double] = []
    for _ in 0..<100 {
      let outcome = await prober.probe(check)
      if outcome.state == .up { times.append(outcome.milliseconds) }
    }
    await prober.close()
    let sorted = times.sorted()
    guard sorted.count == 100 else { return print("DICOM C-ECHO: only \(sorted.count) of 100 were answered") }
    Bench.report("DICOM C-ECHO to storescp, association and all, half of 100", sorted[50], "ms", budget: 15)
    Bench.report("  99 of 100", sorted[98], "ms")
  }

  // MARK: A year

  private static func year(_ folder: String, _ open: Opening) async throws {
    let (database, scope) = try await open(folder)
    let monitors = try await WatchTrial.add(
      (0..<1_000).map { "127.0.7.\($0 % 100 + 1):104" }, kind: "tcp", interval: 60, in: scope)
    let before = size(folder)
    try await WatchTrial.fillYear(of: monitors, in: scope)
    _ = try await WatchTrial.chart(of: monitors[0], in: scope)
    var times: [Double] = []
    for number in 1...100 {
      let start = ContinuousClock.now
      guard try await WatchTrial.chart(of: monitors[number * 7], in: scope) == 365 else { continue }
      times.append(Bench.ms(since: start))
    }
    let sorted = times.sorted()
    guard sorted.count == 100 else { return print("a year of 1,000 monitors: it is not there") }
    Bench.report(
      "chart of a year and of a day, read and drawn, 1,000 monitors there, half of 100", sorted[50], "ms",
      budget: 50)
    Bench.report("  the worst", sorted[99], "ms", budget: 50)
    await database.close()
    Bench.report(
      "  what lies on the disk for a monitor and a year", (size(folder) - before) / 1_000, "MB", budget: 0.2)
  }

  /// Of a database, in MB.
  private static func size(_ folder: String) -> Double {
    let file = try? FileManager.default.attributesOfItem(atPath: "\(folder)/mamorite.sqlite")  // it is there
    return Double(file?[.size] as? Int ?? 0) / 1e6
  }
}
