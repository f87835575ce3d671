import Foundation
import Kernel
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// The authorities that are believed and the TLS contexts, read once and shared by all checks.
final class TrustStore: Sendable {
  private struct Kept: Sendable {
    let stamp: Date?
    let store: CertificateStore
  }

  private let files = Mutex<[String: Kept]>([:])
  private let contexts = Mutex<[[String]: NIOSSLContext]>([:])

  /// The authorities in a PEM file, read anew when it has changed, or in PEM text; the machine's own when nil.
  ///
  /// - Throws: `Trouble.unreadableFile`, `Trouble.noCertificateInFile`.
  func authorities(in path: String?) throws(Trouble) -> CertificateStore {
    guard let path else { return .systemTrustRoots }
    if path.hasPrefix("-----BEGIN") {
      if let kept = files.withLock({ $0[path] }) { return kept.store }
      let store = CertificateStore(try CertificateFile.certificates(in: Array(path.utf8), "PEM"))
      files.withLock { $0[path] = Kept(stamp: nil, store: store) }
      return store
    }
    // A file that is not there fails below, with its name.
    let stamp = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    if let kept = files.withLock({ $0[path] }), kept.stamp == stamp, stamp != nil { return kept.store }
    let store = CertificateStore(try CertificateFile.read(path))
    files.withLock { $0[path] = Kept(stamp: stamp, store: store) }
    return store
  }

  /// A client's context that believes nothing by itself: ``TLSWatch`` judges every chain.
  func context(protocols: [String]) throws -> NIOSSLContext {
    try contexts.withLock { contexts in
      if let context = contexts[protocols] { return context }
      var configuration = TLSConfiguration.makeClientConfiguration()
      // Loading the machine's authorities for each context takes longer than a whole check.
      configuration.trustRoots = .certificates([])
      configuration.applicationProtocols = protocols
      // Devices that know no more are to be seen, not hidden; what was agreed on is in the result.
      configuration.minimumTLSVersion = .tlsv1
      let context = try NIOSSLContext(configuration: configuration)
      contexts[protocols] = context
      return context
    }
  }
}

/// Judges the certificates of one connection and keeps what it saw.
final class TLSWatch: Sendable {
  private struct Seen {
    var note: Note?
    var doubts: [(level: ProbeState, trouble: Trouble)] = []
  }

  private let rules: TLSRules
  private let host: String
  private let session: Session
  private let context: NIOSSLContext
  private let roots: CertificateStore
  private let seen = Mutex(Seen())

  fileprivate init(
    _ rules: TLSRules, _ target: Target, _ session: Session, _ roots: CertificateStore, _ protocols: [String]
  ) throws {
    (self.rules, self.session, self.roots, host) = (rules, session, roots, target.host)
    context = try session.prober.trust.context(protocols: protocols)
  }

  /// A handler for the front of a pipeline.
  func handler() throws -> NIOSSLClientHandler {
    let name = rules.name ?? host
    // Addresses and names that SNI cannot carry are judged all the same, only not sent.
    let isSendable = IPAddress(name) == nil && !name.hasSuffix(".") && !name.contains("_")
    return try NIOSSLClientHandler(context: context, serverHostname: isSendable ? name : nil) {
      [self] chain, promise in
      promise.completeWithTask { await self.verdict(on: chain) }
    }
  }

  private func verdict(on chain: [NIOSSLCertificate]) async -> NIOSSLVerificationResult {
    var certificates: [Certificate] = []
    do {
      // Ten are more than any honest chain has.
      certificates = try chain.prefix(10).map { try Certificate(derEncoded: $0.toDERBytes()) }
    } catch {
      seen.withLock { $0.doubts = [(.down, .brokenCertificate())] }
      return .failed
    }
    let judge = ChainJudge(rules: rules, host: host, now: session.now, roots: roots)
    let doubts = await judge.doubts(about: certificates)
    let note = certificates.first.map { CertificateReport($0).note(at: session.now) }
    seen.withLock { ($0.note, $0.doubts) = (note, doubts) }
    if let note { session.see([note]) }
    for certificate in certificates {
      let report = CertificateReport(certificate)
      session.trace?.add(
        .note,
        text: "TLS: \(report.subject) ← \(report.issuer), \(report.notBefore.day)–\(report.notAfter.day)")
    }
    return doubts.contains { $0.level == .down } ? .failed : .certificateVerified
  }

  var sighting: Sighting {
    seen.withLock { Sighting($0.note.map { [$0] } ?? [], doubts: $0.doubts) }
  }

  /// Why the connection was refused by us; nil when it was not.
  var refusal: [Trouble]? {
    seen.withLock { seen in
      let down = seen.doubts.filter { $0.level == .down }.map(\.trouble)
      return down.isEmpty ? nil : down
    }
  }
}

extension Session {
  /// Who judges the certificates of one connection. A file of authorities is read beside the event loops.
  ///
  /// - Throws: `Trouble` for a file that cannot be read, in time.
  func watch(_ rules: TLSRules, _ target: Target, protocols: [String] = []) async throws -> TLSWatch {
    let trust = prober.trust
    var roots = CertificateStore()
    if rules.isVerified, let path = rules.authorities {
      let reading = prober.names.run(on: loop) { try trust.authorities(in: path) }
      roots = try await bounded(reading, late: .unreadableFile(path))
    } else if rules.isVerified {
      roots = try trust.authorities(in: nil)
    }
    return try TLSWatch(rules, target, self, roots, protocols)
  }
}
