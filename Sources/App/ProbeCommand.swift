public import ArgumentParser
import Foundation
import Kernel
public import Probes
import Web

/// `mamorite probe KIND TARGET`: looks at one thing once, as a monitor would.
struct ProbeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "相手が動いているかを、その場で一度確かめます。 Checks once whether something works.",
    discussion: """
      終了コード: 0 動いている、または遅い、1 止まっている、2 入力が受け取れません、64 使い方の誤り。
      Exit codes: 0 up or slow, 1 down, 2 refused input, 64 usage.

      パスワードなどは引数にできません(ほかの利用者に見えるため)。環境変数 MAMORITE_PROBE_SECRET か、--secret-file で渡します。
      Passwords are no arguments, which other users could see: give them in MAMORITE_PROBE_SECRET or by --secret-file.
      """,
    subcommands: [
      ProbeHTTP.self, ProbeTCP.self, ProbeICMP.self, ProbeTLS.self, ProbeDNS.self, ProbeSMTP.self,
      ProbeNTP.self, ProbeSNMP.self, ProbeDICOM.self, ProbeHL7.self, ProbeFHIR.self, ProbePostgres.self,
      ProbeCertificate.self,
    ])
}

/// What every kind takes.
struct ProbeOptions: ParsableArguments {
  @Option(help: "全体の時間切れ(ミリ秒)。 Time for all of it, in milliseconds.")
  var timeoutMs = 10_000
  @Option(help: "これだけかかったら「遅い」。 Slow from this many milliseconds on.")
  var slowMs: Int?
  @Option(help: "これだけかかったら「止まっている」。 Down from this many milliseconds on.")
  var downMs: Int?
  @Option(help: "相手から読む量の上限(バイト)。 Bytes read at most.")
  var mostBytes: Int?
  @Option(help: "使う住所の種類 (any, 4, 6)。 Family of addresses.")
  var ip = Limits.Family.any
  @Option(help: "確かめてよい網。例 10.0.0.0/8,fd00::/8。 Networks that may be reached; all without it.")
  var networks: String?
  @Flag(help: "送ったものと返ったものをすべて見せます(秘密は *** に)。 Shows all that was sent and came back.")
  var trace = false
  @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

  func limits(mostBytes standard: Int = 1 << 20) throws -> Limits {
    try Limits(
      timeoutMs: timeoutMs, slowMs: slowMs, downMs: downMs, mostBytes: mostBytes ?? standard, family: ip)
  }

  private struct Line: Encodable {
    let ms: Double
    let way: String
    let text: String
  }

  private struct Answer: Encodable {
    let ok: Bool
    let state: String
    let ms: Double
    let detail: String
    let trace: [Line]?
  }

  /// Runs a check, tells the outcome, and ends with 1 when the target is down.
  func run(_ check: any Check) async throws {
    var allowed = Networks.all
    if let networks {
      guard let list = Networks(networks) else {
        throw ValidationError("--networks: \(networks) を読み取れません / cannot be read")
      }
      allowed = list
    }
    let prober = Prober(networks: allowed, clock: { Clock.now })
    let outcome = await prober.probe(check, traced: trace)
    // What was asked could not even be tried.
    let refusal = outcome.refusal
    if refusal == nil { try tell(outcome) }
    // After the word: whoever waits has it in the time they gave.
    await prober.close()
    if let refusal { throw refusal }
    if !outcome.isOK { throw ExitCode(1) }
  }

  private func tell(_ outcome: Outcome) throws {
    let language = Terminal.language
    let sentences =
      outcome.troubles.map { Terminal.words.problem($0, language) }
      + outcome.notes.map { Terminal.words.message($0.key, $0.arguments, language) }
    let detail = sentences.joined(separator: language == .ja ? "" : " ")
    let ms = (outcome.milliseconds * 100).rounded() / 100
    guard !json else {
      let lines = outcome.trace.map {
        Line(ms: ($0.ms * 100).rounded() / 100, way: $0.way.rawValue, text: $0.text)
      }
      return try Terminal.json(
        Answer(
          ok: outcome.isOK, state: outcome.state.rawValue, ms: ms, detail: detail, trace: trace ? lines : nil)
      )
    }
    for line in outcome.trace {
      let sign =
        switch line.way {
        case .sent: ">"
        case .received: "<"
        case .note: "#"
        }
      let rows = line.text.split(separator: "\n", omittingEmptySubsequences: false)
      Terminal.say(rows.map { "\(sign) \($0)" }.joined(separator: "\n"))
    }
    let state =
      switch outcome.state {
      case .up: Terminal.line("動いています", "Up")
      case .slow: Terminal.line("気がかりがあります", "Slow")
      case .down: Terminal.line("止まっています", "Down")
      }
    Terminal.say("\(state) (\(ms) ms): \(detail)")
  }
}

extension Limits.Family: ExpressibleByArgument {}

/// How certificates are judged.
struct ProbeTLSOptions: ParsableArguments {
  @Option(help: "証明書にあるはずの名前。 Name the certificate must carry; the target's without it.")
  var tlsName: String?
  @Option(help: "信じる認証局の証明書 (PEM)。 Authorities believed in the place of the machine's own.")
  var ca: String?
  @Flag(inversion: .prefixedNo, help: "証明書の名前と認証局を確かめます。 Checks name and authority.")
  var verify = true
  @Option(help: "残りがこの日数より少ないと「遅い」。 Slow with fewer days left.") var slowDays = 30
  @Option(help: "残りがこの日数より少ないと「止まっている」。 Down with fewer days left.") var downDays = 0

  func rules() throws -> TLSRules {
    try TLSRules(name: tlsName, authorities: ca, isVerified: verify, slowDays: slowDays, downDays: downDays)
  }
}

/// A secret from the environment or a file, never from the command line.
struct ProbeSecret: ParsableArguments {
  @Option(help: "秘密の入ったファイル(一行目)。 File whose first line is the secret.")
  var secretFile: String?

  func read() throws -> String? { try ProbeSecret.read(secretFile, variable: "MAMORITE_PROBE_SECRET") }

  static func read(_ path: String?, variable: String) throws -> String? {
    if let path {
      // By bytes: CR and LF together are one character.
      var line = try contents(of: path).prefix { $0 != 0x0A && $0 != 0x0D }
      // What Windows puts before a text.
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
      return String(decoding: line, as: UTF8.self)
    }
    let value = ProcessInfo.processInfo.environment[variable]
    return value?.isEmpty == true ? nil : value
  }
}

/// `\r`, `\n`, `\t`, `\\` and `\xNN` in what is to be sent.
func unescaped(_ text: String) -> [UInt8] {
  var (bytes, place): ([UInt8], String.Index) = ([], text.startIndex)
  for match in text.matches(of: #/\\(?:x([0-9A-Fa-f]{2})|([rnt\\]))/#) {
    bytes += text[place..<match.range.lowerBound].utf8
    place = match.range.upperBound
    switch match.2 {
    case nil: bytes.append(match.1.flatMap { UInt8($0, radix: 16) } ?? 0)
    case "r": bytes.append(0x0D)
    case "n": bytes.append(0x0A)
    case "t": bytes.append(0x09)
    default: bytes.append(0x5C)
    }
  }
  return bytes + text[place...].utf8
}
