public import Kernel
public import Publishing
public import Web

/// Where a facility stands on a form: every count and list that pages and reports show.
public struct Standing: Sendable, Equatable {
  /// One item of the edition: its rows (server, PC…) together.
  public struct Group: Sendable, Equatable {
    public let label: String
    public let section: Int
    public let rows: [Pack.Item]
    /// nil when every row is not applicable or not confirmed against the original.
    public let mark: Mark?
  }

  public struct Rows: Sendable, Equatable, Codable {
    public var total = 0
    public var yes = 0
    public var no = 0
    public var notApplicable = 0
    public var unanswered = 0
    /// Rows not confirmed against the original, whatever their answer; in no other count but the total.
    public var unconfirmed = 0

    enum CodingKeys: String, CodingKey {
      case total, yes, no, unanswered, unconfirmed
      case notApplicable = "not_applicable"
    }
  }

  public let form: Pack.Form
  public let answers: [String: Answer]
  public let groups: [Group]
  public let rows: Rows
  public let marks: MarkCounts
  /// Row ids, in the order of the form; rows not confirmed against the original are left out here too.
  public let overdue: [String]
  public let dueSoon: [String]
  public let withoutProof: [String]
  public let withoutOwner: [String]
  /// Carried over from an earlier year and not looked at since.
  public let notYetChecked: [String]
  private let concerns: [Concern: Set<String>]
  private let groupOfItem: [String: Int]
  /// Marks by section, the opening question's section left out.
  public let sections: [(section: Pack.Section, marks: MarkCounts)]

  /// - Parameters:
  ///   - proofs: number of proofs by row id.
  ///   - today: for what is overdue, and due within 30 days.
  public init(form: Pack.Form, answers: [String: Answer], proofs: [String: Int], today: Day) {
    self.form = form
    self.answers = answers
    let rows = form.rows
    var counts = Rows()
    counts.total = rows.count
    for row in rows {
      if row.isUnconfirmed {
        counts.unconfirmed += 1
        continue
      }
      switch answers[row.id]?.value {
      case .yes: counts.yes += 1
      case .no: counts.no += 1
      case .na: counts.notApplicable += 1
      case nil: counts.unanswered += 1
      }
    }
    self.rows = counts
    var groups: [Group] = []
    for (index, section) in form.sections.enumerated() {
      var order: [String] = []
      var members: [String: [Pack.Item]] = [:]
      for item in section.items where !item.isGate {
        if members[item.label] == nil { order.append(item.label) }
        members[item.label, default: []].append(item)
      }
      for label in order {
        let rows = members[label] ?? []
        groups.append(
          Group(label: label, section: index, rows: rows, mark: Standing.mark(of: rows, answers: answers)))
      }
    }
    self.groups = groups
    groupOfItem = Dictionary(
      groups.enumerated().flatMap { index, group in group.rows.map { ($0.id, index) } },
      uniquingKeysWith: { first, _ in first })
    marks = MarkCounts(groups.compactMap(\.mark))
    sections = form.sections.enumerated().compactMap { index, section in
      let own = groups.filter { $0.section == index }
      return own.isEmpty ? nil : (section, MarkCounts(own.compactMap(\.mark)))
    }

    func ids(_ condition: (Pack.Item, Answer) -> Bool) -> [String] {
      rows.filter { !$0.isUnconfirmed && condition($0, answers[$0.id] ?? .blank($0.id)) }.map(\.id)
    }
    overdue = ids { _, answer in answer.isOpen && (answer.targetOn.map { $0 < today } ?? false) }
    dueSoon = ids { _, answer in
      answer.isOpen && (answer.targetOn.map { $0 >= today && $0.days(since: today) <= 30 } ?? false)
    }
    withoutProof = ids { row, answer in answer.value == .yes && (proofs[row.id] ?? 0) == 0 }
    withoutOwner = ids { _, answer in answer.isOpen && answer.owner == nil }
    notYetChecked = ids { _, answer in
      answer.carriedFrom != nil && answer.confirmedOn == nil && answer.value != nil
    }
    concerns = [
      .overdue: Set(overdue), .dueSoon: Set(dueSoon), .noProof: Set(withoutProof),
      .noOwner: Set(withoutOwner), .notYetChecked: Set(notYetChecked),
    ]
  }

  /// What asks for attention about a row. The raw values stand in URLs.
  enum Concern: String {
    case overdue
    case dueSoon = "due-soon"
    case noProof = "no-proof"
    case noOwner = "no-owner"
    case notYetChecked = "unchecked"
  }

  func has(_ concern: Concern, _ item: String) -> Bool { concerns[concern]?.contains(item) ?? false }

  public static func == (a: Standing, b: Standing) -> Bool {
    a.form == b.form && a.answers == b.answers && a.groups == b.groups
  }

  /// ○ all rows yes; △ some rows yes, or a no with a target date and a started measure; × no; − not answered.
  ///
  /// Rows that do not apply and rows not confirmed against the original are left out; nil when none is left.
  static func mark(of rows: [Pack.Item], answers: [String: Answer]) -> Mark? {
    let counted = rows.filter { !$0.isUnconfirmed && answers[$0.id]?.value != .na }
    guard !counted.isEmpty else { return nil }
    let values = counted.map { answers[$0.id]?.value }
    if values.allSatisfy({ $0 == .yes }) { return .done }
    if values.contains(.yes) { return .partly }
    if values.allSatisfy({ $0 == nil }) { return .unanswered }
    let underWay = counted.contains { row in
      guard let answer = answers[row.id] else { return false }
      return answer.value == .no && answer.started && answer.targetOn != nil
    }
    return underWay ? .partly : .undone
  }

  public func mark(ofItem id: String) -> Mark? {
    groupOfItem[id].flatMap { groups[$0].mark }
  }
}

extension Answer {
  /// Still to be done: no, or not answered.
  public var isOpen: Bool { value == .no || value == nil }
}

extension MarkCounts {
  public init(_ marks: [Mark]) {
    self.init(
      done: marks.count { $0 == .done }, partly: marks.count { $0 == .partly },
      undone: marks.count { $0 == .undone }, unanswered: marks.count { $0 == .unanswered })
  }
}
