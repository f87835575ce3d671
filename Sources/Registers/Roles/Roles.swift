import Storage
public import Web

private typealias Text = RoleText

/// Who answers for what in keeping the systems safe (役割と代行): safety manager, operations, keys, training, drills.
///
/// One person may hold every role, but each role has a deputy who is someone else.
public enum Roles {
  public static let register = Register(
    "roles", table: "governance_role", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<RoleText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: people + calling + appointment, findings: findings,
    rules: [.differ("person", "deputy")])

  public static var catalog: Catalog { RoleText.catalog }

  private static let people: [Field] = [
    Field(
      "name", "name", .text(60), Word(Text.name), hint: Word(Text.nameHint),
      headings: ["役割", "役割名", "職務", "Role", "Role Name", "Duty"], required: true, title: true, listed: true,
      searched: true),
    Field(
      "kind", "kind", .choice(kinds), Word(Text.kind), hint: Word(Text.kindHint),
      headings: ["区分", "種別", "Type", "Category"], listed: true, filter: true, bulk: true),
    Field(
      "person", "person_id", .person, Word(Text.person),
      headings: ["氏名", "担当者", "責任者", "Holder", "Name of Person"],
      listed: true, bulk: true),
    Field(
      "deputy", "deputy_id", .person, Word(Text.deputy), hint: Word(Text.deputyHint),
      headings: ["副担当", "代理", "代理者", "代行者", "Substitute"], listed: true, bulk: true),
    Field(
      "duties", "duties", .text(200), Word(Text.duties), hint: Word(Text.dutiesHint),
      headings: ["内容", "業務内容", "職務内容", "Description"], searched: true),
  ]

  /// How the role is reached in an emergency.
  private static let calling: [Field] = [
    Field(
      "phoneDay", "phone_day", .text(40), Word(Text.phoneDay), hint: Word(Text.phoneHint),
      headings: ["電話", "電話番号", "内線", "平日の電話", "TEL", "Phone"]),
    Field(
      "phoneNight", "phone_night", .text(40), Word(Text.phoneNight), hint: Word(Text.phoneHint),
      headings: ["夜間電話", "夜間の電話", "夜間連絡先", "当番の電話", "Night Phone"]),
    Field(
      "reachWithin", "reach_within", .text(30), Word(Text.reachWithin), hint: Word(Text.reachWithinHint),
      headings: ["連絡の期限", "期限", "Within"]),
    Field(
      "testedOn", "tested_on", .day, Word(Text.testedOn), hint: Word(Text.testedOnHint),
      headings: ["連絡確認日", "連絡先確認日", "確認日", "最終確認日", "Last Checked"], listed: true, bulk: true),
  ]

  private static let appointment: [Field] = [
    Field(
      "appointedOn", "appointed_on", .day, Word(Text.appointedOn),
      headings: ["任命年月日", "選任日", "就任日", "Appointment Date"], bulk: true),
    Field(
      "appointedBy", "appointed_by", .text(120), Word(Text.appointedBy), hint: Word(Text.appointedByHint),
      headings: ["辞令", "根拠文書", "任命文書", "Document"], bulk: true),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), hint: Word(Text.nextCheckOnHint),
      headings: ["次回確認日", "見直し日", "Next Check"], listed: true, bulk: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
  ]

  private static let kinds: [Field.Choice] = [
    Field.Choice("safety-manager", Word(Text.safetyManager)),
    Field.Choice("planning", Word(Text.planning)), Field.Choice("operations", Word(Text.operations)),
    Field.Choice("management", Word(Text.management)), Field.Choice("keys", Word(Text.keys)),
    Field.Choice("training", Word(Text.training)), Field.Choice("drill", Word(Text.drill)),
    Field.Choice("patients", Word(Text.patients)), Field.Choice("privacy", Word(Text.privacy)),
    Field.Choice("other", Word(Text.other)),
  ]

  private static let findings: [Finding] = [
    .when("personMissing", Word(Text.personMissing)) { !$0.has("person") },
    .when("deputyMissing", Word(Text.deputyMissing)) { !$0.has("deputy") },
    .when("untested", Word(Text.untested)) { !$0.has("testedOn") },
    .from(ContactTests.days + 1, after: "testedOn", "testedLongAgo", Word(Text.testedLongAgo)),
    .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue)),
  ]
}
