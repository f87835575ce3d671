import Kernel
import Storage
import TestSupport
import Testing
import Web

@testable import Registers

private func day(_ text: String) throws -> Day { try #require(Day(text)) }

private func version(
  _ number: Int, from start: String?, until end: String?, renews: Bool = false, confirmed: Bool = true
) throws -> ContractVersion {
  var terms = ["autoRenewal": renews ? "yes" : "no"]
  (terms["startsOn"], terms["endsOn"]) = (start, end)
  return ContractVersion(
    id: ContractVersion.ID(at: .test), contract: Entry.ID(at: .test), number: number, terms: terms,
    recordedOn: try day("2026-02-0\(number)"), confirmedBy: confirmed ? "佐藤" : nil,
    confirmedAt: confirmed ? .test : nil)
}

private func word(_ standing: ContractTimeline.Standing) -> String {
  switch standing {
  case .noVersions: "none"
  case .notYetBegun(let first): "before \(first.number)"
  case .holds(let version): "\(version.number)"
  case .lapsed(let version, let next): "after \(version.number) next \(next.map { "\($0.number)" } ?? "-")"
  }
}

@Suite("契約の版のきまり")
struct RenewalDecisionTests {
  @Test(
    "どの日にどの版が有効か: 始まる前、有効、切れた、間が空いた",
    arguments: [
      ("2025-03-31", "before 1"), ("2025-04-01", "1"), ("2026-03-31", "1"), ("2026-04-01", "after 1 next 2"),
      ("2026-04-30", "after 1 next 2"), ("2026-05-01", "2"), ("2027-04-30", "2"),
      ("2027-05-01", "after 2 next -"),
    ])
  func standing(on text: String, expected: String) throws {
    let timeline = ContractTimeline([
      try version(2, from: "2026-05-01", until: "2027-04-30"),
      try version(1, from: "2025-04-01", until: "2026-03-31"),
    ])
    #expect(word(timeline.standing(on: try day(text))) == expected)
    #expect(timeline.seams == [.gap(after: 1, days: 30)])
  }

  @Test("重なる間は新しい版、自動で続く契約は終わりの日を過ぎても有効")
  func overlap() throws {
    let first = try version(1, from: nil, until: "2026-03-31", renews: true)
    let timeline = ContractTimeline([first, try version(2, from: "2026-03-01", until: nil)])
    #expect(word(timeline.standing(on: try day("1990-01-01"))) == "1")
    #expect(word(timeline.standing(on: try day("2026-03-15"))) == "2")
    #expect(timeline.seams == [.overlap(after: 1, days: 31)])
    #expect(word(ContractTimeline([first]).standing(on: try day("2030-01-01"))) == "1")
    #expect(word(ContractTimeline([]).standing(on: try day("2030-01-01"))) == "none")
    let late = ContractTimeline([first, try version(2, from: "2026-06-01", until: nil)])
    #expect(late.seams == [])
    #expect(late.nextStart(after: try day("2026-05-31")) == Day(2026, 6, 1))
    #expect(late.nextStart(after: try day("2026-06-01")) == nil)
  }

  @Test("確認を待つのは第2版からで、待ち始めた日が分かる")
  func waiting() throws {
    let first = try version(1, from: "2025-04-01", until: "2026-03-31", confirmed: false)
    let second = try version(2, from: "2026-04-01", until: "2027-03-31", confirmed: false)
    #expect(ContractTimeline([first]).unconfirmedSince == nil)
    #expect(ContractTimeline([first, second]).unconfirmedSince == Day(2026, 2, 2))
    #expect(throws: Renewal.Refusal.toldMissing) {
      try second.confirmed(toldOn: nil, by: "西", note: "", as: "佐藤", at: .test)
    }
    #expect(throws: Renewal.Refusal.toldMissing) {
      try second.confirmed(toldOn: Day(2026, 2, 20), by: " ", note: "", as: "佐藤", at: .test)
    }
    #expect(throws: Renewal.Refusal.toldInFuture) {
      try second.confirmed(toldOn: Day(2026, 2, 25), by: "西", note: "", as: "佐藤", at: .test)
    }
    let done = try second.confirmed(toldOn: Day(2026, 2, 24), by: "西", note: "", as: "佐藤", at: .test)
    #expect(!done.awaitsConfirmation && done.confirmedBy == "佐藤")
    #expect(throws: Renewal.Refusal.alreadyConfirmed) {
      try done.confirmed(toldOn: Day(2026, 2, 24), by: "西", note: "", as: "佐藤", at: .test)
    }
    #expect(done.corrected(["startsOn": "2026-04-02"]).awaitsConfirmation)
  }

  private static let losses: [(String, String?, String?, String, TermDifference.Loss?)] = [
    ("patching", "vendor", "own", "changed", .noLongerVendor),
    ("patching", "vendor", "undecided", "dropped", .noLongerVendor),
    ("patching", "own", "vendor", "changed", nil),
    ("patching", "undecided", "vendor", "added", nil),
    ("vulnerabilityNotice", "yes", "unknown", "dropped", .dutyGone),
    ("vulnerabilityNotice", "no", "yes", "added", nil),
    ("vulnerabilityNotice", "no", "unknown", "changed", nil),
    ("noticeHours", "24", "72", "changed", .slower(hours: 48)),
    ("noticeHours", "72", "24", "changed", nil),
    ("noticeHours", "24", nil, "dropped", .dutyGone),
    ("endOfData", "返して消す", nil, "dropped", .dutyGone),
    ("endOfData", "返して消す", "返す", "changed", nil),
    ("amountYen", "100", "200", "changed", nil),
    ("dataReturn", "yes", "yes", "unchanged", nil),
  ]

  @Test("版の違いを、変わった・加わった・なくなった・不利になったに分ける", arguments: losses.indices)
  func differences(index: Int) throws {
    let (field, before, after, fate, loss) = Self.losses[index]
    let old = before.map { [field: $0] } ?? [:]
    let new = after.map { [field: $0] } ?? [:]
    let all = TermDifference.all(from: old, to: new)
    let found = try #require(all.first { $0.field.id == field })
    #expect(found.fate.rawValue == fate && found.loss == loss)
    #expect(all.filter { $0.fate != .unchanged }.count == (fate == "unchanged" ? 0 : 1))
  }

  @Test("申し出る期限が終わりから遠くなれば不利、近くなれば不利でない")
  func notice() throws {
    let old = ["endsOn": "2026-03-31", "noticeBy": "2026-03-01"]
    let earlier = TermDifference.all(from: old, to: ["endsOn": "2027-03-31", "noticeBy": "2026-12-31"])
    #expect(earlier.compactMap(\.loss) == [.earlierNotice(days: 60)])
    let later = TermDifference.all(from: old, to: ["endsOn": "2027-03-31", "noticeBy": "2027-03-15"])
    #expect(later.compactMap(\.loss).isEmpty)
  }

  @Test("次の期間は、終わりの次の日から同じ長さ。うるう日も暦にある日になる")
  func nextTerm() throws {
    let next = Renewals.nextTerm(
      after: ["startsOn": "2025-04-01", "endsOn": "2026-03-31", "noticeBy": "2025-12-31", "patching": "own"])
    #expect(next["startsOn"] == "2026-04-01" && next["endsOn"] == "2027-03-31")
    #expect(next["noticeBy"] == "2026-12-31" && next["patching"] == "own")
    let leap = Renewals.nextTerm(after: ["startsOn": "2023-03-01", "endsOn": "2024-02-29"])
    #expect(leap["endsOn"] == "2025-02-28")
    #expect(Renewals.nextTerm(after: ["startsOn": "2025-04-01"])["startsOn"] == nil)
  }

  @Test("定めの一覧は、契約の台帳の項目とちょうど同じ")
  func clauses() {
    #expect(Set(Clause.all.map(\.id)).count == Clause.all.count)
    for clause in Clause.all { #expect(Contracts.register.field(clause.id) != nil, "\(clause.id)") }
    #expect(Set(Clause.all.map(\.theme)) == Set(Clause.Theme.allCases))
  }

  @Test("対象のシステムの名前を分け、加え、外す")
  func names() {
    #expect(CoveredSystems.names(in: "電子カルテ、 医事会計,ＰＡＣＳ，電子カルテ\n") == ["電子カルテ", "医事会計", "ＰＡＣＳ"])
    #expect(CoveredSystems.text("電子カルテ", adding: "PACS") == "電子カルテ、PACS")
    #expect(CoveredSystems.text("ＰＡＣＳ", adding: "pacs") == "ＰＡＣＳ")
    #expect(CoveredSystems.text("電子カルテ、PACS", replacing: "電子カルテ", by: nil) == "PACS")
    #expect(CoveredSystems.text("電子カルテ、PACS", replacing: "電子カルテ", by: "新電子カルテ") == "新電子カルテ、PACS")
  }

  @Test(
    "知らせるのは期限の60日前の8時。もう過ぎていればすぐ、期限が過ぎていれば知らせない",
    arguments: [
      ("2026-06-30", "2026-05-01T08:00"), ("2026-03-01", "now"), ("2026-02-24", "now"), ("2026-02-23", "-"),
    ])
  func moments(text: String, expected: String) throws {
    let moment = Notices.moment(for: try day(text), ahead: Notices.lead, .test)
    let shown =
      moment.map { $0 == .test ? "now" : "\($0.day)T0\($0.clock.hour):0\($0.clock.minute)" } ?? "-"
    #expect(shown == expected)
  }

  @Test(
    "認証は期限の60日前から近いと示し、期限の日まで有効",
    arguments: [
      ("2026-04-26", "valid"), ("2026-04-25", "near"), ("2026-02-24", "near"), ("2026-02-23", "ended"),
      ("", "noEnd"),
    ])
  func certifications(end: String, expected: String) throws {
    let certification = try Certification(
      id: Certification.ID(at: .test), vendor: Entry.ID(at: .test), kind: "isms", number: "", scope: "",
      endsOn: end, note: "", revision: 1)
    #expect("\(certification.standing(on: Instant.test.day))" == expected)
  }
}
