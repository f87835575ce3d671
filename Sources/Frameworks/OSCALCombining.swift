/// What becomes of a control that a profile takes from two places.
extension OSCALResolution {
  /// The pieces with every control in them as often as the profile's rule says.
  func combined(_ pieces: [OSCAL.Catalog], _ rule: OSCAL.Combine) -> [OSCAL.Catalog] {
    var seen: Set<String> = []
    var later: [String: [OSCAL.Control]] = [:]
    let unique = pieces.map { piece -> OSCAL.Catalog in
      var again: Set<String> = []
      for control in piece.all where !seen.insert(control.id).inserted {
        again.insert(control.id)
        later[control.id, default: []].append(control)
        reading.remarks.add(.repeatedControl, control.id, line: control.line)
      }
      guard !again.isEmpty, rule != .keep else { return piece }
      return OSCALResolution.pruned(piece, to: Set(piece.all.map(\.id)).subtracting(again))
    }
    guard rule == .merge, !later.isEmpty else { return unique }
    func joined(_ controls: [OSCAL.Control]) -> [OSCAL.Control] {
      controls.map { control in
        var one = control
        // Those below the later ones stand where they were.
        for other in later[control.id] ?? [] { one.take(other) }
        one.controls = joined(one.controls)
        return one
      }
    }
    func joined(_ group: OSCAL.Group) -> OSCAL.Group {
      var one = group
      one.controls = joined(group.controls)
      one.groups = group.groups.map(joined)
      return one
    }
    return unique.map { piece in
      var one = piece
      one.controls = joined(piece.controls)
      one.groups = piece.groups.map(joined)
      return one
    }
  }

  /// Gives controls that are kept beside others of their name a name of their own: `ac-1`, `ac-1_2`.
  static func numbered(_ catalog: OSCAL.Catalog) -> OSCAL.Catalog {
    let known = Set(catalog.all.map(\.id))
    var used: Set<String> = []
    func name(_ id: String) -> String {
      if used.insert(id).inserted { return id }
      var number = 2
      while known.contains("\(id)_\(number)") || used.contains("\(id)_\(number)") { number += 1 }
      used.insert("\(id)_\(number)")
      return "\(id)_\(number)"
    }
    func numbered(_ controls: [OSCAL.Control]) -> [OSCAL.Control] {
      controls.map { control in
        var one = control.named(name(control.id))
        one.controls = numbered(control.controls)
        return one
      }
    }
    func numbered(_ group: OSCAL.Group) -> OSCAL.Group {
      var one = group
      one.groups = group.groups.map(numbered)
      one.controls = numbered(group.controls)
      return one
    }
    var result = catalog
    result.groups = catalog.groups.map(numbered)
    result.controls = numbered(catalog.controls)
    return result
  }
}

extension OSCAL.Control {
  fileprivate func named(_ id: String) -> OSCAL.Control {
    OSCAL.Control(
      id: id, kind: kind, title: title, parameters: parameters, properties: properties, links: links,
      parts: parts, controls: controls, line: line)
  }

  /// Adds what another control of the same name has and this one has not.
  fileprivate mutating func take(_ other: OSCAL.Control) {
    for one in other.parameters where !parameters.contains(where: { $0.id == one.id }) {
      parameters.append(one)
    }
    for one in other.properties
    where !properties.contains(where: { $0.name == one.name && $0.value == one.value && $0.kind == one.kind })
    {
      properties.append(one)
    }
    for one in other.links
    where !links.contains(where: { $0.href == one.href && $0.relation == one.relation }) {
      links.append(one)
    }
    for one in other.parts where !parts.contains(where: { $0.isSame(as: one) }) { parts.append(one) }
  }
}

extension OSCAL.Part {
  /// Of the same id, or of the same name and words where there is none.
  fileprivate func isSame(as other: OSCAL.Part) -> Bool {
    if let id, let otherID = other.id { return id == otherID }
    return name == other.name && title == other.title && prose == other.prose
  }
}
