import Kernel
import Storage
import Web

/// The sections that a vendor has on its record.
enum VendorPanels {
  /// How to reach it by day, at night and in an emergency, and when somebody last tried.
  static let contacts = RecordPanel("vendors") { _, entry, request in
    let t = request.texts(VendorText.self)
    let rows = [
      (VendorText.contactNormal, [entry.text("contactPerson"), entry.text("phone"), entry.text("email")]),
      (.contactNight, [entry.text("nightPhone")]), (.contactEmergency, [entry.text("emergencyContact")]),
    ].map { kind, values in
      let text = values.filter { !$0.isEmpty }.joined(separator: " ・ ")
      return (t(kind), text.isEmpty ? Components.finding(t(.contactNone)) : HTML(text))
    }
    let checked: HTML =
      entry.day("contactsCheckedOn").map {
        "<p>\(t(.contactsCheckedOn)): \(t.language.timeTag($0, short: false))</p>"
      }
      ?? "<p>\(Components.finding(t(.contactsNeverChecked)))</p>"
    let check: HTML? =
      request.may(.registersEdit) && Vendors.works(entry)
      ? """
      <form method="post" action="/vendors/\(entry.id)/contacts-check">\(Components.formToken(request))<input type="hidden" name="version" value="\(entry.version)">
      <button class="button">\(t(.contactsCheck))</button> <span class="small soft">\(t(.contactsCheckHint))</span></form>
      """ : nil
    return
      "<section class=\"panel\" aria-labelledby=\"h-contacts\"><h2 id=\"h-contacts\">\(t(.contactsTitle))</h2>\(Components.facts(rows))\(checked)\(check)</section>"
  }

  /// Its certifications and when they end.
  static let certifications = RecordPanel("vendors") { tx, entry, request in
    let t = request.texts(VendorText.self)
    let all = try tx.certifications(of: entry.id)
    let mayEdit = request.may(.registersEdit)
    let rows = all.html { one -> HTML in
      let name = t(one.kind.word)
      let title: HTML =
        mayEdit ? "<a href=\"/vendors/\(entry.id)/certifications/\(one.id)\">\(name)</a>" : HTML(name)
      return """
        <tr><th scope="row" data-label="\(t(.certKind))">\(title)</th><td data-label="\(t(.certNumber))">\(one.number)</td>
        <td data-label="\(t(.certScope))">\(one.scope)</td><td data-label="\(t(.certEndsOn))"><span>\(end(one, request.now.day, t))</span></td></tr>
        """
    }
    let table: HTML =
      all.isEmpty
      ? "<p>\(t(.certNone))</p>"
      : """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.certTitle))</caption>
      <thead><tr><th scope="col">\(t(.certKind))</th><th scope="col">\(t(.certNumber))</th><th scope="col">\(t(.certScope))</th><th scope="col">\(t(.certEndsOn))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    let add: HTML? =
      mayEdit
      ? "<p><a class=\"button\" href=\"/vendors/\(entry.id)/certifications/new\">\(t(.certAdd))</a></p>" : nil
    return
      "<section class=\"panel\" aria-labelledby=\"h-certifications\"><h2 id=\"h-certifications\">\(t(.certTitle))</h2>\(table)\(add)</section>"
  }

  private static func end(_ one: Certification, _ today: Day, _ t: Texts<VendorText>) -> HTML {
    guard let day = one.endsOn else { return "<span class=\"soft\">\(t(.certNoEnd))</span>" }
    let time = t.language.timeTag(day, short: false)
    switch one.standing(on: today) {
    case .ended: return "\(time) \(Components.finding(t(.certEnded)))"
    case .near: return "\(time) \(Components.tag(t(.certNear, day.days(since: today)), .warn))"
    case .valid, .noEnd: return time
    }
  }

  /// The way to the clauses that its contracts lack.
  static let clauses = RecordPanel("vendors", place: .side) { _, entry, request in
    let t = request.texts(VendorText.self)
    return """
      <section aria-labelledby="h-clauses"><h2 id="h-clauses">\(t(.clausesTitle))</h2>
      <ul class="plain small"><li><a href="/clauses?vendor=\(entry.id)">\(t(.clausesLink))</a></li><li><a href="/clauses/letter?vendor=\(entry.id)">\(t(.letterLink))</a></li></ul></section>
      """
  }
}
