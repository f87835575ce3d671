import Kernel
import Storage
import Web

/// The sections that contracts, systems and vendors have on their records.
enum ContractPanels {
  /// The versions of a contract, and what is so today.
  static let versions = RecordPanel("contracts") { tx, entry, request in
    let timeline = ContractTimeline(try tx.contractVersions(of: entry.id))
    let t = request.texts(ContractText.self)
    let today = request.now.day
    let renew: HTML? =
      request.may(.registersEdit)
      ? "<p><a class=\"button\" href=\"/contracts/\(entry.id)/renewal\">\(t(timeline.versions.last?.awaitsConfirmation == true ? .correct : .renew))</a></p>"
      : nil
    let body: HTML =
      timeline.versions.isEmpty
      ? "<p>\(t(.noVersions))</p>" : "\(standing(timeline, today, t))\(list(timeline, entry.id, today, t))"
    return
      "<section class=\"panel\" aria-labelledby=\"h-versions\"><h2 id=\"h-versions\">\(t(.versionsTitle))</h2>\(body)\(renew)</section>"
  }

  private static func standing(
    _ timeline: ContractTimeline, _ today: Day, _ t: Texts<ContractText>
  ) -> HTML? {
    var lines: [HTML] = []
    switch timeline.standing(on: today) {
    case .noVersions, .holds: break
    case .notYetBegun(let first):
      lines.append(Components.finding(t(.notYetBegun, first.startsOn.map(t.language.date) ?? "")))
    case .lapsed(let last, let next):
      let end = last.endsOn.map(t.language.date) ?? ""
      lines.append(
        Components.finding(
          next?.startsOn.map { t(.lapsedUntil, end, t.language.date($0)) } ?? t(.lapsed, end)))
    }
    for seam in timeline.seams {
      switch seam {
      case .gap(let after, let days): lines.append(Components.finding(t(.seamGap, after, after + 1, days)))
      case .overlap(let after, let days):
        lines.append("<span class=\"soft\">\(t(.seamOverlap, after, after + 1, days))</span>")
      }
    }
    return lines.isEmpty ? nil : "<ul class=\"plain small\">\(lines.html { "<li>\($0)</li>" })</ul>"
  }

  private static func list(
    _ timeline: ContractTimeline, _ id: Entry.ID, _ today: Day, _ t: Texts<ContractText>
  ) -> HTML {
    let shown = timeline.shown(on: today)
    let items = timeline.versions.reversed().html { version in
      let term = "\(version.startsOn.map(t.language.date) ?? "")〜\(version.endsOn.map(t.language.date) ?? "")"
      let isLater = version.startsOn.map { $0 > today } ?? false
      let state: HTML =
        version == shown
        ? Components.tag(t(.stateHolds), .good)
        : Components.tag(t(isLater ? .stateLater : .stateEarlier), isLater ? .info : nil)
      let waits: HTML? =
        version.awaitsConfirmation ? " \(Components.finding(t(.unconfirmed)))" : nil
      return """
        <li><a href="/contracts/\(id)/versions/\(version.number)">\(t(version.number > 1 ? .versionCompare : .versionRead, version.number))</a>
        <span class="small nowrap">\(term)</span> \(state)\(waits)</li>
        """
    }
    return "<ul class=\"plain\">\(items)</ul>"
  }

  /// The systems that a contract covers, and names in its text that the register does not know.
  static let systems = RecordPanel("contracts", place: .side) { tx, entry, request in
    let coverage = Coverage(entry.text("systems"), try tx.systems(coveredBy: entry.id))
    let t = request.texts(ContractText.self)
    let mayEdit = request.may(.registersEdit)
    func remove(_ name: String) -> HTML? {
      guard mayEdit else { return nil }
      return """
        <form method="post" action="/contracts/\(entry.id)/systems/removal">\(Components.formToken(request))<input type="hidden" name="version" value="\(entry.version)"><input type="hidden" name="name" value="\(name)">
        <button class="button" data-kind="quiet" data-size="s" aria-label="\(t(.uncoverName, name))">\(t(.uncover))</button></form>
        """
    }
    let known = coverage.covered.html { system in
      "<li class=\"cluster\"><a href=\"\(Registry.path(of: system.id, in: "systems"))\">\(system.name)</a>\(remove(system.name))</li>"
    }
    let unknown = coverage.unknown.html { name in
      "<li class=\"cluster\"><span>\(name)</span> \(Components.tag(t(.notInRegister), .warn))\(remove(name))</li>"
    }
    let list: HTML =
      coverage.covered.isEmpty && coverage.unknown.isEmpty
      ? "<p>\(Components.finding(t(.coversNothing)))</p>"
      : "<ul class=\"plain small\">\(known)\(unknown)</ul>"
    let add: HTML? =
      mayEdit && !coverage.others.isEmpty
      ? """
      <form class="cluster" method="post" action="/contracts/\(entry.id)/systems">\(Components.formToken(request))<input type="hidden" name="version" value="\(entry.version)">
      \(Components.select("cover-name", named: "name", t(.coverLabel), options: coverage.others.map { ($0.name, $0.name) }, chosen: ""))
      <button class="button" data-size="s">\(t(.cover))</button></form>
      """ : nil
    return
      "<section aria-labelledby=\"h-covers\"><h2 id=\"h-covers\">\(t(.systems))</h2>\(list)\(add)</section>"
  }

  /// The contracts that cover a system.
  static let contracts = RecordPanel(
    "systems", place: .side, rows: { tx, _, system in tx.contractRows(covering: system.id, limit: 20) },
    content: { rows, _, request in
      let t = request.texts(ContractText.self)
      let found = rows.sorted { $0.text(3) < $1.text(3) }
      let list = found.html { contract in
        "<li><a href=\"/registers/contracts/\(contract.text(0))\">\(contract.text(1))</a> <span class=\"soft\">\(contract.text(2))</span></li>"
      }
      let body: HTML =
        found.isEmpty
        ? "<p class=\"small\">\(Components.finding(t(.coveredByNone)))</p>"
        : "<ul class=\"plain small\">\(list)</ul>"
      return
        "<section aria-labelledby=\"h-covered\"><h2 id=\"h-covered\">\(t(.coveredBy))</h2>\(body)</section>"
    })
}
