import Kernel
import Registers
import Storage
import Web

/// The register of risks with its heat map, and one of them.
enum RiskPages {
  struct Listed: Sendable {
    let risks: [ListedRisk]
    let total: Int
    let figures: RiskFigures
    let cells: [RiskCell]
    let scales: [String: RiskScale]
    let filter: RiskFilter
    let stage: Risk.Stage
    /// Of the matrix that is asked for beside the drawing; the list has the risks of all.
    let scale: String
    let listing: Listing

    /// The matrix that is drawn: the one asked for, else the one with the most risks.
    var drawn: String {
      if scales[scale] != nil { return scale }
      let counts = cells.reduce(into: [String: Int]()) { $0[$1.scale, default: 0] += $1.count }
      let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      return most ?? RiskScale.ownID
    }

    /// Ours first.
    var ordered: [(id: String, scale: RiskScale)] { RiskPages.ordered(scales) }
  }

  static func ordered(_ scales: [String: RiskScale]) -> [(id: String, scale: RiskScale)] {
    scales.sorted {
      ($0.key != RiskScale.ownID ? 1 : 0, $0.key) < ($1.key != RiskScale.ownID ? 1 : 0, $1.key)
    }
    .map { (id: $0.key, scale: $0.value) }
  }

  static func level(_ risk: Risk, _ rating: RiskRating?, _ scale: RiskScale?, _ language: Language) -> HTML? {
    guard let rating, let scale, let severity = scale.severity(rating) else { return nil }
    let tone: Tone? = severity >= 67 ? .bad : severity >= 34 ? .warn : nil
    return Components.tag(scale.words(rating, language), tone)
  }

  static func state(_ risk: Risk, on today: Day, _ t: Texts<RiskText>) -> HTML? {
    if !risk.isOpen { return Components.tag(t(.closedTag)) }
    if risk.isExpired(on: today) { return Components.finding(t(.expiredTag)) }
    if risk.waitsForApproval { return Components.tag(t(.waiting), .warn) }
    return nil
  }

  // MARK: The list

  static func list(_ request: WebRequest, _ shown: Listed) -> Page {
    let t = request.texts(RiskText.self)
    let filter = shown.filter
    let isEmpty = shown.figures.open == 0 && shown.total == 0 && filter == RiskFilter()
    let add: HTML? =
      request.may(.risksEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/risks/new\">\(t(.add))</a>" : nil
    let suggestions: HTML? =
      request.may(.risksEdit) ? "<a class=\"button\" href=\"/risks/suggestions\">\(t(.suggestions))</a>" : nil
    let files: HTML? =
      isEmpty
      ? nil
      : "<a class=\"button\" href=\"/risks/register.pdf\">\(t(.pdf))</a><a class=\"button\" href=\"/risks/register.xlsx\">\(t(.xlsx))</a>"
    let body: HTML =
      isEmpty
      ? Components.empty(t(.empty), t(.emptyText), add)
      : "\(figures(shown.figures, t))\(map(shown, t))\(table(request, shown, t))"
    return Page(
      t(.title), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/audits">\(t(.toAudits))</a></li></ol>
      <div class="page-head"><h1>\(t(.title))</h1><div class="cluster"><a class="button" href="/risks/matrices">\(t(.scales))</a>\(suggestions)\(files)\(isEmpty ? nil : add)</div></div>
      <p>\(t(.lead))</p>\(body)
      """)
  }

  private static func figures(_ figures: RiskFigures, _ t: Texts<RiskText>) -> HTML {
    func link(_ show: RiskFilter.Show, _ name: RiskText, _ count: Int) -> (
      mark: String?, name: HTML, value: HTML
    ) {
      (nil, "<a href=\"/risks?show=\(show.rawValue)\">\(t(name))</a>", "\(t.language.number(count))")
    }
    return Components.figures([
      link(.open, .figOpen, figures.open), link(.unrated, .figUnrated, figures.unrated),
      link(.untreated, .figUntreated, figures.untreated), link(.waiting, .figWaiting, figures.waiting),
      link(.expired, .figExpired, figures.expired),
    ])
  }

  private static func map(_ shown: Listed, _ t: Texts<RiskText>) -> HTML {
    let map = RiskMap(shown.scales[shown.drawn] ?? .own, id: shown.drawn, shown.cells)
    let stages = Risk.Stage.allCases.map { (value: $0.rawValue, name: t(RiskText.stage($0))) }
    let scales: HTML? =
      shown.scales.count > 1
      ? Components.select(
        "map-scale", named: "scale", t(.scale),
        options: shown.ordered.map { (value: $0.id, name: $0.scale.name(t.language)) }, chosen: shown.drawn)
      : nil
    let stage = t(RiskText.stage(shown.stage))
    let words: HTML = map.total == 0 ? "<p>\(t(.mapNone))</p>" : "<p class=\"small\">\(map.words(t))</p>"
    return """
      <section class="stack" aria-labelledby="h-map"><h2 id="h-map">\(t(.mapTitle, stage))</h2>
      <form class="filters" action="/risks">\(Components.select("stage", t(.stageLabel), options: stages, chosen: shown.stage.rawValue))\(scales)<button class="button">\(t(.showMap))</button></form>
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.mapTitle, stage))">\(map.svg(stage, t))</div><p class="scroll-hint small soft">\(t(.scrollHint))</p>\(words)</section>
      """
  }

  private static func table(_ request: WebRequest, _ shown: Listed, _ t: Texts<RiskText>) -> HTML {
    let filter = shown.filter
    let shows = RiskFilter.Show.allCases.map { (value: $0.rawValue, name: t(RiskText.show($0))) }
    let rows = shown.risks.html { one -> HTML in
      let risk = one.risk
      let scale = shown.scales[risk.scale]
      let what = [risk.asset, one.system ?? ""].filter { !$0.isEmpty }.joined(separator: " / ")
      func cell(_ stage: Risk.Stage) -> HTML {
        level(risk, risk.ratings[stage], scale, t.language) ?? "<span class=\"soft\">\(t(.notRated))</span>"
      }
      return """
        <tr><th scope="row" data-label="\(t(.name))"><a href="/risks/\(risk.id)">\(risk.title)</a> \(state(risk, on: request.now.day, t))</th>
        <td data-label="\(t(.asset))">\(what)</td><td data-label="\(t(.inherent))">\(cell(.inherent))</td>
        <td data-label="\(t(.current))">\(cell(.current))</td><td data-label="\(t(.target))">\(cell(.target))</td>
        <td data-label="\(t(.treatment))">\(risk.treatment.map { t(RiskText.treatment($0)) } ?? t(.treatmentNone))</td>
        <td data-label="\(t(.owner))">\(one.owner ?? t(.nobody))</td></tr>
        """
    }
    let keeping = [
      ("show", filter.show.rawValue), ("q", filter.query), ("stage", shown.stage.rawValue),
      ("scale", shown.scale),
    ]
    let found: HTML =
      shown.risks.isEmpty
      ? "<p>\(t(.nothing))</p>"
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.name))</th><th scope="col">\(t(.asset))</th><th scope="col">\(t(.inherent))</th><th scope="col">\(t(.current))</th><th scope="col">\(t(.target))</th><th scope="col">\(t(.treatment))</th><th scope="col">\(t(.owner))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      \(Components.pager(shown.listing, total: shown.total, path: "/risks", keeping: keeping, request.texts()))
      """
    return """
      <section class="stack" aria-labelledby="h-list"><h2 id="h-list">\(t(RiskText.show(filter.show)))</h2>
      <form class="filters" action="/risks" role="search" aria-label="\(t(.title))">\(Components.field("q", t(.name), value: filter.query))
      \(Components.select("show", t(.show), options: shows, chosen: filter.show.rawValue))<button class="button">\(t(.find))</button></form>\(found)</section>
      """
  }

  // MARK: One

  struct Shown: Sendable {
    let one: ListedRisk
    let scale: RiskScale?
    let measures: [(id: Measure.ID, title: String, state: Measure.State)]
    let history: [LedgerEntry]
    /// How many people beside the one who looks could approve.
    let others: Int
  }

  static func one(_ request: WebRequest, _ shown: Shown) -> Page {
    let t = request.texts(RiskText.self)
    let risk = shown.one.risk
    let edit: HTML? =
      request.may(.risksEdit) && risk.isOpen
      ? "<a class=\"button\" href=\"/risks/\(risk.id)/form\">\(t(.change))</a>" : nil
    let treatment: HTML =
      risk.treatment.map { "\(t(RiskText.treatment($0)))\(lines(risk.reason))" } ?? HTML(t(.treatmentNone))
    let expiry: HTML = risk.expiresOn.map { t.language.timeTag($0, short: false) } ?? HTML(t(.none))
    let facts: [(String, HTML)] = [
      (t(.asset), HTML(risk.asset)), (t(.system), HTML(shown.one.system ?? t(.none))),
      (t(.threat), lines(risk.threat)), (t(.weaknessText), lines(risk.vulnerability)),
      (t(.treatment), treatment),
    ]
    let more: [(String, HTML)] =
      (risk.treatment == .accept ? [(t(.expires), expiry)] : [])
      + [
        (t(.owner), HTML(shown.one.owner ?? t(.nobody))),
        (t(.origin), "\(t(RiskText.origin(risk.origin.kind)))\(lines(risk.origin.text))" as HTML),
      ]
    let closed: HTML? = risk.closedOn.map {
      Components.notice(.info, t(.closedLine, t.language.date($0)), lines(risk.closedBecause))
    }
    return Page(
      risk.title, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/risks">\(t(.title))</a></li></ol>
      <div class="page-head"><h1>\(risk.title)</h1>\(edit)</div>
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))\(closed)
      \(risk.isExpired(on: request.now.day) ? Components.notice(.bad, t(.dutyExpired)) : nil)
      <div class="split"><div class="stack">\(stages(shown, t))\(Components.facts(facts + more))\(acceptance(request, shown, t))</div>
      <div class="stack">\(measures(request, shown, t))\(closing(request, risk, t))\(history(request, shown.history, t))</div></div>
      """)
  }

  private static func lines(_ text: String) -> HTML {
    text.split(whereSeparator: \.isNewline).html { "<p>\(String($0))</p>" }
  }

  /// The three stages, each with how it came about.
  private static func stages(_ shown: Shown, _ t: Texts<RiskText>) -> HTML {
    let risk = shown.one.risk
    let rows = Risk.Stage.allCases.html { stage -> HTML in
      let tag =
        level(risk, risk.ratings[stage], shown.scale, t.language) ?? Components.tag(t(.notRated))
      return """
        <tr><th scope="row" data-label="\(t(.stageLabel))">\(t(RiskText.stage(stage)))</th><td data-label="\(t(.level))">\(tag)</td><td data-label="\(t(.howTitle))" class="small">\(how(risk, stage, shown.scale, t))</td></tr>
        """
    }
    return """
      <table class="table" data-narrow="cards"><caption>\(shown.scale?.name(t.language) ?? t(.scale))</caption><thead><tr><th scope="col">\(t(.stageLabel))</th><th scope="col">\(t(.level))</th><th scope="col">\(t(.howTitle))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }

  /// 重要度 max(3, 2, 2) = 3。脅威3と脆弱性2から起こりやすさ2。3 × 2 = 6。
  static func how(_ risk: Risk, _ stage: Risk.Stage, _ scale: RiskScale?, _ t: Texts<RiskText>) -> String {
    guard let scale, let rating = risk.ratings[stage], scale.level(rating) != nil else { return "" }
    guard let c = risk.inputs.confidentiality, let i = risk.inputs.integrity,
      let a = risk.inputs.availability, let threat = risk.inputs.threat,
      let weakness = risk.inputs.weakness[stage], let importance = risk.inputs.importance,
      let value = scale.value(rating)
    else {
      return t(
        .howChosen, scale.probability[rating.probability](t.language), scale.impact[rating.impact](t.language)
      )
    }
    return [
      t(.howImportance, c, i, a, importance), t(.howLikelihood, threat, weakness, rating.probability + 1),
      t(.howLevel, importance, rating.probability + 1, value),
    ].joined()
  }

  private static func acceptance(_ request: WebRequest, _ shown: Shown, _ t: Texts<RiskText>) -> HTML? {
    let risk = shown.one.risk
    guard let acceptance = risk.acceptance else { return nil }
    var said: HTML =
      "<p>\(t(.proposedLine, acceptance.proposedBy, t.language.date(acceptance.proposedAt.day)))</p>"
    if let by = acceptance.approvedBy, let at = acceptance.approvedAt {
      said += "<p>\(t(.approvedLine, by, t.language.date(at.day)))</p>\(lines(acceptance.remark))"
      if acceptance.isAlone { said += "<p class=\"small\">\(t(.aloneLine))</p>" }
      return "<section class=\"stack\" data-gap=\"s\"><h2>\(t(.approve))</h2>\(said)</section>"
    }
    let isOwn = acceptance.proposer != nil && acceptance.proposer == request.person
    var form: HTML = "<p>\(t(.waiting))</p>"
    if risk.isOpen, request.may(.risksApprove), !risk.isExpired(on: request.now.day) {
      form =
        isOwn && shown.others > 0
        ? "<p>\(t(.approveOwn))</p>"
        : """
        <form method="post" action="/risks/\(risk.id)/approval" class="stack" data-gap="s">\(Components.formToken(request))<input type="hidden" name="version" value="\(risk.version)">
        <p class="small">\(t(.approveText))</p>\(Components.field("remark", t(.remark)))<p><button class="button" data-kind="primary">\(t(.approveButton))</button></p></form>
        """
    }
    return "<section class=\"panel stack\" data-gap=\"s\"><h2>\(t(.approve))</h2>\(said)\(form)</section>"
  }

  private static func measures(_ request: WebRequest, _ shown: Shown, _ t: Texts<RiskText>) -> HTML {
    let risk = shown.one.risk
    let may = request.may(.risksEdit) && risk.isOpen
    let list = shown.measures.html { one -> HTML in
      let off: HTML? =
        may
        ? "<form method=\"post\" action=\"/risks/\(risk.id)/measures\">\(Components.formToken(request))<input type=\"hidden\" name=\"measure\" value=\"\(one.id)\"><input type=\"hidden\" name=\"off\" value=\"1\"><button class=\"button\" data-size=\"s\">\(t(.takeOff))<span class=\"visually-hidden\"> \(one.title)</span></button></form>"
        : nil
      return
        "<li><a href=\"/measures/\(one.id)\">\(one.title)</a> \(MeasurePages.state(one.state, request.texts())) \(off)</li>"
    }
    let put: HTML? =
      may ? "<p><a class=\"button\" href=\"/risks/\(risk.id)/measures\">\(t(.putMeasure))</a></p>" : nil
    return """
      <section class="stack" data-gap="s"><h2>\(t(.measures))</h2>\(shown.measures.isEmpty ? "<p class=\"small soft\">\(t(.measuresNone))</p>" : "<ul class=\"plain\">\(list)</ul>")\(put)</section>
      """
  }

  private static func closing(_ request: WebRequest, _ risk: Risk, _ t: Texts<RiskText>) -> HTML? {
    guard request.may(.risksEdit) else { return nil }
    let hidden: HTML =
      "\(Components.formToken(request))<input type=\"hidden\" name=\"version\" value=\"\(risk.version)\">"
    guard risk.isOpen else {
      return
        "<form method=\"post\" action=\"/risks/\(risk.id)/reopening\">\(hidden)<button class=\"button\">\(t(.reopenButton))</button></form>"
    }
    return """
      <details><summary>\(t(.closeTitle))</summary><form method="post" action="/risks/\(risk.id)/closure" class="stack" data-gap="s">\(hidden)
      \(Components.field("because", t(.because), hint: t(.becauseHint), required: true))<p><button class="button">\(t(.closeButton))</button></p></form></details>
      """
  }

  private static func history(_ request: WebRequest, _ history: [LedgerEntry], _ t: Texts<RiskText>) -> HTML?
  {
    guard !history.isEmpty else { return nil }
    let entries = history.html { entry in
      "<li>\(request.words.action(entry.action, request.language))<br><span class=\"soft\">\(request.language.timeTag(entry.at)) \(entry.actorName)</span></li>"
    }
    return "<section><h2>\(t(.history))</h2><ul class=\"history\" role=\"list\">\(entries)</ul></section>"
  }
}
