import Kernel
import Web

/// How far an import is, and what it has done.
enum ImportRunPage {
  static func page(
    _ request: WebRequest, _ register: Register, _ run: ImportRun, _ progress: ImportDesk.Progress?
  ) -> Page {
    let t = request.texts(RegisterText.self)
    let name = register.name(t.language)
    let title: String
    let content: HTML
    switch run.state {
    case .running: (title, content) = (t(.runTitle, name), running(run, progress, t))
    case .done: (title, content) = (t(.runDone, name), done(register, run, t))
    case .failed: (title, content) = (t(.runFailed, name), failed(request, register, run, t))
    }
    return Page(
      title, menu: "registers", narrow: true,
      """
      <ol class="crumbs"><li><a href="/registers/\(register.id)">\(name)</a></li></ol>
      <h1>\(title)</h1>
      <p>\(t(.runFile, run.file, run.startedBy, t.language.dateTime(run.startedAt)))</p>
      \(content)
      """)
  }

  private static func running(
    _ run: ImportRun, _ progress: ImportDesk.Progress?, _ t: Texts<RegisterText>
  ) -> HTML {
    let bar: HTML
    if let progress, progress.all > 0 {
      let (behind, all) = (t.language.number(progress.behind), t.language.number(progress.all))
      bar = """
        <p><label for="bar">\(t(.runProgress, all, behind))</label></p>
        <progress id="bar" max="\(progress.all)" value="\(progress.behind)"></progress>
        """
    } else {
      bar = "<p><label for=\"bar\">\(t(.runReading))</label></p><progress id=\"bar\"></progress>"
    }
    return "<div class=\"panel stack\">\(bar)<p class=\"small\">\(t(.runSafe))</p></div>"
  }

  private static func done(_ register: Register, _ run: ImportRun, _ t: Texts<RegisterText>) -> HTML {
    let figures = [
      (t(.fateAdd), run.added), (t(.fateUpdate), run.updated), (t(.fateUnchanged), run.unchanged),
      (t(.fateRefused), run.refused),
    ].map { name, count in (mark: String?.none, name: HTML(name), value: HTML(t.language.number(count))) }
    let clears = run.emptyClears ? "&clears=1" : ""
    let refused: HTML? =
      run.refused == 0
      ? nil
      : "<a href=\"/registers/\(register.id)/import/refused.xlsx?upload=\(run.id)\(clears)\">\(t(.importRefusedLink))</a>"
    let changed = register.counted(t.language, run.added + run.updated)
    return """
      \(Components.notice(.good, t(.bulkDone, changed)))
      \(Components.figures(figures))
      <p class="cluster"><a class="button" data-kind="primary" href="/registers/\(register.id)">\(t(.runToList, register.name(t.language)))</a> \(refused)</p>
      """
  }

  private static func failed(
    _ request: WebRequest, _ register: Register, _ run: ImportRun, _ t: Texts<RegisterText>
  ) -> HTML {
    let problem = run.problem ?? ImportRun.Failure(ImportRefusal.interrupted)
    return """
      \(Components.notice(.bad, request.words.problem(problem, t.language), "<p>\(t(.runNothing))</p>"))
      <form method="post" action="/registers/\(register.id)/import/columns" class="cluster">\(Components.formToken(request))<input type="hidden" name="upload" value="\(run.id)"><input type="hidden" name="clears" value="\(run.emptyClears ? "1" : "")">
      <button class="button" data-kind="primary">\(t(.runAgain))</button> <a href="/registers/\(register.id)/import">\(t(.importOther))</a></form>
      """
  }
}
