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
    let storm = try (0..<10).map { try flood(site, folder, number: $0, attempts: 2_000, atOnce: 5) }
    defer { for each in storm { each.terminate() } }
    try await Task.sleep(for: .seconds(1))
    Bench.report(
      "  while 50 wrong passwords wait at any time", try site.time("/", times: 300, within: 0.99), "ms",
      budget: 50)
    for each in storm {
      each.terminate()
      each.waitUntilExit()
    }
    let before = site.peakMemory
    let start = ContinuousClock.now
    try flood(site, folder, number: 20, attempts: 10_000, atOnce: 20).waitUntilExit()
    Bench.report("10,000 attempts from one address", Bench.ms(since: start) / 1000, "s")
    Bench.report(
      "  memory of the server at its peak, more than before", Double(site.peakMemory - before), "MB")
    let another = ContinuousClock.now
    let person = try LiveSite.signIn(site.base, from: "127.0.0.99", jar: folder + "/another")
    Bench.report("  another person signs in from elsewhere (\(person))", Bench.ms(since: another), "ms")
  }

  /// Wrong passwords from an address of this machine's own.
  private static func flood(_ site: LiveSite, _ folder: String, number: Int, attempts: Int, atOnce: Int)
    throws
    -> Process
  {
    let (jar, list) = ("\(folder)/flood-\(number)", "\(folder)/flood-\(number).txt")
    let address = "127.0.0.\(number + 2)"
    let form = try Bench.run(
      "/usr/bin/curl", ["-s", "--interface", address, "-c", jar, "\(site.base)/sign-in"])
    let token = String(decoding: form, as: UTF8.self).firstMatch(of: #/name="_token" value="([^"]+)"/#)
    let fields = "_token=\(token.map { String($0.1) } ?? "")&password=wrong-password-\(number)&login="
    let transfers = (0..<attempts).map { attempt in
      "url=\"\(site.base)/sign-in\"\ndata=\"\(fields)nobody\(number)-\(attempt)\"\noutput=\"/dev/null\"\ninterface=\"\(address)\"\ncookie=\"\(jar)\"\n"
    }
    try Data(transfers.joined(separator: "next\n").utf8).write(to: URL(fileURLWithPath: list))
    let curl = Process()
    curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
    curl.arguments = ["-s", "--parallel", "--parallel-max", "\(atOnce)", "--config", list]
    curl.standardOutput = FileHandle.nullDevice
    curl.standardError = FileHandle.nullDevice
    try curl.run()
    return curl
  }
}
