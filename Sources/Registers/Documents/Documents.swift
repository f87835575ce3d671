import Kernel
import Storage
public import Web

private typealias Text = DocumentText

/// The documents (文書) of a facility: policies, rules, procedures and charts, with their versions, approval and reading.
public enum Documents {
  public static let register = Register(
    "documents", table: "document", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<DocumentText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: identity + standing, findings: findings,
    rules: [.differ("owner", "deputy")],
    links: [("/documents/starters", Word(Text.starters))], ownWords: DocumentStarters.titles)

  public static var catalog: Catalog { DocumentText.catalog }

  private static let identity: [Field] = [
    Field(
      "number", "number", .text(40), Word(Text.number), hint: Word(Text.numberHint),
      headings: ["文書No", "文書No.", "規程番号", "管理番号", "Document Number", "Document ID"], required: true,
      listed: true, searched: true),
    Field(
      "title", "title", .text(100), Word(Text.title),
      headings: ["文書名", "題名", "名称", "規程名", "手順書名", "Document Title", "Name"], required: true, title: true,
      listed: true, searched: true),
    Field(
      "kind", "kind", .choice(kinds), Word(Text.kind), headings: ["種別", "区分", "分類", "Type", "Category"],
      listed: true, filter: true, bulk: true),
    Field(
      "status", "status", .choice(statuses), Word(Text.status), headings: ["状況", "文書の状態", "State"],
      filter: true, bulk: true),
    Field(
      "owner", "owner_id", .person, Word(Text.owner), headings: ["担当者", "管理者", "作成者", "主管", "Owner"],
      listed: true, bulk: true),
    Field(
      "deputy", "deputy_id", .person, Word(Text.deputy), headings: ["副担当者", "代理", "Deputy"], bulk: true),
  ]

  private static let standing: [Field] = [
    Field(
      "edition", "edition", .text(20), Word(Text.edition), hint: Word(Text.editionHint),
      headings: ["版数", "版番号", "Version", "Edition"], listed: true),
    Field(
      "approvedOn", "approved_on", .day, Word(Text.approvedOn),
      headings: ["制定日", "改定日", "改訂日", "Approval Date"],
      listed: true),
    Field(
      "approvedBy", "approved_by", .text(80), Word(Text.approvedBy), headings: ["決裁者", "Approver"]),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), hint: Word(Text.nextCheckOnHint),
      headings: ["見直し期限", "次回見直し日", "次回改定日", "Next Review"], listed: true, bulk: true),
    Field(
      "derivedFrom", "derived_from", .choice(sources), Word(Text.derivedFrom),
      hint: Word(Text.derivedFromHint),
      headings: ["もとの台帳", "Derived from"], bulk: true),
    Field(
      "audience", "audience", .text(200), Word(Text.audience), hint: Word(Text.audienceHint),
      headings: ["配布", "配布部署", "対象者", "Distribution", "Audience"], bulk: true, searched: true),
    Field(
      "place", "place", .text(200), Word(Text.place), hint: Word(Text.placeHint),
      headings: ["保管場所", "保管先", "ファイルの場所", "Location"], bulk: true, searched: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
  ]

  private static let kinds: [Field.Choice] = [
    Field.Choice("policy", Word(Text.policy)), Field.Choice("rule", Word(Text.rule)),
    Field.Choice("procedure", Word(Text.procedure)), Field.Choice("chart", Word(Text.chart)),
    Field.Choice("plan", Word(Text.plan)), Field.Choice("record", Word(Text.record)),
    Field.Choice("other", Word(Text.other)),
  ]
  private static let statuses: [Field.Choice] = [
    Field.Choice("draft", Word(Text.draft), .info), Field.Choice("in-force", Word(Text.inForce)),
    Field.Choice("abolished", Word(Text.abolished)),
  ]
  private static let sources: [Field.Choice] = [
    Field.Choice("systems", Word(Text.fromSystems)), Field.Choice("devices", Word(Text.fromDevices)),
    Field.Choice("connections", Word(Text.fromConnections)), Field.Choice("vendors", Word(Text.fromVendors)),
    Field.Choice("contracts", Word(Text.fromContracts)),
  ]

  private static let findings: [Finding] = [
    .when("ownerMissing", Word(Text.ownerMissing)) { isKept($0) && !$0.has("owner") },
    .when("notApproved", Word(Text.notApproved)) { isKept($0) && !$0.has("approvedOn") },
    .when("reviewMissing", Word(Text.reviewMissing)) { isKept($0) && !$0.has("nextCheckOn") },
    .from(1, after: "nextCheckOn", "reviewOverdue", Word(Text.reviewOverdue), if: isKept),
  ]

  @Sendable private static func isKept(_ entry: Entry) -> Bool { !entry.is("status", "abolished") }
}
