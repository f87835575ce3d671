public import Kernel
public import Storage
public import Web

/// What another slice asks of a register: which entries count, and which of them say enough.
public struct EntryProbe: Sendable {
  public let register: Register
  /// Only entries with these values, by field.
  let within: [String: String]
  /// Entries with these values are left out; those without a value are not.
  let without: [String: String]
  /// Fields that must hold something.
  let has: [String]
  /// Fields that must hold one of these values.
  let among: [String: [String]]
  /// Whether every entry must fit, not only one.
  public let isForEvery: Bool

  /// - Throws: ``Unknown`` when a field or a value is none of the register's.
  public init(
    of register: Register, within: [String: String] = [:], without: [String: String] = [:],
    has: [String] = [], among: [String: [String]] = [:], every: Bool = false
  ) throws(Unknown) {
    let values = within.map { ($0.key, [$0.value]) } + without.map { ($0.key, [$0.value]) } + Array(among)
    for (id, words) in values {
      guard let field = register.field(id) else { throw Unknown(name: "\(register.id).\(id)") }
      guard case .choice(let choices) = field.kind else { continue }
      for word in words where !choices.contains(where: { $0.value == word }) {
        throw Unknown(name: "\(register.id).\(id) = \(word)")
      }
    }
    for id in has where register.field(id) == nil { throw Unknown(name: "\(register.id).\(id)") }
    (self.register, self.within, self.without) = (register, within, without)
    (self.has, self.among, isForEvery) = (has, among, every)
  }

  /// A field or a value that the register does not have.
  public struct Unknown: Error { public let name: String }

  /// How many entries count, and how many of those fit.
  public struct Figures: Sendable, Equatable {
    public let all: Int
    public let fitting: Int

    public init(all: Int, fitting: Int) { (self.all, self.fitting) = (all, fitting) }
  }

  /// Whether the register says enough.
  public func isMet(by figures: Figures) -> Bool {
    figures.fitting > 0 && (!isForEvery || figures.fitting == figures.all)
  }
}

/// An entry as another slice shows it: its title, and its fields ready for a form.
public struct EntryGlance: Sendable {
  public let id: Entry.ID
  public let title: String
  public let entry: Entry
}

/// Some fields of a register, as controls of another slice's form.
public enum EntryControls {
  /// What may be chosen, by field: entries of other registers, each by its id.
  public typealias Options = [String: [(id: String, name: String)]]

  /// - Parameter ids: fields in the order in which they are shown.
  public static func controls(
    _ register: Register, _ ids: [String], _ values: [String: String], _ options: Options,
    _ request: WebRequest, refusals: [Entry.Refusal] = []
  ) -> HTML {
    let t = request.texts(RegisterText.self)
    let errors = FormErrors(request, refusals)
    return ids.compactMap(register.field).html { field in
      let value = values[field.id] ?? ""
      guard case .entry = field.kind else {
        return EntryFormPage.control(field, value, options[field.id] ?? [], errors[field.id], t)
      }
      // Whoever keeps a handful of entries chooses among them instead of writing a name exactly.
      let offered = [("", t(.none))] + (options[field.id] ?? []).map { ($0.id, $0.name) }
      return Components.select(
        field.id, field.label(t.language), options: offered, chosen: value, error: errors[field.id])
    }
  }

  public static func summary(_ request: WebRequest, _ refusals: [Entry.Refusal]) -> HTML? {
    FormErrors.summary(request, refusals)
  }
}

extension Register {
  /// The name of the register, and of an entry, for sentences of other slices.
  public func heading(_ language: Language) -> String { name(language) }
  public func counting(_ language: Language, _ number: Int) -> String { counted(language, number) }

  /// Adds an entry under the first free number that begins with `prefix`, for people who do not number things.
  ///
  /// - Throws: `EntryRefused`.
  @discardableResult
  public func add(
    _ raw: [String: String], numbered prefix: String, _ language: Language, in scope: Scope
  ) async throws -> Entry {
    try await scope.write { tx in
      var number = try tx.entryCounts([self])[id, default: 0] + 1
      while try tx.entryID(self, key: "\(prefix)\(number)".searchable) != nil { number += 1 }
      return try add(raw.merging([key.id: "\(prefix)\(number)"]) { _, new in new }, language, tx)
    }
  }
}
