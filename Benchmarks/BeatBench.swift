import Foundation
import Glibc
import Kernel
import Operations
import Storage

/// Jobs that report to a server of the release build: answered when the report lies in the database.
enum BeatBench {
  static func run(_ folder: String, _ open: (String) async throws -> (Database, Scope)) async throws {
    let (database, scope) = try await open(folder)
    let tokens = try await WatchTrial.jobs(1_000, in: scope)
    await database.close()
    let site = try LiveSite(data: folder)
    let port = UInt16(site.base.split(separator: ":").last ?? "") ?? 0
    _ = try storm(tokens, port: port, seconds: 1)
    let (theirs, ours) = (site.processorTime, MonitoringBench.cpu())
    let found = try storm(tokens, port: port, seconds: 10)
    let used = (server: site.processorTime - theirs, bench: MonitoringBench.cpu() - ours)
    site.stop()
    let sorted = found.times.sorted()
    Bench.report(
      "heartbeats a second, 64 connections, each answered after its commit", Double(sorted.count) / 10, "",
      budget: 3000)
    Bench.report("  99 of 100 answered within", sorted.isEmpty ? .nan : sorted[sorted.count * 99 / 100], "ms")
    let count = Double(max(1, sorted.count + found.refused))
    Bench.report("  CPU of the server for each", used.server / count, "ms")
    Bench.report("  CPU of those who report, for each", used.bench / count, "ms")
    if found.refused > 0 { print("  turned away: \(found.refused)") }
    let again = try Database(.directory(folder))
    let kept = try await WatchTrial.reports(
      in: Scope(again, actor: .system("bench"), facility: scope.facility, now: Bench.now))
    print("  reports that lie in the database: \(kept)")
    await again.close()
  }

  private struct Line {
    let socket: Int32
    var began = ContinuousClock.now
    var heard: [UInt8] = []
  }

  /// As many as get answered from 64 connections, each of which asks again when it has been answered.
  private static func storm(_ tokens: [String], port: UInt16, seconds: Int) throws -> (
    times: [Double], refused: Int
  ) {
    var lines = try (0..<64).map { _ in Line(socket: try connected(port)) }
    defer { for line in lines { close(line.socket) } }
    var (next, times, refused): (Int, [Double], Int) = (0, [], 0)
    let asked = tokens.map { Array("GET /beat/\($0) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8) }
    func ask(_ index: Int) {
      let bytes = asked[next % asked.count]
      next += 1
      lines[index].began = .now
      lines[index].heard.removeAll(keepingCapacity: true)
      _ = send(lines[index].socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
    for index in lines.indices { ask(index) }
    let start = ContinuousClock.now
    var room = [UInt8](repeating: 0, count: 4096)
    var polled = lines.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
    while ContinuousClock.now - start < .seconds(seconds) {
      guard poll(&polled, nfds_t(polled.count), 1000) >= 0 else { break }
      for index in lines.indices where polled[index].revents != 0 {
        let count = recv(lines[index].socket, &room, room.count, 0)
        guard count > 0 else { throw Bench.Unreadable(what: "a connection of the heartbeats ended") }
        lines[index].heard += room[0..<count]
        guard let isWell = answer(lines[index].heard) else { continue }
        if isWell { times.append(Bench.ms(since: lines[index].began)) } else { refused += 1 }
        ask(index)
      }
    }
    return (times, refused)
  }

  /// Whether it is a whole answer, and `OK`; nil until it is whole.
  private static func answer(_ bytes: [UInt8]) -> Bool? {
    // The usual one without a look at every letter: those who ask must not use the processor up themselves.
    if bytes.starts(with: well), bytes.suffix(ended.count) == ended { return true }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n"),
      let length = text.lowercased().firstMatch(of: #/content-length: (\d+)/#).flatMap({ Int($0.1) }),
      text[end.upperBound...].utf8.count >= length
    else { return nil }
    return text.hasPrefix("HTTP/1.1 200")
  }

  private static let (well, ended) = (Array("HTTP/1.1 200 OK\r\n".utf8), Array("\r\n\r\nOK\n".utf8)[...])

  private static func connected(_ port: UInt16) throws -> Int32 {
    let line = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let isThere = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(line, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isThere else { throw Bench.Unreadable(what: "nobody listens for heartbeats") }
    return line
  }
}
