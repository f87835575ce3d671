import Foundation
import Kernel
import Probes

/// What kind of thing a monitor looks at; the words of the command line.
enum MonitorKind: String, Sendable, Codable, CaseIterable {
  case http, tcp, icmp, tls, dns, smtp, ntp, snmp, dicom, hl7, fhir, postgres
  /// A file of the server itself, in folders that whoever runs the server has named.
  case certificate
  /// Nothing is asked; a job reports by itself.
  case heartbeat

  /// Checks of a kind that run at once: pings and names are light, what brings its own thread is not.
  var mostAtOnce: Int {
    switch self {
    case .snmp, .postgres, .certificate: 32
    default: 200
    }
  }

  var fields: [KindField] {
    switch self {
    case .http: [.target("https://ehr.example.jp/login"), .status, .expect, .redirects] + login + tls
    case .tcp: [.target("lis.example.jp:9100"), .send, .expect, .flag("secure", .speaksTLS)] + tls
    case .icmp: [.target("192.0.2.1")]
    case .tls: [.target("ehr.example.jp:443")] + tls
    case .dns:
      [
        .target("ehr.example.jp"), .choice("type", .dnsType, DNSType.allCases.map(\.rawValue)),
        .text("server", .dnsServer), .area("expected", .dnsExpected),
      ]
    case .smtp:
      [.target("mail.example.jp:25"), .choice("security", .security, ["none", "starttls", "tls"])] + tls
    case .ntp:
      [
        .target("ntp.example.jp"), .number("slowOffsetMs", .slowOffset, "1000"),
        .number("downOffsetMs", .downOffset, "60000"),
      ]
    case .snmp:
      [
        .target("ups.example.jp"), .text("oid", .oid, isRequired: true), .text("user", .snmpUser),
        .choice(
          "authentication", .snmpAuthentication, [""] + SNMPLogin.Authentication.Kind.allCases.map(\.rawValue)
        ),
        .choice("privacy", .snmpPrivacy, [""] + SNMPLogin.Privacy.Kind.allCases.map(\.rawValue)),
        .secret("secret", .snmpSecret), .secret("privacySecret", .snmpPrivacySecret),
        .text("equals", .equals),
        .text("slowBelow", .slowBelow), .text("downBelow", .downBelow), .text("slowAbove", .slowAbove),
        .text("downAbove", .downAbove),
      ]
    case .dicom:
      [
        .target("pacs.example.jp:11112"), .text("calledAE", .calledAE, isRequired: true),
        .text("callingAE", .callingAE, standard: "MAMORITE"), .flag("secure", .speaksTLS),
      ] + tls
    case .hl7:
      [.target("ehr.example.jp:2575"), .area("message", .hl7Message), .flag("secure", .speaksTLS)] + tls
    case .fhir: [.target("https://fhir.example.jp/r4")] + login + tls
    case .postgres:
      [
        .target("db.example.jp:5432"), .text("database", .database, standard: "postgres"),
        .text("user", .databaseUser, isRequired: true), .secret("secret", .password),
        .choice("security", .security, PostgresCheck.Security.allCases.map(\.rawValue)),
        .area("ca", .authority),
      ]
    case .certificate:
      [
        .target("/etc/ssl/hospital/www.pem"), .number("slowDays", .slowDays, "30"),
        .number("downDays", .downDays, "0"),
      ]
    case .heartbeat: []
    }
  }

  private var login: [KindField] { [.text("user", .loginUser), .secret("secret", .loginSecret)] }

  private var tls: [KindField] {
    [
      .flag("verify", .verifies, standard: "yes"), .area("ca", .authority),
      .number("slowDays", .slowDays, "30"), .number("downDays", .downDays, "0"),
    ]
  }
}

/// A field of the form that only some kinds have.
struct KindField: Sendable {
  enum Control: Sendable, Equatable {
    case text, area, secret, number, flag
    case choice([String])
  }

  let id: String
  let label: MonitoringText
  let control: Control
  var standard = ""
  var isRequired = false
  /// How it is written, as an example.
  var example: String?

  static func target(_ example: String) -> KindField {
    KindField(id: "target", label: .target, control: .text, isRequired: true, example: example)
  }
  static func text(_ id: String, _ label: MonitoringText, standard: String = "", isRequired: Bool = false)
    -> KindField
  {
    KindField(id: id, label: label, control: .text, standard: standard, isRequired: isRequired)
  }
  static func area(_ id: String, _ label: MonitoringText) -> KindField {
    KindField(id: id, label: label, control: .area)
  }
  static func secret(_ id: String, _ label: MonitoringText) -> KindField {
    KindField(id: id, label: label, control: .secret)
  }
  static func number(_ id: String, _ label: MonitoringText, _ standard: String) -> KindField {
    KindField(id: id, label: label, control: .number, standard: standard)
  }
  static func flag(_ id: String, _ label: MonitoringText, standard: String = "no") -> KindField {
    KindField(id: id, label: label, control: .flag, standard: standard)
  }
  static func choice(_ id: String, _ label: MonitoringText, _ values: [String]) -> KindField {
    KindField(id: id, label: label, control: .choice(values), standard: values.first ?? "")
  }
  static let status = KindField(id: "status", label: .statusCodes, control: .text, standard: "200-299")
  static let expect = KindField(id: "expect", label: .expects, control: .text)
  static let send = KindField(id: "send", label: .sends, control: .text)
  static let redirects = KindField(id: "redirects", label: .redirects, control: .number, standard: "5")
}

/// Turns the texts of a form into a check.
struct CheckMaker {
  let kind: MonitorKind
  let settings: [String: String]
  let secrets: [String: String]
  let limits: Limits
  var folders = CertificateFolders.ofThisProcess

  private func text(_ id: String) -> String {
    settings[id] ?? kind.fields.first { $0.id == id }?.standard ?? ""
  }
  private func optional(_ id: String) -> String? { text(id).isEmpty ? nil : text(id) }
  private func isOn(_ id: String) -> Bool { text(id) == "yes" }
  private func number(_ id: String) throws -> Int {
    guard let number = Int(text(id)) else { throw MonitorRefusal.badNumber(field: id) }
    return number
  }
  private func decimal(_ id: String) throws -> Double? {
    guard let text = optional(id) else { return nil }
    guard let number = Double(text), number.isFinite else { throw MonitorRefusal.badNumber(field: id) }
    return number
  }

  /// - Throws: `Trouble` or ``MonitorRefusal`` for what cannot be asked; nil for a kind that asks nothing.
  func check() throws -> (any Check)? {
    switch kind {
    case .heartbeat: nil
    case .certificate: try file()
    case .http:
      try HTTPCheck(
        address: HTTPAddress(text("target")), status: StatusCodes(text("status")), expect: optional("expect"),
        redirects: number("redirects"), login: login(), tls: rules(), limits: limits)
    case .fhir: try FHIRCheck(base: HTTPAddress(text("target")), login: login(), tls: rules(), limits: limits)
    case .icmp: try ICMPCheck(host: text("target"), limits: limits)
    case .tls: try TLSCheck(target: target(443), rules: rules(), limits: limits)
    case .tcp:
      try TCPCheck(
        target: target(), send: optional("send").map(unescaped), expect: optional("expect").map(unescaped),
        tls: secure(), limits: limits)
    case .dns: try names()
    case .smtp: try mail()
    case .ntp:
      try NTPCheck(
        target: target(NTPCheck.standardPort), slowOffsetMs: number("slowOffsetMs"),
        downOffsetMs: number("downOffsetMs"), limits: limits)
    case .snmp: try value()
    case .dicom:
      try DICOMCheck(
        target: target(isOn("secure") ? DICOMCheck.standardSecurePort : DICOMCheck.standardPort),
        called: AETitle(text("calledAE")), calling: AETitle(text("callingAE")), tls: secure(), limits: limits)
    case .hl7:
      try HL7Check(
        target: target(2575), message: optional("message").map { try HL7Message($0) }, tls: secure(),
        limits: limits)
    case .postgres:
      PostgresCheck(
        target: try target(PostgresCheck.standardPort), database: text("database"), user: text("user"),
        password: secrets["secret"], security: PostgresCheck.Security(rawValue: text("security")) ?? .none,
        authorities: try authorities(), limits: limits)
    }
  }

  private func file() throws -> CertificateCheck {
    let path = text("target")
    guard !folders.isEmpty else { throw MonitorRefusal.noFolders }
    guard folders.holds(path) else { throw MonitorRefusal.outsideFolders }
    return CertificateCheck(
      path: path, rules: try TLSRules(slowDays: number("slowDays"), downDays: number("downDays")),
      limits: limits, within: folders)
  }
  private func target(_ standard: Int? = nil) throws -> Target {
    try Target(text("target"), standard: standard)
  }
  /// Text alone: a path would have files of this machine looked at, of which whoever types it should know nothing.
  private func authorities() throws(MonitorRefusal) -> String? {
    guard let text = optional("ca")?.trimmed, !text.isEmpty else { return nil }
    guard text.hasPrefix("-----BEGIN") else { throw .badAuthority }
    return text
  }

  /// Reads them whole, when they are saved: each check would take longer by it.
  ///
  /// - Throws: ``MonitorRefusal``.
  func readAuthorities() throws(MonitorRefusal) {
    guard kind.fields.contains(where: { $0.id == "ca" }), let text = try authorities() else { return }
    do throws(Trouble) { try PastedAuthorities.read(text) } catch { throw .badAuthority }
  }

  private func rules() throws -> TLSRules {
    try TLSRules(
      authorities: authorities(), isVerified: isOn("verify"), slowDays: number("slowDays"),
      downDays: number("downDays"))
  }
  private func secure() throws -> TLSRules? { isOn("secure") ? try rules() : nil }
  private func login() throws -> HTTPLogin? {
    if let user = optional("user") { return .basic(name: user, password: secrets["secret"] ?? "") }
    return try secrets["secret"].map { try .bearer($0) }
  }
  private func names() throws -> DNSCheck {
    let expected = text("expected").split(separator: "\n").map { $0.trimmed }.filter { !$0.isEmpty }
    return try DNSCheck(
      name: text("target"), type: DNSType(rawValue: text("type")) ?? .a,
      server: optional("server").map { try Target($0, standard: 53) }, expected: expected, limits: limits)
  }
  private func mail() throws -> SMTPCheck {
    let security = SMTPCheck.Security(rawValue: text("security")) ?? .none
    let port = security == .tls ? 465 : security == .starttls ? 587 : 25
    return SMTPCheck(target: try target(port), security: security, tls: try rules(), limits: limits)
  }
  private func value() throws -> SNMPCheck {
    let bounds = SNMPCheck.Bounds(
      equals: optional("equals"), slowBelow: try decimal("slowBelow"), downBelow: try decimal("downBelow"),
      slowAbove: try decimal("slowAbove"), downAbove: try decimal("downAbove"))
    return SNMPCheck(
      target: try target(SNMPCheck.standardPort), object: try ObjectIdentifier(text("oid")),
      login: try agent(), bounds: bounds, limits: limits)
  }
  private func agent() throws -> SNMPLogin {
    guard let user = optional("user") else { return .v2c(community: secrets["secret"] ?? "public") }
    let authentication = try SNMPLogin.Authentication.Kind(rawValue: text("authentication")).map {
      try SNMPLogin.Authentication($0, passphrase: secrets["secret"] ?? "")
    }
    let privacy = try SNMPLogin.Privacy.Kind(rawValue: text("privacy")).map {
      try SNMPLogin.Privacy($0, passphrase: secrets["privacySecret"] ?? "")
    }
    guard privacy == nil || authentication != nil else { throw MonitorRefusal.privacyAlone }
    return .v3(user: user, authentication: authentication, privacy: privacy)
  }
}

/// `\r`, `\n`, `\t`, `\\` and `\xNN` in what is to be sent.
private func unescaped(_ text: String) -> String {
  text.replacing(#/\\(?:x([0-9A-Fa-f]{2})|([rnt\\]))/#) { match in
    if let code = match.1.flatMap({ UInt8($0, radix: 16) }) { return String(Unicode.Scalar(code)) }
    switch match.2 {
    case "r": return "\r"
    case "n": return "\n"
    case "t": return "\t"
    default: return "\\"
    }
  }
}
