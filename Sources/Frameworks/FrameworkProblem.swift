public import Kernel

/// Why a library was not taken in.
public enum FrameworkProblem: Problem, Equatable {
  case unreadable(file: String)
  case tooLarge(file: String, megabytes: Int)
  case notYAML(file: String, line: Int, reason: String)
  case tooDeep(file: String, line: Int, limit: Int)
  /// More values than a library may have, most often by aliases that multiply.
  case tooManyValues(file: String, line: Int, limit: Int)
  case aliasUnknown(file: String, line: Int)
  case notALibrary(file: String)
  case missing(file: String, key: String)
  case badVersion(file: String, text: String)
  /// A name by which something is found holds a control character.
  case controlCharacter(file: String, name: String)
  case duplicateURN(file: String, urn: String, line: Int)
  case cyclicParents(file: String, urn: String)
  case notJSON(file: String, line: Int)
  /// JSON, but neither a catalog nor a profile of OSCAL.
  case notOSCAL(file: String)
  /// Another kind of OSCAL document.
  case otherModel(file: String, model: String)
  /// The document on which a profile rests is not here.
  case needsSource(file: String, name: String)
  case noResource(file: String, name: String, line: Int)
  /// Several libraries came from a file of the name that a profile rests on.
  case manySources(file: String, name: String, libraries: String)
  case cyclicImports(file: String, name: String)
  /// An object of this file belongs to another library.
  case foreignIdentity(file: String, urn: String, library: String)
  /// The version is there already with other content.
  case sameVersion(file: String, version: Int)
  case noSuchLibrary
  /// A folder without any library.
  case noFiles(folder: String)
  /// What was stored cannot be read.
  case damaged(library: String)

  public var code: String { "frameworks.\(caseName)" }

  public var kind: ProblemKind {
    switch self {
    case .tooLarge, .tooDeep, .tooManyValues: .tooLarge
    case .noSuchLibrary: .notFound
    case .sameVersion, .foreignIdentity: .conflict
    case .damaged: .unavailable
    default: .invalid
    }
  }

  public var arguments: [String] {
    switch self {
    case .unreadable(let file), .notALibrary(let file), .damaged(let file),
      .noFiles(let file):
      [file]
    case .tooLarge(let file, let limit): [file, "\(limit)"]
    case .notYAML(let file, let line, let reason): [file, "\(line)", reason]
    case .tooDeep(let file, let line, let limit), .tooManyValues(let file, let line, let limit):
      [file, "\(line)", "\(limit)"]
    case .aliasUnknown(let file, let line): [file, "\(line)"]
    case .missing(let file, let key), .badVersion(let file, let key),
      .controlCharacter(let file, let key):
      [file, key.harmless]
    case .duplicateURN(let file, let urn, let line): [file, urn, "\(line)"]
    case .cyclicParents(let file, let urn): [file, urn]
    case .foreignIdentity(let file, let urn, let library): [file, urn, library]
    case .sameVersion(let file, let version): [file, "\(version)"]
    case .noSuchLibrary: []
    case .notJSON(let file, let line): [file, "\(line)"]
    case .notOSCAL(let file): [file]
    case .otherModel(let file, let name), .needsSource(let file, let name),
      .cyclicImports(let file, let name):
      [file, name.harmless]
    case .noResource(let file, let name, let line): [file, name.harmless, "\(line)"]
    case .manySources(let file, let name, let libraries): [file, name.harmless, libraries.harmless]
    }
  }

}
