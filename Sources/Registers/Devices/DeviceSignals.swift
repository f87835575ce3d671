import Kernel
import Web

extension Devices {
  /// What the register of devices says to the checklists.
  static let signals: [String: SignalSource] = [
    "asset-ledger": { tx, day in ledger(try tx.deviceFigures(on: day)) },
    "remote-maintenance": { tx, day in remote(try tx.deviceFigures(on: day)) },
    "patch": { tx, day in updates(try tx.deviceFigures(on: day)) },
  ]

  /// Is there a register of the devices? A check that is late is told, but the register is there.
  static func ledger(_ figures: DeviceFigures) -> Signal? {
    guard figures.used > 0 else { return nil }
    return Signal(
      figures.overdue == figures.used ? .partly : .met, Sentence(DeviceText.signalUsed, figures.used),
      concern: figures.overdue == 0 ? nil : Sentence(DeviceText.signalOverdue, figures.overdue),
      oldest: figures.oldestCheck, path: "/registers/devices",
      ground: "used=\(figures.used) overdue=\(figures.overdue)")
  }

  /// Is every device that is maintained from outside known, with someone who updates it?
  static func remote(_ figures: DeviceFigures) -> Signal? {
    let isKnown = figures.remoteUnknown == 0
    return signal(
      figures, .signalRemote, figures.remote,
      concern: isKnown ? .signalRemoteUndecided : .signalRemoteUnknown,
      isKnown ? figures.remoteUndecided : figures.remoteUnknown,
      of: isKnown ? figures.remote : figures.used,
      path: "/registers/devices?attention=only\(isKnown ? "&remoteMaintenance=yes" : "")",
      ground:
        "remote=\(figures.remote) undecided=\(figures.remoteUndecided) unknown=\(figures.remoteUnknown)")
  }

  /// Does every device have someone who updates it, and a maker who still does?
  static func updates(_ figures: DeviceFigures) -> Signal? {
    let isDecided = figures.undecided == 0
    return signal(
      figures, .signalUsed, figures.used, concern: isDecided ? .signalEnded : .signalUndecided,
      isDecided ? figures.supportEnded : figures.undecided, of: figures.used,
      // Also those of which nobody has written anything: a filter for one value would leave them out.
      path: "/registers/devices?attention=only",
      ground: "used=\(figures.used) undecided=\(figures.undecided) ended=\(figures.supportEnded)")
  }

  /// Met without a concern, partly with one, unmet when all of `base` are concerned; nil without devices.
  private static func signal(
    _ figures: DeviceFigures, _ sentence: DeviceText, _ count: Int, concern: DeviceText, _ amiss: Int,
    of base: Int, path: String, ground: String
  ) -> Signal? {
    guard figures.used > 0 else { return nil }
    let state: Signal.State = amiss == 0 ? .met : amiss >= base ? .unmet : .partly
    return Signal(
      state, Sentence(sentence, count),
      concern: amiss == 0 ? nil : Sentence(concern, amiss), oldest: figures.oldestCheck,
      path: path, ground: ground)
  }
}
