import Frameworks
import Kernel
import Registers
import Storage
import Web

/// An audit as OSCAL assessment results, for those who read them by program.
enum AuditOSCAL {
  static func bytes(_ opened: Audits.Opened, facility: String, language: String, now: Instant) throws
    -> [UInt8]
  {
    let (audit, tree, standing) = (opened.audit, opened.tree, opened.standing)
    let shown = tree.language(for: language)
    let reviewed = tree.assessable.filter { standing.isInScope[$0] }
    let answers = reviewed.compactMap { place -> AssessmentResults.Answer? in
      guard let outcome = standing.outcomes[place], outcome.isAnswered else { return nil }
      let (node, answer) = (tree.node(place), standing.answer(place))
      return AssessmentResults.Answer(
        urn: node.urn, title: node.title(in: shown), text: node.text("description", in: shown),
        state: state(outcome), isConfirmed: outcome.isConfirmed, score: outcome.score, remark: answer.remark,
        collected: answer.confirmedOn.map { "\($0)T00:00:00+09:00" } ?? audit.openedAt.iso,
        target: answer.targetOn.map { "\($0)" })
    }
    return try AssessmentResults(
      id: audit.id.text, title: audit.name, facility: facility, framework: tree.framework.name,
      frameworkURN: tree.framework.urn, libraryVersion: tree.library.version, sha256: audit.sha256,
      started: audit.openedAt.iso, ended: audit.frozenAt?.iso, written: now.iso,
      reviewed: reviewed.map { tree.node($0).urn }, answers: answers
    ).json
  }

  private static func state(_ outcome: AuditStanding.Outcome) -> AssessmentResults.State {
    switch outcome.result {
    case .compliant: .compliant
    case .partiallyCompliant: .partiallyCompliant
    case .nonCompliant: .nonCompliant
    case .notApplicable: .notApplicable
    case nil: .scored
    }
  }

  static func routes(_ routes: inout Routes) {
    routes.get("audits/:id/assessment-results.json", needs: .auditsLook, isPrivileged: true) {
      request, scope in
      let id: Audit.ID = try request.id()
      try await Visits.admit(request, to: id, in: scope)
      let opened = try await Audits.opened(id, in: scope)
      let facility = try await Facilities.this(scope)
      let bytes = try bytes(
        opened, facility: facility.name.text, language: request.language.rawValue, now: scope.now)
      return .file(bytes, type: "application/json; charset=utf-8", name: "\(opened.audit.name).json")
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
  }
}
