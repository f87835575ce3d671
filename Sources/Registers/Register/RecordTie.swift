import Storage

/// What the table of a slice, which is no register, has to do with a register's entries when one of them is taken out.
struct RecordTie: Sendable {
  let register: String
  /// Whether the slice names the entry, which keeps it from being taken out.
  let holds: @Sendable (ReadTx, Entry.ID) throws -> Bool
  /// Takes away what the slice says of the entry itself, before it is taken out.
  let leave: @Sendable (WriteTx, Entry) throws -> Void

  init(
    _ register: String, holds: @escaping @Sendable (ReadTx, Entry.ID) throws -> Bool,
    leave: @escaping @Sendable (WriteTx, Entry) throws -> Void
  ) {
    (self.register, self.holds, self.leave) = (register, holds, leave)
  }
}

extension Registry {
  static let ties: [RecordTie] = [Dependencies.tie]
}
