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
  /// One statement, at most two: a page has eight, and its own parts take five of them.
  typealias Content = @Sendable (ReadTx, Entry, WebRequest) throws -> HTML?

  /// The register whose records have it; nil for all.
  let register: String?
  let place: Place
  /// Only who has it sees the section.
  let permission: Permission
  let content: Content

  init(
    _ register: String?, place: Place = .main, needs permission: Permission = .registersRead,
    _ content: @escaping Content
  ) {
    (self.register, self.place, self.permission, self.content) = (register, place, permission, content)
  }
}

extension Registry {
  /// In the order in which they stand on a record. A new section takes its place here.
  static let panels: [RecordPanel] = [
    Responsibility.panel, DocumentPages.panel, Disclosures.panel,
    ContractPanels.versions, ContractPanels.systems, ContractPanels.contracts,
    VendorPanels.contacts, VendorPanels.certifications, VendorPanels.clauses,
    Dependencies.panel,
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
      for panel in panels where panel.register ?? register.id == register.id && request.may(panel.permission)
      {
        guard let section = try panel.content(tx, entry, request) else { continue }
        switch panel.place {
        case .main: main += section
        case .side: side += section
        }
      }
    }
  }
}
