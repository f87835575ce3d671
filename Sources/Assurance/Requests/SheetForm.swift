import Kernel
import Registers
import Web

/// What a request asks for, as a form of items: the same shape for all kinds, so that pages and workbooks are too.
enum SheetForm {
  /// The items of the request.
  ///
  /// - Throws: `PackProblem` when the edition is gone.
  static func form(of request: SheetRequest, library: PackLibrary) throws(PackProblem) -> Pack.Form {
    switch request.kind {
    case .vendorChecklist: try library.form(request.form ?? vendorForms.other, of: request.pack ?? "")
    case .serviceDisclosure: serviceDisclosure
    case .roleSplit: roleSplit
    case .disclosureFile: disclosureFile
    }
  }

  /// The forms of a checklist edition that vendors fill in.
  static let vendorForms = (other: "vendor", pharmacy: "ph-vendor")

  /// The vendor's form for a kind of facility, in the newest edition with known items; nil when no edition has it.
  static func checklist(library: PackLibrary, year: FiscalYear, for kind: Facility.Kind) -> (
    pack: Pack, form: Pack.Form
  )? {
    let form = kind == .pharmacy ? vendorForms.pharmacy : vendorForms.other
    // No edition has the form: there is nothing to ask.
    guard let pack = try? library.edition(of: Assessments.checklist, for: year, form: form),
      let items = pack.form(form)
    else { return nil }
    return (pack, items)
  }

  static func title(of request: SheetRequest, library: PackLibrary, _ language: Language) -> String {
    let t = Texts<SheetText>(language)
    switch request.kind {
    case .vendorChecklist:
      let pack = request.pack.flatMap { try? library.pack($0) }  // without it the kind's own name has to do
      let form = pack?.form(request.form ?? "")?.title(language) ?? t(.checklist)
      return "\(form)(\(pack.map { language.fiscalYear($0.fiscalYear) } ?? ""))"
    case .serviceDisclosure: return t(.disclosure)
    case .roleSplit: return t(.roles)
    case .disclosureFile: return t(.file)
    }
  }

  /// What a vendor tells before and during a contract, after table 4-1 of the providers' guideline 1.1; our own words.
  private static let serviceDisclosure = made(
    "service-disclosure", .disclosure,
    [
      (.disclosureLaw, [.d1, .d10, .d11]), (.disclosureCare, [.d2, .d3, .d4]),
      (.disclosureTrust, [.d5, .d6, .d7, .d8, .d9]),
    ])

  /// A short list of our own of what both sides confirm; not the ministry's text.
  private static let roleSplit = made(
    "role-split", .roles,
    [
      (.rolesNormal, [.r1, .r2, .r3, .r4, .r5, .r6]), (.rolesEmergency, [.r7, .r8, .r9]), (.rolesEnd, [.r10]),
    ])

  private static let disclosureFile = made("disclosure-file", .file, [(.file, [.f1, .f2])])

  private static func made(_ id: String, _ title: SheetText, _ parts: [(SheetText, [SheetText])]) -> Pack.Form
  {
    let sections = parts.enumerated().map { index, part in
      let number = "\(index + 1)"
      let items = part.1.enumerated().map { place, key in
        item("\(id)-\(key.rawValue)", label: "\(number)-\(place + 1)", key)
      }
      return Pack.Section(number: number, title: both(part.0), short: both(part.0), items: items)
    }
    let count = sections.reduce(0) { $0 + $1.items.count }
    return Pack.Form(
      id: id, title: both(title), confidence: .high, note: nil,
      counts: Pack.Counts(items: count, rows: count, gates: 0), sections: sections)
  }

  private static func item(_ id: String, label: String, _ key: SheetText) -> Pack.Item {
    Pack.Item(
      id: id, label: label, gate: nil, concept: "", appliesTo: [], group: nil, requirement: "",
      question: both(key), evidence: BilingualList(ja: [], en: []), since: "", confidence: .high, note: nil)
  }

  private static func both(_ key: SheetText) -> Bilingual {
    Bilingual(ja: Texts<SheetText>(.ja)(key), en: Texts<SheetText>(.en)(key))
  }
}

/// The questions of the sheets that are no checklist.
enum SheetText: String, TextKey {
  case checklist, disclosure, disclosureLaw, disclosureCare, disclosureTrust
  case d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11
  case roles, rolesNormal, rolesEmergency, rolesEnd, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10
  case file, f1, f2
  case checklistLead, disclosureLead, rolesLead, fileLead
  case dueOfChecklist, dueOfDisclosure, dueOfRoles, dueOfFile

  static let catalog = Catalog(SheetText.self, in: .module, folder: "Sheets.files")

  /// What the sheet is for, in a sentence to the vendor.
  static func lead(_ kind: SheetRequest.Kind) -> SheetText {
    switch kind {
    case .vendorChecklist: .checklistLead
    case .serviceDisclosure: .disclosureLead
    case .roleSplit: .rolesLead
    case .disclosureFile: .fileLead
    }
  }

  /// What the second day of an answer means.
  static func due(_ kind: SheetRequest.Kind) -> SheetText {
    switch kind {
    case .vendorChecklist: .dueOfChecklist
    case .serviceDisclosure: .dueOfDisclosure
    case .roleSplit: .dueOfRoles
    case .disclosureFile: .dueOfFile
    }
  }
}
