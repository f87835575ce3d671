import Kernel
import Registers
import Storage
import TestSupport
import Testing
import Web

@testable import Assurance

/// A vendor that has been asked, with what its letter says.
struct AskedVendor: Sendable {
  let request: SheetRequest.ID
  let token: String
  let pin: String?

  var link: String { "/v/\(token)" }
  var sheet: String { "/v/sheets/\(request)" }
  var own: String { "/requests/\(request)" }
}

extension TestApp {
  static let checklist = "vendor-checklist:mhlw-checklist-r7:vendor"

  /// The id of a vendor in the register, added when it is not there.
  func vendor(_ name: String = "ひまわり情報システム", as who: Who = .itStaff) async throws -> String {
    let answer = try await post("/registers/vendors", [("name", name), ("kind", "ehr")], as: who)
    let location = try #require(answer.location)
    return String(try #require(location.split(separator: "/").last).prefix { $0 != "?" })
  }

  /// Asks one vendor for one sheet and reads its letter.
  func ask(
    _ form: String = TestApp.checklist, pin: Bool = false, due: String = "2026-03-20",
    expires: String = "2026-04-20",
    vendor: String? = nil, as who: Who = .itStaff
  ) async throws -> AskedVendor {
    let recipient = if let vendor { vendor } else { try await self.vendor(as: who) }
    let fields =
      [("form", form), ("recipient", recipient), ("due", due), ("expires", expires), ("message", "よろしく")]
      + (pin ? [("pin", "1")] : [])
    let preview = try await post("/requests/preview", fields, as: who)
    #expect(preview.status == 200)
    let batch = try #require(preview.hidden("batch"))
    let letters = try await post("/requests", fields + [("batch", batch)], as: who)
    #expect(letters.status == 200)
    return try await asked(letters, as: who)
  }

  /// The newest request with the link of a page of letters.
  func asked(_ letters: Answer, as who: Who = .itStaff) async throws -> AskedVendor {
    let token = try #require(letters.body.firstMatch(of: /\/v\/([0-9a-f]{64})/)).1
    let pin = letters.body.firstMatch(of: /<strong class="fixed">([0-9]{6})</).map { String($0.1) }
    let hash = sha256(Array(token.utf8))
    let link = try await Installation(database).readQueues { try $0.link(hash) }
    return AskedVendor(request: try #require(link).request, token: String(token), pin: pin)
  }

  /// Opens a link under a name; the browser's cookie.
  func open(_ asked: AskedVendor, as name: String = "森", cookie: String? = nil) async throws -> String {
    let fields = [("name", name)] + (asked.pin.map { [("pin", $0)] } ?? [])
    let answer = try await post(asked.link, fields, as: .nobody, link: cookie)
    #expect(answer.status == 303 && answer.location == asked.sheet)
    let set = answer.headers["set-cookie"] ?? ""
    #expect(set.contains("HttpOnly") && set.contains("Path=/v") && set.contains("SameSite=Lax"))
    return String(try #require(set.firstMatch(of: /mamorite-link=([0-9a-f]{64})/)).1)
  }

  func request(_ id: SheetRequest.ID) async throws -> SheetRequest {
    let found = try await scope.read { try $0.request(id) }
    return try #require(found)
  }

  /// Ids of the sheet's items, in order.
  func items(of asked: AskedVendor) async throws -> [String] {
    let request = try await request(asked.request)
    return try SheetForm.form(of: request, library: library).items.map(\.id)
  }

  func answerAll(_ asked: AskedVendor, _ cookie: String, value: String = "yes") async throws {
    for item in try await items(of: asked) {
      let answer = try await post(
        "\(asked.sheet)/answers/\(item)", [("version", "0"), ("answer", value), ("on", "2026-02-20")],
        as: .nobody,
        link: cookie)
      #expect(answer.status == 303)
    }
  }

  func handIn(_ asked: AskedVendor, _ cookie: String) async throws {
    let answer = try await post("\(asked.sheet)/handover", [], as: .nobody, link: cookie)
    #expect(answer.status == 303)
  }

  /// Works off what is due, as the worker does.
  func workOff() async throws {
    let installation = Installation(database)
    for row in try await installation.takeDue(now: now) where row.kind == "requests.due" {
      try await Requests.remind(
        row, in: Scope(database, actor: .system("worker"), facility: row.facility, now: now))
    }
    _ = try await installation.deliver(now: now)
  }

}
