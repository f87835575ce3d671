public import Kernel
public import Storage
import Web

extension ListCheck {
  /// Records that the whole register was compared with what there is.
  ///
  /// - Throws: ``Refusal``.
  static func record(
    _ register: Register, on day: String, every interval: String, in scope: Scope
  ) async throws {
    try await scope.write { tx in
      let count = try tx.entryCounts([register])[register.id] ?? 0
      let check = try ListCheck(
        on: day, every: interval, by: scope.actor.name, entries: count, today: scope.now.day)
      try tx.keep(check, before: try tx.listCheck(of: register), of: register)
    }
  }

  static func routes(_ routes: inout Routes) {
    routes.get("registers/:register/check", needs: .registersRead) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      return .page(try await page(request, register, nil, scope))
    }
    routes.post("registers/:register/check", needs: .registersEdit) { request, scope in
      let register = try Registry.register(request.parameter("register"))
      let form = try request.form()
      do {
        try await record(register, on: form["day"], every: form["interval"], in: scope)
        return .redirect(to: "/registers/\(register.id)/check?saved=1")
      } catch let refusal as Refusal {
        return .page(
          try await page(request, register, (form["day"], form["interval"], refusal), scope), status: 422)
      }
    }
  }

  private static func page(
    _ request: WebRequest, _ register: Register, _ typed: (day: String, interval: String, refusal: Refusal)?,
    _ scope: Scope
  ) async throws -> Page {
    let (check, history) = try await scope.read { tx in
      (try tx.listCheck(of: register), try tx.history(of: "check:\(register.id)", limit: 30))
    }
    let form = ListCheckPage.Form(
      day: typed?.day ?? scope.now.day.description,
      interval: typed?.interval ?? "\(check?.intervalMonths ?? 12)", refusal: typed?.refusal)
    return ListCheckPage.page(request, register, check, form, history)
  }
}

extension Register {
  /// Records that the whole register was compared with what there is, unless a check is recorded already.
  ///
  /// - Throws: `Problem` for a day that lies ahead and for months other than 1, 3, 6 and 12.
  public func recordFirstCheck(on day: Day, everyMonths months: Int, in scope: Scope) async throws {
    guard try await scope.read({ try $0.listCheck(of: self) }) == nil else { return }
    try await ListCheck.record(self, on: day.description, every: "\(months)", in: scope)
  }
}
