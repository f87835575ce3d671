import Kernel
import Web

/// One account as it stood when a review (棚卸し) began: from Mamorite itself or from another system's file.
struct ReviewedAccount: Sendable, Equatable {
  enum Kind: String, Sendable, CaseIterable {
    case personal, shared, service, vendor, emergency, privileged
    /// The source does not say.
    case unsaid
  }

  /// How much it can do.
  enum Strength: Sendable, Comparable { case plain, strong, privileged }

  let account: String
  /// The holder as the source writes it.
  var name = ""
  var department = ""
  var role = ""
  var kind = Kind.unsaid
  var strength = Strength.plain
  var isEnabled = true
  var lastUsedOn: Day?
  /// Whether the source tells of use at all; without it an empty day says nothing.
  var tellsUse = false
  /// nil where the source does not say.
  var hasFactor: Bool?
  var addedOn: Day?
  /// From the source, or from the register of people.
  var leftOn: Day?
  /// The holder in the register of people.
  var holder: PersonID?

  /// What is compared with an earlier review: width, case and kana aside.
  var key: String { account.searchable }

  /// Words in a group's or role's name that speak of power over a whole system.
  private static let strongWords = [
    "管理者", "特権", "admin", "root", "sysop", "superuser", "supervisor", "operator", "アドミン", "dba",
  ].map(\.searchable)

  static func isStrong(_ role: String) -> Bool {
    let text = role.searchable
    return strongWords.contains { text.contains($0) }
  }
}

/// Why an account needs a look. The order is that of the list.
enum AccountFinding: String, Sendable, CaseIterable {
  case leaver, removedLastTime, unused, neverUsed, noFactor, unknownHolder, shared, privileged, new

  /// Days without use after which an account is looked at: a proposal of this program (F-2), no rule of an authority.
  static let unusedDays = 90

  var rank: Int { (AccountFinding.allCases.firstIndex(of: self) ?? 0) + 1 }
  /// The rank of an account of which there is nothing to say.
  static let nothingRank = 99

  /// What the accounts of the last signed review were, and what was decided of each, by ``ReviewedAccount/key``.
  typealias Earlier = [String: AccountDecision]

  /// - Parameter earlier: nil when there has been no review before.
  static func findings(of account: ReviewedAccount, since earlier: Earlier?, on today: Day)
    -> [AccountFinding]
  {
    let known = earlier?[account.key]
    let isNew = earlier != nil && known == nil
    // Nobody can use it: nothing is left to decide but whether it goes.
    guard account.isEnabled else { return isNew ? [.new] : [] }
    var found: [AccountFinding] = []
    if let left = account.leftOn, left <= today { found.append(.leaver) }
    if known == .remove { found.append(.removedLastTime) }
    if account.kind == .emergency {
      // Not being used is what it is for.
    } else if let used = account.lastUsedOn {
      if today.days(since: used) >= unusedDays { found.append(.unused) }
    } else if account.tellsUse, account.addedOn.map({ today.days(since: $0) >= unusedDays }) ?? true {
      found.append(.neverUsed)
    }
    if account.hasFactor == false && account.strength != .plain { found.append(.noFactor) }
    if account.holder == nil && [.personal, .unsaid, .privileged].contains(account.kind) {
      found.append(.unknownHolder)
    }
    if account.kind == .shared { found.append(.shared) }
    if account.strength == .privileged { found.append(.privileged) }
    if isNew { found.append(.new) }
    return found
  }
}

enum AccountDecision: String, Sendable, Codable, CaseIterable {
  case keep, change, remove
}

/// What a sign-off says it is, so that a later change shows: the facts, the decision, the remark of each account.
struct ReviewFingerprint: Sendable {
  private var lines: [String] = []

  init(subject: String, startedAt: Instant, signedAt: Instant, signedBy: String) {
    lines = [subject, "\(startedAt.milliseconds)", "\(signedAt.milliseconds)", signedBy]
  }

  mutating func add(_ row: ReviewRow) {
    let parts: [String] = [
      "\(row.number)", row.account, row.name, row.department, row.role, row.kind.rawValue,
      row.isEnabled ? "1" : "0", row.lastUsedOn?.description ?? "",
      row.hasFactor.map { $0 ? "1" : "0" } ?? "",
      row.addedOn?.description ?? "", row.findings.map(\.rawValue).joined(separator: " "),
      row.decision?.rawValue ?? "", row.remark, row.decidedBy,
    ]
    // Tab and line feed cannot stand in a cell as it was read: each is a place of its own here.
    lines.append(
      parts.map { $0.replacing("\t", with: " ").replacing("\n", with: " ") }.joined(separator: "\t"))
  }

  var text: String { sha256(Array(lines.joined(separator: "\n").utf8)) }
}
