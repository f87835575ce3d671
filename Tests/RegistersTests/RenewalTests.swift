import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

/// A vendor and a contract with it that runs until the end of March 2026.
struct Signed {
  let vendor: Entry
  let contract: Entry

  static let terms = [
    "startsOn": "2025-04-01", "endsOn": "2026-03-31", "noticeBy": "2026-01-31", "amountYen": "100",
    "patching": "vendor", "vulnerabilityNotice": "yes", "noticeHours": "24", "allHoursContact": "yes",
  ]

  init(_ app: TestApp, systems: String = "電子カルテ", terms: [String: String] = Signed.terms) async throws {
    vendor = try await Vendors.register.add(
      [
        "name": "あおぞら画像", "contactPerson": "西", "nightPhone": "045-000-0299",
        "contactsCheckedOn": "2026-01-05",
      ], .ja,
      in: app.scope)
    let own = [
      "number": "K-007", "title": "画像保守", "vendor": "あおぞら画像", "status": "active", "systems": systems,
    ]
    contract = try await Contracts.register.add(
      own.merging(terms) { first, _ in first }, .ja, in: app.scope)
  }

  var path: String { "/contracts/\(contract.id)" }
  var record: String { "/registers/contracts/\(contract.id)" }

  func now(_ app: TestApp) async throws -> Entry {
    let id = contract.id
    return try #require(try await app.scope.read { try $0.entry(Contracts.register, id)?.entry })
  }

  /// The form of a renewal as it stands, with changes.
  func renewal(_ app: TestApp, _ changes: [String: String]) async throws -> TestApp.Answer {
    let entry = try await now(app)
    let base = Renewals.nextTerm(after: Renewals.terms(of: entry)).merging(changes) { _, new in new }
    let fields = Renewals.terms.map { ($0.id, base[$0.id] ?? "") }
    return try await app.post("\(path)/renewal", fields + [("version", "\(entry.version)")])
  }

  func confirm(
    _ app: TestApp, _ number: Int, revision: Int = 1, by teller: String = "西", on day: String = "2026-02-20"
  )
    async throws -> TestApp.Answer
  {
    try await app.post(
      "\(path)/versions/\(number)/confirmation",
      [("revision", "\(revision)"), ("toldOn", day), ("toldBy", teller), ("note", "受け入れる")])
  }
}

@Suite("契約の更新")
struct RenewalTests {
  @Test("更新を記録し、比べ、確かめるまで気がかり。始まる日に台帳が新しい版になる", arguments: Engine.available)
  func whole(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      let form = try await app.get("\(signed.path)/renewal")
      #expect(
        form.status == 200 && form.body.contains("value=\"2026-04-01\"")
          && form.body.contains("value=\"2027-03-31\""))
      let recorded = try await signed.renewal(
        app, ["patching": "own", "noticeHours": "72", "backupPlace": "別の棟"])
      #expect(recorded.status == 303 && recorded.location == "\(signed.path)/versions/2")

      let before = app.database.statementCount
      let page = try await app.get("\(signed.path)/versions/2")
      #expect(app.database.statementCount - before <= 8)
      #expect(page.body.contains("当院に不利になる変更が2項目あります") && page.body.contains("48時間延びました"))
      #expect(page.body.contains("更新が事業者の仕事ではなくなりました") && page.body.contains("加わった"))
      #expect(page.body.contains("変わらないところ("))
      // What holds today is still the first version, and the wait is a finding.
      let waiting = try await signed.now(app)
      #expect(waiting.text("patching") == "vendor" && waiting.text("unconfirmedSince") == "2026-02-24")
      let list = try await app.get("/registers/contracts?attention=only")
      #expect(list.body.contains("更新の説明を受けたことが未確認"))

      #expect(try await signed.confirm(app, 2, by: "").status == 422)
      #expect(try await signed.confirm(app, 2, on: "2026-02-25").status == 422)
      let stale = try await signed.confirm(app, 2, revision: 7)
      #expect(stale.status == 409)
      #expect(try await signed.confirm(app, 2).status == 303)
      #expect(try await signed.confirm(app, 2, revision: 2).status == 409)
      #expect(try await !signed.now(app).has("unconfirmedSince"))

      app.now = try #require(Day(2026, 4, 1)).start.adding(minutes: 1)
      let rows = try await Installation(app.database).takeDue(now: app.now).filter {
        $0.kind == "contracts.begin"
      }
      #expect(rows.count == 1)
      for row in rows { try await Renewals.begin(row, in: app.scope) }
      let begun = try await signed.now(app)
      #expect(begun.text("patching") == "own" && begun.text("endsOn") == "2027-03-31")
      let old = try await app.get("\(signed.path)/versions/1", as: .auditor)
      #expect(old.status == 200 && old.body.contains("令和8年3月31日"))
      let record = try await app.get(signed.record, as: .auditor)
      #expect(record.body.contains("第1版を読む") && record.body.contains("第2版: 前の版と比べる"))
      #expect(try await app.scope.verifyLedger().ok)
    }
  }

  @Test("始まりより前に終わる、前の版より先に始まらない更新は断り、打ったものを残す", arguments: Engine.available)
  func refused(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      for (changes, words) in [
        (["endsOn": "2026-03-30"], "「終了日」は「開始日」より前の日にはできません。"),
        (["startsOn": "2025-04-01"], "前の版の開始日(令和7年4月1日)より後の日にしてください"),
        (["startsOn": ""], "「開始日」を入れてください。"),
        (["noticeBy": "2026-03-01"], "「申出の期限」は「開始日」より前の日にはできません。"),
        (["noticeHours": "0"], "1から8760までの数"),
        (["startsOn": "らいねん"], "日付として読み取れません"),
      ] as [([String: String], String)] {
        let answer = try await signed.renewal(
          app, changes.merging(["applicableLaw": "日本法"]) { first, _ in first })
        #expect(answer.status == 422 && answer.body.contains(words), "\(words)")
        #expect(answer.body.contains("value=\"日本法\""))
      }
      let versions = try await app.scope.read { try $0.contractVersions(of: signed.contract.id) }
      #expect(versions.isEmpty)
      let entry = try await signed.now(app)
      #expect(entry.version == 1)
      let late = try await app.post("\(signed.path)/renewal", [("startsOn", "2026-04-01"), ("version", "9")])
      #expect(late.status == 409 && late.body.contains("ほかの人が先に保存しました"))
    }
  }

  @Test("確認を待つ版は直せて、取り消すと前の内容に戻る", arguments: Engine.available)
  func withdrawing(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      // Begins before today, so the register shows it at once.
      #expect(try await signed.renewal(app, ["startsOn": "2026-02-01", "amountYen": "300"]).status == 303)
      #expect(try await signed.now(app).text("amountYen") == "300")
      let correction = try await app.get("\(signed.path)/renewal")
      #expect(correction.body.contains("第2版の内容を直します"))
      #expect(
        try await signed.renewal(app, ["startsOn": "2026-02-01", "amountYen": "250"]).location
          == "\(signed.path)/versions/2")
      #expect(try await signed.now(app).text("amountYen") == "250")
      let page = try await app.get("\(signed.path)/versions/2/removal")
      #expect(page.status == 200)
      let gone = try await app.post(
        "\(signed.path)/versions/2/removal", [("revision", try #require(page.hidden("revision")))])
      #expect(gone.status == 303)
      let back = try await signed.now(app)
      #expect(back.text("amountYen") == "100" && !back.has("unconfirmedSince"))
      #expect(try await app.get("\(signed.path)/versions/2").status == 404)
      let actions = try await app.scope.read {
        try $0.history(of: "contracts:\(signed.contract.id)").map(\.action)
      }
      #expect(actions.contains("contract.version.withdraw"))
    }
  }

  @Test("確かめたあとで契約を直すと、確かめ直しを待つ", arguments: Engine.available)
  func reopened(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      _ = try await signed.renewal(app, ["startsOn": "2026-02-01"])
      #expect(try await signed.confirm(app, 2).status == 303)
      let entry = try await signed.now(app)
      let changed = try await app.post(
        signed.record,
        Contracts.register.entered.map { ($0.id, entry.text($0.id)) }.filter { $0.0 != "noticeHours" }
          + [("noticeHours", "96"), ("version", "\(entry.version)")])
      #expect(changed.status == 303)
      let after = try await signed.now(app)
      #expect(after.text("unconfirmedSince") == "2026-02-24" && after.text("noticeHours") == "96")
      let page = try await app.get("\(signed.path)/versions/2")
      #expect(page.body.contains("72時間延びました") && page.body.contains("変わったところの説明を受けたことを記録する"))
      // A change that no version speaks of leaves the confirmation alone.
      #expect(try await signed.confirm(app, 2, revision: 3).status == 303)
      _ = try await Contracts.register.change(
        signed.contract.id, ["note": "棚A"], version: try await signed.now(app).version, .ja, in: app.scope)
      #expect(try await !signed.now(app).has("unconfirmedSince"))
    }
  }

  @Test("更新を記録した契約は外せず、記録のない契約は外せる", arguments: Engine.available)
  func removal(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      _ = try await signed.renewal(app, [:])
      let version = try await signed.now(app).version
      let answer = try await app.post("\(signed.record)/removal", [("version", "\(version)")])
      #expect(answer.status == 409 && answer.body.contains("更新の記録があり"))
      let vendor = try await app.post(
        "/registers/vendors/\(signed.vendor.id)/removal", [("version", "\(signed.vendor.version)")])
      #expect(vendor.status == 409 && vendor.body.contains("契約「画像保守」がこれを指しているので"))
      let other = try await Contracts.register.add(
        ["number": "K-1", "title": "別の契約", "vendor": "あおぞら画像", "systems": "給食"], .ja, in: app.scope)
      let gone = try await app.post("/registers/contracts/\(other.id)/removal", [("version", "1")])
      #expect(gone.status == 303)
    }
  }

  @Test("見るだけの人は記録も確認もできず、他院の人には開かない", arguments: Engine.available)
  func closed(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let signed = try await Signed(app)
      _ = try await signed.renewal(app, [:])
      for (who, status) in [(TestApp.Who.auditor, 403), (.contributor, 403), (.stranger, 404)] {
        #expect(try await app.get("\(signed.path)/renewal", as: who).status == status)
        #expect(try await app.post("\(signed.path)/renewal", [("version", "1")], as: who).status == status)
        for place in ["confirmation", "removal"] {
          let answer = try await app.post(
            "\(signed.path)/versions/2/\(place)",
            [("revision", "1"), ("toldOn", "2026-02-20"), ("toldBy", "西")], as: who)
          #expect(answer.status == status, "\(who) \(place)")
        }
        let cover = try await app.post(
          "\(signed.path)/systems", [("version", "\(signed.contract.version)"), ("name", "給食")], as: who)
        #expect(cover.status == status)
      }
      #expect(try await app.get("\(signed.path)/versions/2", as: .stranger).status == 404)
      #expect(try await app.get("\(signed.path)/versions/2", as: .contributor).status == 403)
      #expect(try await signed.now(app).has("unconfirmedSince"))
    }
  }
}
