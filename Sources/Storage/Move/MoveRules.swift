public import Kernel

/// What of a facility does not go with it when it moves to another installation.
public struct MoveRules: Sendable {
  /// Why a table stays behind.
  public enum Reason: String, Sendable, Codable {
    /// It opens something: a password, a sealed code, a key. The new installation gives out its own.
    case secret
    /// It says who may sign in here, which the new installation decides.
    case signIn
    /// It lasts minutes or days: sessions, uploads, letters under way.
    case passing
    /// It names places of this machine.
    case place
  }

  let left: [String: Reason]
  /// Columns that leave with another value than they have: NULL, or what the text says in the column's kind. As what comes in
  /// goes the same way, they arrive with it too, whoever made the file.
  let replaced: [String: [String: String?]]

  public init(left: [String: Reason], replaced: [String: [String: String?]]) {
    (self.left, self.replaced) = (left, replaced)
  }
}

/// Why a facility cannot be taken in.
public enum MoveProblem: Problem, Equatable {
  /// The file is none of ours.
  case notAnExport(path: String)
  /// A part of it is missing, cut short, changed or of another form.
  case damaged(path: String, part: String)
  /// The facility is here already.
  case alreadyHere(name: String)
  /// The ledger in it does not verify.
  case ledgerBroken(entry: Int)

  public var code: String {
    switch self {
    case .notAnExport: "moves.notAnExport"
    case .damaged: "moves.damaged"
    case .alreadyHere: "moves.alreadyHere"
    case .ledgerBroken: "moves.ledgerBroken"
    }
  }

  public var kind: ProblemKind {
    switch self {
    case .notAnExport, .damaged, .ledgerBroken: .invalid
    case .alreadyHere: .conflict
    }
  }

  public var arguments: [String] {
    switch self {
    case .notAnExport(let path): [path]
    case .damaged(let path, let part): [path, part]
    case .alreadyHere(let name): [name]
    case .ledgerBroken(let entry): ["\(entry)"]
    }
  }
}
