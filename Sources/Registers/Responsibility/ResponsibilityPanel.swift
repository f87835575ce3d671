import Kernel
import Storage
import Web

extension Responsibility {
  /// Its place among the registers.
  static let tab = RegisterTabs.Tab(
    "responsibility", "/responsibility", .registersRead, Word(ResponsibilityText.title))

  /// What the record of a system says of its responsibilities; nothing while the facility has no list of duties.
  static let panel = RecordPanel(
    "systems", place: .side, rows: { tx, _, system in tx.responsibilityTallyRows(of: system.id) },
    content: { rows, entry, request in
      let tally = Tally(rows)
      guard tally.all > 0 else { return nil }
      let t = request.texts(ResponsibilityText.self)
      let findings = State.findings.filter { tally[$0] > 0 }.html {
        Components.finding("\(t($0.word)) \(t(.count, tally[$0]))")
      }
      let good: HTML? = tally.findings == 0 ? "<span>\(t(.panelGood))</span>" : nil
      return """
        <section aria-labelledby="h-responsibility"><h2 id="h-responsibility">\(t(.title))</h2>
        <p class="cluster">\(findings)\(good)<span class="soft small">\(t(.decidedOf, tally[.decided], tally.all))</span></p>
        <p class="small"><a href="/responsibility/\(entry.id)">\(t(.panelLink))</a></p></section>
        """
    })
}

extension Raci {
  /// Its place among the registers.
  static let tab = RegisterTabs.Tab(
    "raci", "/responsibility/raci", .registersRead, Word(ResponsibilityText.raciTitle))
}

extension Responsibility {
  /// An entry that bears something, or settles it, is not taken out.
  static func keeper(of register: String) -> EntryKeeper {
    EntryKeeper(refuseRemoval: { entry, _, tx in
      guard try !tx.isNamedByResponsibility(entry.id, of: register) else { throw Entry.Refusal.inUse }
    })
  }
}
