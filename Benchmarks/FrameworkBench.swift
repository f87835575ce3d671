import Assurance
import Foundation
import Frameworks
import Kernel
import Storage

/// Taking in the whole public stock of libraries, as ``FrameworkCorpus`` makes it up.
enum FrameworkBench {
  static func run(_ folder: String) async throws {
    let files = folder + "/libraries"
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
    var corpus = FrameworkCorpus()
    var (bytes, paths): (Int, [String]) = (0, [])
    try corpus.each { name, content in
      bytes += content.count
      paths.append("\(files)/\(name)")
      try Data(content).write(to: URL(fileURLWithPath: files + "/" + name))
    }
    let size = "\(paths.count) libraries, \(bytes / 1_000_000) MB of YAML"
    var start = ContinuousClock.now
    var values = 0
    for path in paths {
      values += try LibraryFile.countOfValues(try bytesOf(path), named: path)
    }
    Bench.report("\(size): the YAML alone, one thread", Bench.ms(since: start) / 1000, "s")
    start = .now
    for path in paths { _ = try LibraryFile.read(try bytesOf(path), named: path) }
    Bench.report("\(size): parsed and checked, one thread", Bench.ms(since: start) / 1000, "s")
    try command(folder, files, size)
    try await largest(folder)
  }

  /// The program itself, as a person would run it: parse, check, store.
  private static func command(_ folder: String, _ files: String, _ size: String) throws {
    let data = folder + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let (seconds, megabytes) = try Bench.measured(
      LiveSite.binary, ["pack", "import", files, "--data", data, "--json"])
    Bench.report("\(size): parsed, checked and stored by `pack import`", seconds, "s", budget: 12)
    Bench.report("memory of it at its peak", Double(megabytes), "MB", budget: 400)
    let again = try Bench.measured(LiveSite.binary, ["pack", "import", files, "--data", data, "--json"])
    Bench.report("the same a second time: nothing to do", again.seconds, "s")
  }

  private static func largest(_ folder: String) async throws {
    var corpus = FrameworkCorpus()
    let file = try LibraryFile.read(corpus.framework(0, nodes: 5_880), named: "largest")
    let blob = file.blob
    let start = ContinuousClock.now
    for _ in 0..<10 { _ = try LibraryFile.library(from: blob, named: "largest") }
    Bench.report(
      "a framework of 5,880 nodes from its stored form", Bench.ms(since: start) / 10, "ms", budget: 40)
  }

  private static func bytesOf(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
