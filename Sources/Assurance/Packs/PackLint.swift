import Kernel

/// What is wrong with a pack, each with its place.
public enum PackLint {
  /// Checks one edition against itself and against the concepts.
  public static func faults(of pack: Pack, concepts: [Concept]) -> [String] {
    var faults: [String] = []
    let known = Set(concepts.map(\.id))
    if pack.title.ja.isEmpty || pack.title.en.isEmpty {
      faults.append("\(pack.id): title needs both languages")
    }
    if !(1...99).contains(pack.revision) { faults.append("\(pack.id): revision is not within 1 to 99") }
    if pack.sources.isEmpty { faults.append("\(pack.id): no source is named") }
    for form in pack.forms {
      let place = "\(pack.id)/\(form.id)"
      if form.items.isEmpty && pack.unknown == nil {
        faults.append("\(place): no items, and the pack does not say why")
      }
      if let rows = form.counts.rows, rows != form.rows.count {
        faults.append("\(place): counts.rows is \(rows), but there are \(form.rows.count)")
      }
      let labels = Set(form.rows.map(\.label)).count
      if let items = form.counts.items, items != labels {
        faults.append("\(place): counts.items is \(items), but there are \(labels) labels")
      }
      for (id, rows) in Dictionary(grouping: form.items, by: \.id) where rows.count > 1 {
        faults.append("\(place): item \(id) stands \(rows.count) times")
      }
      for item in form.items { faults += self.faults(of: item, place, known) }
    }
    return faults
  }

  private static func faults(of item: Pack.Item, _ place: String, _ concepts: Set<String>) -> [String] {
    var faults: [String] = []
    if !concepts.contains(item.concept) && !item.isWithoutConcept {
      faults.append("\(place)/\(item.id): concept \(item.concept) is unknown")
    }
    if item.question.ja.trimmed.isEmpty || item.question.en.trimmed.isEmpty {
      faults.append("\(place)/\(item.id): question needs both languages")
    }
    if item.appliesTo.isEmpty { faults.append("\(place)/\(item.id): applies_to is empty") }
    let targets: Set = ["all", "server", "client_pc", "network_device", "organization"]
    for target in item.appliesTo where !targets.contains(target) {
      faults.append("\(place)/\(item.id): applies_to \(target) is unknown")
    }
    if item.evidence.ja.count != item.evidence.en.count {
      faults.append("\(place)/\(item.id): evidence differs in length between the languages")
    }
    return faults
  }

  /// Everything in a library: editions, concepts, survey.
  public static func faults(in library: PackLibrary) throws(PackProblem) -> [String] {
    let concepts = try library.concepts()
    var faults: [String] = []
    for pack in try library.packs() {
      faults += self.faults(of: pack, concepts: concepts) + wordsWithoutEnglish(pack)
    }
    for concept in concepts { faults += wordsWithoutEnglish(concept) }
    let known = Set(concepts.map(\.id))
    let survey = try library.survey()
    for year in survey.years {
      for metric in year.metrics {
        for concept in metric.concepts where !known.contains(concept) {
          faults.append("survey/\(year.year)/\(metric.id): concept \(concept) is unknown")
        }
        if !survey.sources.contains(where: { $0.id == metric.source }) {
          faults.append("survey/\(year.year)/\(metric.id): source \(metric.source) is unknown")
        }
        for (band, value) in metric.byBeds {
          if let value, !(0...100).contains(value) {
            faults.append("survey/\(year.year)/\(metric.id): \(band) is \(value)")
          }
        }
      }
    }
    return faults + OwnFrameworkLint(OwnFrameworks(library), concepts: known).faults()
  }

  // MARK: English

  /// Every word of an edition that pages show, in its place.
  private static func wordsWithoutEnglish(_ pack: Pack) -> [String] {
    var words: [(String, Bilingual?)] = [
      ("title", pack.title), ("notice", pack.notice), ("unknown", pack.unknown),
    ]
    words += pack.changes.enumerated().map { ("changes/\($0 + 1)", $1) }
    for form in pack.forms {
      words += [("\(form.id)/title", form.title), ("\(form.id)/note", form.note)]
      for section in form.sections {
        let place = "\(form.id)/\(section.number)"
        words += [("\(place)/title", section.title), ("\(place)/short", section.short)]
      }
      for item in form.items {
        let place = "\(form.id)/\(item.id)"
        words += [
          ("\(place)/question", item.question), ("\(place)/group", item.group), ("\(place)/note", item.note),
        ]
        words += item.evidence.en.map { ("\(place)/evidence", Bilingual(ja: $0, en: $0)) }
      }
    }
    return words.compactMap { place, text in lacksEnglish(text) ? "\(pack.id)/\(place) has no English" : nil }
  }

  private static func wordsWithoutEnglish(_ concept: Concept) -> [String] {
    let words: [(String, Bilingual?)] = [
      ("label", concept.label), ("short", concept.short), ("meaning", concept.meaning), ("why", concept.why),
      ("cause_reason", concept.causeReason), ("next_step", concept.nextStep), ("ask", concept.ask),
    ]
    var faults = words.compactMap { field, text in
      lacksEnglish(text) ? "concepts/\(concept.id): \(field) has no English" : nil
    }
    if concept.proofs.ja.count != concept.proofs.en.count {
      faults.append("concepts/\(concept.id): proofs differ in length between the languages")
    }
    return faults
  }

  /// Whether the English is missing, or is the Japanese once more.
  static func lacksEnglish(_ text: Bilingual?) -> Bool {
    guard let text, !text.ja.isEmpty else { return false }
    return text.en.trimmed.isEmpty || text.en.hasJapanese
  }
}
