public import Kernel
public import Storage

/// What a slice adds to the report to management: tables behind the first page, and the same figures for programs.
///
/// A slice offers it (``Feature/reportSection``); the report prints what there is, without either knowing of the other.
public struct ReportSection: Sendable {
  public struct Table: Sendable {
    public let title: String
    /// What the table says in a sentence; alone, when there are no rows.
    public let intro: String
    public let head: [String]
    /// Relative to each other.
    public let widths: [Double]
    public let rows: [[Cell]]

    public init(_ title: String, intro: String, head: [String], widths: [Double], rows: [[Cell]]) {
      (self.title, self.intro, self.head, self.widths, self.rows) = (title, intro, head, widths, rows)
    }
  }

  public enum Cell: Sendable, Equatable {
    case text(String)
    /// Something that is amiss.
    case bad(String)
  }

  /// Under which programs find it: `operations`.
  public let id: String
  public let tables: @Sendable (Language) -> [Table]
  /// The figures, as JSON has them.
  public let figures: any Encodable & Sendable

  public init(
    _ id: String, figures: any Encodable & Sendable, tables: @escaping @Sendable (Language) -> [Table]
  ) {
    (self.id, self.figures, self.tables) = (id, figures, tables)
  }
}

/// Reads what a slice adds to the report, as it is at a moment.
public typealias ReportSectionSource = @Sendable (ReadTx, Instant) throws -> ReportSection

/// What the slices add to the report to management.
public struct ReportSections: Sendable {
  private let sources: [ReportSectionSource]

  public static let none = ReportSections([])

  public init(_ features: [Feature]) { sources = features.compactMap(\.reportSection) }

  public func callAsFunction(_ tx: ReadTx, at now: Instant) throws -> [ReportSection] {
    try sources.map { try $0(tx, now) }
  }
}
