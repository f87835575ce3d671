import Kernel
import Registers
import Storage
import Web

/// Everything that the page of a question shows, read in one view.
struct ClinicQuestionView: Sendable {
  let question: ClinicQuestion
  let progress: ClinicProgress
  /// Entries that say enough, and those that do not; the first of each.
  var fitting: [(id: Entry.ID, title: String)] = []
  var lacking: [(id: Entry.ID, title: String)] = []
  /// The entry whose fields are asked for.
  var opened: EntryGlance?
  var vendors: [(id: Entry.ID, name: String, kind: String)] = []
  /// The role that is asked for, and who holds it now.
  var role: ClinicQuestion.RoleKind?
  var holder: Roles.Holder?
  /// A text of the starter's number that has not been approved.
  var draftDocument: Entry.ID?

  // What was sent and turned down.
  var draft: ClinicAnswer.Draft?
  var problem: ClinicRefusal?
  var typed: [String: String] = [:]
  var refusals: [Entry.Refusal] = []
  /// Someone else was faster.
  var isStale = false

  var answer: ClinicAnswer? { progress.answers[question.id] }
  var state: ClinicProgress.State { progress.state(question) }
  var inquiries: [ClinicInquiry] { progress.inquiries.filter { $0.question == question.id } }

  /// More entries of one kind are not named on the page.
  static let most = 30

  /// - Parameter wanted: the entry to open; nil for the first that does not say enough.
  init(_ question: ClinicQuestion, wanted: Entry.ID? = nil, kind: String? = nil, _ tx: ReadTx, on day: Day)
    throws
  {
    self.question = question
    progress = try tx.clinicProgress(on: day)
    var needsVendors = question.canAskVendor
    switch question.form {
    case .ask: break
    case .add(let register, let fields, _, _):
      if let probe = question.evidence.first {
        let all = try EntryProbe(of: probe.register)
        fitting = try tx.names(question.evidence.count == 1 ? probe : all, fitting: true, limit: Self.most)
        lacking = question.evidence.count == 1 ? try tx.names(probe, fitting: false, limit: Self.most) : []
      }
      needsVendors = needsVendors || fields.contains { register.field($0)?.id == "vendor" }
    case .fill(let register, _):
      if let probe = question.evidence.first {
        lacking = try tx.names(probe, fitting: false, limit: Self.most)
        if let id = wanted ?? lacking.first?.id { opened = try tx.glance(register, id) }
      }
    case .role(let kinds):
      let figures = progress.figures[question.id] ?? []
      let open = zip(kinds, figures).first { $0.1.fitting == 0 }?.0
      role = kinds.first { $0.kind == kind } ?? open ?? kinds.first
      holder = try role.flatMap { try Roles.holder($0.kind, tx) }
    case .document(let number, _):
      if let probe = question.evidence.first {
        fitting = try tx.names(probe, fitting: true, limit: Self.most)
        let numbered = try EntryProbe(of: probe.register, within: ["number": number])
        draftDocument = try tx.names(numbered, fitting: true, limit: 1).first?.id
      }
    }
    if needsVendors { vendors = try tx.workingVendors() }
  }

  /// The vendor whom the form proposes: the one chosen before, else the first of the kind that should know.
  var proposed: String {
    if let draft {
      switch draft.asked {
      case .nobody: return ""
      case .everyVendor: return "all"
      case .vendor(let id): return id.text
      }
    }
    if let asked = inquiries.first(where: { $0.reply == nil }) { return asked.vendor.text }
    if question.vendorKind == "each", vendors.count > 1 { return "all" }
    let fit = vendors.first { $0.kind == question.vendorKind } ?? vendors.first
    return fit?.id.text ?? ""
  }

  /// The entry to ask for once the opened one is saved; nil when it was the last.
  var following: Entry.ID? {
    guard let opened, let index = lacking.firstIndex(where: { $0.id == opened.id }) else { return nil }
    return lacking.indices.contains(index + 1) ? lacking[index + 1].id : nil
  }
}
