import Kernel
import Registers
import Web

/// Where a risk stands in its matrix; both from 0.
struct RiskRating: Sendable, Equatable, Codable {
  let probability: Int
  let impact: Int
}

/// A risk of the facility, how grave it is, and what is done about it.
struct Risk: Sendable, Equatable {
  typealias ID = Kernel.ID<Risk>

  enum Treatment: String, Sendable, Codable, CaseIterable { case avoid, reduce, transfer, accept }

  /// Without measures, as it is now, and where it is to come to.
  enum Stage: String, Sendable, Codable, CaseIterable { case inherent, current, target }

  /// What the analysis starts from; each from 1.
  struct Inputs: Sendable, Equatable, Codable {
    var confidentiality: Int?
    var integrity: Int?
    var availability: Int?
    var threat: Int?
    var weakness: [Stage: Int] = [:]
    /// Where a matrix has no analysis: chosen by a person, from 1.
    var probability: [Stage: Int] = [:]
    var impact: [Stage: Int] = [:]

    /// The greatest of the three; nil while one of them is missing.
    var importance: Int? {
      guard let confidentiality, let integrity, let availability else { return nil }
      return max(confidentiality, integrity, availability)
    }

    func rating(_ stage: Stage, in scale: RiskScale) -> RiskRating? {
      guard let analysis = scale.analysis else {
        guard let probability = probability[stage], let impact = impact[stage] else { return nil }
        return RiskRating(probability: probability - 1, impact: impact - 1)
      }
      guard let importance, let threat, let weakness = weakness[stage],
        let likelihood = analysis.likelihood(threat: threat, weakness: weakness)
      else { return nil }
      return RiskRating(probability: likelihood - 1, impact: importance - 1)
    }
  }

  /// Where it comes from.
  struct Origin: Sendable, Equatable, Codable {
    enum Kind: String, Sendable, Codable, CaseIterable { case free, finding, vendor, checklist, audit }

    var kind = Kind.free
    /// What it was, as `answer:<assessment>/<item>`; nil for what a person wrote.
    var reference: String?
    /// In words, as it was then.
    var text = ""
  }

  /// A decision to live with it, for a time.
  struct Acceptance: Sendable, Equatable, Codable {
    let proposer: PersonID?
    let proposedBy: String
    let proposedAt: Instant
    fileprivate(set) var approvedBy: String?
    fileprivate(set) var approvedAt: Instant?
    fileprivate(set) var remark = ""
    /// The proposer approved it, because nobody else could.
    fileprivate(set) var isAlone = false

    init(
      proposer: PersonID?, proposedBy: String, proposedAt: Instant, approvedBy: String? = nil,
      approvedAt: Instant? = nil, remark: String = "", isAlone: Bool = false
    ) {
      (self.proposer, self.proposedBy, self.proposedAt) = (proposer, proposedBy, proposedAt)
      (self.approvedBy, self.approvedAt, self.remark, self.isAlone) = (
        approvedBy, approvedAt, remark, isAlone
      )
    }
  }

  let id: ID
  var title = ""
  var asset = ""
  var system: String?
  var threat = ""
  var vulnerability = ""
  /// The id of its matrix.
  var scale = RiskScale.ownID
  var inputs = Inputs()
  var ratings: [Stage: RiskRating] = [:]
  /// 0 to 100; -1 while it is not rated.
  var severity = -1
  var treatment: Treatment?
  var reason = ""
  var expiresOn: Day?
  var acceptance: Acceptance?
  var owner: PersonID?
  var origin = Origin()
  var closedOn: Day?
  var closedBecause = ""
  var version = 0

  init(id: ID) { self.id = id }

  var isOpen: Bool { closedOn == nil }

  /// Of what it is now; else of what it would be without measures.
  var rating: RiskRating? { ratings[.current] ?? ratings[.inherent] }

  /// Its acceptance has run out: it is to be looked at again.
  func isExpired(on today: Day) -> Bool {
    isOpen && treatment == .accept && expiresOn.map { $0 < today } ?? false
  }

  var waitsForApproval: Bool { isOpen && treatment == .accept && acceptance?.approvedAt == nil }

  /// What a person typed.
  struct Draft: Sendable, Equatable {
    var title = ""
    var asset = ""
    var system: String?
    var threat = ""
    var vulnerability = ""
    var scale = RiskScale.ownID
    var inputs = Inputs()
    var treatment: Treatment?
    var reason = ""
    var expiresOn: Day?
    var owner: PersonID?
    var originText = ""
  }

  /// The risk as the draft says. Whatever changes but the owner makes an acceptance a new proposal.
  ///
  /// - Throws: ``RiskRefusal``.
  func revised(_ draft: Draft, in scale: RiskScale, by actor: Actor, at now: Instant) throws(RiskRefusal)
    -> Risk
  {
    guard isOpen else { throw .alreadyClosed }
    guard let title = draft.title.trimmed(to: 1...120), !title.contains("\n") else { throw .badTitle }
    guard let asset = draft.asset.trimmed(to: 0...200) else { throw .textTooLong }
    guard let threat = draft.threat.trimmed(to: 0...2000),
      let vulnerability = draft.vulnerability.trimmed(to: 0...2000),
      let originText = draft.originText.trimmed(to: 0...2000)
    else { throw .textTooLong }
    var next = self
    (next.title, next.asset, next.threat, next.vulnerability) = (title, asset, threat, vulnerability)
    (next.system, next.owner, next.scale) = (draft.system, draft.owner, draft.scale)
    if next.origin.reference == nil { next.origin.text = originText }
    next.inputs = try Risk.checked(draft.inputs, scale)
    next.ratings = Stage.allCases.reduce(into: [:]) { $0[$1] = next.inputs.rating($1, in: scale) }
    next.severity = next.rating.flatMap(scale.severity) ?? -1
    try next.decide(draft, before: self, by: actor, at: now)
    next.version = version + 1
    return next
  }

  private mutating func decide(_ draft: Draft, before: Risk, by actor: Actor, at now: Instant)
    throws(RiskRefusal)
  {
    guard let reason = draft.reason.trimmed(to: 0...2000) else { throw .textTooLong }
    if draft.treatment != nil && reason.isEmpty { throw .noReason }
    (treatment, self.reason) = (draft.treatment, reason)
    guard draft.treatment == .accept else {
      (expiresOn, acceptance) = (nil, nil)
      return
    }
    guard let expiry = draft.expiresOn else { throw .noExpiry }
    // A day that has passed may stay while something else is mended; the risk stays a duty.
    let stands = before.treatment == .accept && before.expiresOn == expiry
    guard expiry > now.day || stands else { throw .expiryPast }
    expiresOn = expiry
    // Whoever approved, approved of this risk and no other.
    let isSame =
      stands && before.reason == reason && before.inputs == inputs && before.scale == scale
      && before.title == title && before.asset == asset && before.system == system
      && before.threat == threat && before.vulnerability == vulnerability
      && before.origin.text == origin.text
    if !isSame || acceptance == nil {
      acceptance = Acceptance(proposer: actor.asPerson, proposedBy: actor.name, proposedAt: now)
    }
  }

  private static func checked(_ inputs: Inputs, _ scale: RiskScale) throws(RiskRefusal) -> Inputs {
    var kept = inputs
    let all: [(Int?, Int)]
    if let analysis = scale.analysis {
      (kept.probability, kept.impact) = ([:], [:])
      let worth = [inputs.confidentiality, inputs.integrity, inputs.availability].map {
        ($0, analysis.worth.count)
      }
      all =
        worth + [(inputs.threat, analysis.threat.count)]
        + inputs.weakness.values.map { ($0, analysis.weakness.count) }
    } else {
      kept = Inputs(probability: inputs.probability, impact: inputs.impact)
      all =
        inputs.probability.values.map { ($0, scale.probability.count) }
        + inputs.impact.values.map { ($0, scale.impact.count) }
    }
    for (value, most) in all {
      guard value.map({ (1...most).contains($0) }) ?? true else { throw .badRating }
    }
    return kept
  }

  /// The acceptance as somebody else has approved it; the proposer may only when `others` is 0.
  ///
  /// - Parameter others: how many people beside the approver could approve.
  /// - Throws: ``RiskRefusal``.
  func approved(by actor: Actor, others: Int, remark: String, at now: Instant) throws(RiskRefusal) -> Risk {
    guard isOpen, treatment == .accept, let acceptance, let expiresOn else { throw .nothingToApprove }
    guard acceptance.approvedAt == nil else { throw .nothingToApprove }
    guard expiresOn >= now.day else { throw .expiryPast }
    guard let person = actor.asPerson else { throw .noApprover }
    let isSelf = acceptance.proposer == person
    guard !isSelf || others == 0 else { throw .ownProposal }
    guard let remark = remark.trimmed(to: 0...400) else { throw .textTooLong }
    var next = self
    next.acceptance?.approvedBy = actor.name
    next.acceptance?.approvedAt = now
    next.acceptance?.remark = remark
    next.acceptance?.isAlone = isSelf
    next.version += 1
    return next
  }

  /// - Throws: ``RiskRefusal``.
  func closed(because reason: String, on day: Day) throws(RiskRefusal) -> Risk {
    guard isOpen else { throw .alreadyClosed }
    guard let reason = reason.trimmed(to: 1...400) else { throw .noClosing }
    var next = self
    (next.closedOn, next.closedBecause, next.version) = (day, reason, version + 1)
    return next
  }

  /// - Throws: ``RiskRefusal``.
  func reopened() throws(RiskRefusal) -> Risk {
    guard !isOpen else { throw .alreadyOpen }
    var next = self
    (next.closedOn, next.closedBecause, next.version) = (nil, "", version + 1)
    return next
  }
}

enum RiskRefusal: Problem, Equatable {
  case badTitle, textTooLong, badRating, badTreatment, noReason, noExpiry, expiryPast, badDay, unknownPerson
  case unknownSystem, noSuchScale, brokenScale, noSuchRisk, noSuchOrigin, nothingToApprove, ownProposal
  case noApprover, noClosing, alreadyClosed, alreadyOpen, nothingToDraw, alreadyTaken
  case noDismissal, noSuchDismissal

  var code: String { "risks.\(self)" }
  var kind: ProblemKind {
    switch self {
    case .noSuchRisk, .noSuchOrigin, .nothingToDraw, .noSuchDismissal: .notFound
    case .nothingToApprove, .alreadyClosed, .alreadyOpen, .alreadyTaken: .conflict
    case .ownProposal, .noApprover: .forbidden
    default: .invalid
    }
  }
  var field: String? {
    switch self {
    case .badTitle: "title"
    case .noReason, .noDismissal: "reason"
    case .noExpiry, .expiryPast, .badDay: "expires"
    case .badTreatment: "treatment"
    case .unknownPerson: "owner"
    case .unknownSystem: "system"
    case .noSuchScale: "scale"
    case .noClosing: "because"
    default: nil
    }
  }
}

extension Actor {
  /// nil for whoever came in another way than by signing in.
  fileprivate var asPerson: PersonID? {
    if case .person(let id, _) = self { id } else { nil }
  }
}
