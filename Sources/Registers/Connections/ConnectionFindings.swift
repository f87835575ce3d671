import Kernel
import Web

private typealias Text = ConnectionText

extension Connections {
  /// A way in that is switched off can be switched on again, so only one that is gone asks for nothing.
  static let findings: [Finding] = [
    .when("updaterUndecided", Word(Text.updaterUndecided)) {
      exists($0) && $0.lacks("updatedBy", or: "undecided")
    },
    .when("updaterUnnamed", Word(Text.updaterUnnamed)) {
      exists($0) && $0.is("updatedBy", "vendor") && !$0.has("vendor")
    },
    .when("firmwareUnknown", Word(Text.firmwareUnknown)) { exists($0) && !$0.has("firmware") },
    .from(-180, until: 1, after: "supportEndsOn", "supportNear", Word(Text.supportNear), if: exists),
    .from(1, after: "supportEndsOn", "supportEnded", Word(Text.supportEnded), if: exists),
    .when("supportUnknown", Word(Text.supportUnknown)) { exists($0) && !$0.has("supportEndsOn") },
    .when("noTwoFactor", Word(Text.noTwoFactor)) { exists($0) && $0.is("twoFactor", "no") },
    .when("twoFactorUnknown", Word(Text.twoFactorUnknown)) {
      exists($0) && $0.lacks("twoFactor", or: "unknown")
    },
    .when("sourcesMissing", Word(Text.sourcesMissing)) { exists($0) && !$0.has("allowedFrom") },
    .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue), if: exists),
  ]

  @Sendable private static func exists(_ entry: Entry) -> Bool { !entry.is("status", "removed") }
}
