/// What a permission belongs to, as people look for it; the page of roles is grouped by it.
public enum RoleArea: CaseIterable {
  case work, assess, registers, watch, people, keep

  /// The parts of permissions' names before the dot.
  var slices: Set<String> {
    switch self {
    case .work: ["home", "documents", "clinic", "emergency"]
    case .assess:
      [
        "assessments", "audits", "findings", "frameworks", "editions", "requests", "reports", "summaries",
        "risks",
      ]
    case .registers: ["registers"]
    case .watch: ["monitoring", "oncall", "paging", "alerts", "recovery"]
    case .people:
      ["people", "account-reviews", "factors", "grants", "tokens", "terminals", "sign-on", "break-glass"]
    case .keep: ["ledger", "backup", "stamps", "mail", "facility"]
    }
  }

  var word: PeopleText {
    switch self {
    case .work: .areaWork
    case .assess: .areaAssess
    case .registers: .areaRegisters
    case .watch: .areaWatch
    case .people: .areaPeople
    case .keep: .areaKeep
    }
  }

  /// The area of a permission; nil for one that has none, which a test refuses.
  public static func of(_ permission: String) -> RoleArea? {
    let slice = String(permission.prefix { $0 != "." })
    return allCases.first { $0.slices.contains(slice) }
  }
}
