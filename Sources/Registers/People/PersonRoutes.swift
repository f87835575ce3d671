import Kernel
import Storage
import Web

extension People {
  static func routes(_ routes: inout Routes) {
    routes.get("people", needs: .peopleRead) { request, scope in
      let listing = Listing(request)
      let (people, total) = try await scope.read { try $0.people(listing) }
      return .page(PeoplePages.list(request, people, listing, total: total))
    }
    routes.get("people/new", needs: .peopleEdit, isPrivileged: true) { request, _ in
      .page(PeoplePages.new(request, PersonForm(), problem: nil))
    }
    routes.post("people", needs: .peopleEdit, isPrivileged: true) { request, scope in
      let form = PersonForm(try request.form())
      do {
        guard let role = Role(rawValue: form.role) else { throw Person.Refusal.badRole }
        // Only an administrator makes another one.
        if role == .administrator {
          guard scope.may(.facilityEdit) else { throw WebProblem.forbidden }
          try request.needsForGood(.facilityEdit)
        }
        if !form.login.isEmpty { try request.needsForGood(.peopleEdit) }
        if form.login.isEmpty {
          _ = try await add(name: form.person, department: form.department, role: role, in: scope)
        } else {
          _ = try await Accounts.add(
            name: form.person, department: form.department, login: form.login, password: form.password,
            role: role,
            in: scope)
        }
        return .redirect(to: "/people?added=\(urlEncoded(form.person))")
      } catch let problem as Person.Refusal {
        return .page(PeoplePages.new(request, form, problem: problem), status: 422)
      }
    }
  }
}

struct PersonForm: Sendable {
  var person = ""
  var department = ""
  var role = "it-staff"
  var login = ""
  var password = ""

  init() {}

  init(_ values: FormValues) {
    person = values["person"]
    department = values["department"]
    role = values["role"]
    login = values["login"]
    password = values.all("password").first ?? ""
  }
}

enum PeoplePages {
  static func list(_ request: WebRequest, _ people: [Person], _ listing: Listing, total: Int) -> Page {
    let t = request.texts(PeopleText.self)
    let add: HTML? =
      request.may(.peopleEdit)
      ? "<a class=\"button\" data-kind=\"primary\" href=\"/people/new\">\(t(.add))</a>" : nil
    let rows = people.html { person in
      """
      <tr><th scope="row" data-label="\(t(.name))">\(name(person, request))</th><td data-label="\(t(.department))">\(person.department)</td>
      <td data-label="\(t(.role))">\(t(PeopleText.role(person.role)))</td><td data-label="\(t(.signsIn))">\(t(person.account == nil ? .noAccess : .yes))</td></tr>
      """
    }
    let table: HTML = """
      <table class="table" data-narrow="cards"><caption class="visually-hidden">\(t(.title))</caption>
      <thead><tr><th scope="col">\(t(.name))</th><th scope="col">\(t(.department))</th><th scope="col">\(t(.role))</th><th scope="col">\(t(.signsIn))</th></tr></thead>
      <tbody>\(rows)</tbody></table>
      """
    return Page(
      t(.title), menu: "registers",
      """
      <div class="page-head"><h1>\(t(.title)) <span class="soft">\(t(.count, total))</span></h1>\(add)</div>
      \(RegisterTabs.tabs(request, current: "accounts"))
      <p><a href="/people/roles">\(t(.rolesLink))</a></p>
      \(request.query("added").map { Components.notice(.good, t(.added, $0)) })
      \(total == 0 ? Components.empty(t(.empty), t(.emptyText), add) : table)
      \(Components.pager(listing, total: total, path: "/people", request.texts(WebText.self)))
      """)
  }

  private static func name(_ person: Person, _ request: WebRequest) -> HTML {
    request.may(.peopleEdit)
      ? "<a href=\"/people/\(person.id)/access\">\(person.name)</a>" : HTML(person.name)
  }

  static func new(_ request: WebRequest, _ form: PersonForm, problem: Person.Refusal?) -> Page {
    let t = request.texts(PeopleText.self)
    let errors = FormErrors(request, problem.map { [$0] } ?? [])
    let roles = Role.standing.filter { $0 != .administrator || request.may(.facilityEdit) }.map {
      (value: $0.rawValue, name: t(PeopleText.role($0)))
    }
    return Page(
      t(.addTitle), menu: "registers", narrow: true,
      """
      <h1>\(t(.addTitle))</h1>
      \(FormErrors.summary(request, problem.map { [$0] } ?? []))
      <form class="panel stack" method="post" action="/people" novalidate>
      \(Components.formToken(request))
      \(Components.field("person", t(.name), value: form.person, error: errors["person"], required: true))
      \(Components.field("department", t(.department), value: form.department, error: errors["department"]))
      \(Components.select("role", t(.role), options: roles, chosen: form.role, error: errors["role"]))
      \(Components.field("login", t(.login), value: form.login, hint: t(.loginHint), error: errors["login"], autocomplete: "off"))
      \(Components.field("password", t(.password), type: "password", hint: t(.passwordHint), error: errors["password"], autocomplete: "new-password"))
      <p><button class="button" data-kind="primary">\(t(.save))</button></p>
      </form>
      """)
  }
}
