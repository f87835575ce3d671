import Foundation
import Kernel
import Web

/// Where every system stands with its disclosures.
enum DisclosurePages {
  static func overview(_ request: WebRequest, _ overview: DisclosureOverview, counts: [String: Int]) -> Page {
    let t = request.texts(DisclosureText.self)
    let read: HTML? =
      request.may(.registersEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/disclosures/import\">\(t(.readAction))</a>" : nil
    let isEmpty = overview.lines.isEmpty && overview.loose.isEmpty
    let links: HTML = """
      <a class="button" href="/registers/disclosures">\(t(.toRegister))</a><a class="button" href="/disclosures/sheet">\(t(.toSheet))</a>
      """
    let content: HTML =
      isEmpty
      ? Components.empty(t(.overviewEmpty), t(.empty), read)
      : """
      \(standing(overview, t))\(systems(overview, t))\(loose(overview, t))
      """
    return Page(
      t(.registerName), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.registerName))</h1><div class="cluster">\(isEmpty ? nil : links)\(isEmpty ? nil : read)</div></div>
      \(RegisterTabs.tabs(request, current: Disclosures.register.id, counts: counts))
      <p>\(t(.lead))</p>
      \(content)
      \(basis(overview.annex, t))
      """)
  }

  /// What the judgement rests on, and how sure that is.
  static func basis(_ annex: DisclosureAnnex, _ t: Texts<DisclosureText>) -> HTML {
    let parts = [Disclosure.Kind.mds, .sds].map { kind -> String in
      let name = t(DisclosureText.kind(kind))
      return annex.numbers(of: kind).map { t(.annexChosen, name, "\($0.count)") } ?? t(.annexAll, name)
    }
    return Components.notice(
      .info, t(.basisTitle),
      """
      <p>\(t(.basisText))</p><ul class="plain">\(parts.html { "<li>\($0)</li>" })</ul><p><a href="/disclosures/annex">\(t(.annexLink))</a></p>
      """)
  }

  private static func standing(_ overview: DisclosureOverview, _ t: Texts<DisclosureText>) -> HTML {
    Components.figures(
      DisclosureJudgement.allCases.map { judgement in
        (
          mark: judgement.mark?.rawValue, name: HTML(t(DisclosureText.judgement(judgement))),
          value: HTML(t.language.number(overview.count(judgement)))
        )
      })
  }

  private static func systems(_ overview: DisclosureOverview, _ t: Texts<DisclosureText>) -> HTML {
    let lines = overview.lines.sorted { $0.judgement < $1.judgement }
    let rows = lines.html { line -> HTML in
      let vendor: HTML = line.system.vendor.map { HTML($0) } ?? "<span class=\"soft\">\(t(.noVendor))</span>"
      return """
        <tr><th scope="row" data-label="\(t(.system))"><a href="/registers/systems/\(line.system.id)">\(line.system.name)</a></th>
        <td data-label="\(t(.vendor))">\(vendor)</td>
        <td data-label="\(t(.judgementHead))">\(tag(line.judgement, t))</td>
        <td data-label="\(t(.noHead))">\(risks(line.tally, t))</td>
        <td class="num" data-label="\(t(.openHead))">\(line.tally.open)</td>
        <td data-label="\(t(.registerName))">\(items(line.items, t))</td></tr>
        """
    }
    guard !lines.isEmpty else { return "" }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(t(.systemsCaption))"><table class="table" data-narrow="cards">
      <caption class="visually-hidden">\(t(.systemsCaption))</caption><thead><tr><th scope="col">\(t(.system))</th><th scope="col">\(t(.vendor))</th><th scope="col">\(t(.judgementHead))</th><th scope="col">\(t(.noHead))</th><th scope="col">\(t(.openHead))</th><th scope="col">\(t(.registerName))</th></tr></thead><tbody>\(rows)</tbody></table></div>
      """
  }

  static func tag(_ judgement: DisclosureJudgement, _ t: Texts<DisclosureText>) -> HTML {
    let word = t(DisclosureText.judgement(judgement))
    return switch judgement {
    case .missing: Components.finding(word)
    case .needsRisk: Components.tag(word, .warn)
    case .toCheck: Components.tag(word, .info)
    case .meets: Components.tag(word, .good)
    }
  }

  private static func risks(_ tally: DisclosureTally, _ t: Texts<DisclosureText>) -> HTML {
    guard tally.no > 0 else { return "<span class=\"soft\">\(t(.none))</span>" }
    let text = t(.recordedOf, tally.no, tally.recorded)
    return tally.lacking > 0 ? Components.finding(text) : HTML(text)
  }

  private static func items(_ items: [DisclosureOverview.Item], _ t: Texts<DisclosureText>) -> HTML {
    guard !items.isEmpty else { return "<span class=\"soft\">\(t(.none))</span>" }
    let list = items.html { item -> HTML in
      let date: HTML? = (item.madeOn ?? item.receivedOn).map {
        " <span class=\"soft nowrap\">\(t.language.columnDate($0))</span>"
      }
      return
        "<li><a href=\"/disclosures/\(item.id)\">\(t(DisclosureText.kind(item.kind))) \(item.product)</a>\(date)</li>"
    }
    return "<ul class=\"plain\">\(list)</ul>"
  }

  private static func loose(_ overview: DisclosureOverview, _ t: Texts<DisclosureText>) -> HTML? {
    guard !overview.loose.isEmpty else { return nil }
    return
      "<section aria-labelledby=\"h-loose\"><h2 id=\"h-loose\">\(t(.looseTitle))</h2><p class=\"small\">\(t(.looseText))</p>\(items(overview.loose, t))</section>"
  }

  // MARK: The annex

  static func annex(
    _ request: WebRequest, _ annex: DisclosureAnnex, typed: [Disclosure.Kind: String]? = nil,
    problem: (any Problem)? = nil
  ) -> Page {
    let t = request.texts(DisclosureText.self)
    func field(_ kind: Disclosure.Kind) -> HTML {
      let numbers =
        annex.numbers(of: kind)?.sorted { $0.localizedStandardCompare($1) == .orderedAscending } ?? []
      let hint = t(.annexHint, DisclosureAnnex.expected[kind] ?? 0)
      return Components.textArea(
        kind.rawValue, t(.annexField, t(DisclosureText.kind(kind))),
        value: typed?[kind] ?? numbers.joined(separator: "\n"), hint: hint)
    }
    let saved: HTML? = request.query("saved") == nil ? nil : Components.notice(.good, t(.annexSaved))
    let refusal = problem.map { Components.notice(.bad, request.words.problem($0, t.language)) }
    let mayEdit = request.may(.registersEdit)
    let button: HTML? =
      mayEdit ? "<button class=\"button\" data-kind=\"primary\">\(t(.annexSave))</button>" : nil
    return Page(
      t(.annexTitle), menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/disclosures">\(t(.registerName))</a></li></ol><h1>\(t(.annexTitle))</h1>
      \(saved)\(refusal)<p>\(t(.annexLead))</p><p>\(t(.annexTwoFactor))</p>
      <form class="panel stack" method="post" action="/disclosures/annex">\(Components.formToken(request))\(field(.mds))\(field(.sds))
      <div class="cluster apart"><a href="/disclosures">\(t(.back))</a>\(button)</div></form>
      """)
  }
}

extension DisclosureJudgement {
  var mark: Mark? {
    switch self {
    case .missing: .undone
    case .needsRisk: .partly
    case .toCheck: .unanswered
    case .meets: .done
    }
  }
}
