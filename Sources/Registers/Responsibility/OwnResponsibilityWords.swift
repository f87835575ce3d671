import Kernel
import Web

// What we put into empty lists was written in the language of whoever asked for it; everybody reads it in their own.

extension Responsibility {
  /// Names and notes of our duties, parties and activities.
  static let ownWords = OwnWords(
    starters.flatMap { [$0.name, $0.note] } + Raci.starterParties + Raci.starterActivities.map(\.name))
}

extension Responsibility.Item {
  func shown(in language: Language) -> Self {
    let words = Responsibility.ownWords
    return with(name: words(name, language), note: words(note, language))
  }

  /// What a file may call it: its name, in every language if it is one of ours.
  var searchableNames: Set<String> {
    Set([name.searchable] + Language.allCases.map { shown(in: $0).name.searchable })
  }

  /// As it came out of a form that showed `before`.
  func kept(over before: Self) -> Self {
    let words = Responsibility.ownWords
    return with(name: words.kept(name, over: before.name), note: words.kept(note, over: before.note))
  }

  private func with(name: String, note: String) -> Self {
    Self(
      stored: id, name: name, note: note, phases: phases, layer: layer, position: position,
      isRetired: isRetired, version: version)
  }
}

extension Responsibility.Table {
  func shown(in language: Language) -> Self {
    Self(
      system: system, items: items.map { $0.shown(in: language) }, cells: cells, vendors: vendors,
      contracts: contracts)
  }
}

extension Responsibility.Matrix {
  func shown(in language: Language) -> Self {
    Self(items: items.map { $0.shown(in: language) }, lines: lines)
  }
}

extension Raci.Activity {
  func shown(in language: Language) -> Self {
    var shown = self
    shown.name = Responsibility.ownWords(name, language)
    return shown
  }
}

extension Raci.Party {
  func shown(in language: Language) -> Self { with(name: Responsibility.ownWords(name, language)) }

  func with(name: String) -> Self {
    Self(id: id, name: name, person: person, position: position, version: version)
  }
}

extension Raci.Table {
  func shown(in language: Language) -> Self {
    Self(
      parties: parties.map { $0.shown(in: language) }, activities: activities.map { $0.shown(in: language) },
      people: people)
  }
}
