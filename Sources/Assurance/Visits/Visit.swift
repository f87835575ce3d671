import Kernel

/// Someone's right to read one audit for a time, and to write findings and opinions in it.
struct AuditVisit: Sendable, Equatable {
  /// The grant behind it, which ends by the clock.
  let grant: String
  let audit: Audit.ID
  let auditName: String
  let person: PersonID
  let personName: String
  let reason: String
  let givenBy: String
  let givenAt: Instant
  let until: Instant
  let endedAt: Instant?

  func isLive(at now: Instant) -> Bool { endedAt == nil && until > now }
}

/// What an auditor says of a requirement, beside what the facility has answered.
struct AuditOpinion: Sendable, Equatable {
  typealias ID = Kernel.ID<AuditOpinion>

  let id: ID
  let node: String
  let at: Instant
  let byName: String
  /// As the auditor judges it; nil for words alone.
  let result: AuditResult?
  let body: String

  /// - Throws: ``VisitRefusal/noOpinion``.
  init(
    _ body: String, result: AuditResult?, id: ID, node: String, at now: Instant, by name: String
  ) throws(VisitRefusal) {
    guard let body = body.trimmed(to: 1...2000) else { throw .noOpinion }
    self.init(id: id, node: node, at: now, byName: name, result: result, body: body)
  }

  init(id: ID, node: String, at: Instant, byName: String, result: AuditResult?, body: String) {
    (self.id, self.node, self.at) = (id, node, at)
    (self.byName, self.result, self.body) = (byName, result, body)
  }
}

/// A finding on a requirement, as the requirement's page shows it.
struct FindingLine: Sendable, Equatable {
  let id: AuditFinding.ID
  let title: String
  let phase: AuditFinding.Phase
}

enum VisitRefusal: Problem, Equatable {
  case noOpinion, notVisiting, isVisiting

  var code: String { "visits.\(self)" }
  var kind: ProblemKind { self == .notVisiting ? .forbidden : .invalid }
  var field: String? { self == .noOpinion ? "opinion" : nil }
}
