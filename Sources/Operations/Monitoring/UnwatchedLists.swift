import Kernel
import Web

/// What stands in the registers and is not watched: lists side by side, with one button on each line.
enum UnwatchedLists {
  /// A line: what is not watched, and where its form begins.
  private struct Line {
    let name: String
    let note: String?
    /// What the button does, for those who hear it without its line.
    let label: String
    let path: String
  }

  /// More of each are not listed at once.
  static let most = 20

  /// The id of the first list that has something in it; nil when all is watched.
  static func first(of view: MonitoringOverview) -> String? {
    if !view.unwatched.isEmpty { return "unwatched" }
    return !view.withoutBackup.isEmpty ? "no-backup" : !view.devices.isEmpty ? "devices" : nil
  }

  static func lists(_ request: WebRequest, _ view: MonitoringOverview) -> HTML? {
    guard request.may(.monitoringEdit), first(of: view) != nil else { return nil }
    let t = request.texts(MonitoringText.self)
    let systems = view.unwatched.map { line(of: $0, t) }
    let backups = view.withoutBackup.map { backup(of: $0, t) }
    let devices = view.devices.map { line(of: $0, t) }
    return """
      <div class="columns">\(list("unwatched", t(.unwatched), t(.unwatchedText), systems, t))\
      \(list("no-backup", t(.noBackup), t(.noBackupText), backups, t))\
      \(list("devices", t(.devicesSeen), t(.devicesSeenText), devices, t))</div>
      """
  }

  private static func line(of system: WatchedSystem, _ t: Texts<MonitoringText>) -> Line {
    Line(
      name: system.name, note: level(of: system, t), label: t(.watchThis, system.name),
      path: "/monitoring/new?name=\(urlEncoded(system.name))&system=\(urlEncoded(system.id))")
  }

  /// There is one way only to hear of a backup.
  private static func backup(of system: WatchedSystem, _ t: Texts<MonitoringText>) -> Line {
    let name = t(.backupOf, system.name)
    return Line(
      name: system.name, note: level(of: system, t), label: t(.watchThis, name),
      path:
        "/monitoring/new?kind=heartbeat&name=\(urlEncoded(name))&system=\(urlEncoded(system.id))&backup=yes")
  }

  private static func line(of device: ProposedDevice, _ t: Texts<MonitoringText>) -> Line {
    let system = device.system.map { "&system=\(urlEncoded($0))" } ?? ""
    let known = "name=\(urlEncoded(device.name))&target=\(urlEncoded(device.address))"
    return Line(
      name: device.name, note: device.address, label: t(.watchThis, "\(device.name) (\(device.address))"),
      path: "/monitoring/new?\(known)&thing=\(urlEncoded(device.kind))\(system)")
  }

  /// What the register says; nothing where it says nothing.
  private static func level(of system: WatchedSystem, _ t: Texts<MonitoringText>) -> String? {
    system.impact.map { t(.level(ImpactLevel(impact: $0))) }
  }

  private static func list(
    _ id: String, _ title: String, _ text: String, _ lines: [Line], _ t: Texts<MonitoringText>
  ) -> HTML? {
    guard !lines.isEmpty else { return nil }
    let rows = lines.prefix(most).html { line in
      let note: HTML? = line.note.map { "<br><span class=\"small\">\($0)</span>" }
      return """
        <tr><th scope="row">\(line.name)\(note)</th><td class="num"><a class="button" data-size="s" href="\(line.path)" aria-label="\(line.label)">\(t(.watch))</a></td></tr>
        """ as HTML
    }
    let more: HTML? =
      lines.count > most ? "<p class=\"small\">\(t(.moreUnwatched, lines.count - most))</p>" : nil
    return """
      <section class="panel" aria-labelledby="\(id)"><h2 id="\(id)">\(title) \(lines.count)</h2><p>\(text)</p>\
      <table class="table" data-narrow="fits"><caption class="visually-hidden">\(title)</caption><tbody>\(rows)</tbody></table>\(more)</section>
      """
  }
}

extension [WatchedSystem] {
  /// Those whose stop harms care most come first; else as they stood.
  var gravestFirst: [WatchedSystem] {
    enumerated().sorted { one, other in
      let (a, b) = (ImpactLevel(impact: one.element.impact), ImpactLevel(impact: other.element.impact))
      return a == b ? one.offset < other.offset : a > b
    }.map(\.element)
  }
}
