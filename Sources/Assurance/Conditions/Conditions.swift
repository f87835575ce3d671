import Kernel
import Publishing
import Registers
import Storage
public import Web

/// The three conditions for electronic records (真正性・見読性・保存性): how each is met here, and what shows it today.
///
/// The conditions are those of the guideline's third chapter on records that must be kept; what Mamorite keeps is shown
/// by the same measure.
public enum Conditions {
  /// - Parameter environment: in which Typst is looked for.
  public static func feature(environment: [String: String]) -> Feature {
    var feature = Feature("conditions")
    feature.catalogs = [ConditionsText.catalog]
    feature.routes = { routes in
      routes.get("conditions", needs: .ledgerRead) { request, scope in
        let facts = try await scope.read { try $0.conditionFacts() }
        // Nothing is printed: only whether the command is there.
        let canPrint = (try? PdfMaker.find(environment: environment)) != nil
        return .page(ConditionsPage.page(request, facts, canPrint: canPrint))
      }
      routes.post("conditions/verification", needs: .ledgerRead) { _, scope in
        try await verify(in: scope)
        return .redirect(to: "/conditions?verified=1#authenticity")
      }
    }
    return feature
  }

  /// Checks the whole chain and its signatures, and leaves the result in the ledger.
  static func verify(in scope: Scope) async throws {
    let verdict = try await scope.verifyLedger()
    try await scope.write { tx in
      try tx.apply(
        [],
        recording: Change(
          "ledger.verify", of: "ledger:\(tx.facility)",
          to: Verification(
            entries: verdict.entries, checkpoints: verdict.checkpoints, byOtherKeys: verdict.byOtherKeys,
            brokenAt: verdict.brokenAt)))
    }
  }

  /// What a verification found, as the ledger keeps it.
  struct Verification: Codable, Sendable, Equatable {
    let entries: Int
    let checkpoints: Int
    /// How many of them another key has signed than the one beside this database; nil in entries of earlier versions.
    let byOtherKeys: Int?
    /// The first entry that does not fit; nil when all do.
    let brokenAt: Int?
  }

  /// The newest time stamp; without values while the first is awaited.
  struct Stamp: Sendable, Equatable {
    let sequence: Int?
    let at: Instant?
  }

  /// What the database knows about the conditions.
  struct Facts: Sendable {
    var entries = 0
    var firstAt: Instant?
    var signed: Checkpoint?
    /// The newest time stamp; nil where no authority is asked and none has ever been.
    var stamp: Stamp?
    var verified: (at: Instant, found: Verification)?
    /// Proofs and attachments that have not been withdrawn.
    var files = 0
    var backup: BackupRun?
    var drill: RestoreDrill?
  }

  /// How an age in days is judged: good up to the first number, a warning up to the second, else bad.
  static func tone(days: Int?, good: Int, warn: Int) -> Tone {
    guard let days else { return .bad }
    return days <= good ? .good : days <= warn ? .warn : .bad
  }
}

extension Conditions.Facts {
  /// Signed daily: two days leave room for a night in which the server stood still.
  func signature(on today: Day) -> Tone {
    // What follows a signature is the entry about it: nothing has been written that is not signed.
    if let signed, signed.sequence >= entries - (stamp?.sequence == signed.sequence ? 2 : 1) { return .good }
    return Conditions.tone(days: age(signed?.day, today), good: 2, warn: 14)
  }

  /// Stamped with each signature: later ones cover what is before them.
  func stamping(on today: Day) -> Tone {
    guard let stamp, let sequence = stamp.sequence else { return .warn }
    if let signed, sequence >= signed.sequence { return .good }
    return Conditions.tone(days: age(stamp.at?.day, today), good: 2, warn: .max)
  }

  func verification(on today: Day) -> Tone {
    guard let verified else { return .warn }
    guard verified.found.brokenAt == nil else { return .bad }
    // Rightly so after a move to another machine; else someone with the database alone has made the chain anew.
    guard verified.found.byOtherKeys ?? 0 == 0 else { return .warn }
    return Conditions.tone(days: age(verified.at.day, today), good: 31, warn: .max)
  }

  func backups(on today: Day) -> Tone { Conditions.tone(days: age(backup?.at.day, today), good: 2, warn: 14) }

  /// A year between drills is our proposal, not a rule of the guideline.
  func drills(on today: Day) -> Tone {
    guard let drill else { return .warn }
    guard drill.result == .good else { return .bad }
    return Conditions.tone(days: age(drill.on, today), good: 365, warn: .max)
  }

  private func age(_ day: Day?, _ today: Day) -> Int? { day.map { today.days(since: $0) } }
}
