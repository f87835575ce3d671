import Kernel

/// The names of everything that a register's fields may name, looked up without the database.
struct ReferenceNames: Sendable, Equatable {
  struct Named: Sendable, Equatable {
    let id: String
    /// As it is written; nil for people, who have none.
    let key: String?
    let title: String
  }

  /// What one table or the people hold.
  struct Names: Sendable, Equatable {
    private(set) var named: [String: Named] = [:]
    private var byKey: [String: String] = [:]
    private var byTitle: [String: [String]] = [:]
    private var byFoldedTitle: [String: [String]] = [:]

    init(_ all: [Named]) {
      for one in all {
        named[one.id] = one
        if let key = one.key { byKey[key.searchable] = one.id }
        byTitle[one.title, default: []].append(one.id)
        byFoldedTitle[one.title.searchable, default: []].append(one.id)
      }
    }

    /// Like ``ReadTx/candidates(of:named:)``: the id or key, else the title, else the title however it is written.
    func find(_ text: String) -> [String] {
      if named[text] != nil { return [text] }
      let folded = text.searchable
      if let id = byKey[folded] { return [id] }
      return byTitle[text] ?? byFoldedTitle[folded] ?? []
    }

    /// The text by which ``find(_:)`` finds exactly this: the title if it can, else the key, else the id.
    func text(for id: String) -> String {
      guard let one = named[id] else { return id }
      for text in [one.title, one.key ?? ""] where !text.isEmpty && find(text) == [id] { return text }
      return id
    }
  }

  /// By field id.
  let fields: [String: Names]

  func find(_ field: Field, _ text: String) -> [String] { fields[field.id]?.find(text) ?? [] }
  func text(_ field: Field, for id: String) -> String { fields[field.id]?.text(for: id) ?? id }
  /// The title of what `id` names.
  func title(_ field: Field, of id: String) -> String { fields[field.id]?.named[id]?.title ?? id }
  func has(_ field: Field, _ id: String) -> Bool { fields[field.id]?.named[id] != nil }
}
