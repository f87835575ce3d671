import Foundation
import Kernel
import Registers
import Storage
import Web

/// A register of 50,000 devices: taking it in, and the pages above it.
enum RegisterBench {
  static let devices = 50_000

  static func run(_ folder: String, _ open: (String) async throws -> (Database, Scope)) async throws {
    let (database, scope) = try await open(folder)
    _ = try await Accounts.add(
      name: "ベンチ", login: LiveSite.login, password: LiveSite.password, role: .administrator, in: scope)
    let file = csv()
    var start = ContinuousClock.now
    let plan = try await RegisterExchange.plan(
      file, named: "devices.csv", into: Devices.register, .ja, in: scope)
    let planned = Bench.ms(since: start)
    start = .now
    try await RegisterExchange.apply(plan, .ja, in: scope)
    let applied = Bench.ms(since: start)
    Bench.report(
      "planning \(plan.added) devices from CSV (\(file.count >> 20) MiB)", planned / 1000, "s")
    Bench.report("taking them in", applied / 1000, "s")
    Bench.report("  both", (planned + applied) / 1000, "s", budget: 10)
    await database.close()
    let site = try LiveSite(data: folder)
    defer { site.stop() }
    for (what, path) in [
      ("list of devices, 50,000 behind it", "/registers/devices"),
      ("  page 900", "/registers/devices?page=900"), ("  of one kind", "/registers/devices?kind=server"),
      ("  with two filters", "/registers/devices?kind=pc&updatedBy=undecided"),
      ("  that need attention", "/registers/devices?attention=only"),
      ("  search, two characters, many", "/registers/devices?q=\(urlEncoded("病棟"))"),
      ("  search, one found", "/registers/devices?q=PC-04999"),
      ("  search, none found", "/registers/devices?q=zzzz"),
    ] {
      Bench.report(what, try site.time(path).ms, "ms", budget: 10)
    }
  }

  private static func csv() -> [UInt8] {
    let kinds = ["端末PC", "端末PC", "端末PC", "サーバ", "ネットワーク機器", "医療機器"]
    let updaters = ["当院", "事業者", "決まっていない"]
    var text =
      "管理番号,機器名,種類,状態,場所,部署,使用者,メーカー,機種,製造番号,OS,OSの版,IPアドレス,サポート終了日,更新の担当,遠隔保守,次の確認日\n"
    for index in 0..<devices {
      let number = String(format: "PC-%05d", index)
      text +=
        "\(number),端末 \(index),\(kinds[index % 6]),使用中,\(index % 8)階病棟,看護部 \(index % 40),職員 \(index % 900),"
      text +=
        "メーカー\(index % 7),OP-\(index % 60),SN\(index * 7919),Windows 11,24H2,10.0.\(index / 250).\(index % 250),"
      text +=
        "2027-\(String(format: "%02d", index % 12 + 1))-10,\(updaters[index % 3]),なし,2026-12-\(String(format: "%02d", index % 28 + 1))\n"
    }
    return Array(text.utf8)
  }
}
