import ArgumentParser
import Assurance
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Kernel
import Logging
import Operations
import Registers
import ServiceLifecycle
import Storage
import UnixSignals
import Web

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "画面を出します。 Serves the pages.")

  @OptionGroup var place: DataOptions
  @Option(help: "待ち受ける住所。 Address to listen on.") var host = "127.0.0.1"
  @Option(help: "待ち受ける番号。 Port to listen on.") var port = 8080
  @Flag(help: "通知などの仕事をここではしません。 Leaves the queue to `mamorite worker`.") var noWorker = false
  @Flag(help: "TLSの後ろにあります。クッキーに Secure を付けます。 Behind TLS: cookies are marked Secure.") var secure = false
  @Flag(help: "自分で作る証明書でTLSを話します。 Speaks TLS with a certificate that it makes itself.") var tls = false
  @Option(help: "TLSを話すための証明書(PEM)。 Certificate for speaking TLS.") var tlsCertificate: String?
  @Option(help: "その秘密鍵(PEM)。 Its private key.") var tlsKey: String?
  @Option(
    help: "ブラウザが開く名前。何度でも書けます。* はすべて。 A name under which browsers come; * is any.")
  var hostName: [String] = []
  @Option(help: "一つの接続元が一秒に送れる要求の数(平均)。0は限りなし。 Requests a second of one address; 0 is any number.")
  var requestsPerSecond = 200
  @Flag(
    help: "同じ機械の逆プロキシが X-Forwarded-For に書く接続元を信じます。 Believes the address that a proxy on this machine gives.")
  var proxy = false
  @Flag(help: "記録をJSONで出します。 Logs as JSON lines.") var jsonLogs = false
  @Option(help: "二つ目の要素を守る鍵のファイル。省くとデータの場所の mamorite.key。 Key file for second factors.")
  var keyFile: String?

  func run() async throws {
    let library = try DataOptions.library()
    let database = try await place.open(library, exclusive: true)
    let features = Slices.all(
      library, sealer: keyFile.map { .file($0) } ?? .inFolder(place.data))
    let faults = ([WebText.catalog] + features.flatMap(\.catalogs)).flatMap(\.faults)
    guard faults.isEmpty else { throw ValidationError(faults.joined(separator: "\n")) }
    try checkCeiling()
    let logger = Logs.logger("mamorite", json: jsonLogs)
    let environment = ProcessInfo.processInfo.environment
    let certificate = try certificate()
    let names = HostNames(
      hostName, publicAddress: PublicAddress(environment).given, machine: ProcessInfo.processInfo.hostName)
    let site = Site(
      features, database: database, gatekeeper: SessionGate(database, environment: environment),
      logger: logger,
      secureCookies: secure || certificate != nil, isAlwaysEncrypted: tlsCertificate != nil,
      entrance: Entrance(
        names: names, perSecond: requestsPerSecond > 0 ? requestsPerSecond : nil, isBehindProxy: proxy),
      clock: { Clock.now })
    let http = HTTPServerBuilder.http1(
      configuration: .init(additionalChannelHandlers: [HeadDeadline(.seconds(75))], idleTimeout: .seconds(60))
    )
    let application = Application(
      router: site.router(),
      server: try certificate.map { try .tls(http, tlsConfiguration: $0.configuration) } ?? http,
      configuration: .init(
        address: .hostname(host, port: port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(2_000)),
      onServerRunning: { [host, port] channel in
        say(certificate, "\(host):\(channel.localAddress?.port ?? port)")
      }, logger: logger)
    var services: [any Service] = [application]
    if let certificate {
      let isOwn = tlsCertificate != nil
      services.insert(
        CertificateNotice(database: database, certificate: certificate, isOwn: isOwn, logger: logger), at: 0)
    }
    if !noWorker {
      services.insert(QueueWorker(database: database, features: features, logger: logger), at: 0)
      let sealer: Sealer = keyFile.map { .file($0) } ?? .inFolder(place.data)
      services.insert(MonitorWorker(database: database, sealer: sealer, logger: logger), at: 1)
    }
    let group = ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    await database.close()
  }
}

extension Serve {
  /// - Throws: ``TLSProblem``.
  private func certificate() throws -> ServerCertificate? {
    switch (tlsCertificate, tlsKey) {
    case (let path?, let key?): return try .own(certificate: path, key: key, now: Clock.now)
    case (nil, nil):
      guard tls else { return nil }
      let names = [ProcessInfo.processInfo.hostName, host] + hostName.filter { $0 != "*" }
      return try .selfSigned(in: place.data, names: names, now: Clock.now)
    default: throw TLSProblem.half
    }
  }
}

private func say(_ certificate: ServerCertificate?, _ address: String) {
  let url = "\(certificate == nil ? "http" : "https")://\(address)/"
  Terminal.mention(
    Terminal.line("守り手は \(url) で動いています。止めるには Ctrl-C。", "Mamorite runs at \(url) . Stop it with Ctrl-C."))
  guard let certificate else { return }
  Terminal.mention(
    Terminal.line(
      "証明書の指紋(SHA-256): \(certificate.fingerprint)\n期限: \(certificate.validUntil.day)",
      "Fingerprint of the certificate (SHA-256): \(certificate.fingerprint)\nValid until: \(certificate.validUntil.day)"
    ))
}

struct Worker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "通知などの仕事だけをします(PostgreSQL)。 Works off the queue only.")

  @OptionGroup var place: DataOptions
  @Flag(help: "記録をJSONで出します。 Logs as JSON lines.") var jsonLogs = false
  @Option(help: "秘密を守る鍵のファイル。省くとデータの場所の mamorite.key。 Key file for secrets.")
  var keyFile: String?

  func run() async throws {
    let library = try DataOptions.library()
    let database = try await place.open(library)
    try checkCeiling()
    let sealer: Sealer = keyFile.map { .file($0) } ?? .inFolder(place.data)
    let logger = Logs.logger("mamorite-worker", json: jsonLogs)
    let worker = QueueWorker(
      database: database, features: Slices.all(library, sealer: sealer), logger: logger)
    let watcher = MonitorWorker(database: database, sealer: sealer, logger: logger)
    let group = ServiceGroup(
      configuration: .init(
        services: [worker, watcher], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    await database.close()
  }
}

/// - Throws: when what monitors may reach at most cannot be read: everyone would else be let in, or nobody.
private func checkCeiling() throws {
  guard NetworkCeiling(ProcessInfo.processInfo.environment).isUnreadable else { return }
  throw ValidationError(
    "\(NetworkCeiling.variable): 網を読めません。10.0.0.0/8 192.168.0.0/16 のように書いてください。 Networks cannot be read.")
}

/// Tells the administrators in time that the certificate of this very server ends.
struct CertificateNotice: Service {
  let database: Database
  let certificate: ServerCertificate
  let isOwn: Bool
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          try await Facilities.announce(
            ServerNotice(certificate: certificate.fingerprint, endsAt: certificate.validUntil, isOwn: isOwn),
            in: database, now: Clock.now)
        } catch is CancellationError { return } catch {
          logger.error("notice of the certificate", metadata: ["error": "\(error)"])
        }
        // A cancelled sleep ends the loop at its next test.
        try? await Task.sleep(for: .seconds(6 * 3600))
      }
    }
  }
}

/// Looks at what is monitored.
struct MonitorWorker: Service {
  let database: Database
  let sealer: Sealer
  let logger: Logger

  func run() async throws {
    let address = PublicAddress(ProcessInfo.processInfo.environment).given
    let watcher = Watcher(
      database, sealer: sealer, address: address,
      ceiling: NetworkCeiling(ProcessInfo.processInfo.environment), clock: { Clock.now },
      note: { [logger] in logger.error("monitoring", metadata: ["error": "\($0)"]) })
    await cancelWhenGracefulShutdown { await watcher.run() }
  }
}

/// Works off what is due.
struct QueueWorker: Service {
  let database: Database
  let features: [Feature]
  let logger: Logger

  func run() async throws {
    let work = DueWork(
      database, features: features, clock: { Clock.now },
      note: { [logger] what, facts in logger.error("\(what)", metadata: facts.mapValues { "\($0)" }) })
    await cancelWhenGracefulShutdown { await work.run() }
  }
}

enum Logs {
  static func logger(_ label: String, json: Bool) -> Logger {
    var logger = Logger(label: label) { label -> any LogHandler in
      json ? JSONLogHandler() : StreamLogHandler.standardError(label: label)
    }
    let level = ProcessInfo.processInfo.environment["MAMORITE_LOG"].flatMap(Logger.Level.init(rawValue:))
    logger.logLevel = level ?? .notice
    return logger
  }
}

/// One JSON object per line on standard error.
struct JSONLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .notice

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var fields = ["time": Clock.now.iso, "level": event.level.rawValue, "message": "\(event.message)"]
    for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
      fields[key] = "\(value)"
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A dictionary of strings always encodes.
    guard let line = try? encoder.encode(fields) else { return }
    // A full disk under the log must not end the server.
    try? FileHandle.standardError.write(contentsOf: line + Data([0x0A]))
  }
}
