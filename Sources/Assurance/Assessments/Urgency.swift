public import Kernel

/// How urgent an open row is, and why. The rule is in `docs/develop/ranking.md`; every part of it is explainable in one sentence.
public struct Urgency: Sendable, Equatable {
  /// Why an item stands where it stands, strongest first.
  public enum Reason: Sendable, Equatable {
    case overdue(days: Int)
    /// The concept was behind real incidents at Japanese hospitals; the words come from the concept.
    case incidentCause(concept: String)
    case noTargetDate
    case noOwner
    case notAnswered
    case dueSoon(days: Int)
    /// Looked at when the health centre inspects.
    case inspected
    /// Small effort: done within a day by the hospital itself.
    case quick
  }

  public let item: Pack.Item
  public let score: Int
  public let reasons: [Reason]

  /// Points: overdue 100 and 1 per day up to 60 more; cause of known incidents 40, or 60 where it concerns the way in from
  /// outside (remote maintenance, updates, allowed sources), the entrance in most of the known cases; inspected 20;
  /// no target date 15; no owner 15; not answered 10; due within 30 days 10; small effort 5, large effort −5.
  /// Equal points keep the order of the form.
  public static func ranked(_ standing: Standing, concepts: [Concept], today: Day) -> [Urgency] {
    let byID = Dictionary(concepts.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var all: [Urgency] = []
    for row in standing.form.rows where !row.isUnconfirmed {
      let answer = standing.answers[row.id] ?? .blank(row.id)
      guard answer.isOpen else { continue }
      all.append(urgency(of: row, answer, byID[row.concept], today: today))
    }
    return all.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(
      \.element)
  }

  private static func urgency(of row: Pack.Item, _ answer: Answer, _ concept: Concept?, today: Day) -> Urgency
  {
    var parts: [(points: Int, reason: Reason)] = []
    if let target = answer.targetOn {
      let late = today.days(since: target)
      if late > 0 { parts.append((100 + min(late, 60), .overdue(days: late))) }
      if late <= 0 && late >= -30 { parts.append((10, .dueSoon(days: -late))) }
    } else if answer.value == .no {
      parts.append((15, .noTargetDate))
    }
    if let cause = concept?.incidentCause {
      parts.append((cause == "unmanaged-vpn" ? 60 : 40, .incidentCause(concept: row.concept)))
    }
    if answer.value == nil { parts.append((10, .notAnswered)) }
    if answer.owner == nil { parts.append((15, .noOwner)) }
    if row.requirement == "required" { parts.append((20, .inspected)) }
    var score = parts.reduce(0) { $0 + $1.points }
    switch concept?.effort {
    case .small:
      score += 5
      parts.append((5, .quick))
    case .large: score -= 5
    default: break
    }
    let reasons = parts.enumerated().sorted {
      ($1.element.points, $0.offset) < ($0.element.points, $1.offset)
    }
    return Urgency(item: row, score: score, reasons: reasons.map(\.element.reason))
  }
}
