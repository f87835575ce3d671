import Kernel

/// What a vendor has written about the security of one product or service, in a standard form.
public enum Disclosure {
  /// The forms. MDS is about a product in the facility, SDS about a service; MDS2 is the form of medical devices'
  /// makers (ANSI/NEMA HN 1).
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case mds, sds, mds2

    /// Whether the annex of guideline 7.0 speaks of it.
    var isJudged: Bool { self != .mds2 }
  }

  /// An answer as it could be read.
  public enum Answer: String, Sendable, Codable, CaseIterable {
    case yes, no, na, blank
    /// "See Note" (MDS2): the answer is in the remark.
    case note
    /// What is no choice but a fact, as in `DOC-3` of MDS2.
    case text
    /// Something stands there that is none of the answers, or two are marked.
    case unreadable

    /// Whether a person has still to find out what the vendor says.
    var isOpen: Bool { self == .blank || self == .unreadable }
  }

  /// One question of a form with what the vendor answered.
  public struct Question: Sendable, Equatable, Codable {
    /// As it is compared: half-width, upper case, without white space: `1-2`, `AUDT-1.1`.
    public let number: String
    /// The heading above it in the vendor's copy; may be empty.
    public let section: String
    /// From the facility's own copy; never shipped.
    public let text: String
    public let answer: Answer
    /// The answer's cell when it says more than its answer, else empty.
    public let raw: String
    public let remark: String

    public init(
      number: String, section: String = "", text: String = "", answer: Answer, raw: String = "",
      remark: String = ""
    ) {
      (self.number, self.section, self.text) = (number, section, text)
      (self.answer, self.raw, self.remark) = (answer, raw, remark)
    }

    /// What the vendor adds to the answer.
    var said: String { [raw, remark].filter { !$0.isEmpty }.joined(separator: "\n") }
  }

  /// Why a file or a form of ours was turned down.
  enum Refusal: Problem, Equatable {
    case noFile
    case notRecognised
    case noColumns
    case sameFile
    case noSuchDisclosure
    case noSuchAnswer
    case hasVersions
    case uploadGone
    case noKind
    case otherKind
    case badEvaluation
    case badExplanation
    case noTreatment
    case noDecider
    case badDecisionDay
    case tooManyNumbers
    case tooManyQuestions

    var code: String { "disclosures.\(self)" }
    var kind: ProblemKind {
      switch self {
      case .noSuchDisclosure, .noSuchAnswer: .notFound
      case .hasVersions, .sameFile: .conflict
      default: .invalid
      }
    }
    var field: String? {
      switch self {
      case .noFile: "file"
      case .noKind, .otherKind: "kind"
      case .badEvaluation: "evaluation"
      case .badExplanation: "explanation"
      case .noTreatment: "treatment"
      case .noDecider: "decidedBy"
      case .badDecisionDay: "decidedOn"
      case .tooManyNumbers: "mds"
      default: nil
      }
    }
  }
}

/// Editions of the forms.
enum DisclosureEdition {
  /// Those that were found, newest first; a copy may be of another.
  static let known = ["Ver.5.0", "Ver.4.1", "Ver.4.0", "Ver.3.0a", "Ver.2.0", mds2, mds2Old]
  static let mds2 = "HN 1-2019"
  /// Other sections and other numbers than ``mds2``: the two cannot be compared.
  static let mds2Old = "HN 1-2013"

  /// The numbers under which JAHIS published them.
  private static let standards = [
    "24-005": "Ver.5.0", "20-005": "Ver.4.0", "17-006": "Ver.3.0a", "14-008": "Ver.2.0",
  ]

  /// The edition that a title, sheet name or file name speaks of; nil for none.
  ///
  /// Only a text that speaks of a form is looked at: `Ver.4.0` beside a product's name is the product's.
  static func find(in text: String) -> String? {
    let plain = text.halfWidth.lowercased().filter { !$0.isWhitespace }
    if plain.contains("hn1-2019") { return mds2 }
    if plain.contains("hn1-2013") { return mds2Old }
    guard ["開示書", "mds", "sds", "jahis"].contains(where: plain.contains) else { return nil }
    if let standard = standards.first(where: { plain.contains($0.key) }) { return standard.value }
    for edition in known {
      let digits = edition.lowercased().replacing("ver.", with: "")
      for mark in ["ver.", "ver", "version", "v", "第"] where plain.contains("\(mark)\(digits)") {
        return edition
      }
    }
    return nil
  }
}
