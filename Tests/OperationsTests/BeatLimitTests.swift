import Kernel
import Storage
import TestSupport
import Testing

@testable import Operations

@Suite("一つの住所に押し寄せる知らせ")
struct BeatLimitTests {
  private static let start = Instant(milliseconds: 1_000_000)

  @Test("続けて60回、その後は一秒に一回だけ通し、断った数を次に通すときに言う")
  func bucket() {
    var limit = BeatLimit()
    for _ in 0..<60 {
      let isIn = limit.take("a", at: Self.start)
      #expect(isIn == 0)
    }
    for _ in 0..<5 {
      let isIn = limit.take("a", at: Self.start)
      #expect(isIn == nil)
    }
    // Others are not concerned.
    let other = limit.take("b", at: Self.start)
    #expect(other == 0)
    let second = Self.start.adding(milliseconds: 1000)
    let (first, again) = (limit.take("a", at: second), limit.take("a", at: second))
    #expect(first == 5)
    #expect(again == nil)
    // A clock that is put back neither opens nor closes.
    let back = limit.take("a", at: Self.start)
    #expect(back == nil)
    let minute = second.adding(minutes: 2)
    let counted = (0..<61).count { _ in limit.take("a", at: minute) != nil }
    #expect(counted == 60)
  }

  @Test("知らない住所がいくらでも来ても、覚える数は限られ、押し寄せた住所は忘れない")
  func bounded() {
    var limit = BeatLimit()
    for _ in 0..<61 { _ = limit.take("flood", at: Self.start) }
    for number in 0..<BeatLimit.mostKept + 10 { _ = limit.take("\(number)", at: Self.start) }
    let flood = limit.take("flood", at: Self.start)
    #expect(flood == nil)
  }

  @Test("断るときはわけを言い、通したときに画面に残り、ほかの仕事は通る", arguments: Engine.available)
  func flood(engine: Engine) async throws {
    try await TestApp.run(on: engine) { app in
      let (id, path) = try await BeatTests.add(app)
      for _ in 0..<60 { _ = try await app.get(path, as: .nobody) }
      for _ in 0..<3 {
        let answer = try await app.get("\(path)/fail", as: .nobody)
        #expect(answer.status == 429)
        let says = answer.body.contains("少し待って、送り直してください")
        #expect(says)
      }
      #expect(try await app.condition(of: id) == .up)
      app.now = app.now.adding(milliseconds: 1000)
      #expect(try await app.get("\(path)/fail", as: .nobody).status == 200)
      #expect(try await app.condition(of: id) == .down)
      let page = try await app.get("/monitoring/\(id)").body
      let says = page.contains("3回断りました")
      #expect(says)
      // It is news for a week.
      let (stored, now) = (try #require(try await app.scope.read { try $0.monitor(id) }), app.now)
      #expect(stored.wasFlooded(at: now.adding(minutes: 6 * 24 * 60)))
      #expect(!stored.wasFlooded(at: now.adding(minutes: 8 * 24 * 60)))
    }
  }
}
