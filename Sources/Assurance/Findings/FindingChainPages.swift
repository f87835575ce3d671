import Kernel
import Registers
import Web

/// One finding with what was done and how it was checked, round by round.
extension FindingPages {
  static func one(
    _ request: WebRequest, _ chain: Findings.Chain, _ people: [Person], _ visit: AuditVisit?,
    typed: FormValues? = nil, problem: FindingRefusal?
  ) -> Page {
    let t = request.texts(FindingText.self)
    let (finding, listed) = (chain.finding, chain.listed)
    let isOpen = finding.phase != .closed
    let edit: HTML? =
      isOpen && finding.raiser == request.person && request.may(.findingsRaise)
      ? "<a class=\"button\" href=\"/findings/\(finding.id)/form\">\(t(.change))</a>" : nil
    let place: HTML =
      if let audit = finding.audit, let name = listed.auditName {
        finding.node.map { "<a href=\"\(Audits.path(audit, $0))\">\(name) \(finding.nodeTitle)</a>" }
          ?? "<a href=\"/audits/\(audit)\">\(name)</a>"
      } else { HTML(t(.free)) }
    let measure: HTML =
      finding.measure.map { id in
        let title = listed.measureTitle ?? ""
        return request.may(.assessmentsRead) ? "<a href=\"/measures/\(id)\">\(title)</a>" : HTML(title)
      } ?? HTML(t(.noMeasure))
    let error = problem.map { Components.notice(.bad, request.words.problem($0, request.language)) }
    return Page(
      finding.title, menu: visit == nil ? "assessments" : "visits",
      """
      \(crumbs(request, visit))<div class="page-head"><h1>\(finding.title)</h1>\(edit)</div>
      \(VisitPages.notice(request, visit))\(error)
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      <div class="split"><div class="stack">\(Components.facts([
        (t(.phase), "\(phase(finding.phase, t)) \(t(waits(finding)))"), (t(.severity), severity(finding.severity, t)),
        (t(.day), day(finding, request.now.day, t)), (t(.audit), place),
        (t(.foundBy), "\(finding.raiserName) \(t.language.timeTag(finding.foundOn, short: false))"), (t(.measure), measure),
        (t(.seen), finding.seen.split(whereSeparator: \.isNewline).html { "<p>\(String($0))</p>" }),
      ]))\(rounds(request, chain, t))\(isOpen ? plan(request, chain, people, typed, t) : nil)\(check(request, chain, typed, t))</div>
      <div class="stack">\(evidence(request, chain, t))\(rest(request, finding, t))</div></div>
      """)
  }

  private static func waits(_ finding: AuditFinding) -> FindingText {
    switch finding.phase {
    case .toPlan: finding.round > 1 ? .reopened : .dutyPlan
    case .underWay: .dutyAct
    case .toCheck: .dutyCheck
    case .closed: .closedText
    }
  }

  // MARK: The chain

  private static func rounds(
    _ request: WebRequest, _ chain: Findings.Chain, _ t: Texts<FindingText>
  ) -> HTML {
    let numbers = Set(chain.actions.map(\.action.round) + chain.checks.map(\.round)).sorted()
    guard !numbers.isEmpty else {
      return "<section class=\"stack\"><h2>\(t(.chain))</h2><p>\(t(.noActions))</p></section>"
    }
    let parts = numbers.html { round -> HTML in
      let actions = chain.actions.filter { $0.action.round == round }.html {
        action(request, chain.finding, $0.action, $0.owner, t)
      }
      let checks = chain.checks.filter { $0.round == round }.html { checked($0, chain, t) }
      return """
        <section class="panel stack" data-gap="s"><h3>\(t(.round, round))</h3><ul class="plain">\(actions)\(checks)</ul></section>
        """
    }
    return "<section class=\"stack\"><h2>\(t(.chain))</h2>\(parts)</section>"
  }

  private static func action(
    _ request: WebRequest, _ finding: AuditFinding, _ action: CorrectiveAction, _ owner: String?,
    _ t: Texts<FindingText>
  ) -> HTML {
    let tone: Tone? =
      switch action.state {
      case .planned, .dropped: nil
      case .doing: .warn
      case .done: .good
      }
    let isLate =
      (action.state == .planned || action.state == .doing)
      && action.dueOn.map { $0 < request.now.day } == true
    let due: HTML? = action.dueOn.map {
      isLate ? Components.finding(t.language.date($0)) : t.language.timeTag($0, short: false)
    }
    let done: HTML? = action.doneOn.map {
      "<br><span class=\"small\">\(t(.doneBy, action.doerName)) \(t.language.timeTag($0, short: false))</span>"
    }
    let note: HTML? = action.note.isEmpty ? nil : "<br><span class=\"small\">\(action.note)</span>"
    let isOwn = request.person != nil && action.owner == request.person
    let may = request.may(.assessmentsEdit) || (request.may(.assessmentsContribute) && isOwn)
    let isOpen = finding.phase != .closed && action.round == finding.round
    return """
      <li><strong>\(action.text)</strong> \(Components.tag(word(action.state, t), tone))<br><span class="small">\(t(.owner)) \(owner ?? t(.nobody)) ・ \(t(.due)) \(due ?? HTML(t(.none)))</span>\(done)\(note)
      \(may && isOpen ? move(request, finding, action, t) : nil)</li>
      """
  }

  private static func move(
    _ request: WebRequest, _ finding: AuditFinding, _ action: CorrectiveAction, _ t: Texts<FindingText>
  ) -> HTML {
    let options = CorrectiveAction.State.allCases.map { (value: $0.rawValue, name: word($0, t)) }
    return """
      <details><summary>\(t(.moveAction))<span class="visually-hidden"> \(action.text)</span></summary><form method="post" action="/findings/\(finding.id)/actions/\(action.id)" class="stack" data-gap="s">\(Components.formToken(request))<input type="hidden" name="version" value="\(action.version)">
      \(Components.select("state-\(action.id)", named: "state", t(.actionState), options: options, chosen: action.state.rawValue))
      <div class="field"><label for="note-\(action.id)">\(t(.actionNote))</label><textarea id="note-\(action.id)" name="note" maxlength="2000">
      \(action.note)</textarea></div><button class="button" data-size="s">\(t(.save))</button></form></details>
      """
  }

  private static func checked(_ check: FindingCheck, _ chain: Findings.Chain, _ t: Texts<FindingText>) -> HTML
  {
    let files = chain.files.filter { $0.subject == "finding-check:\(check.id)" }.html { file in
      " <a href=\"/findings/\(check.finding)/files/\(file.id)\">\(file.title)</a>"
    }
    let alone: HTML? = check.isAlone ? "<br><span class=\"small\">\(t(.aloneNote))</span>" : nil
    let tag =
      check.isEffective ? Components.tag(t(.effective), .good) : Components.tag(t(.notEffective), .bad)
    return """
      <li>\(t(.check)) \(tag) \(check.note)\(files)<br><span class="soft small">\(t(.checkedBy, check.checkerName)) \(t.language.timeTag(check.at))</span>\(alone)</li>
      """
  }

  // MARK: What comes next

  private static func plan(
    _ request: WebRequest, _ chain: Findings.Chain, _ people: [Person], _ typed: FormValues?,
    _ t: Texts<FindingText>
  ) -> HTML? {
    guard request.may(.assessmentsEdit) else { return nil }
    let names = [(value: "", name: t(.nobody))] + people.map { (value: $0.id.text, name: $0.name) }
    let isFirst = chain.finding.phase == .toPlan
    let form: HTML = """
      <form method="post" action="/findings/\(chain.finding.id)/actions" class="stack">\(Components.formToken(request))
      \(Components.textArea("text", t(.actionText), value: typed?["text"] ?? "", most: 2000))
      \(Components.select("owner", t(.owner), options: names, chosen: typed?["owner"] ?? ""))\(Components.field("due", t(.due), type: "date", value: typed?["due"] ?? ""))
      <p><button class="button"\("data-kind", is: isFirst ? "primary" : nil)>\(t(.addAction))</button></p></form>
      """
    return isFirst
      ? "<section class=\"panel stack\"><h2>\(t(.addAction))</h2>\(form)</section>"
      : "<details class=\"panel\"><summary>\(t(.addAction))</summary>\(form)</details>"
  }

  private static func check(
    _ request: WebRequest, _ chain: Findings.Chain, _ typed: FormValues?, _ t: Texts<FindingText>
  ) -> HTML? {
    let finding = chain.finding
    guard request.may(.findingsRaise), finding.phase == .toCheck || finding.phase == .closed else {
      return nil
    }
    let isOwn = chain.actions.contains { one in
      one.action.round == finding.round && one.action.state == .done
        && (one.action.owner == request.person || one.action.doer == request.person)
    }
    if isOwn && !chain.isAlone {
      return finding.phase == .toCheck ? Components.notice(.info, t(.ownWork)) : nil
    }
    let options: [(value: String, label: HTML)] = [
      ("yes", HTML(t(.effective))), ("no", HTML(t(.notEffective))),
    ]
    let form: HTML = """
      <form method="post" enctype="multipart/form-data" action="/findings/\(finding.id)/checks" class="stack">\(Components.formToken(request))<input type="hidden" name="version" value="\(finding.version)">
      <p>\(t(isOwn ? .aloneLead : .checkLead))</p>\(Components.choices("effective", t(.checkResult), options: options, chosen: typed?["effective"]))
      \(Components.textArea("note", t(.checkNote), value: typed?["note"] ?? "", most: 2000))
      <div class="field"><label for="proof">\(t(.checkProof))</label><input id="proof" name="file" type="file" aria-describedby="proof-hint"><p class="hint" id="proof-hint">\(t(.checkProofHint))</p></div>
      <p><button class="button" data-kind="primary">\(t(.saveCheck))</button></p></form>
      """
    return finding.phase == .toCheck
      ? "<section class=\"panel stack\"><h2>\(t(.check))</h2>\(form)</section>"
      : "<details class=\"panel\"><summary>\(t(.again))</summary>\(form)</details>"
  }

  // MARK: Beside it

  private static func evidence(
    _ request: WebRequest, _ chain: Findings.Chain, _ t: Texts<FindingText>
  ) -> HTML {
    let id = chain.finding.id
    let files = chain.files.filter { $0.subject == "finding:\(id)" }.html { file in
      "<li><a href=\"/findings/\(id)/files/\(file.id)\">\(file.title)</a></li>"
    }
    let add: HTML? =
      request.may(.findingsRaise) && chain.finding.phase != .closed
      ? """
      <form class="stack" data-gap="s" method="post" enctype="multipart/form-data" action="/findings/\(id)/files">\(Components.formToken(request))
      <div class="field"><label for="file">\(t(.evidence))</label><input id="file" name="file" type="file" required aria-describedby="file-hint"><p class="hint" id="file-hint">\(t(.checkProofHint))</p></div><button class="button" data-size="s">\(t(.save))</button></form>
      """ : nil
    return """
      <section class="stack" data-gap="s"><h2>\(t(.evidence))</h2>\(files.isEmpty ? "<p class=\"small soft\">\(t(.none))</p>" : "<ul class=\"plain\">\(files)</ul>")\(add)</section>
      """
  }

  private static func rest(_ request: WebRequest, _ finding: AuditFinding, _ t: Texts<FindingText>) -> HTML? {
    guard request.may(.assessmentsEdit) else { return nil }
    return """
      <section class="stack" data-gap="s"><h2>\(t(.measure))</h2><p class="small">\(t(.measureText))</p><p><a class="button" data-size="s" href="/findings/\(finding.id)/measures">\(t(.setMeasure))</a></p></section>
      """
  }

  /// The measures, to choose the one that the finding belongs to.
  static func measures(
    _ request: WebRequest, _ listed: ListedFinding, _ found: (page: [ListedMeasure], total: Int),
    _ listing: Listing, _ query: String
  ) -> Page {
    let t = request.texts(FindingText.self)
    let finding = listed.finding
    let path = "/findings/\(finding.id)"
    let picker = MeasurePicker(
      path: "\(path)/measures", found: found, listing: listing, query: query, act: t(.choose))
    let list = picker.html(request) { measure in
      let isIt = measure.id == finding.measure
      return MeasurePicker.button(
        request, t(isIt ? .takeOff : .choose), for: measure, to: "\(path)/measure",
        [("measure", isIt ? "" : measure.id.text)])
    }
    return Page(
      t(.setMeasure), menu: "assessments",
      """
      \(crumbs(request, nil))<h1>\(t(.setMeasure))</h1><p><a href="\(path)">\(finding.title)</a></p>
      <p><a class="button" href="/measures/new">\(t(.newMeasure))</a></p>\(list)
      """)
  }
}
