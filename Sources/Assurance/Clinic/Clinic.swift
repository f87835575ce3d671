import Kernel
import Registers
import Storage
public import Web

/// The guided path of a small clinic (今週の10分): one plain question after the other over every duty of the guidance for
/// small facilities, and letters to vendors for what nobody in the house knows.
///
/// What is decided goes into the registers through their own verbs; where a register says enough, nothing is kept here.
public enum Clinic {
  public static var feature: Feature {
    var feature = Feature("clinic")
    feature.migrations = migrations
    feature.catalogs = [ClinicText.catalog]
    let read: Set<Permission> = [.clinicRead]
    let edit: Set<Permission> = [.clinicRead, .clinicEdit]
    feature.grants = [
      .administrator: edit, .safetyManager: edit, .itStaff: edit, .management: read, .auditor: read,
      .contributor: read, .specialist: read,
    ]
    feature.menu = [
      MenuEntry(
        "clinic", path: "/clinic", permission: .clinicRead, order: 15, isFor: { ($0.beds ?? 0) <= mostBeds },
        title: { Texts<ClinicText>($0)(.menu) })
    ]
    feature.duties = duties
    feature.routes = routes
    return feature
  }

  /// Medical Care Act, article 1-5: with 20 beds it is a hospital. Those have people for systems, or the checklists.
  static let mostBeds = 19

  /// What the path asks for, for the first page.
  public static let duties = DutyList(
    needs: .clinicRead, rows: { tx, _, last in tx.clinicDutyRows(until: last) },
    duty: { row in
      guard let kind = ClinicDutyKind(rawValue: row.kind) else { throw Row.Corrupt("a duty of the path") }
      return kind.duty(on: row.day, subject: row.subject, title: row.title)
    })

  // MARK: Answers

  static func progress(in scope: Scope) async throws -> ClinicProgress {
    try await scope.read { try $0.clinicProgress(on: scope.now.day) }
  }

  /// Saves an answer; what is not known goes into the letters.
  ///
  /// - Parameter version: of the answer that the person saw; 0 when there was none.
  /// - Throws: `ClinicRefusal`; `Stale` when someone else was faster.
  @discardableResult
  static func answer(
    _ draft: ClinicAnswer.Draft, to question: ClinicQuestion, version: Int, in scope: Scope
  ) async throws -> ClinicAnswer {
    try await scope.write { tx in
      let before = try tx.clinicAnswer(question.id)
      let after = try ClinicAnswer.made(
        draft, to: question, before: before, by: scope.actor.name, today: scope.now.day)
      let vendors = after.value == .unknown ? try asked(draft.asked, question, tx) : []
      let isSame = before?.says(theSameAs: after) == true
      // Also when the answer to an earlier, identical request was lost on its way.
      guard isSame || (before?.version ?? 0) == version else { throw Stale() }
      if !isSame { try tx.store(after, over: before) }
      try tx.withdraw(question.id, butFor: vendors)
      for vendor in vendors { try tx.prepare(question.id, for: vendor) }
      return isSame ? before ?? after : after
    }
  }

  /// The vendors to ask; none while the register of vendors is empty: then the question only waits.
  private static func asked(_ asked: ClinicAnswer.Asked, _ question: ClinicQuestion, _ tx: ReadTx) throws
    -> Set<Entry.ID>
  {
    guard question.canAskVendor else { return [] }
    let vendors = try tx.workingVendors().map(\.id)
    switch asked {
    case .everyVendor: return Set(vendors)
    case .vendor(let id):
      guard vendors.contains(id) else { throw ClinicRefusal.noVendor }
      return [id]
    case .nobody:
      guard vendors.isEmpty else { throw ClinicRefusal.noVendor }
      return []
    }
  }

  /// Notes that something of a question went into a register; whether that is enough the register says each time.
  static func noteWork(on question: ClinicQuestion, in scope: Scope) async throws {
    try await scope.write { tx in
      let before = try tx.clinicAnswer(question.id)
      // Who has said that a list is whole need not say so again for one more entry.
      if before?.value == .yes { return }
      let after = ClinicAnswer(
        question: question.id, value: .register, targetOn: nil, note: before?.note ?? "",
        answeredOn: scope.now.day, answeredBy: scope.actor.name, version: (before?.version ?? 0) + 1)
      if let before, before.says(theSameAs: after), before.answeredOn == after.answeredOn { return }
      try tx.store(after, over: before)
      try tx.withdraw(question.id, butFor: [])
    }
  }

  // MARK: Letters

  /// Notes that the letter to a vendor was handed over today.
  ///
  /// - Throws: `ClinicRefusal.nothingToAsk` when no question waits to be sent.
  static func handOver(to vendor: Entry.ID, in scope: Scope) async throws {
    try await scope.write { tx in
      let unsent = try tx.clinicInquiries().filter { $0.vendor == vendor && $0.askedOn == nil }
      guard !unsent.isEmpty else { throw ClinicRefusal.nothingToAsk }
      try tx.handOver(unsent, to: vendor)
    }
  }

  /// Writes down a vendor's answer, and what follows from it once every vendor asked has answered.
  ///
  /// - Throws: `ClinicRefusal`, `Stale`.
  static func reply(
    _ reply: ClinicInquiry.Reply?, _ text: String, to question: ClinicQuestion, from vendor: Entry.ID,
    version: Int, in scope: Scope
  ) async throws {
    guard let reply else { throw ClinicRefusal.replyMissing }
    guard let text = text.trimmed(to: 0...1000) else { throw ClinicRefusal.replyTooLong }
    try await scope.write { tx in
      let all = try tx.clinicInquiries().filter { $0.question == question.id }
      guard let inquiry = all.first(where: { $0.vendor == vendor }) else {
        throw ClinicRefusal.noSuchQuestion
      }
      guard inquiry.version == version else { throw Stale() }
      try tx.store(reply, text, to: inquiry)
      let others = all.filter { $0.vendor != vendor && $0.askedOn != nil }
      let before = try tx.clinicAnswer(question.id)
      guard before?.value == .unknown, others.allSatisfy({ $0.reply != nil }) else { return }
      let isYes = ([reply] + others.compactMap(\.reply)).allSatisfy { $0 == .yes }
      let after = concluded(isYes, question, before, scope)
      try tx.store(after, over: before)
      try tx.withdraw(question.id, butFor: [])
    }
  }

  /// What vendors' answers make of a question. A yes about what a register holds is written there by the person.
  private static func concluded(
    _ isYes: Bool, _ question: ClinicQuestion, _ before: ClinicAnswer?, _ scope: Scope
  ) -> ClinicAnswer {
    let today = scope.now.day
    var isAsked = false
    if case .ask = question.form { isAsked = true }
    return ClinicAnswer(
      question: question.id, value: isYes ? (isAsked ? .yes : .register) : .notYet,
      targetOn: isYes ? nil : today.adding(days: ClinicAnswer.days), note: before?.note ?? "",
      answeredOn: today, answeredBy: scope.actor.name, version: (before?.version ?? 0) + 1)
  }
}

/// What the path asks for by a day.
enum ClinicDutyKind: String {
  case target, letter, reply

  /// - Parameters:
  ///   - subject: a question, or the vendor of a letter.
  ///   - title: the vendor's name.
  func duty(on day: Day, subject: String, title: String) -> Duty? {
    switch self {
    case .target:
      // A question that has left the path asks for nothing any more.
      guard let question = ClinicGuide.shared.question(subject) else { return nil }
      return Duty(
        on: day, named: { question.words($0).name }, text: { question.words($0).next },
        path: "/clinic/questions/\(subject)")
    case .letter:
      return Duty(
        on: day, title: title, text: { Texts<ClinicText>($0)(.dutyLetter) },
        path: "/clinic/letters/\(subject)")
    case .reply:
      return Duty(
        on: day, title: title, text: { Texts<ClinicText>($0)(.dutyReply) }, path: "/clinic/letters/\(subject)"
      )
    }
  }
}

extension Permission {
  static let clinicRead = Permission("clinic.read")
  static let clinicEdit = Permission("clinic.edit")
}
