import Kernel
import Storage
import Web

/// Which entries a person wants to change together.
struct BulkChoice: Sendable {
  /// So many can be changed at once; more would hold up everybody's saving for too long.
  static let most = 10_000
  /// So many are shown one by one.
  static let mostShown = 200

  /// Chosen one by one on a page of the list.
  var ids: [Entry.ID] = []
  /// The versions that the person has seen, by id.
  var seen: [Entry.ID: Int] = [:]
  /// Everything that the list shows on all its pages; nil for what was chosen one by one.
  var view: ListView?
  /// Over all of them as the person has seen them.
  var stamp = ""

  /// - Throws: `Entry.Refusal.tooManyChosen`.
  init(_ form: FormValues, _ register: Register, today: Day) throws(Entry.Refusal) {
    if !form["all"].isEmpty {
      view = ListView(register, today: today) { form["in-\($0)"] }
      stamp = form["stamp"]
      return
    }
    for text in form.all("entry") {
      let parts = text.split(separator: "/").map(String.init)
      guard parts.count == 2, let id = Entry.ID(parts[0]), let version = Int32(parts[1]).map(Int.init)
      else { continue }
      ids.append(id)
      seen[id] = version
    }
    if ids.isEmpty { ids = form.all("id").compactMap { Entry.ID($0) } }
    guard ids.count <= 1_000 else { throw .tooManyChosen(1_000) }
  }

  /// Whether `entry` is as the person has seen it, or already as it is to be.
  func accepts(_ entry: Entry, _ field: Field, to stored: String?) -> Bool {
    view != nil || seen[entry.id] == entry.version || entry.values[field.id] == stored
  }

  /// Whether they are the same entries that the person has seen.
  func isStill(_ entries: [Entry]) -> Bool {
    view == nil ? entries.count == Set(ids).count : BulkChoice.stamp(of: entries) == stamp
  }

  /// A number over ids and versions. FNV-1a.
  static func stamp(of entries: [Entry]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for entry in entries {
      for byte in "\(entry.id)/\(entry.version)\n".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return String(hash, radix: 16)
  }
}

extension ReadTx {
  /// - Throws: `Entry.Refusal.tooManyChosen`, before anything is read.
  func entries(_ register: Register, _ choice: BulkChoice) throws -> [NamedEntry] {
    guard let view = choice.view else {
      return try entries(register, choice.ids.compactMap { EntryIndex.Bits($0.text.utf8) })
    }
    let count = try entryCount(register, view.query, on: Day(daysSince1970: 0)).all
    guard count <= BulkChoice.most else { throw Entry.Refusal.tooManyChosen(BulkChoice.most) }
    return try entries(register, view.query)
  }
}

extension Registry {
  static func bulk(_ routes: inout Routes) {
    routes.post("registers/:register/changes/preview", needs: .registersEdit) { request, scope in
      let register = try await register(request, scope)
      let form = try request.form()
      guard let field = register.field(form["field"]), field.isBulk else { throw Entry.Refusal.nothingChosen }
      let choice = try BulkChoice(form, register, today: request.now.day)
      let entries = try await scope.read { try $0.entries(register, choice) }
      guard !entries.isEmpty else { throw Entry.Refusal.nothingChosen }
      if form["asked"].isEmpty {
        let suggestions = try await scope.read {
          try $0.suggestions(for: field, limit: EntryFormPage.mostSuggestions)
        }
        return .page(BulkPage.ask(request, register, field, choice, entries, suggestions))
      }
      return .page(try await bulkPage(request, register, field, form[field.id], choice, entries, scope))
    }
    routes.post("registers/:register/changes", needs: .registersEdit) { request, scope in
      let register = try await register(request, scope)
      let form = try request.form()
      guard let field = register.field(form["field"]), field.isBulk else { throw Entry.Refusal.nothingChosen }
      let choice = try BulkChoice(form, register, today: request.now.day)
      do {
        let changed = try await register.changeAll(
          field, to: form["value"], of: choice, request.language, in: scope)
        return .redirect(to: "/registers/\(register.id)?changed=\(changed)")
      } catch let refused as EntryRefused { throw refused.refusals.first ?? .nothingChosen }
    }
  }

  private static func bulkPage(
    _ request: WebRequest, _ register: Register, _ field: Field, _ text: String, _ choice: BulkChoice,
    _ entries: [NamedEntry], _ scope: Scope
  ) async throws -> Page {
    let language = request.language
    let (read, shown) = try await scope.read { tx in
      let reader = EntryReader(register: register, language: language) { field, text in
        try tx.candidates(of: field, named: text)
      }
      let read = try reader.read([field.id: text], over: entries[0].entry.values)
      let names = try tx.suggestions(for: field, limit: EntryFormPage.mostSuggestions)
      return (read, names.first { $0.id == read.values[field.id] }?.name)
    }
    if let refusal = read.refusals.first(where: { $0.field == field.id }) { throw refusal }
    let stored = read.values[field.id]
    let after = shown ?? stored.map { FieldView.plain(field, $0, language) }
    return BulkPage.page(request, register, field, text, choice, stored: stored, shown: after, entries)
  }
}
