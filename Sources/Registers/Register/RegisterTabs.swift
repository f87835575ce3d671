public import Kernel
public import Web

/// The way around in the registers: groups, and within a group its pages.
public enum RegisterTabs {
  /// One page of a group. Not every one is a register: a matrix or a drawing stands beside the registers it is made from.
  struct Tab: Sendable {
    let id: String
    let path: String
    let permission: Permission
    let name: @Sendable (Language) -> String

    /// A page that is no register.
    init(_ id: String, _ path: String, _ permission: Permission, _ name: RegisterText) {
      (self.id, self.path, self.permission) = (id, path, permission)
      self.name = { Texts<RegisterText>($0)(name) }
    }

    /// A page whose words are another slice's.
    init(_ id: String, _ path: String, _ permission: Permission, _ name: Word) {
      (self.id, self.path, self.permission) = (id, path, permission)
      self.name = name.callAsFunction
    }

    init(_ register: Register) {
      (id, path, permission) = (register.id, "/registers/\(register.id)", .registersRead)
      name = register.noun.callAsFunction
    }
  }

  struct Group: Sendable {
    let id: String
    let name: RegisterText
    /// What is used from day to day.
    let tabs: [Tab]
    /// What is seldom done: it stands folded, under headings, for whoever may open too many pages to see them all at once.
    var further: [Further] = []

    var all: [Tab] { tabs + further.flatMap(\.tabs) }
  }

  struct Further: Sendable {
    let name: RegisterText
    let tabs: [Tab]
  }

  /// More pages than these in a row are no longer read but searched.
  static let mostInSight = 7

  /// In the order in which they stand. A new page or register takes its place here.
  static let groups = [
    Group(
      id: "things", name: .groupThings,
      tabs: [Tab(Systems.register), Tab(Devices.register), Tab(Connections.register)]),
    Group(
      id: "vendors", name: .groupVendors,
      tabs: [
        Tab(Vendors.register), Tab(Contracts.register), Tab("clauses", "/clauses", .registersRead, .clauses),
        Responsibility.tab, Tab("requests", "/requests", .requestsRead, .requests),
        Tab("disclosures", "/disclosures", .registersRead, .disclosures),
        Tab("maintenance", "/maintenance", .registersRead, .maintenance),
      ]),
    Group(
      id: "drawings", name: .groupDrawings,
      tabs: [
        Tab("diagram-connections", "/diagrams/connections", .registersRead, .connectionDiagram),
        Tab("diagram-systems", "/diagrams/systems", .registersRead, .systemDiagram),
      ]),
    Group(
      id: "people", name: .groupPeople,
      tabs: [
        Tab(People.register), Tab(Roles.register), Tab(Contacts.register), Tab(Departments.register),
        Tab(Places.register), Tab("accounts", "/people", .peopleRead, RegisterText.accounts),
      ], further: furtherOfPeople),
    Group(
      id: "documents", name: .groupDocuments,
      tabs: [
        Tab(Documents.register), Tab("reading", "/documents/reading", .documentsRead, .reading),
        Tab(Provisions.register), Tab(Provisions.outsourcings),
      ]),
  ]

  private static let furtherOfPeople = [
    Further(
      name: .furtherSharing,
      tabs: [
        Raci.tab,
        Tab("account-reviews", "/account-reviews", .accountReviewsRead, Word(AccountReviewText.title)),
      ]),
    Further(
      name: .furtherEntrance,
      tabs: [
        Tab("factors", "/people/factors", .factorsRead, Word(FactorText.title)),
        Tab("grants", "/people/grants", .grantsRead, Word(GrantText.title)),
        Tab("break-glass", "/break-glass/records", .breakGlassRead, Word(BreakGlassText.title)),
        Tab("terminals", "/terminals", .terminalsManage, Word(TerminalWords.title)),
        Tab("sign-on", "/sign-on", .signOnManage, Word(SignOnText.title)),
      ]),
    Further(
      name: .furtherLinks,
      tabs: [
        Tab("tokens", "/people/tokens", .tokensManage, Word(TokenText.title)),
        Tab("mail", "/mail", .mailRead, Word(MailText.title)),
      ]),
  ]

  /// The registers of the group of `id`, whose numbers its tabs show.
  static func neighbours(of id: String) -> [Register] {
    let group = groups.first { $0.all.contains { $0.id == id } }
    return group?.all.compactMap { tab in Registry.all.first { $0.id == tab.id } } ?? []
  }

  /// The groups, and below them the pages of the current one.
  ///
  /// - Parameters:
  ///   - current: the ``Tab/id`` of the page.
  ///   - counts: by register; a register without a number is named without one.
  public static func tabs(_ request: WebRequest, current: String, counts: [String: Int] = [:]) -> HTML {
    let t = request.texts(RegisterText.self)
    let shown = groups.compactMap { group -> (group: Group, first: Tab)? in
      group.all.first { request.may($0.permission) }.map { (group, $0) }
    }
    let here = shown.first { $0.group.all.contains { $0.id == current } }?.group
    let groups = shown.html { group, first -> HTML in
      let isHere: HTML? = group.id == here?.id ? " aria-current=\"true\"" : nil
      return "<li><a href=\"\(first.path)\"\(isHere)>\(t(group.name))</a></li>"
    }
    guard let here, here.all.filter({ request.may($0.permission) }).count > 1 else {
      return row(t(.tabs), "1", groups)
    }
    let pages = pages(of: here, request, current: current, counts)
    return "\(row(t(.tabs), "1", groups))\(row(t(here.name), "2", pages))"
  }

  private static func row(_ label: String, _ level: HTML, _ links: HTML) -> HTML {
    "<nav aria-label=\"\(label)\"><ul class=\"tabs\" data-level=\"\(level)\">\(links)</ul></nav>"
  }

  /// The pages that are used daily and the one that is open, and the others folded; all of them while they are few.
  private static func pages(
    of group: Group, _ request: WebRequest, current: String, _ counts: [String: Int]
  ) -> HTML {
    let all = group.all.filter { request.may($0.permission) }
    let daily = Set(group.tabs.map(\.id))
    let isFolded = all.count > mostInSight
    func link(_ tab: Tab) -> HTML {
      let number = counts[tab.id].map { " \(request.language.number($0))" }
      let isHere: HTML? = tab.id == current ? " aria-current=\"page\"" : nil
      return "<li><a href=\"\(tab.path)\"\(isHere)>\(tab.name(request.language))\(number ?? "")</a></li>"
    }
    guard isFolded else { return all.html(link) }
    let parts = group.further.enumerated().map { place, further in
      (place, further, further.tabs.filter { request.may($0.permission) && $0.id != current })
    }
    let folded = parts.filter { !$0.2.isEmpty }.html { place, further, tabs -> HTML in
      let name = request.texts(RegisterText.self)(further.name)
      return """
        <div><p class="small soft" id="further-\(place)">\(name)</p><ul aria-labelledby="further-\(place)">\(tabs.html(link))</ul></div>
        """
    }
    let inSight = all.filter { daily.contains($0.id) || $0.id == current }.html(link)
    return """
      \(inSight)<li><details class="menu"><summary>\(request.texts(RegisterText.self)(.further))</summary><div>\(folded)</div></details></li>
      """
  }
}

extension Permission {
  /// Requests to vendors. Their pages are Assurance's; the tab that leads there stands here.
  public static let requestsRead = Permission("requests.read")
  public static let requestsEdit = Permission("requests.edit")
}
