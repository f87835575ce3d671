import Foundation
import Kernel
import Publishing
import Testing
import Web

@testable import Registers

@Suite("アカウントの棚卸しの決まり")
struct AccountReviewRuleTests {
  private static let today = Day("2026-11-20")

  private static func account(_ edit: (inout ReviewedAccount) -> Void = { _ in }) -> ReviewedAccount {
    var account = ReviewedAccount(account: "a")
    account.kind = .personal
    account.holder = PersonID("0192f000-0000-7000-8000-000000000001")
    account.tellsUse = true
    account.lastUsedOn = today
    edit(&account)
    return account
  }

  @Test("何も気になることがなければ、理由はない")
  func nothing() throws {
    let today = try #require(Self.today)
    #expect(AccountFinding.findings(of: Self.account(), since: nil, on: today).isEmpty)
  }

  @Test("89日は使われている、90日は使われていない", arguments: [(89, false), (90, true), (400, true)])
  func unused(days: Int, isFound: Bool) throws {
    let today = try #require(Self.today)
    let account = Self.account { $0.lastUsedOn = today.adding(days: -days) }
    #expect(AccountFinding.findings(of: account, since: nil, on: today).contains(.unused) == isFound)
  }

  @Test("一度も使われていないことは、使った日を書く表で、作って90日たってから言う")
  func neverUsed() throws {
    let today = try #require(Self.today)
    func found(_ edit: (inout ReviewedAccount) -> Void) -> [AccountFinding] {
      AccountFinding.findings(of: Self.account(edit), since: nil, on: today)
    }
    #expect(found { $0.lastUsedOn = nil } == [.neverUsed])
    #expect(found { ($0.lastUsedOn, $0.addedOn) = (nil, today.adding(days: -90)) } == [.neverUsed])
    #expect(found { ($0.lastUsedOn, $0.addedOn) = (nil, today.adding(days: -89)) } == [])
    #expect(found { ($0.lastUsedOn, $0.tellsUse) = (nil, false) } == [])
    #expect(found { ($0.lastUsedOn, $0.kind) = (nil, .emergency) } == [])
  }

  @Test("辞めた人は退職日から。先の退職日では言わない", arguments: [(-1, true), (0, true), (1, false)])
  func leaver(days: Int, isFound: Bool) throws {
    let today = try #require(Self.today)
    let account = Self.account { $0.leftOn = today.adding(days: days) }
    #expect(AccountFinding.findings(of: account, since: nil, on: today).contains(.leaver) == isFound)
  }

  @Test("二つ目の要素は、強い権限で「なし」と分かるときだけ言う")
  func factor() throws {
    let today = try #require(Self.today)
    for (strength, has, isFound) in [
      (ReviewedAccount.Strength.plain, false, false), (.strong, false, true), (.privileged, false, true),
      (.strong, true, false),
    ] as [(ReviewedAccount.Strength, Bool?, Bool)] {
      let account = Self.account { ($0.strength, $0.hasFactor) = (strength, has) }
      let found = AccountFinding.findings(of: account, since: nil, on: today)
      #expect(found.contains(.noFactor) == isFound, "\(strength) \(String(describing: has))")
    }
    let unsaid = Self.account { ($0.strength, $0.hasFactor) = (.privileged, nil) }
    #expect(AccountFinding.findings(of: unsaid, since: nil, on: today) == [.privileged])
  }

  @Test("持ち主は人のアカウントでだけ問う", arguments: ReviewedAccount.Kind.allCases)
  func holder(kind: ReviewedAccount.Kind) throws {
    let today = try #require(Self.today)
    let account = Self.account { ($0.kind, $0.holder) = (kind, nil) }
    let isAsked = [.personal, .unsaid, .privileged].contains(kind)
    let found = AccountFinding.findings(of: account, since: nil, on: today)
    #expect(found.contains(.unknownHolder) == isAsked)
    #expect(found.contains(.shared) == (kind == .shared))
  }

  @Test("前回の決定とくらべる。幅や大文字の違いは同じアカウント")
  func earlier() throws {
    let today = try #require(Self.today)
    let account = Self.account()
    #expect(AccountFinding.findings(of: account, since: [:], on: today) == [.new])
    #expect(AccountFinding.findings(of: account, since: ["a": .keep], on: today) == [])
    #expect(AccountFinding.findings(of: account, since: ["a": .remove], on: today) == [.removedLastTime])
    #expect(ReviewedAccount(account: "Ａ").key == account.key)
  }

  @Test("使えなくしたアカウントは、消すと決めたことが済んでいる")
  func disabled() throws {
    let today = try #require(Self.today)
    let account = Self.account { ($0.isEnabled, $0.leftOn) = (false, today) }
    #expect(AccountFinding.findings(of: account, since: ["a": .remove], on: today).isEmpty)
  }

  @Test("一つでも決まっていないと、また空の一覧では、署名できない")
  func signable() {
    #expect(!ReviewTally().isSignable)
    #expect(!ReviewTally(all: 2, undecided: 1, keep: 1).isSignable)
    #expect(ReviewTally(all: 2, keep: 2).isSignable)
  }

  @Test("次の期限は署名した日から。知らせは14日前の8時、過ぎていればすぐ")
  func due() throws {
    let today = try #require(Self.today)
    let plan = ReviewPlan(intervalMonths: 3, nextDueOn: today)
    let next = plan.signed(on: try #require(Day("2026-11-30")))
    #expect(next.nextDueOn == Day("2027-02-28"))
    let now = try #require(Day("2026-12-01")).morning
    #expect(next.noticeAt(now) == Day("2027-02-14")?.morning)
    #expect(plan.noticeAt(now) == now)
    #expect(plan.daysLate(on: today) == nil && plan.daysLate(on: today.adding(days: 1)) == 1)
  }

  @Test("予定は選べる間隔、読める日、決められる人だけ")
  func plan() throws {
    let person = try #require(PersonID("0192f000-0000-7000-8000-000000000001"))
    let plan = try ReviewPlan.read("12", "令和9年3月31日", person.text, among: [person])
    #expect(plan.nextDueOn == Day("2027-03-31") && plan.responsible == person)
    #expect(throws: ReviewRefusal.badInterval) { try ReviewPlan.read("2", "2027-03-31", "", among: []) }
    #expect(throws: ReviewRefusal.badDueDay) { try ReviewPlan.read("3", "いつか", "", among: []) }
    #expect(throws: ReviewRefusal.badPerson) {
      try ReviewPlan.read("3", "2027-03-31", person.text, among: [])
    }
  }

  // MARK: Files

  private static let lines =
    "利用者の一覧,,,\nログインID,表示名,権限グループ,最終ログオン日時,無効,種別\nsato,佐藤,一般,2026/11/01 8:30,,個人\nroot,,システム管理者,令和7年4月1日,,特権\nold,古い,一般,,無効,個人\n"

  @Test(
    "CSV(UTF-8、CP932、UTF-16、タブ)とExcelから同じアカウントを読む",
    arguments: ["utf8", "bom", "cp932", "utf16", "tab", "xlsx"])
  func variants(form: String) throws {
    let bytes: [UInt8] =
      switch form {
      case "utf8": Array(Self.lines.utf8)
      case "bom": [0xEF, 0xBB, 0xBF] + Array(Self.lines.utf8)
      case "cp932": [UInt8](try #require(Self.lines.data(using: .shiftJIS)))
      case "utf16": [0xFF, 0xFE] + Self.lines.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      case "tab": Array(Self.lines.replacing(",", with: "\t").utf8)
      default:
        try Sheets.xlsx([
          OutputSheet(
            name: "一覧",
            rows: Self.lines.split(separator: "\n").map { line in
              line.split(separator: ",", omittingEmptySubsequences: false).map { .text(String($0)) }
            })
        ])
      }
    let sheet = try AccountSheet(bytes, named: "a")
    #expect(sheet.refused.isEmpty)
    #expect(sheet.accounts.map(\.account) == ["sato", "root", "old"])
    #expect(sheet.accounts.map(\.lastUsedOn) == [Day("2026-11-01"), Day("2025-04-01"), nil])
    #expect(sheet.accounts.map(\.isEnabled) == [true, true, false])
    #expect(sheet.accounts.map(\.strength) == [.plain, .privileged, .plain])
    #expect(sheet.accounts.allSatisfy { $0.tellsUse && $0.hasFactor == nil })
  }

  @Test("ディレクトリの書き出し(日時の数、無効の印)を読む")
  func directory() throws {
    // 134,080,128,000,000,000 × 100 ns after 1601 is 2025-11-19T08:00Z, 17:00 in Tokyo.
    let text =
      "sAMAccountName,displayName,memberOf,lastLogonTimestamp,userAccountControl\na,甲,\"CN=Domain Admins,DC=x\",134080128000000000,512\nb,乙,,0,514\n"
    let sheet = try AccountSheet(Array(text.utf8), named: "ad.csv")
    #expect(sheet.accounts.map(\.lastUsedOn) == [Day("2025-11-19"), nil])
    #expect(sheet.accounts.map(\.isEnabled) == [true, false])
    #expect(sheet.accounts.map(\.strength) == [.privileged, .plain])
  }

  @Test("読めない行は、わけを付けて外す")
  func refused() throws {
    let long = String(repeating: "x", count: 101)
    let text = "ID,氏名,最終ログイン\na,甲,2026-01-01\n,乙,\nＡ,丙,\nb,丁,先週\n\(long),戊,\n"
    let sheet = try AccountSheet(Array(text.utf8), named: "a.csv")
    #expect(sheet.accounts.map(\.account) == ["a"])
    #expect(sheet.refused.map(\.row) == [3, 4, 5, 6])
    #expect(sheet.refused.map(\.reason) == ["noAccount", "twice", "badDay", "longAccount"])
  }

  @Test("アカウントの列がない、行がない、多すぎるファイルは断る")
  func unfit() {
    func read(_ text: String) throws { _ = try AccountSheet(Array(text.utf8), named: "a.csv") }
    #expect(throws: ReviewRefusal.noColumn) { try read("氏名,部署\n佐藤,内科\n") }
    #expect(throws: ReviewRefusal.noAccounts) { try read("ログインID,氏名\n,佐藤\n") }
    let many = (1...AccountSheet.mostRows + 1).map { "u\($0),n" }.joined(separator: "\n")
    #expect(throws: ReviewRefusal.tooManyRows) { try read("ログインID,氏名\n\(many)\n") }
  }

  // MARK: What it says to the checklists

  @Test("期限切れか残った対応があれば「いいえ」、すべて今年度に済めば「はい」")
  func signals() throws {
    let today = try #require(Self.today)
    let due = today.adding(days: 30)
    func state(_ subjects: [ReviewFigures.Subject], _ open: KeyPath<ReviewFigures, Int>) -> Signal.State? {
      AccountReviews.signal(of: ReviewFigures(subjects, on: today), open: open)?.state
    }
    let signed = ReviewFigures.Subject(dueOn: due, signedOn: today)
    #expect(state([], \.openRemovals) == nil)
    #expect(state([.init(dueOn: today.adding(days: -1))], \.openRemovals) == nil)
    #expect(state([signed], \.openRemovals) == .met)
    #expect(state([signed, .init(dueOn: today.adding(days: -1))], \.openRemovals) == .unmet)
    #expect(state([signed, .init(dueOn: today)], \.openRemovals) == .partly)
    #expect(state([.init(dueOn: due, isOpen: true)], \.openRemovals) == .unknown)
    let lastYear = ReviewFigures.Subject(dueOn: due, signedOn: Day("2026-03-31"))
    #expect(state([lastYear], \.openRemovals) == .unknown)
    let removal = ReviewFigures.Subject(dueOn: due, signedOn: today, openRemovals: 1)
    #expect(state([removal], \.openRemovals) == .unmet)
    #expect(state([removal], \.openChanges) == .partly)
  }
}
