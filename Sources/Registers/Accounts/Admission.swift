public import Kernel
public import Storage
public import Web

extension Accounts {
  /// Who can sign in from now on.
  public struct Admitted: Sendable {
    public let person: Person
    /// Whether the person stood in the register before.
    public let wasKnown: Bool
  }

  /// Lets someone sign in: the person of that name in the register who does not yet, or a new one.
  ///
  /// For the shell. Where a facility has just been taken in, everybody is there and nobody signs in.
  ///
  /// - Parameters:
  ///   - department: of a new person; one in the register keeps theirs.
  ///   - role: what they are from now on.
  ///   - chosen: which of several people of that name.
  /// - Throws: `Person.Refusal`, ``AdmissionRefusal``.
  public static func admit(
    name: String, department: String = "", login: String, password: String, role: Role,
    chosen: PersonID? = nil, cost: Password.Cost = .standard, in scope: Scope
  ) async throws -> Admitted {
    let (facility, namesakes) = try await scope.read { tx in
      (try tx.thisFacility()?.name.text, try tx.namesakes(name))
    }
    guard let before = try AdmissionRefusal.person(of: namesakes, chosen) else {
      let person = try await add(
        name: name, department: department, login: login, password: password, role: role, cost: cost,
        in: scope)
      return Admitted(person: person, wasKnown: false)
    }
    guard !role.needsGrant else { throw Person.Refusal.badRole }
    let login = try Person.Login(login)
    let password = try Person.NewPassword(password, knowing: [login.text, before.name], at: [facility ?? ""])
    let hash = try await hashed(password.text, cost)
    let account = AccountID(at: scope.now)
    return try await scope.write { tx in
      try tx.insertAccount(account, login: login.text, hash: hash)
      try tx.give(account, login: login.text, to: before, version: before.version)
      if role != before.role { try tx.setRole(role, of: before, version: before.version + 1) }
      guard let person = try tx.person(before.id) else { throw Person.Refusal.notFound }
      return Admitted(person: person, wasKnown: true)
    }
  }
}

/// Why it does not follow from a name who shall sign in.
public enum AdmissionRefusal: Problem, Equatable {
  /// Those of that name who do not sign in, each with the number by which they can be chosen.
  case namesakes([String])

  public var code: String { "people.namesakes" }
  public var kind: ProblemKind { .conflict }
  public var arguments: [String] {
    guard case .namesakes(let people) = self else { return [] }
    return [people.joined(separator: ", ")]
  }

  /// The one of `namesakes` who is meant; nil when there is nobody of that name.
  ///
  /// - Throws: `Person.Refusal.nameTaken` when everyone of that name signs in already, `.notFound` and `.hasAccess` for the one
  ///   chosen; ``namesakes(_:)``.
  static func person(of namesakes: [Person], _ chosen: PersonID?) throws -> Person? {
    if let chosen {
      guard let person = namesakes.first(where: { $0.id == chosen }) else { throw Person.Refusal.notFound }
      guard person.account == nil else { throw Person.Refusal.hasAccess }
      return person
    }
    let free = namesakes.filter { $0.account == nil }
    if namesakes.isEmpty { return nil }
    if free.isEmpty { throw Person.Refusal.nameTaken }
    guard namesakes.count == 1 else {
      throw AdmissionRefusal.namesakes(
        free.map { $0.department.isEmpty ? "\($0.id)" : "\($0.id) (\($0.department))" })
    }
    return free[0]
  }
}
