import Kernel
import Web

extension Connections {
  /// What the register of connection points says to the checklists.
  static let signals: [String: SignalSource] = [
    "source-restriction": { tx, _ in sources(try tx.connectionFigures()) }
  ]

  /// Is it written for every connection point from where it may be reached? nil without connection points.
  static func sources(_ figures: ConnectionFigures) -> Signal? {
    guard figures.used > 0 else { return nil }
    let amiss = figures.withoutSources
    return Signal(
      amiss == 0 ? .met : amiss == figures.used ? .unmet : .partly,
      Sentence(ConnectionText.signalUsed, figures.used),
      concern: amiss == 0 ? nil : Sentence(ConnectionText.signalSources, amiss),
      oldest: figures.oldestCheck, path: "/registers/connections",
      ground: "used=\(figures.used) open=\(amiss)")
  }
}
