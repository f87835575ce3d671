import Kernel
import Storage
import Web

extension Facilities {
  static func routes(_ routes: inout Routes) {
    routes.get("setup", .open) { request in
      try await refuseWhenSetUp(request)
      return ask(request, Setup(), .kind)
    }
    routes.post("setup", .open) { request in
      try await refuseWhenSetUp(request)
      let values = try request.form()
      let setup = Setup(values)
      let step = setup.wanted(by: values)
      if let refused = setup.refused(before: step, on: request.now.day) {
        return ask(request, setup, refused.step, errors: [refused.refusal])
      }
      return ask(request, setup, step)
    }
    routes.post("setup/administrator", .open) { request in
      try await refuseWhenSetUp(request)
      let values = try request.form()
      let setup = Setup(values)
      let password = values.all("password").first ?? ""
      if let refused = setup.refused(before: .administrator, on: request.now.day) {
        return ask(request, setup, refused.step, errors: [refused.refusal])
      }
      let refusals = setup.administratorRefusals(password: password, now: request.now)
      guard refusals.isEmpty else { return ask(request, setup, .administrator, errors: refusals) }
      do {
        let session = try await Accounts.setUp(setup, password: password, request)
        return Reply.redirect(to: setup.firstPage).session(session, request)
      } catch let problem as any Problem where problem.kind == .invalid {
        return ask(request, setup, .administrator, errors: [problem])
      }
    }
    routes.get("facility", needs: .facilityEdit) { request, scope in
      let facility = try await this(scope)
      let form = FacilityForm(facility)
      return .page(FacilityPage.page(request, form, errors: [], saved: request.query("saved")))
    }
    routes.post("facility/particulars", needs: .facilityEdit) { request, scope in
      let form = FacilityForm(try request.form())
      guard let kind = Facility.Kind(rawValue: form.kind), form.errors.isEmpty else {
        return .page(FacilityPage.page(request, form, errors: form.errors, saved: nil), status: 422)
      }
      try await change(
        scope, version: form.version, name: form.name, kind: kind, beds: form.bedsNumber,
        prefecture: Prefecture(form.prefecture))
      return .redirect(to: "/facility?saved=particulars")
    }
    routes.post("facility/reading", needs: .facilityEdit, isPrivileged: true) { request, scope in
      try await recordReading(try request.form()["record"] == "on", in: scope)
      return .redirect(to: "/facility?saved=reading")
    }
  }

  /// A page of the set-up.
  ///
  /// The browser may keep it, unlike every other page: without that, its own way back from a page that answers a form ends at
  /// an error. What it keeps is what was typed, without the password.
  private static func ask(
    _ request: WebRequest, _ setup: Setup, _ step: Setup.Step, errors: [any Problem] = []
  ) -> Reply {
    let page = SetupPages.page(request, setup, step, errors: errors)
    return Reply.page(page, status: errors.isEmpty ? 200 : 422).with("Cache-Control", "private, no-cache")
  }

  private static func refuseWhenSetUp(_ request: WebRequest) async throws {
    if try await Installation(request.database).read({ try $0.facilityExists() }) {
      throw Facility.Refusal.alreadySetUp
    }
  }
}

/// The particulars of a facility as typed.
struct FacilityForm: Sendable {
  var kind = ""
  var name = ""
  var prefecture = ""
  var beds = ""
  /// The version of the stored facility; 0 while there is none.
  var version = 0

  init() {}

  init(_ values: FormValues) {
    kind = values["kind"]
    name = values["name"]
    prefecture = values["prefecture"]
    beds = values["beds"].halfWidth
    version = values.version
  }

  init(_ facility: Facility) {
    kind = facility.kind.rawValue
    version = facility.version
    name = facility.name.text
    prefecture = facility.prefecture.map { "\($0.code)" } ?? ""
    beds = facility.beds.map(String.init) ?? ""
  }

  /// nil when empty or not a number.
  var bedsNumber: Int? { Int(beds) }

  var kindRefusal: Facility.Refusal? { Facility.Kind(rawValue: kind) == nil ? .badKind : nil }

  var nameRefusal: Facility.Refusal? {
    do { _ = try Facility.Name(name) } catch { return error }
    return nil
  }

  /// An empty one is an answer.
  var prefectureRefusal: Facility.Refusal? {
    prefecture.isEmpty || Prefecture(prefecture) != nil ? nil : .badPrefecture
  }

  /// nil also while the kind is not known.
  var bedsRefusal: Facility.Refusal? {
    guard let kind = Facility.Kind(rawValue: kind) else { return nil }
    // What is no number is refused like one that no kind may have.
    let number = beds.isEmpty ? nil : bedsNumber ?? -1
    do { try Facility.check(number, kind) } catch { return error }
    return nil
  }

  var errors: [any Problem] {
    [kindRefusal, nameRefusal, prefectureRefusal, bedsRefusal].compactMap { $0 }
  }
}
