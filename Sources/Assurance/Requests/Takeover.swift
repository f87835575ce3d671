import Kernel
import Registers
import Storage
import Web

/// A vendor's handed-in checklist as ground for the hospital's own record of the vendor form: seen first, then taken over.
enum Takeover {
  struct Preview: Sendable {
    let assessment: Assessment
    let drafts: [(item: String, before: Answer, draft: Answer.Draft)]
    let stamp: Int
  }

  /// What taking over would change in this year's own checklist of the same edition and form.
  ///
  /// - Throws: `.noAssessment` when there is none; `.otherSheet` for another kind, or one that is still with the vendor.
  static func preview(_ sheet: Requests.Sheet, _ tx: ReadTx, today: Day) throws -> Preview {
    let asked = sheet.request
    guard asked.kind == .vendorChecklist, [.handedIn, .closed].contains(asked.state), let form = asked.form
    else {
      throw SheetRequest.Refusal.otherSheet
    }
    guard let assessment = try tx.assessment(form: form, year: today.fiscalYear),
      assessment.pack == asked.pack
    else { throw SheetRequest.Refusal.noAssessment }
    let answers = try tx.answers(assessment.id)
    let year = assessment.fiscalYear
    let drafts = sheet.rows.compactMap { item -> (item: String, before: Answer, draft: Answer.Draft)? in
      guard let given = sheet.answers[item.id], given.value != nil else { return nil }
      let before = answers[item.id] ?? .blank(item.id)
      var draft = Answer.Draft(before)
      draft.value = given.value
      // Days of another year have no place in this year's checklist; they stay on the vendor's sheet.
      if let day = given.checkedOn, year.contains(day) { draft.confirmedOn = day }
      if let day = given.targetOn, year.contains(day) { draft.targetOn = day }
      if before.note.isEmpty { draft.note = given.note }
      return draft == Answer.Draft(before) ? nil : (item.id, before, draft)
    }
    return Preview(
      assessment: assessment, drafts: drafts, stamp: answers.values.reduce(0) { $0 + $1.version })
  }

  /// Writes what was previewed, each answer with a proof that names the sheet.
  static func apply(_ sheet: Requests.Sheet, stamp: Int, proof sentence: String, in scope: Scope) async throws
    -> Assessment.ID
  {
    try await scope.write { tx in
      let preview = try preview(sheet, tx, today: scope.now.day)
      guard preview.stamp == stamp else { throw Stale() }
      for (item, before, draft) in preview.drafts {
        let after = try before.revised(draft, in: preview.assessment.fiscalYear, today: scope.now.day)
        try tx.replace(before, with: after, in: preview.assessment.id, as: "answer.import")
        try tx.insert(
          Proof(
            id: scope.newID(), item: item, kind: .text, title: String(sentence.prefix(40)), body: sentence,
            sha256: nil, mediaType: nil, bytes: 0, addedAt: scope.now, addedBy: scope.actor.name,
            withdrawn: false),
          content: nil, in: preview.assessment.id)
      }
      return preview.assessment.id
    }
  }
}

extension RequestRoutes {
  func takeover(_ routes: inout Routes) {
    routes.get("requests/:id/takeover", needs: .requestsEdit) { request, scope in
      let opened = try await opened(try request.id(), scope)
      let text = LetterText(site: "", facility: "", library: try await library.seen(by: scope))
      do {
        let preview = try await scope.read { try Takeover.preview(opened.sheet, $0, today: scope.now.day) }
        return .page(TakeoverPage.page(request, opened.sheet, preview, text))
      } catch SheetRequest.Refusal.noAssessment {
        return .page(TakeoverPage.page(request, opened.sheet, nil, text))
      }
    }
    routes.showSensitive { $0.parameters["id"].map { "request:\($0)" } }
    routes.post("requests/:id/takeover", needs: .requestsEdit) { request, scope in
      guard request.may(.assessmentsEdit) else { throw WebProblem.forbidden }
      let opened = try await opened(try request.id(), scope)
      let asked = opened.sheet.request
      let t = request.texts(RequestText.self)
      let day = asked.handedInAt.map { request.language.date($0.day) } ?? ""
      let sentence = t(.takeoverProof, asked.vendorName, day, asked.handedInBy ?? "", "/requests/\(asked.id)")
      let id = try await Takeover.apply(
        opened.sheet, stamp: Int(try request.form()["stamp"]) ?? -1, proof: sentence, in: scope)
      return .redirect(to: "/assessments/\(id)")
    }
  }
}

enum TakeoverPage {
  static func page(
    _ request: WebRequest, _ sheet: Requests.Sheet, _ preview: Takeover.Preview?, _ text: LetterText
  ) -> Page {
    let t = request.texts(RequestText.self)
    let asked = sheet.request
    return Page(
      t(.takeoverTitle), menu: "registers",
      """
      <ol class="crumbs"><li><a href="/requests/\(asked.id)">\(asked.vendorName) \(text.title(asked, request.language))</a></li></ol>
      <h1>\(t(.takeoverTitle))</h1><p>\(t(.takeoverLead))</p>
      \(preview.map { table(request, sheet, $0, t) } ?? missing(t))
      """)
  }

  private static func missing(_ t: Texts<RequestText>) -> HTML {
    Components.empty(
      t(.takeoverNone), t(.takeoverNoneText),
      "<a class=\"button\" data-kind=\"primary\" href=\"/assessments/new\">\(t(.takeoverOpen))</a>")
  }

  private static func table(
    _ request: WebRequest, _ sheet: Requests.Sheet, _ preview: Takeover.Preview, _ t: Texts<RequestText>
  ) -> HTML {
    guard !preview.drafts.isEmpty else { return Components.notice(.info, t(.takeoverSame)) }
    let own = request.texts(LinkText.self)
    func value(_ value: Answer.Value?) -> String { value.map { own(LinkText.value($0)) } ?? own(.unanswered) }
    let rows = preview.drafts.html { item, before, draft in
      let row = sheet.form.item(item)
      return
        "<tr><td class=\"nowrap\" data-label=\"\(own(.columnNumber))\">\(row?.label)</td><th scope=\"row\" data-label=\"\(own(.columnQuestion))\"><span>\(row?.question(request.language))\(row.map { ItemForm.targets($0, request.language) })</span></th><td data-label=\"\(own(.columnNow))\">\(value(before.value))</td><td data-label=\"\(own(.columnThen))\">\(value(draft.value))</td></tr>"
    }
    return """
      <form method="post" action="/requests/\(sheet.request.id)/takeover">\(Components.formToken(request))<input type="hidden" name="stamp" value="\(preview.stamp)"><button class="button" data-kind="primary">\(t(.takeoverButton, preview.drafts.count))</button></form>
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.takeoverTitle))</caption><thead><tr><th scope="col">\(own(.columnNumber))</th><th scope="col">\(own(.columnQuestion))</th><th scope="col">\(own(.columnNow))</th><th scope="col">\(own(.columnThen))</th></tr></thead><tbody>\(rows)</tbody></table>
      """
  }
}
