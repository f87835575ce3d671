import Kernel
import Storage

/// All disclosures of a facility beside the systems they are about.
struct DisclosureOverview: Sendable {
  struct System: Sendable {
    let id: String
    let name: String
    let hosting: String?
    let vendorID: String?
    /// The vendor's name; nil when nobody is named.
    let vendor: String?
  }

  struct Item: Sendable {
    let id: Entry.ID
    let number: String
    let product: String
    let kind: Disclosure.Kind
    let system: String?
    let receivedOn: Day?
    /// The standing reading; nil when the answers have not been read.
    let version: Int?
    let madeOn: Day?
    let answers: DisclosureTally?

    /// What counts for the judgement; nil while nothing has come. What came on paper and was not read is open.
    var tally: DisclosureTally? {
      if let answers { return answers }
      return receivedOn == nil ? nil : DisclosureTally(all: 1, open: 1)
    }
  }

  struct Line: Sendable {
    let system: System
    let items: [Item]
    let judgement: DisclosureJudgement
    /// Over all its MDS and SDS.
    let tally: DisclosureTally
  }

  let annex: DisclosureAnnex
  let lines: [Line]
  /// Disclosures that name no system.
  let loose: [Item]

  init(_ annex: DisclosureAnnex, _ systems: [System], _ items: [Item]) {
    self.annex = annex
    let bySystem = Dictionary(grouping: items) { $0.system ?? "" }
    lines = systems.map { system in
      let items = bySystem[system.id] ?? []
      var tallies: [Disclosure.Kind: DisclosureTally] = [:]
      for item in items {
        guard item.kind.isJudged, let tally = item.tally else { continue }
        tallies[item.kind] = (tallies[item.kind] ?? DisclosureTally()) + tally
      }
      return Line(
        system: system, items: items,
        judgement: DisclosureJudgement(needing: .init(hosting: system.hosting), tallies),
        tally: tallies.values.reduce(DisclosureTally(), +))
    }
    loose = bySystem[""] ?? []
  }

  func count(_ judgement: DisclosureJudgement) -> Int { lines.count { $0.judgement == judgement } }
}

extension ReadTx {
  /// Three statements, however many systems and answers there are.
  func disclosures() throws -> DisclosureOverview {
    let annex = try disclosureAnnex()
    return DisclosureOverview(annex, try disclosureSystems(), try disclosureOverview(annex))
  }
}

/// An answer that calls for a risk record, for the inspector's sheet.
struct DisclosureConcern: Sendable {
  let disclosure: Entry.ID
  let number: String
  let product: String
  let kind: Disclosure.Kind
  let system: String?
  let vendor: String?
  let version: Int
  let edition: String
  let madeOn: Day?
  let position: Int
  let question: Disclosure.Question
  let risk: DisclosureRisk?
}
