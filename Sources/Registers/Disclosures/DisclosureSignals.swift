import Kernel
import Storage
import Web

extension Disclosures {
  /// What the disclosures say to the checklists.
  static let signals: [String: SignalSource] = [
    "mds-sds": { tx, _ in received(try tx.disclosures()) }
  ]

  /// Has every system with a vendor its disclosure? A "no" without a record is told, but the document is there.
  static func received(_ overview: DisclosureOverview) -> Signal? {
    // Without a vendor there is nobody to ask.
    let lines = overview.lines.filter { $0.system.vendor != nil }
    guard !lines.isEmpty else { return nil }
    let missing = lines.count { $0.judgement == .missing }
    let lacking = lines.reduce(0) { $0 + $1.tally.lacking }
    let state: Signal.State = missing == 0 ? .met : missing == lines.count ? .unmet : .partly
    let concern: Sentence? =
      missing > 0
      ? Sentence(DisclosureText.signalMissing, missing)
      : lacking > 0 ? Sentence(DisclosureText.signalLacking, lacking) : nil
    return Signal(
      state, Sentence(DisclosureText.signalSystems, lines.count), concern: concern,
      oldest: lines.flatMap(\.items).compactMap(\.receivedOn).min(), path: "/disclosures",
      ground: "systems=\(lines.count) missing=\(missing) lacking=\(lacking)")
  }

  /// On the register's record: the way to the answers.
  static let panel = RecordPanel(register.id) { tx, entry, request in
    let t = request.texts(DisclosureText.self)
    let last = try tx.disclosureVersions(entry.id).last
    let state: HTML =
      last.map {
        "<p>\(t(.versionNumber, $0.number)) ・ \(t.language.timeTag($0.takenAt.day, short: false))</p>"
      }
      ?? "<p>\(t(.noVersion))</p>"
    return """
      <section class="panel" aria-labelledby="h-answers"><h2 id="h-answers">\(t(.panelTitle))</h2>\(state)
      <p><a class="button" href="/disclosures/\(entry.id)">\(t(.panelLink))</a></p></section>
      """
  }
}
