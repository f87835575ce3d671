import Frameworks
public import Kernel
import Registers
public import Storage
import Synchronization
import Web

/// Carrying answers from one framework to another over mapping sets that were taken in.
public enum Mappings {
  static var feature: Feature {
    var feature = Feature("mappings")
    feature.catalogs = [MappingText.catalog]
    feature.routes = routes
    return feature
  }

  /// An audit with its answers alone.
  struct Side: Sendable {
    let audit: Audit
    let standing: AuditStanding
  }

  /// Two audits, the ways between their frameworks, and what the chosen way would carry.
  struct Preview: Sendable {
    let source: Side
    let target: Side
    let ways: [MappingWay]
    let way: MappingWay
    let carrying: Carrying
  }

  // MARK: The shelf's mapping sets

  /// The mapping sets of the newest version of each library. Where one leads is read once from its library.
  static func sets(in scope: Scope) async throws -> [ShelvedMapping] {
    let all = try await scope.read { try $0.libraries() }
    var seen: Set<Library.Identity> = []
    var found: [ShelvedMapping] = []
    for one in all where one.facts.counts.mappings > 0 && seen.insert(one.identity).inserted {
      if let known = known.withLock({ $0[one.sha256] }) {
        found += known
        continue
      }
      let sets = try await Libraries.opened(one, in: scope).mappingSets.compactMap { set -> ShelvedMapping? in
        guard let source = set.sourceFramework, let target = set.targetFramework else { return nil }
        return ShelvedMapping(
          sha256: one.sha256, urn: URN.folded(set.urn), name: set.name ?? set.urn,
          names: set.translations.texts("name"), source: URN.folded(source),
          target: URN.folded(target))
      }
      known.withLock { known in
        // A stock of libraries has some fifty; what is far beyond has been replaced by newer versions.
        if known.count > 1_000 { known.removeAll() }
        known[one.sha256] = sets
      }
      found += sets
    }
    return found
  }

  /// By the SHA-256 of a library's file; who may see it has been decided before.
  private static let known = Mutex<[String: [ShelvedMapping]]>([:])

  private static func table(of way: MappingWay, from tree: FrameworkTree, in scope: Scope) async throws
    -> MappingTable
  {
    if way.steps.isEmpty { return MappingTable(same: tree) }
    var table: MappingTable?
    for step in way.steps {
      guard let content = try await Libraries.content(step.set.sha256, in: scope),
        let set = content.mappingSets.first(where: { URN.folded($0.urn) == step.set.urn })
      else { throw AuditRefusal.noWay }
      let next = MappingTable(set, isInverted: step.isInverted)
      table = table.map { $0.then(next) } ?? next
    }
    guard let table else { throw AuditRefusal.noWay }
    return table
  }

  // MARK: Looking and carrying

  private static func side(_ id: Audit.ID, in scope: Scope) async throws -> Side {
    let found = try await scope.read { tx in
      guard let (audit, _, _) = try tx.audit(id) else { throw AuditRefusal.noSuchAudit }
      return (audit, try tx.requirementAnswers(id))
    }
    let tree = try await Audits.tree(of: found.0, in: scope)
    return Side(audit: found.0, standing: AuditStanding(tree, groups: found.0.groups, answers: found.1))
  }

  /// The audits from which there is a way to this one.
  static func sources(of id: Audit.ID, in scope: Scope) async throws -> (
    target: Audit, sources: [(Audit, [MappingWay])]
  ) {
    let all = try await scope.read { try $0.audits() }.map(\.audit)
    guard let target = all.first(where: { $0.id == id }) else { throw AuditRefusal.noSuchAudit }
    let sets = try await sets(in: scope)
    let sources = all.filter { $0.id != id }.compactMap { audit -> (Audit, [MappingWay])? in
      let ways = MappingWay.all(from: audit.framework, to: target.framework, over: sets)
      return ways.isEmpty ? nil : (audit, ways)
    }
    return (target, sources)
  }

  /// - Parameter name: of the way; the first one when nil.
  /// - Throws: ``AuditRefusal``.
  static func preview(from source: Audit.ID, to target: Audit.ID, way name: String?, in scope: Scope)
    async throws
    -> Preview
  {
    guard source != target else { throw AuditRefusal.carryToItself }
    let (here, there) = (try await side(source, in: scope), try await side(target, in: scope))
    let ways = MappingWay.all(
      from: here.audit.framework, to: there.audit.framework, over: try await sets(in: scope))
    guard let way = name.map({ name in ways.first { $0.name == name } }) ?? ways.first else {
      throw AuditRefusal.noWay
    }
    let table = try await table(of: way, from: here.standing.tree, in: scope)
    return Preview(
      source: here, target: there, ways: ways, way: way,
      carrying: Carrying(
        from: here.standing, to: there.standing, over: table, sets: way.steps.map(\.set.name)))
  }

  /// Carries what the preview shows. What has been answered meanwhile stays as it is.
  ///
  /// - Parameter seen: the fingerprint of what the person saw; nil for programs.
  /// - Returns: how many answers were carried.
  /// - Throws: `Stale` when the preview would be another now; ``AuditRefusal``.
  static func carry(
    from source: Audit.ID, to target: Audit.ID, way: String?, seen: String?, in scope: Scope
  ) async throws -> Int {
    let preview = try await preview(from: source, to: target, way: way, in: scope)
    if let seen, seen != preview.carrying.fingerprint { throw Stale() }
    let lines = preview.carrying.carried
    guard !lines.isEmpty else { throw AuditRefusal.nothingToCarry }
    return try await scope.write { tx in
      let audit = try tx.changeable(target)
      guard audit.sha256 == preview.target.audit.sha256 else { throw Stale() }
      let answered = Set(try tx.requirementAnswers(target).map(\.node))
      var count = 0
      for line in lines where !answered.contains(line.node) {
        try tx.replace(
          RequirementAnswer(line.node), with: preview.carrying.answer(line, from: preview.source.audit),
          in: target, title: line.title, as: "audit.carry")
        count += 1
      }
      return count
    }
  }

  /// Carries over the first way there is, for programs that measure.
  public static func carry(from source: Audit.ID, to target: Audit.ID, in scope: Scope) async throws -> Int {
    try await carry(from: source, to: target, way: nil, seen: nil, in: scope)
  }

  // MARK: Pages

  private static func routes(_ routes: inout Routes) {
    routes.get("audits/:id/carrying", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      guard let source = request.query("from").flatMap({ Audit.ID($0) }) else {
        let (target, sources) = try await sources(of: id, in: scope)
        return .page(MappingPages.choose(request, target, sources))
      }
      let preview = try await preview(from: source, to: id, way: request.query("way"), in: scope)
      return .page(MappingPages.preview(request, preview))
    }
    routes.showSensitive { $0.parameters["id"].map { "audit:\($0)" } }
    routes.post("audits/:id/carrying", needs: .assessmentsEdit) { request, scope in
      let id: Audit.ID = try request.id()
      let form = try request.form()
      guard let source = Audit.ID(form["from"]) else { throw AuditRefusal.noSuchAudit }
      let count = try await carry(from: source, to: id, way: form["way"], seen: form["seen"], in: scope)
      return .redirect(to: "/audits/\(id)?show=unconfirmed&carried=\(count)")
    }
  }
}
