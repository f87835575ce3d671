import Kernel
import Publishing
import Web

/// The emergency sheet in a language: the same words on the page, in the drawing and on paper.
struct EmergencyWords {
  let sheet: EmergencySheet
  let language: Language
  private let t: Texts<EmergencyText>

  init(_ sheet: EmergencySheet, _ language: Language) {
    var shown = sheet
    shown.contacts = sheet.contacts.map { $0.shown(in: language) }
    (self.sheet, self.language) = (shown, language)
    t = Texts(language)
  }

  func text(_ key: EmergencyText) -> String { t(key) }

  var subtitle: String { t(.subtitle, sheet.facility, language.date(sheet.day)) }

  /// ①, ② …; numbers beyond the circled ones do not occur: a chain has three steps.
  static func sign(_ step: Int) -> String { ["①", "②", "③"][min(step, 2)] }

  // MARK: What to do first

  /// Each in two parts, the first to be printed bold.
  var steps: [(strong: String, rest: String)] {
    let first = sheet.chain.first?.role
    let number = first.flatMap { $0.day ?? $0.night }
    let night = first.flatMap { $0.day == nil || $0.night == $0.day ? nil : $0.night }
    return [
      (t(.step1), ""), (t(.step2), t(.step2Rest)), (t(.step3), t(.step3Rest)),
      (number.map { t(.step4Call, $0) } ?? t(.step4), night.map { t(.step4Night, $0) } ?? ""),
    ]
  }

  /// What to say on the phone; and who speaks for the facility.
  var tell: (plain: String, strong: String) {
    (t(.tell), sheet.speaker.map { t(.speaker, $0.title) } ?? "")
  }

  var nextCheck: String {
    sheet.nextCheckOn.map { t(.nextCheck, language.date($0)) } ?? t(.noCheck)
  }
  var responsible: String? { sheet.chain.first?.role.person.map { t(.responsible, $0.title) } }

  // MARK: The drawing

  /// More boxes than these would not fit a page; what is left out stands in the list.
  private static let (mostAside, mostBelow) = (6, 8)

  var chart: ContactChart {
    let chain = sheet.chain
    let steps = chain.enumerated().map { index, step in
      ContactChart.Step(
        box(step, index, isLast: index == chain.count - 1),
        arrow: step.role.within ?? (index == 0 ? t(.atOnce) : ""))
    }
    let inside = sheet.others.map(box) + sheet.inside.map { box($0) }
    let signs = chain.indices.dropFirst().map { Self.sign($0) }.joined()
    let called = signs.isEmpty ? t(.single, Self.sign(0)) : t(.shared, signs)
    return ContactChart(
      finder: t(.finder), chain: steps,
      right: ContactChart.Group(
        chain.isEmpty ? t(.vendorsOnly) : t(.vendors, Self.sign(0)),
        shortened(sheet.vendors.map { box($0) }, count: sheet.vendorCount, most: Self.mostAside)),
      left: ContactChart.Group(
        t(.inside, Self.sign(sheet.insideStep)),
        shortened(inside, count: inside.count, most: Self.mostAside), from: sheet.insideStep),
      below: ContactChart.Group(
        t(.outside),
        shortened(sheet.outside.map { box($0) }, count: sheet.outside.count, most: Self.mostBelow)),
      belowArrow: chain.isEmpty ? "" : called)
  }

  var drawing: SVG { drawing(under: []) }

  /// The drawing as it stands in a file of its own: of which facility, of which day, by which fingerprint.
  var drawingWithHead: SVG {
    drawing(under: [t(.chart), subtitle, "\(t(.fingerprint)) \(sheet.fingerprint)"])
  }

  private func drawing(under heading: [String]) -> SVG {
    let figures = calls.rows.prefix(12).map { "\($0.order). \($0.who)" }.joined(separator: t(.listSeparator))
    return Charts.contacts(chart, id: "contact-tip", label: t(.chartLabel, figures), heading: heading)
  }

  private func shortened(_ boxes: [ContactChart.Box], count: Int, most: Int) -> [ContactChart.Box] {
    guard count > most else { return boxes }
    return boxes.prefix(most - 1) + [ContactChart.Box(t(.more, count - most + 1))]
  }

  private func box(_ step: EmergencySheet.Step, _ index: Int, isLast: Bool) -> ContactChart.Box {
    let role = step.role
    var lines = [role.person?.title].compactMap { $0 } + numbers(role.day, role.night)
    if let deputy = role.deputy {
      let number = deputy.day ?? deputy.night
      lines.append(t(.deputy, [deputy.title, number].compactMap { $0 }.joined(separator: " ")))
    }
    if !isLast { lines.append(t(.nextStep, Self.sign(index + 1))) }
    let names = step.names.joined(separator: t(.listSeparator))
    return ContactChart.Box("\(Self.sign(index)) \(names)", lines)
  }

  private func box(_ role: EmergencySheet.Role) -> ContactChart.Box {
    ContactChart.Box(role.name, [role.person?.title].compactMap { $0 } + numbers(role.day, role.night))
  }

  private func box(_ contact: EmergencySheet.Contact) -> ContactChart.Box {
    let hasNumber = contact.day != nil || contact.night != nil
    let reach = hasNumber || contact.web == nil ? numbers(contact.day, contact.night) : [t(.webOnly)]
    return ContactChart.Box(contact.name, reach + [contact.within ?? contact.when].compactMap { $0 })
  }

  private func box(_ vendor: EmergencySheet.Vendor) -> ContactChart.Box {
    let systems = vendor.systems.prefix(3).joined(separator: t(.listSeparator))
    let number = vendor.night.map { [$0] } ?? vendor.day.map { [t(.dayOnly, $0)] } ?? [t(.noNumber)]
    return ContactChart.Box(vendor.name, (systems.isEmpty ? [] : [systems]) + number)
  }

  /// By day and by night; one line when it is the same number.
  private func numbers(_ day: String?, _ night: String?) -> [String] {
    switch (day, night) {
    case (nil, nil): [t(.noNumber)]
    case (let day?, let night?) where day == night: [t(.dayNight, day)]
    case (let day, let night): [day.map { t(.day, $0) }, night.map { t(.night, $0) }].compactMap { $0 }
    }
  }
}

/// One line of the list of calls.
struct EmergencyCall: Sendable, Equatable {
  let order: Int
  let who: String
  let day: String?
  let night: String?
  let web: String?
  let testedOn: Day?
}

extension EmergencyWords {
  /// More than these do not fit on the page beside the drawing.
  static let mostCalls = 40

  /// Whom to call in which order: the chain with its deputies, the facility's own people, vendors, authorities.
  var calls: (rows: [EmergencyCall], left: Int) {
    var all: [(who: String, day: String?, night: String?, web: String?, tested: Day?)] = []
    for (index, step) in sheet.chain.enumerated() {
      let role = step.role
      let names = step.names.joined(separator: text(.listSeparator))
      all.append(
        (
          [names, role.person?.title].compactMap { $0 }.joined(separator: " "), role.day, role.night, nil,
          role.testedOn
        ))
      if let deputy = role.deputy {
        all.append(
          (deputyLine(deputy, index), deputy.day, deputy.night, nil, deputy.testedOn))
      }
    }
    all += sheet.others.map {
      (
        [$0.name, $0.person?.title].compactMap { $0 }.joined(separator: " "), $0.day, $0.night, nil,
        $0.testedOn
      )
    }
    all += sheet.inside.map { ($0.name, $0.day, $0.night, $0.web, $0.testedOn) }
    all += sheet.vendors.map { ($0.name, $0.day, $0.night, nil, $0.testedOn) }
    all += sheet.outside.map { ($0.name, $0.day, $0.night, $0.web, $0.testedOn) }
    let unread = sheet.vendorCount - sheet.vendors.count
    // Authorities come last and are not what is left out: the vendors' tail is.
    let kept = Self.kept(all, sheet)
    return (
      kept.enumerated().map { index, call in
        EmergencyCall(
          order: index + 1, who: call.who, day: call.day, night: call.night, web: call.web,
          testedOn: call.tested)
      }, all.count - kept.count + unread
    )
  }

  private func deputyLine(_ deputy: EmergencySheet.Human, _ index: Int) -> String {
    Texts<EmergencyText>(language)(.deputyOf, deputy.title, Self.sign(index))
  }

  private static func kept<Call>(_ all: [Call], _ sheet: EmergencySheet) -> [Call] {
    guard all.count > mostCalls else { return all }
    let tail = min(sheet.outside.count, 8)
    return Array(all.prefix(mostCalls - tail) + all.suffix(tail))
  }

  func tested(_ call: EmergencyCall) -> String { call.testedOn.map(language.columnDate) ?? text(.untested) }
}
