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
    let sections = Role.allCases.html { section($0, features, request, t) }
    return Page(
      t(.rolesTitle), menu: "registers",
      """
      <h1>\(t(.rolesTitle))</h1>
      \(request.may(.peopleRead) ? RegisterTabs.tabs(request, current: "accounts") : nil)
      <p>\(t(.rolesLead))</p>
      <div class="columns">\(sections)</div>
      """)
  }

  /// A role: what it is for, how much it may do where, and folded away what that is.
  private static func section(
    _ role: Role, _ features: [Feature], _ request: WebRequest, _ t: Texts<PeopleText>
  ) -> HTML {
    let id: HTML = "role-\(role.rawValue)"
    let isOwn = request.visitor?.roles.contains(role) == true
    let own: HTML? = isOwn ? Components.tag(t(.yours), .good) : nil
    let areas = areas(of: role, features)
    let tally = areas.map { "\(t($0.area.word)) \($0.names.count)" }.joined(separator: " · ")
    let lists = areas.html { area in
      "<h3>\(t(area.area.word))</h3><ul class=\"plain small\">\(area.names.html { "<li>\(request.words.permission($0, request.language))</li>" })</ul>"
    }
    let count = areas.reduce(0) { $0 + $1.names.count }
    let may: HTML? =
      count == 0
      ? nil
      : """
      <p class="small soft">\(tally)</p>
      <details><summary>\(t(.mayDo, count))</summary><div class="stack" data-gap="s">\(lists)</div></details>
      """
    return """
      <section class="panel stack" data-gap="s" aria-labelledby="\(id)"><h2 id="\(id)">\(t(PeopleText.role(role))) \(own)</h2>
      <p>\(t(PeopleText.lead(role)))\(role.needsGrant ? t(.onlyByGrant) : "")</p>\(may)</section>
      """
  }

  /// What a role may do, by area, in the order of the slices.
  private static func areas(of role: Role, _ features: [Feature]) -> [(area: RoleArea, names: [String])] {
    let names = features.flatMap { feature in
      (feature.grants[role] ?? []).map(\.name).sorted(by: >)
    }
    return RoleArea.allCases.compactMap { area in
      let own = names.filter { RoleArea.of($0) == area }
      return own.isEmpty ? nil : (area, own)
    }
  }
}
