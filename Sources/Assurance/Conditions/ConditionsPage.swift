import Kernel
import Storage
import Web

/// Condition by condition: what it means, how it is met, and what shows it today.
enum ConditionsPage {
  private struct Evidence {
    let name: ConditionsText
    let tone: Tone
    let text: HTML
  }

  static func page(_ request: WebRequest, _ facts: Conditions.Facts, canPrint: Bool) -> Page {
    let t = request.texts(ConditionsText.self)
    let done: HTML? = request.query("verified").map { _ in Components.notice(.info, t(.done)) }
    return Page(
      t(.title), menu: "ledger",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/ledger">\(t(.ledger))</a></li></ol><h1>\(t(.title))</h1></div>
      <button class="button" type="button" data-print hidden>\(t(.print))</button></div>
      \(done)<p>\(t(.lead))</p>
      \(condition(.authenticity, .authenticityMeans, [.authenticityHow, .authenticityPeople, .authenticitySigned], authenticity(request, facts, t), t))
      \(condition(.readability, .readabilityMeans, [.readabilityHow, .readabilityOpen, .readabilityLanguages], readability(request, facts, canPrint, t), t))
      \(condition(.preservation, .preservationMeans, [.preservationHow, .preservationBackup, .preservationSpace], preservation(request, facts, t), t))
      """)
  }

  private static func condition(
    _ name: ConditionsText, _ means: ConditionsText, _ ways: [ConditionsText], _ shown: [Evidence],
    _ t: Texts<ConditionsText>
  ) -> HTML {
    let rows = shown.map { each -> (String, HTML) in
      let word: ConditionsText = each.tone == .good ? .good : each.tone == .bad ? .bad : .look
      return (t(each.name), "\(Components.tag(t(word), each.tone)) \(each.text)")
    }
    return """
      <section class="panel stack" id="\(name.rawValue)" aria-labelledby="h-\(name.rawValue)"><h2 id="h-\(name.rawValue)">\(t(name))</h2>
      <p>\(t(means))</p><h3>\(t(.means))</h3><ul class="plain">\(ways.html { "<li>\(t($0))</li>" })</ul>
      <h3>\(t(.shows))</h3>\(Components.facts(rows))</section>
      """
  }

  private static func authenticity(
    _ request: WebRequest, _ facts: Conditions.Facts, _ t: Texts<ConditionsText>
  ) -> [Evidence] {
    let today = request.now.day
    let since: HTML =
      facts.firstAt.map { "\(t(.entriesSince, t.language.date($0.day), t.language.number(facts.entries)))" }
      ?? ""
    let signed: HTML =
      facts.signed.map { "\(t(.signedOn, t.language.date($0.day), t.language.number($0.sequence)))" }
      ?? "\(t(.notSigned))"
    var verified: HTML = "\(t(.notVerified))"
    if let (at, found) = facts.verified {
      verified =
        found.brokenAt.map { "\(t(.brokenAt, t.language.date(at.day), t.language.number($0)))" }
        ?? "\(t(.verifiedOn, t.language.date(at.day), t.language.number(found.entries), t.language.number(found.checkpoints)))"
      if let others = found.byOtherKeys, others > 0 {
        verified = "\(verified) \(t(.otherKeys, t.language.number(others)))"
      }
    }
    let stamped: [Evidence] =
      facts.stamp.map { stamp in
        let said = stamp.at.map {
          t(.stampedOn, t.language.date($0.day), t.language.number(stamp.sequence ?? 0))
        }
        return [
          Evidence(
            name: .stamped, tone: facts.stamping(on: today),
            text: "<a href=\"/ledger/stamps\">\(said ?? t(.notStamped))</a>")
        ]
      } ?? []
    let again: HTML =
      "<form method=\"post\" action=\"/conditions/verification\">\(Components.formToken(request))<button class=\"button\" data-kind=\"primary\">\(t(.verify))</button></form>"
    return [
      Evidence(
        name: .entries, tone: facts.entries > 0 ? .good : .warn, text: "<a href=\"/ledger\">\(since)</a>"),
      Evidence(
        name: .signed, tone: facts.signature(on: today), text: "<a href=\"/ledger/proof\">\(signed)</a>"),
    ] + stamped + [
      Evidence(name: .verified, tone: facts.verification(on: today), text: "\(verified)\(again)")
    ]
  }

  private static func readability(
    _ request: WebRequest, _ facts: Conditions.Facts, _ canPrint: Bool, _ t: Texts<ConditionsText>
  ) -> [Evidence] {
    [
      Evidence(name: .pdf, tone: canPrint ? .good : .bad, text: "\(t(canPrint ? .pdfReady : .pdfMissing))"),
      Evidence(name: .files, tone: .good, text: "\(t(.filesCount, t.language.number(facts.files)))"),
      Evidence(name: .takeAway, tone: .good, text: "\(t(.takeAwayText))"),
    ]
  }

  private static func preservation(
    _ request: WebRequest, _ facts: Conditions.Facts, _ t: Texts<ConditionsText>
  ) -> [Evidence] {
    let today = request.now.day
    let backup: HTML = facts.backup.map { "\(t(.backupOn, t.language.dateTime($0.at)))" } ?? "\(t(.noBackup))"
    let drill: HTML =
      facts.drill.map { "\(t($0.result == .good ? .drillOn : .drillFailed, t.language.date($0.on)))" }
      ?? "\(t(.noDrill))"
    let link: HTML? = request.may(.backupRead) ? " <a href=\"/backup\">\(t(.toBackups))</a>" : nil
    return [
      Evidence(name: .backup, tone: facts.backups(on: today), text: "\(backup)\(link)"),
      Evidence(name: .drill, tone: facts.drills(on: today), text: drill),
    ]
  }
}
