import Foundation
import Kernel
import Publishing
import Registers
import Storage
import Web

/// Registers of 50,000 devices, 500 systems and 2,000 contracts: taking them in, and the pages above them.
enum RegisterBench {
  static let devices = 50_000

  static func run(_ folder: String, _ open: (String) async throws -> (Database, Scope)) async throws {
    let (database, scope) = try await open(folder)
    _ = try await Accounts.add(
      name: "ベンチ", login: LiveSite.login, password: LiveSite.password, role: .administrator, in: scope)
    for (register, text) in [
      (Vendors.register, vendors()), (Systems.register, systems()), (Contracts.register, contracts()),
    ] {
      let plan = try await RegisterExchange.plan(
        Array(text.utf8), named: "a.csv", into: register, .ja, in: scope)
      try await RegisterExchange.apply(plan, .ja, in: scope)
      print("  \(register.id): \(plan.added)")
    }
    await database.close()
    try imports(folder, scope.facility)
    try pages(folder)
  }

  /// Each import is a process of its own, so that the memory is that of the import alone.
  private static func imports(_ folder: String, _ facility: FacilityID) throws {
    func take(_ what: String, _ file: String, _ more: [String] = []) throws {
      let arguments = ["register", "import", "devices", file, "--facility", "\(facility)", "--data", folder]
      let (seconds, megabytes) = try Bench.measured(LiveSite.binary, arguments + more + ["--json"])
      Bench.report(what, seconds, "s", budget: 10)
      Bench.report("  memory at its peak", Double(megabytes), "MB", budget: 300)
    }
    let (usual, changed) = ("\(folder)/a.csv", "\(folder)/b.csv")
    let (same, full) = ("\(folder)/c.xlsx", "\(folder)/d.xlsx")
    try Data(csv(place: "病棟").utf8).write(to: URL(fileURLWithPath: usual))
    try Data(csv(place: "病棟(新)").utf8).write(to: URL(fileURLWithPath: changed))
    try Data(workbook(of: csv(place: "別館"))).write(to: URL(fileURLWithPath: same))
    try Data(workbook()).write(to: URL(fileURLWithPath: full))
    try take("preview of 50,000 devices, CSV with 17 columns", usual, ["--dry-run"])
    try take("  preview and import, all new", usual)
    try take("  preview and import, all changed", changed)
    try take("  the same file again, nothing to change", changed)
    try take("preview and import of 50,000 rows of .xlsx, the same 17 columns, all changed", same)
    try take("preview and import of 50,000 rows of .xlsx, every field filled, all changed", full)
  }

  private static func pages(_ folder: String) throws {
    let site = try LiveSite(data: folder)
    defer { site.stop() }
    Bench.report("list of devices, the first after start", try site.first("/registers/devices"), "ms")
    let ward = urlEncoded("病棟")
    for (what, path) in [
      ("list of devices, 50,000 behind it", "/registers/devices"),
      ("  page 900", "/registers/devices?page=900"), ("  of one kind", "/registers/devices?kind=server"),
      ("  with two filters", "/registers/devices?kind=pc&updatedBy=undecided"),
      ("  that need attention", "/registers/devices?attention=only"),
      ("  that need attention, page 600", "/registers/devices?attention=only&page=600"),
      ("  search, two characters, many", "/registers/devices?q=\(ward)"),
      ("  search, one character, many", "/registers/devices?q=5"),
      ("  search, two words and a filter", "/registers/devices?q=\(ward)%20op-5&kind=pc"),
      ("  search, one found", "/registers/devices?q=PC-04999"),
      ("  search, none found", "/registers/devices?q=zzzz"),
      ("list of 500 systems", "/registers/systems"), ("  search", "/registers/systems?q=\(urlEncoded("部門"))"),
      ("list of 2,000 contracts", "/registers/contracts"),
      ("  of one kind", "/registers/contracts?kind=maintenance"),
      ("  search, none found", "/registers/contracts?q=zzzz"),
    ] {
      Bench.report(what, try site.time(path).ms, "ms", budget: 10)
    }
    Bench.report("memory of this server at its peak", Double(site.peakMemory), "MB")
  }

  // MARK: Files

  private static func vendors() -> String {
    "事業者名\n" + (0..<50).map { "事業者\($0)\n" }.joined()
  }

  private static func systems() -> String {
    "システム名,目的,事業者名\n" + (0..<500).map { "部門システム\($0),検査\($0 % 9),事業者\($0 % 50)\n" }.joined()
  }

  private static func contracts() -> String {
    "契約番号,契約名,事業者名,種類\n"
      + (0..<2_000).map { "K-\($0),保守契約\($0),事業者\($0 % 50),\($0 % 3 == 0 ? "リース" : "保守")\n" }.joined()
  }

  /// The same as a workbook; no value has a comma or a quotation mark.
  private static func workbook(of csv: String) throws -> [UInt8] {
    let lines = csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let rows = lines.dropFirst().map { $0.map { Cell.text(String($0)) } }
    return try Sheets.xlsx([OutputSheet(name: "機器", headings: lines[0].map(String.init), rows: rows)])
  }

  private static func csv(place: String) -> String {
    let kinds = ["端末PC", "端末PC", "端末PC", "サーバ", "ネットワーク機器", "医療機器"]
    let updaters = ["当院", "事業者", "決まっていない"]
    var text =
      "管理番号,機器名,種類,状態,場所,部署,使用者,メーカー,機種,製造番号,OS,OSの版,IPアドレス,サポート終了日,更新の担当,遠隔保守,次の確認日\n"
    for index in 0..<devices {
      let number = String(format: "PC-%05d", index)
      text +=
        "\(number),端末 \(index),\(kinds[index % 6]),使用中,\(index % 8)階\(place),看護部 \(index % 40),職員 \(index % 900),"
      text +=
        "メーカー\(index % 7),OP-\(index % 60),SN\(index * 7919),Windows 11,24H2,10.0.\(index / 250).\(index % 250),"
      text +=
        "2027-\(String(format: "%02d", index % 12 + 1))-10,\(updaters[index % 3]),なし,2026-12-\(String(format: "%02d", index % 28 + 1))\n"
    }
    return text
  }

  /// Every field of every device filled, and as many different texts as there are in life.
  private static func workbook() throws -> [UInt8] {
    let fields = Devices.register.fields
    let rows = (0..<devices).map { index -> [Cell] in
      fields.map { field in
        switch field.id {
        case "number": .text(String(format: "PC-%05d", index))
        case "kind": .text(["端末PC", "サーバ", "ネットワーク機器"][index % 3])
        case "status": .text("使用中")
        case "owned", "updatedBy": .text("当院")
        case "remoteMaintenance", "actsAsServer": .text("なし")
        case "system": .text("部門システム\(index % 500)")
        case "vendor": .text("事業者\(index % 50)")
        case let id where id.hasSuffix("On"):
          Day(2026, 4 + index % 8, 1 + index % 28).map { .day($0) } ?? .empty
        case "software": .text("電子カルテ端末 7.\(index % 90)\nウイルス対策 14.\(index)\n文書作成 2024")
        case "note": .text("\(index % 40)番の棚。\(index)年ごろに移した。担当は\(index % 900)番。")
        case let id: .text("\(id) \(index)")
        }
      }
    }
    let headings = fields.map(\.id)
    return try Sheets.xlsx([OutputSheet(name: "機器", headings: headings, rows: rows)])
  }
}
