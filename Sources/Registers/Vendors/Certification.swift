import Kernel
import Storage

/// A certification of a vendor's security by others: until when, for what.
struct Certification: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<Certification>

  enum Kind: String, Sendable, CaseIterable, Codable {
    /// ISO/IEC 27001, and 27017 for clouds.
    case isms
    case ismsCloud = "isms-cloud"
    case privacyMark = "privacy-mark"
    /// The register of clouds that the government has examined.
    case ismap
    /// JASA's cloud security mark.
    case csMark = "cs-mark"
    case soc2
    /// An examination by a certified auditor, for those who have none of the others.
    case audit
    case other

    var word: VendorText {
      switch self {
      case .isms: .certIsms
      case .ismsCloud: .certIsmsCloud
      case .privacyMark: .certPrivacyMark
      case .ismap: .certIsmap
      case .csMark: .certCsMark
      case .soc2: .certSoc2
      case .audit: .certAudit
      case .other: .other
      }
    }
  }

  let id: ID
  let vendor: Entry.ID
  let kind: Kind
  let number: String
  let scope: String
  let endsOn: Day?
  let note: String
  let revision: Int

  /// - Throws: `Refusal`.
  init(
    id: ID, vendor: Entry.ID, kind: String, number: String, scope: String, endsOn: String, note: String,
    revision: Int
  ) throws(Refusal) {
    guard let kind = Kind(rawValue: kind) else { throw .kindMissing }
    guard let number = number.trimmed(to: 0...60) else { throw .tooLong(field: "number", most: 60) }
    guard let scope = scope.trimmed(to: 0...200) else { throw .tooLong(field: "scope", most: 200) }
    guard let note = note.trimmed(to: 0...500) else { throw .tooLong(field: "note", most: 500) }
    let end = Day.parse(endsOn)
    if end == nil && !endsOn.trimmed.isEmpty { throw .badDay }
    (self.id, self.vendor, self.kind, self.number) = (id, vendor, kind, number)
    (self.scope, self.endsOn, self.note, self.revision) = (scope, end, note, revision)
  }

  init(
    stored id: ID, vendor: Entry.ID, kind: Kind, number: String, scope: String, endsOn: Day?, note: String,
    revision: Int
  ) {
    (self.id, self.vendor, self.kind, self.number) = (id, vendor, kind, number)
    (self.scope, self.endsOn, self.note, self.revision) = (scope, endsOn, note, revision)
  }

  enum Standing: Sendable, Equatable {
    case noEnd, valid, near, ended
  }

  func standing(on day: Day) -> Standing {
    guard let endsOn else { return .noEnd }
    if endsOn < day { return .ended }
    return endsOn.adding(days: -Notices.lead) <= day ? .near : .valid
  }

  enum Refusal: Problem, Equatable {
    case kindMissing, badDay
    case tooLong(field: String, most: Int)
    case notFound

    var code: String {
      switch self {
      case .kindMissing: "vendors.certificationKindMissing"
      case .badDay: "vendors.certificationBadDay"
      case .tooLong: "vendors.certificationTooLong"
      case .notFound: "vendors.certificationNotFound"
      }
    }
    var kind: ProblemKind { self == .notFound ? .notFound : .invalid }
    var arguments: [String] {
      if case .tooLong(_, let most) = self { return ["\(most)"] }
      return []
    }
    var field: String? {
      switch self {
      case .kindMissing: "kind"
      case .badDay: "endsOn"
      case .tooLong(let field, _): field
      case .notFound: nil
      }
    }
  }
}
