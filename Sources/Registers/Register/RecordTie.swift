import Storage

/// What a slice beside a register says of the register's entries, and takes away with one of them.
///
/// What others say of the entry needs no tie: the database refuses to take it out while a row names it.
struct RecordTie: Sendable {
  let register: String
  /// Takes the entry's own rows away, in the transaction that takes it out.
  let leave: @Sendable (WriteTx, Entry) throws -> Void

  init(_ register: String, leave: @escaping @Sendable (WriteTx, Entry) throws -> Void) {
    (self.register, self.leave) = (register, leave)
  }
}

extension Registry {
  static let ties: [RecordTie] = [Dependencies.tie]
}
