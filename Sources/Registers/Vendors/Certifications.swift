import Kernel
public import Storage
public import Web

/// The certifications of vendors, and the day on which somebody last tried their contacts.
enum Certifications {
  /// Adds a certification or stores it in the place of one that stands.
  ///
  /// - Throws: `Certification.Refusal`, `Entry.Refusal.noSuchEntry`; `Stale`.
  static func save(
    _ certification: Certification, over id: Certification.ID?, _ language: Language, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let vendor = try tx.entry(Vendors.register, certification.vendor)?.entry else {
        throw Entry.Refusal.noSuchEntry
      }
      if let id {
        guard let before = try tx.certifications(of: vendor.id).first(where: { $0.id == id }) else {
          throw Certification.Refusal.notFound
        }
        try tx.replace(before, with: certification)
      } else {
        try tx.insert(certification)
      }
      try touch(vendor, language, tx)
    }
  }

  /// - Throws: `Certification.Refusal.notFound`; `Stale`.
  static func remove(
    _ id: Certification.ID, of vendor: Entry.ID, revision: Int, _ language: Language, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      guard let entry = try tx.entry(Vendors.register, vendor)?.entry,
        let standing = try tx.certifications(of: vendor).first(where: { $0.id == id })
      else { throw Certification.Refusal.notFound }
      guard standing.revision == revision else { throw Stale() }
      try tx.remove(standing)
      try touch(entry, language, tx)
    }
  }

  /// Someone has tried all contacts of a vendor today; the next check is in a year.
  static func contactsChecked(
    _ id: Entry.ID, version: Int, _ language: Language, in scope: Scope
  ) async throws {
    let today = scope.now.day
    try await Vendors.register.change(
      id,
      ["contactsCheckedOn": today.description, "nextCheckOn": today.adding(days: 365).description],
      version: version, language, in: scope)
  }

  /// Writes the vendor anew when the first end of its certifications is another now.
  private static func touch(_ vendor: Entry, _ language: Language, _ tx: WriteTx) throws {
    let end = try tx.certifications(of: vendor.id).compactMap(\.endsOn).min()
    guard vendor.day("certificateEndsOn") != end else { return }
    try tx.replace(
      vendor, with: Entry(id: vendor.id, values: vendor.values, version: vendor.version + 1),
      in: Vendors.register, language: language)
  }

  static let keeper = EntryKeeper(
    prepare: { before, after, _, tx in
      guard let before else { return after }
      var entry = after
      entry.values["certificateEndsOn"] =
        try tx.certifications(of: before.id).compactMap(\.endsOn).min()?.description
      return entry
    },
    keep: { before, after, tx in
      if let before, after == nil { try tx.dropCertifications(of: before.id) }
    })
}

extension Vendors {
  /// Adds a certification to the vendor of a name.
  ///
  /// - Parameter kind: a value of `Certification.Kind`: `isms`, `privacy-mark`, `ismap`…
  /// - Throws: `Certification.Refusal`; `Entry.Refusal.noSuchEntry`.
  public static func certify(
    _ name: String, kind: String, number: String, scope range: String, endsOn: String, _ language: Language,
    in scope: Scope
  ) async throws {
    guard let vendor = try await scope.read({ try $0.entryID(register, key: name.searchable) }) else {
      throw Entry.Refusal.noSuchEntry
    }
    let certification = try Certification(
      id: scope.newID(), vendor: vendor, kind: kind, number: number, scope: range, endsOn: endsOn, note: "",
      revision: 1)
    try await Certifications.save(certification, over: nil, language, in: scope)
  }
}
