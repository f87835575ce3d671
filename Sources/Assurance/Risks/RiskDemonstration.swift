import Kernel
import Registers
public import Storage
import Web

/// What the demonstration hospital worries about.
extension Risks {
  /// Writes a few risks down, one of them accepted until a day, and puts a measure with its costs into the plan; unless there is a
  /// risk already.
  ///
  /// - Returns: how many risks were written.
  public static func demonstrate(in scope: Scope) async throws -> Int {
    let (figures, systems, measures) = try await scope.read { tx in
      (
        try tx.riskFigures(on: scope.now.day), try tx.systemNames(),
        try tx.measures(.init(), state: nil, query: "").page
      )
    }
    guard figures.open == 0 else { return 0 }
    let records = systems.first { $0.name.contains("電子カルテ") }?.id
    func inputs(_ worth: [Int], threat: Int, _ weakness: [Int]) -> Risk.Inputs {
      Risk.Inputs(
        confidentiality: worth[0], integrity: worth[1], availability: worth[2], threat: threat,
        weakness: [.inherent: weakness[0], .current: weakness[1], .target: weakness[2]])
    }
    let year = scope.now.day.fiscalYear.next
    var entrance = Risk.Draft(
      title: "保守用のVPN装置から入られ、電子カルテが暗号化される", asset: "診療の記録", system: records,
      threat: "弱点の残るVPN装置をねらう、身代金目当ての攻撃", vulnerability: "更新が半年できていない。二要素認証がない",
      inputs: inputs([3, 3, 3], threat: 3, [3, 2, 1]))
    (entrance.treatment, entrance.reason) = (.reduce, "装置を入れ替え、二要素認証にする。控えは切り離して置く")
    var images = Risk.Draft(
      title: "古い検査機器が止まり、検査ができない", asset: "検査の画像",
      threat: "サポートの終わった OS の故障や感染", vulnerability: "更新できない機器が2台ある",
      inputs: inputs([2, 1, 2], threat: 2, [3, 3, 3]))
    (images.treatment, images.reason) = (.accept, "次の更新まで、ほかの機器から切り離して使う")
    images.expiresOn = year.last
    let mail = Risk.Draft(
      title: "なりすましのメールから職員の端末が感染する", asset: "職員の端末",
      inputs: Risk.Inputs(threat: 3))
    let made = [
      try await add(entrance, in: scope), try await add(images, in: scope), try await add(mail, in: scope),
    ]
    var draft = Measure.Draft(
      title: "VPN装置を入れ替え、二要素認証にする", state: .planned, costInitial: 2_400_000)
    (draft.startOn, draft.dueOn) = (year.first, year.first.adding(months: 5))
    let exchange = try await Measures.add(draft, in: scope)
    try await scope.write { tx in
      try tx.setMeasure(exchange, of: made[0], to: true)
      if let backup = measures.first(where: { $0.measure.title.contains("切り離した場所") })?.measure {
        try tx.setMeasure(backup, of: made[0], to: true)
      }
    }
    try await Plans.write(year, exchange.id, version: 0, in: scope) { before in
      try before.revised(isChosen: true, why: "いまの装置の保守は来年度で終わります。", otherwise: "")
    }
    try await demonstrateRollout(systems, from: scope.now.day, in: scope)
    return made.count
  }

  private static func demonstrateRollout(_ systems: [SystemName], from today: Day, in scope: Scope)
    async throws
  {
    guard try await scope.read({ try $0.rolloutPhases() }).isEmpty else { return }
    try await Rollouts.begin(
      from: today.adding(months: -2), to: today.fiscalYear.next.last, in: scope)
    // As its register of systems and its account reviews have it: only the sign-in system's administrators are done.
    let known = ["利用者認証", "電子カルテ", "画像"].compactMap { name in
      systems.first { $0.name.contains(name) }
    }
    for (place, system) in known.enumerated() {
      var draft = RolloutLine.Draft(system: system.id, group: "管理者", people: 3, phase: 1)
      (draft.costOnce, draft.doneOn) = (place == 0 ? 90_000 : nil, place == 0 ? today : nil)
      if place == 2 {
        draft.exceptionReason = "いまの版が二要素に対応していない。次の更新で入れる"
        draft.exceptionUntil = today.fiscalYear.next.last
      }
      try await Rollouts.add(draft, in: scope)
      try await Rollouts.add(
        RolloutLine.Draft(system: system.id, group: "一般の利用者", method: .card, phase: 2), in: scope)
    }
  }
}
