import Frameworks
import Kernel
public import Storage

/// What the demonstration hospital has answered so far.
extension Audits {
  private static let standard = "urn:minato-group:risk:library:group-standard"

  /// Begins an audit of the group's standard with some answers and a measure, unless there is one already.
  ///
  /// - Returns: how many audits were begun.
  public static func demonstrate(in scope: Scope) async throws -> Int {
    guard try await scope.read({ try $0.audits() }).isEmpty else { return 0 }
    let audit = try await begin(named: "グループ基準 自己点検", library: standard, in: scope)
    let opened = try await opened(audit.id, in: scope)
    let answers: [(String, AuditResult, Int, String)] = [
      ("1.1", .compliant, 3, "院内掲示と規程の第2条"), ("1.2", .partiallyCompliant, 1, "見直しはしたが、承認がまだ"),
      ("2.1", .compliant, 2, ""), ("2.2", .nonCompliant, 0, "口は数えた。止め方を書いていない"),
      ("3.1", .partiallyCompliant, 1, "テープは毎月。切り離した控えはこれから"),
    ]
    let nodes = Dictionary(
      opened.tree.framework.nodes.indices.compactMap { place in
        opened.tree.node(place).refID.map { ($0, place) }
      },
      uniquingKeysWith: { first, _ in first })
    try await scope.write { tx in
      for (number, result, score, remark) in answers {
        guard let place = nodes[number] else { continue }
        let draft = RequirementAnswer.Draft(result: result, score: score, remark: remark)
        let after = try RequirementAnswer(opened.tree.keys[place]).revised(
          draft, scale: opened.tree.scale, today: scope.now.day)
        try tx.replace(
          RequirementAnswer(after.node), with: after, in: audit.id, title: opened.tree.title(place, nil),
          as: "audit.answer")
      }
      let measure = try Measure(
        Measure.Draft(
          title: "控えを週に一度、切り離した場所に置く", description: "外付けのディスク2台を交互に使い、金庫にしまう。",
          state: .underWay, costInitial: 180_000, costYearly: 24_000), id: scope.newID())
      try tx.insert(measure)
      for number in ["3.1", "3.2"] {
        guard let place = nodes[number] else { continue }
        try tx.link(measure, to: opened.tree.keys[place], title: opened.tree.title(place, nil), in: audit.id)
      }
      // What the records of backups and drills say about practising a restore.
      if let place = nodes["3.2"] {
        try tx.setConcept(
          "backup-recovery", on: opened.tree.keys[place], title: opened.tree.title(place, nil), of: audit,
          to: true)
      }
    }
    return 1
  }
}
