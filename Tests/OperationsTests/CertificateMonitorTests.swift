import Foundation
import Kernel
import TestSupport
import Testing

@testable import Operations
@testable import Probes

@Suite("証明書のファイルの監視")
struct CertificateMonitorTests {
  private static func folders(_ text: String) -> CertificateFolders {
    CertificateFolders([CertificateFolders.variable: text])
  }

  @Test(
    "決めたフォルダの中の書き方だけを受け取る",
    arguments: [
      ("/etc/ssl/hospital/www.pem", true), ("/etc/ssl/hospital/sub/www.pem", true), ("/srv/tls/a.pem", true),
      ("/etc/ssl/hospital", false), ("/etc/ssl/hospital/", false), ("/etc/ssl/hospital2/www.pem", false),
      ("/etc/ssl/hospital/../www.pem", false), ("/etc/ssl/hospital/./www.pem", false), ("/etc/passwd", false),
      ("etc/ssl/hospital/www.pem", false), ("", false), ("/etc/ssl/hospital/a\0b", false),
    ])
  func written(path: String, isHeld: Bool) {
    #expect(Self.folders("/etc/ssl/hospital/:/srv/tls").holds(path) == isHeld)
  }

  @Test("根、途中からの場所、上へ戻る場所は、フォルダとして使わない", arguments: ["", "/", ":", "etc/ssl", "/etc/../root"])
  func noFolder(text: String) {
    #expect(Self.folders(text).isEmpty)
    #expect(!Self.folders(text).holds("/etc/passwd"))
  }

  @Test("つながりをたどった先が外なら、無いファイルと同じ言葉で断る")
  func links() throws {
    let root = NSTemporaryDirectory() + "mamorite-folders-\(UInt64.random(in: 0 ... .max))"
    let files = FileManager.default
    try files.createDirectory(atPath: root + "/in", withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: root) }
    for file in ["/in/here.pem", "/outside.pem"] {
      try Data("x".utf8).write(to: URL(fileURLWithPath: root + file))
    }
    for (link, to) in [("/in/out.pem", "/outside.pem"), ("/in/same.pem", "/in/here.pem")] {
      try files.createSymbolicLink(atPath: root + link, withDestinationPath: root + to)
    }
    let folders = Self.folders(root + "/in")
    #expect(try folders.resolved(root + "/in/here.pem").hasSuffix("/in/here.pem"))
    #expect(try folders.resolved(root + "/in/same.pem").hasSuffix("/in/here.pem"))
    for path in ["/in/out.pem", "/in/nothing.pem", "/outside.pem"] {
      #expect(throws: Trouble.unreadableFile(root + path)) { try folders.resolved(root + path) }
    }
  }

  @Test("種類の欄から、日数の決まりのある確かめができる")
  func made() throws {
    func check(_ settings: [String: String]) throws -> CertificateCheck? {
      try CheckMaker(
        kind: .certificate, settings: settings, secrets: [:], limits: Limits(),
        folders: Self.folders("/srv/tls")
      ).check() as? CertificateCheck
    }
    let made = try #require(try check(["target": "/srv/tls/a.pem", "slowDays": "45", "downDays": "7"]))
    #expect(made.path == "/srv/tls/a.pem" && made.rules.slowDays == 45 && made.rules.downDays == 7)
    #expect(try check(["target": "/srv/tls/a.pem"])?.rules.slowDays == 30)
    #expect(throws: MonitorRefusal.outsideFolders) { try check(["target": "/etc/passwd"]) }
    #expect(throws: MonitorRefusal.badNumber(field: "slowDays")) {
      try check(["target": "/srv/tls/a.pem", "slowDays": "x"])
    }
  }

  @Test("フォルダを決めていないサーバでは、どの場所も同じ言葉で断り、欄は打ったまま残る", arguments: Engine.available)
  func form(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/monitoring/new?kind=certificate")
      #expect(empty.status == 200 && empty.body.contains("証明書(ファイル)") && empty.body.contains("slowDays"))
      for path in ["/etc/passwd", "/no/such/file"] {
        for act in ["save", "try"] {
          let answer = try await app.post(
            "/monitoring",
            [
              ("kind", "certificate"), ("name", "院内の証明書"), ("target", path), ("interval", "3600"),
              ("act", act),
            ])
          #expect(answer.status == 422, "\(path) \(act)")
          #expect(answer.body.contains("サーバを動かす人が決めていません") && answer.body.contains(path))
        }
      }
    }
  }
}
