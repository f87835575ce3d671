import Kernel
import Web

/// A search with its filters that someone has given a name, for themselves or for everyone in the facility.
struct SavedView: Sendable, Equatable {
  typealias ID = Kernel.ID<SavedView>

  let id: ID
  let name: String
  /// The parts of the list's URL, in order.
  let parts: [Part]
  /// Whose it is; nil for everyone's.
  let owner: PersonID?

  struct Part: Sendable, Equatable, Codable {
    let name: String
    let value: String
  }

  /// Views of one person, and of everyone, per register.
  static let most = 20

  /// - Parameter parts: what the list understands of what is asked for.
  /// - Throws: ``Refusal``.
  init(id: ID, name raw: String, parts: [Part], owner: PersonID?) throws(Refusal) {
    guard let name = raw.trimmed(to: 1...40) else { throw .badName }
    guard !parts.isEmpty else { throw .nothingNarrowed }
    self.init(id: id, name: name.replacing("\n", with: " "), stored: parts, owner: owner)
  }

  init(id: ID, name: String, stored parts: [Part], owner: PersonID?) {
    (self.id, self.name, self.parts, self.owner) = (id, name, parts, owner)
  }

  /// Parts that the register no longer understands: a filter that is gone, or a choice that is.
  func stale(in register: Register) -> [Part] {
    let known = ListView(parts, register)
    return parts.filter { part in
      if !known.contains(part) { return true }
      guard let field = register.field(part.name), case .choice(let choices) = field.kind else {
        return false
      }
      return part.value != EntryQuery.none && !choices.contains { $0.value == part.value }
    }
  }

  /// The list that it opens, without `left`.
  func path(in register: Register, leaving left: [Part] = []) -> String {
    SavedView.path(parts.filter { !left.contains($0) }, of: register)
  }

  static func path(_ parts: [Part], of register: Register) -> String {
    let query = parts.map { "\(urlEncoded($0.name))=\(urlEncoded($0.value))" }
      .joined(separator: "&")
    return query.isEmpty ? "/registers/\(register.id)" : "/registers/\(register.id)?\(query)"
  }

  enum Refusal: Problem, Equatable {
    case badName, nothingNarrowed, tooMany, notFound, notYours

    var code: String {
      switch self {
      case .badName: "registers.viewBadName"
      case .nothingNarrowed: "registers.viewNothingNarrowed"
      case .tooMany: "registers.viewTooMany"
      case .notFound: "registers.viewNotFound"
      case .notYours: "registers.viewNotYours"
      }
    }
    var kind: ProblemKind {
      switch self {
      case .notFound: .notFound
      case .notYours: .forbidden
      default: .invalid
      }
    }
    var arguments: [String] { self == .tooMany ? ["\(SavedView.most)"] : [] }
    var field: String? { self == .badName ? "name" : nil }
  }
}

extension ListView {
  /// What a list understands of the parts of a URL.
  init(_ parts: [SavedView.Part], _ register: Register) {
    self.init(
      // Any day will do: only whether it is asked for counts here.
      register, today: Finding.always
    ) { name in parts.first { $0.name == name }?.value }
  }

  var parts: [SavedView.Part] {
    fields.filter { !$0.value.isEmpty }.map { SavedView.Part(name: $0.name, value: $0.value) }
  }

  func contains(_ part: SavedView.Part) -> Bool { parts.contains(part) }
}
