import Kernel
import Storage
import Web

/// Writing, approving, handing out and reading of documents.
extension Documents {
  /// A new version of a document, as a draft.
  ///
  /// - Throws: `DocumentRefusal`; `.draftExists` while an earlier version is not approved; `Entry.Refusal.noSuchEntry`.
  static func draft(_ document: Entry.ID, body: String, summary: String, in scope: Scope) async throws
    -> DocumentVersion
  {
    try await scope.write { tx in
      guard try tx.entry(register, document) != nil else { throw Entry.Refusal.noSuchEntry }
      let newest = try tx.newestVersion(of: document)
      guard newest?.isOpen != true else { throw DocumentRefusal.draftExists }
      let new = try DocumentVersion(
        id: scope.newID(), of: document, number: (newest?.number ?? 0) + 1, body: body, summary: summary,
        by: scope.actor.name, at: scope.now)
      try tx.insert(new)
      return new
    }
  }

  /// - Parameter seen: the version on which the change is based.
  /// - Throws: `DocumentRefusal`; `Stale` when someone else was faster.
  static func revise(
    _ id: DocumentVersion.ID, body: String, summary: String, seen: Int, in scope: Scope
  ) async throws {
    try await change(id, seen: seen, as: "document.revise", in: scope) { before, _ in
      try before.revised(body: body, summary: summary, by: scope.actor.name, at: scope.now)
    }
  }

  /// - Throws: `DocumentRefusal`, `Stale`.
  static func askForApproval(_ id: DocumentVersion.ID, seen: Int, in scope: Scope) async throws {
    try await change(id, seen: seen, as: "document.ask", in: scope) { before, _ in
      try before.askedForApproval()
    }
  }

  /// Approves a version and writes it into the register: edition, day, approver, and the day of the next check.
  ///
  /// - Parameter months: after which it is to be checked again; nil leaves the day as it is.
  /// - Throws: `DocumentRefusal`, `Stale`, `EntryRefused`.
  static func approve(
    _ id: DocumentVersion.ID, seen: Int, remark: String, months: Int?, role: Role, _ language: Language,
    in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let before = try version(id, seen: seen, tx)
      let decision = try decision(role, remark, tx)
      try tx.replace(before, with: try before.approved(decision), as: "document.approve")
      guard let entry = try tx.entry(register, before.document)?.entry else {
        throw Entry.Refusal.noSuchEntry
      }
      let today = scope.now.day
      var values = [
        "edition": "\(before.number)", "approvedOn": "\(today)", "approvedBy": scope.actor.name,
        "status": "in-force",
      ]
      if let months { values["nextCheckOn"] = "\(today.adding(months: months))" }
      _ = try register.change(entry, values, version: entry.version, language, tx)
    }
  }

  /// Gives a version back to the one who wrote it, with a word on what to change.
  ///
  /// - Throws: `DocumentRefusal`, `Stale`.
  static func giveBack(
    _ id: DocumentVersion.ID, seen: Int, remark: String, role: Role, in scope: Scope
  ) async throws {
    try await change(id, seen: seen, as: "document.return", in: scope) { before, tx in
      try before.returned(try decision(role, remark, tx))
    }
  }

  /// Asks people to read an approved version; those who have been asked are not asked again.
  ///
  /// - Throws: `DocumentRefusal.nobodyChosen`, `.notApproved`, `.noSuchVersion`.
  static func handOut(_ id: DocumentVersion.ID, to people: Set<PersonID>, in scope: Scope) async throws {
    guard !people.isEmpty else { throw DocumentRefusal.nobodyChosen }
    try await scope.write { tx in
      guard let version = try tx.version(id) else { throw DocumentRefusal.noSuchVersion }
      guard version.state == .approved else { throw DocumentRefusal.notApproved }
      guard let entry = try tx.entry(register, version.document)?.entry else {
        throw Entry.Refusal.noSuchEntry
      }
      let known = Set(try tx.readers(limit: mostReaders).map(\.id))
      let chosen = people.intersection(known).sorted { $0.text < $1.text }
      guard !chosen.isEmpty else { throw DocumentRefusal.nobodyChosen }
      for person in chosen {
        try tx.ask(person, toRead: version)
        try tx.housekeeping.post(
          Message(
            cause: "document:\(id)", recipient: person, step: 1, key: "documents.toRead",
            arguments: [entry.text("title"), "\(version.number)"], link: "/documents/versions/\(id)"))
      }
      try tx.apply(
        [],
        recording: Change(
          "document.hand-out", of: "documents:\(version.document)",
          to: ["version": "\(version.number)", "people": "\(chosen.count)"]))
    }
  }

  /// A person has read a version: on the screen by themselves, or on paper by word of the office.
  ///
  /// - Throws: `DocumentRefusal.noSuchVersion`, `.notForYou`, `.nobodyChosen`. Whoever has confirmed already stays.
  static func confirm(
    _ id: DocumentVersion.ID, by people: Set<PersonID>, _ way: DocumentReading.Way, in scope: Scope
  ) async throws {
    guard !people.isEmpty else { throw DocumentRefusal.nobodyChosen }
    try await scope.write { tx in
      guard let version = try tx.version(id) else { throw DocumentRefusal.noSuchVersion }
      let asked = try tx.readings(of: id).filter { people.contains($0.person) }
      guard !asked.isEmpty else { throw DocumentRefusal.notForYou }
      for reading in asked where reading.readAt == nil {
        try tx.confirm(reading.person, read: version, way)
      }
    }
  }

  /// More people than these are not offered for reading at once.
  static let mostReaders = 3000

  private static func version(_ id: DocumentVersion.ID, seen: Int, _ tx: ReadTx) throws -> DocumentVersion {
    guard let found = try tx.version(id) else { throw DocumentRefusal.noSuchVersion }
    guard found.version == seen else { throw Stale() }
    return found
  }

  private static func decision(_ role: Role, _ remark: String, _ tx: WriteTx) throws
    -> DocumentVersion.Decision
  {
    guard let remark = remark.trimmed(to: 0...400) else { throw DocumentRefusal.summaryTooLong }
    return DocumentVersion.Decision(
      by: tx.scope.actor.name, role: role.rawValue, at: tx.scope.now, remark: remark,
      ledger: try tx.ledgerLength())
  }

  private static func change(
    _ id: DocumentVersion.ID, seen: Int, as action: StaticString, in scope: Scope,
    _ decide: @escaping @Sendable (DocumentVersion, WriteTx) throws -> DocumentVersion
  ) async throws {
    try await scope.write { tx in
      let before = try version(id, seen: seen, tx)
      try tx.replace(before, with: try decide(before, tx), as: action)
    }
  }
}

extension Permission {
  /// May approve documents or give them back.
  static let documentsApprove = Permission("documents.approve")
  /// May see approved documents and confirm that they were read.
  static let documentsRead = Permission("documents.read")
}
