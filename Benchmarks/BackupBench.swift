import Foundation
import Kernel
import Storage

/// How long a backup takes against `cp` and `openssl enc` of the same bytes, and how much memory.
enum BackupBench {
  /// 256 MB, or as many as `MAMORITE_BENCH_MB` says: 1024 for the figure of the issue.
  private static let megabytes =
    ProcessInfo.processInfo.environment["MAMORITE_BENCH_MB"].flatMap(Int.init) ?? 256

  static func run(_ folder: String) async throws {
    let data = folder + "/data"
    let place = folder + "/place"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let key = folder + "/key"
    try Data(String(repeating: "5a", count: 32).utf8).write(to: URL(fileURLWithPath: key))
    // A small one first: memory that grows with the database shows between the two.
    let little = folder + "/little"
    try await fill(little, 16)
    let small = try Bench.measured(
      LiveSite.binary, ["backup", "create", "--data", little, "--to", place, "--key-file", key])
    try FileManager.default.removeItem(atPath: little)
    for name in try FileManager.default.contentsOfDirectory(atPath: place) {
      try FileManager.default.removeItem(atPath: "\(place)/\(name)")
    }
    try await fill(data, megabytes)
    let database = data + "/mamorite.sqlite"
    var (ours, plain): ([Double], [Double]) = ([], [])
    var memory = 0
    // Alternating, and the middle of three: a machine that is busy for a moment is busy for both.
    for _ in 0..<3 {
      let made = try Bench.measured(
        LiveSite.binary, ["backup", "create", "--data", data, "--to", place, "--key-file", key])
      ours.append(made.seconds)
      memory = max(memory, made.megabytes)
      let copied = try Bench.measured(
        "/bin/sh", ["-c", "cp \(database) \(folder)/copy && sync \(folder)/copy"])
      let sealed = try Bench.measured(
        "/bin/sh",
        [
          "-c",
          "openssl enc -chacha20 -pbkdf2 -iter 1 -pass file:\(key) -in \(folder)/copy -out \(folder)/sealed && sync \(folder)/sealed",
        ])
      plain.append(copied.seconds + sealed.seconds)
      for name in try FileManager.default.contentsOfDirectory(atPath: place) {
        try FileManager.default.removeItem(atPath: "\(place)/\(name)")
      }
    }
    let (mine, bare) = (ours.sorted()[1], plain.sorted()[1])
    Bench.report("backup of \(megabytes) MB", mine * 1000, "ms")
    Bench.report("  cp and openssl enc of the same bytes, on the disk", bare * 1000, "ms")
    Bench.report("  time of the backup to that, in hundredths", mine / bare * 100, "%", budget: 150)
    Bench.report("  memory of the backup at its peak", Double(memory), "MB")
    Bench.report("    more than that of a backup of 16 MB", Double(memory - small.megabytes), "MB")
  }

  private static func fill(_ folder: String, _ megabytes: Int) async throws {
    let database = try Database(.directory(folder))
    let ballast = Migration(
      "29991231-bench", ["CREATE TABLE ballast (id INTEGER PRIMARY KEY, content BLOB NOT NULL)"])
    try await database.migrate([ballast], now: Bench.now)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<megabytes {
      let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
        for index in stride(from: 0, to: 1 << 20, by: 8) {
          UnsafeMutableRawBufferPointer(buffer).storeBytes(
            of: random.next(), toByteOffset: index, as: UInt64.self)
        }
        count = 1 << 20
      }
      try await Installation(database).keep(now: Bench.now) { tx in
        _ = try tx.run("INSERT INTO ballast (content) VALUES (\(bytes))")
      }
    }
    await database.close()
  }
}
