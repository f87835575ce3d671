import Foundation
import Kernel
import Storage
import Web

/// The form of one item of a sheet, as the vendor fills it in and as the hospital types it in from paper.
enum ItemForm {
  /// What was typed and refused; with an empty item, about the sheet's files.
  struct Refused {
    let item: String
    let typed: FormValues?
    let problem: any Problem
  }

  /// - Throws: `SheetRequest.Refusal`.
  static func draft(_ form: FormValues) throws(SheetRequest.Refusal) -> SheetAnswer.Draft {
    let value: Answer.Value?
    switch form["answer"] {
    case "", "none": value = nil
    case let text:
      guard let known = Answer.Value(rawValue: text) else { throw .badAnswer }
      value = known
    }
    return SheetAnswer.Draft(
      value: value, checkedOn: try day(form["on"]), targetOn: try day(form["until"]), note: form["note"])
  }

  static func day(_ text: String) throws(SheetRequest.Refusal) -> Day? {
    if text.isEmpty { return nil }
    guard let day = Day.parse(text) else { throw .badDay }
    return day
  }

  private struct Saved: Encodable {
    let version: Int
    let message: String
  }

  /// What autosave is told.
  static func saved(_ request: WebRequest, _ answer: SheetAnswer) throws -> Reply {
    let t = request.texts(LinkText.self)
    return try .json(Saved(version: answer.version, message: t(.saved, request.language.time(request.now))))
  }

  // MARK: One item

  /// - Parameters:
  ///   - path: where the sheet is; answers go to `path/answers/ITEM`.
  ///   - by: who gave the answer, for the hospital typing in; nil where the visitor is the one.
  static func item(
    _ request: WebRequest, _ item: Pack.Item, _ sheet: Requests.Sheet, path: HTML, refused: Refused?,
    by: String? = nil
  ) -> HTML {
    let t = request.texts(LinkText.self)
    let answer = sheet.answer(item.id)
    let mine = refused?.item == item.id ? refused : nil
    let error = mine.map { request.words.problem($0.problem, request.language) }
    func message(_ name: String) -> String? { mine?.problem.field == name ? error : nil }
    let summary: HTML? = error.map {
      Components.errorSummary(
        Texts<WebText>(request.language)(.errorCount, 1),
        [(mine?.problem.field.map { "\($0)-\(item.id)" }, $0)])
    }
    let typed = mine?.typed
    let saved = request.query("saved") == item.id ? t(.saved, request.language.time(request.now)) : ""
    let choices = Answer.Value.allCases.map { (value: $0.rawValue, label: HTML(t(LinkText.value($0)))) }
    let name: HTML? = by.map {
      Field.text("by", item.id, t(.byLabel), value: typed?["by"] ?? (answer.by.isEmpty ? $0 : answer.by), t)
    }
    return """
      <form class="stack" action="\(path)/answers/\(item.id)" method="post" data-autosave novalidate>\(summary)
      \(Components.formToken(request))<input type="hidden" name="version" value="\(answer.version)">
      \(Components.choices("answer", t(.answerLegend), options: choices, chosen: typed?["answer"] ?? answer.value?.rawValue, error: message("answer")))
      <div class="columns" data-min="s">
      \(Field.day("on", item.id, t(.checkedLabel), value: typed?["on"] ?? answer.checkedOn?.description ?? "", error: message("on") ?? message("due")))
      \(Field.day("until", item.id, Texts<SheetText>(request.language)(SheetText.due(sheet.request.kind)), value: typed?["until"] ?? answer.targetOn?.description ?? "", error: nil))
      \(name)</div>
      \(Field.lines("note", item.id, t(.noteLabel), value: typed?["note"] ?? answer.note, hint: t(.noteHint), error: message("note")))
      <div class="cluster apart"><span class="saved" role="status" data-saved>\(saved)</span><button class="button">\(t(.save))<span class="visually-hidden"> \(item.label)</span></button></div>
      </form>
      """
  }

  /// What an item is about, where the same question is put for servers and for PCs.
  static func targets(_ item: Pack.Item, _ language: Language) -> HTML {
    item.appliesTo.filter { $0 != "all" && $0 != "organization" }.html {
      " \(Components.tag(Texts<AssessmentText>(language)(AssessmentText.target($0))))"
    }
  }

  /// An answer as read by someone who may not change it.
  static func facts(_ request: WebRequest, _ answer: SheetAnswer, _ kind: SheetRequest.Kind) -> HTML {
    let t = request.texts(LinkText.self)
    let language = request.language
    guard !answer.isBlank else { return "<p class=\"soft\">\(t(.unanswered))</p>" }
    var facts: [(String, HTML)] = [
      (t(.answerLegend), HTML(answer.value.map { t(LinkText.value($0)) } ?? t(.unanswered)))
    ]
    if let day = answer.checkedOn { facts.append((t(.checkedLabel), language.timeTag(day, short: false))) }
    if let day = answer.targetOn {
      facts.append((Texts<SheetText>(language)(SheetText.due(kind)), language.timeTag(day, short: false)))
    }
    if !answer.note.isEmpty { facts.append((t(.noteLabel), HTML(answer.note))) }
    let source: HTML? = answer.source == .link ? nil : " ・ \(t(LinkText.source(answer.source)))"
    facts.append(
      (t(.byLabel), "\(answer.by) <span class=\"soft\">\(language.timeTag(answer.at))\(source)</span>"))
    return Components.facts(facts)
  }

  /// Fields whose ids carry the item, since many forms stand on one page.
  private enum Field {
    static func day(_ name: String, _ item: String, _ label: String, value: String, error: String?) -> HTML {
      wrap(
        name, item, label,
        "<input id=\"\(name)-\(item)\" name=\"\(name)\" type=\"date\" value=\"\(value)\"\("aria-invalid", is: error == nil ? nil : "true")\("aria-describedby", is: error == nil ? nil : "\(name)-\(item)-error")>",
        hint: nil, error: error)
    }

    static func text(_ name: String, _ item: String, _ label: String, value: String, _ t: Texts<LinkText>)
      -> HTML
    {
      wrap(
        name, item, label,
        "<input id=\"\(name)-\(item)\" name=\"\(name)\" maxlength=\"80\" value=\"\(value)\">",
        hint: nil, error: nil)
    }

    static func lines(
      _ name: String, _ item: String, _ label: String, value: String, hint: String, error: String?
    ) -> HTML {
      let described = [error.map { _ in "\(name)-\(item)-error" }, "\(name)-\(item)-hint"].compactMap { $0 }
        .joined(separator: " ")
      return wrap(
        name, item, label,
        "<textarea id=\"\(name)-\(item)\" name=\"\(name)\" maxlength=\"4000\" aria-describedby=\"\(described)\">\n\(value)</textarea>",
        hint: hint, error: error)
    }

    private static func wrap(
      _ name: String, _ item: String, _ label: String, _ input: HTML, hint: String?, error: String?
    ) -> HTML {
      let message: HTML? = error.map { "<p class=\"error\" id=\"\(name)-\(item)-error\">\($0)</p>" }
      let help: HTML? = hint.map { "<p class=\"hint\" id=\"\(name)-\(item)-hint\">\($0)</p>" }
      return
        "<div class=\"field\"\("data-state", is: error == nil ? nil : "error")><label for=\"\(name)-\(item)\">\(label)</label>\(message)\(input)\(help)</div>"
    }
  }

  // MARK: Two people at once

  static func conflict(
    _ request: WebRequest, _ sheet: Requests.Sheet, _ conflict: Requests.Conflict, path: HTML, bare: Bool
  ) -> Page {
    let t = request.texts(LinkText.self)
    let item = sheet.form.item(conflict.item)
    let action: HTML = "\(path)/answers/\(conflict.item)"
    let theirs = conflict.theirs
    func hidden(_ draft: SheetAnswer.Draft) -> HTML {
      """
      \(Components.formToken(request))<input type="hidden" name="version" value="\(theirs.version)"><input type="hidden" name="answer" value="\(draft.value?.rawValue ?? "none")">
      <input type="hidden" name="on" value="\(draft.checkedOn?.description ?? "")"><input type="hidden" name="until" value="\(draft.targetOn?.description ?? "")"><input type="hidden" name="note" value="\(draft.note)">
      """
    }
    let mine = SheetAnswer(
      item: conflict.item, value: conflict.mine.value, checkedOn: conflict.mine.checkedOn,
      targetOn: conflict.mine.targetOn, note: conflict.mine.note, by: t(.you), at: request.now, source: .link,
      version: 0)
    return Page(
      t(.conflictTitle, theirs.by), menu: bare ? nil : "registers", bare: bare,
      """
      <h1>\(item?.label) \(item?.question(request.language))</h1>
      \(Components.notice(.warn, t(.conflictTitle, theirs.by), "<p>\(t(.conflictText))</p>"))
      <div class="columns">
      <form class="panel" action="\(action)" method="post"><h2>\(t(.conflictMine))</h2>\(facts(request, mine, sheet.request.kind))
      \(hidden(conflict.mine))<button class="button">\(t(.keepMine))</button></form>
      <div class="panel"><h2>\(t(.conflictTheirs))</h2>\(facts(request, theirs, sheet.request.kind))
      <a class="button" data-kind="primary" href="\(path)#\(conflict.item)">\(t(.keepTheirs))</a></div>
      </div>
      """)
  }
}
