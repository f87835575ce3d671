import Kernel
import Storage
import Web

/// Knowing a printed fingerprint again, the signed checkpoints, and the key that signs.
enum LedgerProofPage {
  struct Shown: Sendable {
    /// As it was typed.
    let typed: String
    let recognition: Ledger.Recognition?
    /// One more than a page has, if there are more.
    let checkpoints: [Checkpoint]
    /// When each of them was stamped by the authority of time stamps.
    let stamped: [Int: Instant]
    let facility: FacilityID
    /// Of the key beside the database; nil before the first signature.
    let key: String?
  }

  static func page(_ request: WebRequest, _ shown: Shown) -> Page {
    let t = request.texts(LedgerText.self)
    return Page(
      t(.proof), menu: "ledger",
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/ledger">\(t(.title))</a></li></ol><h1>\(t(.proof))</h1></div></div>
      \(done(request, t))
      <section class="panel stack" aria-labelledby="h-known"><h2 id="h-known">\(t(.knowAgain))</h2><p>\(t(.knowAgainText))</p>
      \(shown.recognition.map { answer($0, t) })
      <form class="filters" action="/ledger/proof">
      <div class="field grow"><label for="fingerprint">\(t(.fingerprint))</label><input class="fixed" id="fingerprint" name="fingerprint" value="\(shown.typed)" maxlength="100" required autocomplete="off"></div>
      <button class="button" data-kind="primary">\(t(.lookUp))</button></form></section>
      <div class="split"><section class="stack" aria-labelledby="h-signed"><h2 id="h-signed">\(t(.checkpoints))</h2><p>\(t(.checkpointsText)) <a href="/ledger/stamps">\(t(.toStamps))</a></p>
      \(sign(request, t))\(list(shown, t))</section>
      <section class="panel" aria-labelledby="h-key"><h2 id="h-key">\(t(.key))</h2><p class="small">\(t(.keyText))</p>\(key(shown, t))</section></div>
      """)
  }

  private static func done(_ request: WebRequest, _ t: Texts<LedgerText>) -> HTML? {
    guard let signed = request.query("signed") else { return nil }
    guard let number = Int(signed) else { return Components.notice(.info, t(.nothingToSign)) }
    return Components.notice(.good, t(.signed, "\(number)"))
  }

  private static func answer(_ recognition: Ledger.Recognition, _ t: Texts<LedgerText>) -> HTML {
    switch recognition {
    case .unreadable: return Components.notice(.bad, t(.unreadable), "<p>\(t(.unreadableText))</p>")
    case .unknown: return Components.notice(.bad, t(.unknown), "<p>\(t(.unknownText))</p>")
    case .known(let entry, let brokenAt, let covered):
      let link: HTML =
        "<p><a href=\"/ledger/entries/\(entry.sequence)\">\(t(.entryTitle, "\(entry.sequence)"))</a> \(t.language.timeTag(entry.at))</p>"
      if let brokenAt {
        return Components.notice(
          .bad, t(.knownBroken, "\(entry.sequence)"), "<p>\(t(.knownBrokenText, "\(brokenAt)"))</p>\(link)")
      }
      let signed: HTML? = covered.map {
        "<p>\(t(.coveredBy, t.language.date($0.day), "\($0.sequence)"))</p>"
      }
      return Components.notice(
        .good, t(.known, t.language.date(entry.at.day), "\(entry.sequence)"),
        "<p>\(t(.knownText, "\(entry.sequence)"))</p>\(signed)\(link)")
    }
  }

  private static func sign(_ request: WebRequest, _ t: Texts<LedgerText>) -> HTML? {
    guard request.may(.ledgerSign) else { return nil }
    return
      "<form method=\"post\" action=\"/ledger/checkpoints\">\(Components.formToken(request))<button class=\"button\">\(t(.signNow))</button></form>"
  }

  private static func list(_ shown: Shown, _ t: Texts<LedgerText>) -> HTML {
    if shown.checkpoints.isEmpty { return Components.empty(t(.noCheckpoints), t(.noCheckpointsText)) }
    let rows = shown.checkpoints.prefix(Ledger.checkpointsShown).html { each in
      let isGood = each.isSigned(for: shown.facility)
      let mine = shown.key.map { CheckpointKey.id(of: $0) == each.key } ?? false
      let state: HTML =
        !isGood
        ? Components.finding(t(.badSignature))
        : Components.tag(t(mine ? .goodSignature : .otherKey), mine ? .good : .warn)
      let stamped: HTML? = shown.stamped[each.sequence].map {
        "<br><a class=\"small\" href=\"/ledger/stamps\">\(t(.stampedAt, t.language.dateTime($0)))</a>"
      }
      let fingerprint = LedgerHead(sequence: each.sequence, hash: each.hash).fingerprint
      return """
        <tr><th scope="row" data-label="\(t(.day))">\(t.language.timeTag(each.day, short: false))</th>
        <td class="num" data-label="\(t(.number))"><a href="/ledger/entries/\(each.sequence)">\(each.sequence)</a></td>
        <td class="fixed" data-label="\(t(.fingerprint))">\(fingerprint)</td><td data-label="\(t(.signature))">\(state)\(stamped)</td></tr>
        """
    }
    let last = shown.checkpoints[min(shown.checkpoints.count, Ledger.checkpointsShown) - 1].sequence
    let older: HTML? =
      shown.checkpoints.count > Ledger.checkpointsShown
      ? "<p class=\"small\"><a href=\"/ledger/proof?before=\(last)\">\(t(.older))</a></p>" : nil
    return """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.checkpoints))</caption>
      <thead><tr><th scope="col">\(t(.day))</th><th scope="col">\(t(.number))</th><th scope="col">\(t(.fingerprint))</th><th scope="col">\(t(.signature))</th></tr></thead>
      <tbody>\(rows)</tbody></table>\(older)
      """
  }

  private static func key(_ shown: Shown, _ t: Texts<LedgerText>) -> HTML {
    guard let key = shown.key else { return "<p>\(t(.noKey))</p>" }
    return Components.facts([
      (t(.publicKey), "<span class=\"fixed small\">\(key)</span>"),
      (t(.keyID), "<span class=\"fixed small\">\(CheckpointKey.id(of: key))</span>"),
    ])
  }
}
