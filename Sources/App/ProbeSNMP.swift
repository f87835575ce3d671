public import ArgumentParser
import Kernel
public import Probes

struct ProbeSNMP: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snmp", abstract: "SNMP v2c/v3: 一つの値としきい値。 Gets one value and compares it.",
    discussion: """
      v2c のコミュニティ名と v3 の認証のパスフレーズは MAMORITE_PROBE_SECRET(または --secret-file)、暗号のパスフレーズは \
      MAMORITE_PROBE_PRIVACY_SECRET(または --privacy-secret-file)で渡します。
      Community or authentication passphrase: MAMORITE_PROBE_SECRET; privacy passphrase: MAMORITE_PROBE_PRIVACY_SECRET.
      """)
  @Argument(help: "例 ups.example.jp") var target: String
  @Argument(help: "例 1.3.6.1.2.1.33.1.2.4.0") var oid: String
  @Option(help: "v3 の利用者名。なければ v2c。 User of v3; v2c without it.") var user: String?
  @Option(help: "v3 の認証 (MD5, SHA, SHA-224, SHA-256, SHA-384, SHA-512)。 Authentication.")
  var authentication: SNMPLogin.Authentication.Kind?
  @Option(help: "v3 の暗号 (DES, AES)。 Privacy.") var privacy: SNMPLogin.Privacy.Kind?
  @Option(help: "値はこれのはず。 Value expected.") var equals: String?
  @Option(help: "これより小さいと「遅い」。 Slow below.") var slowBelow: Double?
  @Option(help: "これより小さいと「止まっている」。 Down below.") var downBelow: Double?
  @Option(help: "これより大きいと「遅い」。 Slow above.") var slowAbove: Double?
  @Option(help: "これより大きいと「止まっている」。 Down above.") var downAbove: Double?
  @OptionGroup var secret: ProbeSecret
  @Option(help: "暗号のパスフレーズのファイル。 File of the privacy passphrase.") var privacySecretFile: String?
  @OptionGroup var options: ProbeOptions

  func run() async throws {
    let bounds = SNMPCheck.Bounds(
      equals: equals, slowBelow: slowBelow, downBelow: downBelow, slowAbove: slowAbove, downAbove: downAbove)
    try await options.run(
      SNMPCheck(
        target: try Target(target, standard: SNMPCheck.standardPort), object: try ObjectIdentifier(oid),
        login: try login(), bounds: bounds, limits: try options.limits()))
  }

  private func login() throws -> SNMPLogin {
    let first = try secret.read()
    guard let user else { return .v2c(community: first ?? "public") }
    let second = try ProbeSecret.read(privacySecretFile, variable: "MAMORITE_PROBE_PRIVACY_SECRET")
    let authentication = try authentication.map {
      try SNMPLogin.Authentication($0, passphrase: first ?? "")
    }
    let privacy = try privacy.map { try SNMPLogin.Privacy($0, passphrase: second ?? "") }
    guard privacy == nil || authentication != nil else {
      throw ValidationError("--privacy には --authentication がいります / needs --authentication")
    }
    return .v3(user: user, authentication: authentication, privacy: privacy)
  }
}

extension SNMPLogin.Authentication.Kind: ExpressibleByArgument {}
extension SNMPLogin.Privacy.Kind: ExpressibleByArgument {}
