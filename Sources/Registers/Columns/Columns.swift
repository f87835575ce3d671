import Kernel
public import Storage
import Web

extension Registry {
  /// The register that a request names, as the facility has it.
  ///
  /// - Throws: `Entry.Refusal.noSuchRegister`.
  static func register(_ request: WebRequest, _ scope: Scope) async throws -> Register {
    let register = try register(request.parameter("register"))
    return try await scope.read { try $0.effective(register) }
  }
}

extension ExtraColumns {
  /// Adds, changes, moves or retires columns.
  ///
  /// - Parameters:
  ///   - version: the version that the person saw.
  ///   - change: the pure decision.
  /// - Throws: ``Refusal``; `Stale` when someone else was faster.
  static func change(
    _ register: Register, version: Int, in scope: Scope,
    _ change: @escaping @Sendable (ExtraColumns) throws -> ExtraColumns
  ) async throws {
    try await scope.write { tx in
      let before = try tx.extraColumns(of: register)
      guard before.version == version else { throw Stale() }
      let after = try change(before)
      if after == before { return }
      for column in before.all where column.kind == .choice {
        let kept = try after.column(column.id).choices.map(\.value)
        for choice in column.choices where !kept.contains(choice.value) {
          let count = try tx.entryCount(register, having: choice.value, in: column)
          guard count == 0 else { throw Refusal.choiceInUse(choice.word, count: count) }
        }
      }
      try tx.replace(before, with: after, of: register)
    }
  }
}

extension Register {
  /// Adds a column, unless the facility has one of that name in this register.
  ///
  /// - Parameters:
  ///   - kind: `text`, `lines`, `number`, `day`, `choice` or `yes-no`.
  ///   - choices: the words of a `choice`.
  /// - Throws: `Problem` for a name that is taken or a kind that there is not.
  public func addColumn(
    _ label: String, kind: String, choices: [String] = [], isListed: Bool = false, in scope: Scope
  ) async throws {
    let before = try await scope.read { try $0.extraColumns(of: self) }
    if before.all.contains(where: { $0.label == label }) { return }
    let draft = ExtraColumn.Draft(
      label: label, kind: kind, isListed: isListed, newChoices: choices.joined(separator: "\n"))
    try await ExtraColumns.change(self, version: before.version, in: scope) {
      try $0.adding(draft, to: self)
    }
  }
}
