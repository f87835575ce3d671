import Kernel
import Storage
import Web

/// A section that a slice adds to the record of an entry: what a system depends on, the files of a contract.
///
///     extension Dependencies {
///       static let panel = RecordPanel("systems") { tx, entry, request in
///         let found = try tx.dependencies(of: entry.id)
///         return dependencyPanel(found, of: entry, request)
///       }
///     }
///
/// It is then named in ``Registry/panels``. What its forms send goes to routes of the slice's own, which redirect back
/// to ``Registry/path(of:in:)``.
struct RecordPanel: Sendable {
  /// Where a section stands.
  enum Place: Sendable {
    /// Below the facts, as wide as they are: tables and forms.
    case main
    /// Beside them, above what names the entry: short lists.
    case side
  }

  /// Reads what it shows in the transaction of the page, and gives a whole `section` with its own heading and id;
  /// nil when there is nothing to show.
  ///
  /// One statement: a page has eight, and its own parts take six of them. Better none, by ``init(_:place:needs:rows:content:)``.
  typealias Content = @Sendable (ReadTx, Entry, WebRequest) throws -> HTML?

  /// The register whose records have it; nil for all.
  let register: String?
  let place: Place
  /// Only who has it sees the section.
  let permission: Permission
  /// Rows that are read together with those of the other sections, in one statement; nil for a section that reads by
  /// itself.
  let rows: (@Sendable (ReadTx, Register, Entry) -> SQL)?
  private let content: @Sendable (ReadTx, [RecordRow], Entry, WebRequest) throws -> HTML?

  init(
    _ register: String?, place: Place = .main, needs permission: Permission = .registersRead,
    _ content: @escaping Content
  ) {
    (self.register, self.place, self.permission, rows) = (register, place, permission, nil)
    self.content = { tx, _, entry, request in try content(tx, entry, request) }
  }

  /// - Parameter rows: a SELECT of the columns of ``RecordRow``; they come in any order.
  init(
    _ register: String?, place: Place = .main, needs permission: Permission = .registersRead,
    rows: @escaping @Sendable (ReadTx, Register, Entry) -> SQL,
    content: @escaping @Sendable ([RecordRow], Entry, WebRequest) throws -> HTML?
  ) {
    (self.register, self.place, self.permission, self.rows) = (register, place, permission, rows)
    self.content = { _, rows, entry, request in try content(rows, entry, request) }
  }

  func section(_ tx: ReadTx, _ rows: [RecordRow], _ entry: Entry, _ request: WebRequest) throws -> HTML? {
    try content(tx, rows, entry, request)
  }
}

/// A row of a section: six texts, then three numbers, each of them NULL where a section has no use for it.
struct RecordRow: Sendable {
  let texts: [String?]
  let numbers: [Int?]

  func text(_ index: Int) -> String { texts[index] ?? "" }
  func number(_ index: Int) -> Int { numbers[index] ?? 0 }
}

extension Registry {
  /// In the order in which they stand on a record. A new section takes its place here.
  static let panels: [RecordPanel] = [
    Responsibility.panel, DocumentPages.panel, Disclosures.panel,
    ContractPanels.versions, ContractPanels.systems, ContractPanels.contracts,
    VendorPanels.contacts, VendorPanels.certifications, VendorPanels.clauses,
    Dependencies.panel, EntryFiles.panel,
  ]

  /// The URL of an entry's record.
  static func path(of id: Entry.ID, in register: String) -> String { "/registers/\(register)/\(id)" }
}

extension RecordPage {
  /// The sections that other slices add, as markup.
  struct Panels: Sendable {
    var main = HTML.empty
    var side = HTML.empty

    init(
      _ panels: [RecordPanel] = Registry.panels, of register: Register, _ entry: Entry, _ request: WebRequest,
      _ tx: ReadTx
    ) throws {
      let shown = panels.filter { $0.register ?? register.id == register.id && request.may($0.permission) }
      let rows = try tx.recordRows(shown.map { $0.rows?(tx, register, entry) })
      for (panel, rows) in zip(shown, rows) {
        guard let section = try panel.section(tx, rows, entry, request) else { continue }
        switch panel.place {
        case .main: main += section
        case .side: side += section
        }
      }
    }
  }
}
