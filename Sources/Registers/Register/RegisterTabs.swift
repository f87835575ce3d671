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
    let tabs: [Tab]
  }

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
        Tab(Places.register), Raci.tab,
        Tab("accounts", "/people", .peopleRead, RegisterText.accounts),
        Tab("factors", "/people/factors", .factorsRead, Word(FactorText.title)),
        Tab("account-reviews", "/account-reviews", .accountReviewsRead, Word(AccountReviewText.title)),
        Tab("break-glass", "/break-glass/records", .breakGlassRead, Word(BreakGlassText.title)),
        Tab("grants", "/people/grants", .grantsRead, Word(GrantText.title)),
        Tab("tokens", "/people/tokens", .tokensManage, Word(TokenText.title)),
        Tab("terminals", "/terminals", .terminalsManage, Word(TerminalWords.title)),
        Tab("sign-on", "/sign-on", .signOnManage, Word(SignOnText.title)),
        Tab("mail", "/mail", .mailRead, Word(MailText.title)),
      ]),
    Group(
      id: "documents", name: .groupDocuments,
      tabs: [
        Tab(Documents.register), Tab("reading", "/documents/reading", .documentsRead, .reading),
        Tab(Provisions.register), Tab(Provisions.outsourcings),
      ]),
  ]

  /// The registers of the group of `id`, whose numbers its tabs show.
  static func neighbours(of id: String) -> [Register] {
    let group = groups.first { $0.tabs.contains { $0.id == id } }
    return group?.tabs.compactMap { tab in Registry.all.first { $0.id == tab.id } } ?? []
  }

  /// The groups, and below them the pages of the current one.
  ///
  /// - Parameters:
  ///   - current: the ``Tab/id`` of the page.
  ///   - counts: by register; a register without a number is named without one.
  public static func tabs(_ request: WebRequest, current: String, counts: [String: Int] = [:]) -> HTML {
    let t = request.texts(RegisterText.self)
    let shown = groups.compactMap { group -> (group: Group, tabs: [Tab])? in
      let tabs = group.tabs.filter { request.may($0.permission) }
      return tabs.isEmpty ? nil : (group, tabs)
    }
    func row(_ label: String, _ level: HTML, _ links: HTML) -> HTML {
      "<nav aria-label=\"\(label)\"><ul class=\"tabs\" data-level=\"\(level)\">\(links)</ul></nav>"
    }
    func link(_ path: String, _ name: String, isCurrent: HTML?) -> HTML {
      "<li><a href=\"\(path)\"\(isCurrent)>\(name)</a></li>"
    }
    let here = shown.first { $0.tabs.contains { $0.id == current } }
    let groups = shown.html { group, tabs in
      let isHere: HTML? = group.id == here?.group.id ? " aria-current=\"true\"" : nil
      return link(tabs[0].path, t(group.name), isCurrent: isHere)
    }
    guard let here, here.tabs.count > 1 else { return row(t(.tabs), "1", groups) }
    let pages = here.tabs.html { tab in
      let number = counts[tab.id].map { " \(request.language.number($0))" }
      let isHere: HTML? = tab.id == current ? " aria-current=\"page\"" : nil
      return link(tab.path, "\(tab.name(request.language))\(number ?? "")", isCurrent: isHere)
    }
    return "\(row(t(.tabs), "1", groups))\(row(t(here.group.name), "2", pages))"
  }
}

extension Permission {
  /// Requests to vendors. Their pages are Assurance's; the tab that leads there stands here.
  public static let requestsRead = Permission("requests.read")
  public static let requestsEdit = Permission("requests.edit")
}
