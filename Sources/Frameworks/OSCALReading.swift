import Kernel

/// Takes OSCAL documents out of a tree.
extension Reading {
  /// Nil for what is no OSCAL document.
  ///
  /// - Throws: `FrameworkProblem.otherModel` for assessment plans and the like, `.missing` without a title.
  func oscal(_ tree: Tree, named file: String) throws(FrameworkProblem) -> OSCAL.Document? {
    let top = tree.root
    guard top.isMap else { return nil }
    if let catalog = top["catalog"], catalog.isMap {
      return .catalog(
        OSCAL.Catalog(
          head: try head(catalog, file), parameters: parameters(catalog),
          groups: list(catalog, at: "groups").map(group),
          controls: list(catalog, at: "controls").compactMap(control)
        ))
    }
    if let profile = top["profile"], profile.isMap { return .profile(try self.profile(profile, file)) }
    let others: [StaticString] = [
      "component-definition", "system-security-plan", "assessment-plan", "assessment-results",
      "plan-of-action-and-milestones", "mapping-collection",
    ]
    for model in others where top[model]?["metadata"] != nil {
      throw .otherModel(file: file, model: "\(model)")
    }
    return nil
  }

  private func head(_ map: Value, _ file: String) throws(FrameworkProblem) -> OSCAL.Head {
    guard let metadata = map["metadata"], metadata.isMap, let title = text(metadata, at: "title") else {
      throw .missing(file: file, key: "metadata/title")
    }
    var head = OSCAL.Head()
    head.title = title
    head.version = raw(metadata, "version")
    head.modified = raw(metadata, "last-modified")
    head.published = raw(metadata, "published")
    head.oscalVersion = raw(metadata, "oscal-version")
    head.documentID = list(metadata, at: "document-ids").compactMap { raw($0, "identifier") }.first
    head.remarks = text(metadata, at: "remarks")
    let parties = list(metadata, at: "parties")
    let responsible =
      list(metadata, at: "responsible-parties")
      .first { ["creator", "publisher"].contains(raw($0, "role-id")) }
      .map { texts($0, at: "party-uuids") } ?? []
    let named = parties.first { raw($0, "uuid").map(responsible.contains) ?? false } ?? parties.first
    head.provider = named.flatMap { raw($0, "name") }
    for resource in map["back-matter"].map({ list($0, at: "resources") }) ?? [] {
      guard let id = raw(resource, "uuid") else {
        remarks.add(.missingKey, "uuid", line: resource.line)
        continue
      }
      head.resources[id.lowercased()] = OSCAL.Resource(
        title: text(resource, at: "title"),
        links: list(resource, at: "rlinks").compactMap { link in
          raw(link, "href").map { ($0, raw(link, "media-type")) }
        }, embedded: resource["base64"].flatMap { raw($0, "value") })
    }
    return head
  }

  /// Text that may look like a number: versions and numbers of controls.
  private func raw(_ map: Value, _ key: StaticString) -> String? {
    guard let value = map[key], value.isScalar, !isNull(value), !value.isEmpty else { return nil }
    return value.raw
  }

  // MARK: Catalogs

  private func group(_ map: Value) -> OSCAL.Group {
    OSCAL.Group(
      id: raw(map, "id"), title: text(map, at: "title") ?? raw(map, "id") ?? "", parameters: parameters(map),
      properties: properties(map), parts: parts(map), groups: list(map, at: "groups").map(group),
      controls: list(map, at: "controls").compactMap(control), line: map.line)
  }

  private func control(_ map: Value) -> OSCAL.Control? {
    guard let id = raw(map, "id") else {
      remarks.add(.missingKey, "id", line: map.line)
      return nil
    }
    return OSCAL.Control(
      id: id, kind: raw(map, "class"), title: text(map, at: "title") ?? "", parameters: parameters(map),
      properties: properties(map), links: links(map), parts: parts(map),
      controls: list(map, at: "controls").compactMap(control), line: map.line)
  }

  private func parts(_ map: Value) -> [OSCAL.Part] {
    list(map, at: "parts").map { part in
      OSCAL.Part(
        id: raw(part, "id"), name: raw(part, "name") ?? "", kind: raw(part, "class"),
        namespace: raw(part, "ns"),
        title: text(part, at: "title"), prose: text(part, at: "prose"), properties: properties(part),
        links: links(part), parts: parts(part), line: part.line)
    }
  }

  private func properties(_ map: Value) -> [OSCAL.Property] {
    list(map, at: "props").compactMap { prop in
      guard let name = raw(prop, "name") else { return nil }
      return OSCAL.Property(
        name: name, value: raw(prop, "value") ?? "", kind: raw(prop, "class"), namespace: raw(prop, "ns"),
        id: raw(prop, "uuid"))
    }
  }

  private func links(_ map: Value) -> [OSCAL.Link] {
    list(map, at: "links").compactMap { link in
      raw(link, "href").map {
        OSCAL.Link(href: $0, relation: raw(link, "rel"), text: text(link, at: "text"), line: link.line)
      }
    }
  }

  private func parameters(_ map: Value) -> [OSCAL.Parameter] {
    list(map, at: "params").compactMap { param in
      guard let id = raw(param, "id") else {
        remarks.add(.missingKey, "id", line: param.line)
        return nil
      }
      return parameter(param, id)
    }
  }

  private func parameter(_ map: Value, _ id: String) -> OSCAL.Parameter {
    OSCAL.Parameter(
      id: id, label: text(map, at: "label"), values: texts(map, at: "values"),
      choices: map["select"].map { texts($0, at: "choice") } ?? [], kind: raw(map, "class"),
      guidelines: list(map, at: "guidelines").compactMap { text($0, at: "prose") },
      properties: properties(map))
  }

  // MARK: Profiles

  private func profile(_ map: Value, _ file: String) throws(FrameworkProblem) -> OSCAL.Profile {
    var profile = OSCAL.Profile(head: try head(map, file))
    for one in list(map, at: "imports") {
      guard let href = raw(one, "href") else {
        remarks.add(.missingKey, "href", line: one.line)
        continue
      }
      profile.imports.append(
        OSCAL.Import(
          href: href, include: included(one), exclude: choices(one, "exclude-controls"), line: one.line))
    }
    guard !profile.imports.isEmpty else { throw .missing(file: file, key: "imports") }
    if let merge = map["merge"], merge.isMap {
      profile.structure = structure(merge)
      profile.combine =
        merge["combine"].flatMap { raw($0, "method") }.flatMap(OSCAL.Combine.init) ?? .useFirst
    }
    guard let modify = map["modify"], modify.isMap else { return profile }
    for one in list(modify, at: "set-parameters") {
      guard let id = raw(one, "param-id") else {
        remarks.add(.missingKey, "param-id", line: one.line)
        continue
      }
      profile.settings.append((parameter(one, id), one.line))
    }
    profile.alters = list(modify, at: "alters").compactMap(alter)
    return profile
  }

  /// Nil for all: `include-all`, or nothing said.
  private func included(_ map: Value) -> [OSCAL.Choice]? {
    map["include-all"] != nil || map["include-controls"] == nil ? nil : choices(map, "include-controls")
  }

  private func choices(_ map: Value, _ key: StaticString) -> [OSCAL.Choice] {
    list(map, at: key).map { one in
      OSCAL.Choice(
        ids: list(one, at: "with-ids").map { ($0.raw, $0.line) },
        patterns: list(one, at: "matching").compactMap { match in
          raw(match, "pattern").map { ($0, match.line) }
        }, withChildren: raw(one, "with-child-controls") == "yes")
    }
  }

  private func structure(_ merge: Value) -> OSCAL.Structure {
    if let custom = merge["custom"], custom.isMap {
      return .custom(
        groups: list(custom, at: "groups").map(customGroup), loose: insertions(custom))
    }
    return merge["as-is"] != nil && bool(merge, at: "as-is") ? .asIs : .flat
  }

  private func customGroup(_ map: Value) -> OSCAL.CustomGroup {
    OSCAL.CustomGroup(
      id: raw(map, "id"), title: text(map, at: "title") ?? raw(map, "id") ?? "",
      groups: list(map, at: "groups").map(customGroup), insertions: insertions(map), line: map.line)
  }

  private func insertions(_ map: Value) -> [OSCAL.Insertion] {
    list(map, at: "insert-controls").map { one in
      OSCAL.Insertion(
        order: raw(one, "order").flatMap(OSCAL.Insertion.Order.init(rawValue:)) ?? .keep,
        include: included(one),
        exclude: choices(one, "exclude-controls"))
    }
  }

  private func alter(_ map: Value) -> OSCAL.Alter? {
    guard let control = raw(map, "control-id") else {
      remarks.add(.missingKey, "control-id", line: map.line)
      return nil
    }
    return OSCAL.Alter(
      control: control,
      removals: list(map, at: "removes").map { one in
        OSCAL.Removal(
          name: raw(one, "by-name"), kind: raw(one, "by-class"), id: raw(one, "by-id"),
          item: raw(one, "by-item-name"), namespace: raw(one, "by-ns"), line: one.line)
      },
      additions: list(map, at: "adds").map { one in
        OSCAL.Addition(
          position: raw(one, "position").flatMap(OSCAL.Addition.Position.init(rawValue:)) ?? .ending,
          target: raw(one, "by-id"), title: text(one, at: "title"), parameters: parameters(one),
          properties: properties(one), links: links(one), parts: parts(one), line: one.line)
      }, line: map.line)
  }
}
