import Kernel
import Web

/// The words of messages about alerts, in the language of whoever gets them.
struct AlertLetter: Sendable {
  let address: String?
  private let t: Texts<MonitoringText>
  private let p: Texts<PagingText>
  private let words = Words([
    MonitoringText.catalog, Monitoring.probeCatalog, PagingText.catalog, RecoveryText.catalog,
  ])

  init(_ language: Language, address: String?) {
    self.address = address
    (t, p) = (Texts(language), Texts(language))
  }

  /// So many are written out; the rest is counted.
  static let mostNamed = 20
  /// A short message is cut there: five parts of an SMS.
  static let mostShort = 330

  func subject(_ opened: [CallItem], _ ended: [EndItem]) -> String {
    if let first = opened.first {
      let rest = opened.count == 1 ? "" : p(.andOthers, opened.count - 1)
      return p(first.turn > 0 ? .subjectAgain : .subjectDown, "\(first.number)", "\(first.alert.name)\(rest)")
    }
    guard let first = ended.first else { return "" }
    let rest = ended.count == 1 ? "" : p(.andOthers, ended.count - 1)
    return p(.subjectBack, "\(first.number)", "\(first.alert.name)\(rest)")
  }

  func body(_ opened: [CallItem], _ ended: [EndItem], tried: [String], advice: String, link: String?)
    -> String
  {
    var lines: [String] = []
    if !opened.isEmpty {
      lines += [t(.mailDownHead)] + opened.prefix(Self.mostNamed).map { line($0.number, $0.alert) }
      lines += rest(opened.count) + [""]
      if let criteria = opened.first?.plan.criteria, !criteria.isEmpty {
        lines += [p(.mailCriteria, criteria), ""]
      }
      lines += tried
      if !advice.isEmpty { lines += [t(.advice), advice, ""] }
      if let link { lines += [p(.mailTake), link, ""] }
    }
    if !ended.isEmpty {
      lines += [t(.mailBackHead)] + ended.prefix(Self.mostNamed).map { line($0.number, $0.alert) }
      lines += rest(ended.count) + [""]
    }
    if let address { lines.append("\(address)/monitoring") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What was tried by itself before.
  func tried(_ news: RecoveryNews?, at now: Instant) -> [String] {
    news?.lines(t.language, words, at: now) ?? []
  }

  /// For a telephone or a room: one or two lines, and where to answer.
  func short(_ opened: [CallItem], _ ended: [EndItem], tried: String?, link: String?) -> String {
    var parts: [String] = []
    if let first = opened.first {
      let rest = opened.count == 1 ? "" : p(.andOthers, opened.count - 1)
      parts.append(
        p(
          first.alert.grade == .down ? .shortDown : .shortSlow, "\(first.number)",
          "\(first.alert.name)\(rest)",
          "L\(first.alert.level.rawValue)", t.language.time(first.alert.openedAt)))
    }
    if let tried { parts.append(tried) }
    if let first = ended.first {
      let rest = ended.count == 1 ? "" : p(.andOthers, ended.count - 1)
      parts.append(
        p(
          .shortBack, "\(first.number)", "\(first.alert.name)\(rest)",
          t.language.time(first.alert.resolvedAt ?? first.alert.openedAt)))
    }
    let text = String(parts.joined(separator: "\n").prefix(Self.mostShort))
    return link.map { "\(text)\n\($0)" } ?? text
  }

  func fact(_ number: Int, _ alert: Alert) -> PageNote.Fact {
    PageNote.Fact(
      number: number, name: alert.name, state: alert.resolvedAt == nil ? alert.grade.rawValue : "up",
      level: alert.level.rawValue, since: (alert.resolvedAt ?? alert.openedAt).iso)
  }

  private func line(_ number: Int, _ alert: Alert) -> String {
    let time = t.language.time(alert.resolvedAt ?? alert.openedAt)
    let reason = alert.resolvedAt == nil ? alert.problem.map { words.problem($0, t.language) } ?? "" : ""
    return "・\(number) \(alert.name)(L\(alert.level.rawValue)) \(time) \(reason)"
  }

  private func rest(_ count: Int) -> [String] {
    count > Self.mostNamed ? [t(.mailRest, count - Self.mostNamed)] : []
  }
}
