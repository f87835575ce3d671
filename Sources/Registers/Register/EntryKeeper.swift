import Kernel
import Storage
import Web

/// What a slice keeps beside the entries of its register, in the transaction in which one is added, changed or taken out.
///
/// The form, the bulk edit, the import and the command line all pass here, so that nothing is kept in one way only.
struct EntryKeeper: Sendable {
  /// Completes the derived fields of an entry before it is written; nil as `before` for a new one.
  ///
  /// - Throws: `Entry.Refusal`, which is shown like that of any field.
  var prepare: @Sendable (_ before: Entry?, _ after: Entry, Language, WriteTx) throws -> Entry = {
    _, after, _, _ in after
  }
  /// Refuses to have an entry taken out that something outside the registers' fields rests on.
  var refuseRemoval: @Sendable (Entry, Language, ReadTx) throws -> Void = { _, _, _ in }
  /// Once it has been written; before it is taken out, with nil as `after`.
  var keep: @Sendable (_ before: Entry?, _ after: Entry?, WriteTx) throws -> Void = { _, _, _ in }
}

extension Registry {
  /// By register. A new keeper takes its place here.
  static let keepers: [String: [EntryKeeper]] = [
    "contracts": [
      Renewals.keeper, CoveredSystems.contracts, Notices.contracts, Responsibility.keeper(of: "contracts"),
    ],
    "disclosures": [Disclosures.keeper],
    "documents": [Notices.documents],
    "systems": [CoveredSystems.systems, Responsibility.keeper(of: "systems")],
    "vendors": [Certifications.keeper, Notices.vendors, Responsibility.keeper(of: "vendors")],
  ]
}

extension Register {
  func prepared(_ entry: Entry, over before: Entry?, _ language: Language, _ tx: WriteTx) throws -> Entry {
    try Registry.keepers[id, default: []].reduce(entry) { try $1.prepare(before, $0, language, tx) }
  }

  func refuseRemoval(of entry: Entry, _ language: Language, _ tx: ReadTx) throws {
    for keeper in Registry.keepers[id, default: []] { try keeper.refuseRemoval(entry, language, tx) }
  }

  func keep(_ before: Entry?, _ after: Entry?, _ tx: WriteTx) throws {
    for keeper in Registry.keepers[id, default: []] { try keeper.keep(before, after, tx) }
  }
}
