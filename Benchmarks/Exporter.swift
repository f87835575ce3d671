import Foundation
import Glibc

/// Debian's `prometheus-blackbox-exporter` beside us, asked over one connection; it stores nothing.
enum Exporter {
  /// What one check costs it, and how what it costs us is to that, in the same run.
  ///
  /// - Parameters:
  ///   - module: `tcp` or `http`.
  ///   - own: what it costs us, in ms.
  static func compare(_ module: String, _ target: String, _ own: Double, budget: Double, _ folder: String)
    throws
  {
    let name = "prometheus-blackbox-exporter"
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
      String($0)
    }
    guard
      let path = folders.map({ "\($0)/\(name)" }).first(where: {
        FileManager.default.isExecutableFile(atPath: $0)
      })
    else { return print("\(name): not measured, it is not there") }
    let (config, port) = ("\(folder)/modules.yml", 25_000 + Int(getpid()) % 1000)
    try Data(
      "modules:\n  tcp:\n    prober: tcp\n    timeout: 5s\n  http:\n    prober: http\n    timeout: 5s\n".utf8
    ).write(to: URL(fileURLWithPath: config))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = [
      "--config.file=\(config)", "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
    ]
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    defer {
      Bench.end(process)
    }
    let url = "http://127.0.0.1:\(port)/probe?module=\(module)&target=\(target)"
    var isUp = false
    for _ in 0..<50 where !isUp {
      isUp = String(decoding: try Bench.run("/usr/bin/curl", ["-s", url]), as: UTF8.self)
        .contains("probe_success 1")
      if !isUp { usleep(100_000) }
    }
    guard isUp else { return print("\(name): not measured, \(module) does not succeed") }
    let used = cpu(of: process.processIdentifier)
    _ = try Bench.run("/usr/bin/curl", ["-s", "-o", "/dev/null", "\(url)&n=[1-4000]"])
    let theirs = (cpu(of: process.processIdentifier) - used) / 4000
    Bench.report("  \(name), \(module), CPU, storing nothing", theirs, "ms")
    Bench.report("  CPU of our stored check to that", own / theirs, "times", budget: budget)
  }

  /// What a process has used so far, in ms, by its clock of a hundredth of a second.
  static func cpu(of process: Int32) -> Double {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = stat.lastIndex(of: ")")
    else { return .nan }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) * 1000
      / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
