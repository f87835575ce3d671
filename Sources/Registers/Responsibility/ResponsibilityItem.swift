import Kernel

extension Responsibility {
  /// Something that must be done for a system: one line of its table.
  struct Item: Sendable, Equatable, Codable {
    typealias ID = Kernel.ID<Item>

    let id: ID
    let name: String
    /// What belongs to it; "" when the name says enough.
    let note: String
    /// In which phases there is anything to do. Never empty.
    let phases: [Phase]
    let layer: Layer
    /// Lines stand in this order; equal ones by name.
    let position: Int
    /// No longer asked for. What was decided stays in the record.
    let isRetired: Bool
    let version: Int

    /// - Throws: `.badName` unless 1 to 60 characters; `.badNote` over 300; `.noPhase`.
    init(
      id: ID, name raw: String, note: String, phases: Set<Phase>, layer: Layer, position: Int,
      isRetired: Bool = false, version: Int = 1
    ) throws(Refusal) {
      guard let name = raw.trimmed(to: 1...60), name.utf8.count <= 240 else { throw .badName }
      guard let note = note.trimmed(to: 0...300), note.utf8.count <= 1200 else { throw .badNote }
      guard !phases.isEmpty else { throw .noPhase }
      (self.id, self.name, self.note, self.phases) = (id, name, note, phases.sorted())
      (self.layer, self.isRetired, self.version) = (layer, isRetired, version)
      self.position = min(max(position, 0), 9999)
    }

    init(
      stored id: ID, name: String, note: String, phases: [Phase], layer: Layer, position: Int,
      isRetired: Bool, version: Int
    ) {
      (self.id, self.name, self.note, self.phases) = (id, name, note, phases)
      (self.layer, self.position, self.isRetired, self.version) = (layer, position, isRetired, version)
    }
  }

  /// Which part of a system a duty belongs to. Service models differ in how many of these the vendor carries.
  enum Layer: String, Sendable, CaseIterable, Codable {
    /// The facility's own, whoever runs the system.
    case facility
    /// The vendor's own, wherever the system stands.
    case vendor
    /// Servers, their network and the room they stand in.
    case infrastructure
    /// Operating systems and middleware.
    case platform
    /// The application and its data.
    case application
  }

  /// How a system is provided. Who carries which layer follows from it (formats.md, B-4).
  enum ServiceModel: String, Sendable, CaseIterable {
    case onPremises = "on-premises"
    case iaas, paas, saas

    func vendorCarries(_ layer: Layer) -> Bool {
      switch layer {
      case .facility: false
      case .vendor: true
      case .infrastructure: self != .onPremises
      case .platform: self == .paas || self == .saas
      case .application: self == .saas
      }
    }
  }

  enum Refusal: Problem {
    case badName, badNote, noPhase, noSuchItem, noSuchSystem, notEmpty, nothingToChange, vendorNeeded
    case noSuchPart, noFile, noColumns, tooManyItems

    var code: String { "responsibility.\(self)" }
    var kind: ProblemKind {
      switch self {
      case .noSuchItem, .noSuchSystem, .noSuchPart: .notFound
      case .notEmpty: .conflict
      default: .invalid
      }
    }
    var field: String? {
      switch self {
      case .badName: "name"
      case .badNote: "note"
      case .noPhase: "normal"
      case .vendorNeeded: "vendor"
      case .noFile, .noColumns: "file"
      default: nil
      }
    }
  }

  /// More lines than this make a table that nobody reads; the bound also keeps pages and forms in size.
  static let mostItems = 100

  /// What we put into an empty list. The words are in the slice's catalog, so that each facility gets its language.
  struct Starter: Sendable {
    let name: ResponsibilityText
    let note: ResponsibilityText
    let layer: Layer
    let phases: Set<Phase>

    init(
      _ name: ResponsibilityText, _ note: ResponsibilityText, _ layer: Layer,
      _ phases: Set<Phase> = [.normal, .emergency, .end]
    ) {
      (self.name, self.note, self.layer, self.phases) = (name, note, layer, phases)
    }
  }

  /// Written by us from what goes missing in contracts; guideline 6.0 (management 5.3, planning 2, operations 3) asks
  /// that duties be divided for normal days and emergencies, without giving a list.
  static let starters: [Starter] = [
    Starter(.itemUpdates, .noteUpdates, .platform),
    Starter(.itemWeakness, .noteWeakness, .vendor),
    Starter(.itemVpn, .noteVpn, .infrastructure),
    Starter(.itemContact, .noteContact, .vendor),
    Starter(.itemBackup, .noteBackup, .application),
    Starter(.itemRestore, .noteRestore, .application),
    Starter(.itemLogs, .noteLogs, .platform),
    Starter(.itemEvidence, .noteEvidence, .platform),
    Starter(.itemSubcontractors, .noteSubcontractors, .vendor),
    Starter(.itemData, .noteData, .application),
    Starter(.itemAccounts, .noteAccounts, .facility),
    Starter(.itemMalware, .noteMalware, .platform, [.normal, .emergency]),
    Starter(.itemClock, .noteClock, .platform, [.normal]),
    Starter(.itemNetwork, .noteNetwork, .facility, [.normal, .emergency]),
    Starter(.itemRemote, .noteRemote, .facility),
    Starter(.itemHardware, .noteHardware, .infrastructure),
    Starter(.itemWatch, .noteWatch, .platform, [.normal, .emergency]),
    Starter(.itemIsolation, .noteIsolation, .facility, [.emergency]),
    Starter(.itemCause, .noteCause, .application, [.emergency]),
    Starter(.itemExplanation, .noteExplanation, .facility, [.emergency]),
  ]
}
