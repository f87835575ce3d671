/// What a profile changes in the controls that it has chosen: parameters set, texts added and taken away.
extension OSCALResolution {
  func modify(
    _ catalog: inout OSCAL.Catalog, _ profile: OSCAL.Profile
  ) throws(FrameworkProblem) {
    set(&catalog, profile.settings)
    guard !profile.alters.isEmpty else { return }
    let alters = Dictionary(grouping: profile.alters, by: \.control)
    var done: Set<String> = []
    try alter(&catalog.controls, alters, &done)
    try alter(&catalog.groups, alters, &done)
    for alter in profile.alters where !done.contains(alter.control) {
      reading.remarks.add(.unknownControlID, alter.control, line: alter.line)
    }
  }

  private func alter(
    _ groups: inout [OSCAL.Group], _ alters: [String: [OSCAL.Alter]], _ done: inout Set<String>
  ) throws(FrameworkProblem) {
    for place in groups.indices {
      try alter(&groups[place].groups, alters, &done)
      try alter(&groups[place].controls, alters, &done)
    }
  }

  private func alter(
    _ controls: inout [OSCAL.Control], _ alters: [String: [OSCAL.Alter]], _ done: inout Set<String>
  ) throws(FrameworkProblem) {
    for place in controls.indices {
      try alter(&controls[place].controls, alters, &done)
      for alter in alters[controls[place].id] ?? [] {
        done.insert(controls[place].id)
        for removal in alter.removals {
          try spend(OSCALResolution.size(of: controls[place]), removal.line)
          remove(removal, from: &controls[place])
        }
        for addition in alter.additions {
          try spend(OSCALResolution.size(of: controls[place]), addition.line)
          try add(addition, to: &controls[place])
        }
      }
    }
  }

  /// Roughly what looking through it costs.
  private static func size(of control: OSCAL.Control) -> Int {
    func size(_ parts: [OSCAL.Part]) -> Int { parts.reduce(0) { $0 + 1 + size($1.parts) } }
    return 1 + control.parameters.count + control.properties.count + control.links.count + size(control.parts)
  }
}

extension OSCAL.Parameter {
  /// What a profile sets stands in the place of what the catalog says; a value needs no choice any more.
  fileprivate mutating func take(_ setting: OSCAL.Parameter) {
    if let label = setting.label { self.label = label }
    if !setting.choices.isEmpty { (choices, values) = (setting.choices, []) }
    if !setting.values.isEmpty { values = setting.values }
    if !setting.guidelines.isEmpty { guidelines = setting.guidelines }
    properties += setting.properties
  }
}

extension OSCALResolution {
  /// Sets parameters wherever they stand, in one round through the catalog.
  fileprivate func set(
    _ catalog: inout OSCAL.Catalog, _ settings: [(parameter: OSCAL.Parameter, line: Int)]
  ) {
    guard !settings.isEmpty else { return }
    let byID = Dictionary(grouping: settings.map(\.parameter), by: \.id)
    var found: Set<String> = []
    func take(_ parameters: inout [OSCAL.Parameter]) {
      for place in parameters.indices {
        for setting in byID[parameters[place].id] ?? [] {
          parameters[place].take(setting)
          found.insert(setting.id)
        }
      }
    }
    func take(_ controls: inout [OSCAL.Control]) {
      for place in controls.indices {
        take(&controls[place].parameters)
        take(&controls[place].controls)
      }
    }
    func take(_ groups: inout [OSCAL.Group]) {
      for place in groups.indices {
        take(&groups[place].parameters)
        take(&groups[place].controls)
        take(&groups[place].groups)
      }
    }
    take(&catalog.parameters)
    take(&catalog.controls)
    take(&catalog.groups)
    for (setting, line) in settings where !found.contains(setting.id) {
      reading.remarks.add(.unknownParameter, setting.id, line: line)
    }
  }

  fileprivate func remove(_ removal: OSCAL.Removal, from control: inout OSCAL.Control) {
    var count = 0
    func fits(_ item: String, name: String?, kind: String?, id: String?, namespace: String?) -> Bool {
      guard removal.item == nil || removal.item == item else { return false }
      guard
        removal.name != nil || removal.kind != nil || removal.id != nil || removal.item != nil
          || removal.namespace != nil
      else { return false }
      let isIt =
        (removal.name == nil || removal.name == name) && (removal.kind == nil || removal.kind == kind)
        && (removal.id == nil || removal.id == id)
        && (removal.namespace == nil || removal.namespace == namespace)
      if isIt { count += 1 }
      return isIt
    }
    func clean(_ parts: inout [OSCAL.Part]) {
      parts.removeAll { fits("part", name: $0.name, kind: $0.kind, id: $0.id, namespace: $0.namespace) }
      for place in parts.indices {
        parts[place].properties.removeAll {
          fits("prop", name: $0.name, kind: $0.kind, id: $0.id, namespace: $0.namespace)
        }
        parts[place].links.removeAll { fits("link", name: $0.relation, kind: nil, id: nil, namespace: nil) }
        clean(&parts[place].parts)
      }
    }
    control.parameters.removeAll { fits("param", name: nil, kind: $0.kind, id: $0.id, namespace: nil) }
    control.properties.removeAll {
      fits("prop", name: $0.name, kind: $0.kind, id: $0.id, namespace: $0.namespace)
    }
    control.links.removeAll { fits("link", name: $0.relation, kind: nil, id: nil, namespace: nil) }
    clean(&control.parts)
    if count == 0 {
      let named = [removal.name, removal.kind, removal.id, removal.item].compactMap { $0 }
      reading.remarks.add(
        .alterWithoutTarget, "\(control.id) \(named.joined(separator: " "))", line: removal.line)
    }
  }

  /// - Throws: `FrameworkProblem.tooDeep`: parts put into parts may go on for ever.
  fileprivate func add(_ addition: OSCAL.Addition, to control: inout OSCAL.Control) throws(FrameworkProblem) {
    guard let target = addition.target, target != control.id else {
      if let title = addition.title { control.title = title }
      control.parameters += addition.parameters
      control.properties += addition.properties
      control.links += addition.links
      let isFirst = addition.position == .starting || addition.position == .before
      control.parts = isFirst ? addition.parts + control.parts : control.parts + addition.parts
      return
    }
    guard let depth = OSCALResolution.place(addition, at: target, in: &control.parts, depth: 1) else {
      reading.remarks.add(.alterWithoutTarget, "\(control.id) \(target)", line: addition.line)
      return
    }
    let most = LibraryLimits.standard.depth
    guard depth + OSCALResolution.height(addition.parts) <= most else {
      throw .tooDeep(file: file, line: addition.line, limit: most)
    }
    control.parameters += addition.parameters
  }

  private static func height(_ parts: [OSCAL.Part]) -> Int {
    parts.map { 1 + height($0.parts) }.max() ?? 0
  }

  /// How deep the part of this id stands, after the addition was put there; nil when there is none.
  private static func place(
    _ addition: OSCAL.Addition, at target: String, in parts: inout [OSCAL.Part], depth: Int
  ) -> Int? {
    guard let place = parts.firstIndex(where: { $0.id == target }) else {
      for number in parts.indices {
        if let found = self.place(addition, at: target, in: &parts[number].parts, depth: depth + 1) {
          return found
        }
      }
      return nil
    }
    switch addition.position {
    case .before: parts.insert(contentsOf: addition.parts, at: place)
    case .after: parts.insert(contentsOf: addition.parts, at: place + 1)
    case .starting, .ending:
      if let title = addition.title { parts[place].title = title }
      parts[place].properties += addition.properties
      parts[place].links += addition.links
      parts[place].parts =
        addition.position == .starting
        ? addition.parts + parts[place].parts : parts[place].parts + addition.parts
    }
    return depth
  }
}
