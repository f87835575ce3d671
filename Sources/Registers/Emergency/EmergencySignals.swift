import Kernel
import Web

/// Numbers of the contact chart, for the checklists.
struct ContactFigures: Sendable, Equatable {
  struct Part: Sendable, Equatable {
    var all = 0
    /// Vendors without a night or emergency number; contacts without any number or address.
    var unreachable = 0
    /// Not checked within a year.
    var unchecked = 0
    var oldest: Day?
  }

  var vendors = Part()
  var contacts = Part()
  /// Of health ministry, prefecture and police: how many the register of contacts has.
  var authorities = 0
  /// Of operations and safety manager: how many somebody with a number holds.
  var roles = 0
  /// Roles of any kind.
  var allRoles = 0
}

extension Emergency {
  /// What roles, contacts and vendors together say to the checklists.
  static let signals: [String: SignalSource] = [
    "contact-chart": { tx, day in chart(try tx.contactFigures(on: day)) }
  ]

  /// Does the chart name everyone who must be told, and can they be reached? nil while the registers are empty.
  ///
  /// The checklist's question asks for vendors, ministry, prefecture and police, from the facility's own people on.
  static func chart(_ figures: ContactFigures) -> Signal? {
    let all = figures.vendors.all + figures.contacts.all + figures.allRoles
    guard all > 0 else { return nil }
    let missing = (3 - figures.authorities) + (2 - figures.roles) + (figures.vendors.all == 0 ? 1 : 0)
    let unreachable = figures.vendors.unreachable + figures.contacts.unreachable
    let unchecked = figures.vendors.unchecked + figures.contacts.unchecked
    let concern: Sentence? =
      if missing > 0 { Sentence(EmergencyText.signalMissing, missing) } else if unreachable > 0 {
        Sentence(EmergencyText.signalUnreachable, unreachable)
      } else if unchecked > 0 { Sentence(EmergencyText.signalUnchecked, unchecked) } else { nil }
    let state: Signal.State = concern == nil ? .met : missing == 6 ? .unmet : .partly
    return Signal(
      state, Sentence(EmergencyText.signalAll, all), concern: concern,
      oldest: [figures.vendors.oldest, figures.contacts.oldest].compactMap { $0 }.min(), path: "/emergency",
      ground: "all=\(all) missing=\(missing) unreachable=\(unreachable) unchecked=\(unchecked)")
  }
}
