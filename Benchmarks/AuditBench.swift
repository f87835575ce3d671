import Assurance
import Foundation
import Frameworks
import Kernel
import Registers
import Storage
import Web

/// Audits of made-up frameworks: begun, answered throughout, scored, shown, exported; and answers carried over a mapping set.
enum AuditBench {
  static func run(_ folder: String, _ library: PackLibrary) async throws {
    let (database, scope) = try await Bench.hospital(folder, library)
    _ = try await Accounts.add(
      name: "ベンチ", login: LiveSite.login, password: LiveSite.password, role: .administrator, in: scope)
    var pages: [(what: String, path: String, budget: Double)] = []
    // One node in six is a section: 1,800 of 2,160 are answered, 4,900 of 5,880.
    for (number, nodes) in [(1, 2_160), (0, 5_880)] {
      let id = try await begun(number, nodes: nodes, scope)
      let base = "/audits/\(id)"
      let what = "audit of \(nodes) nodes, \(nodes / 6 * 5) of them answered"
      let node = urlEncoded(urn(number, nodes - 1))
      pages += [
        ("\(what): its page", base, 40), ("  one of its sections", "\(base)?section=0", 40),
        ("  what is not met, of all", "\(base)?show=not", 40),
        ("  one requirement", "\(base)/requirements?node=\(node)", 40),
        ("  search for two words", "\(base)?q=backup%20vendor", 40),
        ("  as Excel", "\(base)/export.xlsx", 500),
      ]
    }
    try await carrying(scope)
    let shelved = try await Libraries.shelved("urn:example:risk:library:made-0", in: scope)
    if let shelved {
      let path = "/frameworks/\(shelved)/requirements?q="
      pages.append(("search in a framework of 5,880 nodes", path + "backup%20vendor", 40))
      let words = (0..<200).map { "word\($0)" }.joined(separator: "%20")
      pages.append(("  for 200 words, of which 8 count", path + words, 40))
    }
    await database.close()
    let site = try LiveSite(data: folder)
    defer { site.stop() }
    for page in pages {
      let (time, bytes) = try site.time(page.path)
      Bench.report("\(page.what) (\(bytes / 1024) KiB)", time, "ms", budget: page.budget)
    }
  }

  private static func urn(_ number: Int, _ node: Int) -> String {
    "urn:example:risk:req_node:made-\(number):\(node)"
  }

  private static func begun(_ number: Int, nodes: Int, _ scope: Scope) async throws -> Audit.ID {
    var corpus = FrameworkCorpus()
    try await take(corpus.framework(number, nodes: nodes), named: "made-\(number)", scope)
    var start = ContinuousClock.now
    let audit = try await Audits.begin(
      named: "ベンチ \(number)", library: "urn:example:risk:library:made-\(number)", in: scope)
    Bench.report("beginning an audit of \(nodes) nodes", Bench.ms(since: start), "ms", budget: 200)
    let all = (0..<nodes).filter { $0 % 6 != 0 }.map { urn(number, $0) }
    start = .now
    try await Audits.answer(all, of: audit.id, in: scope)
    Bench.report(
      "  answering all \(all.count), each with its entry in the ledger", Bench.ms(since: start), "ms")
    start = .now
    for _ in 0..<20 { _ = try await Audits.meanScore(of: audit.id, in: scope) }
    Bench.report("  its score, read and worked out", Bench.ms(since: start) / 20, "ms", budget: 10)
    return audit.id
  }

  /// 1,000 answers over a mapping set of 10,000.
  private static func carrying(_ scope: Scope) async throws {
    var corpus = FrameworkCorpus()
    try await take(corpus.framework(2, nodes: 1_200), named: "made-2", scope)
    try await take(corpus.framework(3, nodes: 1_200), named: "made-3", scope)
    try await take(
      corpus.mapping("carried", from: (2, 1_200), to: (3, 1_200), count: 10_000), named: "m", scope)
    let source = try await Audits.begin(named: "元", library: "urn:example:risk:library:made-2", in: scope)
    let target = try await Audits.begin(named: "先", library: "urn:example:risk:library:made-3", in: scope)
    try await Audits.answer((0..<1_200).filter { $0 % 6 != 0 }.map { urn(2, $0) }, of: source.id, in: scope)
    let start = ContinuousClock.now
    let count = try await Mappings.carry(from: source.id, to: target.id, in: scope)
    Bench.report(
      "carrying 1,000 answers over a mapping set of 10,000: looked up, decided, \(count) stored",
      Bench.ms(since: start),
      "ms", budget: 500)
  }

  private static func take(_ bytes: [UInt8], named name: String, _ scope: Scope) async throws {
    let source = Libraries.Source(name: name, bytes: bytes.count) { bytes }
    _ = try await Libraries.take([source], into: .facility(scope), isTrial: false)
  }
}
