import Foundation
import Identity
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

@Suite("時刻の刻印")
struct StampPagesTests {
  /// A certificate that signs itself, until 29 October 2126: CN=Stamp CA, O=Minato.
  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBnzCCAUWgAwIBAgIUfoQxA7/StgHfr7D2fbDROfKUEV4wCgYIKoZIzj0EAwIw
    JDEPMA0GA1UECgwGTWluYXRvMREwDwYDVQQDDAhTdGFtcCBDQTAgFw0yNjExMjIx
    MDAzNDdaGA8yMTI2MTAyOTEwMDM0N1owJDEPMA0GA1UECgwGTWluYXRvMREwDwYD
    VQQDDAhTdGFtcCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI1Qw7q0lb+Z
    GvGDL5LPaRPOf4YkGdQoIjQtIcZE4PdckGGWHmpiSMp3I3zpMK2a+wi64O1+gM92
    ezxWoPey7MyjUzBRMB0GA1UdDgQWBBT2Stdfuf1Slwf1FePnGtGCU7JfrDAfBgNV
    HSMEGDAWgBT2Stdfuf1Slwf1FePnGtGCU7JfrDAPBgNVHRMBAf8EBTADAQH/MAoG
    CCqGSM49BAMCA0gAMEUCIQDWWtb3AUrl649TkAx4Pc/Tb3ii/eT7l2APLo5PZrxu
    gAIgQ3U8YFbC5eO/j7OofvZIzgnrXvbzdZsryWCBB1Byuyo=
    -----END CERTIFICATE-----
    """

  private static func save(_ app: TestApp, _ url: String = "http://tsa.example/tsr", version: String = "0")
    async throws -> TestApp.Answer
  {
    try await app.post(
      "/ledger/stamps/authority", [("url", url), ("certificate", certificate), ("version", version)],
      as: .administrator)
  }

  private static let down: Stamps.Carry = { address, _ throws(StampProblem) in
    throw .badStatus(host: address.host, status: 503)
  }

  @Test("局を決めるまでは、そう言い、決めた局の名前と期限が出て、古い版からは直せない", arguments: Engine.available)
  func authority(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/ledger/stamps", as: .auditor)
      #expect(empty.status == 200 && empty.body.contains("時刻認証局を決めていません"))
      #expect(empty.body.contains("刻印はまだありません") && !empty.body.contains("name=\"certificate\""))
      #expect(try await app.post("/ledger/stamps", [], as: .administrator).status == 409)
      #expect(try await Self.save(app).location == "/ledger/stamps?done=saved")
      #expect(try await Self.save(app).status == 409)
      let page = try await app.get("/ledger/stamps", as: .auditor)
      #expect(page.body.contains("CN=Stamp CA,O=Minato") && page.body.contains("令和108年10月29日"))
      let ledger = try await app.get("/ledger?action=ledger.authority", as: .auditor)
      #expect(ledger.body.contains("時刻認証局を決めました"))
      // Another facility has none.
      #expect(try await app.get("/ledger/stamps", as: .stranger).body.contains("時刻認証局を決めていません"))
      let removed = try await app.post(
        "/ledger/stamps/authority/removal", [("version", "1")], as: .administrator)
      #expect(removed.location == "/ledger/stamps?done=removed")
      #expect(try await app.get("/ledger/stamps").body.contains("時刻認証局を決めていません"))
    }
  }

  @Test("署名すると刻印が頼まれ、受け取れなければ一日に一度だけ知らせ、間をあけて試し、署名は残る", arguments: Engine.available)
  func failing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      _ = try await Self.save(app)
      #expect(try await app.post("/ledger/checkpoints", [], as: .administrator).status == 303)
      let installation = Installation(app.database)
      let row = try #require(try await installation.takeDue(now: app.now).first { $0.kind == "stamps.take" })
      for wait in [5, 15, 60, 240, 240] as [Int64] {
        let now = app.now
        try await Stamps.work(row, Self.down, in: app.scope)
        let due = try await app.scope.read { tx in
          try tx.first(
            "SELECT due_at_ms FROM due WHERE facility_id = \(tx.facility) AND kind = 'stamps.take'"
          ) { try $0.instant(0) }
        }
        #expect(due == now.adding(minutes: wait))
      }
      _ = try await installation.deliver(now: app.now)
      let inbox = try await app.get("/inbox", as: .administrator)
      #expect(inbox.body.components(separatedBy: "時刻の刻印を受け取れませんでした").count == 2)
      let others = try await app.get("/inbox", as: .itStaff)
      #expect(!others.body.contains("時刻の刻印"))
      let page = try await app.get("/ledger/stamps", as: .administrator)
      #expect(page.body.contains("続けて5回") && page.body.contains("tsa.example が、刻印ではなく番号 503"))
      let points = try await app.scope.read { try $0.checkpoints(limit: 9).count }
      #expect(points == 1)
      app.now = app.now.adding(minutes: 24 * 60)
      try await Stamps.work(row, Self.down, in: app.scope)
      _ = try await installation.deliver(now: app.now)
      app.forgetCookie(of: .administrator)
      let later = try await app.get("/inbox", as: .administrator)
      #expect(later.body.components(separatedBy: "時刻の刻印を受け取れませんでした").count == 3)
    }
  }

  @Test("局をやめると、頼みかけていた刻印も頼まない")
  func removed() async throws {
    try await TestApp.run(on: .sqlite) { app in
      _ = try await Self.save(app)
      _ = try await app.post("/ledger/checkpoints", [], as: .administrator)
      let row = try #require(
        try await Installation(app.database).takeDue(now: app.now).first { $0.kind == "stamps.take" })
      _ = try await app.post("/ledger/stamps/authority/removal", [("version", "1")], as: .administrator)
      try await Stamps.work(
        row,
        { _, _ in
          Issue.record("asked")
          return []
        }, in: app.scope)
      let due = try await app.scope.read { tx in
        try tx.count("SELECT COUNT(*) FROM due WHERE facility_id = \(tx.facility) AND kind = 'stamps.take'")
      }
      #expect(due == 0)
    }
  }

  @Test("刻印が多くても、画面の文の数は変わらない")
  func statements() async throws {
    try await TestApp.run(on: .sqlite) { app in
      _ = try await Self.save(app)
      func statements(_ path: String) async throws -> Int {
        _ = try await app.get(path, as: .auditor)
        let before = app.database.statementCount
        #expect(try await app.get(path, as: .auditor).status == 200)
        return app.database.statementCount - before
      }
      var counts: [[Int]] = []
      for round in 0..<2 {
        for number in 0..<(round == 0 ? 1 : 70) {
          try await app.scope.write { tx in
            try tx.apply([], recording: Change("note.add", of: "note:\(round)-\(number)", to: ["a": "b"]))
          }
          let point = try #require(try await app.scope.signCheckpoint())
          try await app.scope.write { tx in
            try tx.insert(
              TimeStamp(
                sequence: point.sequence, hash: point.hash, at: app.now, authority: "http://tsa.example/",
                certificate: Self.certificate, answer: [1]))
          }
        }
        counts.append([
          try await statements("/ledger/stamps"), try await statements("/ledger/proof"),
          try await statements("/conditions"),
        ])
      }
      #expect(counts[0] == counts[1] && counts[0].allSatisfy { $0 <= 10 }, "\(counts)")
      let page = try await app.get("/ledger/stamps", as: .auditor)
      #expect(page.body.contains("前の刻印を見る"))
    }
  }
}
