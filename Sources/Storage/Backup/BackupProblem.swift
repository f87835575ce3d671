public import Kernel

/// What keeps a backup from being made, read or put back. Each is one sentence that says what to do.
public enum BackupProblem: Problem, Equatable {
  /// The folder is not there; a removable disk may not be connected.
  case placeAbsent(path: String)
  /// It was to be a disk of its own, and is a folder of the machine's.
  case notADisk(path: String)
  case placeNotWritable(path: String, reason: String)
  case placeFull(path: String)
  case fileMissing(path: String)
  case notABackup(path: String)
  case otherFormat(path: String, format: String)
  case cutShort(path: String)
  case damaged(path: String)
  case keyMissing(path: String)
  case keyUnreadable(path: String)
  case keyWrong(path: String)
  case needsPassphrase(path: String)
  case needsKeyFile(path: String)
  case noMemory(bytes: Int)
  case targetNotEmpty(path: String)
  case targetInUse(path: String)
  case otherEngine(engine: String)
  case unreadableRows
  case toolMissing(name: String)
  case toolFailed(name: String, reason: String)
  case noScratch(reason: String)

  public var code: String { "backup.\(caseName)" }

  public var kind: ProblemKind {
    switch self {
    case .notABackup, .otherFormat, .cutShort, .damaged, .keyUnreadable, .keyWrong, .needsPassphrase,
      .needsKeyFile, .otherEngine:
      .invalid
    case .fileMissing, .keyMissing: .notFound
    case .targetNotEmpty, .targetInUse: .conflict
    case .placeAbsent, .notADisk, .placeNotWritable, .placeFull, .noMemory, .unreadableRows, .toolMissing,
      .toolFailed, .noScratch:
      .unavailable
    }
  }

  public var arguments: [String] {
    switch self {
    case .placeAbsent(let path), .notADisk(let path), .placeFull(let path), .fileMissing(let path),
      .notABackup(let path), .cutShort(let path), .damaged(let path), .keyMissing(let path),
      .keyUnreadable(let path), .keyWrong(let path), .needsPassphrase(let path), .needsKeyFile(let path),
      .targetNotEmpty(let path), .targetInUse(let path):
      [path]
    case .placeNotWritable(let path, let reason): [path, reason]
    case .otherFormat(let path, let format): [path, format]
    case .noMemory(let bytes): ["\(bytes >> 20)"]
    case .otherEngine(let engine): [engine]
    case .unreadableRows: []
    case .toolMissing(let name): [name]
    case .toolFailed(let name, let reason): [name, reason]
    case .noScratch(let reason): [reason]
    }
  }
}
