import Kernel
import Web

/// The question before the form: how to look. What suits the thing stands first.
struct MonitorKindsPage {
  /// What a register or the form says already.
  let values: [String: String]
  /// What the thing is called, with the name of its system.
  let thing: WatchedThing
  /// The kind whose form was being filled in; nil when nothing has been typed yet.
  var before: MonitorKind?
  /// Sealed secrets that were typed.
  var kept: [String: String] = [:]

  /// What a register says in the address of a form.
  static let known = ["name", "target", "system", "backup", "thing"]
  /// What belongs to the form itself.
  private static let own: Set<String> = ["kind", "act", "was", "version"]

  func page(_ request: WebRequest) -> Page {
    let t = request.texts(MonitoringText.self)
    let name = values["name"] ?? ""
    let title = name.isEmpty ? t(.chooseTitle) : t(.chooseTitleOf, name)
    let lead: HTML? = before == nil ? nil : "<p>\(t(.chooseKept))</p>"
    let fitting = table(thing.fitting, t, isFirst: true, t(thing.isKnown ? .fitting : .usual))
    let lists: HTML = """
      <section class="panel" aria-labelledby="fitting"><h2 id="fitting">\(t(thing.isKnown ? .fitting : .usual))</h2>\(fitting)</section>
      <details class="panel"><summary>\(t(.otherKinds, thing.others.count))</summary>\(table(thing.others, t, isFirst: false, t(.otherKinds, thing.others.count)))</details>
      """
    return Page(
      t(.add), menu: "monitoring", narrow: true,
      """
      <div class="page-head"><div><ol class="crumbs"><li><a href="/monitoring">\(t(.title))</a></li></ol><h1>\(title)</h1><p>\(t(.chooseKind))</p></div></div>\
      \(lead)\(before.map { form(lists, over: $0, request) } ?? lists)
      """)
  }

  /// What was typed comes along; secrets come sealed.
  private func form(_ lists: HTML, over before: MonitorKind, _ request: WebRequest) -> HTML {
    let others = Set(before.fields.filter { $0.control == .secret }.map(\.id)).union(Self.own)
    let typed = values.filter { !others.contains($0.key) && !$0.value.isEmpty }.sorted { $0.key < $1.key }
    let secrets = kept.sorted { $0.key < $1.key }.map { ("kept-\($0.key)", $0.value) }
    let hidden = (typed.map { ($0.key, $0.value) } + secrets).html { name, value in
      "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">"
    }
    return """
      <form class="stack" method="post" action="/monitoring">\(Components.formToken(request))<input type="hidden" name="act" value="form">\
      <input type="hidden" name="was" value="\(before.rawValue)">\(hidden)\(lists)</form>
      """
  }

  private func table(_ kinds: [MonitorKind], _ t: Texts<MonitoringText>, isFirst: Bool, _ caption: String)
    -> HTML
  {
    let rows = kinds.html { kind in
      let now: HTML? = kind == before ? " \(Components.tag(t(.kindNow), .info))" : nil
      return """
        <tr><th scope="row">\(t(.way(kind)))\(now)<br><span class="small">\(t(.kind(kind)))</span><br><span class="small">\(t(.about(kind)))</span></th>\
        <td class="num">\(action(kind, isMain: isFirst && kind == kinds.first, t))</td></tr>
        """ as HTML
    }
    return
      "<table class=\"table\" data-narrow=\"fits\"><caption class=\"visually-hidden\">\(caption)</caption><tbody>\(rows)</tbody></table>"
  }

  private func action(_ kind: MonitorKind, isMain: Bool, _ t: Texts<MonitoringText>) -> HTML {
    let label = t(.takeKindOf, t(.way(kind)))
    let main = isMain ? "primary" : nil
    guard before == nil else {
      return """
        <button class="button" data-size="s"\("data-kind", is: main) name="kind" value="\(kind.rawValue)" aria-label="\(label)">\(t(.takeKind))</button>
        """
    }
    let further = Self.known.compactMap { name in
      values[name].flatMap { $0.isEmpty ? nil : "&\(name)=\(urlEncoded($0))" }
    }.joined()
    return """
      <a class="button" data-size="s"\("data-kind", is: main) href="/monitoring/new?kind=\(kind.rawValue)\(further)" aria-label="\(label)">\(t(.takeKind))</a>
      """
  }
}
