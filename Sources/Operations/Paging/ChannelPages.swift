import Kernel
import Storage
import Web

/// What the page of channels shows.
struct ChannelsView: Sendable {
  let channels: [Channel]
  let posts: [ListedPost]
  let setting: PagingSetting
  let version: Int
  let sign: LifeSign?

  static func read(_ scope: Scope) async throws -> ChannelsView {
    try await scope.read { tx in
      let (setting, version) = try tx.pagingSetting()
      return ChannelsView(
        channels: try tx.channels().map(\.channel), posts: try tx.posts(limit: 20), setting: setting,
        version: version, sign: try tx.lifeSign())
    }
  }
}

enum ChannelPages {
  typealias T = Texts<PagingText>

  static func list(_ request: WebRequest, _ view: ChannelsView, refusal: (any Problem)? = nil) -> Page {
    let t = request.texts(PagingText.self)
    let items = view.channels.html { channel in
      "<li><a href=\"/paging/channels/\(channel.id)\">\(channel.name)</a> <span class=\"small\">\(t(.kind(channel.kind))) \(channel.host)\(channel.command)</span></li>"
    }
    let list: HTML =
      view.channels.isEmpty
      ? Components.empty(t(.noChannels), t(.noChannelsText)) : "<ul class=\"plain\">\(items)</ul>"
    let kinds = Channel.Kind.allCases.html { kind in
      "<li><a href=\"/paging/channels/new?kind=\(kind.rawValue)\">\(t(.kind(kind)))</a></li>"
    }
    return Page(
      t(.channels), menu: "monitoring",
      """
      \(PagingPages.head(t(.channels), t))<p>\(t(.channelsText))</p>\(PagingPages.refused(refusal, request, t))\(list)
      <section class="stack" aria-labelledby="add"><h2 id="add">\(t(.addChannel))</h2><ul class="plain">\(kinds)</ul></section>
      \(posts(request, view, t))\(life(request, view, t))
      """)
  }

  private static func posts(_ request: WebRequest, _ view: ChannelsView, _ t: T) -> HTML? {
    guard !view.posts.isEmpty else { return nil }
    let names = Dictionary(view.channels.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    let rows = view.posts.html { post in
      let state = post.sentAt != nil ? t(.postSent) : post.endedAt != nil ? t(.postFailed) : t(.postWaiting)
      let why = post.problem.map { request.words.problem($0, t.language) }
      return
        "<tr><td>\(t.language.timeTag(post.writtenAt))</td><td>\(names[post.channel] ?? "−")</td><td>\(state)\(why.map { "<br><span class=\"small\">\($0)</span>" as HTML })</td></tr>"
        as HTML
    }
    return """
      <section class="stack" aria-labelledby="posts"><h2 id="posts">\(t(.lastPosts))</h2><div class="scroll" tabindex="0" role="region" aria-label="\(t(.lastPosts))"><table class="table"><caption class="visually-hidden">\(t(.lastPosts))</caption>\
      <thead><tr><th scope="col">\(t(.written))</th><th scope="col">\(t(.channel))</th><th scope="col">\(t(.state))</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
      """
  }

  private static func life(_ request: WebRequest, _ view: ChannelsView, _ t: T) -> HTML {
    let every: [(value: String, name: String)] =
      [("", t(.lifeNever))] + LifeSigns.intervals.map { ("\($0)", t(.everyMinutes, $0)) }
    let last: HTML? = view.sign?.at.map { at in
      let how =
        view.sign?.problem.map { request.words.problem($0, t.language) }
        ?? t(view.sign?.url == nil ? .lifeWritten : .lifeWell)
      return "<p>\(t(.lifeLast, t.language.dateTime(at))) \(how)</p>"
    }
    return """
      <section class="stack" aria-labelledby="life"><h2 id="life">\(t(.lifeTitle))</h2><p>\(t(.lifeText))</p>\(last)
      <form class="panel stack" method="post" action="/paging/life">\(Components.formToken(request))<input type="hidden" name="version" value="\(view.version)">
      \(Components.select("every", t(.lifeEvery), options: every, chosen: view.setting.signalMinutes.map(String.init) ?? ""))
      \(Components.field("url", t(.lifeURL), type: "password", hint: view.sign?.url == nil ? t(.lifeURLHint) : t(.lifeURLKept), autocomplete: "off"))
      \(Components.field("mail", t(.lifeMail), value: view.setting.signalMail, hint: t(.lifeMailHint)))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form></section>
      """
  }

  static func form(
    _ request: WebRequest, _ draft: ChannelDraft, _ channel: Channel?, _ commands: [String],
    _ refusal: (any Problem)?,
    isTested: Bool = false
  ) -> Page {
    let t = request.texts(PagingText.self)
    let kind = Channel.Kind(rawValue: draft["kind"]) ?? .json
    let title = channel?.name ?? t(.kind(kind))
    return Page(
      title, menu: "monitoring", narrow: true,
      """
      \(PagingPages.head(title, t, to: "/paging/channels", t(.channels)))\(outcome(request, refusal, isTested, t))<p>\(t(.about(kind)))</p>
      <form class="panel stack" method="post" action="/paging/channels\(channel.map { "/\($0.id)" } ?? "")">\(Components.formToken(request))<input type="hidden" name="version" value="\(draft.version)"><input type="hidden" name="kind" value="\(kind.rawValue)">
      \(Components.field("name", t(.name), value: draft["name"], error: PagingPages.error("name", refusal, request), required: true))
      \(fields(request, draft, kind, channel, commands, refusal, t))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p></form>
      \(channel.map { upkeep(request, $0, t) })
      """)
  }

  private static func outcome(_ request: WebRequest, _ refusal: (any Problem)?, _ isTested: Bool, _ t: T)
    -> HTML?
  {
    guard isTested else { return PagingPages.refused(refusal, request, t) }
    guard let refusal else { return Components.notice(.good, t(.testSent), "<p>\(t(.testSentText))</p>") }
    return Components.notice(.bad, t(.testFailed), "<p>\(request.words.problem(refusal, t.language))</p>")
  }

  private static func fields(
    _ request: WebRequest, _ draft: ChannelDraft, _ kind: Channel.Kind, _ channel: Channel?,
    _ commands: [String],
    _ refusal: (any Problem)?, _ t: T
  ) -> HTML {
    if kind == .command {
      guard !commands.isEmpty else {
        return Components.notice(.warn, t(.noCommands), "<p>\(t(.noCommandsText))</p>")
      }
      return Components.select(
        "command", t(.command), options: commands.map { ($0, $0) }, chosen: draft["command"],
        error: PagingPages.error("command", refusal, request))
    }
    let url = Components.field(
      "url", t(.url), type: "password", hint: channel.map { t(.urlKept, $0.host) } ?? t(.urlHint),
      error: PagingPages.error("url", refusal, request), autocomplete: "off")
    let value = Components.field(
      "value", t(.headerValue), type: "password", hint: t(.headerValueHint), autocomplete: "off")
    if kind == .chatwork {
      return "\(url)\(Components.field("value", t(.chatworkToken), type: "password", autocomplete: "off"))"
    }
    guard kind == .gateway || kind == .json else { return url }
    let header = Components.field(
      "header", t(.header), value: draft["header"], hint: t(.headerHint),
      error: PagingPages.error("header", refusal, request))
    guard kind == .gateway else { return "\(url)\(header)\(value)" }
    return """
      \(url)\(Components.choices("form", t(.bodyForm), options: [("json", "JSON"), ("form", "application/x-www-form-urlencoded")], chosen: draft["form"].isEmpty ? "json" : draft["form"], tall: true))
      \(Components.textArea("body", t(.body), value: draft["body"], hint: t(.bodyHint), error: PagingPages.error("body", refusal, request)))\(header)\(value)
      """
  }

  private static func upkeep(_ request: WebRequest, _ channel: Channel, _ t: T) -> HTML {
    let number: HTML? =
      channel.kind.isPhone ? Components.field("number", t(.testNumber), inputmode: "tel") : nil
    return """
      <section class="stack" aria-labelledby="test"><h2 id="test">\(t(.testTitle))</h2><form class="panel stack" method="post" action="/paging/channels/\(channel.id)/test">\(Components.formToken(request))<p>\(t(.testLead))</p>\(number)\
      <p><button class="button">\(t(.testSend))</button></p></form>
      <details><summary>\(t(.removeChannel))</summary><form class="cluster" method="post" action="/paging/channels/\(channel.id)/removal">\(Components.formToken(request))<p>\(t(.removeChannelText))</p><button class="button" data-kind="danger">\(t(.removeChannel))</button></form></details></section>
      """
  }
}
