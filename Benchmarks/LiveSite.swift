import Foundation
import Kernel

/// A server of the release build on data of its own, asked over HTTP by a signed-in person.
///
/// Times are those of the whole request on the loopback, so what the server itself takes is a little less.
struct LiveSite {
  let base: String
  private let server: Process
  private let jar: String

  static let binary = ".build/release/mamorite"
  static let login = "bench"
  static let password = "five different words"

  /// Starts the server and signs in.
  init(data: String, packs: String? = nil) throws {
    let port = 18_080 + Int(getpid()) % 1000
    base = "http://127.0.0.1:\(port)"
    jar = data + "/cookies"
    server = Process()
    server.executableURL = URL(fileURLWithPath: LiveSite.binary)
    // The bench asks more often than any person.
    server.arguments = ["serve", "--data", data, "--port", "\(port)", "--requests-per-second", "0"]
    server.standardOutput = FileHandle.nullDevice
    if let packs {
      server.environment = ProcessInfo.processInfo.environment.merging(["MAMORITE_PACKS": packs]) { $1 }
    }
    try server.run()
    var form = ""
    for _ in 0..<2000 where form.isEmpty { form = curl(["-sf", "-c", jar, "\(base)/sign-in"]) }
    let token = form.firstMatch(of: #/name="_token" value="([^"]+)"/#).map { String($0.1) } ?? ""
    _ = curl([
      "-sf", "-b", jar, "-c", jar, "--data-urlencode", "_token=\(token)", "--data-urlencode",
      "login=\(LiveSite.login)", "--data-urlencode", "password=\(LiveSite.password)", "\(base)/sign-in",
    ])
  }

  /// The median time of a request in ms, over `times` on one connection, and the size of the answer in bytes.
  func time(_ path: String, times: Int = 21) throws -> (ms: Double, bytes: Int) {
    let urls = (0...times).flatMap { _ in ["-o", "/dev/null", base + path] }
    let lines = curl(["-sf", "-b", jar, "-w", "%{http_code} %{time_total} %{size_download}\\n"] + urls)
      .split(separator: "\n").map { $0.split(separator: " ") }
    guard lines.count == times + 1, lines.allSatisfy({ $0.first == "200" }) else { throw Refused(path: path) }
    // The first request opens the connection.
    let sorted = lines.dropFirst().compactMap { Double($0[1]) }.sorted()
    return (sorted[sorted.count / 2] * 1000, Int(lines[0][2]) ?? 0)
  }

  /// The time in ms within which `share` of `times` requests on one connection are answered.
  func time(_ path: String, times: Int, within share: Double) throws -> Double {
    let urls = (0..<times).flatMap { _ in ["-o", "/dev/null", base + path] }
    let lines = curl(["-sf", "-b", jar, "-w", "%{time_total}\\n"] + urls).split(separator: "\n").compactMap {
      Double($0)
    }
    guard lines.count == times else { throw Refused(path: path) }
    return lines.sorted()[min(times - 1, Int(Double(times) * share))] * 1000
  }

  /// Resident memory of the server at its peak, in MB.
  var peakMemory: Int { Bench.peakMemory(of: server.processIdentifier) ?? 0 }

  /// What the server has used of the processor so far, in ms.
  var processorTime: Double { Exporter.cpu(of: server.processIdentifier) }

  struct Refused: Error { let path: String }

  /// One request, without the opening of the connection, in ms.
  func first(_ path: String) throws -> Double {
    let lines = curl([
      "-sf", "-b", jar, "-w", "%{http_code} %{time_total}\\n", "-o", "/dev/null", "\(base)/favicon.ico", "-o",
      "/dev/null", base + path,
    ]).split(separator: "\n").map { $0.split(separator: " ") }
    guard let last = lines.last, last.first == "200" else { throw Refused(path: path) }
    return (Double(last[1]) ?? 0) * 1000
  }

  /// Signs in from an address of this machine's own; the status of the answer.
  static func signIn(_ base: String, from address: String, jar: String) throws -> String {
    let form = try Bench.run("/usr/bin/curl", ["-s", "--interface", address, "-c", jar, "\(base)/sign-in"])
    let token = String(decoding: form, as: UTF8.self).firstMatch(of: #/name="_token" value="([^"]+)"/#)
    let answer = try Bench.run(
      "/usr/bin/curl",
      [
        "-s", "--interface", address, "-b", jar, "-c", jar, "-o", "/dev/null", "-w", "%{http_code}",
        "--data-urlencode", "_token=\(token.map { String($0.1) } ?? "")", "--data-urlencode",
        "login=\(login)",
        "--data-urlencode", "password=\(password)", "\(base)/sign-in",
      ])
    return String(decoding: answer, as: UTF8.self)
  }

  func stop() { Bench.end(server) }

  private func curl(_ arguments: [String]) -> String {
    // A server that is not up yet answers nothing: the caller asks again.
    String(decoding: (try? Bench.run("/usr/bin/curl", arguments)) ?? [], as: UTF8.self)
  }
}
