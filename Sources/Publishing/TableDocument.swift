/// The data of `checklist.typ`: facts, then tables, then boxes to sign; landscape when a table has more than six columns.
public struct TableDocument: Encodable, Sendable {
  public struct Fact: Encodable, Sendable {
    let label: String
    let value: String

    public init(_ label: String, _ value: String) { (self.label, self.value) = (label, value) }
  }

  public struct Table: Encodable, Sendable {
    let title: String
    let head: [String]
    /// Relative to each other.
    let widths: [Double]
    let rows: [[Cell]]

    public init(_ title: String, head: [String], widths: [Double], rows: [[Cell]]) {
      (self.title, self.head, self.widths, self.rows) = (title, head, widths, rows)
    }
  }

  public enum Cell: Encodable, Sendable, Equatable {
    case text(String)
    /// In red, with a sign before its first line.
    case bad(String)

    private enum Key: String, CodingKey { case text, bad }

    public func encode(to encoder: any Encoder) throws {
      switch self {
      case .text(let text):
        var container = encoder.singleValueContainer()
        try container.encode(text)
      case .bad(let text):
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(text, forKey: .text)
        try container.encode(true, forKey: .bad)
      }
    }
  }

  /// What stands around the content: in the head, the foot and the file's own particulars.
  public struct Frame: Sendable {
    let lang, subtitle, dateIso, author, fingerprintLabel, fingerprint, pageOf: String

    /// - Parameters:
    ///   - language: `ja` or `en`.
    ///   - subtitle: whose it is, and of what day.
    ///   - day: `YYYY-MM-DD`, which becomes the file's date.
    ///   - fingerprint: of the facility's ledger, with its name.
    ///   - pageOf: `{0} / {1}`, the page and how many there are.
    public init(
      language: String, subtitle: String, day: String, author: String,
      fingerprint: (label: String, text: String), pageOf: String
    ) {
      (lang, self.subtitle, dateIso, self.author) = (language, subtitle, day, author)
      (fingerprintLabel, self.fingerprint, self.pageOf) = (fingerprint.label, fingerprint.text, pageOf)
    }
  }

  private let lang, title, subtitle, dateIso, author: String
  private let notice: String?
  private let facts: [Fact]
  private let sections: [Table]
  private let signatureBoxes: [String]
  private let fingerprintLabel, fingerprint, pageOf: String

  /// - Parameters:
  ///   - notice: what a reader must know first.
  ///   - signatures: the words beside the boxes.
  public init(
    _ title: String, _ frame: Frame, notice: String? = nil, facts: [Fact] = [], tables: [Table],
    signatures: [String] = []
  ) {
    (lang, self.title, subtitle) = (frame.lang, title, frame.subtitle)
    (dateIso, author, self.notice) = (frame.dateIso, frame.author, notice)
    (self.facts, sections, signatureBoxes) = (facts, tables, signatures)
    (fingerprintLabel, fingerprint, pageOf) = (frame.fingerprintLabel, frame.fingerprint, frame.pageOf)
  }
}
