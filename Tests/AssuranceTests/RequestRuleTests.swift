import Foundation
import Kernel
import Publishing
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

private func request(_ state: SheetRequest.State, due: Day = Day(daysSince1970: 20_000)) -> SheetRequest {
  SheetRequest(
    id: SheetRequest.ID(at: .test), vendor: "v", vendorName: "事業者", system: nil, systemName: nil,
    kind: .roleSplit,
    pack: nil, form: nil, dueOn: due, message: "", askedBy: nil, state: state, handedInAt: nil,
    handedInBy: nil,
    version: 1)
}

@Suite("事業者への依頼の決まり")
struct RequestRuleTests {
  @Test("どの状態から何ができるか", arguments: SheetRequest.State.allCases)
  func states(state: SheetRequest.State) {
    let it = request(state)
    func works(_ body: () throws -> Void) -> Bool {
      do {
        try body()
        return true
      } catch { return false }
    }
    let withVendor: Set<SheetRequest.State> = [.draft, .sent, .opened, .answering, .returned]
    #expect(works { _ = try it.answered() } == withVendor.contains(state))
    #expect(works { _ = try it.handedIn(by: "森", at: .test) } == withVendor.contains(state))
    #expect(works { _ = try it.returned() } == (state == .handedIn))
    #expect(works { _ = try it.closed() } == (state == .handedIn))
    #expect(works { _ = try it.revoked() } == (state != .closed))
    #expect(works { _ = try it.sent(hasAnswers: false) } == (state != .closed))
    let reminded: Set<SheetRequest.State> = [.sent, .opened, .answering, .returned]
    #expect((it.nextReminder(after: it.dueOn.start) != nil) == reminded.contains(state))
  }

  @Test("催促は七日前、当日、翌日、八日後の八時")
  func reminders() {
    let due = Day(daysSince1970: 20_000)
    var now = due.adding(days: -30).start
    var days: [Int] = []
    while let next = request(.sent, due: due).nextReminder(after: now) {
      #expect(next.clock.hour == 8 && next.clock.minute == 0)
      days.append(next.day.days(since: due))
      now = next
    }
    #expect(days == [-7, 0, 1, 8])
  }

  @Test("どの種類の表にも、番号の重ならない項目がある")
  func forms() throws {
    let library = try PackLibrary.find(environment: ProcessInfo.processInfo.environment)
    for kind in SheetRequest.Kind.allCases where kind != .vendorChecklist {
      let base = request(.sent)
      let it = SheetRequest(
        id: base.id, vendor: "v", vendorName: "v", system: nil, systemName: nil, kind: kind, pack: nil,
        form: nil,
        dueOn: base.dueOn, message: "", askedBy: nil, state: .sent, handedInAt: nil, handedInBy: nil,
        version: 1)
      let form = try SheetForm.form(of: it, library: library)
      #expect(
        Set(form.items.map(\.label)).count == form.items.count
          && Set(form.items.map(\.id)).count == form.items.count)
      #expect(
        !form.items.isEmpty && form.items.allSatisfy { !$0.question.ja.isEmpty && !$0.question.en.isEmpty })
    }
  }
}
