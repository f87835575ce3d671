import Kernel

/// One version of a document's text: made as a draft, asked for approval, approved or returned.
struct DocumentVersion: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<DocumentVersion>

  enum State: String, Sendable, Codable, CaseIterable {
    case draft, asked, approved, returned
  }

  let id: ID
  /// The entry in the register of documents.
  let document: Entry.ID
  /// 1 for the first; no two versions of a document share it.
  let number: Int
  private(set) var body: String
  /// What is different from the version before, in a sentence.
  private(set) var summary: String
  private(set) var state: State
  /// Who wrote it last, by name.
  private(set) var madeBy: String
  private(set) var madeAt: Instant
  /// Who approved or returned it, in which role, and with which word.
  private(set) var decision: Decision?
  /// For the one who changes it; others are told to look again.
  private(set) var version: Int

  struct Decision: Sendable, Equatable, Codable {
    let by: String
    /// The person's role at that moment, as in `Role`.
    let role: String
    let at: Instant
    let remark: String
    /// The ledger's length at that moment: what came after it, the approver has not seen.
    let ledger: Int
  }

  static let mostCharacters = 60_000

  /// A new draft.
  ///
  /// - Throws: `.noBody`, `.bodyTooLong`, `.summaryTooLong`.
  init(
    id: ID, of document: Entry.ID, number: Int, body: String, summary: String, by name: String,
    at moment: Instant
  ) throws(DocumentRefusal) {
    (self.id, self.document, self.number) = (id, document, number)
    (state, madeBy, madeAt, decision, version) = (.draft, name, moment, nil, 1)
    self.body = try Self.checked(body: body)
    self.summary = try Self.checked(summary: summary)
  }

  init(
    stored id: ID, document: Entry.ID, number: Int, body: String, summary: String, state: State,
    madeBy: String,
    madeAt: Instant, decision: Decision?, version: Int
  ) {
    (self.id, self.document, self.number, self.body, self.summary) = (id, document, number, body, summary)
    (self.state, self.madeBy, self.madeAt) = (state, madeBy, madeAt)
    (self.decision, self.version) = (decision, version)
  }

  /// Approved texts do not change any more: what people have read stays what they have read.
  var isOpen: Bool { state != .approved }

  /// The version with another text; it must be asked for approval again.
  ///
  /// - Throws: `.alreadyApproved` and those of ``init(id:of:number:body:summary:by:at:)``.
  func revised(body: String, summary: String, by name: String, at moment: Instant) throws(DocumentRefusal)
    -> DocumentVersion
  {
    guard isOpen else { throw .alreadyApproved }
    var next = self
    next.body = try Self.checked(body: body)
    next.summary = try Self.checked(summary: summary)
    (next.state, next.madeBy, next.madeAt, next.version) = (.draft, name, moment, version + 1)
    return next
  }

  /// - Throws: `.notADraft` when it is with the approver or approved.
  func askedForApproval() throws(DocumentRefusal) -> DocumentVersion {
    guard state == .draft || state == .returned else { throw .notADraft }
    var next = self
    (next.state, next.version) = (.asked, version + 1)
    return next
  }

  /// - Throws: `.alreadyApproved`. A draft can be approved at once: in a small clinic the same person does both.
  func approved(_ decision: Decision) throws(DocumentRefusal) -> DocumentVersion {
    guard isOpen else { throw .alreadyApproved }
    return decided(.approved, decision)
  }

  /// - Throws: `.notAsked`; `.noRemark` without a word on what to change.
  func returned(_ decision: Decision) throws(DocumentRefusal) -> DocumentVersion {
    guard state == .asked else { throw .notAsked }
    guard !decision.remark.isEmpty else { throw .noRemark }
    return decided(.returned, decision)
  }

  private func decided(_ state: State, _ decision: Decision) -> DocumentVersion {
    var next = self
    (next.state, next.decision, next.version) = (state, decision, version + 1)
    return next
  }

  private static func checked(body raw: String) throws(DocumentRefusal) -> String {
    guard let body = raw.trimmed(to: 0...mostCharacters) else { throw .bodyTooLong(most: mostCharacters) }
    guard !body.isEmpty else { throw .noBody }
    return body
  }

  private static func checked(summary raw: String) throws(DocumentRefusal) -> String {
    guard let summary = raw.trimmed(to: 0...400) else { throw .summaryTooLong }
    return summary
  }
}

/// Someone who is to read a version, and whether that has happened.
struct DocumentReading: Sendable, Equatable, Codable {
  enum Way: String, Sendable, Codable {
    /// The person pressed the button.
    case screen
    /// The office keeps the person's signature on paper.
    case paper
  }

  let version: DocumentVersion.ID
  let person: PersonID
  let name: String
  let department: String
  let readAt: Instant?
  let way: Way?
  /// Who recorded it, by name.
  let recordedBy: String?
}

/// Why work on a document was turned down.
enum DocumentRefusal: Problem, Equatable {
  case noBody
  case bodyTooLong(most: Int)
  case summaryTooLong, alreadyApproved, notADraft, notAsked, noRemark
  case noSuchVersion, notApproved, nobodyChosen, notForYou, nothingChosen
  /// There is an open version already; it is finished first.
  case draftExists

  var code: String {
    switch self {
    case .bodyTooLong: "documents.bodyTooLong"
    default: "documents.\(self)"
    }
  }
  var kind: ProblemKind {
    switch self {
    case .noSuchVersion: .notFound
    case .alreadyApproved, .notADraft, .notAsked, .notApproved, .draftExists: .conflict
    case .notForYou: .forbidden
    default: .invalid
    }
  }
  var arguments: [String] {
    if case .bodyTooLong(let most) = self { ["\(most)"] } else { [] }
  }
  var field: String? {
    switch self {
    case .noBody, .bodyTooLong: "body"
    case .summaryTooLong: "summary"
    case .noRemark: "remark"
    case .nobodyChosen, .nothingChosen: "people"
    default: nil
    }
  }
}
