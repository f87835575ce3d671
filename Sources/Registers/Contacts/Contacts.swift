import Storage
public import Web

private typealias Text = ContactText

/// Whom to call in an emergency beside vendors and the holders of roles: authorities, police, the region, wards.
public enum Contacts {
  public static let register = Register(
    "contacts", table: "emergency_contact", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<ContactText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: fields, findings: findings,
    starter: Starter(path: "/emergency/contacts", word: Word(Text.starter)), ownWords: ownWords)

  public static var catalog: Catalog { ContactText.catalog }

  private static let fields: [Field] = [
    Field(
      "name", "name", .text(60), Word(Text.name),
      headings: ["名称", "連絡先名", "機関名", "窓口", "届け出先", "報告先", "Contact Name", "Office"], required: true,
      title: true, listed: true, searched: true),
    Field(
      "kind", "kind", .choice(kinds), Word(Text.kind), hint: Word(Text.kindHint),
      headings: ["区分", "種別", "分類", "Type", "Category"], listed: true, filter: true, bulk: true),
    Field(
      "callWhen", "call_when", .text(80), Word(Text.callWhen), hint: Word(Text.callWhenHint),
      headings: ["連絡する場合", "連絡の条件", "用件", "Trigger"], searched: true),
    Field(
      "reachWithin", "reach_within", .text(30), Word(Text.reachWithin), hint: Word(Text.reachWithinHint),
      headings: ["期限", "連絡の期限", "Deadline"], listed: true),
    Field(
      "phoneDay", "phone_day", .text(40), Word(Text.phoneDay),
      headings: ["電話", "電話番号", "内線", "平日の電話", "TEL", "Phone"], listed: true),
    Field(
      "phoneNight", "phone_night", .text(40), Word(Text.phoneNight),
      headings: ["夜間電話", "夜間の電話", "夜間連絡先", "夜間・休日", "Night Phone"], listed: true),
    Field(
      "web", "web", .text(200), Word(Text.web), hint: Word(Text.webHint),
      headings: ["URL", "ウェブ", "ホームページ", "メール", "受付先", "Website", "Form"]),
    Field(
      "testedOn", "tested_on", .day, Word(Text.testedOn), hint: Word(Text.testedOnHint),
      headings: ["連絡確認日", "連絡先確認日", "確認日", "最終確認日", "Last Checked"], listed: true, bulk: true),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), headings: ["次回確認日", "Next Check"],
      bulk: true),
    Field(
      "chartOrder", "chart_order", .number(1...99), Word(Text.chartOrder), hint: Word(Text.chartOrderHint),
      headings: ["順", "順番", "表示順", "Order"]),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
  ]

  private static let kinds: [Field.Choice] = [
    Field.Choice("inside", Word(Text.inside)), Field.Choice("ministry", Word(Text.ministry)),
    Field.Choice("prefecture", Word(Text.prefecture)), Field.Choice("police", Word(Text.police)),
    Field.Choice("privacy", Word(Text.privacy)), Field.Choice("association", Word(Text.association)),
    Field.Choice("specialist", Word(Text.specialist)), Field.Choice("region", Word(Text.region)),
    Field.Choice("other", Word(Text.other)),
  ]

  private static let findings: [Finding] = [
    .when("unreachable", Word(Text.unreachable)) { !$0.isReachable },
    .when("untested", Word(Text.untested)) { $0.isReachable && !$0.has("testedOn") },
    .from(
      ContactTests.days + 1, after: "testedOn", "testedLongAgo", Word(Text.testedLongAgo),
      if: { $0.isReachable }),
    .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue)),
  ]
}

extension Entry {
  /// Whether a contact has a number, or a place on the web that takes reports.
  fileprivate var isReachable: Bool { hasNumber || has("web") }
}
