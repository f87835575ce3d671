import Kernel
import Storage
import Web

/// A point that a contract on systems should settle, whoever it is with.
///
/// The one list from which form, record, comparison of versions, matrix over all contracts and letter to the vendor follow.
/// Guideline 6.0 (planning 4.4, 7.5 to 7.7, 15) and the providers' guideline name the subjects; the words are ours.
struct Clause: Sendable {
  enum Theme: String, Sendable, CaseIterable {
    case updates, incidents, backup, company, end
  }

  enum Kind: Sendable, Equatable {
    /// Who does it.
    case bearer
    /// Whether there is such a duty.
    case duty
    /// Within how many hours.
    case hours
    case text(Int)
    case lines(Int)
  }

  /// The id of its field.
  let id: String
  let theme: Theme
  let kind: Kind
  let column: SQL
  let word: Word
  let hint: Word?
  /// As one asks the vendor, in plain words.
  let question: Word
  let headings: [String]

  init(
    _ id: String, _ column: SQL, _ theme: Theme, _ kind: Kind, _ word: ContractText,
    hint: ContractText? = nil, ask: ContractText, headings: [String]
  ) {
    (self.id, self.column, self.theme, self.kind) = (id, column, theme, kind)
    (self.word, self.hint, question, self.headings) = (Word(word), hint.map { Word($0) }, Word(ask), headings)
  }

  var field: Field {
    let isPatching = id == "patching"
    let isNarrow = kind == .bearer || kind == .duty
    return Field(
      id, column, fieldKind, word, hint: hint, headings: headings, listed: isPatching, filter: isPatching,
      bulk: isNarrow, searched: id == "subcontractors" || id == "dataLocation")
  }

  private var fieldKind: Field.Kind {
    switch kind {
    case .bearer: .choice(Contracts.updaters)
    case .duty: .choice(Contracts.sureness)
    case .hours: .number(1...8760)
    case .text(let most): .text(most)
    case .lines(let most): .lines(most)
    }
  }

  /// Whether a value settles the point. Nothing written is as good as no clause.
  func isSettled(by value: String?) -> Bool {
    switch kind {
    case .bearer: value == "own" || value == "vendor"
    case .duty: value == "yes"
    case .hours, .text, .lines: value != nil
    }
  }

  static func named(_ id: String) -> Clause? { all.first { $0.id == id } }
}

extension Clause {
  static let all: [Clause] = updates + incidents + backup + company + end

  private static let updates = [
    Clause(
      "patching", "patching", .updates, .bearer, .patching, hint: .patchingHint, ask: .askPatching,
      headings: ["更新担当", "更新責任", "アップデート担当", "パッチ適用", "パッチ適用担当", "Patching"]),
    Clause(
      "vulnerabilityNotice", "vulnerability_notice", .updates, .duty, .vulnerabilityNotice,
      hint: .vulnerabilityNoticeHint, ask: .askVulnerabilityNotice,
      headings: ["脆弱性通知", "脆弱性の通知", "脆弱性の通知義務", "脆弱性情報の提供", "Vulnerability Notice"]),
    Clause(
      "noticeHours", "notice_hours", .updates, .hours, .noticeHours, hint: .noticeHoursHint,
      ask: .askNoticeHours, headings: ["脆弱性通知の期限", "通知までの時間", "通知期限(時間)", "Notice Within (h)"]),
  ]

  private static let incidents = [
    Clause(
      "allHoursContact", "all_hours_contact", .incidents, .duty, .allHoursContact, ask: .askAllHoursContact,
      headings: ["24時間連絡先", "24時間対応", "24時間受付", "24/7 Contact", "24/7"]),
    Clause(
      "evidencePreservation", "evidence_preservation", .incidents, .duty, .evidencePreservation,
      hint: .evidencePreservationHint, ask: .askEvidencePreservation,
      headings: ["証拠保全", "証拠保全の義務", "ログの保全", "Evidence Preservation"]),
    Clause(
      "incidentCost", "incident_cost", .incidents, .text(300), .incidentCost, hint: .incidentCostHint,
      ask: .askIncidentCost, headings: ["費用負担", "事故対応の費用", "費用の負担", "Incident Cost"]),
  ]

  private static let backup = [
    Clause(
      "backupClause", "backup_clause", .backup, .lines(500), .backupClause, hint: .backupClauseHint,
      ask: .askBackupClause, headings: ["バックアップ", "バックアップ条項", "Backup"]),
    Clause(
      "backupPlace", "backup_place", .backup, .text(200), .backupPlace, hint: .backupPlaceHint,
      ask: .askBackupPlace, headings: ["バックアップ保管場所", "バックアップの保管先", "Backup Location"]),
    Clause(
      "restoreSteps", "restore_steps", .backup, .lines(1000), .restoreSteps, hint: .restoreStepsHint,
      ask: .askRestoreSteps, headings: ["復元手順", "復旧手順", "リストア手順", "Restore Steps"]),
  ]

  private static let company = [
    Clause(
      "subcontractors", "subcontractors", .company, .text(200), .subcontractors, hint: .subcontractorsHint,
      ask: .askSubcontractors, headings: ["再委託", "再委託先名", "再委託の有無", "Subcontractor"]),
    Clause(
      "dataLocation", "data_location", .company, .text(100), .dataLocation, hint: .dataLocationHint,
      ask: .askDataLocation, headings: ["データ保管場所", "データの保管場所", "データの所在", "保管場所", "Data Location"]),
    Clause(
      "applicableLaw", "applicable_law", .company, .text(100), .applicableLaw, hint: .applicableLawHint,
      ask: .askApplicableLaw, headings: ["準拠法", "適用法", "適用法令", "Governing Law", "Applicable Law"]),
    Clause(
      "certificationDuty", "certification_duty", .company, .duty, .certificationDuty,
      hint: .certificationDutyHint, ask: .askCertificationDuty,
      headings: ["認証の維持", "認証維持義務", "Certification Duty"]
    ),
  ]

  private static let end = [
    Clause(
      "dataReturn", "data_return", .end, .duty, .dataReturn, hint: .dataReturnHint, ask: .askDataReturn,
      headings: ["データ返却", "データの返却", "Data Return"]),
    Clause(
      "dataErasure", "data_erasure", .end, .duty, .dataErasure, hint: .dataErasureHint, ask: .askDataErasure,
      headings: ["データ消去", "データの消去", "Data Erasure"]),
    Clause(
      "erasureProof", "erasure_proof", .end, .duty, .erasureProof, hint: .erasureProofHint,
      ask: .askErasureProof, headings: ["消去証明", "消去証明書", "Proof of Erasure"]),
    Clause(
      "endOfData", "end_of_data", .end, .lines(500), .endOfData, hint: .endOfDataHint, ask: .askEndOfData,
      headings: ["契約終了時のデータ", "終了時のデータの扱い", "データの返却・消去"]),
  ]
}
