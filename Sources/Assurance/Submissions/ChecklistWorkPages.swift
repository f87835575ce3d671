import Kernel
import Registers
import Web

/// Who has which section of a checklist, and where it stands.
enum ChecklistWorkPages {
  static func board(
    _ request: WebRequest, _ opened: ChecklistWork.Opened, typed: FormValues?, problem: AuditRefusal?
  ) -> Page {
    let t = request.texts(SubmissionText.self)
    let id = opened.assessment.id
    let lines = ChecklistWork.lines(opened, t.language)
    let error = problem.map { Components.notice(.bad, request.words.problem($0, request.language)) }
    let saved: HTML? = request.query("saved").map { _ in Components.notice(.good, t(.saved)) }
    let list: HTML =
      lines.isEmpty
      ? Components.empty(t(.empty), t(.checklistEmptyText))
      : SubmissionPages.table(request, .checklist(id), lines)
    return Page(
      t(.board), menu: "assessments",
      """
      <ol class="crumbs"><li><a href="/assessments/\(id)">\(opened.name(t.language))</a></li></ol>
      <div class="page-head"><h1>\(t(.board))</h1><div class="cluster"><a class="button" href="/submissions">\(t(.waiting))</a></div></div>
      \(saved)\(error)<p>\(t(.boardLead))</p>\(list)
      \(request.may(.assessmentsEdit) ? form(request, opened, typed, problem, t) : nil)
      """)
  }

  private static func form(
    _ request: WebRequest, _ opened: ChecklistWork.Opened, _ typed: FormValues?, _ problem: AuditRefusal?,
    _ t: Texts<SubmissionText>
  ) -> HTML {
    let sections = ChecklistPiece.sections(of: opened.form).map {
      (value: $0.node, name: $0.title(t.language))
    }
    let people = [(value: "", name: t(.nobody))] + opened.people.map { (value: $0.id.text, name: $0.name) }
    let words = problem.map { request.words.problem($0, request.language) }
    return """
      <form method="post" action="/assessments/\(opened.assessment.id)/assignments" class="panel stack">\(Components.formToken(request))
      <h2>\(t(.assignTitle))</h2><p>\(t(.assignLead))</p>
      \(Components.select("node", t(.section), options: sections, chosen: typed?["node"] ?? request.query("node") ?? ""))
      \(Components.select("owner", t(.assignee), options: people, chosen: typed?["owner"] ?? "", error: problem?.field == "owner" ? words : nil))
      \(Components.field("due", t(.due), type: "date", value: typed?["due"] ?? "", error: problem?.field == "due" ? words : nil))
      <p><button class="button" data-kind="primary">\(t(.assign))</button></p></form>
      """
  }

  /// Beside the heading of a section: who has it, until when, and where it stands.
  static func besideSection(
    _ request: WebRequest, _ overview: Assessments.Overview, _ section: Pack.Section
  ) -> HTML? {
    let node = ChecklistPiece.node(of: section)
    guard let given = overview.sectionsGiven.first(where: { $0.node == node }) else { return nil }
    let t = request.texts(SubmissionText.self)
    let due: HTML? = given.dueOn.map { "\(t(.due)) \(t.language.timeTag($0)) " }
    let path = Submissions.path(.checklist(overview.assessment.id), node)
    return """
      <p class="small">\(t(.assignee)) \(given.name) \(due)\(SubmissionPages.state(given.state, t)) <a href="\(path)">\(t(.board))</a></p>
      """
  }
}
