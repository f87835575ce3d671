import Foundation
import Kernel
import Testing

@testable import Mail

@Suite("自動の対処の一覧")
struct ActionListTests {
  private static let facility = FacilityID(at: Instant(milliseconds: 1_000))

  /// A program of its own for one test, run as the list says.
  private func run(_ script: String, seconds: Int = 20) async throws -> (said: String?, problem: PostProblem?)
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }  // the system's clean-up does the rest
    let file = folder.appendingPathComponent("act.sh")
    try "#!/bin/sh\ncd \(folder.path)\n\(script)\n".write(to: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    do throws(PostProblem) {
      let said = try await ActionList("act = \(file.path) one two").run(
        "act", for: Self.facility, body: "", loopback: false, seconds: seconds)
      return (said, nil)
    } catch { return (nil, error) }
  }

  @Test("命令と、http か https の住所だけを読み、ほかの行は数えない")
  func reading() {
    let own = Self.facility.text
    let list = ActionList(
      """
      # comment
      restart = /usr/bin/systemctl restart viewer
      call = POST https://manager.example/restart Authorization: Bearer k
      get = GET https://manager.example/
      file = POST file:///etc/passwd
      relative = systemctl restart viewer
      header = POST https://manager.example/ nocolon
      two words = /bin/true
      other@elsewhere = /bin/true
      own@\(own) = /bin/true
      @\(own) = /bin/true
      """)
    #expect(list.names(for: Self.facility) == ["call", "own", "restart"])
    #expect(
      list.entry("restart", for: Self.facility)?.deed
        == .command(path: "/usr/bin/systemctl", words: ["restart", "viewer"]))
    #expect(
      list.entry("call", for: Self.facility)?.deed
        == .call(url: "https://manager.example/restart", header: "Authorization: Bearer k"))
    #expect(list.entry("other", for: Self.facility) == nil)
  }

  @Test("Windows で書いた一覧(CRLF)も、一行ずつ読む")
  func windows() {
    let list = ActionList("a = /bin/true\r\nb = /bin/false one\r\n")
    #expect(list.names(for: Self.facility) == ["a", "b"])
    #expect(list.entry("b", for: Self.facility)?.deed == .command(path: "/bin/false", words: ["one"]))
    #expect(GatewayCommands("a = /bin/true {text}\r\nb = /bin/false\r\n").names == ["a", "b"])
  }

  @Test("施設の分は、みなの分より先")
  func ownFirst() {
    let list = ActionList("a@\(Self.facility.text) = /bin/true\na = /bin/false")
    #expect(list.entry("a", for: Self.facility)?.deed == .command(path: "/bin/true", words: []))
    #expect(
      list.entry("a", for: FacilityID(at: Instant(milliseconds: 2_000)))?.deed
        == .command(path: "/bin/false", words: []))
  }

  @Test("シェルを通さず語のまま渡し、環境は渡さず、はじめの数行を残す")
  func runs() async throws {
    let outcome = try await run("echo \"$1-$2-$HOME\"; echo broken >&2")
    #expect(outcome.said == "one-two- / broken")
  }

  @Test("終了コードと言葉で失敗が分かり、一覧にないものと、動かせないものは断る")
  func fails() async throws {
    #expect(try await run("echo no disk; exit 3").problem == .commandFailed("act", 3, "no disk"))
    await #expect(throws: PostProblem.noCommand("none")) {
      try await ActionList("").run("none", for: Self.facility, body: "", loopback: false)
    }
    await #expect(throws: PostProblem.notRun("gone")) {
      try await ActionList("gone = /no/such/program").run(
        "gone", for: Self.facility, body: "", loopback: false)
    }
  }

  @Test("いくら話しても、残すのは決めた長さまで")
  func endless() async throws {
    let outcome = try await run("head -c 200000 /dev/zero | tr '\\0' x")
    #expect(outcome.said == String(repeating: "x", count: ActionList.mostSaid))
  }

  @Test("裏に残したものが出力を持っていても、終わったら待たない")
  func background() async throws {
    let outcome = try await run("echo started; sleep 30 &")
    #expect(outcome.said == "started")
  }

  @Test("時間を過ぎると、その命令が始めたものもみな終わる")
  func slow() async throws {
    let mark = "3\(Int.random(in: 10_000_000...99_999_999))"
    let outcome = try await run("sleep \(mark) & sleep \(mark)", seconds: 1)
    #expect(outcome.problem == .commandSlow("act", 1))
    let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      // A process that ends while one looks has nothing to say.
      let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      return line.map { String(decoding: $0, as: UTF8.self).contains(mark) } ?? false
    }
    #expect(left == [])
  }
}
