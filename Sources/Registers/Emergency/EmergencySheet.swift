import Kernel
import Web

/// Everything of the registers that the emergency sheet shows, on one day.
public struct EmergencySheet: Sendable {
  /// Someone who is called.
  struct Human: Sendable, Equatable {
    let id: PersonID
    let name: String
    let job: String?
    let day: String?
    let night: String?
    let testedOn: Day?

    /// 副院長 山本
    var title: String { [job, name].compactMap { $0 }.joined(separator: " ") }
  }

  struct Role: Sendable, Equatable {
    let kind: String
    let name: String
    let person: Human?
    let deputy: Human?
    /// Its own numbers, else those of whoever holds it.
    let day: String?
    let night: String?
    let within: String?
    let testedOn: Day?
    let nextCheckOn: Day?

    var hasNumber: Bool { day != nil || night != nil }
  }

  struct Contact: Sendable, Equatable {
    let kind: String
    let name: String
    let when: String?
    let within: String?
    let day: String?
    let night: String?
    let web: String?
    let testedOn: Day?
    let nextCheckOn: Day?

    /// With the program's own words in the reader's language.
    func shown(in language: Language) -> Contact {
      let words = Contacts.ownWords
      return Contact(
        kind: kind, name: words(name, language), when: `when`.map { words($0, language) },
        within: within.map { words($0, language) }, day: day, night: night, web: web, testedOn: testedOn,
        nextCheckOn: nextCheckOn)
    }
  }

  struct Vendor: Sendable, Equatable {
    let name: String
    let day: String?
    /// At night, else the emergency contact.
    let night: String?
    let testedOn: Day?
    /// The systems it answers for, the first to be restored first.
    let systems: [String]
  }

  let facility: String
  let day: Day
  /// Of the facility's ledger when the registers were read.
  let fingerprint: String
  /// By name.
  let roles: [Role]
  /// In the order of the chart.
  var contacts: [Contact]
  /// Those whose systems stop care first; at most ``mostVendors`` of them.
  let vendors: [Vendor]
  /// How many there are in all.
  let vendorCount: Int

  static let mostVendors = 60

  var isEmpty: Bool { roles.isEmpty && contacts.isEmpty && vendorCount == 0 }

  // MARK: Who calls whom

  /// A step of the chain: one role, or several that the same person holds.
  struct Step: Sendable, Equatable {
    var names: [String]
    var role: Role
  }

  /// From operations to the safety manager to management: of each kind the first that somebody holds.
  ///
  /// Neighbours that one person holds with the same numbers are one step: in a small clinic the director is all three.
  var chain: [Step] {
    var steps: [Step] = []
    for kind in ["operations", "safety-manager", "management"] {
      guard let role = chained(kind) else { continue }
      if let last = steps.last, let person = role.person, last.role.person?.id == person.id,
        last.role.day == role.day, last.role.night == role.night
      {
        steps[steps.count - 1].names.append(role.name)
      } else {
        steps.append(Step(names: [role.name], role: role))
      }
    }
    return steps
  }

  private func chained(_ kind: String) -> Role? {
    roles.first { $0.kind == kind && ($0.person != nil || $0.hasNumber) }
  }

  /// Further roles that are told in an emergency.
  var others: [Role] {
    let chained = ["operations", "safety-manager", "management"].compactMap(chained)
    let told: Set = ["operations", "safety-manager", "management", "planning", "privacy", "patients"]
    return roles.filter {
      told.contains($0.kind) && ($0.person != nil || $0.hasNumber) && !chained.contains($0)
    }
  }

  var inside: [Contact] { contacts.filter { $0.kind == "inside" } }
  var outside: [Contact] { contacts.filter { $0.kind != "inside" } }

  /// The step from which people of the facility are told: the safety manager's, else the first.
  var insideStep: Int {
    guard let manager = chained("safety-manager") else { return 0 }
    return chain.firstIndex { $0.names.contains(manager.name) } ?? 0
  }

  /// Who speaks to patients and the press.
  var speaker: Human? { roles.first { $0.kind == "patients" && $0.person != nil }?.person }

  /// The earliest day on which something of the sheet is to be checked again.
  var nextCheckOn: Day? { (roles.map(\.nextCheckOn) + contacts.map(\.nextCheckOn)).compactMap { $0 }.min() }

  // MARK: What is missing

  enum Gap: String, Sendable, CaseIterable {
    case operations, safetyManager, management, vendor, prefecture, ministry, police
  }

  /// What a chart needs and the registers lack.
  var gaps: [Gap] {
    let kinds = Set(contacts.map(\.kind))
    return Gap.allCases.filter { gap in
      switch gap {
      case .operations: chained("operations") == nil
      case .safetyManager: chained("safety-manager") == nil
      case .management: chained("management") == nil
      case .vendor: vendorCount == 0
      case .prefecture, .ministry, .police: !kinds.contains(gap.rawValue)
      }
    }
  }
}
