import Frameworks
import Kernel
import Web

/// What is done next in an audit: the one primary action of its page.
enum AuditStep: Sendable, Equatable {
  case answer, confirm, sign, handIn, correct, takeOut

  /// What someone may do, as far as it decides about the step.
  struct Means: Sendable {
    let mayAnswer: Bool
    let maySign: Bool
    let mayHandIn: Bool
  }

  /// Answers come first, then those nobody has looked at since they were carried over; when all is said it is signed, or handed
  /// in by whoever may not. Where nothing can be answered any more, its faults are put right, or there is the file.
  ///
  /// - Parameters:
  ///   - isOpen: whether a requirement in scope is unanswered.
  ///   - faults: how many of those confirmed are not met, or partly.
  static func next(
    isOpen: Bool, unconfirmed: Int, faults: Int, isFrozen: Bool, _ means: Means
  ) -> AuditStep {
    if !isFrozen && means.mayAnswer {
      if isOpen { return .answer }
      if unconfirmed > 0 { return .confirm }
      if means.maySign { return .sign }
      if means.mayHandIn { return .handIn }
    }
    return faults > 0 ? .correct : .takeOut
  }
}

/// What can be done with an audit, beside reading and answering it here.
struct AuditActions {
  let opened: Audits.Opened
  let request: WebRequest

  private typealias Way = (path: String, word: AuditText)
  private var t: Texts<AuditText> { request.texts() }
  private var path: String { "/audits/\(opened.audit.id)" }
  private var isFrozen: Bool { opened.audit.frozenAt != nil }

  private var open: Int? {
    opened.tree.assessable.first { place in
      opened.standing.isInScope[place] && opened.standing.outcomes[place]?.isAnswered != true
    }
  }

  private var step: AuditStep {
    let total = opened.standing.total
    return .next(
      isOpen: open != nil, unconfirmed: total.unconfirmed, faults: total.not + total.partly,
      isFrozen: isFrozen,
      .init(
        mayAnswer: request.may(.assessmentsContribute), maySign: request.may(.assessmentsEdit),
        mayHandIn: request.may(.assessmentsRead)))
  }

  private var handIn: Way { ("\(path)/submissions", .handIn) }
  private var findings: Way { ("/findings?audit=\(opened.audit.id)", .findings) }
  private var points: Way { ("\(path)/points", .points) }
  private var export: Way { ("\(path)/export.xlsx", .export) }

  private var primary: Way {
    switch step {
    case .answer: (open.map { Audits.path(opened.audit.id, opened.tree.keys[$0]) } ?? path, .goOn)
    case .confirm: ("\(path)?show=unconfirmed", .confirmRest)
    case .sign: points
    case .handIn: handIn
    case .correct: findings
    case .takeOut: export
    }
  }

  /// The next step, and what is done beside it from day to day.
  var head: HTML {
    let primary = primary
    let others = (request.may(.assessmentsRead) ? [handIn] : []) + [findings]
    let beside = others.filter { $0.path != primary.path }.html { way in
      "<a class=\"button\" href=\"\(way.path)\">\(t(way.word))</a>"
    }
    return """
      <div class="cluster">\(beside)<a class="button" data-kind="primary" href="\(primary.path)">\(t(primary.word))</a></div>
      """
  }

  /// The rest, folded and under headings.
  var further: HTML {
    let may = request.may(.assessmentsEdit)
    let isRead = request.may(.assessmentsRead)
    let arranging: [Way] =
      may && !isFrozen
      ? [
        ("\(path)/settings", .settings), ("\(path)/assignments", .assignments),
        ("\(path)/carrying", .carryOver),
      ] : []
    let keeping: [Way] =
      (isRead ? [points, ("\(path)/review", .review)] : []) + (may ? [("\(path)/visits", .visits)] : [])
    let files: [Way] = [export, ("\(path)/assessment-results.json", .exportOSCAL)]
    let (done, parts) = (
      primary.path,
      [(AuditText.arranging, arranging), (.keeping, keeping), (.takingOut, files)]
    )
    let groups = parts.html { heading, ways -> HTML in
      let links = ways.filter { $0.path != done }.html { way in
        "<li><a href=\"\(way.path)\">\(t(way.word))</a></li>"
      }
      let id = "h-\(heading.rawValue)"
      guard !links.text.isEmpty else { return "" }
      return """
        <div><h2 class="small" id="\(id)">\(t(heading))</h2><ul class="plain" aria-labelledby="\(id)">\(links)</ul></div>
        """
    }
    return """
      <details><summary>\(t(.furtherWork))</summary><div class="columns" data-min="s">\(groups)</div></details>
      """
  }
}
