import Assurance
import Foundation
import Kernel
import Probes
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

/// Reads the source and the catalogs, so that a rule that is broken fails here with its place.
@Suite("決まりの見張り")
struct GuardTests {
  private static let features = TestApp.features(PackLibrary(folder: ""))
  private static let probes = Catalog("Probes", in: ProbeWords.bundle, folder: ProbeWords.folder, keys: [])
  private static let catalogs = [WebText.catalog, probes] + features.flatMap(\.catalogs)

  @Test("言葉の表に、足りないもの・余ったもの・食い違いがない")
  func catalogs() { #expect(Self.catalogs.flatMap(\.faults) == []) }

  @Test("断る理由にはみな言葉があり、余った言葉はない")
  func problems() throws {
    let words = Words(Self.catalogs).names(in: "problems")
    let codes = try Source.all().reduce(into: Set<String>()) {
      $0.formUnion(Self.problemCodes(in: $1.text))
    }
    #expect(words.subtracting(codes).sorted() == [])
    #expect(codes.subtracting(words).sorted() == [])
  }

  /// The codes of every declared `Problem`: those written out, and the names of its cases where the code is made of them.
  private static func problemCodes(in text: String) -> Set<String> {
    let kinds = #/(?m)^( *)(?:public |private )?(?:enum|struct) \w+: Problem\b[^{]*\{(?s:.*?)^\1\}/#
    var codes: Set<String> = []
    for kind in text.matches(of: kinds) {
      codes.formUnion(kind.0.matches(of: #/"([a-z]+\.[a-zA-Z]+)"/#).map { String($0.1) })
      guard let prefix = kind.0.firstMatch(of: #/"([a-z]+)\.\\\((?:self|caseName)\)"/#)?.1 else { continue }
      for list in kind.0.matches(of: #/(?m)^ *case ([a-zA-Z](?:[^\n]*,\n)*[^\n]*)$/#) {
        for name in list.1.replacing(#/\([^)]*\)/#, with: "").split(separator: ",") {
          codes.insert("\(prefix).\(name.trimmed)")
        }
      }
    }
    return codes
  }

  @Test("知らせの言葉は、どれも表にある")
  func messages() throws {
    let words = Words(Self.catalogs).names(in: "messages")
    let keys = try Source.all().flatMap {
      $0.text.matches(of: #/\bkey: "([a-z]+\.[a-zA-Z]+)"/#).map { String($0.1) }
    }
    #expect(!keys.isEmpty)
    #expect(Set(keys).subtracting(words).sorted() == [])
  }

  @Test("記録に出る対象には、どれも言葉がある")
  func subjects() throws {
    let words = Words(Self.catalogs).names(in: "subjects")
    // Entries of registers are called by the register's own noun; a person is one.
    let registers = Set(Registry.all.map(\.id) + ["person"])
    let kinds = try Source.all().flatMap {
      $0.text.matches(of: #/\b(?:of: |showSensitive \{[^\n]*?)"([a-z-]+):/#).map { String($0.1) }
    }
    #expect(kinds.contains("answer"))
    #expect(Set(kinds).subtracting(words).subtracting(registers).sorted() == [])
  }

  @Test("できることには、どれも言葉がある")
  func permissions() {
    let granted = Self.features.flatMap { $0.grants.values.flatMap { $0 } }.map(\.name)
    #expect(Set(granted) == Words(Self.catalogs).names(in: "permissions"))
    // The page of roles has a place for each.
    for name in granted { #expect(RoleArea.of(name) != nil, "\(name)") }
  }

  @Test("命令は、機能の全部を Slices から受け取る")
  func slices() throws {
    for (path, text) in try Source.all() where path.hasPrefix("App/") && path != "App/Slices.swift" {
      #expect(!text.contains("Features.all("), "\(path) leaves slices out")
    }
  }

  @Test("矢印は下にだけ向く")
  func imports() throws {
    let allowed: [String: Set<String>] = [
      "Kernel": [],
      "Programs": ["Subprocess", "SystemPackage"],
      "Storage": [
        "Kernel", "Programs", "CPostgres", "CSodium", "GRDB", "GRDBSQLite", "Crypto", "Subprocess",
        "SystemPackage",
      ],
      "Publishing": ["Kernel", "Programs", "CQrencode", "CXlsxWriter", "CZip"],
      // CYaml is libyaml as Yams brings it: its events cost a fifth of Yams' nodes.
      "Web": [
        "Kernel", "Storage", "CFido2", "CSodium", "Hummingbird", "HTTPTypes", "Crypto", "CYaml", "Logging",
        "NIOCore", "NIOHTTPTypes",
      ],
      "Frameworks": ["Kernel", "Publishing", "CYaml", "Crypto"],
      "Mail": ["Kernel", "Programs", "CCurl"],
      "Probes": [
        "Kernel", "CNetSnmp", "CPostgres", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOHTTP2", "NIOSSL", "NIOTLS",
        "SwiftASN1", "X509",
      ],
      "Identity": ["Kernel", "CCurl", "CLDAP", "Crypto", "JWTKit", "SwiftASN1", "X509"],
      "Registers": ["Kernel", "Storage", "Web", "Publishing", "Mail", "Identity"],
      "Operations": ["Kernel", "Storage", "Web", "Publishing", "Mail", "Probes", "Registers"],
      "Assurance": [
        "Kernel", "Storage", "Web", "Publishing", "Frameworks", "Identity", "Mail", "Registers", "Yams",
      ],
    ]
    let system: Set = ["Foundation", "FoundationXML", "Synchronization", "Glibc", "Dispatch"]
    for (path, text) in try Source.all() {
      guard let allowed = allowed[String(path.split(separator: "/")[0])] else { continue }
      for match in text.matches(of: #/(?m)^(?:public )?import (?:struct )?([A-Za-z0-9]+)/#) {
        let name = String(match.1)
        let isFree = system.contains(name) && (!path.hasPrefix("Kernel/") || name == "Synchronization")
        #expect(allowed.contains(name) || isFree, "\(path) imports \(name)")
      }
    }
  }

  @Test("SQLは Store にだけある")
  func sql() throws {
    for (path, text) in try Source.all() where !path.hasPrefix("Storage/") {
      let hasSQL = text.contains(#/(?m)^\s*"?(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE) /#)
      if hasSQL {
        #expect(path.hasSuffix("Store.swift") || path.hasSuffix("ExchangeRoutes.swift"), "\(path)")
      }
    }
  }

  @Test("施設の表は、どれも PostgreSQL の行の守りを持つ")
  func confined() throws {
    let confined = try Source.all().flatMap { source in
      source.text.matches(of: #/Migration\.confine\(\s*"([a-z_]+)"/#).map { String($0.1) }
    }
    let tables = try Source.facilityTables()
    #expect(tables.count > 40)
    #expect(tables.subtracting(confined).sorted() == [])
  }

  @Test("サインインなしで開く道は、ここに並べたものだけ")
  func openRoutes() throws {
    var routes = Routes()
    for feature in Self.features { feature.routes(&routes) }
    let open = routes.all.filter { $0.access == .open }.map { "\($0.method) \($0.path)" }.sorted()
    #expect(
      open == [
        "GET beat/:token", "GET beat/:token/:signal", "GET break-glass", "GET calendar/:token",
        "GET p/:token", "GET readyz/monitoring", "GET setup", "GET sign-in",
        "GET sign-in/code", "GET sign-in/factor",
        "GET sign-in/openid",
        "GET sign-in/openid/callback", "GET status/:id", "GET v/:token",
        "GET v/sheets/:id", "GET v/sheets/:id/files/:file",
        "GET v/sheets/:id/handover", "GET v/sheets/:id/release", "GET v/sheets/:id/release/:source",
        "GET v/sheets/:id/workbook", "GET v/sheets/:id/workbook.xlsx", "POST beat/:token",
        "POST beat/:token/:signal", "POST break-glass", "POST p/:token", "POST setup",
        "POST setup/administrator", "POST sign-in", "POST sign-in/code", "POST sign-in/factor",
        "POST sign-in/factor/passkey", "POST sign-in/factor/passkey/challenge", "POST sign-in/passkey",
        "POST sign-in/passkey/challenge", "POST sign-in/resumption", "POST v/:token",
        "POST v/sheets/:id/answers/:item", "POST v/sheets/:id/files",
        "POST v/sheets/:id/files/:file/withdrawal", "POST v/sheets/:id/handover",
        "POST v/sheets/:id/release", "POST v/sheets/:id/release/:source", "POST v/sheets/:id/workbook",
        "POST v/sheets/:id/workbook/answers", "POST v/sheets/departure",
      ])
    let paths = routes.all.map { "\($0.method) \($0.path)" }
    #expect(Set(paths).count == paths.count)
    for route in routes.all {
      #expect(route.path.allSatisfy { $0.isLowercase || $0.isNumber || "-/:.".contains($0) }, "\(route.path)")
    }
  }

  @Test("本人をもう一度確かめてから開く道は、ここに並べたもの")
  func privilegedRoutes() throws {
    var routes = Routes()
    for feature in Self.features { feature.routes(&routes) }
    let privileged = routes.all.filter(\.isPrivileged)
    #expect(
      privileged.map { "\($0.method) \($0.path)" }.sorted() == [
        "GET account-reviews/:id/export.csv", "GET account-reviews/:id/export.xlsx", "GET account/tokens/new",
        "GET audits/:id/assessment-results.json", "GET audits/:id/export.xlsx", "GET audits/:id/visits/new",
        "GET findings/export.xlsx", "GET ledger/export.jsonl", "GET oncall/:id/ledger.csv",
        "GET oncall/:id/ledger.xlsx", "GET people/factors/:id/removal", "GET people/factors/policies",
        "GET people/grants/new", "GET people/new", "GET registers/:register/export.csv",
        "GET registers/:register/export.json", "GET registers/:register/export.xlsx",
        "GET risks/register.xlsx", "POST account/tokens", "POST audits/:id/visits", "POST backup/key",
        "POST backup/plan", "POST break-glass/codes", "POST break-glass/records/:id/review",
        "POST break-glass/setting", "POST facility/export", "POST facility/reading",
        "POST ledger/checkpoints", "POST ledger/stamps", "POST ledger/stamps/authority",
        "POST ledger/stamps/authority/removal", "POST monitoring/:id/recovery",
        "POST monitoring/:id/recovery/removal", "POST people", "POST people/:id/password",
        "POST people/:id/role", "POST people/:id/sign-in", "POST people/:id/withdrawal",
        "POST people/factors/:id/removal", "POST people/factors/policies", "POST people/grants",
        "POST sign-on", "POST sign-on/directory", "POST sign-on/directory/identities",
        "POST sign-on/directory/removal", "POST sign-on/identities", "POST sign-on/identities/:id/removal",
        "POST sign-on/removal", "POST terminals", "POST terminals/:id", "POST terminals/:id/revocation",
      ])
    // A person who is not signed in has nothing to prove, and one without the permission is refused first.
    for route in privileged {
      if case .needs = route.access { continue }
      Issue.record("\(route.path) is privileged without a permission")
    }
  }

  @Test("権限の付いた道は、管理者の役割で必ず開ける")
  func grants() {
    var routes = Routes()
    for feature in Self.features { feature.routes(&routes) }
    let administrator = Self.features.reduce(into: Set<Permission>()) {
      $0.formUnion($1.grants[.administrator] ?? [])
    }
    for route in routes.all {
      if case .needs(let permission) = route.access {
        #expect(administrator.contains(permission), "\(route.path)")
      }
    }
  }

  @Test("画面の部品に、その場の書式や仕掛けがない")
  func inline() throws {
    for (path, text) in try Source.all() {
      #expect(
        !text.contains(#/ style=\\?"/#) && !text.contains(#/ on(click|change|submit|load)=/#), "\(path)")
      // A report in a file of its own carries the style sheet; no page of the server does.
      if !path.hasSuffix("/StandalonePage.swift") { #expect(!text.contains("<style"), "\(path)") }
    }
  }

  /// `make test` and CI leave nothing out for want of what `make setup` installs.
  private static let isWhole = {
    let environment = ProcessInfo.processInfo.environment
    return environment["CI"] != nil || environment["MAMORITE_TESTS"] == "whole"
  }()

  @Test("試験は PostgreSQL でも走っている", .enabled(if: isWhole))
  func postgresRuns() { #expect(Engine.available.contains(.postgres)) }

  @Test("PDFの試験は Typst で走っている", .enabled(if: isWhole))
  func typstRuns() {
    #expect(throws: Never.self) {
      _ = try PdfMaker.find(environment: ProcessInfo.processInfo.environment)
    }
  }
}
