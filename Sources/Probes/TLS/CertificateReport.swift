import Foundation
import Kernel
import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

/// How certificates are judged, wherever one is met.
public struct TLSRules: Sendable, Equatable {
  /// The name that the certificate must carry and that is sent (SNI); the host of the target when nil.
  public let name: String?
  /// A PEM file of the authorities that are believed in the place of the machine's own, or their PEM text itself.
  public let authorities: String?
  /// False believes any certificate of any name, as devices often have; its end is watched all the same.
  public let isVerified: Bool
  /// Slow, and down, with fewer days left than these. 0 to 3650; an ended one is always down.
  public let slowDays: Int
  public let downDays: Int

  /// - Throws: `Trouble.badLimit`, `Trouble.badTarget` for a name that cannot be one.
  public init(
    name: String? = nil, authorities: String? = nil, isVerified: Bool = true, slowDays: Int = 30,
    downDays: Int = 0
  ) throws(Trouble) {
    for (label, days) in [("slow-days", slowDays), ("down-days", downDays)] where !(0...3650).contains(days) {
      throw .badLimit(label, "0–3650")
    }
    if let name, !Target.isHost(name) { throw .badTarget(name) }
    (self.name, self.authorities, self.isVerified) = (name, authorities, isVerified)
    (self.slowDays, self.downDays) = (slowDays, downDays)
  }
}

/// What a certificate says of itself; the leaf of a chain or one out of a file.
struct CertificateReport: Sendable, Equatable {
  let subject: String
  let issuer: String
  /// Names and addresses of the subject alternative name; at most ten.
  let names: [String]
  let notBefore: Instant
  let notAfter: Instant

  init(_ certificate: Certificate) {
    subject = "\(certificate.subject)"
    issuer = "\(certificate.issuer)"
    // A certificate whose extension cannot be read has no names.
    let alternatives = try? certificate.extensions.subjectAlternativeNames
    names = (alternatives ?? SubjectAlternativeNames()).prefix(10).compactMap { name in
      switch name {
      case .dnsName(let text): text
      case .ipAddress(let octets): IPAddress(bytes: Array(octets.bytes))?.description
      default: nil
      }
    }
    notBefore = Instant(certificate.notValidBefore)
    notAfter = Instant(certificate.notValidAfter)
  }

  /// Whole days until the end; negative once it is over.
  func daysLeft(at now: Instant) -> Int {
    let day: Int64 = 86_400_000
    let left = notAfter.milliseconds - now.milliseconds
    return Int(left >= 0 ? left / day : -((-left + day - 1) / day))
  }

  /// What is worrying about its time alone.
  func doubts(at now: Instant, rules: TLSRules) -> [(level: ProbeState, trouble: Trouble)] {
    let days = daysLeft(at: now)
    let day = notAfter.day.description
    if now < notBefore { return [(.down, .certificateNotYet(notBefore.day.description))] }
    if now > notAfter { return [(.down, .certificateEnded(day, -days))] }
    if days < rules.downDays { return [(.down, .certificateEnding(day, days))] }
    if days < rules.slowDays { return [(.slow, .certificateEnding(day, days))] }
    return []
  }

  func note(at now: Instant) -> Note {
    Note(key: "probes.certificate", subject, issuer, notAfter.day.description, "\(daysLeft(at: now))")
  }
}

extension Instant {
  fileprivate init(_ date: Date) {
    self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded(.down)))
  }
}

/// Judges the chain that a server showed.
struct ChainJudge {
  let rules: TLSRules
  let host: String
  let now: Instant
  let roots: CertificateStore

  /// The doubts about a chain, the leaf first: time, name, authority, each for itself, so that a person sees all at once.
  func doubts(about chain: [Certificate]) async -> [(level: ProbeState, trouble: Trouble)] {
    guard let leaf = chain.first else { return [(.down, .brokenCertificate())] }
    let report = CertificateReport(leaf)
    var doubts = report.doubts(at: now, rules: rules)
    let issuers = chain.dropFirst().map(CertificateReport.init)
    let isBroken = rules.isVerified ? await !isTrusted(leaf, chain, at: within(now, report)) : false
    for issuer in issuers {
      // One that has ended does no harm where there is another way to an authority that is believed.
      let (days, day) = (issuer.daysLeft(at: now), issuer.notAfter.day.description)
      if now > issuer.notAfter {
        doubts.append((isBroken ? .down : .slow, .issuerEnded(issuer.subject, day)))
      } else if days < rules.slowDays {
        doubts.append((.slow, .issuerEnding(issuer.subject, day, days)))
      }
    }
    guard rules.isVerified else { return doubts }
    let name = rules.name ?? host
    if await !hasName(name, leaf) {
      doubts.append((.down, .wrongName(name, report.names.joined(separator: ", "))))
    }
    guard isBroken else { return doubts }
    // Is it only that an issuer has ended? Then the authority was known while it held.
    let earlier = min(now, issuers.map { $0.notAfter.adding(milliseconds: -1000) }.min() ?? now)
    if await !isTrusted(leaf, chain, at: within(earlier, report)) {
      doubts.append((.down, .unknownAuthority(report.issuer)))
    }
    return doubts
  }

  /// The authority is asked about as of a moment at which the leaf holds: its own end is said apart.
  private func within(_ moment: Instant, _ leaf: CertificateReport) -> Instant {
    min(max(moment, leaf.notBefore.adding(milliseconds: 1000)), leaf.notAfter.adding(milliseconds: -1000))
  }

  private func hasName(_ name: String, _ leaf: Certificate) async -> Bool {
    let isAddress = IPAddress(name) != nil
    // Alone and believed, so that its name is the only question.
    var verifier = Verifier(rootCertificates: CertificateStore([leaf])) {
      ServerIdentityPolicy(serverHostname: isAddress ? nil : name, serverIP: isAddress ? name : nil)
      AnyExtension()
    }
    if case .validCertificate = await verifier.validate(leaf: leaf, intermediates: CertificateStore()) {
      return true
    }
    return false
  }

  private func isTrusted(_ leaf: Certificate, _ chain: [Certificate], at moment: Instant) async -> Bool {
    let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
    var verifier = Verifier(rootCertificates: roots) { RFC5280Policy(fixedExpiryValidationTime: date) }
    let others = CertificateStore(chain.dropFirst())
    if case .validCertificate = await verifier.validate(leaf: leaf, intermediates: others) { return true }
    return false
  }
}

/// Lets critical extensions pass where only the name is asked about.
private struct AnyExtension: VerifierPolicy {
  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
    .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
    .X509ExtensionID.nameConstraints, [2, 5, 29, 32],
  ]

  func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
    .meetsPolicy
  }
}
