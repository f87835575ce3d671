import Foundation
import Registers
import Storage
import Web

/// Floods of sign-ins with wrong passwords, and how everyone else fares meanwhile.
enum SignInBench {
  static func run(_ folder: String, _ open: (String) async throws -> (Database, Scope)) async throws {
    let (database, scope) = try await open(folder)
    _ = try await Accounts.add(
      name: "ベンチ", login: LiveSite.login, password: LiveSite.password, role: .administrator, in: scope)
    await database.close()
    let site = try LiveSite(data: folder)
    defer { site.stop() }
    let quiet = try site.time("/", times: 300, within: 0.99)
    Bench.report("home page, 99 of 100 requests, nothing else going on", quiet, "ms")
    // Fifty at a time without a pause, from ten addresses with ever new names: more than fifty a second are asked for.
    let storm = try (0..<10).map { try flood(site, folder, number: $0, attempts: 20_000, atOnce: 5) }
    defer { for each in storm { each.end() } }
    try await Task.sleep(for: .seconds(1))
    let (begun, answered) = (ContinuousClock.now, try storm.reduce(0) { try $0 + $1.answered() })
    // Long enough to meet many hashes of a quarter of a second, and to count the attempts.
    var worst = 0.0
    while ContinuousClock.now - begun < .seconds(20) {
      worst = max(worst, try site.time("/", times: 300, within: 0.99))
    }
    let attempts = try storm.reduce(0) { try $0 + $1.answered() } - answered
    let seconds = Bench.ms(since: begun) / 1000
    let isWhole = storm.allSatisfy { $0.process.isRunning }
    Bench.report(
      "  while a storm of wrong passwords goes on, the worst of all rounds", worst, "ms", budget: 50)
    Bench.report(
      "    attempts a second in it, 50 or more asked for\(isWhole ? "" : " (IT ENDED TOO EARLY)")",
      Double(attempts) / seconds, "")
    for each in storm { each.end() }
    let before = site.peakMemory
    let start = ContinuousClock.now
    let one = try flood(site, folder, number: 20, attempts: 10_000, atOnce: 20)
    // In the middle of it, and once more behind it.
    try await Task.sleep(for: .seconds(2))
    let within = ContinuousClock.now
    let during = try LiveSite.signIn(site.base, from: "127.0.0.98", jar: folder + "/during")
    let duringMs = Bench.ms(since: within)
    one.process.waitUntilExit()
    Bench.report(
      "10,000 attempts from one address (\(try one.answered()) answered)", Bench.ms(since: start) / 1000, "s")
    Bench.report("  another person signs in from elsewhere meanwhile (\(during))", duringMs, "ms")
    Bench.report(
      "  memory of the server at its peak, more than before", Double(site.peakMemory - before), "MB")
    let another = ContinuousClock.now
    let person = try LiveSite.signIn(site.base, from: "127.0.0.99", jar: folder + "/another")
    Bench.report("  and afterwards (\(person))", Bench.ms(since: another), "ms")
  }

  /// Wrong passwords from an address of this machine's own.
  private static func flood(_ site: LiveSite, _ folder: String, number: Int, attempts: Int, atOnce: Int)
    throws -> Flood
  {
    let (jar, list) = ("\(folder)/flood-\(number)", "\(folder)/flood-\(number).txt")
    let address = "127.0.0.\(number + 2)"
    let form = try Bench.run(
      "/usr/bin/curl", ["-s", "--interface", address, "-c", jar, "\(site.base)/sign-in"])
    let token = String(decoding: form, as: UTF8.self).firstMatch(of: #/name="_token" value="([^"]+)"/#)
    let fields = "_token=\(token.map { String($0.1) } ?? "")&password=wrong-password-\(number)&login="
    let transfers = (0..<attempts).map { attempt in
      "url=\"\(site.base)/sign-in\"\ndata=\"\(fields)nobody\(number)-\(attempt)\"\noutput=\"/dev/null\"\nwrite-out=\"%{stderr}%{http_code}\\n\"\ninterface=\"\(address)\"\ncookie=\"\(jar)\"\n"
    }
    try Data(transfers.joined(separator: "next\n").utf8).write(to: URL(fileURLWithPath: list))
    let curl = Process()
    curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
    curl.arguments = ["-s", "--parallel", "--parallel-max", "\(atOnce)", "--config", list]
    let log = "\(folder)/flood-\(number).log"
    try Data().write(to: URL(fileURLWithPath: log))
    curl.standardOutput = FileHandle.nullDevice
    // Not buffered, unlike the other.
    curl.standardError = FileHandle(forWritingAtPath: log)
    try curl.run()
    return Flood(process: curl, log: log)
  }

  /// Attempts that are under way, and a line for each that has been answered.
  private struct Flood {
    let process: Process
    let log: String

    /// Ends of lines behind a status; curl's own lines end otherwise.
    func answered() throws -> Int {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: log))
      return zip(bytes, bytes.dropFirst()).count { (0x30...0x39).contains($0) && $1 == 0x0A }
    }

    func end() {
      guard process.isRunning else { return }
      process.terminate()
      process.waitUntilExit()
    }
  }
}
