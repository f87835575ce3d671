import Crypto
import Foundation
import HummingbirdTLS
import Kernel
import NIOSSL
import SwiftASN1
import X509

/// The certificate with which `serve` speaks TLS itself.
struct ServerCertificate {
  let configuration: TLSConfiguration
  /// SHA-256 of the certificate, as browsers show it: 32 bytes in capital hexadecimal with colons.
  let fingerprint: String
  let validUntil: Instant

  /// A certificate that the hospital has: PEM, the server's first, then those that lead to its authority.
  ///
  /// - Throws: ``TLSProblem``.
  static func own(certificate path: String, key keyPath: String, now: Instant) throws -> ServerCertificate {
    let certificate = try read(path)
    let key = try read(keyPath)
    return try ServerCertificate(pem: certificate, path, key: key, keyPath, now: now)
  }

  /// One that signs itself, made when there is none or when the one there ends within 30 days.
  ///
  /// - Parameters:
  ///   - folder: of the data; its files are readable by their owner alone.
  ///   - names: under which browsers come, beside this machine's own.
  /// - Throws: ``TLSProblem``.
  static func selfSigned(in folder: String, names: [String], now: Instant) throws -> ServerCertificate {
    let (path, keyPath) = ("\(folder)/tls.pem", "\(folder)/tls.key")
    if FileManager.default.fileExists(atPath: path) {
      do {
        let known = try own(certificate: path, key: keyPath, now: now)
        if known.validUntil > now.adding(minutes: 30 * 24 * 60) { return known }
      } catch let problem as TLSProblem {
        switch problem {
        // One that has ended, or whose key was written and it was not: a new one takes its place.
        case .expired, .keyOfAnother: break
        default: throw problem
        }
      }
    }
    let made = try pem(names: names, now: now)
    try write(made.key, to: keyPath)
    try write(made.certificate, to: path)
    return try own(certificate: path, key: keyPath, now: now)
  }

  private init(pem: String, _ path: String, key: String, _ keyPath: String, now: Instant) throws {
    let chain: [NIOSSLCertificate]
    let first: Certificate
    do {
      chain = try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8))
      first = try Certificate(pemEncoded: pem)
    } catch { throw TLSProblem.badCertificate(path: path) }
    let privateKey: NIOSSLPrivateKey
    do { privateKey = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem) } catch {
      throw TLSProblem.badKey(path: keyPath)
    }
    validUntil = Instant(milliseconds: Int64(first.notValidAfter.timeIntervalSince1970 * 1000))
    guard validUntil > now else { throw TLSProblem.expired(path: path, day: validUntil.day) }
    var made = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    made.minimumTLSVersion = .tlsv12
    made.applicationProtocols = ["http/1.1"]
    configuration = made
    // Only this tells whether the key belongs to the certificate.
    do { _ = try NIOSSLContext(configuration: made) } catch {
      throw TLSProblem.keyOfAnother(path: path, key: keyPath)
    }
    guard let bytes = try? chain.first?.toDERBytes() else { throw TLSProblem.badCertificate(path: path) }
    fingerprint = SHA256.hash(data: bytes).map { byte in
      let text = String(byte, radix: 16, uppercase: true)
      return byte < 16 ? "0\(text)" : text
    }.joined(separator: ":")
  }

  /// A certificate for a year and a month, as long as browsers accept one.
  private static func pem(names: [String], now: Instant) throws -> (certificate: String, key: String) {
    let key = P256.Signing.PrivateKey()
    let name = try DistinguishedName { CommonName(names.first ?? "localhost") }
    let start = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000)
    let alternatives = (names + ["localhost", "127.0.0.1", "::1"]).map(alternative)
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
      notValidBefore: start.addingTimeInterval(-3600), notValidAfter: start.addingTimeInterval(397 * 86_400),
      issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames(alternatives)
      }, issuerPrivateKey: .init(key))
    return (try certificate.serializeAsPEM().pemString, key.pemRepresentation)
  }

  private static func alternative(_ name: String) -> GeneralName {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, name, &bytes) == 1 { return .ipAddress(ASN1OctetString(contentBytes: bytes[..<4])) }
    if inet_pton(AF_INET6, name, &bytes) == 1 { return .ipAddress(ASN1OctetString(contentBytes: bytes[...])) }
    return .dnsName(name)
  }

  private static func read(_ path: String) throws(TLSProblem) -> String {
    do { return try String(contentsOfFile: path, encoding: .utf8) } catch { throw .unreadable(path: path) }
  }

  private static func write(_ text: String, to path: String) throws(TLSProblem) {
    let made = FileManager.default.createFile(
      atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    guard made else { throw .notKept(path: path) }
  }
}

/// Why `serve` cannot speak TLS.
enum TLSProblem: Problem, Equatable {
  case unreadable(path: String)
  /// No certificate in PEM.
  case badCertificate(path: String)
  /// No private key in PEM, or one with a passphrase.
  case badKey(path: String)
  case keyOfAnother(path: String, key: String)
  case expired(path: String, day: Day)
  case notKept(path: String)
  /// Only one of certificate and key was given.
  case half

  var code: String {
    switch self {
    case .unreadable: "tls.unreadable"
    case .badCertificate: "tls.badCertificate"
    case .badKey: "tls.badKey"
    case .keyOfAnother: "tls.keyOfAnother"
    case .expired: "tls.expired"
    case .notKept: "tls.notKept"
    case .half: "tls.half"
    }
  }
  var kind: ProblemKind { self == .half ? .invalid : .unavailable }
  var arguments: [String] {
    switch self {
    case .unreadable(let path), .badCertificate(let path), .badKey(let path), .notKept(let path): [path]
    case .keyOfAnother(let path, let key): [path, key]
    case .expired(let path, let day): [path, day.description]
    case .half: []
    }
  }
}
