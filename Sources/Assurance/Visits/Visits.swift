import Frameworks
import Kernel
import Registers
import Storage
import Web

/// Audits by another person or another hospital: one audit to read for a time, with findings and opinions to write in it.
enum Visits {
  static var feature: Feature {
    var feature = Feature("visits")
    feature.migrations = migrations
    feature.catalogs = [VisitText.catalog]
    let look: Set<Permission> = [.auditsLook]
    let raise = look.union([.findingsRaise])
    feature.grants = [
      .administrator: raise, .safetyManager: raise, .itStaff: raise, .management: look, .contributor: look,
      .auditor: look, .specialist: look, .visitingAuditor: raise,
    ]
    feature.menu = [
      MenuEntry(
        "visits", path: "/visits", permission: .auditsLook, order: 25,
        isFor: { $0.roles.contains(.visitingAuditor) }, title: { Texts<VisitText>($0)(.menu) })
    ]
    feature.routes = { routes(&$0) }
    return feature
  }

  /// Lets in whoever reads all audits, and an auditor to the one that they were given.
  ///
  /// - Parameter audit: nil for what belongs to none, which auditors from elsewhere never see.
  /// - Returns: the visit of someone who is here for this audit alone.
  /// - Throws: `WebProblem.notFound`: there is nothing here for anyone else.
  @discardableResult
  static func admit(_ request: WebRequest, to audit: Audit.ID?, in scope: Scope) async throws -> AuditVisit? {
    if request.may(.assessmentsRead) { return nil }
    guard let audit, let visit = try await visit(request, of: audit, in: scope) else {
      throw WebProblem.notFound
    }
    return visit
  }

  /// The visit that this person makes to an audit now, whatever else they are here.
  static func visit(_ request: WebRequest, of audit: Audit.ID, in scope: Scope) async throws -> AuditVisit? {
    guard let visitor = request.visitor, visitor.roles.contains(.visitingAuditor), let person = request.person
    else { return nil }
    return try await scope.read { try $0.liveVisits(of: person, at: scope.now).first { $0.audit == audit } }
  }

  /// Gives someone of here or of elsewhere the audit for a time.
  ///
  /// - Throws: problems of grants and ``VisitRefusal``.
  static func give(_ id: Audit.ID, _ form: FormValues, _ request: WebRequest) async throws {
    let scope = try request.scope()
    guard let (audit, _, _) = try await scope.read({ try $0.audit(id) }) else {
      throw AuditRefusal.noSuchAudit
    }
    try await Grants.give(.visitingAuditor, form, request, link: "/visits") { tx, grant, person in
      guard try !tx.liveVisits(of: person.id, at: tx.scope.now).contains(where: { $0.audit == id }) else {
        throw VisitRefusal.isVisiting
      }
      try tx.insertVisit(grant, of: audit, to: person.name)
    }
  }

  /// Writes what an auditor says of a requirement. It is never changed; another one may follow.
  static func say(
    _ text: String, result: AuditResult?, at place: Int, of opened: Audits.Opened, in scope: Scope
  ) async throws {
    let (tree, id) = (opened.tree, opened.audit.id)
    let opinion = try AuditOpinion(
      text, result: result, id: scope.newID(), node: tree.keys[place], at: scope.now, by: scope.actor.name)
    try await scope.write { tx in
      _ = try tx.changeable(id)
      try tx.insert(opinion, title: tree.title(place, nil), in: id)
    }
  }
}

extension Permission {
  /// To read audits: all of them, or the one that someone was given.
  static let auditsLook = Permission("audits.look")
  static let findingsRaise = Permission("findings.raise")
}
