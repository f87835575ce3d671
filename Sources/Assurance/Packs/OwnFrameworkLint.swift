import Foundation
import Frameworks
import Kernel

/// What is wrong with the frameworks that come with the program, each with its place.
struct OwnFrameworkLint {
  let own: OwnFrameworks
  let concepts: Set<String>

  init(_ own: OwnFrameworks, concepts: Set<String>) { (self.own, self.concepts) = (own, concepts) }

  func faults() -> [String] {
    var faults: [String] = []
    var libraries: [Library] = []
    for id in own.ids {
      do {
        let file = try own.file(id)
        libraries.append(file.library)
        faults += self.faults(of: file, id)
      } catch { faults.append("frameworks/\(id): \(error)") }
    }
    return faults + mappings(of: libraries)
  }

  func faults(of file: LibraryFile, _ id: String) -> [String] {
    let library = file.library
    let place = "frameworks/\(id)"
    // Their own irregularities would be shown to whoever chooses them.
    var faults = file.remarks.first.map { "\(place): \($0.kind.rawValue) \($0.place) at line \($0.line)" }
    if library.urn != "urn:mamorite:risk:library:\(id)" { faults.append("\(place): urn is \(library.urn)") }
    if library.locale != "ja" { faults.append("\(place): locale is \(library.locale)") }
    if library.copyright?.trimmed.isEmpty ?? true { faults.append("\(place): no source is named") }
    for field in ["name", "description", "copyright"]
    where library.translations["en"]?[field]?.isEmpty ?? true {
      faults.append("\(place): \(field) has no English")
    }
    for node in library.frameworks.flatMap(\.nodes) {
      for (field, text) in [
        ("name", node.name), ("description", node.description), ("annotation", node.annotation),
      ] where text != nil && node.translations["en"]?[field]?.isEmpty ?? true {
        faults.append("\(place)/\(node.urn): \(field) has no English")
      }
      let examples = node.typicalEvidence?.split(whereSeparator: \.isNewline).count ?? 0
      let english = node.translations["en"]?["typical_evidence"] ?? ""
      if english.split(whereSeparator: \.isNewline).count != examples {
        faults.append("\(place)/\(node.urn): typical_evidence differs in length between the languages")
      }
      let known = Set(library.referenceControls.map(\.urn))
      for control in node.referenceControls where !known.contains(control) {
        faults.append("\(place)/\(node.urn): \(control) is unknown")
      }
    }
    faults += partsWithoutEnglish(library).map { "\(place)\($0) has no English" }
    for control in library.referenceControls {
      guard let concept = control.concept, concepts.contains(concept) else {
        faults.append("\(place): \(control.urn) is no concept")
        continue
      }
    }
    return faults
  }

  /// Every other word that a page shows: names of frameworks, groups, levels, controls and mapping sets, questions with their
  /// choices, and numbers in which words stand.
  private func partsWithoutEnglish(_ library: Library) -> [String] {
    var lacking: [String] = []
    func ask(_ place: String, _ translations: Translations, _ fields: [(name: String, text: String?)]) {
      for (field, text) in fields where !(text ?? "").isEmpty {
        if translations.text(field, in: "en") == nil { lacking.append("\(place): \(field)") }
      }
    }
    for framework in library.frameworks {
      ask(
        "/\(framework.urn)", framework.translations,
        [("name", framework.name), ("description", framework.description)])
      for group in framework.groups {
        ask(
          "/\(framework.urn)/\(group.refID)", group.translations,
          [("name", group.name), ("description", group.description)])
      }
      for level in framework.scores {
        ask(
          "/\(framework.urn)/\(level.score)", level.translations,
          [("name", level.name), ("description", level.description)])
      }
      for node in framework.nodes {
        // A number alone is the same in every language.
        let number = node.refID.flatMap { $0.hasJapanese ? $0 : nil }
        ask("/\(node.urn)", node.translations, [("ref_id", number)])
        for question in node.questions {
          ask("/\(question.urn)", question.translations, [("text", question.text)])
          for choice in question.choices {
            ask(
              "/\(choice.urn)", choice.translations,
              [("value", choice.value), ("description", choice.description)])
          }
        }
      }
    }
    for control in library.referenceControls {
      ask(
        "/\(control.urn)", control.translations,
        [("name", control.name), ("description", control.description)])
    }
    for set in library.mappingSets {
      ask("/\(set.urn)", set.translations, [("name", set.name), ("description", set.description)])
    }
    return lacking
  }

  private func mappings(of libraries: [Library]) -> [String] {
    let nodes = Set(libraries.flatMap { $0.frameworks.flatMap { $0.nodes.map { URN.folded($0.urn) } } })
    return libraries.flatMap(\.mappingSets).flatMap { set in
      set.mappings.flatMap { [$0.source, $0.target] }.filter { !nodes.contains(URN.folded($0)) }.map {
        "\(set.urn): \($0) is nowhere"
      }
    }
  }
}

extension ReferenceControl {
  /// The concept of our checklists that a control of ours stands for.
  var concept: String? {
    guard URN.packager(urn) == "mamorite", let last = urn.split(separator: ":").last else { return nil }
    return String(last)
  }
}

extension String {
  /// Whether kana or kanji stand in it.
  var hasJapanese: Bool {
    unicodeScalars.contains {
      (0x3040...0x30FF).contains($0.value) || (0x3400...0x9FFF).contains($0.value)
    }
  }
}
