import Foundation
public import Kernel
import Programs

/// OpenSSL's `ts` (RFC 3161): makes the question to an authority of time stamps, and looks at its answer.
public struct StampTool: Sendable {
  private let folder: String
  private static let environment = [
    "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C",
    // Nothing of the machine's own settings decides what is believed.
    "OPENSSL_CONF": "/dev/null",
  ]
  private static let mostOutput = 256 << 10

  public init(beside database: Database) {
    folder = database.keyFolder ?? FileManager.default.temporaryDirectory.path
  }

  /// A question that has been made; its answer must hold the number in it.
  public final class Query: Sendable {
    public let bytes: [UInt8]
    public let hash: String
    let work: WorkFolder

    init(_ bytes: [UInt8], _ hash: String, _ work: WorkFolder) {
      (self.bytes, self.hash, self.work) = (bytes, hash, work)
    }
  }

  /// What stands in the first certificate of a text.
  public struct Holder: Sendable, Equatable {
    /// `CN=…,O=…`.
    public let name: String
    public let validUntil: Instant
  }

  /// - Parameter hash: 64 hexadecimal digits; of a SHA-256.
  /// - Throws: ``StampProblem``, ``BackupProblem`` when there is no room for a file.
  public func query(for hash: String) async throws -> Query {
    let work = try WorkFolder(in: folder)
    let path = "\(work.path)/query.tsq"
    let made = try await run(["ts", "-query", "-digest", hash, "-sha256", "-cert", "-out", path])
    guard made.isGood, let bytes = FileManager.default.contents(atPath: path) else {
      throw StampProblem.noProgram
    }
    return Query([UInt8](bytes), hash, work)
  }

  /// The time in an answer that is one to `query`, by an authority that `certificate` vouches for.
  ///
  /// - Throws: ``StampProblem``.
  public func time(in answer: [UInt8], to query: Query, by certificate: String) async throws -> Instant {
    let files = try write(answer, certificate, in: query.work)
    defer { withExtendedLifetime(files) {} }
    let checked = try await run([
      "ts", "-verify", "-queryfile", "\(query.work.path)/query.tsq", "-in", files.answer, "-CAfile",
      files.authority,
    ])
    guard checked.isGood else { throw StampTool.problem(checked.said) }
    let told = try await run(["ts", "-reply", "-in", files.answer, "-text"])
    guard told.isGood, let time = StampTool.time(told.text) else { throw StampProblem.rubbish }
    return time
  }

  /// Whether a stamp is one for `hash`, at the time that it says: a certificate that has ended since did hold then.
  ///
  /// - Throws: `StampProblem.noProgram`.
  func holds(_ stamp: TimeStamp, for hash: String) async throws -> Bool {
    let files = try write(stamp.answer, stamp.certificate, in: try WorkFolder(in: folder))
    defer { withExtendedLifetime(files) {} }
    let words = [
      "ts", "-verify", "-digest", hash, "-in", files.answer, "-CAfile", files.authority, "-attime",
      "\(stamp.at.milliseconds / 1000)",
    ]
    return try await run(words).isGood
  }

  /// - Throws: ``StampProblem``: `.badCertificate`, `.holdsKey`.
  public func holder(of certificate: String) async throws -> Holder {
    guard !certificate.contains("PRIVATE KEY-----") else { throw StampProblem.holdsKey }
    guard certificate.utf8.count <= StampTool.longestCertificate,
      certificate.contains("-----BEGIN CERTIFICATE-----")
    else { throw StampProblem.badCertificate }
    let files = try write([], certificate, in: try WorkFolder(in: folder))
    defer { withExtendedLifetime(files) {} }
    let told = try await run([
      "x509", "-in", files.authority, "-noout", "-subject", "-enddate", "-nameopt", "RFC2253,-esc_msb,utf8",
    ])
    let lines = told.text.split(separator: "\n").map(String.init)
    guard told.isGood, let name = lines.first(where: { $0.hasPrefix("subject=") })?.dropFirst(8),
      let end = lines.first(where: { $0.hasPrefix("notAfter=") })?.dropFirst(9),
      let until = StampTool.moment(String(end))
    else { throw StampProblem.badCertificate }
    return Holder(name: String(name.prefix(300)), validUntil: until)
  }

  public static let longestCertificate = 64_000

  // MARK: Reading what it says

  private static func problem(_ said: String) -> StampProblem {
    if said.contains("nonce mismatch") || said.contains("nonce not returned") { return .replayed }
    if said.contains("imprint mismatch") || said.contains("hash mismatch") { return .otherHash }
    if said.contains("no time stamp token") || said.contains("status code:") {
      let words = said.firstMatch(of: #/status text: ([^\n]*?)(?:, failure codes|\n|$)/#).map { String($0.1) }
      return .refused(said: String((words ?? "").prefix(200)))
    }
    if said.contains("certificate verify error") || said.contains("signer certificate")
      || said.contains("PKCS7") || said.contains("signature failure") || said.contains("ess signing")
    {
      return .wrongAuthority
    }
    return .rubbish
  }

  private static func time(_ text: String) -> Instant? {
    text.split(separator: "\n").first { $0.hasPrefix("Time stamp: ") }.flatMap {
      moment(String($0.dropFirst("Time stamp: ".count)))
    }
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Nov 22 09:49:05 2026 GMT`, with parts of a second or without.
  static func moment(_ text: String) -> Instant? {
    let form = #/([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))? (\d{4}) GMT/#
    guard let found = text.trimmed.wholeMatch(of: form),
      let month = months.firstIndex(of: String(found.1)), let day = Int(found.2), let hour = Int(found.3),
      let minute = Int(found.4), let second = Int(found.5), let year = Int(found.7),
      let date = Day(year, month + 1, day)
    else { return nil }
    let parts = (found.6.map(String.init) ?? "").prefix(3)
    let thousandths = Int(parts + String(repeating: "0", count: 3 - parts.count)) ?? 0
    // Midnight of the same date in Asia/Tokyo is nine hours earlier.
    let seconds = (hour * 60 + minute) * 60 + second + 9 * 3600
    return date.start.adding(milliseconds: Int64(seconds * 1000 + thousandths))
  }

  // MARK: Running it

  private func write(_ answer: [UInt8], _ certificate: String, in work: WorkFolder) throws -> Files {
    let files = Files(answer: "\(work.path)/answer.tsr", authority: "\(work.path)/authority.pem", work: work)
    for (path, bytes) in [(files.answer, answer), (files.authority, Array(certificate.utf8))] {
      do { try Data(bytes).write(to: URL(fileURLWithPath: path)) } catch { throw DatabaseProblem.full }
    }
    return files
  }

  /// Both lie in a folder that goes with this.
  private struct Files {
    let answer: String
    let authority: String
    let work: WorkFolder
  }

  /// - Throws: `StampProblem.noProgram`, also when it does not end: that is the machine's fault and not the authority's.
  private func run(_ words: [String]) async throws(StampProblem) -> Program.Outcome {
    guard let path = Program.find("openssl", in: StampTool.environment["PATH"] ?? "") else {
      throw .noProgram
    }
    let openssl = Program(
      path, environment: StampTool.environment, seconds: 30, mostOutput: StampTool.mostOutput)
    do { return try await openssl.run(words) } catch { throw .noProgram }
  }
}

/// Why there is no time stamp. Each says what to look at.
public enum StampProblem: Problem, Equatable {
  /// No authority has been set.
  case notSet
  /// OpenSSL is not there.
  case noProgram

  // What is typed.
  case badAddress, forbiddenAddress, badCertificate, holdsKey

  // On the way there.
  case unknownHost(String)
  case noConnection(String)
  case badTLS(String)
  case tooSlow(String)
  case tooLarge(String)
  case badStatus(host: String, status: Int)

  // What comes back.
  case refused(said: String)
  /// Signed by another than the certificate vouches for, or by a certificate that is not for stamps, or has ended.
  case wrongAuthority
  /// For another hash than was asked.
  case otherHash
  /// An answer to another question.
  case replayed
  case rubbish

  public var code: String { "stamps.\(caseName)" }

  public var kind: ProblemKind {
    switch self {
    case .badAddress, .forbiddenAddress, .badCertificate, .holdsKey: .invalid
    case .notSet: .conflict
    default: .unavailable
    }
  }

  public var arguments: [String] {
    switch self {
    case .unknownHost(let host), .noConnection(let host), .badTLS(let host), .tooSlow(let host),
      .tooLarge(let host):
      [host]
    case .badStatus(let host, let status): [host, "\(status)"]
    case .refused(let said): [said]
    default: []
    }
  }

  public var field: String? {
    switch self {
    case .badAddress, .forbiddenAddress: "url"
    case .badCertificate, .holdsKey: "certificate"
    default: nil
    }
  }
}
