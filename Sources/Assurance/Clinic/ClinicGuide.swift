import Foundation
import Registers
import Web
import Yams

/// The questions of the guided path and the duties that they cover, read once from the files of the slice.
struct ClinicGuide: Sendable {
  let questions: [ClinicQuestion]
  let duties: [ClinicDuty]
  /// What is wrong with the files; empty when all is well. A test looks at it.
  let faults: [String]

  static let shared = ClinicGuide()

  func question(_ id: String) -> ClinicQuestion? { questions.first { $0.id == id } }
  func duties(of question: ClinicQuestion) -> [ClinicDuty] {
    question.covers.compactMap { id in duties.first { $0.id == id } }
  }
  /// The probes of all questions, in their order, for one statement.
  var probes: [EntryProbe] { questions.flatMap(\.evidence) }

  private init() {
    let read: (questions: [ClinicQuestion], duties: [ClinicDuty], faults: [String])
    do {
      let questions = try ClinicGuide.read(QuestionsFile.self, "questions").questions.map(ClinicQuestion.init)
      let duties = try ClinicGuide.read(DutiesFile.self, "duties").duties
      read = (questions, duties, ClinicGuide.faults(questions, duties))
    } catch {
      // The program still serves its other pages; a test fails.
      read = ([], [], ["\(error)"])
    }
    (questions, duties, faults) = read
  }

  private static func read<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    let file = Bundle.module.bundleURL.appendingPathComponent("Clinic.files/\(name).yaml")
    return try YAMLDecoder().decode(type, from: String(contentsOf: file, encoding: .utf8))
  }

  /// Every duty stands in exactly one question, and no question names what is no duty.
  static func faults(_ questions: [ClinicQuestion], _ duties: [ClinicDuty]) -> [String] {
    let covered = Dictionary(grouping: questions.flatMap(\.covers)) { $0 }.mapValues(\.count)
    let known = Set(duties.map(\.id))
    let wrong = duties.filter { covered[$0.id] != 1 }.map {
      "\($0.id) is covered \(covered[$0.id] ?? 0) times"
    }
    let unknown = covered.keys.filter { !known.contains($0) }.map { "\($0) is no duty" }
    let ids = Dictionary(grouping: questions, by: \.id).filter { $0.value.count > 1 }.keys.map {
      "\($0) twice"
    }
    return (wrong + unknown + ids).sorted()
  }

  private struct QuestionsFile: Decodable { let questions: [ClinicQuestion.Written] }
  private struct DutiesFile: Decodable { let duties: [ClinicDuty] }
}

/// What the guidance for small facilities asks for, in a few of our own words.
struct ClinicDuty: Sendable, Decodable, Equatable {
  let id: String
  /// Of the special edition to version 6.0; "7.0" for the questions by which version 7.0 decides.
  let section: String
  /// False where only second-hand knowledge is at hand.
  let sure: Bool
  let ja: String
  let en: String

  func callAsFunction(_ language: Language) -> String { language == .ja ? ja : en }
}

/// One question of the path.
struct ClinicQuestion: Sendable {
  enum Part: String, Sendable, CaseIterable, Decodable {
    case start, people, vendors, records, rules, emergency, review
  }

  /// How the answer reaches the registers.
  enum Form: Sendable {
    /// Yes, not yet, or not known: kept by the path itself.
    case ask
    /// A new entry of a register; with a prefix where entries are numbered.
    case add(Register, fields: [String], fixed: [String: String], prefix: String?)
    /// Fields of entries that do not say enough, one entry after the other.
    case fill(Register, fields: [String])
    /// Roles, each with a person and a deputy.
    case role([RoleKind])
    /// A text to begin with, by its number, and the kind of document it is.
    case document(number: String, kind: String)
  }

  /// A kind of the register of roles, and what such a role is called while there is none.
  struct RoleKind: Sendable, Decodable {
    let kind: String
    let ja: String
    let en: String
    func name(_ language: Language) -> String { language == .ja ? ja : en }
  }

  struct Words: Sendable, Decodable {
    let name: String
    let ask: String
    let why: String
    /// What to do when the answer is no.
    let next: String
    /// The question to a vendor; nil where no vendor can know.
    let vendor: String?
  }

  let id: String
  let part: Part
  let minutes: Int
  let covers: [String]
  let form: Form
  /// When the registers answer by themselves.
  let evidence: [EntryProbe]
  let needsAllEvidence: Bool
  /// The registers cannot know whether a list is whole: the person says so.
  let confirm: Bool
  let answers: [ClinicAnswer.Value]
  /// The kind of vendor to ask first.
  let vendorKind: String?
  private let ja: Words
  private let en: Words

  func words(_ language: Language) -> Words { language == .ja ? ja : en }
  var canAskVendor: Bool { ja.vendor != nil && answers.contains(.unknown) }
}

extension ClinicQuestion {
  /// A question as the file has it.
  struct Written: Decodable {
    struct Entries: Decodable {
      let register: String
      let fields: [String]
      var fixed: [String: String]?
      var numbered: String?
    }
    struct Shape: Decodable {
      var add: Entries?
      var fill: Entries?
      var role: [RoleKind]?
      var document: String?
      var kind: String?
    }
    struct Probe: Decodable {
      let register: String
      var within: [String: String]?
      var without: [String: String]?
      var has: [String]?
      var among: [String: [String]]?
      var every: Bool?
    }
    let id: String
    let part: Part
    let minutes: Int
    let covers: [String]
    var form: Shape?
    var evidence: [Probe]?
    var needs: String?
    var confirm: Bool?
    var answers: [ClinicAnswer.Value]?
    var vendor: String?
    let ja: Words
    let en: Words
  }

  /// - Throws: when a register, field or value is none.
  init(_ written: Written) throws {
    (id, part, minutes, covers) = (written.id, written.part, written.minutes, written.covers)
    let shape = try Form(written.form)
    form = shape
    if case .role(let kinds) = shape {
      evidence = try kinds.map {
        try EntryProbe(of: Roles.register, within: ["kind": $0.kind], has: ["person", "deputy"])
      }
    } else {
      evidence = try (written.evidence ?? []).map { probe in
        try EntryProbe(
          of: try Registry.register(probe.register), within: probe.within ?? [:],
          without: probe.without ?? [:], has: probe.has ?? [], among: probe.among ?? [:],
          every: probe.every ?? false)
      }
    }
    if case .role = shape { needsAllEvidence = true } else { needsAllEvidence = written.needs == "all" }
    confirm = written.confirm ?? false
    let asksVendor = written.ja.vendor != nil
    answers =
      written.answers ?? (asksVendor ? [.yes, .notYet, .unknown] : [.yes, .notYet])
    vendorKind = written.vendor
    (ja, en) = (written.ja, written.en)
  }
}

extension ClinicQuestion.Form {
  fileprivate init(_ shape: ClinicQuestion.Written.Shape?) throws {
    func known(_ entries: ClinicQuestion.Written.Entries) throws -> Register {
      let register = try Registry.register(entries.register)
      // A probe of these fields refuses those that are none.
      _ = try EntryProbe(of: register, has: entries.fields)
      return register
    }
    if let add = shape?.add {
      self = .add(try known(add), fields: add.fields, fixed: add.fixed ?? [:], prefix: add.numbered)
    } else if let fill = shape?.fill {
      self = .fill(try known(fill), fields: fill.fields)
    } else if let roles = shape?.role {
      self = .role(roles)
    } else if let number = shape?.document {
      self = .document(number: number, kind: shape?.kind ?? "other")
    } else {
      self = .ask
    }
  }
}
