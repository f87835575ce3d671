import Foundation
import Frameworks
import Kernel

/// A pack file from another installation: read within bounds and held against what an edition may be.
enum PackFileCheck {
  /// Whether the file says that it is an edition, rather than a sheet.
  static func looksLikePack(_ bytes: [UInt8], named name: String) -> Bool {
    let ending = URL(fileURLWithPath: name).pathExtension.lowercased()
    return ["yaml", "yml", "json"].contains(ending) && !bytes.starts(with: [0x50, 0x4B])
  }

  /// - Throws: `EditionProblem.notAPack`; `PackProblem.broken`; `FrameworkProblem` for what swells.
  static func checked(_ bytes: [UInt8], named name: String, library: PackLibrary) throws -> PackDocument {
    let document: PackDocument
    do { document = try PackDocument(bytes, named: name) } catch PackProblem.broken(_, let reason) {
      throw EditionProblem.notAPack(file: name, reason: reason.harmless)
    }
    func refuse(_ reason: String) -> EditionProblem { .notAPack(file: name, reason: reason) }
    let year = FiscalYear(document.fiscalYear)
    guard document.format == 1 else { throw refuse("format: \(document.format)") }
    guard document.family == Assessments.checklist else {
      throw refuse("family: \(document.family.harmless)")
    }
    guard (2019...2100).contains(document.fiscalYear), document.edition == Editions.editionName(of: year),
      document.id == Editions.packID(of: year)
    else { throw refuse("id: \(document.id.harmless)") }
    let forms = Set(EditionBuilder.ids.map(\.0))
    guard Set(document.forms.map(\.id)).count == document.forms.count,
      document.forms.allSatisfy({ forms.contains($0.id) })
    else { throw refuse("forms") }
    let items = document.forms.flatMap { $0.sections.flatMap(\.items) }
    guard (1...EditionDraft.mostRows).contains(items.count) else { throw refuse("items: \(items.count)") }
    var seen: Set<String> = []
    for item in items {
      let isPlain = item.id.utf8.allSatisfy {
        $0 == 0x2D || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
      }
      guard isPlain, item.id.utf8.count <= 80, item.id.hasPrefix("\(document.edition)-"),
        seen.insert(item.id).inserted
      else { throw refuse("items: \(item.id.harmless)") }
      guard !item.question.ja.trimmed.isEmpty, item.question.ja.count <= 4000, item.question.en.count <= 4000,
        item.label.count <= 40, !item.appliesTo.isEmpty,
        item.appliesTo.allSatisfy({ ChecklistSheet.Target(rawValue: $0) != nil })
      else { throw refuse(item.id) }
    }
    let concepts = Set(try library.concepts().map(\.id))
    return document.keeping(concepts: concepts)
  }
}

extension PackDocument {
  /// The same without what only its own facility had kept, and with concepts that are known here.
  fileprivate func keeping(concepts: Set<String>) -> PackDocument {
    let forms = forms.map { form in
      let sections = form.sections.map { section in
        Pack.Section(
          number: section.number, title: section.title, short: section.short,
          items: section.items.filter { !$0.isRemoved }.map { item in
            concepts.contains(item.concept) ? item : item.withoutConcept
          })
      }
      return EditionBuilder.form(form.id, sections: sections, confidence: form.confidence, note: form.note)
    }
    return PackDocument(pack, revision: revision, forms: forms)
  }
}

extension Pack.Item {
  fileprivate var withoutConcept: Pack.Item {
    Pack.Item(
      id: id, label: label, gate: gate, concept: "\(Pack.Item.noConcept)\(id)", appliesTo: appliesTo,
      group: group, requirement: requirement, question: question, evidence: evidence, since: since,
      confidence: confidence, note: note)
  }
}
