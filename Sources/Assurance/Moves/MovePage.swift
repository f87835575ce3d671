import Web

/// What goes with a facility, what stays, and the button.
enum MovePage {
  static func page(_ request: WebRequest, counts: MoveCounts) -> Page {
    let t = request.texts(MoveText.self)
    return Page(
      t(.title), menu: "ledger", narrow: true,
      """
      <ol class="crumbs"><li><a href="/backup">\(t(.toBackup))</a></li></ol><h1>\(t(.title))</h1>
      <p>\(t(.lead))</p>
      <section class="stack" data-gap="s" aria-labelledby="h-holds"><h2 id="h-holds">\(t(.holds))</h2>
      \(Components.facts([
        (t(.entries), HTML(t.language.number(counts.entries))), (t(.people), HTML(t.language.number(counts.people))),
        (t(.files), HTML(t.language.number(counts.files))),
      ]))</section>
      <section class="stack" data-gap="s" aria-labelledby="h-stays"><h2 id="h-stays">\(t(.stays))</h2><p>\(t(.staysText))</p></section>
      \(Components.notice(.warn, t(.careful), "<p>\(t(.carefulText))</p>"))
      <form method="post" action="/facility/export">\(Components.formToken(request))
      <p><button class="button" data-kind="primary">\(t(.button))</button></p></form>
      <section class="stack" data-gap="s" aria-labelledby="h-elsewhere"><h2 id="h-elsewhere">\(t(.elsewhere))</h2><p>\(t(.elsewhereText))</p></section>
      """)
  }
}
