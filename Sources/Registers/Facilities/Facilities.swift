public import Kernel
public import Storage
public import Web

/// The facilities of an installation.
public enum Facilities {
  public static var feature: Feature {
    var feature = Feature("facilities")
    feature.migrations = migrations
    feature.catalogs = [FacilityText.catalog]
    feature.grants = [.administrator: [.facilityEdit]]
    feature.routes = routes
    return feature
  }

  /// Adds a facility; its ledger begins with this entry.
  ///
  /// - Throws: `Facility.Refusal`.
  public static func create(
    name: String, kind: Facility.Kind, beds: Int?, prefecture: Prefecture?, by actor: Actor,
    in database: Database,
    now: Instant
  ) async throws -> Facility {
    let facility = try Facility(
      id: FacilityID(at: now), name: Facility.Name(name), kind: kind, beds: beds, prefecture: prefecture)
    try await Scope(database, actor: actor, facility: facility.id, now: now).write { try $0.insert(facility) }
    return facility
  }

  public static func all(in database: Database) async throws -> [Facility] {
    try await Installation(database).read { try $0.allFacilities() }
  }

  /// The facility of `scope`.
  ///
  /// - Throws: `Facility.Refusal.notFound`.
  public static func this(_ scope: Scope) async throws -> Facility {
    guard let facility = try await scope.read({ try $0.thisFacility() }) else {
      throw Facility.Refusal.notFound
    }
    return facility
  }

  /// Begins or ends recording who opens what is sensitive. Nothing happens when it is so already.
  static func recordReading(_ isOn: Bool, in scope: Scope) async throws {
    try await scope.write { tx in
      if try tx.recordsReading() != isOn { try tx.recordReading(isOn) }
    }
  }

  static func change(
    _ scope: Scope, version: Int, name: String, kind: Facility.Kind, beds: Int?, prefecture: Prefecture?
  )
    async throws
  {
    let name = try Facility.Name(name)
    try await scope.write { tx in
      guard let before = try tx.thisFacility() else { throw Facility.Refusal.notFound }
      guard before.version == version else { throw Stale() }
      let after = try before.changed(name: name, kind: kind, beds: beds, prefecture: prefecture)
      try tx.replace(before, with: after)
    }
  }
}

extension Permission {
  public static let facilityEdit = Permission("facility.edit")
}

/// Words of facilities and of the set-up.
public enum FacilityText: String, TextKey {
  case setupLead, setupElsewhere, setupHere, stepOf, stepsDone, next, back, finish
  case kindAsk, kindLabel, hospital, hospitalNote, clinic, clinicNote, dental, pharmacy, homeNursing
  case nameAsk, nameLabel, nameHint
  case prefectureAsk, prefectureLabel, prefectureHint, prefectureNone, prefectureLater
  case bedsAsk, bedsLabel, bedsHint, bedsHospitalHint, bedsClinicHint, bedsNone, bedCount
  case yearAsk, yearLead, yearLabel, yearThis, yearPrevious
  case adminTitle, adminLead, personLabel, loginLabel, loginHint, passwordLabel, passwordHint
  case editTitle, save, saved, reading, readingText, readingOn, readingOff, readingBegin, readingEnd,
    readingSaved

  public static let catalog = Catalog(FacilityText.self, in: .module, folder: "Facilities.files")

  static func kind(_ kind: Facility.Kind) -> FacilityText {
    switch kind {
    case .hospital: .hospital
    case .clinic: .clinic
    case .dental: .dental
    case .pharmacy: .pharmacy
    case .homeNursing: .homeNursing
    }
  }
}
