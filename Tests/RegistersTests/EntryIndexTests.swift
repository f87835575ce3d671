import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

@Suite("大きな台帳の索引")
struct EntryIndexTests {
  private static let register = Devices.register

  private func add(_ count: Int, _ app: TestApp, _ random: inout Seeded) async throws {
    let names = ["ﾃﾞｽｸﾄｯﾌﾟ", "ノートPC", "心電計", "超音波", "サーバ", "ルータ％"]
    let kinds = ["pc", "server", "network", "medical"]
    for index in 0..<count {
      var raw = ["number": "機-\(Int.random(in: 0...9_999_999, using: &random))-\(index)"]
      raw["name"] = "\(names.randomElement(using: &random) ?? "") \(index % 7)"
      raw["kind"] = kinds.randomElement(using: &random)
      raw["place"] = Bool.random(using: &random) ? "\(index % 3)階病棟" : "外来"
      raw["updatedBy"] = Bool.random(using: &random) ? "own" : nil
      raw["remoteMaintenance"] = "no"
      raw["supportEndsOn"] = "20\(Int.random(in: 25...29, using: &random))-03-31"
      raw["nextCheckOn"] = "2027-01-31"
      try await Self.register.add(raw, .ja, in: app.scope)
    }
  }

  private static let queries: [EntryQuery] = {
    let day = Instant.test.day
    return [
      EntryQuery(), EntryQuery(filters: ["kind": "pc"]),
      EntryQuery(filters: ["kind": "pc", "updatedBy": EntryQuery.none]), EntryQuery(attentionOn: day),
      EntryQuery(filters: ["kind": "spaceship"]), EntryQuery(search: "病棟"), EntryQuery(search: "棟"),
      EntryQuery(search: "ですくとっぷ"), EntryQuery(search: "ｐｃ 病棟"), EntryQuery(search: "心電計 1"),
      EntryQuery(search: "zzzz"), EntryQuery(search: "%"), EntryQuery(search: "棟外"),
      EntryQuery(search: "外来", filters: ["kind": "server"], attentionOn: day),
    ]
  }()

  /// What the index finds is what the database finds.
  private func compare(_ indexes: EntryIndexes, _ app: TestApp) async throws {
    try await app.scope.read { tx in
      let index = try indexes.index(of: Self.register, in: tx)
      for query in Self.queries {
        for offset in [0, 7, 1_000] {
          let found = index.find(query, from: offset, most: 10, on: Instant.test.day)
          let all = try tx.entries(Self.register, query).map(\.entry)
          let (total, attention) = try tx.entryCount(Self.register, query, on: Instant.test.day)
          #expect(found?.total == total && found?.attention == attention, "\(query)")
          let rows = try tx.entries(Self.register, found?.ids ?? []).map(\.entry)
          #expect(rows == Array(all.dropFirst(offset).prefix(10)), "\(query) \(offset)")
        }
      }
    }
  }

  @Test("索引で見つかるものは、データベースで見つかるものと同じ", arguments: Engine.available, [UInt64(1), 2])
  func same(engine: Engine, seed: UInt64) async throws {
    try await TestApp.run(on: engine) { app in
      var random = Seeded(state: seed)
      let indexes = EntryIndexes(least: 0)
      try await compare(indexes, app)
      try await add(40, app, &random)
      try await compare(indexes, app)
      // Someone else adds, changes and takes away; the ledger tells the index.
      try await add(5, app, &random)
      let entries = try await app.scope.read { try $0.entries(Self.register).map(\.entry) }
      try await Self.register.remove(entries[3].id, version: entries[3].version, in: app.scope)
      try await Self.register.change(
        entries[10].id, ["number": "０番", "place": "病棟倉庫"], version: entries[10].version, .ja, in: app.scope)
      try await compare(indexes, app)
      let vendor = try await Vendors.register.add(["name": "みなと電算"], .ja, in: app.scope)
      try await Self.register.change(
        entries[11].id, ["vendor": "みなと電算"], version: entries[11].version, .ja, in: app.scope)
      let found = try await app.scope.read { tx in
        try indexes.index(of: Self.register, in: tx)
          .find(EntryQuery(filters: ["vendor": vendor.id.text]), from: 0, most: 10, on: Instant.test.day)
      }
      #expect(found?.ids.compactMap(\.id) == [entries[11].id])
    }
  }

  @Test("ほかの台帳から直ったものも、担当の人も、索引で見つかる", arguments: Engine.available)
  func elsewhere(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let owner = try await People.add(name: "渡辺", department: "", role: .staff, in: app.scope)
      let system = try await Systems.register.add(
        ["name": "画像", "owner": owner.id.text], .ja, in: app.scope)
      try await Vendors.register.add(["name": "みなと電算"], .ja, in: app.scope)
      let contract = try await Contracts.register.add(
        ["number": "K-1", "title": "保守", "vendor": "みなと電算", "systems": "画像"], .ja, in: app.scope)
      let indexes = EntryIndexes(least: 0)
      func found(_ register: Register, _ query: EntryQuery) async throws -> [Entry.ID]? {
        try await app.scope.read { tx in
          try indexes.index(of: register, in: tx).find(query, from: 0, most: 10, on: Instant.test.day)?
            .ids.compactMap(\.id)
        }
      }
      #expect(try await found(Contracts.register, EntryQuery(search: "新しい名前")) == [])
      // A system's new name goes into the texts of its contracts.
      try await Systems.register.change(system.id, ["name": "新しい名前"], version: 1, .ja, in: app.scope)
      #expect(try await found(Contracts.register, EntryQuery(search: "新しい名前")) == [contract.id])
      let owned = EntryQuery(filters: ["owner": owner.id.text])
      #expect(try await found(Systems.register, owned) == [system.id])
      // People's keys are not only their names: their order is the database's.
      #expect(indexes.pays(for: Systems.register, 0) && !indexes.pays(for: People.register, 100_000))
    }
  }

  @Test("加えた選択肢の列でもしぼり込め、列の定義が変わると索引は作り直される", arguments: Engine.available)
  func addedColumns(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let indexes = EntryIndexes(least: 0)
      func found(_ value: String, in field: String) async throws -> [[Entry.ID]?] {
        try await app.scope.read { tx in
          let register = try tx.effective(Self.register)
          let query = EntryQuery(filters: [field: value])
          let index = try indexes.index(of: register, in: tx)
          return [
            index.find(query, from: 0, most: 10, on: Instant.test.day)?.ids.compactMap(\.id),
            try tx.entries(register, query).map(\.entry.id),
          ]
        }
      }
      let plain = try await Self.register.add(
        ["number": "PC-1", "name": "端末", "kind": "pc", "place": "外来"], .ja, in: app.scope)
      // Known to the index before there is a column.
      #expect(try await found("pc", in: "kind") == [[plain.id], [plain.id]])
      try await Self.register.addColumn("電源", kind: "choice", choices: ["無停電", "一般"], in: app.scope)
      let register = try await app.scope.read { try $0.effective(Self.register) }
      let column = try #require(register.fields.last)
      guard case .choice(let choices) = column.kind else {
        Issue.record("\(column.kind)")
        return
      }
      let powered = try await register.add(
        ["number": "PC-2", "name": "端末", "kind": "pc", column.id: "無停電"], .ja, in: app.scope)
      #expect(try await found(choices[0].value, in: column.id) == [[powered.id], [powered.id]])
      #expect(try await found(choices[1].value, in: column.id) == [[], []])
      #expect(try await found(EntryQuery.none, in: column.id) == [[plain.id], [plain.id]])
      let page = try await app.get("/registers/devices?\(column.id)=\(urlEncoded(choices[0].value))")
      #expect(page.body.contains("PC-2") && !page.body.contains("PC-1") && page.body.contains("電源"))
    }
  }

  @Test("索引が知らない条件には答えない")
  func unknown() {
    let index = EntryIndex(EntryIndex.Layout(Self.register))
    let query = EntryQuery(filters: ["note": "窓側"])
    #expect(index.find(query, from: 0, most: 10, on: Instant.test.day) == nil)
  }

  @Test("施設ごとに分かれ、場所が足りなければ、使われていないものから手放す")
  func shelf() async throws {
    try await TestApp.run(on: .sqlite) { app in
      var random = Seeded(state: 3)
      try await add(3, app, &random)
      let indexes = EntryIndexes(least: 0, mostBytes: 1)
      let there = Scope(
        app.database, actor: .system("test"), facility: app.otherFacility.id, now: app.now)
      for _ in 0..<2 {
        let (here, other) = (
          try await app.scope.read { try indexes.index(of: Self.register, in: $0).count },
          try await there.read { try indexes.index(of: Self.register, in: $0).count }
        )
        #expect(here == 3 && other == 0)
      }
    }
  }

  @Test("二千台を越えた一覧も、同じ数の問い合わせで同じものを示す")
  func overHTTP() async throws {
    try await TestApp.run(on: .sqlite) { app in
      let rows = (0..<2_100).map { "PC-\($0 + 10_000),端末 \($0),\($0 % 100 == 7 ? "心電計室" : "病棟")" }
      let csv = Array("管理番号,機器名,場所\n\(rows.joined(separator: "\n"))\n".utf8)
      let plan = try await RegisterExchange.plan(csv, named: "a", into: Self.register, .ja, in: app.scope)
      try await RegisterExchange.apply(plan, .ja, in: app.scope)
      // The first request signs in.
      _ = try await app.get("/registers/vendors")
      for (query, shown) in [
        ("", "2,100台"), ("?page=42", "2051〜2100 / 2100"), ("?q=\(urlEncoded("心電"))", "21台が当てはまります"),
        ("?q=PC-12099", "端末 2099"), ("?attention=only", "2,100台が当てはまります"),
      ] {
        for _ in 0..<2 {
          let before = app.database.statementCount
          let page = try await app.get("/registers/devices\(query)")
          #expect(page.status == 200 && page.body.contains(shown), "\(query)")
          #expect(app.database.statementCount - before <= 8)
        }
      }
    }
  }
}
