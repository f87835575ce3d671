import Foundation
import Kernel
import Publishing
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance
@testable import Registers

@Suite("指摘、是正、確認")
struct FindingTests {
  private static let today = Day("2026-02-24") ?? Instant.test.day
  private static let (one, other) = (PersonID(at: .test), PersonID(at: Instant(milliseconds: 9)))

  private static func finding(_ title: String = "古いアカウント") throws -> AuditFinding {
    try AuditFinding(
      AuditFinding.Draft(title: title, severity: .major, seen: "退職者が3人残っている", foundOn: today),
      id: .init(at: .test),
      audit: nil, node: nil, nodeTitle: "", raiser: one, raiserName: "甲", today: today)
  }

  private static func action(
    _ finding: AuditFinding, _ state: CorrectiveAction.State, due: Day? = nil
  ) throws -> CorrectiveAction {
    let new = try CorrectiveAction("消す", id: .init(at: .test), of: finding, owner: one, dueOn: due)
    if state == .planned { return new }
    return try new.moved(to: state, note: "わけ", by: one, named: "甲", of: finding, today: today)
  }

  private static let phases: [([CorrectiveAction.State], AuditFinding.Phase)] = [
    ([], .toPlan), ([.dropped], .toPlan), ([.planned], .underWay), ([.doing, .done], .underWay),
    ([.done], .toCheck), ([.done, .dropped], .toCheck), ([.done, .done], .toCheck),
  ]

  @Test("是正の状態から、だれの番かが決まる", arguments: phases)
  func phase(states: [CorrectiveAction.State], expected: AuditFinding.Phase) throws {
    let finding = try Self.finding()
    let actions = try states.map { try Self.action(finding, $0) }
    #expect(finding.standing(with: actions, today: Self.today).phase == expected)
  }

  @Test("次の期限は、まだの是正のいちばん早い期限で、過ぎると遅れになる")
  func late() throws {
    let finding = try Self.finding()
    let (near, far) = (Self.today.adding(days: 3), Self.today.adding(days: 30))
    let actions = try [
      Self.action(finding, .done, due: Self.today.adding(days: 1)), Self.action(finding, .planned, due: far),
      Self.action(finding, .doing, due: near),
    ]
    let after = finding.standing(with: actions, today: Self.today)
    #expect(after.dutyOn == near && !after.isLate(on: near) && after.isLate(on: near.adding(days: 1)))
  }

  @Test("閉じるのは確認だけで、効いていなければ次の回になり、前の回の是正は動かせない")
  func rounds() throws {
    let finding = try Self.finding()
    #expect(throws: FindingRefusal.notDone) { try finding.checked(isEffective: true, today: Self.today) }
    let done = try Self.action(finding, .done)
    let ready = finding.standing(with: [done], today: Self.today)
    let failed = try ready.checked(isEffective: false, today: Self.today)
    #expect(failed.phase == .toPlan && failed.round == 2 && failed.closedOn == nil)
    #expect(failed.standing(with: [done], today: Self.today).phase == .toPlan)
    #expect(throws: FindingRefusal.closed) {
      try done.moved(to: .doing, note: "", by: nil, named: "", of: failed, today: Self.today)
    }
    let closed = try ready.checked(isEffective: true, today: Self.today)
    #expect(closed.phase == .closed && closed.closedOn == Self.today && closed.dutyOn == nil)
    #expect(throws: FindingRefusal.closed) {
      try CorrectiveAction("また", id: .init(at: .test), of: closed, owner: nil, dueOn: nil)
    }
    let again = try closed.checked(isEffective: false, today: Self.today)
    #expect(again.phase == .toPlan && again.round == 2)
  }

  @Test("確かめるのは、した人でも担当でもない人。ほかにいなければ自分で、そう残る")
  func checker() throws {
    let finding = try Self.finding()
    let done = try Self.action(finding, .done)
    let ready = finding.standing(with: [done], today: Self.today)
    func check(_ person: PersonID, note: String = "一覧を見た", alone: Bool = false) throws -> FindingCheck {
      try FindingCheck(
        of: ready, [done], isEffective: true, note: note, id: .init(at: .test), by: person, named: "",
        isAlone: alone, at: .test)
    }
    #expect(throws: FindingRefusal.ownWork) { try check(Self.one) }
    #expect(throws: FindingRefusal.noCheckNote) { try check(Self.other, note: " ") }
    #expect(try check(Self.one, alone: true).isAlone)
    #expect(try !check(Self.other, alone: true).isAlone)
  }

  @Test("やめるにはわけが要り、先の日には見つけられない")
  func refusals() throws {
    let finding = try Self.finding()
    let action = try Self.action(finding, .planned)
    #expect(throws: FindingRefusal.noDropReason) {
      try action.moved(to: .dropped, note: "", by: nil, named: "", of: finding, today: Self.today)
    }
    var draft = AuditFinding.Draft(title: "題", seen: "見た", foundOn: Self.today.adding(days: 1))
    #expect(throws: FindingRefusal.foundLater) { try finding.revised(draft, today: Self.today) }
    draft.foundOn = Self.today
    draft.title = "二\n行"
    #expect(throws: FindingRefusal.badTitle) { try finding.revised(draft, today: Self.today) }
  }

  // MARK: Over HTTP

  private static func fields(_ more: [(String, String)] = []) -> [(String, String)] {
    let all = [("title", "<b>控え</b>がない"), ("severity", "major"), ("seen", "棚が空だった"), ("found", "2026-02-20")]
    return all.filter { one in !more.contains { $0.0 == one.0 } } + more
  }

  private static func raise(_ app: TestApp, _ more: [(String, String)] = []) async throws -> AuditFinding.ID {
    let sent = try await app.post("/findings", fields(more))
    let last = try #require(sent.location?.split(separator: "/").last)
    return try #require(AuditFinding.ID(String(last.prefix { $0 != "?" })), "\(sent)")
  }

  private static func action(_ app: TestApp, _ id: AuditFinding.ID) async throws -> CorrectiveAction {
    try #require(
      try await app.scope.read { try $0.correctiveActions(of: id).map(\.action) }.max { $0.round < $1.round })
  }

  private static func check(
    _ app: TestApp, _ id: AuditFinding.ID, _ effective: String, as who: TestApp.Who,
    file: (String, String)? = nil
  ) async throws -> TestApp.Answer {
    let version = try await app.scope.read { try $0.knownFinding(id) }.version
    let fields = [("effective", effective), ("note", "現場を見た"), ("version", "\(version)")]
    guard let file else { return try await app.post("/findings/\(id)/checks", fields, as: who) }
    return try await app.upload(
      "/findings/\(id)/checks", field: "file", name: file.0, bytes: Array(file.1.utf8), fields: fields,
      as: who)
  }

  @Test("要求への指摘から、是正、効かない確認、二回めの是正、効いた確認で閉じるまで", arguments: Engine.available)
  func life(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let audit = try await app.beginAudit()
      let node = "\(AuditSamples.base):1.1"
      let people = try await app.scope.read { try $0.people() }
      let owner = try #require(people.first { $0.name == "contributor" })
      let id = try await Self.raise(app, [("audit", audit.text), ("node", node)])
      let requirement = try await app.get("/audits/\(audit)/requirements?node=\(node)", as: .auditor)
      #expect(requirement.body.contains("&lt;b&gt;控え") && requirement.body.contains("/findings/\(id)"))
      #expect(try await app.get("/", as: .itStaff).body.contains("是正(することと期限)を決めます"))
      #expect(try await Self.check(app, id, "yes", as: .administrator).status == 409)
      for round in 1...2 {
        let due = app.now.day.adding(days: 20)
        let sent = try await app.post(
          "/findings/\(id)/actions",
          [("text", "控えを取る\(round)"), ("owner", owner.id.text), ("due", due.description)])
        #expect(sent.status == 303)
        let action = try await Self.action(app, id)
        let move = [("state", "done"), ("note", "取った"), ("version", "1")]
        let path = "/findings/\(id)/actions/\(action.id)"
        #expect(try await app.post(path, move, as: .auditor).status == 403)
        #expect(try await app.post(path, move, as: .contributor).status == 303)
        #expect(try await app.post(path, move, as: .contributor).status == 409)
        let result = round == 1 ? "no" : "yes"
        let proof = ("棚の写真.txt", "満ちている")
        #expect(try await Self.check(app, id, result, as: .administrator, file: proof).status == 303)
        let phase = try await app.scope.read { try $0.knownFinding(id) }.phase
        #expect(phase == (round == 1 ? .toPlan : .closed))
      }
      let page = try await app.get("/findings/\(id)", as: .management)
      #expect(page.body.contains("1回め") && page.body.contains("2回め") && page.body.contains("控えを取る1"))
      let link = try #require(page.body.firstMatch(of: #/href="(\/findings\/[^"]+\/files\/[^"]+)"/#)?.1)
      #expect(try await app.get(String(link), as: .auditor).body == "満ちている")
      #expect(try await app.get(String(link), as: .stranger).status == 404)
      let late = [("text", "もう遅い"), ("owner", ""), ("due", "")]
      #expect(try await app.post("/findings/\(id)/actions", late).status == 409)
      _ = try await Installation(app.database).deliver(now: app.now)
      let told = try await app.get("/inbox", as: .contributor)
      #expect(told.body.contains("効いていませんでした") && told.body.contains("閉じました"))
      let ledger = try await app.scope.read { try $0.entries(LedgerSearch(), limit: 200).entries }
      let actions = Set(ledger.filter { $0.subject == "finding:\(id)" }.map(\.action))
      #expect(
        actions == [
          "finding.raise", "finding.action", "finding.move", "finding.stand", "finding.check",
          "finding.reopen",
          "finding.close",
        ])
    }
  }

  @Test("期限の7日前と過ぎたあとに担当へ知らせ、遅れは義務と一覧に出る", arguments: Engine.available)
  func reminders(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await Self.raise(app)
      let people = try await app.scope.read { try $0.people() }
      let owner = try #require(people.first { $0.name == "contributor" })
      let due = app.now.day.adding(days: 20)
      try await Findings.plan("鍵を替える", owner: owner.id, due: due, for: id, in: app.scope)
      for day in [due.adding(days: -7), due.adding(days: 1)] {
        app.now = day.morning.adding(minutes: 1)
        let rows = try await Installation(app.database).takeDue(now: app.now)
        let mine = rows.filter { $0.kind == "findings.target" }
        #expect(mine.count == 1)
        for row in mine { try await Findings.remind(row, in: app.scope) }
      }
      _ = try await Installation(app.database).deliver(now: app.now)
      let keys = try await app.scope.read { try $0.inbox(of: owner.id) }.map(\.key)
      #expect(Set(keys) == ["findings.given", "findings.dueSoon", "findings.overdue"])
      for who in TestApp.Who.allCases { app.forgetCookie(of: who) }
      #expect(try await app.get("/findings?phase=late", as: .auditor).body.contains("/findings/\(id)"))
      #expect(try await app.get("/", as: .itStaff).body.contains("是正を済ませます"))
    }
  }

  @Test("文を直せるのは書いた人だけ。対策に結べ、Excel と印刷に出る", arguments: Engine.available)
  func words(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let empty = try await app.get("/findings", as: .auditor)
      #expect(empty.body.contains("指摘はまだありません"))
      #expect(try await app.get("/findings/print", as: .auditor).status == 200)
      let id = try await Self.raise(app, [("title", "=SUM(A1)")])
      let change = Self.fields([("title", "直した"), ("version", "1")])
      #expect(try await app.post("/findings/\(id)", change, as: .administrator).status == 403)
      let wrong = try await app.post("/findings/\(id)", Self.fields([("seen", " "), ("version", "1")]))
      #expect(wrong.status == 422 && wrong.body.contains("見たことを1字から"))
      let measure = try await Measures.add(Measure.Draft(title: "週に一度の控え"), in: app.scope)
      let choose = try await app.get("/findings/\(id)/measures")
      #expect(choose.body.contains("週に一度の控え") && choose.body.contains("data-narrow=\"cards\""))
      #expect(try await app.post("/findings/\(id)/measure", [("measure", measure.id.text)]).status == 303)
      #expect(try await app.get("/findings/\(id)").body.contains("/measures/\(measure.id)"))
      let book = try await app.get("/findings/export.xlsx", as: .auditor)
      let sheets = try Sheets.read(book.bytes, named: "a.xlsx").sheets
      #expect(sheets[0].rows.contains { $0.first == .text("=SUM(A1)") })
      let paper = try await app.get("/findings/print", as: .auditor)
      #expect(paper.body.contains("=SUM(A1)") && paper.body.contains("class=\"sheet\""))
      for (path, who) in [("", TestApp.Who.stranger), ("/form", .stranger), ("/measures", .stranger)] {
        #expect(try await app.get("/findings/\(id)\(path)", as: who).status == 404)
      }
      #expect(try await app.post("/findings", Self.fields(), as: .contributor).status == 403)
    }
  }

  @Test("長い一覧も、一つの流れも、1ページ8文まで", arguments: Engine.available)
  func long(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      try await app.scope.write { tx in
        for number in 0..<120 { try tx.insert(Self.numbered(number, app.scope.newID())) }
      }
      _ = try await app.cookie(of: .auditor)
      _ = try await app.cookie(of: .itStaff)
      for (path, count) in [
        ("", 50), ("?page=3", 20), ("?severity=minor&size=200", 120), ("?q=119", 1), ("?q=%25", 0),
        ("?q=1_9", 0),
      ] {
        let before = app.database.statementCount
        let page = try await app.get("/findings\(path)", as: .auditor)
        #expect(app.database.statementCount - before <= 8)
        #expect(page.body.matches(of: #/<th scope="row"/#).count == count, "\(path)")
      }
      let id = try await Self.raise(app)
      let before = app.database.statementCount
      #expect(try await app.get("/findings/\(id)", as: .itStaff).status == 200)
      #expect(app.database.statementCount - before <= 8)
    }
  }

  private static func numbered(_ number: Int, _ id: AuditFinding.ID) throws -> AuditFinding {
    let draft = AuditFinding.Draft(title: "指摘 \(number)", severity: .minor, seen: "見た", foundOn: today)
    return try AuditFinding(
      draft, id: id, audit: nil, node: nil, nodeTitle: "", raiser: nil, raiserName: "", today: today)
  }
}
