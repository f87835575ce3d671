import Kernel
import Registers
import Web

/// How far the roll-out is, as the registers tell.
extension RolloutPages {
  /// What the registers say of a line, a sentence each; the last says it where they say nothing.
  static func said(_ line: RolloutLine, _ ground: RolloutGround, _ t: Texts<RolloutText>) -> [String] {
    let (known, facts) = (ground.known(line), ground.facts(of: line.system))
    var all = words(known, t)
    if line.isContradicted(by: known) { all.append(t(.contradicted)) }
    if let facts {
      let points = facts.pointsYes + facts.pointsNo + facts.pointsUnknown
      if points > 0 { all.append(t(.pointsSay, points, facts.pointsYes, facts.pointsUnknown)) }
    }
    return all
  }

  static func words(_ known: RolloutKnown, _ t: Texts<RolloutText>) -> [String] {
    switch known {
    case .accounts(let tally):
      let key = tally.isOfGroup ? RolloutText.groupSay : .accountsSay
      let numbers = [tally.with, tally.all].map(t.language.number)
      let said = t(key, numbers[0], numbers[1], t.language.columnDate(tally.day))
      return tally.untold > 0 ? [said, t(.untoldSay, tally.untold)] : [said]
    case .word(.yes, let since):
      return [since.map { t(.wordYesSince, t.language.columnDate($0)) } ?? t(.wordYes)]
    case .word(.partly, _): return [t(.wordPartly)]
    case .word(.no, _): return [t(.wordNo)]
    case .nothing: return [t(.registersSilent)]
    }
  }

  /// A cell of the table: a bar where there is a number, the sentences, and how to make it known where there is none.
  static func known(
    _ request: WebRequest, _ line: RolloutLine, _ ground: RolloutGround, _ t: Texts<RolloutText>
  ) -> HTML {
    let known = ground.known(line)
    let sentences = said(line, ground, t)
    var bar: HTML?
    if case .accounts(let tally) = known {
      bar =
        "<progress max=\"\(tally.all)\" value=\"\(tally.with)\" aria-label=\"\(sentences.first ?? "")\"></progress>"
    }
    let text = sentences.html { "<p>\($0)</p>" }
    return "<div>\(bar)\(text)\(known == .nothing ? ways(request, to: line.system, t) : nil)</div>"
  }

  /// Where it can be made known.
  private static func ways(_ request: WebRequest, to system: String, _ t: Texts<RolloutText>) -> HTML? {
    let review: HTML? =
      request.may(.accountReviewsRead)
      ? "<a href=\"/account-reviews/subjects/\(system)\">\(t(.howReview))</a>" : nil
    let register: HTML? =
      request.may(.registersEdit)
      ? "<a href=\"/registers/systems/\(system)/change\">\(t(.howRegister))</a>" : nil
    return review == nil && register == nil ? nil : "<p class=\"cluster\">\(review)\(register)</p>"
  }

  static func summary(_ request: WebRequest, _ shown: Shown, _ t: Texts<RolloutText>) -> HTML {
    let summary = shown.summary
    let figures = Components.figures(
      RolloutSummary.Standing.allCases.map { standing in
        let mark: String? =
          switch standing {
          case .done: "done"
          case .unplanned, .unknown: summary[standing] > 0 ? "undone" : nil
          case .planned, .excepted: nil
          }
        return (mark, HTML(t(RolloutText.standing(standing))), "\(t.language.number(summary[standing]))")
      })
    let more = summary.openCount - summary.open.count
    let open = summary.open.html { facts -> HTML in
      "<li>\(facts.name) <span class=\"small\">\(words(facts.progress(), t).joined())</span> \(ways(request, to: facts.system, t))</li>"
    }
    let list: HTML? =
      summary.open.isEmpty
      ? nil
      : "<details><summary>\(t(.openSystems)) (\(t.language.number(summary.openCount)))</summary><ul>\(open)</ul>\(more > 0 ? "<p class=\"small\">\(t(.openMore, more))</p>" : nil)</details>"
    let own = HTML(t(.ownAccounts, shown.ground.ownWith, shown.ground.ownAccounts))
    let board: HTML =
      request.may(.factorsRead) ? "<a href=\"/people/factors\">\(own)</a>" : own
    return """
      <section class="stack" aria-labelledby="h-summary"><h2 id="h-summary">\(t(.summary))</h2><p class="small">\(t(.summaryText))</p>\(figures)<p>\(board)</p>\(list)</section>
      """
  }
}
