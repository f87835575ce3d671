import Kernel
import TestSupport
import Testing
import Web

@testable import Registers
@testable import Storage

private let registers = Registry.all

private let ids = registers.map(\.id)
private func register(_ id: String) throws -> Register { try #require(registers.first { $0.id == id }) }

extension Register {
  /// The findings of an entry with `values` on 24 February 2026.
  fileprivate func findings(_ values: [String: String], _ changes: [String: String]) throws -> [String] {
    var values = values.merging(changes) { _, changed in changed }
    // An empty text in a case below takes the value away.
    values = values.filter { !$0.value.isEmpty }
    for field in values.keys { #expect(self.field(field) != nil, "\(id) has no field \(field)") }
    let entry = Entry(id: Entry.ID(at: .test), values: values, version: 1)
    return findings(of: entry, on: try #require(Day(2026, 2, 24))).map(\.id)
  }
}

@Suite("台帳の決め方")
struct RegisterDeclarationTests {
  @Test("項目の名前は重ならず、列は同じ名前で、鍵は必須で、題は一つまで", arguments: ids)
  func fields(id: String) throws {
    let register = try register(id)
    #expect(Set(register.fields.map(\.id)).count == register.fields.count)
    for field in register.fields {
      var column = field.id.map { $0.isUppercase ? "_\($0.lowercased())" : "\($0)" }.joined()
      switch field.kind {
      case .entry, .person: column += "_id"
      default: break
      }
      #expect(field.column.rendered(for: .sqlite).text == column)
    }
    #expect(register.key.isRequired && register.key.isSearched)
    #expect(register.fields.count { $0.isTitle } == 1)
    #expect(register.title.isRequired)
    #expect(Set(register.findings.map(\.id)).count == register.findings.count)
    for field in register.fields where field.isFilter {
      guard case .choice = field.kind else {
        Issue.record("\(register.id).\(field.id) is a filter but no choice")
        continue
      }
    }
  }

  @Test("一つの見出しは一つの項目だけを指す", arguments: ids)
  func headings(id: String) throws {
    let register = try register(id)
    var owners: [String: String] = [:]
    for field in register.fields {
      for heading in [field.id, field.label(.ja), field.label(.en)] + field.headings {
        let owner = owners.updateValue(field.id, forKey: heading.folded)
        #expect(owner == nil || owner == field.id, "\(register.id): \(heading)")
      }
    }
  }

  @Test("言葉の表に、足りないもの・余ったもの・食い違いがない")
  func catalogs() {
    #expect((Registry.feature.catalogs + [PeopleText.catalog]).flatMap(\.faults) == [])
  }

  @Test("さがす文は、PostgreSQL の索引の一行(2704バイト)に収まる", arguments: ids)
  func searchFits(id: String) throws {
    let register = try register(id)
    var characters = 0
    for field in register.fields where field.isSearched {
      switch field.kind {
      case .text(let most), .lines(let most): characters += most + 1
      default: break
      }
    }
    // The key stands in the index once more; a character of Japanese takes three bytes.
    if case .text(let most) = register.key.kind { characters += most }
    #expect(characters * 3 < 2_600)
  }

  @Test("表には項目の列がすべてある", arguments: Engine.available)
  func columns(engine: Engine) async throws {
    let migrations = TestApp.migrations
    try await engine.withDatabase(migrations) { database in
      let scope = Scope(database, actor: .system("test"), facility: FacilityID(at: .test), now: .test)
      for register in registers {
        let columns = SQL(joining: register.fields.map(\.column), by: ", ")
        let rows = try await scope.read { tx in
          try tx.all(
            """
            SELECT id, key_text, search_text, attention_on, extra, version, \(columns) FROM \(register.table)
            WHERE facility_id = \(tx.facility)
            """
          ) { try $0.text(0) }
        }
        #expect(rows == [])
      }
    }
  }
}

@Suite("台帳の気がかり")
struct RegisterFindingTests {
  @Test(
    "機器",
    arguments: [
      ([:], []),
      (["updatedBy": "undecided"], ["updaterUndecided"]),
      (["updatedBy": ""], ["updaterUndecided"]),
      (["vendor": ""], ["updaterUnnamed"]),
      (["updatedBy": "own", "vendor": ""], []),
      (["supportEndsOn": "2026-08-24"], []),
      (["supportEndsOn": "2026-08-23"], ["supportNear"]),
      (["supportEndsOn": "2026-02-24"], ["supportNear"]),
      (["supportEndsOn": "2026-02-23"], ["supportEnded"]),
      (["supportEndsOn": ""], ["supportUnknown"]),
      (["supportEndsOn": "", "kind": "medical"], []),
      (["remoteMaintenance": "unknown"], ["remoteUnknown"]),
      (["remoteMaintenance": ""], ["remoteUnknown"]),
      (["nextCheckOn": "2026-02-24"], []),
      (["nextCheckOn": "2026-02-23"], ["checkOverdue"]),
      (["status": "", "updatedBy": ""], ["updaterUndecided"]),
      (["status": "lent", "updatedBy": ""], ["updaterUndecided"]),
      (["status": "stored", "updatedBy": "", "supportEndsOn": "2020-01-01"], []),
      (["status": "disposed", "updatedBy": ""], ["erasureUnproven"]),
      (["status": "disposed", "erasureProof": "証明書 12号"], []),
    ] as [([String: String], [String])])
  func devices(changes: [String: String], expected: [String]) throws {
    let good = [
      "number": "SV-001", "name": "電子カルテサーバ", "kind": "server", "status": "in-use", "updatedBy": "vendor",
      "vendor": "v", "supportEndsOn": "2031-10-14", "remoteMaintenance": "yes", "nextCheckOn": "2026-05-18",
    ]
    #expect(try Devices.register.findings(good, changes) == expected)
  }

  @Test(
    "外部接続点",
    arguments: [
      ([:], []),
      (["updatedBy": "undecided"], ["updaterUndecided"]),
      (["vendor": ""], ["updaterUnnamed"]),
      (["firmware": ""], ["firmwareUnknown"]),
      (["supportEndsOn": ""], ["supportUnknown"]),
      (["supportEndsOn": "2026-03-31"], ["supportNear"]),
      (["supportEndsOn": "2026-02-23"], ["supportEnded"]),
      (["twoFactor": "no"], ["noTwoFactor"]),
      (["twoFactor": "unknown"], ["twoFactorUnknown"]),
      (["twoFactor": ""], ["twoFactorUnknown"]),
      (["allowedFrom": ""], ["sourcesMissing"]),
      (["nextCheckOn": "2026-02-23"], ["checkOverdue"]),
      (["status": "suspended", "firmware": ""], ["firmwareUnknown"]),
      (["status": "removed", "firmware": "", "twoFactor": "no", "nextCheckOn": "2026-02-23"], []),
    ] as [([String: String], [String])])
  func connections(changes: [String: String], expected: [String]) throws {
    let good = [
      "number": "VPN-01", "name": "保守用VPN装置", "kind": "vpn", "status": "in-use", "updatedBy": "vendor",
      "vendor": "v", "firmware": "7.0.12", "supportEndsOn": "2030-03-31", "allowedFrom": "198.51.100.0/28",
      "twoFactor": "yes", "nextCheckOn": "2026-05-18",
    ]
    #expect(try Connections.register.findings(good, changes) == expected)
  }

  @Test(
    "システム",
    arguments: [
      ([:], []),
      (["owner": ""], ["ownerMissing"]),
      (["deputy": ""], ["deputyMissing"]),
      (["alternative": ""], ["alternativeMissing"]),
      (["nextCheckOn": "2026-02-24"], []),
      (["nextCheckOn": "2026-02-23"], ["checkOverdue"]),
      (["nextCheckOn": ""], []),
    ] as [([String: String], [String])])
  func systems(changes: [String: String], expected: [String]) throws {
    let good = [
      "name": "電子カルテ", "owner": "p1", "deputy": "p2", "alternative": "紙の伝票", "nextCheckOn": "2026-05-18",
    ]
    #expect(try Systems.register.findings(good, changes) == expected)
  }

  @Test(
    "事業者",
    arguments: [
      ([:], []),
      (["nightPhone": ""], ["noNightContact"]),
      (["nightPhone": "", "emergencyContact": "保守センター 0120-000-102"], []),
      (["contactsCheckedOn": ""], ["contactsUnchecked"]),
      (["contactsCheckedOn": "2025-02-24"], []),
      (["contactsCheckedOn": "2025-02-23"], ["contactsUnchecked"]),
      (["nextCheckOn": "2026-02-23"], ["checkOverdue"]),
      (["certificationEndsOn": "2026-04-26"], []),
      (["certificationEndsOn": "2026-04-25"], ["certificationNear"]),
      (["certificationEndsOn": "2026-02-24"], ["certificationNear"]),
      (["certificationEndsOn": "2026-02-23"], ["certificationEnded"]),
      // Entries of certifications speak for themselves; a vendor of the past asks for nothing.
      (["certificationEndsOn": "2026-02-23", "certificateEndsOn": "2027-03-31"], []),
      (["certificateEndsOn": "2026-02-23"], ["certificationEnded"]),
      (["certificateEndsOn": "2026-02-23", "nightPhone": "", "status": "former"], []),
    ] as [([String: String], [String])])
  func vendors(changes: [String: String], expected: [String]) throws {
    let good = [
      "name": "ひまわり情報システム", "nightPhone": "0120-000-102", "contactsCheckedOn": "2026-02-18",
      "certificationEndsOn": "2027-03-31",
    ]
    #expect(try Vendors.register.findings(good, changes) == expected)
  }

  @Test(
    "契約",
    arguments: [
      ([:], []),
      (["noticeBy": "2026-04-26"], []),
      (["noticeBy": "2026-04-25"], ["noticeNear"]),
      (["endsOn": "2026-02-24"], []),
      (["endsOn": "2026-02-23"], ["endPassed"]),
      (["endsOn": "2026-02-23", "status": "ended", "patching": ""], []),
      (["patching": ""], ["patchingUndecided"]),
      (["patching": "undecided"], ["patchingUndecided"]),
      (["vulnerabilityNotice": "unknown"], ["noVulnerabilityNotice"]),
      (["vulnerabilityNotice": ""], ["noVulnerabilityNotice"]),
      (["allHoursContact": "no"], ["noAllHoursContact"]),
      (["unconfirmedSince": "2026-02-24"], ["unconfirmed"]),
      (["unconfirmedSince": "2026-02-24", "status": "ended"], []),
    ] as [([String: String], [String])])
  func contracts(changes: [String: String], expected: [String]) throws {
    let good = [
      "number": "K-014", "title": "電子カルテ保守", "vendor": "v", "status": "active", "endsOn": "2027-03-31",
      "noticeBy": "2026-12-31", "patching": "vendor", "vulnerabilityNotice": "yes", "allHoursContact": "yes",
    ]
    #expect(try Contracts.register.findings(good, changes) == expected)
  }

  @Test(
    "役割",
    arguments: [
      ([:], []),
      (["person": ""], ["personMissing"]),
      (["deputy": ""], ["deputyMissing"]),
      (["testedOn": ""], ["untested"]),
      (["testedOn": "2025-11-26"], []),
      (["testedOn": "2025-11-25"], ["testedLongAgo"]),
      (["nextCheckOn": "2026-02-24"], []),
      (["nextCheckOn": "2026-02-23"], ["checkOverdue"]),
    ] as [([String: String], [String])])
  func roles(changes: [String: String], expected: [String]) throws {
    let good = [
      "name": "安全管理責任者", "kind": "safety-manager", "person": "p1", "deputy": "p2", "testedOn": "2026-02-18",
      "nextCheckOn": "2026-05-18",
    ]
    #expect(try Roles.register.findings(good, changes) == expected)
  }

  @Test(
    "連絡先",
    arguments: [
      ([:], []),
      (["phoneDay": ""], ["unreachable"]),
      (["phoneDay": "", "web": "https://www.example.jp/"], []),
      (["phoneDay": "", "phoneNight": "080-0000-0100"], []),
      (["testedOn": ""], ["untested"]),
      (["testedOn": "", "phoneDay": ""], ["unreachable"]),
      (["testedOn": "2025-11-25"], ["testedLongAgo"]),
      (["nextCheckOn": "2026-02-23"], ["checkOverdue"]),
    ] as [([String: String], [String])])
  func contacts(changes: [String: String], expected: [String]) throws {
    let good = ["name": "県警察", "kind": "police", "phoneDay": "00-0000-0401", "testedOn": "2026-02-18"]
    #expect(try Contacts.register.findings(good, changes) == expected)
  }

  @Test(
    "人",
    arguments: [
      ([:], []), (["phoneDay": "内線 2190"], ["untested"]),
      (["phoneNight": "080-0000-0100", "testedOn": "2026-02-18"], []),
      (["phoneNight": "080-0000-0100", "testedOn": "2025-11-25"], ["testedLongAgo"]),
      (["testedOn": "2020-01-01"], []),
    ] as [([String: String], [String])])
  func people(changes: [String: String], expected: [String]) throws {
    #expect(try People.register.findings(["name": "田中"], changes) == expected)
  }

  @Test("長のいない部署と、鍵を持つ人のいない場所は気がかりになる")
  func headless() throws {
    for register in [Departments.register, Places.register] {
      #expect(try register.findings(["name": "検査", "head": "p1"], [:]) == [])
      #expect(try register.findings(["name": "検査"], [:]) == ["headMissing"])
    }
  }

  @Test("気がかりの最初の日を、一覧の並びと件数に使う")
  func attention() throws {
    let complete = [
      "name": "電子カルテ", "owner": "p1", "deputy": "p2", "alternative": "紙の伝票", "nextCheckOn": "2026-05-18",
    ]
    let entry = Entry(id: Entry.ID(at: .test), values: complete, version: 1)
    #expect(Systems.register.attention(of: entry) == Day(2026, 5, 19))
    let bare = Entry(id: Entry.ID(at: .test), values: ["name": "電子カルテ"], version: 1)
    #expect(Systems.register.attention(of: bare) == Finding.always)
  }
}
