import Assurance
import TestSupport
import Testing
import Web

/// Facilities may want to know who has looked at what is sensitive, and taken it away: a new way to it must say so.
@Suite("開いたことの記録の見張り")
struct ReadingGuardTests {
  /// Everything below these shows weaknesses, terms or people of the facility.
  private static let areas: Set = [
    "account-reviews", "assessments", "audits", "clinic", "contracts", "diagrams", "disclosures", "findings",
    "plans", "registers", "reports", "requests", "risks", "rollout",
  ]

  /// Ways below them, and files elsewhere, that leave nothing; each for a reason.
  private static let unrecorded: [(why: String, paths: [String])] = [
    (
      "an empty form, or a choice before anything is shown",
      [
        "assessments/new", "audits/new", "disclosures/import", "findings/new", "registers/:register/import",
        "registers/:register/new", "requests/new", "requests/:id/workbook", "risks/new", "rollout/lines/new",
        "assessments/:id/import", "audits/:id/visits/new",
      ]
    ),
    (
      "names, days and states alone; what is in them is recorded where it is opened",
      [
        "account-reviews", "account-reviews/subjects/:subject", "account-reviews/:id/removal", "assessments",
        "audits", "audits/:id/assignments", "audits/:id/concepts", "audits/:id/measures", "audits/:id/review",
        "audits/:id/settings",
        "audits/:id/visits", "clinic/letters", "findings/:id/measures", "registers",
        "registers/:register/:id/removal", "registers/:register/views", "registers/:register/views/:id",
        "reports", "requests", "requests/:id/revocation", "risks/:id/measures",
        "rollout/lines/:id/measures",
      ]
    ),
    (
      "rules and words, not of this facility",
      [
        "assessments/:id/edition", "audits/:id/library-version", "disclosures/annex",
        "registers/:register/check", "registers/:register/columns", "registers/:register/columns/:column",
        "risks/matrices", "rollout/phases", "editions/:id/pack.yaml", "frameworks/:id/library.yaml",
      ]
    ),
    (
      "what is asked of a vendor, without the answers",
      ["clinic/letters/:vendor", "requests/:id/mail", "requests/:id/paper"]
    ),
    (
      "what the same person has just sent",
      ["registers/:register/import/:id", "registers/:register/import/refused.xlsx"]
    ),
    (
      "for everybody's use, on paper too: whom to call, who does what",
      [
        "alerts/:id/print", "emergency.pdf",
        "oncall/:id/print", "responsibility/:system/sheet.pdf", "responsibility/export.xlsx",
        "responsibility/matrix.pdf", "responsibility/raci/sheet.pdf",
      ]
    ),
    (
      "leaves an entry of its own, or proves entries",
      ["ledger/export.jsonl", "ledger/stamps/:seq/authority.pem", "ledger/stamps/:seq/stamp.tsr"]
    ),
  ]

  /// Files, prints and drawings: what can be carried away.
  static func isTaken(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    let (first, last) = (parts.first ?? "", parts.last ?? "")
    return last.contains(".") || last == "print" || first == "proofs"
      || parts.contains { $0 == "files" || $0 == "proofs" }
  }

  /// Tables for programs for which no fresh proof is asked; each for a reason. Paper and pages never ask: see ADR 0054.
  private static let unasked: Set = [
    // The year's checklist and report: worked on in Excel, and handed out as they are.
    "assessments/:id/export.csv", "assessments/:id/export.json", "assessments/:id/export.xlsx",
    "plans/:year/request.xlsx", "reports/:id/management.json", "reports/:id/management.xlsx",
    // Made to be given to others.
    "requests/:id/workbook.xlsx", "responsibility/export.xlsx",
    // What the same person has just sent.
    "registers/:register/import/refused.xlsx",
  ]

  @Test("表をまるごと取り出す道は、本人をもう一度確かめ、記録に残すか、確かめない訳がある")
  func asked() {
    var routes = Routes()
    for feature in TestApp.features(PackLibrary(folder: "")) { feature.routes(&routes) }
    let tables = routes.all.filter { route in
      route.method == "GET" && route.access != .open
        && ["csv", "json", "jsonl", "xlsx"].contains(route.path.split(separator: ".").last.map(String.init))
    }
    #expect(tables.count > 15)
    #expect(Set(tables.filter { !$0.isPrivileged }.map(\.path)) == Self.unasked)
    for route in tables where route.isPrivileged && route.path != "ledger/export.jsonl" {
      #expect(route.isSensitive, "\(route.path) leaves no entry")
    }
  }

  @Test("開くと弱いところや人のことが見える道、取り出せる道には、印か、付けない訳がある")
  func marked() {
    var routes = Routes()
    for feature in TestApp.features(PackLibrary(folder: "")) { feature.routes(&routes) }
    let shown = routes.all.filter { route in
      let first = String(route.path.prefix { $0 != "/" })
      return route.method == "GET" && route.access != .open
        && (Self.areas.contains(first) || Self.isTaken(route.path))
    }
    #expect(shown.count > 100)
    let reasons = Self.unrecorded.flatMap(\.paths)
    #expect(Set(reasons).count == reasons.count)
    let bare = Set(shown.filter { !$0.isSensitive }.map(\.path))
    // Neither without a reason, nor a reason for what is recorded or gone.
    #expect(bare.subtracting(reasons).sorted() == [])
    #expect(Set(reasons).subtracting(bare).sorted() == [])
  }
}
