import Kernel
import Web

/// The answers of a new installation's first questions, as typed.
///
/// Nothing is stored before the last one: they travel from page to page in hidden fields. The password is not among them,
/// it is never written into a page.
struct Setup: Sendable {
  /// A question with a page of its own, in the order asked.
  enum Step: String, CaseIterable, Sendable {
    case kind, name, prefecture, beds, year, administrator

    var fields: Set<String> { self == .administrator ? ["person", "login"] : [rawValue] }
  }

  private(set) var facility = FacilityForm()
  private(set) var year = ""
  private(set) var person = ""
  private(set) var login = ""

  init() {}

  init(_ values: FormValues) {
    facility = FacilityForm(values)
    year = values["year"]
    person = values["person"]
    login = values["login"]
    // Whoever said "hospital" before may have left a number behind.
    if !steps.contains(.beds) { facility.beds = "" }
  }

  /// What the next page has to carry.
  var fields: [(name: String, value: String)] {
    [
      ("kind", facility.kind), ("name", facility.name), ("prefecture", facility.prefecture),
      ("beds", facility.beds), ("year", year), ("person", person), ("login", login),
    ]
  }

  /// Where to begin once set up: a small clinic with the questions of ten minutes a week, everybody else with the checklist.
  var firstPage: String {
    let kind = Facility.Kind(rawValue: facility.kind)
    // With 20 beds it is a hospital (Medical Care Act, article 1-5).
    let isSmall = (kind == .clinic || kind == .dental) && (facility.bedsNumber ?? 0) < 20
    return isSmall ? "/clinic" : "/assessments/new?fiscal-year=\(year)"
  }

  // MARK: Order

  /// The questions for this kind of facility; all of them while the kind is not known.
  var steps: [Step] {
    let hasNoBeds = Facility.Kind(rawValue: facility.kind)?.mayHaveBeds == false
    return hasNoBeds ? Step.allCases.filter { $0 != .beds } : Step.allCases
  }

  func steps(before step: Step) -> [Step] { Array(steps.prefix { $0 != step }) }

  /// The question that a form leads to: an earlier one by its button, else the one after its own.
  func wanted(by values: FormValues) -> Step {
    if let earlier = Step(rawValue: values["to"]), steps.contains(earlier) { return earlier }
    return steps.drop { $0.rawValue != values["step"] }.dropFirst().first ?? .kind
  }

  // MARK: What will not do

  /// The first question before `step` whose answer will not do, and why.
  func refused(before step: Step, on day: Day) -> (step: Step, refusal: Facility.Refusal)? {
    for earlier in steps(before: step) {
      if let refusal = refusal(at: earlier, on: day) { return (earlier, refusal) }
    }
    return nil
  }

  private func refusal(at step: Step, on day: Day) -> Facility.Refusal? {
    switch step {
    case .kind: facility.kindRefusal
    case .name: facility.nameRefusal
    case .prefecture: facility.prefectureRefusal
    case .beds: facility.bedsRefusal
    case .year: Setup.years(on: day).contains { "\($0)" == year } ? nil : .badYear
    case .administrator: nil
    }
  }

  /// Why the first administrator cannot be added, a refusal for each field.
  func administratorRefusals(password: String, now: Instant) -> [any Problem] {
    var refusals: [any Problem] = []
    do {
      _ = try Person(
        id: PersonID(at: now), name: person, department: "", role: .administrator, account: nil)
    } catch { refusals.append(error) }
    do { _ = try Person.Login(login) } catch { refusals.append(error) }
    do {
      _ = try Person.NewPassword(password, knowing: [login, person], at: [facility.name])
    } catch { refusals.append(error) }
    return refusals
  }

  /// The fiscal years to begin with: the current one, or the one before to carry its answers over.
  static func years(on day: Day) -> [FiscalYear] { [day.fiscalYear, day.fiscalYear.previous] }
}
