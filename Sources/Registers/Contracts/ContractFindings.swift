import Kernel
import Web

private typealias Text = ContractText

extension Contracts {
  /// A contract kept only for the record, because it has ended, asks for nothing.
  static let findings: [Finding] = [
    .from(-60, until: 1, after: "noticeBy", "noticeNear", Word(Text.noticeNear), if: runs),
    Finding("noticePassed", Word(Text.noticePassed)) {
      runs($0) ? $0.day("noticeBy")?.adding(days: 1) : nil
    } ends: {
      $0.day("endsOn")?.adding(days: 1)
    },
    .from(1, after: "endsOn", "endPassed", Word(Text.endPassed), if: runs),
    .when("patchingUndecided", Word(Text.patchingUndecided)) {
      runs($0) && $0.lacks("patching", or: "undecided")
    },
    .when("noVulnerabilityNotice", Word(Text.noVulnerabilityNotice)) {
      runs($0) && !$0.is("vulnerabilityNotice", "yes")
    },
    .when("noAllHoursContact", Word(Text.noAllHoursContact)) { runs($0) && !$0.is("allHoursContact", "yes") },
    .from(0, after: "unconfirmedSince", "unconfirmed", Word(Text.unconfirmed), if: runs),
    .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue), if: runs),
  ]

  @Sendable private static func runs(_ entry: Entry) -> Bool { !entry.is("status", "ended") }
}
