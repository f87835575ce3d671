import Storage
public import Web

private typealias Text = ProvisionText

/// Records of personal data that left the facility: given to third parties (第三者提供), or handed to a vendor to work
/// with (委託). Never about single patients: a record says what kind of data, how many people, why and to whom.
public enum Provisions {
  /// Act on the Protection of Personal Information, articles 27 and 29.
  public static let register = Register(
    "provisions", table: "provision", name: Word(Text.provisionsName), noun: Word(Text.provisionNoun),
    counted: counted, emptyText: Word(Text.provisionsEmpty), fields: provision,
    findings: [
      .when("basisMissing", Word(Text.basisMissing)) { $0.lacks("basis", or: "unknown") },
      .when("consentMissing", Word(Text.consentMissing)) {
        $0.is("basis", "consent") && !$0.has("consentKept")
      },
      .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue)),
    ])

  /// Act on the Protection of Personal Information, article 25: the one who hands data over supervises the vendor.
  public static let outsourcings = Register(
    "outsourcings", table: "outsourcing", name: Word(Text.outsourcingsName), noun: Word(Text.outsourcingNoun),
    counted: counted, emptyText: Word(Text.outsourcingsEmpty), fields: outsourcing,
    findings: [
      .when("contractMissing", Word(Text.contractMissing)) { isRunning($0) && !$0.has("contract") },
      .when("supervisionMissing", Word(Text.supervisionMissing)) { isRunning($0) && !$0.has("checkedOn") },
      .when("subcontractingUnknown", Word(Text.subcontractingUnknown)) {
        isRunning($0) && $0.lacks("subcontracting", or: "unknown")
      },
      .when("returnUnproven", Word(Text.returnUnproven)) { !isRunning($0) && !$0.has("returnProof") },
      .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue), if: isRunning),
    ], rules: [.order(first: "startedOn", then: "endedOn")])

  public static var catalog: Catalog { ProvisionText.catalog }

  private static let counted: @Sendable (Language, Int) -> String = { language, count in
    Texts<ProvisionText>(language)(count == 1 ? .countOne : .count, count)
  }

  @Sendable private static func isRunning(_ entry: Entry) -> Bool { !entry.has("endedOn") }

  private static let provision: [Field] = [
    Field(
      "number", "number", .text(40), Word(Text.number), hint: Word(Text.numberHint),
      headings: ["管理番号", "記録番号", "提供番号", "No", "No.", "Record Number"], required: true, listed: true,
      searched: true),
    Field(
      "recipient", "recipient", .text(100), Word(Text.recipient), hint: Word(Text.recipientHint),
      headings: ["提供先名", "第三者", "第三者の氏名", "相手先", "Recipient"], required: true, title: true, listed: true,
      searched: true),
    Field(
      "providedOn", "provided_on", .day, Word(Text.providedOn),
      headings: ["提供年月日", "提供した日", "Date Provided"],
      listed: true),
    Field(
      "purpose", "purpose", .text(200), Word(Text.purpose), headings: ["提供の目的", "目的", "Purpose"],
      listed: true,
      searched: true),
    Field(
      "items", "items", .text(200), Word(Text.items), hint: Word(Text.itemsHint),
      headings: ["個人データの項目", "提供した項目", "データの種類", "Data Items"], searched: true),
    Field(
      "people", "people", .number(0...100_000_000), Word(Text.people),
      headings: ["人数", "本人の数", "件数", "Number of People"]),
    Field(
      "basis", "basis", .choice(bases), Word(Text.basis), hint: Word(Text.basisHint),
      headings: ["提供の根拠", "法的根拠", "Legal Basis"], listed: true, filter: true, bulk: true),
    Field(
      "consentKept", "consent_kept", .text(200), Word(Text.consentKept), hint: Word(Text.consentKeptHint),
      headings: ["同意の記録", "同意の保管場所", "Consent Record"]),
    Field(
      "method", "method", .text(100), Word(Text.method), headings: ["提供方法", "渡し方", "Method"], bulk: true),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), headings: ["次回確認日", "Next Check"],
      bulk: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "Notes"]),
  ]

  private static let outsourcing: [Field] = [
    Field(
      "number", "number", .text(40), Word(Text.number), hint: Word(Text.numberHint),
      headings: ["管理番号", "委託番号", "No", "No.", "Record Number"], required: true, listed: true, searched: true),
    Field(
      "task", "task", .text(100), Word(Text.task), hint: Word(Text.taskHint),
      headings: ["委託業務", "業務内容", "委託内容", "Task"], required: true, title: true, listed: true, searched: true),
    Field(
      "vendor", "vendor_id", .entry(of: "vendors", table: "vendor", title: "name"), Word(Text.vendor),
      headings: ["事業者名", "委託先名", "業者", "会社名", "Vendor"], listed: true, bulk: true),
    Field(
      "contract", "contract_id", .entry(of: "contracts", table: "contract", title: "title"),
      Word(Text.contract),
      headings: ["契約番号", "契約書", "Contract"]),
    Field(
      "items", "items", .text(200), Word(Text.items), hint: Word(Text.itemsHint),
      headings: ["扱う個人データ", "データの種類", "Data Items"], searched: true),
    Field(
      "startedOn", "started_on", .day, Word(Text.startedOn), headings: ["委託開始日", "Start Date"]),
    Field("endedOn", "ended_on", .day, Word(Text.endedOn), headings: ["委託終了日", "End Date"]),
    Field(
      "subcontracting", "subcontracting", .choice(permissions), Word(Text.subcontracting),
      headings: ["再委託の有無", "再委託の可否", "Subcontracting"], listed: true, filter: true, bulk: true),
    Field(
      "checkedOn", "checked_on", .day, Word(Text.checkedOn), hint: Word(Text.checkedOnHint),
      headings: ["監督した日", "最終確認日", "Last Checked"], listed: true, bulk: true),
    Field(
      "checkedHow", "checked_how", .text(200), Word(Text.checkedHow), headings: ["監督の方法", "確認方法"], bulk: true),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), headings: ["次回確認日", "Next Check"],
      listed: true, bulk: true),
    Field(
      "returnProof", "return_proof", .text(200), Word(Text.returnProof), hint: Word(Text.returnProofHint),
      headings: ["返却・消去の証明", "消去証明", "Proof of Return"]),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "Notes"]),
  ]

  private static let bases: [Field.Choice] = [
    Field.Choice("consent", Word(Text.byConsent)), Field.Choice("law", Word(Text.byLaw)),
    Field.Choice("life", Word(Text.forLife)), Field.Choice("health", Word(Text.forPublicHealth)),
    Field.Choice("research", Word(Text.forResearch)), Field.Choice("other", Word(Text.other)),
    Field.Choice("unknown", Word(Text.unknown), .bad),
  ]
  private static let permissions: [Field.Choice] = [
    Field.Choice("none", Word(Text.noSubcontracting)), Field.Choice("known", Word(Text.knownSubcontracting)),
    Field.Choice("unknown", Word(Text.unknown), .bad),
  ]
}
