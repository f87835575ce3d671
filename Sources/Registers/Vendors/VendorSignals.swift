import Kernel
import Web

extension Vendors {
  /// What the register of vendors says to the checklists.
  static let signals: [String: SignalSource] = [
    "contact-chart": { tx, day in contacts(try tx.vendorFigures(on: day)) }
  ]

  /// Can every vendor be reached at night, by contacts that were checked within a year?
  ///
  /// A contact chart also names authorities and people of the facility: good vendors alone cannot say that it is complete.
  static func contacts(_ figures: VendorFigures) -> Signal? {
    guard figures.all > 0 else { return nil }
    let isReachable = figures.unreachable == 0
    let amiss = isReachable ? figures.unchecked : figures.unreachable
    let concern: VendorText = isReachable ? .signalUnchecked : .signalUnreachable
    return Signal(
      amiss == 0 ? .unknown : amiss == figures.all ? .unmet : .partly,
      Sentence(VendorText.signalAll, figures.all),
      concern: amiss == 0 ? nil : Sentence(concern, amiss), oldest: figures.oldestCheck,
      path: "/registers/vendors",
      ground: "all=\(figures.all) unreachable=\(figures.unreachable) unchecked=\(figures.unchecked)")
  }
}
