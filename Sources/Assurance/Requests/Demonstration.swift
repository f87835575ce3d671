import Kernel
import Registers
public import Storage
import Web

extension Requests {
  /// Requests at each stage for the demonstration hospital: one handed in, one being filled in, one due today, one new.
  ///
  /// Nothing when there are requests already, or no vendors.
  ///
  /// - Returns: how many were made.
  public static func demonstrate(library: PackLibrary, in scope: Scope) async throws -> Int {
    let library = try await library.seen(by: scope)
    let batch = "demonstration"
    let (isThere, vendors, systems, people) = try await scope.read {
      (try $0.hasBatch(batch), try $0.vendorNames(), try $0.systemNames(), try $0.people())
    }
    guard !isThere, vendors.count >= 4,
      let checklist = SheetForm.checklist(
        library: library, year: scope.now.day.fiscalYear, for: try await Facilities.this(scope).kind)
    else { return 0 }
    let form = Asked(kind: .vendorChecklist, pack: checklist.pack.id, form: checklist.form.id)
    let stages: [(vendor: Int, asked: Asked, dueIn: Int, answers: Int)] = [
      (0, form, 6, checklist.form.items.count),
      (1, Asked(kind: .disclosureFile, pack: nil, form: nil), 0, 0),
      (2, form, 13, 5), (3, Asked(kind: .serviceDisclosure, pack: nil, form: nil), 20, 0),
    ]
    for (index, stage) in stages.enumerated() {
      let vendor = vendors[stage.vendor]
      let sending = try Sending(
        batch: index == 0 ? batch : "\(batch)-\(index)", asked: [stage.asked],
        recipients: [Recipient(vendor: vendor, system: systems.first { $0.vendor == vendor.id })],
        dueOn: scope.now.day.adding(days: stage.dueIn), expiresOn: scope.now.day.adding(days: 50),
        hasPin: false,
        message: "", today: scope.now.day)
      let letters = try await send(sending, by: people.first { $0.account != nil }?.id, in: scope)
      for letter in letters where stage.answers > 0 {
        try await fill(letter, count: stage.answers, library: library, scope)
      }
    }
    return stages.count
  }

  /// Answers as someone at the vendor gives them; hands in when all are there.
  private static func fill(
    _ letter: Letter, count: Int, library: PackLibrary, _ scope: Scope
  ) async throws {
    let request = letter.request
    let name = "森(\(request.vendorName))"
    let guest = Scope(
      scope.database, actor: .link(request.id.text, name: name), facility: scope.facility, now: scope.now)
    let browser = Guest(
      facility: scope.facility, request: request.id, name: name, browser: Secret.hash(Secret.token()))
    try await guest.write { tx in
      try tx.admit(browser, link: Secret.hash(letter.token))
      if let opened = request.opened() { try tx.replace(request, with: opened, as: "request.begin") }
    }
    let items = try SheetForm.form(of: request, library: library).items
    for (index, item) in items.prefix(count).enumerated() {
      let isNo = index % 6 == 4
      let draft = SheetAnswer.Draft(
        value: isNo ? .no : .yes, checkedOn: scope.now.day.adding(days: -3),
        targetOn: isNo ? scope.now.day.adding(days: 60) : nil, note: isNo ? "次の定期保守で入れ替えます。" : "")
      try await save(
        draft, item: item.id, of: request.id, version: 0, by: name, from: .link, library: library, in: guest)
    }
    if count == items.count {
      try await handIn(request.id, by: name, needsScan: false, library: library, in: guest)
    }
  }
}
