import Foundation
import Kernel
import Registers
import Storage
import Web

/// The responsibility matrix of 100 systems and 40 duties, most of it filled in, over HTTP.
enum ResponsibilityBench {
  static let systems = 100
  static let items = 40

  static func run(_ folder: String, _ open: (String) async throws -> (Database, Scope)) async throws {
    let (database, scope) = try await open(folder)
    _ = try await Accounts.add(
      name: "ベンチ", login: LiveSite.login, password: LiveSite.password, role: .administrator, in: scope)
    let vendors = (0..<20).map { "事業者\($0)" }
    for vendor in vendors { try await Vendors.register.add(["name": vendor], .ja, in: scope) }
    for index in 0..<systems {
      try await Systems.register.add(
        ["name": "システム\(index)", "vendor": vendors[index % 20], "hosting": "on-premises"], .ja, in: scope)
    }
    try await Responsibility.addStarters(.ja, in: scope)
    for index in 0..<(items - 20) { try await Responsibility.addItem(named: "作業\(index)", in: scope) }
    let start = ContinuousClock.now
    let taken = try await Responsibility.takeIn(csv(vendors), named: "matrix.csv", .ja, in: scope)
    Bench.report(
      "taking in \(taken.changed) cells (\(taken.refused) rows refused)", Bench.ms(since: start) / 1000, "s")
    await database.close()
    let site = try LiveSite(data: folder)
    defer { site.stop() }
    for (what, path) in [
      ("responsibility matrix of \(systems) systems × \(items) items", "/responsibility"),
      ("  those in which something is undecided", "/responsibility?finding=nobody"),
    ] {
      let (ms, bytes) = try site.time(path)
      Bench.report("\(what) (\(bytes / 1024) KiB)", ms, "ms", budget: 30)
    }
  }

  /// Three of four cells filled in, in a mixture of every state.
  private static func csv(_ vendors: [String]) -> [UInt8] {
    let starters = Responsibility.starterNames(.ja)
    let names = starters + (0..<(items - starters.count)).map { "作業\($0)" }
    var text = "システム,すること,時期,当院,事業者,二者以上のとき,ほかの文書,条\n"
    var number = 0
    for system in 0..<systems {
      for name in names {
        for phase in ["normal", "emergency", "end"] {
          number += 1
          if number % 4 == 0 { continue }
          let own = number % 3 == 0 ? "yes" : ""
          let vendor = number % 3 == 0 && number % 5 != 0 ? "" : vendors[system % 20]
          let document = number % 7 == 0 ? "" : "契約書"
          text += "システム\(system),\(name),\(phase),\(own),\(vendor),,\(document),\(number % 30)条\n"
        }
      }
    }
    return Array(text.utf8)
  }
}
