public import Kernel
public import Storage
public import Web

/// The people of a facility.
public enum People {
  public static var feature: Feature { feature(beside: []) }

  /// The feature, with the page that tells what each role can do in the other slices too.
  public static func feature(beside others: [Feature]) -> Feature {
    var feature = Feature("people")
    feature.migrations = migrations
    feature.catalogs = [PeopleText.catalog]
    feature.grants = [
      .administrator: [.peopleRead, .peopleEdit], .safetyManager: [.peopleRead, .peopleEdit],
      .itStaff: [.peopleRead, .peopleEdit], .management: [.peopleRead], .auditor: [.peopleRead],
    ]
    let all = others + [feature]
    feature.routes = { routes in
      Self.routes(&routes)
      accessRoutes(&routes)
      signInRoutes(&routes)
      RolePages.routes(&routes, all)
    }
    return feature
  }

  /// Adds a person who does not sign in.
  ///
  /// - Throws: `Person.Refusal`.
  public static func add(name: String, department: String, role: Role, in scope: Scope) async throws -> Person
  {
    guard !role.needsGrant else { throw Person.Refusal.badRole }
    let person = try Person(id: scope.newID(), name: name, department: department, role: role, account: nil)
    try await scope.write { tx in
      guard try !tx.isNamesake(person.name) else { throw Person.Refusal.nameTaken }
      try tx.insert(person)
    }
    return person
  }
}

extension Permission {
  public static let peopleRead = Permission("people.read")
  public static let peopleEdit = Permission("people.edit")
}

public enum PeopleText: String, TextKey {
  case title, count, add, name, department, role, login, signsIn, empty, emptyText, addTitle
  case loginHint, passwordHint, password, save, added, yes, noAccess
  case administrator, safetyManager, itStaff, management, contributor, auditor, staff
  case rolesTitle, rolesLead, rolesLink, yours, leadAdministrator, leadSafetyManager, leadItStaff,
    leadManagement
  case leadContributor, leadAuditor, leadStaff
  case specialist, regionalAdviser, `operator`, leadSpecialist, leadRegionalAdviser, leadOperator,
    onlyByGrant, mayDo
  case areaWork, areaAssess, areaRegisters, areaWatch, areaPeople, areaKeep
  case visitingAuditor, leadVisitingAuditor
  case registerName, noun, people, peopleOne, registerEmpty, nameHint, job, jobHint, phoneDay, phoneDayHint
  case phoneNight, phoneNightHint, mail, testedOn, testedOnHint, leftOn, leftOnHint, note, noteHint,
    untested, testedLongAgo
  case accessTitle, roleHint, roleSave, roleChanged, withdrawTitle, withdrawText, withdrawButton,
    accessWithdrawn, ownAccess, toRecord
  case accessGiven, passwordWasSet, giveTitle, giveHint, giveButton, forgotTitle, forgotText, forgotButton,
    newPassword

  public static let catalog = Catalog(PeopleText.self, in: .module, folder: "People.files")

  /// What the role is for.
  static func lead(_ role: Role) -> PeopleText {
    switch role {
    case .administrator: .leadAdministrator
    case .safetyManager: .leadSafetyManager
    case .itStaff: .leadItStaff
    case .management: .leadManagement
    case .contributor: .leadContributor
    case .auditor: .leadAuditor
    case .staff: .leadStaff
    case .specialist: .leadSpecialist
    case .regionalAdviser: .leadRegionalAdviser
    case .operator: .leadOperator
    case .visitingAuditor: .leadVisitingAuditor
    }
  }

  static func role(_ role: Role) -> PeopleText {
    switch role {
    case .administrator: .administrator
    case .safetyManager: .safetyManager
    case .itStaff: .itStaff
    case .management: .management
    case .contributor: .contributor
    case .auditor: .auditor
    case .staff: .staff
    case .specialist: .specialist
    case .regionalAdviser: .regionalAdviser
    case .operator: .operator
    case .visitingAuditor: .visitingAuditor
    }
  }
}
