import Foundation
import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

extension TestApp {
  /// What a worker does about the days of audits on the morning of `day`, and the messages of it.
  fileprivate func remind(on day: Day) async throws {
    now = day.morning.adding(minutes: 1)
    for row in try await Installation(database).takeDue(now: now) where row.kind == "audits.target" {
      try await Audits.remind(row, in: scope)
    }
    _ = try await Installation(database).deliver(now: now)
  }
}

@Suite("枠組みの点検: 期限の知らせ")
struct AuditReminderTests {
  private static let base = AuditSamples.base

  @Test("期限の7日前と翌日に、任された人へ知らせる", arguments: Engine.available)
  func reminders(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let person = try #require(
        try await app.scope.read { try $0.people() }.first { $0.name == "contributor" })
      let due = app.now.day.adding(days: 20)
      _ = try await app.post(
        "/audits/\(id)/assignments",
        [("node", "\(Self.base):1"), ("owner", person.id.text), ("due", due.description)])
      for day in [due.adding(days: -7), due.adding(days: 1)] { try await app.remind(on: day) }
      let told = try await app.scope.read { try $0.inbox(of: person.id) }
      #expect(Set(told.map(\.key)) == ["audits.dueSoon", "audits.overdue"])
      #expect(told.allSatisfy { $0.arguments[1] == "1 First" })
    }
  }

  // Taken up two days before the day, and five days after it.
  @Test(
    "署名して固まっている間に来た知らせの時は、開き直したときに一度だけ知らせる",
    arguments: Engine.available, [(-2, ["audits.dueSoon", "audits.overdue"]), (5, ["audits.overdue"])])
  func remindersWhileSigned(engine: Engine, taken: (day: Int, told: [String])) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let person = try #require(
        try await app.scope.read { try $0.people() }.first { $0.name == "contributor" })
      let due = app.now.day.adding(days: 20)
      try await Audits.assign("\(Self.base):1", to: person.id, due: due, of: id, in: app.scope)
      try await Audits.keep("上期", signs: true, of: id, version: 1, in: app.scope)
      func work(on day: Day) async throws -> [String] {
        try await app.remind(on: day)
        return try await app.scope.read { try $0.inbox(of: person.id) }.map(\.key).sorted()
      }
      #expect(try await work(on: due.adding(days: -7)) == [])
      app.now = due.adding(days: taken.day).morning
      try await Audits.takeUp(id, because: "写し間違い", in: app.scope)
      #expect(try await work(on: due.adding(days: taken.day)) == [taken.told[0]])
      #expect(try await work(on: due.adding(days: 6)) == taken.told)
      // Signed and taken up once more: nobody is told twice.
      let version = try #require(try await app.scope.read { try $0.audit(id)?.audit.version })
      try await Audits.keep("下期", signs: true, of: id, version: version, in: app.scope)
      try await Audits.takeUp(id, because: "写し間違い", in: app.scope)
      #expect(try await work(on: due.adding(days: 7)) == taken.told)
    }
  }

  @Test("済んでいた要求が新しい版で確かめ直しになれば、期限の翌日に知らせる", arguments: Engine.available)
  func remindersAfterMoving(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let id = try await app.beginAudit()
      let node = "\(Self.base):1.1"
      let person = try #require(
        try await app.scope.read { try $0.people() }.first { $0.name == "contributor" })
      let due = app.now.day.adding(days: 20)
      try await Audits.assign(node, to: person.id, due: due, of: id, in: app.scope)
      _ = try await app.answer(id, node, [("result", "compliant"), ("score", "3")])
      func work(on day: Day) async throws -> [String] {
        try await app.remind(on: day)
        return try await app.scope.read { try $0.inbox(of: person.id) }.map(\.key)
      }
      #expect(try await work(on: due.adding(days: -7)) == [])
      let newer = AuditSamples.scored.replacing("version: 1\n", with: "version: 2\n")
        .replacing("name: Plain", with: "name: Plain but new")
      let library = try await app.take(newer)
      try await Audits.carryOut(id, to: library.sha256, version: 1, in: app.scope)
      #expect(try await work(on: due.adding(days: 1)) == ["audits.overdue"])
    }
  }
}
