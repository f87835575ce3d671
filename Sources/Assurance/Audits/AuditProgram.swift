import Frameworks
import Kernel
import Registers
public import Storage
public import Web

/// An audit in numbers, for programs.
public struct AuditSummary: Encodable, Sendable {
  public let id: String
  public let name: String
  public let framework: String
  public let frameworkUrn: String
  public let libraryVersion: Int
  public let fiscalYear: Int
  public let owner: String?
  public let openedAt: String
  /// Nil while it can be changed.
  public let signedAt: String?
  public let requirements: Int
  public let compliant: Int
  public let partiallyCompliant: Int
  public let nonCompliant: Int
  public let notApplicable: Int
  /// Answered with a score alone.
  public let scoredOnly: Int
  public let unconfirmed: Int
  public let unanswered: Int
  /// Nil while nothing counts.
  public let meanScore: Double?
  public let metShare: Double?

  init(_ opened: Audits.Opened) {
    let (audit, total) = (opened.audit, opened.standing.total)
    (id, name, fiscalYear, owner) = (audit.id.text, audit.name, audit.fiscalYear.year, opened.owner)
    (framework, frameworkUrn) = (opened.tree.framework.name, opened.tree.framework.urn)
    (libraryVersion, openedAt) = (opened.tree.library.version, audit.openedAt.iso)
    signedAt = audit.frozenAt?.iso
    (requirements, compliant, partiallyCompliant) = (total.inScope, total.compliant, total.partly)
    (nonCompliant, notApplicable, scoredOnly) = (total.not, total.notApplicable, total.scoredOnly)
    (unconfirmed, unanswered) = (total.unconfirmed, total.open)
    (meanScore, metShare) = (opened.standing.score.mean, opened.standing.score.share)
  }
}

/// A framework that the facility sees.
public struct FrameworkSummary: Encodable, Sendable {
  public let urn: String
  public let name: String
  public let version: Int
  public let locale: String
  /// Taken in for all facilities.
  public let shared: Bool
  public let requirements: Int
  public let assessable: Int
  public let warnings: Int
}

extension Audits {
  public enum ExportFormat: String, Sendable, CaseIterable { case oscal, xlsx }

  public static func frameworks(in scope: Scope) async throws -> [FrameworkSummary] {
    try await scope.read { try $0.libraries() }.map { one in
      FrameworkSummary(
        urn: one.urn, name: one.facts.name, version: one.version, locale: one.locale, shared: one.isShared,
        requirements: one.facts.counts.requirements, assessable: one.facts.counts.assessable,
        warnings: one.facts.warnings.values.reduce(0, +))
    }
  }

  /// Every audit of the facility, the newest year first.
  ///
  /// - Throws: ``AuditRefusal`` when the file of a framework is not here.
  public static func summaries(in scope: Scope) async throws -> [AuditSummary] {
    var summaries: [AuditSummary] = []
    for (audit, _) in try await scope.read({ try $0.audits() }) {
      summaries.append(AuditSummary(try await opened(audit.id, in: scope)))
    }
    return summaries
  }

  /// - Throws: ``AuditRefusal/noSuchAudit``.
  public static func summary(of id: String, in scope: Scope) async throws -> AuditSummary {
    AuditSummary(try await opened(try named(id), in: scope))
  }

  /// An audit as a file.
  ///
  /// - Throws: ``AuditRefusal/noSuchAudit``.
  public static func file(
    _ id: String, as format: ExportFormat, _ language: Language, in scope: Scope
  ) async throws -> [UInt8] {
    let opened = try await opened(try named(id), in: scope)
    switch format {
    case .xlsx: return try AuditWorkbook.bytes(opened, language)
    case .oscal:
      let facility = try await Facilities.this(scope)
      return try AuditOSCAL.bytes(
        opened, facility: facility.name.text, language: language.rawValue, now: scope.now)
    }
  }

  private static func named(_ id: String) throws -> Audit.ID {
    guard let id = Audit.ID(id) else { throw AuditRefusal.noSuchAudit }
    return id
  }
}
