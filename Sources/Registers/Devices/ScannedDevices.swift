import Kernel
import Publishing
import Web

/// The hosts of a network scan as rows for the register of devices.
struct ScannedDevices: Sendable {
  /// A device of the register that a host may be.
  struct Known: Sendable, Equatable {
    let number: String
    /// Texts by field id, as they stand in the register.
    let values: [String: String]
  }

  private(set) var sheet: Sheet
  private(set) var hosts = 0
  /// Hosts that are in the register already.
  private(set) var known = 0
  /// Addresses that more than one device of the register has; whose they are is for a person to decide.
  private(set) var ambiguous: [String] = []

  /// The columns, by field id, in their order.
  private static let columns = ["number", "name", "ipAddress", "macAddress", "maker", "os", "software"]

  /// A host is the device with its MAC address, else the one with its IP address, else a new one.
  ///
  /// A scan guesses: in a device that is known it fills what is empty and tells its addresses, and overwrites nothing else.
  init(_ scan: NetworkScan, _ devices: [Known], _ language: Language, file: String) {
    let macs = Self.places(devices) { Self.macs($0.values["macAddress"]) }
    let addresses = Self.places(devices) { Self.addresses($0.values["ipAddress"]) }
    let register = Devices.register
    var rows: [[Cell]] = [Self.columns.map { .text(register.field($0)?.label(language) ?? $0) }]
    for host in scan.hosts {
      hosts += 1
      let address = host.ipv4 ?? host.ipv6
      let byMAC = host.mac.flatMap { macs[Self.digits($0)] } ?? []
      let byAddress = address.flatMap { addresses[$0.lowercased()] } ?? []
      let found = byMAC.isEmpty ? byAddress : byMAC
      guard found.count <= 1 else {
        ambiguous.append(byMAC.isEmpty ? address ?? "" : host.mac ?? "")
        continue
      }
      let device = found.first.map { devices[$0] }
      if device != nil { known += 1 }
      rows.append(Self.row(host, device, address))
    }
    sheet = Sheet(name: file, rows: rows)
  }

  private static func row(_ host: NetworkScan.Host, _ device: Known?, _ address: String?) -> [Cell] {
    let made = host.mac.map { "MAC-\(digits($0).uppercased())" } ?? "IP-\(address ?? "")"
    let scanned: [String: String?] = [
      "number": device?.number ?? made, "name": host.name ?? address ?? host.mac, "maker": host.maker,
      "os": host.os.map { "\($0.name)" }, "software": software(host.services),
    ]
    return columns.map { field -> Cell in
      let old = device?.values[field] ?? ""
      let text: String?
      switch field {
      case "number": text = scanned[field] ?? nil
      case "ipAddress":
        // A device with several addresses keeps them.
        text = address.flatMap { addresses(old).contains($0.lowercased()) ? nil : $0 }
      case "macAddress": text = old.isEmpty ? host.mac : nil
      default: text = old.isEmpty ? scanned[field] ?? nil : nil
      }
      return text.map { .text($0) } ?? .empty
    }
  }

  /// Open services, one a line, as many as the field takes.
  private static func software(_ services: [String]) -> String? {
    var text = ""
    for service in services {
      let next = text.isEmpty ? service : "\(text)\n\(service)"
      guard next.count <= 1_990 else { return "\(text)\n…" }
      text = next
    }
    return text.isEmpty ? nil : text
  }

  /// Where in `devices` each address stands.
  private static func places(_ devices: [Known], _ addresses: (Known) -> [String]) -> [String: [Int]] {
    var places: [String: [Int]] = [:]
    for (index, device) in devices.enumerated() {
      for address in Set(addresses(device)) { places[address, default: []].append(index) }
    }
    return places
  }

  /// The twelve digits of a MAC address, however it is written.
  private static func digits(_ text: some StringProtocol) -> String {
    text.halfWidth.lowercased().filter(\.isHexDigit)
  }

  private static func macs(_ text: String?) -> [String] {
    parts(text).map { digits($0) }.filter { $0.count == 12 }
  }

  private static func addresses(_ text: String?) -> [String] {
    // 192.0.2.5/24 is the same address with the length of its network.
    parts(text).map { String($0.prefix { $0 != "/" }) }
  }

  private static func parts(_ text: String?) -> [String] {
    (text ?? "").halfWidth.lowercased().split { $0.isWhitespace || "、,;".contains($0) }.map(String.init)
  }
}
