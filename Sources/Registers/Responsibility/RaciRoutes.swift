import Kernel
import Storage
import Web

extension Raci {
  static func routes(_ routes: inout Routes, environment: [String: String]) {
    routes.get("responsibility/raci", needs: .registersRead) { request, scope in
      .page(RaciPages.table(request, try await shown(request, scope)))
    }
    routes.get("responsibility/raci/sheet.pdf", needs: .registersRead) { request, scope in
      let (stored, head) = try await scope.read { (try $0.raci(), try $0.ledgerHead()) }
      let frame = Responsibility.Frame(
        facility: request.visitor?.facilityName ?? "", author: request.visitor?.name ?? "",
        today: scope.now.day, fingerprint: head.fingerprint, language: request.language)
      let bytes = try await Responsibility.pdf(
        Responsibility.raciDocument(stored.shown(in: request.language), frame), environment: environment)
      return .file(bytes, type: "application/pdf", name: "raci-\(scope.now.day).pdf", inline: true)
    }
    routes.post("responsibility/raci/starters", needs: .registersEdit) { request, scope in
      let t = request.texts(ResponsibilityText.self)
      try await scope.write { tx in try addStarters({ t($0) }, tx) }
      return .redirect(to: "/responsibility/raci?saved=1")
    }
    activities(&routes)
    parties(&routes)
  }

  /// The table as the reader's language has it.
  private static func shown(_ request: WebRequest, _ scope: Scope) async throws -> Table {
    try await scope.read { try $0.raci() }.shown(in: request.language)
  }

  private static func activities(_ routes: inout Routes) {
    routes.get("responsibility/raci/new", needs: .registersEdit) { request, scope in
      let table = try await shown(request, scope)
      let activity = Activity(
        id: scope.newID(), name: "", position: (table.activities.last?.position ?? 0) + 10, parts: [:],
        version: 0)
      return .page(
        RaciPages.activity(request, .init(activity: activity, isNew: true), table.parties))
    }
    routes.get("responsibility/raci/:activity", needs: .registersEdit) { request, scope in
      let id: Activity.ID = try request.id("activity")
      let table = try await shown(request, scope)
      guard let activity = table.activities.first(where: { $0.id == id }) else {
        throw Responsibility.Refusal.noSuchPart
      }
      return .page(
        RaciPages.activity(request, .init(activity: activity, isNew: false), table.parties))
    }
    routes.post("responsibility/raci", needs: .registersEdit) { request, scope in
      try await save(try request.form(), scope.newID(), isNew: true, request, scope)
    }
    routes.post("responsibility/raci/:activity", needs: .registersEdit) { request, scope in
      try await save(try request.form(), try request.id("activity"), isNew: false, request, scope)
    }
    routes.post("responsibility/raci/:activity/removal", needs: .registersEdit) { request, scope in
      let id: Activity.ID = try request.id("activity")
      let version = try request.form().version
      try await scope.write { tx in
        guard let activity = try tx.raciActivities().first(where: { $0.id == id }) else {
          throw Responsibility.Refusal.noSuchPart
        }
        guard activity.version == version else { throw Stale() }
        try tx.remove(activity)
      }
      return .redirect(to: "/responsibility/raci?saved=1")
    }
  }

  private static func save(
    _ values: FormValues, _ id: Activity.ID, isNew: Bool, _ request: WebRequest, _ scope: Scope
  ) async throws -> Reply {
    var parts: [String: Part] = [:]
    for field in values.fields where field.name.hasPrefix("party-") {
      parts[String(field.name.dropFirst(6))] = Part(rawValue: field.value)
    }
    let activity = Activity(
      id: id, name: values["name"], position: min(max(Int(values["position"].halfWidth) ?? 0, 0), 9999),
      parts: parts, version: values.version)
    var form = RaciPages.ActivityForm(activity: activity, isNew: isNew)
    do {
      try await save(activity, isNew: isNew, in: scope)
      return .redirect(to: "/responsibility/raci?saved=1")
    } catch let refusal as Responsibility.Refusal where refusal.kind == .invalid {
      form.problem = refusal
    } catch is Stale {
      form.theirs = try await shown(request, scope).activities.first { $0.id == id }
      form.activity.version = form.theirs?.version ?? 0
    }
    let parties = try await shown(request, scope).parties
    return .page(RaciPages.activity(request, form, parties), status: form.theirs == nil ? 422 : 409)
  }

  // MARK: Parties

  private static func parties(_ routes: inout Routes) {
    routes.get("responsibility/raci/parties", needs: .registersEdit) { request, scope in
      .page(RaciPages.parties(request, try await shown(request, scope)))
    }
    routes.get("responsibility/raci/parties/new", needs: .registersEdit) { request, scope in
      let last = try await scope.read { try $0.raciParties().last?.position }
      let party = Party(id: scope.newID(), name: "", person: nil, position: (last ?? 0) + 10, version: 0)
      return .page(try await page(request, party, isNew: true, scope))
    }
    routes.get("responsibility/raci/parties/:party", needs: .registersEdit) { request, scope in
      let id: Party.ID = try request.id("party")
      let parties = try await scope.read { try $0.raciParties() }
      guard let party = parties.first(where: { $0.id == id })?.shown(in: request.language) else {
        throw Responsibility.Refusal.noSuchPart
      }
      return .page(try await page(request, party, isNew: false, scope))
    }
    routes.post("responsibility/raci/parties", needs: .registersEdit) { request, scope in
      try await save(party: scope.newID(), isNew: true, request, scope)
    }
    routes.post("responsibility/raci/parties/:party", needs: .registersEdit) { request, scope in
      try await save(party: try request.id("party"), isNew: false, request, scope)
    }
    routes.post("responsibility/raci/parties/:party/removal", needs: .registersEdit) { request, scope in
      let id: Party.ID = try request.id("party")
      let version = try request.form().version
      try await scope.write { tx in
        guard let party = try tx.raciParties().first(where: { $0.id == id }) else {
          throw Responsibility.Refusal.noSuchPart
        }
        guard party.version == version else { throw Stale() }
        let parts = try tx.raciActivities().compactMap { activity in
          activity.part(of: party).map { (activity.name, $0.rawValue) }
        }
        try tx.remove(party, parts: Dictionary(parts, uniquingKeysWith: { first, _ in first }))
      }
      return .redirect(to: "/responsibility/raci/parties?saved=1")
    }
  }

  private static func save(party id: Party.ID, isNew: Bool, _ request: WebRequest, _ scope: Scope)
    async throws -> Reply
  {
    let values = try request.form()
    var party = Party(
      id: id, name: values["name"], person: PersonID(values["person"]),
      position: Int(values["position"].halfWidth) ?? 0, version: values.version)
    do {
      try await save(party, isNew: isNew, in: scope)
      return .redirect(to: "/responsibility/raci/parties?saved=1")
    } catch let refusal as Responsibility.Refusal where refusal.kind == .invalid {
      return .page(try await page(request, party, isNew: isNew, scope, problem: refusal), status: 422)
    } catch is Stale {
      let theirs = try await scope.read { try $0.raciParties() }.first { $0.id == id }
      party = Party(
        id: id, name: party.name, person: party.person, position: party.position,
        version: theirs?.version ?? 0)
      return .page(try await page(request, party, isNew: isNew, scope, isStale: true), status: 409)
    }
  }

  private static func page(
    _ request: WebRequest, _ party: Party, isNew: Bool, _ scope: Scope, problem: (any Problem)? = nil,
    isStale: Bool = false
  ) async throws -> Page {
    let people = try await scope.read { try $0.people() }.map { person in
      (
        id: person.id.text,
        name: person.department.isEmpty ? person.name : "\(person.name)(\(person.department))"
      )
    }
    return RaciPages.party(
      request, party, isNew: isNew, people: people, problem: problem, isStale: isStale)
  }
}
