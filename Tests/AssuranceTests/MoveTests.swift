import Crypto
import Foundation
import Kernel
import Registers
import TestSupport
import Testing
import Web

@testable import Assurance
@testable import Storage

extension TestApp {
  /// What of everything a hospital may have: records that name each other, an answer with a file, a message.
  fileprivate func arrange() async throws {
    try await Vendors.register.add(["name": "みなとシステム"], .ja, in: scope)
    try await Systems.register.add(
      ["name": "電子カルテ", "impact": "stops", "vendor": "みなとシステム"], .ja, in: scope)
    try await Devices.register.add(
      ["number": "S-1", "name": "受付\"端末\"\\1", "kind": "pc", "system": "電子カルテ"], .ja, in: scope)
    let assessment = try await Assessments.open(
      form: "med", year: FiscalYear(2025), pack: nil, library: library, in: scope)
    _ = try await upload(
      "/assessments/\(assessment.id)/answers/r7-med-2-1/proofs", field: "file", name: "proof.txt",
      bytes: Array("証拠の中身".utf8))
  }
}

extension TestApp {
  static let (departments, evidence) = (1_001, 17)

  /// More rows than two pages of an export have, and what does not leave as it is.
  fileprivate func arrangeMore() async throws {
    _ = try await ask(pin: true)
    let code = try await BreakGlass.makeCodes(1, in: scope)[0]
    let entry = [("code", code), ("name", "夜勤 花子"), ("reason", "認証サーバが止まり、だれも入れないため")]
    #expect(try await post("/break-glass", entry, as: .nobody).status == 303)
    try await scope.write { tx in
      for number in 0..<Self.departments {
        try tx.housekeeping.run(
          """
          INSERT INTO department (facility_id, id, key_text, search_text, extra, version, name)
          VALUES (\(tx.facility), \("d\(number)"), \("k\(number)"), '', '{}', 1, \("部署\(number)"))
          """)
      }
      for number in 0..<Self.evidence {
        let bytes = Array("証拠\(number)".utf8)
        try tx.housekeeping.run(
          """
          INSERT INTO evidence_file (facility_id, sha256, content)
          VALUES (\(tx.facility), \(digest(bytes)), \(bytes))
          """)
      }
      try tx.housekeeping.run(
        """
        INSERT INTO monitor (facility_id, id, name, name_key, kind, definition, secrets, target, every_ms, is_backup,
          is_sentinel, is_paused, changed_at_ms, version)
        VALUES (\(tx.facility), 'm1', '電子カルテ', 'k', 'tcp', '{}', '{"password":"sealed-here"}', 'host:1', 60000,
          \(false), \(false), \(true), \(Instant.test), 1)
        """)
      let mails: [(title: String, sent: Instant?, ended: Instant?, sealed: String?)] = [
        ("送った", .test, nil, nil), ("送れなかった", nil, .test, nil), ("待っている", nil, nil, "sealed-here"),
      ]
      for (title, sent, ended, sealed) in mails {
        try tx.housekeeping.run(
          """
          INSERT INTO mail (facility_id, id, recipient, title, sealed, about, written_at_ms, attempts, next_try_ms,
            sent_at_ms, ended_at_ms, problem, problem_json)
          VALUES (\(tx.facility), \(Mails.MailID(at: .test)), 'a@example.jp', \(title), \(sealed), 'request:x',
            \(Instant.test), 1, \(Instant.test), \(sent), \(ended),
            'mail.tooSlow', '["x"]')
          """)
      }
    }
  }
}

/// What a row may have that does not leave as it is.
private struct Left: Decodable {
  let title, accountId, secrets, ending, pinHash, tokenHash, sealed, problem, problemJson: String?
  let sentAtMs, endedAtMs: Int64?
}

private func rows(_ parts: [String: [UInt8]], _ table: String) throws -> [Left] {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  let lines = try #require(parts["tables/\(table).jsonl"]).split(separator: 0x0A)
  return try lines.map { try decoder.decode(Left.self, from: Data($0)) }
}

/// What an export holds of ``TestApp/arrangeMore()``, by value.
private func checkLeft(_ parts: [String: [UInt8]]) throws {
  let departments = try #require(parts["tables/department.jsonl"]).split(separator: 0x0A)
  #expect(departments.count == TestApp.departments && Set(departments).count == TestApp.departments)
  // One more was sent up with an answer.
  let files = try #require(parts["tables/evidence_file.jsonl"]).split(separator: 0x0A)
  #expect(files.count == TestApp.evidence + 1 && Set(files).count == files.count)
  let people = try rows(parts, "person")
  #expect(people.count == 6 && people.allSatisfy { $0.accountId == nil })
  #expect(try rows(parts, "monitor").map(\.secrets) == ["{}"])
  let link = try #require(try rows(parts, "sheet_link").first)
  #expect(link.ending == "revoked" && link.pinHash == nil)
  #expect(try rows(parts, "break_glass_use").map(\.tokenHash) == [""])
  let mails = try rows(parts, "mail")
  #expect(mails.count == 3 && mails.allSatisfy { $0.sealed == nil })
  let told = Dictionary(mails.map { ($0.title, $0) }) { $1 }
  #expect(told["送った"]?.sentAtMs == Instant.test.milliseconds && told["送った"]?.endedAtMs == nil)
  #expect(told["送れなかった"]?.problem == "mail.tooSlow" && told["送れなかった"]?.problemJson == #"["x"]"#)
  #expect(told["待っている"]?.problem == "mail.moved" && told["待っている"]?.sentAtMs == nil)
  #expect(told["待っている"]?.endedAtMs == Instant.test.milliseconds)
}

/// The parts of an archive.
private func unpacked(_ path: String) throws -> [String: [UInt8]] {
  let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  var (parts, at) = ([String: [UInt8]](), 0)
  while let member = Tar.member(in: bytes[at..<at + 512]) {
    parts[member.name] = Array(bytes[(at + 512)..<(at + 512 + member.size)])
    at += 512 + Tar.padded(member.size)
  }
  return parts
}

private func packed(_ parts: [String: [UInt8]], _ path: String) throws {
  var bytes: [UInt8] = []
  for (name, content) in parts.sorted(by: { $0.key < $1.key }) {
    bytes += Tar.head(of: Tar.Member(name: name, size: content.count), modified: 0)
    bytes += content + [UInt8](repeating: 0, count: Tar.padded(content.count) - content.count)
  }
  try Data(bytes + [UInt8](repeating: 0, count: 1024)).write(to: URL(fileURLWithPath: path))
}

private func take(_ path: String, _ database: Database, broken: Bool = false) async throws
  -> FacilityArchive.Made
{
  try await Moves.take(
    path, into: database, slices: TestApp.migrations, by: .shell("root"), now: .test,
    acceptsBrokenLedger: broken)
}

@Suite("施設を持ち出して、受け入れる")
struct MoveTests {
  @Test("施設のどの表も、移すか残すかが決まっている", arguments: Engine.available)
  func everyTable(engine: Engine) async throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "moves.tsv")
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    let reviewed = Set(lines.filter { !$0.hasPrefix("#") }.map(String.init))
    try await engine.withDatabase(TestApp.migrations) { database in
      let tables = try await database.driver.read { try FacilityTable.all(of: $0) }
      #expect(Set(tables.map(\.name)).subtracting(Moves.rules.left.keys) == reviewed)
      #expect(Set(Moves.rules.left.keys).isSubset(of: tables.map(\.name)))
      for (table, columns) in Moves.rules.replaced {
        let known = try #require(tables.first { $0.name == table }).columns.map(\.name)
        #expect(Set(columns.keys).isSubset(of: known))
      }
      for (table, ending) in Moves.rules.ended {
        let known = try #require(tables.first { $0.name == table }).columns.map(\.name)
        #expect(Set(ending.open + [ending.moment] + ending.replaced.keys).isSubset(of: known))
      }
      // What opens something must not leave: a column with such a name is decided about.
      let telling = #/secret|password|token|pin_hash|code_hash/#
      for table in tables where Moves.rules.left[table.name] == nil {
        let replaced = Moves.rules.replaced[table.name] ?? [:]
        let open = table.columns.map(\.name).filter { $0.contains(telling) && replaced[$0] == nil }
        // SHA-256 of 256 random bits: of a link that has ended, of the address of a heartbeat.
        let isHash = ["sheet_link", "monitor"].contains(table.name) && open == ["token_hash"]
        #expect(open.isEmpty || isHash, "\(table.name) \(open)")
      }
    }
  }

  @Test("どちらのデータベースからどちらへ移しても、行も記録も同じになる", arguments: Engine.available, Engine.available)
  func thereAndBack(from: Engine, to: Engine) async throws {
    try await withTemporaryFolder { folder in
      try await TestApp.run(on: from) { app in
        try await app.arrange()
        try await app.arrangeMore()
        try await app.scope.signCheckpoint()
        let made = try await Moves.export(app.scope, to: folder + "/one.tar")
        let first = try unpacked(made.path)
        let mode = try FileManager.default.attributesOfItem(atPath: made.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(String(decoding: first["README.txt"] ?? [], as: UTF8.self).contains("SHA-256"))
        #expect(first["tables/account.jsonl"] == nil && first["tables/session.jsonl"] == nil)
        for (name, bytes) in first {
          #expect(!String(decoding: bytes, as: UTF8.self).contains(app.otherFacility.id.text), "\(name)")
        }
        try checkLeft(first)
        try await to.withDatabase(TestApp.migrations) { database in
          let taken = try await take(made.path, database)
          #expect(taken.fingerprint == made.fingerprint && taken.rows == made.rows && taken.isLedgerSound)
          let scope = Scope(database, actor: .system("test"), facility: app.facility.id, now: .test)
          let verdict = try await scope.verifyLedger()
          // One entry more: that it was taken in.
          #expect(verdict.ok && verdict.entries == made.entries + 1)
          #expect(try await Facilities.this(scope) == app.facility)
          let mails = try await scope.read { try $0.mails(limit: 10) }
          #expect(mails.count { $0.state == .sent } == 1 && mails.count { $0.state == .failed } == 2)
          let again = try await Moves.export(scope, to: folder + "/two.tar")
          let second = try unpacked(again.path)
          let tables = first.filter { $0.key.hasPrefix("tables/") && $0.key != "tables/due.jsonl" }
          #expect(tables.count == first.keys.count { $0.hasPrefix("tables/") } - 1)
          for (name, lines) in tables { #expect(second[name] == lines, "\(name)") }
          func files(_ parts: [String: [UInt8]]) -> [String] {
            parts.keys.filter { $0.hasPrefix("files/") }.sorted()
          }
          #expect(files(first).count == TestApp.evidence + 1 && files(second) == files(first))
          await #expect(throws: MoveProblem.alreadyHere(name: app.facility.name.text)) {
            try await take(made.path, database)
          }
        }
      }
    }
  }

  @Test("監視は休んだまま着き、様子は持ち越さず、日付でない時刻は断る", arguments: Engine.available)
  func monitors(engine: Engine) async throws {
    try await withTemporaryFolder { folder in
      try await TestApp.run(on: engine) { app in
        _ = try await app.post(
          "/monitoring", [("kind", "tcp"), ("name", "画像"), ("target", "pacs:104"), ("interval", "60")])
        _ = try await app.scope.write { tx in
          try tx.housekeeping.run(
            "UPDATE monitor_watch SET bits = -1, condition = 'up', worker = 'x' WHERE facility_id = \(tx.facility)"
          )
        }
        let made = try await Moves.export(app.scope, to: folder + "/one.tar")
        try await engine.withDatabase(TestApp.migrations) { database in
          _ = try await take(made.path, database)
          let scope = Scope(database, actor: .system("test"), facility: app.facility.id, now: .test)
          let row = try await scope.read { tx in
            try tx.first(
              """
              SELECT m.is_paused, w.is_asked, w.condition, w.bits, w.worker FROM monitor m JOIN monitor_watch w
                ON w.facility_id = m.facility_id AND w.monitor_id = m.id WHERE m.facility_id = \(tx.facility)
              """
            ) {
              "\(try $0.bool(0)) \(try $0.bool(1)) \(try $0.text(2)) \(try $0.int(3)) \(try $0.optionalText(4) ?? "-")"
            }
          }
          #expect(row == "true false waiting 0 -")
        }
        _ = try await app.scope.write { tx in
          try tx.housekeeping.run(
            "UPDATE monitor_watch SET since_ms = \(Int.max) WHERE facility_id = \(tx.facility)")
        }
        let bad = try await Moves.export(app.scope, to: folder + "/two.tar")
        _ = try await engine.withDatabase(TestApp.migrations) { database in
          await #expect(throws: MoveProblem.damaged(path: bad.path, part: "tables/monitor_watch.jsonl")) {
            try await take(bad.path, database)
          }
        }
        // One more than that would end the program: such a number is no version of anything.
        _ = try await app.scope.write { tx in
          _ = try tx.housekeeping.run(
            "UPDATE monitor_watch SET since_ms = 0 WHERE facility_id = \(tx.facility)")
          return try tx.housekeeping.run(
            "UPDATE monitor SET version = \(Int.max) WHERE facility_id = \(tx.facility)")
        }
        let worse = try await Moves.export(app.scope, to: folder + "/three.tar")
        _ = try await engine.withDatabase(TestApp.migrations) { database in
          await #expect(throws: MoveProblem.damaged(path: worse.path, part: "tables/monitor.jsonl")) {
            try await take(worse.path, database)
          }
        }
      }
    }
  }

  @Test("欠けたもの、変えられたもの、よそのものは断り、何も残さない", arguments: Engine.available)
  func damaged(engine: Engine) async throws {
    try await withTemporaryFolder { folder in
      try await TestApp.run(on: .sqlite) { app in
        try await app.arrange()
        let made = try await Moves.export(app.scope, to: folder + "/whole.tar")
        let parts = try unpacked(made.path)
        let path = folder + "/bad.tar"
        try await engine.withDatabase(TestApp.migrations) { database in
          func refused(_ problem: MoveProblem?, _ bytes: [UInt8]) async throws {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            await #expect(throws: problem ?? .notAnExport(path: path)) { try await take(path, database) }
          }
          func refused(_ part: String, _ change: (inout [String: [UInt8]]) -> Void) async throws {
            var changed = parts
            change(&changed)
            try packed(changed, path)
            await #expect(throws: MoveProblem.damaged(path: path, part: part), "\(part)") {
              try await take(path, database)
            }
          }
          try await refused(nil, [])
          try await refused(nil, Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 65, count: 4096))
          let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: made.path)))
          try await refused(.damaged(path: path, part: "schema.json"), Array(bytes.prefix(bytes.count / 2)))
          try await refused("tables/device.jsonl") { $0["tables/device.jsonl"] = nil }
          try await refused("tables/device.jsonl") { $0["tables/device.jsonl"]?.append(0x0A) }
          try await refused("ledger.jsonl") { $0["ledger.jsonl"]?[200] ^= 1 }
          try await refused("schema.json") { $0["schema.json"] = nil }
          // Whoever changes a part and its SHA-256 too still meets the schema, and the ledger its chain.
          try await refused("tables/device.jsonl") { parts in
            reseal(&parts, "tables/device.jsonl") {
              $0.replacing("\"kind\":\"pc\"", with: "\"kind\":\"tank\"")
            }
          }
          try await refused("tables/device.jsonl") { parts in
            reseal(&parts, "tables/device.jsonl") { $0.replacing("\"kind\":", with: "\"sort\":") }
          }
          try await refused("tables/device.jsonl") { parts in
            reseal(&parts, "tables/device.jsonl") {
              $0.replacing(app.facility.id.text, with: app.otherFacility.id.text)
            }
          }
          try await refused("tables/device.jsonl") { parts in
            reseal(&parts, "tables/system.jsonl") { _ in "" }
          }
          try await refused("ledger.jsonl") { parts in
            reseal(&parts, "ledger.jsonl") {
              $0.replacing(#/"at_ms":[0-9]+/#, with: "\"at_ms\":9223372036854775807")
            }
          }
          var changed = parts
          reseal(&changed, "ledger.jsonl") { $0.replacing("みなとシステム", with: "みなとシスナム") }
          try packed(changed, path)
          await #expect(throws: MoveProblem.self) { try await take(path, database) }
          #expect(try await Facilities.all(in: database).isEmpty)
          let left = try FileManager.default.contentsOfDirectory(atPath: database.keyFolder ?? folder)
          #expect(!left.contains { $0.hasPrefix(".mamorite-work-") })
          let known = try await take(path, database, broken: true)
          #expect(!known.isLedgerSound)
        }
      }
    }
  }

  /// Changes a part, and what the description says of it.
  private func reseal(_ parts: inout [String: [UInt8]], _ name: String, _ change: (String) -> String) {
    guard let old = parts[name], let schema = parts["schema.json"] else { return }
    let new = Array(change(String(decoding: old, as: UTF8.self)).utf8)
    parts[name] = new
    parts["schema.json"] = Array(
      String(decoding: schema, as: UTF8.self).replacing(digest(old), with: digest(new)).utf8)
  }

  @Test("前の版の形のままのものは、受け入れるときに新しくなる。新しい版のものは断る", arguments: Engine.available)
  func versions(engine: Engine) async throws {
    try await withTemporaryFolder { folder in
      // The first steps of the schema, as a program of that day had them.
      let early = Set((Database.core + TestApp.migrations).map(\.name).filter { $0.hasPrefix("20261121") })
      let old = try Database(.directory(folder))
      try await old.migrate(TestApp.migrations, only: early, now: .test)
      let facility = FacilityID(at: .test)
      let scope = Scope(old, actor: .system("test"), facility: facility, now: .test)
      try await scope.write { tx in
        try tx.apply(
          """
          INSERT INTO facility (id, name, kind, beds, prefecture, created_at_ms, version)
          VALUES (\(facility), 'むかしの病院', 'hospital', 20, NULL, \(Instant.test), 1)
          """,
          recording: Change("facility.add", of: "facility:\(facility)", to: ["name": "むかしの病院"]))
      }
      let made = try await FacilityArchive.write(
        scope, name: "むかしの病院", to: folder + "/old.tar", rules: Moves.rules, readme: "", program: "0.0.1")
      await old.close()
      try await engine.withDatabase(TestApp.migrations) { database in
        _ = try await take(made.path, database)
        let here = Scope(database, actor: .system("test"), facility: facility, now: .test)
        #expect(try await Facilities.this(here).name.text == "むかしの病院")
        #expect(try await here.verifyLedger().ok)
        var parts = try unpacked(made.path)
        parts["schema.json"] = Array(
          String(decoding: parts["schema.json"] ?? [], as: UTF8.self)
            .replacing("\"20261121-0-core\"", with: "\"20261121-0-core\",\"29990101-later\"").utf8)
        try packed(parts, folder + "/new.tar")
        await #expect(throws: DatabaseProblem.newerThanProgram(migration: "29990101-later")) {
          try await take(folder + "/new.tar", database)
        }
      }
    }
  }

  @Test("画面からは、新しく確かめた管理者だけが持ち出せ、記録に残る", arguments: Engine.available)
  func page(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let page = try await app.get("/facility/export", as: .administrator)
      #expect(page.status == 200 && page.body.contains("暗号化されていません"))
      #expect(try await app.post("/facility/export", []).status == 403)
      let file = try await app.post("/facility/export", [], as: .administrator)
      #expect(file.status == 200 && file.headers["content-type"] == "application/x-tar")
      #expect(
        file.bytes.count.isMultiple(of: 512) && Tar.member(in: file.bytes[..<512])?.name == "README.txt")
      let entries = try await app.scope.read { try $0.recentEntries(limit: 5) }
      #expect(entries.contains { $0.action == "facility.export" && $0.actorName == "administrator" })
      app.now = app.now.adding(minutes: 11)
      #expect(try await app.post("/facility/export", [], as: .administrator).status == 403)
      let folder = try #require(app.database.keyFolder)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(!left.contains { $0.hasPrefix(".mamorite-work-") })
    }
  }
}

private func digest(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }
