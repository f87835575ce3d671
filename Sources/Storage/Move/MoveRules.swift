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
    /// It names places of this machine, or machines elsewhere that nobody has chosen for the new one.
    case place
  }

  let left: [String: Reason]
  /// Columns that leave with another value than they have: NULL, or what the text says in the column's kind. As what comes in
  /// goes the same way, they arrive with it too, whoever made the file.
  let replaced: [String: [String: String?]]
  /// Rows that are under way, and arrive as ended: the old installation goes on with them.
  let ended: [String: Ending]

  /// How a row that is under way arrives.
  public struct Ending: Sendable {
    /// A row in which all of these are NULL is under way.
    let open: [String]
    /// The column that then has the moment of the export.
    let moment: String
    /// Further columns that then have another value.
    let replaced: [String: String?]

    public init(open: [String], moment: String, replaced: [String: String?]) {
      (self.open, self.moment, self.replaced) = (open, moment, replaced)
    }
  }

  public init(
    left: [String: Reason], replaced: [String: [String: String?]], ended: [String: Ending] = [:]
  ) {
    (self.left, self.replaced, self.ended) = (left, replaced, ended)
  }

  /// What `row` of `table` leaves with in the place of what it has, by column.
  func changes(of row: Row, in table: FacilityTable, at now: Instant) -> [String: String?] {
    var changes = replaced[table.name] ?? [:]
    guard let ending = ended[table.name] else { return changes }
    let values = ending.open.map { name in
      table.columns.firstIndex { $0.name == name }.map { row.values[$0] }
    }
    guard values.allSatisfy({ $0 == .null }) else { return changes }
    changes.merge(ending.replaced) { $1 }
    changes[ending.moment] = "\(now.milliseconds)"
    return changes
  }
}

/// Why a facility cannot be taken in.
public enum MoveProblem: Problem, Equatable {
  /// The file is none of ours.
  case notAnExport(path: String)
  /// It is a folder, perhaps with the file in it, or the file unpacked.
  case isFolder(path: String)
  /// A part of it is missing, cut short, changed or of another form.
  case damaged(path: String, part: String)
  /// The facility is here already.
  case alreadyHere(name: String)
  /// The ledger in it does not verify.
  case ledgerBroken(entry: Int)

  public var code: String {
    switch self {
    case .notAnExport: "moves.notAnExport"
    case .isFolder: "moves.isFolder"
    case .damaged: "moves.damaged"
    case .alreadyHere: "moves.alreadyHere"
    case .ledgerBroken: "moves.ledgerBroken"
    }
  }

  public var kind: ProblemKind {
    switch self {
    case .notAnExport, .isFolder, .damaged, .ledgerBroken: .invalid
    case .alreadyHere: .conflict
    }
  }

  public var arguments: [String] {
    switch self {
    case .notAnExport(let path), .isFolder(let path): [path]
    case .damaged(let path, let part): [path, part]
    case .alreadyHere(let name): [name]
    case .ledgerBroken(let entry): ["\(entry)"]
    }
  }
}
