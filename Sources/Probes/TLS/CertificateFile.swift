import Foundation
import Glibc
import Kernel
import SwiftASN1
import X509

/// Looks at the certificates in a file (PEM, any number; or one as DER) and at the days they have left.
public struct CertificateCheck: Check {
  public let path: String
  public let rules: TLSRules
  public let limits: Limits
  /// Where the file must lie; nil for whoever is at the server's shell.
  let folders: CertificateFolders?

  public init(path: String, rules: TLSRules, limits: Limits, within folders: CertificateFolders? = nil) {
    (self.path, self.rules, self.limits, self.folders) = (path, rules, limits, folders)
  }

  public func examine(in session: Session) async throws -> Sighting {
    let reading = session.prober.names.run(on: session.loop) { [path, folders] in
      try CertificateFile.read(try folders?.resolved(path) ?? path)
    }
    let certificates = try await session.bounded(reading, late: .unreadableFile(path))
    return judged(certificates.map(CertificateReport.init), at: session.now)
  }

  /// So many are told of, those that end first; all are judged.
  static let shown = 20

  func judged(_ reports: [CertificateReport], at now: Instant) -> Sighting {
    let judged = reports.map { report in
      (report: report, doubts: report.doubts(at: now, rules: rules))
    }
    let byEnd = judged.sorted { one, other in
      let (level, otherLevel) = (one.doubts.map(\.level).max() ?? .up, other.doubts.map(\.level).max() ?? .up)
      return level == otherLevel ? one.report.notAfter < other.report.notAfter : level > otherLevel
    }
    let worst = byEnd.prefix(CertificateCheck.shown)
    var notes = worst.map { $0.report.note(at: now) }
    if reports.count > worst.count { notes.append(Note(key: "probes.moreCertificates", "\(reports.count)")) }
    return Sighting(notes, doubts: worst.flatMap(\.doubts))
  }
}

enum CertificateFile {
  /// 1 MiB: all of a machine's authorities are a quarter of it.
  static let mostBytes = 1 << 20

  /// - Throws: `Trouble.unreadableFile`, `Trouble.noCertificateInFile`, `Trouble.brokenCertificate`.
  static func read(_ path: String) throws(Trouble) -> [Certificate] {
    // A pipe would keep us waiting for whoever writes into it.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadableFile(path) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    // Only what has an end can be looked at: a pipe or a terminal has no place to go to, and a device no length.
    let length = lseek(descriptor, 0, SEEK_END)
    guard length >= 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw .unreadableFile(path) }
    guard length > 0 else { throw .noCertificateInFile(path) }
    guard let data = try? file.read(upToCount: mostBytes + 1) else { throw .unreadableFile(path) }
    guard data.count <= mostBytes else { throw .noCertificateInFile(path) }
    return try certificates(in: Array(data), path)
  }

  static func certificates(in bytes: [UInt8], _ path: String) throws(Trouble) -> [Certificate] {
    let text = String(decoding: bytes, as: UTF8.self)
    if text.contains("-----BEGIN") {
      let documents: [PEMDocument]
      do { documents = try PEMDocument.parseMultiple(pemString: text) } catch { throw .brokenCertificate() }
      let wanted = documents.filter {
        ["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"].contains($0.discriminator)
      }
      guard !wanted.isEmpty else { throw .noCertificateInFile(path) }
      do { return try wanted.map { try Certificate(derEncoded: $0.derBytes) } } catch {
        throw .brokenCertificate()
      }
    }
    guard bytes.first == 0x30 else { throw .noCertificateInFile(path) }
    do { return [try Certificate(derEncoded: bytes)] } catch { throw .brokenCertificate() }
  }
}

/// Authorities as someone pasted them into a form: text, and never the path of a file of this machine.
public enum PastedAuthorities {
  /// - Throws: `Trouble.noCertificateInFile`, `Trouble.brokenCertificate`.
  public static func read(_ text: String) throws(Trouble) {
    guard text.hasPrefix("-----BEGIN") else { throw .noCertificateInFile("PEM") }
    _ = try CertificateFile.certificates(in: Array(text.utf8), "PEM")
  }
}

/// TLS alone: shakes hands, looks at the certificate, and hangs up.
public struct TLSCheck: Check {
  public let target: Target
  public let rules: TLSRules
  public let limits: Limits

  public init(target: Target, rules: TLSRules, limits: Limits) {
    (self.target, self.rules, self.limits) = (target, rules, limits)
  }

  public func examine(in session: Session) async throws -> Sighting {
    try await session.converse(Greeting(), with: target, tls: rules).sighting
  }

  /// Says nothing.
  private struct Greeting: Conversation {
    mutating func begin() -> Turn<Void> { .done(()) }
    mutating func hear(_ bytes: [UInt8]) -> Turn<Void> { .wait }
  }
}
