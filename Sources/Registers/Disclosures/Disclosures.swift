import Storage
public import Web

private typealias Text = DisclosureText

/// The security disclosures (開示書: MDS, SDS, MDS2) that vendors gave a facility: what was received, what it says, and how
/// the facility deals with each いいえ.
public enum Disclosures {
  public static let register = Register(
    "disclosures", table: "disclosure", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in
      Texts<DisclosureText>(language)(count == 1 ? .countOne : .count, count)
    }, emptyText: Word(Text.empty), fields: product + receipt, findings: findings,
    rules: [.order(first: "madeOn", then: "receivedOn"), .order(first: "receivedOn", then: "nextCheckOn")])

  /// What was read proves an answer of the checklist, and risk records hang on it: it is not taken out.
  static let keeper = EntryKeeper(refuseRemoval: { entry, _, tx in
    if try tx.disclosureVersions(entry.id).count > 0 { throw Disclosure.Refusal.hasVersions }
  })

  public static var catalog: Catalog { DisclosureText.catalog }

  private static let product: [Field] = [
    Field(
      "number", "number", .text(40), Word(Text.number), hint: Word(Text.numberHint),
      headings: ["管理番号", "開示書No", "管理No", "Disclosure No", "Disclosure ID"], required: true, listed: true,
      searched: true),
    Field(
      "product", "product", .text(80), Word(Text.product),
      headings: ["製品名", "サービス名", "製品名称", "サービス名称", "名称", "Product Name", "Name"], required: true, title: true,
      listed: true, searched: true),
    Field(
      "kind", "kind", .choice(kinds), Word(Text.kind), hint: Word(Text.kindHint),
      headings: ["種別", "区分", "様式", "Type", "Category"], required: true, listed: true, filter: true),
    Field(
      "vendor", "vendor_id", .entry(of: "vendors", table: "vendor", title: "name"), Word(Text.vendor),
      headings: ["事業者名", "業者", "業者名", "会社名", "製造業者", "ベンダー", "委託先", "Vendor Name", "Supplier"], listed: true,
      bulk: true),
    Field(
      "system", "system_id", .entry(of: "systems", table: "system", title: "name"), Word(Text.system),
      headings: ["システム名", "業務システム", "対象システム", "System Name"], listed: true, bulk: true),
    Field(
      "model", "model", .text(60), Word(Text.model), headings: ["型式", "型名", "モデル", "Model Number"],
      searched: true),
    Field(
      "productVersion", "product_version", .text(40), Word(Text.productVersion),
      headings: ["版", "バージョン", "製品バージョン", "Version"], bulk: true),
    Field(
      "edition", "edition", .text(40), Word(Text.edition), hint: Word(Text.editionHint),
      headings: ["様式版", "様式バージョン", "Form Version"], bulk: true),
  ]

  private static let receipt: [Field] = [
    Field(
      "madeOn", "made_on", .day, Word(Text.madeOn), headings: ["記入日", "発行日", "作成年月日", "Date Made"]),
    Field(
      "receivedOn", "received_on", .day, Word(Text.receivedOn), hint: Word(Text.receivedOnHint),
      headings: ["受取日", "入手日", "Date Received"], listed: true, bulk: true),
    Field(
      "receivedHow", "received_how", .choice(ways), Word(Text.receivedHow),
      headings: ["受け取り方", "入手方法", "受領手段"], bulk: true),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), hint: Word(Text.nextCheckOnHint),
      headings: ["次回確認日", "Next Check"], listed: true, bulk: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks"]),
  ]

  private static let kinds: [Field.Choice] = [
    Field.Choice("mds", Word(Text.mds)), Field.Choice("sds", Word(Text.sds)),
    Field.Choice("mds2", Word(Text.mds2)),
  ]
  private static let ways: [Field.Choice] = [
    Field.Choice("mail", Word(Text.byMail)), Field.Choice("paper", Word(Text.onPaper)),
    Field.Choice("web", Word(Text.fromWeb)), Field.Choice("link", Word(Text.byLink)),
    Field.Choice("other", Word(Text.otherWay)),
  ]

  private static let findings: [Finding] = [
    .when("notReceived", Word(Text.notReceived)) { !$0.has("receivedOn") },
    .when("systemMissing", Word(Text.systemMissing)) { !$0.is("kind", "mds2") && !$0.has("system") },
    .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue)),
  ]
}
