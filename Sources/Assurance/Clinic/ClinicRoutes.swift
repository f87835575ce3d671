import Kernel
import Registers
import Storage
import Web

extension Clinic {
  static func routes(_ routes: inout Routes) {
    reading(&routes)
    answering(&routes)
    entries(&routes)
    letters(&routes)
  }

  private static func reading(_ routes: inout Routes) {
    routes.get("clinic", needs: .clinicRead) { request, scope in
      .page(ClinicPages.overview(request, try await progress(in: scope)))
    }
    routes.showSensitive { _ in "clinic:register" }
    routes.get("clinic/parts/:part", needs: .clinicRead) { request, scope in
      guard let part = ClinicQuestion.Part(rawValue: try request.parameter("part")) else {
        throw ClinicRefusal.noSuchQuestion
      }
      return .page(ClinicPages.part(request, part, try await progress(in: scope)))
    }
    routes.showSensitive { _ in "clinic:register" }
    routes.get("clinic/questions/:question", needs: .clinicRead) { request, scope in
      let question = try question(request)
      let (wanted, kind) = (request.query("entry").flatMap { Entry.ID($0) }, request.query("kind"))
      let view = try await view(question, wanted: wanted, kind: kind, scope)
      return .page(ClinicQuestionPage.page(request, view))
    }
    routes.showSensitive { $0.parameters["question"].map { "clinic:\($0)" } }
  }

  private static func question(_ request: WebRequest) throws -> ClinicQuestion {
    guard let question = ClinicGuide.shared.question(try request.parameter("question")) else {
      throw ClinicRefusal.noSuchQuestion
    }
    return question
  }

  private static func view(
    _ question: ClinicQuestion, wanted: Entry.ID? = nil, kind: String? = nil, _ scope: Scope
  ) async throws -> ClinicQuestionView {
    try await scope.read {
      try ClinicQuestionView(question, wanted: wanted, kind: kind, $0, on: scope.now.day)
    }
  }

  // MARK: Answers

  private struct Saved: Encodable {
    let version: Int
    let message: String
  }

  private static func answering(_ routes: inout Routes) {
    routes.post("clinic/questions/:question/answer", needs: .clinicEdit) { request, scope in
      let question = try question(request)
      let form = try request.form()
      let draft = ClinicAnswer.Draft(
        value: ClinicAnswer.Value(rawValue: form["value"]), targetOn: form["target"], note: form["note"],
        asked: ClinicAnswer.Asked(form["vendor"]))
      do {
        let saved = try await answer(draft, to: question, version: form.version, in: scope)
        if request.wantsJSON {
          return try .json(Saved(version: saved.version, message: request.texts(ClinicText.self)(.saved)))
        }
        return try await onward(from: question, form, scope)
      } catch let problem as ClinicRefusal where !request.wantsJSON {
        var view = try await view(question, scope)
        (view.draft, view.problem) = (draft, problem)
        return .page(ClinicQuestionPage.page(request, view), status: 422)
      } catch is Stale where !request.wantsJSON {
        var view = try await view(question, scope)
        (view.draft, view.isStale) = (draft, true)
        return .page(ClinicQuestionPage.page(request, view), status: 409)
      }
    }
  }

  /// The next question of the week, or the start when its minutes are used up and nobody asked to go on.
  private static func onward(from question: ClinicQuestion, _ form: FormValues, _ scope: Scope) async throws
    -> Reply
  {
    let progress = try await progress(in: scope)
    let isBeyond = form.has("on")
    guard let next = progress.next(after: question), isBeyond || !progress.portion.isEmpty else {
      return .redirect(to: "/clinic")
    }
    return .redirect(to: "/clinic/questions/\(next.id)\(isBeyond ? "?on=1" : "")")
  }

  // MARK: Registers

  private static func entries(_ routes: inout Routes) {
    routes.post("clinic/questions/:question/entries", needs: .clinicEdit) { request, scope in
      let question = try question(request)
      let form = try request.form()
      guard let new = NewEntry(question, form) else { throw ClinicRefusal.notOffered }
      do {
        if let prefix = new.prefix {
          try await new.register.add(new.raw, numbered: prefix, request.language, in: scope)
        } else {
          try await new.register.add(new.raw, request.language, in: scope)
        }
        try await noteWork(on: question, in: scope)
        return .redirect(to: "/clinic/questions/\(question.id)\(form.has("on") ? "?on=1" : "")")
      } catch let refused as EntryRefused {
        var view = try await view(question, scope)
        (view.typed, view.refusals) = (new.raw, refused.refusals)
        return .page(ClinicQuestionPage.page(request, view), status: 422)
      }
    }
    routes.post("clinic/questions/:question/entries/:id", needs: .clinicEdit, change)
    routes.post("clinic/questions/:question/roles/:kind", needs: .clinicEdit, appoint)
    routes.post("clinic/questions/:question/document", needs: .clinicEdit) { request, scope in
      let question = try question(request)
      guard case .document(let number, _) = question.form else { throw ClinicRefusal.notOffered }
      try await Documents.takeClinicStarter(
        number, facility: request.visitor?.facilityName ?? "", request.language, in: scope)
      try await noteWork(on: question, in: scope)
      return .redirect(to: "/clinic/questions/\(question.id)")
    }
  }

  @Sendable private static func change(_ request: WebRequest, _ scope: Scope) async throws -> Reply {
    let question = try question(request)
    guard case .fill(let register, let fields) = question.form else { throw ClinicRefusal.notOffered }
    let id: Entry.ID = try request.id()
    let form = try request.form()
    let raw = Dictionary(uniqueKeysWithValues: fields.map { ($0, form[$0]) })
    let before = try await view(question, wanted: id, scope)
    do {
      try await register.change(id, raw, version: form.version, request.language, in: scope)
      try await noteWork(on: question, in: scope)
      // One that says no stays open; the next one is asked for all the same.
      guard let following = before.following else { return try await onward(from: question, form, scope) }
      return .redirect(
        to: "/clinic/questions/\(question.id)?entry=\(following)\(form.has("on") ? "&on=1" : "")")
    } catch let refused as EntryRefused {
      var view = before
      (view.typed, view.refusals) = (raw, refused.refusals)
      return .page(ClinicQuestionPage.page(request, view), status: 422)
    } catch is Stale {
      var view = try await view(question, wanted: id, scope)
      (view.typed, view.isStale) = (raw, true)
      return .page(ClinicQuestionPage.page(request, view), status: 409)
    }
  }

  @Sendable private static func appoint(_ request: WebRequest, _ scope: Scope) async throws -> Reply {
    let question = try question(request)
    let wanted = try request.parameter("kind")
    guard case .role(let kinds) = question.form, let role = kinds.first(where: { $0.kind == wanted }) else {
      throw ClinicRefusal.notOffered
    }
    let form = try request.form()
    let raw = ["person": form["person"], "deputy": form["deputy"]]
    do {
      try await Roles.appoint(
        role.kind, named: role.name(request.language), raw, version: form.version,
        request.language, in: scope)
      try await noteWork(on: question, in: scope)
      let isMet = try await progress(in: scope).isMet(question)
      if isMet { return try await onward(from: question, form, scope) }
      return .redirect(to: "/clinic/questions/\(question.id)\(form.has("on") ? "?on=1" : "")")
    } catch let refused as EntryRefused {
      var view = try await view(question, kind: role.kind, scope)
      (view.typed, view.refusals) = (raw, refused.refusals)
      return .page(ClinicQuestionPage.page(request, view), status: 422)
    } catch is Stale {
      var view = try await view(question, kind: role.kind, scope)
      (view.typed, view.isStale) = (raw, true)
      return .page(ClinicQuestionPage.page(request, view), status: 409)
    }
  }

  // MARK: Letters

  private static func letters(_ routes: inout Routes) {
    routes.get("clinic/letters", needs: .clinicRead) { request, scope in
      .page(ClinicLetterPages.list(request, try await progress(in: scope)))
    }
    routes.get("clinic/letters/:vendor", needs: .clinicRead) { request, scope in
      .page(ClinicLetterPages.letter(request, try await letter(try request.id("vendor"), scope)))
    }
    routes.post("clinic/letters/:vendor/handover", needs: .clinicEdit) { request, scope in
      let vendor: Entry.ID = try request.id("vendor")
      try await handOver(to: vendor, in: scope)
      return .redirect(to: "/clinic/letters/\(vendor)")
    }
    routes.get("clinic/letters/:vendor/replies", needs: .clinicRead) { request, scope in
      .page(ClinicLetterPages.replies(request, try await letter(try request.id("vendor"), scope)))
    }
    routes.showSensitive { _ in "clinic:register" }
    routes.post("clinic/letters/:vendor/replies/:question", needs: .clinicEdit) { request, scope in
      let question = try question(request)
      let vendor: Entry.ID = try request.id("vendor")
      let form = try request.form()
      func refused(_ problem: any Problem, _ status: Int) async throws -> Reply {
        let letter = try await letter(vendor, scope)
        let typed = (question: question.id, problem: problem, reply: form["reply"], text: form["text"])
        return .page(ClinicLetterPages.replies(request, letter, refused: typed), status: status)
      }
      do {
        try await reply(
          ClinicInquiry.Reply(rawValue: form["reply"]), form["text"], to: question, from: vendor,
          version: form.version, in: scope)
      } catch let problem as ClinicRefusal where problem.kind == .invalid {
        return try await refused(problem, 422)
      } catch let stale as Stale { return try await refused(stale, 409) }
      return .redirect(to: "/clinic/letters/\(vendor)/replies?saved=1#\(question.id)")
    }
  }

  /// - Throws: `Entry.Refusal.noSuchEntry` when the facility has no such vendor.
  private static func letter(_ vendor: Entry.ID, _ scope: Scope) async throws -> ClinicLetterPages.Letter {
    let found = try await scope.read { tx -> ClinicLetterPages.Letter? in
      guard let glance = try tx.glance(Vendors.register, vendor) else { return nil }
      return ClinicLetterPages.Letter(
        vendor: glance, progress: try tx.clinicProgress(on: scope.now.day),
        director: try Roles.holder("management", tx)?.person ?? "")
    }
    guard let found else { throw Entry.Refusal.noSuchEntry }
    return found
  }
}

/// A new entry that the form of a question makes.
private struct NewEntry {
  let register: Register
  let raw: [String: String]
  let prefix: String?

  init?(_ question: ClinicQuestion, _ form: FormValues) {
    switch question.form {
    case .add(let register, let fields, let fixed, let prefix):
      self.register = register
      self.prefix = prefix
      raw = Dictionary(uniqueKeysWithValues: fields.map { ($0, form[$0]) }).merging(fixed) { _, fixed in fixed
      }
    case .document(let number, let kind):
      register = Documents.register
      prefix = nil
      // A paper of the clinic's own takes the number of the text that it replaces, so that it is found by the same name.
      var values = ["number": number, "kind": kind, "title": form["title"], "place": form["place"]]
      values["approvedOn"] = form["approvedOn"]
      values["status"] = form["approvedOn"].isEmpty ? "draft" : "in-force"
      raw = values
    case .ask, .fill, .role: return nil
    }
  }
}
