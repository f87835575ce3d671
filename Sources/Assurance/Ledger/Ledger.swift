import Kernel
import Registers
import Storage
public import Web

/// The pages of a facility's ledger: reading and searching it, taking it away, signing its head, knowing a printed fingerprint again.
public enum Ledger {
  /// Entries on a page.
  static let pageSize = 50
  /// Checkpoints on a page.
  static let checkpointsShown = 60

  public static func feature(_ library: PackLibrary) -> Feature {
    var feature = Feature("ledger")
    feature.catalogs = [LedgerText.catalog]
    feature.migrations = migrations
    let take: Set<Permission> = [.ledgerRead, .ledgerExport]
    feature.grants = [
      .administrator: take.union([.ledgerSign]), .safetyManager: take.union([.ledgerSign]),
      .management: take, .auditor: take, .itStaff: [.ledgerRead],
    ]
    feature.menu = [
      MenuEntry("ledger", path: "/ledger", permission: .ledgerRead, order: 80) {
        Texts<LedgerText>($0)(.menu)
      }
    ]
    feature.routes = { routes(&$0, library) }
    feature.due = [
      HousekeepingTx.dailyCheckpoint.description: { _, scope in
        // The next day first: a key that cannot be read must not make the worker try again each minute.
        try await scope.write { try $0.housekeeping.scheduleCheckpoint() }
        try await Stamps.sign(in: scope)
      }
    ]
    return feature
  }

  /// What is known of a fingerprint that someone typed.
  enum Recognition: Sendable, Equatable {
    case unreadable
    case unknown
    /// - Parameters:
    ///   - brokenAt: the first entry up to it that does not fit the chain; nil when all do.
    ///   - covered: the first checkpoint at or behind it, if one is good.
    case known(LedgerEntry, brokenAt: Int?, covered: Checkpoint?)

    static func == (a: Recognition, b: Recognition) -> Bool {
      switch (a, b) {
      case (.unreadable, .unreadable), (.unknown, .unknown): true
      case (.known(let one, let place, _), .known(let other, let otherPlace, _)):
        one == other && place == otherPlace
      default: false
      }
    }
  }

  /// The digits of a fingerprint as people type it: groups, full-width digits and capitals are fine. Nil for anything else.
  static func digits(_ typed: String) -> String? {
    let text = typed.folded.filter { $0 != "-" && $0 != ":" }
    guard (16...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    return text
  }

  static func recognise(_ typed: String, in scope: Scope) async throws -> Recognition {
    guard let digits = digits(typed) else { return .unreadable }
    return try await scope.read { tx in
      guard let entry = try tx.entries(withFingerprint: digits).first else { return .unknown }
      let covering = try tx.checkpoint(covering: entry.sequence)
      return .known(
        entry, brokenAt: try tx.ledgerBreak(upTo: entry.sequence),
        covered: covering.flatMap { $0.isSigned(for: scope.facility) ? $0 : nil })
    }
  }
}

extension Permission {
  static let ledgerRead = Permission("ledger.read")
  /// Taking the whole ledger away in a file.
  static let ledgerExport = Permission("ledger.export")
  /// Signing the head at once.
  static let ledgerSign = Permission("ledger.sign")
}
