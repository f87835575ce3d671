import Kernel
import Web

extension Roles {
  /// What the register of roles says to the checklists.
  static let signals: [String: SignalSource] = [
    "safety-manager": { tx, _ in managers(try tx.managerFigures()) }
  ]

  /// Is there a safety manager with a name? nil while the register is empty.
  ///
  /// The checklist asks for the manager alone. That a deputy is missing is said, and changes nothing in the answer.
  static func managers(_ figures: ManagerFigures) -> Signal? {
    guard figures.roles > 0 else { return nil }
    let held = figures.managers - figures.vacant
    var concern: Sentence?
    if figures.vacant > 0 { concern = Sentence(RoleText.signalNobody, figures.vacant) }
    if held > 0, figures.alone > 0 { concern = Sentence(RoleText.signalNoDeputy, figures.alone) }
    return Signal(
      held > 0 ? .met : .unmet, Sentence(RoleText.signalManagers, held), concern: concern,
      oldest: figures.oldestTest, path: "/registers/roles?kind=safety-manager",
      ground: "managers=\(figures.managers) vacant=\(figures.vacant) alone=\(figures.alone)")
  }
}
