import Kernel

/// Why something of paging cannot be saved or done.
enum PagingRefusal: Problem, Equatable {
  case badName, nameTaken, noSteps
  case emptyStep(Int)
  case badMinutes(Int)
  case notLater(Int)
  /// A step would escalate to those who have just been called.
  case sameAgain(Int)
  case badTarget, badRepeats, inUse, badCriteria, badLevels, badHold, noPolicy, badHours, tooMany
  case badChannel, badURL, missingURL, badHeader, secretNeeded, badBody, noCommands
  case badCommand(String)
  case badSignal, noSignalMail, noNumber, badNetworks, notCalled, badLink, oldLink

  var code: String { "paging.\(caseName)" }

  var kind: ProblemKind {
    switch self {
    case .nameTaken, .inUse: .conflict
    case .badLink, .oldLink: .notFound
    case .notCalled: .forbidden
    default: .invalid
    }
  }

  var arguments: [String] {
    switch self {
    case .emptyStep(let number), .badMinutes(let number), .notLater(let number), .sameAgain(let number):
      ["\(number)"]
    case .badCommand(let name): [name]
    default: []
    }
  }

  var field: String? {
    switch self {
    case .badName, .nameTaken: "name"
    case .noSteps: "first1"
    case .emptyStep(let number), .sameAgain(let number): "first\(number)"
    case .badMinutes(let number), .notLater(let number): "after\(number)"
    case .badRepeats: "repeats"
    case .badCriteria: "criteria"
    case .badLevels: "lowest"
    case .badHold: "hold"
    case .noPolicy: "policy"
    case .badHours: "opens"
    case .badURL, .missingURL, .secretNeeded: "url"
    case .badHeader: "header"
    case .badBody: "body"
    case .badCommand, .noCommands: "command"
    case .badSignal: "every"
    case .noNumber: "number"
    case .badNetworks: "networks"
    case .badTarget, .inUse, .tooMany, .badChannel, .noSignalMail, .notCalled, .badLink, .oldLink: nil
    }
  }
}
