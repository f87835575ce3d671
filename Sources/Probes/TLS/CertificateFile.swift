import Foundation
import Kernel
import SwiftASN1
import X509

/// Looks at the certificates in a file (PEM, any number; or one as DER) and at the days they have left.
public struct CertificateCheck: Check {
  public let path: String
  public let rules: TLSRules
  public let limits: Limits

  public init(path: String, rules: TLSRules, limits: Limits) {
    (self.path, self.rules, self.limits) = (path, rules, limits)
  }

  public func examine(in session: Session) async throws -> Sighting {
    let certificates = try CertificateFile.read(path).map(CertificateReport.init)
    var sighting = Sighting()
    for report in certificates.prefix(20) {
      sighting.notes.append(report.note(at: session.now))
      sighting.doubts += report.doubts(at: session.now, rules: rules)
    }
    return sighting
  }
}

enum CertificateFile {
  /// 1 MiB: all of a machine's authorities are a quarter of it.
  static let mostBytes = 1 << 20

  /// - Throws: `Trouble.unreadableFile`, `Trouble.noCertificateInFile`, `Trouble.brokenCertificate`.
  static func read(_ path: String) throws(Trouble) -> [Certificate] {
    guard let file = FileHandle(forReadingAtPath: path) else { throw .unreadableFile(path) }
    // A folder opens but does not read.
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
