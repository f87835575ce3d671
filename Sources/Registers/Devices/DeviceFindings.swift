import Kernel
import Web

private typealias Text = DeviceText

extension Devices {
  /// A device in store or disposed of asks for nothing but the proof that its data is gone.
  static let findings: [Finding] = [
    .when("updaterUndecided", Word(Text.updaterUndecided)) {
      isUsed($0) && $0.lacks("updatedBy", or: "undecided")
    },
    .when("updaterUnnamed", Word(Text.updaterUnnamed)) {
      isUsed($0) && $0.is("updatedBy", "vendor") && !$0.has("vendor")
    },
    .from(-180, until: 1, after: "supportEndsOn", "supportNear", Word(Text.supportNear), if: isUsed),
    .from(1, after: "supportEndsOn", "supportEnded", Word(Text.supportEnded), if: isUsed),
    .when("supportUnknown", Word(Text.supportUnknown)) {
      isUsed($0) && needsSupport($0) && !$0.has("supportEndsOn")
    },
    .when("remoteUnknown", Word(Text.remoteUnknown)) {
      isUsed($0) && $0.lacks("remoteMaintenance", or: "unknown")
    },
    .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue), if: isUsed),
    .when("erasureUnproven", Word(Text.erasureUnproven)) {
      $0.is("status", "disposed") && !$0.has("erasureProof")
    },
  ]

  /// Lent devices are used as well, and so are those of which nobody has said otherwise.
  @Sendable private static func isUsed(_ entry: Entry) -> Bool {
    !entry.is("status", "stored") && !entry.is("status", "disposed")
  }

  /// The kinds whose end of support every hospital can find out.
  @Sendable private static func needsSupport(_ entry: Entry) -> Bool {
    ["server", "pc", "network"].contains(entry.text("kind"))
  }
}
