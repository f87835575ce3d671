import Storage
public import Web

private typealias Text = ContractText

/// The contracts (契約) of a facility: how long they run, and what they say about security.
public enum Contracts {
  public static let register = Register(
    "contracts", table: "contract", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<ContractText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: term + Clause.all.map(\.field) + remarks, findings: findings,
    rules: [.order(first: "startsOn", then: "endsOn"), .order(first: "startsOn", then: "noticeBy")])

  public static var catalog: Catalog { ContractText.catalog }

  private static let term: [Field] = [
    Field(
      "number", "number", .text(40), Word(Text.number), hint: Word(Text.numberHint),
      headings: ["契約No", "契約No.", "契約書番号", "契約管理番号", "管理番号", "Contract No", "Contract No.", "Contract ID"],
      required: true, listed: true, searched: true),
    Field(
      "title", "title", .text(100), Word(Text.title),
      headings: ["契約名称", "契約件名", "件名", "名称", "Contract Name", "Contract Title", "Name"], required: true,
      title: true, listed: true, searched: true),
    Field(
      "vendor", "vendor_id", .entry(of: "vendors", table: "vendor", title: "name"), Word(Text.vendor),
      headings: [
        "事業者名", "契約先", "契約相手", "契約の相手", "相手方", "業者", "業者名", "委託先", "会社名", "ベンダー", "ベンダ",
        "Vendor Name", "Supplier",
      ], required: true, listed: true),
    Field(
      "kind", "kind", .choice(kinds), Word(Text.kind),
      headings: ["契約種別", "契約の種類", "契約区分", "区分", "種別", "Type", "Category"], listed: true, filter: true,
      bulk: true),
    Field(
      "status", "status", .choice(statuses), Word(Text.status), headings: ["契約状態", "契約状況", "State"],
      filter: true, bulk: true),
    Field(
      "startsOn", "starts_on", .day, Word(Text.startsOn),
      headings: ["契約開始日", "開始", "Start Date", "From"]),
    Field(
      "endsOn", "ends_on", .day, Word(Text.endsOn),
      headings: ["契約終了日", "契約満了日", "満了日", "契約期限", "終了予定日", "End Date", "Until"], listed: true, bulk: true),
    Field(
      "autoRenewal", "auto_renewal", .choice(yesNo), Word(Text.autoRenewal), hint: Word(Text.autoRenewalHint),
      headings: ["自動更新の有無", "自動継続", "自動延長", "Auto Renewal"], bulk: true),
    Field(
      "noticeBy", "notice_by", .day, Word(Text.noticeBy), hint: Word(Text.noticeByHint),
      headings: ["申出期限", "解約申出期限", "解約通知期限", "解約予告期限", "更新判断期限", "Notice Date", "Notice Deadline"],
      listed: true),
    Field(
      "amountYen", "amount_yen", .number(0...99_999_999_999), Word(Text.amountYen),
      headings: ["年額", "年間費用", "年間保守料", "年額保守料", "Annual Amount", "Annual Cost"]),
    Field(
      "systems", "systems", .text(380), Word(Text.systems), hint: Word(Text.systemsHint),
      headings: ["対象システム", "対象", "対象機器", "契約対象", "Systems", "Covered Systems"], searched: true),
  ]

  private static let remarks: [Field] = [
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), headings: ["次回確認日", "Next Check"],
      bulk: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
    Field("unconfirmedSince", "unconfirmed_since", .day, Word(Text.unconfirmedSince), derived: true),
  ]
}

extension Contracts {
  private static let kinds: [Field.Choice] = [
    Field.Choice("maintenance", Word(Text.maintenance)), Field.Choice("service", Word(Text.service)),
    Field.Choice("lease", Word(Text.lease)), Field.Choice("purchase", Word(Text.purchase)),
    Field.Choice("outsourcing", Word(Text.outsourcing)), Field.Choice("other", Word(Text.other)),
  ]
  private static let statuses: [Field.Choice] = [
    Field.Choice("active", Word(Text.active)), Field.Choice("ended", Word(Text.ended)),
  ]
  static let updaters: [Field.Choice] = [
    Field.Choice("own", Word(Text.own)), Field.Choice("vendor", Word(Text.byVendor)),
    Field.Choice("undecided", Word(Text.undecided), .bad),
  ]
  private static let yesNo: [Field.Choice] = [
    Field.Choice("yes", Word(Text.yes)), Field.Choice("no", Word(Text.no)),
  ]
  static let sureness: [Field.Choice] = [
    Field.Choice("yes", Word(Text.yes)), Field.Choice("no", Word(Text.no), .bad),
    Field.Choice("unknown", Word(Text.unknown), .bad),
  ]
}
