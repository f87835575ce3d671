import Kernel
import Storage
import Web

extension Facilities {
  static func routes(_ routes: inout Routes) {
    routes.get("setup", .open) { request in
      try await refuseWhenSetUp(request)
      return .page(SetupPages.facility(request, FacilityForm(), errors: []))
    }
    routes.post("setup", .open) { request in
      try await refuseWhenSetUp(request)
      let form = FacilityForm(try request.form())
      let errors = form.errors
      guard errors.isEmpty else {
        return .page(SetupPages.facility(request, form, errors: errors), status: 422)
      }
      return .page(SetupPages.administrator(request, form, AdministratorForm(), errors: []))
    }
    routes.post("setup/administrator", .open) { request in
      try await refuseWhenSetUp(request)
      let values = try request.form()
      let form = FacilityForm(values)
      let administrator = AdministratorForm(values)
      guard form.errors.isEmpty else {
        return .page(SetupPages.facility(request, form, errors: form.errors), status: 422)
      }
      do {
        let session = try await Accounts.setUp(form, administrator, request)
        return Reply.redirect(to: "/assessments/new?fiscal-year=\(form.year)").session(session, request)
      } catch let problem as any Problem where problem.kind == .invalid {
        return .page(SetupPages.administrator(request, form, administrator, errors: [problem]), status: 422)
      }
    }
    routes.get("facility", needs: .facilityEdit) { request, scope in
      let facility = try await this(scope)
      let form = FacilityForm(facility)
      return .page(FacilityPage.page(request, form, errors: [], saved: request.query("saved") != nil))
    }
    routes.post("facility/particulars", needs: .facilityEdit) { request, scope in
      let form = FacilityForm(try request.form())
      guard let kind = Facility.Kind(rawValue: form.kind), form.errors.isEmpty else {
        return .page(FacilityPage.page(request, form, errors: form.errors, saved: false), status: 422)
      }
      try await change(
        scope, version: form.version, name: form.name, kind: kind, beds: form.bedsNumber,
        prefecture: Prefecture(form.prefecture))
      return .redirect(to: "/facility?saved=1")
    }
  }

  private static func refuseWhenSetUp(_ request: WebRequest) async throws {
    if try await Installation(request.database).read({ try $0.facilityExists() }) {
      throw Facility.Refusal.alreadySetUp
    }
  }
}

/// The particulars of a facility as typed.
struct FacilityForm: Sendable {
  var kind = "hospital"
  var name = ""
  var prefecture = ""
  var beds = ""
  var year = ""
  /// The version of the stored facility; 0 while there is none.
  var version = 0

  init() {}

  init(_ values: FormValues) {
    kind = values["kind"]
    name = values["name"]
    prefecture = values["prefecture"]
    beds = values["beds"].halfWidth
    year = values["year"]
    version = Int(values["version"]) ?? 0
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

  var errors: [any Problem] {
    var errors: [any Problem] = []
    do { _ = try Facility.Name(name) } catch { errors.append(error) }
    guard let kind = Facility.Kind(rawValue: kind) else { return errors + [Facility.Refusal.badKind] }
    if !beds.isEmpty && bedsNumber == nil { return errors + [Facility.Refusal.badHospitalBeds] }
    do {
      _ = try Facility(
        id: FacilityID(at: Instant(milliseconds: 0)), name: Facility.Name("x"), kind: kind, beds: bedsNumber,
        prefecture: nil)
    } catch { errors.append(error) }
    if !prefecture.isEmpty && Prefecture(prefecture) == nil { errors.append(Facility.Refusal.badPrefecture) }
    return errors
  }
}

struct AdministratorForm: Sendable {
  var person = ""
  var login = ""
  var password = ""

  init() {}

  init(_ values: FormValues) {
    person = values["person"]
    login = values["login"]
    password = values.all("password").first ?? ""
  }
}
