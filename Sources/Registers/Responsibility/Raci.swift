import Kernel
import Storage
import Web

/// Who within the facility decides, does, is asked and is told (RACI), for work that is the same whatever the system.
enum Raci {
  /// Someone in the table: a role, and the person who holds it if that is known.
  struct Party: Sendable, Equatable, Codable {
    typealias ID = Kernel.ID<Party>

    let id: ID
    /// 1 to 40 characters.
    let name: String
    let person: PersonID?
    let position: Int
    let version: Int
  }

  /// What a party has to do with an activity.
  enum Part: String, Sendable, CaseIterable, Codable {
    case responsible = "R"
    case accountable = "A"
    /// Decides and does it: usual in small facilities.
    case both = "AR"
    case consulted = "C"
    case informed = "I"

    var decides: Bool { self == .accountable || self == .both }
    var acts: Bool { self == .responsible || self == .both }
  }

  /// One line: something to be done or decided.
  struct Activity: Sendable, Equatable, Codable {
    typealias ID = Kernel.ID<Activity>

    let id: ID
    /// 1 to 60 characters.
    var name: String
    var position: Int
    var parts: [String: Part]
    var version: Int

    func part(of party: Party) -> Part? { parts[party.id.text] }

    /// What is amiss, counting only parties that are still in the table.
    func findings(_ parties: [Party]) -> [Finding] {
      let parts = parties.compactMap { part(of: $0) }
      let deciders = parts.count(where: \.decides)
      var found: [Finding] = []
      if deciders == 0 { found.append(.noDecider) }
      if deciders > 1 { found.append(.severalDeciders) }
      if !parts.contains(where: \.acts) { found.append(.nobodyActs) }
      return found
    }
  }

  enum Finding: String, Sendable, CaseIterable { case noDecider, severalDeciders, nobodyActs }

  struct Table: Sendable {
    let parties: [Party]
    let activities: [Activity]
    /// Names of the people who hold roles.
    let people: [PersonID: String]

    var findings: Int { activities.reduce(0) { $0 + $1.findings(parties).count } }
  }

  /// Columns beyond this fit on no sheet.
  static let mostParties = 20
  static let mostActivities = 100

  /// What we put into an empty table; parts by the order of ``starterParties``. Suggestions of ours, to be corrected.
  static let starterParties: [ResponsibilityText] = [
    .partyDirector, .partySafety, .partyPlanning, .partyOperations, .partyCare,
  ]
  static let starterActivities: [(name: ResponsibilityText, parts: [Part?])] = [
    (.raciStop, [.accountable, .responsible, .consulted, .consulted, .consulted]),
    (.raciCut, [.informed, .accountable, .informed, .responsible, .informed]),
    (.raciPaper, [.accountable, .consulted, .consulted, .informed, .responsible]),
    (.raciReport, [.accountable, .responsible, .responsible, .consulted, .informed]),
    (.raciChange, [.informed, .accountable, .responsible, .responsible, .consulted]),
    (.raciRights, [.informed, .accountable, .responsible, .responsible, .responsible]),
    (.raciRestore, [.informed, .accountable, .consulted, .responsible, .informed]),
    (.raciContract, [.accountable, .consulted, .responsible, .consulted, .informed]),
    (.raciTraining, [.informed, .accountable, .responsible, .consulted, .informed]),
  ]

  // MARK: Verbs

  /// Puts our suggestions into an empty table.
  ///
  /// - Throws: `.notEmpty`.
  static func addStarters(_ texts: (ResponsibilityText) -> String, _ tx: WriteTx) throws {
    guard try tx.raciParties().isEmpty, try tx.raciActivities().isEmpty else {
      throw Responsibility.Refusal.notEmpty
    }
    let parties = starterParties.enumerated().map { index, name in
      Party(id: tx.scope.newID(), name: texts(name), person: nil, position: (index + 1) * 10, version: 1)
    }
    for party in parties { try tx.insert(party) }
    for (index, starter) in starterActivities.enumerated() {
      var parts: [String: Part] = [:]
      for (party, part) in zip(parties, starter.parts) { parts[party.id.text] = part }
      try tx.insert(
        Activity(
          id: tx.scope.newID(), name: texts(starter.name), position: (index + 1) * 10, parts: parts,
          version: 1))
    }
  }

  /// Adds an activity, or changes the one with its id.
  ///
  /// - Throws: `Responsibility.Refusal`; `Stale` when someone else was faster.
  static func save(_ draft: Activity, isNew: Bool, in scope: Scope) async throws {
    guard let name = draft.name.trimmed(to: 1...60), name.utf8.count <= 240 else {
      throw Responsibility.Refusal.badName
    }
    var activity = draft
    activity.name = name
    let stored = activity
    try await scope.write { tx in
      let known = Set(try tx.raciParties().map(\.id.text))
      guard stored.parts.keys.allSatisfy(known.contains) else { throw Responsibility.Refusal.noSuchPart }
      if isNew {
        guard try tx.raciActivities().count < mostActivities else {
          throw Responsibility.Refusal.tooManyItems
        }
        return try tx.insert(stored)
      }
      guard let before = try tx.raciActivities().first(where: { $0.id == stored.id }) else {
        throw Responsibility.Refusal.noSuchPart
      }
      guard before.version == stored.version else { throw Stale() }
      var kept = stored
      kept.name = Responsibility.ownWords.kept(stored.name, over: before.name)
      try tx.replace(before, with: kept)
    }
  }

  /// Adds a party, or changes the one with its id.
  static func save(_ draft: Party, isNew: Bool, in scope: Scope) async throws {
    guard let name = draft.name.trimmed(to: 1...40), name.utf8.count <= 160 else {
      throw Responsibility.Refusal.badName
    }
    let stored = Party(
      id: draft.id, name: name, person: draft.person, position: min(max(draft.position, 0), 9999),
      version: draft.version)
    try await scope.write { tx in
      if let person = stored.person, try tx.person(person) == nil { throw Responsibility.Refusal.noSuchPart }
      let parties = try tx.raciParties()
      if isNew {
        guard parties.count < mostParties else { throw Responsibility.Refusal.tooManyItems }
        return try tx.insert(stored)
      }
      guard let before = parties.first(where: { $0.id == stored.id }) else {
        throw Responsibility.Refusal.noSuchPart
      }
      guard before.version == stored.version else { throw Stale() }
      let name = Responsibility.ownWords.kept(stored.name, over: before.name)
      try tx.replace(before, with: stored.with(name: name))
    }
  }
}
