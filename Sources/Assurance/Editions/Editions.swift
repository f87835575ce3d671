import Foundation
import Frameworks
public import Kernel
import Publishing
import Registers
public import Storage
public import Web

/// Taking in a year's checklist from the ministry's workbook, as an edition that only this facility sees.
public enum Editions {
  /// So many drafts of a facility are kept; the oldest goes.
  static let mostDrafts = 10
  static let fileBytes = 20 << 20
  /// Of text that is pasted in.
  static let textBytes = 400_000

  public static func feature(_ library: PackLibrary) -> Feature {
    var feature = Feature("editions")
    feature.migrations = migrations
    feature.catalogs = [EditionText.catalog]
    feature.grants = [.administrator: [.editionsTake], .safetyManager: [.editionsTake]]
    feature.routes = { routes(&$0, library) }
    return feature
  }

  // MARK: Reading

  /// A file, or text that was pasted in.
  struct Given: Sendable {
    let name: String
    var bytes: [UInt8]
    var isText = false
    /// Of the file, when the text was taken out of it.
    var sha256: String?
    /// Who answers it; nil to find it in the words of the sheet.
    var forms: Set<ChecklistSheet.Form>?
  }

  /// - Throws: `SheetProblem`; `EditionProblem`.
  static func read(_ given: Given, into draft: EditionDraft, proposals: ConceptProposals) throws
    -> EditionDraft
  {
    let sheets: [Sheet]
    if given.isText {
      guard given.bytes.count <= textBytes else { throw EditionProblem.textTooLong }
      sheets = [
        ChecklistSheet.sheet(ofText: String(decoding: given.bytes, as: UTF8.self), named: given.name)
      ]
    } else {
      sheets = try Sheets.read(given.bytes, named: given.name).sheets
    }
    var after = draft
    try after.add(
      ChecklistSheet(sheets, forms: given.forms, isText: given.isText), named: given.name,
      sha256: given.sha256 ?? ChecklistSheet.fingerprint(of: given.bytes), proposals: proposals)
    return after
  }

  /// A PDF as its text; everything else as it is.
  ///
  /// - Throws: `PdfTextProblem`.
  static func withText(_ given: Given) async throws -> Given {
    guard !given.isText, PdfText.isPDF(given.bytes) else { return given }
    var text = given
    text.bytes = Array(try await PdfText.text(of: given.bytes).utf8)
    (text.isText, text.sha256) = (true, ChecklistSheet.fingerprint(of: given.bytes))
    return text
  }

  static func proposals(for year: FiscalYear, library: PackLibrary) throws -> ConceptProposals {
    let id = packID(of: year)
    return ConceptProposals(try library.packs().filter { $0.id != id && $0.family == Assessments.checklist })
  }

  // MARK: What would be taken in

  struct Preview: Sendable {
    let document: PackDocument
    let merge: EditionMerge
    /// The edition before, form by form, and what of it goes on.
    let carries: [(form: String, earlier: Pack, carry: Carryover)]

    var pack: Pack { document.pack }
    var withoutConcept: [Pack.Item] {
      pack.forms.flatMap(\.items).filter { $0.isWithoutConcept && !$0.isRemoved }
    }
  }

  /// - Throws: `EditionProblem`, `PackProblem`.
  static func outcome(_ draft: EditionDraft, library: PackLibrary, _ tx: ReadTx) throws -> Preview {
    let edition = editionName(of: draft.year)
    let forms = try EditionBuilder(draft: draft, edition: edition).forms()
    return try outcome(forms, year: draft.year, from: draft.sources.map(\.name), library: library, tx)
  }

  private static func outcome(
    _ forms: [PackDocument.Form], year: FiscalYear, from files: [String], library: PackLibrary, _ tx: ReadTx
  ) throws -> Preview {
    let id = packID(of: year)
    let shipped = try shippedEdition(id, library)
    let current = try tx.newestEdition(id)
    let merge = EditionMerge(forms, over: current?.pack, answered: try tx.answeredItems(of: id))
    let source = Pack.Source(id: "local", name: files.joined(separator: "、"), url: nil, date: nil)
    let pack = Pack(
      id: id, family: Assessments.checklist, edition: editionName(of: year), fiscalYear: year,
      revision: (current?.revision ?? 0) + 1,
      title: shipped?.title ?? EditionText.both(.packTitle, { $0.fiscalYear(year) }),
      notice: EditionText.both(.packNotice), unknown: nil, changes: [], forms: [],
      sources: [source] + (shipped?.sources ?? []))
    let document = PackDocument(pack, revision: pack.revision, forms: merge.forms)
    var carries: [(form: String, earlier: Pack, carry: Carryover)] = []
    for form in document.pack.forms {
      // The first edition of a form has none before it.
      guard let earlier = try? library.edition(of: Assessments.checklist, for: year.previous, form: form.id),
        let old = earlier.form(form.id)
      else { continue }
      carries.append(
        (form.id, earlier, Carryover(from: old, id: earlier.id, answers: [:], to: form, year: year)))
    }
    return Preview(document: document, merge: merge, carries: carries)
  }

  /// The edition of that id that came with the program.
  ///
  /// - Throws: `.shipped` when its items are known: nothing is laid over those.
  private static func shippedEdition(_ id: String, _ library: PackLibrary) throws -> Pack? {
    let shipped = library.shipped
    guard try shipped.ids().contains(id) else { return nil }
    let pack = try shipped.pack(id)
    guard pack.unknown != nil else { throw EditionProblem.shipped(pack: id) }
    return pack
  }

  /// `r8` for fiscal 2026.
  static func editionName(of year: FiscalYear) -> String { "r\(year.year - 2018)" }
  static func packID(of year: FiscalYear) -> String { "\(Assessments.checklist)-\(editionName(of: year))" }

  /// The years that can be taken in: those whose items did not come with the program, around today.
  static func years(_ library: PackLibrary, today: Day) throws -> [FiscalYear] {
    let now = today.fiscalYear
    let known = Set(try library.shipped.packs().filter { $0.unknown == nil }.map(\.id))
    let unknown = try library.shipped.packs().filter { $0.unknown != nil }.map(\.fiscalYear)
    return Set(unknown + [now, now.next]).filter { !known.contains(packID(of: $0)) && $0.year > 2018 }
      .sorted()
  }

  // MARK: Taking in

  static func outcome(
    _ document: PackDocument, named file: String, library: PackLibrary, _ tx: ReadTx
  ) throws -> Preview {
    try outcome(
      document.forms, year: FiscalYear(document.fiscalYear), from: [file], library: library, tx)
  }

  /// Takes in what another installation has made of the same sheet.
  ///
  /// - Throws: `EditionProblem`, `PackProblem`.
  static func take(_ document: PackDocument, named file: String, library: PackLibrary, in scope: Scope)
    async throws -> PackDocument
  {
    let library = try await library.seen(by: scope)
    return try await scope.write { tx in
      let preview = try outcome(document, named: file, library: library, tx)
      try tx.insert(preview.document, from: file)
      return preview.document
    }
  }

  /// Takes a draft in as the next revision of its edition.
  ///
  /// - Parameter version: of the draft that the person saw.
  /// - Throws: `EditionProblem`; `Stale` when the draft has moved on.
  static func take(_ id: EditionDraft.ID, version: Int, library: PackLibrary, in scope: Scope) async throws
    -> PackDocument
  {
    let library = try await library.seen(by: scope)
    return try await scope.write { tx in
      guard let draft = try tx.editionDraft(id) else { throw EditionProblem.noSuchDraft }
      guard draft.version == version else { throw Stale() }
      let preview = try outcome(draft, library: library, tx)
      try tx.insert(preview.document, from: draft.sources.map(\.name).joined(separator: "、"))
      try tx.forget(id)
      return preview.document
    }
  }

  /// What a file would become, or has become.
  public struct Result: Sendable {
    public let pack: Pack
    public let revision: Int
    public let withoutConcept: Int
    public let removed: Int
    /// Rows that no rule could tell.
    public let unread: Int
    public let isStored: Bool
  }

  /// Takes in a workbook, a text or a pack file without a person's corrections.
  ///
  /// - Throws: `SheetProblem`, `EditionProblem`, `PackProblem`, `FrameworkProblem`.
  public static func take(
    _ bytes: [UInt8], named name: String, isText: Bool, year: FiscalYear?, library: PackLibrary,
    isTrial: Bool, in scope: Scope
  ) async throws -> Result {
    let library = try await library.seen(by: scope)
    let year =
      try year ?? years(library, today: scope.now.day).first { $0 == scope.now.day.fiscalYear }
      ?? scope.now.day.fiscalYear
    var draft = EditionDraft(year: year)
    var given: PackDocument?
    if PackFileCheck.looksLikePack(bytes, named: name) {
      given = try PackFileCheck.checked(bytes, named: name, library: library)
    } else {
      let file = try await withText(Given(name: name, bytes: bytes, isText: isText))
      draft = try read(file, into: draft, proposals: try proposals(for: year, library: library))
    }
    let (read, document) = (draft, given)
    let unread = read.rows.count { $0.read.kind == .other }
    let make: @Sendable (ReadTx) throws -> Preview = { tx in
      guard let document else { return try outcome(read, library: library, tx) }
      return try outcome(document, named: name, library: library, tx)
    }
    let preview: Preview
    if isTrial {
      preview = try await scope.read(make)
    } else {
      preview = try await scope.write { tx in
        let preview = try make(tx)
        try tx.insert(preview.document, from: name)
        return preview
      }
    }
    return Result(
      pack: preview.pack, revision: preview.document.revision, withoutConcept: preview.withoutConcept.count,
      removed: preview.merge.removed.count, unread: unread, isStored: !isTrial)
  }

  /// The newest revision as a file that another installation takes in.
  ///
  /// - Throws: `EditionProblem.noSuchEdition`.
  public static func file(_ pack: String, in scope: Scope) async throws -> [UInt8] {
    guard let document = try await scope.read({ try $0.newestEdition(pack) }) else {
      throw EditionProblem.noSuchEdition
    }
    return Array(try document.yaml.utf8)
  }
}

extension Permission {
  public static let editionsTake = Permission("editions.take")
}

/// Words of taking a checklist in.
enum EditionText: String, TextKey {
  case title, lead, toAssessments, start, empty, emptyText, drafts, draftRows, resume, editions, edition,
    revision
  case takenAt, source, items, export, older, taken, answer, removedDraft
  case newTitle, newLead, yearLabel, yearHint, fileLabel, fileHint, textLabel, textHint, formsLabel, formsAuto
  case formsOrg, formsMed, formsPh, formsVendor, read, back, addFile, addLead
  case draftTitle, draftLead, otherYear, figureItems, figureSections, figureGates, figureUnread,
    figureNoConcept
  case columnRow, columnSheet, columnReading, columnConcept, edit, editTitle, save, cancel, saved, preview
  case throwAway, throwAwayText, kindLabel, numberLabel, textOf, sectionLabel, sectionAbove, conceptLabel
  case noConcept, formsOf, targetLabel, alike, others, noneAlike, chosenByHand
  case previewTitle, previewLead, take, formLine, newItems, changedItems, goneItems, noneOf, withoutConcept
  case withoutConceptText, keptForms, removedItems, removedText, rewordedItems, rewordedText, unreadRows
  case unreadText, revisionNote, backToDraft
  case kindTitle, kindHeading, kindSection, kindGroup, kindGate, kindItem, kindMore, kindNote, kindOther
  case whyAbove, whyHeadings, whySectionNumber, whySectionColumn, whyTarget, whyGate, whyNumbered, whyAsked
  case whyContinues, whyNote, whyBelow, whyNoText, whyUnknown, whyHand
  case targetAll, targetServer, targetPC, targetNetwork, targetOrganization
  case formMed, formPh, formVendor, formPhVendor, gateSection, noSection, removedNote, packTitle, packNotice
  case pasted, packLabel, packHint, packTake, packTitleOf

  static let catalog = Catalog(EditionText.self, in: .module, folder: "Editions.files")

  static func both(_ key: EditionText) -> Bilingual {
    Bilingual(ja: Texts<EditionText>(.ja)(key), en: Texts<EditionText>(.en)(key))
  }

  static func both(_ key: EditionText, _ argument: (Language) -> String) -> Bilingual {
    Bilingual(
      ja: Texts<EditionText>(.ja)(key, argument(.ja)), en: Texts<EditionText>(.en)(key, argument(.en)))
  }

  static func kind(_ kind: ChecklistSheet.Kind) -> EditionText {
    switch kind {
    case .title: .kindTitle
    case .heading: .kindHeading
    case .section: .kindSection
    case .group: .kindGroup
    case .gate: .kindGate
    case .item: .kindItem
    case .more: .kindMore
    case .note: .kindNote
    case .other: .kindOther
    }
  }

  static func why(_ reason: ChecklistSheet.Reason) -> EditionText {
    switch reason {
    case .aboveHeadings: .whyAbove
    case .headings: .whyHeadings
    case .sectionNumber: .whySectionNumber
    case .sectionColumn: .whySectionColumn
    case .targetWords: .whyTarget
    case .gateWords: .whyGate
    case .numbered: .whyNumbered
    case .asked: .whyAsked
    case .continues: .whyContinues
    case .noteMark: .whyNote
    case .belowItems: .whyBelow
    case .noText: .whyNoText
    case .unknown: .whyUnknown
    case .byHand: .whyHand
    }
  }

  static func target(_ target: ChecklistSheet.Target) -> EditionText {
    switch target {
    case .all: .targetAll
    case .server: .targetServer
    case .clientPC: .targetPC
    case .networkDevice: .targetNetwork
    case .organization: .targetOrganization
    }
  }
}
