public import ArgumentParser
import Kernel
public import Probes

struct ProbeHTTP: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "http", abstract: "HTTP と HTTPS: 状態、本文、転送、証明書。 Status, text, redirects, certificate.")
  @Argument(help: "例 https://ehr.example.jp/login") var address: String
  @Option(help: "よしとする状態。例 200-299,401。 Status codes that are well.") var status = "200-299"
  @Option(help: "本文にあるはずの言葉。 Text the body must hold.") var expect: String?
  @Option(help: "追う転送の数 (0〜10)。 Redirects followed.") var redirects = 5
  @Flag(help: "本文を求めません (HEAD)。 Asks for the head alone.") var head = false
  @Flag(name: .customLong("http1"), help: "HTTP/2 を使いません。 Does not use HTTP/2.") var http1 = false
  @Option(help: "Basic 認証の利用者名。 User name for Basic.") var login: String?
  @Flag(help: "秘密を Bearer の合い札として送ります。 Sends the secret as a bearer token.") var bearer = false
  @OptionGroup var secret: ProbeSecret
  @OptionGroup var tls: ProbeTLSOptions
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      try HTTPCheck(
        address: try HTTPAddress(address), method: head ? .head : .get, status: try StatusCodes(status),
        expect: expect, redirects: redirects, login: try httpLogin(login, bearer, secret),
        tls: try tls.rules(), isPlain1: http1, limits: try options.limits()))
  }
}

private func httpLogin(_ name: String?, _ isBearer: Bool, _ secret: ProbeSecret) throws -> HTTPLogin? {
  guard name != nil || isBearer else { return nil }
  let password = try secret.read() ?? ""
  return try name.map { .basic(name: $0, password: password) } ?? .bearer(password)
}

struct ProbeTCP: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tcp", abstract: "TCP: つながるか、送って返るか。 Connects; sends and expects.")
  @Argument(help: "例 lis.example.jp:9100") var target: String
  @Option(help: #"送る文。\r \n \t \xNN が使えます。 Text to send."#) var send: String?
  @Option(help: "返るはずの言葉。 Text the answer must hold.") var expect: String?
  @Flag(help: "TLS で話します。 Speaks TLS.") var tls = false
  @OptionGroup var rules: ProbeTLSOptions
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      TCPCheck(
        target: try Target(target), sending: send.map(unescaped), expecting: expect.map(unescaped),
        tls: tls ? try rules.rules() : nil, limits: try options.limits()))
  }
}

struct ProbeICMP: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "icmp", abstract: "ping: 返事があるか、いくつ失われるか。 Echo requests.")
  @Argument(help: "例 192.0.2.1") var host: String
  @Option(help: "送る数 (1〜10)。 Requests.") var count = 3
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(try ICMPCheck(host: host, count: count, limits: try options.limits()))
  }
}

struct ProbeTLS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tls", abstract: "TLS の証明書だけ: 期限、名前、認証局。 The certificate of a TLS port.")
  @Argument(help: "例 ehr.example.jp:443") var target: String
  @OptionGroup var rules: ProbeTLSOptions
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      TLSCheck(
        target: try Target(target, standard: 443), rules: try rules.rules(), limits: try options.limits()))
  }
}

struct ProbeDNS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dns", abstract: "DNS: 名前のサーバの答え。 What a name server answers.")
  @Argument(help: "例 ehr.example.jp") var name: String
  @Option(help: "A AAAA CNAME MX TXT NS SOA PTR SRV") var type = DNSType.a
  @Option(help: "聞くサーバ。例 192.0.2.53。 Name server; this machine's own without it.") var server: String?
  @Option(help: "答えにあるはずの記録(いくつでも)。 Record the answer must hold; repeatable.") var expect: [String] = []
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      try DNSCheck(
        name: name, type: type, server: try server.map { try Target($0, standard: 53) }, expected: expect,
        limits: try options.limits()))
  }
}

extension DNSType: ExpressibleByArgument {}

struct ProbeSMTP: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "smtp", abstract: "SMTP: あいさつと STARTTLS。メールは送りません。 Greets; sends no mail.")
  @Argument(help: "例 mail.example.jp:25") var target: String
  @Option(help: "暗号 (none, starttls, tls)。 Encryption.") var security = SMTPCheck.Security.none
  @OptionGroup var rules: ProbeTLSOptions
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      SMTPCheck(
        target: try Target(target, standard: security == .tls ? 465 : security == .starttls ? 587 : 25),
        security: security, tls: try rules.rules(), limits: try options.limits()))
  }
}

extension SMTPCheck.Security: ExpressibleByArgument {}

struct ProbeNTP: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ntp", abstract: "NTP: この機械の時計とのずれ。 Offset of the clock.")
  @Argument(help: "例 ntp.example.jp") var target: String
  @Option(help: "「遅い」とするずれ(ミリ秒)。 Offset that is slow.") var slowOffsetMs = 1000
  @Option(help: "「止まっている」とするずれ(ミリ秒)。 Offset that is down.") var downOffsetMs = 60_000
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      try NTPCheck(
        target: try Target(target, standard: NTPCheck.standardPort), slowOffsetMs: slowOffsetMs,
        downOffsetMs: downOffsetMs, limits: try options.limits()))
  }
}

struct ProbeDICOM: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dicom", abstract: "DICOM: C-ECHO。 C-ECHO.")
  @Argument(help: "例 pacs.example.jp:11112") var target: String
  @Option(help: "相手の AE タイトル。 Called AE title.") var calledAe: String
  @Option(help: "こちらの AE タイトル。 Calling AE title.") var callingAe = "MAMORITE"
  @Flag(help: "TLS で話します。 Speaks TLS.") var tls = false
  @OptionGroup var rules: ProbeTLSOptions
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    let port = tls ? DICOMCheck.standardSecurePort : DICOMCheck.standardPort
    try await options.run(
      DICOMCheck(
        target: try Target(target, standard: port), called: try AETitle(calledAe),
        calling: try AETitle(callingAe),
        tls: tls ? try rules.rules() : nil, limits: try options.limits()))
  }
}

struct ProbeHL7: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hl7", abstract: "HL7 v2 (MLLP): 決めた電文を送り、受け取りを確かめます。 Sends an agreed message.",
    discussion: """
      動いている相手に電文を流すときは、害のない電文を相手の担当と決めてください。患者さんの情報は書かないでください。--message-file がなければ、つながるかだけを見ます。
      Agree with the receiver on a message that does no harm, without patients' data. Without --message-file it only connects.
      """)
  @Argument(help: "例 ehr.example.jp:2575") var target: String
  @Option(help: "送る電文のファイル。{id} と {time} は置き換えます。 File of the message.") var messageFile: String?
  @Flag(help: "TLS で話します。 Speaks TLS.") var tls = false
  @OptionGroup var rules: ProbeTLSOptions
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    let message = try messageFile.map {
      try HL7Message(String(decoding: try contents(of: $0), as: UTF8.self))
    }
    try await options.run(
      HL7Check(
        target: try Target(target, standard: 2575), message: message, tls: tls ? try rules.rules() : nil,
        limits: try options.limits()))
  }
}

struct ProbeFHIR: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fhir", abstract: "FHIR: 能力の宣言 (/metadata)。 The capability statement.")
  @Argument(help: "例 https://fhir.example.jp/r4") var base: String
  @Option(help: "Basic 認証の利用者名。 User name for Basic.") var login: String?
  @Flag(help: "秘密を Bearer の合い札として送ります。 Sends the secret as a bearer token.") var bearer = false
  @OptionGroup var secret: ProbeSecret
  @OptionGroup var tls: ProbeTLSOptions
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      try FHIRCheck(
        base: try HTTPAddress(base), login: try httpLogin(login, bearer, secret), tls: try tls.rules(),
        limits: try options.limits(mostBytes: FHIRCheck.mostBytes)))
  }
}

struct ProbePostgres: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postgres", abstract: "PostgreSQL: サインインして SELECT 1。 Signs in and asks SELECT 1.")
  @Argument(help: "例 db.example.jp:5432") var target: String
  @Option(help: "データベースの名前。 Database.") var database = "postgres"
  @Option(help: "利用者名。 User name.") var user: String
  @Option(help: "暗号 (none, encrypted, verified)。 Encryption.") var security = PostgresCheck.Security.encrypted
  @Option(help: "信じる認証局の証明書 (PEM)。 Authorities believed with verified.") var ca: String?
  @OptionGroup var secret: ProbeSecret
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      PostgresCheck(
        target: try Target(target, standard: PostgresCheck.standardPort), database: database, user: user,
        password: try secret.read(), security: security, authorities: ca, limits: try options.limits()))
  }
}

extension PostgresCheck.Security: ExpressibleByArgument {}

struct ProbeCertificate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate", abstract: "証明書のファイルの期限 (PEM, DER)。 Certificates in a file.")
  @Argument(help: "例 /etc/ssl/ehr.pem") var path: String
  @Option(help: "残りがこの日数より少ないと「遅い」。 Slow with fewer days left.") var slowDays = 30
  @Option(help: "残りがこの日数より少ないと「止まっている」。 Down with fewer days left.") var downDays = 0
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    try await options.run(
      CertificateCheck(
        path: path, rules: try TLSRules(slowDays: slowDays, downDays: downDays), limits: try options.limits())
    )
  }
}
