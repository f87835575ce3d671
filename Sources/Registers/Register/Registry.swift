public import Kernel
public import Storage
public import Web

/// The registers of a facility together: pages, permissions and words that all of them share.
public enum Registry {
  /// In the order of their tabs.
  public static let all: [Register] = [
    Systems.register, Devices.register, Connections.register, Vendors.register, Contracts.register,
    People.register, Roles.register, Contacts.register, Departments.register, Places.register,
    Documents.register, Provisions.register, Provisions.outsourcings, Disclosures.register,
  ]

  /// - Throws: `Entry.Refusal.noSuchRegister`.
  public static func register(_ id: String) throws(Entry.Refusal) -> Register {
    guard let found = all.first(where: { $0.id == id }) else { throw .noSuchRegister }
    return found
  }

  public static var feature: Feature { feature(reliedOnBy: []) }

  /// The feature, with those who know which answers rest on the registers.
  public static func feature(reliedOnBy reliances: [RelianceSource]) -> Feature {
    var feature = Feature("registers")
    feature.migrations = [
      Vendors.migrations, Systems.migrations, Contracts.migrations, Devices.migrations,
      Connections.migrations,
      RegisterExchange.migrations, RegisterExchange.runMigrations, Files.migrations, Documents.migrations,
      Provisions.migrations,
      Dependencies.migrations, Roles.migrations, Contacts.migrations, Departments.migrations,
      Places.migrations,
      Disclosures.migrations, Maintenance.migrations, ExtraColumns.migrations, ListCheck.migrations,
      SavedView.migrations,
    ].flatMap { $0 }
    feature.catalogs = [
      RegisterText.catalog, Systems.catalog, Devices.catalog, Connections.catalog, Vendors.catalog,
      Contracts.catalog, Files.catalog, Documents.catalog, Provisions.catalog, Dependencies.catalog,
      Diagrams.catalog, Roles.catalog, Contacts.catalog, Departments.catalog, Places.catalog,
      Disclosures.catalog, Maintenance.catalog, ColumnText.catalog, ListCheckText.catalog,
      SavedViewText.catalog, PrintText.catalog,
    ]
    let read: Set<Permission> = [.registersRead, .documentsRead]
    let edit = read.union([.registersEdit])
    feature.grants = [
      .administrator: edit.union([.documentsApprove]), .safetyManager: edit.union([.documentsApprove]),
      .itStaff: edit, .management: read.union([.documentsApprove]), .auditor: read,
      .contributor: [.documentsRead], .staff: [.documentsRead], .specialist: read,
    ]
    feature.menu = [
      MenuEntry("registers", path: "/registers/devices", permission: .registersRead, order: 30) {
        Texts<RegisterText>($0)(.menu)
      }
    ]
    let (indexes, desk) = (EntryIndexes(), ImportDesk())
    feature.routes = { routes in
      self.routes(&routes, indexes, reliedOnBy: reliances)
      RegisterExchange.routes(&routes, desk)
      Documents.routes(&routes)
      Renewals.routes(&routes)
      Clauses.routes(&routes)
      Certifications.routes(&routes)
      Dependencies.routes(&routes)
      Diagrams.routes(&routes)
      Contacts.routes(&routes)
      Disclosures.routes(&routes)
      Maintenance.routes(&routes)
      EntryFiles.routes(&routes)
      ExtraColumns.routes(&routes)
      ListCheck.routes(&routes)
      SavedView.routes(&routes)
      PrintedLedger.routes(&routes)
    }
    feature.due = Notices.due
    feature.duties = Notices.duties
    feature.records = { Texts<RegisterText>($0)(.records) }
    feature.signals = [
      Devices.signals, Connections.signals, Roles.signals, Emergency.signals, Documents.signals,
      Disclosures.signals,
    ].reduce(into: [:]) { all, slice in all.merge(slice) { first, _ in first } }
    return feature
  }

  /// Where an entry is named: register and field. Nothing that is named can be taken out.
  static func naming(_ register: Register) -> [(register: Register, field: Field)] {
    all.flatMap { other in
      other.fields.compactMap { field in
        switch field.kind {
        case .entry(of: register.id, _, _): (other, field)
        case .person where register.id == People.register.id: (other, field)
        default: nil
        }
      }
    }
  }
}

extension Permission {
  public static let registersRead = Permission("registers.read")
  public static let registersEdit = Permission("registers.edit")
}

/// Everything that keeps an entry from being saved.
public struct EntryRefused: Error, Sendable, Equatable {
  public let refusals: [Entry.Refusal]
}

extension Register {
  /// Adds an entry; the form, the import and the command line come through here.
  ///
  /// - Parameter raw: texts by field id; an absent field is empty.
  /// - Throws: `EntryRefused`.
  @discardableResult
  public func add(_ raw: [String: String], _ language: Language, in scope: Scope) async throws -> Entry {
    try await scope.write { tx in try add(raw, language, tx) }
  }

  func add(_ raw: [String: String], _ language: Language, _ tx: WriteTx) throws -> Entry {
    let values = try values(raw, over: [:], language, tx)
    let entry = Entry(id: tx.scope.newID(), values: values, version: 1)
    do { try tx.insert(entry, into: self, language: language) } catch let refusal as Entry.Refusal {
      throw EntryRefused(refusals: [refusal])
    }
    return entry
  }

  /// Changes an entry. Fields that `raw` does not name stay as they are.
  ///
  /// - Parameter version: the version on which the change is based.
  /// - Throws: `EntryRefused`, `Entry.Refusal.noSuchEntry`; `Stale` when someone else was faster.
  @discardableResult
  public func change(
    _ id: Entry.ID, _ raw: [String: String], version: Int, _ language: Language, in scope: Scope
  ) async throws -> Entry {
    try await scope.write { tx in
      guard let before = try tx.entry(self, id)?.entry else { throw Entry.Refusal.noSuchEntry }
      return try change(before, raw, version: version, language, tx)
    }
  }

  func change(_ before: Entry, _ raw: [String: String], version: Int, _ language: Language, _ tx: WriteTx)
    throws -> Entry
  {
    var raw = raw
    if let words = ownWords {
      for (field, text) in raw { raw[field] = words.kept(text, over: before.text(field)) }
    }
    let after = Entry(
      id: before.id, values: try values(raw, over: before.values, language, tx), version: before.version + 1)
    // Also when the answer to an earlier, identical request was lost on its way.
    if after.values == before.values { return before }
    guard before.version == version else { throw Stale() }
    do { try tx.replace(before, with: after, in: self, language: language) } catch let refusal
      as Entry.Refusal
    {
      throw EntryRefused(refusals: [refusal])
    }
    return after
  }

  private func values(
    _ raw: [String: String], over before: [String: String], _ language: Language, _ tx: ReadTx
  ) throws -> [String: String] {
    let reader = EntryReader(register: self, language: language) { field, text in
      try tx.candidates(of: field, named: text)
    }
    let (values, refusals) = try reader.read(raw, over: before)
    let all = refusals + rules.compactMap { $0.refusal(of: values, in: self, language) }
    guard all.isEmpty else { throw EntryRefused(refusals: all) }
    return values
  }

  /// Takes an entry out; its history stays.
  ///
  /// - Parameter reliances: those who know which answers rest on the registers.
  /// - Throws: `Entry.Refusal.namedBy` while another entry names it, `.reliedOn` while an answer rests on it;
  ///   `.inUse` while a row of any slice names it; `.signsIn`, `.noSuchEntry`; `Stale`.
  public func remove(
    _ id: Entry.ID, version: Int, reliedOnBy reliances: [RelianceSource] = [], _ language: Language = .ja,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      func relied() throws -> [Reliance] { try reliances.flatMap { try $0(tx, language, scope.now.day) } }
      guard let entry = try tx.entry(self, id)?.entry else { throw Entry.Refusal.noSuchEntry }
      guard entry.version == version else { throw Stale() }
      if let sharing, try tx.isKept(id, in: self, sharing) { throw sharing.keptRefusal }
      let relations = try tx.relations(of: id, in: Registry.naming(self), limit: 1)
      if let relation = relations.first(where: { $0.count > 0 }), let first = relation.first.first {
        throw Entry.Refusal.namedBy(
          noun: relation.register.noun(language), title: first.title)
      }
      try refuseRemoval(of: entry, language, tx)
      let before = try relied()
      for tie in Registry.ties where tie.register == self.id { try tie.leave(tx, entry) }
      try tx.remove(entry, from: self)
      if before.isEmpty { return }
      let after = Set(try relied())
      // The transaction goes back: the entry stays.
      if let lost = before.first(where: { !after.contains($0) }) {
        throw Entry.Refusal.reliedOn(answer: lost.label)
      }
    }
  }

  /// The same value for several entries, or none of them.
  ///
  /// - Throws: `Entry.Refusal.nothingChosen`, `EntryRefused`, `Stale`.
  func changeAll(
    _ field: Field, to text: String, of choice: BulkChoice, _ language: Language, in scope: Scope
  ) async throws -> Int {
    try await scope.write { tx in
      let entries = try tx.entries(self, choice).map(\.entry)
      guard !entries.isEmpty else { throw Entry.Refusal.nothingChosen }
      guard choice.isStill(entries) else { throw Stale() }
      let reader = EntryReader(register: self, language: language) { field, text in
        try tx.candidates(of: field, named: text)
      }
      let stored: String?
      do throws(Entry.Refusal) { stored = try reader.value(field, text) } catch {
        throw EntryRefused(refusals: [error])
      }
      let writer = EntryWriter(self, language)
      var changed = 0
      for before in entries where before.values[field.id] != stored {
        guard choice.accepts(before, field, to: stored) else { throw Stale() }
        var values = before.values
        values[field.id] = stored
        var refusals = rules.compactMap { $0.refusal(of: values, in: self, language) }
        if field.isRequired && stored == nil {
          refusals.append(.missing(field: field.id, label: field.label(language)))
        }
        guard refusals.isEmpty else { throw EntryRefused(refusals: refusals) }
        try tx.replace(
          before, with: Entry(id: before.id, values: values, version: before.version + 1), writer)
        changed += 1
      }
      return changed
    }
  }
}
