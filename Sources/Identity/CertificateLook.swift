import Foundation
import SwiftASN1
import X509

/// A server's certificate, looked at to say why it was not taken. What is taken is not decided here.
struct CertificateLook {
  private let certificate: Certificate

  /// nil when it cannot be read.
  init?(_ der: [UInt8]) {
    guard let certificate = try? Certificate(derEncoded: der) else { return nil }
    self.certificate = certificate
  }

  /// - Parameter nowSeconds: since 1970, by the clock of the machine, by which TLS decides too.
  func problem(_ host: String, nowSeconds: Int) -> DirectoryProblem {
    let now = Date(timeIntervalSince1970: Double(nowSeconds))
    if certificate.notValidAfter < now { return .expired(host, day(certificate.notValidAfter)) }
    if certificate.notValidBefore > now { return .notYet(host, day(certificate.notValidBefore)) }
    let names = self.names
    if !names.contains(where: { CertificateLook.covers($0, host) }) {
      return .wrongName(host, names.isEmpty ? "-" : names.prefix(5).joined(separator: ", "))
    }
    return .untrusted(host)
  }

  /// As a certificate writes them: names, and numbers of machines.
  private var names: [String] {
    // A part that cannot be read names nobody.
    guard let alternatives = try? certificate.extensions.subjectAlternativeNames else { return [] }
    return alternatives.compactMap { name in
      switch name {
      case .dnsName(let text): text.lowercased()
      case .ipAddress(let number): CertificateLook.number(Array(number.bytes))
      default: nil
      }
    }
  }

  private static func number(_ bytes: [UInt8]) -> String? {
    var text = [CChar](repeating: 0, count: 64)
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard bytes.count == 4 || bytes.count == 16,
      inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil
    else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether a name, perhaps with a star in its first part (RFC 6125, 6.4.3), stands for `host`.
  static func covers(_ name: String, _ host: String) -> Bool {
    let host = host.lowercased()
    guard name.hasPrefix("*.") else { return name == host }
    guard let dot = host.firstIndex(of: ".") else { return false }
    return host[dot...] == name.dropFirst()
  }

  private func day(_ date: Date) -> String {
    let parts = Calendar(identifier: .gregorian).dateComponents(in: .gmt, from: date)
    func two(_ number: Int?) -> String { String((number ?? 0) + 100).suffix(2).description }
    return "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day))"
  }
}
