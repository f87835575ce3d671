public import Kernel
public import Storage
import Web

/// Which systems (業務システム) cannot work without which, and what stops with one that is down.
public enum Dependencies {
  static var catalog: Catalog { DependencyText.catalog }

  /// The longest reason, in characters.
  static let longestReason = 200

  /// How a system is chosen by what a person typed.
  static let field = Field(
    "needs", "needs_id", .entry(of: "systems", table: "system", title: "name"), Word(DependencyText.needs),
    hint: Word(DependencyText.needsHint), required: true)

  /// On the records of systems: what one needs, and what stops with it.
  static let panel = RecordPanel("systems") { tx, entry, request in
    DependencyPages.section(request, entry, try tx.dependencies())
  }

  /// A system that another needs stays; what one needs itself goes with it.
  static let tie = RecordTie("systems") { tx, entry in
    for dependency in try tx.dependencies().all where dependency.system == entry.id {
      try tx.remove(dependency, named: "")
    }
  }

  /// Says that `system` cannot work without the one that `text` names.
  ///
  /// The transaction holds the facility's lock from its start, so that two people at once cannot close a ring either.
  ///
  /// - Parameter text: name or id of a system.
  /// - Throws: `Dependency.Refusal`, `Entry.Refusal.noSuchEntry`.
  public static func add(_ text: String, to system: Entry.ID, why: String = "", in scope: Scope) async throws
  {
    let why = why.trimmed
    let reason = why.isEmpty ? nil : why.trimmed(to: 1...longestReason)
    guard why.isEmpty || reason != nil else { throw Dependency.Refusal.tooLong(most: longestReason) }
    let text = text.trimmed
    guard !text.isEmpty else { throw Dependency.Refusal.missing }
    try await scope.write { tx in
      guard let entry = try tx.entry(Systems.register, system)?.entry else {
        throw Entry.Refusal.noSuchEntry
      }
      let found = try tx.candidates(of: field, named: text)
      guard found.count < 2 else { throw Dependency.Refusal.ambiguous(text) }
      guard let only = found.first, let needs = Entry.ID(only),
        let needed = try tx.entry(Systems.register, needs)?.entry
      else { throw Dependency.Refusal.notFound(text) }
      guard needs != system else { throw Dependency.Refusal.itself }
      let table = try tx.dependencies()
      let name = needed.text("name")
      guard !table.all.contains(where: { $0.system == system && $0.needs == needs }) else {
        throw Dependency.Refusal.taken(name)
      }
      if let ring = DependencyGraph(table.all).ring(ifAdding: needs, to: system) {
        let names = [system: entry.text("name"), needs: name]
        throw Dependency.Refusal.ring(ring.map { names[$0] ?? table.systems[$0]?.name ?? "" })
      }
      try tx.insert(Dependency(system: system, needs: needs, why: reason), named: name)
    }
  }

  /// Whether any is written.
  public static func exist(in scope: Scope) async throws -> Bool {
    try await scope.read { try !$0.dependencies().all.isEmpty }
  }

  /// Takes a dependency away. One that is gone already is no fault.
  public static func remove(_ needs: Entry.ID, from system: Entry.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      guard try tx.entry(Systems.register, system) != nil else { throw Entry.Refusal.noSuchEntry }
      let table = try tx.dependencies()
      guard let known = table.all.first(where: { $0.system == system && $0.needs == needs }) else { return }
      try tx.remove(known, named: table.systems[needs]?.name ?? "")
    }
  }
}
