import Frameworks
import Kernel
import Web

/// Groups of a framework that the facility's registers choose: those of our guideline are its reading patterns, which the register
/// of systems keeps for each system. A person may choose others.
struct RegisterGroups {
  /// How many systems there are of each pattern, by the group's name in the framework; nil where registers say nothing of groups.
  let systems: [String: Int]?

  /// - Parameter patterns: how many systems there are of each reading pattern, `I` to `IV`.
  init(_ tree: FrameworkTree, patterns: [String: Int]) {
    guard tree.framework.urn.hasPrefix("urn:mamorite:risk:framework:guideline-") else {
      systems = nil
      return
    }
    let offered = Set(tree.groups.map(\.refID))
    systems = offered.isEmpty ? nil : patterns.filter { offered.contains($0.key) }
  }

  /// The groups to begin with; nil for the framework's own choice.
  var chosen: Set<String>? { systems.flatMap { $0.isEmpty ? nil : Set($0.keys) } }

  func line(_ tree: FrameworkTree, _ t: Texts<AuditText>) -> HTML? {
    guard let systems else { return nil }
    let language = tree.language(for: t.language.rawValue)
    let counts = tree.groups.compactMap { group in
      systems[group.refID].map { "\(group.name(in: language)): \(t(.systemsCount, $0))" }
    }
    return counts.isEmpty
      ? "<p class=\"hint\">\(t(.groupsNoSystems)) <a href=\"/registers/systems\">\(t(.groupsToSystems))</a></p>"
      : "<p class=\"hint\">\(t(.groupsFromSystems, counts.joined(separator: t(.comma))))</p>"
  }
}
