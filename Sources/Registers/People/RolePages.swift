import Kernel
import Storage
import Web

/// What each role can do, in words, from what the slices grant.
enum RolePages {
  /// - Parameter features: every slice whose permissions are told, in their order.
  static func routes(_ routes: inout Routes, _ features: [Feature]) {
    routes.get("people/roles", .signedIn) { request in .page(page(request, features)) }
  }

  static func page(_ request: WebRequest, _ features: [Feature]) -> Page {
    let t = request.texts(PeopleText.self)
    let sections = Role.allCases.html { role in
      let id: HTML = "role-\(role.rawValue)"
      let own: HTML? = request.visitor?.roles.contains(role) == true ? Components.tag(t(.yours), .good) : nil
      return """
        <section class="panel stack" data-gap="s" aria-labelledby="\(id)"><h2 id="\(id)">\(t(PeopleText.role(role))) \(own)</h2>
        <p>\(t(PeopleText.lead(role)))\(role.needsGrant ? t(.onlyByGrant) : "")</p><ul class="plain small">\(list(role, features, request))</ul></section>
        """
    }
    return Page(
      t(.rolesTitle), menu: "registers",
      """
      <h1>\(t(.rolesTitle))</h1>
      \(request.may(.peopleRead) ? RegisterTabs.tabs(request, current: "accounts") : nil)
      <p>\(t(.rolesLead))</p>
      <div class="columns">\(sections)</div>
      """)
  }

  private static func list(_ role: Role, _ features: [Feature], _ request: WebRequest) -> HTML {
    let names = features.flatMap { feature in
      (feature.grants[role] ?? []).map(\.name).sorted(by: >)
    }
    return names.html { "<li>\(request.words.permission($0, request.language))</li>" }
  }
}
