import Kernel

/// What a network scan (`nmap -oX`) has found.
public struct NetworkScan: Sendable, Equatable {
  /// A host that answered.
  public struct Host: Sendable, Equatable {
    public var ipv4: String?
    public var ipv6: String?
    /// Twelve digits with colons, in capitals.
    public var mac: String?
    /// The maker, which nmap tells from the MAC address.
    public var maker: String?
    public var name: String?
    /// The operating system that fits best, and how sure nmap is in percent. Always a guess.
    public var os: (name: String, accuracy: Int)?
    /// Open ports: `443/tcp https nginx 1.24`.
    public var services: [String] = []

    public init() {}

    public static func == (a: Host, b: Host) -> Bool {
      a.ipv4 == b.ipv4 && a.ipv6 == b.ipv6 && a.mac == b.mac && a.maker == b.maker && a.name == b.name
        && a.os?.name == b.os?.name && a.os?.accuracy == b.os?.accuracy && a.services == b.services
    }
  }

  public internal(set) var hosts: [Host] = []
}

extension Sheets {
  /// Whether a file is what `nmap -oX` writes; the first 4 KiB tell.
  public static func isNetworkScan(_ bytes: [UInt8]) -> Bool {
    let head = String(decoding: bytes.prefix(4096), as: UTF8.self)
    return head.trimmed.hasPrefix("<") && head.contains("<nmaprun")
  }

  /// Reads the XML of `nmap -oX`: the hosts that are up.
  ///
  /// The file is streamed. Only the bare `<!DOCTYPE nmaprun>` that nmap itself writes is let through; a declaration with
  /// anything in it, and with it every entity, is refused. Texts are cut to what a register holds.
  public static func readNetworkScan(
    _ bytes: [UInt8], named file: String, limits: SheetLimits = .standard
  ) throws(SheetProblem) -> NetworkScan {
    guard bytes.count <= limits.fileBytes else {
      throw .tooLarge(file: file, megabytes: limits.fileBytes >> 20)
    }
    let handler = ScanHandler(file: file, limits: limits)
    var elements = 0
    try walkXML(MemorySource(bytes), file: file, handler) { () throws(SheetProblem) in
      elements += 1
      guard elements <= limits.elements else { throw .tooManyCells(file: file, limit: limits.cells) }
    }
    guard !handler.scan.hosts.isEmpty else { throw .empty(file: file) }
    return handler.scan
  }
}

/// XML that is in memory.
private final class MemorySource: XMLSource {
  let path = "XML"
  private var bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // The declaration says nothing; without it the reader can refuse all others.
    let bare = Array("<!DOCTYPE nmaprun>".utf8)
    let head = self.bytes.prefix(4096)
    if let start = head.indices.first(where: { head[$0...].starts(with: bare) }) {
      for index in start..<(start + bare.count) { self.bytes[index] = 0x20 }
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<(position + count)])
    position += count
    return count
  }
}

/// The elements of nmap's XML (its `nmap.dtd`): `host` with `status`, `address`, `hostname`, `port` and `osmatch`.
private final class ScanHandler: PartHandler {
  private(set) var scan = NetworkScan()
  private let file: String
  private let limits: SheetLimits
  private var host: NetworkScan.Host?
  private var isUp = false
  private var depth = 0
  private var port: (label: String, isOpen: Bool, service: String)?

  /// So many services of one host are kept; a scan of all ports of a honeypot has 65,535.
  private static let mostServices = 100

  init(file: String, limits: SheetLimits) { (self.file, self.limits) = (file, limits) }

  func start(_ name: String, _ attributes: Attributes) throws(SheetProblem) {
    depth += 1
    // nmap's own is six deep.
    guard depth <= 32, depth > 1 || name == "nmaprun" else { throw .damaged(file: file, part: name) }
    switch name {
    case "host": (host, isUp, port) = (NetworkScan.Host(), false, nil)
    case "status": isUp = attributes["state"] == "up"
    case "address": address(attributes)
    case "hostname": if host?.name == nil { host?.name = short(attributes["name"], 80) }
    case "port":
      let label = "\(short(attributes["portid"], 5) ?? "?")/\(short(attributes["protocol"], 8) ?? "?")"
      port = (label, false, "")
    case "state": port?.isOpen = attributes["state"] == "open"
    case "service":
      let words = ["name", "product", "version"].compactMap { short(attributes[$0], 60) }
      port?.service = words.joined(separator: " ")
    case "osmatch":
      guard let name = short(attributes["name"], 60) else { return }
      let accuracy = attributes["accuracy"].flatMap { Int($0) } ?? 0
      if host?.os.map({ $0.accuracy < accuracy }) ?? true { host?.os = (name, accuracy) }
    default: break
    }
  }

  func end(_ name: String) throws(SheetProblem) {
    depth -= 1
    switch name {
    case "port":
      if let port, port.isOpen, host.map({ $0.services.count < Self.mostServices }) ?? false {
        host?.services.append(port.service.isEmpty ? port.label : "\(port.label) \(port.service)")
      }
      port = nil
    case "host":
      if let host, isUp, host.ipv4 != nil || host.ipv6 != nil || host.mac != nil { scan.hosts.append(host) }
      guard scan.hosts.count <= limits.rows else {
        throw .tooManyRows(file: file, sheet: "nmaprun", limit: limits.rows)
      }
      host = nil
    default: break
    }
  }

  private func address(_ attributes: Attributes) {
    switch attributes["addrtype"] {
    case "ipv4": if host?.ipv4 == nil { host?.ipv4 = short(attributes["addr"], 15) }
    case "ipv6": if host?.ipv6 == nil { host?.ipv6 = short(attributes["addr"], 45) }
    case "mac":
      host?.mac = short(attributes["addr"], 17)?.uppercased()
      host?.maker = short(attributes["vendor"], 40)
    default: break
    }
  }

  /// At most so many characters; nil for none.
  private func short(_ text: String?, _ most: Int) -> String? {
    // A letter may carry any number of marks: bytes are bounded too.
    guard let text = text.map({ String(decoding: $0.utf8.prefix(4 * most), as: UTF8.self) }) else {
      return nil
    }
    return String(text.trimmed.prefix(most)).trimmed(to: 1...most)
  }
}
