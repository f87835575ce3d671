import Foundation
import Glibc

/// Debian's `prometheus-blackbox-exporter` beside us, asked over one connection; it stores nothing.
enum Exporter {
  static func run(_ folder: String, _ peer: Loopback) throws {
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
    let host = Loopback.hosts[0]
    for (module, target) in [("tcp", "\(host):\(peer.tcp)"), ("http", "http://\(host):\(peer.http)/")] {
      let url = "http://127.0.0.1:\(port)/probe?module=\(module)&target=\(target)"
      var isUp = false
      for _ in 0..<50 where !isUp {
        isUp = String(decoding: try Bench.run("/usr/bin/curl", ["-s", url]), as: UTF8.self)
          .contains("probe_success 1")
        if !isUp { usleep(100_000) }
      }
      guard isUp else {
        print("\(name): not measured, \(module) does not succeed")
        continue
      }
      let used = cpu(of: process.processIdentifier)
      _ = try Bench.run("/usr/bin/curl", ["-s", "-o", "/dev/null", "\(url)&n=[1-4000]"])
      Bench.report(
        "  \(name), \(module), CPU, storing nothing", (cpu(of: process.processIdentifier) - used) / 4000, "ms"
      )
    }
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
