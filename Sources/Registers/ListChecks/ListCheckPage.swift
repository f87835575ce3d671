import Foundation
import Kernel
import Storage
import Web

/// The check of a whole register: when it was, and saying that it has been done.
enum ListCheckPage {
  struct Form: Sendable {
    let day: String
    let interval: String
    let refusal: ListCheck.Refusal?
  }

  static func page(
    _ request: WebRequest, _ register: Register, _ check: ListCheck?, _ form: Form, _ history: [LedgerEntry]
  ) -> Page {
    let t = request.texts(ListCheckText.self)
    let name = register.name(t.language)
    let title = t(.title, name)
    let done: HTML? = request.query("saved") == nil ? nil : Components.notice(.good, t(.saved))
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/registers/\(register.id)">\(name)</a></li></ol><h1>\(title)</h1>
      \(done)\(FormErrors.summary(request, [form.refusal].compactMap { $0 }))
      <p>\(t(.lead))</p><p>\(standing(check, on: request.now.day, t))</p>
      \(request.may(.registersEdit) ? self.form(request, register, form, t) : nil)
      \(self.history(history, register, t))
      """)
  }

  /// The same for paper.
  static func plainStanding(_ check: ListCheck?, on today: Day, _ language: Language) -> String {
    let t = Texts<ListCheckText>(language)
    guard let check else { return t(.never) }
    let late = check.daysLate(on: today).map { t(.late, language.number($0)) }
    return [
      t(.last, language.columnDate(check.checkedOn), check.checkedBy),
      t(.next, language.columnDate(check.nextCheckOn)), late,
    ].compactMap { $0 }.joined(separator: " ・ ")
  }

  /// In one line: when and by whom, when again, and how late that is.
  static func standing(_ check: ListCheck?, on today: Day, _ t: Texts<ListCheckText>) -> HTML {
    guard let check else { return HTML(t(.never)) }
    let next = t.language.columnDate(check.nextCheckOn)
    let late = check.daysLate(on: today).map {
      " \(Components.finding(t(.late, t.language.number($0))))" as HTML
    }
    return
      "\(t(.last, t.language.columnDate(check.checkedOn), check.checkedBy)) ・ \(t(.next, next))\(late)"
  }

  private static func form(
    _ request: WebRequest, _ register: Register, _ form: Form, _ t: Texts<ListCheckText>
  ) -> HTML {
    let errors = FormErrors(request, [form.refusal].compactMap { $0 })
    let type = Day(form.day) == nil ? "text" : "date"
    let intervals = ListCheck.intervals.map { ("\($0)", t(.months, "\($0)")) }
    return """
      <form class="panel stack" method="post" action="/registers/\(register.id)/check" novalidate>\(Components.formToken(request))
      \(Components.field("day", t(.day), type: type, value: form.day, error: errors["day"], required: true, max: request.now.day.description))
      \(Components.select("interval", t(.interval), options: intervals, chosen: form.interval, error: errors["interval"]))
      <div class="cluster apart"><a href="/registers/\(register.id)">\(t(.back))</a><button class="button" data-kind="primary">\(t(.confirm))</button></div></form>
      """
  }

  private static func history(_ history: [LedgerEntry], _ register: Register, _ t: Texts<ListCheckText>)
    -> HTML?
  {
    guard !history.isEmpty else { return nil }
    let items = history.html { entry in
      let check = entry.after.flatMap {
        // An entry of another shape shows only who and when.
        try? JSONDecoder().decode(ListCheck.self, from: Data($0.utf8))
      }
      let what = check.map {
        t(
          .checked, t.language.columnDate($0.checkedOn), $0.checkedBy,
          register.counted(t.language, $0.entries))
      }
      return
        "<li>\(what ?? "")<br><span class=\"soft\">\(t.language.timeTag(entry.at)) \(entry.actorName)</span></li>"
    }
    return
      "<section aria-labelledby=\"h-hist\"><h2 id=\"h-hist\">\(t(.history))</h2><ul class=\"history\" role=\"list\">\(items)</ul></section>"
  }
}

/// Words of the check of a whole register.
enum ListCheckText: String, TextKey {
  case title, lead, never, last, next, late, day, interval, months, confirm, back, saved, history, checked
  case link

  static let catalog = Catalog(ListCheckText.self, in: .module, folder: "ListChecks.files")
}
