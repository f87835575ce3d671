import Kernel
import Web

/// The words of a finding: what, of whom, why, and on what ground.
struct FindingWords {
  private let view: OnCallView
  private let t: Texts<OnCallText>

  private let known: Labour.Known

  init(_ view: OnCallView, _ t: Texts<OnCallText>) {
    (self.view, self.t, known) = (view, t, view.labour.known)
  }

  private func name(_ finding: LabourFinding) -> String { finding.member.map { view.names.name($0) } ?? "" }

  private func span(_ finding: LabourFinding) -> String {
    "\(t.moment(finding.window.from, view.zone)) – \(t.moment(finding.window.until, view.zone))"
  }

  func heading(_ finding: LabourFinding) -> String { t(.rule(finding.rule)) }

  func sentence(_ finding: LabourFinding) -> String {
    let (name, span) = (name(finding), span(finding))
    let (value, limit) = (finding.value, finding.limit)
    switch finding.rule {
    case .gap: return t(.saysGap, finding.layer.map { t(.layer($0)) } ?? "", span)
    case .leave: return t(.saysLeave, name, finding.layer.map { t(.layer($0)) } ?? "", span)
    case .gone: return t(.saysGone, name, span)
    case .qualification: return t(.saysQualification, name, required(finding), span)
    case .rest:
      let later = finding.window.from.adding(minutes: Int64(Labour.wishedRest))
      return t(
        .saysRest, name, t.moment(finding.window.from, view.zone), t.length(value), view.zone.time(later))
    case .consecutive: return t(.saysConsecutive, name, "\(value)", days(finding))
    case .month: return t(.saysMonth, name, t.length(value), t.length(limit))
    case .average: return t(.saysAverage, name, t.length(value), t.length(limit))
    case .year: return t(.saysYear, name, t.length(value), t.length(limit))
    case .months: return t(.saysMonths, name, "\(value)", "\(limit)")
    case .nights: return t(.saysNights, name, "\(value)", days(finding))
    case .days: return t(.saysDays, name, "\(value)", days(finding))
    case .permit: return t(.saysPermit, value)
    case .weeks: return t(.saysWeeks, name, "\(value)", days(finding))
    case .fairness: return t(.saysFairness, name, "\(value)", "\(limit)")
    case .alone: return t(.saysAlone, name)
    }
  }

  /// What the rotation of a finding requires, of which someone has nothing.
  private func required(_ finding: LabourFinding) -> String {
    let segment = view.labour.segments.first {
      $0.member == finding.member && $0.layer == finding.layer && $0.window.overlaps(finding.window)
        && $0.rotation != nil
    }
    return segment?.rotation.flatMap { view.rota.rotations[$0].requires } ?? ""
  }

  /// Who could be asked, with the way to let them take over; nil for what has another remedy.
  func askable(_ finding: LabourFinding, mayEdit: Bool) -> HTML? {
    guard finding.rule == .gap || finding.rule == .leave, let layer = finding.layer else { return nil }
    let found = view.labour.candidates(for: finding.window, away: view.roster.leaves, known).prefix(3)
    guard !found.isEmpty else { return "<br>\(t(.nobodyToAsk))" }
    let (from, until) = (view.zone.field(finding.window.from), view.zone.field(finding.window.until))
    let names = found.html { each -> HTML in
      let text = t(.askable, view.names.name(each.member), "\(each.load)")
      guard mayEdit else { return "<span>\(text)</span> " }
      let query =
        "layer=\(layer.rawValue)&from=\(from)&until=\(until)&by=\(urlEncoded(each.member.text))"
      return
        "<a class=\"button\" data-size=\"s\" href=\"/oncall/\(view.rota.id)/changes?\(query)#h-overrides\">\(text)</a> "
    }
    return "<br>\(t(.couldAsk)) <span class=\"cluster\">\(names)</span>"
  }

  private func days(_ finding: LabourFinding) -> String {
    let last = view.zone.day(finding.window.until.adding(milliseconds: -1))
    return "\(t.language.shortDate(view.zone.day(finding.window.from))) – \(t.language.shortDate(last))"
  }

  /// On what it rests, and how sure that is.
  func ground(_ rule: LabourFinding.Rule) -> String { "\(t(.ground(rule))) \(t(.certainty(rule.certainty)))" }
}

extension Texts<OnCallText> {
  /// 令和8年2月 / February 2026
  func month(_ day: Day) -> String {
    switch language {
    case .ja: String(language.date(day).dropLast(2))
    case .en: String(language.date(day).dropFirst(2))
    }
  }

  /// `2026-02`, for addresses.
  func monthField(_ day: Day) -> String { String(day.description.prefix(7)) }

  func weekday(_ day: Day) -> String {
    language == .ja ? day.weekdayJapanese : String(language.dateWithWeekday(day).prefix(3))
  }

  /// 2月24日(火) 8:30
  func moment(_ moment: Instant, _ zone: Zone) -> String {
    let day = zone.day(moment)
    return "\(self(.dayOfWeek, language.shortDate(day), weekday(day))) \(zone.time(moment))"
  }

  /// 4時間50分 / 4 h 50 min
  func length(_ minutes: Int) -> String {
    if minutes < 60 { return self(.minutesLong, minutes) }
    if minutes % 60 == 0 { return self(.hoursLong, minutes / 60) }
    return self(.hoursMinutesLong, minutes / 60, minutes % 60)
  }

  func holiday(_ holiday: Holiday) -> String { language == .ja ? holiday.japanese : self(.holiday) }
}
