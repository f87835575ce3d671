import Frameworks
import Kernel

/// Makes the forms of an edition from the rows of a draft.
struct EditionBuilder {
  let draft: EditionDraft
  /// `r8`
  let edition: String

  /// The forms that the draft has items for. The vendors of hospitals and of pharmacies have one sheet.
  ///
  /// - Throws: `.noItems`; `.sameNumber` when two items of a form cannot be told apart.
  func forms() throws(EditionProblem) -> [PackDocument.Form] {
    var forms: [PackDocument.Form] = []
    for (id, form) in EditionBuilder.ids {
      let sections = try sections(of: form, id: id)
      if !sections.isEmpty {
        forms.append(EditionBuilder.form(id, sections: sections, confidence: .high, note: nil))
      }
    }
    guard !forms.isEmpty else { throw .noItems }
    return forms
  }

  static let ids: [(String, ChecklistSheet.Form)] = [
    ("med", .med), ("vendor", .vendor), ("ph", .ph), ("ph-vendor", .vendor),
  ]

  static func form(
    _ id: String, sections: [Pack.Section], confidence: Confidence, note: Bilingual?
  ) -> PackDocument.Form {
    // How many there should be is not known from anywhere but the file itself.
    PackDocument.Form(
      id: id, title: title(of: id), confidence: confidence,
      counts: Pack.Counts(items: nil, rows: nil, gates: nil), note: note, sections: sections)
  }

  private static func title(of form: String) -> Bilingual {
    let key: EditionText =
      switch form {
      case "med": .formMed
      case "ph": .formPh
      case "vendor": .formVendor
      default: .formPhVendor
      }
    return EditionText.both(key)
  }

  private struct Made {
    var number: String
    var title: String
    var items: [Pending] = []
  }

  private struct Pending {
    var row: EditionDraft.Row
    var text: String
  }

  private func sections(of form: ChecklistSheet.Form, id: String) throws(EditionProblem) -> [Pack.Section] {
    let titles = Dictionary(
      draft.sections.map { ($0.number, $0.title) }, uniquingKeysWith: { first, _ in first })
    var made: [Made] = []
    var last: (section: Int, item: Int)?
    for (index, row) in draft.rows.enumerated() {
      switch row.read.kind {
      case .item, .gate:
        guard row.read.forms.contains(form) else {
          last = nil
          continue
        }
        let own = draft.section(of: index)
        let number = own.isEmpty && row.read.kind == .gate ? "0" : own
        let place: Int
        if let known = made.firstIndex(where: { $0.number == number }) {
          place = known
        } else {
          let title =
            titles[number] ?? EditionText.both(row.read.kind == .gate ? .gateSection : .noSection).ja
          made.append(Made(number: number, title: title))
          place = made.count - 1
        }
        made[place].items.append(Pending(row: row, text: row.read.text))
        last = (place, made[place].items.count - 1)
      case .more:
        if let last { made[last.section].items[last.item].text += row.read.text }
      case .section, .group: last = nil
      case .title, .heading, .note, .other: continue
      }
    }
    var used: Set<String> = []
    var sections: [Pack.Section] = []
    for one in made {
      var items: [Pack.Item] = []
      for (index, pending) in one.items.enumerated() {
        items.append(try item(pending, place: index + 1, in: one.number, of: id, &used))
      }
      let title = Bilingual(ja: one.title, en: one.title)
      sections.append(Pack.Section(number: one.number, title: title, short: title, items: items))
    }
    return sections
  }

  private func item(
    _ pending: Pending, place: Int, in section: String, of form: String, _ used: inout Set<String>
  ) throws(EditionProblem) -> Pack.Item {
    let row = pending.row.read
    let number = ChecklistMark(row.number)?.number
    let isGate = row.kind == .gate
    let numeral = section.isEmpty ? "" : "\(section)-"
    let label = isGate ? "−" : number == nil ? "\(numeral)−" : "\(numeral)\(row.number)"
    let stem =
      "\(edition)-\(form)-\(section.isEmpty ? "x" : section)-\(number.map { "\($0)" } ?? "x\(place)")"
    var id = isGate ? "\(edition)-\(form)-0-1" : stem
    if !isGate && row.target != .all && row.target != .organization {
      // The same number may be asked for servers and PCs apart.
      let isShared = draft.rows.contains { other in
        other.read.kind == .item && other.read.number == row.number && other.read.target != row.target
          && other.read.forms == row.forms && number != nil
      }
      if isShared { id += "-\(EditionBuilder.suffix(row.target))" }
    }
    guard used.insert(id).inserted else { throw .sameNumber(label: label) }
    let concept = pending.row.concept.isEmpty ? "\(Pack.Item.noConcept)\(id)" : pending.row.concept
    let text = String(pending.text.prefix(4000))
    return Pack.Item(
      id: id, label: label, gate: isGate ? true : nil, concept: concept,
      appliesTo: [isGate ? ChecklistSheet.Target.organization.rawValue : row.target.rawValue],
      group: row.target == .all || row.target == .organization
        ? nil : EditionText.both(EditionText.target(row.target)),
      requirement: "required", question: Bilingual(ja: text, en: text),
      evidence: BilingualList(ja: [], en: []), since: edition, confidence: .high,
      note: row.remark.isEmpty ? nil : Bilingual(ja: row.remark, en: row.remark))
  }

  private static func suffix(_ target: ChecklistSheet.Target) -> String {
    switch target {
    case .server: "server"
    case .clientPC: "pc"
    case .networkDevice: "network"
    case .all, .organization: "all"
    }
  }
}

/// A new reading over the edition as it stands: nothing that somebody has answered is lost.
struct EditionMerge: Sendable {
  let forms: [PackDocument.Form]
  /// Forms that the new reading does not have, and that stay as they are.
  let kept: [String]
  /// Items that the new reading does not have, and that stay for their answers.
  let removed: [Pack.Item]
  /// Answered items whose words are other ones now.
  let reworded: [Pack.Item]

  init(_ new: [PackDocument.Form], over current: Pack?, answered: Set<String>) {
    var forms: [PackDocument.Form] = []
    var removed: [Pack.Item] = []
    var reworded: [Pack.Item] = []
    for form in new {
      let before = current?.form(form.id)
      let present = Dictionary(
        form.sections.flatMap(\.items).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
      reworded +=
        before?.items.filter { old in
          answered.contains(old.id) && present[old.id].map { $0.question != old.question } ?? false
        } ?? []
      var sections = form.sections
      for section in before?.sections ?? [] {
        let gone = section.items.filter { present[$0.id] == nil && answered.contains($0.id) }.map(\.removed)
        guard !gone.isEmpty else { continue }
        removed += gone
        if let place = sections.firstIndex(where: { $0.number == section.number }) {
          let there = sections[place]
          sections[place] = Pack.Section(
            number: there.number, title: there.title, short: there.short, items: there.items + gone)
        } else {
          sections.append(
            Pack.Section(number: section.number, title: section.title, short: section.short, items: gone))
        }
      }
      forms.append(
        EditionBuilder.form(form.id, sections: sections, confidence: form.confidence, note: form.note))
    }
    let names = Set(new.map(\.id))
    let others = current?.forms.filter { !names.contains($0.id) && !$0.items.isEmpty } ?? []
    kept = others.map(\.id)
    forms += others.map {
      PackDocument.Form(
        id: $0.id, title: $0.title, confidence: $0.confidence, counts: $0.counts, note: $0.note,
        sections: $0.sections)
    }
    let order = EditionBuilder.ids.map(\.0)
    self.forms = forms.sorted { (order.firstIndex(of: $0.id) ?? 9) < (order.firstIndex(of: $1.id) ?? 9) }
    (self.removed, self.reworded) = (removed, reworded)
  }
}

extension Pack.Item {
  /// Kept for its answers alone: the edition as it was read last does not have it.
  var isRemoved: Bool { requirement == "removed" }

  /// Shown, marked, and left out of every count, as everything that is not confirmed.
  fileprivate var removed: Pack.Item {
    Pack.Item(
      id: id, label: label, gate: gate, concept: concept, appliesTo: appliesTo, group: group,
      requirement: "removed", question: question, evidence: evidence, since: since, confidence: .low,
      note: EditionText.both(.removedNote))
  }
}
