import Frameworks
import Kernel
import Storage
import Web

/// What waits for whom: over all audits, in one, and one part with its steps.
enum SubmissionPages {
  static func state(_ state: Submission.State?, _ t: Texts<SubmissionText>) -> HTML {
    switch state {
    case nil: Components.tag(t(.notYet))
    case .open: Components.tag(t(.open), .warn)
    case .submitted: Components.tag(t(.submitted), .info)
    case .returned: Components.tag(t(.returned), .warn)
    case .accepted: Components.tag(t(.accepted), .good)
    }
  }

  // MARK: Lists

  static func waiting(
    _ request: WebRequest, _ page: [WaitingSubmission], total: Int, _ listing: Listing
  ) -> Page {
    let t = request.texts(SubmissionText.self)
    let rows = page.html { one -> HTML in
      let submission = one.submission
      return """
        <tr><th scope="row" data-label="\(t(.part))"><a href="\(Submissions.path(submission.subject, submission.node))">\(submission.title)</a></th>
        <td data-label="\(t(.audit))"><a href="\(submission.subject.path)/submissions">\(one.name)</a></td>
        <td data-label="\(t(.state))">\(state(submission.state, t))</td>
        <td data-label="\(t(.owner))">\(submission.state == .submitted ? t(.forChecking) : one.owner ?? t(.nobody))</td>
        <td data-label="\(t(.since))">\(t.language.timeTag(submission.changedAt))</td>
        <td data-label="\(t(.remark))">\(submission.remark)</td></tr>
        """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.waiting))</caption><thead><tr><th scope="col">\(t(.part))</th><th scope="col">\(t(.audit))</th>
      <th scope="col">\(t(.state))</th><th scope="col">\(t(.owner))</th><th scope="col">\(t(.since))</th><th scope="col">\(t(.remark))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: total, path: "/submissions", request.texts()))
      """
    // Nothing waits before work has been given out: that is done from an audit or a checklist.
    let next: HTML = """
      <a class="button" href="/audits">\(request.texts(AuditText.self)(.title))</a> <a class="button" href="/assessments">\(request.texts(AssessmentText.self)(.menu))</a>
      """
    return Page(
      t(.waiting), menu: "assessments",
      """
      \(crumb(request))<h1>\(t(.waiting))</h1><p>\(t(.waitingLead))</p>
      \(total == 0 ? Components.empty(t(.nothingWaits), t(.nothingWaitsText), next) : table)
      """)
  }

  private static func crumb(_ request: WebRequest) -> HTML {
    "<ol class=\"crumbs\"><li><a href=\"/audits\">\(request.texts(AuditText.self)(.title))</a></li></ol>"
  }

  /// A part as a board lists it.
  struct Line: Sendable {
    let node: String
    let title: String
    let owner: String
    let dueOn: Day?
    let total: Int
    let confirmed: Int
    let submission: Submission?

    /// Whose turn it is: what was handed in first, then what was returned, then what is late, what is open, what is accepted.
    func order(on today: Day) -> Int {
      switch submission?.state {
      case .submitted: 0
      case .returned: 1
      case .accepted: 4
      case .open, nil: dueOn.map { $0 < today } == true ? 2 : 3
      }
    }
  }

  static func board(_ request: WebRequest, _ opened: Audits.Opened, _ all: [Submission]) -> Page {
    let t = request.texts(SubmissionText.self)
    let (tree, id) = (opened.tree, opened.audit.id)
    let known = Dictionary(all.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    let lines = opened.work.given.sorted { $0.key < $1.key }.map { place, given in
      Line(
        node: tree.keys[place], title: tree.title(place, tree.language(for: t.language.rawValue)),
        owner: given.name, dueOn: given.dueOn, total: opened.standing.tallies[place].inScope,
        confirmed: opened.standing.tallies[place].confirmed, submission: known[tree.keys[place]])
    }
    let assign: HTML? =
      request.may(.assessmentsEdit) && opened.audit.frozenAt == nil
      ? "<a class=\"button\" href=\"/audits/\(id)/assignments\">\(request.texts(AuditText.self)(.assignments))</a>"
      : nil
    return Page(
      t(.board), menu: "assessments",
      """
      \(AuditFormPages.crumbs(opened, request.texts()))<div class="page-head"><h1>\(t(.board))</h1><div class="cluster"><a class="button" href="/submissions">\(t(.waiting))</a>\(lines.isEmpty ? nil : assign)</div></div>
      <p>\(t(.boardLead))</p>
      \(lines.isEmpty ? Components.empty(t(.empty), t(.emptyText), assign) : table(request, .audit(id), lines))
      """)
  }

  /// The parts of an audit or checklist in the order of whose turn it is, under their figures.
  static func table(_ request: WebRequest, _ subject: Submission.Subject, _ all: [Line]) -> HTML {
    let t = request.texts(SubmissionText.self)
    let today = request.now.day
    let listing = Listing(request)
    let lines = all.enumerated().sorted {
      ($0.element.order(on: today), $0.offset) < ($1.element.order(on: today), $1.offset)
    }.map(\.element)
    let counts = Dictionary(grouping: lines) { $0.submission?.state }.mapValues(\.count)
    let figures = Components.figures([
      (nil, HTML(t(.submitted)), "\(counts[.submitted] ?? 0)"),
      (nil, HTML(t(.returned)), "\(counts[.returned] ?? 0)"),
      ("done", HTML(t(.accepted)), "\(counts[.accepted] ?? 0)"),
      (nil, HTML(t(.notYet)), "\((counts[nil] ?? 0) + (counts[.open] ?? 0))"),
    ])
    let rows = lines.dropFirst(listing.offset).prefix(listing.size).html { row(request, subject, $0, t) }
    return """
      \(figures)<table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.board))</caption><thead><tr><th scope="col">\(t(.part))</th><th scope="col">\(t(.state))</th>
      <th scope="col">\(request.texts(AuditText.self)(.owner))</th><th scope="col">\(t(.due))</th><th scope="col">\(t(.progress))</th><th scope="col">\(t(.remark))</th></tr></thead><tbody>\(rows)</tbody></table>
      \(Components.pager(listing, total: lines.count, path: "\(subject.path)/submissions", request.texts()))
      """
  }

  private static func row(
    _ request: WebRequest, _ subject: Submission.Subject, _ line: Line, _ t: Texts<SubmissionText>
  ) -> HTML {
    let isLate =
      line.submission?.state != .accepted && line.dueOn.map { $0 < request.now.day } == true
    let due: HTML? = line.dueOn.map {
      isLate ? Components.finding(t.language.date($0)) : t.language.timeTag($0)
    }
    return """
      <tr><th scope="row" data-label="\(t(.part))"><a href="\(Submissions.path(subject, line.node))">\(line.title)</a></th>
      <td data-label="\(t(.state))">\(state(line.submission?.state, t))</td><td data-label="\(request.texts(AuditText.self)(.owner))" class="nowrap">\(line.owner)</td>
      <td data-label="\(t(.due))">\(due)</td><td class="num" data-label="\(t(.progress))">\(line.confirmed) / \(line.total)</td>
      <td data-label="\(t(.remark))">\(line.submission?.remark ?? "")</td></tr>
      """
  }

  // MARK: One part

  static func part(
    _ request: WebRequest, _ part: Submissions.Part, typed: FormValues?, problem: SubmissionRefusal?
  ) -> Page {
    let t = request.texts(SubmissionText.self)
    let (submission, title) = (part.submission, part.shownTitle(t.language))
    let alone: HTML? = submission?.isAlone == true ? "<p>\(t(.aloneNote))</p>" : nil
    var facts: [(String, HTML)] = [
      (t(.state), state(submission?.state, t)),
      (request.texts(AuditText.self)(.owner), HTML(part.given?.name ?? t(.nobody))),
      (t(.due), part.given?.dueOn.map { t.language.timeTag($0) } ?? HTML(t(.none))),
      (t(.progress), "\(part.confirmed) / \(part.total) <a href=\"\(part.answers)\">\(t(.toAnswers))</a>"),
    ]
    if let submission {
      let name = submission.deciderName.isEmpty ? submission.submitterName : submission.deciderName
      facts.append((t(.by), "\(name) \(t.language.timeTag(submission.changedAt))"))
      if !submission.remark.isEmpty { facts.append((t(.remark), HTML(submission.remark))) }
    }
    let error = problem.map { Components.notice(.bad, request.words.problem($0, request.language)) }
    return Page(
      title, menu: "assessments",
      """
      <ol class="crumbs"><li><a href="\(part.subject.path)">\(part.shownName(t.language))</a></li><li><a href="\(part.subject.path)/submissions">\(t(.board))</a></li></ol>
      <h1>\(title)</h1>\(error)
      \(request.query("saved") == nil ? nil : Components.notice(.good, t(.saved)))
      <div class="split"><div class="stack">\(Components.facts(facts))\(alone)\(forms(request, part, typed, t))</div>
      <div class="stack">\(comments(request, part, t))\(history(request, part, t))</div></div>
      """)
  }

  private static func forms(
    _ request: WebRequest, _ part: Submissions.Part, _ typed: FormValues?, _ t: Texts<SubmissionText>
  ) -> HTML? {
    if part.isFrozen { return Components.notice(.info, t(.frozen)) }
    guard part.given != nil else { return Components.notice(.info, t(.notGiven)) }
    switch part.submission?.state {
    case .accepted: return nil
    case .submitted: return request.may(.assessmentsEdit) ? decisions(request, part, typed, t) : nil
    case .open, .returned, nil:
      guard Submissions.maySubmit(request, part) else { return nil }
      guard part.confirmed == part.total else {
        return "<p>\(t(.incomplete, part.total - part.confirmed))</p>"
      }
      return """
        <form method="post" action="\(part.subject.path)/submissions" class="panel stack">\(hidden(request, part, "submit"))
        <p>\(t(.submitLead))</p>\(Components.textArea("remark", t(.submitRemark), value: typed?["remark"] ?? "", most: 1000))
        <p><button class="button" data-kind="primary">\(t(.submit))</button></p></form>
        """
    }
  }

  private static func decisions(
    _ request: WebRequest, _ part: Submissions.Part, _ typed: FormValues?, _ t: Texts<SubmissionText>
  ) -> HTML {
    let action: HTML = "\(part.subject.path)/submissions"
    let isOwn = part.submission?.submitter == request.person
    let accept: HTML =
      isOwn && !part.isAlone
      ? "<p>\(t(.ownWork))</p>"
      : """
      <form method="post" action="\(action)" class="panel stack">\(hidden(request, part, "accept"))
      <p>\(t(isOwn ? .aloneLead : .acceptLead))</p><p><button class="button" data-kind="primary">\(t(.accept))</button></p></form>
      """
    return """
      \(accept)<form method="post" action="\(action)" class="panel stack">\(hidden(request, part, "return"))
      <h2>\(t(.returnTitle))</h2>\(Components.textArea("remark", t(.returnRemark), value: typed?["remark"] ?? "", most: 1000))
      <p><button class="button">\(t(.giveBack))</button></p></form>
      """
  }

  private static func hidden(_ request: WebRequest, _ part: Submissions.Part, _ step: String) -> HTML {
    """
    \(Components.formToken(request))<input type="hidden" name="node" value="\(part.node)"><input type="hidden" name="version" value="\(part.submission?.version ?? 0)"><input type="hidden" name="step" value="\(step)">
    """
  }

  private static func comments(
    _ request: WebRequest, _ part: Submissions.Part, _ t: Texts<SubmissionText>
  ) -> HTML? {
    guard let comments = part.comments else { return nil }
    let list = comments.html { comment in
      "<li>\(comment.body)<br><span class=\"soft small\">\(t.language.timeTag(comment.at)) \(comment.by)</span></li>"
    }
    let add: HTML? =
      request.may(.assessmentsContribute)
      ? """
      <form method="post" action="\(part.subject.path)/comments" class="stack" data-gap="s">\(Components.formToken(request))
      <input type="hidden" name="node" value="\(part.node)">
      \(Components.textArea("comment", t(.comment), value: "", most: 2000))<button class="button" data-size="s">\(t(.addComment))</button></form>
      """ : nil
    return """
      <section id="comments"><h2>\(t(.comments, comments.count))</h2><ul class="plain small">\(list)</ul>\(add)</section>
      """
  }

  private static func history(
    _ request: WebRequest, _ part: Submissions.Part, _ t: Texts<SubmissionText>
  ) -> HTML? {
    guard !part.history.isEmpty else { return nil }
    let entries = part.history.html { entry in
      "<li>\(request.words.action(entry.action, request.language))<br><span class=\"soft\">\(request.language.timeTag(entry.at)) \(entry.actorName)</span></li>"
    }
    return "<section><h2>\(t(.history))</h2><ul class=\"history\" role=\"list\">\(entries)</ul></section>"
  }
}
