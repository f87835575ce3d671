import Kernel
import Storage
import Web

/// Who is called, and when: rotas, what changes them, and what they ask of people.
enum OnCall {
  static var feature: Feature {
    var feature = Feature("oncall")
    feature.migrations = migrations
    return feature
  }

  // MARK: For those who call people

  /// The rotas of the facility, by name.
  static func rotas(in tx: ReadTx) throws -> [(id: Rota.ID, name: String)] { try tx.rotaNames() }

  /// Who is on call at a moment, with their numbers: one, or nobody. Nobody also for a rota that is gone.
  ///
  /// The moment may be past, now or to come. Four statements at most.
  static func people(on id: Rota.ID, at moment: Instant, layer: Rota.Layer, in tx: ReadTx) throws
    -> [OnCallPerson]
  {
    guard let stored = try tx.rota(id) else { return [] }
    let span = Window(from: moment, until: moment.adding(milliseconds: 1))
    guard let member = try tx.roster(stored, in: span).segment(of: layer, at: moment).member else {
      return []
    }
    switch member {
    case .person(let person): return try tx.onCallPeople(person)
    case .desk(let name, let phone):
      return [OnCallPerson(member: member, name: name, phones: [phone], mail: nil)]
    }
  }
}
