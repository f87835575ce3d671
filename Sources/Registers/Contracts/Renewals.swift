import Kernel
public import Storage
public import Web

/// Renewing a contract: what the new version says, how it differs, and that the hospital was told.
enum Renewals {
  /// What may change from version to version, in the order of the form.
  static let terms: [Field] = {
    let ids = ["startsOn", "endsOn", "autoRenewal", "noticeBy", "amountYen", "systems"]
    return ids.compactMap(Contracts.register.field) + Clause.all.map(\.field)
  }()
  private static let termIDs = Set(terms.map(\.id))

  /// What keeps a version from being recorded.
  struct Refused: Error {
    let problems: [any Problem]
  }

  /// Records a new version of a contract, or corrects the one that still waits for its confirmation.
  ///
  /// - Parameters:
  ///   - raw: texts by field id; an absent field stays as it is.
  ///   - version: the version of the contract's entry that the person saw.
  /// - Returns: the number of the version.
  /// - Throws: `Refused`; `Entry.Refusal.noSuchEntry`; `Stale`.
  @discardableResult
  static func record(
    _ raw: [String: String], of id: Entry.ID, version: Int, _ language: Language, in scope: Scope
  ) async throws -> Int {
    try await scope.write { tx in
      guard let entry = try tx.entry(Contracts.register, id)?.entry else { throw Entry.Refusal.noSuchEntry }
      guard entry.version == version else { throw Stale() }
      var versions = try tx.contractVersions(of: id)
      if versions.isEmpty { versions = [try first(of: entry, tx)] }
      let timeline = ContractTimeline(versions)
      guard let last = timeline.versions.last else { throw Stale() }
      let previous = last.awaitsConfirmation ? timeline.previous(of: last) ?? last : last
      let terms = try read(raw, over: last.terms, after: previous, language, tx)
      let number: Int
      if last.awaitsConfirmation {
        number = last.number
        try tx.replace(last, with: last.corrected(terms), as: "contract.version.correct")
      } else {
        number = last.number + 1
        try tx.insert(
          ContractVersion(
            id: scope.newID(), contract: id, number: number, terms: terms, recordedOn: scope.now.day),
          as: "contract.version.add")
      }
      try settle(entry, language, tx)
      return number
    }
  }

  /// What the contract says now becomes its first version.
  private static func first(of entry: Entry, _ tx: WriteTx) throws -> ContractVersion {
    let version = ContractVersion(
      id: tx.scope.newID(), contract: entry.id, number: 1, terms: terms(of: entry),
      recordedOn: tx.scope.now.day)
    try tx.insert(version, as: "contract.version.keep")
    return version
  }

  static func terms(of entry: Entry) -> [String: String] { entry.values.filter { termIDs.contains($0.key) } }

  private static func read(
    _ raw: [String: String], over before: [String: String], after previous: ContractVersion,
    _ language: Language, _ tx: ReadTx
  ) throws -> [String: String] {
    let register = Contracts.register
    let reader = EntryReader(register: register, language: language) { field, text in
      try tx.candidates(of: field, named: text)
    }
    var values = before
    var problems: [any Problem] = []
    for field in terms {
      guard let text = raw[field.id] else { continue }
      do throws(Entry.Refusal) { values[field.id] = try reader.value(field, text) } catch {
        problems.append(error)
      }
    }
    problems += register.rules.compactMap { $0.refusal(of: values, in: register, language) }
    if !problems.contains(where: { $0.field == "startsOn" }) {
      if let start = values["startsOn"].flatMap({ Day($0) }) {
        if let day = previous.startsOn, start <= day {
          problems.append(Renewal.Refusal.startsTooEarly(previous: day))
        }
      } else {
        problems.append(Renewal.Refusal.startMissing)
      }
    }
    guard problems.isEmpty else { throw Refused(problems: problems) }
    return values
  }

  /// The facility says that it was told what is new in a version.
  ///
  /// - Throws: `Renewal.Refusal`; `Stale` when the version is not the one that the person saw.
  static func confirm(
    _ number: Int, of id: Entry.ID, revision: Int, toldOn: String, by teller: String, note: String,
    _ language: Language, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let entry = try tx.entry(Contracts.register, id)?.entry,
        let version = try tx.contractVersions(of: id).first(where: { $0.number == number })
      else { throw Renewal.Refusal.noSuchVersion }
      guard version.awaitsConfirmation else { throw Renewal.Refusal.alreadyConfirmed }
      guard version.revision == revision else { throw Stale() }
      let confirmed = try version.confirmed(
        toldOn: Day.parse(toldOn), by: teller, note: note, as: scope.actor.name, at: scope.now)
      try tx.replace(version, with: confirmed, as: "contract.version.confirm")
      try settle(entry, language, tx)
    }
  }

  /// Takes back the newest version while nobody has confirmed it: the renewal has come to nothing.
  ///
  /// - Throws: `Renewal.Refusal`; `Stale`.
  static func withdraw(
    _ number: Int, of id: Entry.ID, revision: Int, _ language: Language, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let entry = try tx.entry(Contracts.register, id)?.entry,
        let version = try tx.contractVersions(of: id).last, version.number == number
      else { throw Renewal.Refusal.noSuchVersion }
      guard version.awaitsConfirmation else { throw Renewal.Refusal.alreadyConfirmed }
      guard version.revision == revision else { throw Stale() }
      try tx.remove(version)
      try settle(entry, language, tx)
    }
  }

  /// Lets the register say what the version of today says, and sets the day on which the next one begins.
  static func settle(_ entry: Entry, _ language: Language, _ tx: WriteTx) throws {
    let timeline = ContractTimeline(try tx.contractVersions(of: entry.id))
    let today = tx.scope.now.day
    guard let shown = timeline.shown(on: today) else { return }
    var values = entry.values.filter { !termIDs.contains($0.key) }.merging(shown.terms) { _, new in new }
    values["unconfirmedSince"] = timeline.unconfirmedSince?.description
    if values != entry.values {
      try tx.replace(
        entry, with: Entry(id: entry.id, values: values, version: entry.version + 1),
        in: Contracts.register, language: language)
    }
    try tx.housekeeping.setDue(
      "contracts.begin", Contracts.register.subject(entry.id), at: timeline.nextStart(after: today)?.start)
  }

  /// A version begins today.
  static func begin(_ row: DueRow, in scope: Scope) async throws {
    try await scope.write { tx in
      guard let id = Notices.entryID(in: row.subject),
        let entry = try tx.entry(Contracts.register, id)?.entry
      else { return try tx.housekeeping.setDue("contracts.begin", row.subject, at: nil) }
      try settle(entry, .ja, tx)
    }
  }

  /// Keeps versions and entry together when the entry is changed in the form, in bulk or by an import.
  ///
  /// Such a change corrects the version that holds. If it had been confirmed, what was confirmed is not what stands there now,
  /// so it waits again.
  static let keeper = EntryKeeper(
    prepare: { before, after, language, tx in
      guard let before else { return after }
      let versions = try tx.contractVersions(of: before.id)
      let timeline = ContractTimeline(versions)
      guard let shown = timeline.shown(on: tx.scope.now.day) else { return after }
      var entry = after
      let terms = terms(of: after)
      guard terms != shown.terms else { return entry }
      if let start = terms["startsOn"].flatMap({ Day($0) }),
        let previous = timeline.previous(of: shown)?.startsOn, start <= previous
      {
        throw Entry.Refusal.before(
          field: "startsOn", label: Word(ContractText.startsOn)(language),
          other: Texts<ContractText>(language)(.previousStart))
      }
      let corrected = shown.corrected(terms)
      try tx.replace(shown, with: corrected, as: "contract.version.correct")
      entry.values["unconfirmedSince"] =
        ContractTimeline(versions.map { $0.id == shown.id ? corrected : $0 }).unconfirmedSince?.description
      return entry
    },
    refuseRemoval: { contract, _, tx in
      if try !tx.contractVersions(of: contract.id).isEmpty { throw Renewal.Refusal.hasVersions }
    })
}

extension Contracts {
  /// Records a renewal of the contract with a number; what `raw` does not name stays as it is.
  ///
  /// - Throws: the first thing that keeps it from being recorded; `Entry.Refusal.noSuchEntry`.
  public static func renew(_ number: String, _ raw: [String: String], _ language: Language, in scope: Scope)
    async throws
  {
    let entry = try await scope.read { tx in
      try tx.entryID(register, key: number.searchable).flatMap { try tx.entry(register, $0)?.entry }
    }
    guard let entry else { throw Entry.Refusal.noSuchEntry }
    do {
      try await Renewals.record(raw, of: entry.id, version: entry.version, language, in: scope)
    } catch let refused as Renewals.Refused { throw refused.problems.first ?? Entry.Refusal.nothingChosen }
  }
}
